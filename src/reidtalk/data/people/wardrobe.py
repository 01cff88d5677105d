"""What there is to wear and to carry: how each thing is cut and what it is called."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One kind of garment: its shape and its names."""

    names: dict[str, float]
    """What people call it (singular, or plural where `plural`), with how often."""
    plural: bool = False
    """Whether the names take no article: trousers, jeans."""
    sleeve: float = 0.0
    """Share of the arm covered: 0 none, 0.3 short, 1 to the wrist."""
    hem: float = 0.0
    """Where it ends, in body heights below the hip joint (negative: above)."""
    thick: float = 0.006
    """How far it stands off the body, in body heights."""
    flare: float = 0.0
    """How much wider than the hips its hem is, in body heights."""
    neck: str = "round"
    """round, v, collar, hood, high or lapel."""
    front: str = "whole"
    """whole, zip, buttons, or opens (an open front shows what is under it)."""
    patterns: dict[str, float] = field(default_factory=lambda: {"plain": 1.0})
    """What can be on it."""
    woman: float = 1.0
    """How often a woman wears it, against other kinds."""
    man: float = 1.0
    """How often a man wears it."""


SOFT = {"plain": 6.0, "print": 2.0, "letters": 0.7, "stripes": 1.6, "dots": 0.2, "halves": 0.4}
SHIRT = {"plain": 5.0, "plaid": 2.5, "pinstripes": 1.0, "stripes": 0.4, "dots": 0.3, "flowers": 0.3}
BLOUSE = {"plain": 6.0, "dots": 1.0, "flowers": 1.5, "stripes": 1.0, "plaid": 0.3}
KNIT = {"plain": 6.0, "stripes": 1.5, "knit": 2.0, "halves": 0.4}

UPPERS: dict[str, Cut] = {
    "t-shirt": Cut(names={"t-shirt": 6, "tee shirt": 1, "tee": 0.5, "short-sleeved shirt": 2, "short sleeve shirt": 2,
                          "short sleeved top": 0.5, "shirt": 1.5},
                   sleeve=0.32, hem=0.02, patterns=SOFT, woman=4, man=6),
    "long-sleeved t-shirt": Cut(names={"long-sleeved shirt": 3, "long sleeve shirt": 3, "long-sleeved top": 2, "shirt": 1},
                                sleeve=1, hem=0.02, patterns=SOFT, woman=2, man=2),
    "shirt": Cut(names={"button-down shirt": 2, "button-up shirt": 2, "long-sleeved shirt": 2, "dress shirt": 1,
                        "collared shirt": 1, "shirt": 3},
                 sleeve=1, hem=0.03, neck="collar", front="buttons", patterns=SHIRT, woman=1, man=3),
    "short-sleeved shirt": Cut(names={"short-sleeved button-up shirt": 1.5, "short sleeve shirt": 3, "short-sleeved shirt": 3,
                                      "shirt": 2},
                               sleeve=0.36, hem=0.03, neck="collar", front="buttons", patterns=SHIRT, woman=0.5, man=2),
    "polo": Cut(names={"polo shirt": 4, "polo": 1, "short-sleeved shirt": 1, "collared shirt": 0.7}, sleeve=0.32, hem=0.02,
                neck="collar", patterns={"plain": 4, "stripes": 2}, woman=0.4, man=2),
    "blouse": Cut(names={"blouse": 5, "top": 2}, sleeve=0.8, hem=0.0, neck="v", flare=0.006, patterns=BLOUSE, woman=3, man=0),
    "tank top": Cut(names={"tank top": 4, "sleeveless top": 2, "sleeveless shirt": 1, "vest top": 0.5}, sleeve=0, hem=0.0,
                    thick=0.003, patterns={"plain": 5, "stripes": 1, "print": 1}, woman=2, man=0.5),
    "sweater": Cut(names={"sweater": 5, "pullover": 2, "jumper": 1, "long-sleeved sweater": 1}, sleeve=1, hem=0.01, thick=0.012,
                   patterns=KNIT, woman=3, man=2.5),
    "turtleneck": Cut(names={"turtleneck": 3, "turtleneck sweater": 2, "sweater": 1}, sleeve=1, hem=0.0, thick=0.008,
                      neck="high", patterns={"plain": 4, "knit": 2}, woman=0.8, man=0.4),
    "sweatshirt": Cut(names={"sweatshirt": 4, "sweater": 1, "pullover": 1}, sleeve=1, hem=0.01, thick=0.012, patterns=SOFT,
                      woman=1, man=2),
    "hoodie": Cut(names={"hoodie": 5, "hooded sweatshirt": 3, "hooded sweater": 1, "hooded jacket": 0.5}, sleeve=1, hem=0.015,
                  thick=0.015, neck="hood", patterns={"plain": 6, "print": 2, "letters": 1}, woman=2, man=3),
    "zip hoodie": Cut(names={"zip-up hoodie": 2, "hoodie": 3, "hooded jacket": 2, "hooded sweatshirt": 1.5}, sleeve=1, hem=0.015,
                      thick=0.015, neck="hood", front="opens", woman=1.3, man=2),
    "jacket": Cut(names={"jacket": 7, "zip-up jacket": 0.7, "short jacket": 0.5}, sleeve=1, hem=0.015, thick=0.017, neck="high",
                  front="opens", patterns={"plain": 8, "halves": 1, "plaid": 0.5}, woman=3.5, man=5),
    "leather jacket": Cut(names={"leather jacket": 4, "jacket": 2}, sleeve=1, hem=0.0, thick=0.014, neck="lapel", front="opens",
                          patterns={"leather": 1}, woman=1, man=1.2),
    "denim jacket": Cut(names={"denim jacket": 4, "jean jacket": 2, "jacket": 1}, sleeve=1, hem=0.0, thick=0.014, neck="collar",
                        front="opens", patterns={"denim": 1}, woman=1, man=0.8),
    "puffer jacket": Cut(names={"puffer jacket": 2, "puffy jacket": 2, "down jacket": 2, "winter jacket": 1, "jacket": 2},
                         sleeve=1, hem=0.03, thick=0.032, neck="high", front="zip", patterns={"quilted": 1}, woman=1.8, man=1.8),
    "suit jacket": Cut(names={"suit jacket": 3, "blazer": 3, "sports coat": 0.7, "jacket": 1}, sleeve=1, hem=0.04, thick=0.014,
                       neck="lapel", front="opens", patterns={"plain": 7, "pinstripes": 0.6}, woman=1, man=2.2),
    "cardigan": Cut(names={"cardigan": 5, "open sweater": 1, "sweater": 1}, sleeve=1, hem=0.06, thick=0.011, neck="v",
                    front="opens", patterns={"plain": 4, "knit": 3, "stripes": 0.4}, woman=2.2, man=0.4),
    "coat": Cut(names={"coat": 5, "long coat": 3, "overcoat": 1, "knee-length coat": 1}, sleeve=1, hem=0.21, thick=0.021,
                flare=0.015, neck="lapel", front="opens", patterns={"plain": 8, "plaid": 0.7}, woman=3, man=1.5),
    "parka": Cut(names={"hooded coat": 2, "parka": 2, "winter coat": 2, "coat": 2, "long jacket": 1}, sleeve=1, hem=0.12,
                 thick=0.024, neck="hood", front="zip", woman=1.5, man=1),
    "trench coat": Cut(names={"trench coat": 4, "long coat": 1, "coat": 2}, sleeve=1, hem=0.23, thick=0.018, flare=0.02,
                       neck="lapel", front="buttons", woman=1, man=0.6),
    "vest": Cut(names={"vest": 4, "sleeveless jacket": 2, "body warmer": 0.5}, sleeve=0, hem=0.01, thick=0.02, neck="high",
                front="opens", patterns={"plain": 3, "quilted": 2}, woman=0.8, man=0.8),
    "safety vest": Cut(names={"high-visibility vest": 2, "safety vest": 3, "reflective vest": 2, "hi-vis vest": 1}, sleeve=0,
                       hem=0.0, thick=0.018, neck="v", front="opens", patterns={"reflective": 1}, woman=0.2, man=0.9),
    "dress": Cut(names={"dress": 6, "short dress": 0.0001}, sleeve=0.25, hem=0.2, flare=0.05, thick=0.005,
                 patterns={"plain": 5, "flowers": 2, "dots": 1, "stripes": 1, "print": 0.3}, woman=3.2, man=0),
    "long dress": Cut(names={"long dress": 4, "dress": 2, "maxi dress": 0.7}, sleeve=0.3, hem=0.38, flare=0.06, thick=0.005,
                      patterns={"plain": 5, "flowers": 2, "stripes": 0.5, "dots": 0.5}, woman=1, man=0),
    "overalls": Cut(names={"coveralls": 2, "overalls": 2, "jumpsuit": 1, "boiler suit": 0.5}, plural=False, sleeve=1, hem=0.0,
                    thick=0.014, neck="collar", front="zip", woman=0.15, man=0.5),
}  # fmt: skip

OPEN_INNER = {"t-shirt": 5.0, "shirt": 2.0, "sweater": 1.0}

LOWERS: dict[str, Cut] = {
    "jeans": Cut(names={"jeans": 6, "denim jeans": 1, "denim pants": 0.7, "pants": 1, "blue jeans": 0.0001}, plural=True, sleeve=1,
                 thick=0.008, patterns={"denim": 1}, woman=5, man=6),
    "trousers": Cut(names={"trousers": 3, "pants": 5, "slacks": 1, "long pants": 1}, plural=True, sleeve=1, thick=0.012,
                    patterns={"plain": 10, "plaid": 0.4}, woman=3.5, man=5),
    "wide trousers": Cut(names={"wide trousers": 1, "wide-leg pants": 2, "loose pants": 2, "baggy pants": 2, "pants": 2,
                                "trousers": 1}, plural=True, sleeve=1, thick=0.018, flare=0.022, woman=1.5, man=1),
    "leggings": Cut(names={"leggings": 4, "tight pants": 2, "skinny pants": 1, "tights": 0.7}, plural=True, sleeve=1,
                    thick=0.001, woman=3.5, man=0.02),
    "cropped trousers": Cut(names={"cropped pants": 2, "capri pants": 2, "capris": 1, "calf-length pants": 1}, plural=True,
                            sleeve=0.74, thick=0.009, woman=1, man=0.2),
    "track pants": Cut(names={"sweatpants": 3, "track pants": 2, "jogging pants": 1, "sports pants": 1, "pants": 1}, plural=True,
                       sleeve=1, thick=0.012, patterns={"side stripe": 2, "plain": 2}, woman=0.8, man=1.3),
    "shorts": Cut(names={"shorts": 6, "short pants": 1, "knee-length shorts": 1}, plural=True, sleeve=0.44, thick=0.015,
                  patterns={"plain": 5, "side stripe": 0.6, "plaid": 0.6}, woman=0.7, man=2),
    "short shorts": Cut(names={"short shorts": 2, "shorts": 5}, plural=True, sleeve=0.2, thick=0.008,
                        patterns={"plain": 2, "denim": 2}, woman=1.4, man=0.1),
    "skirt": Cut(names={"skirt": 5, "knee-length skirt": 1.5}, hem=0.21, flare=0.035, thick=0.006,
                 patterns={"plain": 5, "flowers": 0.7, "plaid": 1, "stripes": 0.5, "dots": 0.4}, woman=2.4, man=0),
    "short skirt": Cut(names={"short skirt": 3, "skirt": 2, "mini skirt": 1}, hem=0.12, flare=0.03, thick=0.005,
                       patterns={"plain": 5, "plaid": 1, "denim": 1}, woman=1.4, man=0),
    "long skirt": Cut(names={"long skirt": 4, "skirt": 2, "maxi skirt": 0.5}, hem=0.4, flare=0.05, thick=0.006,
                      patterns={"plain": 5, "flowers": 1, "stripes": 0.4}, woman=1.1, man=0),
}  # fmt: skip

SHOES: dict[str, Cut] = {
    "sneakers": Cut(names={"sneakers": 4, "shoes": 3, "tennis shoes": 1.5, "trainers": 1, "running shoes": 1,
                           "athletic shoes": 0.5}, plural=True, thick=0.006, woman=4, man=5),
    "shoes": Cut(names={"shoes": 5, "leather shoes": 0.5, "dress shoes": 0.7}, plural=True, thick=0.003, woman=1.5, man=3),
    "flats": Cut(names={"flats": 3, "flat shoes": 2, "shoes": 2, "ballet flats": 0.5}, plural=True, thick=0.0, woman=2, man=0),
    "heels": Cut(names={"high heels": 3, "heels": 3, "high-heeled shoes": 1}, plural=True, thick=0.0, woman=1, man=0),
    "boots": Cut(names={"boots": 5, "ankle boots": 2}, plural=True, sleeve=0.25, thick=0.006, woman=2, man=1.3),
    "high boots": Cut(names={"tall boots": 2, "knee-high boots": 2, "high boots": 1, "boots": 2}, plural=True, sleeve=0.85,
                      thick=0.006, woman=1.4, man=0.05),
    "sandals": Cut(names={"sandals": 4, "flip-flops": 0.7, "open shoes": 0.3}, plural=True, thick=0.0, woman=1.3, man=0.6),
}  # fmt: skip

HATS: dict[str, Cut] = {
    "cap": Cut(names={"cap": 3, "baseball cap": 4, "hat": 2, "peaked cap": 0.4}, woman=1, man=4),
    "beanie": Cut(names={"beanie": 3, "knit hat": 2, "knit cap": 1, "woolly hat": 0.7, "hat": 1}, woman=2, man=2),
    "brim hat": Cut(names={"hat": 3, "brimmed hat": 1, "sun hat": 1, "wide-brimmed hat": 1}, woman=2, man=1),
    "helmet": Cut(names={"helmet": 5, "hard hat": 0.5}, woman=0.4, man=0.7),
    "headscarf": Cut(names={"headscarf": 3, "hijab": 2, "scarf on the head": 0.5}, woman=1, man=0),
}  # fmt: skip

BAGS: dict[str, Cut] = {
    "backpack": Cut(names={"backpack": 6, "rucksack": 0.7, "knapsack": 0.4, "bag on the back": 0.4}, woman=3, man=4),
    "shoulder bag": Cut(names={"shoulder bag": 4, "bag over one shoulder": 1, "bag": 1, "purse": 0.7}, woman=3, man=0.8),
    "messenger bag": Cut(names={"messenger bag": 2, "crossbody bag": 2, "bag across the body": 1, "bag": 1}, woman=1.2, man=1.5),
    "handbag": Cut(names={"handbag": 4, "purse": 2, "hand bag": 0.5, "bag": 1}, woman=3.5, man=0.1),
    "plastic bag": Cut(names={"plastic bag": 4, "shopping bag": 2, "bag": 1}, woman=1.2, man=1),
    "briefcase": Cut(names={"briefcase": 3, "bag": 0.6}, woman=0.3, man=0.8),
    "suitcase": Cut(names={"suitcase": 3, "rolling suitcase": 1.5, "trolley": 0.7, "piece of luggage": 0.5}, woman=0.8, man=0.8),
}  # fmt: skip

THINGS = {"phone": 2.5, "cup": 1.2, "umbrella": 1.0, "book": 0.7, "bottle": 0.7, "box": 0.7}
