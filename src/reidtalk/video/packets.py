"""Leaves out, undecoded, what sampling does not need: the frames that are sampled stay the same."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeAlias

from av.packet import Packet
from av.video.stream import VideoStream

from reidtalk.video.sampling import SLACK_SECONDS, Sampling

if TYPE_CHECKING:
    VideoPacket: TypeAlias = Packet[VideoStream]
else:
    VideoPacket = Packet  # generic for the type checker only

_WITH_UNREFERENCED_FRAMES = ("h264", "mpeg4", "mpeg2video")
"""Codecs whose frames marked as unreferenced are so without conditions (HEVC's may be, by higher layers)."""
_MOST_HELD = 1000


class TurnedBackError(Exception):
    """Timestamps run backwards before the first frame that is wanted: its time is not known."""


class Clock(Protocol):
    """Knows the seconds of a timestamp."""

    stream: VideoStream

    def since_first(self, timestamp: int | None) -> float | None:
        """Seconds since the first frame; None while that is not known."""
        ...


def needed_packets(
    packets: Iterable[VideoPacket], sampling: Sampling, clock: Clock
) -> Iterator[VideoPacket | None]:
    """The packets that decoding the sampled frames needs, in order; None: empty the decoder, then begin anew.

    A group of pictures that ends before the next sample is due is left out; within the others, frames that no
    other needs are skipped by the decoder. Where timestamps run backwards, nothing is left out any more.

    Raises:
        TurnedBackError: they do so where a sampling that begins later left out what came before.
    """
    context = clock.stream.codec_context
    thrift = _Thrift(sampling, clock, skips=context.name in _WITH_UNREFERENCED_FRAMES)
    held: list[VideoPacket] = []
    for packet in packets:
        thrift.watch(packet)
        if not thrift.in_order and sampling.since > 0 and not sampling.begun:
            raise TurnedBackError
        if held and packet.is_keyframe and thrift.before_due(packet, or_then=True):
            held = []
            yield None
            context.flush_buffers()
        if thrift.before_due(packet) and len(held) < _MOST_HELD:
            held.append(packet)
            continue
        for one in (*held, packet):
            context.skip_frame = "NONREF" if thrift.is_unwanted(one) else "DEFAULT"
            yield one
        held = []
    context.skip_frame = "DEFAULT"
    yield from held


class _Thrift:
    """What is certain of packets not yet decoded."""

    def __init__(self, sampling: Sampling, clock: Clock, *, skips: bool) -> None:
        self.sampling, self.clock, self.skips = sampling, clock, skips
        self.in_order = sampling.every_seconds > 0
        self.last_timestamp: int | None = None
        self.earliest: dict[int, float] = {}
        """By interval: the time of the earliest frame that is decoded."""

    def watch(self, packet: VideoPacket) -> None:
        """Notices where timestamps run backwards, as between two recordings in one file."""
        if packet.dts is not None:
            if self.last_timestamp is not None and packet.dts < self.last_timestamp:
                self.in_order = False
            self.last_timestamp = packet.dts

    def before_due(self, packet: VideoPacket, *, or_then: bool = False) -> bool:
        """Whether the packet is shown before the next sample is due, or just then."""
        seconds = self.clock.since_first(packet.pts)
        if seconds is None or not self.in_order:
            return False
        due = self.sampling.due_seconds - SLACK_SECONDS
        return seconds <= due if or_then else seconds < due

    def is_unwanted(self, packet: VideoPacket) -> bool:
        """Whether an earlier frame of its interval is decoded, so that this one is not looked at."""
        seconds = self.clock.since_first(packet.pts)
        if seconds is None or not self.in_order or not self.skips:
            return False
        interval = self.sampling.interval(seconds)
        if interval < self.sampling.next_interval or self.earliest.get(interval, seconds) < seconds:
            return True
        self.earliest = {key: at for key, at in self.earliest.items() if key >= self.sampling.next_interval}
        self.earliest[interval] = seconds
        return False
