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
    alone: bool = False
    """Whether no trousers or skirt are worn with it."""
    layered: bool = False
    """Whether its arms are those of the garment below."""
    ajar: float = 0.6
    """How often a front that opens is open."""
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


SOFT = often("plain 6, print 2, letters 0.7, stripes 1.6, dots 0.2, halves 0.4, raglan 0.5, trim 0.25")
SHIRT = often("plain 5, plaid 2.5, pinstripes, stripes 0.4, dots 0.3, flowers 0.3")
BLOUSE = often("plain 6, dots, flowers 1.5, stripes, plaid 0.3")
KNIT = often("plain 6, stripes 1.3, knit 2, halves 0.4, trim 0.3")

UPPERS: dict[str, Cut] = {
    "t-shirt": Cut(names=often("t-shirt 7, tee, short-sleeved shirt 2, short-sleeved top, shirt 1.5, top "
                     "0.7, short-sleeved tee 0.4"), sleeve=0.32, hem=0.02, patterns=SOFT,
        woman=4, man=6),
    "long-sleeved t-shirt": Cut(names=often("long-sleeved shirt 3, long-sleeved top 2, long-sleeved "
                     "t-shirt 1.5, shirt, top, jersey 0.2"),
        sleeve=1, hem=0.02, patterns=SOFT, woman=2, man=2),
    "shirt": Cut(names=often("button-down shirt 1.5, button-up shirt 1.5, long-sleeved shirt 1.5, dress "
                     "shirt, collared shirt 1.5, shirt 4, buttoned shirt 0.4, oxford shirt 0.2, shirt "
                     "with a collar 0.5"), sleeve=1, hem=0.03, neck="collar", front="buttons",
        patterns=SHIRT, woman=1, man=3),
    "short-sleeved shirt": Cut(names=often("short-sleeved button-up shirt, short-sleeved shirt 4, shirt "
                     "2, collared shirt 0.7, button shirt 0.5, bowling shirt 0.3, summer shirt 0.2"),
        sleeve=0.36, hem=0.03, neck="collar",
        front="buttons", patterns=SHIRT, woman=0.5, man=2),
    "polo": Cut(names=often("polo shirt 4, polo 2, short-sleeved shirt, collared shirt 0.7, golf shirt "
                     "0.3, polo top 0.3"), sleeve=0.32,
        hem=0.02, neck="collar", patterns=often("plain 4, stripes 2"), woman=0.4, man=2),
    "blouse": Cut(names=often("blouse 5, top 2.5, shirt"), sleeve=0.8, flare=0.006, neck="v", patterns=BLOUSE,
        woman=3, man=0),
    "tank top": Cut(names=often("tank top 4, sleeveless top 2, sleeveless shirt, vest top 0.5, tank 0.6, "
                     "singlet 0.5, camisole 0.3, undershirt 0.3, muscle shirt 0.2"),
        thick=0.003, patterns=often("plain 5, stripes, print"), woman=2, man=0.5),
    "sweater": Cut(names=often("sweater 5, pullover 2, jumper 2, long-sleeved sweater 0.7, knit top 0.4, "
                     "jersey 0.3, top 0.6"), sleeve=1, hem=0.01,
        thick=0.012, patterns=KNIT, woman=3, man=2.5),
    "turtleneck": Cut(names=often("turtleneck 3, turtleneck sweater 2, sweater, polo neck 0.5, roll-neck "
                     "0.4, roll-neck sweater 0.4, high-necked top 0.4, jumper 0.5"), sleeve=1, thick=0.008,
        neck="high", patterns=often("plain 4, knit 2"), woman=0.8, man=0.4),
    "sweatshirt": Cut(names=often("sweatshirt 4, sweater 1.5, pullover, crewneck 0.5, jumper 0.6, "
                     "long-sleeved top 0.6, crew-neck sweatshirt 0.3"), sleeve=1, hem=0.01, thick=0.012,
        patterns=SOFT, woman=1, man=2),
    "hoodie": Cut(names=often("hoodie 5, hooded sweatshirt 2.5, hooded sweater, hooded top 1.2, hoody "
                     "0.7, hooded jumper 0.4, sweatshirt with a hood 0.4"),
        sleeve=1, hem=0.015, thick=0.015, neck="hood", patterns=often("plain 6, print 2, letters"),
        woman=2, man=3),
    "zip hoodie": Cut(names=often("zip-up hoodie 2, hoodie 3, hooded jacket 1.5, hooded sweatshirt 1.5, "
                     "zipped hoodie 0.6, hoody 0.5, hooded top 0.7, zip hoodie 0.5"),
        sleeve=1, hem=0.015, thick=0.015, neck="hood", front="opens", woman=1.3, man=2),
    "jacket": Cut(names=often("jacket 8, zip-up jacket 0.7, short jacket 0.5, bomber jacket 0.7, coat, "
                     "bomber 0.2, casual jacket 0.3, outdoor jacket 0.2"), sleeve=1, hem=0.015,
        thick=0.017, neck="high", front="opens", patterns=often("plain 8, halves, plaid 0.5"), woman=3.5,
        man=5),
    "leather jacket": Cut(names=often("leather jacket 5, jacket 1.5, biker jacket 0.7, leather coat 0.7"),
        sleeve=1, thick=0.014, neck="lapel",
        front="opens", patterns=often("leather"), woman=1, man=1.2),
    "denim jacket": Cut(names=often("denim jacket 4, jean jacket 2, jacket, denim coat "
                     "0.2"), sleeve=1, thick=0.014,
        neck="collar", front="opens", patterns=often("denim"), woman=1, man=0.8),
    "puffer jacket": Cut(names=often("puffer jacket 2, puffy jacket 2, down jacket 2, winter jacket, "
                     "jacket 2, padded jacket, puffer 0.4, quilted jacket 0.7, coat 0.7, anorak 0.3, "
                     "winter coat 0.5"), sleeve=1, hem=0.03, thick=0.027, neck="high", front="zip",
        patterns=often("quilted"), woman=1.8, man=1.8),
    "suit jacket": Cut(names=often("suit jacket 3, blazer 3, sports coat 0.5, jacket, suit coat 0.5, "
                     "formal jacket 0.3, dinner jacket 0.1"), sleeve=1,
        hem=0.04, thick=0.014, neck="lapel", front="opens", patterns=often("plain 7, pinstripes 0.6"),
        woman=1, man=2.2),
    "cardigan": Cut(names=often("cardigan 5, open sweater 0.7, sweater, cardi 0.2, knit jacket 0.4, "
                     "knitted jacket 0.3"), sleeve=1, hem=0.06, thick=0.011,
        neck="v", front="opens", patterns=often("plain 4, knit 3, stripes 0.4"), woman=2.2, man=0.4),
    "coat": Cut(names=often("coat 6, long coat 2.5, overcoat 1.5, knee-length coat, winter coat 0.6, "
                     "topcoat 0.2, wool coat 0.5"), sleeve=1, hem=0.21,
        thick=0.021, flare=0.015, neck="lapel", front="opens", patterns=often("plain 8, plaid 0.7"),
        woman=3, man=1.5),
    "parka": Cut(names=often("hooded coat 2, parka 2, winter coat 2, coat 2, long jacket 0.8, anorak 0.6, "
                     "hooded jacket 0.8, winter jacket 0.8"), sleeve=1,
        hem=0.12, thick=0.024, neck="hood", front="zip", woman=1.5, man=1),
    "trench coat": Cut(names=often("trench coat 4, long coat, coat 2, raincoat, mackintosh 0.2, trench "
                     "0.3"), sleeve=1, hem=0.23, thick=0.018,
        flare=0.02, neck="lapel", front="buttons", woman=1, man=0.6),
    "vest": Cut(names=often("vest 4, sleeveless jacket 2, body warmer 0.7, gilet 0.8, padded vest 0.5, "
                     "waistcoat 0.5, sleeveless vest 0.3"), hem=0.01, thick=0.02,
        neck="high", front="opens", layered=True, patterns=often("plain 3, quilted 2"), woman=0.8, man=0.8),
    "safety vest": Cut(names=often("high-visibility vest 2, safety vest 3, reflective vest 2, hi-vis "
                     "vest, hi-vis waistcoat 0.5, hi-viz vest 0.4, fluorescent vest 0.6, work vest "
                     "0.4, reflective waistcoat 0.3, high-vis vest 0.4, safety waistcoat 0.2, vest 0.5"),
        thick=0.012, neck="v", front="zip", layered=True, patterns=often("reflective"), woman=0.2, man=0.9),
    "dress": Cut(names=often("dress 8, frock 0.3, knee-length dress 0.8, short-sleeved dress 0.7, gown "
                     "0.1"), alone=True, sleeve=0.25, hem=0.2, thick=0.005, flare=0.05,
        patterns=often("plain 5, flowers 2, dots, stripes, print 0.3"), woman=3.2, man=0),
    "long dress": Cut(names=often("long dress 4, dress 2, maxi dress 0.7, gown 0.4, full-length dress 0.4"),
        alone=True, sleeve=0.3, hem=0.38,
        thick=0.005, flare=0.06, patterns=often("plain 5, flowers 2, stripes 0.5, dots 0.5"), woman=1,
        man=0),
    "overalls": Cut(names=often("pair of coveralls, pair of overalls 1.5, jumpsuit 2, boiler suit, "
                     "one-piece suit 0.4, work suit 0.5, romper 0.1, one-piece 0.2"),
        alone=True, sleeve=1, thick=0.014, neck="collar", front="zip", woman=0.15, man=0.5),
    "draped cardigan": Cut(names=often("long cardigan 3, draped cardigan, open cardigan, cardigan 3, long "
                     "sweater, flowing cardigan 0.5, open sweater 0.4, draped sweater 0.4"),
        sleeve=1, hem=0.14, thick=0.012, flare=0.035, neck="v", front="opens",
        ajar=1.0, patterns=often("plain 4, knit"), woman=1.6, man=0.03),
    "tunic": Cut(names=often("tunic 2, long top 2, long shirt, tunic top 0.5, long blouse 0.5"),
        sleeve=0.9, hem=0.09, thick=0.006,
        flare=0.02, patterns=BLOUSE, woman=1.5, man=0.3),
    "crop top": Cut(names=often("crop top 3, cropped top 2, short top, cropped shirt 0.4, cropped t-shirt "
                     "0.4"), sleeve=0.25, hem=-0.07,
        thick=0.004, patterns=often("plain 4, stripes, letters 0.5"), woman=0.9, man=0),
    "jersey": Cut(names=often("jersey 3, sports jersey 2, football shirt 0.8, sports shirt 1.5, soccer "
                     "jersey 0.5, team shirt 0.4, basketball jersey 0.2, sport top 0.4, shirt 0.6"),
        sleeve=0.36,
        hem=0.03, thick=0.009, neck="v", patterns=often("numbers 4, raglan 1.5, trim, stripes"), woman=0.4,
        man=1.6),
    "track jacket": Cut(names=often("track jacket 3, sports jacket 2, zip-up jacket, jacket 2, tracksuit "
                     "top 0.7, training jacket 0.5, sport jacket 0.5, tracksuit jacket 0.4"), sleeve=1,
        hem=0.01, thick=0.011, neck="high", front="zip", patterns=often("side stripe 2, trim, plain"),
        woman=0.7, man=1.2),
    "fleece jacket": Cut(names=often("fleece jacket 3, fleece 2, jacket 2, fleece top 0.5, fluffy jacket "
                     "0.3"), sleeve=1, hem=0.015,
        thick=0.015, neck="high", front="opens", patterns=often("plain 5, halves"), woman=0.7, man=0.9),
    "windbreaker": Cut(names=often("windbreaker 3, rain jacket 2, jacket 3, anorak 0.6, raincoat 0.8, "
                     "windcheater 0.2, hooded jacket 0.8, waterproof jacket 0.5"), sleeve=1, hem=0.02,
        thick=0.015, neck="hood", front="zip", patterns=often("plain 4, halves, trim"), woman=0.8, man=1),
    "waistcoat": Cut(names=often("waistcoat 2, vest 3, dress vest 0.7, suit vest 0.7, buttoned vest 0.3"),
        hem=0.01, thick=0.008, neck="v",
        front="buttons", layered=True, patterns=often("plain 4, pinstripes"), woman=0.15, man=0.6),
    "safety jacket": Cut(names=often("high-visibility jacket 2, safety jacket 2, reflective jacket 2, "
                     "hi-vis jacket, fluorescent jacket 0.6, work jacket 0.6, hi-viz jacket 0.3, "
                     "high-vis coat 0.3"), sleeve=1, hem=0.03, thick=0.02, neck="high", front="zip",
        patterns=often("reflective"), woman=0.1, man=0.5),
    "lab coat": Cut(names=often("lab coat 2, long coat, coat 2, overall 0.2, smock 0.3"),
        sleeve=1, hem=0.17, thick=0.012,
        flare=0.015, neck="lapel", front="opens", woman=0.3, man=0.3),
    "poncho": Cut(names=often("poncho 3, cape 2, shawl, wrap 0.4, cloak 0.3"),
        sleeve=1, hem=0.02, thick=0.012, flare=0.09,
        patterns=often("plain 3, stripes, plaid"), woman=0.7, man=0.05),
    "sundress": Cut(names=often("sleeveless dress 3, summer dress 2, dress 3, sundress 1.5, strappy dress "
                     "0.3, sun dress 0.4"), alone=True, hem=0.17,
        thick=0.004, flare=0.035, patterns=often("plain 4, flowers 2, dots, stripes 0.6"), woman=1.8, man=0),
    "saree": Cut(names=often("saree 3, sari 3, long draped dress, long dress"), alone=True, sleeve=0.22,
        hem=0.42, thick=0.006, flare=0.035, patterns=often("sash 3, trim"), woman=0.45, man=0),
    "robe": Cut(names=often("long robe 3, robe 3, long gown, abaya 0.4, kaftan 0.3, long dress 0.6"),
        alone=True, sleeve=1, hem=0.43, thick=0.014,
        flare=0.03, woman=0.6, man=0.25),
}  # fmt: skip

OPEN_INNER = {"t-shirt": 5.0, "shirt": 2.0, "sweater": 1.0, "turtleneck": 0.4}
"""What is worn under an open front."""

LOWERS: dict[str, Cut] = {
    "jeans": Cut(names=often("jeans 8, denim jeans, denim pants 0.7, pants, denim trousers 0.7, denims "
                     "0.4, denim 0.5, trousers 0.5"), plural=True, sleeve=1,
        thick=0.008, patterns=often("denim"), woman=5, man=6),
    "trousers": Cut(names=often("trousers 4, pants 5, slacks, long pants 0.7, bottoms 0.5, dress pants "
                     "0.6, chinos 0.5, suit pants 0.2, long trousers 0.4"), plural=True, sleeve=1,
        thick=0.012, patterns=often("plain 10, plaid 0.4"), woman=3.5, man=5),
    "wide trousers": Cut(names=often("wide trousers, wide-leg pants 1.5, loose pants 1.5, baggy pants "
                     "1.5, pants 2, trousers 1.5, palazzo pants 0.2, baggy trousers 0.8, loose "
                     "trousers 0.8, flared trousers 0.6, bell-bottoms 0.1"),
        plural=True, sleeve=1, thick=0.018, flare=0.022, woman=1.5,
        man=1),
    "leggings": Cut(names=often("leggings 5, tight pants 1.5, skinny pants, tights 0.8, tight trousers "
                     "0.8, yoga pants 0.5, skinny trousers 0.4, stretch pants 0.2"), plural=True,
        sleeve=1, thick=0.001, woman=3.5, man=0.02),
    "cropped trousers": Cut(names=often("cropped pants 2, capri pants 2, capris, calf-length pants, "
                     "cropped trousers, three-quarter pants 0.8, three-quarter trousers 0.5, "
                     "ankle-length pants 0.3, pants 0.7"),
        plural=True, sleeve=0.74, thick=0.009, woman=1, man=0.2),
    "track pants": Cut(names=often("sweatpants 3, track pants 2, jogging pants, sports pants, pants, "
                     "joggers, tracksuit bottoms 0.8, track bottoms 0.3, jogging bottoms 0.5, sport "
                     "trousers 0.4, training pants 0.3"),
        plural=True, sleeve=1, thick=0.012, patterns=often("side stripe 2, plain 2"), woman=0.8, man=1.3),
    "shorts": Cut(names=often("shorts 7, short pants, knee-length shorts, short trousers 0.3, bermuda "
                     "shorts 0.3"), plural=True, sleeve=0.44,
        thick=0.015, patterns=often("plain 5, side stripe 0.6, plaid 0.6"), woman=0.7, man=2),
    "short shorts": Cut(names=often("short shorts 2, shorts 5, hot pants 0.3, very short shorts 0.4"),
        plural=True, sleeve=0.2, thick=0.008,
        patterns=often("plain 2, denim 2"), woman=1.4, man=0.1),
    "skirt": Cut(names=often("skirt 6, knee-length skirt 1.5, midi skirt 0.5"), hem=0.21, flare=0.035,
        patterns=often("plain 5, flowers 0.7, plaid, stripes 0.5, dots 0.4"), woman=2.4, man=0),
    "short skirt": Cut(names=often("short skirt 3, skirt 2, mini skirt, miniskirt 0.5"),
        hem=0.12, thick=0.005,
        flare=0.03, patterns=often("plain 5, plaid, denim"), woman=1.4, man=0),
    "long skirt": Cut(names=often("long skirt 4, skirt 2, maxi skirt 0.5, ankle-length skirt 0.5, "
                     "full-length skirt 0.2"), hem=0.4, flare=0.05,
        patterns=often("plain 5, flowers, stripes 0.4"), woman=1.1, man=0),
    "skinny jeans": Cut(names=often("skinny jeans 3, tight jeans 2, jeans 5, slim jeans, tight denim "
                     "pants 0.3, skinny denims 0.2, slim-fit jeans 0.4"), plural=True, sleeve=1,
        thick=0.003, patterns=often("denim"), woman=3, man=1.2),
    "ripped jeans": Cut(names=often("ripped jeans 3, torn jeans, jeans with holes at the knees, jeans, "
                     "distressed jeans 0.4, jeans with rips 0.4"), plural=True,
        sleeve=1, thick=0.007, patterns=often("ripped"), woman=0.7, man=0.5),
    "rolled jeans": Cut(names=often("rolled-up jeans 2, jeans with rolled-up cuffs 1.5, jeans 2, cuffed "
                     "jeans, jeans rolled at the ankle 0.8, jeans with turned-up hems 0.8, turned-up "
                     "jeans 0.5"), plural=True, sleeve=0.93, thick=0.008, patterns=often("denim"),
        woman=0.7, man=0.6),
    "cargo pants": Cut(names=often("cargo pants 4, cargo trousers 1.5, pants 3, trousers, combat trousers "
                     "0.5, work trousers 0.5, work pants 0.4"), plural=True, sleeve=1,
        thick=0.016, woman=0.4, man=1.2),
    "capri leggings": Cut(names=often("capri leggings 2, cropped leggings 2, leggings 3, three-quarter "
                     "leggings 0.7, calf-length leggings 0.8, calf-length tights 0.5, capri pants 0.5, "
                     "cropped tights 0.3"), plural=True,
        sleeve=0.76, thick=0.001, woman=1.3, man=0.02),
    "pencil skirt": Cut(names=often("pencil skirt 3, tight skirt, skirt 3, fitted skirt 0.4"),
        hem=0.2, thick=0.004,
        patterns=often("plain 5, plaid 0.4"), woman=1, man=0),
}  # fmt: skip

SHOES: dict[str, Cut] = {
    "sneakers": Cut(names=often("sneakers 4, shoes 3, tennis shoes 1.5, trainers 2, running shoes, "
                     "athletic shoes 0.7, sports shoes 0.8, runners 0.3, gym shoes 0.3, sport shoes "
                     "0.4, kicks 0.1, footwear 0.2"), plural=True, woman=4, man=5),
    "shoes": Cut(names=often("shoes 6, leather shoes 0.7, dress shoes 0.8, lace-up shoes 0.6, footwear "
                     "0.4, formal shoes 0.3, loafers 0.6, oxfords 0.2"), plural=True, thick=0.003,
        woman=1.5, man=3),
    "flats": Cut(names=often("flats 3, flat shoes 2, shoes 2, ballet flats 0.7, pumps 0.5, ballerinas "
                     "0.3, slippers 0.3, flat pumps 0.2"), plural=True, thick=0,
        woman=2, man=0),
    "heels": Cut(names=often("high heels 3, heels 3, high-heeled shoes, heeled shoes 0.6, pumps 0.6, "
                     "stilettos 0.2"), plural=True, thick=0, woman=1,
        man=0),
    "boots": Cut(names=often("boots 5, ankle boots 2.5, short boots 0.6, booties 0.3, leather boots 0.3"),
        plural=True, sleeve=0.25, woman=2, man=1.3),
    "high boots": Cut(names=often("tall boots 2, knee-high boots 2, high boots, boots 2, long boots 0.8, "
                     "riding boots 0.3, knee boots 0.3"), plural=True,
        sleeve=0.85, woman=1.4, man=0.05),
    "sandals": Cut(names=often("sandals 5, open shoes 0.4, open sandals 0.6, strappy sandals 0.4, "
                     "open-toed shoes 0.3"), plural=True, thick=0,
        woman=1.3, man=0.6),
    "slip-ons": Cut(names=often("slip-on shoes 2, canvas shoes 2, sneakers 2, shoes 3, slip-ons, "
                     "plimsolls 0.4, loafers 0.5, slip-on sneakers 0.6"), plural=True,
        woman=1.6, man=0.8),
    "work boots": Cut(names=often("work boots 3, boots 4, lace-up boots, hiking boots 0.8, heavy boots "
                     "0.5, laced boots 0.5, safety boots 0.4"), plural=True, sleeve=0.28,
        thick=0.006, woman=0.4, man=1.3),
    "rubber boots": Cut(names=often("rubber boots 2, rain boots 2, wellington boots 0.7, boots 2, wellies "
                     "0.5, gumboots 0.3"), plural=True,
        sleeve=0.7, thick=0.006, woman=0.4, man=0.2),
    "flip-flops": Cut(names=often("flip-flops 4, sandals 2, thong sandals 0.5, thongs 0.2, slides 0.4, "
                     "slippers 0.5"), plural=True, thick=0, woman=0.7, man=0.5),
}  # fmt: skip

HATS: dict[str, Cut] = {
    "cap": Cut(names=often("cap 4, baseball cap 4, hat 2, peaked cap 0.5, ball cap 0.4, snapback 0.1, "
                     "sports cap 0.2"), woman=1, man=4),
    "beanie": Cut(names=often("beanie 3, knit hat 1.5, knit cap, woolly hat 0.8, hat 1.5, knitted hat "
                     "0.8, wool cap 0.4, knitted cap 0.5, winter hat 0.6, skullcap 0.2, stocking cap "
                     "0.2"), woman=2, man=2),
    "brim hat": Cut(names=often("hat 4, brimmed hat, sun hat, wide-brimmed hat 1.5, fedora 0.5, floppy "
                     "hat 0.3, trilby 0.3, sunhat 0.3"), woman=2, man=1),
    "helmet": Cut(names=often("helmet 5, bike helmet 2, bicycle helmet, cycling helmet 0.6, cycle helmet "
                     "0.5, crash helmet 0.3"), woman=0.4, man=0.7),
    "headscarf": Cut(names=often("headscarf 3, hijab 2, scarf on the head 0.4, veil 0.4, head covering "
                     "0.4, head scarf 0.6"), woman=1, man=0),
    "hard hat": Cut(names=often("hard hat 4, helmet 2, safety helmet 1.5, construction helmet, hardhat "
                     "0.4, work helmet 0.2"), woman=0.2, man=0.8),
    "motorcycle helmet": Cut(names=often("motorcycle helmet 3, helmet 3, full-face helmet, motorbike "
                     "helmet 0.7, crash helmet 0.5"), woman=0.1,
        man=0.35),
    "straw hat": Cut(names=often("straw hat 4, hat 2, straw hat with a dark band 0.7, straw fedora 0.4, "
                     "woven hat 0.5, panama hat 0.3"), woman=1, man=0.7),
    "bucket hat": Cut(names=often("bucket hat 4, hat 2, fisherman hat 0.3, sun hat 0.5"), woman=0.7, man=0.7),
    "beret": Cut(names=often("beret 5, hat"), woman=0.7, man=0.2),
    "flat cap": Cut(names=often("flat cap 3, cap 3, newsboy cap 0.6, hat 0.7, tweed cap 0.2"),
        woman=0.1, man=0.8),
    "turban": Cut(names=often("turban 5, head wrap 0.8, headwrap 0.3"), woman=0.1, man=0.5),
    "headband": Cut(names=often("headband 4, hairband, sweatband 0.6, bandana 0.5"), woman=1, man=0.25),
}  # fmt: skip

BAGS: dict[str, Cut] = {
    "backpack": Cut(names=often("backpack 7, rucksack 1.5, knapsack 0.4, bag on the back 0.3, pack 0.2, "
                     "school bag 0.2, daypack 0.1, back pack 0.4"), woman=3,
        man=4),
    "shoulder bag": Cut(names=often("shoulder bag 4, bag over one shoulder 0.6, bag 1.5, purse 0.7, "
                     "handbag 0.6, side bag 0.2, sling bag 0.2"), woman=3,
        man=0.8),
    "messenger bag": Cut(names=often("messenger bag 2, crossbody bag 2, bag across the body 0.7, bag 1.2, "
                     "satchel 0.7, shoulder bag, cross-body bag 0.4, laptop bag 0.2"),
        woman=1.2, man=1.5),
    "handbag": Cut(names=often("handbag 4, purse 2, hand bag 0.5, bag 1.2, ladies bag 0.1"),
        woman=3.5, man=0.1),
    "plastic bag": Cut(names=often("plastic bag 4, shopping bag 2.5, bag, carrier bag 0.8, grocery bag "
                     "0.5, paper bag 0.3"), woman=1.2, man=1),
    "briefcase": Cut(names=often("briefcase 3, bag 0.6, laptop bag 0.5, document case 0.2, business bag "
                     "0.1"), woman=0.3, man=0.8),
    "suitcase": Cut(names=often("suitcase 3, rolling suitcase 1.5, trolley 0.7, piece of luggage 0.5, "
                     "trolley case 0.5, travel bag 0.4, wheeled suitcase 0.4, case 0.3"),
        woman=0.8, man=0.8),
    "tote bag": Cut(names=often("tote bag 4, canvas bag, cloth bag, bag, tote, shopping bag "
                     "0.6"), woman=2, man=0.4),
    "gym bag": Cut(names=often("gym bag 2, duffel bag 3, sports bag 2, bag, holdall 0.5, duffle bag 0.7, "
                     "travel bag 0.5, sport bag 0.4"), woman=0.5, man=1.1),
    "waist bag": Cut(names=often("waist bag 2, fanny pack 3, belt bag, bum bag 0.7, waist pack 0.5"),
        woman=0.5, man=0.6),
    "guitar case": Cut(names=often("guitar case 3, guitar bag, instrument case 0.6, guitar 0.3"),
        woman=0.12, man=0.3),
}  # fmt: skip

EXTRAS: dict[str, Cut] = {
    "tie": Cut(names=often("tie 5, necktie"), woman=2, man=40),
    "belt": Cut(names=often("belt 4, leather belt, waist belt 0.3"), woman=12, man=16),
    "suspenders": Cut(names=often("suspenders 4, braces"), plural=True, woman=1, man=3),
    "apron": Cut(names=often("apron 5, work apron 0.4, kitchen apron 0.3"), woman=2.5, man=2),
    "tied jacket": Cut(names=often("jacket tied around {his} waist 2, sweater tied around {his} waist"),
        woman=3, man=2),
    "lanyard": Cut(names=often("lanyard 2, badge on a lanyard 0.7, ID badge around {his} neck, lanyard "
                     "around {his} neck, name badge 0.5, ID card 0.3"), woman=3,
        man=3),
    "watch": Cut(names=often("watch 3, wristwatch, wrist watch 0.4"), woman=12, man=14),
    "gloves": Cut(names=often("gloves 6, mittens 0.3"), plural=True, woman=10, man=9),
    "headphones": Cut(names=often("headphones 5, over-ear headphones 0.7, earphones 0.7"),
        plural=True, woman=3, man=4),
    "face mask": Cut(names=often("face mask 4, mask 2, surgical mask 0.8, mouth mask 0.1, face covering "
                     "0.3"), woman=4, man=4),
}  # fmt: skip
"""What else is worn; `woman` and `man` in per cent."""

_DARK = often("black 6, dark grey, brown 2, navy 2, white 2, red, tan, blue")
EXTRA_COLOURS: dict[str, dict[str, float]] = {
    "tie": often("black 3, red 3, navy 3, blue 2, maroon 2, grey, yellow, green 0.6"),
    "belt": often("black 5, brown 4, tan 2, white 0.5, red 0.3"),
    "suspenders": _DARK,
    "apron": often("black 3, white 3, blue, dark green, red, beige, navy, grey"),
    "tied jacket": often("black 3, grey 2, red, navy 2, blue, white, denim blue 2, green"),
    "lanyard": often("red 2, blue 3, black 3, white, green, yellow"),
    "watch": often("black 6, light grey 2, white, red 0.5, brown"),
    "gloves": often("black 6, brown, grey 2, white, red, navy"),
    "headphones": often("black 5, white 3, red, blue 0.5"),
    "face mask": often("white 3, light blue 4, black 4"),
}

THINGS = often(
    "phone 2.5, cup 1.2, umbrella, book 0.7, bottle 0.7, box 0.7, papers, bat, racket, ball, flowers, pram, "
    "trolley, bicycle, skateboard, coat, baby, dog"
)
"""What may be in a hand, with how often."""
