"""Noun phrases for a single garment: colour, fit, pattern, name and details."""

from numpy.random import Generator

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.wardrobe import SHOES, UPPERS, Cut
from reidtalk.data.people.wording.witness import Witness, expand, with_article

VAGUE = ("", "dark", "light", "light-coloured", "dark-coloured", "pale", "bright", "brightly coloured")
SURFACES = {
    # materials and patterns of one colour: adjectives they may add
    "quilted": "||quilted|padded|puffy|insulated",
    "leather": "leather|leather||leather-look|shiny leather",
    "denim": "||||denim|faded denim|washed denim",
    "ripped": "ripped|torn|distressed|worn-out|",
    "knit": "||knit|knitted|woollen|wool|chunky knit|cable-knit|ribbed|knitted",
    "heather": "|heather|heathered|marled|mottled|speckled|melange|flecked",
    "satin": "|satin|shiny|silky|silk|glossy",
    "fleece": "|fleece|fluffy|soft|woolly|suede|felt",
    "suede": "||suede|suede|suede-look|nubuck",
    "corduroy": "|corduroy|cord|ribbed",
    "glossy": "|shiny|glossy||",
    "thin": "|||lightweight|thin|linen",
}  # fmt: skip
PRINT = "[print|design|picture|logo|graphic|motif|emblem|image|large print]"
CHEST = "[on the front|on the chest|across the chest|in front]"
WRITING = "[letters|lettering|writing|text|words|a slogan|printing]"
CHECKED = "[plaid|checked|checkered|chequered|tartan|lumberjack|check|gingham|flannel]"
PATTERNS: dict[str, str] = {
    # {both} colours, {one} and {two} carry a space behind them
    "stripes": "[{both}striped {noun}|{one}{noun} with {two}stripes|striped {both}{noun}|{both}stripy {noun}|"
               "{both}horizontally striped {noun}|{one}{noun} with [horizontal|broad|wide] {two}stripes|"
               "{one}{noun} with {two}[bands|bars]|{noun} with {both}stripes]",
    "plaid": f"[{{both}}{CHECKED} {{noun}}|{{both}}{CHECKED} {{noun}}|{{one}}{CHECKED} {{noun}}|"
             "{noun} with {both}[checks|squares]|{one}{noun} with a {two}[check|checked|plaid] pattern]",
    "pinstripes": "[{one}{noun} with [thin|fine|narrow] {two}stripes|{one}striped {noun}|"
                  "{one}pinstriped {noun}|"
                  "{one}{noun} with [thin|] vertical {two}stripes|{one}pinstripe {noun}|"
                  "{one}vertically striped {noun}]",
    "dots": "[{one}{noun} with {two}[dots|spots|polka dots]|{one}[polka dot|polka-dot|spotted|dotted|"
            "spotty] {noun}|"
            "{both}[dotted|spotted] {noun}|{one}{noun} covered in {two}dots|{one}patterned {noun}]",
    "flowers": "[{one}[floral|flowered|flowery|flower-print|floral print] {noun}|"
               "{one}{noun} with {two}flowers|"
               "{one}[patterned|printed|colourful] {noun}|{one}{noun} with a [floral|flower] [pattern|"
               "print|design]]",
    "halves": "[{both}{noun}|{one}{noun} with {two}shoulders|[two-tone|two-coloured|"
              "colour-block] {both}{noun}|"
              "{one}{noun} with a {two}[yoke|upper part|top part]|{noun} that is {two}above and {one}below]",
    "side stripe": "[{one}{noun} with {two}stripes down the [sides|legs]|{one}{noun} with a {two}stripe "
                   "[on the side|down the side|along the leg|down each leg]|"
                   "{one}{noun} with {two}side stripes]",
    "print": f"[{{one}}{{noun}} with a {{two}}{PRINT} {CHEST}|{{one}}[printed|graphic] {{noun}}|"
             f"{{one}}{{noun}} with [something {{two}}|a {{two}}{PRINT}] {CHEST}]",
    "letters": f"[{{one}}{{noun}} with {{two}}{WRITING} [{CHEST}|on it]|{{one}}[printed|lettered] {{noun}}|"
               f"{{one}}{{noun}} marked with {{two}}letters]",
    "numbers": f"[{{one}}{{noun}} with a {{two}}number {CHEST}|{{one}}{{noun}} with {{two}}numbers|"
               f"{{one}}numbered {{noun}}]",
    "sash": "[{one}{noun} with a {two}[sash|drape|shawl] [over one shoulder|across the chest|]|"
            "{both}{noun}|{one}draped {noun}]",
    "raglan": "[{one}{noun} with {two}sleeves|{both}[raglan|baseball] {noun}|{one}{noun} with [contrasting|"
              "contrast] {two}sleeves|"
              "{both}{noun}|{one}{noun} whose sleeves are {two}]",
    "trim": "[{one}{noun} with {two}[trim|edges|piping|edging|borders|cuffs]|{one}{noun} trimmed [in|"
            "with] {two}[| edging]|{one}{noun} edged in {two}]",
    "letters behind": f"[{{one}}{{noun}} with {{two}}{WRITING} on the back|"
                      f"{{one}}{{noun}} with {{two}}lettering across the back|"
                      "{one}{noun}, {two}[letters|writing] on the back]",
}  # fmt: skip
"""Ways to put each two-coloured pattern into words; one that is not here is left out."""


NECKS = {
    "round": "with a [round|crew] neck|with a round neckline",
    "v": "with a [v-neck|v neck|deep neckline]",
    "collar": "with a collar|with a [turned-down|small] collar",
    "high": "with a [high|stand-up|upturned] collar",
    "lapel": "with lapels|with a wide collar",
    "hood": "with a hood|with a hood at the back",
}


def noun_of(worn: Garment, rng: Generator) -> str:
    """What the garment is called, without colour."""
    return pick(rng, worn.cut.names)


def garment(witness: Witness, worn: Garment) -> str:
    """A noun phrase for a garment, with article where it takes one: fit, colour, pattern, name, detail."""
    rng = witness.rng
    noun = noun_of(worn, rng)
    if chance(rng, 0.012):
        other = noun_of(worn, rng)
        noun = noun if other in noun or noun in other else f"{noun} or {other}"
    phrase = _patterned(witness, worn, witness.colour(worn.colour), noun)
    if chance(rng, 0.24):
        phrase = _with_adjective(phrase, fit(worn), rng)
    phrase = expand(phrase, rng)
    if " with " not in phrase and "," not in phrase and chance(rng, 0.1):
        phrase = _with_detail(phrase, details(witness, worn), rng)
    if worn.cut.plural:
        return _number(phrase, rng)
    return with_article(phrase)


def _number(phrase: str, rng: Generator) -> str:
    return f"a pair of {phrase}" if "pair" not in phrase and chance(rng, 0.04) else phrase


def _with_adjective(phrase: str, adjectives: str, rng: Generator) -> str:
    adjective = one_of(rng, adjectives.split("|")) if adjectives else ""
    if not adjective or any(part in phrase for part in (adjective, adjective.split("-")[0].rstrip("eyd"))):
        return phrase
    return f"{adjective} {phrase}"


def _with_detail(phrase: str, endings: str, rng: Generator) -> str:
    ending = expand(f"[{endings}]", rng)
    said = any(part in phrase for part in ("sleeve", "long", "knee", "ankle", "short", "length", "sole"))
    return phrase if not ending or said else f"{phrase} {ending}"


def fit(worn: Garment) -> str:
    """Adjectives for how the garment is cut, as alternatives."""
    cut = worn.cut
    if worn.kind not in UPPERS:
        return _fit_below(cut) if cut.sleeve or cut.hem else "plain|||||" if worn.second is None else ""
    found = []
    if cut.sleeve == 0:
        found += [] if cut.layered else ["sleeveless"]
    elif cut.sleeve < 0.5:
        found.append("short-sleeved|short-sleeve|short-sleeved|half-sleeved")
        found += ["untucked"] if cut.front == "buttons" else []
    elif cut.thick < 0.018:
        found.append(
            "long-sleeved|long-sleeve" if cut.sleeve >= 0.8 else "rolled-sleeve|three-quarter-sleeve"
        )
    if cut.hem >= 0.08:
        found.append(_length(cut.hem, "thigh-length|long|hip-length"))
    if cut.thick >= 0.02:
        found.append("thick|warm|heavy|bulky|padded|big")
    elif cut.thick >= 0.011:
        found.append("loose|oversized|baggy|boxy|loose-fitting|warm|casual")
    else:
        found.append(
            "fitted|thin|lightweight|simple|plain" if worn.second is None else "thin|lightweight|casual"
        )
    return "|".join(found)


def _length(hem: float, short: str) -> str:
    if hem > 0.3:
        return "ankle-length|full-length|floor-length|long|maxi"
    return "knee-length|knee-length|midi" if hem > 0.165 else short


def _fit_below(cut: Cut) -> str:
    """Adjectives for trousers, skirts and boots."""
    if not cut.plural:
        return _length(cut.hem, "short|short|mini|above-the-knee") + (
            "|flared|loose" if cut.flare > 0.02 else ""
        )
    if cut.sleeve < 0.9:
        return (
            ""
            if cut.sleeve < 0.3
            else "knee-length|loose"
            if cut.sleeve < 0.6
            else "cropped|three-quarter|calf-length"
        )
    if cut.flare > 0.01:
        return "wide|baggy|loose|wide-leg|flared|loose-fitting"
    if cut.thick < 0.004:
        return "tight|skinny|close-fitting|slim|stretchy"
    return (
        "slim|straight|fitted|narrow|long|skinny" if cut.thick < 0.01 else "long|loose|straight|plain|smart"
    )


def details(witness: Witness, worn: Garment) -> str:
    """Endings for a noun phrase about sleeves, hem, front or soles, as alternatives."""
    cut = worn.cut
    if worn.kind == "sneakers":
        shade = "pale|light" if witness.view.monochrome else "white|pale|light"
        return f"with [{shade}] soles" if sum(worn.colour.rgb) < 330 else ""
    if worn.kind not in UPPERS and not cut.hem:
        return ""
    found = []
    if worn.kind in UPPERS and not cut.layered:
        found.append(
            "with [short|half] sleeves|with short sleeves" if 0 < cut.sleeve < 0.5
            else "without sleeves|with no sleeves" if cut.sleeve == 0
            else "with long sleeves"
            if cut.sleeve >= 0.8
            else "with [rolled-up|pushed-up|three-quarter] sleeves"
        )  # fmt: skip
    if cut.hem > 0.3:
        found.append("[that reaches|down to|reaching|to] [{his} ankles|the ankles|the ground]")
    elif cut.hem > 0.165:
        found.append(
            "[that reaches|down to|reaching|to|ending at|falling to] [{his} knees|the knee|the knees]"
        )
    elif cut.hem > 0.08:
        found.append("[that ends|ending] [above the knee|at the thigh|at mid-thigh]|above the knee")
    if cut.neck in NECKS and (witness.sees("front") if cut.neck != "hood" else not witness.view.hood_up):
        found.append(NECKS[cut.neck])
    if cut.front == "buttons" and not worn.open and witness.sees("front"):
        found.append("with buttons|buttoned up|with buttons down the front")
    if cut.front in ("zip", "opens") and not worn.open and witness.sees("front"):
        found.append("zipped up|done up|closed at the front")
    return "|".join(found)


def _patterned(witness: Witness, worn: Garment, one: str, noun: str) -> str:
    """Colour, pattern and noun, as far as the view shows the pattern; sometimes without the pattern."""
    if worn.second is None:
        return _surfaced(witness, worn, one, noun)
    form = PATTERNS.get(_shown_pattern(witness, worn), "")
    if not form or chance(witness.rng, 0.15):
        return one + noun
    two = witness.colour(worn.second)
    if two.strip() in (*VAGUE, one.strip()) and not witness.view.monochrome:
        two = f"{worn.second.name} "
    if two == one:
        two = ""
    both = one
    if one.strip() not in VAGUE and two:
        both = f"[{one}and {two}|{one}and {two}|{two}and {one}|{one.strip()}-and-{two}|{one.strip()}/{two}]"
    return form.replace("{both}", both).replace("{one}", one).replace("{two}", two).replace("{noun}", noun)


def _shown_pattern(witness: Witness, worn: Garment) -> str:
    """The pattern, or nothing where it lies on a side that is out of sight."""
    if worn.pattern == "letters" and worn.lettered_back:
        return "letters behind" if witness.view.facing == "back" and not witness.sees("bag") else ""
    if worn.pattern in ("print", "letters", "numbers") and not witness.sees("front"):
        return ""
    return worn.pattern


def _surfaced(witness: Witness, worn: Garment, one: str, noun: str) -> str:
    """Colour, surface and noun of a garment of one colour."""
    rng = witness.rng
    surface = "suede" if worn.material == "fleece" and worn.kind in SHOES else worn.material
    surfaces = SURFACES.get(worn.pattern) or SURFACES.get(surface, "")
    extra = one_of(rng, surfaces.split("|"))
    if extra and not any(word[:4] in one + noun for word in extra.split()) and "jeans" not in noun:
        noun = f"{extra} {noun}"
    bands = " with [silver|grey|silvery] [reflective stripes|stripes|bands|reflective tape|reflective bands]"
    return f"{one}{noun}" + (bands if worn.pattern == "reflective" and one and chance(rng, 0.5) else "")
