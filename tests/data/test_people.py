"""People who do not exist, their pictures, and what is said of them."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reidtalk.data.people import Person, View, describe, draw_person, person
from reidtalk.data.people.attributes import UPPER_COLOURS, Garment
from reidtalk.data.people.colours import REGIONS, lch_to_rgb, sample
from reidtalk.data.people.figures.canvas import Camera, Canvas, Stack
from reidtalk.data.people.figures.carried import RAISED, THINGS, place_of
from reidtalk.data.people.figures.clothes import Subject
from reidtalk.data.people.figures.figure import Pose, figure, frame, pose
from reidtalk.data.people.figures.hair import draw_hanging_hair
from reidtalk.data.people.figures.head import draw_head
from reidtalk.data.people.figures.surface import CODES, MATERIALS, clothed, unevened
from reidtalk.data.people.identity import HAIRCUTS
from reidtalk.data.people.wardrobe import BAGS, EXTRAS, HATS, LOWERS, SHOES, UPPERS, Cut, often
from reidtalk.data.people.wording.colour_names import HAIR_WORDS, NAMES, words_for
from reidtalk.data.people.wording.garments import garment
from reidtalk.data.people.wording.witness import Witness

identities = st.integers(1, 100_000)
SEEN = frozenset(
    ("head", "face", "hair", "glasses", "upper", "front", "lower", "legs", "shoes", "hat", "scarf", "bag")
)
COLOUR_WORDS = {name.replace("-", " ") for name in NAMES}
NOT_WORN = re.compile(
    r"\b(white|brown) (table|door|soles)|with (silver|silvery|grey) \w+|black and white \w+"
)


def picture_of(identity: int, k: int = 0, height_px: int = 128, width_px: int = 64):
    return draw_person(person(3, identity), np.random.default_rng([3, identity, k]), height_px, width_px)


def view(**given: object) -> View:
    front = View(
        facing="front",
        legs="standing",
        arms=("hanging", "hanging"),
        seen=SEEN,
        held=(),
        hood_up=False,
        light="day",
        monochrome=False,
    )
    return replace(front, **given)


def captions(who: Person, shown: View, count: int = 60) -> list[str]:
    rng = np.random.default_rng(0)
    return [describe(who, shown, rng) for _ in range(count)]


def somebody(**wanted: object) -> Person:
    """The first person with the wanted attributes."""
    return next(
        who for who in (person(3, i) for i in range(1, 4000))
        if all(getattr(who, name) == value for name, value in wanted.items())
    )  # fmt: skip


def worn_things(who: Person) -> list[Garment]:
    things = (who.upper, who.inner, who.lower, who.shoes, who.hat, who.scarf, who.bag, *who.extras)
    return [thing for thing in things if thing is not None]


def true_words(who: Person) -> set[str]:
    """Every colour word that is true of something about the person."""
    hair = [who.hair.colour] + ([who.hair.tips] if who.hair.tips else [])
    colours = [*hair, who.umbrella] + ([who.legwear] if who.legwear else [])
    for thing in worn_things(who):
        colours += [thing.colour] + ([thing.second] if thing.second else [])
    words = {word for colour in colours for word in (*words_for(colour), colour.name)}
    words |= {word for colour in hair for word in HAIR_WORDS.get(colour.name, ())}
    return {word.replace("-", " ") for word in words}


def plain(caption: str) -> str:
    """The caption in one spelling and case, without what is not worn."""
    return NOT_WORN.sub("", caption.lower().replace("-", " ").replace("gray", "grey"))


def test_a_person_follows_from_seed_and_number():
    assert person(3, 5) == person(3, 5)
    assert person(3, 5) != person(4, 5)


def test_people_differ():
    people = [person(3, i) for i in range(200)]
    looks = {(p.gender, p.upper.kind, p.upper.colour.rgb, p.shoes.colour.rgb) for p in people}
    assert len(looks) == 200


def test_a_picture_follows_from_person_and_generator():
    one, view_one = picture_of(7)
    other, view_other = picture_of(7)
    assert np.array_equal(one, other)
    assert view_one == view_other
    assert not np.array_equal(one, picture_of(7, k=1)[0])


@given(identities, st.sampled_from([(16, 16), (64, 32), (128, 64), (97, 51), (256, 128), (64, 200)]))
@settings(max_examples=25, deadline=None)
def test_pictures_have_the_size_asked_for_and_something_on_them(identity, size):
    picture, shown = picture_of(identity, height_px=size[0], width_px=size[1])
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 2
    assert shown.facing.split()[0] in ("front", "back", "left", "right")


def test_clothes_have_the_colour_they_are_named_by():
    """The middle of the picture follows the upper garment's colour in lightness and in both hues."""
    drawn, meant = [], []
    for i in range(1, 800):
        who = person(3, i)
        if (
            who.upper.second is None
            and not who.upper.open
            and not who.upper.cut.layered
            and who.upper.kind != "safety jacket"
            and who.bag is None
            and not who.extras
        ):
            picture, shown = picture_of(i)
            if not shown.monochrome and not shown.held:
                middle = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[40:62, 26:38].reshape(-1, 3)
                drawn.append(np.median(middle, axis=0))
                meant.append(cv2.cvtColor(np.uint8([[who.upper.colour.rgb]]), cv2.COLOR_RGB2LAB)[0, 0])
    drawn, meant = np.array(drawn), np.array(meant)
    assert len(drawn) > 60
    for channel in range(3):
        assert np.corrcoef(drawn[:, channel], meant[:, channel])[0, 1] > 0.7


def test_the_middle_of_a_region_has_the_name_of_the_region_among_its_words():
    rng = np.random.default_rng(0)
    for name in UPPER_COLOURS:
        said = [words_for(sample(name, rng)) for _ in range(40)]
        assert sum(name in words for words in said) > 20, name


def test_colours_by_hand():
    assert lch_to_rgb(0, 0, 0) == pytest.approx((0, 0, 0), abs=1)
    assert lch_to_rgb(100, 0, 0) == pytest.approx((255, 255, 255), abs=1)
    assert lch_to_rgb(53.2, 104.6, 40) == pytest.approx((255, 0, 0), abs=3)


@given(st.sampled_from(sorted(REGIONS)), st.integers(0, 1000))
def test_a_sampled_colour_is_a_colour(name, seed):
    colour = sample(name, np.random.default_rng(seed))
    assert colour.name == name
    assert all(0 <= value <= 255 for value in colour.rgb)


@given(identities, st.integers(0, 1000))
@settings(max_examples=150, deadline=None)
def test_a_garment_is_called_by_its_own_colour_and_name(identity, seed):
    who = person(3, identity)
    if who.upper.second is not None:
        return
    phrase = garment(Witness(who, view(), np.random.default_rng(seed)), who.upper)
    assert any(name in phrase for name in who.upper.cut.names)
    assert any(word in phrase for word in words_for(who.upper.colour)) or "denim" in who.upper.colour.name


@given(identities)
@settings(max_examples=80, deadline=None)
def test_captions_name_only_colours_of_the_person(identity):
    who = person(3, identity)
    allowed = true_words(who)
    for caption in captions(who, view(), 15):
        for word in COLOUR_WORDS:
            if re.search(rf"\b{word}\b", plain(caption)):
                assert any(word in true for true in allowed), (word, caption)


@given(identities, st.integers(0, 50))
@settings(max_examples=80, deadline=None)
def test_captions_are_english(identity, k):
    who = person(3, identity)
    shown = view(
        facing=("front", "back", "left", "back right")[k % 4], held=("umbrella",) if k % 3 == 0 else ()
    )
    for caption in captions(who, shown, 8):
        assert re.search(r"\w", caption)
        assert not re.search(r"[{}]|  | ,|,,|\.\.|\ba an\b|\ba a\b", caption), caption
        assert not re.search(
            r"\b[Aa] [aeio]|\b[Aa]n [bcdfgjklmnpqrstvwxyz]|\band and\b|\b(and|with|over)[.,]", caption
        ), caption
        assert not re.search(
            r"\ban? (jeans|pants|trousers|shorts|shoes|sneakers|boots|leggings)\b", caption
        ), caption


def test_captions_are_many():
    said = {caption for i in range(1, 60) for caption in captions(person(3, i), view(), 10)}
    assert len(said) > 540


def test_the_back_hides_the_face_and_the_front():
    who = somebody(glasses=True, beard="full", extras=())
    away = view(facing="back", seen=SEEN - {"face", "front", "glasses"})
    front, back = " ".join(captions(who, view())), " ".join(captions(who, away))
    assert "beard" in front
    assert "glasses" in front
    assert "beard" not in back
    assert "glasses" not in back
    assert "facing the camera" not in back
    assert re.search("from behind|away", back)


def test_what_is_out_of_sight_is_not_said():
    who = next(
        p for p in (person(3, i) for i in range(1, 500)) if p.bag and p.bag.kind == "backpack" and p.lower
    )
    hidden = " ".join(captions(who, view(seen=SEEN - {"bag", "shoes", "lower", "legs"})))
    for thing in (who.bag, who.shoes, who.lower):
        assert not any(re.search(rf"\b{name}\b", hidden) for name in thing.cut.names)
    assert "backpack" in " ".join(captions(who, view()))


def test_what_is_under_an_open_jacket_is_said_only_of_the_front():
    people = (person(3, i) for i in range(1, 500))
    who = next(p for p in people if p.upper.open and p.upper.kind == "jacket" and p.inner.kind == "t-shirt")
    assert re.search("over|underneath", " ".join(captions(who, view())))
    away = " ".join(captions(who, view(facing="back", seen=SEEN - {"front"})))
    assert not any(f" over a {word}" in away or "underneath" in away for word in words_for(who.inner.colour))


def test_a_picture_without_colours_is_described_without():
    said = plain(" ".join(captions(somebody(gender="woman", glasses=False), view(monochrome=True))))
    assert not [word for word in COLOUR_WORDS if re.search(rf"\b{word}\b", said)]


def test_views_show_fronts_and_backs_and_sides():
    facings = [picture_of(i)[1].facing for i in range(1, 80)]
    assert {facing.split()[0] for facing in facings} == {"front", "back", "left", "right"}


def test_weights_are_read_from_a_line():
    assert often("plain 2, tee shirt, hi-vis 0.5") == {"plain": 2.0, "tee shirt": 1.0, "hi-vis": 0.5}
    assert UPPERS["t-shirt"].names["shirt"] == 1.5


def test_the_camera_sees_what_faces_it():
    camera = Camera(pitch=0.0, distance=5.0, roll=0.0)
    levels = np.array([(0.0, 0.1, 0.1, 0.0), (0.3, 0.1, 0.1, 0.0)])
    ahead, away = (Stack(np.zeros(3), frame(yaw), levels, camera) for yaw in (0, 180))
    assert ahead.facing(0) == pytest.approx(1)
    assert away.facing(0) == pytest.approx(-1)
    assert ahead.panel(0.1, 0.2, -20, 20) is not None
    assert away.panel(0.1, 0.2, -20, 20) is None
    nearer = camera.flat(np.array([[0.1, 0.5, 1.0], [0.1, 0.5, -1.0]]))
    assert nearer[0, 0] > nearer[1, 0] > 0


def test_a_held_thing_belongs_to_a_raised_hand():
    for i in range(1, 150):
        shown = picture_of(i)[1]
        if shown.held:
            assert set(RAISED) & set(shown.arms)


def subject_of(who: Person, posed: Pose, yaw: float = 0.0) -> Subject:
    """`who` in a pose before an empty canvas."""
    camera = Camera(pitch=0.1, distance=5.0, roll=0.0)
    canvas = Canvas(np.zeros((256, 128, 4), np.uint8), camera, (0.3, -0.5, 0.8))
    canvas.aim(np.array([230.0, 230.0]), np.array([64.0, 128.0]))
    rng = np.random.default_rng(0)
    return Subject(canvas, figure(who.body, posed, yaw, rng), posed, who, rng)


@pytest.mark.parametrize("thing", sorted(THINGS))
def test_every_held_thing_can_be_drawn_and_lies_where_it_is_looked_for(thing):
    subject = subject_of(person(3, 1), pose(np.random.default_rng(2)), yaw=70)
    THINGS[thing](subject, 0)
    painted = subject.canvas.image[:, :, 3] > 0
    assert painted.sum() > 20
    x, y = subject.canvas.camera.flat(place_of(subject, thing, 0)[None])[0] * subject.canvas.scale
    near = np.argwhere(painted) - (y + 128, x + 64)
    assert np.hypot(*near.T).min() < 30


def worn_of(table: dict[str, Cut], kind: str) -> Garment:
    return Garment(kind=kind, cut=table[kind], colour=sample("red", np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("field", "table", "kind"),
    [("upper", UPPERS, kind) for kind in UPPERS]
    + [("lower", LOWERS, kind) for kind in LOWERS]
    + [("shoes", SHOES, kind) for kind in SHOES]
    + [("hat", HATS, kind) for kind in HATS]
    + [("bag", BAGS, kind) for kind in BAGS]
    + [("extras", EXTRAS, kind) for kind in EXTRAS],
)
def test_everything_in_the_wardrobe_can_be_drawn(field, table, kind):
    worn = worn_of(table, kind)
    who = replace(
        somebody(gender="woman", hat=None, bag=None), **{field: (worn,) if field == "extras" else worn}
    )
    for k in range(4):
        picture, _ = draw_person(who, np.random.default_rng([5, k]), 128, 64)
        assert picture.std() > 2


@pytest.mark.parametrize("style", sorted({*HAIRCUTS["woman"], *HAIRCUTS["man"]}))
def test_every_haircut_covers_some_of_the_head(style):
    who = somebody(gender="man", hat=None)
    bald = replace(who, hair=replace(who.hair, style="bald"), beard="", glasses=False)
    shaggy = replace(
        bald, hair=replace(who.hair, style=style, length=0.2, colour=sample("red", np.random.default_rng(0)))
    )
    drawn = []
    for someone in (bald, shaggy):
        subject = subject_of(someone, pose(np.random.default_rng(2)), yaw=180)
        draw_head(subject, hood_up=False)
        draw_hanging_hair(subject)
        drawn.append(subject.canvas.image)
    assert (style == "bald") == np.array_equal(*drawn)


def test_an_apron_is_seen_from_the_front_only():
    who = replace(somebody(gender="man", bag=None, scarf=None), extras=(worn_of(EXTRAS, "apron"),))
    shown = [draw_person(who, np.random.default_rng([7, k]), 64, 32)[1] for k in range(60)]
    assert any("apron" in one.seen for one in shown)
    assert all("front" in one.seen for one in shown if "apron" in one.seen)


def test_a_mask_and_a_beard_are_not_worn_together():
    people = [person(3, i) for i in range(1, 1500)]
    assert any(who.extra("face mask") for who in people)
    assert not any(who.extra("face mask") and who.beard for who in people)


def test_codes_of_materials_survive_being_painted():
    for i, name in enumerate(MATERIALS):
        assert (int(128 + 127 * CODES[name]) >> 3) - 16 == i


def test_only_bodies_are_pulled_out_of_shape_and_given_folds():
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 255, (128, 64, 4), np.uint8)
    picture[:, :, 3] = 0
    shade = np.full((128, 64), 128, np.uint8)
    same, flat = unevened(picture, shade, rng)
    assert np.array_equal(same, picture)
    assert np.array_equal(clothed(same, flat, rng)[1], shade)
    picture[32:96, 16:48, 3] = 128 + int(127 * CODES["cotton"])
    moved, flat = unevened(picture, shade, rng)
    assert not np.array_equal(moved, picture)
    assert np.array_equal(moved[:8], picture[:8])
    folded = clothed(moved, flat, rng)[1]
    assert folded[40:88, 24:40].std() > 1
    assert folded[:8].std() == 0
