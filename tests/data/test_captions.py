"""What is written about drawn people: true, English, many-sided, and in the words that people use."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from reidtalk.data.people import Person, View, describe, person
from reidtalk.data.people.colours import Colour, sample
from reidtalk.data.people.drawing import FACINGS
from reidtalk.data.people.wardrobe import EXTRAS
from reidtalk.data.people.wording.captions import brief, keywords
from reidtalk.data.people.wording.colour_names import hair_words, lab_of, word, words_for
from reidtalk.data.people.wording.garments import PATTERNS, garment
from reidtalk.data.people.wording.gestures import ARMS, HELD, STILL, STRIDES, WAYS, doing, finite, gestures
from reidtalk.data.people.wording.looks import STYLES, hair
from reidtalk.data.people.wording.mistakes import careless, slip, spelled, tidy
from reidtalk.data.people.wording.phrases import uniform
from reidtalk.data.people.wording.sentences import SHAPES, SLOTS, TAILS, fill
from reidtalk.data.people.wording.witness import Witness, expand

FRONT = frozenset(
    (
        "head",
        "face",
        "hair",
        "glasses",
        "upper",
        "front",
        "lower",
        "legs",
        "shoes",
        "hat",
        "scarf",
        "bag",
        *EXTRAS,
    )
)
BACK = FRONT - {"face", "front", "glasses", "tie", "lanyard", "face mask"}
COMMON = """
a about adult afro age all an and ankle apron arm arms around athletic away baby back backpack bag baggy bald bare
baseball beanie beard bearded behind beige belt bending beret big bike black blazer blond blonde blouse blue boots
both bottle bowl box boy braid bright brown bun burgundy business button by camera cap cardigan cargo carrying case
casual cell checked checkered chest child clothes clothing coat coffee collar collared color colored coloured cream
crop crossed cup curly dark denim down dress dressed elderly entrance facing fashioned female fitted flat flats
floral folded formal forward from front full girl glasses gloves goatee gold gray green grey guy hair haired hand
handbag hands has hat he head headphones heavy heels helmet her high him hip hips his holding hood hooded hoodie in
is it jacket jeans jersey jogging jumper kid khaki knee lady large lavender leather left leggings legs length
letters light lilac logo long looking loose man maroon mask medium messenger middle mint moustache mustard navy
neck neon no of off old older olive on open orange outfit over overalls pair pale pants patterned person phone pink
plaid plain plastic pocket pockets polo ponytail print printed pulling purple purse raincoat red reflective right
rolled round rucksack running safety salmon sandals scarf seen she shirt shirts shoes shopping short shorts shoulder
shoulders side sides silver sitting skinny skirt sky sleeve sleeved sleeveless sleeves slim small sneakers socks
someone spectacles sports standing stocky straight strap straw stripe striped stripes suit suitcase sunglasses
sweater sweatpants sweatshirt tall tan tank tee teal teenager tennis the thin tie tied tight tights to top towards
track trainers trousers turned turquoise turtleneck umbrella under underneath up vest visor waist walking watch
wavy wearing wears white who wide winter with woman writing yellow young zip zipped
"""
"""Words of many descriptions of people, from no data set; some stand for things that nobody here wears."""
NOT_ENGLISH = re.compile(
    r"[{}<>|\[\]]|  | [,;.:]|,,|[;:,]\.|\.\.|\b(\w+) \1\b|^[,;.]|"
    r"\b(?i:(?:and|with|in|wearing|of|the|an?|is|are|his|their)(?=[.,;]|$))|"
    r"\b(?i:a an|an a|the a|the an|a the|is is|is wears|is has|has is|wears wearing|in wearing|is who|wearing in)\b|"
    r"\ban? (?:jeans|pants|trousers|shorts|shoes|sneakers|boots|leggings|socks|glasses)\b|"
    r"\b(?:isn|carryings|holdes|withs)\b"
)


def view(rng: np.random.Generator) -> View:
    """A made-up view, no picture needed."""
    facing = FACINGS[int(rng.random() * 8)]
    arm = ["hanging", *ARMS][int(rng.random() * 5)]
    held = ((), (), (), ("phone",), ("umbrella",), ("cup",), ("book",), ("bottle",), ("box",))
    return View(
        facing=facing,
        legs=("standing", "walking", "walking", "running", "sitting", "bending")[int(rng.random() * 6)],
        arms=("hanging", arm),
        seen=(BACK if facing.startswith("back") else FRONT) - ({"shoes"} if rng.random() < 0.2 else set()),
        held=held[int(rng.random() * len(held))],
        hood_up=False,
        light="day",
        monochrome=False,
    )


@cache
def told() -> tuple[str, ...]:
    """20,000 captions of 2,000 people."""
    rng = np.random.default_rng(1)
    captions = []
    for i in range(1, 2001):
        who, shown = person(5, i), view(rng)
        captions += [describe(who, shown, rng) for _ in range(10)]
    return tuple(captions)


@cache
def vocabulary() -> Counter[str]:
    return Counter(word for caption in told() for word in re.findall(r"[a-z]+", caption.lower()))


def witness(who: Person, seed: int = 0, **shown: object) -> Witness:
    rng = np.random.default_rng(seed)
    front = replace(
        view(rng), facing="front", seen=FRONT, held=(), arms=("hanging", "hanging"), legs="standing"
    )
    return Witness(who, replace(front, **shown), rng)


def somebody(**wanted: object) -> Person:
    """The first person with the wanted attributes."""
    return next(
        who for who in (person(3, i) for i in range(1, 4000))
        if all(getattr(who, name) == value for name, value in wanted.items())
    )  # fmt: skip


def test_a_caption_follows_from_the_generator():
    who, shown = person(3, 1), view(np.random.default_rng(0))
    assert describe(who, shown, np.random.default_rng(4)) == describe(who, shown, np.random.default_rng(4))


def test_captions_are_english():
    wrong = [caption for caption in told() if NOT_ENGLISH.search(caption)]
    assert not wrong, (len(wrong), wrong[:5])


def test_the_words_are_many_and_those_that_people_use():
    assert len(vocabulary()) > 1200
    missing = [common for common in COMMON.split() if common not in vocabulary()]
    assert len(missing) < 0.05 * len(COMMON.split()), missing


def test_captions_differ_and_have_the_length_of_real_ones():
    lengths = np.array([len(caption.split()) for caption in told()])
    assert 15 < lengths.mean() < 22
    assert 0.1 < np.mean(lengths < 8) < 0.3
    assert np.mean((lengths >= 15) & (lengths <= 35)) > 0.55
    assert len(set(told())) > 18_500


@pytest.mark.parametrize("shape", [*SHAPES, *TAILS])
def test_every_shape_has_words_for_everybody(shape):
    names = set(re.findall(r"\{(\w+)\}", shape))
    assert names <= {*SLOTS, "he", "his"}
    said = [fill(shape, witness(person(3, i), seed=i)) for i in range(1, 40)]
    assert any(re.search(r"\w", text) for text in said)


def test_words_for_a_colour_are_those_near_it():
    assert lab_of((255.0, 255.0, 255.0)) == pytest.approx((100, 0, 0), abs=0.1)
    assert lab_of((255.0, 0.0, 0.0)) == pytest.approx((53.2, 80.1, 67.2), abs=0.3)
    for rgb, common, never in (
        ((250, 250, 250), "white", "black"), ((200, 20, 30), "red", "green"), ((20, 20, 22), "black", "beige"),
        ((25, 30, 60), "navy", "yellow"), ((250, 220, 30), "yellow", "blue"), ((20, 110, 120), "teal", "red"),
    ):  # fmt: skip
        words = words_for(Colour("any", tuple(map(float, rgb))))
        assert max(words, key=lambda name: words[name]) == common or words[common] > 0.15
        assert never not in words


def test_neighbours_are_confused_and_light_changes_a_colour():
    rng = np.random.default_rng(0)
    said = Counter(word(sample("navy", rng), rng) for _ in range(500))
    assert {"navy", "dark blue", "black", "dark"} <= set(said)
    dim = Colour("grey", (110.0, 110.0, 110.0))
    assert words_for(dim, "night").get("dark grey", 0) > words_for(dim).get("dark grey", 0)


def test_what_is_unknown_is_left_out_or_called_by_its_name():
    who = person(3, 2)
    odd = replace(who, hair=replace(who.hair, style="beehive"), beard="", hat=None)
    assert "hair" in hair(witness(odd))
    held = [" ".join(gestures(witness(replace(who, bag=None), seed, held=("kite",)))) for seed in range(20)]
    assert any("kite" in phrase for phrase in held)
    assert garment(
        witness(who), replace(who.upper, pattern="paisley", second=sample("red", np.random.default_rng(0)))
    )
    assert "hopping" in doing(witness(who, legs="hopping"))
    assert hair_words(Colour("odd", (90.0, 60.0, 30.0)))


def test_a_gesture_becomes_a_verb():
    rng = np.random.default_rng(0)
    assert finite("with folded arms") == "has folded arms"
    assert finite("in profile") == "is in profile"
    assert {expand(finite("carrying a box"), rng) for _ in range(20)} == {
        "is carrying a box",
        "carries a box",
    }


def test_every_participle_has_a_third_person():
    ways = " | ".join("|".join(table.values()) for table in (STRIDES, STILL, WAYS, ARMS, HELD))
    for participle in set(re.findall(r"(?:^|\|) ?(\w+ing)\b", ways)):
        third = expand(finite(participle).replace(f"is {participle}|", ""), np.random.default_rng(0)).strip()
        assert not re.search(r"(tt|gg|nn|mm|[cvz]|ch|sh|dl|cl|bik|mak|us|ac|id)s$", third), participle


def test_all_in_one_colour_is_said_only_when_it_is():
    for i in range(1, 400):
        who = person(3, i)
        phrase = uniform(witness(who, seed=i))
        if "all in" in phrase or "head to toe" in phrase:
            assert who.lower is None or who.upper.colour.name == who.lower.colour.name


def test_what_the_view_hides_is_not_told():
    who = next(p for p in (person(3, i) for i in range(1, 4000)) if p.glasses and p.beard and p.hat and p.bag)
    shown = replace(view(np.random.default_rng(0)), facing="back", held=(), seen=frozenset({"upper"}))
    rng = np.random.default_rng(2)
    said = " ".join(describe(who, shown, rng) for _ in range(300)).lower()
    assert not re.search(r"glasses|spectacle|beard|hair|shoes|\bhat\b|front view|towards the camera", said)
    assert not any(re.search(rf"\b{name}\b", said) for name in who.bag.cut.names)


def test_letters_on_the_front_are_not_seen_from_behind():
    who = person(3, 2)
    worn = replace(who.upper, pattern="letters", second=sample("white", np.random.default_rng(0)), size=0.9)
    ways = re.compile("letter|writing|text|words|slogan|printing|printed")
    assert any(ways.search(garment(witness(who, seed), worn)) for seed in range(20))
    assert not any(
        ways.search(garment(witness(who, seed, facing="back", seen=BACK), worn)) for seed in range(20)
    )


def test_choices_and_articles_by_hand():
    rng = np.random.default_rng(0)
    assert {expand("[a|b[c|d]]", rng) for _ in range(50)} == {"a", "bc", "bd"}
    assert tidy("a  orange coat , with with an red hat ,. ") == "an orange coat, with a red hat."
    assert spelled("a plain hat", rng) == "a plain hat"
    assert careless("", rng) == ""
    assert slip("a red hat", rng) == "a red hat"
    assert sorted(len(slip("jacket", rng)) for _ in range(40))[0] == 5


def test_short_queries_say_who_it_is_and_one_or_two_things():
    said = [expand(brief(witness(person(3, i), seed=i)), np.random.default_rng(0)) for i in range(1, 300)]
    lengths = np.array([len(text.split()) for text in said])
    assert 4 < lengths.mean() < 9
    assert np.mean(lengths < 3) < 0.3
    for thing in (" with ", " in ", "wearing ", " bag", "hair", "back|behind|away", "hat|cap|helmet"):
        assert any(re.search(thing, text) for text in said), thing


def test_keywords_have_no_articles():
    said = [expand(keywords(witness(person(3, i), seed=i)), np.random.default_rng(0)) for i in range(1, 100)]
    assert not [text for text in said if re.search(r"\ban? \w", text)]


def test_tables_are_whole():
    for table in (STYLES, PATTERNS, ARMS):
        for name, ways in table.items():
            assert ways.count("[") == ways.count("]"), name
            assert "||" not in ways.replace("[|", "").replace("|]", "") or name, name
