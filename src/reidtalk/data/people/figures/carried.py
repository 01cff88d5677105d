"""Bags and things in the hand."""

from collections.abc import Callable

import cv2
import numpy as np

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.colours import Rgb, mix, scaled
from reidtalk.data.people.figures.canvas import NEUTRAL, Points, Stack
from reidtalk.data.people.figures.clothes import Subject, trunk_levels
from reidtalk.data.people.figures.figure import Pose
from reidtalk.data.people.figures.handheld import SMALL, dog_place
from reidtalk.data.people.figures.vehicles import draw_bicycle, draw_pram, draw_trolley

IN_HAND = ("handbag", "plastic bag", "briefcase", "suitcase", "tote bag", "gym bag")
ON_BACK = ("backpack", "guitar case")
PUSHED = ("pram", "trolley", "bicycle")
RAISED = (
    "phone in front", "phone at ear", "holding up", "carrying", "pushing", "handlebar", "swinging up",
    "under arm", "over arm", "leading",
)  # fmt: skip


def free_hand(pose: Pose) -> int | None:
    """The arm that hangs free (0 left, 1 right) and can carry a bag; None if neither does."""
    return next((i for i in (1, 0) if pose.arms[i] == "hanging"), None)


def raised_hand(pose: Pose) -> int | None:
    """The arm that holds a thing up or out; None if neither does."""
    return next((i for i in (0, 1) if pose.arms[i] in RAISED), None)


def place_of(subject: Subject, thing: str, hand: int) -> Points:
    """The part of a held thing that has to be seen for it to be recognised."""
    figure = subject.figure
    if thing == "umbrella":
        return np.asarray(figure.head + np.array([0.0, 0.15, 0.0]))
    if thing == "dog":
        return dog_place(subject, hand)
    if thing in (*PUSHED, "bike"):
        reach = {"bicycle": 0.15, "bike": 0.2}.get(thing, 0.3)
        middle = figure.pelvis if thing == "bike" else figure.hands.mean(0)
        return np.asarray((middle + figure.hips_frame[2] * reach) * (1, 0, 1) + np.array([0.0, 0.28, 0.0]))
    return np.asarray(figure.hands[hand])


def _cuboid(
    subject: Subject, centre: Points, axes: Points, half: tuple[float, float, float], rgb: Rgb
) -> None:
    """A box is painted, its upper side lighter and its left side darker."""
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    corners = centre + (signs * np.array(half)) @ axes
    canvas = subject.canvas
    flat = canvas.camera.flat(corners)
    canvas.fill(cv2.convexHull(flat.astype(np.float32))[:, 0].astype(float), rgb)
    canvas.tone(cv2.convexHull(flat.astype(np.float32))[:, 0].astype(float), NEUTRAL - 22)
    ahead = axes[2] @ canvas.camera.towards > 0
    face = flat[[1, 3, 7, 5]] if ahead else flat[[0, 2, 6, 4]]
    canvas.tone(face, NEUTRAL + 4)


def _backpack(subject: Subject, bag: Garment) -> None:
    figure, canvas, rgb = subject.figure, subject.canvas, bag.colour.rgb
    size = 0.85 + 0.25 * (bag.size - 0.7)
    deep = 0.042 * size
    shift = -(subject.person.body.depth + subject.person.upper.cut.thick + deep * 0.7)
    rows = [
        (0.06, 0.07, deep, shift),
        (0.09, 0.083, deep * 1.15, shift - 0.004),
        (0.2, 0.08, deep, shift),
        (0.26, 0.066, deep * 0.8, shift),
        (0.285, 0.03, deep * 0.4, shift + 0.01),
    ]
    levels = np.array(rows) * np.array([1, size, 1, 1])
    pack = Stack(figure.pelvis, figure.trunk, levels, canvas.camera)
    pack.draw(canvas, rgb, 0.15)
    light = mix(rgb, (255, 255, 255), 0.18)
    pocket = pack.panel(0.085, 0.16, 128, 232)
    if pocket is not None:
        canvas.paint(pocket, scaled(rgb, 0.82))
    pack.patch(canvas, 0.155, 0.163, 128, 232, light)
    pack.patch(canvas, 0.235, 0.242, 110, 250, scaled(rgb, 0.6))


def _guitar_case(subject: Subject, bag: Garment) -> None:
    figure, person = subject.figure, subject.person
    shift = -(person.body.depth + person.upper.cut.thick + 0.035)
    rows = [
        (-0.14, 0.03, 0.02), (-0.12, 0.075, 0.034), (-0.04, 0.09, 0.036), (0.05, 0.068, 0.034),
        (0.12, 0.076, 0.034), (0.19, 0.055, 0.03), (0.22, 0.026, 0.022), (0.47, 0.026, 0.02),
        (0.5, 0.012, 0.01),
    ]  # fmt: skip
    levels = np.array([(*row, shift) for row in rows])
    Stack(figure.pelvis, figure.trunk, levels, subject.canvas.camera).draw(
        subject.canvas, bag.colour.rgb, bag.texture
    )


def draw_straps(subject: Subject) -> None:
    """Straps of a backpack, shoulder bag or messenger bag, where they cross the trunk."""
    bag, canvas = subject.person.bag, subject.canvas
    if bag is None:
        return
    levels = trunk_levels(subject.person, subject.person.upper.cut.thick + 0.004, 0.0)
    trunk = Stack(subject.figure.pelvis, subject.figure.trunk, levels, canvas.camera)
    rgb, top = scaled(bag.colour.rgb, 0.85), float(levels[-1, 0])
    if bag.kind == "waist bag":
        trunk.patch(canvas, 0.012, 0.027, -180, 180, rgb)
        trunk.patch(canvas, -0.015, 0.04, -34, 26, bag.colour.rgb, bag.texture)
        trunk.patch(canvas, 0.02, 0.026, -30, 22, scaled(bag.colour.rgb, 0.6))
    elif bag.kind in ON_BACK:
        for side in (-46, 29):
            trunk.patch(canvas, 0.1, top - 0.012, side, side + 17, rgb)
    elif bag.kind == "messenger bag":
        for start, end in ((-50.0, 80.0), (310.0, 100.0)):
            _strap(subject, trunk, np.linspace(start, end, 7), np.linspace(top - 0.012, 0.03, 7), rgb)
    elif bag.kind == "shoulder bag":
        for theta in (60.0, 125.0):
            _strap(subject, trunk, np.linspace(theta, 88, 5), np.linspace(top - 0.02, 0.1, 5), rgb)


def _strap(subject: Subject, trunk: Stack, theta: Points, t: Points, rgb: Rgb) -> None:
    seen = np.cos(np.radians(theta) - trunk.middle) > 0
    if seen.sum() >= 2:
        line = subject.canvas.camera.flat(trunk.at(t[seen], np.radians(theta[seen])))
        subject.canvas.stroke(line, rgb, 0.013)


def side_bag_place(subject: Subject) -> Points:
    """Where a shoulder or messenger bag hangs: at the left hip."""
    figure, person = subject.figure, subject.person
    out = person.body.hips + person.upper.cut.thick + 0.028
    low = 0.0 if person.bag is not None and person.bag.kind == "messenger bag" else 0.045
    return np.asarray(figure.pelvis + figure.trunk[0] * out * 0.92 + figure.trunk[1] * low)


def draw_bag(subject: Subject) -> None:
    """The person's bag itself is drawn, where it is carried."""
    bag = subject.person.bag
    if bag is None:
        return
    if bag.kind == "backpack":
        _backpack(subject, bag)
    elif bag.kind == "guitar case":
        _guitar_case(subject, bag)
    elif bag.kind == "waist bag":
        return
    elif bag.kind in IN_HAND:
        _hand_bag(subject, bag)
    else:
        size = 0.75 + 0.3 * (bag.size - 0.7)
        centre = side_bag_place(subject)
        _cuboid(
            subject, centre, subject.figure.trunk, (0.03 * size, 0.058 * size, 0.075 * size), bag.colour.rgb
        )
        flap = centre + subject.figure.trunk[1] * 0.02
        _cuboid(
            subject,
            flap,
            subject.figure.trunk,
            (0.032 * size, 0.034 * size, 0.077 * size),
            scaled(bag.colour.rgb, 0.88),
        )


_HAND_BAGS = {
    # half depth, half width, half height, length of the handle
    "handbag": (0.026, 0.068, 0.05, 0.035), "plastic bag": (0.04, 0.07, 0.085, 0.035),
    "briefcase": (0.022, 0.095, 0.06, 0.03), "tote bag": (0.018, 0.075, 0.082, 0.07),
    "gym bag": (0.05, 0.125, 0.058, 0.045),
}  # fmt: skip


def _hand_bag(subject: Subject, bag: Garment) -> None:
    """The bag in a free hand; with much shopping there is one in the other hand too."""
    hand = free_hand(subject.pose)
    if hand is None:
        return
    if bag.kind == "suitcase":
        _suitcase(subject, bag, subject.figure.hands[hand])
        return
    _hanging_bag(subject, bag, subject.figure.hands[hand])
    if (
        bag.kind in ("plastic bag", "tote bag")
        and bag.size > 1.2
        and subject.pose.arms[1 - hand] == "hanging"
    ):
        _hanging_bag(subject, bag, subject.figure.hands[1 - hand])


def _suitcase(subject: Subject, bag: Garment, grip: Points) -> None:
    canvas, axes, size = subject.canvas, subject.figure.hips_frame, 0.8 + 0.3 * (bag.size - 0.7)
    centre = grip - axes[2] * 0.16
    centre = np.array([centre[0], 0.16 * size + 0.02, centre[2]])
    pole = np.stack([grip, centre + np.array([0, 0.15, 0])])
    canvas.stroke(canvas.camera.flat(pole), (70, 70, 74), 0.012)
    _cuboid(subject, centre, axes, (0.065 * size, 0.14 * size, 0.095 * size), bag.colour.rgb)


def _hanging_bag(subject: Subject, bag: Garment, grip: Points) -> None:
    """A bag that hangs by its handles."""
    canvas, axes, rgb = subject.canvas, subject.figure.hips_frame, bag.colour.rgb
    size, down = 0.8 + 0.3 * (bag.size - 0.7), np.array([0.0, -1.0, 0.0])
    deep, wide, tall, handle = _HAND_BAGS[bag.kind]
    for side in (-0.5, 0.5):
        line = np.stack([grip, grip + down * handle + axes[2] * side * wide * size])
        canvas.stroke(canvas.camera.flat(line), scaled(rgb, 0.7), 0.008)
    centre = grip + down * (handle + tall * size)
    if bag.kind == "plastic bag":
        t, w = tall * size, wide * size
        levels = np.array([(-t, 0.03, w * 0.7, 0), (-t * 0.5, 0.04, w, 0), (t, 0.012, w * 0.5, 0)])
        Stack(centre, axes, levels, canvas.camera).draw(canvas, rgb, bag.texture)
    else:
        _cuboid(subject, centre, axes, (deep, tall * size, wide * size), rgb)


def _at_hand(subject: Subject, hand: int, half: tuple[float, float, float], rgb: Rgb) -> None:
    figure = subject.figure
    place = figure.hands[hand] + figure.trunk[1] * half[1] * 0.6
    _cuboid(subject, place, figure.trunk, half, rgb)


def _umbrella(subject: Subject, hand: int) -> None:
    figure, canvas, rgb = subject.figure, subject.canvas, subject.person.umbrella.rgb
    grip = figure.hands[hand]
    top = figure.head + np.array([0, 0.11, 0]) + (grip - figure.head) * np.array([0.4, 0, 0.4])
    canvas.stroke(canvas.camera.flat(np.stack([grip, top + np.array([0, 0.1, 0])])), (60, 60, 60), 0.01)
    levels = np.array(
        [(0, 0.27, 0.27, 0), (0.045, 0.235, 0.235, 0), (0.085, 0.14, 0.14, 0), (0.105, 0.01, 0.01, 0)]
    )
    dome = Stack(top, figure.hips_frame, levels, canvas.camera)
    dome.draw(canvas, rgb)
    for theta in range(0, 360, 60):
        dome.patch(canvas, 0.0, 0.105, theta, theta + 30, scaled(rgb, 0.86))


THINGS: dict[str, Callable[[Subject, int], None]] = {
    "phone": lambda subject, hand: _at_hand(subject, hand, (0.018, 0.032, 0.008), (32, 32, 36)),
    "cup": lambda subject, hand: _at_hand(subject, hand, (0.018, 0.03, 0.018), (235, 230, 222)),
    "bottle": lambda subject, hand: _at_hand(subject, hand, (0.014, 0.05, 0.014), (150, 185, 205)),
    "book": lambda subject, hand: _at_hand(subject, hand, (0.055, 0.045, 0.01), (205, 195, 180)),
    "umbrella": _umbrella, **SMALL,
    "bicycle": draw_bicycle, "bike": draw_bicycle, "pram": draw_pram,
    "trolley": draw_trolley,
    "box": lambda subject, _: _cuboid(
        subject, subject.figure.hands.mean(0) + np.array([0.0, 0.03, 0.02]) @ subject.figure.trunk,
        subject.figure.trunk, (0.11, 0.065, 0.075), (176, 138, 96)),
}  # fmt: skip
"""How each thing in the wardrobe's THINGS is drawn in hand 0 or 1."""
