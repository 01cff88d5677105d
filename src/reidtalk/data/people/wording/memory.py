"""What a witness remembers wrongly: what is certain in a drawing is only likely in a photograph."""

from dataclasses import replace

from numpy.random import Generator

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.chance import chance, one_of
from reidtalk.data.people.drawing import FACINGS, View
from reidtalk.data.people.figures.figure import LEGS


def misremembered(
    person: Person, view: View, stranger: Person, share: float, rng: Generator
) -> tuple[Person, View]:
    """Person and view as a bad witness recalls them: all but colours of clothes confused with a stranger.

    Each thing for itself, with the chance `share`: sex, age, build, hair, hat, bag, glasses, beard, cuts of
    the clothes, facing and what the legs do.
    """

    def wrong() -> bool:
        return chance(rng, share)

    sex = stranger.gender if wrong() else person.gender
    hair, hat, bag = (getattr(stranger if wrong() else person, name) for name in ("hair", "hat", "bag"))
    recalled = replace(
        person,
        gender=sex,
        age=stranger.age if wrong() and "child" not in (stranger.age, person.age) else person.age,
        build=stranger.build if wrong() else person.build,
        hair=hair,
        hat=hat,
        bag=bag,
        beard="" if sex == "woman" else person.beard,
        glasses=stranger.glasses if wrong() else person.glasses,
        upper=_recut(person.upper, stranger.upper) if wrong() and _alike(person, stranger) else person.upper,
        lower=_recut(person.lower, stranger.lower)
        if wrong() and person.lower and stranger.lower
        else person.lower,
        shoes=_recut(person.shoes, stranger.shoes) if wrong() else person.shoes,
    )
    seen = set(view.seen)
    for part, thing, true in (("hat", hat, person.hat), ("bag", bag, person.bag)):
        if thing is not true and (part == "bag" or "head" in seen):
            seen = seen | {part} if thing else seen - {part}
    return recalled, replace(
        view,
        seen=frozenset(seen),
        facing=one_of(rng, FACINGS) if wrong() else view.facing,
        legs=one_of(rng, tuple(LEGS)) if wrong() else view.legs,
    )


def _alike(person: Person, stranger: Person) -> bool:
    """Whether both wear something below their upper garment, or neither does: a dress is no jacket."""
    return (person.lower is None) == (stranger.lower is None)


def _recut(garment: Garment, other: Garment) -> Garment:
    """`other` in the colours of `garment`."""
    return replace(other, colour=garment.colour, pattern=garment.pattern, second=garment.second)
