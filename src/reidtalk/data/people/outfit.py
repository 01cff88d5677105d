"""Clothes that are worn together: which, and in which colours and materials."""

from dataclasses import replace

from numpy.random import Generator

from reidtalk.data.people import wardrobe
from reidtalk.data.people.attributes import LOWER_COLOURS, UPPER_COLOURS, Garment
from reidtalk.data.people.chance import between, chance, pick
from reidtalk.data.people.colours import Colour, lightness, sample
from reidtalk.data.people.wardrobe import Cut, often

SHOE_COLOURS = often(
    "black 11, white 6, grey 3, dark grey 2, brown 4, tan 2, red, blue, navy, beige, pink 0.6, "
    "green 0.3, orange 0.3, yellow 0.2"
)
BAG_COLOURS = often(
    "black 9, brown 3, grey 2, red 2, navy 2, blue 2, tan 2, white, green, pink, beige, dark green 0.6, "
    "purple 0.7, yellow 0.7, orange 0.7"
)
HAT_COLOURS = {
    "helmet": often("yellow 2, white 3, red 1, blue 1, black 3, orange 1"),
    "hard hat": often("yellow 5, white 3, orange 2, red, blue"),
    "motorcycle helmet": often("black 5, white 2, red, blue, grey"),
    "straw hat": often("beige 4, cream 2, tan 2"),
}
PLAIN_COLOURS = {
    # kinds and patterns that come in few colours
    "safety vest": often("orange 3, lime 4"),
    "safety jacket": often("orange 3, lime 4"),
    "overalls": often("navy 4, blue 2, orange, dark grey 2, olive, white 0.5"),
    "lab coat": often("white"),
    "robe": often("black 6, white 2, grey, brown, navy 0.7, beige"),
    "saree": often("red 3, orange 2, yellow, green 2, blue 2, pink 2, purple 2, white, maroon 2, teal"),
    "leather": often("black 5, brown 3, tan, maroon 0.3, white 0.1"),
    "denim": often("denim blue 5, dark denim 5, light denim 3"),
    "ripped": often("denim blue 4, light denim 4, black 3"),
    "cargo pants": often("khaki 4, olive 4, black 4, beige 2, grey 2, dark green, brown"),
    "leggings": often("black 12, dark grey 2, grey 2, navy 2, purple 0.5, maroon 0.5, pink 0.4, blue 0.4"),
    "capri leggings": often("black 10, grey 2, dark grey 2, navy, purple 0.4, blue 0.4"),
    "trench coat": often("beige 4, khaki 3, tan 2, black 2, navy"),
    "draped cardigan": often("grey 5, light grey 3, black 4, dark grey 3, beige 2, cream, navy, brown"),
    "suit jacket": often("black 5, navy 4, dark grey 3, grey 2, brown, beige, white 0.4, red 0.3"),
    "work boots": often("tan 4, brown 4, black 3"),
    "rubber boots": often("black 2, dark green 3, red, blue, yellow"),
    "plastic bag": often("white 5, blue, red, green, yellow, black, pink 0.5"),
    "tote bag": often("cream 4, white 2, black 3, beige 2, navy, red 0.5, green 0.5"),
    "guitar case": often("black 6, brown, dark grey"),
}
SURFACED = {"denim": "denim", "ripped": "denim", "knit": "knit", "leather": "leather", "quilted": "glossy"}
"""Patterns that are a material."""
KNITWEAR = often("knit 3, heather 3, cotton 2, fleece")
SWEATS = often("cotton 3, heather 3, fleece 2, thick 2")
OUTER = often("thick 5, cotton 2, corduroy 0.5, fleece, satin 0.7, stiff")
DRESSES = often("thin 4, cotton 3, satin 1.5, knit 0.6")
MATERIALS_OF: dict[str, dict[str, float]] = {
    "sweater": KNITWEAR, "turtleneck": KNITWEAR, "cardigan": KNITWEAR, "draped cardigan": KNITWEAR,
    "poncho": KNITWEAR, "scarf": KNITWEAR, "beanie": often("knit"), "sweatshirt": SWEATS, "hoodie": SWEATS,
    "zip hoodie": SWEATS, "track pants": SWEATS, "jacket": OUTER,
    "coat": often("thick 4, heather 2, fleece"), "parka": often("thick 3, cotton 2"),
    "suit jacket": often("thick 4, stiff 2, heather"),
    "trousers": often("cotton 5, thick, corduroy 0.7, heather"), "fleece jacket": often("fleece"),
    "windbreaker": often("satin 2, glossy"), "puffer jacket": often("glossy"),
    "track jacket": often("satin 2, cotton 2"), "dress": DRESSES, "sundress": DRESSES,
    "long dress": DRESSES, "blouse": often("thin 4, satin, cotton 2"),
    "tunic": often("thin 3, cotton 2, knit"), "robe": often("thin 3, cotton"),
    "t-shirt": often("cotton 6, heather 1.5, thin 2"), "jersey": often("satin 2, thin 2"),
    "leggings": often("tight"), "capri leggings": often("tight"), "skirt": DRESSES, "long skirt": DRESSES,
    "pencil skirt": often("cotton 3, tight, leather 0.6"), "safety vest": often("thin"),
    "boots": often("leather 3, fleece"), "high boots": often("leather"), "shoes": often("leather"),
    "work boots": often("fleece"), "heels": often("glossy"), "rubber boots": often("glossy"),
    "handbag": often("leather 3, stiff"), "briefcase": often("leather"), "suitcase": often("stiff"),
    "backpack": often("stiff 3, cotton"), "plastic bag": often("glossy"), "guitar case": often("stiff"),
    "helmet": often("stiff"), "hard hat": often("stiff"), "motorcycle helmet": often("glossy"),
}  # fmt: skip
"""Materials of a kind that are not its pattern; other things are of cotton."""
CONTRAST_FREE = ("plain", "denim", "ripped", "knit", "leather", "quilted", "reflective")
ROLLED = ("shirt", "long-sleeved t-shirt", "sweatshirt", "sweater")
"""What some people wear with sleeves pushed up."""
CHILDISH_NOT = ("heels", "high boots", "briefcase", "handbag", "suitcase", "guitar case")
GROWN_UP = (
    "suit jacket", "trench coat", "safety vest", "safety jacket", "overalls", "robe", "lab coat", "waistcoat",
)  # fmt: skip


def _kind(table: dict[str, Cut], gender: str, rng: Generator) -> str:
    return pick(rng, {kind: cut.woman if gender == "woman" else cut.man for kind, cut in table.items()})


def random_garment(
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
    while children and kind in CHILDISH_NOT + GROWN_UP:
        kind = _kind(table, gender, rng)
    cut = table[kind]
    pattern = pick(rng, cut.patterns)
    palette = PLAIN_COLOURS.get(kind) or PLAIN_COLOURS.get(pattern) or colours
    colour = sample(pick(rng, palette), rng)
    second = None if pattern in CONTRAST_FREE else contrasting(colour, UPPER_COLOURS, rng)
    if kind in ROLLED and chance(rng, 0.16):
        cut = replace(cut, sleeve=between(rng, 0.55, 0.75))
    return Garment(
        kind=kind,
        cut=cut,
        colour=colour,
        pattern=pattern,
        second=second,
        open=cut.front == "opens" and chance(rng, cut.ajar),
        material=SURFACED.get(pattern) or pick(rng, MATERIALS_OF.get(kind, {"cotton": 1.0})),
        size=between(rng, 0.7, 1.4),
    )


def contrasting(colour: Colour, palette: dict[str, float], rng: Generator) -> Colour:
    """A colour of `palette` that anybody can tell from `colour`."""
    while True:
        other = sample("white" if chance(rng, 0.3) else pick(rng, palette), rng)
        apart = max(abs(a - b) for a, b in zip(colour.rgb, other.rgb, strict=True))
        if apart > 70 and abs(lightness(colour.rgb) - lightness(other.rgb)) > 0.12:
            return other


def clothes_of(gender: str, age: str, rng: Generator) -> tuple[Garment, Garment, Garment | None, Garment]:
    """Upper garment, what shows under it, trousers or skirt, and shoes, as one wears them together."""
    children = age == "child"
    upper = random_garment(wardrobe.UPPERS, gender, UPPER_COLOURS, rng, children=children)
    lower = _lower(upper, gender, age, rng)
    shoes = random_garment(wardrobe.SHOES, gender, SHOE_COLOURS, rng, children=children)
    if lower is not None and _matching(upper, lower) and chance(rng, 0.7):
        lower = replace(lower, colour=upper.colour, material=upper.material)
    elif upper.kind not in PLAIN_COLOURS and chance(rng, 0.17):
        upper, lower, shoes = _in_one_colour(upper, lower, shoes, rng)
    return upper, _inner(upper, rng), lower, shoes


def _matching(upper: Garment, lower: Garment) -> bool:
    """Whether both belong to a suit or a tracksuit."""
    if upper.kind == "track jacket":
        return lower.kind == "track pants"
    return upper.kind in ("suit jacket", "waistcoat") and lower.kind in ("trousers", "pencil skirt")


def _in_one_colour(
    upper: Garment, lower: Garment | None, shoes: Garment, rng: Generator
) -> tuple[Garment, Garment | None, Garment]:
    """The same clothes all in black, say, each in a shade of its own."""
    name = pick(rng, often("black 8, dark grey, grey 1.5, navy 1.5, white, beige 0.5, brown 0.4, khaki 0.4"))
    if upper.pattern not in ("leather", "denim"):
        upper = replace(upper, colour=sample(name, rng), second=None, pattern="plain")
    if lower is not None and lower.pattern != "ripped":
        lower = replace(lower, colour=sample(name, rng), second=None, pattern="plain")
    if name in ("black", "white", "dark grey"):
        shoes = replace(shoes, colour=sample(name, rng))
    return upper, lower, shoes


def _inner(upper: Garment, rng: Generator) -> Garment:
    kind = pick(rng, wardrobe.OPEN_INNER)
    if upper.kind in ("suit jacket", "waistcoat") or (upper.kind == "coat" and chance(rng, 0.6)):
        kind = "shirt"
    colours = UPPER_COLOURS | {"white": 22.0, "light blue": 8.0}
    inner = random_garment(wardrobe.UPPERS, "man", colours, rng, kind=kind)
    for _ in range(20):
        if max(abs(a - b) for a, b in zip(inner.colour.rgb, upper.colour.rgb, strict=True)) > 60:
            break
        inner = random_garment(wardrobe.UPPERS, "man", colours, rng, kind=kind)
    return inner


def _lower(upper: Garment, gender: str, age: str, rng: Generator) -> Garment | None:
    if upper.cut.alone:
        return None
    warm = upper.cut.thick > 0.016
    if upper.kind == "track jacket" and chance(rng, 0.6):
        return random_garment(wardrobe.LOWERS, gender, LOWER_COLOURS, rng, kind="track pants")
    while True:
        lower = random_garment(wardrobe.LOWERS, gender, LOWER_COLOURS, rng)
        casual = any(word in lower.kind for word in ("short", "track", "ripped", "legging", "cargo"))
        if (warm and "short" in lower.kind) or (upper.kind in ("suit jacket", "waistcoat") and casual):
            continue
        if age == "old" and lower.kind in ("short shorts", "short skirt", "ripped jeans"):
            continue
        return lower


def legwear_of(lower: Garment | None, upper: Garment, gender: str, rng: Generator) -> Colour | None:
    """Tights under skirts and dresses, socks under shorts, or nothing."""
    legs_show = (upper.cut.alone and upper.kind != "overalls") or (lower is not None and not lower.cut.plural)
    if legs_show and gender == "woman" and chance(rng, 0.45):
        return sample(pick(rng, {"black": 6, "dark grey": 1, "navy": 0.7, "white": 0.4, "brown": 0.5}), rng)
    if not legs_show and chance(rng, 0.5):
        return sample(pick(rng, {"white": 4, "black": 3, "grey": 1}), rng)
    return None


def scarf_for(upper: Garment, rng: Generator) -> Garment:
    """A scarf that can be told from the upper garment."""
    cut = Cut(names={"scarf": 1})
    colour = contrasting(upper.colour, UPPER_COLOURS, rng)
    return Garment(kind="scarf", cut=cut, colour=colour, material=pick(rng, KNITWEAR))


def hat_for(gender: str, rng: Generator) -> Garment:
    """Something to wear on the head."""
    kind = _kind(wardrobe.HATS, gender, rng)
    return random_garment(wardrobe.HATS, gender, HAT_COLOURS.get(kind, UPPER_COLOURS), rng, kind=kind)


def extras_for(upper: Garment, lower: Garment | None, gender: str, rng: Generator) -> tuple[Garment, ...]:
    """Belt, tie, apron, watch and the like, where they fit the clothes; most people wear none."""
    found = []
    for kind, cut in wardrobe.EXTRAS.items():
        often_worn = cut.woman if gender == "woman" else cut.man
        if chance(rng, often_worn * 0.01) and _fits(kind, upper, lower):
            colour = contrasting(_below(kind, upper, lower).colour, wardrobe.EXTRA_COLOURS[kind], rng)
            found.append(Garment(kind=kind, cut=cut, colour=colour, size=between(rng, 0.7, 1.4)))
    return tuple(found)


def _below(kind: str, upper: Garment, lower: Garment | None) -> Garment:
    return lower if kind == "belt" and lower is not None else upper


def _fits(kind: str, upper: Garment, lower: Garment | None) -> bool:
    thin = upper.cut.thick < 0.013
    if kind in ("suspenders", "apron", "lanyard"):
        return thin and not upper.cut.alone
    if kind == "tie":
        return upper.cut.front == "buttons" and upper.cut.neck == "collar" and thin
    if kind == "belt":
        return lower is not None and lower.cut.plural and thin and upper.cut.hem <= 0.01
    if kind == "tied jacket":
        return thin and upper.cut.hem <= 0.03 and not upper.cut.alone
    return kind != "gloves" or upper.cut.thick > 0.012
