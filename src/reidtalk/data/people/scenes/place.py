"""A whole place as a camera sees it: a floor to the horizon, walls, aisles between shelves, blocks.

World coordinates are in body heights: x to the right, y up from the floor, z away from below the camera.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, hypot, sin

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import about, between, chance, pick
from reidtalk.data.people.scenes import textures, walls
from reidtalk.data.people.scenes.scene import INSIDE, OUTSIDE
from reidtalk.data.people.scenes.textures import SIZE_PX, Picture

Points = NDArray[np.float64]

NEAREST = 0.3
"""No plane is drawn nearer to the camera."""
_SHELVES = {"goods": 4, "shop": 1, "planks": 0.6, "tiles": 0.4, "cloth": 0.6, "house": 0.3}
_SQUARE = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """Where the camera stands and how it looks down on the floor."""

    height: float
    """Of the camera over the floor, body heights."""
    pitch: float
    """How far it looks down, radians."""
    focal_px: float
    size_px: tuple[int, int]
    """Height and width of the picture."""

    def depth(self, y: float, z: float) -> float:
        """How far a point is from the camera along its axis."""
        return (self.height - y) * sin(self.pitch) + z * cos(self.pitch)

    def at(self, points: Points) -> Points:
        """Where points [..., 3] lie in the picture, x and y; those behind the camera as if just before it."""
        x, y, z = points[..., 0], points[..., 1] - self.height, points[..., 2]
        s, c = sin(self.pitch), cos(self.pitch)
        depth = np.maximum(z * c - y * s, 0.05)
        down = -(y * c + z * s)
        rows, columns = self.size_px
        return np.stack(
            [columns / 2 + x / depth * self.focal_px, rows / 2 + down / depth * self.focal_px], -1
        )

    def spot(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Where one point lies in the picture."""
        right, down = self.at(np.array([x, y, z], np.float64)).tolist()
        return right, down

    def where(self, column: float, tall_px: float) -> tuple[float, float]:
        """The x and z of who stands at that column and is so tall in the picture; never too near."""
        depth = self.focal_px / tall_px
        z = (depth - (self.height - 0.5) * sin(self.pitch)) / cos(self.pitch)
        z = max(z, 0.35)
        return (column - self.size_px[1] / 2) * self.depth(0.5, z) / self.focal_px, z

    def scale(self, z: float) -> float:
        """Pixels for each body height, of who stands at `z`."""
        return self.focal_px / max(self.depth(0.5, z), 0.1)

    def steepness(self, x: float, z: float) -> float:
        """The angle at which the camera looks down on who stands there."""
        return float(np.arctan2(self.height - 0.5, hypot(x, z)))


def draw_place(view: Viewpoint, far: float, inside: bool, rng: Generator) -> Picture:
    """An empty place, [height, width, 4]: its floor, and what stands behind all that is nearer than `far`."""
    rows, columns = view.size_px
    picture = np.zeros((rows, columns, 4), np.uint8)
    wall_kinds, floor_kinds, _ = INSIDE if inside else OUTSIDE
    wall = walls.wall(pick(rng, wall_kinds), int(rng.integers(walls.PER_KIND)))
    slope = float(np.clip(about(rng, 0, 0.3), -0.6, 0.6)) if chance(rng, 0.6) else 0.0
    _wall(view, picture, wall, far, slope, rng)
    _floor(view, picture, floor_kinds, far, slope, rng)
    if chance(rng, 0.5 if inside else 0.2):
        _aisle(view, picture, wall_kinds, far, rng)
    if chance(rng, 0.12):
        _shine(view, picture, far, rng)
    return picture


def _covered(
    view: Viewpoint,
    picture: Picture,
    outline: Points,
    world: Points,
    texels: Points,
    texture: Picture,
    rng: Generator,
) -> None:
    """The polygon `outline` (pixels) shows a plane, fixed by four points in the world and in `texture`."""
    rows, columns = view.size_px
    low = np.clip(np.floor(outline.min(0)), 0, (columns, rows)).astype(int)
    high = np.clip(np.ceil(outline.max(0)) + 1, 0, (columns, rows)).astype(int)
    wide, tall = (high - low).tolist()
    if wide < 1 or tall < 1:
        return
    target = np.clip(view.at(world) - low, -30000, 30000).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(target, texels.astype(np.float32))
    across = np.concatenate([texture, texture[:, ::-1]], axis=1)
    endless = np.concatenate([across, across[::-1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(endless, matrix, (wide, tall), flags=flags, borderMode=cv2.BORDER_WRAP)
    if chance(rng, 0.6):
        gain = np.clip(about(rng, 1.0, 0.25) + rng.standard_normal(3) * 0.06, 0.4, 1.6)
        laid = cv2.multiply(laid, np.append(gain, 0.0))
    laid[:, :, 3] = 0
    mask = np.zeros((tall, wide), np.uint8)
    cv2.fillPoly(mask, [np.clip(outline - low, -20000, 20000).astype(np.int32)], (255,))
    cv2.copyTo(laid, mask, picture[low[1] : high[1], low[0] : high[0]])


def _wall(
    view: Viewpoint, picture: Picture, texture: Picture, far: float, slope: float, rng: Generator
) -> None:
    """A wall without end fills the picture; the floor is laid over its lower part later."""
    x = np.array([-0.5, 0.5, 0.5, -0.5]) * far
    corners = np.stack([x, [1.0, 1.0, 0.0, 0.0], far + x * slope], axis=1)
    across = SIZE_PX / (between(rng, 1.0, 3.2) * (1 + 0.15 * max(far - 4, 0)))
    texels = np.stack([x * across + between(rng, 0, SIZE_PX), SIZE_PX - corners[:, 1] * across], axis=1)
    rows, columns = view.size_px
    outline = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64)
    _covered(view, picture, outline, corners, texels, texture, rng)


def _floor(
    view: Viewpoint, picture: Picture, kinds: Mapping[str, float], far: float, slope: float, rng: Generator
) -> None:
    """The picture below the wall's foot shows a floor."""
    texture = textures.floor(pick(rng, dict(kinds)), int(rng.integers(textures.PER_KIND)))
    turn = between(rng, 0, 2 * np.pi)
    if chance(rng, 0.6):
        turn = round(turn / (np.pi / 2)) * np.pi / 2 + about(rng, 0, 0.06)
    c, s = np.cos(turn), np.sin(turn)
    middle = max(view.height * 0.8, 1.5)
    texels = (
        _SQUARE @ np.array([[c, s], [-s, c]]) * (SIZE_PX / between(rng, 1.0, 4.0)) + rng.random(2) * SIZE_PX
    )
    world = np.stack([_SQUARE[:, 0], np.zeros(4), _SQUARE[:, 1] + middle], axis=1)
    left, right = (view.spot(side * 0.5 * far, 0.0, far * (1 + side * 0.5 * slope)) for side in (-1, 1))
    steep = (right[1] - left[1]) / max(right[0] - left[0], 1e-3)
    rows, columns = view.size_px
    edges = [left[1] + steep * (x - left[0]) for x in (0, columns)]
    outline = np.array([(0, edges[0]), (columns, edges[1]), (columns, rows + 9), (0, rows + 9)])
    _covered(view, picture, outline, world, texels, texture, rng)


def _aisle(view: Viewpoint, picture: Picture, kinds: Mapping[str, float], far: float, rng: Generator) -> None:
    """Walls or shelves run from the camera to the far wall, on one side or both."""
    shelves = chance(rng, 0.6)
    tall = between(rng, 0.8, 1.5) if shelves else view.height + 6
    for side in (-1, 1):
        if not chance(rng, 0.7):
            continue
        x = side * between(rng, 0.6, 2.5)
        texture = walls.wall(
            pick(rng, _SHELVES if shelves else dict(kinds)), int(rng.integers(walls.PER_KIND))
        )
        near = max(
            (NEAREST - (view.height - min(tall, view.height)) * sin(view.pitch)) / cos(view.pitch), 0.1
        )
        if tall > view.height:
            near = max(near, (NEAREST + 0.4 * sin(view.pitch)) / cos(view.pitch))
        side_of(
            view,
            picture,
            texture,
            (x, x),
            (near, far),
            min(tall, view.height + 0.4),
            rng,
            endless=not shelves,
        )


def side_of(
    view: Viewpoint,
    picture: Picture,
    texture: Picture,
    x: tuple[float, float],
    z: tuple[float, float],
    tall: float,
    rng: Generator,
    *,
    endless: bool = False,
) -> None:
    """An upright side from (x[0], z[0]) to (x[1], z[1]), `tall` or `endless`, is drawn."""
    corners = np.array([(x[0], tall, z[0]), (x[1], tall, z[1]), (x[1], 0, z[1]), (x[0], 0, z[0])])
    across = SIZE_PX / (max(tall, 0.3) * between(rng, 0.9, 2.2))
    along = hypot(x[1] - x[0], z[1] - z[0]) * across
    texels = np.array(
        [(0, SIZE_PX - tall * across), (along, SIZE_PX - tall * across), (along, SIZE_PX), (0, SIZE_PX)]
    )
    texels[:, 0] += between(rng, 0, SIZE_PX)
    outline = view.at(corners)
    if endless:
        up = outline[:2] - outline[[3, 2]]
        outline[:2] += up * (20 * view.size_px[0] / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1))
    _covered(view, picture, outline, corners, texels, texture, rng)


def block(
    view: Viewpoint, picture: Picture, x: float, z: float, size: tuple[float, float, float], rng: Generator
) -> None:
    """A block (shelf, counter, crate, table full of goods) of width, height and length `size` is drawn."""
    wide, tall, long = size
    texture = walls.wall(pick(rng, _SHELVES), int(rng.integers(walls.PER_KIND)))
    edge = x - wide / 2 if x > 0 else x + wide / 2
    if (edge > 0) == (x > 0):
        side_of(view, picture, texture, (edge, edge), (z, z + long), tall, rng)
    if view.height > tall:
        left, right = x - wide / 2, x + wide / 2
        corners = np.array(
            [(left, tall, z + long), (right, tall, z + long), (right, tall, z), (left, tall, z)]
        )
        span = SIZE_PX / between(rng, 0.8, 2.2)
        texels = corners[:, [0, 2]] * span + rng.random(2) * SIZE_PX
        top = texture if chance(rng, 0.5) else textures.floor("planks", int(rng.integers(textures.PER_KIND)))
        _covered(view, picture, view.at(corners), corners, texels, top, rng)
    side_of(view, picture, texture, (x - wide / 2, x + wide / 2), (z, z), tall, rng)


def _shine(view: Viewpoint, picture: Picture, far: float, rng: Generator) -> None:
    """A shiny or wet floor mirrors what stands at its far end."""
    foot = int(np.clip(view.spot(0, 0, far)[1], 0, view.size_px[0]))
    deep = min(foot, view.size_px[0] - foot)
    if deep > 4:
        above = cv2.blur(picture[foot - deep : foot][::-1], (3, 9))
        below, share = picture[foot : foot + deep], between(rng, 0.1, 0.4)
        below[...] = cv2.addWeighted(below, 1 - share, above, share, 0)
