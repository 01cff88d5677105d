"""Someone who describes a picture of a person, and how their templates become text."""

import re
from dataclasses import dataclass, field

from numpy.random import Generator

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.chance import one_of
from reidtalk.data.people.colours import Colour
from reidtalk.data.people.drawing import View
from reidtalk.data.people.wording.colour_names import word

_CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(slots=True)
class Witness:
    """Someone who describes one view of a person, and remembers what is already said."""

    person: Person
    view: View
    rng: Generator
    told: set[str] = field(default_factory=set)
    """Parts that the caption has mentioned."""
    unsure: bool = False
    """Whether the witness leaves open if it is a man or a woman."""

    def sees(self, part: str) -> bool:
        """Whether the picture shows `part`."""
        return part in self.view.seen

    def colour(self, colour: Colour) -> str:
        """A word for the colour with a space after it; nothing where the picture has no colours."""
        name = "" if self.view.monochrome else word(colour, self.rng, self.view.light)
        return f"{name} " if name else ""

    def first(self, part: str) -> bool:
        """Whether `part` can be seen and was not mentioned yet; from now on it is."""
        new = part in self.view.seen and part not in self.told
        self.told.add(part)
        return new

    @property
    def side(self) -> str:
        """Front, back, left or right: the facing without its quarters."""
        return self.view.facing.split()[0]

    @property
    def pronouns(self) -> dict[str, str]:
        """He, his and him for this person."""
        if self.unsure:
            return {"{he}": "[the|this] person", "{his}": "their", "{him}": "them"}
        if self.person.gender == "woman":
            return {"{he}": "she", "{his}": "her", "{him}": "her"}
        return {"{he}": "he", "{his}": "his", "{him}": "him"}


def expand(text: str, rng: Generator) -> str:
    """`text` with one of the alternatives of every [a|b|c], nested ones included."""
    while "[" in text:
        text = _CHOICE.sub(lambda found: one_of(rng, found[1].split("|")), text)
    return text


_VOWEL = re.compile(r"[aeio]|umb|un(?!i)|up", re.IGNORECASE)


def with_article(noun: str) -> str:
    """`noun` after "a" or "an"."""
    return f"{'an' if _VOWEL.match(noun) else 'a'} {noun}"
