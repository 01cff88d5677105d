"""Training of the person detector on scenes drawn on the fly.

Everything random in step N follows from the seed and N, so an interrupted run ends with the very same weights
as one that was not.
"""

import json
import math
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from reidtalk.box_metrics import Found, Judgement, There, judged
from reidtalk.config import as_json
from reidtalk.data.drawn_scenes import SceneArtist, SceneBatches, Scenes
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.detector_config import TrainDetectorConfig
from reidtalk.devices import launch
from reidtalk.drawn_training import DrawnResult, Progress, average, draws_ahead, opened, pace
from reidtalk.errors import TrainingError
from reidtalk.files import write_whole
from reidtalk.interrupts import stop_flag
from reidtalk.models.checkpoint import load_training_state
from reidtalk.models.person_detector import (
    PersonDetector,
    PersonDetectorSettings,
    detection_loss,
    places_of,
    read_person_detector,
    save_person_detector,
)
from reidtalk.progress import Bar, progress_bar
from reidtalk.resuming import finished, unfit
from reidtalk.run_folder import RunFolder

LONGEST_GRADIENT = 10.0
LOG_EVERY = 25
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
        trainer = DetectorTrainer(config, detector)
        if last:
            trainer.restore(last)
        hire = partial(SceneArtist, pool, size_px=(config.height_px, config.width_px))
        batches = SceneBatches(
            artist=hire(seed=2 * config.seed, scenes=config.round_scenes),
            batch_size=config.batch_size,
            passes=config.passes,
            seed=config.seed,
        )
        examiner = hire(seed=2 * config.seed + 1, scenes=config.val_scenes)
        validation = examiner.round(0)
        assert validation is not None  # nothing could stop it
        return trainer.run(batches, validation)


class DetectorTrainer:
    """The state of a run."""

    def __init__(self, config: TrainDetectorConfig, detector: PersonDetector) -> None:
        self.config, self.detector, self.progress = config, detector, Progress()
        self.fabric = launch(config.device, 1, config.precision)
        learned = list(detector.parameters())
        groups: list[dict[str, Any]] = [
            {"params": [weights for weights in learned if weights.ndim > 1]},
            {"params": [weights for weights in learned if weights.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
        )
        detector.to(memory_format=torch.channels_last)
        self.learner, self.stepper = self.fabric.setup(detector, self.optimizer)
        self.average = AveragedModel(
            detector, multi_avg_fn=partial(average, config.average), use_buffers=True
        )
        self.places = places_of(config.height_px, config.width_px, self.fabric.device)

    def run(self, batches: SceneBatches, validation: Scenes) -> DrawnResult:
        """Steps are taken until the last one or Ctrl-C; `last` is saved, `best` where validation says so."""
        config = self.config
        folder = RunFolder(config.out, config, from_step=self.progress.step)
        seconds, pictures, due = 0.0, 0, False
        with progress_bar("training", config.steps) as bar, stop_flag() as stopped:
            bar.advance(self.progress.step)
            ahead = draws_ahead(self.fabric.device)
            for batch in batches.batches(self.progress.step, config.steps, stopped, ahead=ahead):
                start = perf_counter()
                values = self.step(batch)
                seconds, pictures = seconds + perf_counter() - start, pictures + len(batch.images)
                note = "  ".join(f"{name} {value:.2f}" for name, value in values.items())
                bar.advance(1, f"{note}  {pictures / seconds:.0f} img/s")
                step = self.progress.step
                due = step % batches.steps_a_round == 0 or step == config.steps
                if due or step % LOG_EVERY == 0:
                    folder.log(step, values)
                if due:
                    self.validate(validation, folder, bar)
                if stopped.is_set():
                    break
        if not due:
            self.save("last", training=True)
        folder.close()
        return DrawnResult(
            out=config.out,
            step=self.progress.step,
            steps=config.steps,
            best=self.progress.best,
            images_per_second=pictures / max(seconds, 1e-9),
        )

    def step(self, batch: Scenes) -> dict[str, float]:
        """One step is taken; what it measured.

        Raises:
            TrainingError: the loss is not a number.
        """
        config, number = self.config, self.progress.step
        self.learner.train()
        images = self.fabric.to_device(torch.from_numpy(batch.images))
        boxes = [self.fabric.to_device(torch.from_numpy(one)) for one in batch.boxes]
        ignored = [self.fabric.to_device(torch.from_numpy(one)) for one in batch.ignored]
        loss, values = detection_loss(self.learner(images), self.places, boxes, ignored)
        if not math.isfinite(loss.item()):
            raise TrainingError(f"the loss is {loss.item()} at step {number + 1}", do="lower --learning-rate")
        self.fabric.backward(loss)
        nn.utils.clip_grad_norm_(self.detector.parameters(), LONGEST_GRADIENT)
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * pace(number, config.steps)
        self.stepper.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update_parameters(self.detector)
        self.progress = replace(self.progress, step=number + 1)
        return {name: float(value) for name, value in values.items()}

    def validate(self, drawn: Scenes, folder: RunFolder, bar: Bar) -> None:
        """The averaged weights are measured on scenes never trained on, and saved: last, and best if so."""
        detector = self.averaged().eval()
        detector.settings = replace(detector.settings, doubtful=0.0)
        judgement = judged_on(detector, drawn)
        balanced = min(max(judgement.balanced(), 1e-3), 1 - 1e-3)
        detector.settings = replace(detector.settings, doubtful=math.log(balanced / (1 - balanced)))
        measured = {
            "val_ap50": 100 * judgement.average_precision,
            "val_recall": 100 * judgement.recall(balanced),
            "val_precision": 100 * judgement.precision(balanced),
        }
        step = self.progress.step
        folder.log(step, measured)
        better = self.progress.best is None or measured["val_ap50"] > self.progress.best
        if better:
            self.progress = replace(self.progress, best=measured["val_ap50"])
            self.save("best", training=False, measured=measured)
        self.save("last", training=True, measured=measured)
        told = "  ".join(f"{name.removeprefix('val_')} {value:.1f}%" for name, value in measured.items())
        bar.say(f"step {step}: {told} on drawn scenes" + (" (best)" if better else ""))

    def averaged(self) -> PersonDetector:
        """The detector with the averaged weights."""
        detector = self.average.module
        assert isinstance(detector, PersonDetector)
        return detector

    def save(self, name: str, *, training: bool, measured: dict[str, float] | None = None) -> None:
        """The checkpoint called `name` holds the averaged weights: with `training`, and all to go on from.

        Without, it is fit to give away: in bfloat16, half the size.
        """
        state = {
            "progress": asdict(self.progress),
            "optimizer": self.optimizer.state_dict(),
            "detector": self.detector.state_dict(),
            "averaged": self.average.n_averaged,
        }
        extra = {"step": self.progress.step, "training": as_json(self.config), "measured": measured or {}}
        save_person_detector(
            self.config.out / name, self.averaged(), extra, state if training else None, half=not training
        )

    def restore(self, folder: Path) -> None:
        """The run stands where it stood when `folder` was saved (the averaged weights are loaded already).

        Raises:
            CheckpointError: the training state is missing or damaged.
            TrainingError: there are no steps left to take.
        """
        state = load_training_state(folder)
        try:
            self.progress = Progress(**state["progress"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.detector.load_state_dict(state["detector"])
            self.average.n_averaged.copy_(state["averaged"])
        except (TypeError, KeyError, ValueError, AttributeError, RuntimeError) as error:
            raise unfit(folder, error) from error
        if self.progress.step >= self.config.steps:
            raise finished(self.config.out, self.progress.step, "--steps")


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
