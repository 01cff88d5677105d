"""Bad witnesses: shapes wrong as often as asked, colours of clothes right."""

from dataclasses import replace

import numpy as np
import pytest

from reidtalk.data.drawn import draw_some
from reidtalk.data.people import describe, draw_person, person
from reidtalk.data.people.wording.memory import misremembered


@pytest.fixture(scope="module")
def people() -> list:
    seen = []
    for number in range(150):
        who = person(5, number)
        rng = np.random.default_rng(number)
        seen.append((who, draw_person(who, rng, 64, 32)[1], person(5, number + 1000), rng))
    return seen


def test_nothing_is_wrong_without_mistakes(people: list) -> None:
    for who, view, stranger, rng in people:
        assert misremembered(who, view, stranger, 0.0, rng) == (
            replace(who, beard=who.beard if who.gender == "man" else ""),
            view,
        )


def test_colours_of_clothes_stay_and_all_else_comes_from_the_stranger(people: list) -> None:
    for who, view, stranger, rng in people:
        told, seen = misremembered(who, view, stranger, 1.0, rng)
        assert told.upper.colour == who.upper.colour
        assert told.shoes.colour == who.shoes.colour
        assert told.shoes.kind == stranger.shoes.kind
        assert (told.gender, told.hair, told.hat, told.bag) == (
            stranger.gender,
            stranger.hair,
            stranger.hat,
            stranger.bag,
        )
        assert (told.lower is None) == (who.lower is None)
        assert ("bag" in seen.seen) == (stranger.bag is not None)
        assert describe(told, seen, rng)


def test_a_share_of_things_is_wrong(people: list) -> None:
    wrong = sum(
        misremembered(who, view, stranger, 0.3, rng)[0].hair is stranger.hair
        for who, view, stranger, rng in people
        for _ in range(10)
    )
    assert 0.25 < wrong / 1500 < 0.35


def test_drawings_and_labels_are_the_same_with_mistaken_captions() -> None:
    right, wrong = (
        draw_some(range(6), seed=3, captions=3, size_px=(32, 16), mistaken=share) for share in (0.0, 0.5)
    )
    assert (right.images == wrong.images).all()
    assert (right.labels == wrong.labels).all()
    assert right.captions != wrong.captions
