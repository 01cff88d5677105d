"""Training of GNA-RNN: the loop, its schedule, validation, checkpoints, resuming.

Everything random in step N follows from the seed and N, so a run that was interrupted ends with the very same
weights as one that was not.
"""

import itertools
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal, cast

import torch
from jaxtyping import Bool
from torch import Tensor

from reidtalk.config import as_json
from reidtalk.data import hold_out, load_dataset
from reidtalk.data.check import broken_pictures
from reidtalk.data.packed import load_vocabulary
from reidtalk.data.pairs import Batch, PairBatches, load_batches
from reidtalk.data.words import Vocabulary
from reidtalk.devices import launch
from reidtalk.errors import ConfigError, DataError, TrainingError
from reidtalk.files import write_whole
from reidtalk.interrupts import stop_flag
from reidtalk.losses import LOSSES, accuracy, best_is_right
from reidtalk.models.backbones import load_backbone_weights
from reidtalk.models.checkpoint import (
    find_checkpoint,
    load_training_state,
    read_checkpoint,
    save_checkpoint,
)
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.optimizers import build_optimizer, clamp_gradients, decay
from reidtalk.progress import Bar, progress_bar
from reidtalk.resuming import finished, last_checkpoint, refuse_other, resumed, unfit, was_given
from reidtalk.run_folder import RunFolder, prepare_folder
from reidtalk.training_config import TrainConfig
from reidtalk.types import PersonImage, Splits
from reidtalk.validation import Validation

if TYPE_CHECKING:
    from lightning_fabric import Fabric

FOR_NEW_ONES = ("backbone_weights", "init_gain", "word_count_threshold")
"""Flags that a network which begins with the weights of another has no use for."""
EXPLODED = 20
"""Training stops when the loss is this many times the first one, as in the 2017 system."""


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """How a run ended."""

    out: Path
    step: int
    """Steps done in all."""
    finished: bool
    """False: interrupted; everything is saved and `--resume` goes on."""
    best: float | None
    """The best checkpoint's validation recall@1 or accuracy (as --select says); None: no validation yet."""
    images_per_second: float
    main: bool
    """Whether this is the process that saves and reports; the others of several have nothing to tell."""


@dataclass
class Progress:
    """Where a run stands; saved with the last checkpoint."""

    step: int = 0
    best: float | None = None
    first_loss: float | None = None


def train(config: TrainConfig) -> TrainResult:
    """A GNA-RNN is trained and saved in `config.out`, best and last.

    Raises:
        DataError: the data set cannot be trained on.
        ConfigError: flags that do not fit each other or the run to resume.
        CheckpointError: weights to begin with, or the run to resume, are damaged.
        WriteError: the run could not be saved.
        TrainingError: the folder is taken, or the loss exploded.
    """
    prepare_folder(config.out, resume=config.resume)
    if config.resume:
        config = resumed(config)
    fabric = launch(config.device, config.devices, config.precision)
    torch.manual_seed(config.seed)
    splits = hold_out(load_dataset(config.dataset, config.root), config.seed)
    require_splits(splits)
    last = last_checkpoint(config.out) if config.resume else None
    matcher = build_matcher(config, splits.train, last or config.start_from)
    require_whole(splits)  # last: it takes minutes
    config = replace(config, **asdict(matcher.settings))
    trainer = Trainer(config, matcher, fabric)
    if last:
        trainer.restore(last)
    if fabric.is_global_zero and not config.resume:
        write_whole(config.out / "config.json", json.dumps(as_json(config), indent=1))
    return trainer.run(splits)


def require_splits(splits: Splits) -> None:
    """Raises `DataError` unless there are captioned pictures to train and to validate on."""
    for split, purpose in (("train", "train on"), ("val", "validate on")):
        if not any(image.captions for image in splits[split]):
            raise DataError(
                f"the data set has no captioned picture to {purpose} (split {split!r} is empty)",
                accepted="captioned pictures in train and val, of different people",
                do="mark them in the annotation; reidtalk check shows the counts",
            )


def require_whole(splits: Splits) -> None:
    """Raises `DataError` unless all pictures to train and to validate on can be decoded."""
    for broken in broken_pictures(Splits(train=splits.train, val=splits.val)):
        raise DataError(
            broken,
            accepted="pictures that can be decoded",
            do="copy them again, or take them out of the annotation",
        )


def build_matcher(config: TrainConfig, images: list[PersonImage], begin: Path | None) -> GnaRnn:
    """The network to train: new, or as it is in the checkpoint `begin`.

    Raises:
        CheckpointError: weights that cannot be read or do not fit.
        ConfigError: an unknown backbone, weights that cannot be fetched, or flags that differ from `begin`.
    """
    names = [field.name for field in fields(GnaRnnSettings)]
    if begin is not None:
        matcher = read_checkpoint(find_checkpoint(begin))
        if not isinstance(matcher, GnaRnn):
            raise ConfigError(f"{begin} holds another model", accepted="a checkpoint of gna-rnn")
        for name in names:
            refuse_other(config, name, getattr(matcher.settings, name), begin)
        for name in FOR_NEW_ONES if begin == config.start_from else ():
            if was_given(config, name):
                raise ConfigError(
                    f"--{name.replace('_', '-')} together with --start-from",
                    accepted="one of them: weights and words are those of the checkpoint",
                    do="leave one away",
                )
        matcher.calibration = None  # it is of the weights as they were
        return matcher
    settings = GnaRnnSettings(**{name: getattr(config, name) for name in names})
    if config.dataset == "packed":
        vocabulary = load_vocabulary(config.root)
    else:
        captions = (caption for image in images for caption in image.captions)
        vocabulary = Vocabulary.build(captions, config.word_count_threshold)
    matcher = GnaRnn(settings, vocabulary, pretrained=config.backbone_weights == "default")
    matcher.widen_start(config.init_gain)
    if config.backbone_weights not in ("default", "none"):
        load_backbone_weights(matcher.backbone, Path(config.backbone_weights))
    return matcher


class Trainer:
    """The state of a run: network, optimisers, position."""

    def __init__(self, config: TrainConfig, matcher: GnaRnn, fabric: "Fabric") -> None:
        self.config, self.matcher, self.fabric = config, matcher, fabric
        self.progress = Progress()
        self.model = fabric.setup_module(matcher)
        cnn = list(matcher.backbone.parameters())
        in_cnn = {id(parameter) for parameter in cnn}
        rest = [parameter for parameter in matcher.parameters() if id(parameter) not in in_cnn]
        self.parameters = (rest, cnn)
        optimizers = fabric.setup_optimizers(
            build_optimizer(
                config.optim,
                rest,
                learning_rate=config.learning_rate,
                alpha=config.optim_alpha,
                beta=config.optim_beta,
                epsilon=config.optim_epsilon,
            ),
            build_optimizer(
                config.cnn_optim,
                cnn,
                learning_rate=config.cnn_learning_rate,
                alpha=config.cnn_optim_alpha,
                beta=config.cnn_optim_beta,
                epsilon=config.optim_epsilon,
            ),
        )
        self.optimizers = cast(tuple[torch.optim.Optimizer, ...], optimizers)

    def restore(self, folder: Path) -> None:
        """Optimisers and position are those saved in `folder` (the weights are loaded already).

        Raises:
            CheckpointError: the training state is missing or damaged.
            TrainingError: there are no steps left to take.
        """
        state = load_training_state(folder)
        try:
            self.progress = Progress(**state["progress"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise unfit(folder, error) from error
        if 0 <= self.config.max_iters <= self.progress.step:
            raise finished(self.config.out, self.progress.step, "--max-iters")

    def run(self, splits: Splits) -> TrainResult:
        """Steps are taken until the last one or Ctrl-C; `last` is saved, `best` where validation says so."""
        config, progress, main = self.config, self.progress, self.fabric.is_global_zero
        folder = RunFolder(config.out, config, from_step=progress.step) if main else None
        validation = Validation(splits.val, config) if main else None
        begun, start, pictures, due = progress.step, perf_counter(), 0, True
        with progress_bar("training", config.max_iters) as bar, stop_flag() as stopped:
            bar.advance(progress.step)
            for batch in self.batches(splits.train):
                values = self.step(batch)
                pictures += len(batch.images) * config.devices
                rate = pictures / (perf_counter() - start)
                shown = "  ".join(f"{name} {value:.2f}" for name, value in values.items())
                bar.advance(1, f"{shown}  {rate:.0f} img/s")
                due = self.is_due(config.save_checkpoint_every)
                if folder and (due or self.is_due(config.losses_log_every)):
                    folder.log(progress.step, values)
                if folder and validation and due:
                    self.validate(validation, folder, bar)
                if self.asked_to_stop(stopped):
                    break
        if folder and not due:
            self.save("last", training=True)
            folder.report()
        if folder:
            folder.close()
        self.fabric.barrier()
        rate = pictures / max(perf_counter() - start, 1e-9)
        return TrainResult(
            out=config.out,
            step=progress.step,
            finished=0 <= config.max_iters <= progress.step,
            best=progress.best,
            images_per_second=rate if progress.step > begun else 0.0,
            main=main,
        )

    def over_processes(self, value: Tensor, how: Literal["mean", "sum"]) -> float:
        """The mean or sum of `value` over all processes, the same in each."""
        if self.fabric.world_size == 1:
            return value.item()
        return float(cast(Tensor, self.fabric.all_reduce(value, reduce_op=how)))

    def asked_to_stop(self, stopped: threading.Event) -> bool:
        """Whether any process was; all give the same answer, so that none waits for another."""
        return (
            self.over_processes(torch.tensor(float(stopped.is_set()), device=self.fabric.device), "sum") > 0
        )

    def is_due(self, every: int) -> bool:
        """Whether the step just done is one of each `every`, or the last."""
        return self.progress.step % every == 0 or self.progress.step == self.config.max_iters

    def batches(self, images: list[PersonImage]) -> Iterator[Batch]:
        """The batches still to come, of this process, on its device."""
        config, fabric = self.config, self.fabric
        dataset = PairBatches(
            images,
            self.matcher.vocabulary,
            image_size_px=self.matcher.settings.image_size_px,
            crop_size_px=self.matcher.settings.crop_size_px,
            max_length=self.matcher.settings.max_length,
            batch_size=config.batch_size,
            neg_time=config.neg_time,
            seed=config.seed,
        )
        first = self.progress.step
        steps: Iterable[int] = (
            itertools.count(first) if config.max_iters < 0 else range(first, config.max_iters)
        )
        numbers = (step * fabric.world_size + fabric.global_rank for step in steps)
        pinned = fabric.device.type == "cuda"
        for batch in load_batches(dataset, numbers, workers=config.workers, pin_memory=pinned):
            yield fabric.to_device(batch)

    def step(self, batch: Batch) -> dict[str, float]:
        """One step is taken; its loss and accuracy.

        Raises:
            TrainingError: the loss exploded.
        """
        config, done = self.config, self.progress.step
        torch.manual_seed(step_seed(config.seed, done, self.fabric.global_rank))
        self.model.train()
        self.matcher.freeze_backbone(not 0 <= config.finetune_cnn_after <= done)
        grid = config.in_batch_negatives
        scores = self.model(batch.images, batch.indices, batch.lengths, grid=grid).float()
        matched = matches(batch, grid=grid)
        loss = LOSSES[config.loss](scores, matched)
        self.fabric.backward(loss)
        factor = decay(done, config.learning_rate_decay_start, config.learning_rate_decay_every)
        rates = config.learning_rate, config.cnn_learning_rate
        weight_decays = 0.0, config.cnn_weight_decay
        for optimizer, parameters, rate, weight_decay in zip(
            self.optimizers, self.parameters, rates, weight_decays, strict=True
        ):
            clamp_gradients(parameters, config.grad_clip, weight_decay)
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        mean_loss = self.over_processes(loss.detach(), "mean")
        self.watch(mean_loss)
        if grid:
            return {"loss": mean_loss, "batch_recall@1": best_is_right(scores, matched)}
        return {"loss": mean_loss, "accuracy": accuracy(scores, matched).item()}

    def watch(self, loss: float) -> None:
        """Raises `TrainingError` when the loss is not a number or many times the first one."""
        if self.progress.first_loss is None:
            self.progress.first_loss = loss
        if not loss <= EXPLODED * self.progress.first_loss:
            first, step = self.progress.first_loss, self.progress.step
            raise TrainingError(
                f"the loss exploded: {loss:.4g} at step {step}, {first:.4g} at first",
                accepted=f"less than {EXPLODED} times the first loss",
                do="lower --learning-rate or --cnn-learning-rate; the last checkpoint is kept",
            )

    def validate(self, validation: Validation, folder: RunFolder, bar: Bar) -> None:
        """The validation's figures are logged, and the checkpoints saved: last, and best if it is."""
        values = validation(self.matcher)
        folder.log(self.progress.step, values)
        measured = values["val_recall@1" if self.config.select == "recall" else "val_accuracy"]
        better = self.progress.best is None or measured > self.progress.best
        if better:
            self.progress.best = measured
            self.save("best", training=False, measured=values)
        self.save("last", training=True, measured=values)
        folder.report()
        bar.say(
            f"step {self.progress.step}: validation loss {values['val_loss']:.3f}, "
            f"accuracy {values['val_accuracy']:.2f}, recall@1 {values['val_recall@1']:.1f}%"
            + (" (best)" if better else "")
        )

    def save(self, name: str, *, training: bool, measured: dict[str, float] | None = None) -> None:
        """The checkpoint called `name` holds the run as it stands."""
        state = {
            "progress": asdict(self.progress),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        extra = {"step": self.progress.step, "training": as_json(self.config), "measured": measured or {}}
        save_checkpoint(self.config.out / name, self.matcher, "gna-rnn", extra, state if training else None)


def matches(batch: Batch, *, grid: bool) -> Bool[Tensor, "*pairs"]:
    """Which texts show the same person as which pictures: of the whole grid, or pair by pair."""
    texts = batch.text_identities[:, None] if grid else batch.text_identities
    return texts == batch.image_identities


def step_seed(seed: int, step: int, rank: int) -> int:
    """The seed of dropout in one step of one process."""
    return (seed * 1_000_003 + step) * 1_009 + rank
