"""Phrases for what a picture shows of somebody's clothes: one garment, several, a whole outfit."""

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.chance import chance, one_of
from reidtalk.data.people.colours import lightness
from reidtalk.data.people.wording.colour_names import words_for
from reidtalk.data.people.wording.garments import garment
from reidtalk.data.people.wording.witness import Witness, expand, with_article

UNDER = (
    "[over {}|over {}|with {} underneath|open over {}|worn over {}|and {} under it|on top of {}|"
    "with {} under it|showing {}|layered over {}]"
)
GUESSES = (
    "[what looks like|what seems to be|what appears to be|maybe|probably|possibly|apparently|"
    "some kind of|some sort of]"
)
TIGHTS = ("tights", "tights", "stockings", "leggings", "pantyhose")
SOCKS = ("socks", "socks", "ankle socks", "sport socks")
GLASSES = (
    "glasses",
    "glasses",
    "spectacles",
    "eyeglasses",
    "a pair of glasses",
    "specs",
    "eye glasses",
    "dark-rimmed glasses",
    "glasses with dark frames",
)
CLOTHES = "[clothes|clothing|clothes|garments|attire]"


def upper(witness: Witness) -> str:
    """The upper garment, with what shows under it."""
    person, rng = witness.person, witness.rng
    witness.told.add("upper")
    phrase = garment(witness, person.upper)
    if chance(rng, 0.06):
        noun = "outfit" if person.upper.cut.alone else "top" if person.upper.cut.hem < 0.05 else "garment"
        phrase = with_article(f"{witness.colour(person.upper.colour)}{noun}")
    over = " over " not in phrase and person.upper.cut.layered and not person.upper.open
    if person.upper.open and witness.sees("front") and chance(rng, 0.5):
        phrase += f" {UNDER}".replace("{}", garment(witness, person.inner))
    elif over and chance(rng, 0.4):
        phrase += " [over|over|on top of|worn over] " + garment(witness, person.inner)
    if witness.view.hood_up and chance(rng, 0.6):
        phrase += " with the hood [up|up|over {his} head|pulled up|on]"
    return expand(phrase, rng)


def lower(witness: Witness) -> str:
    """Trousers or skirt, and tights where they show; empty when there is nothing to say."""
    person, rng = witness.person, witness.rng
    witness.told.add("lower")
    under = tights(witness)
    if person.lower is None:
        return under
    phrase = garment(witness, person.lower)
    return f"{phrase} over {under}" if under and not person.lower.cut.plural and chance(rng, 0.4) else phrase


def legs_show(person: Person) -> bool:
    """Whether the legs below a skirt or dress are in sight, not in boots."""
    return not person.has_trousers and person.hem < 0.25 and person.shoes.cut.sleeve < 0.5


def tights(witness: Witness) -> str:
    """Tights under a skirt or dress, as far as they show."""
    person = witness.person
    if not person.legwear or not legs_show(person) or not witness.first("legs"):
        return ""
    return f"{witness.colour(person.legwear)}{one_of(witness.rng, TIGHTS)}"


def socks(witness: Witness) -> str:
    """Socks under shorts and cropped trousers."""
    person = witness.person
    short = person.lower is not None and person.lower.cut.plural and person.lower.cut.sleeve < 0.72
    if not person.legwear or not short or person.shoes.cut.sleeve > 0.1 or not witness.first("legs"):
        return ""
    high = "[knee-high|long|high|pulled-up|] " if person.socks > 0.5 else ""
    return expand(f"{high}{witness.colour(person.legwear)}{one_of(witness.rng, SOCKS)}", witness.rng).strip()


def shoes(witness: Witness) -> str:
    """The shoes."""
    witness.told.add("shoes")
    return garment(witness, witness.person.shoes)


VAGUELY = {
    "hat": "[something {shade}on {his} head|{shade}headwear|some kind of {shade}hat|{shade}headgear|"
    "a {shade}hat or cap]",
    "scarf": "[something {shade}around {his} neck|a {shade}cloth at the neck|a {shade}neck scarf|"
    "{shade}neckwear]",
}
"""What is seen of a thing from far away."""


def extras(witness: Witness) -> list[str]:
    """Hat, scarf, glasses and the like that show and are not told yet, each perhaps."""
    person, rng = witness.person, witness.rng
    found = []
    for part, worn, often in (("hat", person.hat, 0.75), ("scarf", person.scarf, 0.7)):
        if worn is not None and chance(rng, often) and witness.first(part):
            thing = VAGUELY[part].replace("{shade}", witness.colour(worn.colour))
            found.append(expand(thing, rng) if chance(rng, 0.05) else garment(witness, worn))
    if person.glasses and chance(rng, 0.4) and witness.first("glasses"):
        found.append(one_of(rng, GLASSES))
    for worn in person.extras:
        if chance(rng, 0.3 if worn.kind in ("watch", "belt") else 0.5) and witness.first(worn.kind):
            found.append(garment(witness, worn))
    return found


def clothes(witness: Witness, *, most: int) -> list[str]:
    """Noun phrases of what is worn and not told yet, up to `most`; the upper garment comes first of all."""
    person, rng = witness.person, witness.rng
    chosen = [upper(witness)] if "upper" not in witness.told else []
    more = extras(witness) if most > 1 else []
    if len(chosen) < most and "lower" not in witness.told and witness.sees("lower") and chance(rng, 0.9):
        chosen.append(lower(witness))
    if len(chosen) < most and "shoes" not in witness.told and witness.sees("shoes") and chance(rng, 0.62):
        chosen.append(shoes(witness))
        if chance(rng, 0.25):
            chosen.append(socks(witness))
    if person.legwear and chance(rng, 0.3):
        chosen.append(tights(witness))
    chosen = [phrase for phrase in chosen if phrase] + more
    if len(chosen) > 1 and chance(rng, 0.18):
        start = int(rng.random() * len(chosen))
        chosen = chosen[start:] + chosen[:start]
    if chosen and chance(rng, 0.025):
        chosen[-1] = f"{GUESSES} {chosen[-1]}"
    return chosen


def listed(things: list[str], witness: Witness) -> str:
    """The things as an English list: a, b and c; a with b."""
    rng = witness.rng
    if len(things) < 2:
        return "".join(things)
    if len(things) == 2 and chance(rng, 0.3):
        return f"{things[0]}[ with|, with| paired with| worn with|, worn with| along with] {things[1]}"
    if len(things) > 2 and chance(rng, 0.12):
        return f"{', '.join(things)}"
    if len(things) == 3 and chance(rng, 0.2):
        return f"{things[0]} [with|and] {things[1]}[,|] and {things[2]}"
    comma = "," if len(things) > 2 and chance(rng, 0.4) else ""
    return f"{', '.join(things[:-1])}{comma} and {things[-1]}"


def uniform(witness: Witness) -> str:
    """The whole outfit in a phrase that follows "dressed"; empty where the clothes do not allow it."""
    person, rng = witness.person, witness.rng
    if {"upper", "lower"} & witness.told or not witness.sees("lower"):
        return ""
    found = []
    shade = one_colour(person)
    if shade and not witness.view.monochrome:
        word = _shared_word(witness)
        found += [f"[all|entirely|fully|completely|totally] in {word}", f"[all|fully|entirely] in {word}",
                  f"in an all-{word} outfit", f"in {word} {CLOTHES}", f"in plain {word}", f"in a {word} "
                                                                                          f"outfit",
                  f"in matching {word} {CLOTHES}"]  # fmt: skip
        if person.shoes.colour.name == shade and witness.sees("shoes"):
            found += [f"in {word} from head to toe", f"in {word} from top to bottom"]
    elif person.lower is not None and not witness.view.monochrome and chance(rng, 0.12):
        one, two = witness.colour(person.upper.colour), witness.colour(person.lower.colour)
        if one != two and one and two:
            witness.told |= {"upper", "lower"}
            return expand(
                f"in {one}[on top|above|at the top] and {two}[below|on the legs|on the lower half]", rng
            )
    found += _vague_outfits(person)
    if not found or (not shade and chance(rng, 0.85)):
        return ""
    witness.told |= {"upper", "lower"}
    return expand(one_of(rng, found), rng)


def _shared_word(witness: Witness) -> str:
    """A word that suits both garments of an outfit of one colour."""
    person, light = witness.person, witness.view.light
    one = words_for(person.upper.colour, light)
    two = words_for((person.lower or person.upper).colour, light)
    both = [word for word in sorted(one, key=lambda word: -one[word])[:4] if word in two and word != "dark"]
    return both[0] if both else person.upper.colour.name


def one_colour(person: Person) -> str:
    """The colour of upper garment and trousers or skirt, when they are plain and share it."""
    worn = (person.upper, person.lower or person.upper)
    plain = not person.upper.open and all(thing.second is None for thing in worn)
    same = plain and worn[0].colour.name == worn[1].colour.name and not person.upper.cut.layered
    return worn[0].colour.name if same else ""


def _vague_outfits(person: Person) -> list[str]:
    """Outfits without a colour, or only dark and light ones."""
    top, lower = person.upper, person.lower
    if lower is None:
        return ["in [work clothes|a worker's outfit|workwear]"] if top.kind == "overalls" else []
    found = []
    light = [lightness(top.colour.rgb), lightness(lower.colour.rgb)]
    if max(light) < 0.25 and not top.open:
        found.append(f"in dark {CLOTHES}")
    if min(light) > 0.72 and not top.open:
        found.append(f"in [light|light-coloured|pale|bright] {CLOTHES}")
    if top.kind in ("hoodie", "zip hoodie", "t-shirt", "sweatshirt") and lower.cut.plural:
        found.append(f"in [casual {CLOTHES}|a casual outfit|everyday clothes|casually|a casual style]")
    if top.kind == "suit jacket" and lower.kind == "trousers":
        found += ["in [business|formal|smart] clothes", "smartly", "formally"]
        found += ["in a suit"] if top.colour.name == lower.colour.name else []
    if lower.kind == "track pants" and top.kind in ("sweatshirt", "hoodie", "t-shirt", "zip hoodie"):
        found += ["in [sportswear|sports clothes|gym clothes|athletic wear]"]
    if top.cut.thick > 0.02 and not top.cut.layered:
        found.append("for [winter|cold weather|the cold]")
    if 0 <= top.cut.sleeve < 0.5 and top.cut.thick < 0.01 and lower.cut.sleeve < 0.5:
        found.append("in summer clothes")
    if top.kind == "safety vest":
        found.append("in [work clothes|a worker's outfit|construction gear|workwear]")
    return [phrase.replace("in casually", "casually") for phrase in found]
