"""Which frames of a source are looked at: the first of every interval."""

import math

SLACK_SECONDS = 1e-3
"""Containers round times to milliseconds; a frame that much too early still opens its interval."""


class Sampling:
    """Takes the first frame of every interval of `every_seconds`; all frames if it is 0.

    With `since`, only from the interval on in which that second lies: the same frames as without it.
    """

    def __init__(self, every_seconds: float, since: float = 0.0) -> None:
        self.every_seconds, self.since = every_seconds, since
        self.next_interval = self.interval(since) if every_seconds > 0 else 0
        """The first interval of which no frame was taken yet."""
        self.begun = False
        """Whether a frame was taken."""

    def interval(self, seconds: float) -> int:
        """The number of the interval in which `seconds` lies; `every_seconds` is not 0."""
        return math.floor((seconds + SLACK_SECONDS) / self.every_seconds)

    @property
    def due_seconds(self) -> float:
        """When the next interval begins that wants a frame."""
        return self.next_interval * self.every_seconds

    def takes(self, seconds: float) -> bool:
        """Whether the frame at `seconds` is looked at; frames are asked about in order of time, each once."""
        if self.every_seconds <= 0:
            return seconds >= self.since - SLACK_SECONDS
        interval = self.interval(seconds)
        if interval < self.next_interval:
            return False
        self.next_interval = interval + 1
        self.begun = True
        return True
