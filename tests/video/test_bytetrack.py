import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reidtalk.video.bytetrack import NOBODY, ByteTracker, TrackSettings, _overlaps
from reidtalk.video.motion_filter import begin, correct, predict
from reidtalk.video.people import Boxes


def seen(*people: tuple[float, float, float, float], scores: list[float] | None = None) -> Boxes:
    corners = np.array(people, dtype=np.float32).reshape(-1, 4)
    return Boxes(corners, np.array(scores or [0.9] * len(people), dtype=np.float32))


def person(x: float, y: float = 100.0, height: float = 100.0) -> tuple[float, float, float, float]:
    """The box of somebody whose middle is at (x, y)."""
    return (x - 0.2 * height, y - height / 2, x + 0.2 * height, y + height / 2)


def naive_filter(path: NDArray[np.float64], seconds: list[float]) -> NDArray[np.float64]:
    """DeepSORT's filter with 8 x 8 matrices, a step for each thirtieth of a second; the positions."""
    height = path[0][3]
    mean = np.concatenate([path[0], np.zeros(4)])
    place, speed = height / 20, height / 160
    sizes = [2 * place, 2 * place, 2e-2, 2 * place, *[10 * speed * 30] * 2, 10 * 1e-5 * 30, 10 * speed * 30]
    covariance = np.diag(np.square(sizes))
    for before, after, measured in zip(seconds, seconds[1:], path[1:], strict=False):
        passed = after - before
        move = np.eye(8)
        move[:4, 4:] = passed * np.eye(4)
        place, speed = mean[3] / 20, mean[3] / 160
        noise = np.square([place, place, 1e-2, place, speed * 30, speed * 30, 1e-5 * 30, speed * 30])
        mean = move @ mean
        covariance = move @ covariance @ move.T + 30 * passed * np.diag(noise)
        watch = np.eye(4, 8)
        seeing = np.diag(np.square([mean[3] / 20, mean[3] / 20, 1e-1, mean[3] / 20]))
        gain = covariance @ watch.T @ np.linalg.inv(watch @ covariance @ watch.T + seeing)
        mean = mean + gain @ (measured - watch @ mean)
        covariance = (np.eye(8) - gain @ watch) @ covariance
    return mean


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), gaps=st.lists(st.floats(0.02, 2.0), min_size=1, max_size=6))
def test_the_filter_equals_the_textbook_one(seed: int, gaps: list[float]) -> None:
    rng = np.random.default_rng(seed)
    seconds = [0.0, *np.cumsum(gaps).tolist()]
    path = np.array(
        [[300 + 40 * rng.normal(), 200 + 5 * rng.normal(), 0.4, 100 + 5 * rng.normal()] for _ in seconds]
    )
    half = np.column_stack([path[:, 2] * path[:, 3], path[:, 3]]) / 2
    corners = np.concatenate([path[:, :2] - half, path[:, :2] + half], axis=1)
    motion = begin(corners[:1])
    for gap, box in zip(gaps, corners[1:], strict=True):
        motion = correct(predict(motion, gap), box[None])
    expected = naive_filter(path, seconds)
    np.testing.assert_allclose(motion.position[0], expected[:4], rtol=1e-9)
    np.testing.assert_allclose(motion.speed[0], expected[4:], rtol=1e-6, atol=1e-9)


def test_overlaps_by_hand() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 6, 6]], dtype=np.float64)
    np.testing.assert_allclose(_overlaps(boxes, boxes[:2]), [[1, 1 / 7], [1 / 7, 1], [0, 0]])
    assert _overlaps(boxes[:0], boxes).shape == (0, 3)


def test_two_people_who_cross_keep_their_numbers() -> None:
    tracker = ByteTracker()
    for step in range(21):
        numbers = tracker.update(
            seen(person(100 + 10 * step), person(300 - 10 * step, 115, 110)), 0.25 * step
        )
        assert numbers.tolist() == [0, 1]


def test_the_order_of_boxes_does_not_matter() -> None:
    tracker = ByteTracker()
    assert tracker.update(seen(person(100), person(300)), 0.0).tolist() == [0, 1]
    assert tracker.update(seen(person(305), person(105)), 0.25).tolist() == [1, 0]


@pytest.mark.parametrize(("every", "step"), [(0.1, 8), (0.25, 20), (0.5, 40), (1.0, 80)])
def test_somebody_who_walks_is_one_at_any_sampling_rate(every: float, step: float) -> None:
    """0.8 heights a second: at one frame a second the boxes of a step do not overlap."""
    tracker = ByteTracker()
    for count in range(12):
        assert tracker.update(seen(person(100 + step * count)), every * count).tolist() == [0]


def test_unsure_boxes_continue_a_track_but_begin_none() -> None:
    tracker = ByteTracker()
    assert tracker.update(seen(person(100), person(300), scores=[0.9, 0.3]), 0.0).tolist() == [0, NOBODY]
    assert tracker.update(seen(person(102), scores=[0.9]), 0.25).tolist() == [0]
    assert tracker.update(seen(person(104), person(300), scores=[0.2, 0.3]), 0.5).tolist() == [0, NOBODY]
    assert tracker.update(seen(person(106), scores=[0.05]), 0.75).tolist() == [NOBODY]


def test_between_the_scores_a_box_may_continue_but_not_begin() -> None:
    tracker = ByteTracker(TrackSettings(high_score=0.5, new_score=0.7))
    assert tracker.update(seen(person(100), scores=[0.6]), 0.0).tolist() == [NOBODY]
    assert tracker.update(seen(person(100), scores=[0.8]), 0.25).tolist() == [0]
    assert tracker.update(seen(person(100), scores=[0.6]), 0.5).tolist() == [0]


def test_who_is_hidden_for_a_while_is_the_same_after_it() -> None:
    tracker = ByteTracker()
    for step in range(4):
        tracker.update(seen(person(100 + 10 * step)), 0.25 * step)
    for step in range(4, 10):
        tracker.update(seen(), 0.25 * step)
        assert tracker.alive == {0}
    assert tracker.update(seen(person(200)), 2.5).tolist() == [0]


def test_who_is_away_for_long_is_another_after_it() -> None:
    tracker = ByteTracker(TrackSettings(lost_seconds=1.0))
    for step in range(3):
        tracker.update(seen(person(100)), 0.25 * step)
    tracker.update(seen(), 1.5)
    assert tracker.alive == {0}
    tracker.update(seen(), 1.75)
    assert tracker.alive == frozenset()
    assert tracker.update(seen(person(100)), 2.0).tolist() == [1]


def test_who_is_seen_once_only_is_soon_forgotten() -> None:
    tracker = ByteTracker()
    tracker.update(seen(person(100)), 0.0)
    tracker.update(seen(), 0.25)
    assert tracker.alive == frozenset()


def test_nobody_is_joined_with_somebody_far_away_or_of_another_size() -> None:
    tracker = ByteTracker()
    tracker.update(seen(person(100)), 0.0)
    assert tracker.update(seen(person(400)), 0.25).tolist() == [1]
    assert tracker.update(seen(person(430, height=300)), 0.5).tolist() == [2]


def test_a_box_that_misses_the_legs_once_breaks_no_track() -> None:
    tracker = ByteTracker()
    for step in range(10):
        bottom = 80.0 if step == 4 else 100.0
        assert tracker.update(seen((50.0, 40.0, 80.0, bottom)), 0.5 * step).tolist() == [0]


def test_the_tracks_of_a_crowd_are_right() -> None:
    """People who walk at their own speeds, one row each, measured with noise: nobody is mistaken."""
    rng, people = np.random.default_rng(3), 12
    start, speed = rng.uniform(50, 900, people), rng.uniform(-70, 70, people)
    tracker = ByteTracker()
    numbers_of: dict[int, set[int]] = {one: set() for one in range(people)}
    for step in range(40):
        order = rng.permutation(people)
        where = start + speed * 0.25 * step
        boxes = [person(where[one] + rng.normal(0, 2), 60 + 130 * one + rng.normal(0, 2)) for one in order]
        numbers = tracker.update(seen(*boxes), 0.25 * step)
        for one, number in zip(order, numbers.tolist(), strict=True):
            numbers_of[one].add(number)
    assert all(len(numbers) == 1 for numbers in numbers_of.values())
    assert len(set.union(*numbers_of.values())) == people


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(1, 200), st.floats(0, 1, width=32)), max_size=6), max_size=8))  # fmt: skip
def test_whatever_is_seen_numbers_are_unique_within_a_frame(
    people: list[list[tuple[int, int, int, float]]],
) -> None:
    tracker, known = ByteTracker(), 0
    for step, frame in enumerate(people):
        boxes = seen(
            *[person(x, y, height) for x, y, height, _ in frame], scores=[score for *_, score in frame]
        )
        numbers = tracker.update(boxes, 0.25 * step)
        given_ones = numbers[numbers != NOBODY]
        assert len(set(given_ones.tolist())) == len(given_ones)
        assert set(given_ones.tolist()) <= tracker.alive
        assert set(range(known, tracker.next_number)) <= set(given_ones.tolist())
        known = tracker.next_number
