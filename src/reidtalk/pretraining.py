"""Pretraining of a backbone as identity classifier, as the paper did for its VGG-16 (section 5.2)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from numpy.random import default_rng
from torch import Tensor, nn
from torch.utils.data import Dataset

from reidtalk.config import as_json
from reidtalk.data import load_dataset
from reidtalk.data.pairs import load_batches, random_crop, shuffled
from reidtalk.devices import launch
from reidtalk.errors import DataError, TrainingError
from reidtalk.files import make_folder, replaced_folder
from reidtalk.interrupts import stop_flag
from reidtalk.models.backbones import Backbone, build_backbone, load_backbone_weights
from reidtalk.models.checkpoint import save_weights
from reidtalk.progress import progress_bar
from reidtalk.training_config import PretrainConfig
from reidtalk.types import PersonImage

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True, kw_only=True)
class PretrainResult:
    """How a pretraining ended."""

    out: Path
    step: int
    identities: int
    accuracy: float
    """Share of pictures whose person was recognised, averaged over about the last hundred batches."""


class Labelled(NamedTuple):
    """Pictures and whose they are."""

    images: UInt8[Tensor, "images 3 height width"]
    classes: Int64[Tensor, " images"]


class LabelledBatches(Dataset[Labelled]):
    """Batch N of the pictures with known people, shuffled anew for each pass; follows from the seed and N."""

    def __init__(self, images: Sequence[PersonImage], config: PretrainConfig) -> None:
        self.images = [image for image in images if image.identity is not None]
        numbers = {
            identity: number for number, identity in enumerate(sorted({i.identity or 0 for i in self.images}))
        }
        self.classes = [numbers[image.identity or 0] for image in self.images]
        self.identities, self.config = len(numbers), config
        if self.identities < 2:
            raise DataError(
                f"the train split shows {self.identities} known people",
                accepted="two or more people with ids",
                do="check the data set with reidtalk check",
            )

    def __getitem__(self, step: int) -> Labelled:
        """The pictures of step `step`, cropped at random, every second one mirrored."""
        config, total = self.config, len(self.images)
        places = (divmod(step * config.batch_size + number, total) for number in range(config.batch_size))
        rows = [int(shuffled(total, turn, config.seed)[place]) for turn, place in places]
        rng = default_rng([config.seed, 4, step])
        pictures = np.stack(
            [random_crop(self.images[row], config.image_size_px, config.crop_size_px, rng) for row in rows]
        )
        mirrored = rng.random(len(rows)) < 0.5
        pictures[mirrored] = pictures[mirrored][..., ::-1]
        return Labelled(torch.from_numpy(pictures), torch.tensor([self.classes[row] for row in rows]))


def pretrain(config: PretrainConfig) -> PretrainResult:
    """`config.out` holds the backbone's weights, for `train --backbone-weights`; Ctrl-C saves what there is.

    Raises:
        DataError: no known people to train on.
        TrainingError: the folder is taken, or the loss became infinite.
        CheckpointError: weights to begin with that do not fit.
        WriteError: the weights could not be saved.
    """
    if config.out.exists():
        raise TrainingError(f"{config.out} exists", accepted="a new folder", do="choose another OUT")
    make_folder(config.out.parent)
    fabric = launch(config.device, 1, config.precision)
    torch.manual_seed(config.seed)
    batches = LabelledBatches(load_dataset(config.dataset, config.root).train, config)
    backbone = build_backbone(
        config.backbone, config.crop_size_px, pretrained=config.backbone_weights == "default"
    )
    if config.backbone_weights not in ("default", "none"):
        load_backbone_weights(backbone, Path(config.backbone_weights))
    classifier = nn.Sequential(
        backbone, nn.BatchNorm1d(backbone.width), nn.Linear(backbone.width, batches.identities)
    )
    result = fit(classifier, batches, config, fabric)
    save_backbone(backbone, config)
    return result


def fit(
    classifier: nn.Module, batches: LabelledBatches, config: PretrainConfig, fabric: "Fabric"
) -> PretrainResult:
    """The classifier is trained for the steps of `config`, or until Ctrl-C.

    Raises:
        TrainingError: the loss became infinite.
    """
    optimizer = torch.optim.AdamW(
        classifier.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.max_iters
    )
    model, setup_optimizer = fabric.setup(classifier.train(), optimizer)
    loader = load_batches(batches, range(config.max_iters), workers=config.workers)
    step, right = 0, 0.0
    with progress_bar("pretraining", config.max_iters) as bar, stop_flag() as stopped:
        for step, batch in enumerate(loader, start=1):
            images, classes = fabric.to_device(batch)
            logits = model(images)
            loss = nn.functional.cross_entropy(logits, classes)
            if not torch.isfinite(loss):
                raise TrainingError(f"the loss is {loss.item()} at step {step}", do="lower --learning-rate")
            fabric.backward(loss)
            setup_optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            share = (logits.argmax(1) == classes).float().mean().item()
            right += (share - right) / min(step, 100)
            bar.advance(1, f"loss {loss.item():.3f}  recognised {100 * right:.0f}%")
            if stopped.is_set():
                break
    return PretrainResult(out=config.out, step=step, identities=batches.identities, accuracy=right)


def save_backbone(backbone: Backbone, config: PretrainConfig) -> None:
    """`config.out` holds the weights and how they were made.

    Raises:
        WriteError: it could not be written.
    """
    with replaced_folder(config.out) as new:
        save_weights(backbone, new / "backbone.safetensors")
        (new / "config.json").write_text(json.dumps({"pretraining": as_json(config)}, indent=1))
