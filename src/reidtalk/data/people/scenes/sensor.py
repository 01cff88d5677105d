"""Lens, sensor and recording: from light to the pixels that a surveillance camera or a web page delivers."""

from functools import cache

import cv2
import numpy as np
import simplejpeg
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import about, between, chance, one_of, pick

Floats = NDArray[np.float32]

_PLATE_PX = 640
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 15 / 32


def recorded(picture: Floats, light: str, rng: Generator) -> NDArray[np.uint8]:
    """What the camera keeps of `picture` (0 to 255, [height, width, 3])."""
    if chance(rng, 0.07 if light != "night" else 0.3):
        picture = _bloom(picture, rng)
    if chance(rng, 0.02):
        picture = _weather(picture, rng)
    if chance(rng, 0.5):
        knee = np.float32(between(rng, 150, 215))
        picture = np.minimum(picture, knee + (picture - knee) * np.float32(between(rng, 0.3, 0.8)))
    picture = _lens(picture, rng)
    if chance(rng, 0.025):
        _interlaced(picture, rng)
    picture += _noise(picture.shape[0], picture.shape[1], light, rng)
    kept = pick(rng, {"photo": 5, "jpeg": 4.2, "palette": 0.1 if light == "night" else 0.5})
    if kept == "palette":
        picture = _dithered(picture, rng)
    result = np.asarray(cv2.convertScaleAbs(np.maximum(picture, 0)), np.uint8)
    if chance(rng, 0.03):
        _stamp(result, rng)
    return _compressed(result, rng) if kept == "jpeg" else result


def _lens(picture: Floats, rng: Generator) -> Floats:
    """Fewer pixels than the picture has, defocus, motion, fringes, sharpening, each sometimes."""
    height, width = picture.shape[:2]
    fine = height / 128
    if chance(rng, 0.07):
        sigma = between(rng, 0.4, 1.2) * fine
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if chance(rng, 0.08):
        reach = 2 * int(between(rng, 1, 2.8) * fine) + 1
        picture = np.asarray(cv2.blur(picture, (reach, 1) if chance(rng, 0.7) else (1, reach)), np.float32)
    if chance(rng, 0.05):
        shift, matrix = int(fine), one_of(rng, ((0, 1), (1, 1), (0, -1)))
        picture[:, :, 0] = np.roll(picture[:, :, 0], (matrix[0] * shift, matrix[1] * shift), (0, 1))
    if chance(rng, 0.29):
        share = between(rng, 0.5, 1.0) if chance(rng, 0.8) else between(rng, 0.28, 0.5)
        share *= min(1.0, between(rng, 1, 2) / fine)
        size = (max(8, int(width * share)), max(16, int(height * share)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        way = pick(rng, {cv2.INTER_LINEAR: 2, cv2.INTER_CUBIC: 2, cv2.INTER_NEAREST: 0.15})
        picture = np.asarray(cv2.resize(small, (width, height), interpolation=way), np.float32)
    if chance(rng, 0.45):
        sharp = between(rng, 0.2, 1.1) if chance(rng, 0.8) else between(rng, 1.1, 2.2)
        soft = cv2.blur(picture, (3, 3))
        picture = np.asarray(cv2.addWeighted(picture, 1 + sharp, soft, -sharp, 0), np.float32)
    return picture


def _bloom(picture: Floats, rng: Generator) -> Floats:
    """What is very bright spills over its surroundings."""
    height, width = picture.shape[:2]
    spill = np.maximum(picture - between(rng, 150, 215), 0)
    spill = cv2.resize(spill, (max(width // 4, 2), max(height // 4, 2)), interpolation=cv2.INTER_AREA)
    spill = cv2.resize(cv2.blur(spill, (3, 3)), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture + spill * between(rng, 0.5, 1.6), np.float32)


def _weather(picture: Floats, rng: Generator) -> Floats:
    """Rain or snow between the camera and the person."""
    height, width = picture.shape[:2]
    drops, streak = int(rng.integers(30, 140)), between(rng, 0, 0.1) * height
    lean = about(rng, 0, 0.25)
    layer = np.zeros((height, width), np.uint8)
    for x, y in (rng.random((drops, 2)) * (width, height)).tolist():
        end = (int(x + lean * streak), int(y + streak))
        cv2.line(layer, (int(x), int(y)), end, (255,), max(1, height // 128))
    veil = cv2.blur(layer, (2, 2)).astype(np.float32)[:, :, None] * between(rng, 0.1, 0.5)
    return np.asarray(picture + veil, np.float32)


def _interlaced(picture: Floats, rng: Generator) -> None:
    """Every other line comes a moment later."""
    step = max(1, picture.shape[0] // 128)
    shift = int(one_of(rng, (-2, -1, -1, 1, 1, 2))) * step
    for row in range(step):
        picture[row :: 2 * step] = np.roll(picture[row :: 2 * step], shift, axis=1)


@cache
def _plates() -> tuple[Floats, Floats]:
    """Grain of grey and of colour to cut from; deviation 1."""
    rng = np.random.default_rng(75)
    grey = rng.standard_normal((_PLATE_PX, _PLATE_PX), dtype=np.float32)
    colour = cv2.blur(rng.standard_normal((_PLATE_PX, _PLATE_PX, 3), dtype=np.float32), (2, 2)) * 2
    return np.repeat(grey[:, :, None], 3, axis=2), np.asarray(colour, np.float32)


def _cut(plate: Floats, height: int, width: int, rng: Generator) -> Floats:
    y = int(rng.integers(0, max(_PLATE_PX - height, 1)))
    x = int(rng.integers(0, max(_PLATE_PX - width, 1)))
    part = plate[y : y + height, x : x + width]
    if part.shape[:2] != (height, width):
        return np.asarray(cv2.resize(part, (width, height)), np.float32)
    return part


def _noise(height: int, width: int, light: str, rng: Generator) -> Floats:
    """The sensor's grain, the same over person and place; stronger and coloured in the dark."""
    grey, colour = _plates()
    clean = chance(rng, 0.45) and light != "night"
    strength = abs(about(rng, 0, 0.5 if clean else 2.6))
    strength += {"night": 3.0, "dusk": 1.2, "lamplight": 0.6}.get(light, 0.1)
    noise = _cut(grey, height, width, rng) * np.float32(strength)
    if chance(rng, 0.7 if light == "night" else 0.25):
        noise += _cut(colour, height, width, rng) * np.float32(strength * between(rng, 0.4, 1.2))
    return noise


def _dithered(picture: Floats, rng: Generator) -> Floats:
    """Few colours, mixed from dots, as in a GIF."""
    height, width = picture.shape[:2]
    step = between(rng, 12, 34)
    pattern = _cut(_plates()[0], height, width, rng) * np.float32(0.3)
    if chance(rng, 0.6):
        pattern = np.tile(_BAYER, (height // 4 + 1, width // 4 + 1)).astype(np.float32)[:height, :width, None]
    return np.asarray(np.round(picture / step + pattern) * step, np.float32)


def _stamp(picture: NDArray[np.uint8], rng: Generator) -> None:
    """The camera writes the time or its name into the picture."""
    height, width = picture.shape[:2]
    text = "".join(one_of(rng, "0123456789:/-CAM ") for _ in range(int(rng.integers(4, 14))))
    y = int(height * (between(rng, 0.04, 0.1) if chance(rng, 0.5) else between(rng, 0.92, 0.99)))
    x, size = int(between(rng, -0.4, 0.5) * width), between(rng, 0.22, 0.45) * height / 128
    grey = one_of(rng, (255, 245, 15))
    if grey > 100 and chance(rng, 0.5):
        cv2.putText(picture, text, (x + 1, y + 1), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (grey, grey, grey), 1, cv2.LINE_AA)


def _compressed(picture: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """The picture after a JPEG of middling or low quality."""
    packed = simplejpeg.encode_jpeg(  # type: ignore[attr-defined]
        np.ascontiguousarray(picture),
        quality=int(between(rng, 16, 35) if chance(rng, 0.22) else between(rng, 35, 85)),
        colorsubsampling="420" if chance(rng, 0.8) else "444",
    )
    return np.asarray(simplejpeg.decode_jpeg(packed), np.uint8)  # type: ignore[attr-defined]
