"""Training of the person detector on scenes drawn on the fly."""

import json
import math
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from reidtalk.box_metrics import Found, Judgement, There, judged
from reidtalk.config import as_json
from reidtalk.data.drawn_scenes import Scenes, batch_of_scenes, scene_artist
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.data.rounds import Batches
from reidtalk.detector_config import TrainDetectorConfig
from reidtalk.drawn_training import DrawnResult, DrawnTrainer, Task, opened
from reidtalk.files import write_whole
from reidtalk.models.person_detector import (
    PersonDetector,
    PersonDetectorSettings,
    detection_loss,
    places_of,
    read_person_detector,
    save_person_detector,
)

LEAST_SCORE = 0.02
"""Boxes of a lower score do not enter the average precision."""


def train_detector(config: TrainDetectorConfig) -> DrawnResult:
    """A person detector is trained and saved in `config.out`, best and last.

    Raises:
        ConfigError: no such device, or flags that do not fit the run to resume.
        CheckpointError: the run to resume is damaged.
        WriteError: the run could not be saved.
        TrainingError: the folder is taken, a process was killed, or the loss is not a number.
    """
    config, last = opened(config)
    write_whole(config.out / "config.json", json.dumps(as_json(config), indent=1))
    detector = read_person_detector(last) if last else PersonDetector(PersonDetectorSettings())
    with drawing_processes(config.workers or usable_cores()) as pool:
        trainer = DrawnTrainer(config, detector_task(detector))
        if last:
            trainer.restore(last)
        return trainer.run(*drawn_scenes(config, pool))


def detector_task(detector: PersonDetector) -> Task[Scenes, Scenes]:
    """The detector learns where people are in scenes."""
    return Task(
        learner=detector.to(memory_format=torch.channels_last),
        learner_key="detector",
        model=detector,
        longest_gradient=10.0,
        loss=loss_on_scenes,
        measure=precision_on_scenes,
        told=("ap50", "recall", "precision"),
        curves=False,
        save=save_detector,
    )


def loss_on_scenes(detector: nn.Module, batch: Scenes, _: Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """What the detector's answers are off by; see `detection_loss`."""
    device = next(detector.parameters()).device
    images = torch.from_numpy(batch.images).to(device)
    boxes = [torch.from_numpy(one).to(device) for one in batch.boxes]
    ignored = [torch.from_numpy(one).to(device) for one in batch.ignored]
    places = places_of(images.shape[-2], images.shape[-1], device)
    return detection_loss(detector(images), places, boxes, ignored)


def precision_on_scenes(detector: PersonDetector, scenes: Scenes) -> dict[str, float]:
    """Average precision; recall and precision where they balance, which is now at a score of 0.5; percent."""
    detector.settings = replace(detector.settings, doubtful=0.0)
    judgement = judged_on(detector, scenes)
    balanced = min(max(judgement.balanced(), 1e-3), 1 - 1e-3)
    detector.settings = replace(detector.settings, doubtful=math.log(balanced / (1 - balanced)))
    return {
        "ap50": 100 * judgement.average_precision,
        "recall": 100 * judgement.recall(balanced),
        "precision": 100 * judgement.precision(balanced),
    }


def save_detector(folder: Path, detector: PersonDetector, extra: Mapping[str, Any], training: Any) -> None:
    """`folder` holds the detector; without `training` fit to give away: in bfloat16, half the size."""
    save_person_detector(folder, detector, extra, training, half=training is None)


def drawn_scenes(
    config: TrainDetectorConfig, pool: ProcessPoolExecutor
) -> tuple[Batches[Scenes, Scenes], Scenes]:
    """The batches that `pool` draws for a run, and the scenes it is validated on.

    Raises:
        TrainingError: a process was killed.
    """
    hire = partial(scene_artist, pool, size_px=(config.height_px, config.width_px))
    batches = Batches(
        artist=hire(seed=2 * config.seed, scenes=config.round_scenes),
        batch_size=config.batch_size,
        passes=config.passes,
        pick=partial(batch_of_scenes, batch_size=config.batch_size, seed=config.seed),
    )
    examiner = hire(seed=2 * config.seed + 1, scenes=config.val_scenes)
    return batches, examiner.whole_round(0)


def judged_on(detector: PersonDetector, scenes: Scenes, at_once: int = 16) -> Judgement:
    """What the detector finds in the scenes, and whether it is right."""
    device = detector.mean.device
    found = []
    for start in range(0, len(scenes.images), at_once):
        images = torch.from_numpy(scenes.images[start : start + at_once]).to(device)
        found += [
            Found(boxes.cpu().numpy(), scores.cpu().numpy())
            for boxes, scores in detector.find(images, LEAST_SCORE)
        ]
    true = [There(boxes, ignored) for boxes, ignored in zip(scenes.boxes, scenes.ignored, strict=True)]
    return judged(found, true)
