"""A camera, and a canvas that rounded bodies are drawn on: colour, surface and shading together.

World coordinates are in body heights: x to the right of the picture, y up, z towards the camera.
"""

from bisect import bisect_left, bisect_right
from math import hypot, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from reidtalk.data.people.colours import Rgb

Points = NDArray[np.float64]
"""[points, 3] in the world, or [points, 2] in the picture."""

NEUTRAL = 128
"""Shade that leaves a colour as it is."""
_SHIFT = 4
_ARC = np.radians([90, 120, 150, 180, 210, 240, 270])
_BANDS = ((-1.15, -0.5), (-0.5, 0.3), (0.3, 1.15))
_MIDDLES = (-0.82, -0.1, 0.72)
# A limb: 16 points of its outline, then 3 shaded bands of 4 points. Each has its place along the limb,
# which radius it takes, and where it lies around that place: lengthwise and crosswise.
_ALONG = np.array([0.0] * 7 + [0.5] + [1.0] * 7 + [0.5] + [0.0, 0.0, 1.0, 1.0] * 3)
_RADIUS = np.round(_ALONG * 2).astype(int)
_LENGTHWISE = np.concatenate([np.cos(_ARC), [0], np.cos(_ARC + np.pi), np.zeros(13)])
_CROSSWISE = np.concatenate(
    [np.sin(_ARC), [-1], np.sin(_ARC + np.pi), [1], *([a, b, b, a] for a, b in _BANDS)]
)
_AROUND = np.stack([_LENGTHWISE, _CROSSWISE], axis=1)
_SQUARE = np.array([-1.35, -1.35, 1.35, 1.35])[:, None]
_SIX, _THREE = np.linspace(0, 1, 6), np.linspace(0, 1, 3)
_RING = np.linspace(0, 2 * np.pi, 14, endpoint=False)
_EDGES = np.radians([-90, -52, -20, 12, 46, 90])
_STRIPS = np.sin((_EDGES[:-1] + _EDGES[1:]) / 2).tolist()
_TURNS = np.concatenate([_EDGES, _RING])
_CIRCLE = np.stack([np.cos(_RING), np.sin(_RING)], axis=1)


class Camera:
    """Where the camera stands: it looks down by `pitch`, from `distance`, tilted by `roll` (radians)."""

    def __init__(self, pitch: float, distance: float, roll: float, aim: float = 0.5) -> None:
        """`aim` is the height it looks at; lengths are in body heights."""
        self.pitch, self.distance = pitch, distance
        up = np.array([0.0, np.cos(pitch), -np.sin(pitch)])
        right, c, s = np.array([1.0, 0.0, 0.0]), np.cos(roll), np.sin(roll)
        self.towards = np.array([0.0, np.sin(pitch), np.cos(pitch)])
        """The direction from the person to the camera."""
        self._turn = np.stack([right * c - up * s, -(right * s + up * c), self.towards], axis=1)
        self._origin = np.array([0.0, aim, 0.0]) @ self._turn
        self._numbers: list[float] = [*self._turn.ravel().tolist(), *self._origin.tolist()]

    def flat(self, points: Points) -> Points:
        """The points as seen, [..., 2]: x to the right, y down, about one unit per body height."""
        turned = points @ self._turn
        turned -= self._origin
        depth = self.distance - turned[..., 2:]
        np.maximum(depth, 0.3, out=depth)
        return np.asarray(turned[..., :2] * (self.distance / depth))

    def spot(self, point: Points) -> tuple[float, float]:
        """What `flat` makes of a single point, faster."""
        a, b, c, d, e, f, g, h, i, right, down, near = self._numbers
        x, y, z = point.tolist()
        scale = self.distance / max(self.distance - (x * c + y * f + z * i - near), 0.3)
        return (x * a + y * d + z * g - right) * scale, (x * b + y * e + z * h - down) * scale


class Canvas:
    """Pixels being drawn: `image` and, apart from it, `shade`.

    The fourth channel of `image` is 0 for background, and 128 to 255 for a body: the rougher, the more.
    """

    def __init__(self, image: NDArray[np.uint8], camera: Camera, light: tuple[float, float, float]) -> None:
        self.image = image
        self.shade = np.full(image.shape[:2], NEUTRAL, np.uint8)
        self.camera = camera
        self.light = light
        """Direction the light comes from in the picture (x, y down) and from the front (z)."""
        self.relief = 34.0
        """How strongly form is shaded, in shades."""
        self.aim(np.ones(2), np.zeros(2))

    def aim(self, scale: Points, offset: Points) -> None:
        """From now on camera coordinates become pixels by `scale` and `offset`, each (x, y)."""
        self.scale, self.offset = scale, offset
        self._fixed_scale, self._fixed_offset = scale * (1 << _SHIFT), offset * (1 << _SHIFT)
        self._pixels_per_body = float(scale.mean())

    def pixels(self, flat: Points) -> NDArray[np.int32]:
        """Camera coordinates as pixels in OpenCV's fixed point."""
        return (flat * self._fixed_scale + self._fixed_offset).astype(np.int32)

    def fill(self, flat: Points, rgb: Rgb, rough: float = 0.1) -> None:
        """The polygon `flat` (camera coordinates) is painted."""
        colour = (rgb[0], rgb[1], rgb[2], 128 + 127 * rough)
        cv2.fillPoly(self.image, [self.pixels(flat)], colour, cv2.LINE_AA, _SHIFT)

    def hull(self, flat: Points, rgb: Rgb, rough: float = 0.1) -> None:
        """The convex hull of points (camera coordinates) is painted."""
        self.fill(cv2.convexHull(flat.astype(np.float32))[:, 0].astype(np.float64), rgb, rough)

    def tone(self, flat: Points, value: float) -> None:
        """The polygon `flat` is shaded: below `NEUTRAL` darker, above lighter."""
        cv2.fillPoly(self.shade, [self.pixels(flat)], (value,), cv2.LINE_8, _SHIFT)

    def stroke(self, flat: Points, rgb: Rgb, width: float, rough: float = 0.1) -> None:
        """The open line `flat` is painted, `width` body heights wide."""
        thick = max(1, round(width * self._pixels_per_body))
        colour = (rgb[0], rgb[1], rgb[2], 128 + 127 * rough)
        cv2.polylines(self.image, [self.pixels(flat)], False, colour, thick, cv2.LINE_AA, _SHIFT)

    def crease(self, flat: Points, change: float, width: float = 0.012) -> None:
        """A fold along the line `flat`: a dark stroke and a light one beside it."""
        thick = max(1, round(width * self._pixels_per_body))
        pixels = self.pixels(flat)
        cv2.polylines(
            self.shade, [pixels + thick * 12], False, (NEUTRAL + change * 0.6,), thick, cv2.LINE_8, _SHIFT
        )
        cv2.polylines(self.shade, [pixels], False, (NEUTRAL - change,), thick, cv2.LINE_8, _SHIFT)

    def paint(self, points: Points, rgb: Rgb, rough: float = 0.1) -> None:
        """The polygon `points` (world) is painted."""
        self.fill(self.camera.flat(points), rgb, rough)

    def lit(self, side: float, normal_x: float, normal_y: float) -> float:
        """Shade of a round form at `side` (-1 to 1 across it), whose side +1 faces (normal_x, normal_y)."""
        x, y, z = self.light
        facing = side * (normal_x * x + normal_y * y) + sqrt(1 - min(side * side, 1)) * z
        return NEUTRAL + self.relief * (facing - 0.62)

    def limb(
        self, start: Points, end: Points, radii: tuple[float, float, float], rgb: Rgb, rough: float = 0.1
    ) -> None:
        """A round limb from `start` to `end` with radii at start, middle and end is painted and shaded."""
        line = self._line(start, end)
        places = np.empty((28, 3))
        places[:, 0] = _ALONG
        np.multiply(_AROUND, np.array(radii)[_RADIUS, None], out=places[:, 1:])
        line *= self._fixed_scale
        points = (places @ line[1:] + (line[0] + self._fixed_offset)).astype(np.int32)
        x, y = (line[3] / self._fixed_scale).tolist()
        colour = (rgb[0], rgb[1], rgb[2], 128 + 127 * rough)
        cv2.fillPoly(self.image, [points[:16]], colour, cv2.LINE_AA, _SHIFT)
        for i, middle in enumerate(_MIDDLES):
            band = points[16 + 4 * i : 20 + 4 * i]
            cv2.fillPoly(self.shade, [band], (self.lit(middle, x, y),), cv2.LINE_8, _SHIFT)

    def axis(self, start: Points, end: Points) -> tuple[Points, Points, Points, Points]:
        """In the picture: where a limb starts, the way along it, and unit vectors along and across it."""
        p, along, u, n = self._line(start, end)
        return p, along, u, n

    def _line(self, start: Points, end: Points) -> Points:
        """The four of `axis` as rows."""
        x, y = self.camera.spot(start)
        right, down = self.camera.spot(end)
        right, down = right - x, down - y
        length = hypot(right, down)
        a, b = (right / length, down / length) if length > 1e-6 else (0.0, 1.0)
        return np.array([(x, y), (right, down), (a, b), (-b, a)])

    def shadow_of_limb(self, start: Points, end: Points, radius: float, depth: float = 16) -> None:
        """What lies under a limb about to be painted is darkened around it."""
        p, along, _, n = self.axis(start, end)
        self.tone(p + _ALONG[16:20, None] * along + (_SQUARE * radius) * n, NEUTRAL - depth)

    def ball(self, centre: Points, width: float, height: float, rgb: Rgb, rough: float = 0.1) -> None:
        """An upright ellipse around `centre` is painted and shaded."""
        c = self.camera.flat(centre[None])[0]
        ring = _CIRCLE * np.array([width, height])
        self.fill(c + ring, rgb, rough)
        self.tone(c + ring, self.lit(0.75, -self.light[0], -self.light[1]))
        lit = np.array([self.light[0] * width, self.light[1] * height]) * 0.3
        self.tone(c + lit + ring * 0.75, self.lit(0.2, self.light[0], self.light[1]))


class Stack:
    """A round body made of ellipses on top of each other: a torso, a coat, a skirt, a head.

    A point of its surface is (t, theta): `t` along the axis, `theta` around it, 0 in front and
    +90 degrees at the person's left.
    """

    def __init__(self, origin: Points, axes: Points, levels: Points, camera: Camera) -> None:
        """`axes`: left, up, forward; `levels`: (t, half width, half depth, forward offset) by rising t."""
        self.origin, self.axes, self.camera = origin, axes, camera
        self.levels = levels
        self.t, self.width, self.depth, self.shift = levels.T
        self._heights: list[float] = self.t.tolist()
        left, _, forward = axes @ camera.towards
        self.middle = float(np.arctan2(left * self.width.sum(), forward * self.depth.sum()))
        """The theta that faces the camera; what lies within 90 degrees of it can be seen."""

    def at(self, t: Points, theta: Points) -> Points:
        """Surface points for broadcast `t` and `theta` (radians), [..., 3]."""
        width, depth = np.interp(t, self.t, self.width), np.interp(t, self.t, self.depth)
        shift = np.interp(t, self.t, self.shift)
        left = width * np.sin(theta)
        local = np.empty((*left.shape, 3))
        local[..., 0], local[..., 1] = left, t
        local[..., 2] = depth * np.cos(theta) + shift
        return np.asarray(self.origin + local @ self.axes)

    def seen(self, start: float, end: float) -> tuple[float, float] | None:
        """The visible part of the span from `start` to `end` degrees, in radians; None if hidden."""
        if end - start >= 360:
            return self.middle - np.pi / 2, self.middle + np.pi / 2
        a, b = np.radians(start), np.radians(end)
        turn = 2 * np.pi * round((self.middle - (a + b) / 2) / (2 * np.pi))
        a, b = max(a + turn, self.middle - np.pi / 2), min(b + turn, self.middle + np.pi / 2)
        return (float(a), float(b)) if b - a > 0.02 else None

    def facing(self, theta_degrees: float) -> float:
        """How squarely the camera sees the surface at theta: 1 fully, 0 or less not at all."""
        return float(np.cos(np.radians(theta_degrees) - self.middle))

    def panel(self, low: float, high: float, start: float, end: float) -> Points | None:
        """Outline of the visible part of t `low`..`high` by `start`..`end` degrees; None if hidden."""
        span = self.seen(start, end)
        if span is None:
            return None
        wide = span[1] - span[0]
        across = span[0] + (_SIX if wide > 0.8 else _THREE) * wide
        first, last = bisect_right(self._heights, low), bisect_left(self._heights, high)
        inner = self.levels[first:last]
        k, m = len(across), max(last - first, 0)
        table, side = np.empty((2 * (k + m), 4)), np.empty(2 * (k + m))
        table[:k], table[k : k + m] = self._level(high), inner[::-1]
        table[k + m : 2 * k + m], table[2 * k + m :] = self._level(low), inner
        side[:k], side[k : k + m] = across, span[1]
        side[k + m : 2 * k + m], side[2 * k + m :] = across[::-1], span[0]
        return self._placed(table, side)

    def _level(self, t: float) -> Points:
        """The ellipse at `t`: t, half width, half depth, shift."""
        i = min(max(bisect_right(self._heights, t), 1), len(self._heights) - 1)
        low, high = self._heights[i - 1], self._heights[i]
        share = min(max((t - low) / max(high - low, 1e-9), 0.0), 1.0)
        level: Points = self.levels[i - 1] * (1 - share) + self.levels[i] * share
        level[0] = t
        return level

    def _placed(self, table: Points, theta: Points) -> Points:
        """Surface points of ellipses `table` [..., 4] at `theta` (radians)."""
        local = np.empty((*theta.shape, 3))
        np.multiply(table[..., 1], np.sin(theta), out=local[..., 0])
        local[..., 1] = table[..., 0]
        np.multiply(table[..., 2], np.cos(theta), out=local[..., 2])
        local[..., 2] += table[..., 3]
        return np.asarray(self.origin + local @ self.axes)

    def draw(self, canvas: Canvas, rgb: Rgb, rough: float = 0.1) -> None:
        """The whole body is painted and shaded."""
        theta = np.broadcast_to(self.middle + _TURNS, (len(self.t), len(_TURNS)))
        flat = canvas.camera.flat(self._placed(self.levels[:, None, :], theta))
        pixels = canvas.pixels(flat)
        colour = (rgb[0], rgb[1], rgb[2], 128 + 127 * rough)
        for ring in pixels[:, 6:]:
            cv2.fillConvexPoly(canvas.image, ring, colour, cv2.LINE_AA, _SHIFT)
        sides = np.concatenate([pixels[:, 0], pixels[::-1, 5]])
        cv2.fillPoly(canvas.image, [sides], colour, cv2.LINE_AA, _SHIFT)
        x, y = (flat[:, 5] - flat[:, 0]).sum(0).tolist()
        length = max(hypot(x, y), 1e-6)
        for i in range(5):
            strip = np.concatenate([pixels[:, i], pixels[::-1, i + 1]])
            value = canvas.lit(_STRIPS[i], x / length, y / length)
            cv2.fillPoly(canvas.shade, [strip], (value,), cv2.LINE_8, _SHIFT)

    def patch(
        self, canvas: Canvas, low: float, high: float, start: float, end: float, rgb: Rgb, rough: float = 0.1
    ) -> bool:
        """Part of the surface is painted where it can be seen; false if none of it can."""
        outline = self.panel(low, high, start, end)
        if outline is not None:
            canvas.paint(outline, rgb, rough)
        return outline is not None
