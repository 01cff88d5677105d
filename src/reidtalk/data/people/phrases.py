"""Noun phrases for what a picture shows of somebody's clothes, hair and bag."""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.colours import Colour, lightness, word
from reidtalk.data.people.drawing import View

VAGUE = ("", "dark", "light", "light-colored")
SURFACES = {
    # patterns of one colour: adjectives they may add
    "quilted": ("", "quilted ", "padded "), "leather": ("leather ", ""), "denim": ("", "denim "),
    "knit": ("", "knit ", "knitted "),
}  # fmt: skip
PRINTS = ("print", "design", "picture", "logo", "graphic")


@dataclass(frozen=True, slots=True)
class Witness:
    """Someone who describes one view of a person."""

    person: Person
    view: View
    rng: Generator

    def sees(self, part: str) -> bool:
        """Whether the picture shows `part`."""
        return part in self.view.seen

    def colour(self, colour: Colour) -> str:
        """A word for the colour with a space after it; nothing where the picture has no colours."""
        name = "" if self.view.monochrome else word(colour, self.rng)
        return f"{name} " if name else ""


def with_article(noun: str) -> str:
    """`noun` after "a" or "an"."""
    return f"{'an' if noun[:1] in 'aeio' or noun.startswith('umb') else 'a'} {noun}"


def noun_of(worn: Garment, rng: Generator) -> str:
    """What the garment is called, without colour."""
    return pick(rng, worn.cut.names)


def garment(witness: Witness, worn: Garment) -> str:
    """A noun phrase for a garment, with article where it takes one: colour, pattern, name, detail."""
    one = witness.colour(worn.colour)
    if chance(witness.rng, 0.07) and not witness.view.monochrome:
        one = vague_shade(worn.colour)
    phrase = _patterned(witness, worn, one, noun_of(worn, witness.rng))
    return phrase if worn.cut.plural else with_article(phrase)


def vague_shade(colour: Colour) -> str:
    """Dark, light or nothing: what is left of a colour in a bad memory."""
    light = lightness(colour.rgb)
    return "dark " if light < 0.25 else "light-colored " if light > 0.75 else ""


def _patterned(witness: Witness, worn: Garment, one: str, noun: str) -> str:
    """Colour, pattern and noun, as far as the view shows the pattern; sometimes without the pattern."""
    if worn.second is None:
        return _surfaced(witness, worn, one, noun)
    if chance(witness.rng, 0.15):
        return one + noun
    two = witness.colour(worn.second)
    if two.strip() in (*VAGUE, one.strip()) and not witness.view.monochrome:
        two = f"{worn.second.name} "
    both = f"{one}and {two}" if one.strip() not in VAGUE and two else one
    return one_of(witness.rng, PATTERNS[worn.pattern](Cloth(both, one, two, noun, witness, worn)))


def _surfaced(witness: Witness, worn: Garment, one: str, noun: str) -> str:
    extra = one_of(witness.rng, SURFACES.get(worn.pattern, ("",)))
    if (
        extra.strip() in noun
        or "jeans" in noun
        or (worn.pattern == "quilted" and noun.startswith(("pu", "do")))
    ):
        extra = ""
    silver = worn.pattern == "reflective" and chance(witness.rng, 0.5)
    return f"{one}{extra}{noun}" + (" with silver reflective stripes" if silver else "")


@dataclass(frozen=True, slots=True)
class Cloth:
    """The words for a patterned garment: colours (each with a space behind it) and noun."""

    both: str
    one: str
    two: str
    noun: str
    witness: Witness
    worn: Garment

    def forms(self, *forms: str) -> tuple[str, ...]:
        """Each form with {both}, {one}, {two} and {noun} filled in."""
        return tuple(
            form.format(both=self.both, one=self.one, two=self.two, noun=self.noun) for form in forms
        )


def _print(cloth: Cloth) -> tuple[str, ...]:
    if not cloth.witness.sees("front"):
        return cloth.forms("{one}{noun}")
    return cloth.forms(f"{{one}}{{noun}} with a {{two}}{one_of(cloth.witness.rng, PRINTS)} on the front")


def _letters(cloth: Cloth) -> tuple[str, ...]:
    if cloth.worn.lettered_back:
        seen = cloth.witness.view.facing == "back" and not cloth.witness.sees("bag")
        return cloth.forms(
            *(
                ("{one}{noun} with {two}letters on the back", "{one}{noun} with {two}writing on the back")
                if seen
                else ("{one}{noun}",)
            )
        )
    seen = cloth.witness.sees("front")
    return cloth.forms("{one}{noun} with {two}letters on the front" if seen else "{one}{noun}")


PATTERNS: dict[str, Callable[[Cloth], tuple[str, ...]]] = {
    "stripes": lambda cloth: cloth.forms(
        "{both}striped {noun}", "{one}{noun} with {two}stripes", "striped {both}{noun}"),
    "plaid": lambda cloth: cloth.forms(
        "{both}plaid {noun}", "{both}checkered {noun}", "{both}checked {noun}", "{one}plaid {noun}"),
    "pinstripes": lambda cloth: cloth.forms(
        "{one}{noun} with thin {two}stripes", "{one}striped {noun}", "{one}{noun} with vertical stripes"),
    "dots": lambda cloth: cloth.forms(
        "{one}{noun} with {two}dots", "{one}polka dot {noun}", "{both}dotted {noun}"),
    "flowers": lambda cloth: cloth.forms(
        "{one}floral {noun}", "{one}flowered {noun}", "{one}{noun} with {two}flowers",
        "{one}patterned {noun}"),
    "print": _print,
    "letters": _letters,
    "halves": lambda cloth: cloth.forms(
        "{both}{noun}", "{one}{noun} with {two}shoulders", "two-tone {both}{noun}"),
    "side stripe": lambda cloth: cloth.forms(
        "{one}{noun} with {two}stripes down the sides", "{one}{noun} with a {two}stripe on the side"),
}  # fmt: skip
"""Ways to put each two-coloured pattern into words."""


def upper(witness: Witness) -> str:
    """The upper garment, with what shows under it."""
    person, rng = witness.person, witness.rng
    phrase = garment(witness, person.upper)
    if chance(rng, 0.08):
        shade = witness.colour(person.upper.colour) if chance(rng, 0.6) else vague_shade(person.upper.colour)
        phrase = with_article(f"{shade}{'top' if person.upper.cut.hem < 0.05 else 'outfit'}")
    if person.upper.open and witness.sees("front") and chance(rng, 0.55):
        phrase += one_of(rng, (" over {}", " with {} underneath", " open over {}")).format(
            garment(witness, person.inner)
        )
    elif person.upper.kind in ("vest", "safety vest") and not person.upper.open and chance(rng, 0.4):
        phrase += f" over {garment(witness, person.inner)}"
    if witness.view.hood_up and chance(rng, 0.6):
        phrase += one_of(rng, (" with the hood up", " with the hood over {his} head"))
    return phrase


def lower(witness: Witness) -> str:
    """Trousers or skirt, and tights where they show; empty when there is nothing to say."""
    person, rng = witness.person, witness.rng
    tights = ""
    bare = not person.has_trousers and person.hem < 0.25 and person.shoes.cut.sleeve < 0.5
    if person.legwear and bare and witness.sees("legs"):
        tights = f"{witness.colour(person.legwear)}{one_of(rng, ('tights', 'stockings', 'leggings'))}"
    if person.lower is None:
        return tights
    phrase = garment(witness, person.lower)
    if person.lower.cut.plural:
        return f"a pair of {phrase}" if chance(rng, 0.06) else phrase
    return f"{phrase} over {tights}" if tights and chance(rng, 0.4) else phrase


def clothes(witness: Witness, *, most: int) -> list[str]:
    """Noun phrases of what is worn, 1 to `most`; the upper garment is always among them."""
    person, rng = witness.person, witness.rng
    if _one_colour(person) and witness.sees("lower") and not witness.view.monochrome and chance(rng, 0.25):
        return [f"all {witness.colour(person.upper.colour).strip()}"]
    chosen = [upper(witness)]
    if witness.sees("lower") and chance(rng, 0.88):
        chosen.append(lower(witness))
    if witness.sees("shoes") and chance(rng, 0.55):
        chosen.append(garment(witness, person.shoes))
    extras = [
        garment(witness, thing)
        for name, thing in (("hat", person.hat), ("scarf", person.scarf))
        if thing is not None and witness.sees(name) and chance(rng, 0.75)
    ]
    if person.glasses and witness.sees("glasses") and chance(rng, 0.4):
        extras.append("glasses")
    chosen = chosen[: max(1, most - len(extras))] + extras
    if chance(rng, 0.2):
        start = int(rng.random() * min(len(chosen), most))
        chosen = chosen[:most][start:] + chosen[:most][:start]
    return [phrase for phrase in chosen[:most] if phrase]


def _one_colour(person: Person) -> bool:
    """Whether upper garment and trousers or skirt are plain and of one colour."""
    worn = (person.upper, person.lower or person.upper)
    plain = not person.upper.open and all(garment.second is None for garment in worn)
    return plain and worn[0].colour.name == worn[1].colour.name and person.upper.kind != "safety vest"


def hair(witness: Witness) -> str:
    """Hair and beard as "short black hair and a beard"; empty when none of it shows."""
    person, rng, style = witness.person, witness.rng, witness.person.hair.style
    tone = witness.colour(person.hair.colour)
    parts = []
    if style == "bald":
        parts = [] if person.hat or witness.view.hood_up or not witness.sees("head") else ["a bald head"]
    elif witness.sees("hair") and not (person.hat and style not in ("long", "ponytail")):
        parts = [one_of(rng, HAIRCUTS[style]).format(tone=tone)]
    if person.beard and witness.sees("face"):
        parts.append(one_of(rng, ("a beard", with_article(f"{tone}beard"))))
    return " and ".join(parts)


HAIRCUTS = {
    "short": ("short {tone}hair", "{tone}hair", "short-cut {tone}hair"),
    "bob": ("chin-length {tone}hair", "shoulder-length {tone}hair", "medium-length {tone}hair"),
    "long": ("long {tone}hair", "long, loose {tone}hair", "{tone}hair past the shoulders"),
    "ponytail": ("a {tone}ponytail", "{tone}hair in a ponytail", "{tone}hair tied back"),
    "bun": ("{tone}hair in a bun", "a {tone}bun"),
    "afro": ("curly {tone}hair", "big {tone}hair", "a {tone}afro"),
}  # fmt: skip
BAG_WAYS = {
    "backpack": ("carrying {}", "wearing {}", "with {}", "with {} on {{his}} back"),
    "suitcase": ("pulling {}", "with {}", "wheeling {}"),
    "shoulder bag": ("carrying {}", "with {}", "with {} over {{his}} shoulder"),
    "messenger bag": ("carrying {}", "with {}", "wearing {}"),
}  # fmt: skip
IN_HAND = ("carrying {}", "holding {}", "with {} in {{his}} hand")


def bag(witness: Witness) -> str:
    """A phrase for the bag, beginning with a verb in -ing or "with"; empty when there is none to see."""
    worn = witness.person.bag
    if worn is None or not witness.sees("bag"):
        return ""
    phrase = garment(witness, worn)
    ways = BAG_WAYS.get(worn.kind, IN_HAND)
    return one_of(witness.rng, ways[:3] if " on the " in phrase or " over " in phrase else ways).format(
        phrase
    )
