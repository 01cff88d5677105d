"""A body in a pose: where its joints are."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reidtalk.data.people.attributes import Body
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.figures.canvas import Points

Limb = tuple[float, float, float, float]
"""Degrees: upper part forward and outward, lower part forward and outward; 0 hangs straight down."""


@dataclass(frozen=True, slots=True)
class Pose:
    """What a person is doing with arms and legs."""

    legs: str
    """standing, walking, running, sitting, bending, crouching or riding."""
    arms: tuple[str, str]
    """What the left and the right arm do."""
    lean: float
    """Forward lean of the trunk, degrees."""
    turn: float
    """Turn of the head to the left, degrees."""
    nod: float
    """How far the head looks down, degrees."""
    left_arm: Limb
    right_arm: Limb
    left_leg: Limb
    right_leg: Limb


ARMS: dict[str, Limb] = {
    "hanging": (3, 8, 12, 4),
    "pocket": (-14, 16, 28, -14),
    "hip": (-18, 42, 8, -48),
    "folded": (18, 10, 76, -66),
    "phone in front": (22, 8, 105, -16),
    "phone at ear": (32, 18, 165, -22),
    "carrying": (22, 8, 82, -12),
    "reaching": (135, 14, 155, 8),
    "pointing": (75, 20, 85, 10),
    "behind back": (-24, 14, -16, -42),
    "holding up": (30, 8, 140, -6),
    "strap": (25, 14, 150, -40),
    "pushing": (32, 6, 72, -4),
    "handlebar": (48, 8, 74, 2),
    "both up": (150, 22, 165, 10),
    "swinging up": (105, 30, 150, -12),
    "hands in front": (16, 6, 66, -24),
    "under arm": (4, 16, 24, 6),
    "over arm": (10, 6, 84, -18),
    "leading": (16, 14, 34, 8),
}
BOTH = {"folded", "carrying", "behind back", "hip", "pushing", "both up", "hands in front"}


LEGS = {
    "standing": 0.37, "walking": 0.49, "running": 0.04, "sitting": 0.045, "bending": 0.03, "crouching": 0.012,
    "riding": 0.018,
}  # fmt: skip
NODS = {"ahead": 0.72, "down": 0.22, "up": 0.06}


def pose(rng: Generator) -> Pose:
    """A pose as seen in the street: mostly walking and standing."""
    legs = pick(rng, LEGS)
    arms = _arms(legs, rng)
    phase = between(rng, 0, 2 * np.pi)
    stride = {"walking": between(rng, 12, 38), "running": 44.0}.get(legs, 0.0)
    swing = float(np.sin(phase)) * stride
    lean = {
        "running": 14,
        "bending": between(rng, 25, 60),
        "walking": about(rng, 4, 4),
        "crouching": between(rng, 10, 45),
        "riding": between(rng, 12, 42),
    }.get(legs, about(rng, 1, 4))
    limbs = tuple(_arm(arms[i], (-swing if i == 0 else swing) * 0.8, legs, rng) for i in (0, 1))
    wide = abs(about(rng, 2.5, 2.5))
    return Pose(
        legs=legs,
        arms=arms,
        lean=float(lean),
        turn=about(rng, 0, 22),
        nod={"ahead": about(rng, 6, 9), "down": between(rng, 20, 48), "up": between(rng, -24, -6)}[
            pick(rng, NODS)
        ],
        left_arm=limbs[0],
        right_arm=limbs[1],
        left_leg=_leg(legs, phase, stride, wide, rng),
        right_leg=_leg(legs, phase + np.pi, stride, wide, rng),
    )


def _arms(legs: str, rng: Generator) -> tuple[str, str]:
    if legs == "running":
        return "running", "running"
    if legs == "riding":
        return "handlebar", "handlebar"
    one = pick(
        rng,
        {
            "hanging": 5,
            "pocket": 1,
            "hip": 0.4,
            "folded": 0.5,
            "phone in front": 0.8,
            "phone at ear": 0.5,
            "carrying": 0.4,
            "reaching": 0.2,
            "pointing": 0.2,
            "behind back": 0.3,
            "holding up": 0.4,
            "strap": 0.4,
            "pushing": 0.25,
            "both up": 0.1,
            "swinging up": 0.22,
            "hands in front": 0.5,
            "under arm": 0.12,
            "over arm": 0.15,
            "leading": 0.16,
        },
    )
    if one in BOTH or (one == "pocket" and rng.random() < 0.5):
        return one, one
    return one_of(rng, ((one, "hanging"), ("hanging", one)))


def _arm(name: str, swing: float, legs: str, rng: Generator) -> Limb:
    if name == "running":
        return swing, 10, swing + 85, -8
    a, b, c, d = ARMS[name]
    if name == "hanging" and legs == "walking":
        return a + swing, b + about(rng, 0, 3), c + swing + max(swing, 0) * 0.5, d + about(rng, 0, 4)
    if name == "hanging" and legs == "sitting":
        return 20 + about(rng, 0, 6), b, 60 + about(rng, 0, 10), d
    spread = rng.standard_normal(4) * (5, 3, 8, 6)
    return a + spread[0], b + spread[1], c + spread[2], d + spread[3]


def _leg(legs: str, phase: float, stride: float, wide: float, rng: Generator) -> Limb:
    if legs == "sitting":
        return 82 + about(rng, 0, 5), 6, about(rng, 0, 8), 2
    if legs == "crouching":
        return 96 + about(rng, 0, 6), 10, -48 + about(rng, 0, 8), 4
    if legs == "riding":
        forward = 48 + 34 * float(np.sin(phase))
        return forward, 3, forward - 62 - 12 * float(np.cos(phase)), 1
    if legs == "bending":
        return 18 + about(rng, 0, 6), 4, -16, 2
    if stride:
        forward = float(np.sin(phase)) * stride
        bend = max(0.0, float(np.cos(phase))) * stride * 1.5 + 4
        return forward, wide * 0.6, forward - bend, 0
    if chance(rng, 0.3):
        return about(rng, 9, 6), wide + abs(about(rng, 0, 4)), about(rng, -4, 6), wide * 0.5
    return about(rng, 1, 3), wide, about(rng, -2, 3), wide * 0.7


@dataclass(frozen=True, slots=True)
class Figure:
    """Joints in the world, standing on y = 0; pairs are left, right."""

    trunk: Points
    """Rows left, up, forward of the trunk."""
    hips_frame: Points
    """The same for the hips, which do not lean."""
    face: Points
    """The same for the head."""
    pelvis: Points
    head: Points
    neck: Points
    shoulders: Points
    elbows: Points
    wrists: Points
    hands: Points
    hips: Points
    knees: Points
    ankles: Points
    toes: Points

    def joints(self) -> Points:
        """All joints that bound the figure, [joints, 3]."""
        return np.concatenate(
            [self.elbows, self.hands, self.knees, self.ankles, self.toes, self.shoulders, self.hips]
        )


def frame(yaw: float, lean: float = 0.0, tilt: float = 0.0) -> Points:
    """Axes of a body turned by `yaw` (0 to the camera, 90 to the right), leaning ahead and left; degrees."""
    s, c = np.sin(np.radians(yaw)), np.cos(np.radians(yaw))
    sl, cl = np.sin(np.radians(lean)), np.cos(np.radians(lean))
    ahead = np.array([s, 0.0, c])
    up = np.array([0.0, 1.0, 0.0])
    left, high = np.array([c, 0.0, -s]), up * cl + ahead * sl
    st, ct = np.sin(np.radians(tilt)), np.cos(np.radians(tilt))
    return np.stack([left * ct - high * st, high * ct + left * st, ahead * cl - up * sl])


def direction(axes: Points, side: float, forward: float, outward: float) -> Points:
    """The direction of a limb part in the world; `side` is +1 for the left and -1 for the right."""
    f, o = np.radians(forward), np.radians(outward)
    local = np.array([side * np.sin(o), -np.cos(o) * np.cos(f), np.cos(o) * np.sin(f)])
    return local @ axes


def figure(body: Body, posed: Pose, yaw: float, rng: Generator) -> Figure:
    """The joints of a body in a pose, turned by `yaw` degrees."""
    twist, tilt = about(rng, 0, 6), about(rng, 0, 2.5)
    trunk, hips_frame = frame(yaw + twist, posed.lean, tilt), frame(yaw, 0.0, -tilt * 0.7)
    face = frame(yaw + posed.turn, posed.lean * 0.5 + posed.nod, about(rng, 0, 5))
    pelvis = np.zeros(3)
    tall = 1 - body.legs - 0.19 * body.head
    neck = pelvis + trunk[1] * (tall + 0.01)
    head = neck + trunk[1] * 0.02 * body.head + face[1] * 0.075 * body.head + face[2] * 0.014 * body.head
    thigh, shin = body.legs * 0.49, body.legs * 0.44
    upper, lower = body.legs * 0.33, body.legs * 0.27
    joints: dict[str, list[Points]] = {
        name: [] for name in ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "toe")
    }
    for side, arm, leg in ((1.0, posed.left_arm, posed.left_leg), (-1.0, posed.right_arm, posed.right_leg)):
        shoulder = pelvis + trunk[1] * (tall - 0.056) + trunk[0] * side * body.shoulders
        elbow = shoulder + direction(trunk, side, arm[0], arm[1]) * upper
        fore = direction(trunk, side, arm[2], arm[3])
        hip = pelvis + hips_frame[0] * side * body.hips * 0.52
        knee = hip + direction(hips_frame, side, leg[0], leg[1]) * thigh
        ankle = knee + direction(hips_frame, side, leg[2], leg[3]) * shin
        pointed = frame(yaw + side * 9)[2] + np.array([0.0, -0.12 + max(-leg[2], 0) * -0.011, 0.0])
        parts = (
            shoulder,
            elbow,
            elbow + fore * lower,
            elbow + fore * (lower + 0.045),
            hip,
            knee,
            ankle,
            ankle + pointed * 0.1,
        )
        for name, part in zip(joints, parts, strict=True):
            joints[name].append(part)
    stacked = {name: np.stack(parts) for name, parts in joints.items()}
    ground = min(float(stacked["ankle"][:, 1].min()) - 0.035, float(stacked["toe"][:, 1].min()) - 0.014)
    rise = np.array([0.0, -ground, 0.0])
    return Figure(
        trunk=trunk,
        hips_frame=hips_frame,
        face=face,
        pelvis=pelvis + rise,
        head=head + rise,
        neck=neck + rise,
        shoulders=stacked["shoulder"] + rise,
        elbows=stacked["elbow"] + rise,
        wrists=stacked["wrist"] + rise,
        hands=stacked["hand"] + rise,
        hips=stacked["hip"] + rise,
        knees=stacked["knee"] + rise,
        ankles=stacked["ankle"] + rise,
        toes=stacked["toe"] + rise,
    )
