"""Surfaces with the statistics of photographs: 1/f noise, dead leaves, and floors made of them.

Each texture follows from its kind and number alone and is made once per process; pictures crop, warp and tint
them.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import between, chance, one_of, pick
from reidtalk.data.people.colours import REGIONS, Rgb, lch_to_rgb, mix, sample, scaled

Picture = NDArray[np.uint8]
"""[height, width, 4]: red, green, blue, and 0 where no body is."""
Field = NDArray[np.float32]

SIZE_PX = 256
PER_KIND = 16
NAMED = tuple(name for name in REGIONS if "skin" not in name)


def ink(rgb: Rgb) -> tuple[float, float, float, float]:
    """The colour for OpenCV, marked as background."""
    return rgb[0], rgb[1], rgb[2], 0.0


def muted(rng: Generator, low: float = 15, high: float = 90) -> Rgb:
    """A colour of buildings, roads and furniture: mostly greyish, now and then strong."""
    chroma = between(rng, 0, 12) if chance(rng, 0.75) else between(rng, 12, 55)
    hue = between(rng, 30, 110) if chance(rng, 0.6) else between(rng, 0, 360)
    return lch_to_rgb(between(rng, low, high), chroma, hue)


def loud(rng: Generator) -> Rgb:
    """A colour that clothes have too."""
    return sample(one_of(rng, NAMED), rng).rgb


def noise(
    rng: Generator, slope: float, flat: float = 1.0, shape: tuple[int, int] = (SIZE_PX, SIZE_PX)
) -> Field:
    """A random field whose power falls as frequency**-slope; mean 0, deviation 1; `flat` > 1 lies down."""
    height, width = shape
    down = np.fft.fftfreq(height)[:, None]
    across = np.fft.rfftfreq(width)[None, :] * flat
    frequency = np.hypot(down, across)
    frequency[0, 0] = 1.0
    waves = rng.standard_normal((*frequency.shape, 2)) @ np.array([1, 1j])
    waves *= frequency ** (-slope / 2)
    waves[0, 0] = 0.0
    field = np.fft.irfft2(waves, s=shape)
    return np.asarray(field / field.std(), np.float32)


def plain(rgb: Rgb) -> Picture:
    """A texture of one colour."""
    picture = np.zeros((SIZE_PX, SIZE_PX, 4), np.uint8)
    picture[...] = ink(rgb)
    return picture


def weathered(
    picture: Picture, rng: Generator, strength: float, slope: float = 2.0, flat: float = 1.0
) -> Picture:
    """`picture` with blotches of light and dark, `strength` in grey levels (deviation)."""
    field = noise(rng, slope, flat)[:, :, None] * (strength / 100)
    result = picture.astype(np.float32) * (1 + field) + field * 12
    result[:, :, 3] = 0
    return np.asarray(np.clip(result, 0, 255), np.uint8)


def palette(rng: Generator) -> Callable[[], Rgb]:
    """A chooser of colours that go together: a few colours of a place, and their lighter and darker kin."""
    light = between(rng, 25, 65)
    spread = between(rng, 8, 30)
    colours = [
        muted(rng, max(light - spread, 3), min(light + spread, 97)) for _ in range(int(rng.integers(2, 6)))
    ]
    if chance(rng, 0.5):
        colours.append(loud(rng))

    def choose() -> Rgb:
        return scaled(one_of(rng, colours), between(rng, 0.6, 1.35))

    return choose


def _leaf(picture: Picture, rng: Generator, shape: str, size: float, rgb: Rgb) -> None:
    x, y = (int(v) for v in rng.integers(-10, SIZE_PX + 10, 2))
    wide, tall = max(int(size), 1), max(int(size * between(rng, 0.3, 1.6)), 1)
    if shape == "round":
        cv2.ellipse(picture, (x, y), (wide, tall), between(rng, 0, 180), 0, 360, ink(rgb), -1, cv2.LINE_AA)
    elif shape == "box":
        cv2.rectangle(picture, (x - wide, y - tall), (x + wide, y + tall), ink(rgb), -1)
    else:
        turn = np.sort(rng.random(6)) * 2 * np.pi
        radius = size * (0.4 + rng.random(6))
        points = np.stack([np.cos(turn) * radius + x, np.sin(turn) * radius + y], axis=1)
        cv2.fillPoly(picture, [points.astype(np.int32)], ink(rgb), cv2.LINE_AA)


def dead_leaves(
    rng: Generator, choose: Callable[[], Rgb], shape: str, smallest: float = 2.5, largest: float = 70
) -> Picture:
    """Shapes that cover each other, their sizes spread as size**-3: edges and areas at every scale.

    Reference: Lee, Mumford, Huang, "Occlusion models for natural images", 2001.
    """
    picture = plain(choose())
    lots = rng.random(900)
    sizes = 1 / np.sqrt(lots / smallest**2 + (1 - lots) / largest**2)
    sizes[:14] = rng.uniform(largest * 0.4, largest, 14)
    for size in sizes.tolist():
        _leaf(picture, rng, shape, size, choose())
    return weathered(picture, rng, between(rng, 4, 14))


def leaves(rng: Generator) -> Picture:
    """Anything at all: shapes in the colours of a place."""
    return dead_leaves(rng, palette(rng), one_of(rng, ("round", "box", "box", "scrap")), between(rng, 1.5, 6))


def foliage(rng: Generator) -> Picture:
    """Leaves of trees and hedges, with light between them."""
    hue, dark = between(rng, 85, 140), between(rng, 8, 32)

    def choose() -> Rgb:
        glint = chance(rng, 0.08)
        light = dark + abs(float(rng.standard_normal())) * 16 + (40 if glint else 0)
        return lch_to_rgb(min(light, 95), between(rng, 4, 12) if glint else between(rng, 6, 32), hue)

    return dead_leaves(rng, choose, one_of(rng, ("round", "scrap")), 1.5, between(rng, 10, 40))


def planks(rng: Generator) -> Picture:
    """Boards of wood."""
    rgb = lch_to_rgb(between(rng, 22, 72), between(rng, 8, 46), between(rng, 45, 80))
    picture = plain(rgb)
    wide = int(between(rng, 8, 26))
    for x in range(0, SIZE_PX, wide):
        y = -int(rng.integers(0, 100))
        while y < SIZE_PX:
            long = int(between(rng, 60, 200))
            board = scaled(rgb, between(rng, 0.78, 1.2))
            cv2.rectangle(picture, (x, y), (x + wide, y + long), ink(board), -1)
            cv2.line(picture, (x, y + long), (x + wide, y + long), ink(scaled(board, 0.6)))
            y += long
        cv2.line(picture, (x, 0), (x, SIZE_PX), ink(scaled(rgb, between(rng, 0.45, 0.75))))
    return weathered(picture, rng, between(rng, 5, 14), 1.4, 0.08)


def tiles(rng: Generator) -> Picture:
    """Tiles, slabs or paving in rows, each a little different."""
    rgb, other = muted(rng, 22, 92), muted(rng, 15, 92)
    picture = plain(rgb)
    wide = int(between(rng, 14, 64))
    tall = int(wide * one_of(rng, (1, 1, 0.5)))
    apart = chance(rng, 0.4)
    kind = pick(rng, {"plain": 5, "checked": 1, "mottled": 1})
    for row, y in enumerate(range(0, SIZE_PX, tall)):
        for column, x in enumerate(range(-wide, SIZE_PX, wide)):
            left = x + (wide // 2 if apart and row % 2 else 0)
            base = other if kind == "checked" and (row + column) % 2 else rgb
            base = scaled(base, between(rng, 0.7, 1.3) if kind == "mottled" else between(rng, 0.93, 1.07))
            cv2.rectangle(picture, (left, y), (left + wide, y + tall), ink(base), -1)
            joint = ink(scaled(rgb, 0.72 if kind != "checked" else 0.9))
            cv2.rectangle(picture, (left, y), (left + wide, y + tall), joint, 1)
    return weathered(picture, rng, between(rng, 3, 10))


def asphalt(rng: Generator) -> Picture:
    """Road or concrete: grain, stains, cracks, sometimes lines, stripes of a crossing, or a kerb."""
    rgb = lch_to_rgb(between(rng, 18, 72), between(rng, 0, 8), between(rng, 0, 360))
    picture = weathered(plain(rgb), rng, between(rng, 4, 11), between(rng, 0.6, 2))
    for _ in range(int(rng.integers(0, 5))):
        points = np.cumsum(rng.normal(0, 16, (10, 2)), axis=0) + rng.integers(0, SIZE_PX, 2)
        cv2.polylines(picture, [points.astype(np.int32)], False, ink(scaled(rgb, 0.65)), 1, cv2.LINE_AA)
    paint = one_of(rng, ((236, 234, 226), (236, 234, 226), (214, 178, 60)))
    marks = pick(rng, {"none": 3, "line": 1.5, "crossing": 1, "kerb": 1.2})
    if marks == "line":
        x = int(rng.integers(0, SIZE_PX))
        cv2.line(picture, (x, 0), (x + int(rng.integers(-40, 40)), SIZE_PX), ink(mix(rgb, paint, 0.85)), 9)
    elif marks == "crossing":
        wide = int(between(rng, 22, 44))
        for x in range(0, SIZE_PX, wide * 2):
            cv2.rectangle(picture, (x, 0), (x + wide, SIZE_PX), ink(mix(rgb, paint, 0.85)), -1)
    elif marks == "kerb":
        y = int(rng.integers(60, 200))
        cv2.rectangle(picture, (0, 0), (SIZE_PX, y), ink(muted(rng, 45, 80)), -1)
        cv2.rectangle(picture, (0, y), (SIZE_PX, y + 9), ink(scaled(rgb, 1.5)), -1)
        cv2.rectangle(picture, (0, y + 9), (SIZE_PX, y + 16), ink(scaled(rgb, 0.5)), -1)
    return weathered(picture, rng, between(rng, 3, 9), 1.2)


def carpet(rng: Generator) -> Picture:
    """Carpet or linoleum, plain or patterned."""
    rgb = muted(rng, 15, 80)
    picture = plain(rgb)
    if chance(rng, 0.4):
        other, step = muted(rng, 15, 85), int(between(rng, 10, 50))
        for y in range(0, SIZE_PX, step):
            for x in range(0, SIZE_PX, step):
                cv2.circle(
                    picture, (x + (y // step % 2) * step // 2, y), step // 3, ink(other), -1, cv2.LINE_AA
                )
    return weathered(picture, rng, between(rng, 4, 12), 0.5)


def ground(rng: Generator) -> Picture:
    """Grass, sand, earth or snow."""
    kind = pick(rng, {"grass": 3, "sand": 1, "earth": 1, "snow": 0.7, "clay": 0.6})
    tone = {
        "grass": (between(rng, 22, 58), between(rng, 14, 42), between(rng, 98, 135)),
        "sand": (between(rng, 58, 85), between(rng, 8, 22), between(rng, 65, 88)),
        "earth": (between(rng, 22, 50), between(rng, 6, 22), between(rng, 55, 85)),
        "snow": (between(rng, 82, 96), between(rng, 0, 5), 260.0),
        "clay": (between(rng, 38, 58), between(rng, 30, 52), between(rng, 42, 60)),
    }[kind]
    picture = weathered(plain(lch_to_rgb(*tone)), rng, 12 if kind == "grass" else 5, 1.0, 0.5)
    return weathered(picture, rng, between(rng, 5, 12), 2.6)


def cloudy(rng: Generator) -> Picture:
    """Soft blotches of two colours."""
    one, other = np.array(muted(rng)), np.array(muted(rng, 5, 97))
    share = np.clip(noise(rng, between(rng, 1.8, 3))[:, :, None] * 0.25 + 0.5, 0, 1)
    picture = plain((0, 0, 0))
    picture[:, :, :3] = one + (other - one) * share
    return weathered(picture, rng, between(rng, 0, 6), 0.8)


FLOORS: dict[str, Callable[[Generator], Picture]] = {
    "planks": planks, "tiles": tiles, "asphalt": asphalt, "carpet": carpet, "ground": ground,
    "cloudy": cloudy,
}  # fmt: skip


@cache
def floor(kind: str, number: int) -> Picture:
    """The floor of a kind with a number below `PER_KIND`; always the same one. Not to be painted on."""
    return FLOORS[kind](np.random.default_rng([list(FLOORS).index(kind), number, 71]))
