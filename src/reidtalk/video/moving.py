"""People as what a detector takes for one and what moves, or has moved, before a camera that stands still."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from numpy.typing import NDArray

from reidtalk.box_metrics import overlaps
from reidtalk.video.motion import LEARNING_RATE, background_model, changed, differs, evened, small, usual
from reidtalk.video.people import Boxes, Detector

CHANGED, STILL_CHANGED = 0.15, 0.04
"""So much of a box differs from the background where somebody came, and where somebody was just before."""
SAME = 0.5
"""Boxes of two frames that overlap so much are of the same person."""
LIKELY = 0.3
"""Where there is somebody of at least this score, the background is not learned."""
SURE = 0.5
"""What has changed in a box of at least this score is no evidence for another one."""
OWN = 0.1
"""A box of which better ones leave less is of nobody else."""
PART = 0.5
"""So much has changed below the middle of a box, half its height down, that is of a part of somebody."""
EDGES, CLEAR_EDGE = 90, 12.0
"""The strongest edges, from this percentile on, but none of fewer shades."""
ALIGNED, FADED = 0.8, 0.4
"""An edge is where it was if its direction is (cosine), and so much of its strength."""
STANDS = 0.7
"""Nothing but people has moved if at least this share of the edges is where it was."""
FEW = 0.001
"""Where so few of the pixels are such edges, nothing tells whether the camera moves."""
SETTLED = 25
"""After the camera moved, so many frames are waited for until boxes must have moved."""
LASTING = 1500
"""After so many frames without a stir, what looks like somebody is part of the place: five minutes at five a
second. People who stand still stir more than `STIRRED` within ten seconds."""
STIRRED = 0.02
"""So much of what has changed in a box may stir and nobody be there: a camera's noise stirs 0.001 of it, the
stillest of five people in a real video 0.13."""
INTERRUPTED = 4
"""A frame in which a pixel looks otherwise outweighs so many: passers-by may hide it a fifth of the time.
Where a place was long empty, a thing so takes a quarter longer."""

Picture = NDArray[np.uint8]
Cells = Int64[np.ndarray, "boxes 4"]
Flags = Bool[np.ndarray, " boxes"]


class MovingDetector:
    """The boxes of another detector, without those where everything looks as it does with nobody there.

    The background is not learned where somebody is, so that who stands still is held for as long as the other
    detector sees them, and a column that somebody passes is dropped again at once. Who stood there when it
    began is seen from the first movement on; so is who has not stirred at all for `LASTING` frames, as only
    things do: a mannequin put there, a column in new light, whatever stood there when the camera was turned.

    The camera moves if edges, beside the boxes, are neither where they were in the background nor where they
    were in the frame before: then, and for `SETTLED` frames after it, every box counts. If only the
    background differs, the camera has drifted, and the background is learned anew.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.forget()

    def forget(self) -> None:
        """The next frames are of another place."""
        self._detector.forget()
        self._model: cv2.BackgroundSubtractor | None = None
        self._stillness: _Stillness | None = None
        self._people: NDArray[np.floating] = np.zeros((0, 4))
        self._before: Picture | None = None
        self._unsettled = 0

    def detect(self, frames: Sequence[UInt8[np.ndarray, "height width 3"]]) -> list[Boxes]:
        """The people in each of `frames`, best first.

        The first call takes the median of its frames as the background, as `MotionDetector` does.
        """
        pictures = [small(frame) for frame in frames]
        if self._model is None and pictures:
            self._begin(usual(pictures))
        found = self._detector.detect(frames)
        scales = [picture.shape[1] / frame.shape[1] for picture, frame in zip(pictures, frames, strict=True)]
        return [self._moving(*seen) for seen in zip(pictures, found, scales, strict=True)]

    def _moving(self, picture: Picture, boxes: Boxes, scale: float) -> Boxes:
        """Those of the `boxes` that a picture, `scale` times as large as its frame, shows to be of people."""
        assert self._model is not None
        assert self._stillness is not None
        background = np.asarray(self._model.getBackgroundImage(), np.uint8)
        if picture.shape != background.shape:  # the source goes on in another shape
            background, self._before, self._unsettled = picture, None, SETTLED
            self._begin(background)
        picture = evened(picture, background)
        marked = np.asarray(self._model.apply(picture, learningRate=0), np.uint8)
        cells = _cells(boxes.corners * scale, picture.shape)
        sure, likely = boxes.scores >= SURE, boxes.scores >= LIKELY
        people, things = self._known(boxes), np.zeros(len(cells), bool)
        stands = _alike(picture, background, cells[sure])
        if stands:
            mask = _cleaned(changed(marked, picture, background))
            shares = _changed_shares(mask, cells, sure)
            people = (shares >= CHANGED) | (people & (shares >= STILL_CHANGED))
            people &= ~_parts(mask, cells, sure & people)
            things = people & _unstirred(mask, self._stillness.see(picture), cells)
            people &= ~things
        if things.any():
            self._model = background_model(_without(background, picture, cells[things]))
        else:
            self._learn(_without(picture, background, cells[people & likely]), stands)
        moves = not stands and (self._before is None or not _alike(picture, self._before, cells[sure]))
        self._unsettled = SETTLED if moves else max(self._unsettled - 1, 0)
        self._people, self._before = boxes.corners[people & likely], picture
        return boxes if self._unsettled else Boxes(boxes.corners[people], boxes.scores[people])

    def _known(self, boxes: Boxes) -> Flags:
        """Whether each of `boxes` is where somebody was in the frame before."""
        return np.asarray((overlaps(boxes.corners, self._people) >= SAME).any(axis=1))

    def _learn(self, picture: Picture, stands: bool) -> None:
        """The place looks more like `picture`; just like it if the camera does not stand where it stood."""
        if stands and self._model is not None:
            self._model.apply(picture, learningRate=LEARNING_RATE)
        else:
            self._begin(picture)

    def _begin(self, background: Picture) -> None:
        """The place looks like `background` with nobody there; nothing is known of how long it has."""
        self._model, self._stillness = background_model(background), _Stillness(background)


class _Stillness:
    """For how many frames each pixel of a place, whatever it shows, has looked as it does."""

    def __init__(self, picture: Picture) -> None:
        self._usual = picture.copy()
        self._frames = np.zeros(picture.shape[:2], np.int16)

    def see(self, picture: Picture) -> NDArray[np.bool_]:
        """Takes in the next frame; the pixels that have stirred in the last `LASTING` ones."""
        self._frames += np.where(differs(picture, self._usual), np.int16(-INTERRUPTED), np.int16(1))
        new = self._frames < 0
        self._usual[new], self._frames[new] = picture[new], 0
        np.minimum(self._frames, LASTING, out=self._frames)
        return np.asarray(self._frames < LASTING)


def _cells(corners: Float[np.ndarray, "boxes 4"], shape: tuple[int, ...]) -> Cells:
    """Whole pixels of a picture of that shape that the boxes cover, at least one each."""
    height, width = shape[:2]
    low = np.clip(np.floor(corners[:, :2]), 0, (width - 1, height - 1))
    high = np.clip(np.ceil(corners[:, 2:]), low + 1, (width, height))
    return np.concatenate([low, high], axis=1).astype(np.int64)


def _cleaned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without specks."""
    kernel = np.ones((3, 3), np.uint8)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(bool)


def _changed_shares(mask: NDArray[np.bool_], cells: Cells, sure: Flags) -> Float[np.ndarray, " boxes"]:
    """How much of each box has changed, beside better ones that are `sure` and have; the best come first."""
    free = np.ones_like(mask)
    shares = np.zeros(len(cells))
    for number, (left, top, right, bottom) in enumerate(cells.tolist()):
        own = free[top:bottom, left:right]
        if own.mean() >= OWN:
            shares[number] = mask[top:bottom, left:right][own].mean()
        if sure[number] and shares[number] >= CHANGED:
            own[...] = False
    return shares


def _parts(mask: NDArray[np.bool_], cells: Cells, sure: Flags) -> Flags:
    """Whether each box is of a part of somebody: below it much has changed that no sure one covers."""
    covered = np.zeros_like(mask)
    for left, top, right, bottom in cells[sure].tolist():
        covered[top:bottom, left:right] = True
    parts = np.zeros(len(cells), bool)
    for number, (left, top, right, bottom) in enumerate(cells.tolist()):
        aside, below = (right - left) // 4, bottom + max((bottom - top) // 2, 1)
        if below <= len(mask):
            strip = np.s_[bottom:below, left + aside : right - aside]
            parts[number] = (mask[strip] & ~covered[strip]).mean() >= PART
    return parts


def _unstirred(mask: NDArray[np.bool_], stirred: NDArray[np.bool_], cells: Cells) -> Flags:
    """Whether next to nothing of what has changed in each box, or at its outline, has stirred."""
    around = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    still = np.zeros(len(cells), bool)
    for number, (left, top, right, bottom) in enumerate(cells.tolist()):
        there = around[top:bottom, left:right]
        still[number] = (there & stirred[top:bottom, left:right]).sum() <= STIRRED * there.sum()
    return still


def _without(picture: Picture, background: Picture, cells: Cells) -> Picture:
    """The picture with the background where somebody is."""
    empty = picture.copy()
    for left, top, right, bottom in cells.tolist():
        empty[top:bottom, left:right] = background[top:bottom, left:right]
    return empty


def _alike(picture: Picture, earlier: Picture, cells: Cells) -> bool:
    """Whether the edges of an earlier picture, beside what the boxes cover now, are where they were."""
    before, now = _slopes(earlier), _slopes(picture)
    strength, strength_now = np.hypot(*before), np.hypot(*now)
    clear = strength > max(float(np.percentile(strength, EDGES)), CLEAR_EDGE)
    for left, top, right, bottom in cells.tolist():
        clear[top:bottom, left:right] = False
    if clear.mean() < FEW:
        return True
    aligned = (before * now).sum(axis=0) > ALIGNED * strength * strength_now
    same = aligned & (strength_now > FADED * strength)
    return bool(same[clear].mean() >= STANDS)


def _slopes(picture: Picture) -> NDArray[np.float32]:
    """How fast brightness changes to the right and down, [2, height, width]."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    return np.stack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)])
