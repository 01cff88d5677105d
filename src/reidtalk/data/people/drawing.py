"""One picture of a person: pose, camera, place and light at random, and what can be seen in it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people import carried
from reidtalk.data.people.attributes import Person
from reidtalk.data.people.canvas import Camera, Canvas, Points
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.clothes import Subject, draw_arm, draw_leg, draw_trunk
from reidtalk.data.people.figure import Figure, Pose, figure, pose
from reidtalk.data.people.head import draw_front_locks, draw_hanging_hair, draw_head
from reidtalk.data.people.light import LIGHTS, photograph
from reidtalk.data.people.scene import draw_background, draw_in_front

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
    """day, indoor, dusk, night or glare."""
    monochrome: bool
    """Whether the camera gave no colours."""


def draw_person(
    person: Person, rng: Generator, height_px: int, width_px: int
) -> tuple[NDArray[np.uint8], View]:
    """A picture of `person`, [height_px, width_px, 3] uint8 RGB, and what it shows.

    Pose, view, camera, place and light follow from `rng`.
    """
    posed = _fitting_pose(person, rng)
    yaw = _yaw(rng)
    camera = Camera(
        pitch=abs(about(rng, 0.14, 0.17)), distance=between(rng, 2.2, 9), roll=about(rng, 0, 0.035)
    )
    body = figure(person.body, posed, yaw, rng)
    held = _held(person, posed, rng)
    hood_up = person.upper.cut.neck == "hood" and person.hat is None and chance(rng, 0.18)
    light = pick(rng, LIGHTS)
    fine = 2 if height_px <= 160 else 1.5 if height_px <= 300 else 1
    picture = np.zeros((round(height_px * fine), round(width_px * fine), 4), np.uint8)
    draw_background(picture, camera.pitch, rng)
    canvas = Canvas(picture, camera, _light_from(rng))
    canvas.relief = between(rng, 28, 66) * (0.6 if light == "night" else 1.0)
    _crop(canvas, body, held, rng)
    subject = Subject(canvas, body, posed, person, rng)
    _ground_shadow(subject)
    for _, draw in sorted(_parts(subject, held, hood_up), key=lambda part: part[0]):
        draw()
    hidden = draw_in_front(picture, rng) if chance(rng, 0.08) else None
    shade = cv2.blur(canvas.shade, (5, 5))
    shape = (width_px, height_px)
    small = np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.uint8)
    tones = np.asarray(cv2.resize(shade, shape), np.uint8)
    monochrome = chance(rng, 0.012)
    photo = photograph(small, tones, light, monochrome, rng)
    view = View(
        facing=FACINGS[round(yaw / 45) % 8],
        legs=posed.legs,
        arms=posed.arms,
        held=_in_sight(subject, held),
        hood_up=hood_up,
        light=light,
        monochrome=monochrome,
        seen=_seen(subject, hidden, hood_up),
    )
    return photo, view


def _fitting_pose(person: Person, rng: Generator) -> Pose:
    """A pose the clothes allow: nobody sits or runs in a long skirt."""
    long = person.hem > 0.1
    while True:
        posed = pose(rng)
        if not (long and posed.legs in ("sitting", "running", "bending")):
            return posed


def _yaw(rng: Generator) -> float:
    """Degrees the person is turned: walking towards and away more often than across."""
    return float(
        one_of(rng, (0, 0, 0, 0, 45, 90, 90, 135, 180, 180, 180, 180, 225, 270, 270, 315)) + about(rng, 0, 16)
    )


def _light_from(rng: Generator) -> tuple[float, float, float]:
    side, above = about(rng, 0, 0.45), -abs(about(rng, 0.4, 0.2))
    length = float(np.sqrt(side * side + above * above + 0.64))
    return side / length, above / length, 0.8 / length


def _held(person: Person, posed: Pose, rng: Generator) -> tuple[str, ...]:
    """What the raised hand holds, if one is raised."""
    hand = carried.raised_hand(posed)
    if hand is None:
        return ()
    arm = posed.arms[hand]
    if arm.startswith("phone"):
        return (
            ("book",)
            if arm == "phone in front" and "book" in person.things and chance(rng, 0.3)
            else ("phone",)
        )
    if arm == "carrying":
        return ("box",) if chance(rng, 0.7) else ()
    fitting = [thing for thing in person.things if thing in ("cup", "bottle", "umbrella")]
    return (one_of(rng, fitting),) if fitting else ()


def _crop(canvas: Canvas, body: Figure, held: tuple[str, ...], rng: Generator) -> None:
    """The canvas is aimed at the figure as a detector crops: now and then too wide, too tight or shifted."""
    over = np.array([0.0, 0.2 if "umbrella" in held else 0.0, 0.0])
    points = np.concatenate([body.joints(), [body.head + over]])
    flat = canvas.camera.flat(points)
    margin = np.array([0.045, 0.03])
    low, high = flat.min(0) - margin, flat.max(0) + margin
    low[1] = min(low[1], canvas.camera.flat(body.head[None])[0, 1] - 0.085)
    height, width = canvas.image.shape[:2]
    share = pick(rng, {"right": 7, "wide": 1.5, "tight": 1.2})
    fill = {
        "right": between(rng, 0.88, 0.985),
        "wide": between(rng, 0.66, 0.88),
        "tight": between(rng, 1.02, 1.3),
    }[share]
    tall = height * fill / (high[1] - low[1])
    across = min(tall * between(rng, 0.82, 1.35), width * between(rng, 0.85, 1.08) / (high[0] - low[0]))
    across = max(across, tall * 0.62)
    slack = height * (1 - fill)
    top = (
        slack * between(rng, 0.2, 0.8)
        if fill < 1
        else slack * between(rng, 0.0, 1.0) * (1 if chance(rng, 0.25) else 0.1)
    )
    middle = width * about(rng, 0.5, 0.03 if share == "right" else 0.07)
    offset = np.array([middle - (low[0] + high[0]) / 2 * across, top - low[1] * tall])
    canvas.aim(np.array([across, tall]), offset)


def _ground_shadow(subject: Subject) -> None:
    """Feet darken the ground they stand on; a seat is put under who sits."""
    figure, canvas = subject.figure, subject.canvas
    ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    middle = (figure.ankles.mean(0) + figure.toes.mean(0)) / 2 * np.array([1, 0, 1])
    disc = np.stack([np.cos(ring) * 0.17, ring * 0, np.sin(ring) * 0.13], axis=1)
    canvas.tone(canvas.camera.flat(middle + disc), 128 - between(subject.rng, 10, 110))
    if subject.pose.legs == "sitting":
        rgb = (between(subject.rng, 40, 190),) * 3
        x, y = canvas.camera.flat(figure.pelvis[None])[0]
        canvas.fill(
            np.array(
                [(x - 0.16, y + 0.05), (x + 0.16, y + 0.05), (x + 0.15, y + 0.48), (x - 0.15, y + 0.48)]
            ),
            rgb,
            -1,
        )


def _parts(subject: Subject, held: tuple[str, ...], hood_up: bool) -> list[tuple[float, Callable[[], None]]]:
    """All that is to be drawn, each with how near it is."""
    figure, hair = subject.figure, subject.person.hair

    def near(point: Points, bias: float) -> float:
        return float(point[2] - figure.pelvis[2]) + bias

    parts: list[tuple[float, Callable[[], None]]] = [
        (0.0, partial(draw_trunk, subject)),
        (0.001, partial(carried.draw_straps, subject)),
        (near(figure.head, 0.035), partial(draw_head, subject, hood_up)),
    ]
    for i in (0, 1):
        reach = -0.14 if subject.pose.legs != "sitting" else -0.03
        parts.append(
            (
                near((figure.hips[i] + figure.knees[i] * 2 + figure.ankles[i]) / 4, reach),
                partial(draw_leg, subject, i),
            )
        )
        middle = (figure.shoulders[i] + figure.elbows[i]) / 2
        parts.append((near(middle, 0.03), partial(draw_arm, subject, i, False)))
        parts.append(
            (near((figure.elbows[i] + figure.hands[i]) / 2, 0.031), partial(draw_arm, subject, i, True))
        )
    covered = hood_up or (subject.person.hat is not None and subject.person.hat.kind == "headscarf")
    if not covered:
        behind = figure.head - figure.face[2] * 0.07
        parts.append(
            (
                near(behind, 0.0) + (0.06 if behind[2] > figure.head[2] else -0.02),
                partial(draw_hanging_hair, subject),
            )
        )
        if hair.style in ("long", "bob") and (hair.style == "bob" or hair.wavy):
            parts.append(
                (near(figure.head + figure.face[2] * 0.02, 0.037), partial(draw_front_locks, subject))
            )
    parts.extend(_carried_parts(subject, held, near))
    return parts


def _carried_parts(
    subject: Subject, held: tuple[str, ...], near: Callable[[Points, float], float]
) -> list[tuple[float, Callable[[], None]]]:
    figure, parts = subject.figure, list[tuple[float, Callable[[], None]]]()
    bag, hand = subject.person.bag, carried.raised_hand(subject.pose)
    if bag is not None:
        free = carried.free_hand(subject.pose)
        place = carried.side_bag_place(subject)
        if bag.kind == "backpack":
            place = figure.pelvis - figure.trunk[2] * 0.13
        elif bag.kind in carried.IN_HAND and free is not None:
            place = figure.hands[free]
        parts.append((near(place, 0.02), partial(carried.draw_bag, subject)))
    if held and hand is not None:
        over = 0.5 if held[0] == "umbrella" else 0.045
        parts.append((near(figure.hands[hand], over), partial(carried.THINGS[held[0]], subject, hand)))
    return parts


def _seen(subject: Subject, hidden: tuple[float, float] | None, hood_up: bool) -> frozenset[str]:
    """The parts of the person that the finished picture shows."""
    person, figure, canvas = subject.person, subject.figure, subject.canvas
    towards = canvas.camera.towards
    ahead = float(figure.trunk[2] @ towards)
    height = int(canvas.image.shape[0])

    def row(points: Points) -> float:
        down = float(canvas.camera.flat(points)[:, 1].mean())
        return (down * float(canvas.scale[1]) + float(canvas.offset[1])) / height

    bottom = min(0.97, hidden[0]) if hidden else 0.97
    seen = {"upper"}
    if row(figure.head[None]) > 0.035:
        seen.add("head")
    covered = hood_up or (person.hat is not None and person.hat.kind == "headscarf")
    head_in = row(figure.head[None]) > 0.035
    if head_in and float(figure.face[2] @ towards) > 0.1:
        seen.add("face")
        if not covered:
            seen.add("glasses")
    if head_in and not covered and person.hair.style != "bald":
        seen.add("hair")
    if ahead > 0.3:
        seen.add("front")
    if row(figure.knees) < bottom:
        seen.add("lower")
    if row(figure.knees * 0.5 + figure.ankles * 0.5) < bottom:
        seen.add("legs")
    if row(figure.ankles) < bottom - 0.02:
        seen.add("shoes")
    if row(figure.head[None]) > 0.06 and person.hat is not None:
        seen.add("hat")
    if person.scarf is not None and ahead > -0.3:
        seen.add("scarf")
    if _bag_seen(subject, bottom, row):
        seen.add("bag")
    return frozenset(seen)


def _in_sight(subject: Subject, held: tuple[str, ...]) -> tuple[str, ...]:
    """The held things that lie within the picture."""
    hand = carried.raised_hand(subject.pose)
    if not held or hand is None:
        return ()
    figure, canvas = subject.figure, subject.canvas
    place = figure.head + np.array([0.0, 0.15, 0.0]) if held[0] == "umbrella" else figure.hands[hand]
    shares = (canvas.camera.flat(place) * canvas.scale + canvas.offset) / canvas.image.shape[1::-1]
    hidden = held[0] in ("phone", "cup", "bottle") and float(place[2] - figure.pelvis[2]) < -0.08
    return held if not hidden and bool(np.all((shares > 0.03) & (shares < 0.97))) else ()


def _bag_seen(subject: Subject, bottom: float, row: Callable[[Points], float]) -> bool:
    """Whether the bag is carried in this picture and its best-known part lies in sight."""
    bag, figure = subject.person.bag, subject.figure
    if bag is None:
        return False
    towards = subject.canvas.camera.towards
    if bag.kind == "backpack":
        return True
    if bag.kind in carried.IN_HAND:
        free = carried.free_hand(subject.pose)
        return (
            free is not None
            and _in_front_or_beside(figure, free)
            and row(figure.hands[free][None]) < bottom - 0.1
        )
    return float(figure.trunk[0] @ towards) > -0.35 and row(figure.pelvis[None]) < bottom


def _in_front_or_beside(figure: Figure, hand: int) -> bool:
    """Whether the body does not hide a hand."""
    x, _, z = figure.hands[hand] - figure.pelvis
    return bool(z > -0.06 or abs(x) > 0.13)
