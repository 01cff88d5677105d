"""Heads: face, hair, beard, glasses, hats."""

import numpy as np

from reidtalk.data.people.canvas import Points, Stack
from reidtalk.data.people.clothes import Subject
from reidtalk.data.people.colours import Rgb, lightness, mix, scaled

_ROUND = np.array(
    [
        # t, width, depth, forward offset: an adult's skull, in adult heads
        (-0.068, 0.016, 0.016, 0.026),
        (-0.058, 0.027, 0.028, 0.02),
        (-0.03, 0.041, 0.046, 0.008),
        (0.0, 0.047, 0.055, 0.0),
        (0.03, 0.0475, 0.056, -0.002),
        (0.05, 0.039, 0.046, -0.003),
        (0.064, 0.02, 0.024, -0.004),
        (0.068, 0.006, 0.006, -0.004),
    ]
)


def head_stack(subject: Subject, swell: float = 0.0, low: float = -1.0) -> Stack:
    """The head as a surface, `swell` outside the skin, from t = `low` up."""
    figure, size = subject.figure, subject.person.body.head
    levels = _ROUND * size
    levels = levels[levels[:, 0] >= low * size]
    levels = levels + np.array([0, swell, swell, 0])
    if swell:
        levels[-1, 0] += swell
    return Stack(figure.head, figure.face, levels, subject.canvas.camera)


def draw_head(subject: Subject, hood_up: bool) -> None:
    """The head is drawn with hair, beard, glasses and what is worn on it."""
    person, canvas = subject.person, subject.canvas
    skull = head_stack(subject)
    skull.draw(canvas, person.skin.rgb)
    _face(subject, skull)
    if hood_up:
        _wrap(subject, person.upper.colour.rgb, 0.011, 58)
        return
    hat = person.hat
    if hat is not None and hat.kind == "headscarf":
        _wrap(subject, hat.colour.rgb, 0.006, 50)
        return
    if person.hair.style != "bald":
        _cap_of_hair(subject)
    if person.glasses:
        _glasses(subject, skull)
    if hat is not None:
        _hat(subject, hat.kind, hat.colour.rgb)


def _face(subject: Subject, skull: Stack) -> None:
    """Eyes, nose, mouth and beard, where the face can be seen."""
    person, canvas, size = subject.person, subject.canvas, subject.person.body.head
    skin = person.skin.rgb
    if person.beard:
        hair = mix(scaled(person.hair.colour.rgb, 0.9), skin, 0.15)
        skull.patch(canvas, -0.068 * size, -0.034 * size, -62, 62, hair, 0.4)
        skull.patch(canvas, -0.04 * size, -0.005 * size, 55, 72, hair, 0.4)
        skull.patch(canvas, -0.04 * size, -0.005 * size, -72, -55, hair, 0.4)
    dark = mix(skin, (30, 15, 15), 0.75)
    for theta in (-30, 16):
        skull.patch(canvas, 0.003 * size, 0.012 * size, theta, theta + 14, dark)
        skull.patch(
            canvas, 0.016 * size, 0.021 * size, theta - 3, theta + 18, mix(skin, person.hair.colour.rgb, 0.6)
        )
    skull.patch(canvas, -0.037 * size, -0.031 * size, -16, 16, mix(skin, (150, 40, 45), 0.55))
    if skull.facing(0) > 0:
        nose = (
            subject.figure.head
            + subject.figure.face[2] * 0.058 * size
            - subject.figure.face[1] * 0.011 * size
        )
        bridge = nose + subject.figure.face[1] * 0.02 * size - subject.figure.face[2] * 0.006
        canvas.limb(bridge, nose, (0.004, 0.006, 0.008), scaled(skin, 0.97))
    for side in (-1, 1):
        if skull.facing(side * 90) > -0.25:
            ear = subject.figure.head + subject.figure.face[0] * side * 0.048 * size
            canvas.ball(ear, 0.009 * size, 0.016 * size, scaled(skin, 0.9))


def _cap_of_hair(subject: Subject) -> None:
    """The hair on the skull itself; what hangs down is drawn by `draw_hanging_hair`."""
    person, canvas, size = subject.person, subject.canvas, subject.person.body.head
    rgb, style = person.hair.colour.rgb, person.hair.style
    swell = {"short": 0.007, "afro": 0.034, "bob": 0.012, "long": 0.01}.get(style, 0.007) * size
    cap = head_stack(subject, swell)
    top = float(cap.t[-1])
    for low, start, end in ((0.036, -180, 180), (0.012, 62, 298), (-0.03, 92, 268), (-0.05, 125, 235)):
        cap.patch(canvas, low * size, top, start, end, rgb, 0.2)
    if style in ("bob", "long"):
        for start, end in ((50, 180), (-180, -50)):
            cap.patch(canvas, -0.05 * size, top, start, end, rgb, 0.2)
    if style == "bun":
        knot = (
            subject.figure.head - subject.figure.face[2] * 0.06 * size + subject.figure.face[1] * 0.05 * size
        )
        canvas.ball(knot, 0.028 * size, 0.027 * size, scaled(rgb, 0.92), 0.2)
    shine = cap.panel(0.03 * size, 0.052 * size, -180, 180)
    if shine is not None and lightness(rgb) < 0.75:
        canvas.tone(canvas.camera.flat(shine), 145)


def _strands(
    subject: Subject, path: list[tuple[float, float, float]], radii: tuple[float, ...], rgb: Rgb
) -> None:
    """A hank of hair through points (left, up, forward), relative to the head, each with its radius."""
    figure, size = subject.figure, subject.person.body.head
    up = np.array([0.0, 1.0, 0.0])
    points: list[Points] = [
        figure.head + figure.face[0] * x * size + up * y + figure.face[2] * z * size for x, y, z in path
    ]
    for i in range(len(points) - 1):
        middle = (radii[i] + radii[i + 1]) / 2
        subject.canvas.limb(points[i], points[i + 1], (radii[i], middle, radii[i + 1]), rgb, 0.22)


def draw_hanging_hair(subject: Subject) -> None:
    """Hair that falls behind the head: long hair, bobs, ponytails."""
    hair, size = subject.person.hair, subject.person.body.head
    rgb = hair.colour.rgb
    down = 0.068 * size - hair.length
    if hair.style == "ponytail":
        _strands(
            subject,
            [
                (0, 0.03, -0.055),
                (0, 0.0, -0.085),
                (0, -hair.length * 0.6, -0.08),
                (0, 0.02 - hair.length, -0.07),
            ],
            (0.014, 0.02, 0.019, 0.008),
            rgb,
        )
    elif hair.style in ("long", "bob"):
        wide = 0.036 * size if hair.style == "bob" else 0.03 * size
        high = -0.022 if subject.person.hat is not None else 0.02
        for x in (-0.026, 0.026, 0.0):
            tip = scaled(rgb, 1.15) if hair.wavy else rgb
            _strands(subject, [(x, high, -0.03), (x * 1.15, -0.05 * size, -0.036)], (wide, wide), rgb)
            _strands(
                subject,
                [(x * 1.15, -0.05 * size, -0.036), (x * 1.25, min(down, -0.051), -0.04)],
                (wide, wide * 0.7),
                tip,
            )


def draw_front_locks(subject: Subject) -> None:
    """Locks of long hair that fall over the shoulders to the front."""
    hair, size = subject.person.hair, subject.person.body.head
    down = max(0.07 * size - hair.length * 0.85, -0.2)
    if hair.style == "bob":
        down = -0.05 * size
    for side in (-1, 1):
        _strands(
            subject,
            [
                (side * 0.047, 0.01, 0.006),
                (side * 0.052, -0.05 * size, 0.012),
                (side * 0.05, min(down, -0.05), 0.03),
            ],
            (0.012 * size, 0.017 * size, 0.01 * size),
            hair.colour.rgb,
        )


def _glasses(subject: Subject, skull: Stack) -> None:
    canvas, size = subject.canvas, subject.person.body.head
    rim = head_stack(subject, 0.003)
    for start, end in ((-42, -6), (6, 42)):
        rim.patch(canvas, -0.004 * size, 0.018 * size, start, end, (28, 26, 30))
        rim.patch(
            canvas,
            0.001 * size,
            0.014 * size,
            start + 7,
            end - 7,
            mix(subject.person.skin.rgb, (70, 80, 90), 0.5),
        )
    for start, end in ((-95, -42), (42, 95)):
        rim.patch(canvas, 0.007 * size, 0.012 * size, start, end, (30, 28, 32))
    if skull.facing(0) > 0.1:
        rim.patch(canvas, 0.007 * size, 0.012 * size, -8, 8, (30, 28, 32))


def _wrap(subject: Subject, rgb: Rgb, swell: float, opening: float) -> None:
    """Cloth all around the head but the face: a hood that is up, or a headscarf."""
    canvas, size = subject.canvas, subject.person.body.head
    wrap = head_stack(subject, swell * size)
    low, top = float(wrap.t[0]), float(wrap.t[-1])
    wrap.patch(canvas, low, top, opening, 360 - opening, rgb, 0.2)
    wrap.patch(canvas, 0.04 * size, top, -180, 180, rgb, 0.2)
    wrap.patch(canvas, low, -0.056 * size, -180, 180, scaled(rgb, 0.9), 0.2)
    neck = subject.figure.neck
    if wrap.facing(0) < 0.2:
        canvas.limb(
            subject.figure.head - subject.figure.face[1] * 0.03,
            neck,
            (0.042 * size, 0.045 * size, 0.055),
            rgb,
            0.2,
        )


def _hat(subject: Subject, kind: str, rgb: Rgb) -> None:
    canvas, size = subject.canvas, subject.person.body.head
    crown = head_stack(subject, {"helmet": 0.017, "beanie": 0.01}.get(kind, 0.009) * size, 0.0)
    top = float(crown.t[-1])
    if kind == "brim hat":
        _brim(subject, 0.095, scaled(rgb, 0.92), 360)
    low = {"beanie": 0.018, "helmet": 0.012}.get(kind, 0.026) * size
    crown.patch(canvas, low, top, -180, 180, rgb, 0.25)
    crown.patch(canvas, low * 0.4, top, 100, 260, rgb, 0.25)
    if kind == "beanie":
        crown.patch(canvas, low, low + 0.018 * size, -180, 180, scaled(rgb, 0.82), 0.5)
    elif kind == "brim hat":
        crown.patch(canvas, low, low + 0.012 * size, -180, 180, scaled(rgb, 0.45))
    elif kind in ("cap", "helmet"):
        _brim(subject, 0.1 if kind == "cap" else 0.075, scaled(rgb, 0.8), 110)


def _brim(subject: Subject, reach: float, rgb: Rgb, span: float) -> None:
    """A flat brim around the head, `span` degrees of it, to the front."""
    figure, size = subject.figure, subject.person.body.head
    theta = np.radians(np.linspace(-span / 2, span / 2, 13))
    if span < 360 and float(figure.face[2] @ subject.canvas.camera.towards) < -0.3:
        return
    centre = figure.head + figure.face[1] * 0.03 * size
    far = centre + np.outer(
        np.sin(theta) * reach * 0.62 * size if span < 360 else np.sin(theta) * reach * size, figure.face[0]
    )
    far = far + np.outer(np.cos(theta) * reach * size, figure.face[2]) - figure.face[1] * 0.006
    subject.canvas.paint(far, rgb)
