"""The few nouns of the project, and its vocabulary of shapes.

Shapes are written with these words everywhere: `texts` (queries or captions), `images`, `pairs` (one text
with one image), `words` (positions in a sentence), `height` and `width` (pixels), `queries` and `gallery`
(the two sides of an evaluation).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonImage:
    """One picture of one person: where it is and what is known of it."""

    path: Path
    """The picture file, or the HDF5 file that packs it."""
    row: int | None = None
    """The picture's row in an HDF5 pack; None for a file of its own."""
    identity: int | None = None
    """The person's number; None when unknown. Two pictures of one person share it."""
    captions: tuple[str, ...] = ()
    """What people wrote of this picture."""
    split: str = "test"
    """`train`, `val` or `test`."""
    camera: str | None = None
    """The camera's name, where known."""


def identity_of(image: PersonImage, row: int) -> int:
    """The person's number; a picture of an unknown person is a person of its own (below zero)."""
    return -1 - row if image.identity is None else image.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """A data set: its pictures by split, each in the order of the annotation."""

    train: list[PersonImage] = field(default_factory=list)
    val: list[PersonImage] = field(default_factory=list)
    test: list[PersonImage] = field(default_factory=list)

    def __getitem__(self, split: str) -> list[PersonImage]:
        """The pictures of `split`, one of `SPLITS`."""
        if split not in SPLITS:
            raise KeyError(split)
        return list(getattr(self, split))

    def __iter__(self) -> Iterator[PersonImage]:
        """All pictures: train, then val, then test."""
        for split in SPLITS:
            yield from getattr(self, split)

    def __len__(self) -> int:
        return len(self.train) + len(self.val) + len(self.test)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One person who appears for a while, as an index keeps them."""

    id: str
    """The index's name for it."""
    source: str
    """The picture, video or stream it comes from."""
    camera: str
    """Empty where unknown."""
    start: datetime | None
    """When the person came into sight; None where unknown."""
    end: datetime | None
    """When the person left."""
    first_seconds: float
    """When the person came into sight, since the source's first frame; 0 in a picture."""
    last_seconds: float
    """When the person left."""
    seconds: float
    """When the best picture was taken."""
    box: tuple[float, float, float, float]
    """Where in that frame: left, top, right, bottom, in pixels."""
    pictures: tuple[Path, ...]
    """The best few, best first."""
    same: tuple[str, ...] = ()
    """Other sightings that look the very same, merged into this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A picture found for a query."""

    image: PersonImage
    score: float
    """Higher is better: a logit or a cosine, never a saturated probability."""
    rank: int
    """1 is the best."""
    likelihood: float | None = None
    """The chance that it is right if it is the best found; None where the matcher has no calibration."""
    sighting: Sighting | None = None
    """When and where; None for a picture that no index holds."""
    words: tuple[tuple[str, float], ...] = ()
    """The sentence in pieces, words and what is between, each with what it adds to the score; empty: not
    asked."""

    @property
    def likely(self) -> bool:
        """Whether it is more likely right than wrong; without a likelihood it is not."""
        return self.likelihood is not None and self.likelihood >= 0.5

    @property
    def percent(self) -> str:
        """The likelihood in whole percent, rounded down, so that only likely matches have 50% or more."""
        return "" if self.likelihood is None else f"{math.floor(100 * self.likelihood)}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a matcher's scores mean; fitted as docs/protocol.md says."""

    slope: float
    """How steeply the chance rises with the score."""
    cut_off: float
    """The score at which the chance is one half."""

    def likelihood(self, score: float) -> float:
        """The chance that the best picture found is right when it has this score."""
        return 0.5 + 0.5 * math.tanh(0.5 * self.slope * (score - self.cut_off))  # exp would overflow
