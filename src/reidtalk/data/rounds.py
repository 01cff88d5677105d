"""Pictures drawn on the fly, a round at a time: in no data set, as many as training asks for.

Round N follows from the seed and N alone, whatever the number of processes that draw it; so do its batches.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Generic, TypeVar

from reidtalk.errors import TrainingError
from reidtalk.progress import Bar, progress_bar

AnyRound = TypeVar("AnyRound")
AnyBatch = TypeVar("AnyBatch")

PICTURES_PER_TASK = 64
"""Drawn by one process at a time; scenes drawn together share a cast, so that another number changes them."""
PATIENCE_SECONDS = 0.5
"""How long Ctrl-C waits while a round is drawn."""


class Artist(Generic[AnyRound]):
    """Draws rounds in processes of its own, if need be one ahead."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        draw: Callable[[range], AnyRound],
        joined: Callable[[list[AnyRound]], AnyRound],
        *,
        pictures: int,
        subject: str,
    ) -> None:
        """`draw` makes pictures with some numbers, `joined` makes one of several; they show the `subject`."""
        self.pool, self.draw, self.joined = pool, draw, joined
        self.pictures, self.subject = pictures, subject
        self.begun: dict[int, dict[range, Future[AnyRound]]] = {}

    def begin(self, number: int) -> None:
        """Round `number` is being drawn.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        if number not in self.begun:
            first, end = number * self.pictures, (number + 1) * self.pictures
            starts = range(first, end, PICTURES_PER_TASK)
            tasks = [range(start, min(start + PICTURES_PER_TASK, end)) for start in starts]
            with self._ends_told():
                self.begun[number] = {task: self.pool.submit(self.draw, task) for task in tasks}

    def round(self, number: int, bar: Bar | None = None, stopped: Event | None = None) -> AnyRound | None:
        """Round `number`, waited for; None if `stopped` is set first. `bar` goes on with each picture.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        self.begin(number)
        parts: list[AnyRound] = []
        for task, future in self.begun.pop(number).items():
            while not wait([future], timeout=PATIENCE_SECONDS).done:
                if stopped is not None and stopped.is_set():
                    return None
            with self._ends_told():
                parts.append(future.result())
            if bar:
                bar.advance(len(task))
        return self.joined(parts)

    @contextmanager
    def _ends_told(self) -> Iterator[None]:
        """What the block asks of the processes; in one line if one of them was ended.

        Raises:
            TrainingError: it was.
        """
        try:
            yield
        except BrokenProcessPool as error:
            raise TrainingError(
                f"a process that draws {self.subject} was ended, "
                "by the system for want of memory or by somebody",
                accepted="about 1 GB of memory for each process",
                do="use fewer with --workers, and --resume",
            ) from error

    def whole_round(self, number: int, bar: Bar | None = None) -> AnyRound:
        """Round `number`, waited for.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        drawn = self.round(number, bar)
        assert drawn is not None  # nothing could stop it
        return drawn


@dataclass(frozen=True, kw_only=True)
class Batches(Generic[AnyRound, AnyBatch]):
    """The order in which rounds are used: each for some passes."""

    artist: Artist[AnyRound]
    batch_size: int
    passes: int
    pick: Callable[[AnyRound, int, int, int], AnyBatch]
    """The batch of a round, given the round's number, the pass, and the place in the pass."""

    @property
    def steps_a_pass(self) -> int:
        """How many batches one pass over a round has; what is left over is not used in it."""
        return self.artist.pictures // self.batch_size

    @property
    def steps_a_round(self) -> int:
        """How many batches one round lasts."""
        return self.passes * self.steps_a_pass

    def batches(self, first: int, end: int, stopped: Event, *, ahead: bool) -> Iterator[AnyBatch]:
        """Batches `first` up to, but not, `end`; none after `stopped` while a round is drawn.

        With `ahead`, the next round is drawn while this one is used.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        drawn: AnyRound | None = None
        for step in range(first, end):
            number, place = divmod(step, self.steps_a_round)
            if drawn is None or place == 0:
                with progress_bar(f"drawing {self.artist.subject}", self.artist.pictures) as bar:
                    drawn = self.artist.round(number, bar, stopped)
                if drawn is None:
                    return
                if ahead and (number + 1) * self.steps_a_round < end:
                    self.artist.begin(number + 1)
            yield self.pick(drawn, number, *divmod(place, self.steps_a_pass))
