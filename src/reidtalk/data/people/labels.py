"""What is true of a picture, as class numbers: a second lesson for a network that learns from drawings."""

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.colours import REGIONS
from reidtalk.data.people.drawing import FACINGS, View
from reidtalk.data.people.figures.figure import LEGS
from reidtalk.data.people.identity import BEARDS, HAIRCUTS
from reidtalk.data.people.wardrobe import BAGS, EXTRAS, HATS, LOWERS, SHOES, THINGS, UPPERS

UNSEEN = -100
"""The class of what the picture does not show."""
NONE = "none"
_YES_OR_NO = ("no", "yes")
_UPPER_PATTERNS = sorted({pattern for cut in UPPERS.values() for pattern in cut.patterns})
_LOWER_PATTERNS = sorted({pattern for cut in LOWERS.values() for pattern in cut.patterns})
_ON_ONE_SIDE = ("print", "letters", "numbers")
"""Patterns that a picture from the other side does not show."""

VALUES: dict[str, tuple[str, ...]] = {
    "gender": ("woman", "man"), "age": ("child", "young", "adult", "old"),
    "build": ("slim", "average", "heavy"),
    "facing": FACINGS, "legs": tuple(LEGS), "hair": tuple({*HAIRCUTS["woman"]} | {*HAIRCUTS["man"]}),
    "hair colour": tuple(REGIONS), "hair tips": (NONE, *REGIONS),
    "hat": (NONE, *HATS), "hat colour": tuple(REGIONS),
    "glasses": _YES_OR_NO, "beard": (NONE, *BEARDS), "upper": tuple(UPPERS), "upper colour": tuple(REGIONS),
    "upper pattern": tuple(_UPPER_PATTERNS), "inner": tuple(UPPERS), "inner colour": tuple(REGIONS),
    "lower": (NONE, *LOWERS), "lower colour": tuple(REGIONS), "lower pattern": tuple(_LOWER_PATTERNS),
    "shoes": tuple(SHOES), "shoe colour": tuple(REGIONS), "bag": (NONE, *BAGS), "bag colour": tuple(REGIONS),
    "scarf": _YES_OR_NO, "held": (NONE, *THINGS, "bike"), **dict.fromkeys(EXTRAS, _YES_OR_NO),
}  # fmt: skip
"""The fields, and what each may be; a value's class is its position."""
FIELDS = tuple(VALUES)
CLASSES = max(map(len, VALUES.values()))
_CLASS = {
    field: {value: number for number, value in enumerate(sorted(values))} for field, values in VALUES.items()
}


def class_of(field: str, value: str) -> int:
    """The class that stands for `value` among what the field may be."""
    return _CLASS[field][value]


def labels(person: Person, view: View) -> list[int]:
    """A class for each of `FIELDS`, `UNSEEN` where the picture does not show it."""
    told = {"gender": person.gender, "age": person.age, "build": person.build}
    told |= {"facing": view.facing, "legs": view.legs, "held": view.held[0] if view.held else NONE}
    told |= _head(person, view) | _worn("upper", person.upper)
    if person.upper.pattern in _ON_ONE_SIDE and "front" not in view.seen:
        del told["upper pattern"]
    if "front" in view.seen and person.upper.open:
        told |= {"inner": person.inner.kind, "inner colour": person.inner.colour.name}
    if "lower" in view.seen:
        told |= _worn("lower", person.lower)
    if "shoes" in view.seen:
        told |= {"shoes": person.shoes.kind, "shoe colour": person.shoes.colour.name}
    told |= _thing("bag", person.bag, view) | {kind: "yes" for kind in EXTRAS if kind in view.seen}
    told |= {kind: "no" for kind in EXTRAS if person.extra(kind) is None}
    if person.scarf is None or "scarf" in view.seen:
        told["scarf"] = _YES_OR_NO[person.scarf is not None]
    if view.monochrome:
        told = {field: value for field, value in told.items() if not {"colour", "tips"} & set(field.split())}
    return [class_of(field, told[field]) if field in told else UNSEEN for field in FIELDS]


def _head(person: Person, view: View) -> dict[str, str]:
    """Hair, hat, glasses and beard, as far as they can be seen."""
    told = _thing("hat", person.hat, view) if "head" in view.seen else {}
    if "hair" in view.seen:
        tips = person.hair.tips.name if person.hair.tips else NONE
        told |= {"hair": person.hair.style, "hair colour": person.hair.colour.name, "hair tips": tips}
    if "glasses" in view.seen:
        told["glasses"] = _YES_OR_NO[person.glasses]
    if "face" in view.seen:
        told["beard"] = person.beard or NONE
    return told


def _thing(field: str, thing: Garment | None, view: View) -> dict[str, str]:
    """Kind and colour of a bag or hat; `NONE` if there is none, nothing if it is out of sight."""
    if thing is None:
        return {field: NONE}
    return {field: thing.kind, f"{field} colour": thing.colour.name} if field in view.seen else {}


def _worn(field: str, garment: Garment | None) -> dict[str, str]:
    """Kind, colour and pattern of a garment under the names of `field`; a missing one is `NONE`."""
    if garment is None:
        return {field: NONE}
    return {field: garment.kind, f"{field} colour": garment.colour.name, f"{field} pattern": garment.pattern}
