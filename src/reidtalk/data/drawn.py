"""People drawn on the fly, a round at a time: pictures that no data set holds, as many as training asks for.

Round N follows from the seed and N alone, whatever the number of processes that draw it.
"""

from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from threading import Event

import numpy as np
from numpy.typing import NDArray

from reidtalk.data.people import describe, draw_person, person
from reidtalk.data.people.labels import labels
from reidtalk.errors import TrainingError
from reidtalk.progress import Bar

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
        self, pool: ProcessPoolExecutor, *, seed: int, pictures: int, captions: int, size_px: tuple[int, int]
    ) -> None:
        self.pool, self.pictures = pool, pictures
        self.task = partial(draw_some, seed=seed, captions=captions, size_px=size_px)
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


def draw_some(people: range, *, seed: int, captions: int, size_px: tuple[int, int]) -> Round:
    """One picture of each of the `people` of `seed`."""
    pictures, said, true = [], [], []
    for number in people:
        who = person(seed, number)
        rng = np.random.default_rng(np.random.SeedSequence([seed, number, 0]))
        picture, view = draw_person(who, rng, *size_px)
        pictures.append(picture.transpose(2, 0, 1))
        said.append([describe(who, view, rng) for _ in range(captions)])
        true.append(labels(who, view))
    return Round(images=np.stack(pictures), captions=said, labels=np.array(true, dtype=np.int64))
