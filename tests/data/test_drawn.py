"""Rounds of drawn people."""

from dataclasses import fields

import numpy as np
import pytest

from reidtalk.data.drawn import Artist, draw_some
from reidtalk.data.people import draw_person, person
from reidtalk.data.people.labels import CLASSES, FIELDS, UNSEEN, VALUES, labels
from reidtalk.data.processes import drawing_processes
from reidtalk.errors import TrainingError


def test_a_round_follows_from_its_number_whoever_draws_it() -> None:
    with drawing_processes(2) as pool:
        artist = Artist(pool, seed=5, pictures=80, captions=3, size_px=(32, 16))
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
        artist = Artist(pool, seed=5, pictures=64, captions=1, size_px=(32, 16))
        artist.begin(0)
        for process in pool._processes.values():
            process.kill()
        with pytest.raises(TrainingError, match="a process that draws people was ended"):
            artist.round(0)
