"""Joins the boxes of consecutive frames into tracks, one for each person.

Reference: Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022,
    algorithm 1 and section 3, with scores fused as in the authors' code; the Kalman filter is DeepSORT's
    (Wojke et al., 2017).
Differs: time is in seconds, as frames may be sampled rarely and unevenly: the filter's noise grows with the
    time gone, not with the number of frames, and how fast boxes grow is bounded. Boxes that no track overlaps
    are joined by distance, where a person can have come in that time. A box seen once has its track's number
    at once: whoever uses it drops short tracks.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.optimize import linear_sum_assignment

from reidtalk.video.motion_filter import Corners, Motion, begin, correct, predict
from reidtalk.video.people import Boxes

NOBODY = -1
"""In place of a track's number: the box belongs to none."""

_MOST_GROWTH_PER_SECOND = 0.4
"""Of a box's height, as a share of it: somebody who comes near, four metres away."""

Costs = Float64[np.ndarray, "tracks boxes"]
Rows = Int64[np.ndarray, " rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """When boxes belong together; the defaults are the paper's where it has them."""

    high_score: float = 0.5
    """Boxes at least so sure are matched first."""
    low_score: float = 0.1
    """Boxes less sure are left out; those between may only continue a track."""
    new_score: float = 0.6
    """Only boxes at least so sure begin a track."""
    lost_seconds: float = 2.0
    """So long a track waits for its person to come back."""
    most_heights_per_second: float = 1.5
    """A person moves at most so fast, in heights of the box: 9 km/h for one of 1.7 m. Whose speed is known
    from three frames or more is at most a third as far from where that speed leads."""


class ByteTracker:
    """The tracks of one source."""

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self.settings = settings or TrackSettings()
        self.motion: Motion = begin(np.zeros((0, 4)))
        self.numbers: Rows = np.zeros(0, dtype=np.int64)
        self.seen: Float64[np.ndarray, " tracks"] = np.zeros(0)
        """When each was seen last."""
        self.times_seen: Rows = np.zeros(0, dtype=np.int64)
        self.seconds: float | None = None
        self.next_number = 0

    @property
    def alive(self) -> frozenset[int]:
        """The numbers of the tracks that may go on."""
        return frozenset(self.numbers.tolist())

    def update(self, boxes: Boxes, seconds: float) -> Rows:
        """The track's number of each box, or `NOBODY`; `seconds` is later than in the call before."""
        passed = 0.0 if self.seconds is None else max(seconds - self.seconds, 0.0)
        fresh = self.seen >= (self.seconds if self.seconds is not None else seconds)
        self.seconds = seconds
        self.motion = predict(self._with_plausible_growth(~fresh), passed)
        corners = boxes.corners.astype(np.float64)
        tracks, people = self._match(corners, boxes.scores, fresh, seconds)
        numbers = np.full(len(corners), NOBODY, dtype=np.int64)
        numbers[people] = self.numbers[tracks]
        self._see(tracks, corners[people], seconds)
        self._forget(tracks, seconds)
        starts = np.flatnonzero((numbers == NOBODY) & (boxes.scores >= self.settings.new_score))
        numbers[starts] = self._start(corners[starts], seconds)
        return numbers

    def _match(
        self,
        corners: Corners,
        scores: Float64[np.ndarray, " boxes"],
        fresh: Bool[np.ndarray, " tracks"],
        now: float,
    ) -> tuple[Rows, Rows]:
        """Rows of tracks and of boxes that belong together, in four stages."""
        settings = self.settings
        proven = self.times_seen > 1
        sure = scores >= settings.high_score
        unsure = ~sure & (scores >= settings.low_score)
        overlaps = _overlaps(self.motion.corners, corners)
        found = _Found(len(self.numbers), len(corners))
        found.add(1 - overlaps * scores, 0.8, proven, sure)
        found.add(1 - overlaps, 0.5, proven & fresh, unsure)
        found.add(1 - overlaps * scores, 0.7, ~proven, sure)
        found.add(self._distances(corners, now), 1.0, np.ones_like(proven), sure)
        return found.pairs()

    def _distances(self, corners: Corners, now: float) -> Costs:
        """Distances as shares of what a person can have moved since last seen; infinite for other sizes."""
        if not len(self.numbers) or not len(corners):
            return np.zeros((len(self.numbers), len(corners)))
        height = self.motion.position[:, 3:4]
        heights = (corners[:, 3] - corners[:, 1])[None]
        middles = (corners[:, :2] + corners[:, 2:]) / 2
        apart = np.linalg.norm(self.motion.position[:, None, :2] - middles[None], axis=2)
        fastest = self.settings.most_heights_per_second * np.where(self.times_seen > 2, 1 / 3, 1.0)
        reach = 0.25 + (fastest * np.minimum(now - self.seen, 1.0))[:, None]
        ratio = heights / np.maximum(height, 1e-3)
        alike = (ratio > 0.6) & (ratio < 1 / 0.6)
        return np.where(alike, apart / (reach * np.maximum(np.minimum(height, heights), 1e-3)), np.inf)

    def _with_plausible_growth(self, lost: Bool[np.ndarray, " tracks"]) -> Motion:
        """Boxes grow and shrink as people do who come or go; lost ones move on, but keep their height.

        Between rare frames, a box that missed the legs once would else shrink to nothing.
        """
        speed = self.motion.speed.copy()
        most = np.where(lost, 0.0, _MOST_GROWTH_PER_SECOND * self.motion.position[:, 3])
        speed[:, 3] = np.clip(speed[:, 3], -most, most)
        return Motion(
            self.motion.position,
            speed,
            self.motion.position_variance,
            self.motion.covariance,
            self.motion.speed_variance,
        )

    def _see(self, tracks: Rows, corners: Corners, seconds: float) -> None:
        self.motion = self.motion.with_rows(tracks, correct(self.motion[tracks], corners))
        self.seen[tracks] = seconds
        self.times_seen[tracks] += 1

    def _forget(self, tracks: Rows, seconds: float) -> None:
        """Tracks lost for too long are gone, and those seen once only and not again."""
        keep = (seconds - self.seen <= self.settings.lost_seconds) & (self.times_seen > 1)
        keep[tracks] = True
        self.motion, self.numbers = self.motion[keep], self.numbers[keep]
        self.seen, self.times_seen = self.seen[keep], self.times_seen[keep]

    def _start(self, corners: Corners, seconds: float) -> Rows:
        numbers = np.arange(self.next_number, self.next_number + len(corners))
        self.next_number += len(corners)
        self.motion = self.motion.joined(begin(corners))
        self.numbers = np.concatenate([self.numbers, numbers])
        self.seen = np.concatenate([self.seen, np.full(len(corners), seconds)])
        self.times_seen = np.concatenate([self.times_seen, np.ones(len(corners), dtype=np.int64)])
        return numbers


class _Found:
    """Pairs found so far; each stage takes from the rest."""

    def __init__(self, tracks: int, boxes: int) -> None:
        self.box_of = np.full(tracks, NOBODY, dtype=np.int64)
        self.is_free = np.ones(boxes, dtype=bool)

    def add(
        self,
        costs: Costs,
        most: float,
        tracks: Bool[np.ndarray, " tracks"],
        boxes: Bool[np.ndarray, " boxes"],
    ) -> None:
        """The cheapest pairs of what is left of these tracks and boxes, none dearer than `most`."""
        rows = np.flatnonzero(tracks & (self.box_of == NOBODY))
        columns = np.flatnonzero(boxes & self.is_free)
        if not len(rows) or not len(columns):
            return
        some = costs[np.ix_(rows, columns)]
        # A pair that may not be costs more than all others together: none is given up for it.
        forbidden = most * (1 + min(some.shape))
        row, column = linear_sum_assignment(np.where(some <= most, some, forbidden))
        allowed = some[row, column] <= most
        self.box_of[rows[row[allowed]]] = columns[column[allowed]]
        self.is_free[columns[column[allowed]]] = False

    def pairs(self) -> tuple[Rows, Rows]:
        """Rows of tracks, rows of boxes."""
        tracks = np.flatnonzero(self.box_of != NOBODY)
        return tracks, self.box_of[tracks]


def _overlaps(tracks: Corners, boxes: Corners) -> Costs:
    """Intersection over union of each with each, 0 to 1."""
    low = np.maximum(tracks[:, None, :2], boxes[None, :, :2])
    high = np.minimum(tracks[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(np.maximum(some[:, 2:] - some[:, :2], 0), axis=1) for some in (tracks, boxes)]
    overlaps: Costs = shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9)
    return overlaps
