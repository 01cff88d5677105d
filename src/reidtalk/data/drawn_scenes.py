"""Scenes drawn on the fly, and batches of them for a detector to learn from."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import exp, log

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.cast import draw_cast
from reidtalk.data.people.chance import between, chance
from reidtalk.data.people.street import draw_scene
from reidtalk.data.rounds import Artist

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


def scene_artist(
    pool: ProcessPoolExecutor, *, seed: int, scenes: int, size_px: tuple[int, int]
) -> Artist[Scenes]:
    """Draws rounds of `scenes` scenes of `seed`; see `draw_scenes`."""
    draw = partial(draw_scenes, seed=seed, size_px=size_px)
    return Artist(pool, draw, joined, pictures=scenes, subject="scenes")


def batch_of_scenes(
    drawn: Scenes, number: int, turn: int, position: int, *, batch_size: int, seed: int
) -> Scenes:
    """Batch `position` of pass `turn` of round `number`, framed anew."""
    order = np.random.default_rng([seed, number, turn]).permutation(len(drawn.images))
    rows = order[position * batch_size : (position + 1) * batch_size].tolist()
    return framed(chosen(drawn, rows), np.random.default_rng([seed, number, turn, position]))


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
