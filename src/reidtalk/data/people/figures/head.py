"""Heads: the face, and what is on it in the order in which it is put on."""

from reidtalk.data.people.colours import mix, scaled
from reidtalk.data.people.figures.canvas import Stack
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.hair import draw_beard, draw_hair_on_skull, head_stack
from reidtalk.data.people.figures.hats import (
    WRAPS,
    draw_glasses,
    draw_hat,
    draw_headphones,
    draw_hood,
    draw_mask,
)
from reidtalk.data.people.figures.surface import CODES

SKIN = CODES["skin"]


def draw_head(subject: Subject, hood_up: bool) -> None:
    """The head is drawn with hair, beard, glasses and what is worn on it."""
    person, canvas = subject.person, subject.canvas
    skull = head_stack(subject)
    skull.draw(canvas, person.skin.rgb, SKIN)
    _face(subject, skull)
    mask = person.extra("face mask")
    if mask is not None:
        draw_mask(subject, mask)
    if hood_up:
        draw_hood(subject, person.upper.colour.rgb, fur=person.upper.kind == "parka")
        return
    hat = person.hat
    if hat is None or hat.kind not in WRAPS:
        draw_hair_on_skull(subject)
    if person.glasses:
        draw_glasses(subject, skull)
    headphones = person.extra("headphones")
    if headphones is not None and hat is None:
        draw_headphones(subject, headphones)
    if hat is not None:
        draw_hat(subject, hat)


def _face(subject: Subject, skull: Stack) -> None:
    """Eyes, nose, mouth and beard, where the face can be seen."""
    person, canvas, size = subject.person, subject.canvas, subject.person.body.head
    figure, skin = subject.figure, person.skin.rgb
    for side in (-1, 1):
        if skull.facing(side * 90) > -0.25:
            ear = figure.head + figure.face[0] * side * 0.048 * size
            canvas.ball(ear, 0.009 * size, 0.016 * size, scaled(skin, 0.9), SKIN)
    if skull.facing(0) < -0.7:
        return
    draw_beard(subject, skull)
    dark, brow = mix(skin, (30, 15, 15), 0.6), mix(skin, person.hair.colour.rgb, 0.5)
    socket = scaled(skin, 0.86)
    for theta in (-32, 14):
        skull.patch(canvas, -0.002 * size, 0.016 * size, theta, theta + 18, socket, SKIN)
        skull.patch(canvas, 0.003 * size, 0.011 * size, theta + 3, theta + 15, dark, SKIN)
        skull.patch(canvas, 0.016 * size, 0.021 * size, theta - 2, theta + 19, brow, SKIN)
    skull.patch(canvas, -0.036 * size, -0.031 * size, -15, 15, mix(skin, (150, 50, 50), 0.4), SKIN)
    if skull.facing(0) > 0:
        nose = figure.head + figure.face[2] * 0.058 * size - figure.face[1] * 0.011 * size
        bridge = nose + figure.face[1] * 0.02 * size - figure.face[2] * 0.006
        canvas.limb(bridge, nose, (0.004, 0.006, 0.008), scaled(skin, 0.97), SKIN)
    jaw = skull.panel(-0.07 * size, -0.055 * size, -180, 180)
    if jaw is not None:
        canvas.tone(canvas.camera.flat(jaw), 96)
