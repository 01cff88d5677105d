"""The trunk, dressed: hips, upper garment, neckline."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.chance import between
from reidtalk.data.people.colours import Rgb, mix, scaled
from reidtalk.data.people.figures.canvas import NEUTRAL, Canvas, Points, Stack
from reidtalk.data.people.figures.figure import Figure, Pose
from reidtalk.data.people.figures.patterns import ON_STACK, Cloth
from reidtalk.data.people.figures.surface import CODES

SKIN = CODES["skin"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A person in a pose before a canvas."""

    canvas: Canvas
    figure: Figure
    pose: Pose
    person: Person
    rng: Generator
    """Of this picture; for folds."""

    def cloth_rng(self, part: int) -> Generator:
        """A generator that is the same in all pictures of the person."""
        return np.random.default_rng([self.person.seed, self.person.identity, 77, part])


def trunk_levels(person: Person, thick: float, low: float) -> Points:
    """Ellipses of the trunk from t = `low` to the neck, `thick` outside the skin."""
    body = person.body
    top = 1 - body.legs - 0.19 * body.head + 0.014
    belly = 0.02 if person.build == "heavy" else 0.004
    bust = 0.006 if person.gender == "woman" and person.age != "child" else 0.002
    loose = min(thick * 0.9, 0.02)
    rows = [
        (-0.06, body.hips + thick, body.depth + 0.006 + thick, -0.006),
        (0.02, body.hips + thick, body.depth + 0.006 + thick, -0.004),
        (top * 0.36, body.waist + thick + loose, body.depth * 0.9 + thick + belly, belly * 0.5),
        (top * 0.67, body.shoulders * 0.94 + thick + 0.006, body.depth * 1.02 + thick + bust, bust),
        (top - 0.06, body.shoulders + 0.014 + thick * 0.5, body.depth * 0.86 + thick, -0.004),
        (top - 0.028, body.shoulders * 0.72 + thick * 0.6, body.depth * 0.7 + thick * 0.7, -0.008),
        (top, 0.034 * body.head + thick * 0.5, 0.034 * body.head + thick * 0.5, -0.008),
    ]
    table = np.array(rows)
    start = np.array([[low, *(np.interp(low, table[:, 0], table[:, i]) for i in (1, 2, 3))]])
    return np.concatenate([start, table[table[:, 0] > low + 0.004]])


def cape_levels(person: Person, low: float) -> Points:
    """Ellipses of a cape that hangs from the shoulders down to t = `low`, over the arms."""
    body = person.body
    top = 1 - body.legs - 0.19 * body.head + 0.014
    wide, deep = body.shoulders, body.depth
    return np.array(
        [
            (low, wide + 0.085, deep + 0.075, 0.0),
            (top * 0.55, wide + 0.065, deep + 0.05, 0.0),
            (top - 0.06, wide + 0.032, deep + 0.015, -0.002),
            (top - 0.024, wide * 0.78, deep * 0.75, -0.006),
            (top, 0.04 * body.head, 0.04 * body.head, -0.008),
        ]
    )


def hem_levels(subject: Subject, garment: Garment, high: float = 0.03) -> Points:
    """Ellipses of a skirt or coat tail from its hem up to t = `high`, wide enough for the stride."""
    body, figure = subject.person.body, subject.figure
    hem, thick = garment.cut.hem, garment.cut.thick
    share = min(hem / (body.legs * 0.49), 1.6)
    knees = (figure.knees - figure.pelvis) @ figure.hips_frame.T
    back = min(float(knees[:, 2].min()), 0.0) * share * 0.9
    front = max(float(knees[:, 2].max()), 0.0) * share * 0.9
    side = (
        max(float(np.abs(knees[:, 0]).max()) * min(share, 1.2) + 0.035, body.hips) + thick + garment.cut.flare
    )
    depth = max((front - back) / 2 + 0.05, body.depth) + thick + garment.cut.flare * 0.6
    middle = (front + back) / 2
    flat = (body.hips + thick + garment.cut.flare * 0.25, body.depth + thick + 0.008)
    return np.array(
        [
            (-hem, side, depth, middle),
            (-hem * 0.5, (side + flat[0]) / 2 + 0.003, (depth + flat[1]) / 2, middle * 0.5),
            (-0.005, flat[0], flat[1], 0.0),
            (high, flat[0], flat[1], 0.0),
        ]
    )


def _dress_stack(subject: Subject, stack: Stack, garment: Garment, part: int) -> None:
    """The garment's cloth, pattern and folds on `stack` are drawn."""
    canvas = subject.canvas
    stack.draw(canvas, garment.colour.rgb, garment.texture)
    draw_pattern = ON_STACK.get(garment.pattern)
    low, high = float(stack.t[0]), float(stack.t[-1])
    if draw_pattern:
        draw_pattern(Cloth(canvas, stack, garment, low, high, subject.cloth_rng(part)))
    if low < -0.08:
        _drape(subject, stack, low, high)
    else:
        _folds(subject, stack, low, high, 4 if garment.cut.thick > 0.004 else 2)


def _drape(subject: Subject, stack: Stack, low: float, high: float) -> None:
    """Folds that fall from the hips to the hem of a skirt or coat."""
    rng, count = subject.rng, 6
    start = low + (high - low) * rng.uniform(0.45, 1.0, count)
    t = low + (start - low)[:, None] * np.array([0.0, 0.35, 0.7, 1.0])
    theta = stack.middle + (np.linspace(-1.2, 1.2, count) + rng.normal(0, 0.15, count))[:, None]
    for line in subject.canvas.camera.flat(stack.at(t, np.broadcast_to(theta, t.shape))):
        subject.canvas.crease(line, between(rng, 20, 90), between(rng, 0.008, 0.022))


def _folds(subject: Subject, stack: Stack, low: float, high: float, count: int) -> None:
    """Creases at random places of the visible side."""
    rng = subject.rng
    t0, side = rng.uniform(low, high - 0.03, count), rng.uniform(-1.1, 1.1, count)
    length, drift = rng.uniform(0.02, 0.1, count), rng.normal(0, 0.3, count)
    t = np.minimum(t0[:, None] + length[:, None] * np.array([0, 0.5, 1]), high)
    theta = stack.middle + side[:, None] + drift[:, None] * np.array([0, 0.6, 1])
    flat = subject.canvas.camera.flat(stack.at(t, theta))
    for line in flat:
        subject.canvas.crease(line, between(rng, 15, 60), between(rng, 0.008, 0.02))


def draw_trunk(subject: Subject) -> None:
    """Neck, hips and trunk are drawn with all that is worn on them."""
    person, figure, canvas = subject.person, subject.figure, subject.canvas
    skin = person.skin.rgb
    neck = figure.neck - figure.trunk[1] * 0.02
    radius = (0.034 if person.gender == "man" else 0.029) * person.body.head * min(person.body.limbs, 1.15)
    canvas.limb(neck, neck + (figure.head - neck) * 0.75, (radius * 1.35, radius, radius), skin, SKIN)
    _hips(subject)
    upper = person.upper
    _layer_below(subject, upper)
    if upper.cut.hem > 0.03:
        tail = Stack(figure.pelvis, figure.hips_frame, hem_levels(subject, upper), canvas.camera)
        _dress_stack(subject, tail, upper, 1)
        _front(subject, tail, upper)
    low = -upper.cut.hem if upper.cut.hem <= 0.03 else 0.012
    if upper.cut.hem < 0:
        waist = trunk_levels(person, 0.0, 0.02)
        Stack(figure.pelvis, figure.trunk, waist[waist[:, 0] < 0.2], canvas.camera).draw(canvas, skin, SKIN)
    cape = upper.kind == "poncho"
    levels = cape_levels(person, low) if cape else trunk_levels(person, upper.cut.thick, low)
    trunk = Stack(figure.pelvis, figure.trunk, levels, canvas.camera)
    _dress_stack(subject, trunk, upper, 1)
    _front(subject, trunk, upper)
    _neckline(subject, trunk, upper)
    if 0 <= upper.cut.hem <= 0.03 and upper.kind != "overalls":
        outline = trunk.panel(low, low + 0.008, -180, 180)
        if outline is not None:
            canvas.tone(canvas.camera.flat(outline), NEUTRAL - 30)


def _layer_below(subject: Subject, upper: Garment) -> None:
    """Some people's shirts hang out below a short jacket or sweater."""
    person, figure = subject.person, subject.figure
    fits = upper.cut.thick > 0.01 and 0 <= upper.cut.hem <= 0.02 and not upper.cut.alone
    if not fits or subject.cloth_rng(50).random() > 0.22:
        return
    low = -upper.cut.hem - 0.028
    levels = trunk_levels(person, 0.01, low)
    levels = levels[levels[:, 0] < 0.1]
    inner = person.inner
    Stack(figure.pelvis, figure.trunk, levels, subject.canvas.camera).draw(
        subject.canvas, inner.colour.rgb, inner.texture
    )


def _hips(subject: Subject) -> None:
    """What covers the hips: trousers to the waist, or a skirt."""
    person, figure, canvas = subject.person, subject.figure, subject.canvas
    lower = person.lower
    if lower is not None and not lower.cut.plural:
        skirt = Stack(figure.pelvis, figure.hips_frame, hem_levels(subject, lower, 0.06), canvas.camera)
        _dress_stack(subject, skirt, lower, 2)
        return
    rgb = lower.colour.rgb if lower else person.upper.colour.rgb
    thick = (lower.cut.thick if lower else 0.01) * 0.7
    levels = trunk_levels(person, thick, -0.055)
    levels = levels[levels[:, 0] < (0.05 if person.upper.cut.hem < 0 else 0.14)]
    levels[0, 1:3] *= (0.96, 0.96)
    Stack(figure.pelvis, figure.hips_frame, levels, canvas.camera).draw(
        canvas, rgb, lower.texture if lower else 0.1
    )


def _front(subject: Subject, stack: Stack, garment: Garment) -> None:
    """What the front shows: the layer below, a zip, or buttons."""
    canvas, front = subject.canvas, garment.cut.front
    low, high = float(stack.t[0]), float(stack.t[-1])
    if garment.open:
        half = 14 + 18 * (garment.size - 0.7)
        _show_inner(subject, stack, low, high - 0.006, half)
    elif front != "whole" and stack.facing(0) > 0.1:
        line = canvas.camera.flat(stack.at(np.linspace(low, high - 0.01, 5), np.zeros(5)))
        canvas.stroke(line, scaled(garment.colour.rgb, 0.62), 0.005)
        canvas.crease(line + 0.004, 16, 0.006)


def _show_inner(subject: Subject, stack: Stack, low: float, high: float, half: float) -> None:
    inner, canvas = subject.person.inner, subject.canvas
    edge = stack.panel(low, high, -half - 5, half + 5)
    if edge is None:
        return
    canvas.tone(canvas.camera.flat(edge), NEUTRAL - 34)
    if high > 0.1:
        low = max(low, -0.02)
    stack.patch(canvas, low, high, -half, half, inner.colour.rgb, inner.texture)
    if inner.second is not None:
        cloth = Cloth(canvas, stack, inner, low, high, subject.cloth_rng(3))
        if inner.pattern == "stripes":
            for t in np.arange(low, high, 0.04):
                cloth.patch(float(t), float(t) + 0.018, -half, half, inner.second.rgb)
        elif inner.pattern in ("plaid", "pinstripes"):
            for theta in np.arange(-half, half, 12):
                cloth.patch(
                    low, high, float(theta), float(theta) + 5, mix(inner.colour.rgb, inner.second.rgb, 0.6)
                )
    inside = stack.panel(low, high, -half + 3, half - 3)
    if inside is not None:
        canvas.tone(canvas.camera.flat(inside), NEUTRAL + 4)


def _neckline(subject: Subject, stack: Stack, garment: Garment) -> None:
    """Skin, collar, lapels or hood at the neck."""
    canvas, person, top = subject.canvas, subject.person, float(stack.t[-1])
    rgb, neck = garment.colour.rgb, garment.cut.neck
    worn = person.inner if garment.open else garment
    if stack.facing(0) > 0.15 and neck != "high" and (neck == "round" or worn.cut.neck != "high"):
        deep = {"round": 0.03, "v": 0.075, "lapel": 0.085, "collar": 0.05, "hood": 0.035}[neck]
        show = person.inner.colour.rgb if neck == "lapel" else person.skin.rgb
        points = stack.at(
            np.array([top - deep, top - deep * 0.4, top, top, top - deep * 0.4]),
            np.radians([0, 38, 62, -62, -38]),
        )
        canvas.paint(points, show)
        if neck == "lapel":
            canvas.paint(
                stack.at(np.array([top - 0.03, top, top]), np.radians([0, 55, -55])), person.skin.rgb
            )
    if neck in ("collar", "lapel", "high"):
        tall = 0.022 if neck == "high" else 0.014
        lighter = mix(rgb, (255, 255, 255), 0.08)
        for start, end in ((22, 180), (-180, -22)):
            stack.patch(canvas, top - tall, top, start, end, lighter)
    if neck == "hood":
        _hood(subject, rgb)
    if person.scarf is not None:
        _scarf(subject, stack, top)


def _hood(subject: Subject, rgb: Rgb) -> None:
    """A hood that hangs down the back, as far as the view shows it."""
    figure, canvas = subject.figure, subject.canvas
    behind = float(figure.trunk[2] @ canvas.camera.towards)
    centre = figure.neck - figure.trunk[2] * 0.045 + figure.trunk[1] * (0.004 if behind > 0 else -0.012)
    if behind < 0.45:
        canvas.ball(centre, 0.068, 0.042, scaled(rgb, 0.95))
        canvas.ball(centre + figure.trunk[1] * 0.018, 0.044, 0.02, scaled(rgb, 0.6))
    else:
        for side in (-1, 1):
            corner = figure.neck + figure.trunk[0] * side * 0.045 + figure.trunk[1] * 0.006
            canvas.ball(corner, 0.024, 0.022, scaled(rgb, 0.88))


def _scarf(subject: Subject, stack: Stack, top: float) -> None:
    scarf, canvas = subject.person.scarf, subject.canvas
    if scarf is None:
        return
    figure = subject.figure
    for rise, wide in ((-0.004, 0.062), (0.018, 0.052)):
        canvas.ball(
            figure.neck + figure.trunk[1] * rise + figure.trunk[2] * 0.006, wide, 0.02, scarf.colour.rgb, 0.4
        )
    if stack.facing(10) > 0.1:
        stack.patch(canvas, top - 0.16, top - 0.01, 2, 24, scaled(scarf.colour.rgb, 0.93), 0.4)
