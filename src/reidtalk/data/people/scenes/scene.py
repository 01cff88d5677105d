"""What is around a person, seen by the same camera: a floor, a wall, things, other people, near and far."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import about, between, chance, pick
from reidtalk.data.people.figures.canvas import Canvas, Points
from reidtalk.data.people.scenes import bystanders, textures, things, walls
from reidtalk.data.people.scenes.textures import SIZE_PX, Picture, muted

Mask = NDArray[np.bool_]

INDOORS = ("indoor", "lamplight")
_PLACES = {
    # walls, with how often inside and outside
    "room": (5, 0.5), "house": (0.4, 3), "shop": (1, 1.5), "goods": (2, 0.3), "hedge": (0.1, 2.5),
    "horizon": (0.1, 1.5), "fence": (0.1, 1.2), "cloth": (0.8, 0.3), "lights": (0.4, 0.2),
    "leaves": (1.5, 1.5), "cloudy": (1, 1), "planks": (0.5, 0.4), "tiles": (0.6, 0.6),
}  # fmt: skip
_FLOORS = {
    "planks": (2, 0.3), "tiles": (2, 1.5), "asphalt": (0.6, 4), "carpet": (1.5, 0.2), "ground": (0.1, 2.5),
    "cloudy": (0.8, 0.5),
}  # fmt: skip
_THINGS = {
    "table": (2, 0.4), "desk": (1.2, 0.1), "chair": (1.5, 0.4), "crate": (1.5, 1), "counter": (1, 0.3),
    "post": (0.4, 1.2), "bollard": (0.2, 1), "plant": (0.8, 1.2), "car": (0, 1.5), "bicycle": (0.1, 0.8),
    "railing": (0.3, 0.6), "luggage": (0.7, 0.4), "sign": (0.3, 0.7),
    "column": (0.5, 0.4), "cabinet": (1, 0.5), "rack": (1, 0.2), "bench": (0.3, 0.7),
}  # fmt: skip
INSIDE, OUTSIDE = (
    tuple({kind: both[i] for kind, both in table.items()} for table in (_PLACES, _FLOORS, _THINGS))
    for i in (0, 1)
)
_SQUARE = np.array([(-0.4, -0.4), (0.4, -0.4), (0.4, 0.4), (-0.4, 0.4)])


def _pixels(canvas: Canvas, points: Points) -> NDArray[np.float32]:
    """Where points of the world lie in the picture."""
    return np.asarray(canvas.camera.flat(points) * canvas.scale + canvas.offset, np.float32)


def _laid(canvas: Canvas, world: Points, texels: Points, texture: Picture, rows: slice) -> Picture:
    """The rows of the picture filled with a plane; four points of it in the world and in `texture` fix it."""
    top, bottom = rows.start, rows.stop
    target = _pixels(canvas, world) - np.array([0, top], np.float32)
    matrix = cv2.getPerspectiveTransform(target, texels.astype(np.float32))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (canvas.image.shape[1], bottom - top)
    return np.asarray(
        cv2.warpPerspective(texture, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def _floor(canvas: Canvas, kinds: dict[str, float], top: int, rng: Generator) -> None:
    """The rows below `top` become a floor."""
    texture = textures.floor(pick(rng, kinds), int(rng.integers(textures.PER_KIND)))
    turn, spans = between(rng, 0, 2 * np.pi), SIZE_PX / between(rng, 0.9, 3.2)
    if chance(rng, 0.5):
        turn = round(turn / (np.pi / 2)) * np.pi / 2 + about(rng, 0, 0.1)
    c, s = np.cos(turn), np.sin(turn)
    texels = _SQUARE @ np.array([[c, s], [-s, c]]) * spans + rng.random(2) * SIZE_PX
    world = np.stack([_SQUARE[:, 0], np.zeros(4), _SQUARE[:, 1]], axis=1)
    rows = slice(top, canvas.image.shape[0])
    canvas.image[rows] = _tinted(_laid(canvas, world, texels, texture, rows), rng)


def _tinted(part: Picture, rng: Generator) -> Picture:
    """A texture a little brighter, darker, warmer or colder than its like."""
    if chance(rng, 0.35):
        return part
    gain = np.clip(about(rng, 1.06, 0.26) + rng.standard_normal(3) * 0.06, 0.4, 1.7)
    return np.asarray(cv2.multiply(part, np.append(gain, 0.0)), np.uint8)


def _stage(
    canvas: Canvas, kinds: tuple[dict[str, float], dict[str, float]], outside: bool, rng: Generator
) -> None:
    """A wall of one of the first kinds, or two in a corner, stand behind the person on one of the floors."""
    height, width = canvas.image.shape[:2]
    kind = pick(rng, kinds[0])
    far = kind in ("horizon", "lights") or chance(rng, 0.4 if outside else 0.15)
    behind = between(rng, 2, 12) if far else between(rng, 0.25, 1.8)
    slope = _slope(rng) if chance(rng, 0.7) else 0.0
    uprights = [_upright(canvas, slope, behind)]
    limit = 0.0
    if not far and chance(rng, 0.3):
        meet, other = about(rng, 0, 0.4), _slope(rng)
        uprights.append(_upright(canvas, other, behind + meet * (other - slope)))
        limit = float(_pixels(canvas, np.array([[meet, 0.5, meet * slope - behind]]))[0, 0])
    feet = [row for _, starts, ends in uprights for row in (starts, ends)]
    top = int(np.clip(min(feet), 0, height))
    if top < height:
        _floor(canvas, kinds[1], top, rng)
    for (corners, starts, ends), left in zip(uprights, (0.0, limit), strict=False):
        bottom = int(np.clip(max(starts, ends), 0, height))
        if bottom > 3 and left < width:
            part = _wall(canvas, kind, corners, bottom, rng)
            mask = np.zeros((bottom, width), np.uint8)
            begins = starts + (ends - starts) * left / width
            edge = np.array([(left, -9), (left, begins), (width, ends), (width, -9)])
            cv2.fillPoly(mask, [np.clip(edge, -9999, 9999).astype(np.int32)], (255,))
            cv2.copyTo(part, mask, canvas.image[:bottom])
    if chance(rng, 0.12 if outside else 0.3):
        _mirrored(canvas.image, int(np.clip(max(feet), 0, height)), between(rng, 0.1, 0.45))


def _mirrored(picture: Picture, foot: int, share: float) -> None:
    """A shiny or wet floor, from the row `foot` down, shows what stands above it."""
    deep = min(foot, picture.shape[0] - foot)
    if deep > 4:
        above = cv2.blur(picture[foot - deep : foot][::-1], (3, 9))
        below = picture[foot : foot + deep]
        below[...] = cv2.addWeighted(below, 1 - share, above, share, 0)


def _slope(rng: Generator) -> float:
    """How fast a wall recedes from left to right."""
    return float(np.tan(np.radians(np.clip(about(rng, 0, 24), -52, 52))))


def _upright(canvas: Canvas, slope: float, behind: float) -> tuple[Points, float, float]:
    """Four points of a wall, and at which rows its foot crosses the left and right edge of the picture."""
    x = np.array([-0.4, 0.4, 0.4, -0.4])
    corners = np.stack([x, [1.0, 1.0, 0.0, 0.0], x * slope - behind], axis=1)
    left, right = _pixels(canvas, corners[[3, 2]])
    steep = float(right[1] - left[1]) / max(float(right[0] - left[0]), 1e-3)
    starts = float(left[1]) - steep * float(left[0])
    return corners, starts, starts + steep * canvas.image.shape[1]


def _wall(canvas: Canvas, kind: str, corners: Points, bottom: int, rng: Generator) -> Picture:
    """The rows above `bottom` filled with a wall on which the four corners lie."""
    behind = -float(corners[:, 2].mean())
    across = SIZE_PX / (between(rng, 1.2, 2.8) * (1 + 0.35 * behind * (behind > 2)))
    mirror = -1 if chance(rng, 0.5) else 1
    texels = np.stack([corners[:, 0] * across * mirror, SIZE_PX - corners[:, 1] * across], axis=1)
    texels[:, 0] += between(rng, 0, SIZE_PX)
    texture = walls.wall(kind, int(rng.integers(walls.PER_KIND)))
    part = _tinted(_laid(canvas, corners, texels, texture, slice(0, bottom)), rng)
    if behind > 2 and kind != "lights" and chance(rng, 0.6):
        veil = between(rng, 0.05, 0.45)
        part = np.asarray(cv2.convertScaleAbs(part, alpha=1 - veil, beta=veil * between(rng, 140, 235)))
        part[:, :, 3] = 0
    return part


def _place(canvas: Canvas, x: float, z: float, wide: float, tall: float) -> tuple[float, float, float, float]:
    """Where a thing that stands at (x, z) lies in the picture: x, y, width, height in pixels."""
    points = np.array([(x - 0.5, 0, z), (x + 0.5, 0, z), (x, 0, z), (x, 1, z)], np.float64)
    left, right, foot, head = _pixels(canvas, points)
    wide_px, tall_px = wide * float(right[0] - left[0]), tall * float(foot[1] - head[1])
    return float(foot[0]) - wide_px / 2, float(foot[1]) - tall_px, wide_px, tall_px


def _put(canvas: Canvas, kind: str, x: float, z: float, rng: Generator) -> None:
    """A thing, or somebody, stands at (x, z) in front of what is there already."""
    gain, mirrored, size = between(rng, 0.6, 1.15), chance(rng, 0.5), between(rng, 0.8, 1.25)
    if kind == "person":
        sprite = bystanders.bystander(int(rng.integers(bystanders.COUNT)))
        wide, tall = bystanders.WIDE * size, between(rng, 0.88, 1.1)
    else:
        sprite = things.thing(kind, int(rng.integers(things.PER_KIND)))
        _, wide, tall = things.THINGS[kind]
        wide, tall = wide * size * between(rng, 0.8, 1.2), tall * size
    box = _place(canvas, x, z, wide, tall)
    if chance(rng, 0.7):
        foot = box[1] + box[3]
        axes = (max(int(box[2] * 0.55), 1), max(int(box[2] * 0.2), 1))
        middle = (int(box[0] + box[2] / 2), int(foot) - axes[1] // 2)
        if axes[0] < canvas.image.shape[1]:
            cv2.ellipse(canvas.shade, middle, axes, 0, 0, 360, (between(rng, 60, 120),), -1)
    things.paste(canvas.image, sprite, box, mirrored, gain)


def draw_background(canvas: Canvas, light: str, rng: Generator) -> None:
    """The picture is filled with a place as the canvas's camera sees it."""
    inside = light in INDOORS or (light != "day" and chance(rng, 0.3))
    wall_kinds, floor_kinds, thing_kinds = INSIDE if inside else OUTSIDE
    if light == "night" and chance(rng, 0.6):
        wall_kinds = {"lights": 1.0}
    _stage(canvas, (wall_kinds, floor_kinds), not inside, rng)
    for z in sorted(-(rng.random(int(pick(rng, {0: 3, 1: 3, 2: 2, 3: 1, 4: 0.6}))) ** 1.5) * 2.2):
        _put(canvas, pick(rng, thing_kinds), about(rng, 0, 0.55), float(z), rng)
    crowd = int(pick(rng, {0: 6, 1: 2, 2: 1, 3: 0.5, 6: 0.25}))
    for z in sorted(-rng.random(crowd) * 3):
        side = 1 if chance(rng, 0.5) else -1
        _put(canvas, "person", side * between(rng, 0.15, 0.75), float(z) - 0.1, rng)
    if chance(rng, 0.38):
        _defocus(canvas.image, between(rng, 1.5, 3.5) if chance(rng, 0.7) else between(rng, 3.5, 12))


def put_seat(canvas: Canvas, pelvis: Points, rng: Generator) -> None:
    """Something to sit on is put under a pelvis."""
    kind = pick(rng, {"chair": 2, "crate": 1.5, "bench": 2, "counter": 1, "cabinet": 0.5})
    wide = things.THINGS[kind][1] * between(rng, 0.9, 1.3)
    box = _place(canvas, float(pelvis[0]), float(pelvis[2]) - 0.02, wide, float(pelvis[1]) - 0.03)
    back = between(rng, 0, 0.8) * box[3] if kind in ("chair", "bench") else 0.0
    sprite = things.thing(kind, int(rng.integers(things.PER_KIND)))
    box = (box[0], box[1] - back, box[2], box[3] + back)
    things.paste(canvas.image, sprite, box, chance(rng, 0.5), between(rng, 0.6, 1.1))


def _defocus(picture: Picture, soft: float) -> None:
    """What is far from the focus loses its detail; `soft` is in pixels."""
    height, width = picture.shape[:2]
    size = (max(int(width / soft), 2), max(int(height / soft), 2))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    cv2.resize(small, (width, height), dst=picture, interpolation=cv2.INTER_CUBIC)
    picture[:, :, 3] = 0


def draw_in_front(canvas: Canvas, light: str, rng: Generator) -> Mask | None:
    """Something stands before the person; returns the pixels of the body that it hides, or None."""
    before = canvas.image.copy()
    kinds = (INSIDE if light in INDOORS else OUTSIDE)[2]
    kind = pick(rng, {"person": 2.5, "thing": 3.5, "band": 1, "leaves": 0.7})
    near = between(rng, 0.2, min(1.0, canvas.camera.distance * 0.3))
    if kind == "person":
        side = 1 if chance(rng, 0.5) else -1
        _put(canvas, "person", side * between(rng, 0.25, 0.6), near, rng)
    elif kind == "thing":
        _put(canvas, pick(rng, kinds), about(rng, 0, 0.4), near, rng)
    elif kind == "band":
        _band(canvas.image, rng)
    else:
        _twigs(canvas.image, rng)
    body, left = before[:, :, 3] >= 100, canvas.image[:, :, 3] >= 64
    hidden = body & ~left
    if hidden.sum() > 0.45 * body.sum():
        canvas.image[...] = before
        return None
    return hidden


def _band(picture: Picture, rng: Generator) -> None:
    """A rail, rope, tape, branch or beam crosses the picture, blurred a little."""
    height, width = picture.shape[:2]
    thick = max(1, int(between(rng, 0.008, 0.06) * height))
    if chance(rng, 0.5):
        y, slant = between(rng, 0.3, 1), about(rng, 0, 0.15)
        ends = ((0, int(y * height)), (width, int((y + slant) * height)))
    else:
        x, slant = between(rng, 0, 1), about(rng, 0, 0.1)
        ends = ((int(x * width), 0), (int((x + slant) * width), height))
    cv2.line(picture, *ends, textures.ink(muted(rng, 3, 97)), thick, cv2.LINE_AA)
    if chance(rng, 0.5):
        cv2.line(picture, *ends, textures.ink(muted(rng, 3, 97)), max(thick // 3, 1), cv2.LINE_AA)


def _twigs(picture: Picture, rng: Generator) -> None:
    """Leaves or flowers hang into the picture from an edge."""
    height, width = picture.shape[:2]
    texture = walls.wall("hedge", int(rng.integers(walls.PER_KIND)))
    x = between(rng, -0.1, 0.15) if chance(rng, 0.5) else between(rng, 0.85, 1.1)
    middle = np.array([x * width, between(rng, 0, 1.05) * height])
    spots = middle + rng.standard_normal((40, 2)) * (0.09 * width, 0.14 * height)
    colours = texture[rng.integers(0, SIZE_PX, 40), rng.integers(0, SIZE_PX, 40), :3].astype(float).tolist()
    for (u, v), (red, green, blue) in zip(spots.astype(int).tolist(), colours, strict=True):
        axes = (int(between(rng, 0.01, 0.06) * width) + 1, int(between(rng, 0.003, 0.012) * height) + 1)
        cv2.ellipse(picture, (u, v), axes, u * 7, 0, 360, (red, green, blue, 0), -1, cv2.LINE_AA)
