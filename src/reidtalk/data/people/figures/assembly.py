"""From a person to a figure that can be drawn: a pose that fits, what is held, and all parts by nearness."""

from collections.abc import Callable
from functools import partial

from numpy.random import Generator

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.chance import chance, one_of
from reidtalk.data.people.figures import carried
from reidtalk.data.people.figures.accessories import draw_extras
from reidtalk.data.people.figures.canvas import Points
from reidtalk.data.people.figures.clothes import Subject, draw_trunk
from reidtalk.data.people.figures.figure import Pose, pose
from reidtalk.data.people.figures.hair import draw_front_locks, draw_hanging_hair
from reidtalk.data.people.figures.hats import WRAPS
from reidtalk.data.people.figures.head import draw_head
from reidtalk.data.people.figures.limbs import draw_arm, draw_leg

FITTING = {
    "phone in front": ("phone", "book", "papers"),
    "phone at ear": ("phone",),
    "carrying": ("box", "box", "ball", "baby"),
    "holding up": ("cup", "bottle", "umbrella", "flowers"),
    "swinging up": ("bat", "racket"),
    "under arm": ("skateboard",),
    "over arm": ("coat",),
    "leading": ("dog",),
    "pushing": ("pram", "trolley", "bicycle"),
}
"""What each raised arm may hold, if the person has it."""


def fitting_pose(person: Person, rng: Generator) -> Pose:
    """A pose the clothes allow: nobody sits or runs in a long skirt."""
    long = person.hem > 0.1
    while True:
        posed = pose(rng)
        if not (long and posed.legs in ("sitting", "running", "bending", "crouching", "riding")):
            return posed


def held_things(person: Person, posed: Pose, rng: Generator) -> tuple[str, ...]:
    """What the raised hand holds, if one is raised."""
    hand = carried.raised_hand(posed)
    if hand is None:
        return ()
    arm = posed.arms[hand]
    if arm == "handlebar":
        return ("bike",)
    fitting = [thing for thing in FITTING[arm] if thing in (*person.things, "phone", "box")]
    if not fitting or (arm in ("carrying", "swinging up") and chance(rng, 0.25)):
        return ()
    return ("phone",) if arm == "phone in front" and chance(rng, 0.5) else (one_of(rng, fitting),)


def figure_parts(
    subject: Subject, held: tuple[str, ...], hood_up: bool
) -> list[tuple[float, Callable[[], None]]]:
    """All that is to be drawn, each with how near it is."""
    figure, hair = subject.figure, subject.person.hair

    def near(point: Points, bias: float) -> float:
        return float(point[2] - figure.pelvis[2]) + bias

    parts: list[tuple[float, Callable[[], None]]] = [
        (0.0, partial(draw_trunk, subject)),
        (0.0005, partial(draw_extras, subject)),
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
    covered = hood_up or (subject.person.hat is not None and subject.person.hat.kind in WRAPS)
    if not covered:
        behind = figure.head - figure.face[2] * 0.07
        parts.append(
            (
                near(behind, 0.0) + (0.06 if behind[2] > figure.head[2] else -0.02),
                partial(draw_hanging_hair, subject),
            )
        )
        if hair.style == "bob" or (hair.style == "long" and hair.wavy):
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
        if bag.kind in carried.ON_BACK:
            place = figure.pelvis - figure.trunk[2] * 0.13
        elif bag.kind in carried.IN_HAND and free is not None:
            place = figure.hands[free]
        parts.append((near(place, 0.02), partial(carried.draw_bag, subject)))
    if held and hand is not None:
        over = {"umbrella": 0.5, "bike": -0.02, "bicycle": 0.0}.get(held[0], 0.045)
        place = figure.hands[hand]
        if held[0] in (*carried.PUSHED, "dog"):
            place = carried.place_of(subject, held[0], hand)
        place = figure.pelvis if held[0] == "bike" else place
        parts.append((near(place, over), partial(carried.THINGS[held[0]], subject, hand)))
    return parts
