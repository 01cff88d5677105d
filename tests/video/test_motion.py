"""People as what moves: drawn walkers, shadows of the light, and ghosts of who has left."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reidtalk.box_metrics import overlaps
from reidtalk.video.motion import MotionDetector, stacked

HEIGHT, WIDTH = 120, 200


@pytest.fixture(scope="module")
def place() -> NDArray[np.uint8]:
    """A wall and a floor with some grain."""
    rng = np.random.default_rng(3)
    picture = np.where(np.arange(HEIGHT)[:, None, None] < 70, (190, 190, 180), (120, 90, 60)).astype(
        np.float32
    )
    coarse = rng.normal(0, 10, (HEIGHT // 8, WIDTH // 8, 3))
    return np.clip(picture + np.kron(coarse, np.ones((8, 8, 1))), 0, 255).astype(np.uint8)


def with_somebody(place: NDArray[np.uint8], left: int) -> NDArray[np.uint8]:
    """Somebody of 20 x 60 pixels, dressed in stripes, stands there."""
    picture = place.repeat(1, axis=0)
    figure = picture[40:100, left : left + 20]
    figure[...] = (40, 40, 120)
    figure[10:30:4] = (200, 60, 60)
    return picture


def test_whoever_moves_is_seen_from_the_first_frame_on(place: NDArray[np.uint8]) -> None:
    steps = range(10, 170, 20)
    seen = MotionDetector().detect([with_somebody(place, left) for left in steps])
    for left, boxes in zip(steps, seen, strict=True):
        assert len(boxes.corners) == 1
        true = np.array([[left, 40, left + 20, 100]], float)
        assert float(overlaps(boxes.corners.astype(float), true).max()) > 0.7
        assert boxes.scores[0] > 0.6


def test_of_who_stood_there_when_it_began_no_ghost_remains(place: NDArray[np.uint8]) -> None:
    detector = MotionDetector()
    still = detector.detect([with_somebody(place, 60)] * 4)
    assert all(len(boxes.corners) == 0 for boxes in still)
    gone, moved = detector.detect([place, with_somebody(place, 130)])
    assert len(gone.corners) == 0
    assert len(moved.corners) == 1
    assert moved.corners[0, 0] == pytest.approx(130, abs=4)


def test_other_light_is_nobody(place: NDArray[np.uint8]) -> None:
    detector = MotionDetector()
    detector.detect([place] * 3)
    darker = np.clip(with_somebody(place, 90) * 0.7, 0, 255).astype(np.uint8)
    (boxes,) = detector.detect([darker])
    assert len(boxes.corners) == 1
    assert boxes.corners[0, 0] == pytest.approx(90, abs=5)


def test_after_a_turn_of_the_camera_all_is_learned_anew(place: NDArray[np.uint8]) -> None:
    detector = MotionDetector()
    detector.detect([place] * 3)
    other = np.random.default_rng(5).integers(0, 256, place.shape, dtype=np.uint8)
    first, second = detector.detect([other, other])
    assert len(first.corners) == len(second.corners) == 0


def test_after_a_change_of_shape_all_is_learned_anew(place: NDArray[np.uint8]) -> None:
    detector = MotionDetector()
    lower = place[:100]
    before = detector.detect([place, place, with_somebody(place, 60), lower])
    assert [len(boxes.corners) for boxes in before] == [0, 0, 1, 0]
    assert [len(boxes.corners) for boxes in detector.detect([lower, with_somebody(lower, 60)])] == [0, 1]


def test_forgetting_it_begins_with_another_place(place: NDArray[np.uint8]) -> None:
    detector = MotionDetector()
    detector.detect([place])
    detector.forget()
    assert all(len(boxes.corners) == 0 for boxes in detector.detect([with_somebody(place, 30)] * 2))
    assert detector.detect([]) == []


def test_boxes_are_in_pixels_of_the_frame(place: NDArray[np.uint8]) -> None:
    large = [np.kron(with_somebody(place, left), np.ones((4, 4, 1), np.uint8)) for left in (10, 60, 110, 160)]
    seen = MotionDetector().detect(large)
    assert seen[1].corners[0].tolist() == pytest.approx([240, 160, 320, 400], abs=16)
    assert seen[1].corners.dtype == seen[1].scores.dtype == np.float32


def test_a_head_and_legs_around_a_shirt_like_the_wall_are_one() -> None:
    head, legs, other = (10, 0, 20, 10, 80), (8, 30, 24, 70, 500), (60, 20, 70, 60, 300)
    assert sorted(stacked([head, legs, other])) == [(8, 0, 24, 70, 580), other]
    assert stacked([]) == []
