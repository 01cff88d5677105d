"""Rounds of scenes and their batches: the same whoever draws them, framed with their boxes."""

from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from reidtalk.data import drawn_scenes, rounds
from reidtalk.data.drawn_scenes import Scenes, batch_of_scenes, chosen, draw_scenes, framed, scene_artist
from reidtalk.data.rounds import Artist, Batches

SIZE = (64, 96)


class AtOnce(ProcessPoolExecutor):
    """A pool that works in this process, when asked."""

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


@pytest.fixture(autouse=True)
def _small_casts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_scenes, "CAST", 4)
    monkeypatch.setattr(rounds, "PICTURES_PER_TASK", 4)


def artist(scenes: int = 8) -> Artist[Scenes]:
    return scene_artist(AtOnce(1), seed=3, scenes=scenes, size_px=SIZE)


def test_a_round_is_all_its_tasks_in_order() -> None:
    whole = artist().whole_round(1)
    parts = [draw_scenes(range(start, start + 4), seed=3, size_px=SIZE) for start in (8, 12)]
    np.testing.assert_array_equal(whole.images, np.concatenate([part.images for part in parts]))
    for boxes, expected in zip(whole.boxes, parts[0].boxes + parts[1].boxes, strict=True):
        np.testing.assert_array_equal(boxes, expected)
    assert whole.images.shape == (8, 3, *SIZE)


def test_each_pass_shows_each_scene_once() -> None:
    pick = partial(batch_of_scenes, batch_size=4, seed=1)
    batches = Batches(artist=artist(), batch_size=4, passes=2, pick=pick)
    assert batches.steps_a_round == 4
    drawn = artist().whole_round(0)
    means = sorted(drawn.images.mean((1, 2, 3)).tolist())
    plain = pytest.MonkeyPatch()
    with plain.context() as patch:
        patch.setattr(drawn_scenes, "framed", lambda scenes, rng: scenes)  # noqa: ARG005
        for turn in (0, 1):
            shown = [pick(drawn, 0, turn, k) for k in (0, 1)]
            seen = sorted(np.concatenate([batch.images.mean((1, 2, 3)) for batch in shown]).tolist())
            assert seen == means
    one, other = (pick(drawn, 0, 0, 1) for _ in range(2))
    np.testing.assert_array_equal(one.images, other.images)


def bright_box(left: int, top: int, right: int, bottom: int) -> Scenes:
    image = np.full((3, *SIZE), 20, np.uint8)
    image[:, top:bottom, left:right] = 250
    box = np.array([[left, top, right, bottom]], np.float32)
    return Scenes(images=image[None], boxes=[box], ignored=[np.array([False])])


@pytest.mark.parametrize("seed", range(12))
def test_framing_moves_boxes_with_what_is_in_them(seed: int) -> None:
    scenes = framed(bright_box(30, 20, 50, 50), np.random.default_rng(seed))
    left, top, right, bottom = scenes.boxes[0][0].round().astype(int)
    bright = scenes.images[0].min(0) > 0.75 * scenes.images[0].max()
    if scenes.ignored[0][0]:
        return
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    assert (columns[0], columns[-1] + 1) == pytest.approx((left, right), abs=1.5)
    assert (rows[0], rows[-1] + 1) == pytest.approx((top, bottom), abs=1.5)


def test_who_is_cut_down_to_little_is_ignored() -> None:
    scenes = bright_box(0, 0, 4, 60)
    lost = [bool(framed(scenes, np.random.default_rng(seed)).ignored[0][0]) for seed in range(40)]
    assert True in lost
    assert False in lost


def test_chosen_scenes_keep_their_boxes() -> None:
    drawn = draw_scenes(range(4), seed=3, size_px=SIZE)
    some = chosen(drawn, [2, 0])
    np.testing.assert_array_equal(some.images[1], drawn.images[0])
    np.testing.assert_array_equal(some.boxes[0], drawn.boxes[2])
    assert all(flags.dtype == bool for flags in some.ignored)
