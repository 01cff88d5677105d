"""People who appear for a while: found, followed, and kept as their best few crops.

A long video is looked at in parts. At the end of one, detector and tracker forget everything: what becomes of
the next follows from the second at which it begins, and not from what came before. So a run that was
interrupted goes on there to the very same people.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from reidtalk.data.images import resize
from reidtalk.errors import ConfigError, ReidtalkError
from reidtalk.video.background import in_background
from reidtalk.video.bytetrack import NOBODY, ByteTracker, TrackSettings
from reidtalk.video.people import Appearance, Box, Boxes, Crop, Detector, Frame
from reidtalk.video.quality import completeness, quality
from reidtalk.video.sampling import SLACK_SECONDS, Sampling

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSettings:
    """Where a long video is cut into parts."""

    shortest_seconds: float = 300.0
    """After so long a part ends when nobody was in sight for a while."""
    empty_seconds: float = 15.0
    """For so long: most of the lead of the next part shows the place with nobody in it."""
    longest_seconds: float = 1800.0
    """After so long it ends whoever is in sight: they appear anew in the next part."""
    lead_frames: int = 8
    """So many frames before a part are shown to the detector, to learn the place; nobody in them counts."""
    lead_every_seconds: float = 3.0
    """The first frame of each interval of that length; whoever moves stands elsewhere in the next."""

    def __post_init__(self) -> None:
        if not 0 < self.shortest_seconds <= self.longest_seconds:
            raise ConfigError(
                f"parts of {self.shortest_seconds} to {self.longest_seconds} seconds",
                accepted="more than 0, and the longest not shorter than the shortest",
            )

    def ends(self, passed_seconds: float, empty_seconds: float) -> bool:
        """Whether a part ends that is so long, and in which nobody has been in sight for so long."""
        if passed_seconds < self.shortest_seconds:
            return False
        return empty_seconds >= self.empty_seconds or passed_seconds >= self.longest_seconds

    def lead_since(self, last: float) -> float:
        """Where the lead begins of the part after second `last`."""
        first = Sampling(self.lead_every_seconds).interval(last) - self.lead_frames + 1
        return max(0.0, min(first * self.lead_every_seconds, last))


class Cut(NamedTuple):
    """Here a part ends, and all appearances in it are told."""

    seconds: float
    """Of its last frame, since the source's first."""


def appearances(
    frames: Iterable[Frame], detector: Detector | None, settings: AppearanceSettings | None = None
) -> Iterator[Appearance]:
    """Each person in `frames` of one source, once he or she is out of sight; the others at the end.

    `frames` are made in a thread of their own meanwhile. Without a detector each frame is a crop already, and
    an appearance of its own. Memory does not grow with the length of the source or of a stay.

    Raises:
        ReidtalkError: whatever `frames` raises, after the appearances before it.
    """
    endless = PartSettings(shortest_seconds=inf, longest_seconds=inf, lead_frames=0)
    for one in in_parts(frames, detector, settings or AppearanceSettings(), endless):
        if isinstance(one, Appearance):
            yield one


def in_parts(
    frames: Iterable[Frame],
    detector: Detector | None,
    settings: AppearanceSettings,
    lengths: PartSettings,
    last: float | None = None,
) -> Iterator[Appearance | Cut]:
    """As `appearances`, and where the source is cut into parts.

    With `last`, the second of an earlier `Cut`, they are exactly those that came after it; `frames` then
    begin at `lengths.lead_since(last)` or sooner.

    Raises:
        ReidtalkError: whatever `frames` raises, after the appearances before it.
    """
    coming = _Coming(in_background(frames))
    lead = _Lead(lengths)
    while last is not None and (some := coming.some(1)):
        if some[0].seconds > last:
            coming.put_back(some)
            break
        lead.add(some[0])
    begun = False
    while not begun or last is not None:
        begun, last = True, (yield from _part(coming, detector, settings, lengths, lead, last))
    if coming.error is not None:
        raise coming.error


def _part(
    coming: "_Coming",
    detector: Detector | None,
    settings: AppearanceSettings,
    lengths: PartSettings,
    lead: "_Lead",
    last: float | None,
) -> Generator[Appearance | Cut, None, float | None]:
    """The part after second `last`; returns the second of its own last frame, None if it is the last part."""
    gathering = _Gathering(settings, anew=last is not None)
    if detector is not None:
        detector.forget()
        if before := lead.pictures(last):
            detector.detect(before)
    begins = occupied = None
    while batch := coming.some(settings.batch):
        found = detector.detect([frame.picture for frame in batch]) if detector is not None else None
        for number, frame in enumerate(batch):
            lead.add(frame)
            if found is None:
                yield _whole(frame)
            else:
                yield from gathering.add(frame, found[number])
            begins = frame.seconds if begins is None else begins
            if occupied is None or gathering.tracker.alive:
                occupied = frame.seconds
            if lengths.ends(frame.seconds - begins, frame.seconds - occupied):
                yield from gathering.rest()
                yield Cut(frame.seconds)
                coming.put_back(batch[number + 1 :])
                return frame.seconds
    yield from gathering.rest()
    return None


class _Coming:
    """Frames on their way, until they end or cannot be had."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self.frames = frames
        self.back: list[Frame] = []
        self.error: ReidtalkError | None = None

    def some(self, most: int) -> list[Frame]:
        """The next frames: as many, or the last ones."""
        taken, self.back = self.back[:most], self.back[most:]
        try:
            while len(taken) < most and self.error is None and (frame := next(self.frames, None)):
                taken.append(frame)
        except ReidtalkError as error:
            self.error = error
        return taken

    def put_back(self, frames: list[Frame]) -> None:
        """These come next again."""
        self.back = [*frames, *self.back]


class _Lead:
    """Some of the last frames seen, which tell what the place looks like."""

    def __init__(self, lengths: PartSettings) -> None:
        self.lengths = lengths
        self.sampling = Sampling(lengths.lead_every_seconds)
        self.frames: deque[Frame] = deque(maxlen=lengths.lead_frames)

    def add(self, frame: Frame) -> None:
        """One more was seen."""
        if self.sampling.takes(frame.seconds):
            self.frames.append(frame)

    def pictures(self, last: float | None) -> list[Picture]:
        """The lead of the part after second `last`; none before the first."""
        if last is None:
            return []
        since = self.lengths.lead_since(last) - SLACK_SECONDS
        return [frame.picture for frame in self.frames if frame.seconds >= since]


def _whole(frame: Frame) -> Appearance:
    """The frame as the only crop of somebody."""
    height, width = frame.picture.shape[:2]
    box = Box(0.0, 0.0, float(width), float(height))
    return Appearance(crops=(_crop(frame, box, 1.0, 1.0, 0.0),), track=((frame.seconds, box),))


class _Gathering:
    """The people in sight, by their tracks."""

    def __init__(self, settings: AppearanceSettings, *, anew: bool = False) -> None:
        """`anew`: frames of the source came before."""
        self.settings = settings
        self.tracker = ByteTracker(settings.tracking)
        self.people: dict[int, _Stay] = {}
        self.frames = settings.min_samples if anew else 0

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
