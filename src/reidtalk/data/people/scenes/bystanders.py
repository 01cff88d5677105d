"""Other people: drawn once each, then pasted behind, beside or before the person a picture is of."""

from functools import cache

import numpy as np

from reidtalk.data.people.chance import about, between
from reidtalk.data.people.figures.assembly import figure_parts, fitting_pose, held_things
from reidtalk.data.people.figures.canvas import Camera, Canvas
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.figure import figure
from reidtalk.data.people.figures.surface import clothed, unevened
from reidtalk.data.people.identity import person
from reidtalk.data.people.scenes.things import Sprite, cut_out

COUNT = 48
WIDE = 0.62
"""Width of a bystander's sprite, in body heights."""
_TALL_PX = 192


@cache
def bystander(number: int) -> Sprite:
    """Somebody with a number below `COUNT`, filling the sprite from head to foot; always the same one."""
    rng = np.random.default_rng([number, 74])
    who = person(74, number)
    posed = fitting_pose(who, rng)
    camera = Camera(pitch=between(rng, 0, 0.3), distance=between(rng, 3, 8), roll=0.0)
    body = figure(who.body, posed, between(rng, 0, 360), rng)
    picture = np.zeros((_TALL_PX, int(_TALL_PX * WIDE), 4), np.uint8)
    picture[:, :, :3] = 70
    canvas = Canvas(picture, camera, (about(rng, 0, 0.4), -0.4, 0.8))
    flat = camera.flat(np.concatenate([body.joints(), body.head[None] + np.array([0.0, 0.08, 0.0])]))
    low, high = flat.min(0) - 0.02, flat.max(0) + 0.02
    scale = np.full(2, _TALL_PX / (high[1] - low[1]))
    middle = picture.shape[1] / 2 - float(low[0] + high[0]) / 2 * scale[0]
    canvas.aim(scale, np.array([middle, -low[1] * scale[1]]))
    subject = Subject(canvas, body, posed, who, rng)
    held = held_things(who, posed, rng)
    for _, draw in sorted(figure_parts(subject, held, False), key=lambda part: part[0]):
        draw()
    picture, tones = clothed(*unevened(picture, canvas.shade, rng), rng)
    rgba = np.empty_like(picture)
    rgba[:, :, :3] = np.clip(picture[:, :, :3] * (tones.astype(np.float32)[:, :, None] / 128), 0, 255)
    rgba[:, :, 3] = np.clip(picture[:, :, 3].astype(np.int32) * 2, 0, 255)
    return cut_out(rgba)
