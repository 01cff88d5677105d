"""Who it is: nouns for a person, age, build, hair and beard."""

from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.wardrobe import often
from reidtalk.data.people.wording.colour_names import hair_words
from reidtalk.data.people.wording.witness import Witness, expand, with_article

SUBJECTS = {
    ("man", "child"): often("boy 6, kid 1, child 1, lad 0.5, schoolboy 0.3, male child 0.3, youngster 0.3"),
    ("woman", "child"): often("girl 6, kid 1, child 1, schoolgirl 0.3, female child 0.3, youngster 0.3"),
    ("man", "young"): often("man 9, guy 1.5, male 0.8, fellow 0.4, lad 0.5, boy 0.4, teenager 0.4, youth "
                            "0.3, "
                            "teenage boy 0.2, student 0.2, dude 0.1, bloke 0.2"),
    ("woman", "young"): often("woman 9, girl 1.5, lady 1.5, female 0.8, teenager 0.3, teenage girl 0.3, "
                              "student 0.2"),
    ("man", "adult"): often("man 9, guy 1.2, male 1, gentleman 0.6, fellow 0.6, bloke 0.2, chap 0.2"),
    ("woman", "adult"): often("woman 9, lady 2.5, female 1.2"),
    ("man", "old"): often("man 6, gentleman 1, male 0.6, old man 1, fellow 0.3, senior 0.4, pensioner 0.2"),
    ("woman", "old"): often("woman 6, lady 2, female 0.6, old lady 1, senior 0.4, pensioner 0.2, old woman "
                            "0.6"),
}  # fmt: skip
NEUTRAL = often("person 6, pedestrian 1.5, individual 1, someone 2, somebody 0.6, passer-by 0.8, shopper "
                "0.6, "
                "customer 0.5, figure 0.4, subject 0.4, human 0.1, commuter 0.2, visitor 0.3, adult "
                "0.2")  # fmt: skip
ROLES = {
    "safety vest": often("worker 4, workman 1, construction worker 2, builder 0.5, employee 0.5, labourer "
                         "0.4, road worker 0.4"),
    "overalls": often("worker 3, workman 2, mechanic 1, labourer 0.5, employee 0.5"),
    "suit jacket": often("businessman 1, office worker 1"),
    "suitcase": often("traveller 3, passenger 1, tourist 1"),
    "bike": often("cyclist 4, rider 2, biker, bicyclist 0.5"),
    "bicycle": often("cyclist"),
    "bat": often("baseball player 2, batter, player"),
    "racket": often("tennis player 3, player"),
    "pram": often("parent"),
    "trolley": often("shopper 3, customer"),
    "plastic bag": often("shopper 1"),
}  # fmt: skip
"""Nouns for people by what they wear or carry."""
AGES = {
    "child": "little|young|small|little|young",
    "young": "young|young|young|young|teenage|twenty-something",
    "adult": "middle-aged|grown|adult|middle-aged",
    "old": "elderly|older|old|elderly|senior|aged",
}
YEARS = {
    "child": "about [eight|seven|nine|ten] years old|of primary school age|under twelve",
    "young": "about twenty|in {his} twenties|about twenty-five|in {his} early twenties|under thirty|"
    "around 20|about 25 years old",
    "adult": "in {his} thirties|about forty|in {his} forties|about thirty-five|around 40|"
    "in {his} mid thirties|about 40 years old",
    "old": "in {his} sixties|about seventy|in {his} seventies|over sixty|around 65|"
    "in {his} fifties or sixties|of advanced age",
}
BUILDS = {
    "slim": "slim|thin|slender|skinny|lean|slight|slim-built|slightly built",
    "heavy": "heavyset|stocky|heavy|broad|large|stout|big|heavy-built|overweight|well-built|plump|chubby|"
    "heavily built|bulky",
    "average": "medium-built|average-built",
}
STYLES = {
    # {tone} is the colour with a space behind it, {wave} wavy or straight
    "short": "short {tone}hair|short {tone}hair|{tone}hair|short-cut {tone}hair|short-cropped {tone}hair|"
             "cropped {tone}hair|"
             "close-cropped {tone}hair|closely cut {tone}hair|{tone}hair cut short|neat {tone}hair|"
             "tousled {tone}hair|messy {tone}hair|"
             "tidy {tone}hair|a short {tone}haircut",
    "bob": "chin-length {tone}hair|shoulder-length {tone}hair|medium-length {tone}hair|a {tone}bob|"
           "a bob of {tone}hair|"
           "{wave}{tone}hair to the [chin|jaw|shoulders]|jaw-length {tone}hair|longish {tone}hair|"
           "a {tone}bob haircut|collar-length {tone}hair|"
           "{wave}shoulder-length {tone}hair|mid-length {tone}hair|{tone}hair down to {his} shoulders",
    "long": "long {tone}hair|long {tone}hair|long, {wave}{tone}hair|{tone}hair past [the|{his}] shoulders|"
            "long loose {tone}hair|"
            "{tone}hair [down|falling down|hanging down] {his} back|{wave}{tone}hair worn long|"
            "{tone}hair worn loose|"
            "loose {tone}hair|{wave}{tone}hair over {his} shoulders|flowing {tone}hair|{wave}long {tone}hair",
    "ponytail": "a {tone}ponytail|{tone}hair in a ponytail|{tone}hair tied back|a {wave}{tone}ponytail|"
                "{tone}hair pulled back|"
                "{tone}hair tied in a ponytail|{tone}hair tied behind {his} head|"
                "{tone}hair drawn back in a pony tail|{tone}tied-back hair|"
                "{tone}hair gathered at the back",
    "bun": "{tone}hair in a bun|a {tone}bun|{tone}hair tied up|{tone}hair pinned up|an updo of {tone}hair|"
           "{tone}hair in a [top knot|topknot|knot]|"
           "{tone}hair put up|a {tone}topknot|{tone}hair tied up in a [messy|loose|tight|] bun|"
           "{tone}hair twisted up|{tone}hair worn up|{tone}pinned-up hair",
    "afro": "curly {tone}hair|big {tone}hair|a {tone}afro|bushy {tone}hair|frizzy {tone}hair|"
            "voluminous {tone}hair|"
            "{tone}curls|thick {tone}hair|a mass of {tone}curls|an afro hairstyle",
    "shaved": "very short {tone}hair|a shaved head|a buzz cut|closely shaved {tone}hair|"
              "{tone}hair shaved short|a crew cut|"
              "{tone}stubble on {his} head|cropped {tone}hair|hair cut very short|a {tone}buzz cut",
    "mohawk": "a {tone}mohawk|{tone}hair in a mohawk|a mohawk haircut|shaved sides and a {tone}crest|"
              "a {tone}mohican",
    "braid": "a {tone}braid|{tone}hair in a braid|a long {tone}plait|braided {tone}hair|plaited {tone}hair|"
             "a braid of {tone}hair",
    "pigtails": "{tone}pigtails|{tone}hair in pigtails|{tone}hair in bunches|two {tone}pigtails|"
                "{tone}hair tied in two bunches",
    "dreadlocks": "{tone}dreadlocks|{tone}dreads|long {tone}dreadlocks|{tone}hair in dreadlocks|{tone}locs|"
                  "{tone}rasta hair",
}  # fmt: skip
STYLES["messy bun"] = STYLES["bun"]
"""Each hair style in words, as alternatives; one that is not here is just hair."""
VERY_LONG = (
    "very long {wave}{tone}hair|{tone}hair [down to|reaching] {his} waist|waist-length {tone}hair|"
    "{tone}hair to the middle of {his} back|{wave}{tone}hair to mid-back"
)
RECEDING = (
    "thinning {tone}hair|a receding hairline|a high forehead|balding {tone}hair|thin {tone}hair|"
    "{tone}hair with a bald spot"
)
BALD = "a bald head|a shaved head|no hair|a bald head|a shaven head|hardly any hair"
BEARDS = {
    "full": "a beard|a {tone}beard|a full beard|a short {tone}beard|facial hair|a beard and moustache|"
    "a trimmed beard|a bushy {tone}beard",
    "stubble": "stubble|a short beard|some stubble|a stubbly chin|facial hair|a light beard",
    "goatee": "a goatee|a {tone}goatee|a chin beard|a small beard|a beard on the chin",
    "moustache": "a moustache|a {tone}moustache|a moustache but no beard",
}
TIPS = (
    "{length}{tone}hair [turning|fading to|going|turning to] {tips}[ at the ends| at the tips||]|"
    "{length}{tone}hair with {tips}[ends|tips|highlights]|"
    "{length}[two-tone|two-toned|ombre|dip-dyed|highlighted|dyed] hair|{length}hair, {tone}[on top|"
    "at the roots] and {tips}[below|at the ends|at the tips|at the bottom]|"
    "{length}{tone}and {tips}hair|{length}{tone}hair that is {tips}at the ends|"
    "{length}ombre hair, {tips}at the bottom"
)
"""Hair whose lower half has another colour; {length} and the colours carry a space behind them."""
HAIRED = {
    "short": "short-haired",
    "long": "long-haired",
    "afro": "curly-haired",
    "bald": "bald|bald|bald-headed",
    "shaved": "short-haired|shaven-headed",
}
LENGTHS = {"short": "short ", "bob": "shoulder-length ", "long": "long "}


def subject(witness: Witness, *, definite: bool = False) -> str:
    """Who it is: a woman, the slim man, a person."""
    rng = witness.rng
    noun = _noun(witness)
    if noun in ("someone", "somebody"):
        return noun
    plain = " " not in noun
    adjectives = _adjectives(witness) if plain and chance(rng, 0.42) else ""
    text = f"{adjectives}{noun}"
    if definite:
        return f"[the|the|the|this|that] {text}"
    text = with_article(text)
    if chance(rng, 0.045) and "age" not in witness.told:
        witness.told.add("age")
        text += f" [{YEARS[witness.person.age]}]"
    return text


def _noun(witness: Witness) -> str:
    person, rng = witness.person, witness.rng
    if witness.unsure:
        return pick(rng, NEUTRAL)
    roles = ROLES.get(person.upper.kind)
    if roles is None and person.bag is not None and witness.sees("bag"):
        roles = ROLES.get(person.bag.kind)
    roles = next((ROLES[thing] for thing in witness.view.held if thing in ROLES), roles)
    if roles and chance(rng, 0.22):
        noun = pick(rng, roles)
        if not noun.endswith("man") or (person.gender == "man" and person.age != "child"):
            return noun
    return pick(rng, SUBJECTS[person.gender, person.age])


def _adjectives(witness: Witness) -> str:
    """One or two adjectives with a space behind each: age, build, or how the head looks."""
    person, rng = witness.person, witness.rng
    found = []
    if chance(rng, 0.35 if person.build != "average" else 0.05):
        found.append(one_of(rng, BUILDS[person.build].split("|")))
    if "age" not in witness.told and chance(rng, {"adult": 0.12}.get(person.age, 0.5)):
        witness.told.add("age")
        found.append(one_of(rng, AGES[person.age].split("|")))
    if len(found) < 2 and chance(rng, 0.5):
        found.append(_head_adjective(witness))
    return "".join(f"{adjective} " for adjective in found if adjective)


def _head_adjective(witness: Witness) -> str:
    """An adjective for hair, beard or glasses that show and are not told; empty for none."""
    person, style, rng = witness.person, witness.person.hair.style, witness.rng
    found = {}
    if hair_shows(witness) and "hair" not in witness.told:
        found["hair"] = [HAIRED[style]] if style in HAIRED else []
        if style != "bald" and not person.hair.tips and not witness.view.monochrome:
            tone = pick(rng, hair_words(person.hair.colour, witness.view.light))
            plain = tone in ("blonde", "blond", "brunette")
            found["hair"] += [f"{tone}|{tone}-haired" if plain else f"{tone}-haired"]
    if person.beard in ("full", "stubble") and witness.sees("face"):
        found["beard"] = ["bearded|bearded|unshaven" if person.beard == "full" else "unshaven"]
    if person.glasses and witness.sees("glasses"):
        found["glasses"] = ["bespectacled|spectacled"]
    found = {part: words for part, words in found.items() if words and part not in witness.told}
    if not found:
        return ""
    part = one_of(rng, list(found))
    witness.told.add(part)
    return expand(f"[{one_of(rng, found[part])}]", rng)


def hair_shows(witness: Witness) -> bool:
    """Whether hair, or a bald head, lies in sight."""
    person, view = witness.person, witness.view
    if person.hair.style == "bald":
        return person.hat is None and not view.hood_up and witness.sees("head")
    return witness.sees("hair") and (
        person.hat is None or person.hat.kind == "headband" or person.hair.length > 0.12
    )


def hair(witness: Witness) -> str:
    """Hair and beard as "short black hair and a beard"; empty when none of it shows or all is told."""
    person, rng = witness.person, witness.rng
    words = hair_words(person.hair.colour, witness.view.light)
    tone = "" if witness.view.monochrome else f"{pick(rng, words)} "
    if tone == "brunette ":
        tone = "brown "
    parts = []
    if "hair" not in witness.told and hair_shows(witness):
        parts.append(_haircut(witness, tone))
    if person.beard and witness.sees("face") and "beard" not in witness.told and chance(rng, 0.8):
        parts.append(expand(f"[{BEARDS.get(person.beard, person.beard)}]", rng).replace("{tone}", tone))
    witness.told |= {"hair", "beard"}
    return " and ".join(parts)


def _haircut(witness: Witness, tone: str) -> str:
    """The hair: its style, or its two colours; with a fringe, or thin on top, where it is."""
    cut, rng = witness.person.hair, witness.rng
    wave = one_of(rng, ("wavy ", "curly ", "wavy ") if cut.wavy else ("straight ", "smooth ", ""))
    tips = f"{pick(rng, hair_words(cut.tips))} " if cut.tips and not witness.view.monochrome else ""
    styles = BALD if cut.style == "bald" else STYLES.get(cut.style, "{tone}hair")
    if tips and chance(rng, 0.6):
        styles = TIPS
    elif cut.style == "long" and cut.length > 0.3 and chance(rng, 0.3):
        styles = VERY_LONG
    elif cut.receding and chance(rng, 0.3):
        styles = RECEDING
    text = expand(f"[{styles}]", rng)
    length = LENGTHS.get(cut.style, "") if chance(rng, 0.6) else ""
    text = (
        text.replace("{tone}", tone)
        .replace("{wave}", wave)
        .replace("{tips}", tips)
        .replace("{length}", length)
    )
    if cut.fringe and witness.sees("face") and chance(rng, 0.18) and " with " not in text:
        text += " [with|and] [a fringe|bangs|a fringe over {his} forehead]"
    return text
