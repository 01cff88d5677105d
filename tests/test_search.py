"""Search: the right people first, ties by position, pictures that cannot be read."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from colour_matcher import COLOURS, ColourMatcher
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reidtalk import search as search_module
from reidtalk.config import SearchConfig
from reidtalk.errors import DataError, ImageError
from reidtalk.models.contract import UnreadWords
from reidtalk.search import SkippedPictures, best_positions, find, search, verdict
from reidtalk.sheets import FRAMES
from reidtalk.types import Calibration, Match, PersonImage


@pytest.fixture
def pictures(tmp_path):
    """One picture for every pair of colours, named top-trousers."""
    for top, upper in COLOURS.items():
        for trousers, lower in COLOURS.items():
            pixels = np.empty((32, 16, 3), np.uint8)
            pixels[:16], pixels[16:] = upper, lower
            Image.fromarray(pixels).save(tmp_path / f"{top}-{trousers}.png")
    return tmp_path


def names(matches):
    return [match.image.path.stem for match in matches]


def test_the_person_described_comes_first(pictures):
    matches = find(ColourMatcher(), "a red top and blue trousers", sorted(pictures.iterdir()), top=3)
    assert names(matches)[0] == "red-blue"
    assert [match.rank for match in matches] == [1, 2, 3]
    assert matches[0].score == 0.0
    assert matches[0].score > matches[1].score >= matches[2].score
    assert isinstance(matches[0].score, float)


def test_several_sentences_describe_one_person(pictures):
    images = sorted(pictures.iterdir())
    said = ["a red top and green trousers", "a red top and blue trousers", "a red top and blue trousers"]
    matches = find(ColourMatcher(), said, images)
    assert names(matches)[:2] == ["red-blue", "red-green"]
    alone = {match.image.path: match.score for match in find(ColourMatcher(), said[0], images, 100)}
    again = {match.image.path: match.score for match in find(ColourMatcher(), said[1], images, 100)}
    best = matches[0]
    assert best.score == pytest.approx((alone[best.image.path] + 2 * again[best.image.path]) / 3)


def test_every_picture_is_found_once_whatever_the_batch(pictures):
    images = [PersonImage(path=path, identity=7) for path in sorted(pictures.iterdir())]
    first = find(ColourMatcher(), "green top", images, 100)
    assert len(first) == 36
    assert {match.image.path for match in first} == {image.path for image in images}
    assert all(match.image.identity == 7 for match in first)
    assert find(ColourMatcher(), "green top", images, 100, batch_size=5) == first


def test_of_equal_pictures_the_earlier_is_first(pictures):
    images = [str(pictures / f"{name}.png") for name in ("blue-red", "red-blue", "blue-red", "red-blue")]
    matches = find(ColourMatcher(), "a red top and blue trousers", images)
    assert names(matches) == ["red-blue", "red-blue", "blue-red", "blue-red"]


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(1, 70))
def test_the_best_are_those_of_a_stable_sort(scores, top):
    expected = sorted(range(len(scores)), key=lambda position: (-scores[position], position))
    assert best_positions(torch.tensor(scores, dtype=torch.float32), top) == expected[:top]


def test_pictures_that_cannot_be_read_are_left_out_and_counted(pictures):
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (pictures / "empty.png").touch()
    images = sorted(pictures.iterdir())
    message = r"2 of 38 pictures could not be read and were not searched; cannot read .*broken.jpg"
    with pytest.warns(SkippedPictures, match=message):
        matches = find(ColourMatcher(), "a red top and blue trousers", images, 50, batch_size=1)
    assert len(matches) == 36
    assert names(matches)[0] == "red-blue"


def test_the_warning_names_the_line_that_asked(pictures):
    (pictures / "empty.png").touch()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        find(ColourMatcher(), "red top", sorted(pictures.iterdir()))
    assert [Path(warning.filename).name for warning in caught] == ["test_search.py"]


def test_none_that_can_be_read_is_an_error(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(ImageError, match=r"cannot read .*empty.png"):
        find(ColourMatcher(), "red top", [tmp_path / "empty.png"])
    with pytest.raises(DataError, match=r"none of the 2 pictures can be read; cannot read .*empty.png"):
        find(ColourMatcher(), "red top", [tmp_path / "empty.png"] * 2)
    with pytest.raises(DataError, match="none of the 0 pictures can be read"):
        find(ColourMatcher(), "red top", [])


def test_a_sentence_without_a_known_word_is_an_error_before_any_picture_is_read():
    with pytest.raises(DataError, match="no known word in 'purple'"):
        find(ColourMatcher(), "purple", ["absent.png"])


@pytest.fixture
def _colour_model(monkeypatch):
    monkeypatch.setattr(search_module, "load_matcher", lambda *_: ColourMatcher())


@pytest.mark.usefixtures("_colour_model")
def test_the_command_finds_in_folders_and_draws_a_sheet(pictures, tmp_path):
    config = SearchConfig(
        sentence="a red top and blue trousers",
        pictures=[pictures],
        model=Path("run"),
        top=4,
        sheet=tmp_path / "sheets" / "found.png",
    )
    matches = search(config)
    assert names(matches)[0] == "red-blue"
    assert len(matches) == 4
    with Image.open(config.sheet) as sheet:
        assert sheet.size == (352 + 4 * 100 - 12 + 28, 278)


@pytest.mark.usefixtures("_colour_model")
def test_the_command_takes_further_sentences(pictures):
    config = SearchConfig(
        sentence="a red top and green trousers", also=("a red top and blue trousers",) * 2,
        pictures=[pictures], model=Path("run"), sheet=None,
    )  # fmt: skip
    assert names(search(config))[:2] == ["red-blue", "red-green"]


@pytest.mark.usefixtures("_colour_model")
def test_words_past_where_the_matcher_stops_are_told_in_one_line(pictures):
    sentence = "a red top and blue trousers and he is a man and has one two three four five six"
    config = SearchConfig(sentence=sentence, pictures=[pictures], model=Path("run"), sheet=None)
    with pytest.warns(UnreadWords) as told:
        search(config)
    assert [str(one.message) for one in told] == [
        "the matcher does not read so many words; the last 7 do not count: has one two three four ..."
    ]
    assert [Path(one.filename).name for one in told] == ["test_search.py"]


@pytest.mark.usefixtures("_colour_model")
def test_no_sheet_is_drawn_when_none_is_asked_for(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    search(SearchConfig(sentence="red top", pictures=[pictures], model=Path("run"), sheet=None))
    assert sorted(tmp_path.iterdir()) == before


def test_a_sheet_that_cannot_be_drawn_is_told_before_anything_else(tmp_path):
    config = SearchConfig(
        sentence="x", pictures=[Path("absent")], model=Path("run"), sheet=tmp_path / "a.txt"
    )
    with pytest.raises(DataError, match="cannot draw into"):
        search(config)


def test_a_page_that_cannot_be_written_is_told_before_anything_else(tmp_path):
    config = SearchConfig(
        sentence="x", pictures=[Path("absent")], model=Path("run"), sheet=None, html=tmp_path / "a.txt"
    )
    with pytest.raises(DataError, match="cannot write a page to"):
        search(config)


def test_a_video_is_for_an_index(tmp_path):
    video = tmp_path / "the door.MP4"
    video.touch()
    said = r"the door.MP4 is a video; .*index it with reidtalk index '.*the door.MP4' --to people.index, then"
    with pytest.raises(DataError, match=said):
        search(SearchConfig(sentence="x", pictures=[video], sheet=None))
    with pytest.raises(DataError, match=r"no such file or folder: absent.mp4; .*: correct the path$"):
        search(SearchConfig(sentence="x", pictures=[Path("absent.mp4")], sheet=None))


@pytest.mark.parametrize(
    ("sentence", "pictures_given", "quotes"),
    [
        ("a", ["man", "in", "black", "PICTURES"], True),
        ("a", ["nowhere.png"], False),
        ("a", ["no/where"], False),
        ("a man in black", ["man"], False),
    ],
)
def test_a_sentence_without_quotes_is_told_apart_from_a_wrong_path(
    pictures, sentence, pictures_given, quotes
):
    given = [pictures if one == "PICTURES" else Path(one) for one in pictures_given]
    with pytest.raises(DataError, match="no such file or folder") as raised:
        search(SearchConfig(sentence=sentence, pictures=given, sheet=None))
    assert raised.value.do == "correct the path" + (", or put the sentence in quotes" if quotes else "")


@pytest.mark.parametrize(
    ("score", "chance"), [(0.3, 0.5), (0.4, 1 / (1 + math.exp(-1))), (0.1, 1 / (1 + math.exp(2)))]
)
def test_a_likelihood_is_the_logistic_of_the_score(score, chance):
    assert Calibration(slope=10.0, cut_off=0.3).likelihood(score) == pytest.approx(chance)


@given(st.floats(0.01, 1e6), st.floats(-1e3, 1e3), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_likelihood_is_a_chance_and_rises_with_the_score(slope, cut_off, score, more):
    calibration = Calibration(slope=slope, cut_off=cut_off)
    assert 0 <= calibration.likelihood(score) <= calibration.likelihood(score + more) <= 1


def chances(*likelihoods):
    image = PersonImage(path=Path("x"))
    return [
        Match(image=image, score=0.0, rank=rank, likelihood=chance)
        for rank, chance in enumerate(likelihoods, start=1)
    ]


@pytest.mark.parametrize(
    ("likelihoods", "words"),
    [
        ((), ""),
        ((None, None), ""),
        ((0.9, 0.5, 0.49), "2 likely matches among the 3 shown"),
        ((0.5, 0.1), "1 likely match among the 2 shown"),
        (
            (0.239, 0.1),
            "no match is sure (best 23%): the right person may be missing, or more should be said of them",
        ),
        (
            (0.4999,),
            "no match is sure (best 49%): the right person may be missing, or more should be said of them",
        ),
    ],
)
def test_the_verdict_counts_the_likely_or_says_that_there_is_none(likelihoods, words):
    assert verdict(chances(*likelihoods)) == words


def test_without_a_calibration_there_is_no_likelihood(pictures):
    matches = find(ColourMatcher(), "red top", sorted(pictures.iterdir()))
    assert {(match.likelihood, match.likely, match.percent) for match in matches} == {(None, False, "")}


def calibrated(cut_off):
    matcher = ColourMatcher()
    matcher.calibration = Calibration(slope=4.0, cut_off=cut_off)
    return matcher


def test_a_calibrated_matcher_tells_likelihoods_and_ranks_the_same(pictures):
    images = sorted(pictures.iterdir())
    plain = find(ColourMatcher(), "a red top and blue trousers", images)
    matches = find(calibrated(-0.5), "a red top and blue trousers", images)
    assert names(matches) == names(plain)
    assert matches[0].likelihood == pytest.approx(1 / (1 + math.exp(-2)))
    assert [match.likely for match in matches] == [match.score >= -0.5 for match in matches]


@pytest.mark.parametrize(("cut_off", "likely"), [(-0.5, True), (0.5, False)])
def test_the_sheet_frames_the_likely(pictures, tmp_path, monkeypatch, cut_off, likely):
    monkeypatch.setattr(search_module, "load_matcher", lambda *_: calibrated(cut_off))
    sheet = tmp_path / "found.png"
    search(SearchConfig(sentence="a red top and blue trousers", pictures=[pictures], top=1, sheet=sheet))
    blue = tuple(bytes.fromhex(FRAMES["likely"][0][1:]))
    with Image.open(sheet) as drawn:
        assert drawn.size[1] > 278  # the verdict stands above
        assert (blue in {colour for _, colour in drawn.getcolors(10**6)}) == likely


def test_without_a_model_the_shipped_one_is_asked_for(pictures, monkeypatch):
    asked = []
    monkeypatch.setattr(search_module, "load_matcher", lambda *given: asked.append(given) or ColourMatcher())
    search(SearchConfig(sentence="red top", pictures=[pictures], sheet=None))
    assert asked == [(None, "auto", "auto")]
