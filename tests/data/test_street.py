"""Scenes and walks of drawn people: their boxes are where people can be seen, and all follows from the seed."""

import numpy as np
import pytest

from reidtalk.data.people.cast import Sprite, draw_cast
from reidtalk.data.people.scenes.place import Viewpoint
from reidtalk.data.people.street import Scene, Stage, draw_scene, pasted
from reidtalk.data.people.walk import draw_walk

HEIGHT, WIDTH = 96, 160
LEVEL = Viewpoint(height=1.0, pitch=0.0, focal_px=100.0, size_px=(HEIGHT, WIDTH))


def scenes(seed: int, count: int) -> list[Scene]:
    rng = np.random.default_rng(seed)
    cast = draw_cast(rng, 8)
    return [draw_scene(rng, HEIGHT, WIDTH, cast) for _ in range(count)]


def test_the_same_seed_draws_the_same_scenes() -> None:
    for one, other in zip(scenes(4, 3), scenes(4, 3), strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
        np.testing.assert_array_equal(one.visible, other.visible)
    assert not np.array_equal(scenes(4, 1)[0].picture, scenes(5, 1)[0].picture)


def test_boxes_lie_in_the_picture_and_shares_are_shares() -> None:
    drawn = scenes(6, 24)
    assert {len(scene.visible) for scene in drawn} >= {1, 2, 3}
    for scene in drawn:
        assert scene.picture.shape == (HEIGHT, WIDTH, 3)
        assert scene.picture.dtype == np.uint8
        assert (scene.visible[:, :2] >= 0).all()
        assert (scene.visible <= (WIDTH, HEIGHT, WIDTH, HEIGHT)).all()
        assert (scene.visible[:, 2:] > scene.visible[:, :2]).all()
        assert ((scene.share > 0) & (scene.share <= 1)).all()


def test_a_camera_by_hand() -> None:
    """At eye level, ten body heights away, focal length 100 px: ten pixels tall, feet ten below the horizon."""
    assert LEVEL.spot(0, 0, 10) == pytest.approx((80, 58))
    assert LEVEL.spot(0, 1, 10) == pytest.approx((80, 48))
    assert LEVEL.spot(2, 1, 10) == pytest.approx((100, 48))
    assert LEVEL.scale(10) == pytest.approx(10)
    assert LEVEL.where(100, 10) == pytest.approx((2, 10))
    down = Viewpoint(height=3.0, pitch=np.pi / 4, focal_px=100.0, size_px=(HEIGHT, WIDTH))
    assert down.spot(0, 0, 3) == pytest.approx((80, 48))
    assert down.steepness(0, 2.5) == pytest.approx(np.pi / 4)


def block() -> Sprite:
    """Somebody who is a red rectangle, 10 wide and 20 tall, a body height being 20 pixels."""
    rgba = np.zeros((20, 10, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 200, 255
    return Sprite(
        rgba=rgba, foot=(5.0, 20.0), scale=20.0, pitch=0.0, size=1.0,
        body=(0.0, 0.0, 10.0, 20.0), seat=None,
    )  # fmt: skip


def empty() -> Stage:
    picture = np.full((HEIGHT, WIDTH, 4), (90, 90, 90, 0), np.uint8)
    return Stage(
        LEVEL, picture, np.full((HEIGHT, WIDTH), 128, np.uint8), np.full((HEIGHT, WIDTH), -1, np.int16)
    )


def test_who_stands_free_is_seen_whole() -> None:
    stage = empty()
    stage.stand(block(), 0.0, 5.0, 1.0, False, 7)
    scene = stage.scene("day", False, np.random.default_rng(0))
    assert scene.number.tolist() == [7]
    np.testing.assert_allclose(scene.full, [[75, 48, 85, 68]])
    np.testing.assert_allclose(scene.visible, scene.full)
    assert scene.share[0] == pytest.approx(1)


def test_of_who_stands_behind_somebody_the_rest_is_seen() -> None:
    stage = empty()
    stage.stand(block(), 0.0, 5.0, 1.0, False, 0)
    stage.stand(block(), 0.25, 5.0, 1.0, False, 1)
    scene = stage.scene("day", False, np.random.default_rng(0))
    np.testing.assert_allclose(scene.visible, [[75, 48, 80, 68], [80, 48, 90, 68]])
    np.testing.assert_allclose(scene.full[0], [75, 48, 85, 68])
    np.testing.assert_allclose(scene.share, [0.5, 1])


def test_of_who_is_cut_off_by_the_edge_the_rest_is_seen() -> None:
    stage = empty()
    stage.stand(block(), -4.0, 5.0, 1.0, False, 0)
    scene = stage.scene("day", False, np.random.default_rng(0))
    np.testing.assert_allclose(scene.full, [[-5, 48, 5, 68]])
    np.testing.assert_allclose(scene.visible, [[0, 48, 5, 68]])
    assert scene.share[0] == pytest.approx(0.5)


def test_who_is_out_of_sight_is_not_told() -> None:
    stage = empty()
    stage.stand(block(), 30.0, 5.0, 1.0, False, 0)
    stage.stand(block(), 0.0, 5.0, 1.0, False, 1)
    stage.stand(block(), 0.0, 4.9, 1.0, False, -1)
    scene = stage.scene("day", False, np.random.default_rng(0))
    assert len(scene.visible) == len(scene.number) == 0


def test_pasting_blends_and_tells_what_is_hidden() -> None:
    picture = np.full((10, 10, 4), 100, np.uint8)
    picture[:, :, 3] = 0
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:2, :, :] = (200, 0, 0, 255)
    rgba[2:, :, :] = (50, 0, 0, 64)
    hidden = pasted(picture, rgba, (8.0, -1.0, 4.0, 4.0), False, 1.0)
    assert hidden is not None
    row, column, solid = hidden
    assert (row, column, solid.tolist()) == (0, 8, [[True, True], [False, False], [False, False]])
    assert picture[0, 8, :3].tolist() == [200, 0, 0]
    assert picture[1, 8, 0] == int(100 * (1 - 64 / 255) + 50)
    assert (picture[:, :8, :3] == 100).all()
    assert pasted(picture, rgba, (20.0, 0.0, 4.0, 4.0), False, 1.0) is None


def test_walkers_keep_their_number_and_cross_the_picture() -> None:
    walk = list(draw_walk(np.random.default_rng(8), 108, 192, people=3, seconds=8, per_second=4))
    assert [seconds for seconds, _ in walk] == [k / 4 for k in range(32)]
    paths: dict[int, list[float]] = {}
    for _, scene in walk:
        for who, box in zip(scene.number.tolist(), scene.full.tolist(), strict=True):
            paths.setdefault(who, []).append((box[0] + box[2]) / 2)
    assert set(paths) <= {0, 1, 2}
    assert max(len(path) for path in paths.values()) > 8
    for path in paths.values():
        steps = np.diff(path)
        assert (steps > -4).all() or (steps < 4).all(), "one way only, but for the swing of the legs"


def test_the_place_of_a_walk_stays_as_it_is() -> None:
    walk = [
        scene for _, scene in draw_walk(np.random.default_rng(9), 108, 192, people=2, seconds=4, per_second=3)
    ]
    median = np.median([scene.picture for scene in walk], axis=0)
    changed = [float((np.abs(scene.picture - median).max(2) > 40).mean()) for scene in walk]
    assert max(changed) < 0.3
