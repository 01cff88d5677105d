"""What stands behind people: rooms, streets, shelves, hedges, fences, water; each a texture of a wall.

The lower edge of each is where it meets the floor.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator

from reidtalk.data.people.chance import between, chance, one_of, pick
from reidtalk.data.people.colours import Rgb, lch_to_rgb, mix, scaled
from reidtalk.data.people.scenes.textures import (
    PER_KIND,
    SIZE_PX,
    Picture,
    cloudy,
    dead_leaves,
    foliage,
    ink,
    leaves,
    loud,
    muted,
    noise,
    palette,
    plain,
    planks,
    tiles,
    weathered,
)

_LETTERS = "AEHKLMNOPRSTUX0123456789"
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)


def _box(picture: Picture, x: float, y: float, wide: float, tall: float, rgb: Rgb, line: int = -1) -> None:
    corner = (int(x), int(y))
    cv2.rectangle(picture, corner, (int(x + wide), int(y + tall)), ink(rgb), line)


def write(picture: Picture, x: float, y: float, size: float, rgb: Rgb, rng: Generator) -> None:
    """A word that means nothing is written from (x, y), `size` pixels tall."""
    word = "".join(one_of(rng, _LETTERS) for _ in range(int(rng.integers(2, 9))))
    font, at, thick = one_of(rng, _FONTS), (int(x), int(y)), max(1, int(size / 9))
    cv2.putText(picture, word, at, font, size / 22, ink(rgb), thick, cv2.LINE_AA)


def _pane(picture: Picture, x: float, y: float, wide: float, tall: float, rng: Generator) -> None:
    """A window: a frame, and glass that is dark, bright, or full of reflections."""
    kind = pick(rng, {"dark": 3, "bright": 2, "world": 2})
    glass = muted(rng, 78, 98) if kind == "bright" else muted(rng, 4, 35)
    _box(picture, x, y, wide, tall, glass)
    if kind == "world":
        for _ in range(12):
            part = muted(rng, 10, 90) if chance(rng, 0.8) else loud(rng)
            u, v = between(rng, 0, 0.8), between(rng, 0, 0.8)
            _box(picture, x + u * wide, y + v * tall, wide * (1 - u) * 0.6, tall * (1 - v) * 0.6, part)
    frame = muted(rng, 20, 96)
    _box(picture, x, y, wide, tall, frame, max(1, int(between(rng, 1, 5))))
    if chance(rng, 0.5):
        _box(picture, x + wide / 2 - 1, y, 2, tall, frame)
    if chance(rng, 0.4):
        _box(picture, x, y + tall * 0.4, wide, 2, frame)


def _door(picture: Picture, x: float, rng: Generator) -> None:
    wide, top, rgb = between(rng, 50, 85), between(rng, 20, 70), muted(rng, 8, 92)
    _box(picture, x - 5, top - 5, wide + 10, SIZE_PX, scaled(rgb, between(rng, 0.6, 1.4)))
    _box(picture, x, top, wide, SIZE_PX, rgb)
    if chance(rng, 0.3):
        _pane(picture, x + 8, top + 10, wide - 16, between(rng, 40, 140), rng)
    elif chance(rng, 0.5):
        for y in (top + 14, top + 110):
            _box(picture, x + 10, y, wide - 20, 78, scaled(rgb, 0.85), 2)
    _box(picture, x + 5, top + 100, 4, 9, scaled(rgb, 0.4))


def _poster(picture: Picture, x: float, rng: Generator) -> None:
    """A poster, painting, screen or notice."""
    y, wide, tall = between(rng, 20, 130), between(rng, 20, 80), between(rng, 20, 90)
    rgb = loud(rng) if chance(rng, 0.5) else muted(rng, 10, 98)
    _box(picture, x, y, wide, tall, rgb)
    for _ in range(int(rng.integers(0, 7))):
        u, v = between(rng, 0, 0.7), between(rng, 0, 0.7)
        _box(picture, x + u * wide, y + v * tall, wide * 0.3, tall * 0.25, loud(rng))
    if chance(rng, 0.5):
        write(picture, x + 3, y + tall * 0.6, between(rng, 7, 20), muted(rng, 2, 98), rng)
    if chance(rng, 0.6):
        _box(picture, x, y, wide, tall, muted(rng, 5, 95), int(between(rng, 1, 4)))


def room(rng: Generator) -> Picture:
    """An inner wall with doors, windows, posters, a skirting."""
    rgb = muted(rng, 55, 97) if chance(rng, 0.7) else muted(rng, 10, 60)
    picture = weathered(plain(rgb), rng, between(rng, 2, 9), 3)
    if chance(rng, 0.2):
        _box(picture, 0, between(rng, 100, 170), SIZE_PX, SIZE_PX, muted(rng, 20, 90))
    for _ in range(int(rng.integers(0, 4))):
        x = between(rng, -30, SIZE_PX)
        kind = pick(rng, {"door": 1, "window": 1, "poster": 1.4, "pipe": 0.4, "board": 0.6})
        if kind == "door":
            _door(picture, x, rng)
        elif kind == "window":
            _pane(picture, x, between(rng, 0, 90), between(rng, 40, 110), between(rng, 50, 120), rng)
        elif kind == "poster":
            _poster(picture, x, rng)
        elif kind == "pipe":
            _box(picture, x, 0, between(rng, 4, 30), SIZE_PX, scaled(rgb, between(rng, 0.5, 1.3)))
        else:
            tall = between(rng, 40, 120)
            _box(picture, x, SIZE_PX - tall, between(rng, 30, 90), tall, muted(rng, 8, 95))
    if chance(rng, 0.7):
        tall = between(rng, 5, 14)
        _box(picture, 0, SIZE_PX - tall, SIZE_PX, tall, mix(rgb, muted(rng, 10, 98), 0.8))
        _box(picture, 0, SIZE_PX - 2, SIZE_PX, 2, scaled(rgb, 0.4))
    return weathered(picture, rng, between(rng, 1, 5), 2)


def house(rng: Generator) -> Picture:
    """A facade with windows, doors and signs."""
    rgb = muted(rng, 18, 92)
    picture = tiles(rng) if chance(rng, 0.35) else weathered(plain(rgb), rng, between(rng, 4, 12), 2)
    across, down = between(rng, 34, 110), between(rng, 45, 120)
    wide, tall = across * between(rng, 0.4, 0.85), down * between(rng, 0.4, 0.8)
    for y in np.arange(between(rng, -40, 20), SIZE_PX - tall * 0.8, down):
        for x in np.arange(between(rng, -60, 0), SIZE_PX, across):
            _pane(picture, x, y, wide, tall, rng)
    if chance(rng, 0.5):
        _door(picture, between(rng, 0, 200), rng)
    if chance(rng, 0.5):
        _sign(picture, between(rng, 40, 160), rng)
    return weathered(picture, rng, between(rng, 3, 9), 1.8)


def _sign(picture: Picture, y: float, rng: Generator) -> None:
    """A band across the wall: an awning or a shop's name."""
    tall, rgb = between(rng, 14, 36), loud(rng)
    _box(picture, 0, y, SIZE_PX, tall, rgb)
    if chance(rng, 0.3):
        for x in range(0, SIZE_PX, 24):
            _box(picture, x, y, 12, tall, muted(rng, 80, 97))
    else:
        for x in (10, 120):
            write(picture, x, y + tall * 0.8, tall * 0.8, muted(rng, 2, 98), rng)


def shop(rng: Generator) -> Picture:
    """A shop window under its name, bright or dark, with things in it."""
    picture = dead_leaves(rng, palette(rng), one_of(rng, ("box", "scrap")), 2, between(rng, 20, 60))
    frame = muted(rng, 5, 90)
    for x in np.arange(between(rng, -40, 0), SIZE_PX, between(rng, 60, 130)):
        _box(picture, x, 0, between(rng, 4, 14), SIZE_PX, frame)
    base = between(rng, 10, 60)
    _box(picture, 0, SIZE_PX - base, SIZE_PX, base, muted(rng, 10, 80))
    _sign(picture, between(rng, 0, 50), rng)
    return weathered(picture, rng, between(rng, 4, 10), 2.2)


def goods(rng: Generator) -> Picture:
    """Shelves full of small things."""
    picture, rack, choose = plain(muted(rng, 4, 45)), muted(rng, 30, 97), palette(rng)
    bright = chance(rng, 0.6)
    rows = int(rng.integers(3, 10))
    tall = SIZE_PX / rows
    upright = pick(rng, {"boxes": 2, "round": 1})
    for row in range(rows):
        x, floor_y = 0.0, (row + 1) * tall
        while x < SIZE_PX:
            wide, high = between(rng, 5, 24), tall * between(rng, 0.35, 0.88)
            rgb = loud(rng) if bright else choose()
            for _ in range(int(rng.integers(1, 6))):
                y = floor_y - high
                if upright == "round":
                    middle, axes = (int(x + wide / 2), int(y + high / 2)), (int(wide / 2), int(high / 2))
                    cv2.ellipse(picture, middle, axes, 0, 0, 360, ink(rgb), -1, cv2.LINE_AA)
                else:
                    _box(picture, x, y, wide - 1, high, rgb)
                _box(
                    picture, x + 1, y + high * 0.4, wide - 3, high * 0.25, scaled(rgb, between(rng, 0.5, 1.6))
                )
                x += wide
        _box(picture, 0, floor_y - 3, SIZE_PX, 4, rack)
        _box(picture, 0, floor_y + 1, SIZE_PX, tall * 0.12, (12, 12, 14))
    return weathered(picture, rng, between(rng, 4, 12), 1.8)


def hedge(rng: Generator) -> Picture:
    """Leaves, over a wall or a trunk now and then, under the sky now and then."""
    picture = foliage(rng)
    if chance(rng, 0.4):
        for _ in range(int(rng.integers(1, 4))):
            x, wide = between(rng, 0, SIZE_PX), between(rng, 8, 40)
            _box(picture, x, 0, wide, SIZE_PX, muted(rng, 8, 45))
            _box(picture, x, 0, wide * 0.3, SIZE_PX, muted(rng, 25, 60))
    if chance(rng, 0.4):
        field = noise(rng, 2.6)[:, :, None] * 40
        sky = (np.arange(SIZE_PX)[:, None, None] + field < between(rng, 40, 150)).astype(np.uint8)
        picture = np.where(sky, open_sky(rng), picture)
    return weathered(picture, rng, 5, 2.4)


def open_sky(rng: Generator) -> Picture:
    """Sky: clear, clouded, or white."""
    high = lch_to_rgb(between(rng, 55, 95), between(rng, 0, 32), between(rng, 235, 275))
    low = lch_to_rgb(between(rng, 75, 98), between(rng, 0, 12), between(rng, 40, 270))
    share = np.linspace(0, 1, SIZE_PX)[:, None, None] + noise(rng, 3, 0.6)[:, :, None] * between(rng, 0, 0.3)
    picture = plain(high)
    picture[:, :, :3] = np.array(high) + (np.array(low) - np.array(high)) * np.clip(share, 0, 1)
    return picture


def horizon(rng: Generator) -> Picture:
    """Sky over far land, water or houses."""
    picture, y = open_sky(rng), int(between(rng, 90, 220))
    land = pick(rng, {"water": 1, "land": 1, "town": 1})
    rgb = muted(rng, 20, 70)
    if land == "water":
        rgb = lch_to_rgb(between(rng, 25, 75), between(rng, 2, 24), between(rng, 190, 270))
        sea = weathered(plain(rgb), rng, between(rng, 5, 16), 1.2, 0.15)
        picture[y:] = sea.transpose(1, 0, 2)[y:]
    elif land == "town":
        picture[y:] = leaves(rng)[y:]
        for x in np.arange(0, SIZE_PX, between(rng, 14, 50)):
            top = y - between(rng, 0, 60)
            _box(picture, x, top, between(rng, 12, 50), SIZE_PX, muted(rng, 15, 75))
    else:
        ridge = np.cumsum(rng.normal(0, 2.5, SIZE_PX)) + y
        points = np.concatenate(
            [np.stack([np.arange(SIZE_PX), ridge], 1), [[SIZE_PX, SIZE_PX], [0, SIZE_PX]]]
        )
        cv2.fillPoly(picture, [points.astype(np.int32)], ink(rgb), cv2.LINE_AA)
    return weathered(picture, rng, between(rng, 1, 6), 1.8)


def fence(rng: Generator) -> Picture:
    """Mesh, bars or boards before something else."""
    picture = foliage(rng) if chance(rng, 0.5) else cloudy(rng)
    rgb, kind = muted(rng, 5, 90), pick(rng, {"mesh": 1, "bars": 1, "boards": 1})
    step = int(between(rng, 7, 22))
    if kind == "mesh":
        for x in range(-SIZE_PX, SIZE_PX, step):
            cv2.line(picture, (x, 0), (x + SIZE_PX, SIZE_PX), ink(rgb), 1, cv2.LINE_AA)
            cv2.line(picture, (x + SIZE_PX, 0), (x, SIZE_PX), ink(rgb), 1, cv2.LINE_AA)
        for x in range(int(rng.integers(0, 90)), SIZE_PX, 110):
            _box(picture, x, 0, 6, SIZE_PX, scaled(rgb, 1.2))
    else:
        thick = 3 if kind == "bars" else step * 0.7
        top = between(rng, 40, 150)
        for x in range(0, SIZE_PX, step):
            _box(picture, x, top, thick, SIZE_PX, scaled(rgb, between(rng, 0.9, 1.1)))
        for y in (top + 8, SIZE_PX - 20):
            _box(picture, 0, y, SIZE_PX, 5, scaled(rgb, 0.9))
    return weathered(picture, rng, between(rng, 3, 9))


def cloth(rng: Generator) -> Picture:
    """Curtains, blinds, shutters or corrugated iron."""
    step = np.arange(SIZE_PX) * between(rng, 0.12, 0.9)
    wave = (np.sin(step + noise(rng, 3)[0] * between(rng, 0, 1.5)) * between(rng, 6, 30))[None, :, None]
    picture = plain(muted(rng, 10, 92) if chance(rng, 0.7) else loud(rng)).astype(np.float32)
    picture[:, :, :3] += wave if chance(rng, 0.6) else wave.transpose(1, 0, 2)
    return weathered(np.clip(picture, 0, 255).astype(np.uint8), rng, between(rng, 2, 8), 2.5)


def lights(rng: Generator) -> Picture:
    """A dark place with lamps and lit windows, sharp or far out of focus."""
    picture = weathered(plain(muted(rng, 3, 16)), rng, 14, 2.4).astype(np.uint8)
    for _ in range(int(rng.integers(3, 18))):
        x, y = (int(v) for v in rng.integers(0, SIZE_PX, 2))
        warm = lch_to_rgb(between(rng, 65, 97), between(rng, 5, 60), one_of(rng, (60, 75, 90, 20, 250, 140)))
        if chance(rng, 0.5):
            _box(picture, x, y, between(rng, 4, 40), between(rng, 4, 40), scaled(warm, between(rng, 0.4, 1)))
        else:
            cv2.circle(picture, (x, y), int(between(rng, 2, 16)), ink(warm), -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(picture, (0, 0), 9)
    return np.asarray(cv2.addWeighted(picture, 0.8, soft, 0.5, 0), np.uint8)


WALLS: dict[str, Callable[[Generator], Picture]] = {
    "room": room, "house": house, "shop": shop, "goods": goods, "hedge": hedge, "horizon": horizon,
    "fence": fence, "cloth": cloth, "lights": lights, "leaves": leaves, "cloudy": cloudy, "planks": planks,
    "tiles": tiles,
}  # fmt: skip


@cache
def wall(kind: str, number: int) -> Picture:
    """The wall of a kind with a number below `PER_KIND`; always the same one. Not to be painted on."""
    return WALLS[kind](np.random.default_rng([list(WALLS).index(kind), number, 72]))


__all__ = ["PER_KIND", "WALLS", "wall", "write"]
