"""People drawn on the fly, a round at a time: pictures that no data set holds, as many as training asks for.

Round N follows from the seed and N alone, whatever the number of processes that draw it; so do its batches.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reidtalk.data.people import describe, draw_person, person
from reidtalk.data.people.labels import FIELDS, labels
from reidtalk.data.people.wording.memory import misremembered
from reidtalk.errors import TrainingError
from reidtalk.progress import Bar, progress_bar

PICTURES_PER_TASK = 64
PATIENCE_SECONDS = 0.5
"""How long Ctrl-C waits while a round is drawn."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """Pictures of different people, what is said of each, and what is true of each."""

    images: NDArray[np.uint8]
    """[pictures, 3, height, width]."""
    captions: list[list[str]]
    """Of each picture, all of the same number."""
    labels: NDArray[np.int64]
    """[pictures, fields]; see `data.people.labels`."""


class Artist:
    """Draws rounds in processes of its own, if need be one ahead."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        *,
        seed: int,
        pictures: int,
        captions: int,
        size_px: tuple[int, int],
        mistaken: float = 0.0,
    ) -> None:
        self.pool, self.pictures = pool, pictures
        self.task = partial(draw_some, seed=seed, captions=captions, size_px=size_px, mistaken=mistaken)
        self.begun: dict[int, list[Future[Round]]] = {}

    def begin(self, number: int) -> None:
        """Round `number` is being drawn."""
        if number not in self.begun:
            first, end = number * self.pictures, (number + 1) * self.pictures
            starts = range(first, end, PICTURES_PER_TASK)
            tasks = [range(start, min(start + PICTURES_PER_TASK, end)) for start in starts]
            self.begun[number] = [self.pool.submit(self.task, people) for people in tasks]

    def round(self, number: int, bar: Bar | None = None, stopped: Event | None = None) -> Round | None:
        """Round `number`, waited for; None if `stopped` is set first. `bar` goes on with each picture.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        parts: list[Round] = []
        try:
            self.begin(number)
            for future in self.begun.pop(number):
                while not wait([future], timeout=PATIENCE_SECONDS).done:
                    if stopped is not None and stopped.is_set():
                        return None
                parts.append(future.result())
                if bar:
                    bar.advance(len(parts[-1].captions))
        except BrokenProcessPool as error:
            raise TrainingError(
                "a process that draws people was ended, by the system for want of memory or by somebody",
                accepted="about 1 GB of memory for each process",
                do="use fewer with --workers, and --resume",
            ) from error
        return Round(
            images=np.concatenate([part.images for part in parts]),
            captions=[caption for part in parts for caption in part.captions],
            labels=np.concatenate([part.labels for part in parts]),
        )

    def whole_round(self, number: int, bar: Bar | None = None) -> Round:
        """Round `number`, waited for.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        drawn = self.round(number, bar)
        assert drawn is not None  # nothing could stop it
        return drawn


class Batch(NamedTuple):
    """What one step learns from."""

    images: NDArray[np.uint8]
    """[pictures, 3, height, width]."""
    texts: list[str]
    """All first captions in the order of the pictures, then all second ones, ..."""
    labels: NDArray[np.int64]
    """[pictures, fields]; see `data.people.labels`."""


@dataclass(frozen=True, kw_only=True)
class DrawnBatches:
    """The order in which rounds are used: each for some passes, shuffled anew for each."""

    artist: Artist
    batch_size: int
    passes: int
    captions: int
    """Captions of each picture in a batch."""
    lookalikes: int
    """The batches of one pass in so many are of people dressed in the same colours; 0: of none."""
    seed: int

    @property
    def steps_a_round(self) -> int:
        """How many batches the pictures of one round last."""
        return self.passes * (self.artist.pictures // self.batch_size)

    def batches(self, first: int, end: int, stopped: Event, *, ahead: bool) -> Iterator[Batch]:
        """Batches `first` up to, but not, `end`; none after `stopped` while a round is drawn.

        With `ahead`, the next round is drawn while this one is used.

        Raises:
            TrainingError: a process that draws was ended from outside.
        """
        drawn: Round | None = None
        for step in range(first, end):
            number, place = divmod(step, self.steps_a_round)
            if drawn is None or place == 0:
                with progress_bar("drawing people", self.artist.pictures) as bar:
                    drawn = self.artist.round(number, bar, stopped)
                if drawn is None:
                    return
                if ahead and (number + 1) * self.steps_a_round < end:
                    self.artist.begin(number + 1)
            yield self.batch(drawn, number, place)

    def batch(self, drawn: Round, number: int, place: int) -> Batch:
        """Batch `place` of round `number`."""
        turn, position = divmod(place, self.artist.pictures // self.batch_size)
        rng = np.random.default_rng([self.seed, number, turn])
        order = rng.permutation(self.artist.pictures)
        order = order[: len(order) // self.batch_size * self.batch_size]
        if self.lookalikes and turn % self.lookalikes == self.lookalikes - 1:
            order = alike_together(order, drawn.labels)
        rows = rng.permutation(order.reshape(-1, self.batch_size))[position]
        told = len(drawn.captions[0])
        texts = [
            drawn.captions[row][(turn * self.captions + k) % told]
            for k in range(self.captions)
            for row in rows.tolist()
        ]
        return Batch(drawn.images[rows], texts, drawn.labels[rows])


def alike_together(rows: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """`rows` sorted by the colours of upper and lower clothes: neighbours differ in other things."""
    upper, lower = (labels[rows, FIELDS.index(f"{part} colour")] for part in ("upper", "lower"))
    return rows[np.lexsort((lower, upper))]


def draw_some(
    people: range, *, seed: int, captions: int, size_px: tuple[int, int], mistaken: float = 0.0
) -> Round:
    """One picture of each of the `people` of `seed`, and captions with a share `mistaken` of shapes wrong."""
    pictures, said, true = [], [], []
    for number in people:
        who = person(seed, number)
        rng = np.random.default_rng(np.random.SeedSequence([seed, number, 0]))
        picture, view = draw_person(who, rng, *size_px)
        pictures.append(picture.transpose(2, 0, 1))
        told = [(who, view)] * captions
        if mistaken:
            strangers = [person(seed, number + k + 1) for k in range(captions)]
            told = [misremembered(who, view, stranger, mistaken, rng) for stranger in strangers]
        said.append([describe(*recalled, rng) for recalled in told])
        true.append(labels(who, view))
    return Round(images=np.stack(pictures), captions=said, labels=np.array(true, dtype=np.int64))
