"""What surfaces look like up close: folds, weave, sheen, and outlines that are never quite even.

Bodies are drawn flat, each with its material's code in the fourth channel; here they become cloth.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import between

Floats = NDArray[np.float32]

MATERIALS: dict[str, tuple[float, float, float, float, float, float]] = {
    # how strongly it shows: folds, sheen on them, heather, knit, fluff, upright ribs
    "skin": (0.07, 0.0, 0.0, 0.0, 0.02, 0.0),
    "cotton": (0.32, 0.0, 0.03, 0.0, 0.02, 0.0),
    "thin": (0.42, 0.0, 0.02, 0.0, 0.0, 0.0),
    "hair": (0.2, 0.22, 0.0, 0.0, 0.08, 0.16),
    "tight": (0.15, 0.05, 0.02, 0.0, 0.0, 0.0),
    "thick": (0.33, 0.0, 0.05, 0.0, 0.05, 0.0),
    "beard": (0.1, 0.0, 0.0, 0.1, 0.25, 0.0),
    "denim": (0.38, 0.08, 0.1, 0.0, 0.09, 0.05),
    "heather": (0.26, 0.0, 0.2, 0.05, 0.04, 0.0),
    "knit": (0.24, 0.0, 0.07, 0.17, 0.06, 0.05),
    "leather": (0.3, 0.75, 0.0, 0.0, 0.04, 0.0),
    "satin": (0.5, 0.5, 0.0, 0.0, 0.0, 0.0),
    "fleece": (0.2, 0.0, 0.03, 0.05, 0.15, 0.0),
    "corduroy": (0.3, 0.0, 0.04, 0.0, 0.06, 0.22),
    "stiff": (0.12, 0.15, 0.03, 0.0, 0.0, 0.0),
    "glossy": (0.2, 0.5, 0.0, 0.0, 0.0, 0.0),
}
"""At most sixteen; most cloth is cotton."""
CODES = {name: (8 * i + 4) / 127 for i, name in enumerate(MATERIALS)}
"""How rough `Canvas.fill` has to paint for a surface to become each material."""
_STRENGTHS = np.zeros((32, 6), np.float32)
_STRENGTHS[16:] = np.array(list(MATERIALS.values()), np.float32)
_PLATES, _TALL, _WIDE = 12, 320, 176


def unevened(
    picture: NDArray[np.uint8], shade: NDArray[np.uint8], rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both planes with bodies pulled a little out of shape, as loose cloth is, and shades made soft."""
    height, width = shade.shape
    rows, columns = max(height // 4, 4), max(width // 4, 4)
    body = cv2.resize(picture[:, :, 3], (columns, rows), interpolation=cv2.INTER_AREA)
    near = cv2.blur(np.minimum(body, 128).astype(np.float32), (5, 5)) * np.float32(height / 128)
    slow = rng.standard_normal((max(rows // 4, 2), max(columns // 4, 2), 2), dtype=np.float32)
    fast = rng.standard_normal((max(rows // 2, 2), max(columns // 2, 2), 2), dtype=np.float32)
    reach = between(rng, 0.0015, 0.0045)
    pull = cv2.resize(slow, (columns, rows), interpolation=cv2.INTER_CUBIC) * reach
    pull += cv2.resize(fast, (columns, rows), interpolation=cv2.INTER_LINEAR) * (reach * 0.4)
    pull *= near[:, :, None]
    places = cv2.resize(pull, (width, height), interpolation=cv2.INTER_LINEAR) + _grid(height, width)
    soft = max(3, round(height / 42) | 1)
    softened = cv2.blur(cv2.blur(shade, (soft, soft)), (soft, soft))
    return _remapped(picture, places), _remapped(np.asarray(softened, np.uint8), places)


def _remapped(plane: NDArray[np.uint8], places: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Every pixel taken from its place (x, y) in `plane`."""
    moved = cv2.remap(  # type: ignore[call-overload]
        plane, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> Floats:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], axis=2)


def clothed(
    picture: NDArray[np.uint8], tones: NDArray[np.uint8], rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The finished size: `tones` with the relief of every body's material; its codes are gone after it."""
    height, width = tones.shape
    fields = _fields(height, width, rng)
    strengths = _STRENGTHS[picture[:, :, 3] >> 3]
    strengths *= _weights(rng)
    relief = np.einsum("hwf,hwf->hw", strengths, fields)
    relief += tones
    picture = picture.copy()
    picture[:, :, 3] = np.minimum(picture[:, :, 3], 136)
    return picture, np.clip(relief, 0, 255).astype(np.uint8)


def _weights(rng: Generator) -> Floats:
    """How much of each kind of relief this camera resolves."""
    spread = np.exp(rng.normal(-0.2, 0.36, 6)) * 100
    return spread.astype(np.float32)


def _fields(height: int, width: int, rng: Generator) -> Floats:
    """Relief of six kinds, [height, width, 6], each about -1 to 1: a window into a plate."""
    plate = _plates()[int(rng.random() * _PLATES)]
    share = min(height / 128, (_TALL - 1) / 128, (_WIDE - 1) * height / (128 * width)) if height > 128 else 1
    rows, columns = round(height / share), round(width / share)
    rows, columns = min(rows, _TALL), min(columns, _WIDE)
    top, left = int(rng.random() * (_TALL - rows)), int(rng.random() * (_WIDE - columns))
    window = plate[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        window = window[:, ::-1]
    if window.shape[:2] != (height, width):
        first = cv2.resize(window[:, :, :4], (width, height), interpolation=cv2.INTER_LINEAR)
        second = cv2.resize(window[:, :, 4:], (width, height), interpolation=cv2.INTER_LINEAR)
        window = np.concatenate([first, second], axis=2)
    return np.asarray(window, np.float32)


@lru_cache(maxsize=1)
def _plates() -> Floats:
    """Sheets of cloth, always the same ones, that pictures cut their relief from."""
    return np.stack([_plate(np.random.default_rng([51, i])) for i in range(_PLATES)])


def _smooth(rng: Generator, tall: float, wide: float) -> Floats:
    """Noise whose lumps are about `tall` by `wide` pixels, of standard deviation 1."""
    coarse = rng.standard_normal((max(2, int(_TALL / tall)), max(2, int(_WIDE / wide))), dtype=np.float32)
    field = cv2.resize(coarse, (_WIDE, _TALL), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / field.std(), np.float32)


def _plate(rng: Generator) -> Floats:
    """Folds (ridges that wander and are lit from one side), sheen, heather, knit, fluff, ribs."""
    y, x = np.mgrid[:_TALL, :_WIDE].astype(np.float32)
    turn, bend = between(rng, -1.0, 1.0), between(rng, 3, 8)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn)) + _smooth(rng, 30, 24) * bend
    across = y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn)) + _smooth(rng, 30, 24) * bend
    scale = between(rng, 0.9, 2.0)
    lumps = _smooth(rng, 7 * scale, 18 * scale)
    bent = cv2.remap(lumps, along, across, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    ridge = 1 - np.abs(np.tanh(bent))
    height = cv2.GaussianBlur(ridge * np.clip(0.5 + _smooth(rng, 26, 20) * 0.6, 0, 1.6), (0, 0), 1.1)
    slope = cv2.Sobel(height, cv2.CV_32F, 0, 1) * 0.8 + cv2.Sobel(height, cv2.CV_32F, 1, 0) * 0.6
    folds = slope / slope.std() * 0.3 + _smooth(rng, 15, 11) * 0.22
    sheen = np.clip(folds - 0.25, 0, 1.2) * 1.6 - 0.1
    heather = cv2.GaussianBlur(rng.standard_normal((_TALL, _WIDE), dtype=np.float32), (0, 0), 1.1, sigmaY=0.5)
    knit = _smooth(rng, 2.4, 2.0) * 0.5
    fluff = _smooth(rng, 1.6, 1.6) * 0.5
    ribs = cv2.GaussianBlur(rng.standard_normal((_TALL, _WIDE), dtype=np.float32), (0, 0), 0.6, sigmaY=7)
    fields = (folds, sheen, heather / heather.std() * 0.5, knit, fluff, ribs / ribs.std() * 0.5)
    return np.stack(fields, axis=2).astype(np.float32).clip(-1.6, 1.6)
