"""What a witness writes of a person in a picture: a small grammar over what is true and visible."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.colours import Colour, lightness, word
from reidtalk.data.people.drawing import View

SUBJECTS: dict[tuple[str, str], dict[str, float]] = {
    ("man", "child"): {"boy": 5, "young boy": 2, "little boy": 1, "child": 1},
    ("woman", "child"): {"girl": 4, "little girl": 2, "young girl": 2, "child": 1},
    ("man", "young"): {"man": 4, "young man": 4, "guy": 1, "male": 0.7, "boy": 0.3},
    ("woman", "young"): {"woman": 4, "young woman": 3, "girl": 2, "lady": 1, "female": 0.7},
    ("man", "adult"): {"man": 8, "guy": 1, "male": 1, "gentleman": 0.6},
    ("woman", "adult"): {"woman": 8, "lady": 2, "female": 1},
    ("man", "old"): {"man": 3, "older man": 2, "elderly man": 2, "old man": 1, "gentleman": 1},
    ("woman", "old"): {"woman": 3, "older woman": 2, "elderly woman": 2, "old lady": 1, "older lady": 1},
}  # fmt: skip
NEUTRAL = {"person": 5.0, "pedestrian": 2, "individual": 1, "someone": 1}
BUILDS = {"slim": ("slim", "thin", "slender"), "heavy": ("heavyset", "stocky", "heavy", "broad", "large")}
WAYS = {
    # where the person faces: phrases after a verb of motion, and phrases for a still person
    "front": (("towards the camera", "forward", "toward us"), ("facing the camera", "seen from the front", "facing forward")),
    "back": (("away", "away from the camera", "away from us"), ("seen from behind", "facing away from the camera", "with {his} back to the camera")),
    "right": (("to the right", "toward the right", "from left to right"), ("facing right", "seen from the side", "in profile")),
    "left": (("to the left", "toward the left", "from right to left"), ("facing left", "seen from the side", "in profile")),
}  # fmt: skip
LEGS = {
    "standing": ("standing", "standing still", "stopped"), "walking": ("walking", "striding", "taking a step", "in mid stride"),
    "running": ("running", "jogging"), "sitting": ("sitting", "seated"), "bending": ("bending forward", "leaning forward"),
}  # fmt: skip
ARMS = {
    "folded": ("with {his} arms crossed", "with folded arms"), "pocket": ("with a hand in {his} pocket",),
    "hip": ("with {his} hands on {his} hips",), "behind back": ("with {his} hands behind {his} back",),
    "reaching": ("reaching up", "with one arm raised"), "pointing": ("with an arm stretched out", "pointing at something"),
}  # fmt: skip
HELD = {
    "phone": ("holding a phone", "using a cell phone", "with a mobile phone in {his} hand"),
    "cup": ("holding a cup", "with a coffee cup in {his} hand", "carrying a drink"),
    "bottle": ("holding a bottle", "with a water bottle in {his} hand"),
    "book": ("reading a book", "holding a book"), "box": ("carrying a box", "holding a cardboard box in both hands"),
    "umbrella": ("holding {an umbrella}", "under {an umbrella}", "carrying {an umbrella}"),
}  # fmt: skip


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
        return name + " " if name else ""


def describe(person: Person, view: View, rng: Generator) -> str:
    """One caption of `person` as `view` shows them: one to three sentences, or a few keywords, all true."""
    witness = Witness(person, view, rng)
    style = pick(rng, STYLES)
    text = style(witness)
    his, he = ("her", "she") if person.gender == "woman" else ("his", "he")
    umbrella = with_article(f"{witness.colour(person.umbrella)}umbrella")
    text = text.replace("{his}", his).replace("{he}", he).replace("{an umbrella}", umbrella)
    if chance(rng, 0.06):
        text = re.sub(r"\b(an?|the) (?=\w)", "", text, flags=re.IGNORECASE)
    return tidy(text, keywords=style is keywords, rng=rng)


def tidy(text: str, *, keywords: bool, rng: Generator) -> str:
    """`text` with single spaces and, unless it is a list of keywords, capitals after full stops and a stop at the end."""
    text = " ".join(text.split()).replace(" ,", ",").replace(" .", ".").replace(",.", ".")
    if keywords:
        return text
    text = re.sub(r"(^|\. )([a-z])", lambda found: found[1] + found[2].upper(), text)
    return text if chance(rng, 0.12) else text + "."


def with_article(noun: str) -> str:
    """`noun` after "a" or "an"."""
    return f"{'an' if noun[:1].lower() in 'aeio' or noun.startswith('umb') else 'a'} {noun}"


def listed(things: list[str], rng: Generator) -> str:
    """The things as an English list: a, b and c."""
    if len(things) < 2:
        return "".join(things)
    comma = "," if len(things) > 2 and chance(rng, 0.5) else ""
    return f"{', '.join(things[:-1])}{comma} and {things[-1]}"


# Garments


def noun_of(garment: Garment, rng: Generator) -> str:
    """What the garment is called, without colour."""
    return pick(rng, garment.cut.names)


def garment(witness: Witness, worn: Garment) -> str:
    """A noun phrase for a garment, with article where it takes one: colour, pattern, name, detail."""
    rng = witness.rng
    noun = noun_of(worn, rng)
    one = witness.colour(worn.colour)
    if chance(rng, 0.07) and not witness.view.monochrome:
        one = vague_shade(worn.colour)
    phrase = patterned(witness, worn, one, noun)
    return phrase if worn.cut.plural else with_article(phrase)


def vague_shade(colour: Colour) -> str:
    """"dark", "light" or nothing: what is left of a colour in bad memory."""
    light = lightness(colour.rgb)
    return "dark " if light < 0.25 else "light-colored " if light > 0.75 else ""


def patterned(witness: Witness, worn: Garment, one: str, noun: str) -> str:
    """Colour, pattern and noun, as far as the view shows the pattern."""
    rng, pattern = witness.rng, worn.pattern
    if worn.second is None or chance(rng, 0.15):
        plain = {"quilted": ("", "quilted ", "padded "), "leather": ("leather ", ""), "denim": ("", "denim "), "knit": ("", "knit ", "knitted ")}
        extra = one_of(rng, plain.get(pattern, ("",))) if worn.second is None else ""
        if extra and (extra.strip() in noun or noun in ("jeans", "blue jeans", "puffer jacket", "puffy jacket", "down jacket")):
            extra = ""
        silver = " with silver reflective stripes" if pattern == "reflective" and chance(rng, 0.5) else ""
        return f"{one}{extra}{noun}{silver}"
    two = witness.colour(worn.second)
    if not two.strip() or two.strip() == one.strip() or two.strip() in ("light", "dark"):
        two = "" if witness.view.monochrome else worn.second.name + " "
    both = f"{one}and {two}" if one.strip() and two.strip() else one or two
    return one_of(rng, PATTERNS[pattern](both, one, two, noun, witness, worn))


def _on_front(text: str, one: str, noun: str, witness: Witness) -> tuple[str, ...]:
    return (f"{one}{noun} {text}",) if witness.sees("front") else (f"{one}{noun}",)


def _lettering(one: str, two: str, noun: str, witness: Witness, worn: Garment) -> tuple[str, ...]:
    behind = worn.size > 1.1
    if behind and witness.view.facing == "back":
        return f"{one}{noun} with {two}letters on the back", f"{one}{noun} with {two}writing on the back"
    return (f"{one}{noun}",) if behind else _on_front(f"with {two}letters on the front", one, noun, witness)


PATTERNS: dict[str, Callable[[str, str, str, str, Witness, Garment], tuple[str, ...]]] = {
    "stripes": lambda both, one, two, noun, *_: (f"{both}striped {noun}", f"{one}{noun} with {two}stripes", f"striped {both}{noun}"),
    "plaid": lambda both, one, two, noun, *_: (f"{both}plaid {noun}", f"{both}checkered {noun}", f"{both}checked {noun}", f"{one}plaid {noun}"),
    "pinstripes": lambda both, one, two, noun, *_: (f"{one}{noun} with thin {two}stripes", f"{one}striped {noun}", f"{one}{noun} with vertical stripes"),
    "dots": lambda both, one, two, noun, *_: (f"{one}{noun} with {two}dots", f"{one}polka dot {noun}", f"{both}dotted {noun}"),
    "flowers": lambda both, one, two, noun, *_: (f"{one}floral {noun}", f"{one}flowered {noun}", f"{one}{noun} with {two}flowers", f"{one}patterned {noun}"),
    "print": lambda both, one, two, noun, witness, worn: _on_front(
        f"with a {two}{one_of(witness.rng, ('print', 'design', 'picture', 'logo', 'graphic'))} on the front", one, noun, witness),
    "letters": lambda both, one, two, noun, witness, worn: _lettering(one, two, noun, witness, worn),
    "halves": lambda both, one, two, noun, *_: (f"{both}{noun}", f"{one}{noun} with {two}shoulders", f"two-tone {noun}, {both}"),
    "side stripe": lambda both, one, two, noun, *_: (f"{one}{noun} with {two}stripes down the sides", f"{one}{noun} with a {two}stripe on the side"),
}  # fmt: skip


def upper(witness: Witness) -> str:
    """The upper garment, with what shows under it."""
    person, rng = witness.person, witness.rng
    phrase = garment(witness, person.upper)
    if chance(rng, 0.08):
        noun = "top" if person.upper.cut.hem < 0.05 else "outfit"
        shade = witness.colour(person.upper.colour) if chance(rng, 0.6) else vague_shade(person.upper.colour)
        phrase = with_article(f"{shade}{noun}")
    inside = person.upper.open and witness.sees("front")
    if inside and chance(rng, 0.55):
        phrase += one_of(rng, (" over {}", " with {} underneath", " open over {}")).format(garment(witness, person.inner))
    elif person.upper.cut.sleeve == 0 and "vest" in person.upper.kind and chance(rng, 0.4):
        phrase += f" over {garment(witness, person.inner)}"
    if witness.view.hood_up and chance(rng, 0.6):
        phrase += one_of(rng, (" with the hood up", " with the hood over {his} head"))
    return phrase


def lower(witness: Witness) -> str:
    """Trousers or skirt; legs when they are bare or in tights and say more."""
    person, rng = witness.person, witness.rng
    if person.lower is None:
        return ""
    phrase = garment(witness, person.lower)
    if person.lower.cut.plural and chance(rng, 0.06):
        phrase = f"{one_of(rng, ('a pair of ',))}{phrase}"
    if not person.lower.cut.plural and person.legwear and witness.sees("legs") and chance(rng, 0.4):
        phrase += f" over {witness.colour(person.legwear)}{one_of(rng, ('tights', 'stockings', 'leggings'))}"
    return phrase


def clothes(witness: Witness, *, most: int) -> list[str]:
    """Noun phrases of what is worn, the upper garment nearly always among them; at most `most`."""
    person, rng = witness.person, witness.rng
    chosen = [upper(witness)]
    if person.lower and witness.sees("lower") and chance(rng, 0.88):
        chosen.append(lower(witness))
    if witness.sees("shoes") and chance(rng, 0.55):
        chosen.append(garment(witness, person.shoes))
    extras = [garment(witness, thing) for name, thing in (("hat", person.hat), ("scarf", person.scarf))
              if thing is not None and witness.sees(name) and chance(rng, 0.75)]  # fmt: skip
    if person.glasses and witness.sees("face") and not witness.view.hood_up and chance(rng, 0.4):
        extras.append("glasses")
    chosen = chosen[: max(1, most - len(extras))] + extras
    if chance(rng, 0.2):
        start = int(rng.random() * len(chosen))
        chosen = chosen[start:] + chosen[:start]
    return [phrase for phrase in chosen[:most] if phrase]


# Body, bags, doing


def subject(witness: Witness, *, definite: bool = False) -> str:
    """Who it is: a woman, the slim man, a person."""
    person, rng = witness.person, witness.rng
    noun = pick(rng, NEUTRAL if chance(rng, 0.1) else SUBJECTS[person.gender, person.age])
    if person.build in BUILDS and chance(rng, 0.18) and " " not in noun and noun != "someone":
        noun = f"{one_of(rng, BUILDS[person.build])} {noun}"
    if noun == "someone":
        return noun
    return f"the {noun}" if definite else with_article(noun)


def pronoun(witness: Witness) -> str:
    """He, she, or the person again."""
    if chance(witness.rng, 0.12):
        return one_of(witness.rng, ("the person", f"the {witness.person.gender}"))
    return "{he}"


def hair(witness: Witness) -> str:
    """Hair (and beard) as "short black hair"; empty when none of it shows."""
    person, rng = witness.person, witness.rng
    bearded = person.beard and witness.sees("face")
    beard = one_of(rng, ("a beard", f"a {witness.colour(person.hair.colour)}beard")) if bearded else ""
    if person.hair.style == "bald":
        bald = "a bald head" if "hat" not in witness.view.seen and not witness.view.hood_up else ""
        return " and ".join(part for part in (bald, beard) if part)
    if not witness.sees("hair") or (witness.sees("hat") and person.hair.style not in ("long", "ponytail")):
        return beard
    tone = witness.colour(person.hair.colour)
    forms = {
        "short": (f"short {tone}hair", f"{tone}hair", f"short-cut {tone}hair"),
        "bob": (f"chin-length {tone}hair", f"shoulder-length {tone}hair", f"{tone}hair in a bob", f"medium-length {tone}hair"),
        "long": (f"long {tone}hair", f"long, loose {tone}hair", f"{tone}hair past the shoulders"),
        "ponytail": (f"a {tone}ponytail", f"{tone}hair in a ponytail", f"{tone}hair tied back"),
        "bun": (f"{tone}hair in a bun", f"a {tone}bun"),
        "afro": (f"curly {tone}hair", f"big {tone}hair", f"{with_article(f'{tone}afro')}"),
    }  # fmt: skip
    return " and ".join(part for part in (one_of(rng, forms[person.hair.style]), beard) if part)


def bag(witness: Witness) -> str:
    """A verb phrase (-ing) for the bag; empty when there is none to see."""
    person, rng = witness.person, witness.rng
    if person.bag is None or not witness.sees("bag"):
        return ""
    phrase = garment(witness, person.bag)
    ways = {
        "backpack": ("carrying {}", "wearing {}", "with {} on {{his}} back", "with {}"),
        "suitcase": ("pulling {}", "with {}", "wheeling {}"),
        "shoulder bag": ("carrying {}", "with {}", "with {} over {{his}} shoulder"),
        "messenger bag": ("carrying {}", "with {}", "wearing {}"),
    }  # fmt: skip
    text = one_of(rng, ways.get(person.bag.kind, ("carrying {}", "holding {}", "with {} in {{his}} hand"))).format(phrase)
    return text.replace("bag over one shoulder over {his} shoulder", "bag over {his} shoulder").replace("on the back on {his} back", "on {his} back")


def doing(witness: Witness) -> str:
    """A verb phrase (-ing or with) for movement and view: walking away, seen from behind."""
    view, rng = witness.view, witness.rng
    side = "front" if view.facing.startswith("front") else "back" if view.facing.startswith("back") else view.facing
    moving, still = WAYS[side]
    if view.legs in ("walking", "running"):
        verb = one_of(rng, LEGS[view.legs][:2]) if view.legs == "walking" else one_of(rng, LEGS[view.legs])
        return f"{verb} {one_of(rng, moving)}" if chance(rng, 0.75) else one_of(rng, LEGS[view.legs])
    return one_of(rng, LEGS[view.legs]) + (f", {one_of(rng, still)}" if chance(rng, 0.5) else "")


def gestures(witness: Witness) -> list[str]:
    """Phrases for bag, held things and arms, each true of this picture."""
    view, rng = witness.view, witness.rng
    phrases = [bag(witness)] if chance(rng, 0.85) else []
    phrases += [one_of(rng, HELD[thing]) for thing in view.held if chance(rng, 0.75)]
    arms = next((arm for arm in view.arms if arm in ARMS), "")
    shown = view.facing != "back" or arms in ("hip", "behind back", "reaching", "pointing")
    if arms == "behind back" and not view.facing.startswith("back"):
        shown = False
    if arms and shown and not view.held and chance(rng, 0.3):
        phrases.append(one_of(rng, ARMS[arms]))
    return [phrase for phrase in phrases if phrase]


# Styles of a whole caption


def one_sentence(witness: Witness) -> str:
    """A woman with long hair is wearing a red coat and jeans, carrying a bag."""
    rng, head = witness.rng, hair(witness)
    start = subject(witness)
    if head and chance(rng, 0.5):
        start += f" with {head}"
    verb = one_of(rng, ("is wearing", "wears", "wearing", "dressed in", "is dressed in", "in", "has on"))
    text = f"{start} {verb} {listed(clothes(witness, most=4), rng)}"
    ends = gestures(witness)
    if chance(rng, 0.35):
        ends.append(doing(witness))
    return text + "".join(f"{one_of(rng, (', ', ' '))}{end}" if i == 0 else f", {end}" for i, end in enumerate(ends[:2]))


def two_sentences(witness: Witness) -> str:
    """A man walks away in a black jacket. He has short hair and carries a backpack."""
    rng = witness.rng
    worn = clothes(witness, most=5)
    cut = max(1, int(rng.random() * (len(worn) + 1)))
    first, rest = worn[:cut], worn[cut:]
    text = f"{subject(witness, definite=chance(rng, 0.5))} is {one_of(rng, ('wearing', 'dressed in'))} {listed(first, rng)}"
    if chance(rng, 0.3):
        text += f" and is {doing(witness)}"
    more = [f"{pronoun(witness)} {one_of(rng, ('also wears', 'is also wearing', 'has'))} {listed(rest, rng)}"] if rest else []
    head = hair(witness)
    if head and chance(rng, 0.75):
        more.append(f"{pronoun(witness)} has {head}")
    more += [f"{pronoun(witness)} is {end}" for end in gestures(witness)[:1]]
    keep = more[: one_of(rng, (1, 2, 2))]
    return ". ".join([text, *keep])


def seen_first(witness: Witness) -> str:
    """Walking away, a man in a black jacket."""
    rng = witness.rng
    ends = gestures(witness)
    tail = f", {ends[0]}" if ends else ""
    return f"{doing(witness)}, {subject(witness)} {one_of(rng, ('in', 'wearing', 'wears', 'dressed in'))} {listed(clothes(witness, most=3), rng)}{tail}"


def worn_first(witness: Witness) -> str:
    """Wearing a black jacket and jeans, the man is walking away."""
    rng = witness.rng
    head = hair(witness)
    who = subject(witness, definite=True) + (f" with {head}" if head and chance(rng, 0.5) else "")
    return f"{one_of(rng, ('wearing', 'dressed in', 'in'))} {listed(clothes(witness, most=3), rng)}, {who} is {doing(witness)}"


def short(witness: Witness) -> str:
    """A man in a black jacket."""
    rng = witness.rng
    worn = clothes(witness, most=one_of(rng, (1, 2, 2)))
    ends = gestures(witness) if chance(rng, 0.4) else []
    return f"{subject(witness)} {one_of(rng, ('in', 'wearing', 'with'))} {listed(worn, rng)}" + (f" {ends[0]}" if ends else "")


def has_list(witness: Witness) -> str:
    """The woman has long hair and wears a red coat. Her shoes are black."""
    person, rng = witness.person, witness.rng
    head = hair(witness)
    start = f"{subject(witness, definite=chance(rng, 0.7))} "
    text = start + (f"has {head} and wears " if head else "wears ") + listed(clothes(witness, most=2), rng)
    shade = witness.colour(person.shoes.colour)
    if witness.sees("shoes") and shade and chance(rng, 0.5):
        text += f". {{his}} {noun_of(person.shoes, rng)} are {shade}"
    ends = gestures(witness)
    return text + (f". {{he}} is {ends[0]}" if ends and chance(rng, 0.7) else "")


def keywords(witness: Witness) -> str:
    """Red jacket, blue jeans, backpack: as typed into a search box."""
    person, rng = witness.person, witness.rng
    bare = [re.sub(r"^an? ", "", phrase) for phrase in clothes(witness, most=3)]
    if person.bag is not None and witness.sees("bag") and chance(rng, 0.6):
        bare.append(re.sub(r"^an? ", "", garment(witness, person.bag)))
    if chance(rng, 0.4):
        bare.insert(0, re.sub(r"^an? ", "", subject(witness)))
    return one_of(rng, (", ", ", ", " ")).join(bare)


STYLES: dict[Callable[[Witness], str], float] = {
    one_sentence: 5, two_sentences: 5, seen_first: 1.2, worn_first: 1.2, short: 1.5, has_list: 2.5, keywords: 1.1,
}  # fmt: skip
