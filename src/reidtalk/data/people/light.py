"""Light, lens and sensor: from what is there to what a surveillance camera delivers."""

import cv2
import numpy as np
import simplejpeg
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import about, between, chance, pick

LIGHTS = {"day": 6.0, "indoor": 4.0, "dusk": 1.0, "night": 0.5, "glare": 0.7}
_WARM = {"day": 0.03, "indoor": 0.07, "dusk": 0.1, "night": 0.1, "glare": 0.04}


def photograph(
    drawn: NDArray[np.uint8], shade: NDArray[np.uint8], light: str, monochrome: bool, rng: Generator
) -> NDArray[np.uint8]:
    """The drawn picture [height, width, 4], shaded, lit, seen through a lens, recorded; uint8 RGB."""
    height, width = shade.shape
    alpha = drawn[:, :, 3].astype(np.float32)
    body = np.minimum(alpha * (1 / 128), 1)
    grain = rng.standard_normal((height, width), dtype=np.float32) * np.maximum(alpha - 128, 0) * (0.16 / 127)
    form = 1 + (shade.astype(np.float32) * (1 / 128) - 1) * (0.25 + 0.75 * body)
    picture = drawn[:, :, :3].astype(np.float32)
    picture *= (form * (1 + grain) * _lamp(height, width, rng))[:, :, None]
    picture = _exposed(picture, light, rng)
    if monochrome:
        picture[...] = picture.mean(axis=2, keepdims=True)
    picture = _lens(picture, rng)
    picture += _noise(height, width, light, rng)
    result = np.clip(picture, 0, 255).astype(np.uint8)
    return _recorded(result, rng)


def _lamp(height: int, width: int, rng: Generator) -> NDArray[np.float32]:
    """Uneven light: a slow gradient, sometimes the hard edge of a shadow."""
    coarse = (1 + (rng.random((3, 2)) - 0.5) * between(rng, 0.05, 0.5)).astype(np.float32)
    lamp = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    if chance(rng, 0.12):
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * between(rng, -1, 1)
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * between(rng, -1, 1)
        edge = np.clip((x + y + between(rng, -0.4, 0.4)) * between(rng, 6, 30), 0, 1)
        lamp = lamp * (1 - edge * between(rng, 0.2, 0.5))
    return np.asarray(lamp, np.float32)


def _exposed(picture: NDArray[np.float32], light: str, rng: Generator) -> NDArray[np.float32]:
    """Brightness, contrast, haze, saturation and colour cast of the light."""
    gain = {"day": 0.94, "indoor": 0.86, "dusk": 0.7, "night": 0.56, "glare": 1.26}[light] * about(
        rng, 1, 0.1
    )
    cast = np.exp(
        rng.normal(0, _WARM[light], 3) + np.array([1, 0, -1]) * abs(about(rng, 0, 0.07)) * (light != "day")
    )
    gain = float(np.clip(gain, 0.35, 1.6))
    colourful = float(np.clip(about(rng, 0.86 if light != "night" else 0.75, 0.14), 0.5, 1.3))
    contrast, haze = about(rng, 1.14, 0.13), max(about(rng, -7, 12), 0)
    level = 105 * float(np.clip(gain, 0.5, 1.2))
    mixing = (np.eye(3) * colourful + (1 - colourful) / 3) * (gain * cast / cast.mean()) * contrast
    matrix = np.column_stack([mixing, np.full(3, level * (1 - contrast) + haze)])
    return np.asarray(cv2.transform(picture, matrix.astype(np.float32)), np.float32)


def _lens(picture: NDArray[np.float32], rng: Generator) -> NDArray[np.float32]:
    """Fewer pixels than the picture has, defocus, or motion, each sometimes."""
    height, width = picture.shape[:2]
    if chance(rng, 0.3):
        share = between(rng, 0.48, 1.0) * min(1.0, 128 / height * between(rng, 1, 2))
        small = cv2.resize(
            picture, (max(8, int(width * share)), max(16, int(height * share))), interpolation=cv2.INTER_AREA
        )
        way = pick(rng, {cv2.INTER_LINEAR: 2, cv2.INTER_CUBIC: 2, cv2.INTER_NEAREST: 0.15})
        picture = np.asarray(cv2.resize(small, (width, height), interpolation=way), np.float32)
    if chance(rng, 0.16):
        sigma = between(rng, 0.4, 1.0) * height / 128
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if chance(rng, 0.12):
        reach = 2 * int(between(rng, 1, 2.6) * height / 128) + 1
        shape = (reach, 1) if chance(rng, 0.7) else (1, reach)
        picture = np.asarray(cv2.blur(picture, shape), np.float32)
    if chance(rng, 0.4):
        sharp = between(rng, 0.2, 1.0)
        picture = picture + (picture - cv2.blur(picture, (3, 3))) * sharp
    return picture


def _noise(height: int, width: int, light: str, rng: Generator) -> NDArray[np.float32]:
    strength = abs(about(rng, 0, 2.6)) + {"night": 3.5, "dusk": 1.8}.get(light, 0.5)
    noise = rng.standard_normal((height, width, 1), dtype=np.float32) * strength
    if chance(rng, 0.3):
        tint = rng.standard_normal((height // 2, width // 2, 3), dtype=np.float32) * strength * 0.8
        noise = noise + cv2.resize(tint, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(noise, np.float32)


def _recorded(picture: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """The picture after the camera's own compression, when it compresses hard."""
    if not chance(rng, 0.3):
        return picture
    packed = simplejpeg.encode_jpeg(  # type: ignore[attr-defined]
        np.ascontiguousarray(picture), quality=int(between(rng, 22, 70)), colorsubsampling="420"
    )
    return np.asarray(simplejpeg.decode_jpeg(packed), np.uint8)  # type: ignore[attr-defined]
