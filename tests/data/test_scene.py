"""Places, things, light and cameras around drawn people."""

import cv2
import numpy as np
import pytest

from reidtalk.data.people import draw_person, person
from reidtalk.data.people.figures.canvas import Camera, Canvas
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.figure import figure, pose
from reidtalk.data.people.scenes.bystanders import bystander
from reidtalk.data.people.scenes.light import LIGHTS, photograph
from reidtalk.data.people.scenes.scene import INSIDE, OUTSIDE, draw_background, draw_in_front
from reidtalk.data.people.scenes.sensor import recorded
from reidtalk.data.people.scenes.sight import seen
from reidtalk.data.people.scenes.textures import FLOORS, floor, noise
from reidtalk.data.people.scenes.things import THINGS, cut_out, paste, thing
from reidtalk.data.people.scenes.walls import WALLS, wall


def stage(seed: int, pitch: float = 0.1) -> Canvas:
    """A canvas with a place on it and nobody in it."""
    camera = Camera(pitch=pitch, distance=4.0, roll=0.0)
    canvas = Canvas(np.zeros((256, 128, 4), np.uint8), camera, (0.0, -0.4, 0.9))
    canvas.aim(np.array([220.0, 220.0]), np.array([64.0, 125.0]))
    draw_background(canvas, sorted(LIGHTS)[seed % len(LIGHTS)], np.random.default_rng(seed))
    return canvas


def subject_on(canvas: Canvas) -> Subject:
    who = person(3, 1)
    rng = np.random.default_rng(1)
    posed = pose(rng)
    return Subject(canvas, figure(who.body, posed, 0.0, rng), posed, who, rng)


@pytest.mark.parametrize(("table", "make"), [(FLOORS, floor), (WALLS, wall)], ids=["floors", "walls"])
def test_textures_are_always_the_same_and_opaque_background(table, make):
    for kind in table:
        once = make(kind, 3).copy()
        make.cache_clear()
        assert np.array_equal(once, make(kind, 3))
        assert not once[:, :, 3].any()
        assert not np.array_equal(once, make(kind, 4))


def test_noise_has_the_slope_asked_for():
    field = noise(np.random.default_rng(0), 2.0)
    power = np.abs(np.fft.rfft(field, axis=1)) ** 2
    low, high = power[:, 4:8].mean(), power[:, 64:128].mean()
    assert field.mean() == pytest.approx(0, abs=1e-3)
    assert field.std() == pytest.approx(1, abs=1e-3)
    assert 15 < low / high < 60  # rows of a field see one power of frequency less


def test_every_place_and_thing_can_be_drawn():
    for tables in (INSIDE, OUTSIDE):
        assert set(tables[0]) <= set(WALLS)
        assert set(tables[1]) <= set(FLOORS)
        assert set(tables[2]) <= set(THINGS)
    for kind in THINGS:
        assert thing(kind, 1).through.min() < 40
    assert bystander(2).through.min() == 0


def test_places_are_sharp_and_blurred_dark_and_light():
    greys = [cv2.cvtColor(stage(i).image[:, :, :3].copy(), cv2.COLOR_RGB2GRAY) for i in range(60)]
    detail = [float(np.abs(np.diff(grey.astype(int), axis=0)).mean()) for grey in greys]
    assert min(detail) < 2 < 5 < max(detail)
    assert min(grey.mean() for grey in greys) < 70 < 150 < max(grey.mean() for grey in greys)


def test_the_floor_fills_the_picture_of_a_camera_that_looks_down():
    """The wall's foot rises out of the picture; nothing stays undrawn, whatever the camera."""
    for seed in range(40):
        for pitch in (0.0, 0.4, 0.85):
            picture = stage(seed, pitch).image
            assert (picture[:, :, :3].any(axis=2)).mean() > 0.85
            assert not picture[:, :, 3].any()


def test_a_pasted_sprite_covers_what_is_behind_it_and_may_leave_the_picture():
    rgba = np.full((8, 8, 4), 255, np.uint8)
    rgba[:, 4:, 3] = 0
    picture = np.full((20, 20, 4), 100, np.uint8)
    paste(picture, cut_out(rgba), (4, 4, 8, 8), False, 0.5)
    assert picture[8, 5].tolist() == [128, 128, 128, 0]
    assert picture[8, 11].tolist() == [100, 100, 100, 100]
    for box in ((-5, -5, 8, 8), (16, 16, 8, 8), (50, 50, 8, 8), (0, 0, 0.1, 0.1)):
        paste(picture, cut_out(rgba), box, True, 1.0)


def test_what_stands_in_front_hides_the_body_but_not_most_of_it():
    hidden = []
    for seed in range(60):
        canvas = stage(seed)
        canvas.image[40:230, 40:90, 3] = 130
        mask = draw_in_front(canvas, "day", np.random.default_rng(seed))
        body = canvas.image[:, :, 3] >= 100
        hidden.append(0.0 if mask is None else mask.mean())
        assert mask is None or not (mask & body).any()
        assert body.sum() > 0.5 * 190 * 50
    assert max(hidden) > 0.05


def test_a_hidden_part_is_not_seen():
    canvas = stage(1)
    subject = subject_on(canvas)
    everything = seen(subject, None, False)
    assert {"head", "front", "lower", "legs", "shoes"} <= everything
    feet = np.zeros((256, 128), np.bool_)
    feet[190:] = True
    assert "shoes" not in seen(subject, feet, False)
    assert "head" in seen(subject, feet, False)
    assert not {"head", "face", "hair"} & seen(subject, ~feet, False)


def test_what_is_cut_off_is_not_seen():
    canvas = stage(1)
    canvas.aim(np.array([440.0, 440.0]), np.array([64.0, 250.0]))
    assert not {"lower", "legs", "shoes"} & seen(subject_on(canvas), None, False)


@pytest.mark.parametrize("light", LIGHTS)
def test_light_does_what_it_is_called(light):
    drawn = np.full((128, 64, 4), 110, np.uint8)
    drawn[:, :, 3] = 0
    drawn[30:110, 20:44, 3] = 130
    shade = np.full((128, 64), 128, np.uint8)
    photos = np.array(
        [photograph(drawn, shade, light, False, np.random.default_rng(i)) for i in range(40)], float
    )
    level, warmth = photos.mean(), photos[..., 0].mean() - photos[..., 2].mean()
    body = photos[:, 40:100, 26:38].mean()
    if light in ("night", "dusk"):
        assert level < 95
    if light == "glare":
        assert level > 120
    if light == "lamplight":
        assert warmth > 25
    if light == "backlight":
        assert body < 0.75 * photos[:, :, :8].mean()
    if light == "haze":
        black = photograph(drawn // 20, shade, light, False, np.random.default_rng(1))
        assert black.mean() > 15


def test_a_monochrome_camera_gives_no_colours():
    drawn = np.zeros((128, 64, 4), np.uint8)
    drawn[:, :, 0], drawn[:, :64, 1] = 200, 90
    shade = np.full((128, 64), 128, np.uint8)
    spread = [
        np.ptp(photograph(drawn, shade, "day", True, np.random.default_rng(i)).astype(int), axis=2).mean()
        for i in range(20)
    ]
    assert np.median(spread) < 3


def test_recording_keeps_the_size_and_follows_from_its_generator():
    picture = np.random.default_rng(0).random((97, 51, 3), dtype=np.float32) * 255
    for seed in range(60):
        once, again = (recorded(picture.copy(), "night", np.random.default_rng(seed)) for _ in range(2))
        assert once.shape == (97, 51, 3)
        assert np.array_equal(once, again)


def test_pictures_do_not_depend_on_those_before_them():
    who = person(3, 9)
    for i in range(4):
        draw_person(person(3, i + 1), np.random.default_rng(i), 128, 64)
    warm = draw_person(who, np.random.default_rng(5), 128, 64)[0]
    for make in (floor, wall, thing, bystander):
        make.cache_clear()
    assert np.array_equal(warm, draw_person(who, np.random.default_rng(5), 128, 64)[0])
