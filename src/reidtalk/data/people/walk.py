"""A video of drawn people who walk through a place before a still camera; who is where is known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import atan2, ceil, degrees, hypot, pi, sin
from math import cos as cosine

import cv2
import numpy as np
from numpy.random import Generator

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.cast import Sprite, draw_sprite
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.figures.figure import Pose, pose
from reidtalk.data.people.identity import person
from reidtalk.data.people.scenes.place import Viewpoint
from reidtalk.data.people.street import Scene, Stage, empty_stage, viewpoint

PHASES = 8
"""Drawings of a whole step, left and right."""
STRIDE = 28.0
"""Degrees a leg swings to each side."""
STEP = 0.8
"""Body heights walked in a whole step, left and right."""
NARROW = ("post", "bollard", "plant", "chair", "column", "sign", "bench", "luggage", "table")
"""Furniture that hides people for a moment only."""
SPEEDS = (0.5, 0.95)
"""Body heights walked a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker:
    """Somebody on the way from one place to another."""

    number: int
    sprites: tuple[Sprite, ...]
    start: tuple[float, float]
    end: tuple[float, float]
    begins: float
    """Seconds after the first frame at which the way begins."""
    speed: float
    gain: float

    @property
    def seconds(self) -> float:
        """How long the way takes."""
        return hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]) / self.speed

    def at(self, seconds: float) -> tuple[float, float, Sprite] | None:
        """x, z and looks at that time; None before and after the way."""
        gone = seconds - self.begins
        if not 0 <= gone <= self.seconds:
            return None
        share = gone / self.seconds
        x, z = (a + (b - a) * share for a, b in zip(self.start, self.end, strict=True))
        phase = int(gone * self.speed / STEP * PHASES) % PHASES
        return x, z, self.sprites[phase]


def draw_walk(
    rng: Generator,
    height_px: int,
    width_px: int,
    *,
    people: int = 5,
    seconds: float = 16,
    per_second: float = 6,
) -> Iterator[tuple[float, Scene]]:
    """Seconds and picture of each frame; `Scene.number` tells people apart, from 0 to `people` - 1.

    Each comes into the picture once, on one side, and leaves it on another; some are there from the start.
    """
    light = pick(rng, {"day": 3, "indoor": 3, "lamplight": 0.5, "dusk": 0.5})
    usual_px = height_px * between(rng, 0.4, 0.62)
    view = viewpoint(usual_px, height_px, width_px, rng)
    middle = view.where(width_px / 2, usual_px)[1]
    walkers = [_walker(number, view, middle, seconds, rng) for number in range(people)]
    far = max(max(walker.start[1], walker.end[1]) for walker in walkers) + between(rng, 0.3, 1.5)
    inside = light != "day" and light != "dusk"
    empty = empty_stage(view, far, inside, rng)
    furniture = [
        (one_of(rng, NARROW), *view.where(between(rng, 0, 1) * width_px, usual_px * between(rng, 0.6, 1.2)))
        for _ in range(int(rng.integers(0, 4)))
    ]
    looks, lamp = int(rng.integers(2**31)), int(rng.integers(2**31))
    grain = abs(about(rng, 2, 1))
    for number in range(ceil(seconds * per_second)):
        now = number / per_second
        stage = empty.copy()
        _fill(stage, walkers, furniture, now, np.random.default_rng(looks))
        scene = stage.scene(light, False, np.random.default_rng(lamp))
        noise = rng.normal(0, grain, scene.picture.shape).astype(np.float32)
        picture = np.clip(scene.picture + noise, 0, 255).astype(np.uint8)
        yield now, scene._replace(picture=np.asarray(cv2.blur(picture, (2, 2)), np.uint8))


def _fill(
    stage: Stage,
    walkers: list[_Walker],
    furniture: list[tuple[str, float, float]],
    now: float,
    rng: Generator,
) -> None:
    """Everybody and everything stands where it is now, the far ones first."""
    seeds = rng.integers(2**31, size=len(furniture)).tolist()
    entries: list[tuple[float, float, _Walker | str, Sprite | int]] = [
        (z, x, kind, seed) for (kind, x, z), seed in zip(furniture, seeds, strict=True)
    ]
    for walker in walkers:
        if (there := walker.at(now)) is not None:
            entries.append((there[1], there[0], walker, there[2]))
    for z, x, who, looks in sorted(entries, key=lambda entry: -entry[0]):
        if isinstance(who, _Walker) and isinstance(looks, Sprite):
            stage.shadow(
                stage.view.spot(x, 0.0, z), stage.view.scale(z) * 0.2, np.random.default_rng(who.number)
            )
            stage.stand(looks, x, z, who.gain, False, who.number)
        elif isinstance(who, str) and isinstance(looks, int):
            stage.put(who, x, z, np.random.default_rng(looks))


def _walker(number: int, view: Viewpoint, middle: float, seconds: float, rng: Generator) -> _Walker:
    """Somebody who crosses the picture, about `middle` away, or comes nearer or goes away through it."""
    who = person(int(rng.integers(2**31)), number)
    speed = between(rng, *SPEEDS)
    side = 1 if chance(rng, 0.5) else -1
    z = middle * between(rng, 0.75, 1.5)
    edge = view.size_px[1] / 2 / view.scale(z) + 0.35
    start, end = (-side * edge, z), (side * edge, max(z + about(rng, 0, 0.5), 0.6))
    begins = between(rng, -0.15, 0.75) * seconds
    ahead = (end[0] - start[0], end[1] - start[1])
    yaw = degrees(atan2(ahead[0], -ahead[1]))
    pitch = view.steepness(0, z)
    looks, posed = int(rng.integers(2**31)), pose(np.random.default_rng(int(rng.integers(2**31))))
    sprites = tuple(_step(who, posed, phase, yaw, pitch, looks) for phase in range(PHASES))
    return _Walker(
        number=number,
        sprites=sprites,
        start=start,
        end=end,
        begins=begins,
        speed=speed,
        gain=between(rng, 0.8, 1.1),
    )


def _step(who: Person, posed: Pose, phase: int, yaw: float, pitch: float, looks: int) -> Sprite:
    """`who` at a point of a step; cloth and light are those of all other points."""
    angle = 2 * pi * phase / PHASES
    swing = sin(angle) * STRIDE
    walking = replace(
        posed,
        legs="walking",
        arms=("hanging", "hanging"),
        lean=3.0,
        left_arm=(-swing * 0.8, 8, 12 - swing * 0.6, 4),
        right_arm=(swing * 0.8, 8, 12 + swing * 0.6, 4),
        left_leg=_leg(angle),
        right_leg=_leg(angle + pi),
    )
    return draw_sprite(who, walking, yaw, pitch, np.random.default_rng(looks), tall_px=192)


def _leg(angle: float) -> tuple[float, float, float, float]:
    forward = sin(angle) * STRIDE
    return forward, 1.5, forward - max(0.0, cosine(angle)) * STRIDE * 1.5 - 4, 0.0
