"""Words for a colour, by how near what they stand for is to how the colour looks."""

import re
from functools import lru_cache
from math import hypot

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from reidtalk.data.people.chance import pick
from reidtalk.data.people.colours import Colour, Rgb, scaled

TERMS = """
black 8 2 270 9, black 16 3 270 4, jet black 4 1 0 0.5, pitch black 4 1 0 0.2, blackish 16 5 60 0.3, dark
grey 30 2 270 5, dark grey 24 2 270 1, charcoal 27 3 265 1.2, charcoal grey 28 3 265 0.5, anthracite 24 4
265 0.2, slate 42 7 255 0.5, slate grey 44 6 255 0.4, grey 50 2 270 6, grey 62 2 270 5, grey 40 2 270 3,
grey 70 2 270 2, mid-grey 53 2 270 0.5, medium grey 52 2 270 0.5, ash grey 66 2 90 0.2, light grey 74 2 270
6, light grey 66 2 270 1, pale grey 79 2 270 1, silver 78 2 265 0.6, silvery 76 2 265 0.2, silver-grey 74 2
265 0.2, heather grey 66 3 275 0.4, greyish 58 4 200 0.4, whitish 87 4 90 0.4, greyish-white 84 3 200 0.2,
grey-white 83 3 200 0.2, white 95 2 150 9, white 90 3 150 4, off-white 90 8 90 1.5, bright white 97 1 150
0.4, pure white 97 1 150 0.2, snow white 97 1 150 0.1, ivory 91 11 92 0.6, cream 88 13 88 3, cream-coloured
87 13 88 0.4, creamy white 90 10 88 0.3, eggshell 88 9 88 0.15, beige 76 19 79 5, beige 69 17 75 1.5, light
beige 83 15 80 0.8, sand 74 23 83 0.6, sandy 72 24 82 0.4, sand-coloured 74 23 82 0.3, oatmeal 79 13 82 0.3,
stone 70 10 85 0.4, taupe 52 10 70 0.4, khaki 60 22 88 4, khaki 50 24 92 1.5, dark khaki 48 26 92 0.4, tan
58 31 70 4, tan 66 27 74 1.5, camel 57 36 70 0.7, light brown 57 28 68 3, light brown 48 28 66 1, pale brown
64 24 68 0.4, caramel 54 42 68 0.3, golden brown 50 44 70 0.3, yellowish brown 54 42 76 0.3, yellow-brown 56
42 76 0.3, greyish brown 44 12 65 0.3, brown 32 24 58 6, brown 42 30 60 4, brown 24 17 56 3, brownish 40 20
62 0.5, dark brown 20 15 57 5, chocolate 22 19 54 0.4, chocolate brown 22 19 54 0.4, coffee-coloured 30 18
58 0.15, mid-brown 36 25 58 0.3, chestnut 32 30 48 0.4, chestnut brown 31 28 48 0.3, rust 42 50 48 0.6,
rust-coloured 42 50 48 0.3, rust brown 38 42 50 0.3, russet 38 44 45 0.3, reddish brown 32 34 42 1,
red-brown 32 34 40 0.4, copper 48 46 56 0.3, bronze 44 34 75 0.2, cinnamon 44 40 56 0.2, mahogany 24 28 36
0.3, terracotta 50 44 44 0.3, maroon 24 36 20 4, burgundy 24 35 12 3, wine 26 38 10 0.4, wine red 27 40 12
0.6, wine-coloured 26 38 10 0.2, dark red 28 43 26 5, oxblood 22 36 24 0.2, deep red 33 55 28 0.8, crimson
40 62 22 0.5, scarlet 47 76 34 0.5, bright red 48 79 36 2, red 43 68 31 9, red 36 54 28 4, reddish 42 36 28
0.5, brick red 40 48 37 0.4, cherry red 40 62 26 0.3, tomato red 50 70 38 0.2, orangey-red 54 74 44 0.5,
reddish-orange 55 74 45 0.5, orange 64 75 58 9, orange 58 66 54 3, bright orange 67 86 58 2, neon orange 67
88 56 0.7, fluorescent orange 67 88 56 0.5, burnt orange 54 62 54 0.5, dark orange 56 66 56 0.5, light
orange 74 55 66 0.7, orangey 62 55 60 0.3, amber 70 70 74 0.2, peach 80 30 58 0.8, peachy 80 29 58 0.2,
apricot 77 40 65 0.3, salmon 68 42 28 0.6, salmon pink 68 41 22 0.5, coral 64 53 32 0.7, yellow-orange 74 76
74 0.4, yellow 84 74 92 9, yellow 80 60 90 3, bright yellow 88 84 96 2, mustard 68 60 84 0.8, mustard yellow
70 62 84 0.6, dark yellow 70 60 86 0.4, gold 72 55 84 0.5, golden 73 57 84 0.4, golden yellow 78 70 84 0.4,
pale yellow 90 36 98 0.8, light yellow 89 44 97 1, lemon 90 62 101 0.3, lemon yellow 90 66 101 0.4, canary
yellow 87 80 97 0.2, yellowish 82 36 90 0.5, sunflower yellow 80 80 86 0.2, creamy yellow 90 28 94 0.3, lime
88 88 115 1.2, neon yellow 92 90 110 2, fluorescent yellow 91 90 111 2, hi-vis yellow 91 90 111 0.7,
yellow-green 82 68 114 0.8, greenish yellow 86 74 108 0.6, lime green 82 84 120 1.2, neon green 87 92 119
1.2, fluorescent green 87 92 119 0.5, luminous yellow 91 90 111 0.3, green 46 46 145 9, green 38 36 146 5,
green 56 50 140 4, bright green 58 60 140 1.5, emerald 48 50 155 0.5, emerald green 48 50 155 0.6, grass
green 52 50 135 0.4, kelly green 48 54 146 0.2, apple green 68 54 124 0.3, dark green 26 25 148 6, dark
green 34 32 145 1.5, deep green 30 32 150 0.5, forest green 26 26 145 0.8, bottle green 22 20 158 0.6,
hunter green 26 22 145 0.2, light green 78 42 132 5, light green 70 46 132 1.5, pale green 84 27 138 1, mint
85 26 155 0.5, mint green 84 28 152 0.9, pastel green 84 30 140 0.4, pistachio 80 34 120 0.2, sage 66 15 130
0.3, sage green 66 15 128 0.3, greenish 48 20 140 0.5, greyish green 48 13 135 0.4, grey-green 48 13 135
0.4, mossy green 44 31 112 0.4, moss green 42 30 112 0.4, olive 38 26 105 4, olive green 39 26 107 4, dark
olive 28 20 104 0.6, army green 38 19 108 1.2, military green 37 18 108 0.5, khaki green 42 23 104 0.8, drab
green 42 18 108 0.2, green-brown 36 24 92 0.5, greenish brown 36 24 90 0.5, brownish green 37 25 97 0.4,
olive-coloured 38 26 105 0.2, teal 46 31 195 4, dark teal 32 22 198 0.7, turquoise 62 35 195 3, aqua 72 33
195 0.5, aquamarine 72 30 185 0.2, sea-green 55 33 174 0.7, sea green 55 33 174 0.5, blue-green 48 29 200
1.2, greenish-blue 50 30 205 0.8, bluish-green 46 29 188 0.8, green-blue 48 29 200 0.4, petrol 34 22 222
0.3, petrol blue 34 23 228 0.3, cyan 74 36 205 0.5, dark turquoise 44 30 198 0.5, blue 42 50 280 9, blue 48
40 272 5, blue 36 38 284 5, blue 58 34 266 4, blue 68 27 258 2, royal blue 38 60 286 1.2, cobalt 38 54 281
0.3, cobalt blue 38 54 281 0.5, bright blue 48 57 276 2, electric blue 46 66 282 0.3, medium blue 46 42 274
0.6, deep blue 30 44 286 0.7, sky blue 75 25 245 1, light blue 72 24 256 7, light blue 64 26 262 2, baby
blue 79 19 248 0.6, pale blue 80 15 252 1.5, powder blue 78 16 252 0.2, pastel blue 78 19 254 0.4, ice blue
86 10 235 0.2, steel blue 52 20 260 0.4, blue-grey 50 12 263 0.8, grey-blue 54 13 262 0.5, greyish blue 52
14 262 0.5, bluish-grey 52 10 264 0.5, dusty blue 58 18 262 0.3, bluish 52 20 264 0.5, faded blue 60 17 262
0.8, washed-out blue 62 15 262 0.3, dull blue 44 20 268 0.3, slate blue 44 20 278 0.3, navy 16 22 284 4,
navy 22 22 280 1.5, navy blue 17 23 284 4, dark navy 10 15 284 0.6, midnight blue 13 20 286 0.4, dark blue
22 28 283 6, dark blue 28 34 284 2.5, indigo 26 40 296 0.4, blue-black 9 8 282 0.3, ink blue 18 26 282 0.15,
dark blue-grey 28 9 268 0.4, purple 36 42 312 9, purple 46 40 310 4, purple 28 32 314 3, violet 39 48 304 1,
dark purple 25 33 314 2, plum 28 32 332 0.6, aubergine 20 24 330 0.2, eggplant 20 24 328 0.2, deep purple 28
44 310 0.5, lavender 71 22 305 2, lilac 70 24 313 1.5, light purple 66 26 309 3.5, pale purple 74 19 309
0.8, mauve 62 22 322 0.6, pastel purple 73 22 309 0.3, purplish 46 24 316 0.4, bright purple 42 58 312 0.6,
violet-blue 36 52 296 0.4, bluish purple 36 46 300 0.4, purplish-blue 34 46 296 0.3, magenta 48 64 345 2,
fuchsia 50 65 346 0.8, hot pink 56 60 358 1.3, bright pink 60 55 0 2.5, pink 70 36 5 9, pink 78 25 8 4, pink
60 48 0 4, light pink 80 23 6 3, pale pink 84 17 10 1.2, baby pink 82 21 4 0.5, pastel pink 82 22 4 0.5,
rose 62 40 8 0.4, rose pink 66 38 6 0.2, dusty pink 66 22 14 0.4, dark pink 50 48 2 1.5, deep pink 52 56 2
0.6, raspberry 42 53 10 0.4, pinkish 74 22 14 0.5, purple-pink 48 56 336 0.6, pinkish-purple 46 52 334 0.5,
reddish-pink 52 56 14 0.4, pinkish-red 46 60 18 0.4, cerise 46 60 5 0.2
"""
"""Word, lightness 0 to 100, chroma, hue in degrees, how often it comes to mind; places may share a word."""

HAIR_WORDS = {
    # what hair of a region is called besides the colour itself, per region of the colour
    "black": {"black": 7, "dark": 3.5, "jet-black": 0.4, "very dark": 0.5, "raven": 0.1, "blackish": 0.2},
    "dark brown": {"dark brown": 4, "brown": 2.5, "dark": 4, "brunette": 0.7, "very dark": 0.4, "black": 1,
                   "chocolate brown": 0.2},
    "brown": {"brown": 6, "light brown": 1, "medium brown": 0.4, "chestnut": 0.4, "brunette": 0.8,
              "reddish-brown": 0.4, "brownish": 0.4, "mid-brown": 0.3, "auburn": 0.4, "dark": 0.6},
    "blonde": {"blonde": 5, "blond": 2.5, "fair": 1.2, "light": 1, "light-coloured": 0.3, "golden": 0.4,
               "sandy": 0.4, "honey-blonde": 0.3, "dark blonde": 0.5, "yellowish": 0.2, "dirty blonde": 0.2,
               "light brown": 0.4, "pale": 0.2},
    "ginger": {"red": 3, "ginger": 2, "reddish": 1.2, "auburn": 0.6, "copper": 0.3, "orange": 0.3,
               "reddish-brown": 0.5},
    "grey": {"grey": 7, "greying": 1.5, "silver": 0.6, "salt-and-pepper": 0.6, "greyish": 0.5},
    "light grey": {"grey": 5, "light grey": 1, "silver": 1, "white": 1.5, "greying": 1, "whitish": 0.4},
    "white": {"white": 6, "snow-white": 0.2, "silver": 0.5, "light": 0.5, "grey": 1},
}  # fmt: skip

NIGHT = {"dusk": 0.85, "night": 0.72, "backlight": 0.75, "lamplight": 0.92, "glare": 1.12}
"""How much of its lightness a colour keeps in what a witness sees by that light."""

Lab = tuple[float, float, float]


def lab_of(rgb: Rgb) -> Lab:
    """CIE L, a and b (D65) of an sRGB colour, 0 to 255 each."""
    red, green, blue = (
        value / 3294.6 if value <= 10.31 else float(((value / 255 + 0.055) / 1.055) ** 2.4) for value in rgb
    )
    fx, fy, fz = (
        float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (
            (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
            0.2126 * red + 0.7152 * green + 0.0722 * blue,
            (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
        )
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _places() -> tuple[list[str], NDArray[np.float64]]:
    """`TERMS` as words, and per word a column of L, a, b, chroma and weight."""
    rows = re.findall(r"([a-z -]+) ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)", TERMS.replace("\n", " "))
    light, chroma, hue, weight = np.array([row[1:] for row in rows], float).T
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    return [row[0].strip() for row in rows], np.stack([light, a, b, chroma, weight])


NAMES, PLACES = _places()
SPREAD = 6.5
"""Standard deviation of what people call by one word, in CIE94 units."""


@lru_cache(maxsize=20_000)
def words_for(colour: Colour, light: str = "day") -> dict[str, float]:
    """The words for a colour seen by that light, each with how often it is chosen.

    Distances are those of CIE94, with hue and chroma counting less in the dark, where nobody can tell them.
    """
    lightness, a, b = lab_of(scaled(colour.rgb, NIGHT.get(light, 1.0)))
    chroma = hypot(a, b)
    sure = min(1.0, 0.5 + lightness / 40)
    of_chroma, of_hue = 1.3 * sure / (1 + 0.035 * chroma), sure / (1 + 0.015 * chroma)
    lights, reds, yellows, chromas, weights = PLACES
    dc = chroma - chromas
    dh = np.maximum((a - reds) ** 2 + (b - yellows) ** 2 - dc * dc, 0)
    squared = 0.8 * (lightness - lights) ** 2 + (dc * of_chroma) ** 2 + dh * of_hue**2
    shares = weights * np.exp(-squared / (2 * SPREAD * SPREAD))
    shares /= shares.sum()
    words: dict[str, float] = {}
    for i in np.flatnonzero(shares > 0.006).tolist():
        words[NAMES[i]] = words.get(NAMES[i], 0.0) + float(shares[i])
    if "denim" in colour.name:
        words = {name: share for name, share in words.items() if "blue" in name or "navy" in name} or {
            "blue": 1
        }
    return words | _vague(lightness, chroma)


def _vague(lightness: float, chroma: float) -> dict[str, float]:
    """What remains of a colour in a bad memory."""
    if lightness < 27:
        return {"dark": 0.09, "dark-coloured": 0.02}
    if lightness > 80 and chroma < 45:
        return {"light": 0.04, "light-coloured": 0.03, "pale": 0.03}
    if chroma > 55:
        return {"bright": 0.02, "brightly coloured": 0.02}
    return {}


def word(colour: Colour, rng: Generator, light: str = "day") -> str:
    """One of the words people use for `colour`; sometimes empty where the name says it (jeans)."""
    if "denim" in colour.name and rng.random() < 0.18:
        return ""
    return pick(rng, words_for(colour, light))


def hair_words(colour: Colour, light: str = "day") -> dict[str, float]:
    """The words for hair of `colour`."""
    return HAIR_WORDS.get(colour.name) or words_for(colour, light)
