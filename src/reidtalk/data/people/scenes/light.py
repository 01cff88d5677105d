"""Light: from what is there to what falls into the lens; sun, lamps, haze, shadows, night."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import about, between, chance, pick
from reidtalk.data.people.scenes import walls
from reidtalk.data.people.scenes.sensor import recorded

Floats = NDArray[np.float32]

LIGHTS = {
    "day": 5.5, "indoor": 4.2, "lamplight": 1.0, "dusk": 0.8, "night": 0.6, "glare": 0.6, "haze": 0.7,
    "backlight": 0.5,
}  # fmt: skip
"""Kinds of light, with how often they are met; lamplight is orange."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a kind of light does: brightness, spread and warmth of its colour, how much colour is left."""

    gain: float
    spread: float = 0.04
    warmth: float = 0.0
    colourful: float = 0.8
    haze: float = 0.0


_KINDS = {
    "day": _Kind(0.96, 0.028),
    "indoor": _Kind(0.88, 0.04, 0.05),
    "lamplight": _Kind(0.82, 0.04, 0.24, 0.85),
    "dusk": _Kind(0.66, 0.045, -0.09, 0.72),
    "night": _Kind(0.58, 0.06, 0.1, 0.72),
    "glare": _Kind(1.27, 0.03, 0.02, 0.8),
    "haze": _Kind(0.85, 0.035, 0.0, 0.68, 52),
    "backlight": _Kind(1.0, 0.035, 0.03, 0.75, 8),
}


def photograph(
    drawn: NDArray[np.uint8], shade: NDArray[np.uint8], light: str, monochrome: bool, rng: Generator
) -> NDArray[np.uint8]:
    """The drawn picture [height, width, 4], shaded, lit, seen through a lens, recorded; uint8 RGB."""
    height, width = shade.shape
    alpha = drawn[:, :, 3]
    body: Floats = np.minimum(alpha.astype(np.float32) * np.float32(1 / 128), np.float32(1))
    lit = _lamp(height, width, rng)
    if light == "backlight":
        dark, bright = between(rng, 0.35, 0.75), between(rng, 1.1, 2)
        lit = lit * (bright + (dark - bright) * body)
    elif chance(rng, 0.16):
        lit = lit * (1 + (_side(width, rng) - 1) * body)
    lit = lit * shade.astype(np.float32) * np.float32(1 / 128)
    picture: Floats = drawn[:, :, :3].astype(np.float32)
    if chance(rng, 0.4):
        picture = _wrapped(picture, body, rng)
    picture = np.asarray(cv2.multiply(picture, cv2.merge((lit, lit, lit))), np.float32)
    picture = _exposed(picture, light, rng)
    if monochrome:
        picture[...] = picture @ np.array([[0.4], [0.35], [0.25]], np.float32)
    return recorded(picture, light, rng)


def _wrapped(picture: Floats, body: Floats, rng: Generator) -> Floats:
    """Light of the surroundings creeps around the outline; no edge is sharper than the lens."""
    reach = (5, 5) if chance(rng, 0.5) else (3, 3)
    edge = np.asarray(cv2.blur(body, reach), np.float32)
    edge *= (1 - edge) * np.float32(between(rng, 1.2, 3.2))
    soft = cv2.blur(picture, reach)
    return np.asarray(picture + (soft - picture) * edge[:, :, None], np.float32)


def _side(width: int, rng: Generator) -> Floats:
    """Light from one side: across the body from bright to dark, with a soft or a hard edge."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * (1 if chance(rng, 0.5) else -1)
    edge = np.clip((across + about(rng, 0, 0.25)) * between(rng, 1, 6) + 0.5, 0, 1)
    return np.asarray(between(rng, 1.05, 1.5) - edge * between(rng, 0.35, 0.95), np.float32)


def _lamp(height: int, width: int, rng: Generator) -> Floats:
    """Uneven light: a slow gradient, sometimes the edge of a shadow, or a pattern of leaves or blinds."""
    coarse = (1 + (rng.random((3, 2)) - 0.5) * between(rng, 0.05, 0.7)).astype(np.float32)
    lamp = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    kind = pick(rng, {"even": 7, "edge": 1.2, "pattern": 0.8, "corners": 0.8})
    if kind == "edge":
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * between(rng, -1, 1)
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * between(rng, -1, 1)
        edge = np.clip((x + y + between(rng, -0.4, 0.4)) * between(rng, 4, 30), 0, 1)
        lamp *= (1 - edge * between(rng, 0.2, 0.6)).astype(np.float32)
    elif kind == "pattern":
        pattern = _patterns()[int(rng.integers(len(_patterns())))]
        part = int(between(rng, 50, 200))
        x, y = rng.integers(0, pattern.shape[0] - part, 2)
        spots = cv2.resize(
            pattern[y : y + part, x : x + part], (width, height), interpolation=cv2.INTER_LINEAR
        )
        lamp *= (between(rng, 1.0, 1.25) - spots * between(rng, 0.25, 0.6)).astype(np.float32)
    elif kind == "corners":
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        lamp *= (1.1 - (x * x + y * y) * between(rng, 0.1, 0.4)).astype(np.float32)
    return np.asarray(lamp, np.float32)


@cache
def _patterns() -> tuple[Floats, ...]:
    """Shadows, 0 to 1, of leaves, fences and blinds."""
    sources = [walls.wall(kind, i) for kind in ("hedge", "fence", "cloth", "leaves") for i in range(4)]
    fields = [cv2.GaussianBlur(source[:, :, 1].astype(np.float32), (0, 0), 2) for source in sources]
    return tuple(
        np.asarray(np.clip((field - np.median(field)) / (field.std() + 1) + 0.5, 0, 1), np.float32)
        for field in fields
    )


def _exposed(picture: Floats, light: str, rng: Generator) -> Floats:
    """Brightness, contrast, haze, saturation and colour cast of the light."""
    kind = _KINDS[light]
    gain = float(np.clip(kind.gain * about(rng, 1, 0.13), 0.3, 1.8))
    warmth = kind.warmth * between(rng, 0.2, 1.15) + about(rng, 0, 0.02)
    tint = rng.normal(0, kind.spread * 0.85, 3) + np.array([1.0, 0.15, -1.2]) * warmth
    if light in ("indoor", "night") and chance(rng, 0.2):
        tint += np.array([-0.03, 0.09, -0.03])
    cast = np.exp(tint)
    colourful = _colourful(kind.colourful, rng)
    contrast, haze = about(rng, 1.14, 0.14), max(about(rng, -7, 12), 0)
    if kind.haze:
        haze += kind.haze * between(rng, 0.4, 1.4)
        contrast *= 1 - haze / 170
    if light not in ("night", "dusk") and chance(rng, 0.22):
        haze, contrast = haze - between(rng, 6, 30), contrast * between(rng, 1.05, 1.25)
    level = 105 * float(np.clip(gain, 0.5, 1.2))
    weights = np.array([0.3, 0.5, 0.2])
    mixing = np.eye(3) * colourful + np.ones((3, 1)) * weights * (1 - colourful)
    mixing = mixing * (gain * cast / cast.mean())[:, None] * contrast
    lifted = haze * (1 + rng.normal(0, 0.06, 3)) + level * (1 - contrast) * min(contrast, 1.0)
    matrix = np.column_stack([mixing, lifted])
    return np.asarray(cv2.transform(picture, matrix.astype(np.float32)), np.float32)


def _colourful(usual: float, rng: Generator) -> float:
    """How much of the colours is left: 0 none, 1 all, above it more than there was."""
    how = pick(rng, {"usual": 7, "pale": 1.6, "strong": 0.8})
    around = {"usual": usual, "pale": between(rng, 0.38, 0.6), "strong": between(rng, 1.1, 1.45)}[how]
    return float(np.clip(about(rng, around, 0.1), 0.32, 1.6))
