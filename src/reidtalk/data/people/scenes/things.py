"""Things that stand about: furniture, vehicles, plants, posts; drawn once, then pasted at any size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import between, chance, pick
from reidtalk.data.people.colours import Rgb, lch_to_rgb, scaled
from reidtalk.data.people.scenes.textures import Picture, foliage, loud, muted, noise

PER_KIND = 10
_TALL_PX = 128


@dataclass(frozen=True, slots=True)
class Sprite:
    """A thing cut out, ready to be pasted."""

    light: Picture
    """Its colours times its opacity; the fourth channel is 0."""
    through: NDArray[np.uint8]
    """How much of what is behind it remains, 0 to 255, in every channel."""


def cut_out(rgba: NDArray[np.uint8]) -> Sprite:
    """A sprite from colours and opacity, [height, width, 4]."""
    through = np.repeat(255 - rgba[:, :, 3:], 4, axis=2)
    light = cv2.multiply(rgba, 255 - through, scale=1 / 255)
    light[:, :, 3] = 0
    return Sprite(np.asarray(light, np.uint8), through)


def paste(
    picture: Picture, sprite: Sprite, box: tuple[float, float, float, float], mirrored: bool, gain: float
) -> None:
    """`sprite` covers the pixels x, y, width, height of `box`, as far as they lie in `picture`."""
    wide, tall = max(int(box[2]), 2), max(int(box[3]), 2)
    height, width = picture.shape[:2]
    x, y = int(box[0]), int(box[1])
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + wide, width), min(y + tall, height)
    if x1 <= x0 or y1 <= y0 or wide > 4 * width or tall > 3 * height:
        return
    size = (wide, tall)
    light, through = (
        cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)[y0 - y : y1 - y]
        for part in (sprite.light, sprite.through)
    )
    if mirrored:
        light, through = light[:, ::-1], through[:, ::-1]
    region = picture[y0:y1, x0:x1]
    behind = cv2.multiply(region, np.ascontiguousarray(through[:, x0 - x : x1 - x]), scale=1 / 255)
    cv2.scaleAdd(np.ascontiguousarray(light[:, x0 - x : x1 - x]), gain, behind, dst=behind)
    region[...] = behind


Draft = NDArray[np.uint8]


class _Pen:
    """Draws on a draft in shares of its width and height."""

    def __init__(self, wide_px: int) -> None:
        self.draft: Draft = np.zeros((_TALL_PX, wide_px, 4), np.uint8)
        self.wide, self.tall = wide_px, _TALL_PX

    def box(self, x: float, y: float, wide: float, tall: float, rgb: Rgb) -> None:
        """A filled rectangle."""
        one = (int(x * self.wide), int(y * self.tall))
        other = (int((x + wide) * self.wide), int((y + tall) * self.tall))
        cv2.rectangle(self.draft, one, other, (*rgb, 255), -1)

    def oval(self, x: float, y: float, wide: float, tall: float, rgb: Rgb, line: int = -1) -> None:
        """An ellipse around (x, y) with these half axes."""
        middle, axes = (
            (int(x * self.wide), int(y * self.tall)),
            (int(wide * self.wide), int(tall * self.tall)),
        )
        cv2.ellipse(self.draft, middle, axes, 0, 0, 360, (*rgb, 255), line, cv2.LINE_AA)

    def shape(self, points: list[tuple[float, float]], rgb: Rgb) -> None:
        """A filled polygon."""
        pixels = (np.array(points) * (self.wide, self.tall)).astype(np.int32)
        cv2.fillPoly(self.draft, [pixels], (*rgb, 255), cv2.LINE_AA)

    def line(self, x0: float, y0: float, x1: float, y1: float, rgb: Rgb, thick: int) -> None:
        """A straight line, `thick` pixels wide."""
        one, other = (int(x0 * self.wide), int(y0 * self.tall)), (int(x1 * self.wide), int(y1 * self.tall))
        cv2.line(self.draft, one, other, (*rgb, 255), thick, cv2.LINE_AA)


def _table(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    """A round table on one leg, seen from above."""
    leg = muted(rng, 15, 85)
    rgb = muted(rng, 75, 97) if chance(rng, 0.5) else rgb
    for x in (0.3, 0.7):
        pen.line(0.5, 0.86, x, 0.97, leg, 5)
    pen.line(0.5, 0.2, 0.5, 0.93, leg, 6)
    flat = between(rng, 0.08, 0.2)
    pen.oval(0.5, 0.23, 0.48, flat, scaled(rgb, 0.7))
    pen.oval(0.5, 0.21, 0.48, flat, rgb)
    if chance(rng, 0.5):
        pen.box(between(rng, 0.3, 0.6), 0.1, 0.08, 0.1, loud(rng))


def _desk(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    top = between(rng, 0.05, 0.3)
    for x in (0.04, 0.9):
        pen.box(x, top, 0.06, 0.95 - top, scaled(rgb, 0.6))
    pen.shape([(0.08, 0), (0.92, 0), (1, top), (0, top)], rgb)
    pen.box(0, top, 1, 0.06, scaled(rgb, 0.75))
    for _ in range(int(rng.integers(0, 5))):
        pen.box(between(rng, 0.1, 0.8), top - 0.08, between(rng, 0.04, 0.16), 0.1, loud(rng))


def _chair(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    leg = muted(rng, 10, 80)
    for x in (0.12, 0.8):
        pen.box(x, 0.5, 0.07, 0.48, leg)
    pen.box(0.1, 0.02, 0.8, between(rng, 0.15, 0.45), rgb)
    for x in (0.1, 0.83):
        pen.box(x, 0.02, 0.07, 0.55, scaled(rgb, 0.8))
    pen.shape([(0.1, 0.48), (0.9, 0.48), (1, 0.62), (0, 0.62)], scaled(rgb, 0.85))


def _crate(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    """Boxes on top of each other, or a bin, or a counter."""
    rows = int(rng.integers(1, 4))
    for row in range(rows):
        one = scaled(rgb, between(rng, 0.8, 1.2)) if chance(rng, 0.7) else loud(rng)
        y, inset = row / rows, between(rng, 0, 0.12)
        pen.box(inset, y, 1 - 2 * inset, 1 / rows, one)
        pen.box(1 - inset - 0.3, y, 0.3, 1 / rows, scaled(one, 0.7))
        pen.box(inset, y, 1 - 2 * inset, 0.16 / rows, scaled(one, 1.3))


def _post(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    pen.box(0.2, 0, 0.6, 1, rgb)
    pen.box(0.2, 0, 0.2, 1, scaled(rgb, 1.35))
    pen.box(0.65, 0, 0.15, 1, scaled(rgb, 0.65))
    for y in np.arange(0, 1, between(rng, 0.15, 0.5)) if chance(rng, 0.3) else ():
        pen.box(0.2, float(y), 0.6, 0.07, loud(rng))


def _plant(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    green = foliage(rng)
    for _ in range(int(rng.integers(30, 120))):
        x, y = 0.5 + float(rng.standard_normal()) * 0.17, 0.36 + float(rng.standard_normal()) * 0.16
        tone = green[int(rng.integers(0, 256)), int(rng.integers(0, 256)), :3]
        colour = (float(tone[0]), float(tone[1]), float(tone[2]))
        pen.oval(x, min(y, 0.8), between(rng, 0.02, 0.1), between(rng, 0.02, 0.08), colour)
    pen.shape([(0.28, 0.7), (0.72, 0.7), (0.64, 0.99), (0.36, 0.99)], rgb)


def _car(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    glass = lch_to_rgb(between(rng, 10, 50), 6, 240)
    front, back = between(rng, 0.14, 0.3), between(rng, 0.72, 0.95)
    pen.shape([(front, 0.45), (front + 0.1, 0.05), (back - 0.1, 0.05), (back, 0.45)], rgb)
    pen.shape([(front + 0.03, 0.44), (front + 0.11, 0.1), (back - 0.11, 0.1), (back - 0.03, 0.44)], glass)
    pen.box((front + back) / 2, 0.08, 0.02, 0.4, rgb)
    pen.shape([(0.01, 0.55), (0.06, 0.44), (0.95, 0.42), (0.99, 0.55), (0.98, 0.85), (0.02, 0.85)], rgb)
    pen.shape([(0.02, 0.68), (0.98, 0.68), (0.97, 0.87), (0.03, 0.87)], scaled(rgb, 0.65))
    pen.box(0.01, 0.52, 0.05, 0.1, (240, 235, 215) if chance(rng, 0.5) else (170, 20, 20))
    for x in (0.2, 0.79):
        pen.oval(x, 0.83, 0.085, 0.17, (20, 20, 22))
        pen.oval(x, 0.83, 0.045, 0.09, (130, 132, 136))


def _bicycle(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    for x in (0.22, 0.78):
        pen.oval(x, 0.66, 0.2, 0.31, (28, 28, 30), 3)
    for x0, y0, x1, y1 in (
        (0.22, 0.66, 0.36, 0.3), (0.36, 0.3, 0.66, 0.27), (0.45, 0.68, 0.66, 0.27), (0.36, 0.3, 0.45, 0.68),
        (0.64, 0.12, 0.78, 0.66), (0.22, 0.66, 0.45, 0.68),
    ):  # fmt: skip
        pen.line(x0, y0, x1, y1, rgb, 4)
    pen.box(0.3, 0.2, 0.14, 0.06, (25, 25, 25) if chance(rng, 0.8) else loud(rng))
    pen.line(0.56, 0.1, 0.68, 0.12, (40, 40, 40), 4)


def _railing(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    pen.box(0, 0, 1, 0.07, rgb)
    pen.box(0, 0.88, 1, 0.05, rgb)
    for x in np.arange(0.02, 1, between(rng, 0.05, 0.3)):
        pen.box(float(x), 0, 0.02, 1, scaled(rgb, 0.85))


def _luggage(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    """A bag, a case or a trolley that somebody left."""
    pen.oval(0.5, 0.2, 0.2, 0.17, scaled(rgb, 0.5), 4)
    pen.shape([(0.1, 0.25), (0.9, 0.25), (1, 0.6), (0.95, 0.98), (0.05, 0.98), (0, 0.6)], rgb)
    pen.box(0.1, between(rng, 0.4, 0.7), 0.8, 0.06, scaled(rgb, between(rng, 0.4, 1.5)))


def _sign(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    pen.box(0.46, 0.2, 0.08, 0.8, muted(rng, 20, 80))
    if chance(rng, 0.4):
        pen.oval(0.5, 0.18, 0.42, 0.17, rgb)
    else:
        pen.box(0.08, 0.02, 0.84, between(rng, 0.2, 0.5), rgb)
    pen.box(0.25, 0.1, 0.5, 0.1, muted(rng, 3, 97))


def _column(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    """A pillar, a door's edge, a machine."""
    pen.box(0, 0, 1, 1, rgb)
    pen.box(0, 0, between(rng, 0.1, 0.4), 1, scaled(rgb, between(rng, 0.6, 1.3)))
    if chance(rng, 0.4):
        pen.box(0.2, 0.15, 0.6, between(rng, 0.1, 0.4), loud(rng))
    if chance(rng, 0.4):
        pen.box(0, 0.93, 1, 0.07, scaled(rgb, 0.5))


def _rack(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    """A stand full of small things."""
    pen.box(0, 0, 1, 1, scaled(rgb, 0.45))
    rows, columns = int(rng.integers(3, 7)), int(rng.integers(4, 12))
    for row in range(rows):
        for column in range(columns):
            high = between(rng, 0.4, 0.85) / rows
            pen.box(column / columns, (row + 1) / rows - high, 0.9 / columns, high, loud(rng))
        pen.box(0, (row + 1) / rows - 0.02, 1, 0.03, rgb)


def _bench(pen: _Pen, rgb: Rgb, rng: Generator) -> None:
    for y in (0.05, 0.2, 0.48):
        pen.box(0, y, 1, between(rng, 0.08, 0.12), scaled(rgb, between(rng, 0.85, 1.1)))
    for x in (0.06, 0.88):
        pen.box(x, 0, 0.06, 1, muted(rng, 8, 50))


THINGS: dict[str, tuple[Callable[[_Pen, Rgb, Generator], None], float, float]] = {
    # how it is drawn, width and height in body heights
    "table": (_table, 0.6, 0.55), "desk": (_desk, 0.9, 0.45), "chair": (_chair, 0.28, 0.52),
    "crate": (_crate, 0.4, 0.45), "counter": (_crate, 1.3, 0.58), "post": (_post, 0.09, 1.8),
    "bollard": (_post, 0.08, 0.5), "plant": (_plant, 0.5, 0.7), "car": (_car, 2.4, 0.85),
    "bicycle": (_bicycle, 0.95, 0.58), "railing": (_railing, 1.5, 0.58), "luggage": (_luggage, 0.26, 0.3),
    "sign": (_sign, 0.4, 1.25), "column": (_column, 0.4, 2.2), "cabinet": (_column, 0.5, 1.0),
    "rack": (_rack, 0.9, 1.0), "bench": (_bench, 0.95, 0.48),
}  # fmt: skip


@cache
def thing(kind: str, number: int) -> Sprite:
    """The thing of a kind with a number below `PER_KIND`; always the same one."""
    draw, wide, tall = THINGS[kind]
    rng = np.random.default_rng([list(THINGS).index(kind), number, 73])
    rgb = pick(rng, {muted(rng, 5, 97): 1.0, loud(rng): 0.7})
    pen = _Pen(max(24, min(int(_TALL_PX * wide / tall), 400)))
    draw(pen, rgb, rng)
    draft = pen.draft.astype(np.float32)
    lit = np.linspace(between(rng, 0.75, 1.2), between(rng, 0.75, 1.2), pen.wide)[None, :, None]
    lit = lit * np.linspace(1.1, between(rng, 0.55, 1), pen.tall)[:, None, None]
    draft[:, :, :3] *= lit * (1 + noise(rng, 2, 1, (pen.tall, pen.wide))[:, :, None] * 0.05)
    return cut_out(np.clip(draft, 0, 255).astype(np.uint8))
