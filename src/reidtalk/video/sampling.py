"""Which frames of a source are looked at: the first of every interval."""

import math

SLACK_SECONDS = 1e-3
"""Containers round times to milliseconds; a frame that much too early still opens its interval."""


class Sampling:
    """Takes the first frame of every interval of `every_seconds`, from second 0 on; all frames if it is 0."""

    def __init__(self, every_seconds: float) -> None:
        self.every_seconds = every_seconds
        self.next_interval = 0
        """The first interval of which no frame was taken yet."""

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
            return True
        interval = self.interval(seconds)
        if interval < self.next_interval:
            return False
        self.next_interval = interval + 1
        return True
