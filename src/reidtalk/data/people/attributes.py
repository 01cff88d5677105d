"""Who a person is: everything that stays the same over all pictures of one identity."""

from dataclasses import dataclass

from reidtalk.data.people.colours import Colour
from reidtalk.data.people.figures.surface import CODES
from reidtalk.data.people.wardrobe import Cut, often


@dataclass(frozen=True, slots=True, kw_only=True)
class Garment:
    """A thing worn or carried."""

    kind: str
    """Key of its table in the wardrobe."""
    cut: Cut
    colour: Colour
    pattern: str = "plain"
    second: Colour | None = None
    """The pattern's colour; None when plain."""
    open: bool = False
    """Whether its front is open and shows what is worn under it."""
    material: str = "cotton"
    """One of `surface.MATERIALS`."""
    size: float = 1.0
    """Scale of the pattern, or of the thing itself."""

    @property
    def texture(self) -> float:
        """How rough its material is painted."""
        return CODES[self.material]

    @property
    def lettered_back(self) -> bool:
        """Whether letters, if it has any, stand on its back."""
        return self.size > 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hair:
    """The hair of a head."""

    style: str
    """bald, shaved, short, mohawk, bob, long, ponytail, braid, pigtails, bun, messy bun, dreadlocks, afro."""
    colour: Colour
    length: float
    """How far it hangs below the top of the head, in body heights."""
    wavy: bool
    tips: Colour | None = None
    """The colour of its lower half, where that differs."""
    fringe: bool = False
    """Whether it falls over the forehead."""
    receding: bool = False
    """Whether the top of the head shows through."""

    @property
    def loose(self) -> bool:
        """Whether it hangs over neck and shoulders."""
        return self.style in ("bob", "long", "dreadlocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Proportions, in body heights, or relative to an average adult's."""

    head: float
    shoulders: float
    hips: float
    waist: float
    depth: float
    limbs: float
    legs: float
    """Height of the hip joint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One identity: what all of its pictures have in common."""

    seed: int
    identity: int
    gender: str
    """woman or man."""
    age: str
    """child, young, adult or old."""
    build: str
    """slim, average or heavy."""
    body: Body
    skin: Colour
    hair: Hair
    beard: str
    """stubble, full, goatee or moustache; empty for none."""
    glasses: bool
    hat: Garment | None
    scarf: Garment | None
    upper: Garment
    inner: Garment
    """What an open front or a sleeveless garment shows."""
    lower: Garment | None
    """None under a dress or in overalls."""
    legwear: Colour | None
    """Tights or socks; None for bare legs."""
    socks: float
    """How high socks reach, as a share of the shin."""
    shoes: Garment
    bag: Garment | None
    extras: tuple[Garment, ...]
    """Belt, tie, apron, watch and the like; each kind at most once."""
    things: tuple[str, ...]
    """What else this person may hold: phone, umbrella, ..."""
    umbrella: Colour

    @property
    def hem(self) -> float:
        """How far skirt, dress or coat reach below the hip joint, in body heights."""
        return max(self.upper.cut.hem, self.lower.cut.hem if self.lower else 0.0)

    @property
    def has_trousers(self) -> bool:
        """Whether the legs are in trousers, shorts, leggings or overalls."""
        return self.upper.kind == "overalls" or (self.lower is not None and self.lower.cut.plural)

    def extra(self, kind: str) -> Garment | None:
        """The extra of that kind, if worn."""
        return next((worn for worn in self.extras if worn.kind == kind), None)


UPPER_COLOURS = often(
    "black 21, dark grey 8, grey 8, light grey 5, white 12, cream 2, beige 3, khaki 2, tan 2, brown 4, "
    "maroon 3, red 6, orange 2.5, yellow 3, pink 4, magenta 2, purple 3, lavender 1.5, navy 9, "
    "blue 7, light blue 4, teal 3, green 4, dark green 3, light green 1.5, olive 3, lime 0.7"
)
LOWER_COLOURS = often(
    "black 14, dark grey 5, grey 4, light grey 2, white 3, beige 3, khaki 4, tan 2, brown 3, maroon 0.7, "
    "red 0.8, pink 0.7, navy 5, blue 2, light blue 0.6, green 0.6, dark green, olive 2, purple 0.4, "
    "teal 0.4, yellow 0.3, orange 0.3, cream"
)
