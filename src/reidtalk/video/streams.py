"""Frames of live streams: always the newest, for as long as the camera lives, through lost connections."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.addresses import without_password
from reidtalk.video.decode import as_picture, require_size, video_track
from reidtalk.video.packets import VideoPacket
from reidtalk.video.people import Frame, Source
from reidtalk.video.sampling import Sampling

_ACCEPTED = "the address of a live video that FFmpeg reads, by rtsp, rtsps, http or https"
_CORRECT_IT = "correct the address, and see that the camera is on"
_ESCAPES = "%2F for /, %3F for ?, %23 for #, %40 for @, %25 for %"
_LOGIN = f"give them in the address, SCHEME://USER:PASSWORD@HOST/PATH, with {_ESCAPES}"
_REASONS: tuple[tuple[type[Exception], str, str], ...] = (
    (av.error.HTTPUnauthorizedError, "user or password is missing or wrong (401)", _LOGIN),
    (av.error.HTTPForbiddenError, "it is not for this user (403)", _LOGIN),
    (
        av.error.HTTPNotFoundError,
        "there is nothing at this path (404)",
        "correct the path; the camera's manual tells it",
    ),
    (av.error.ArgumentError, "it is no address", f"correct it; in user and password write {_ESCAPES}"),
    (av.error.InvalidDataError, "what answers sends no video", _CORRECT_IT),
    (av.error.OSError, "no such host, or the connection broke", _CORRECT_IT),
)
"""What FFmpeg's errors mean where a connection is made, and what to do."""
_RTSP_OPTIONS = {"rtsp_transport": "tcp", "fpsprobesize": "0"}
"""All packets in order, over one connection; no second of frames is held back to guess a rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How patient a reader is with a camera."""

    every_seconds: float = 0.25
    """One frame of each such interval; all of them if it is 0."""
    silent_seconds: float = 10.0
    """A connection that brings nothing for so long is closed and opened anew."""
    give_up_seconds: float = 300.0
    """Without a frame for so long, the stream is given up."""
    first_pause_seconds: float = 0.5
    """Before the first new connection; each further failure doubles it."""
    longest_pause_seconds: float = 30.0
    waiting: int = 4
    """Frames that wait for a slow reader; of more, the oldest are dropped."""

    def __post_init__(self) -> None:
        for name in ("silent_seconds", "give_up_seconds", "first_pause_seconds", "longest_pause_seconds"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} {getattr(self, name)}", accepted="more than 0")
        if self.waiting < 1:
            raise ConfigError(f"waiting {self.waiting}", accepted="1 or more")


class LiveStream:
    """A camera's stream, from the first connection until it is stopped or given up."""

    def __init__(
        self,
        source: Source,
        settings: StreamSettings | None = None,
        stopped: threading.Event | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.source = source
        self.settings = settings or StreamSettings()
        self.stopped = stopped or threading.Event()
        """Ends the stream when it is set, as by Ctrl-C."""
        self.tell = tell or (lambda _line: None)
        """Is given a line when the camera cannot be reached again, and when it can."""
        self.started: datetime | None = None
        """When the first frame came, by this machine's clock, in the source's zone if it has one."""
        self.reconnections = 0
        self._waiting = _Newest(self.settings.waiting)
        self._closing = threading.Event()

    @property
    def dropped(self) -> int:
        """How many frames nobody came for in time, so far."""
        return self._waiting.dropped

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, seconds by the wall clock; the oldest are dropped if the reader is slow. Once.

        A stream that ends or breaks is connected anew, after growing pauses. A recording, whose length is
        told, waits for the reader instead, has seconds of presentation, goes on where it broke, and ends.

        Raises:
            SourceError: the first connection fails, or no frame came for `give_up_seconds`.
        """
        waiting = self._waiting
        thread = threading.Thread(target=self._receive, name="stream", daemon=True)
        thread.start()
        try:
            while not self.stopped.is_set():
                frame = waiting.take(0.1)
                if frame is not None:
                    yield frame
                elif waiting.ended:
                    break
            if waiting.error is not None and not self.stopped.is_set():
                raise waiting.error
        finally:
            self._closing.set()
            thread.join(0.5)  # it may wait for the network; being a daemon, it holds up nobody

    def _receive(self) -> None:
        """Fills the queue until one of the events is set or the stream is given up."""
        try:
            self._connect_again_and_again()
        except SourceError as error:
            self._waiting.end(error)
        except Exception as error:  # a thread's error would vanish
            self._waiting.end(self._lost(f"{type(error).__name__}: {error}", "report this"))
        else:
            self._waiting.end(None)

    def _connect_again_and_again(self) -> None:
        settings, progress = self.settings, _Progress(self.settings.every_seconds)
        pause = settings.first_pause_seconds
        while not self._is_over():
            before = progress.frames
            reason, do = self._receive_once(progress)
            if self._is_over() or progress.is_complete:
                return
            if progress.last is None:
                raise self._lost(reason, do)
            if progress.frames > before:
                pause = settings.first_pause_seconds
            elif not progress.is_away:
                progress.is_away = True
                self.tell(f"no picture for {progress.silent_seconds:.0f} s ({reason}); it is tried again")
            if time.monotonic() + pause - progress.last > settings.give_up_seconds:
                raise self._lost(
                    f"no frame for {settings.give_up_seconds:g} seconds ({reason})",
                    "see that the camera is on, then start again; what came before is used",
                )
            self._pause(pause)
            pause = min(2 * pause, settings.longest_pause_seconds)
            self.reconnections += 1

    def _receive_once(self, progress: "_Progress") -> tuple[str, str]:
        """Receives until the connection ends; returns why it did, and what to do."""
        name, began, is_open = without_password(self.source.path), time.monotonic(), False
        try:
            with self._connected() as container:
                is_open = True
                track = video_track(name, container)
                receive = self._receive_live if _is_live(container) else self._receive_recording
                for frame, seconds in receive(container, track, progress):
                    if self._is_over():
                        break
                    if progress.sampling.takes(seconds):
                        require_size(name, frame.height, frame.width)
                        wait = None if _is_live(container) else self._closing
                        self._waiting.put(Frame(as_picture(frame, track), seconds), wait)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            patience = self.settings.silent_seconds
            was_silent = not is_open and time.monotonic() - began >= patience
            if was_silent or isinstance(error, av.error.ExitError):
                return f"no answer for {patience:g} seconds", _CORRECT_IT
            return _reason(error)
        return "the stream ended", _CORRECT_IT

    def _receive_live(
        self, container: InputContainer, track: VideoStream, progress: "_Progress"
    ) -> Iterator[tuple[VideoFrame, float]]:
        """Frames as they come, with seconds by the wall clock."""
        for frame in _decoded(container, track):
            if self.started is None:
                self.started = datetime.now().astimezone(self._zone())
            yield frame, self._seen(progress)

    def _receive_recording(
        self, container: InputContainer, track: VideoStream, progress: "_Progress"
    ) -> Iterator[tuple[VideoFrame, float]]:
        """Frames not seen before the connection was lost, with seconds of presentation."""
        first: float | None = None
        for frame in _decoded(container, track):
            if frame.time is None:
                continue
            first = frame.time if first is None else first
            if frame.time - first > progress.reached:
                self._seen(progress)
                progress.reached = frame.time - first
                yield frame, progress.reached
        whole = (container.duration or 0) / av.time_base
        progress.is_complete = progress.reached >= whole - max(1.0, 0.02 * whole)

    def _seen(self, progress: "_Progress") -> float:
        """A frame came just now: its seconds since the first; told if it was waited for."""
        if progress.is_away:
            progress.is_away = False
            self.tell(f"there again after {progress.silent_seconds:.0f} s")
        return progress.seen()

    def _connected(self) -> InputContainer:
        options = _RTSP_OPTIONS if self.source.path.lower().startswith("rtsp") else {}
        seconds = self.settings.silent_seconds
        return av.open(
            self.source.path, mode="r", options=options, timeout=(seconds, seconds), metadata_errors="replace"
        )

    def _zone(self) -> Any:
        return self.source.start.tzinfo if self.source.start else None

    def _is_over(self) -> bool:
        return self._closing.is_set() or self.stopped.is_set()

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._is_over() and time.monotonic() < end:
            self._closing.wait(min(0.1, max(0.0, end - time.monotonic())))

    def _lost(self, why: str, do: str) -> SourceError:
        return SourceError(
            f"cannot read {without_password(self.source.path)}: {why}", accepted=_ACCEPTED, do=do
        )


def _reason(error: Exception) -> tuple[str, str]:
    """What the error of a connection means, and what to do."""
    for kind, why, do in _REASONS:
        if isinstance(error, kind):
            return why, do
    return getattr(error, "strerror", None) or type(error).__name__, _CORRECT_IT


def _is_live(container: InputContainer) -> bool:
    """Whether nobody knows how long it will be."""
    return not container.duration or container.duration <= 0


def _decoded(container: InputContainer, track: VideoStream) -> Iterator[VideoFrame]:
    """The stream's frames as they come; what is damaged on the way is left out.

    Raises:
        FFmpegError: the connection was lost, after all frames received before.
    """
    try:
        for packet in container.demux(track):
            yield from _decode(track, packet)
    except av.error.FFmpegError:
        yield from _decode(track, None)
        raise


def _decode(track: VideoStream, packet: VideoPacket | None) -> list[VideoFrame]:
    try:
        return [frame for frame in track.decode(packet) if not frame.is_corrupt]
    except (av.error.EOFError, av.error.InvalidDataError):
        return []


class _Progress:
    """How far a stream has come, over all its connections."""

    def __init__(self, every_seconds: float) -> None:
        self.sampling = Sampling(every_seconds)
        self.first: float | None = None
        """When the first frame came, by the monotonic clock."""
        self.last: float | None = None
        """When the last one came."""
        self.frames = 0
        self.is_away = False
        """Whether it was told that no pictures come."""
        self.reached = -1.0
        """Seconds of a recording's last frame."""
        self.is_complete = False
        """Whether a recording was seen to its end."""

    @property
    def silent_seconds(self) -> float:
        """How long ago the last frame came; one did."""
        return time.monotonic() - (self.last or 0.0)

    def seen(self) -> float:
        """A frame came just now: its seconds since the first."""
        now = time.monotonic()
        self.first = now if self.first is None else self.first
        self.last = now
        self.frames += 1
        return now - self.first


class _Newest:
    """A queue between two threads that never grows: the newest push out the oldest."""

    def __init__(self, most: int) -> None:
        self.frames: deque[Frame] = deque(maxlen=most)
        self.changed = threading.Condition()
        self.dropped = 0
        self.is_closed = False
        self.error: SourceError | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing waits and nothing more comes."""
        with self.changed:
            return self.is_closed and not self.frames

    def put(self, frame: Frame, wait: threading.Event | None) -> None:
        """`frame` waits; of too many the oldest is gone, unless this may `wait`, until that is set."""
        with self.changed:
            while wait is not None and len(self.frames) == self.frames.maxlen and not wait.is_set():
                self.changed.wait(0.1)
            self.dropped += len(self.frames) == self.frames.maxlen
            self.frames.append(frame)
            self.changed.notify()

    def end(self, error: SourceError | None) -> None:
        """Nothing more comes."""
        with self.changed:
            self.error, self.is_closed = error, True
            self.changed.notify()

    def take(self, seconds: float) -> Frame | None:
        """The oldest that waits, waiting so long for one."""
        with self.changed:
            if not self.frames and not self.is_closed:
                self.changed.wait(seconds)
            frame = self.frames.popleft() if self.frames else None
            self.changed.notify()
            return frame
