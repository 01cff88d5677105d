"""Arms and legs, dressed, down to gloves and shoes."""

import numpy as np

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.colours import Rgb, mix, scaled
from reidtalk.data.people.figures.canvas import Points
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.patterns import along_limb
from reidtalk.data.people.figures.surface import CODES

SOLE: Rgb = (226, 226, 220)
SKIN = CODES["skin"]
OPEN_SHOES = ("sandals", "flats", "heels", "flip-flops")


def draw_arm(subject: Subject, i: int, lower_part: bool) -> None:
    """The upper or the lower part of arm `i` (0 left, 1 right) is drawn, with sleeve and hand."""
    figure, person, canvas = subject.figure, subject.person, subject.canvas
    worn = person.inner if person.upper.cut.layered or person.upper.kind == "poncho" else person.upper
    thick, limbs = worn.cut.thick, person.body.limbs
    shoulder, elbow, wrist, hand = (figure.shoulders[i], figure.elbows[i], figure.wrists[i], figure.hands[i])
    skin = person.skin.rgb
    covered = worn.cut.sleeve
    if not lower_part:
        if person.upper.kind == "poncho":
            return
        radii = (0.032 * limbs, 0.029 * limbs, 0.024 * limbs)
        canvas.shadow_of_limb(shoulder, elbow, radii[1] + thick, 24)
        if covered < 0.5:
            canvas.limb(shoulder, elbow, radii, skin, SKIN)
        if covered > 0:
            share = min(covered / 0.5, 1.0)
            _sleeve(subject, worn, (shoulder, shoulder + (elbow - shoulder) * share), radii, thick, i)
        return
    radii = (0.025 * limbs, 0.025 * limbs, 0.016 * limbs)
    canvas.shadow_of_limb(elbow, wrist, radii[1] + thick, 24)
    if subject.pose.arms[i] != "pocket":
        _hand(subject, wrist, hand)
    share = max((covered - 0.5) / 0.5, 0.0)
    if share < 1:
        canvas.limb(elbow, wrist, radii, skin, SKIN)
    if share > 0:
        _sleeve(subject, worn, (elbow, elbow + (wrist - elbow) * share), radii, thick, i)
    watch = person.extra("watch")
    if watch is not None and i == 0:
        along = wrist - elbow
        canvas.limb(elbow + along * 0.84, elbow + along * 0.97, (0.02, 0.021, 0.019), watch.colour.rgb)


def _hand(subject: Subject, wrist: Points, hand: Points) -> None:
    gloves = subject.person.extra("gloves")
    rgb = gloves.colour.rgb if gloves else subject.person.skin.rgb
    thick = 1.2 if gloves else 1.0
    radii = (0.014 * thick, 0.019 * thick, 0.013 * thick)
    subject.canvas.limb(wrist, hand, radii, rgb, SKIN)


def _sleeve(
    subject: Subject,
    garment: Garment,
    ends: tuple[Points, Points],
    radii: tuple[float, float, float],
    thick: float,
    i: int,
) -> None:
    canvas, (start, end) = subject.canvas, ends
    loose = thick * 0.85 + (0.008 if garment.cut.sleeve < 0.5 else 0.001)
    r = (radii[0] + thick * 0.5, radii[1] + loose, radii[2] + loose)
    other = garment.second.rgb if garment.second else garment.colour.rgb
    rgb = other if garment.pattern == "raglan" else garment.colour.rgb
    canvas.limb(start, end, r, rgb, garment.texture)
    along_limb(canvas, garment, start, end, (r[0], r[2]), 1.0 if i == 0 else -1.0)
    if garment.pattern == "trim":
        canvas.limb(start + (end - start) * 0.88, end, (r[2], r[2] * 1.03, r[2]), other, garment.texture)


def _limb_folds(subject: Subject, start: Points, end: Points, radius: float) -> None:
    """A crease across a trouser leg."""
    p, along, _, n = subject.canvas.axis(start, end)
    f, slant = subject.rng.random(2) * (0.75, 0.3) + (0.15, -0.15)
    line = np.array([p + along * f - n * (radius * 0.9), p + along * (f + slant) + n * (radius * 0.6)])
    subject.canvas.crease(line, 30 + 160 * abs(slant), 0.013)


def draw_leg(subject: Subject, i: int) -> None:
    """Leg `i` (0 left, 1 right) is drawn: skin, stocking, shoe, trouser leg."""
    figure, person, canvas = subject.figure, subject.person, subject.canvas
    limbs, lower = person.body.limbs, person.lower
    hip, knee, ankle = figure.hips[i], figure.knees[i], figure.ankles[i]
    thigh, shin = (0.056 * limbs, 0.047 * limbs, 0.036 * limbs), (0.035 * limbs, 0.035 * limbs, 0.02 * limbs)
    trousers = lower if lower is not None and lower.cut.plural else None
    covered = trousers.cut.sleeve if trousers else (1.0 if person.upper.kind == "overalls" else 0.0)
    canvas.shadow_of_limb(hip, knee, thigh[1], 34)
    canvas.shadow_of_limb(knee, ankle, shin[1], 24)
    under = person.skin.rgb
    tights = person.legwear is not None and trousers is None
    if tights and person.legwear is not None:
        under = mix(person.legwear.rgb, person.skin.rgb, 0.1)
    if covered < 1:
        canvas.limb(knee, ankle, shin, under, SKIN)
    if covered < 0.6:
        canvas.limb(hip, knee, thigh, under, SKIN)
    if person.legwear is not None and not tights and covered < 0.8:
        reach = min(person.socks, 0.95)
        wide = (shin[2] + (shin[1] - shin[2]) * reach + 0.003, shin[1] * 0.9, shin[2] + 0.003)
        canvas.limb(ankle + (knee - ankle) * reach, ankle, wide, person.legwear.rgb)
    _shoe(subject, i)
    if covered > 0:
        worn = trousers or person.upper
        _trouser_leg(subject, worn, (hip, knee, ankle), (thigh, shin), covered, i)
    _boot_shaft(subject, i, covered)


def _trouser_leg(
    subject: Subject,
    worn: Garment,
    joints: tuple[Points, Points, Points],
    radii: tuple[tuple[float, float, float], tuple[float, float, float]],
    covered: float,
    i: int,
) -> None:
    canvas, thick, flare = subject.canvas, worn.cut.thick, worn.cut.flare
    hip, knee, ankle = joints
    thigh, shin = radii
    rgb, outer = worn.colour.rgb, (1.0 if i == 0 else -1.0)
    if covered > 0.5:
        share = (covered - 0.5) / 0.5
        end = knee + (ankle - knee) * share * 1.04
        wide = max(thick * 1.1 + flare, 0.001)
        hem = shin[2] + (shin[1] - shin[2]) * (1 - share) + wide
        r = (shin[0] + thick + flare * 0.5, shin[1] * 0.96 + thick + flare * 0.7, hem)
        canvas.limb(knee, end, r, rgb, worn.texture)
        along_limb(canvas, worn, knee, end, (r[0], r[2]), outer)
        _limb_folds(subject, knee, end, r[1])
        if worn.kind == "rolled jeans":
            cuff = (r[2] + 0.004, r[2] + 0.005, r[2] + 0.004)
            canvas.limb(knee + (end - knee) * 0.88, end, cuff, mix(rgb, (200, 205, 212), 0.5), worn.texture)
    share = min(covered / 0.5, 1.0)
    end = hip + (knee - hip) * share
    tip = thigh[2] + (thigh[1] - thigh[2]) * (1 - share) * 1.5
    r = (thigh[0] + thick * 0.6, thigh[1] + thick * 0.8 + flare * 0.3, tip + thick + flare * 0.5)
    canvas.limb(hip, end, r, rgb, worn.texture)
    along_limb(canvas, worn, hip, end, (r[0], r[2]), outer)
    _limb_folds(subject, hip, end, r[1])
    if worn.kind == "cargo pants":
        _cargo_pocket(subject, hip, knee, r, outer)
    if worn.pattern == "ripped" and share == 1:
        _holes(subject, joints, i)


def _cargo_pocket(
    subject: Subject, hip: Points, knee: Points, radii: tuple[float, float, float], outer: float
) -> None:
    """A flapped pocket on the outer side of the thigh."""
    p, along, _, n = subject.canvas.axis(hip, knee)
    side = n * radii[1] * outer
    corners = [p + along * 0.55 + side * 0.3, p + along * 0.55 + side * 1.12,
               p + along * 0.92 + side * 1.1, p + along * 0.92 + side * 0.3]  # fmt: skip
    rgb = scaled((subject.person.lower or subject.person.upper).colour.rgb, 0.86)
    subject.canvas.fill(np.stack(corners), rgb)
    subject.canvas.crease(np.stack(corners[:2]), 40, 0.008)


def _holes(subject: Subject, joints: tuple[Points, Points, Points], i: int) -> None:
    """Skin shows through torn cloth at knee and thigh, but not from behind."""
    figure, rng = subject.figure, subject.cloth_rng(20 + i)
    if float(figure.hips_frame[2] @ subject.canvas.camera.towards) < -0.3:
        return
    hip, knee, _ = joints
    for share in (0.97, 0.55 + 0.25 * rng.random()):
        place = hip + (knee - hip) * share + figure.hips_frame[2] * 0.03
        wide, tall = rng.random(2) * (0.014, 0.01) + (0.012, 0.008)
        subject.canvas.ball(place, wide, tall, subject.person.skin.rgb, SKIN)


def _shoe(subject: Subject, i: int) -> None:
    """The foot in its shoe, with a pale sole under sneakers."""
    figure, person, canvas = subject.figure, subject.person, subject.canvas
    ankle, toe, shoe = figure.ankles[i], figure.toes[i], person.shoes
    heel = ankle - (toe - ankle) * 0.28 + np.array([0, -0.012, 0])
    down = np.array([0.0, -0.011, 0.0])
    rgb, kind = shoe.colour.rgb, shoe.kind
    if kind in ("sneakers", "slip-ons"):
        canvas.limb(heel + down, toe + down * 0.6, (0.016, 0.017, 0.015), mix(SOLE, rgb, 0.15))
    if kind in OPEN_SHOES:
        bare = person.legwear.rgb if person.legwear and kind != "flip-flops" else person.skin.rgb
        canvas.limb(ankle, toe, (0.02, 0.018, 0.013), bare)
        canvas.limb(heel + down * 0.6, toe + down * 0.5, (0.012, 0.011, 0.012), rgb)
        back = 0.35 if kind == "flats" else 0.5 if kind == "flip-flops" else 0.62
        canvas.limb(ankle + (toe - ankle) * back, toe, (0.015, 0.016, 0.014), rgb)
        if kind in ("flip-flops", "sandals"):
            canvas.limb(toe - (toe - ankle) * 0.12, toe + (toe - ankle) * 0.06, (0.011, 0.012, 0.01), bare)
    else:
        wide = 0.019 + shoe.cut.thick * 0.4
        canvas.limb(heel, toe, (wide, wide * 1.02, wide * 0.86), rgb, shoe.texture)
        canvas.limb(ankle + np.array([0, 0.008, 0]), ankle + (toe - ankle) * 0.5, (0.021, 0.021, 0.018), rgb)
    if kind == "heels":
        canvas.limb(heel, heel + down * 2.2, (0.008, 0.006, 0.004), rgb)


def _boot_shaft(subject: Subject, i: int, covered: float) -> None:
    """The shaft of a boot: over bare legs, stockings and tight trousers, under wide ones."""
    person, figure = subject.person, subject.figure
    shaft = person.shoes.cut.sleeve
    tight = person.lower is not None and person.lower.cut.thick < 0.009
    if shaft == 0 or (covered == 1 and not tight):
        return
    ankle, knee = figure.ankles[i], figure.knees[i]
    wide = 0.036 * person.body.limbs if shaft > 0.5 else 0.029 * person.body.limbs
    shoes = person.shoes
    top = ankle + (knee - ankle) * shaft
    subject.canvas.limb(top, ankle, (wide + 0.004, wide + 0.002, 0.027), shoes.colour.rgb, shoes.texture)
