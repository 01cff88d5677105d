"""Boxes that count only where something moves or has moved: walkers, columns, cameras that move."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from reidtalk.video import moving
from reidtalk.video.motion import MotionDetector
from reidtalk.video.moving import INTERRUPTED, SETTLED, MovingDetector
from reidtalk.video.people import Boxes

HEIGHT, WIDTH = 120, 320
COLUMN = (140.0, 30.0, 156.0, 96.0)
Picture = NDArray[np.uint8]
Corners = tuple[float, float, float, float]

LASTING = 40
"""In place of the true number of frames, which takes minutes."""
LET_GO = LASTING + LASTING // INTERRUPTED + 2
"""After so many frames the last thing is let go: it took the place of what had been there for long."""


class Told:
    """A detector that is told what it sees, frame after frame."""

    def __init__(self, boxes: Sequence[Sequence[Corners]]) -> None:
        self.boxes, self.next = boxes, 0

    def detect(self, frames: Sequence[Picture]) -> list[Boxes]:
        some = self.boxes[self.next : self.next + len(frames)]
        self.next += len(frames)
        return [
            Boxes(np.array(one, np.float32).reshape(-1, 4), np.full(len(one), 0.7, np.float32))
            for one in some
        ]

    def forget(self) -> None:
        self.next = 0


@pytest.fixture(scope="module")
def place() -> Picture:
    """A wall and a floor with some grain, and a column."""
    rng = np.random.default_rng(3)
    picture = np.where(np.arange(HEIGHT)[:, None, None] < 70, (190, 190, 180), (120, 90, 60)).astype(
        np.float32
    )
    picture = picture.repeat(WIDTH, axis=1)
    picture += np.kron(rng.normal(0, 10, (HEIGHT // 8, WIDTH // 8, 3)), np.ones((8, 8, 1)))
    left, top, right, bottom = map(int, COLUMN)
    picture[top:bottom, left:right] = (90, 90, 110)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Things are let go sooner."""
    monkeypatch.setattr(moving, "LASTING", LASTING)


def standing_at(left: float) -> Corners:
    return (left, 40, left + 20, 100)


def shifted(box: Corners, turn: float) -> Corners:
    """The box as a camera sees it that has turned so many pixels to the right."""
    left, top, right, bottom = box
    return (left - turn, top, right - turn, bottom)


def with_people(place: Picture, *lefts: int, seed: int = 0) -> Picture:
    """Somebody of 20 x 60 pixels, dressed in stripes, stands at each of these places; the camera is noisy."""
    picture = place.astype(np.float32)
    for left in lefts:
        figure = picture[40:100, left : left + 20]
        figure[...] = (40, 40, 120)
        figure[10:30:4] = (200, 60, 60)
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def looked_at(detector: MovingDetector | MotionDetector, frames: Sequence[Picture]) -> list[list[Corners]]:
    """The boxes in consecutive frames, some at a time as `appearances` asks for them."""
    seen: list[Boxes] = []
    for start in range(0, len(frames), 8):
        seen += detector.detect(frames[start : start + 8])
    return [[tuple(corners) for corners in boxes.corners.tolist()] for boxes in seen]


def test_two_who_walk_side_by_side_are_two(place: Picture) -> None:
    pairs = [(left, left + 22) for left in range(10, 250, 24)]
    frames = [with_people(place, *pair, seed=left) for left, pair in enumerate(pairs)]
    large = [np.kron(frame, np.ones((2, 2, 1), np.uint8)) for frame in frames]
    boxes = [[tuple(2 * side for side in standing_at(left)) for left in pair] for pair in pairs]
    assert looked_at(MovingDetector(Told(boxes)), large) == boxes
    assert all(len(one) == 1 for one in looked_at(MotionDetector(), large))


def test_a_column_that_never_moves_is_dropped_though_somebody_passes_it(place: Picture) -> None:
    lefts = list(range(20, 280, 8))
    frames = [with_people(place, left, seed=left) for left in lefts]
    seen = looked_at(MovingDetector(Told([[COLUMN, standing_at(left)] for left in lefts])), frames)
    for left, boxes in zip(lefts, seen, strict=True):
        hidden = left < COLUMN[2] and left + 20 > COLUMN[0]
        assert boxes == [standing_at(left)] or hidden
    assert sum(COLUMN not in boxes for boxes in seen) >= len(lefts) - 5


def test_who_stands_still_stays_and_is_gone_when_gone(place: Picture) -> None:
    lefts = [*range(20, 220, 8), *[220] * 300]
    frames = [with_people(place, left, seed=number) for number, left in enumerate(lefts)]
    after = [with_people(place, seed=number) for number in range(8)]
    boxes = [[standing_at(left)] for left in lefts]
    detector = MovingDetector(Told([*boxes, *[[standing_at(220)]] * len(after)]))
    assert looked_at(detector, frames) == boxes
    assert looked_at(detector, after) == [[]] * len(after)
    assert looked_at(MotionDetector(), frames)[-1] == []


@pytest.mark.usefixtures("short_patience")
def test_a_thing_put_there_is_let_go_though_people_pass_it(place: Picture) -> None:
    lefts = list(range(30, 280, 10))
    passing = [with_people(place, 200, seed=left) for left in lefts]
    for frame, left in zip(passing, lefts, strict=True):
        frame[40:100, left : left + 20] = (230, 230, 90)
    thing = [with_people(place, 200, seed=number) for number in range(LET_GO)]
    frames = [*[with_people(place, seed=number) for number in range(LASTING)], *thing[:20], *passing, *thing]
    frames += passing
    here, by = standing_at(200), [[standing_at(200), standing_at(left)] for left in lefts]
    boxes = [*[[]] * LASTING, *[[here]] * 20, *by, *[[here]] * LET_GO, *by]
    seen = looked_at(MovingDetector(Told(boxes)), frames)
    put, first, second = LASTING, LASTING + 20, len(frames) - len(lefts)
    assert seen[: first + 15] == boxes[: first + 15]  # then the thing is hidden
    assert seen[put + LASTING + 5] == [here]
    assert seen[put + LET_GO + INTERRUPTED * 6 : second] == [[]] * (second - put - LET_GO - INTERRUPTED * 6)
    assert seen[second : second + 15] == [one[1:] for one in by[:15]]
    assert seen[-5:] == [one[1:] for one in by[-5:]]


@pytest.mark.usefixtures("short_patience")
def test_who_stands_there_and_sways_a_little_stays(place: Picture) -> None:
    sways = [number // 10 % 2 for number in range(4 * LASTING)]
    frames = [with_people(place, seed=number) for number in range(8)]
    frames += [with_people(place, 200 + sway, seed=number) for number, sway in enumerate(sways)]
    boxes = [[]] * 8 + [[standing_at(200)]] * len(sways)
    assert looked_at(MovingDetector(Told(boxes)), frames) == boxes


@pytest.mark.usefixtures("short_patience")
def test_what_new_light_shows_is_let_go(place: Picture) -> None:
    lit = place.copy()
    lit[:, 100:200] = np.clip(lit[:, 100:200] * np.float32(1.4), 0, 255)
    frames = [with_people(place, seed=number) for number in range(8)]
    frames += [with_people(lit, seed=number) for number in range(LET_GO)]
    seen = looked_at(MovingDetector(Told([[COLUMN]] * len(frames))), frames)
    assert seen[:20] == [[]] * 8 + [[COLUMN]] * 12
    assert seen[-1] == []


@pytest.mark.usefixtures("short_patience")
def test_what_stands_in_the_place_of_somebody_after_a_turn_of_the_camera_is_let_go(place: Picture) -> None:
    turned = np.ascontiguousarray(place[:, ::-1])
    column = (WIDTH - COLUMN[2], COLUMN[1], WIDTH - COLUMN[0], COLUMN[3])
    frames = [with_people(place, seed=number) for number in range(8)]
    frames += [with_people(place, 162, seed=number) for number in range(8)]
    frames += [with_people(turned, seed=number) for number in range(LET_GO)]
    frames += [with_people(turned, left, seed=left) for left in range(200, 280, 10)]
    boxes = [[]] * 8 + [[standing_at(162)]] * 8 + [[column]] * LET_GO
    boxes += [[column, standing_at(left)] for left in range(200, 280, 10)]
    seen = looked_at(MovingDetector(Told(boxes)), frames)
    assert seen[16 : 16 + LASTING] == boxes[16 : 16 + LASTING]
    assert seen[-9:] == [[]] + [one[1:] for one in boxes[-8:]]


def test_who_stood_there_when_it_began_is_seen_from_the_first_movement_on(place: Picture) -> None:
    lefts = [60] * 20 + [66] * 20
    frames = [with_people(place, left, seed=number) for number, left in enumerate(lefts)]
    boxes = [[standing_at(left)] for left in lefts]
    assert looked_at(MovingDetector(Told(boxes)), frames) == [[]] * 20 + boxes[20:]


def test_a_camera_that_moves_loses_nobody(place: Picture) -> None:
    turns = [abs((6 * step) % 120 - 60) for step in range(40)] + [30] * (SETTLED + 15)
    lefts = [*[100] * 40, *range(100, 100 - SETTLED - 15, -1)]
    frames = [
        with_people(place, left, seed=number)[:, turn : turn + 200]
        for number, (left, turn) in enumerate(zip(lefts, turns, strict=True))
    ]
    boxes = [
        [shifted(COLUMN, turn), shifted(standing_at(left), turn)]
        for left, turn in zip(lefts, turns, strict=True)
    ]
    seen = looked_at(MovingDetector(Told(boxes)), frames)
    assert seen[: 40 + SETTLED - 2] == boxes[: 40 + SETTLED - 2]
    assert [one[1:] for one in boxes[-8:]] == seen[-8:]


def test_a_camera_that_drifts_shows_no_columns_and_loses_nobody(place: Picture) -> None:
    lefts = [*range(20, 100, 8), *[100] * 80]
    drifts = [number // 10 for number in range(len(lefts))]
    frames = [
        with_people(place, left, seed=number)[:, drift : drift + 300]
        for number, (left, drift) in enumerate(zip(lefts, drifts, strict=True))
    ]
    boxes = [
        [shifted(COLUMN, drift), shifted(standing_at(left), drift)]
        for left, drift in zip(lefts, drifts, strict=True)
    ]
    seen = looked_at(MovingDetector(Told(boxes)), frames)
    assert seen == [one[1:] for one in boxes]


def test_a_box_of_the_upper_half_of_somebody_is_nobody(place: Picture) -> None:
    lefts = range(10, 250, 24)
    frames = [with_people(place, left, seed=left) for left in lefts]
    halves = [(left, 40, left + 20, 70) for left in lefts]
    assert looked_at(MovingDetector(Told([[half] for half in halves])), frames) == [[]] * len(frames)
    two = [[half, (left, 68, left + 20, 100)] for half, left in zip(halves, lefts, strict=True)]
    assert looked_at(MovingDetector(Told(two)), frames) == two  # one in front of another


def test_after_a_change_of_shape_it_is_as_if_the_camera_had_moved(place: Picture) -> None:
    lefts = [10, 60, 200, 250, *range(180, 180 + 3 * (SETTLED + 15), 3)]
    frames = [with_people(place, left, seed=left) for left in lefts]
    frames[4:] = [frame[:110] for frame in frames[4:]]
    boxes = [[COLUMN, standing_at(left)] for left in lefts]
    seen = looked_at(MovingDetector(Told(boxes)), frames)
    assert seen[:4] == [one[1:] for one in boxes[:4]]
    assert seen[4 : 3 + SETTLED] == boxes[4 : 3 + SETTLED]
    assert seen[-8:] == [one[1:] for one in boxes[-8:]]


def test_forgetting_it_begins_with_another_place(place: Picture) -> None:
    detector = MovingDetector(Told([[standing_at(200)]] * 8))
    assert looked_at(detector, [place] * 4 + [with_people(place, 200)]) == [[]] * 4 + [[standing_at(200)]]
    detector.forget()
    assert looked_at(detector, [with_people(place, 200)] * 4) == [[]] * 4
    assert detector.detect([]) == []


def test_without_edges_nothing_tells_whether_the_camera_moves() -> None:
    wall = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    lefts = range(20, 280, 20)
    boxes = [[COLUMN, standing_at(left)] for left in lefts]
    seen = looked_at(MovingDetector(Told(boxes)), [with_people(wall, left, seed=left) for left in lefts])
    assert seen[0] == [standing_at(20)]
    assert seen[-1] == [standing_at(260)]
    assert looked_at(MovingDetector(Told([[]] * 4)), [wall] * 4) == [[]] * 4
