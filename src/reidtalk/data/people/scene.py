"""What is around a person: floors, walls, streets, shelves, grass, other people, and what stands in front."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.attributes import LOWER_COLOURS, UPPER_COLOURS
from reidtalk.data.people.chance import between, chance, one_of, pick
from reidtalk.data.people.colours import Rgb, lch_to_rgb, mix, sample, scaled

Picture = NDArray[np.uint8]


def _muted(rng: Generator, low: float = 15, high: float = 90) -> Rgb:
    """A colour of buildings, roads and furniture: mostly greyish, now and then strong."""
    chroma = between(rng, 0, 12) if chance(rng, 0.75) else between(rng, 12, 55)
    hue = between(rng, 30, 110) if chance(rng, 0.6) else between(rng, 0, 360)
    return lch_to_rgb(between(rng, low, high), chroma, hue)


def _ink(rgb: Rgb) -> tuple[float, float, float, float]:
    return rgb[0], rgb[1], rgb[2], 0.0


def _box(picture: Picture, x0: float, y0: float, x1: float, y1: float, rgb: Rgb) -> None:
    """A filled rectangle; coordinates are shares of the picture."""
    h, w = picture.shape[:2]
    cv2.rectangle(picture, (int(x0 * w), int(y0 * h)), (int(x1 * w), int(y1 * h)), _ink(rgb), -1)


def _shape(picture: Picture, points: list[tuple[float, float]], rgb: Rgb) -> None:
    h, w = picture.shape[:2]
    cv2.fillPoly(picture, [(np.array(points) * (w, h)).astype(np.int32)], _ink(rgb), cv2.LINE_AA)


def _clouds(picture: Picture, rng: Generator, y0: float, y1: float, strength: float, cells: int) -> None:
    """Blotches of light and dark over the rows from y0 to y1 (shares)."""
    h, w = picture.shape[:2]
    top, bottom = int(y0 * h), max(int(y1 * h), int(y0 * h) + 2)
    coarse = (rng.random((cells * 2, cells, 4), dtype=np.float32) - 0.5) * (strength * 0.35)
    coarse += (rng.random((cells * 2, cells, 1), dtype=np.float32) - 0.5) * strength
    coarse[..., 3] = 0
    fine = cv2.resize(coarse, (w, bottom - top), interpolation=cv2.INTER_LINEAR)
    region = picture[top:bottom]
    cv2.add(region, fine, dst=region, dtype=cv2.CV_8U)


def _floor(picture: Picture, rng: Generator, horizon: float) -> None:
    """A floor from the horizon down: plain, tiled, planked, or with markings."""
    rgb = _muted(rng, 22, 80)
    _box(picture, 0, horizon, 1, 1, rgb)
    kind = pick(rng, {"plain": 4, "tiles": 2, "planks": 1, "lines": 2})
    edge = scaled(rgb, between(rng, 0.75, 1.2))
    if kind in ("tiles", "lines"):
        step = between(rng, 0.08, 0.3)
        for x in np.arange(-2, 3, step * 2):
            _shape(
                picture,
                [(0.5 + x * 0.4, horizon), (0.51 + x * 0.4, horizon), (0.54 + x, 1), (0.5 + x, 1)],
                edge,
            )
    if kind in ("tiles", "planks"):
        y = horizon
        step = 0.02
        while y < 1:
            _box(picture, 0, y, 1, y + 0.006, edge)
            step *= 1.35 if kind == "tiles" else 1.1
            y += step
    if kind == "lines" and chance(rng, 0.6):
        y = between(rng, horizon, 1)
        white = mix(rgb, (240, 240, 235), 0.8)
        tilt = between(rng, -0.2, 0.2)
        _shape(picture, [(0, y), (1, y + tilt), (1, y + tilt + 0.04), (0, y + 0.04)], white)


def _wall(picture: Picture, rng: Generator, horizon: float) -> None:
    rgb = _muted(rng, 15, 94)
    _box(picture, 0, 0, 1, horizon, rgb)
    for _ in range(int(rng.integers(0, 5))):
        x, y = between(rng, -0.2, 1), between(rng, -0.2, 0.8) * horizon
        _box(picture, x, y, x + between(rng, 0.1, 0.6), y + between(rng, 0.08, 0.6), _muted(rng, 5, 95))
    if chance(rng, 0.2):
        for y in np.arange(0, horizon, 0.03):
            _box(picture, 0, float(y), 1, float(y) + 0.005, scaled(rgb, 0.8))


def _street(picture: Picture, rng: Generator, horizon: float) -> None:
    _box(picture, 0, 0, 1, horizon, _muted(rng, 30, 95))
    x = -0.1
    while x < 1:
        wide = between(rng, 0.15, 0.6)
        rgb = _muted(rng, 8, 85)
        top = between(rng, -0.2, 0.6) * horizon
        _box(picture, x, top, x + wide, horizon, rgb)
        for y in np.arange(top + 0.03, horizon - 0.05, 0.1):
            _box(
                picture,
                x + wide * 0.2,
                float(y),
                x + wide * 0.8,
                float(y) + 0.05,
                scaled(rgb, between(rng, 0.5, 1.4)),
            )
        x += wide
    if chance(rng, 0.5):
        _car(picture, rng, horizon)


def _car(picture: Picture, rng: Generator, horizon: float) -> None:
    rgb = sample(pick(rng, UPPER_COLOURS), rng).rgb
    x, y, w, h = (
        between(rng, -0.6, 0.8),
        horizon + between(rng, -0.06, 0.1),
        between(rng, 0.5, 1.1),
        between(rng, 0.09, 0.18),
    )
    _box(picture, x, y - h * 0.5, x + w, y, rgb)
    _shape(
        picture,
        [
            (x + w * 0.15, y - h * 0.5),
            (x + w * 0.3, y - h),
            (x + w * 0.75, y - h),
            (x + w * 0.9, y - h * 0.5),
        ],
        (50, 58, 66),
    )
    for wheel in (0.2, 0.78):
        height, width = picture.shape[:2]
        cv2.circle(
            picture,
            (int((x + w * wheel) * width), int(y * height)),
            max(2, int(h * 0.24 * height)),
            (22, 22, 24, 0),
            -1,
        )


def _greenery(picture: Picture, rng: Generator, horizon: float) -> None:
    _box(
        picture,
        0,
        0,
        1,
        horizon,
        lch_to_rgb(between(rng, 20, 90), between(rng, 0, 35), between(rng, 110, 250)),
    )
    _clouds(picture, rng, 0, horizon, between(rng, 40, 140), int(rng.integers(4, 14)))


def _shelves(picture: Picture, rng: Generator, horizon: float) -> None:
    _box(picture, 0, 0, 1, horizon, _muted(rng, 20, 80))
    rack = _muted(rng, 30, 95)
    rows, columns = int(rng.integers(3, 9)), int(rng.integers(3, 10))
    colours = [_muted(rng, 8, 95) for _ in range(6)]
    for row in range(rows):
        y = horizon * row / rows
        for column in range(columns):
            tall = between(rng, 0.3, 0.85) / rows * horizon
            x = column / columns
            _box(
                picture,
                x,
                y + horizon / rows - tall,
                x + 0.85 / columns,
                y + horizon / rows,
                one_of(rng, colours),
            )
        _box(picture, 0, y, 1, y + 0.012, rack)


def _blur(picture: Picture, rng: Generator, horizon: float) -> None:
    """Only blotches of a few colours: things far out of focus."""
    _box(picture, 0, 0, 1, horizon, _muted(rng))
    for _ in range(int(rng.integers(3, 10))):
        x, y = between(rng, -0.2, 1), between(rng, -0.1, 0.9) * horizon
        _box(picture, x, y, x + between(rng, 0.1, 0.5), y + between(rng, 0.1, 0.5), _muted(rng, 5, 96))
    _clouds(picture, rng, 0, horizon, 60, 5)


PLACES: dict[Callable[[Picture, Generator, float], None], float] = {
    _wall: 3, _street: 3, _greenery: 1.5, _shelves: 1.2, _blur: 3,
}  # fmt: skip


def _object(picture: Picture, rng: Generator, horizon: float) -> None:
    """A piece of furniture or a thing that stands about: a table, a crate, a post, a sign."""
    rgb = _muted(rng, 5, 97) if chance(rng, 0.7) else sample(pick(rng, UPPER_COLOURS), rng).rgb
    x, y = between(rng, -0.15, 1.05), between(rng, horizon, 1.05)
    wide, tall = between(rng, 0.1, 0.5), between(rng, 0.05, 0.35)
    kind = pick(rng, {"table": 1, "crate": 1.5, "post": 1})
    height, width = picture.shape[:2]
    if kind == "table":
        _box(picture, x - 0.02, y - tall, x + 0.02, y, scaled(rgb, 0.6))
        axes = (int(wide * width), max(1, int(wide * 0.16 * height)))
        cv2.ellipse(picture, (int(x * width), int((y - tall) * height)), axes, 0, 0, 360, _ink(rgb), -1)
    elif kind == "crate":
        _box(picture, x - wide / 2, y - tall, x + wide / 2, y, rgb)
        _box(
            picture,
            x - wide / 2,
            y - tall,
            x + wide / 2,
            y - tall * 0.75,
            scaled(rgb, between(rng, 0.7, 1.3)),
        )
    else:
        _box(picture, x, y - tall * 2.5, x + 0.04, y, rgb)


def _bystander(picture: Picture, rng: Generator) -> None:
    """Somebody else, in clothing colours, at the edge or behind."""
    x = between(rng, -0.1, 0.2) if chance(rng, 0.5) else between(rng, 0.8, 1.1)
    foot, tall = between(rng, 0.55, 1.2), between(rng, 0.4, 1.0)
    w = tall * between(rng, 0.2, 0.3)
    top, legs = sample(pick(rng, UPPER_COLOURS), rng).rgb, sample(pick(rng, LOWER_COLOURS), rng).rgb
    for side in (-0.3, 0.3):
        _shape(
            picture,
            [
                (x - w * 0.3 + w * side * 0.5, foot - tall * 0.5),
                (x + w * 0.3 + w * side * 0.5, foot - tall * 0.5),
                (x + w * side + w * 0.18, foot),
                (x + w * side - w * 0.18, foot),
            ],
            legs,
        )
    _shape(
        picture,
        [
            (x - w * 0.6, foot - tall * 0.8),
            (x - w * 0.25, foot - tall * 0.86),
            (x + w * 0.25, foot - tall * 0.86),
            (x + w * 0.6, foot - tall * 0.8),
            (x + w * 0.65, foot - tall * 0.48),
            (x - w * 0.65, foot - tall * 0.48),
        ],
        top,
    )
    h, wide = picture.shape[:2]
    skin = sample(one_of(rng, ("fair skin", "brown skin", "medium skin", "dark skin")), rng).rgb
    hair = sample(one_of(rng, ("black", "dark brown", "brown", "blonde")), rng).rgb
    axes = (max(1, int(w * 0.26 * wide)), max(1, int(tall * 0.065 * h)))
    at = (int(x * wide), int((foot - tall * 0.92) * h))
    cv2.ellipse(picture, at, axes, 0, 0, 360, _ink(skin), -1)
    cv2.ellipse(picture, (at[0], at[1] - axes[1] // 3), axes, 0, 180, 360, _ink(hair), -1)


def draw_background(picture: Picture, pitch: float, rng: Generator) -> None:
    """`picture` is filled with a place; the more the camera looks down (radians), the more floor."""
    horizon = float(np.clip(0.62 - 0.9 * pitch + rng.normal(0, 0.12), 0.0, 0.9))
    if horizon > 0.03:
        pick(rng, PLACES)(picture, rng, horizon)
    if chance(rng, 0.15):
        _box(
            picture,
            0,
            horizon,
            1,
            1,
            lch_to_rgb(between(rng, 25, 60), between(rng, 15, 40), between(rng, 95, 135)),
        )
        _clouds(picture, rng, horizon, 1, 45, 12)
    else:
        _floor(picture, rng, horizon)
    for _ in range(int(rng.integers(0, 4))):
        _object(picture, rng, horizon)
    for _ in range(int(pick(rng, {0: 6, 1: 3, 2: 1.5, 3: 0.7}))):
        _bystander(picture, rng)
    _clouds(picture, rng, 0, 1, between(rng, 6, 34), int(rng.integers(3, 7)))
    if chance(rng, 0.42):
        soft = 2 + int(rng.random() * 4)
        small = cv2.resize(
            picture, (picture.shape[1] // soft, picture.shape[0] // soft), interpolation=cv2.INTER_AREA
        )
        cv2.resize(small, picture.shape[1::-1], dst=picture, interpolation=cv2.INTER_LINEAR)


def draw_in_front(picture: Picture, rng: Generator) -> tuple[float, float] | None:
    """Something stands before the person; returns the rows (shares) it hides wholly, or None."""
    kind = pick(rng, {"pole": 1, "counter": 1.4, "edge": 1})
    rgb = _muted(rng, 10, 90)
    if kind == "counter":
        top = between(rng, 0.62, 0.92)
        _box(picture, 0, top, 1, 1, rgb)
        _box(picture, 0, top, 1, top + 0.02, scaled(rgb, 1.25))
        return top, 1.0
    if kind == "pole":
        x, wide = between(rng, 0, 0.95), between(rng, 0.03, 0.1)
        _box(picture, x, between(rng, -0.3, 0.4), x + wide, 1, rgb)
        _box(picture, x, 0.4, x + wide * 0.3, 1, scaled(rgb, 1.2))
        return None
    side, wide = between(rng, 0, 1), between(rng, 0.05, 0.2)
    x0, x1 = (0, wide) if side < 0.5 else (1 - wide, 1)
    top = between(rng, 0.1, 0.6)
    cloth = sample(pick(rng, UPPER_COLOURS), rng).rgb
    _shape(picture, [(x0, top + 0.06), ((x0 + x1) / 2, top), (x1, top + 0.06), (x1, 1), (x0, 1)], cloth)
    return None
