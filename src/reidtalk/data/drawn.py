"""People drawn on the fly, and batches of them for a matcher to learn from."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reidtalk.data.people import describe, draw_person, person
from reidtalk.data.people.labels import FIELDS, labels
from reidtalk.data.people.wording.memory import misremembered
from reidtalk.data.rounds import Artist


@dataclass(frozen=True, kw_only=True)
class Round:
    """Pictures of different people, what is said of each, and what is true of each."""

    images: NDArray[np.uint8]
    """[pictures, 3, height, width]."""
    captions: list[list[str]]
    """Of each picture, all of the same number."""
    labels: NDArray[np.int64]
    """[pictures, fields]; see `data.people.labels`."""


class Batch(NamedTuple):
    """What one step learns from."""

    images: NDArray[np.uint8]
    """[pictures, 3, height, width]."""
    texts: list[str]
    """All first captions in the order of the pictures, then all second ones, ..."""
    labels: NDArray[np.int64]
    """[pictures, fields]; see `data.people.labels`."""


def people_artist(
    pool: ProcessPoolExecutor,
    *,
    seed: int,
    pictures: int,
    captions: int,
    size_px: tuple[int, int],
    mistaken: float = 0.0,
) -> Artist[Round]:
    """Draws rounds of `pictures` people of `seed`; see `draw_some`."""
    draw = partial(draw_some, seed=seed, captions=captions, size_px=size_px, mistaken=mistaken)
    return Artist(pool, draw, joined, pictures=pictures, subject="people")


def joined(parts: list[Round]) -> Round:
    """All pictures of `parts`, in order."""
    return Round(
        images=np.concatenate([part.images for part in parts]),
        captions=[captions for part in parts for captions in part.captions],
        labels=np.concatenate([part.labels for part in parts]),
    )


def batch_of_people(
    drawn: Round,
    number: int,
    turn: int,
    position: int,
    *,
    batch_size: int,
    captions: int,
    lookalikes: int,
    seed: int,
) -> Batch:
    """Batch `position` of pass `turn` of round `number`, with so many `captions` of each picture.

    One pass in so many `lookalikes` has batches of people dressed in the same colours; 0: none.
    """
    rng = np.random.default_rng([seed, number, turn])
    order = rng.permutation(len(drawn.images))
    order = order[: len(order) // batch_size * batch_size]
    if lookalikes and turn % lookalikes == lookalikes - 1:
        order = alike_together(order, drawn.labels)
    rows = rng.permutation(order.reshape(-1, batch_size))[position]
    told = len(drawn.captions[0])
    texts = [
        drawn.captions[row][(turn * captions + k) % told] for k in range(captions) for row in rows.tolist()
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
