"""Things in the hands and arms: papers, balls, bats, flowers, boards, coats, babies, a dog on a lead."""

from collections.abc import Callable

import numpy as np

from reidtalk.data.people.attributes import UPPER_COLOURS
from reidtalk.data.people.chance import pick
from reidtalk.data.people.colours import Rgb, mix, sample, scaled
from reidtalk.data.people.figures.canvas import Points
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.surface import CODES


def _own_colour(subject: Subject, part: int) -> Rgb:
    """A colour that the person's thing has in all pictures."""
    rng = subject.cloth_rng(part)
    return sample(pick(rng, UPPER_COLOURS), rng).rgb


def _papers(subject: Subject, hand: int) -> None:
    """Sheets of paper, never quite flat."""
    turn = subject.rng.normal(0, 0.35)
    figure = subject.figure
    across = figure.trunk[0] * np.cos(turn) + figure.trunk[1] * np.sin(turn)
    place = figure.hands[hand] + figure.trunk[1] * 0.035
    corners = [
        place + across * x * 0.045 + figure.trunk[1] * y * 0.055
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    subject.canvas.paint(np.array(corners), (236, 235, 230))


def _along_forearm(subject: Subject, hand: int) -> tuple[Points, Points]:
    """Where a long thing in the hand starts, and the way it points: on from the forearm, and up."""
    figure = subject.figure
    way = figure.hands[hand] - figure.elbows[hand]
    way = way / np.linalg.norm(way) * 0.6 + np.array([0.0, 0.6, 0.0])
    return figure.hands[hand], np.asarray(way / np.linalg.norm(way))


def _bat(subject: Subject, hand: int) -> None:
    grip, way = _along_forearm(subject, hand)
    subject.canvas.limb(grip - way * 0.05, grip + way * 0.36, (0.008, 0.01, 0.017), (196, 160, 112))


def _racket(subject: Subject, hand: int) -> None:
    grip, way = _along_forearm(subject, hand)
    canvas, across = subject.canvas, subject.figure.trunk[0]
    canvas.limb(grip - way * 0.04, grip + way * 0.14, (0.009, 0.008, 0.006), (40, 40, 44))
    turn = np.linspace(0, 2 * np.pi, 15)
    middle = grip + way * 0.23
    rim = middle + np.outer(np.cos(turn) * 0.1, way) + np.outer(np.sin(turn) * 0.07, across)
    canvas.stroke(canvas.camera.flat(rim), subject.person.umbrella.rgb, 0.011)
    for x in (-0.04, 0.0, 0.04):
        lines = np.array([middle + across * x - way * 0.09, middle + across * x + way * 0.09])
        canvas.stroke(canvas.camera.flat(lines), (200, 200, 196), 0.003)


def _ball(subject: Subject, _: int) -> None:
    place = subject.figure.hands.mean(0) + subject.figure.trunk[2] * 0.02
    kinds = ((206, 110, 52), (232, 232, 230), subject.person.umbrella.rgb)
    subject.canvas.ball(place, 0.066, 0.066, kinds[subject.person.identity % 3])


def _flowers(subject: Subject, hand: int) -> None:
    rng, figure, canvas = subject.rng, subject.figure, subject.canvas
    place = figure.hands[hand] + np.array([0.0, 0.05, 0.0])
    canvas.ball(place, 0.035, 0.045, (66, 110, 60))
    for x, y in rng.normal(0, 1, (8, 2)) * (0.024, 0.022):
        spot = place + figure.trunk[0] * x + np.array([0.0, 0.035 + y, 0.02])
        canvas.ball(
            spot, 0.012, 0.011, mix(subject.person.umbrella.rgb, (250, 230, 235), 0.35 * float(rng.random()))
        )


def _skateboard(subject: Subject, hand: int) -> None:
    """A board held upright at the side."""
    figure, canvas = subject.figure, subject.canvas
    side = figure.trunk[0] * (0.02 if hand == 0 else -0.02)
    middle = figure.hands[hand] + side + np.array([0.0, 0.03, 0.0])
    lean = np.array([0.0, 0.19, 0.0]) + figure.trunk[2] * 0.05
    canvas.limb(middle - lean, middle + lean, (0.028, 0.036, 0.028), _own_colour(subject, 60))
    for end in (-0.6, 0.6):
        canvas.ball(middle + lean * end + side * 1.2, 0.016, 0.012, (226, 222, 210))


def _coat(subject: Subject, hand: int) -> None:
    """A coat that hangs over the forearm."""
    figure, rgb = subject.figure, _own_colour(subject, 61)
    a, b = figure.elbows[hand], figure.wrists[hand]
    down = np.array([0.0, -1.0, 0.0])
    corners = [
        a + (b - a) * 0.15,
        b,
        b + down * 0.17,
        a + (b - a) * 0.6 + down * 0.23,
        a + (b - a) * 0.2 + down * 0.19,
    ]
    subject.canvas.paint(np.array(corners), rgb, CODES["thick"])
    subject.canvas.limb(a + (b - a) * 0.15, b, (0.032, 0.034, 0.032), rgb, CODES["thick"])
    for share in (0.35, 0.7):
        top = a + (b - a) * share
        subject.canvas.crease(subject.canvas.camera.flat(np.stack([top, top + down * 0.17])), 70, 0.014)


def _baby(subject: Subject, _: int) -> None:
    """A bundled baby before the chest."""
    figure, canvas = subject.figure, subject.canvas
    middle = figure.hands.mean(0) + np.array([0.0, 0.07, 0.02]) @ figure.trunk
    along = figure.trunk[0] * 0.07 + figure.trunk[1] * 0.05
    canvas.limb(
        middle - along, middle + along, (0.036, 0.052, 0.042), _own_colour(subject, 62), CODES["fleece"]
    )
    head = middle + along * 1.5
    canvas.ball(head, 0.038, 0.04, subject.person.skin.rgb, CODES["skin"])
    canvas.ball(head + figure.trunk[1] * 0.016, 0.036, 0.026, scaled(_own_colour(subject, 63), 0.9))


def dog_place(subject: Subject, hand: int) -> Points:
    """Where the dog of that hand stands."""
    figure = subject.figure
    side = 0.2 if hand == 0 else -0.2
    place = figure.pelvis + figure.hips_frame[0] * side + figure.hips_frame[2] * 0.14
    return np.asarray(place * np.array([1.0, 0.0, 1.0]) + np.array([0.0, 0.2, 0.0]))


def _dog(subject: Subject, hand: int) -> None:
    """A dog on a lead, on the side of the hand."""
    canvas, ahead, rng = subject.canvas, subject.figure.hips_frame[2], subject.cloth_rng(64)
    rgb = sample(pick(rng, {"black": 3, "brown": 3, "tan": 2, "white": 2, "dark grey": 1}), rng).rgb
    size, middle = 0.75 + 0.5 * rng.random(), dog_place(subject, hand)
    left, up = subject.figure.hips_frame[0], np.array([0.0, 1.0, 0.0])
    rump, chest = middle - ahead * 0.1 * size, middle + ahead * 0.1 * size + up * 0.01
    for start, reach in ((rump, -0.01), (chest, 0.01)):
        for side in (-0.03, 0.03):
            hip = start + left * side * size
            foot = (hip + ahead * reach) * np.array([1.0, 0.0, 1.0])
            canvas.limb(
                hip, foot, (0.024 * size, 0.016 * size, 0.012 * size), scaled(rgb, 0.86), CODES["fleece"]
            )
    canvas.limb(rump, chest, (0.05 * size, 0.05 * size, 0.058 * size), rgb, CODES["fleece"])
    canvas.limb(rump, rump - ahead * 0.07 + up * 0.06, (0.014, 0.01, 0.006), rgb, CODES["fleece"])
    head = chest + ahead * 0.07 * size + up * 0.075 * size
    canvas.limb(chest, head, (0.04 * size, 0.034 * size, 0.034 * size), rgb, CODES["fleece"])
    canvas.limb(head, head + ahead * 0.06 * size - up * 0.015, (0.03 * size, 0.022 * size, 0.015 * size), rgb)
    canvas.stroke(canvas.camera.flat(np.stack([subject.figure.hands[hand], head])), (60, 40, 36), 0.006)


SMALL: dict[str, Callable[[Subject, int], None]] = {
    "papers": _papers, "bat": _bat, "racket": _racket, "ball": _ball, "flowers": _flowers,
    "skateboard": _skateboard, "coat": _coat, "baby": _baby, "dog": _dog,
}  # fmt: skip
