"""Who can appear in a scene: people drawn once and cut out, and clothes and things without anybody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.figures import carried
from reidtalk.data.people.figures.assembly import figure_parts, fitting_pose, held_things
from reidtalk.data.people.figures.canvas import Camera, Canvas
from reidtalk.data.people.figures.clothes import Subject, draw_trunk
from reidtalk.data.people.figures.figure import Figure, Pose, figure
from reidtalk.data.people.figures.surface import clothed, unevened
from reidtalk.data.people.identity import person

Kind = Literal["person", "garment", "prop"]
"""Somebody; clothes without anybody in them; a bicycle, pram, dog or the like without anybody beside it."""
SIZES = {"child": (0.5, 0.85)}
"""Heights as shares of an adult's, lowest and greatest; of all others 0.93 to 1.07."""
ALONE = ("bicycle", "pram", "trolley", "dog", "umbrella", "coat", "box")
"""What can stand about without anybody."""
_TALL_PX = {160: 0.7, 300: 0.3}
"""Heights sprites are drawn at, with how often; tall ones are for who stands near the camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprite:
    """Something cut out, with its place on the ground."""

    rgba: NDArray[np.uint8]
    """Colours times opacity, and opacity, [height, width, 4]."""
    foot: tuple[float, float]
    """The point of the ground below its middle: pixels from the left and the top of `rgba`."""
    scale: float
    """Pixels for each body height, at its middle."""
    pitch: float
    """How steeply the camera looks down on it, radians."""
    size: float
    """Its height as a share of an adult's."""
    body: tuple[float, float, float, float]
    """Left, top, right and bottom of the body without what it holds, in pixels of `rgba`."""
    seat: tuple[float, float] | None
    """Where something to sit on belongs: pixels from the left and the top; None for who stands."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Sprites to choose from for some scenes, sorted by how steeply the camera looks at them."""

    people: tuple[Sprite, ...]
    garments: tuple[Sprite, ...]
    props: tuple[Sprite, ...]

    def choose(self, sprites: Sequence[Sprite], pitch: float, rng: Generator) -> Sprite:
        """One of `sprites` (sorted by pitch), seen about as steeply as `pitch`."""
        reach = max(len(sprites) // 6, 1)
        nearest = int(np.searchsorted([sprite.pitch for sprite in sprites], pitch))
        low = int(np.clip(nearest - reach, 0, max(len(sprites) - 2 * reach, 0)))
        return one_of(rng, sprites[low : low + 2 * reach])


def draw_cast(rng: Generator, people: int = 60) -> Cast:
    """So many people, never seen before, and some clothes and things without them."""

    def drawn(count: int, kind: Kind) -> tuple[Sprite, ...]:
        sprites = [_stranger(kind, rng) for _ in range(count)]
        return tuple(sorted(sprites, key=lambda sprite: sprite.pitch))

    return Cast(
        drawn(people, "person"), drawn(max(people // 6, 2), "garment"), drawn(max(people // 8, 2), "prop")
    )


def _stranger(kind: Kind, rng: Generator) -> Sprite:
    """Somebody, or what somebody has, in any pose, seen from anywhere."""
    who = person(int(rng.integers(2**31)), 0)
    pitches = {"level": 4.5, "above": 3.5, "high": 2.0}
    pitch = {
        "level": between(rng, -0.05, 0.25), "above": between(rng, 0.2, 0.6), "high": between(rng, 0.5, 1.05),
    }[pick(rng, pitches)]  # fmt: skip
    posed = fitting_pose(who, rng)
    if kind == "person" and who.hem < 0.1 and chance(rng, 0.1):
        posed = _sitting(who, posed, rng)
    return draw_sprite(who, posed, between(rng, 0, 360), pitch, rng, kind=kind, tall_px=pick(rng, _TALL_PX))


def _sitting(who: Person, posed: Pose, rng: Generator) -> Pose:
    """A sitting pose, if one is found soon."""
    for _ in range(60):
        if posed.legs == "sitting":
            break
        posed = fitting_pose(who, rng)
    return posed


def draw_sprite(
    who: Person,
    posed: Pose,
    yaw: float,
    pitch: float,
    rng: Generator,
    *,
    kind: Kind = "person",
    tall_px: int = 160,
) -> Sprite:
    """`who` in a pose, turned by `yaw` degrees, seen at `pitch`; or only the clothes, or only a thing."""
    distance = between(rng, 2.2, 9)
    camera = Camera(pitch=pitch, distance=distance, roll=about(rng, 0, 0.02))
    body = figure(who.body, posed, yaw, rng)
    held = held_things(who, posed, rng)
    canvas, bounds = _canvas(camera, body, 0.4 if held or kind == "prop" else 0.12, tall_px, rng)
    subject = Subject(canvas, body, posed, who, rng)
    for draw in _parts(subject, held, kind, rng):
        draw()
    picture, tones = clothed(*unevened(canvas.image, canvas.shade, rng), rng)
    opaque = np.clip(picture[:, :, 3:].astype(np.float32) * 2, 0, 255)
    light = picture[:, :, :3] * (tones.astype(np.float32)[:, :, None] * np.float32(1 / 128))
    rgba = np.concatenate([np.clip(light, 0, 255) * (opaque * np.float32(1 / 255)), opaque], 2).astype(
        np.uint8
    )
    left, top, right, bottom = _filled(rgba[:, :, 3])
    foot = _pixel(canvas, np.array([0.0, 0.0, 0.0]))
    seat = _pixel(canvas, body.pelvis) if posed.legs == "sitting" else None
    low, high = SIZES.get(who.age, (0.93, 1.07))
    inner = np.clip(bounds, (left, top, left, top), (right, bottom, right, bottom)) - (left, top, left, top)
    return Sprite(
        rgba=np.ascontiguousarray(rgba[top:bottom, left:right]),
        foot=(foot[0] - left, foot[1] - top),
        scale=float(canvas.scale[0]),
        pitch=pitch,
        size=between(rng, low, high),
        body=tuple(inner.tolist()),
        seat=(seat[0] - left, seat[1] - top) if seat else None,
    )


def _canvas(
    camera: Camera, body: Figure, margin: float, tall_px: int, rng: Generator
) -> tuple[Canvas, NDArray[np.float64]]:
    """A canvas on which a body height is `tall_px`, and the box of the body on it."""
    flat = camera.flat(np.concatenate([body.joints(), body.head[None], np.zeros((1, 3))]))
    head = camera.flat(body.head[None])[0]
    low, high = flat[:-1].min(0) - 0.05, flat[:-1].max(0) + np.array([0.05, 0.03])
    low[1] = min(low[1], head[1] - 0.085)
    wide, tall = ((high - low + 2 * margin) * tall_px).astype(int).tolist()
    picture = np.zeros((max(tall, 16), max(wide, 16), 4), np.uint8)
    picture[:, :, :3] = 70
    side = about(rng, 0, 0.4)
    canvas = Canvas(picture, camera, (side, -0.4, 0.8))
    canvas.relief = between(rng, 28, 66)
    canvas.aim(np.full(2, float(tall_px)), (margin - low) * tall_px)
    bounds = np.concatenate([low, high]) * tall_px + np.tile(canvas.offset, 2)
    return canvas, bounds


def _parts(subject: Subject, held: tuple[str, ...], kind: Kind, rng: Generator) -> list[Callable[[], None]]:
    """What is drawn of a figure, from far to near."""
    if kind == "prop":
        return [partial(carried.THINGS[one_of(rng, ALONE)], subject, 0)]
    hood_up = kind == "person" and subject.person.upper.cut.neck == "hood" and chance(rng, 0.15)
    parts = sorted(figure_parts(subject, held, hood_up), key=lambda part: part[0])
    if kind == "garment":
        return [draw for _, draw in parts if isinstance(draw, partial) and draw.func is draw_trunk]
    return [draw for _, draw in parts]


def _pixel(canvas: Canvas, point: NDArray[np.float64]) -> tuple[float, float]:
    x, y = (canvas.camera.flat(point[None])[0] * canvas.scale + canvas.offset).tolist()
    return x, y


def _filled(opaque: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not transparent; all of it where nothing is drawn."""
    x, y, wide, tall = cv2.boundingRect((opaque > 20).astype(np.uint8))
    if wide == 0:
        return 0, 0, opaque.shape[1], opaque.shape[0]
    return x, y, x + wide, y + tall
