"""Who a person is: everything that stays the same over all pictures of one identity."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from reidtalk.data.people import wardrobe
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.colours import Colour, lightness, sample
from reidtalk.data.people.wardrobe import Cut, often


@dataclass(frozen=True, slots=True, kw_only=True)
class Garment:
    """A thing worn or carried."""

    kind: str
    """Key of its table in the wardrobe."""
    cut: Cut
    colour: Colour
    pattern: str = "plain"
    second: Colour | None = None
    """The pattern's colour; None when plain."""
    open: bool = False
    """Whether its front is open and shows what is worn under it."""
    texture: float = 0.1
    """How rough its surface looks, 0 to 1."""
    size: float = 1.0
    """Scale of the pattern, or of the thing itself."""

    @property
    def lettered_back(self) -> bool:
        """Whether letters, if it has any, stand on its back."""
        return self.size > 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hair:
    """The hair of a head."""

    style: str
    """bald, short, bob, long, ponytail, bun or afro."""
    colour: Colour
    length: float
    """How far it hangs below the top of the head, in body heights."""
    wavy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Proportions, in body heights, or relative to an average adult's."""

    head: float
    shoulders: float
    hips: float
    waist: float
    depth: float
    limbs: float
    legs: float
    """Height of the hip joint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One identity: what all of its pictures have in common."""

    seed: int
    identity: int
    gender: str
    """woman or man."""
    age: str
    """child, young, adult or old."""
    build: str
    """slim, average or heavy."""
    body: Body
    skin: Colour
    hair: Hair
    beard: bool
    glasses: bool
    hat: Garment | None
    scarf: Garment | None
    upper: Garment
    inner: Garment
    """What an open front or a sleeveless garment shows."""
    lower: Garment | None
    """None under a dress or in overalls."""
    legwear: Colour | None
    """Tights or socks; None for bare legs."""
    shoes: Garment
    bag: Garment | None
    things: tuple[str, ...]
    """What else this person may hold: phone, umbrella, ..."""
    umbrella: Colour

    @property
    def hem(self) -> float:
        """How far skirt, dress or coat reach below the hip joint, in body heights."""
        return max(self.upper.cut.hem, self.lower.cut.hem if self.lower else 0.0)

    @property
    def has_trousers(self) -> bool:
        """Whether the legs are in trousers, shorts, leggings or overalls."""
        return self.upper.kind == "overalls" or (self.lower is not None and self.lower.cut.plural)


UPPER_COLOURS = often(
    "black 16, dark grey 6, grey 6, light grey 4, white 11, cream 2, beige 3, khaki 2, tan 2, brown 4, "
    "maroon 3, red 6, orange 2.5, yellow 3, pink 4, magenta 2, purple 3, lavender 1.5, navy 7, "
    "blue 7, light blue 4, teal 3, green 4, dark green 3, light green 1.5, olive 3, lime 0.7"
)
LOWER_COLOURS = often(
    "black 14, dark grey 5, grey 4, light grey 2, white 3, beige 3, khaki 4, tan 2, brown 3, maroon 0.7, "
    "red 0.8, pink 0.7, navy 5, blue 2, light blue 0.6, green 0.6, dark green, olive 2, purple 0.4, "
    "teal 0.4, yellow 0.3, orange 0.3, cream"
)
SHOE_COLOURS = often(
    "black 10, white 6, grey 3, dark grey 2, brown 4, tan 2, red 1.2, blue 1.2, navy, beige, pink 0.7, "
    "green 0.4, orange 0.3, yellow 0.3"
)
BAG_COLOURS = often(
    "black 9, brown 3, grey 2, red 2, navy 2, blue 2, tan 2, white, green, pink, beige, dark green 0.6, "
    "purple 0.7, yellow 0.7, orange 0.7"
)
HAIR_COLOURS = often("black 7, dark brown 6, brown 4, blonde 3, ginger 0.8, grey 0.3")
OLD_HAIR = often("grey 3, light grey 2, white 1.5, dark brown, black 0.6")
SKINS = often("fair skin 5, medium skin 4, brown skin 3, dark skin 2.5")
PLAIN_COLOURS = {
    # kinds and patterns that come in few colours
    "safety vest": often("orange 3, lime 4"),
    "overalls": often("navy 4, blue 2, orange, dark grey 2, olive, white 0.5"),
    "leather": often("black 5, brown 3, tan, maroon 0.3, white 0.1"),
    "denim": often("denim blue 5, dark denim 5, light denim 3"),
    "trench coat": often("beige 4, khaki 3, tan 2, black 2, navy"),
    "suit jacket": often("black 5, navy 4, dark grey 3, grey 2, brown, beige, white 0.4, red 0.3"),
    "plastic bag": often("white 5, blue, red, green, yellow, black, pink 0.5"),
}
TEXTURE = often("denim 0.18, knit 0.4, leather 0.1, quilted 0.06")
CONTRAST_FREE = ("plain", "denim", "knit", "leather", "quilted", "reflective")


def person(seed: int, identity: int) -> Person:
    """The person with number `identity` among the people of `seed`; always the same one."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, identity]))
    gender = one_of(rng, ("woman", "man"))
    age = pick(rng, {"child": 0.07, "young": 0.3, "adult": 0.5, "old": 0.13})
    build = pick(rng, {"slim": 0.35, "average": 0.43, "heavy": 0.22})
    upper = _garment(wardrobe.UPPERS, gender, UPPER_COLOURS, rng)
    if age == "child":
        while upper.kind in ("suit jacket", "trench coat", "safety vest", "overalls"):
            upper = _garment(wardrobe.UPPERS, gender, UPPER_COLOURS, rng)
    inner = _inner(upper, rng)
    lower = _lower(upper, gender, age, rng)
    hair = _hair(gender, age, rng)
    has_bag = chance(rng, 0.25 if age == "child" else 0.55)
    has_scarf = upper.cut.thick > 0.012 and upper.kind != "overalls" and chance(rng, 0.2)
    return Person(
        seed=seed,
        identity=identity,
        gender=gender,
        age=age,
        build=build,
        body=_body(gender, age, build, rng),
        skin=sample(pick(rng, SKINS), rng),
        hair=hair,
        beard=gender == "man" and age != "child" and chance(rng, 0.28),
        glasses=age != "child" and chance(rng, 0.22),
        hat=_hat(gender, rng),
        scarf=_scarf(upper, rng) if has_scarf else None,
        upper=upper,
        inner=inner,
        lower=lower,
        legwear=_legwear(lower, upper, gender, rng),
        shoes=_garment(wardrobe.SHOES, gender, SHOE_COLOURS, rng, children=age == "child"),
        bag=_garment(wardrobe.BAGS, gender, BAG_COLOURS, rng, children=age == "child") if has_bag else None,
        things=tuple(thing for thing in wardrobe.THINGS if chance(rng, 0.5)),
        umbrella=sample(pick(rng, BAG_COLOURS), rng),
    )


def _kind(table: dict[str, Cut], gender: str, rng: Generator) -> str:
    return pick(rng, {kind: cut.woman if gender == "woman" else cut.man for kind, cut in table.items()})


def _garment(
    table: dict[str, Cut],
    gender: str,
    colours: dict[str, float],
    rng: Generator,
    *,
    kind: str = "",
    children: bool = False,
) -> Garment:
    """A garment of `table`, cut, coloured and patterned at random; of a given kind if `kind`."""
    kind = kind or _kind(table, gender, rng)
    while children and kind in ("heels", "high boots", "briefcase", "handbag", "suitcase"):
        kind = _kind(table, gender, rng)
    cut = table[kind]
    pattern = pick(rng, cut.patterns)
    palette = PLAIN_COLOURS.get(kind) or PLAIN_COLOURS.get(pattern) or colours
    colour = sample(pick(rng, palette), rng)
    second = None if pattern in CONTRAST_FREE else contrasting(colour, UPPER_COLOURS, rng)
    return Garment(
        kind=kind,
        cut=cut,
        colour=colour,
        pattern=pattern,
        second=second,
        open=cut.front == "opens" and chance(rng, 0.6),
        texture=TEXTURE.get(pattern, between(rng, 0.02, 0.13)),
        size=between(rng, 0.7, 1.4),
    )


def contrasting(colour: Colour, palette: dict[str, float], rng: Generator) -> Colour:
    """A colour of `palette` that anybody can tell from `colour`."""
    while True:
        other = sample("white" if chance(rng, 0.3) else pick(rng, palette), rng)
        apart = max(abs(a - b) for a, b in zip(colour.rgb, other.rgb, strict=True))
        if apart > 70 and abs(lightness(colour.rgb) - lightness(other.rgb)) > 0.12:
            return other


def _inner(upper: Garment, rng: Generator) -> Garment:
    kind = pick(rng, wardrobe.OPEN_INNER)
    if upper.kind in ("suit jacket", "coat") and chance(rng, 0.6):
        kind = "shirt"
    colours = {"white": 12.0} | {name: UPPER_COLOURS[name] for name in UPPER_COLOURS if name != "white"}
    inner = _garment(wardrobe.UPPERS, "man", {**colours, "white": 22.0, "light blue": 8.0}, rng, kind=kind)
    for _ in range(20):
        if max(abs(a - b) for a, b in zip(inner.colour.rgb, upper.colour.rgb, strict=True)) > 60:
            break
        inner = _garment(wardrobe.UPPERS, "man", colours, rng, kind=kind)
    return inner


def _lower(upper: Garment, gender: str, age: str, rng: Generator) -> Garment | None:
    if upper.kind in ("dress", "long dress", "overalls"):
        return None
    warm = upper.cut.thick > 0.016
    while True:
        lower = _garment(wardrobe.LOWERS, gender, LOWER_COLOURS, rng)
        shortish = "short" in lower.kind
        if (warm and shortish) or (
            upper.kind == "suit jacket" and ("short" in lower.kind or "track" in lower.kind)
        ):
            continue
        if age == "old" and lower.kind in ("short shorts", "short skirt"):
            continue
        return lower


def _legwear(lower: Garment | None, upper: Garment, gender: str, rng: Generator) -> Colour | None:
    """Tights under skirts and dresses, socks under shorts, or nothing."""
    legs_show = upper.kind in ("dress", "long dress") or (lower is not None and "skirt" in lower.kind)
    if legs_show and gender == "woman" and chance(rng, 0.45):
        return sample(pick(rng, {"black": 6, "dark grey": 1, "navy": 0.7, "white": 0.4, "brown": 0.5}), rng)
    if not legs_show and chance(rng, 0.5):
        return sample(pick(rng, {"white": 4, "black": 3, "grey": 1}), rng)
    return None


def _hair(gender: str, age: str, rng: Generator) -> Hair:
    if gender == "woman":
        style = pick(rng, {"short": 0.9, "bob": 2, "long": 5, "ponytail": 2.5, "bun": 1.2, "afro": 0.3})
    else:
        style = pick(
            rng,
            {
                "bald": 1.2 if age in ("adult", "old") else 0.2,
                "short": 9,
                "bob": 0.6,
                "long": 0.3,
                "ponytail": 0.15,
                "afro": 0.4,
            },
        )
    colour = sample(pick(rng, OLD_HAIR if age == "old" else HAIR_COLOURS), rng)
    length = {
        "long": between(rng, 0.19, 0.36),
        "bob": between(rng, 0.13, 0.17),
        "ponytail": between(rng, 0.1, 0.24),
    }
    return Hair(style=style, colour=colour, length=length.get(style, 0.08), wavy=chance(rng, 0.35))


def _hat(gender: str, rng: Generator) -> Garment | None:
    if not chance(rng, 0.2):
        return None
    hat = _garment(wardrobe.HATS, gender, UPPER_COLOURS, rng)
    if hat.kind == "helmet":
        return _garment(
            wardrobe.HATS,
            gender,
            {"yellow": 3, "white": 3, "red": 1, "blue": 1, "black": 2, "orange": 1},
            rng,
            kind="helmet",
        )
    return hat


def _scarf(upper: Garment, rng: Generator) -> Garment:
    cut = Cut(names={"scarf": 1})
    colour = contrasting(upper.colour, UPPER_COLOURS, rng)
    return Garment(kind="scarf", cut=cut, colour=colour, texture=0.4)


def _body(gender: str, age: str, build: str, rng: Generator) -> Body:
    """Proportions of an average adult of that gender, changed by age and build, and by chance."""
    woman, child = gender == "woman", age == "child"
    wide = {"slim": 0.9, "average": 1.02, "heavy": 1.3}[build] * about(rng, 1, 0.03)
    stocky = 1 + (wide - 1) * 0.55
    return Body(
        head=(1.32 if child else 1.0) * about(rng, 1, 0.035),
        shoulders=(0.077 if woman else 0.088) * stocky * about(rng, 1, 0.03),
        hips=(0.09 if woman else 0.084) * stocky * about(rng, 1, 0.03),
        waist=(0.068 if woman else 0.08) * wide * about(rng, 1, 0.03),
        depth=(0.062 if woman else 0.066) * wide,
        limbs=(0.92 if woman else 1.02) * (1 + (wide - 1) * 0.7),
        legs=(0.46 if child else 0.5) * about(rng, 1, 0.015),
    )
