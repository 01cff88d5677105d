"""What a witness writes of a person in a picture: a small grammar over what is true and visible."""

import re
from collections.abc import Callable

from numpy.random import Generator

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.drawing import View
from reidtalk.data.people.phrases import Witness, bag, clothes, garment, hair, noun_of, with_article
from reidtalk.data.people.wardrobe import often

SUBJECTS = {
    ("man", "child"): often("boy 5, young boy 2, little boy, child"),
    ("woman", "child"): often("girl 4, little girl 2, young girl 2, child"),
    ("man", "young"): often("man 4, young man 4, guy, male 0.7"),
    ("woman", "young"): often("woman 4, young woman 3, girl 2, lady, female 0.7"),
    ("man", "adult"): often("man 8, guy, male, gentleman 0.6"),
    ("woman", "adult"): often("woman 8, lady 2, female"),
    ("man", "old"): often("man 3, older man 2, elderly man 2, old man, gentleman"),
    ("woman", "old"): often("woman 3, older woman 2, elderly woman 2, old lady, older lady"),
}
NEUTRAL = often("person 5, pedestrian 2, individual, someone")
BUILDS = {
    "slim": ("slim", "thin", "slender"),
    "heavy": ("heavyset", "stocky", "heavy", "broad", "large"),
    "average": (),
}
MOVING = {
    "front": ("towards the camera", "forward", "toward us"),
    "back": ("away", "away from the camera", "away from us"),
    "right": ("to the right", "toward the right", "from left to right"),
    "left": ("to the left", "toward the left", "from right to left"),
}
STILL = {
    "front": ("facing the camera", "seen from the front", "facing forward"),
    "back": ("seen from behind", "facing away from the camera", "with {his} back to the camera"),
    "right": ("facing right", "seen from the side", "in profile"),
    "left": ("facing left", "seen from the side", "in profile"),
}
LEGS = {
    "standing": ("standing", "standing still"),
    "walking": ("walking", "striding", "taking a step", "in mid stride"),
    "running": ("running", "jogging"),
    "sitting": ("sitting", "seated"),
    "bending": ("bending forward", "leaning forward"),
}
ARMS = {
    "folded": ("with {his} arms crossed", "with folded arms"),
    "pocket": ("with a hand in {his} pocket",),
    "hip": ("with {his} hands on {his} hips",),
    "behind back": ("with {his} hands behind {his} back",),
    "reaching": ("reaching up", "with one arm raised"),
    "pointing": ("with an arm stretched out", "pointing at something"),
}
SEEN_FROM_BEHIND = ("hip", "behind back", "reaching", "pointing")
HELD = {
    "phone": ("holding a phone", "using a cell phone", "with a mobile phone in {his} hand"),
    "cup": ("holding a cup", "with a coffee cup in {his} hand", "carrying a drink"),
    "bottle": ("holding a bottle", "with a water bottle in {his} hand"),
    "book": ("reading a book", "holding a book"),
    "box": ("carrying a box", "holding a cardboard box in both hands"),
    "umbrella": ("holding {umbrella}", "under {umbrella}", "carrying {umbrella}"),
}


def describe(person: Person, view: View, rng: Generator) -> str:
    """One caption of `person` as `view` shows them: one to three sentences, or a few keywords, all true."""
    witness = Witness(person, view, rng)
    style = pick(rng, STYLES)
    text = style(witness)
    his, he = ("her", "she") if person.gender == "woman" else ("his", "he")
    umbrella = with_article(f"{witness.colour(person.umbrella)}umbrella")
    text = text.replace("{his}", his).replace("{he}", he).replace("{umbrella}", umbrella)
    if chance(rng, 0.06):
        text = re.sub(r"\b(an?|the) (?=\w)", "", text)
    text = re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", text)
    return tidy(text, sentence=style is not keywords, stop=chance(rng, 0.88))


def tidy(text: str, *, sentence: bool, stop: bool) -> str:
    """`text` with single spaces; a `sentence` begins with capitals and may end with a `stop`."""
    text = " ".join(text.split())
    if not sentence:
        return text
    text = re.sub(r"(^|\. )([a-z])", lambda found: found[1] + found[2].upper(), text)
    return text + "." if stop else text


def listed(things: list[str], rng: Generator) -> str:
    """The things as an English list: a, b and c."""
    if len(things) < 2:
        return "".join(things)
    comma = "," if len(things) > 2 and chance(rng, 0.5) else ""
    return f"{', '.join(things[:-1])}{comma} and {things[-1]}"


def subject(witness: Witness, *, definite: bool = False) -> str:
    """Who it is: a woman, the slim man, a person."""
    person, rng = witness.person, witness.rng
    noun = pick(rng, NEUTRAL if chance(rng, 0.1) else SUBJECTS[person.gender, person.age])
    if noun == "someone":
        return noun
    if BUILDS[person.build] and chance(rng, 0.18) and " " not in noun:
        noun = f"{one_of(rng, BUILDS[person.build])} {noun}"
    return f"the {noun}" if definite else with_article(noun)


def pronoun(witness: Witness) -> str:
    """He, she, or the person again."""
    return "the person" if chance(witness.rng, 0.08) else "{he}"


def side_of(view: View) -> str:
    """Front, back, left or right: the facing without its quarters."""
    return view.facing.split()[0]


def doing(witness: Witness) -> str:
    """A phrase for movement and view: walking away; standing, seen from behind."""
    view, rng = witness.view, witness.rng
    if view.legs in ("walking", "running"):
        if chance(rng, 0.25):
            return one_of(rng, LEGS[view.legs])
        return f"{one_of(rng, LEGS[view.legs][:2])} {one_of(rng, MOVING[side_of(view)])}"
    posture = one_of(rng, LEGS[view.legs])
    return f"{posture}, {one_of(rng, STILL[side_of(view)])}" if chance(rng, 0.5) else posture


def gestures(witness: Witness) -> list[str]:
    """Phrases for bag, held things and arms, each true of this picture."""
    view, rng = witness.view, witness.rng
    phrases = [bag(witness)] if chance(rng, 0.85) else []
    phrases += [one_of(rng, HELD[thing]) for thing in view.held if chance(rng, 0.75)]
    arms = next((arm for arm in view.arms if arm in ARMS), "")
    behind = side_of(view) == "back"
    shown = arms in SEEN_FROM_BEHIND if behind else arms != "behind back"
    if arms and shown and not view.held and chance(rng, 0.3):
        phrases.append(one_of(rng, ARMS[arms]))
    return [phrase for phrase in phrases if phrase]


def finite(phrase: str) -> str:
    """A gesture as the verb of its own sentence: "is holding a cup", "has folded arms"."""
    return f"has {phrase[5:]}" if phrase.startswith("with ") else f"is {phrase}"


def one_sentence(witness: Witness) -> str:
    """A woman with long hair is wearing a red coat and jeans, carrying a bag."""
    rng, head = witness.rng, hair(witness)
    start = subject(witness)
    if head and chance(rng, 0.5):
        start += f" with {head}"
    verb = one_of(rng, ("is wearing", "wears", "wearing", "dressed in", "is dressed in", "in", "has on"))
    ends = gestures(witness)
    if chance(rng, 0.35):
        ends.append(doing(witness))
    tail = "".join(
        f"{one_of(rng, (', ', ' '))}{end}" if i == 0 else f", {end}" for i, end in enumerate(ends[:2])
    )
    return f"{start} {verb} {listed(clothes(witness, most=4), rng)}{tail}"


def two_sentences(witness: Witness) -> str:
    """A man is wearing a black jacket and is walking away. He has short hair. He is carrying a backpack."""
    rng = witness.rng
    worn = clothes(witness, most=5)
    cut = max(1, int(rng.random() * (len(worn) + 1)))
    who = subject(witness, definite=chance(rng, 0.5))
    text = f"{who} is {one_of(rng, ('wearing', 'dressed in'))} {listed(worn[:cut], rng)}"
    if chance(rng, 0.3):
        text += f" and is {doing(witness)}"
    more = []
    if worn[cut:]:
        verb = one_of(rng, ("also wears", "is also wearing", "has"))
        more.append(f"{pronoun(witness)} {verb} {listed(worn[cut:], rng)}")
    head = hair(witness)
    if head and chance(rng, 0.75):
        more.append(f"{pronoun(witness)} has {head}")
    more += [f"{pronoun(witness)} {finite(end)}" for end in gestures(witness)[:1]]
    return ". ".join([text, *more[: one_of(rng, (1, 2, 2))]])


def seen_first(witness: Witness) -> str:
    """Walking away, a man wears a black jacket."""
    rng = witness.rng
    verb = one_of(rng, ("in", "wearing", "wears", "dressed in"))
    tail = "".join(f", {end}" for end in gestures(witness)[:1])
    return f"{doing(witness)}, {subject(witness)} {verb} {listed(clothes(witness, most=3), rng)}{tail}"


def worn_first(witness: Witness) -> str:
    """Wearing a black jacket and jeans, the man is walking away."""
    rng, head = witness.rng, hair(witness)
    who = subject(witness, definite=True) + (f" with {head}" if head and chance(rng, 0.5) else "")
    start = one_of(rng, ("wearing", "dressed in", "in"))
    return f"{start} {listed(clothes(witness, most=3), rng)}, {who} is {doing(witness)}"


def short(witness: Witness) -> str:
    """A man in a black jacket."""
    rng = witness.rng
    worn = listed(clothes(witness, most=one_of(rng, (1, 2, 2))), rng)
    ends = gestures(witness) if chance(rng, 0.4) else []
    return f"{subject(witness)} {one_of(rng, ('in', 'wearing', 'with'))} {worn}" + (
        f" {ends[0]}" if ends else ""
    )


def has_list(witness: Witness) -> str:
    """The woman has long hair and wears a red coat. Her shoes are black. She is carrying a bag."""
    person, rng, head = witness.person, witness.rng, hair(witness)
    start = subject(witness, definite=chance(rng, 0.7)) + (f" has {head} and" if head else "")
    text = f"{start} wears {listed(clothes(witness, most=2), rng)}"
    shade = witness.colour(person.shoes.colour)
    if witness.sees("shoes") and shade and chance(rng, 0.5):
        text += f". {{his}} {noun_of(person.shoes, rng)} are {shade}"
    ends = gestures(witness)
    return text.strip() + (f". {{he}} {finite(ends[0])}" if ends and chance(rng, 0.7) else "")


def keywords(witness: Witness) -> str:
    """Red jacket, blue jeans, backpack: as typed into a search box."""
    person, rng = witness.person, witness.rng
    things = clothes(witness, most=3)
    if person.bag is not None and witness.sees("bag") and chance(rng, 0.6):
        things.append(garment(witness, person.bag))
    if chance(rng, 0.4):
        things.insert(0, subject(witness))
    return one_of(rng, (", ", ", ", " ")).join(re.sub(r"^an? ", "", thing) for thing in things)


STYLES: dict[Callable[[Witness], str], float] = {
    one_sentence: 5,
    two_sentences: 5,
    seen_first: 1.2,
    worn_first: 1.2,
    short: 1.5,
    has_list: 2.5,
    keywords: 1.1,
}
"""Shapes of a whole caption, with how often."""
