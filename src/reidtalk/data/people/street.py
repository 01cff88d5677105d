"""Whole scenes of drawn people: near and far, in groups, cut off, behind things, with their boxes known."""

from dataclasses import dataclass, field
from math import exp, log
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.cast import Cast, Sprite, draw_cast
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.scenes import things
from reidtalk.data.people.scenes.light import LIGHTS, photograph
from reidtalk.data.people.scenes.place import Viewpoint, block, draw_place
from reidtalk.data.people.scenes.scene import INDOORS, INSIDE, OUTSIDE

HOW_MANY = {0: 1.2, 1: 3, 2: 3, 3: 2.5, 4: 2, 5: 1.5, 6: 1, 8: 1, 10: 0.6, 12: 0.5}
SMALLEST_PX, TALLEST = 16.0, 1.8
"""People are at least so many pixels tall, and at most so many heights of the picture."""
_NOBODY = -1
_BEFORE = (
    "counter",
    "desk",
    "table",
    "crate",
    "railing",
    "rack",
    "car",
    "plant",
    "chair",
    "bench",
    "cabinet",
)


class Scene(NamedTuple):
    """A picture of a place and who is in it, from far to near."""

    picture: UInt8[np.ndarray, "height width 3"]
    """RGB."""
    visible: Float32[np.ndarray, "people 4"]
    """Left, top, right, bottom of what can be seen of each, in pixels."""
    full: Float32[np.ndarray, "people 4"]
    """The same for the whole body, beyond the picture's edges and behind what stands before it."""
    share: Float32[np.ndarray, " people"]
    """How much of each body can be seen, 0 to 1."""
    number: NDArray[np.int64]
    """Who it is: the number given to `Stage.stand`."""


@dataclass(slots=True)
class Stage:
    """A place that people and things are put into, the far ones first."""

    view: Viewpoint
    picture: NDArray[np.uint8]
    """[height, width, 4]; the fourth channel is 128 where something stands."""
    shade: NDArray[np.uint8]
    owner: NDArray[np.int16]
    """Whose body each pixel shows."""
    stood: list[tuple[int, NDArray[np.float64], float]] = field(default_factory=list)
    """Number, box and pixels of each body put in."""

    def copy(self) -> "Stage":
        """The same place, to put others into."""
        arrays = (self.picture.copy(), self.shade.copy(), self.owner.copy())
        return Stage(self.view, *arrays, list(self.stood))

    def stand(self, sprite: Sprite, x: float, z: float, gain: float, mirrored: bool, number: int) -> None:
        """Somebody (with a number) or something (`_NOBODY`) stands at (x, z)."""
        size = self.view.scale(z) * sprite.size / sprite.scale
        foot = self.view.spot(x, 0.0, z)
        height, width = sprite.rgba.shape[:2]
        middle = width - sprite.foot[0] if mirrored else sprite.foot[0]
        left, top = foot[0] - middle * size, foot[1] - sprite.foot[1] * size
        opaque = pasted(self.picture, sprite.rgba, (left, top, width * size, height * size), mirrored, gain)
        if opaque is None and number == _NOBODY:
            return
        if opaque is not None:
            y0, x0, solid = opaque
            region = self.owner[y0 : y0 + solid.shape[0], x0 : x0 + solid.shape[1]]
            region[solid] = number
        if number != _NOBODY:
            a, b, c, d = sprite.body
            a, c = (width - c, width - a) if mirrored else (a, c)
            box = np.array([left + a * size, top + b * size, left + c * size, top + d * size])
            self.stood.append((number, box, float((sprite.rgba[:, :, 3] > 127).sum()) * size * size))

    def put(self, kind: str, x: float, z: float, rng: Generator) -> None:
        """Furniture, a plant, a vehicle, ... stands at (x, z)."""
        sprite = things.thing(kind, int(rng.integers(things.PER_KIND)))
        _, wide, tall = things.THINGS[kind]
        scale, size = self.view.scale(z), between(rng, 0.8, 1.25)
        foot = self.view.spot(x, 0.0, z)
        wide_px, tall_px = wide * size * scale, tall * size * scale
        self.shadow(foot, wide_px * 0.5, rng)
        rgba = sprite.light.copy()
        rgba[:, :, 3] = 255 - sprite.through[:, :, 3]
        box = (foot[0] - wide_px / 2, foot[1] - tall_px, wide_px, tall_px)
        opaque = pasted(self.picture, rgba, box, chance(rng, 0.5), between(rng, 0.6, 1.15))
        if opaque is not None:
            y0, x0, solid = opaque
            self.owner[y0 : y0 + solid.shape[0], x0 : x0 + solid.shape[1]][solid] = _NOBODY

    def block(self, x: float, z: float, size: tuple[float, float, float], rng: Generator) -> None:
        """A block stands at (x, z)."""
        before = self.picture.copy()
        block(self.view, self.picture, x, z, size, rng)
        self.owner[(before != self.picture).any(2)] = _NOBODY

    def shadow(self, foot: tuple[float, float], reach_px: float, rng: Generator) -> None:
        """The ground around `foot` is darkened."""
        axes = (max(int(reach_px), 1), max(int(reach_px * 0.35), 1))
        if axes[0] < self.shade.shape[1] and abs(foot[0]) < 9999 and abs(foot[1]) < 9999:
            cv2.ellipse(
                self.shade, (int(foot[0]), int(foot[1])), axes, 0, 0, 360, (between(rng, 60, 125),), -1
            )

    def scene(self, light: str, monochrome: bool, rng: Generator) -> Scene:
        """The place photographed, and what can be seen of everybody."""
        shade = cv2.blur(self.shade, (5, 5))
        photo = photograph(self.picture, np.asarray(shade, np.uint8), light, monochrome, rng)
        rows = [self._seen(number, box, pixels) for number, box, pixels in self.stood]
        seen = [row for row in rows if row is not None]
        numbers = np.array([row[0] for row in seen], np.int64)
        visible, full = (np.array([row[i] for row in seen], np.float32).reshape(-1, 4) for i in (1, 2))
        return Scene(photo, visible, full, np.array([row[3] for row in seen], np.float32), numbers)

    def _seen(
        self, number: int, box: NDArray[np.float64], pixels: float
    ) -> tuple[int, NDArray[np.float64], NDArray[np.float64], float] | None:
        """Number, visible box, full box and visible share of somebody; None where nothing is in sight."""
        height, width = self.owner.shape
        x0, y0 = (max(int(v), 0) for v in box[:2])
        x1, y1 = min(int(box[2]) + 1, width), min(int(box[3]) + 1, height)
        if x1 <= x0 or y1 <= y0:
            return None
        own = (self.owner[y0:y1, x0:x1] == number).astype(np.uint8)
        count = int(own.sum())
        if count < 6:
            return None
        x, y, wide, tall = cv2.boundingRect(own)
        visible = np.array([x0 + x, y0 + y, x0 + x + wide, y0 + y + tall], np.float64)
        return number, visible, box, min(count / max(pixels, 1.0), 1.0)


def pasted(
    picture: NDArray[np.uint8],
    rgba: NDArray[np.uint8],
    box: tuple[float, float, float, float],
    mirrored: bool,
    gain: float,
) -> tuple[int, int, NDArray[np.bool_]] | None:
    """`rgba` covers the pixels x, y, width, height of `box`; the row, column and shape of what it hides.

    None where nothing of it lies in the picture, or it is far too large.
    """
    wide, tall = max(round(box[2]), 2), max(round(box[3]), 2)
    height, width = picture.shape[:2]
    x, y = round(box[0]), round(box[1])
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + wide, width), min(y + tall, height)
    if x1 <= x0 or y1 <= y0 or wide > 6 * width or tall > 6 * height:
        return None
    way = cv2.INTER_AREA if tall < rgba.shape[0] else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(rgba, (wide, tall), interpolation=way), np.uint8)
    if mirrored:
        small = small[:, ::-1]
    part = small[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.float32)
    region = picture[y0:y1, x0:x1]
    through = 1 - part[:, :, 3:] * np.float32(1 / 255)
    region[:, :, :3] = np.clip(region[:, :, :3] * through + part[:, :, :3] * np.float32(gain), 0, 255)
    region[:, :, 3] = np.maximum(region[:, :, 3], (part[:, :, 3] * 0.5).astype(np.uint8))
    return y0, x0, part[:, :, 3] > 127


def draw_scene(rng: Generator, height_px: int, width_px: int, cast: Cast | None = None) -> Scene:
    """A place with 0 to 12 people in it, of all sizes; all of it follows from `rng` and `cast`.

    Without a `cast`, one is drawn for this scene alone, which takes longer than the scene itself.
    """
    cast = cast or draw_cast(rng, 12)
    light = pick(rng, LIGHTS)
    inside = light in INDOORS or (light != "day" and chance(rng, 0.3))
    usual_px = height_px * exp(between(rng, log(0.13), log(1.15)))
    view = viewpoint(usual_px, height_px, width_px, rng)
    people = _places(view, usual_px, int(pick(rng, HOW_MANY)), rng)
    furniture = _places(view, usual_px, int(rng.integers(0, 9)), rng, reach=0.8)
    far = max([z for _, z in people + furniture] + [1.5]) * between(rng, 1.02, 1.6) + 0.2
    stage = empty_stage(view, far, inside, rng)
    entries: list[tuple[float, str, float]] = [(z, "person", x) for x, z in people]
    kinds = (INSIDE if inside else OUTSIDE)[2]
    for x, z in furniture:
        entries.append((z, pick(rng, {"thing": 6, "block": 1.5, "garments": 0.9, "prop": 1.2}), x))
    for x, z in people:
        if chance(rng, 0.22):
            entries.append((z - between(rng, 0.08, 0.5), "before", x + about(rng, 0, 0.3)))
    for number, (z, what, x) in enumerate(sorted(entries, reverse=True)):
        if z < 0.3 or view.depth(0.0, z) < 0.3:
            continue
        if what == "person":
            _somebody(stage, cast, x, z, number, rng)
        elif what == "garments":
            _garments(stage, cast, x, z, rng)
        elif what == "prop":
            prop = cast.choose(cast.props, view.steepness(x, z), rng)
            stage.stand(prop, x, z, between(rng, 0.7, 1.15), chance(rng, 0.5), _NOBODY)
        elif what == "block":
            size = between(rng, 0.4, 2.2), between(rng, 0.25, 0.7), between(rng, 0.3, 2)
            stage.block(x, z, size, rng)
        else:
            stage.put(one_of(rng, _BEFORE) if what == "before" else pick(rng, kinds), x, z, rng)
    return stage.scene(light, chance(rng, 0.05), rng)


def viewpoint(usual_px: float, height_px: int, width_px: int, rng: Generator) -> Viewpoint:
    """A camera at eye level, under a ceiling or on a mast that sees people about `usual_px` tall."""
    mounted = pick(rng, {"eye": 3.5, "ceiling": 4, "mast": 1.5})
    height = {"eye": about(rng, 0.9, 0.1), "ceiling": between(rng, 1.15, 2.1), "mast": between(rng, 2, 4)}[
        mounted
    ]
    focal = height_px * exp(between(rng, log(0.6), log(1.6)))
    away = max(focal / usual_px, abs(height - 0.5) * 1.1, 0.7)
    level = max(away**2 - (height - 0.5) ** 2, 0.2) ** 0.5
    pitch = float(np.clip(np.arctan2(height - 0.5, level) + about(rng, 0, 0.1), -0.15, 1.0))
    return Viewpoint(height=height, pitch=pitch, focal_px=focal, size_px=(height_px, width_px))


def empty_stage(view: Viewpoint, far: float, inside: bool, rng: Generator) -> Stage:
    """A place with nobody in it."""
    picture = draw_place(view, far, inside, rng)
    shade = np.full(view.size_px, 128, np.uint8)
    return Stage(view, picture, shade, np.full(view.size_px, _NOBODY, np.int16))


def _places(
    view: Viewpoint, usual_px: float, count: int, rng: Generator, reach: float = 0.5
) -> list[tuple[float, float]]:
    """The x and z of `count` people or things; some stand close together."""
    height, width = view.size_px
    places: list[tuple[float, float]] = []
    for _ in range(count):
        if places and chance(rng, 0.35):
            x, z = one_of(rng, places)
            places.append((x + about(rng, 0, 0.4), max(z + about(rng, 0, 0.35), 0.35)))
            continue
        tall = float(np.clip(usual_px * exp(about(rng, 0, reach)), SMALLEST_PX, TALLEST * height))
        places.append(view.where(between(rng, -0.04, 1.04) * width, tall))
    return places


def _somebody(stage: Stage, cast: Cast, x: float, z: float, number: int, rng: Generator) -> None:
    """Somebody stands or sits at (x, z)."""
    sprite, mirrored = cast.choose(cast.people, stage.view.steepness(x, z), rng), chance(rng, 0.5)
    scale = stage.view.scale(z)
    foot = stage.view.spot(x, 0.0, z)
    if chance(rng, 0.75):
        stage.shadow(foot, scale * between(rng, 0.12, 0.26), rng)
    if sprite.seat is not None:
        stage.put(one_of(rng, ("chair", "bench", "crate", "chair", "counter")), x, z + 0.02, rng)
    stage.stand(sprite, x, z, between(rng, 0.65, 1.15), mirrored, number)


def _garments(stage: Stage, cast: Cast, x: float, z: float, rng: Generator) -> None:
    """Clothes hang side by side, or one by itself."""
    count = int(pick(rng, {1: 2, 3: 1, 6: 1}))
    for k in range(count):
        garment = cast.choose(cast.garments, stage.view.steepness(x, z), rng)
        stage.stand(
            garment, x + k * between(rng, 0.1, 0.3), z, between(rng, 0.6, 1.1), chance(rng, 0.5), _NOBODY
        )
