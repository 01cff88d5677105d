"""Shapes of a whole caption, and how their slots are filled with what is true and visible."""

import re
from collections.abc import Callable

from reidtalk.data.people.attributes import Garment
from reidtalk.data.people.chance import chance, one_of, pick
from reidtalk.data.people.wording.colour_names import hair_words
from reidtalk.data.people.wording.garments import noun_of
from reidtalk.data.people.wording.gestures import doing, finite, gestures, looks_to, place, seen_from, view_of
from reidtalk.data.people.wording.looks import hair, hair_shows, subject
from reidtalk.data.people.wording.phrases import (
    clothes,
    extras,
    listed,
    lower,
    one_colour,
    shoes,
    uniform,
    upper,
)
from reidtalk.data.people.wording.witness import Witness, expand

SHAPES: dict[str, float] = {
    # [a|b] is a choice; <...> is left out when a slot in it has nothing to say
    "{who}[< with {hair}>|< with {hair}>|] {wears}<, {gesture}>[<, {doing}>|].": 5,
    "{who}[< with {hair}>|< with {hair}>|] {wears}< and {acts}>.": 2.5,
    "{who}[< with {hair}>|< with {hair}>|] {does} {wearing}<, {gesture}>.": 3,
    "{who}[< with {hair}>|] {does}[,| and is] {wearing}<, {gesture}>.": 1.5,
    "{who}< with {hair}> {wearing}<, {gesture}>[<, {doing}>|].": 3,
    "{who}[< with {hair}>|] is {doing}[,| and] {wearing}<, {gesture}>.": 1.5,
    "{from}, {who}[< with {hair}>|< with {hair}>|] {wears}<, {gesture}>[<, {doing}>|].": 2.5,
    "{from}, {he} {wears}< and has {hair}><, {gesture}>.": 0.8,
    "{view} of {who}[< with {hair}>|< with {hair}>|] {wearing}<, {gesture}>[<, {doing}>|].": 2,
    "{wearing}, {the}[< with {hair}>|] {does}<, {gesture}>.": 1.3,
    "{doing}, {who}[< with {hair}>|< with {hair}>|] {wears}<, {gesture}>.": 2,
    "{doing}[<, {gesture}>|], {the}[< with {hair}>|] {wears}.": 0.8,
    "<[with|having] {hair}, >{the} {wears}<, {gesture}><, {doing}>.": 0.9,
    "<{gesture}, >{who}[< with {hair}>|] {wears}[<, {doing}>|].": 0.9,
    "{he} [wears|is wearing|has on|is dressed in] {list}<[, and has| and has|"
    " with] {hair}><; {he} {does}>.": 1.2,
    "{he} has <{hair}, >{top}<, {bottom}>< and {shoes}><; {he} {acts}>.": 0.6,
    "{he} has <{hair}[,| and] >{list}<, {gesture}>.": 1,
    "{he} is {doing}<, {gesture}>[; {he}| and] {wears}[< with {hair}>|].": 0.8,
    "<{hair}, >{list}[<; {he} is {doing}>|<, {gesture}>|<; {gesture}>|<, {doing}>].": 2,
    "[{man}|{Man}]<, {hair}>, {list}<, {gesture}>[<, {doing}>|].": 1.2,
    "{Man}[< with {hair}>|< with {hair}>|] {wearing}<, {gesture}>[<, {doing}>|].": 2,
    "{Man}[< with {hair}>|] {doing}, {wearing}<, {gesture}>.": 1,
    "[outfit|clothes|description|appearance|clothing|wearing|"
    "casual look]: {list}<; {hair}><; {gesture}>.": 0.7,
    "{view}: {list}<, {hair}><, {gesture}>.": 0.5,
    "{who} who [is wearing|wears|has] {list}<, {gesture}>[<, {doing}>|].": 1,
    "{who} who {does}, {wearing}<, {gesture}>.": 0.6,
    "{who}< with {hair}>, [who is|] {doing}, {wears}.": 0.7,
    "<{hair} and >{top} on {who}<, with {bottom}><, {gesture}>.": 0.4,
    "{top}< with {bottom}>< and {shoes}>[, worn by {who}|][< with {hair}>|].": 0.6,
    "<{The}'s {coloured}><, {his} {coloured}>< and {his} {coloured}>.< {he} has {hair}.>< {he} {acts}.>": 1,
    "<{his} {coloured}>< and {his} {coloured}><[; |. ]{he} has {list}><, {gesture}>.": 0.6,
    "{shoes}<, {bottom}> and {top} on {who}[< with {hair}>|].": 0.3,
    "<{tresses}[;|, and]> {he} {wears}<, {gesture}>[<, {doing}>|].": 0.7,
    "<{tresses}[.|.|;] >{who} {wears}<, {gesture}><, {doing}>.": 0.4,
    "{who}[< with {hair}>|] with {top} [on top|above|on the upper body]< and {bottom} [below|"
    "on the lower half|on the bottom]><, {gesture}>.": 0.5,
    "{who}[< with {hair}>|] {looks}[,| and is] {wearing}<, {gesture}>.": 1,
    "{who} in {few}<, {gesture}>.": 1,
    "{who} [in|wearing|with] {few}< {gesture}>.": 1,
    "[is there|have you seen|did you see|do you see|can you find|has anyone seen|where is|"
    "who is] {who}[< with {hair}>|] "
    "{wearing}<, {gesture}>?": 0.6,
    "{who}[< with {hair}>|], {doing}.< {he} {wears}.>< {he} {acts}.>": 0.9,
    "[the picture shows|this is|there is|the image shows|we see|you can see|I can see|the photo shows|"
    "a picture of|in the picture is] "
    "{who}[< with {hair}>|] {wearing}<, {gesture}>[<, {doing}>|].": 1.2,
    "[I saw|we saw|I noticed|there was|I remember|I saw|a witness saw|I spotted|the suspect is|"
    "the suspect was|it was|I met] "
    "{who}[< with {hair}>|] {wearing}<, {gesture}>[<, {doing}>|].": 1.2,
    "[looking for|searching for|we are looking for|please find|find|find me|please look for|look out for|"
    "show me|trying to find|I am looking for|wanted:|missing:|suspect:|search for|keep an eye on|attention,|"
    "control, we have|security, there is|"
    "please locate|stop] "
    "{who}[< with {hair}>|] {wearing}<, {gesture}>[<, {doing}>|][, last seen {place}|, last seen [walking|"
    "heading] {place}||||].": 2,
    "[suspect|person|subject|target|customer|the suspect|the person] [is|was] {man}<, {hair}>, [last seen |"
    "]{wearing}<, {gesture}>.": 0.7,
}
TAILS: dict[str, float] = {
    # further sentences
    "< {he} has {hair}.>": 4,
    "< {his} hair is {tone}.>": 1.2,
    "< {he} [also wears|is also wearing|also has|has] {more}.>": 2.5,
    "< {his} {coloured}.>": 2,
    "< {he} {acts}.>": 3,
    "< {he} {does}.>": 2,
    "< [On {his} feet are|On {his} feet {he} has|{he} [wears|is wearing|has on]|"
    "{his} footwear is] {shoes}.>": 1,
    "< {he} {looks}.>": 1,
}
BEFORE = (
    "I think |I believe |as far as I remember, |if I remember correctly, |on Tuesday, |yesterday, |"
    "it looks like |it seems that |"
    "in this picture, |in the image, |this morning |around noon, |according to the witness, |"
    "at first glance, |as I recall, |"
    "I am not sure but |apparently |here |last night |we noticed that |the witness says that |maybe "
)
"""What a sentence may begin with, as alternatives."""
AFTER = (
    ", I think|, as far as I remember|, last seen {place}| {place}| {place}| {place}|, {place}|"
    ", who passed by the shop| in the picture| on Monday| this afternoon|, if I am not mistaken|"
    ", not sure about the rest|, probably alone| at about 5 pm| yesterday evening|, please call|"
    " in this photo| on camera|, that is all I know|, over and out|, the picture is blurry|, please check|"
    ", call security|, rather blurry|, seen {place}"
)
"""What a caption may end with."""
_SLOT = re.compile(r"<([^<>]*)>|\{(\w+)\}")
_INNER = re.compile(r"\{(\w+)\}")
LENGTHS = {
    "short": "[short|cropped|short|cut short]",
    "long": "[long|long|very long|worn loose]",
    "ponytail": "tied back",
    "bun": "[tied up|pinned up]",
    "messy bun": "[tied up|pinned up]",
    "afro": "curly",
    "bob": "[shoulder-length|chin-length|medium-length]",
    "braid": "braided",
    "shaved": "very short",
}
"""What is said of hair by its style, after "is"."""
FALLING = {
    "long": "[long |]{wave}{tone}hair [falls|hangs|flows] [past {his} shoulders|down {his} back|"
            "over {his} shoulders|to the middle of {his} back]",
    "bob": "{wave}{tone}hair [falls to {his} shoulders|reaches {his} shoulders|ends at {his} chin|"
           "comes down to {his} jaw]",
    "ponytail": "{tone}hair is [tied back|pulled back|in a ponytail|tied in a ponytail]",
    "bun": "{tone}hair is [tied up|pinned up|in a bun|gathered in a bun|up in a knot]",
    "messy bun": "{tone}hair is [tied up|pinned up|in a messy bun|gathered in a loose bun|twisted up]",
    "braid": "{tone}hair is [braided|in a braid|plaited]",
    "short": "{tone}hair is [short|cropped|cut short]",
}  # fmt: skip
"""Hair and how it is worn, as a clause."""
WEARS = "is wearing|is wearing|wears|wears|wears|is dressed in|has on|is clad in|is in|is sporting"
WEARING = "wearing|wearing|wearing|in|in|in|dressed in|dressed in|clad in|with|sporting"


def compose(witness: Witness) -> str:
    """A caption of one to three sentences, with a full stop; still with choices and pronouns to be filled."""
    rng = witness.rng
    text = fill(pick(rng, SHAPES), witness)
    if witness.view.monochrome and chance(rng, 0.3):
        text = f"[black-and-white|black and white|monochrome|grayscale] [picture|photo|image]: {text}"
    for _ in range(one_of(rng, (0, 0, 0, 0, 1, 1, 2))):
        if text.count(". ") < 2:
            text += fill(pick(rng, TAILS), witness)
    if chance(rng, 0.035):
        text = one_of(rng, BEFORE.split("|")) + text
    if chance(rng, 0.06) and text.endswith("."):
        text = text[:-1] + one_of(rng, AFTER.split("|")).replace("{place}", place(witness)) + "."
    return text


def fill(shape: str, witness: Witness) -> str:
    """`shape` with its choices made and its slots filled; groups that have nothing to say are gone."""
    shape = expand(shape, witness.rng)

    def slot(name: str) -> str:
        return SLOTS[name](witness) if name in SLOTS else f"{{{name}}}"

    def piece(found: re.Match[str]) -> str:
        if found[2]:
            return slot(found[2])
        empty = False

        def inner(name: re.Match[str]) -> str:
            nonlocal empty
            text = "" if empty else slot(name[1])
            empty = empty or not text
            return text

        text = _INNER.sub(inner, found[1])
        return "" if empty else text

    return _SLOT.sub(piece, shape)


def _most(witness: Witness) -> int:
    return one_of(witness.rng, (2, 2, 3, 3, 4, 4))


def outfit(witness: Witness, verbs: str, dressed: str) -> str:
    """Verb and clothes: is wearing a coat and jeans; is dressed all in black with white shoes."""
    rng = witness.rng
    whole = uniform(witness) if chance(rng, 0.45) else ""
    if not whole:
        return f"{one_of(rng, verbs.split('|'))} {listed(clothes(witness, most=_most(witness)), witness)}"
    if _other_shoes(witness) and chance(rng, 0.3):
        return f"{dressed} {whole} [apart from|except for|but for|with the exception of] {shoes(witness)}"
    more = clothes(witness, most=2) if "head to toe" not in whole and "top to bottom" not in whole else []
    link = one_of(rng, (" with ", " with ", " with ", ", plus "))
    return f"{dressed} {whole}" + (link + listed(more, witness) if more else "")


def _other_shoes(witness: Witness) -> bool:
    """Whether an outfit of one colour ends in shoes of another, which show."""
    shade, shoe = one_colour(witness.person), witness.person.shoes.colour.name
    return shade not in ("", shoe) and "shoes" not in witness.told and witness.sees("shoes")


def _list(witness: Witness) -> str:
    things = clothes(witness, most=_most(witness))
    if len(things) > 1 and chance(witness.rng, 0.4):
        return ", ".join(things)
    return listed(things, witness)


def _more(witness: Witness) -> str:
    found = extras(witness)
    if "lower" not in witness.told and witness.sees("lower"):
        found.append(lower(witness))
    if "shoes" not in witness.told and witness.sees("shoes"):
        found.append(shoes(witness))
    return listed([phrase for phrase in found if phrase], witness)


def _part(part: str, phrase: Callable[[Witness], str]) -> Callable[[Witness], str]:
    """A slot for one garment: empty once it is told, or out of sight."""

    def slot(witness: Witness) -> str:
        return phrase(witness) if part not in witness.told and witness.sees(part) else ""

    return slot


def _coloured(witness: Witness) -> str:
    """Coat is red; trousers are dark blue: the first garment not told yet, with its colour."""
    person, rng = witness.person, witness.rng
    parts: dict[str, Garment | None] = {
        "upper": person.upper,
        "lower": person.lower,
        "shoes": person.shoes,
        "hat": person.hat,
        "bag": person.bag,
    }
    for part, worn in parts.items():
        if worn is None or part in witness.told or not witness.sees(part):
            continue
        shade = witness.colour(worn.colour).strip()
        noun = noun_of(worn, rng)
        if not shade or " on " in noun or " over " in noun or " across " in noun or noun.startswith("pair"):
            continue
        witness.told.add(part)
        return f"{noun} {'are' if worn.cut.plural else 'is'} {shade}[||||| in colour]"
    return ""


def _gesture(witness: Witness) -> str:
    found = gestures(witness)
    return ", ".join(found[: one_of(witness.rng, (1, 1, 1, 2))])


def _acts(witness: Witness) -> str:
    """A gesture as a finite verb."""
    found = gestures(witness)
    return finite(found[0]) if found else ""


def _does(witness: Witness) -> str:
    found = doing(witness)
    return finite(found) if found else ""


def _tone(witness: Witness) -> str:
    """The hair as what "his hair is" goes on with."""
    person = witness.person
    if "hair" in witness.told or not witness.sees("hair") or person.hat is not None:
        return ""
    witness.told.add("hair")
    tone = "" if witness.view.monochrome else pick(witness.rng, hair_words(person.hair.colour))
    length = LENGTHS.get(person.hair.style, "")
    if tone == "brunette":
        tone = "brown"
    return f"[{length} and {tone}|{tone} and {length}|{tone}]" if tone and length else tone or length


def _owner(witness: Witness) -> str:
    """Whose clothes they are: the man."""
    text = subject(witness, definite=True)
    return text if "[" in text[:5] and not text.endswith("]") else "the person"


def _tresses(witness: Witness) -> str:
    """Hair that hangs, as the subject of a clause: her long black hair falls down her back."""
    cut, rng = witness.person.hair, witness.rng
    if cut.style not in FALLING or "hair" in witness.told or not hair_shows(witness) or witness.view.hood_up:
        return ""
    witness.told.add("hair")
    tone = "" if witness.view.monochrome else f"{pick(rng, hair_words(cut.colour))} "
    wave = one_of(rng, ("wavy ", "curly ", "") if cut.wavy else ("straight ", "", ""))
    return f"{{his}} {FALLING[cut.style]}".replace("{tone}", tone.replace("brunette", "brown")).replace(
        "{wave}", wave
    )


def _bare_subject(witness: Witness) -> str:
    """The person without an article, as notes and search boxes have it."""
    return re.sub(r"^an? |^(the|this|that) ", "", subject(witness))


SLOTS: dict[str, Callable[[Witness], str]] = {
    "who": lambda witness: subject(witness, definite=chance(witness.rng, 0.17)),
    "the": lambda witness: subject(witness, definite=chance(witness.rng, 0.7)),
    "The": _owner,
    "man": _bare_subject,
    "Man": _bare_subject,
    "hair": hair,
    "tone": _tone,
    "tresses": _tresses,
    "wears": lambda witness: outfit(witness, WEARS, "is dressed"),
    "wearing": lambda witness: outfit(witness, WEARING, "dressed"),
    "list": _list,
    "few": lambda witness: listed(clothes(witness, most=one_of(witness.rng, (1, 2, 2))), witness),
    "more": _more,
    "top": _part("upper", upper),
    "bottom": _part("lower", lower),
    "shoes": _part("shoes", shoes),
    "coloured": _coloured,
    "gesture": _gesture,
    "acts": _acts,
    "doing": doing,
    "does": _does,
    "from": seen_from,
    "looks": lambda witness: finite(looks_to(witness)),
    "view": view_of,
    "place": place,
}
