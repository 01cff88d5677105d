"""One picture of a person: pose, camera, place and light at random, and what can be seen in it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.figures.assembly import figure_parts, fitting_pose, held_things
from reidtalk.data.people.figures.canvas import Camera, Canvas
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.figure import Figure, figure
from reidtalk.data.people.figures.surface import clothed, unevened
from reidtalk.data.people.scenes.light import LIGHTS, photograph
from reidtalk.data.people.scenes.scene import draw_background, draw_in_front, put_seat
from reidtalk.data.people.scenes.sight import held_in_sight, seen

FACINGS = ("front", "front right", "right", "back right", "back", "back left", "left", "front left")
"""Where the person faces, as seen in the picture, in steps of 45 degrees from the camera to the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one picture shows of a person: all that a truthful caption needs beside the person."""

    facing: str
    """One of `FACINGS`."""
    legs: str
    """standing, walking, running, sitting or bending."""
    arms: tuple[str, str]
    """What the left and the right arm do."""
    seen: frozenset[str]
    """Of face, hair, upper, front (of the upper garment), inner, lower, legs, shoes, hat, scarf, bag."""
    held: tuple[str, ...]
    """Things in the hands."""
    hood_up: bool
    light: str
    """One of `light.LIGHTS`: day, indoor, lamplight, dusk, night, glare, haze or backlight."""
    monochrome: bool
    """Whether the camera gave no colours."""


def draw_person(
    person: Person, rng: Generator, height_px: int, width_px: int
) -> tuple[NDArray[np.uint8], View]:
    """A picture of `person`, [height_px, width_px, 3] uint8 RGB, and what it shows.

    Pose, view, camera, place and light follow from `rng`.
    """
    posed = fitting_pose(person, rng)
    yaw = _yaw(rng)
    camera = _camera(rng)
    body = figure(person.body, posed, yaw, rng)
    held = held_things(person, posed, rng)
    hood_up = person.upper.cut.neck == "hood" and person.hat is None and chance(rng, 0.18)
    light = pick(rng, LIGHTS)
    fine = 2 if height_px <= 160 else 1.5 if height_px <= 300 else 1
    picture = np.zeros((round(height_px * fine), round(width_px * fine), 4), np.uint8)
    canvas = Canvas(picture, camera, _light_from(rng))
    canvas.relief = between(rng, 28, 66) * (0.6 if light == "night" else 1.0)
    _crop(canvas, body, held, rng)
    draw_background(canvas, light, rng)
    subject = Subject(canvas, body, posed, person, rng)
    _ground_shadow(subject)
    for _, draw in sorted(figure_parts(subject, held, hood_up), key=lambda part: part[0]):
        draw()
    _cast_shadow(canvas, rng)
    canvas.image, shade = unevened(picture, canvas.shade, rng)
    hidden = draw_in_front(canvas, light, rng) if chance(rng, 0.17) else None
    shape = (width_px, height_px)
    small = np.asarray(cv2.resize(canvas.image, shape, interpolation=cv2.INTER_AREA), np.uint8)
    tones = np.asarray(cv2.resize(shade, shape), np.uint8)
    small, tones = clothed(small, tones, rng)
    monochrome = chance(rng, 0.012)
    photo = photograph(small, tones, light, monochrome, rng)
    view = View(
        facing=FACINGS[round(yaw / 45) % 8],
        legs=posed.legs,
        arms=posed.arms,
        held=held_in_sight(subject, hidden, held),
        hood_up=hood_up,
        light=light,
        monochrome=monochrome,
        seen=seen(subject, hidden, hood_up),
    )
    return photo, view


def _camera(rng: Generator) -> Camera:
    """At eye level, under a ceiling, or high on a wall; near ones see large heads and short legs."""
    height = pick(rng, {"level": 5, "above": 3.5, "high": 1.5})
    pitch = {
        "level": about(rng, 0.06, 0.09),
        "above": between(rng, 0.1, 0.5),
        "high": between(rng, 0.4, 0.85),
    }[height]
    distance = float(np.exp(between(rng, np.log(1.7), np.log(9))))
    roll = about(rng, 0, 0.03 if chance(rng, 0.8) else 0.13)
    return Camera(pitch=pitch, distance=distance, roll=roll)


def _yaw(rng: Generator) -> float:
    """Degrees the person is turned: walking towards and away more often than across."""
    return float(
        one_of(rng, (0, 0, 0, 0, 45, 90, 90, 135, 180, 180, 180, 180, 225, 270, 270, 315)) + about(rng, 0, 16)
    )


def _light_from(rng: Generator) -> tuple[float, float, float]:
    side, above = about(rng, 0, 0.45), -abs(about(rng, 0.4, 0.2))
    length = float(np.sqrt(side * side + above * above + 0.64))
    return side / length, above / length, 0.8 / length


def _crop(canvas: Canvas, body: Figure, held: tuple[str, ...], rng: Generator) -> None:
    """The canvas is aimed at the figure as a detector crops: too wide, too tight or shifted now and then.

    Crops of any shape become pictures of this one, so that people look stretched or widened.
    """
    over = np.array([0.0, 0.2 if "umbrella" in held else 0.0, 0.0])
    points = np.concatenate([body.joints(), [body.head + over]])
    flat = canvas.camera.flat(points)
    margin = np.array([0.045, 0.03])
    low, high = flat.min(0) - margin, flat.max(0) + margin
    low[1] = min(low[1], canvas.camera.flat(body.head[None])[0, 1] - 0.085)
    height, width = canvas.image.shape[:2]
    share = pick(rng, {"right": 6, "wide": 1.5, "tight": 1.2, "legless": 1.3})
    fill = {
        "right": between(rng, 0.88, 1.0),
        "wide": between(rng, 0.55, 0.88),
        "tight": between(rng, 1.0, 1.25),
        "legless": between(rng, 1.15, 1.8),
    }[share]
    tall = height * fill / (high[1] - low[1])
    whole = width / (high[0] - low[0])
    across = whole * between(rng, 0.78, 1.02) if chance(rng, 0.55) else tall * between(rng, 0.75, 1.4)
    if share != "legless":
        across = min(across, whole * 1.12)
    across = float(np.clip(across, tall * 0.55, tall * 2.1))
    slack = height * (1 - fill)
    top = slack * between(rng, 0.2, 0.8)
    if fill >= 1:
        top = slack * (between(rng, 0.0, 0.12) if share == "legless" else between(rng, 0.0, 0.5))
        top += height * between(rng, -0.02, 0.04) * (share == "legless")
    middle = width * about(rng, 0.5, 0.03 if share == "right" else 0.08)
    offset = np.array([middle - (low[0] + high[0]) / 2 * across, top - low[1] * tall])
    canvas.aim(np.array([across, tall]), offset)


def _ground_shadow(subject: Subject) -> None:
    """Feet darken the ground they stand on; a seat is put under who sits."""
    figure, canvas = subject.figure, subject.canvas
    ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    middle = (figure.ankles.mean(0) + figure.toes.mean(0)) / 2 * np.array([1, 0, 1])
    disc = np.stack([np.cos(ring) * 0.17, ring * 0, np.sin(ring) * 0.13], axis=1)
    canvas.tone(canvas.camera.flat(middle + disc), 128 - between(subject.rng, 5, 70))
    if subject.pose.legs == "sitting":
        put_seat(canvas, figure.pelvis, subject.rng)


def _cast_shadow(canvas: Canvas, rng: Generator) -> None:
    """Sometimes the body throws its shadow on what is behind or below it, sharp or soft."""
    if not chance(rng, 0.3):
        return
    height, width = canvas.image.shape[:2]
    body = np.asarray(cv2.resize(canvas.image[:, :, 3], (width // 4, height // 4)), np.uint8)
    feet = float(canvas.camera.flat(np.zeros((1, 3)))[0, 1] * canvas.scale[1] + canvas.offset[1]) / 4
    if chance(rng, 0.6):
        lean, short = between(rng, -1.6, 1.6), between(rng, -0.5, 0.5)
        move = np.array([[1.0, lean * 0.5, -lean * feet * 0.5], [0.0, short, feet * (1 - short)]])
    else:
        move = np.array([[1.0, 0.0, between(rng, -0.3, 0.3) * width / 4], [0.0, 1.0, between(rng, 0, 6)]])
    thrown = cv2.warpAffine(body, move, (width // 4, height // 4))
    if chance(rng, 0.7):
        thrown = cv2.blur(thrown, (3, 3))
    dark = np.minimum(cv2.resize(thrown, (width, height)), 128) * np.float32(between(rng, 0.1, 0.65))
    dark[canvas.image[:, :, 3] >= 100] = 0
    canvas.shade = np.asarray(cv2.subtract(canvas.shade, dark, dtype=cv2.CV_8U), np.uint8)
