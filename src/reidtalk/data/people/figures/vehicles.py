"""What is ridden or pushed: bicycles, prams, shopping trolleys."""

import numpy as np

from reidtalk.data.people.chance import pick
from reidtalk.data.people.colours import Rgb, sample, scaled
from reidtalk.data.people.figures.canvas import Points
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.outfit import BAG_COLOURS

RUBBER: Rgb = (26, 26, 28)
METAL: Rgb = (150, 152, 156)
_TURN = np.linspace(0, 2 * np.pi, 19)
_WHEEL = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)


def _colour(subject: Subject) -> Rgb:
    """The same for a person in all pictures."""
    rng = subject.cloth_rng(40)
    return sample(pick(rng, BAG_COLOURS), rng).rgb


def _wheel(subject: Subject, centre: Points, radius: float, width: float) -> None:
    """A wheel that rolls forward, as a ring with spokes."""
    axes, canvas = subject.figure.hips_frame, subject.canvas
    rim = centre + np.outer(_WHEEL[:, 0] * radius, axes[2]) + np.outer(_WHEEL[:, 1] * radius, (0.0, 1.0, 0.0))
    for i in (0, 3, 6):
        canvas.stroke(canvas.camera.flat(rim[[i, i + 9]]), METAL, 0.003)
    canvas.stroke(canvas.camera.flat(rim), RUBBER, width)


def _frame(
    subject: Subject, origin: Points, lines: list[list[tuple[float, float]]], rgb: Rgb, wide: float
) -> None:
    """Tubes through points (forward, height) in the plane of travel through `origin`."""
    canvas, ahead = subject.canvas, subject.figure.hips_frame[2]
    for line in lines:
        points = np.array([origin + ahead * x + np.array([0.0, y, 0.0]) for x, y in line])
        canvas.stroke(canvas.camera.flat(points), rgb, wide)


def draw_bicycle(subject: Subject, hand: int) -> None:
    """A bicycle: under its rider, or at the side of who pushes it."""
    figure, rgb = subject.figure, _colour(subject)
    riding = subject.pose.legs == "riding"
    side = 0.0 if riding else 0.2 if hand == 0 else -0.2
    origin = figure.pelvis + figure.hips_frame[0] * side + figure.hips_frame[2] * (0.08 if riding else 0.1)
    origin = origin * np.array([1.0, 0.0, 1.0])
    for x in (-0.26, 0.3):
        _wheel(subject, origin + figure.hips_frame[2] * x + np.array([0.0, 0.17, 0.0]), 0.17, 0.017)
    seat = min(float(figure.pelvis[1]) - 0.045, 0.5) if riding else 0.46
    tubes = [[(-0.26, 0.17), (-0.1, seat), (-0.02, 0.15), (-0.26, 0.17)],
             [(-0.1, seat - 0.08), (0.2, 0.46), (-0.02, 0.15)], [(0.3, 0.17), (0.19, 0.56)]]  # fmt: skip
    _frame(subject, origin, [[*line] for line in tubes], rgb, 0.014)
    _frame(subject, origin, [[(-0.15, seat + 0.01), (-0.05, seat + 0.01)]], RUBBER, 0.022)
    bar = origin + figure.hips_frame[2] * 0.2 + np.array([0.0, 0.57, 0.0])
    ends = np.array([bar - figure.hips_frame[0] * 0.12, bar + figure.hips_frame[0] * 0.12])
    subject.canvas.stroke(subject.canvas.camera.flat(ends), RUBBER, 0.014)


def _ahead(subject: Subject, far: float) -> Points:
    """The point on the ground that lies `far` in front of the hands."""
    hands = subject.figure.hands.mean(0) + subject.figure.hips_frame[2] * far
    return np.asarray(hands * np.array([1.0, 0.0, 1.0]))


def draw_pram(subject: Subject, _: int) -> None:
    """A pram pushed ahead: a bed with a hood on four wheels."""
    figure, rgb = subject.figure, _colour(subject)
    origin, left = _ahead(subject, 0.16), figure.hips_frame[0]
    for side in (-0.08, 0.08):
        for x in (-0.1, 0.12):
            _wheel(
                subject,
                origin + left * side + figure.hips_frame[2] * x + np.array([0.0, 0.07, 0.0]),
                0.06,
                0.016,
            )
        grip = float(figure.hands[:, 1].mean())
        _frame(
            subject,
            origin + left * side,
            [[(0.12, 0.07), (-0.05, 0.3), (-0.16, grip)], [(-0.1, 0.07), (0.06, 0.28)]],
            METAL,
            0.01,
        )
    bed = [(x, y, z) for x in (-0.13, 0.17) for y in (0.22, 0.36) for z in (-0.09, 0.09)]
    _block(subject, origin, bed, rgb)
    hood = [
        (x, y, z) for x, y in ((0.02, 0.36), (0.17, 0.36), (0.15, 0.5), (0.06, 0.49)) for z in (-0.09, 0.09)
    ]
    _block(subject, origin, hood, scaled(rgb, 0.82))


def draw_trolley(subject: Subject, _: int) -> None:
    """A shopping trolley pushed ahead: a wire basket, perhaps with goods in it."""
    figure, canvas = subject.figure, subject.canvas
    origin, left = _ahead(subject, 0.2), figure.hips_frame[0]
    goods = [(x, y, z) for x in (-0.12, 0.14) for y in (0.27, 0.36) for z in (-0.09, 0.09)]
    _block(subject, origin, goods, _colour(subject))
    for side in (-0.1, 0.0, 0.1):
        wires = [
            [(-0.16, 0.46), (0.18, 0.5), (0.15, 0.25), (-0.13, 0.25), (-0.16, 0.46)],
            [(-0.16, 0.39), (0.17, 0.42)],
            [(-0.14, 0.32), (0.16, 0.33)],
            [(-0.13, 0.25), (-0.12, 0.04), (0.15, 0.04)],
        ]
        _frame(subject, origin + left * side, wires, METAL, 0.007)
    bar = np.array([figure.hands.mean(0) - left * 0.12, figure.hands.mean(0) + left * 0.12])
    canvas.stroke(canvas.camera.flat(bar), scaled(_colour(subject), 0.8), 0.016)


def _block(subject: Subject, origin: Points, corners: list[tuple[float, float, float]], rgb: Rgb) -> None:
    """The convex body of corners (forward, height, left) is painted."""
    axes = subject.figure.hips_frame
    points = np.array([origin + axes[2] * x + axes[0] * z + np.array([0.0, y, 0.0]) for x, y, z in corners])
    subject.canvas.hull(subject.canvas.camera.flat(points), rgb)
