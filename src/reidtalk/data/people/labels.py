"""What is true of a picture, as class numbers: a second lesson for a network that learns from drawings."""

from zlib import crc32

from reidtalk.data.people.attributes import Garment, Person
from reidtalk.data.people.drawing import View

CLASSES = 64
"""Classes of each field; a value's class is its hash, so that new values need no list."""
UNSEEN = -100
"""The class of what the picture does not show."""

FIELDS = (
    "gender", "age", "build", "facing", "legs", "hair", "hair colour", "hair tips", "hat", "hat colour",
    "glasses", "beard", "upper", "upper colour", "upper pattern", "inner", "inner colour", "lower",
    "lower colour", "lower pattern", "shoes", "shoe colour", "bag", "bag colour", "scarf", "extras", "held",
)  # fmt: skip


def labels(person: Person, view: View) -> list[int]:
    """A class for each of `FIELDS`, `UNSEEN` where the picture does not show it."""
    told = {"gender": person.gender, "age": person.age, "build": person.build} | {
        "facing": view.facing,
        "legs": view.legs,
        "held": " ".join(view.held),
        "extras": " ".join(worn.kind for worn in person.extras if worn.kind in view.seen),
    }
    told |= _head(person, view) | _worn("upper", person.upper)
    if "front" in view.seen and person.upper.open:
        told |= _worn("inner", person.inner)
    if "lower" in view.seen:
        told |= _worn("lower", person.lower)
    if "shoes" in view.seen:
        told |= {"shoes": person.shoes.kind, "shoe colour": person.shoes.colour.name}
    bag = person.bag if "bag" in view.seen else None
    told |= {"bag": bag.kind if bag else "none", "scarf": str("scarf" in view.seen)}
    if bag:
        told["bag colour"] = bag.colour.name
    if view.monochrome:
        told = {field: value for field, value in told.items() if not {"colour", "tips"} & set(field.split())}
    return [crc32(told[field].encode()) % CLASSES if field in told else UNSEEN for field in FIELDS]


def _head(person: Person, view: View) -> dict[str, str]:
    told: dict[str, str] = {}
    if "hair" in view.seen:
        tips = person.hair.tips.name if person.hair.tips else "none"
        told |= {"hair": person.hair.style, "hair colour": person.hair.colour.name, "hair tips": tips}
    if "head" in view.seen:
        hat = person.hat if "hat" in view.seen else None
        told["hat"] = hat.kind if hat else "none"
        if hat:
            told["hat colour"] = hat.colour.name
    if "face" in view.seen:
        told |= {"glasses": str(person.glasses), "beard": person.beard}
    return told


def _worn(field: str, garment: Garment | None) -> dict[str, str]:
    """Kind, colour and pattern of a garment under the names of `field`; a missing one is `none`."""
    if garment is None:
        return {field: "none"}
    told = {field: garment.kind, f"{field} colour": garment.colour.name}
    return told if field == "inner" else told | {f"{field} pattern": garment.pattern}
