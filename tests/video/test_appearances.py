from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import shared
from numpy.typing import NDArray
from written_videos import steady, write_video

from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.appearances import AppearanceSettings, Cut, PartSettings, appearances, in_parts
from reidtalk.video.decode import frames
from reidtalk.video.motion import MotionDetector
from reidtalk.video.people import Appearance, Box, Boxes, Frame, Source

HEIGHT, WIDTH = 120, 200
COLOURS = [(200, 30, 30), (30, 160, 40), (40, 60, 200)]


class ByColour:
    """Finds the coloured rectangles of `scene`."""

    def __init__(self) -> None:
        self.forgotten = 0
        self.batches: list[int] = []

    def detect(self, frames: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        self.batches.append(len(frames))
        return [self._boxes(frame) for frame in frames]

    def forget(self) -> None:
        self.forgotten += 1

    def _boxes(self, frame: NDArray[np.uint8]) -> Boxes:
        found = []
        for colour in COLOURS:
            rows, columns = np.nonzero((np.abs(frame.astype(int) - colour) < 40).all(axis=2))
            if len(rows) > 20:
                found.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        return Boxes(
            np.array(found, dtype=np.float32).reshape(-1, 4), np.full(len(found), 0.9, dtype=np.float32)
        )


def scene(*people: tuple[int, int], height_px: int = 60) -> NDArray[np.uint8]:
    """A frame with people, each (number of the colour, left)."""
    picture = np.full((HEIGHT, WIDTH, 3), 240, dtype=np.uint8)
    for colour, left in people:
        picture[40 : 40 + height_px, left : left + height_px * 2 // 5] = COLOURS[colour]
    return picture


def walk(count: int, colour: int = 0, every: float = 0.25, step: int = 4) -> Iterator[Frame]:
    for number in range(count):
        yield Frame(scene((colour, 20 + step * number)), every * number)


def colour_of(appearance: Appearance) -> int:
    middle = appearance.crops[0].picture[20:40, 10:15].mean(axis=(0, 1))
    return int(np.argmin([np.abs(middle - colour).sum() for colour in COLOURS]))


def test_each_person_is_one_appearance_once_gone() -> None:
    pictures = [scene((0, 10 + 2 * step), *([(1, 150)] if step < 12 else [])) for step in range(40)]
    coming = appearances((Frame(picture, 0.25 * step) for step, picture in enumerate(pictures)), ByColour())
    first, second = coming
    assert [colour_of(first), colour_of(second)] == [1, 0]  # who left first comes first
    assert len(first.track) == 12
    assert [at for at, _ in second.track] == [0.25 * step for step in range(40)]
    assert second.track[5][1] == Box(20, 40, 44, 100)


def test_crops_are_few_best_first_and_of_several_moments() -> None:
    (found,) = appearances(walk(30), ByColour(), AppearanceSettings(crops=4))
    assert len(found.crops) == 4
    assert [crop.quality for crop in found.crops] == sorted(
        (crop.quality for crop in found.crops), reverse=True
    )
    times = sorted(crop.seconds for crop in found.crops)
    assert min(np.diff(times)) >= 0.5
    for crop in found.crops:
        assert (crop.seconds, crop.box) in found.track
        assert crop.picture.shape[:2] == (66, 30)  # 60 x 24 and 3 pixels of margin on each side
        assert crop.picture.base is None


def test_a_box_without_the_head_is_not_the_best() -> None:
    heights = [60, 60, 60, 60, 40, 60, 60, 60, 60, 60]
    pictures = [scene((0, 50 + step), height_px=height) for step, height in enumerate(heights)]
    pictures[4][40:80] = pictures[4][40:80] // 2 + np.random.default_rng(0).integers(
        0, 20, (40, WIDTH, 3), np.uint8
    )
    coming = (Frame(picture, 0.5 * step) for step, picture in enumerate(pictures))

    class OneBox(ByColour):
        def _boxes(self, frame: NDArray[np.uint8]) -> Boxes:
            rows, _ = np.nonzero((frame < 235).any(axis=2))
            found = [[50, 40, 80, 80 if frame[50, 0, 0] < 200 else rows.max() + 1]]
            return Boxes(np.array(found, dtype=np.float32), np.ones(1, dtype=np.float32))

    (found,) = appearances(coming, OneBox(), AppearanceSettings(crops=10, min_height_px=10))
    assert found.crops[-1].seconds == 2.0


def test_memory_does_not_grow_with_a_stay() -> None:
    class Still(ByColour):
        def detect(self, frames: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
            return [Boxes(np.array([[50, 40, 74, 100]], np.float32), np.ones(1, np.float32))] * len(frames)

    still = (Frame(scene((0, 50)), 1.0 * step) for step in range(500))
    parts = list(appearances(still, Still(), AppearanceSettings(crops=3, part_seconds=100)))
    assert [len(part.track) for part in parts] == [101, 101, 101, 101, 96]
    assert all(len(part.crops) == 3 for part in parts)
    assert parts[0].track[-1][0] < parts[1].track[0][0]


def test_short_and_small_ones_are_dropped() -> None:
    assert not list(
        appearances(
            (Frame(scene(*([(0, 50)] if step < 2 else [])), 0.25 * step) for step in range(9)), ByColour()
        )
    )
    low = [Frame(scene((0, 50), height_px=30), 0.25 * step) for step in range(9)]
    assert not list(appearances(low, ByColour()))
    assert len(list(appearances(low, ByColour(), AppearanceSettings(min_height_px=30)))) == 1


def test_of_a_photograph_everybody_counts() -> None:
    found = list(appearances([Frame(scene((0, 20), (1, 100)), 0.0)], ByColour()))
    assert sorted(colour_of(one) for one in found) == [0, 1]


def test_without_a_detector_each_frame_is_a_crop() -> None:
    found = list(appearances(walk(5), None))
    assert [one.crops[0].seconds for one in found] == [0, 0.25, 0.5, 0.75, 1.0]
    assert found[0].crops[0].box == Box(0, 0, WIDTH, HEIGHT)
    assert found[0].crops[0].picture.shape == (HEIGHT, WIDTH, 3)
    assert found[0].track == ((0.0, Box(0, 0, WIDTH, HEIGHT)),)


def test_what_came_before_an_error_is_kept() -> None:
    def breaking() -> Iterator[Frame]:
        yield from walk(11)
        raise SourceError("a.mp4 breaks off at second 2.8")

    detector, found = ByColour(), []
    with pytest.raises(SourceError, match="breaks off"):
        found.extend(appearances(breaking(), detector, AppearanceSettings(batch=4)))
    assert [len(one.track) for one in found] == [11]
    assert detector.batches == [4, 4, 3]
    assert detector.forgotten == 1


def test_nobody_is_nothing() -> None:
    assert not list(appearances([], ByColour()))
    assert not list(appearances((Frame(scene(), 0.25 * step) for step in range(9)), ByColour()))


PARTS = PartSettings(
    shortest_seconds=10, empty_seconds=3, longest_seconds=20, lead_frames=4, lead_every_seconds=1
)


@cache
def street() -> list[Frame]:
    """A minute: people who come one by one with nobody between them, then so many that it is never empty."""
    steps = [(0, start + step, 5 * step) for start in (4, 64, 124) for step in range(32)]
    steps += [(number % 3, 180 + 12 * number + step, 5 * step) for number in range(8) for step in range(32)]
    people: dict[int, list[tuple[int, int]]] = {}
    for colour, step, left in steps:
        people.setdefault(step, []).append((colour, left))
    return [Frame(scene(*people.get(step, [])), 0.25 * step) for step in range(300)]


def followed(frames: Sequence[Frame], detector: object, last: float | None = None) -> list[Appearance | Cut]:
    return list(in_parts(frames, detector, AppearanceSettings(), PARTS, last))


def assert_same(some: Sequence[Appearance | Cut], others: Sequence[Appearance | Cut]) -> None:
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        assert isinstance(one, Cut) == isinstance(other, Cut)
        if isinstance(one, Cut):
            assert one == other
            continue
        assert one.track == other.track
        assert [(crop.seconds, crop.quality) for crop in one.crops] == [
            (crop.seconds, crop.quality) for crop in other.crops
        ]
        for crop, same in zip(one.crops, other.crops, strict=True):
            np.testing.assert_array_equal(crop.picture, same.picture)


def test_a_part_ends_when_nobody_is_in_sight_and_at_the_latest_after_a_while() -> None:
    found = followed(street(), ByColour())
    cuts = [one.seconds for one in found if isinstance(one, Cut)]
    assert cuts == [13.75, 28.75, 43.75, 64.0]  # 2 + 3 seconds after somebody left; 20 seconds later
    people = [one for one in found if isinstance(one, Appearance)]
    uncut = list(appearances(street(), ByColour()))
    assert sorted(at for one in people for at in one.track) == sorted(at for one in uncut for at in one.track)
    for cut in cuts:  # nobody is in two parts
        assert all((one.track[0][0] > cut) or (one.track[-1][0] <= cut) for one in people)
    halves = [one for one in people if one.track[-1][0] == 64.0 or one.track[0][0] == 64.25]
    assert len(people) == len(uncut) + len(halves) // 2
    assert len(halves) >= 4
    places = [found.index(Cut(cut)) for cut in cuts]  # a part's people come before its end
    for place, cut in zip(places, cuts, strict=True):
        assert all(one.track[-1][0] <= cut for one in found[:place] if isinstance(one, Appearance))
        assert all(one.track[0][0] > cut for one in found[place:] if isinstance(one, Appearance))


@pytest.mark.parametrize("detector", [ByColour, MotionDetector, lambda: None])
def test_from_the_end_of_a_part_on_all_is_as_if_it_had_never_been_interrupted(detector: object) -> None:
    whole = followed(street(), detector())
    cuts = [one.seconds for one in whole if isinstance(one, Cut)]
    assert len(cuts) >= 3
    for cut in cuts:
        later = [frame for frame in street() if frame.seconds >= PARTS.lead_since(cut)]
        assert len(later) < 300
        assert_same(followed(later, detector(), cut), whole[whole.index(Cut(cut)) + 1 :])


def test_who_walks_when_a_part_begins_is_seen_from_its_first_frame_on() -> None:
    slow = [Frame(scene((0, 10 + 2 * step)), 0.25 * step) for step in range(80)]
    lengths = PartSettings(shortest_seconds=10, longest_seconds=10, lead_every_seconds=1)
    *_, second = (
        one
        for one in in_parts(slow, MotionDetector(), AppearanceSettings(), lengths)
        if isinstance(one, Appearance)
    )
    assert second.track[0][0] == 10.25
    off = [box.left - (10 + 8 * seconds) for seconds, box in second.track]
    assert max(map(abs, off)) < 6
    without = appearances(slow[41:], MotionDetector())
    off = [box.left - (10 + 8 * seconds) for one in without for seconds, box in one.track]
    assert max(map(abs, off)) > 10


def test_of_somebody_seen_twice_in_a_short_last_part_nothing_is_kept() -> None:
    frames = [Frame(scene(*([(0, 50 + step)] if step >= 42 else [])), 0.25 * step) for step in range(44)]
    assert [type(one) for one in followed(frames, ByColour())] == [Cut]


def test_settings_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match=r"parts of 9 to 3 seconds; accepted: more than 0, and the longest"):
        PartSettings(shortest_seconds=9, longest_seconds=3)
    with pytest.raises(ConfigError, match="crops 0; accepted: 1 or more"):
        AppearanceSettings(crops=0)
    with pytest.raises(ConfigError, match="part_seconds 0; accepted: more than 0"):
        AppearanceSettings(part_seconds=0)
    with pytest.raises(ConfigError, match=r"margin -0\.1; accepted: 0 or more"):
        AppearanceSettings(margin=-0.1)


def test_from_a_file_to_appearances(tmp_path: Path) -> None:
    pictures = [scene((0, 20 + 3 * step)) if 5 <= step < 30 else scene() for step in range(40)]
    path = write_video(tmp_path / "a.mp4", steady(40), pictures=pictures)
    (found,) = appearances(frames(Source(path=str(path), kind="video"), 0.2), ByColour())
    assert [found.track[0][0], found.track[-1][0]] == pytest.approx([0.6, 2.8])


def test_the_people_of_a_real_video_are_found_once_or_twice() -> None:
    path = shared("data", "real-people", "video", "one-by-one-person-detection.mp4")
    present = [(6, 19), (22, 44), (50, 69), (74, 86), (92, 120), (123, 136)]  # people.json
    found = list(appearances(frames(Source(path=str(path), kind="video"), 0.5), MotionDetector()))
    spans = [(one.track[0][0], one.track[-1][0]) for one in found]
    for first, last in present:
        theirs = [span for span in spans if first - 1.5 <= span[0] and span[1] <= last + 1.5]
        assert 1 <= len(theirs) <= 2
        assert max(span[1] - span[0] for span in theirs) > 0.7 * (last - first)
    assert len(spans) <= 12
