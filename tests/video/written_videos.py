"""Small videos written for tests: each frame tells its number, and which way is up."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 64, 96
MILLISECOND = Fraction(1, 1000)


def numbered(number: int, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """A frame whose top left quarter is red, whose lower half has the grey 4 * number."""
    picture = np.full((height, width, 3), 255, dtype=np.uint8)
    picture[height // 2 :] = 4 * number % 256
    picture[: height // 2, : width // 2] = (255, 0, 0)
    return picture


def number_of(picture: NDArray[np.uint8]) -> int:
    """The number of an upright frame."""
    return round(float(picture[picture.shape[0] * 5 // 8 :].mean()) / 4)


def write_video(
    path: Path,
    milliseconds: Sequence[int],
    *,
    codec: str = "libx264",
    rotation: float | None = None,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    group: int = 10,
    between: int | None = None,
    pictures: Sequence[NDArray[np.uint8]] | None = None,
    noise: bool = False,
    aspect: Fraction | None = None,
) -> Path:
    """`path` holds numbered frames shown at these times; `between` frames that no other needs, `group` to a key."""
    pictures = pictures or [numbered(number) for number in range(len(milliseconds))]
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=1000)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "rgb8" if codec == "gif" else "yuv420p"
        stream.codec_context.gop_size = group
        stream.codec_context.time_base = MILLISECOND
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if between is not None:
            stream.codec_context.max_b_frames = between
        if rotation is not None:
            stream.set_display_rotation(rotation)
        rng = np.random.default_rng(0)
        for picture, at in zip(pictures, milliseconds, strict=True):
            if noise:  # so that it does not compress to nothing
                picture = picture.copy()
                picture[:8] = rng.integers(0, 255, picture[:8].shape)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = at, MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def steady(count: int, per_second: int = 10) -> list[int]:
    """Times of `count` frames at a constant rate."""
    return [round(1000 * number / per_second) for number in range(count)]
