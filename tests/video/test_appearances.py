from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import shared
from numpy.typing import NDArray
from written_videos import steady, write_video

from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.appearances import AppearanceSettings, appearances
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


def test_settings_that_cannot_be() -> None:
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
