"""Videos of drawn people, written to files."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from reidtalk.data.people.walk import draw_walk
from reidtalk.errors import DataError
from reidtalk.files import write_errors
from reidtalk.index_config import DrawWalkConfig
from reidtalk.progress import progress_bar

ENDINGS = {".mp4": "libx264", ".mkv": "libx264", ".mov": "libx264", ".avi": "mpeg4"}
"""How a video is written, by the ending of its name."""


def draw_walk_video(config: DrawWalkConfig) -> None:
    """`config.out` is a video of people who walk through a place; written whole or not at all.

    Raises:
        DataError: an ending that is none of `ENDINGS`.
        WriteError: it cannot be written there.
    """
    codec = ENDINGS.get(config.out.suffix.lower())
    if codec is None:
        raise DataError(
            f"cannot write a video into {config.out}",
            accepted=f"a name ending in {' '.join(ENDINGS)}",
            do="change the name",
        )
    temporary = config.out.with_name(f".{config.out.stem}.new{config.out.suffix}")
    with write_errors(config.out):
        config.out.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(temporary, codec, config)
            temporary.replace(config.out)
        finally:
            temporary.unlink(missing_ok=True)


def _write(file: Path, codec: str, config: DrawWalkConfig) -> None:
    walk = draw_walk(
        np.random.default_rng(config.seed),
        config.height_px,
        config.width_px,
        people=config.people,
        seconds=config.seconds,
        per_second=config.per_second,
    )
    frames = round(config.seconds * config.per_second)
    with av.open(str(file), "w") as video, progress_bar("drawing", frames) as bar:
        track: Any = video.add_stream(codec, rate=Fraction(config.per_second))
        track.height, track.width, track.pix_fmt = config.height_px, config.width_px, "yuv420p"
        for _, scene in walk:
            video.mux(track.encode(av.VideoFrame.from_ndarray(scene.picture, format="rgb24")))
            bar.advance()
        video.mux(track.encode(None))
