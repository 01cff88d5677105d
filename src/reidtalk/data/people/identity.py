"""How one person is made up at random: body, hair, clothes, and what they carry."""

import numpy as np
from numpy.random import Generator

from reidtalk.data.people import wardrobe
from reidtalk.data.people.attributes import Body, Hair, Person
from reidtalk.data.people.chance import about, between, chance, one_of, pick
from reidtalk.data.people.colours import Colour, lightness, sample
from reidtalk.data.people.outfit import (
    BAG_COLOURS,
    clothes_of,
    extras_for,
    hat_for,
    legwear_of,
    random_garment,
    scarf_for,
)
from reidtalk.data.people.wardrobe import often

HAIR_COLOURS = often("black 7, dark brown 6, brown 4, blonde 3, ginger 0.8, grey 0.3")
OLD_HAIR = often("grey 3, light grey 2, white 1.5, dark brown, black 0.6")
SKINS = often("fair skin 5, medium skin 4, brown skin 3, dark skin 2.5")
HAIRCUTS = {
    "woman": often("short 0.9, bob 2, long 5, ponytail 2.5, braid 0.5, pigtails 0.3, bun 0.9, messy bun 0.9, "
                   "dreadlocks 0.15, afro 0.3, shaved 0.05"),
    "man": often("bald 0.9, shaved 1.5, short 9, mohawk 0.15, bob 0.5, long 0.3, ponytail 0.15, bun 0.12, "
                 "dreadlocks 0.2, afro 0.4"),
}  # fmt: skip
LENGTHS = {
    "long": (0.19, 0.4), "bob": (0.13, 0.17), "ponytail": (0.1, 0.26), "braid": (0.2, 0.36),
    "pigtails": (0.16, 0.26), "dreadlocks": (0.17, 0.3),
}  # fmt: skip
BEARDS = often("stubble 2, full 4, goatee 1.5, moustache 1.2")


def person(seed: int, identity: int) -> Person:
    """The person with number `identity` among the people of `seed`; always the same one."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, identity]))
    gender = one_of(rng, ("woman", "man"))
    age = pick(rng, {"child": 0.07, "young": 0.3, "adult": 0.5, "old": 0.13})
    build = pick(rng, {"slim": 0.35, "average": 0.43, "heavy": 0.22})
    child = age == "child"
    upper, inner, lower, shoes = clothes_of(gender, age, rng)
    beard = pick(rng, BEARDS) if gender == "man" and not child and chance(rng, 0.33) else ""
    extras = () if child else extras_for(upper, lower, gender, rng)
    has_bag = chance(rng, 0.25 if child else 0.52)
    has_scarf = upper.cut.thick > 0.012 and upper.kind != "overalls" and chance(rng, 0.2)
    return Person(
        seed=seed,
        identity=identity,
        gender=gender,
        age=age,
        build=build,
        body=_body(gender, age, build, rng),
        skin=sample(pick(rng, SKINS), rng),
        hair=_hair(gender, age, rng),
        beard=beard,
        glasses=not child and chance(rng, 0.22),
        hat=hat_for(gender, rng) if chance(rng, 0.2) else None,
        scarf=scarf_for(upper, rng) if has_scarf else None,
        upper=upper,
        inner=inner,
        lower=lower,
        legwear=legwear_of(lower, upper, gender, rng),
        socks=pick(rng, {0.2: 3, 0.32: 3, 0.55: 1, 0.85: 0.8}),
        shoes=shoes,
        bag=random_garment(wardrobe.BAGS, gender, BAG_COLOURS, rng, children=child) if has_bag else None,
        extras=tuple(worn for worn in extras if not (beard and worn.kind == "face mask")),
        things=tuple(thing for thing in wardrobe.THINGS if chance(rng, 0.5)),
        umbrella=sample(pick(rng, BAG_COLOURS), rng),
    )


def _hair(gender: str, age: str, rng: Generator) -> Hair:
    cuts = dict(HAIRCUTS[gender])
    if age in ("child", "young") and "bald" in cuts:
        cuts["bald"] = 0.1
    style = pick(rng, cuts)
    colour = sample(pick(rng, OLD_HAIR if age == "old" else HAIR_COLOURS), rng)
    low, high = LENGTHS.get(style, (0.08, 0.08))
    grown = age in ("adult", "old")
    coloured = style in ("long", "bob", "ponytail") and age != "old" and chance(rng, 0.14)
    return Hair(
        style=style,
        colour=colour,
        length=between(rng, low, high) + (0.06 if style == "long" and chance(rng, 0.12) else 0.0),
        wavy=chance(rng, 0.35),
        tips=_lighter(colour, rng) if coloured else None,
        fringe=style in ("bob", "long", "ponytail", "bun", "short") and chance(rng, 0.3),
        receding=gender == "man" and style in ("short", "shaved") and grown and chance(rng, 0.25),
    )


def _lighter(colour: Colour, rng: Generator) -> Colour | None:
    """Dyed ends that are lighter than `colour`; None where nothing is."""
    tips = sample(pick(rng, {"blonde": 6, "ginger": 1.5, "pink": 0.3, "purple": 0.2}), rng)
    return tips if lightness(tips.rgb) > lightness(colour.rgb) + 0.2 else None


def _body(gender: str, age: str, build: str, rng: Generator) -> Body:
    """Proportions of an average adult of that gender, changed by age and build, and by chance."""
    woman, child = gender == "woman", age == "child"
    wide = {"slim": 0.88, "average": 1.0, "heavy": 1.3}[build] * about(rng, 1, 0.04)
    stocky = 1 + (wide - 1) * 0.55
    return Body(
        head=(1.3 if child else 0.98) * about(rng, 1, 0.035),
        shoulders=(0.08 if woman else 0.092) * stocky * about(rng, 1, 0.035),
        hips=(0.088 if woman else 0.081) * stocky * about(rng, 1, 0.035),
        waist=(0.066 if woman else 0.077) * wide * about(rng, 1, 0.03),
        depth=(0.06 if woman else 0.064) * wide,
        limbs=(0.9 if woman else 0.98) * (1 + (wide - 1) * 0.7) * about(rng, 1, 0.04),
        legs=(0.46 if child else 0.505) * about(rng, 1, 0.018),
    )
