"""Recall, precision and average precision of boxes: by hand, and against the slow obvious version."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reidtalk.box_metrics import Found, Judgement, There, judged, overlaps

SQUARE, SHIFTED, AWAY = (0, 0, 10, 10), (0, 5, 10, 15), (50, 50, 60, 60)


def found(*rows: tuple[tuple[float, ...], float]) -> Found:
    return Found(np.array([box for box, _ in rows]).reshape(-1, 4), np.array([score for _, score in rows]))


def there(*boxes: tuple[float, ...], ignored: tuple[bool, ...] | None = None) -> There:
    flags = ignored or (False,) * len(boxes)
    return There(np.array(boxes, float).reshape(-1, 4), np.array(flags, bool))


def test_overlaps_by_hand() -> None:
    common = overlaps(np.array([SQUARE], float), np.array([SQUARE, SHIFTED, AWAY], float))
    np.testing.assert_allclose(common, [[1, 1 / 3, 0]])


def test_a_second_box_on_the_same_person_is_wrong() -> None:
    judgement = judged([found((SQUARE, 0.9), (SQUARE, 0.8))], [there(SQUARE, AWAY)])
    assert judgement.right.tolist() == [True, False]
    assert judgement.people == 2
    assert judgement.recall(0.85) == 0.5
    assert judgement.precision(0.85) == 1
    assert judgement.precision(0.0) == 0.5


def test_somebody_ignored_is_neither_wanted_nor_wrong() -> None:
    judgement = judged([found((SQUARE, 0.9), (AWAY, 0.8))], [there(SQUARE, AWAY, ignored=(True, False))])
    assert judgement.right.tolist() == [True]
    assert (judgement.people, judgement.average_precision) == (1, 1)


def test_average_precision_by_hand() -> None:
    """Right, wrong, right of two: precision 1 at recall 1/2, 2/3 at recall 1."""
    judgement = Judgement(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2)
    assert judgement.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert judgement.balanced() == 0.7


def test_with_nobody_there_and_nothing_found() -> None:
    judgement = judged([found()], [there()])
    assert np.isnan(judgement.average_precision)
    assert (judgement.recall(0.5), judgement.precision(0.5), judgement.balanced()) == (1, 1, 1)


def slow_average_precision(right: list[bool], people: int) -> float:
    """For each person found, the best precision at that rank or a later one."""
    precisions = [sum(right[: rank + 1]) / (rank + 1) for rank in range(len(right))]
    best = [max(precisions[rank:]) for rank in range(len(right)) if right[rank]]
    return sum(best) / people


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 3))
def test_average_precision_is_that_of_a_plain_loop(right: list[bool], missed: int) -> None:
    people = sum(right) + missed
    if people:
        judgement = Judgement(np.linspace(1, 0, len(right)), np.array(right), people)
        assert judgement.average_precision == pytest.approx(slow_average_precision(right, people))
