"""One pass through an open video: what is decoded, when it is shown, and where the file is damaged."""

from collections.abc import Iterator
from itertools import chain

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reidtalk.video.packets import VideoPacket, needed_packets
from reidtalk.video.sampling import Sampling

_SEEKABLE = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers whose tables say where the key frames are; others are read from their beginning, undecoded."""
_SEEK_EARLIER_SECONDS = 1.0
"""Tables go by when frames are decoded, up to so long before they are shown."""


class Reading:
    """A video on its way through the decoder: the time reached, and where it was damaged."""

    def __init__(self, stream: VideoStream) -> None:
        self.stream = stream
        self.step_seconds = float(1 / (stream.average_rate or 25))
        self.first_seconds: float | None = None
        """The container's time of the first frame."""
        self.seconds = -self.step_seconds
        """When the last frame was shown, since the first."""
        self.end_timestamp: int | None = None
        """When the last whole packet ends, in the stream's units."""
        self.damaged_seconds: float | None = None
        self.broke_off = False

    def frames(self, container: InputContainer, sampling: Sampling) -> Iterator[tuple[VideoFrame, float]]:
        """Frames in order of time, with their seconds; those that the sampling cannot take may be missing."""
        packets = needed_packets(self._whole_packets(container), sampling, self)
        for packet in chain(packets, [None]):  # at last, what the decoder still has
            for frame in self._decode(packet):
                if not frame.is_corrupt:
                    yield frame, self._place(frame)

    def seek(self, container: InputContainer, seconds: float) -> bool:
        """The next packets are those from a key frame before `seconds` on; False: they may not be."""
        if container.format.name not in _SEEKABLE:
            return False
        next(self.frames(container, Sampling(0)), None)  # times count from the first frame
        if self.first_seconds is None or self.stream.time_base is None:
            return False
        there = self.first_seconds + seconds - _SEEK_EARLIER_SECONDS
        place = round(there / self.stream.time_base)
        try:
            container.seek(place, stream=self.stream)
            packet = next(iter(container.demux(self.stream)))
            container.seek(place, stream=self.stream)
        except (av.error.FFmpegError, StopIteration):
            return False
        self.seconds = -self.step_seconds
        begins = self.since_first(packet.pts)
        return packet.is_keyframe and begins is not None and begins <= seconds

    @property
    def read_seconds(self) -> float:
        """How much of the video there is, since its first frame."""
        return max(self.since_first(self.end_timestamp) or 0.0, self.seconds + self.step_seconds)

    def since_first(self, timestamp: int | None) -> float | None:
        """Seconds since the first frame of a timestamp of the stream; None while that is not known."""
        if timestamp is None or self.first_seconds is None or self.stream.time_base is None:
            return None
        return float(timestamp * self.stream.time_base) - self.first_seconds

    def _whole_packets(self, container: InputContainer) -> Iterator[VideoPacket]:
        try:
            for packet in container.demux(self.stream):
                if packet.is_corrupt:
                    self._note_damage()
                else:
                    self._note_end(packet)
                    yield packet
        except av.error.FFmpegError:
            self._note_damage()
            self.broke_off = True

    def _decode(self, packet: VideoPacket | None) -> list[VideoFrame]:
        try:
            return self.stream.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._note_damage()
            return []

    def _note_end(self, packet: VideoPacket) -> None:
        timestamp = packet.pts if packet.pts is not None else packet.dts
        if timestamp is not None:
            self.end_timestamp = max(timestamp + (packet.duration or 0), self.end_timestamp or timestamp)

    def _note_damage(self) -> None:
        if self.damaged_seconds is None:
            self.damaged_seconds = max(0.0, self.seconds + self.step_seconds)

    def _place(self, frame: VideoFrame) -> float:
        """When `frame` is shown; later than the one before it, whatever the file says."""
        timestamp = frame.pts if frame.pts is not None else frame.dts
        if timestamp is not None and self.first_seconds is None and self.stream.time_base is not None:
            self.first_seconds = float(timestamp * self.stream.time_base)
        seconds = self.since_first(timestamp)
        following = self.seconds + self.step_seconds
        if seconds is None:
            seconds = following
        elif seconds <= self.seconds and self.first_seconds is not None:  # two recordings in one file
            self.first_seconds += seconds - following
            seconds = following
        self.seconds = seconds
        return seconds
