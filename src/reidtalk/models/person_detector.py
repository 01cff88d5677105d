"""A small anchor-free detector of people: three maps, fine to coarse, and one head over all of them.

Reference: FCOS (Tian et al. 2019: places near a box's middle answer for it) and Generalized Focal Loss (Li et
al. 2020, eq. 2: the score learns how well the box fits). Differs: a place predicts middle and size of a box
instead of distances to its sides, so that also a box between four places has one to answer for it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from reidtalk.errors import CheckpointError
from reidtalk.files import replaced_folder
from reidtalk.models.backbones import IMAGENET_MEAN, IMAGENET_STD, convolution
from reidtalk.models.checkpoint import load_weights, read_json, save_training_state, save_weights
from reidtalk.models.dual_encoder import Block

STRIDES = (8, 16, 32)
LONGEST_SIDES = (0.0, 72.0, 176.0, math.inf)
"""Boxes whose longer side lies between two of these belong to the map between them."""
REACH = 1.5
"""How many strides from its middle places answer for a box."""
OVERLAP, INSIDE = 0.5, 0.75
"""A box that shares more with a better one, of both together or of its own area, is of the same person."""
MOST = 300
RARE = -math.log(99)
"""First logit of every place: people are rare."""
LARGEST = 5.0
"""Boxes are at most exp of this many strides wide and tall."""
FORMAT = 1
SHIPPED_DETECTOR = Path(__file__).parents[1] / "weights" / "reidtalk-detector"
"""The folder of the detector that comes with the package."""


@dataclass(frozen=True, kw_only=True)
class PersonDetectorSettings:
    """All that shapes the network and how it is used; saved with its weights and enough to build it again."""

    widths: tuple[int, ...] = (24, 48, 96, 160)
    """Channels at strides 4, 8, 16 and 32."""
    blocks: tuple[int, ...] = (2, 3, 2)
    """Residual blocks at strides 8, 16 and 32."""
    head_width: int = 48
    """Channels of the three maps that the head reads."""
    working_px: int = 336 * 192
    """Frames are scaled to about so many pixels."""
    doubtful: float = 0.0
    """The logit that counts as a score of 0.5: there, precision and recall balance."""


class Answers(NamedTuple):
    """What the network says at every place of its three maps."""

    logits: Float[Tensor, "images places"]
    boxes: Float[Tensor, "images places 4"]
    """Left, top, right, bottom, in pixels."""


class Places(NamedTuple):
    """Where the places of the three maps are."""

    middles: Float[Tensor, "places 2"]
    """x and y, in pixels."""
    strides: Float[Tensor, " places"]
    levels: Int64[Tensor, " places"]
    """Which of the three maps."""


class Truth(NamedTuple):
    """What the places of one picture should say."""

    person: Int64[Tensor, " places"]
    """Number of the box a place answers for; -1 for none."""
    counted: Bool[Tensor, " places"]
    """False where there may be somebody, so that no answer is wrong."""


class PersonDetector(nn.Module):
    """Pictures in; at every place, how well the best box there fits somebody, and that box."""

    mean: Tensor
    std: Tensor

    def __init__(self, settings: PersonDetectorSettings) -> None:
        super().__init__()
        self.settings = settings
        first, *widths = settings.widths
        self.stem = nn.Sequential(
            convolution(3, 16, stride=2), nn.ReLU(inplace=True),
            convolution(16, first, stride=2), nn.ReLU(inplace=True),
        )  # fmt: skip
        before = [first, *widths[:-1]]
        self.stages = nn.ModuleList(
            nn.Sequential(
                Block(narrow, wide, halve=True), *(Block(wide, wide, halve=False) for _ in range(count - 1))
            )
            for narrow, wide, count in zip(before, widths, settings.blocks, strict=True)
        )
        head = settings.head_width
        self.laterals = nn.ModuleList(nn.Conv2d(wide, head, 1) for wide in widths)
        self.smooth = nn.ModuleList(convolution(head, head) for _ in widths)
        self.tower = nn.Sequential(
            convolution(head, head), nn.ReLU(inplace=True), convolution(head, head), nn.ReLU(inplace=True)
        )
        self.score = nn.Conv2d(head, 1, 3, padding=1)
        self.box = nn.Conv2d(head, 4, 3, padding=1)
        nn.init.constant_(self.score.bias, RARE)  # type: ignore[arg-type]
        nn.init.zeros_(self.box.weight)
        self.box.bias.data = torch.tensor([0.0, 0.0, 0.7, 1.7])  # type: ignore[union-attr]
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, images: UInt8[Tensor, "images 3 height width"]) -> Answers:
        """The answers at all places; height and width are multiples of 32 pixels."""
        normalised = (images.to(self.mean.dtype) - self.mean) / self.std
        maps: Tensor = self.stem(normalised.contiguous(memory_format=torch.channels_last))
        seen: list[Tensor] = []
        for stage in self.stages:
            maps = stage(maps)
            seen.append(maps)
        wanted: list[Tensor] = []
        above: Tensor | None = None
        for lateral, smooth, level in reversed(list(zip(self.laterals, self.smooth, seen, strict=True))):
            above = lateral(level) + (0 if above is None else interpolate(above, scale_factor=2.0))
            wanted.insert(0, torch.relu(smooth(above)))
        logits, shapes = [], []
        for level in wanted:
            read = self.tower(level)
            logits.append(self.score(read).flatten(1))
            shapes.append(self.box(read).flatten(2).transpose(1, 2))
        places = places_of(images.shape[-2], images.shape[-1], images.device)
        return Answers(torch.cat(logits, 1).float(), boxes_at(places, torch.cat(shapes, 1).float()))

    @torch.inference_mode()
    def find(
        self, images: UInt8[Tensor, "images 3 height width"], lowest: float
    ) -> list[tuple[Float[Tensor, "_ 4"], Float[Tensor, " _"]]]:
        """Boxes and scores (0 to 1, best first) of each picture; 0.5 is where precision and recall balance.

        Scores below `lowest` are left out, and boxes that a better one makes needless: see `needed`.
        """
        answers = self(images)
        scores = torch.sigmoid(answers.logits - self.settings.doubtful)
        found = []
        for boxes, values in zip(answers.boxes, scores, strict=True):
            likely = values > lowest
            boxes, values = boxes[likely], values[likely]
            kept = needed(boxes, values)
            found.append((boxes[kept], values[kept]))
        return found


def needed(boxes: Float[Tensor, "boxes 4"], scores: Float[Tensor, " boxes"]) -> Int64[Tensor, " kept"]:
    """The numbers of the boxes that tell of somebody no better box tells of, best first.

    A box is needless if it overlaps a better one that is kept by more than `OVERLAP`, or lies in it by more
    than `INSIDE`: then it is of a part of the same person. Of more than `MOST`, the best are looked at.
    """
    order = scores.argsort(descending=True, stable=True)[:MOST]
    some = boxes[order]
    low = torch.maximum(some[:, None, :2], some[None, :, :2])
    high = torch.minimum(some[:, None, 2:], some[None, :, 2:])
    common, area = (high - low).clamp(min=0).prod(2), (some[:, 2:] - some[:, :2]).prod(1)
    same = ((common > OVERLAP * (area[:, None] + area - common)) | (common > INSIDE * area)).cpu().numpy()
    alive = np.ones(len(order), bool)
    for number in range(len(order)):
        if alive[number]:
            alive[number + 1 :] &= ~same[number, number + 1 :]
    return order[torch.from_numpy(alive).to(order.device)]


def fused(detector: PersonDetector) -> PersonDetector:
    """The same detector, for use only: every batch normalisation is part of the convolution before it."""
    copy = deepcopy(detector).eval()
    for pair in copy.modules():
        if isinstance(pair, nn.Sequential) and len(pair) == 2 and isinstance(pair[1], nn.BatchNorm2d):
            pair[0], pair[1] = fuse_conv_bn_eval(cast(nn.Conv2d, pair[0]), pair[1]), nn.Identity()
    return copy


def places_of(height: int, width: int, device: torch.device) -> Places:
    """The places of pictures of that size, finest map first, row by row."""
    middles, strides, levels = [], [], []
    for level, stride in enumerate(STRIDES):
        y, x = ((torch.arange(side // stride, device=device) + 0.5) * stride for side in (height, width))
        middles.append(torch.stack([x.repeat(len(y)), y.repeat_interleave(len(x))], dim=1))
        strides.append(torch.full((len(x) * len(y),), float(stride), device=device))
        levels.append(torch.full((len(x) * len(y),), level, device=device))
    return Places(torch.cat(middles), torch.cat(strides), torch.cat(levels))


def boxes_at(places: Places, shapes: Float[Tensor, "images places 4"]) -> Float[Tensor, "images places 4"]:
    """Boxes from shifts of the middle in strides, and logarithms of the size in strides."""
    stride = places.strides[:, None]
    middle = places.middles + shapes[..., :2] * stride
    half = shapes[..., 2:].clamp(max=LARGEST).exp() * stride / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def truth_of(places: Places, boxes: Float[Tensor, "people 4"], ignored: Bool[Tensor, " people"]) -> Truth:
    """What each place should say about `boxes`; those `ignored` are neither wanted nor wrong.

    A box belongs to the map of its size. There the place it is nearest to answers for it, and those within
    `REACH` strides of its middle that lie inside it; of several boxes the smallest is meant.
    """
    count = len(places.middles)
    person = torch.full((count,), -1, device=boxes.device)
    counted = torch.ones(count, dtype=torch.bool, device=boxes.device)
    if not len(boxes):
        return Truth(person, counted)
    middle, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    away = places.middles[:, None] - middle
    steps = (away.abs() / places.strides[:, None, None]).amax(-1)
    inside = (away.abs() < size / 2).all(-1)
    edges = torch.tensor(LONGEST_SIDES[1:-1], device=boxes.device)
    level = torch.bucketize(size.amax(1), edges, right=True)
    meant = (level == places.levels[:, None]) & ((steps <= 0.5) | ((steps < REACH) & inside))
    area = size.prod(1).expand(count, -1)
    smallest, number = torch.where(meant & ~ignored, area, torch.inf).min(1)
    person = torch.where(smallest.isfinite(), number, person)
    counted = (person >= 0) | ~((meant | inside) & ignored).any(1)
    return Truth(person, counted)


def detection_loss(
    answers: Answers,
    places: Places,
    boxes: Sequence[Float[Tensor, "_ 4"]],
    ignored: Sequence[Bool[Tensor, " _"]],
) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """The loss of scores and boxes for each place that answers for somebody, and both parts to log."""
    from torchvision.ops import generalized_box_iou_loss  # slow to import, and only training needs it

    truths = [truth_of(places, *one) for one in zip(boxes, ignored, strict=True)]
    wanted = torch.zeros_like(answers.logits)
    predicted, true = [], []
    for row, (truth, people) in enumerate(zip(truths, boxes, strict=True)):
        answering = truth.person >= 0
        mine, theirs = answers.boxes[row][answering], people[truth.person[answering]]
        predicted.append(mine)
        true.append(theirs)
        wanted[row, answering] = paired_overlap(mine.detach(), theirs)
    counted = torch.stack([truth.counted for truth in truths])
    unsure = (torch.sigmoid(answers.logits) - wanted).abs().square()
    misjudged = binary_cross_entropy_with_logits(answers.logits, wanted, reduction="none") * unsure
    answering_places = max(sum(len(rows) for rows in predicted), 1)
    of_scores = (misjudged * counted).sum() / answering_places
    of_boxes = (
        generalized_box_iou_loss(torch.cat(predicted), torch.cat(true), reduction="sum") / answering_places
    )
    values = {"loss": (of_scores + 2 * of_boxes).detach(), "score_loss": of_scores.detach()}
    values["box_loss"] = of_boxes.detach()
    return of_scores + 2 * of_boxes, values


def paired_overlap(
    ones: Float[Tensor, "pairs 4"], others: Float[Tensor, "pairs 4"]
) -> Float[Tensor, " pairs"]:
    """Intersection over union of the i-th box with the i-th, 0 to 1."""
    low, high = torch.maximum(ones[:, :2], others[:, :2]), torch.minimum(ones[:, 2:], others[:, 2:])
    common = (high - low).clamp(min=0).prod(1)
    areas = (ones[:, 2:] - ones[:, :2]).prod(1) + (others[:, 2:] - others[:, :2]).prod(1)
    return common / (areas - common).clamp(min=1e-6)


def save_person_detector(
    folder: Path,
    detector: PersonDetector,
    extra: Mapping[str, Any],
    training: Any = None,
    *,
    half: bool = False,
) -> None:
    """`folder` holds the detector (config.json, model.safetensors), and `training` as training.pt.

    `extra` joins config.json; with `half` the weights take half the room, in bfloat16.

    Raises:
        WriteError: it could not be written; what was there before is untouched.
    """
    config = {"format": FORMAT, "model": "person-detector", "settings": asdict(detector.settings), **extra}
    with replaced_folder(folder) as new:
        save_weights(detector, new / "model.safetensors", half=half)
        (new / "config.json").write_text(json.dumps(config, indent=1))
        if training is not None:
            save_training_state(training, new / "training.pt")


def read_person_detector(folder: Path) -> PersonDetector:
    """The detector saved in `folder`, on the CPU, in training mode.

    Raises:
        CheckpointError: none there, damaged, or another model.
    """
    config = read_json(folder / "config.json")
    try:
        if config["model"] != "person-detector":
            raise ValueError(f"it is of the model {config['model']}")
        values: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in config["settings"].items()
        }
        detector = PersonDetector(PersonDetectorSettings(**values))
    except (TypeError, KeyError, ValueError, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"{folder} does not describe a person detector: {error}",
            accepted="a folder written by reidtalk train-detector (a run's best/ or last/)",
            do="check the path, or train one",
        ) from error
    load_weights(detector, folder / "model.safetensors")
    return detector
