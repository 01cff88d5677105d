"""The nouns of this room: a frame, the boxes in it, and a person who appears for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import numpy as np
from jaxtyping import Float32, UInt8


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where frames come from, and what is known of the place and the time."""

    path: str
    """A file, or the address of a stream."""
    kind: Literal["picture", "video", "stream"]
    camera: str = ""
    """The camera's name; empty where unknown."""
    start: datetime | None = None
    """When its first frame was taken, with a time zone; None where unknown."""
    zone: str = ""
    """The zone of the times in a picture without a start, which only its EXIF tells; empty for UTC."""


class Frame(NamedTuple):
    """One picture of a source."""

    picture: UInt8[np.ndarray, "height width 3"]
    """RGB, upright."""
    seconds: float
    """Since the source's first frame; 0 for a picture."""


class Box(NamedTuple):
    """Where somebody stands in a frame, in pixels; right and bottom are outside."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left


class Boxes(NamedTuple):
    """The people a detector sees in one frame."""

    corners: Float32[np.ndarray, "people 4"]
    """Left, top, right, bottom, in pixels of the frame."""
    scores: Float32[np.ndarray, " people"]
    """How sure the detector is, 0 to 1."""


class Detector(Protocol):
    """Finds people in frames."""

    def detect(self, frames: Sequence[UInt8[np.ndarray, "height width 3"]]) -> list[Boxes]:
        """The people in each of `frames`, which are consecutive and of one source."""
        ...

    def forget(self) -> None:
        """Another source comes next, or another part of it: what was learned of the background is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """One picture of a person, cut out of a frame."""

    picture: UInt8[np.ndarray, "height width 3"]
    """RGB."""
    seconds: float
    """When, since the source's first frame."""
    box: Box
    """Where in the frame."""
    score: float
    """How sure the detector was, 0 to 1."""
    quality: float
    """How much the crop shows (size, sharpness, completeness), 0 to 1; higher is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """One person, from coming into sight to leaving it."""

    crops: tuple[Crop, ...]
    """The best few, best first; at least one."""
    track: tuple[tuple[float, Box], ...]
    """Seconds and box of every sampled frame with this person in it, in order of time."""
