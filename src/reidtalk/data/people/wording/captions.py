"""What a witness writes of a person in a picture: a grammar over what is true and visible."""

import re
from collections.abc import Callable
from itertools import islice

from numpy.random import Generator

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.drawing import View
from reidtalk.data.people.wording.garments import garment, noun_of
from reidtalk.data.people.wording.gestures import bag, doing, gestures, seen_from
from reidtalk.data.people.wording.looks import hair, subject
from reidtalk.data.people.wording.mistakes import careless, spelled, tidy
from reidtalk.data.people.wording.phrases import clothes, extras, lower, shoes, upper
from reidtalk.data.people.wording.sentences import compose
from reidtalk.data.people.wording.witness import Witness, expand

WAYS = {"sentences": 7.0, "brief": 2.2, "keywords": 1.0}
"""How often a witness writes whole sentences, a short query, or keywords."""
TRIES = 5
"""How often a witness looks for something to add to a short query."""
JOINS = {", ": 6.0, " ": 2.5, " and ": 1.0, " AND ": 0.4, " + ": 0.2, "; ": 0.3, " with ": 0.5}
_ARTICLES = re.compile(r"\ban? |\b(?:his|her|their|the) ")
_PRONOUN = re.compile(r"\{(?:he|his|him)\}")


def describe(person: Person, view: View, rng: Generator) -> str:
    """One caption of `person` as `view` shows them, all true: whole sentences, a short query, or keywords.

    Only places, times and what the witness adds about remembering say nothing of the picture.
    """
    witness = Witness(person, view, rng, unsure=chance(rng, 0.09))
    text = {"sentences": compose, "brief": brief, "keywords": keywords}[pick(rng, WAYS)](witness)
    said = careless(spelled(_finished(text, witness), rng), rng)
    return said if any(map(str.isalnum, said)) else "a person"  # nothing seen, nothing to say


def _finished(text: str, witness: Witness) -> str:
    """`text` with its last choices made and its pronouns put in."""
    pronouns = witness.pronouns
    text = _PRONOUN.sub(lambda found: pronouns[found[0]], text)
    return tidy(expand(text, witness.rng))


def brief(witness: Witness) -> str:
    """Who it is and at most two things about them: a man with a backpack, a woman in red running."""
    who, most = subject(witness), one_of(witness.rng, (0, 1, 1, 1, 1, 1, 2, 2, 2))
    remarks = (remark for _ in range(TRIES) if (remark := _remark(witness)))
    return " ".join([who, *islice(remarks, most)])


def _remark(witness: Witness) -> str:
    """One thing about the person, to follow the noun; empty where it is told already or cannot be seen."""
    remark = pick(witness.rng, REMARKS)
    said = _WORN[remark](witness) if remark in _WORN else _SEEN[remark](witness)
    return f"[in|wearing|wearing|with] {said}" if said and remark in _WORN else said


def _once(part: str, say: Callable[[Witness], str]) -> Callable[[Witness], str]:
    """`say` where `part` is in sight and not told yet, else nothing."""
    return lambda witness: say(witness) if witness.first(part) else ""


def _first(say: Callable[[Witness], list[str]]) -> Callable[[Witness], str]:
    """The first of what `say` finds, or nothing."""
    return lambda witness: next(iter(say(witness)), "")


REMARKS = {
    "upper": 2.0, "lower": 1.2, "shoes": 0.8, "extras": 2.5, "hair": 1.6,
    "bag": 2.2, "gesture": 1.0, "doing": 1.0, "view": 1.0,
}  # fmt: skip
"""What a short query says of somebody, and how often."""
_WORN: dict[str, Callable[[Witness], str]] = {
    "upper": _once("upper", upper), "lower": _once("lower", lower), "shoes": _once("shoes", shoes),
    "extras": _first(extras),
}  # fmt: skip
_SEEN: dict[str, Callable[[Witness], str]] = {
    "hair": lambda witness: f"with {said}" if (said := hair(witness)) else "", "bag": bag,
    "gesture": _first(gestures), "doing": doing,
    "view": lambda witness: "" if "side" in witness.told else seen_from(witness),
}  # fmt: skip


def keywords(witness: Witness) -> str:
    """Red jacket, blue jeans, backpack: as typed into a search box."""
    person, rng = witness.person, witness.rng
    things = clothes(witness, most=one_of(rng, (1, 2, 3, 3, 4)))
    if chance(rng, 0.3):
        worn = [person.upper] + ([person.lower] if person.lower and witness.sees("lower") else [])
        things = [_short(witness, each) for each in worn[: len(things)]]
        if len(things) == 2 and chance(rng, 0.2):
            colon = one_of(rng, (":", "", " body"))
            things = [f"upper{colon} {things[0]}", f"lower{colon} {things[1]}"]
    if person.bag is not None and chance(rng, 0.6) and witness.first("bag"):
        things.append(garment(witness, person.bag))
    elif chance(rng, 0.3):
        things += gestures(witness)[:1]
    if chance(rng, 0.45):
        things.insert(0, hair(witness))
    if chance(rng, 0.15):
        things.append(doing(witness))
    if chance(rng, 0.5):
        things.insert(len(things) if chance(rng, 0.2) else 0, subject(witness))
    return pick(rng, JOINS).join(_ARTICLES.sub("", thing) for thing in things if thing)


def _short(witness: Witness, worn: Garment) -> str:
    """Colour and name only."""
    return f"{witness.colour(worn.colour)}{noun_of(worn, witness.rng)}"
