"""What is worn on and around the head: hats, helmets, hoods, glasses, headphones, masks."""

from collections.abc import Callable

import numpy as np

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.colours import Rgb, mix, scaled
from reidtalk.data.people.figures.canvas import Stack
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.hair import head_stack
from reidtalk.data.people.figures.surface import CODES

WRAPS = ("headscarf", "turban", "motorcycle helmet")
"""Hats under which no hair shows."""
DARK: Rgb = (28, 26, 30)


def draw_glasses(subject: Subject, skull: Stack) -> None:
    """Glasses on the nose; sunglasses for some people."""
    canvas, size = subject.canvas, subject.person.body.head
    rim = head_stack(subject, 0.003)
    dark = subject.person.identity % 3 == 0
    lens = (34, 34, 38) if dark else mix(subject.person.skin.rgb, (70, 80, 90), 0.5)
    for start, end in ((-42, -6), (6, 42)):
        rim.patch(canvas, -0.004 * size, 0.018 * size, start, end, DARK)
        rim.patch(canvas, 0.001 * size, 0.014 * size, start + 7, end - 7, lens)
    for start, end in ((-95, -42), (42, 95)):
        rim.patch(canvas, 0.007 * size, 0.012 * size, start, end, DARK)
    if skull.facing(0) > 0.1:
        rim.patch(canvas, 0.007 * size, 0.012 * size, -8, 8, DARK)


def draw_mask(subject: Subject, mask: Garment) -> None:
    """A mask over mouth and nose."""
    canvas, size = subject.canvas, subject.person.body.head
    cover = head_stack(subject, 0.006 * size)
    cover.patch(canvas, -0.062 * size, -0.006 * size, -52, 52, mask.colour.rgb)
    for start, end in ((52, 92), (-92, -52)):
        cover.patch(canvas, -0.018 * size, -0.012 * size, start, end, mask.colour.rgb)


def draw_headphones(subject: Subject, worn: Garment) -> None:
    """A band over the head, and a cup on each ear."""
    canvas, size, figure = subject.canvas, subject.person.body.head, subject.figure
    band = head_stack(subject, 0.012 * size)
    for side in (90, -90):
        band.patch(canvas, 0.01 * size, float(band.t[-1]), side - 10, side + 10, worn.colour.rgb)
        if band.facing(side) > -0.3:
            ear = figure.head + figure.face[0] * (0.053 if side > 0 else -0.053) * size
            canvas.ball(ear, 0.016 * size, 0.024 * size, worn.colour.rgb)


def draw_hood(subject: Subject, rgb: Rgb, *, fur: bool) -> None:
    """A hood that is up; some are lined with fur."""
    wrap_head(subject, rgb, 0.013, 56)
    if fur:
        canvas, size = subject.canvas, subject.person.body.head
        edge = head_stack(subject, 0.019 * size)
        low, top = float(edge.t[1]), float(edge.t[-2])
        pale = mix(rgb, (190, 165, 135), 0.75)
        for start, end in ((48, 70), (-70, -48)):
            edge.patch(canvas, low, top, start, end, pale, CODES["fleece"])
        edge.patch(canvas, 0.046 * size, top, -60, 60, pale, CODES["fleece"])


def wrap_head(subject: Subject, rgb: Rgb, swell: float, opening: float) -> None:
    """Cloth all around the head but the face: a hood that is up, or a headscarf."""
    canvas, size = subject.canvas, subject.person.body.head
    wrap = head_stack(subject, swell * size)
    low, top = float(wrap.t[0]), float(wrap.t[-1])
    wrap.patch(canvas, low, top, opening, 360 - opening, rgb)
    wrap.patch(canvas, 0.04 * size, top, -180, 180, rgb)
    wrap.patch(canvas, low, -0.056 * size, -180, 180, scaled(rgb, 0.9))
    if wrap.facing(0) < 0.2:
        low_back = subject.figure.head - subject.figure.face[1] * 0.03
        canvas.limb(low_back, subject.figure.neck, (0.042 * size, 0.045 * size, 0.055), rgb)


def draw_hat(subject: Subject, hat: Garment) -> None:
    """The hat is drawn on the head."""
    HATS.get(hat.kind, _cap)(subject, hat)


def _crown(subject: Subject, hat: Garment, swell: float, low: float, back: float = 0.4) -> Stack:
    """The part of a hat that covers the skull from `low` up, at the back from a share of it."""
    canvas, size, rgb = subject.canvas, subject.person.body.head, hat.colour.rgb
    crown = head_stack(subject, swell * size, 0.0)
    top = float(crown.t[-1])
    crown.patch(canvas, low * size, top, -180, 180, rgb, hat.texture)
    crown.patch(canvas, low * back * size, top, 100, 260, rgb, hat.texture)
    return crown


def _cap(subject: Subject, hat: Garment) -> None:
    _crown(subject, hat, 0.009, 0.026)
    brim(subject, 0.1, scaled(hat.colour.rgb, 0.8), 110)


def _beanie(subject: Subject, hat: Garment) -> None:
    size = subject.person.body.head
    crown = _crown(subject, hat, 0.011, 0.018)
    crown.patch(
        subject.canvas, 0.018 * size, 0.037 * size, -180, 180, scaled(hat.colour.rgb, 0.86), hat.texture
    )
    if hat.size > 1.25:
        bobble = subject.figure.head + subject.figure.face[1] * 0.09 * size
        subject.canvas.ball(bobble, 0.018 * size, 0.017 * size, scaled(hat.colour.rgb, 1.1), CODES["fleece"])


def _brimmed(subject: Subject, hat: Garment) -> None:
    size, rgb = subject.person.body.head, hat.colour.rgb
    brim(subject, 0.086 if hat.kind == "straw hat" else 0.095, scaled(rgb, 0.94), 360)
    crown = _crown(subject, hat, 0.011, 0.026)
    band = scaled(rgb, 0.25 if hat.kind == "straw hat" else 0.45)
    crown.patch(subject.canvas, 0.027 * size, 0.043 * size, -180, 180, band)


def _bucket(subject: Subject, hat: Garment) -> None:
    brim(subject, 0.075, scaled(hat.colour.rgb, 0.82), 360)
    crown = _crown(subject, hat, 0.013, 0.02)
    crown.patch(
        subject.canvas, 0.014 * subject.person.body.head, 0.03, -180, 180, scaled(hat.colour.rgb, 0.93)
    )


def _beret(subject: Subject, hat: Garment) -> None:
    size, figure = subject.person.body.head, subject.figure
    _crown(subject, hat, 0.008, 0.036, 0.8)
    puff = (
        figure.head
        + figure.face[1] * 0.06 * size
        + figure.face[0] * 0.014 * size
        - figure.face[2] * 0.01 * size
    )
    subject.canvas.ball(puff, 0.066 * size, 0.024 * size, hat.colour.rgb, hat.texture)


def _flat_cap(subject: Subject, hat: Garment) -> None:
    size, figure = subject.person.body.head, subject.figure
    _crown(subject, hat, 0.01, 0.03)
    subject.canvas.ball(
        figure.head + figure.face[1] * 0.05 * size + figure.face[2] * 0.018 * size,
        0.055 * size, 0.021 * size, hat.colour.rgb, hat.texture,
    )  # fmt: skip
    brim(subject, 0.082, scaled(hat.colour.rgb, 0.85), 120)


def _helmet(subject: Subject, hat: Garment) -> None:
    """A bicycle helmet, with dark vents."""
    size = subject.person.body.head
    crown = _crown(subject, hat, 0.02, 0.02, 0.1)
    top = float(crown.t[-1])
    for theta in range(-150, 181, 60):
        crown.patch(subject.canvas, 0.045 * size, top * 0.93, theta, theta + 22, DARK)
    crown.patch(subject.canvas, 0.02 * size, 0.027 * size, -180, 180, scaled(hat.colour.rgb, 0.6))
    strap = head_stack(subject, 0.002)
    for side in (74, -82):
        strap.patch(subject.canvas, -0.05 * size, 0.02 * size, side, side + 8, DARK)


def _hard_hat(subject: Subject, hat: Garment) -> None:
    size = subject.person.body.head
    brim(subject, 0.078, scaled(hat.colour.rgb, 0.85), 360)
    crown = _crown(subject, hat, 0.021, 0.022, 1.0)
    crown.patch(subject.canvas, 0.03 * size, float(crown.t[-1]), -9, 9, scaled(hat.colour.rgb, 1.08))
    shine = crown.panel(0.055 * size, 0.075 * size, -40, 40)
    if shine is not None:
        subject.canvas.tone(subject.canvas.camera.flat(shine), 168)


def _full_face(subject: Subject, hat: Garment) -> None:
    """A motorcycle helmet: all around, with a dark visor."""
    size = subject.person.body.head
    shell = head_stack(subject, 0.024 * size)
    shell.draw(subject.canvas, hat.colour.rgb, hat.texture)
    shell.patch(subject.canvas, -0.02 * size, 0.026 * size, -72, 72, DARK, CODES["glossy"])


def _headband(subject: Subject, hat: Garment) -> None:
    size = subject.person.body.head
    head_stack(subject, 0.01 * size).patch(
        subject.canvas, 0.026 * size, 0.042 * size, -180, 180, hat.colour.rgb
    )


def _headscarf(subject: Subject, hat: Garment) -> None:
    wrap_head(subject, hat.colour.rgb, 0.006, 50)


def _turban(subject: Subject, hat: Garment) -> None:
    size, rgb = subject.person.body.head, hat.colour.rgb
    crown = _crown(subject, hat, 0.026, 0.016, -0.6)
    for low in (0.03, 0.055):
        crown.patch(subject.canvas, low * size, (low + 0.008) * size, -180, 180, scaled(rgb, 0.78))


def brim(subject: Subject, reach: float, rgb: Rgb, span: float) -> None:
    """A flat brim around the head, `span` degrees of it, to the front."""
    figure, size = subject.figure, subject.person.body.head
    theta = np.radians(np.linspace(-span / 2, span / 2, 13))
    if span < 360 and float(figure.face[2] @ subject.canvas.camera.towards) < -0.3:
        return
    centre = figure.head + figure.face[1] * 0.03 * size
    across = reach * (0.62 if span < 360 else 0.9) * size
    far = centre + np.outer(np.sin(theta) * across, figure.face[0])
    far = far + np.outer(np.cos(theta) * reach * size, figure.face[2]) - figure.face[1] * 0.006
    subject.canvas.paint(far, rgb)


HATS: dict[str, Callable[[Subject, Garment], None]] = {
    "cap": _cap, "beanie": _beanie, "brim hat": _brimmed, "straw hat": _brimmed, "bucket hat": _bucket,
    "beret": _beret, "flat cap": _flat_cap, "helmet": _helmet, "hard hat": _hard_hat, "turban": _turban,
    "motorcycle helmet": _full_face, "headband": _headband, "headscarf": _headscarf,
}  # fmt: skip
