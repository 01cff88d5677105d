"""Frames of pictures and video files: sampled by time of presentation, upright, RGB."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from jaxtyping import UInt8
from PIL import Image, ImageSequence

from reidtalk.data.images import MAX_PIXELS, from_pil, read_image
from reidtalk.errors import SourceError
from reidtalk.video.packets import TurnedBackError
from reidtalk.video.people import Frame, Source
from reidtalk.video.reading import Reading
from reidtalk.video.sampling import Sampling

_ACCEPTED = (
    "a video file that FFmpeg reads (mp4, mov, avi, mkv, webm, ts, GIF), with frames of at most "
    f"{MAX_PIXELS // 1_000_000} million pixels"
)
_MISSING_SECONDS = 1.0
"""A file may end that much sooner than its header says: headers round, and tracks differ in length."""

Picture = UInt8[np.ndarray, "height width 3"]


def frames(
    source: Source, every_seconds: float = 0.25, since: float = 0.0, damages: list[str] | None = None
) -> Iterator[Frame]:
    """The first frame of every interval of `every_seconds` (all frames if it is 0), in order of time.

    Frames are upright whatever the file's rotation, have square pixels, and transparent parts are white.
    Damaged places are left out, and told at the end; the first is added to `damages` as soon as it is met.
    With `since`, only those from about that second on: the same that come without it, but what lies before is
    hardly decoded.

    Raises:
        ImageError: a picture that cannot be read.
        SourceError: a video that cannot be read; or, after all frames that can be had, one that is damaged or
            ends too soon: says at which second.
        OSError: a video's file cannot be read just now, as on a share that is away; with the same bytes it
            may be whole.
    """
    path = Path(source.path)
    if source.kind == "picture":
        yield Frame(read_image(path), 0.0)
    elif path.suffix.lower() == ".webp":
        yield from _webp_frames(path, Sampling(every_seconds, since))
    else:
        yield from _video_frames(path, every_seconds, since, [] if damages is None else damages)


def duration_seconds(source: Source) -> float | None:
    """How long the source is by its header; 0 for a picture, None where unknown or unreadable."""
    if source.kind == "picture":
        return 0.0
    if source.kind == "stream":
        return None
    return _header(Path(source.path)).seconds


def recorded_at(path: Path) -> datetime | None:
    """The `creation_time` that cameras write into a video, in UTC if it has no zone; None where unknown."""
    return _header(path).recorded


class _Header(NamedTuple):
    """What a video says of itself."""

    seconds: float | None = None
    recorded: datetime | None = None


def _header(path: Path) -> _Header:
    """What the video says of itself: opened for it until that succeeds, and again when it changes."""
    with suppress(OSError, ValueError, SourceError):
        state = path.stat()
        return _read_header(os.path.abspath(path), state.st_size, state.st_mtime_ns)  # noqa: PTH100 - links stay links
    return _Header()


@lru_cache(maxsize=100_000)
def _read_header(path: str, size: int, mtime_ns: int) -> _Header:  # noqa: ARG001 - read anew when they change
    with opened(Path(path)) as (container, stream):
        return _Header(
            _stated_seconds(container, stream) or _container_seconds(container),
            _stated_moment(container, stream),
        )


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The open file and its video track, ready to decode on several threads; closed when the block ends.

    Raises:
        SourceError: the file is missing, empty, no video, or has too large frames.
        OSError: it cannot be read just now; raised by what reads packets, too.
    """
    _require_file(path)
    with path.open("rb", buffering=0) as file:
        try:
            container = av.open(_File(file), mode="r", metadata_errors="replace")
        except (av.error.FFmpegError, ValueError) as error:
            why, do = _reason(error), "copy or download it again, or take it away"
            raise unreadable(str(path), why, do) from None
        with container:
            yield container, video_track(str(path), container)


class _File:
    """A file as FFmpeg reads it, to which a failed read is like the end; here it is an error."""

    def __init__(self, file: FileIO) -> None:
        self.file, self.name, self.failed = file, str(file.name), False
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        """At most `size` bytes; nothing after the first error, which PyAV raises when FFmpeg returns."""
        if self.failed:
            return b""
        try:
            return self.file.read(size)
        except OSError:
            self.failed = True
            raise


def video_track(name: str, container: InputContainer) -> VideoStream:
    """The container's video, ready to decode on several threads; `name` is for messages.

    Raises:
        SourceError: there is none, or its frames are too large.
    """
    tracks = [track for track in container.streams.video if not _is_cover(track)]
    if not tracks:
        raise unreadable(name, "it holds no video", "give a video, or take it away")
    track = max(tracks, key=lambda one: one.codec_context.width * one.codec_context.height)
    require_size(name, track.codec_context.height, track.codec_context.width)
    settings: Any = track  # takes the name of a thread type, too
    settings.thread_type = "AUTO"
    return track


def require_size(name: str, height: int, width: int) -> None:
    """A frame of this size may be decoded.

    Raises:
        SourceError: it is larger than `MAX_PIXELS`, or has no size.
    """
    if height * width > MAX_PIXELS:
        raise unreadable(name, f"its frames have {width} x {height} pixels", "make them smaller")


def as_picture(frame: VideoFrame, stream: VideoStream) -> Picture:
    """`frame` of `stream` as RGB, upright, with square pixels; transparent parts are white."""
    turn = _display_matrix(frame)
    width = _square_width(frame, stream)
    if frame.format.name in ("bgra", "rgba", "argb", "abgr", "yuva420p", "ya8", "pal8"):
        layer: Any = frame.to_ndarray(format="rgba", width=width)
        alpha = layer[..., 3:].astype(np.uint16)
        picture = ((layer[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    else:
        picture = frame.to_ndarray(format="rgb24", width=width)
    return picture if turn is None else _upright(picture, *turn)


def unreadable(name: str, why: str, do: str) -> SourceError:
    """The error of a source that gives no frame."""
    return SourceError(f"cannot read {name}: {why}", accepted=_ACCEPTED, do=do)


def _require_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise unreadable(str(path), "it is a folder", "give a video file")
        if not path.exists():
            raise unreadable(str(path), "no such file", "correct the path")
        if not path.is_file():  # opening a pipe would wait for ever
            raise unreadable(str(path), "it is no ordinary file", "give a video file")
        if path.stat().st_size == 0:
            raise unreadable(str(path), "the file is empty", "copy or download it again")
    except ValueError as error:  # a name no file can have
        raise unreadable(str(path), str(error), "correct the name") from None


def _reason(error: Exception) -> str:
    if isinstance(error, av.error.InvalidDataError):
        return "it is no video, or cut off before its table of contents"
    return getattr(error, "strerror", None) or str(error)


def _is_cover(track: VideoStream) -> bool:
    return bool(track.disposition & track.disposition.__class__.attached_pic)


def _video_frames(path: Path, every_seconds: float, since: float, damages: list[str]) -> Iterator[Frame]:
    with suppress(TurnedBackError):
        sampling = Sampling(every_seconds, since)
        with opened(path) as (container, stream):
            reading = Reading(stream)
            if since <= 0 or reading.seek(container, since):
                yield from _sampled(path, container, reading, sampling, damages)
                return
        with opened(path) as (container, stream):
            yield from _sampled(path, container, Reading(stream), sampling, damages)
            return
    with opened(path) as (container, stream):
        every = _sampled(path, container, Reading(stream), Sampling(every_seconds), damages)
        yield from (frame for frame in every if frame.seconds >= since)


def _sampled(
    path: Path, container: InputContainer, reading: Reading, sampling: Sampling, damages: list[str]
) -> Iterator[Frame]:
    stream, stated_seconds = reading.stream, _stated_seconds(container, reading.stream)
    for frame, seconds in reading.frames(container, sampling):
        if sampling.takes(seconds):
            require_size(str(path), frame.height, frame.width)  # it may change on the way
            if not damages and reading.damaged_seconds is not None:
                damages.append(_damaged_at(path, reading.damaged_seconds, stated_seconds).given)
            yield Frame(as_picture(frame, stream), seconds)
    _require_whole(path, reading, stated_seconds)


def _require_whole(path: Path, reading: Reading, stated_seconds: float | None) -> None:
    read = reading.read_seconds
    if reading.first_seconds is None and read <= 0:
        raise unreadable(str(path), "no frame of it can be decoded", "copy or download it again")
    of = f" of {stated_seconds:.1f}" if stated_seconds else ""
    # Matroska tells when the last frame ends, wherever the first one begins.
    missing = (stated_seconds or 0) - read - max(0.0, reading.first_seconds or 0.0)
    if missing > max(_MISSING_SECONDS, 2 * reading.step_seconds) or reading.broke_off:
        raise _damaged(path, f"breaks off at second {read:.1f}{of}", "what comes before is used")
    if reading.damaged_seconds is not None:
        raise _damaged_at(path, reading.damaged_seconds, stated_seconds)


def _damaged_at(path: Path, seconds: float, stated_seconds: float | None) -> SourceError:
    of = f" of {stated_seconds:.1f}" if stated_seconds else ""
    return _damaged(path, f"is damaged at second {seconds:.1f}{of}", "what can be decoded is used")


def _damaged(path: Path, what: str, used: str) -> SourceError:
    return SourceError(
        f"{path} {what}; {used}", accepted="a whole file", do="copy or download it again if the rest matters"
    )


def _stated_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """How long the video is by its own track's header; None where only the container's length is told."""
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        return float(stream.frames / stream.average_rate)  # FFmpeg's duration follows from the file's size
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    told = stream.metadata.get("DURATION", "")  # Matroska: 00:00:01.999000000
    with suppress(ValueError):
        hours, minutes, seconds = (float(part) for part in told.split(":"))
        return hours * 3600 + minutes * 60 + seconds
    return _container_seconds(container) if len(container.streams) == 1 else None


def _stated_moment(container: InputContainer, stream: VideoStream) -> datetime | None:
    told = container.metadata.get("creation_time") or stream.metadata.get("creation_time")
    with suppress(ValueError):
        moment = datetime.fromisoformat(told.strip()) if told else None
        if moment is not None and moment.year > 1970:  # cameras without a clock say 1904 or 1970
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _container_seconds(container: InputContainer) -> float | None:
    return container.duration / av.time_base if container.duration and container.duration > 0 else None


def _square_width(frame: VideoFrame, stream: VideoStream) -> int:
    """The width in square pixels: recorders store wide pictures in narrow frames."""
    aspect = stream.sample_aspect_ratio
    if not aspect or not 0.25 <= aspect <= 4 or abs(aspect - 1) < 0.02:
        return frame.width
    return max(1, round(frame.width * float(aspect)))


def _display_matrix(frame: VideoFrame) -> tuple[int, int, int, int] | None:
    """How right and down of the stored frame point in the shown one: (right.x, right.y, down.x, down.y)."""
    side_data: Any = frame.side_data
    for data in side_data:
        if data.type.name == "DISPLAYMATRIX":
            matrix = np.frombuffer(data, dtype=np.int32)
            return int(matrix[0]), int(matrix[1]), int(matrix[3]), int(matrix[4])
    return None


def _upright(picture: Picture, right_x: int, right_y: int, down_x: int, down_y: int) -> Picture:
    """The stored `picture` as it is meant to be seen; angles are rounded to right ones."""
    if abs(right_y) > abs(right_x):
        picture = picture.transpose(1, 0, 2)
        flip_down, flip_right = right_y < 0, down_x < 0
    else:
        flip_down, flip_right = down_y < 0, right_x < 0
    if flip_down:
        picture = picture[::-1]
    if flip_right:
        picture = picture[:, ::-1]
    return np.ascontiguousarray(picture)


def _webp_frames(path: Path, sampling: Sampling) -> Iterator[Frame]:
    """FFmpeg reads no moving WebP; Pillow does, whose own errors have no number."""
    _require_file(path)
    seconds = 0.0
    try:
        with Image.open(path, formats=("WEBP",)) as moving:
            require_size(str(path), moving.height, moving.width)
            for layer in ImageSequence.Iterator(moving):
                layer.load()  # before, it has the time of the frame before it
                seconds = layer.info["timestamp"] / 1000
                if sampling.takes(seconds):
                    yield Frame(from_pil(layer), seconds)
    except SourceError:
        raise
    except Exception as error:  # Pillow's readers raise almost anything on damaged files
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if seconds == 0:
            raise unreadable(str(path), f"it is damaged ({error})", "copy or download it again") from None
        raise _damaged(path, f"breaks off at second {seconds:.1f}", "what comes before is used") from None
