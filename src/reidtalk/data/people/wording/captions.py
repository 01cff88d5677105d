"""What a witness writes of a person in a picture: a grammar over what is true and visible."""

import re

from numpy.random import Generator

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.drawing import View
from reidtalk.data.people.wording.garments import garment, noun_of
from reidtalk.data.people.wording.gestures import doing, gestures
from reidtalk.data.people.wording.looks import hair, subject
from reidtalk.data.people.wording.mistakes import careless, spelled, tidy
from reidtalk.data.people.wording.phrases import clothes
from reidtalk.data.people.wording.sentences import compose
from reidtalk.data.people.wording.witness import Witness, expand

JOINS = {", ": 6.0, " ": 2.5, " and ": 1.0, " AND ": 0.4, " + ": 0.2, "; ": 0.3, " with ": 0.5}
_ARTICLES = re.compile(r"\ban? |\b(?:his|her|their|the) ")
_PRONOUN = re.compile(r"\{(?:he|his|him)\}")


def describe(person: Person, view: View, rng: Generator) -> str:
    """One caption of `person` as `view` shows them: one to three sentences, or a few keywords, all true.

    Only places, times and what the witness adds about remembering say nothing of the picture.
    """
    witness = Witness(person, view, rng, unsure=chance(rng, 0.09))
    searching = chance(rng, 0.09)
    text = keywords(witness) if searching else compose(witness)
    said = careless(spelled(_finished(text, witness), rng), rng)
    said = said.rstrip(".") if searching else said
    return said if any(map(str.isalnum, said)) else "a person"  # nothing seen, nothing to say


def _finished(text: str, witness: Witness) -> str:
    """`text` with its last choices made and its pronouns put in."""
    pronouns = witness.pronouns
    text = _PRONOUN.sub(lambda found: pronouns[found[0]], text)
    return tidy(expand(text, witness.rng))


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
