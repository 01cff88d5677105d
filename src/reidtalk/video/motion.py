"""People as what moves before a camera that does not: nothing to learn, nothing to download."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from reidtalk.video.people import Boxes

WORKING_PX = 320
"""Frames are scaled to this width."""
LEARNING_RATE = 0.0005
"""Share of a frame that enters the background: who stands still is seen for some hundred frames."""
SHADOW = 127
"""How the mixture marks shadows; what is above it is somebody."""
CLEAR, OUTSTANDING = 18.0, 4.0
"""Somebody differs from the background by so many shades, and so many times more than most of the frame."""
NEW_LIGHT = 0.6
"""When more than this share has changed even then, the camera was moved: all is learned anew."""
SMALLEST = 0.1
"""Least height of somebody, as a share of the frame's."""
SHAPES = (0.9, 6.0)
"""Least and greatest height of somebody, in widths."""
GHOST = 0.5
"""Edges in the frame below this share of those in the background: somebody has left, nobody came."""

GAP = 0.35
"""Parts above each other are one if the gap between them is a smaller share of both together."""

Picture = NDArray[np.uint8]
Part = tuple[float, float, float, float, float]
"""Left, top, right, bottom, and how many pixels have changed."""


class MotionDetector:
    """Background subtraction (Zivkovic's mixture of Gaussians), its blobs shaped like people."""

    def __init__(self) -> None:
        self._model: cv2.BackgroundSubtractor | None = None

    def forget(self) -> None:
        """The next frames are of another place."""
        self._model = None

    def detect(self, frames: Sequence[UInt8[np.ndarray, "height width 3"]]) -> list[Boxes]:
        """The people in each of `frames`.

        The first call takes the median of its frames as the background, so that whoever moves in them is seen
        from the first one on, and not taken for a part of the place.
        """
        pictures = [small(frame) for frame in frames]
        if self._model is None and pictures:
            self._model = background_model(usual(pictures))
        return [self._boxes(picture, frame.shape) for picture, frame in zip(pictures, frames, strict=True)]

    def _boxes(self, picture: Picture, shape: tuple[int, ...]) -> Boxes:
        """The people in a scaled picture, in pixels of the frame of that shape."""
        assert self._model is not None
        background = np.asarray(self._model.getBackgroundImage(), np.uint8)
        if picture.shape != background.shape:  # the source goes on in another shape
            self._model = background_model(picture)
            return _rows([], 1.0)
        picture = evened(picture, background)
        marked = np.asarray(self._model.apply(picture, learningRate=LEARNING_RATE), np.uint8)
        blobs = _blobs(changed(marked, picture, background))
        if (blobs > 0).mean() > NEW_LIGHT:
            self._model = background_model(picture)
            return _rows([], 1.0)
        edges, edges_before = _edges(picture), _edges(background)
        outlines, _ = cv2.findContours(blobs, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        parts = []
        for outline in outlines:
            rim = np.zeros(blobs.shape, np.uint8)
            cv2.drawContours(rim, [outline], -1, (255,), 5)
            if cv2.mean(edges, rim)[0] >= GHOST * cv2.mean(edges_before, rim)[0]:
                left, top, wide, tall = cv2.boundingRect(outline)
                parts.append((left, top, left + wide, top + tall, cv2.contourArea(outline)))
        shaped = [row for part in stacked(parts) if (row := _shaped(part, picture.shape[0])) is not None]
        return _rows(shaped, shape[1] / picture.shape[1])


def usual(pictures: Sequence[Picture]) -> Picture:
    """What most pictures of a place show, of those that have the shape of the first."""
    alike = [picture for picture in pictures if picture.shape == pictures[0].shape]
    return np.asarray(np.median(np.stack(alike), axis=0), np.uint8)


def background_model(background: Picture) -> cv2.BackgroundSubtractor:
    """A model of a place that looks like `background` with nobody in it."""
    model = cv2.createBackgroundSubtractorMOG2(history=2000, varThreshold=30, detectShadows=True)
    model.apply(background, learningRate=1.0)
    return model


def changed(marked: Picture, picture: Picture, background: Picture) -> NDArray[np.bool_]:
    """Where somebody may be, of what the model has `marked`: without shadows and faint changes."""
    return np.asarray((marked > SHADOW) & differs(picture, background))


def differs(picture: Picture, earlier: Picture) -> NDArray[np.bool_]:
    """Where a picture looks clearly unlike an earlier one: more so than noise does, and most of the frame."""
    red, green, blue = cv2.split(cv2.absdiff(picture, earlier))
    difference = cv2.max(cv2.max(red, green), blue)
    return np.asarray(difference > max(CLEAR, OUTSTANDING * float(np.median(difference))))


def stacked(parts: Sequence[Part]) -> list[Part]:
    """`parts` with those joined that stand above each other: a head and legs around a shirt like the wall."""
    rest = sorted(parts, key=lambda part: part[1])
    done: list[Part] = []
    while rest:
        upper = rest.pop(0)
        for lower in rest:
            common = min(upper[2], lower[2]) - max(upper[0], lower[0])
            narrower = min(upper[2] - upper[0], lower[2] - lower[0])
            left, right, bottom = min(upper[0], lower[0]), max(upper[2], lower[2]), max(upper[3], lower[3])
            near = lower[1] - upper[3] < GAP * (bottom - upper[1])
            if common >= 0.6 * narrower and near and bottom - upper[1] <= SHAPES[1] * (right - left):
                rest.remove(lower)
                rest.insert(0, (left, upper[1], right, bottom, upper[4] + lower[4]))
                break
        else:
            done.append(upper)
    return done


def _shaped(part: Part, height: int) -> tuple[float, ...] | None:
    """Corners and score of a part shaped like somebody in a picture of that height; None for others."""
    left, top, right, bottom, area = part
    tall, wide = bottom - top, right - left
    if tall < SMALLEST * height or not SHAPES[0] <= tall / wide <= SHAPES[1]:
        return None
    return left, top, right, bottom, min(0.4 + 0.6 * area / (wide * tall), 1.0)


def small(frame: Picture) -> Picture:
    """The frame at the width that is worked with."""
    scale = min(WORKING_PX / frame.shape[1], 1.0)
    size = (max(round(frame.shape[1] * scale), 1), max(round(frame.shape[0] * scale), 1))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def evened(picture: Picture, background: Picture) -> Picture:
    """The picture as bright as the background: cameras open and close their iris when somebody comes near."""
    gains = np.median((picture + np.float32(1)) / (background + np.float32(1)), axis=(0, 1))
    table = np.clip(np.arange(256)[:, None] / np.clip(gains, 0.5, 2), 0, 255)
    return np.asarray(cv2.LUT(picture, np.round(table).astype(np.uint8)[None]), np.uint8)


def _blobs(changed: NDArray[np.bool_]) -> Picture:
    """What has changed, without specks; parts above each other are one."""
    clean = cv2.morphologyEx(np.asarray(changed * 255, np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.morphologyEx(clean, cv2.MORPH_CLOSE, np.ones((21, 9), np.uint8)), np.uint8)


def _edges(picture: Picture) -> NDArray[np.float32]:
    """How fast brightness changes at each pixel."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *step) for step in ((1, 0), (0, 1)))
    return np.asarray(np.abs(across) + np.abs(down), np.float32)


def _rows(found: Sequence[tuple[float, ...]], scale: float) -> Boxes:
    """Boxes from left, top, right, bottom and score, `scale` times larger."""
    table = np.array(found, np.float32).reshape(-1, 5)
    return Boxes(table[:, :4] * np.float32(scale), table[:, 4])
