"""What there is to wear and to carry: how each thing is cut and what it is called."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One kind of garment: its shape and its names."""

    names: dict[str, float]
    """What people call it, with how often."""
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


def often(table: str) -> dict[str, float]:
    """The weights written as "shirt 3, top": shirt three times as often as top."""
    pairs = re.findall(r"([^,]+?)(?: ([0-9.]+))?(?:, |$)", table)
    return {name: float(weight or 1) for name, weight in pairs}


SOFT = often("plain 6, print 2, letters 0.7, stripes 1.6, dots 0.2, halves 0.4")
SHIRT = often("plain 5, plaid 2.5, pinstripes, stripes 0.4, dots 0.3, flowers 0.3")
BLOUSE = often("plain 6, dots, flowers 1.5, stripes, plaid 0.3")
KNIT = often("plain 6, stripes 1.5, knit 2, halves 0.4")

UPPERS: dict[str, Cut] = {
    "t-shirt": Cut(names=often("t-shirt 6, tee shirt, tee 0.5, short-sleeved shirt 2, short sleeve shirt 2, "
                     "short sleeved top 0.5, shirt 1.5"), sleeve=0.32, hem=0.02, patterns=SOFT,
        woman=4, man=6),
    "long-sleeved t-shirt": Cut(names=often("long-sleeved shirt 3, long sleeve shirt 3, long-sleeved top 2, "
                     "shirt"), sleeve=1, hem=0.02, patterns=SOFT, woman=2, man=2),
    "shirt": Cut(names=often("button-down shirt 2, button-up shirt 2, long-sleeved shirt 2, dress shirt, "
                     "collared shirt, shirt 3"), sleeve=1, hem=0.03, neck="collar", front="buttons",
        patterns=SHIRT, woman=1, man=3),
    "short-sleeved shirt": Cut(names=often("short-sleeved button-up shirt 1.5, short sleeve shirt 3, "
                     "short-sleeved shirt 3, shirt 2"), sleeve=0.36, hem=0.03, neck="collar",
        front="buttons", patterns=SHIRT, woman=0.5, man=2),
    "polo": Cut(names=often("polo shirt 4, polo, short-sleeved shirt, collared shirt 0.7"), sleeve=0.32,
        hem=0.02, neck="collar", patterns=often("plain 4, stripes 2"), woman=0.4, man=2),
    "blouse": Cut(names=often("blouse 5, top 2"), sleeve=0.8, flare=0.006, neck="v", patterns=BLOUSE,
        woman=3, man=0),
    "tank top": Cut(names=often("tank top 4, sleeveless top 2, sleeveless shirt, vest top 0.5"),
        thick=0.003, patterns=often("plain 5, stripes, print"), woman=2, man=0.5),
    "sweater": Cut(names=often("sweater 5, pullover 2, jumper, long-sleeved sweater"), sleeve=1, hem=0.01,
        thick=0.012, patterns=KNIT, woman=3, man=2.5),
    "turtleneck": Cut(names=often("turtleneck 3, turtleneck sweater 2, sweater"), sleeve=1, thick=0.008,
        neck="high", patterns=often("plain 4, knit 2"), woman=0.8, man=0.4),
    "sweatshirt": Cut(names=often("sweatshirt 4, sweater, pullover"), sleeve=1, hem=0.01, thick=0.012,
        patterns=SOFT, woman=1, man=2),
    "hoodie": Cut(names=often("hoodie 5, hooded sweatshirt 3, hooded sweater, hooded jacket 0.5"),
        sleeve=1, hem=0.015, thick=0.015, neck="hood", patterns=often("plain 6, print 2, letters"),
        woman=2, man=3),
    "zip hoodie": Cut(names=often("zip-up hoodie 2, hoodie 3, hooded jacket 2, hooded sweatshirt 1.5"),
        sleeve=1, hem=0.015, thick=0.015, neck="hood", front="opens", woman=1.3, man=2),
    "jacket": Cut(names=often("jacket 7, zip-up jacket 0.7, short jacket 0.5"), sleeve=1, hem=0.015,
        thick=0.017, neck="high", front="opens", patterns=often("plain 8, halves, plaid 0.5"), woman=3.5,
        man=5),
    "leather jacket": Cut(names=often("leather jacket 4, jacket 2"), sleeve=1, thick=0.014, neck="lapel",
        front="opens", patterns=often("leather"), woman=1, man=1.2),
    "denim jacket": Cut(names=often("denim jacket 4, jean jacket 2, jacket"), sleeve=1, thick=0.014,
        neck="collar", front="opens", patterns=often("denim"), woman=1, man=0.8),
    "puffer jacket": Cut(names=often("puffer jacket 2, puffy jacket 2, down jacket 2, winter jacket, "
                     "jacket 2"), sleeve=1, hem=0.03, thick=0.027, neck="high", front="zip",
        patterns=often("quilted"), woman=1.8, man=1.8),
    "suit jacket": Cut(names=often("suit jacket 3, blazer 3, sports coat 0.7, jacket"), sleeve=1,
        hem=0.04, thick=0.014, neck="lapel", front="opens", patterns=often("plain 7, pinstripes 0.6"),
        woman=1, man=2.2),
    "cardigan": Cut(names=often("cardigan 5, open sweater, sweater"), sleeve=1, hem=0.06, thick=0.011,
        neck="v", front="opens", patterns=often("plain 4, knit 3, stripes 0.4"), woman=2.2, man=0.4),
    "coat": Cut(names=often("coat 5, long coat 3, overcoat, knee-length coat"), sleeve=1, hem=0.21,
        thick=0.021, flare=0.015, neck="lapel", front="opens", patterns=often("plain 8, plaid 0.7"),
        woman=3, man=1.5),
    "parka": Cut(names=often("hooded coat 2, parka 2, winter coat 2, coat 2, long jacket"), sleeve=1,
        hem=0.12, thick=0.024, neck="hood", front="zip", woman=1.5, man=1),
    "trench coat": Cut(names=often("trench coat 4, long coat, coat 2"), sleeve=1, hem=0.23, thick=0.018,
        flare=0.02, neck="lapel", front="buttons", woman=1, man=0.6),
    "vest": Cut(names=often("vest 4, sleeveless jacket 2, body warmer 0.5"), hem=0.01, thick=0.02,
        neck="high", front="opens", patterns=often("plain 3, quilted 2"), woman=0.8, man=0.8),
    "safety vest": Cut(names=often("high-visibility vest 2, safety vest 3, reflective vest 2, hi-vis vest"),
        thick=0.018, neck="v", front="zip", patterns=often("reflective"), woman=0.2, man=0.9),
    "dress": Cut(names=often("dress 6"), sleeve=0.25, hem=0.2, thick=0.005, flare=0.05,
        patterns=often("plain 5, flowers 2, dots, stripes, print 0.3"), woman=3.2, man=0),
    "long dress": Cut(names=often("long dress 4, dress 2, maxi dress 0.7"), sleeve=0.3, hem=0.38,
        thick=0.005, flare=0.06, patterns=often("plain 5, flowers 2, stripes 0.5, dots 0.5"), woman=1,
        man=0),
    "overalls": Cut(names=often("pair of coveralls, pair of overalls 1.5, jumpsuit 2, boiler suit"),
        sleeve=1, thick=0.014, neck="collar", front="zip", woman=0.15, man=0.5),
}  # fmt: skip

OPEN_INNER = {"t-shirt": 5.0, "shirt": 2.0, "sweater": 1.0}
"""What is worn under an open front."""

LOWERS: dict[str, Cut] = {
    "jeans": Cut(names=often("jeans 6, denim jeans, denim pants 0.7, pants"), plural=True, sleeve=1,
        thick=0.008, patterns=often("denim"), woman=5, man=6),
    "trousers": Cut(names=often("trousers 3, pants 5, slacks, long pants"), plural=True, sleeve=1,
        thick=0.012, patterns=often("plain 10, plaid 0.4"), woman=3.5, man=5),
    "wide trousers": Cut(names=often("wide trousers, wide-leg pants 2, loose pants 2, baggy pants 2, "
                     "pants 2, trousers"), plural=True, sleeve=1, thick=0.018, flare=0.022, woman=1.5,
        man=1),
    "leggings": Cut(names=often("leggings 4, tight pants 2, skinny pants, tights 0.7"), plural=True,
        sleeve=1, thick=0.001, woman=3.5, man=0.02),
    "cropped trousers": Cut(names=often("cropped pants 2, capri pants 2, capris, calf-length pants"),
        plural=True, sleeve=0.74, thick=0.009, woman=1, man=0.2),
    "track pants": Cut(names=often("sweatpants 3, track pants 2, jogging pants, sports pants, pants"),
        plural=True, sleeve=1, thick=0.012, patterns=often("side stripe 2, plain 2"), woman=0.8, man=1.3),
    "shorts": Cut(names=often("shorts 6, short pants, knee-length shorts"), plural=True, sleeve=0.44,
        thick=0.015, patterns=often("plain 5, side stripe 0.6, plaid 0.6"), woman=0.7, man=2),
    "short shorts": Cut(names=often("short shorts 2, shorts 5"), plural=True, sleeve=0.2, thick=0.008,
        patterns=often("plain 2, denim 2"), woman=1.4, man=0.1),
    "skirt": Cut(names=often("skirt 5, knee-length skirt 1.5"), hem=0.21, flare=0.035,
        patterns=often("plain 5, flowers 0.7, plaid, stripes 0.5, dots 0.4"), woman=2.4, man=0),
    "short skirt": Cut(names=often("short skirt 3, skirt 2, mini skirt"), hem=0.12, thick=0.005,
        flare=0.03, patterns=often("plain 5, plaid, denim"), woman=1.4, man=0),
    "long skirt": Cut(names=often("long skirt 4, skirt 2, maxi skirt 0.5"), hem=0.4, flare=0.05,
        patterns=often("plain 5, flowers, stripes 0.4"), woman=1.1, man=0),
}  # fmt: skip

SHOES: dict[str, Cut] = {
    "sneakers": Cut(names=often("sneakers 4, shoes 3, tennis shoes 1.5, trainers, running shoes, "
                     "athletic shoes 0.5"), plural=True, woman=4, man=5),
    "shoes": Cut(names=often("shoes 5, leather shoes 0.5, dress shoes 0.7"), plural=True, thick=0.003,
        woman=1.5, man=3),
    "flats": Cut(names=often("flats 3, flat shoes 2, shoes 2, ballet flats 0.5"), plural=True, thick=0,
        woman=2, man=0),
    "heels": Cut(names=often("high heels 3, heels 3, high-heeled shoes"), plural=True, thick=0, woman=1,
        man=0),
    "boots": Cut(names=often("boots 5, ankle boots 2"), plural=True, sleeve=0.25, woman=2, man=1.3),
    "high boots": Cut(names=often("tall boots 2, knee-high boots 2, high boots, boots 2"), plural=True,
        sleeve=0.85, woman=1.4, man=0.05),
    "sandals": Cut(names=often("sandals 4, flip-flops 0.7, open shoes 0.3"), plural=True, thick=0,
        woman=1.3, man=0.6),
}  # fmt: skip

HATS: dict[str, Cut] = {
    "cap": Cut(names=often("cap 3, baseball cap 4, hat 2, peaked cap 0.4"), woman=1, man=4),
    "beanie": Cut(names=often("beanie 3, knit hat 2, knit cap, woolly hat 0.7, hat"), woman=2, man=2),
    "brim hat": Cut(names=often("hat 3, brimmed hat, sun hat, wide-brimmed hat"), woman=2, man=1),
    "helmet": Cut(names=often("helmet 5, hard hat 0.5"), woman=0.4, man=0.7),
    "headscarf": Cut(names=often("headscarf 3, hijab 2, scarf on the head 0.5"), woman=1, man=0),
}  # fmt: skip

BAGS: dict[str, Cut] = {
    "backpack": Cut(names=often("backpack 6, rucksack 0.7, knapsack 0.4, bag on the back 0.4"), woman=3,
        man=4),
    "shoulder bag": Cut(names=often("shoulder bag 4, bag over one shoulder, bag, purse 0.7"), woman=3,
        man=0.8),
    "messenger bag": Cut(names=often("messenger bag 2, crossbody bag 2, bag across the body, bag"),
        woman=1.2, man=1.5),
    "handbag": Cut(names=often("handbag 4, purse 2, hand bag 0.5, bag"), woman=3.5, man=0.1),
    "plastic bag": Cut(names=often("plastic bag 4, shopping bag 2, bag"), woman=1.2, man=1),
    "briefcase": Cut(names=often("briefcase 3, bag 0.6"), woman=0.3, man=0.8),
    "suitcase": Cut(names=often("suitcase 3, rolling suitcase 1.5, trolley 0.7, piece of luggage 0.5"),
        woman=0.8, man=0.8),
}  # fmt: skip

THINGS = often("phone 2.5, cup 1.2, umbrella, book 0.7, bottle 0.7, box 0.7")
"""What may be in a hand, with how often."""
