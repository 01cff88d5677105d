"""What is on a garment: stripes, checks, dots, prints, on round bodies and along limbs."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.chance import between
from reidtalk.data.people.colours import Rgb, mix, scaled
from reidtalk.data.people.figures.canvas import NEUTRAL, Canvas, Points, Stack

SILVER: Rgb = (205, 210, 212)


@dataclass(frozen=True, slots=True)
class Cloth:
    """A stretch of a garment on a stack, from t `low` to `high`, about to get its pattern."""

    canvas: Canvas
    stack: Stack
    garment: Garment
    low: float
    high: float
    rng: Generator
    """Follows from the identity, so that prints look alike in all pictures."""

    @property
    def second(self) -> Rgb:
        """The pattern's colour."""
        return self.garment.second.rgb if self.garment.second else self.garment.colour.rgb

    def patch(self, low: float, high: float, start: float, end: float, rgb: Rgb) -> None:
        """Part of the cloth is painted, as far as it lies on it and can be seen."""
        low, high = max(low, self.low), min(high, self.high)
        if high - low > 0.002:
            self.stack.patch(self.canvas, low, high, start, end, rgb, self.garment.texture)


def _bands(cloth: Cloth, pitch: float, share: float, rgb: Rgb) -> None:
    start = float(np.ceil(cloth.low / pitch)) * pitch
    for t in np.arange(start, cloth.high, pitch):
        cloth.patch(float(t), float(t) + pitch * share, -180, 180, rgb)


def _uprights(cloth: Cloth, pitch: float, width: float, rgb: Rgb) -> None:
    for theta in np.arange(-180, 180, pitch):
        if cloth.stack.facing(float(theta)) > 0.1:
            cloth.patch(cloth.low, cloth.high, float(theta), float(theta) + width, rgb)


def _stripes(cloth: Cloth) -> None:
    _bands(cloth, 0.045 * cloth.garment.size, 0.45, cloth.second)


def _plaid(cloth: Cloth) -> None:
    base, size = cloth.garment.colour.rgb, cloth.garment.size
    half = mix(base, cloth.second, 0.5)
    _bands(cloth, 0.055 * size, 0.5, half)
    _uprights(cloth, 34 * size, 15 * size, mix(base, cloth.second, 0.72))


def _pinstripes(cloth: Cloth) -> None:
    _uprights(cloth, 16 * cloth.garment.size, 4, mix(cloth.garment.colour.rgb, cloth.second, 0.75))


def _spots(cloth: Cloth, places: Points, radii: Points, colours: list[Rgb]) -> None:
    """Round spots at rows (t, theta degrees) of `places`, where the camera can see them."""
    ring = np.linspace(0, 2 * np.pi, 7, endpoint=False)
    shape = np.stack([np.cos(ring), np.sin(ring)], axis=1)
    inside = (places[:, 0] > cloth.low + 0.01) & (places[:, 0] < cloth.high - 0.01)
    theta = np.radians(places[:, 1])
    seen = np.flatnonzero(inside & (np.cos(theta - cloth.stack.middle) > 0.25))
    flat = cloth.canvas.camera.flat(cloth.stack.at(places[seen, 0], theta[seen]))
    for i, centre in zip(seen, flat, strict=True):
        cloth.canvas.fill(centre + shape * radii[i], colours[i % len(colours)])


def _dots(cloth: Cloth) -> None:
    pitch = 0.035 * cloth.garment.size
    t, theta = np.meshgrid(np.arange(-0.4, 0.34, pitch), np.arange(-180, 180, 24 * cloth.garment.size))
    theta = theta + (np.round(t / pitch) % 2) * 12
    places = np.stack([t.ravel(), theta.ravel()], axis=1)
    _spots(cloth, places, np.full(len(places), pitch * 0.22), [cloth.second])


def _flowers(cloth: Cloth) -> None:
    count = 150
    places = np.stack([cloth.rng.uniform(-0.4, 0.34, count), cloth.rng.uniform(-180, 180, count)], axis=1)
    radii = cloth.rng.uniform(0.006, 0.015, count) * cloth.garment.size
    other = mix(cloth.second, (90, 150, 80), 0.6)
    _spots(cloth, places, radii, [cloth.second, mix(cloth.second, (255, 255, 255), 0.4), other])


def _print(cloth: Cloth) -> None:
    if cloth.stack.facing(0) < 0.25 or cloth.high < 0.2:
        return
    rng, size = cloth.rng, cloth.garment.size
    count = 3 + int(rng.random() * 4)
    for _ in range(count):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 7))
        t = between(rng, 0.18, 0.22) + np.sin(angle) * between(rng, 0.015, 0.038) * size
        theta = np.radians(between(rng, -10, 10) + np.cos(angle) * between(rng, 9, 28) * size)
        cloth.canvas.paint(
            cloth.stack.at(t, theta), mix(cloth.second, cloth.garment.colour.rgb, rng.random() * 0.4)
        )


def _letters(cloth: Cloth) -> None:
    side = 180.0 if cloth.garment.lettered_back else 0.0
    if cloth.stack.facing(side) < 0.25 or cloth.high < 0.2:
        return
    rows = 1 + int(cloth.rng.random() * 2)
    for row in range(rows):
        low = 0.2 - row * 0.035
        for theta in np.arange(-36, 32, 13.0):
            tall = between(cloth.rng, 0.016, 0.026)
            cloth.patch(low, low + tall, side + float(theta), side + float(theta) + 8, cloth.second)


_DIGITS = ("012", "02", "0123", "13", "0132", "023", "12")
"""Digits as strokes: 0 left, 1 middle, 2 right, 3 bar."""


def _numbers(cloth: Cloth) -> None:
    """A number across the back, or a small one on the chest."""
    if cloth.high < 0.2:
        return
    behind = cloth.stack.facing(180) > 0.25
    if not behind and cloth.stack.facing(0) < 0.25:
        return
    side, low, tall, wide = (180.0, 0.12, 0.1, 22.0) if behind else (0.0, 0.17, 0.05, 13.0)
    digits = [_DIGITS[int(cloth.rng.random() * len(_DIGITS))] for _ in range(1 + int(cloth.rng.random() * 2))]
    start = side - wide * (len(digits) * 0.6)
    for i, strokes in enumerate(digits):
        left = start + i * wide * 1.25
        for k, offset in ((0, 0.0), (1, 0.36), (2, 0.72)):
            if str(k) in strokes:
                cloth.patch(low, low + tall, left + wide * offset, left + wide * (offset + 0.3), cloth.second)
        if "3" in strokes:
            for t in (low, low + tall * 0.42, low + tall * 0.84):
                cloth.patch(t, t + tall * 0.17, left, left + wide, cloth.second)


def _trim(cloth: Cloth) -> None:
    cloth.patch(cloth.low, cloth.low + 0.02, -180, 180, cloth.second)
    cloth.patch(cloth.high - 0.02, cloth.high, -180, 180, cloth.second)


def _sash(cloth: Cloth) -> None:
    """Cloth of another colour wound from a hip to the other shoulder, front and back."""
    if cloth.high < 0.2:
        cloth.patch(cloth.low, cloth.low + 0.03, -180, 180, cloth.second)
        return
    steps = np.linspace(0.0, 1.0, 6)
    for a, b in pairwise(steps):
        t = cloth.low + (cloth.high - cloth.low) * a
        top = cloth.low + (cloth.high - cloth.low) * b
        for start, end in ((-75.0, 40.0), (285.0, 140.0)):
            middle = start + (end - start) * a
            cloth.patch(t, top, middle - 24, middle + 24, cloth.second)


def _halves(cloth: Cloth) -> None:
    cloth.patch(0.19, 1, -180, 180, cloth.second)


def _quilted(cloth: Cloth) -> None:
    for t in np.arange(cloth.low + 0.03, cloth.high - 0.03, 0.034 * cloth.garment.size):
        outline = cloth.stack.panel(float(t), float(t) + 0.007, -180, 180)
        if outline is not None:
            cloth.canvas.tone(cloth.canvas.camera.flat(outline), NEUTRAL - 46)


def _reflective(cloth: Cloth) -> None:
    for start in (-48, 28, 140, 202):
        cloth.patch(0.1, 0.34, start, start + 16, SILVER)
    for t in (0.04, 0.115):
        cloth.patch(t, t + 0.024, -180, 180, SILVER)


def _leather(cloth: Cloth) -> None:
    for theta in (-70, -20, 30, 75, 140, 200):
        low = between(cloth.rng, 0.02, 0.15)
        outline = cloth.stack.panel(low, low + 0.07, theta, theta + 9)
        if outline is not None:
            cloth.canvas.tone(cloth.canvas.camera.flat(outline), NEUTRAL + 52)


ON_STACK: dict[str, Callable[[Cloth], None]] = {
    "stripes": _stripes, "plaid": _plaid, "pinstripes": _pinstripes, "dots": _dots, "flowers": _flowers,
    "print": _print, "letters": _letters, "halves": _halves, "quilted": _quilted, "reflective": _reflective,
    "leather": _leather, "numbers": _numbers, "trim": _trim, "sash": _sash,
}  # fmt: skip
"""Patterns not named here leave the cloth as it is."""


def along_limb(
    canvas: Canvas, garment: Garment, start: Points, end: Points, radii: tuple[float, float], outer: float
) -> None:
    """The garment's pattern is drawn on a sleeve or trouser leg; `outer` (+1, -1) is a side stripe's side."""
    if garment.second is None and garment.pattern != "quilted":
        return
    rgb = garment.second.rgb if garment.second else scaled(garment.colour.rgb, 0.86)
    if garment.pattern in ("stripes", "plaid"):
        share = mix(garment.colour.rgb, rgb, 0.5) if garment.pattern == "plaid" else rgb
        _rings(canvas, start, end, radii, share, 0.045 * garment.size)
    elif garment.pattern == "quilted":
        _rings(canvas, start, end, radii, rgb, 0.036 * garment.size, 0.16)
    if garment.pattern in ("plaid", "pinstripes"):
        _lengthwise(canvas, start, end, radii, mix(garment.colour.rgb, rgb, 0.6), (-0.5, 0.45), 0.16)
    if garment.pattern == "side stripe":
        _lengthwise(canvas, start, end, radii, rgb, (outer * 0.7,), 0.26)


def _sides(canvas: Canvas, start: Points, end: Points) -> tuple[Points, Points, Points, float]:
    p, q = canvas.camera.flat(np.array([start, end]))
    along = q - p
    length = max(float(np.hypot(along[0], along[1])), 1e-6)
    return p, q, np.array([-along[1], along[0]]) / length, length


def _rings(
    canvas: Canvas,
    start: Points,
    end: Points,
    radii: tuple[float, float],
    rgb: Rgb,
    pitch: float,
    share: float = 0.45,
) -> None:
    p, q, n, _ = _sides(canvas, start, end)
    real = max(float(np.linalg.norm(end - start)), 1e-6)
    for f in np.arange(0.08, 1, pitch / real):
        g = min(f + share * pitch / real, 1.0)
        a, b = p + (q - p) * f, p + (q - p) * g
        ra, rb = (n * (radii[0] + (radii[1] - radii[0]) * x) * 0.96 for x in (f, g))
        canvas.fill(np.stack([a - ra, a + ra, b + rb, b - rb]), rgb)


def _lengthwise(
    canvas: Canvas,
    start: Points,
    end: Points,
    radii: tuple[float, float],
    rgb: Rgb,
    sides: tuple[float, ...],
    width: float,
) -> None:
    p, q, n, _ = _sides(canvas, start, end)
    for side in sides:
        left, right = side - width / 2, side + width / 2
        canvas.fill(
            np.stack(
                [
                    p + n * radii[0] * left,
                    p + n * radii[0] * right,
                    q + n * radii[1] * right,
                    q + n * radii[1] * left,
                ]
            ),
            rgb,
        )
