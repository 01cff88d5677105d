"""What of a person a finished picture shows: not cut off, not turned away, not behind something."""

import cv2
import numpy as np

from reidtalk.data.people.figures import carried
from reidtalk.data.people.figures.accessories import extras_in_sight
from reidtalk.data.people.figures.canvas import Points
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.figure import Figure
from reidtalk.data.people.figures.hats import WRAPS
from reidtalk.data.people.scenes.scene import Mask


class Sight:
    """Which points of a figure can be seen in its picture."""

    def __init__(self, subject: Subject, hidden: Mask | None, groups: dict[str, Points]) -> None:
        """`hidden`: the pixels of the body that something covers, or None; `groups`: named points."""
        canvas = subject.canvas
        pixels = canvas.camera.flat(np.concatenate(list(groups.values()))) * canvas.scale + canvas.offset
        height, width = canvas.image.shape[:2]
        x, y = pixels.T
        self._rows: Points = y / height
        self._inside = (x > 0) & (x < width) & (self._rows > 0.005)
        if hidden is not None:
            wide = cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8))
            column, row = np.clip(x, 0, width - 1).astype(int), np.clip(y, 0, height - 1).astype(int)
            self._inside &= wide[row, column] == 0
        ends = np.cumsum([len(points) for points in groups.values()]).tolist()
        starts = [0, *ends[:-1]]
        self._spans = {name: slice(a, b) for name, a, b in zip(groups, starts, ends, strict=True)}

    def row(self, group: str) -> float:
        """How far down the group's first point lies, as a share of the picture's height."""
        return float(self._rows[self._spans[group].start])

    def shown(self, group: str, most: float = 0.5, bottom: float = 0.97) -> bool:
        """Whether more than `most` of the group lies in the picture, above `bottom`, and uncovered."""
        span = self._spans[group]
        visible = self._inside[span] & (self._rows[span] < bottom)
        return int(visible.sum()) > most * len(visible)


def seen(subject: Subject, hidden: Mask | None, hood_up: bool) -> frozenset[str]:
    """The parts of the person that the finished picture shows."""
    person, figure = subject.person, subject.figure
    sight = Sight(subject, hidden, _groups(subject))
    towards = subject.canvas.camera.towards
    ahead = float(figure.trunk[2] @ towards)
    covered = hood_up or (person.hat is not None and person.hat.kind in WRAPS)
    head_in = sight.row("head") > 0.035 and sight.shown("head")
    masked = person.hat is not None and person.hat.kind == "motorcycle helmet"
    face_in = head_in and not masked and float(figure.face[2] @ towards) > 0.1
    tests = {
        "upper": True,
        "head": head_in,
        "face": face_in,
        "glasses": face_in and not covered,
        "hair": head_in and not covered and person.hair.style != "bald",
        "hat": head_in and sight.row("head") > 0.06 and person.hat is not None,
        "front": ahead > 0.3 and sight.shown("trunk"),
        "lower": sight.shown("thighs"),
        "legs": sight.shown("shins"),
        "shoes": sight.shown("ankles", 0.6, 0.95),
        "scarf": person.scarf is not None and ahead > -0.3 and sight.shown("neck"),
        "bag": _bag_seen(subject, sight),
    }
    parts = {part for part, true in tests.items() if true}
    extras = extras_in_sight(subject, parts, waist=sight.shown("waist"), hand=sight.shown("left hand"))
    return frozenset(parts | extras)


def _groups(subject: Subject) -> dict[str, Points]:
    """The points by which parts of the body are judged."""
    figure = subject.figure
    free = carried.free_hand(subject.pose)
    hand = figure.pelvis if free is None else figure.hands[free]
    return {
        "head": figure.head[None],
        "neck": figure.neck[None],
        "trunk": figure.pelvis + (figure.neck - figure.pelvis) * np.array([[0.3], [0.5], [0.7]]),
        "thighs": np.concatenate([figure.knees, figure.knees * 0.6 + figure.hips * 0.4]),
        "shins": np.concatenate([figure.knees, figure.ankles, (figure.knees + figure.ankles) / 2]),
        "ankles": figure.ankles,
        "hand": np.stack([hand, hand - np.array([0.0, 0.08, 0.0])]),
        "side": carried.side_bag_place(subject)[None],
        "waist": figure.pelvis[None],
        "left hand": figure.hands[:1],
    }


def held_in_sight(subject: Subject, hidden: Mask | None, held: tuple[str, ...]) -> tuple[str, ...]:
    """The held things that lie within the picture, neither behind the body nor behind something."""
    raised = carried.raised_hand(subject.pose)
    if not held or raised is None:
        return ()
    place = carried.place_of(subject, held[0], raised)
    if held[0] in ("pram", "trolley"):
        behind = float(subject.figure.hips_frame[2] @ subject.canvas.camera.towards) < -0.7
    else:
        far = held[0] not in ("umbrella", "bicycle", "bike", "dog", "bat", "racket")
        behind = far and float(place[2] - subject.figure.pelvis[2]) < -0.08
    sight = Sight(subject, hidden, {"thing": place[None]})
    return held if not behind and sight.row("thing") > 0.03 and sight.shown("thing") else ()


def _bag_seen(subject: Subject, sight: Sight) -> bool:
    """Whether the bag is carried in this picture and its best-known part lies in sight."""
    bag, figure = subject.person.bag, subject.figure
    if bag is None:
        return False
    if bag.kind == "waist bag":
        ahead = float(figure.trunk[2] @ subject.canvas.camera.towards)
        covered = {"folded", "carrying", "hands in front"} & set(subject.pose.arms)
        return ahead > 0.3 and not covered and sight.shown("waist")
    if bag.kind in carried.ON_BACK:
        return sight.shown("trunk")
    if bag.kind in carried.IN_HAND:
        free = carried.free_hand(subject.pose)
        return free is not None and _in_front_or_beside(figure, free) and sight.shown("hand", 0.9, 0.92)
    return float(figure.trunk[0] @ subject.canvas.camera.towards) > -0.35 and sight.shown("side")


def _in_front_or_beside(figure: Figure, hand: int) -> bool:
    """Whether the body does not hide a hand."""
    x, _, z = figure.hands[hand] - figure.pelvis
    return bool(z > -0.06 or abs(x) > 0.13)
