"""Training on pictures drawn on the fly: the loop, whatever is learned.

The pictures come in rounds: a round is drawn, used for some passes, and forgotten. Everything random in
step N follows from the seed and N, so an interrupted run ends with the very same weights as one that was not.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Generic, TypeVar

import torch
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel

from reidtalk.config import as_json
from reidtalk.data.rounds import AnyBatch, AnyRound, Batches
from reidtalk.detector_config import TrainDetectorConfig
from reidtalk.devices import choose_device, launch
from reidtalk.errors import TrainingError
from reidtalk.interrupts import stop_flag
from reidtalk.models.checkpoint import load_training_state
from reidtalk.progress import Bar, progress_bar
from reidtalk.resuming import finished, last_checkpoint, resumed, unfit
from reidtalk.run_folder import RunFolder, prepare_folder
from reidtalk.training_config import TrainDualConfig, TrainRerankerConfig

Config = TypeVar("Config", TrainDualConfig, TrainRerankerConfig, TrainDetectorConfig)
WARM_UP = 0.03
LOWEST = 0.01
LOG_EVERY = 25


@dataclass(frozen=True, kw_only=True)
class DrawnResult:
    """How a run ended."""

    out: Path
    step: int
    steps: int
    """Steps in all; fewer were done if it was interrupted."""
    best: float | None
    """The best in validation, recall@1 or average precision, in percent; None: no validation yet."""
    images_per_second: float


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run stands; saved with the last checkpoint."""

    step: int = 0
    best: float | None = None
    """The best in validation, recall@1 or average precision, in percent."""


@dataclass(frozen=True, kw_only=True)
class Task(Generic[AnyRound, AnyBatch]):
    """What is learned, and all that a training does in its own way."""

    learner: nn.Module
    """Its parameters that take gradients are learned."""
    learner_key: str
    """Where training.pt has it."""
    model: nn.Module
    """The learner, or what of it is to be used later: averaged, validated and saved."""
    longest_gradient: float
    """A longer one is cut down to it."""
    loss: Callable[[Any, AnyBatch, Generator], tuple[Tensor, dict[str, Tensor]]]
    """The loss of a batch, and what to log of it, by the learner as it is called in the run's precision."""
    measure: Callable[[Any, AnyRound], dict[str, float]]
    """How good the averaged model is on a round, in percent."""
    told: tuple[str, ...]
    """What of that is told; the first decides which weights are best."""
    curves: bool
    """Whether they are drawn: recall@1 and the loss."""
    save: Callable[[Path, Any, Mapping[str, Any], Any], None]
    """The folder holds the averaged model, these notes in its config.json, and the training state or None."""


class DrawnTrainer(Generic[AnyRound, AnyBatch]):
    """The state of a run."""

    def __init__(
        self,
        config: TrainDualConfig | TrainRerankerConfig | TrainDetectorConfig,
        task: Task[AnyRound, AnyBatch],
    ) -> None:
        self.config, self.task, self.progress = config, task, Progress()
        self.fabric = launch(config.device, 1, config.precision)
        learned = [weights for weights in task.learner.parameters() if weights.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [weights for weights in learned if weights.ndim > 1]},
            {"params": [weights for weights in learned if weights.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
        )
        self.learner, self.stepper = self.fabric.setup(task.learner, self.optimizer)
        self.average = AveragedModel(
            task.model, multi_avg_fn=partial(average, config.average), use_buffers=True
        )

    def run(self, batches: Batches[AnyRound, AnyBatch], validation: AnyRound) -> DrawnResult:
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
                seconds, pictures = seconds + perf_counter() - start, pictures + config.batch_size
                note = "  ".join(f"{name} {value:.2f}" for name, value in values.items())
                bar.advance(1, f"{note}  {pictures / seconds:.0f} img/s")
                step = self.progress.step
                due = step % batches.steps_a_round == 0 or step == config.steps
                if due or step % LOG_EVERY == 0:
                    folder.log(step, values)
                if due:
                    self.validate(validation, batches.artist.subject, folder, bar)
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

    def step(self, batch: AnyBatch) -> dict[str, float]:
        """One step is taken; what it measured.

        Raises:
            TrainingError: the loss is not a number.
        """
        config, number = self.config, self.progress.step
        generator = torch.Generator().manual_seed(step_seed(config.seed, number))
        torch.manual_seed(step_seed(config.seed, number))
        self.learner.train()
        loss, values = self.task.loss(self.learner, batch, generator)
        if not math.isfinite(loss.item()):
            raise TrainingError(f"the loss is {loss.item()} at step {number + 1}", do="lower --learning-rate")
        self.fabric.backward(loss)
        nn.utils.clip_grad_norm_(self.task.learner.parameters(), self.task.longest_gradient)
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * pace(number, config.steps)
        self.stepper.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update_parameters(self.task.model)
        self.progress = replace(self.progress, step=number + 1)
        return {name: float(value) for name, value in values.items()}

    def validate(self, drawn: AnyRound, subject: str, folder: RunFolder, bar: Bar) -> None:
        """The averaged model is measured on what was never trained on, and saved: last, and best if so."""
        task, step = self.task, self.progress.step
        values = task.measure(self.average.module.eval(), drawn)
        measured = {f"val_{name}": value for name, value in values.items()}
        folder.log(step, measured)
        decisive = values[task.told[0]]
        better = self.progress.best is None or decisive > self.progress.best
        if better:
            self.progress = replace(self.progress, best=decisive)
            self.save("best", training=False, measured=measured)
        self.save("last", training=True, measured=measured)
        if task.curves:
            folder.report()
        told = "  ".join(f"{name} {values[name]:.1f}%" for name in task.told)
        bar.say(f"step {step}: {told} on drawn {subject}" + (" (best)" if better else ""))

    def save(self, name: str, *, training: bool, measured: dict[str, float] | None = None) -> None:
        """The checkpoint called `name` holds the averaged model, and with `training` all to go on from."""
        state = {
            "progress": asdict(self.progress),
            "optimizer": self.optimizer.state_dict(),
            self.task.learner_key: self.task.learner.state_dict(),
            "averaged": self.average.n_averaged,
        }
        extra = {"step": self.progress.step, "training": as_json(self.config), "measured": measured or {}}
        self.task.save(self.config.out / name, self.average.module, extra, state if training else None)

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
            self.task.learner.load_state_dict(state[self.task.learner_key])
            self.average.n_averaged.copy_(state["averaged"])
        except (TypeError, KeyError, ValueError, AttributeError, RuntimeError) as error:
            raise unfit(folder, error) from error
        if self.progress.step >= self.config.steps:
            raise finished(self.config.out, self.progress.step, "--steps")


def opened(config: Config) -> tuple[Config, Path | None]:
    """The run's settings and, where it is resumed, its last checkpoint; its folder is ready, the seed set.

    Raises:
        ConfigError: no such device, or flags that do not fit the run to resume.
        CheckpointError: the run to resume is damaged.
        TrainingError: the folder is taken, or holds no run to resume.
        WriteError: the folder cannot be written.
    """
    choose_device(config.device)
    prepare_folder(config.out, resume=config.resume)
    last = last_checkpoint(config.out) if config.resume else None
    if config.resume:
        config = resumed(config)
    torch.manual_seed(config.seed)
    return config, last


def draws_ahead(device: torch.device) -> bool:
    """Whether pictures are drawn while `device` trains: a CPU has no core left for it."""
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
