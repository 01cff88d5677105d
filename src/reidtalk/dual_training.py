"""Training of the dual encoder on people drawn on the fly.

The pictures come in rounds: a round is drawn, used for some passes, and forgotten. Everything random in
step N follows from the seed and N, so an interrupted run ends with the very same weights as one that was not.
"""

import json
import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from reidtalk.config import as_json
from reidtalk.data.augment import augment
from reidtalk.data.drawn import Artist, Round
from reidtalk.data.people.labels import CLASSES, FIELDS, UNSEEN
from reidtalk.data.pieces import build_vocabulary
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.devices import choose_device, launch
from reidtalk.errors import ConfigError, TrainingError
from reidtalk.files import write_whole
from reidtalk.interrupts import stop_flag
from reidtalk.losses import LOSSES, best_is_right
from reidtalk.models.checkpoint import find_checkpoint, load_training_state, read_checkpoint, save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings, Spelling
from reidtalk.progress import Bar, progress_bar
from reidtalk.resuming import finished, last_checkpoint, refuse_other, resumed, unfit
from reidtalk.run_folder import RunFolder, prepare_folder
from reidtalk.training_config import TrainDualConfig
from reidtalk.validation import drawn_metrics, score_drawn

VOCABULARY_PICTURES = 4000
RARE = 2
"""Words that occur less often in their captions are left to their spelling."""
WARM_UP = 0.03
LOWEST = 0.01
MOST_DRAWN_CAPTIONS = 6
"""Captions written of each drawn picture at most; passes beyond that hear them again."""
LONGEST_GRADIENT = 2.0
LOG_EVERY = 25


class Lines(NamedTuple):
    """What one step learns from."""

    images: UInt8[Tensor, "pictures 3 height width"]
    texts: list[str]
    """All first captions in the order of the pictures, then all second ones, ..."""
    truths: Int64[Tensor, "pictures fields"]


@dataclass(frozen=True, kw_only=True)
class DualResult:
    """How a run ended."""

    out: Path
    step: int
    steps: int
    """Steps in all; fewer were done if it was interrupted."""
    best: float | None
    """The best validation recall@1, in percent; None: no validation yet."""
    images_per_second: float


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run stands; saved with the last checkpoint."""

    step: int = 0
    best: float | None = None
    """The best validation recall@1, in percent."""


class Lesson(nn.Module):
    """The matcher, and the head that tells from a picture's vector what is true of the picture."""

    def __init__(self, matcher: DualEncoder) -> None:
        super().__init__()
        self.matcher = matcher
        self.truths = nn.Linear(matcher.settings.features, len(FIELDS) * CLASSES)

    def forward(self, images: Tensor, text: Spelling) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors of pictures and of texts, both unit, and logits of each field's classes."""
        seen = nn.functional.normalize(self.matcher.image_tower(images).float(), dim=-1)
        read = nn.functional.normalize(self.matcher.text_tower(text).float(), dim=-1)
        truths = self.truths(seen * math.sqrt(seen.shape[1]))
        return seen, read, truths.unflatten(1, (len(FIELDS), CLASSES))


class DualTrainer:
    """The state of a run."""

    def __init__(self, config: TrainDualConfig, matcher: DualEncoder) -> None:
        self.config, self.matcher, self.progress = config, matcher, Progress()
        self.fabric = launch(config.device, 1, config.precision)
        torch.manual_seed(config.seed)
        self.lesson = Lesson(matcher)
        decayed = [p for p in self.lesson.parameters() if p.ndim > 1]
        plain = [p for p in self.lesson.parameters() if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(
            groups, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
        )
        self.model, self.stepper = self.fabric.setup(self.lesson, self.optimizer)
        self.average = AveragedModel(matcher, multi_avg_fn=partial(average, config.average), use_buffers=True)

    def run(self, artist: Artist, validation: Round) -> DualResult:
        """Steps are taken until the last one or Ctrl-C; `last` is saved, `best` where validation says so."""
        config = self.config
        folder = RunFolder(config.out, config, from_step=self.progress.step)
        seconds, pictures, due = 0.0, 0, False
        with progress_bar("training", config.steps) as bar, stop_flag() as stopped:
            bar.advance(self.progress.step)
            for batch in self.batches(artist, stopped):
                start = perf_counter()
                values = self.step(*batch)
                seconds, pictures = seconds + perf_counter() - start, pictures + len(batch[0])
                note = "  ".join(f"{name} {value:.2f}" for name, value in values.items())
                bar.advance(1, f"{note}  {pictures / seconds:.0f} img/s")
                step = self.progress.step
                due = step % self.steps_a_round == 0 or step == config.steps
                if due or step % LOG_EVERY == 0:
                    folder.log(step, values)
                if due:
                    self.validate(validation, folder, bar)
                if stopped.is_set():
                    break
        if not due:
            self.save("last", training=True)
        folder.close()
        return DualResult(
            out=config.out,
            step=self.progress.step,
            steps=config.steps,
            best=self.progress.best,
            images_per_second=pictures / max(seconds, 1e-9),
        )

    @property
    def steps_a_round(self) -> int:
        """How many steps the pictures of one round last."""
        return self.config.passes * (self.config.round_pictures // self.config.batch_size)

    def batches(self, artist: Artist, stopped: Event) -> Iterator[Lines]:
        """The batches still to come; none after `stopped` while a round is drawn."""
        config, held = self.config, -1
        drawn: Round | None = None
        for step in range(self.progress.step, config.steps):
            number, place = divmod(step, self.steps_a_round)
            if held != number:
                with progress_bar("drawing people", config.round_pictures) as bar:
                    drawn, held = artist.round(number, bar, stopped), number
                if draws_ahead(self.fabric.device) and (number + 1) * self.steps_a_round < config.steps:
                    artist.begin(number + 1)
            if drawn is None:
                return
            yield self.batch(drawn, number, place)

    def batch(self, drawn: Round, number: int, place: int) -> Lines:
        """Batch `place` of round `number`, shuffled anew for each pass."""
        config = self.config
        turn, position = divmod(place, config.round_pictures // config.batch_size)
        generator = torch.Generator().manual_seed(step_seed(config.seed, number * config.passes + turn))
        order = torch.randperm(config.round_pictures, generator=generator)
        rows = order[position * config.batch_size : (position + 1) * config.batch_size].numpy()
        told = len(drawn.captions[0])
        texts = [
            drawn.captions[row][(turn * config.captions + k) % told]
            for k in range(config.captions)
            for row in rows.tolist()
        ]
        return Lines(torch.from_numpy(drawn.images[rows]), texts, torch.from_numpy(drawn.labels[rows]))

    def step(self, images: Tensor, texts: list[str], truths: Tensor) -> dict[str, float]:
        """One step is taken; what it measured.

        Raises:
            TrainingError: the loss is not a number.
        """
        config, number = self.config, self.progress.step
        generator = torch.Generator().manual_seed(step_seed(config.seed, number))
        torch.manual_seed(step_seed(config.seed, number))
        self.model.train()
        pictures = augment(self.fabric.to_device(images), generator)
        seen, read, told = self.model(pictures, self.matcher.tokenize(texts))
        scores = self.matcher.scale * read @ seen.T
        matched = torch.eye(len(seen), dtype=torch.bool, device=seen.device).repeat(config.captions, 1)
        loss = LOSSES[config.loss](scores, matched)
        classes = self.fabric.to_device(truths).flatten()
        truth = nn.functional.cross_entropy(told.flatten(0, 1), classes, ignore_index=UNSEEN)
        if not math.isfinite(loss.item()):
            raise TrainingError(f"the loss is {loss.item()} at step {number + 1}", do="lower --learning-rate")
        self.fabric.backward(loss + config.attribute_weight * truth)
        nn.utils.clip_grad_norm_(self.lesson.parameters(), LONGEST_GRADIENT)
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * pace(number, config.steps)
        self.stepper.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update_parameters(self.matcher)
        self.progress = replace(self.progress, step=number + 1)
        return {"loss": loss.item(), "truth": truth.item(), "batch_recall@1": best_is_right(scores, matched)}

    def validate(self, drawn: Round, folder: RunFolder, bar: Bar) -> None:
        """The averaged weights are measured on people never trained on, and saved: last, and best if so."""
        values = drawn_metrics(score_drawn(cast(DualEncoder, self.average.module).eval(), drawn))
        measured, step = {f"val_{name}": value for name, value in values.items()}, self.progress.step
        folder.log(step, measured)
        recall = measured["val_recall@1"]
        better = self.progress.best is None or recall > self.progress.best
        if better:
            self.progress = replace(self.progress, best=recall)
            self.save("best", training=False, measured=measured)
        self.save("last", training=True, measured=measured)
        folder.report()
        bar.say(f"step {step}: recall@1 {recall:.1f}% on drawn people" + (" (best)" if better else ""))

    def save(self, name: str, *, training: bool, measured: dict[str, float] | None = None) -> None:
        """The checkpoint called `name` holds the averaged weights, and with `training` all to go on from."""
        state = {
            "progress": asdict(self.progress),
            "optimizer": self.optimizer.state_dict(),
            "lesson": self.lesson.state_dict(),
            "averaged": self.average.n_averaged,
        }
        extra = {"step": self.progress.step, "training": as_json(self.config), "measured": measured or {}}
        save_checkpoint(
            self.config.out / name, self.average.module, "dual-encoder", extra, state if training else None
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
            self.lesson.load_state_dict(state["lesson"])
            self.average.n_averaged.copy_(state["averaged"])
        except (TypeError, KeyError, ValueError, AttributeError, RuntimeError) as error:
            raise unfit(folder, error) from error
        if self.progress.step >= self.config.steps:
            raise finished(self.config.out, self.progress.step, "--steps")


def train_dual(config: TrainDualConfig) -> DualResult:
    """A dual encoder is trained and saved in `config.out`, best and last.

    Raises:
        ConfigError: flags that do not fit each other, the checkpoint to begin with, or the run to resume.
        CheckpointError: weights to begin with, or the run to resume, are damaged.
        WriteError: the run could not be saved.
        TrainingError: the folder is taken, a process was killed, or the loss is not a number.
    """
    choose_device(config.device)
    prepare_folder(config.out, resume=config.resume)
    last = last_checkpoint(config.out) if config.resume else None
    if config.resume:
        config = resumed(config)
    torch.manual_seed(config.seed)
    begin = last or config.start_from
    saved = saved_matcher(begin, config) if begin else None
    if saved:
        width, features = saved.settings.image_width, saved.settings.features
        config = replace(config, image_width=width, features=features)
    write_whole(config.out / "config.json", json.dumps(as_json(config), indent=1))
    with drawing_processes(config.workers or usable_cores()) as pool:
        matcher = saved or new_matcher(config, pool)
        trainer = DualTrainer(config, matcher)
        if last:
            trainer.restore(last)
        hire = partial(Artist, pool, size_px=matcher.image_size_px)
        told = min(MOST_DRAWN_CAPTIONS, config.captions * config.passes)
        artist = hire(seed=2 * config.seed, pictures=config.round_pictures, captions=told)
        examiner = hire(seed=2 * config.seed + 1, pictures=config.val_pictures, captions=1)
        return trainer.run(artist, examiner.whole_round(0))


def new_matcher(config: TrainDualConfig, pool: ProcessPoolExecutor) -> DualEncoder:
    """A matcher that knows the words of the first captions drawn, and nothing else."""
    settings = DualEncoderSettings(image_width=config.image_width, features=config.features)
    writer = Artist(pool, seed=2 * config.seed, pictures=VOCABULARY_PICTURES, captions=5, size_px=(16, 16))
    captions = [caption for written in writer.whole_round(0).captions for caption in written]
    return DualEncoder(settings, build_vocabulary(captions, RARE))


def saved_matcher(path: Path, config: TrainDualConfig) -> DualEncoder:
    """The dual encoder saved in `path`.

    Raises:
        CheckpointError: none there, or damaged.
        ConfigError: it is another model, or has another shape than the flags given.
    """
    matcher = read_checkpoint(find_checkpoint(path))
    if not isinstance(matcher, DualEncoder):
        raise ConfigError(f"{path} holds another model", accepted="a checkpoint of dual-encoder")
    for name in ("image_width", "features"):
        refuse_other(config, name, getattr(matcher.settings, name), path)
    matcher.calibration = None  # it belongs to the weights as they were
    return matcher


def draws_ahead(device: torch.device) -> bool:
    """Whether people are drawn while `device` trains: a CPU has no core left for it."""
    return device.type != "cpu"


def average(decay: float, averaged: Any, current: Any, updates: Tensor | int) -> None:
    """Each of `averaged` moves to its `current`; faster at first, so that first weights are forgotten."""
    share = 1 - min(decay, (1 + int(updates)) / (10 + int(updates)))
    for mean, value in zip(averaged, current, strict=True):
        if mean.is_floating_point():
            mean.lerp_(value.detach().to(mean), share)
        else:
            mean.copy_(value)


def pace(step: int, steps: int) -> float:
    """The share of the highest learning rate at `step`: a linear warm-up, then a cosine."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    through = (step - warm) / max(1, steps - warm)
    return LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * through))


def step_seed(seed: int, step: int) -> int:
    """The seed of what is random in one step."""
    return seed * 1_000_003 + step
