"""Rounds of drawn people."""

from dataclasses import fields
from functools import partial
from threading import Event

import numpy as np
import pytest

from reidtalk.data.drawn import Batch, Round, alike_together, batch_of_people, draw_some, people_artist
from reidtalk.data.people import draw_person, person
from reidtalk.data.people.labels import CLASSES, FIELDS, UNSEEN, VALUES, labels
from reidtalk.data.processes import drawing_processes
from reidtalk.data.rounds import Artist, Batches
from reidtalk.errors import TrainingError


def test_a_round_follows_from_its_number_whoever_draws_it() -> None:
    with drawing_processes(2) as pool:
        artist = people_artist(pool, seed=5, pictures=80, captions=3, size_px=(32, 16))
        artist.begin(1)
        drawn = artist.whole_round(1)
    alone = draw_some(range(80, 160), seed=5, captions=3, size_px=(32, 16))
    assert drawn.images.shape == (80, 3, 32, 16)
    assert {len(captions) for captions in drawn.captions} == {3}
    for field in fields(drawn):
        assert np.array_equal(getattr(drawn, field.name), getattr(alone, field.name)), field.name


def test_labels_are_classes_and_only_of_what_is_seen() -> None:
    told = []
    for number in range(60):
        who = person(3, number)
        _, view = draw_person(who, np.random.default_rng(number), 32, 16)
        told.append(labels(who, view))
        row = dict(zip(FIELDS, told[-1], strict=True))
        assert (row["shoes"] == UNSEEN) == ("shoes" not in view.seen)
        assert (row["glasses"] == UNSEEN) == ("glasses" not in view.seen)
        assert (row["hat"] == UNSEEN) == (
            "head" not in view.seen or (who.hat is not None and "hat" not in view.seen)
        )
        if view.monochrome:
            assert row["upper colour"] == UNSEEN
    known = np.array(told)
    assert ((known == UNSEEN) | ((known >= 0) & (known < CLASSES))).all()
    always = ("gender", "age", "build", "facing", "legs", "upper")
    assert all(len(np.unique(known[:, FIELDS.index(field)])) > 1 for field in always)
    assert (known[:, [FIELDS.index(field) for field in always]] != UNSEEN).all()


def test_no_two_values_share_a_class() -> None:
    for field, values in VALUES.items():
        assert len(set(values)) == len(values), field


def test_a_killed_process_is_told() -> None:
    with drawing_processes(1) as pool:
        artist = people_artist(pool, seed=5, pictures=64, captions=1, size_px=(32, 16))
        artist.begin(0)
        for process in pool._processes.values():
            process.kill()
        with pytest.raises(TrainingError, match="a process that draws people was ended"):
            artist.round(0)
        with pytest.raises(TrainingError, match="a process that draws people was ended"):
            artist.begin(1)


class Pencil(Artist[Round]):
    """Draws nothing: pictures that show their number, captions that tell it, colours by its last digit."""

    def __init__(self, pictures: int) -> None:
        self.pictures, self.subject, self.drawn = pictures, "people", []

    def begin(self, number: int) -> None:
        self.drawn.append(number)

    def round(self, number: int, *_: object) -> Round:
        numbers = np.arange(self.pictures) + number * self.pictures
        labels = np.zeros((self.pictures, len(FIELDS)), dtype=np.int64)
        labels[:, FIELDS.index("upper colour")] = numbers % 10
        captions = [[f"{number} {k}" for k in range(3)] for number in numbers]
        return Round(images=numbers[:, None, None, None].astype(np.uint8), captions=captions, labels=labels)


def batches_of(pictures: int, *, passes: int, captions: int) -> Batches[Round, Batch]:
    pick = partial(batch_of_people, batch_size=10, captions=captions, lookalikes=2, seed=4)
    return Batches(artist=Pencil(pictures), batch_size=10, passes=passes, pick=pick)


def test_every_pass_takes_each_picture_once_in_another_order_with_other_captions() -> None:
    batches = batches_of(50, passes=3, captions=2)
    assert batches.steps_a_round == 15
    steps = list(batches.batches(0, 30, Event(), ahead=False))
    for first in range(0, 30, 5):
        seen = [int(number) for lines in steps[first : first + 5] for number in lines.images.flatten()]
        assert sorted(seen) == list(range(50 * (first // 15), 50 * (first // 15) + 50))
    orders = {tuple(lines.images.flatten().tolist()) for lines in steps}
    assert len(orders) == 30
    for lines in steps:
        told = [text.split() for text in lines.texts]
        assert [int(number) for number, _ in told] == [*lines.images.flatten(), *lines.images.flatten()]
        assert told[0][1] != told[10][1]
    assert {lines.texts[0].split()[1] for lines in steps[:15]} == {"0", "1", "2"}


def test_every_second_pass_is_of_lookalikes_and_any_step_can_be_the_first() -> None:
    batches = batches_of(50, passes=2, captions=1)
    steps = list(batches.batches(0, 20, Event(), ahead=False))
    colours = [len(set((lines.images.flatten() % 10).tolist())) for lines in steps]
    assert all(count == 2 for place, count in enumerate(colours) if place % 10 >= 5)
    assert all(count > 2 for place, count in enumerate(colours) if place % 10 < 5)
    later = list(batches.batches(7, 20, Event(), ahead=False))
    assert [lines.texts for lines in later] == [lines.texts for lines in steps[7:]]


def test_lookalikes_stand_together_by_upper_then_lower_colour() -> None:
    labels = np.zeros((4, len(FIELDS)), dtype=np.int64)
    labels[:, FIELDS.index("upper colour")] = [3, 1, 3, UNSEEN]
    labels[:, FIELDS.index("lower colour")] = [9, 0, 2, 5]
    assert alike_together(np.array([0, 1, 2, 3]), labels).tolist() == [3, 1, 2, 0]


def test_what_is_left_over_is_of_any_colour() -> None:
    batches = batches_of(59, passes=2, captions=1)
    steps = list(batches.batches(0, 10, Event(), ahead=False))
    missing = set(range(59)) - {int(number) for batch in steps[5:] for number in batch.images.flatten()}
    assert len(missing) == 9
    assert len({number % 10 for number in missing}) > 3
