"""Hair and beards: what grows on the skull, what hangs from it, and what is tied up."""

from itertools import pairwise

import numpy as np

from reidtalk.data.people.attributes import Hair
from reidtalk.data.people.colours import Rgb, lightness, mix, scaled
from reidtalk.data.people.figures.canvas import Points, Stack
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.surface import CODES

STRANDS, STUBBLE = CODES["hair"], CODES["beard"]
_ROUND = np.array(
    [
        # t, width, depth, forward offset: an adult's skull, in adult heads
        (-0.068, 0.016, 0.016, 0.026),
        (-0.058, 0.027, 0.028, 0.02),
        (-0.03, 0.041, 0.046, 0.008),
        (0.0, 0.047, 0.055, 0.0),
        (0.03, 0.0475, 0.056, -0.002),
        (0.048, 0.0405, 0.048, -0.003),
        (0.06, 0.027, 0.032, -0.004),
        (0.066, 0.0145, 0.017, -0.004),
        (0.068, 0.004, 0.005, -0.004),
    ]
)
_SWELL = {"short": 0.006, "afro": 0.034, "bob": 0.013, "long": 0.01, "shaved": 0.001, "dreadlocks": 0.014}
_CAP = ((0.036, -180, 180), (0.012, 62, 298), (-0.03, 92, 268), (-0.058, 122, 238))
_RECEDED = ((0.03, 75, 285), (0.012, 68, 292), (-0.03, 92, 268), (-0.05, 125, 235))


def head_stack(subject: Subject, swell: float = 0.0, low: float = -1.0) -> Stack:
    """The head as a surface, `swell` outside the skin, from t = `low` up."""
    figure, size = subject.figure, subject.person.body.head
    levels = _ROUND * size
    levels = levels[levels[:, 0] >= low * size]
    if swell:
        up = np.clip(levels[:, 0] / (0.068 * size), 0, 1)
        outward = swell * np.sqrt(1.05 - up * up)
        levels = levels + np.stack([swell * up, outward, outward, up * 0], axis=1)
    return Stack(figure.head, figure.face, levels, subject.canvas.camera)


def draw_hair_on_skull(subject: Subject) -> None:
    """The hair on the skull itself; what hangs down is drawn by `draw_hanging_hair`."""
    hair, canvas, size = subject.person.hair, subject.canvas, subject.person.body.head
    if hair.style == "bald":
        return
    rgb = mix(hair.colour.rgb, subject.person.skin.rgb, 0.4) if hair.style == "shaved" else hair.colour.rgb
    cap = head_stack(subject, _SWELL.get(hair.style, 0.007) * size)
    top = float(cap.t[-1])
    if hair.style == "mohawk":
        cap = head_stack(subject, 0.03 * size)
        cap.patch(canvas, 0.02 * size, float(cap.t[-1]), -14, 14, rgb, STRANDS)
        cap.patch(canvas, -0.02 * size, float(cap.t[-1]), 166, 194, rgb, STRANDS)
        return
    for low, start, end in _RECEDED if hair.receding else _CAP:
        cap.patch(canvas, low * size, top, start, end, rgb, STRANDS)
    if hair.loose:
        for start, end in ((50, 180), (-180, -50)):
            cap.patch(canvas, -0.05 * size, top, start, end, rgb, STRANDS)
    if hair.fringe and not hair.receding:
        cap.patch(canvas, 0.02 * size, top, -66, 66, scaled(rgb, 0.95), STRANDS)
    if hair.style in ("bun", "messy bun"):
        _knot(subject, hair)
    shine = cap.panel(0.03 * size, 0.052 * size, -180, 180)
    if shine is not None and lightness(rgb) < 0.75 and hair.style != "shaved":
        canvas.tone(canvas.camera.flat(shine), 158)


def _knot(subject: Subject, hair: Hair) -> None:
    figure, canvas, size = subject.figure, subject.canvas, subject.person.body.head
    rgb = (hair.tips or hair.colour).rgb
    high = 0.075 if hair.style == "messy bun" else 0.045
    knot = (
        figure.head - figure.face[2] * (0.05 if high > 0.05 else 0.062) * size + figure.face[1] * high * size
    )
    canvas.ball(knot, 0.028 * size, 0.026 * size, scaled(rgb, 0.94), STRANDS)
    if hair.style == "messy bun":
        for dx, dy, wide in subject.rng.normal(0, 1, (4, 3)) * (0.02, 0.012, 0.006) * size:
            at = knot + figure.face[0] * dx + figure.face[1] * dy
            canvas.ball(at, 0.013 * size + abs(wide), 0.012 * size + abs(wide), scaled(rgb, 1.06), STRANDS)


def draw_beard(subject: Subject, skull: Stack) -> None:
    """Stubble, a full beard, a goatee or a moustache, where the face shows it."""
    person, canvas, size = subject.person, subject.canvas, subject.person.body.head
    kind = person.beard
    if not kind:
        return
    hair = mix(scaled(person.hair.colour.rgb, 0.9), person.skin.rgb, 0.55 if kind == "stubble" else 0.12)
    chin = {"goatee": 24, "moustache": 0}.get(kind, 62)
    if chin:
        skull.patch(canvas, -0.068 * size, -0.036 * size, -chin, chin, hair, STUBBLE)
    if kind in ("full", "stubble"):
        for start, end in ((50, 76), (-76, -50)):
            skull.patch(canvas, -0.05 * size, 0.002 * size, start, end, hair, STUBBLE)
    if kind != "stubble":
        skull.patch(canvas, -0.031 * size, -0.021 * size, -24, 24, hair, STUBBLE)
    if kind == "full" and person.hair.length > 0.0 and person.age == "old":
        full = head_stack(subject, 0.01 * size)
        full.patch(canvas, -0.075 * size, -0.04 * size, -50, 50, hair, STUBBLE)


def _hank(
    subject: Subject,
    path: list[tuple[float, float, float]],
    radii: tuple[float, ...],
    colours: tuple[Rgb, ...],
) -> None:
    """A hank of hair through points (left, up, forward), relative to the head, each with its radius."""
    figure, size = subject.figure, subject.person.body.head
    up = np.array([0.0, 1.0, 0.0])
    points: list[Points] = [
        figure.head + figure.face[0] * x * size + up * y + figure.face[2] * z * size for x, y, z in path
    ]
    for i in range(len(points) - 1):
        middle = (radii[i] + radii[i + 1]) / 2
        rgb = colours[min(i, len(colours) - 1)]
        subject.canvas.limb(points[i], points[i + 1], (radii[i], middle, radii[i + 1]), rgb, STRANDS)


def _shades(hair: Hair) -> tuple[Rgb, Rgb, Rgb]:
    """From the roots to the ends."""
    rgb = hair.colour.rgb
    if hair.tips is None:
        return rgb, rgb, scaled(rgb, 1.15 if hair.wavy else 1.03)
    return rgb, mix(rgb, hair.tips.rgb, 0.55), hair.tips.rgb


def draw_hanging_hair(subject: Subject) -> None:
    """Hair that falls behind the head: long hair, bobs, tails, braids, locks."""
    hair = subject.person.hair
    if hair.style in ("ponytail", "braid"):
        _tail(subject, hair)
    elif hair.style == "pigtails":
        for side in (-1.0, 1.0):
            path = [
                (side * 0.045, 0.01, -0.01),
                (side * 0.075, -0.02, -0.01),
                (side * 0.07, 0.03 - hair.length, 0.0),
            ]
            _hank(subject, path, (0.012, 0.018, 0.008), _shades(hair))
    elif hair.style == "dreadlocks":
        for x in subject.cloth_rng(31).uniform(-0.045, 0.045, 7):
            low = 0.05 - hair.length * (0.8 + 4 * abs(x))
            path = [(x * 0.8, 0.02, -0.035), (x * 1.2, -0.05, -0.042), (x * 1.5, low, -0.045)]
            _hank(
                subject, path, (0.011, 0.011, 0.009), (hair.colour.rgb, scaled(hair.colour.rgb, 1.0 + 3 * x))
            )
    elif hair.loose:
        _curtain(subject, hair)


def _tail(subject: Subject, hair: Hair) -> None:
    """A ponytail, or a braid: thinner, in knots."""
    roots, middle, ends = _shades(hair)
    low = 0.02 - hair.length
    if hair.style == "ponytail":
        path = [(0.0, 0.03, -0.055), (0.0, 0.0, -0.085), (0.0, -hair.length * 0.6, -0.08), (0.0, low, -0.07)]
        _hank(subject, path, (0.014, 0.021, 0.02, 0.008), (roots, middle, ends))
        return
    steps = np.linspace(0.0, 1.0, 6)
    for a, b in pairwise(steps):
        path = [(0.0, -0.01 + (low + 0.01) * a, -0.07), (0.0, -0.01 + (low + 0.01) * b, -0.072)]
        _hank(
            subject, path, (0.017, 0.012 - 0.003 * b), (scaled(mix(roots, ends, a), 1.08 - 0.16 * (a > 0.5)),)
        )


def _curtain(subject: Subject, hair: Hair) -> None:
    """Loose hair down the back, in overlapping hanks that end at different heights."""
    size = subject.person.body.head
    down = min(0.068 * size - hair.length, -0.051)
    bob = hair.style == "bob"
    wide = (0.036 if bob else 0.03) * size
    high = -0.022 if subject.person.hat is not None else 0.02
    roots, middle, ends = _shades(hair)
    uneven = subject.cloth_rng(30).normal(0, 0.012 if not bob else 0.004, 5)
    half = (down - 0.02 * size) * 0.5
    sway = 0.014 if hair.wavy else 0.003
    for k, x in enumerate((-0.03, 0.03, -0.009, 0.011)):
        bend = sway * (-1) ** k
        low = min(down + uneven[k], -0.051)
        path = [
            (x, high, -0.03),
            (x * 1.2 + bend, half, -0.04),
            (x * 1.3 - bend, low, -0.042),
        ]
        shade = 1.0 + uneven[k] * 5
        colours = (scaled(mix(roots, middle, 0.4), shade), scaled(ends, shade))
        _hank(subject, path, (wide, wide, wide * (0.85 if bob else 0.55)), colours)


def draw_front_locks(subject: Subject) -> None:
    """Locks of long hair that fall over the shoulders to the front."""
    hair, size = subject.person.hair, subject.person.body.head
    down = max(0.07 * size - hair.length * 0.85, -0.2)
    if hair.style == "bob":
        down = -0.05 * size
    roots, middle, ends = _shades(hair)
    for side in (-1.0, 1.0):
        path = [
            (side * 0.046, 0.012, 0.004),
            (side * 0.052, -0.05 * size, 0.01),
            (side * 0.05, min(down, -0.05), 0.03),
        ]
        _hank(subject, path, (0.012 * size, 0.017 * size, 0.01 * size), (mix(roots, middle, 0.6), ends))
