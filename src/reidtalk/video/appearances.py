"""People who appear for a while: found, followed, and kept as their best few crops."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import UInt8

from reidtalk.data.images import resize
from reidtalk.errors import ConfigError, ReidtalkError
from reidtalk.video.background import in_background
from reidtalk.video.bytetrack import NOBODY, ByteTracker, TrackSettings
from reidtalk.video.people import Appearance, Box, Boxes, Crop, Detector, Frame
from reidtalk.video.quality import completeness, quality

_MOST_HEIGHT_PX = 640
"""Crops are kept no higher: no matcher reads more."""
_SHORTEST_BUCKET_SECONDS = 0.5

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearanceSettings:
    """What counts as an appearance, and what is kept of it."""

    crops: int = 4
    """Best crops kept of each appearance."""
    min_samples: int = 3
    """People seen in fewer sampled frames are dropped; of a source with fewer frames, all are kept."""
    min_height_px: float = 40.0
    """People who are never so high are dropped."""
    margin: float = 0.05
    """Added around a box, as a share of its height."""
    part_seconds: float = 600.0
    """Who stays longer is given in parts of this length."""
    batch: int = 8
    """Frames given to the detector at once."""
    tracking: TrackSettings = field(default_factory=TrackSettings)

    def __post_init__(self) -> None:
        for name in ("crops", "min_samples", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} {getattr(self, name)}", accepted="1 or more")
        if self.part_seconds <= 0:
            raise ConfigError(f"part_seconds {self.part_seconds}", accepted="more than 0")
        if self.margin < 0:
            raise ConfigError(f"margin {self.margin}", accepted="0 or more")


def appearances(
    frames: Iterable[Frame], detector: Detector | None, settings: AppearanceSettings | None = None
) -> Iterator[Appearance]:
    """Each person in `frames` of one source, once he or she is out of sight; the others at the end.

    `frames` are made in a thread of their own meanwhile. Without a detector each frame is a crop already, and
    an appearance of its own. Memory does not grow with the length of the source or of a stay.

    Raises:
        ReidtalkError: whatever `frames` raises, after the appearances before it.
    """
    settings = settings or AppearanceSettings()
    if detector is None:
        yield from (_whole(frame) for frame in in_background(frames))
        return
    detector.forget()
    gathering = _Gathering(settings)
    error: ReidtalkError | None = None
    coming = _batches(in_background(frames), settings.batch)
    while error is None:
        try:
            batch = next(coming, None)
        except ReidtalkError as raised:
            error = raised
            break
        if batch is None:
            break
        found = detector.detect([frame.picture for frame in batch])
        for frame, boxes in zip(batch, found, strict=True):
            yield from gathering.add(frame, boxes)
    yield from gathering.rest()
    if error is not None:
        raise error


def _batches(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    """Frames some at once; the last ones before an error come before it."""
    batch: list[Frame] = []
    try:
        for frame in frames:
            batch.append(frame)
            if len(batch) == size:
                yield batch
                batch = []
    except ReidtalkError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _whole(frame: Frame) -> Appearance:
    """The frame as the only crop of somebody."""
    height, width = frame.picture.shape[:2]
    box = Box(0.0, 0.0, float(width), float(height))
    return Appearance(crops=(_crop(frame, box, 1.0, 1.0, 0.0),), track=((frame.seconds, box),))


class _Gathering:
    """The people in sight, by their tracks."""

    def __init__(self, settings: AppearanceSettings) -> None:
        self.settings = settings
        self.tracker = ByteTracker(settings.tracking)
        self.people: dict[int, _Stay] = {}
        self.frames = 0

    def add(self, frame: Frame, boxes: Boxes) -> Iterator[Appearance]:
        """Takes in what is seen in `frame`; yields who left, and parts of long stays."""
        self.frames += 1
        whole = completeness(boxes.corners, *frame.picture.shape[:2])
        numbers = self.tracker.update(boxes, frame.seconds)
        for number, corners, score, share in zip(
            numbers.tolist(), boxes.corners, boxes.scores, whole, strict=True
        ):
            if number != NOBODY:
                box = _clipped(Box(*(float(value) for value in corners)), frame.picture)
                stay = self.people.setdefault(number, _Stay(self.settings))
                stay.add(box, _crop(frame, box, float(score), float(share), self.settings.margin))
        yield from self._gone(self.people.keys() - self.tracker.alive)
        yield from self._gone({number for number, stay in self.people.items() if stay.is_full})

    def rest(self) -> Iterator[Appearance]:
        """Who is still in sight at the end."""
        yield from self._gone(set(self.people))

    def _gone(self, numbers: "set[int]") -> Iterator[Appearance]:
        for number in sorted(numbers):
            stay = self.people.pop(number)
            if stay.counts(min(self.settings.min_samples, self.frames)):
                yield stay.appearance()


class _Stay:
    """One person's time in sight so far; a bounded number of crops, spread over it."""

    def __init__(self, settings: AppearanceSettings) -> None:
        self.settings = settings
        self.track: list[tuple[float, Box]] = []
        self.bucket_seconds = _SHORTEST_BUCKET_SECONDS
        self.best: dict[int, Crop] = {}
        """The best crop of each stretch of time."""

    @property
    def is_full(self) -> bool:
        """Whether it is so long that it is given now, and what follows is another part."""
        return self.track[-1][0] - self.track[0][0] >= self.settings.part_seconds

    def add(self, box: Box, crop: Crop) -> None:
        """The person was seen once more."""
        self.track.append((crop.seconds, box))
        self._offer(crop)
        while len(self.best) > 2 * self.settings.crops:
            self.bucket_seconds *= 2
            crops, self.best = list(self.best.values()), {}
            for one in crops:
                self._offer(one)

    def counts(self, min_samples: int) -> bool:
        """Whether the person was seen often enough, and large enough."""
        tallest = max(box.height for _, box in self.track)
        return len(self.track) >= min_samples and tallest >= self.settings.min_height_px

    def appearance(self) -> Appearance:
        """The stay with its best crops; of equal ones the earlier.

        A box lower than this person's usual one misses a part: head or legs were not seen as theirs.
        """
        usual = float(np.median([box.height for _, box in self.track]))
        crops = [
            replace(crop, quality=crop.quality * min(1.0, crop.box.height / usual))
            for crop in self.best.values()
        ]
        best = sorted(crops, key=lambda crop: (-crop.quality, crop.seconds))
        return Appearance(crops=tuple(best[: self.settings.crops]), track=tuple(self.track))

    def _offer(self, crop: Crop) -> None:
        bucket = int((crop.seconds - self.track[0][0]) / self.bucket_seconds)
        held = self.best.get(bucket)
        if held is None or crop.quality > held.quality:
            self.best[bucket] = crop


def _clipped(box: Box, picture: Picture) -> Box:
    height, width = picture.shape[:2]
    left, top = min(max(box.left, 0.0), width - 1.0), min(max(box.top, 0.0), height - 1.0)
    return Box(left, top, max(min(box.right, width), left + 1.0), max(min(box.bottom, height), top + 1.0))


def _crop(frame: Frame, box: Box, score: float, complete: float, margin: float) -> Crop:
    """What is in `box` and a little around it, cut out; not higher than any matcher reads."""
    height, width = frame.picture.shape[:2]
    more = margin * box.height
    top, bottom = max(0, int(box.top - more)), min(height, int(np.ceil(box.bottom + more)))
    left, right = max(0, int(box.left - more)), min(width, int(np.ceil(box.right + more)))
    picture = frame.picture[top:bottom, left:right]
    if len(picture) > _MOST_HEIGHT_PX:
        smaller = max(1, round(picture.shape[1] * _MOST_HEIGHT_PX / len(picture)))
        picture = resize(picture, (_MOST_HEIGHT_PX, smaller))
    picture = picture.copy()  # a view would keep the whole frame
    return Crop(
        picture=picture,
        seconds=frame.seconds,
        box=box,
        score=score,
        quality=quality(picture, box, complete),
    )
