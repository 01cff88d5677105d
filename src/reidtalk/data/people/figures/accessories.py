"""What is worn over the clothes: ties, belts, braces, aprons, lanyards, a jacket around the waist."""

from collections.abc import Callable

import numpy as np

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.colours import scaled
from reidtalk.data.people.figures.canvas import Stack
from reidtalk.data.people.figures.clothes import Subject, hem_levels, trunk_levels
from reidtalk.data.people.figures.surface import CODES
from reidtalk.data.people.wardrobe import Cut

IN_FRONT = ("tie", "apron", "lanyard")
"""Extras that only the front shows."""
AT_WAIST = ("belt", "tied jacket")
ON_FACE = ("face mask",)
ON_HEAD = ("headphones",)
ON_HANDS = ("watch", "gloves")
APRON = Cut(names={"apron": 1}, hem=0.17)


def draw_extras(subject: Subject) -> None:
    """What is worn over the trunk is drawn; hands and heads have theirs with them."""
    for worn in subject.person.extras:
        draw = OVER_TRUNK.get(worn.kind)
        if draw is not None:
            draw(subject, worn)


def _trunk(subject: Subject, out: float = 0.003) -> Stack:
    levels = trunk_levels(subject.person, subject.person.upper.cut.thick + out, -0.03)
    return Stack(subject.figure.pelvis, subject.figure.trunk, levels, subject.canvas.camera)


def _tie(subject: Subject, worn: Garment) -> None:
    trunk = _trunk(subject)
    top, rgb = float(trunk.t[-1]), worn.colour.rgb
    trunk.patch(subject.canvas, top - 0.22, top - 0.03, -5, 5, rgb, CODES["satin"])
    trunk.patch(subject.canvas, top - 0.23, top - 0.12, -7, 7, rgb, CODES["satin"])


def _belt(subject: Subject, worn: Garment) -> None:
    low = -subject.person.upper.cut.hem
    waist = _trunk(subject, -0.002)
    waist.patch(subject.canvas, low - 0.012, low + 0.006, -180, 180, worn.colour.rgb, CODES["leather"])
    waist.patch(subject.canvas, low - 0.012, low + 0.006, -5, 5, (190, 188, 180), CODES["glossy"])


def _suspenders(subject: Subject, worn: Garment) -> None:
    trunk, canvas, rgb = _trunk(subject), subject.canvas, worn.colour.rgb
    high, low = float(trunk.t[-1]) - 0.02, -subject.person.upper.cut.hem
    for side in (-1, 1):
        for start, end in ((side * 24.0, side * 27.0), (180 + side * 6.0, 180 + side * 30.0)):
            theta, t = np.radians(np.linspace(start, end, 6)), np.linspace(low, high, 6)
            seen = np.cos(theta - trunk.middle) > 0.05
            if seen.sum() >= 2:
                canvas.stroke(canvas.camera.flat(trunk.at(t[seen], theta[seen])), rgb, 0.013)


def _apron(subject: Subject, worn: Garment) -> None:
    canvas, figure, rgb = subject.canvas, subject.figure, worn.colour.rgb
    trunk = _trunk(subject, 0.006)
    top = float(trunk.t[-1])
    low = hem_levels(subject, Garment(kind="apron", cut=APRON, colour=worn.colour), 0.02)
    skirt = Stack(figure.pelvis, figure.hips_frame, low + np.array([0, 0.006, 0.006, 0]), canvas.camera)
    skirt.patch(canvas, float(skirt.t[0]), 0.02, -62, 62, rgb)
    trunk.patch(canvas, 0.0, 0.09, -68, 68, rgb)
    if worn.size > 1:
        trunk.patch(canvas, 0.08, top - 0.08, -34, 34, rgb)
        for side in (-30, 24):
            trunk.patch(canvas, top - 0.085, top - 0.01, side, side + 6, rgb)
    trunk.patch(canvas, 0.085, 0.097, -180, 180, scaled(rgb, 0.85))


def _tied_jacket(subject: Subject, worn: Garment) -> None:
    """Sleeves knotted in front, the rest over the seat."""
    canvas, figure, rgb = subject.canvas, subject.figure, worn.colour.rgb
    levels = hem_levels(subject, Garment(kind=worn.kind, cut=APRON, colour=worn.colour), 0.04)
    skirt = Stack(figure.pelvis, figure.hips_frame, levels + np.array([0, 0.008, 0.008, 0]), canvas.camera)
    skirt.patch(canvas, float(skirt.t[0]) * 0.85, 0.03, 92, 268, rgb, CODES["thick"])
    skirt.patch(canvas, 0.0, 0.038, -180, 180, scaled(rgb, 0.94), CODES["thick"])
    for start, end in ((-20, -4), (4, 18)):
        skirt.patch(canvas, float(skirt.t[0]) * 0.75, 0.02, start, end, rgb, CODES["thick"])


def _lanyard(subject: Subject, worn: Garment) -> None:
    trunk, canvas = _trunk(subject), subject.canvas
    top = float(trunk.t[-1])
    if trunk.facing(0) < 0.15:
        return
    for side in (-1, 1):
        theta = np.radians(np.linspace(side * 34.0, 0.0, 5))
        line = trunk.at(np.linspace(top - 0.015, top - 0.16, 5), theta)
        canvas.stroke(canvas.camera.flat(line), worn.colour.rgb, 0.007)
    trunk.patch(canvas, top - 0.2, top - 0.155, -9, 9, (232, 232, 228))


OVER_TRUNK: dict[str, Callable[[Subject, Garment], None]] = {
    "tie": _tie, "belt": _belt, "suspenders": _suspenders, "apron": _apron, "tied jacket": _tied_jacket,
    "lanyard": _lanyard,
}  # fmt: skip


def extras_in_sight(subject: Subject, seen: set[str], *, waist: bool, hand: bool) -> set[str]:
    """The kinds of extras that a picture shows of which `seen`, perhaps the waist and the left hand, show."""
    kinds = {worn.kind for worn in subject.person.extras}
    pose = subject.pose
    if "front" not in seen or subject.person.scarf is not None or pose.arms[0] in ("folded", "carrying"):
        kinds -= set(IN_FRONT)
    if not waist:
        kinds -= {*AT_WAIST, "suspenders"}
    if not hand:
        kinds -= set(ON_HANDS)
    if subject.person.bag is not None and subject.person.bag.kind == "backpack" and "front" not in seen:
        kinds -= {"suspenders"}
    if "face" not in seen:
        kinds -= set(ON_FACE)
    if "head" not in seen or "hat" in seen or "hair" not in seen:
        kinds -= set(ON_HEAD)
    if (
        float(subject.figure.hands[0, 2] - subject.figure.pelvis[2]) < 0.0
        or subject.person.upper.cut.sleeve > 0.8
        or pose.arms[0] in ("pocket", "behind back", "folded")
    ):
        kinds -= {"watch"}
    if set(pose.arms) & {"pocket", "behind back", "folded"}:
        kinds -= {"gloves"}
    return kinds
