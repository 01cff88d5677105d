"""Colours as people name them: each name is a region of CIE LCh, sampled, and neighbours overlap."""

from dataclasses import dataclass
from math import cos, radians, sin

from numpy.random import Generator

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour that is worn: the name it was sampled from, and how it is drawn."""

    name: str
    rgb: Rgb
    """Red, green and blue in sRGB, 0 to 255."""


REGIONS: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    # name: lightness 0..100, chroma, hue in degrees (may pass 360)
    "black": ((1, 12), (0, 4), (0, 360)),
    "dark grey": ((22, 38), (0, 5), (0, 360)),
    "grey": ((42, 64), (0, 5), (0, 360)),
    "light grey": ((66, 82), (0, 4), (0, 360)),
    "white": ((88, 98), (0, 5), (40, 280)),
    "cream": ((84, 93), (8, 18), (75, 100)),
    "beige": ((68, 84), (12, 26), (65, 92)),
    "khaki": ((50, 68), (16, 30), (75, 98)),
    "tan": ((50, 66), (24, 40), (60, 80)),
    "brown": ((20, 40), (14, 34), (42, 72)),
    "maroon": ((17, 31), (26, 44), (5, 30)),
    "red": ((36, 52), (55, 82), (22, 40)),
    "orange": ((56, 72), (60, 88), (50, 68)),
    "yellow": ((78, 90), (55, 88), (82, 100)),
    "pink": ((58, 80), (22, 50), (-15, 22)),
    "magenta": ((40, 56), (52, 74), (-28, 5)),
    "purple": ((26, 44), (28, 55), (300, 328)),
    "lavender": ((62, 78), (14, 30), (294, 322)),
    "navy": ((10, 24), (10, 28), (270, 296)),
    "blue": ((32, 52), (34, 64), (264, 292)),
    "light blue": ((64, 82), (14, 32), (232, 274)),
    "teal": ((38, 60), (22, 40), (182, 218)),
    "green": ((36, 58), (32, 62), (128, 160)),
    "dark green": ((17, 32), (14, 30), (128, 170)),
    "light green": ((72, 86), (28, 55), (115, 150)),
    "olive": ((28, 46), (16, 34), (92, 120)),
    "lime": ((84, 94), (75, 100), (108, 122)),
    # hair, skin and wood-like things
    "blonde": ((56, 76), (24, 42), (70, 86)),
    "ginger": ((34, 50), (36, 54), (48, 64)),
    "dark brown": ((10, 22), (6, 18), (45, 75)),
    "denim blue": ((32, 48), (12, 28), (250, 278)),
    "dark denim": ((16, 29), (8, 20), (262, 284)),
    "light denim": ((56, 74), (8, 22), (240, 272)),
    "fair skin": ((70, 80), (14, 24), (42, 66)),
    "medium skin": ((54, 68), (22, 32), (50, 68)),
    "brown skin": ((38, 52), (22, 32), (50, 66)),
    "dark skin": ((20, 36), (12, 24), (45, 65)),
}

_FROM_XYZ = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
_WHITE = (0.9505, 1.0, 1.089)


def lch_to_rgb(lightness: float, chroma: float, hue_degrees: float) -> Rgb:
    """The nearest sRGB colour, 0 to 255 each, to a colour of CIE LCh (D65)."""
    fy = (lightness + 16) / 116
    fx = fy + chroma * cos(radians(hue_degrees)) / 500
    fz = fy - chroma * sin(radians(hue_degrees)) / 200
    x, y, z = (white * (f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29))
               for white, f in zip(_WHITE, (fx, fy, fz), strict=True))  # fmt: skip
    red, green, blue = (_encoded(a * x + b * y + c * z) for a, b, c in _FROM_XYZ)
    return red, green, blue


def _encoded(linear: float) -> float:
    """Linear light 0 to 1 as an sRGB value 0 to 255."""
    linear = min(max(linear, 0.0), 1.0)
    return 255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * float(linear ** (1 / 2.4)) - 0.055)


def sample(name: str, rng: Generator) -> Colour:
    """A colour somewhere in the region of `name`."""
    (l0, l1), (c0, c1), (h0, h1) = REGIONS[name]
    u, v, w = rng.random(3).tolist()
    return Colour(name, lch_to_rgb(l0 + u * (l1 - l0), c0 + v * (c1 - c0), h0 + w * (h1 - h0)))


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one` with `share` of `other` in it, 0 to 1."""
    return (
        one[0] + (other[0] - one[0]) * share,
        one[1] + (other[1] - one[1]) * share,
        one[2] + (other[2] - one[2]) * share,
    )


def scaled(one: Rgb, factor: float) -> Rgb:
    """`one` made darker (below 1) or lighter, within 0 to 255."""
    return min(one[0] * factor, 255.0), min(one[1] * factor, 255.0), min(one[2] * factor, 255.0)


def lightness(one: Rgb) -> float:
    """How light a colour looks, 0 to 1."""
    return (0.3 * one[0] + 0.59 * one[1] + 0.11 * one[2]) / 255
