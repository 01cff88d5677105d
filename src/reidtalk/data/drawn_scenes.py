"""Scenes drawn on the fly, a round at a time, for a detector to learn from.

Round N follows from the seed and N alone, whatever the number of processes that draw it; so do its batches.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from math import exp, log
from threading import Event

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.drawn import PATIENCE_SECONDS
from reidtalk.data.people.cast import draw_cast
from reidtalk.data.people.chance import between, chance
from reidtalk.data.people.street import draw_scene
from reidtalk.errors import TrainingError
from reidtalk.progress import Bar, progress_bar

SCENES_PER_TASK = 64
"""Scenes that share a cast, and are drawn by one process."""
CAST = 48
HIDDEN = 0.12
"""Who is seen less than so much of is neither to be found nor wrong to find."""
SMALLEST_PX = 12
"""The same for who is less tall than this."""
GREY = 114
"""What lies beyond the edge of a picture."""


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """Pictures of the same size, and where people are in each."""

    images: NDArray[np.uint8]
    """[scenes, 3, height, width]."""
    boxes: list[NDArray[np.float32]]
    """Of each picture [people, 4]: left, top, right, bottom of what can be seen, in pixels."""
    ignored: list[NDArray[np.bool_]]
    """Of each picture [people]: who is neither to be found nor wrong to find."""


class SceneArtist:
    """Draws rounds of scenes in processes of its own, if need be one ahead."""

    def __init__(
        self, pool: ProcessPoolExecutor, *, seed: int, scenes: int, size_px: tuple[int, int]
    ) -> None:
        self.pool, self.scenes = pool, scenes
        self.task = partial(draw_scenes, seed=seed, size_px=size_px)
        self.begun: dict[int, list[Future[Scenes]]] = {}

    def begin(self, number: int) -> None:
        """Round `number` is being drawn."""
        if number not in self.begun:
            first, end = number * self.scenes, (number + 1) * self.scenes
            starts = range(first, end, SCENES_PER_TASK)
            tasks = [range(start, min(start + SCENES_PER_TASK, end)) for start in starts]
            self.begun[number] = [self.pool.submit(self.task, numbers) for numbers in tasks]

    def round(self, number: int, bar: Bar | None = None, stopped: Event | None = None) -> Scenes | None:
        """Round `number`, waited for; None if `stopped` is set first. `bar` goes on with each scene.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        parts: list[Scenes] = []
        try:
            self.begin(number)
            for future in self.begun.pop(number):
                while not wait([future], timeout=PATIENCE_SECONDS).done:
                    if stopped is not None and stopped.is_set():
                        return None
                parts.append(future.result())
                if bar:
                    bar.advance(len(parts[-1].boxes))
        except BrokenProcessPool as error:
            raise TrainingError(
                "a process that draws scenes was ended, by the system for want of memory or by somebody",
                accepted="about 1 GB of memory for each process",
                do="use fewer with --workers, and --resume",
            ) from error
        return joined(parts)


@dataclass(frozen=True, kw_only=True)
class SceneBatches:
    """The order in which rounds are used: each for some passes, shuffled and framed anew for each."""

    artist: SceneArtist
    batch_size: int
    passes: int
    seed: int

    @property
    def steps_a_round(self) -> int:
        """How many batches the scenes of one round last."""
        return self.passes * (self.artist.scenes // self.batch_size)

    def batches(self, first: int, end: int, stopped: Event, *, ahead: bool) -> Iterator[Scenes]:
        """Batches `first` up to, but not, `end`; none after `stopped` while a round is drawn.

        With `ahead`, the next round is drawn while this one is used.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        drawn: Scenes | None = None
        for step in range(first, end):
            number, place = divmod(step, self.steps_a_round)
            if drawn is None or place == 0:
                with progress_bar("drawing scenes", self.artist.scenes) as bar:
                    drawn = self.artist.round(number, bar, stopped)
                if drawn is None:
                    return
                if ahead and (number + 1) * self.steps_a_round < end:
                    self.artist.begin(number + 1)
            yield self.batch(drawn, number, place)

    def batch(self, drawn: Scenes, number: int, place: int) -> Scenes:
        """Batch `place` of round `number`."""
        turn, position = divmod(place, self.artist.scenes // self.batch_size)
        order = np.random.default_rng([self.seed, number, turn]).permutation(self.artist.scenes)
        rows = order[position * self.batch_size : (position + 1) * self.batch_size].tolist()
        rng = np.random.default_rng([self.seed, number, turn, position])
        return framed(chosen(drawn, rows), rng)


def draw_scenes(numbers: range, *, seed: int, size_px: tuple[int, int]) -> Scenes:
    """The scenes with these numbers, of one cast."""
    images, boxes, ignored = [], [], []
    cast = draw_cast(np.random.default_rng([seed, numbers.start, 1]), CAST)
    for number in numbers:
        scene = draw_scene(np.random.default_rng([seed, number]), *size_px, cast)
        images.append(scene.picture.transpose(2, 0, 1))
        boxes.append(scene.visible)
        ignored.append((scene.share < HIDDEN) | (scene.visible[:, 3] - scene.visible[:, 1] < SMALLEST_PX))
    return Scenes(images=np.stack(images), boxes=boxes, ignored=ignored)


def joined(parts: list[Scenes]) -> Scenes:
    """All scenes of `parts`, in order."""
    return Scenes(
        images=np.concatenate([part.images for part in parts]),
        boxes=[boxes for part in parts for boxes in part.boxes],
        ignored=[ignored for part in parts for ignored in part.ignored],
    )


def chosen(scenes: Scenes, rows: list[int]) -> Scenes:
    """The scenes of these rows."""
    return Scenes(
        images=scenes.images[rows],
        boxes=[scenes.boxes[row] for row in rows],
        ignored=[scenes.ignored[row] for row in rows],
    )


def framed(scenes: Scenes, rng: Generator) -> Scenes:
    """The scenes seen a little nearer or farther, shifted, mirrored, and in other light."""
    images, boxes, ignored = [], [], []
    for image, people, hidden in zip(scenes.images, scenes.boxes, scenes.ignored, strict=True):
        picture, moved, lost = _framed(image.transpose(1, 2, 0), people, rng)
        images.append(picture.transpose(2, 0, 1))
        boxes.append(moved)
        ignored.append(hidden | lost)
    return Scenes(images=np.stack(images), boxes=boxes, ignored=ignored)


def _framed(
    picture: NDArray[np.uint8], people: NDArray[np.float32], rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    """One picture and its boxes, and whose box was cut down to too little."""
    height, width = picture.shape[:2]
    scale = exp(between(rng, log(0.55), log(1.6))) if chance(rng, 0.6) else 1.0
    stretch = exp(between(rng, -0.12, 0.12))
    across, down = scale * stretch * (-1 if chance(rng, 0.5) else 1), scale / stretch
    room = width - abs(across) * width, height - down * height
    left, top = between(rng, 0, 1) * room[0], between(rng, 0, 1) * room[1]
    if across < 0:
        left += -across * width
    matrix = np.array([[across, 0, left], [0, down, top]])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    moved = cv2.warpAffine(picture, matrix, (width, height), flags=flags, borderValue=(GREY, GREY, GREY))
    gains = exp(between(rng, -0.3, 0.3)) * np.exp(rng.normal(0, 0.06, 3))
    levels = np.arange(256) / 255
    table = np.clip(levels[:, None] ** exp(between(rng, -0.3, 0.3)) * gains * 255, 0, 255).astype(np.uint8)
    shown = cv2.LUT(moved, table[None])
    x = np.sort(people[:, [0, 2]] * across + left, axis=1)
    y = people[:, [1, 3]] * down + top
    area = (x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0])
    x, y = np.clip(x, 0, width), np.clip(y, 0, height)
    lost = (x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0]) < 0.15 * area
    lost |= y[:, 1] - y[:, 0] < SMALLEST_PX
    boxes = np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1).astype(np.float32)
    return np.asarray(shown, np.uint8), boxes, lost
