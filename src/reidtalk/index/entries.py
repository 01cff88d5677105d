"""What an index keeps of one person who appears for a while."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from jaxtyping import Float16, Float32

from reidtalk.video.people import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One of an appearance's best pictures."""

    seconds: float
    """When, since the source's first frame."""
    box: Box
    """Where in the frame, in pixels."""
    score: float
    """How sure the detector was, 0 to 1."""
    quality: float
    """How much the crop shows, 0 to 1."""
    thumbnail: str
    """Its file, relative to the index's folder."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """One appearance: its vector, and all that filters and people ask of it."""

    id: str
    """Follows from the source's content and the place in it: indexing the same again gives the same."""
    vector: Float32[np.ndarray, " features"]
    """The mean of its crops' vectors, of unit length."""
    crop_vectors: Float16[np.ndarray, "crops features"]
    """A unit vector for each shot."""
    readings: Float16[np.ndarray, "crops readings"]
    """What a re-ranker reads of each shot; no columns where the matcher has none."""
    shots: tuple[Shot, ...]
    """Best first."""
    track: tuple[tuple[float, Box], ...]
    """Seconds and box of every sampled frame; empty for a picture that is a crop already."""
    source: str
    """The file or the address it comes from."""
    camera: str = ""
    """Empty where unknown."""
    start: datetime | None = None
    """When the person came into sight, with the camera's time zone; None where unknown."""
    end: datetime | None = None
    """When the person left."""

    @property
    def height_px(self) -> int:
        """The height of the best shot."""
        return round(self.shots[0].box.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry found, not yet fetched."""

    id: str
    score: float
    """The scalar product with the query; higher is better."""
