"""The whole measurement on drawn people, with a matcher that is perfect, constant, or real."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from colour_matcher import ColourMatcher
from rich.console import Console

from reidtalk import evaluation
from reidtalk.config import EvaluateConfig
from reidtalk.data.words import Vocabulary
from reidtalk.errors import CheckpointError, DataError, WriteError
from reidtalk.evaluation import (
    best_and_worst,
    evaluate,
    measure,
    show,
    summarise,
    two_sides,
)
from reidtalk.metrics import METRICS, rank_queries
from reidtalk.models.checkpoint import save_checkpoint
from reidtalk.models.contract import UnreadWords
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.report import Report
from reidtalk.report_page import report_page
from reidtalk.sheets import Row
from reidtalk.types import PersonImage


class Constant(ColourMatcher):
    def score(self, text_features, image_features):
        return torch.zeros(len(text_features), len(image_features))


@pytest.fixture
def config(two_colour_people, monkeypatch):
    monkeypatch.setattr(evaluation, "load_matcher", lambda *_: ColourMatcher())
    return EvaluateConfig(
        model=Path("run"), dataset="synthetic", root=two_colour_people, device="cpu", bootstrap=50
    )


def image(name, identity, *captions):
    return PersonImage(path=Path(name), identity=identity, captions=captions)


PEOPLE = [
    image("a", 1, "one", "two", "three"),
    image("b", 1, "four", "five"),
    image("c", 2, "six", "seven"),
]


def test_a_perfect_matcher_scores_a_hundred_in_both_directions(config):
    report = evaluate(config)
    for _, result in report.directions():
        for percents in (result.measured, result.low, result.high):
            assert percents == dict.fromkeys(METRICS, 100.0)
        assert result.excluded == 0
        assert result.identities == 6
        assert result.median_rank == 1
        assert set(result.curve) == {100.0}
    assert (report.text_to_image.queries, report.text_to_image.gallery) == (24, 12)
    assert (report.image_to_text.queries, report.image_to_text.gallery) == (12, 24)
    assert report.text_to_image.chance["recall@1"] == pytest.approx(100 * 2 / 12)
    assert report.image_to_text.chance["recall@1"] == pytest.approx(100 * 4 / 24)
    assert report.pairs_per_second == pytest.approx(24 * 12 / report.score_seconds)


def test_a_constant_matcher_scores_what_its_place_in_the_gallery_implies(config, monkeypatch):
    monkeypatch.setattr(evaluation, "load_matcher", lambda *_: Constant())
    report = evaluate(config)
    # Six people, two pictures each, in order: the k-th person's pictures rank 2k-1 and 2k.
    assert report.text_to_image.measured["recall@1"] == pytest.approx(100 / 6)
    assert report.text_to_image.measured["recall@5"] == pytest.approx(100 / 2)
    assert report.text_to_image.measured["recall@10"] == pytest.approx(500 / 6)
    penalties = [2 / (2 * k) for k in range(1, 7)]
    assert report.text_to_image.measured["mINP"] == pytest.approx(100 * sum(penalties) / 6)
    assert report.text_to_image.curve == pytest.approx([100 * ((k + 1) // 2) / 6 for k in range(1, 13)])


def test_no_intervals_when_none_are_asked_for(config):
    report = evaluate(replace(config, bootstrap=0))
    assert report.text_to_image.low == report.text_to_image.high == {}
    assert "95%" not in printed(report)
    assert "95%" not in report_page(report, [], [])


def printed(report):
    text = io.StringIO()
    Console(file=text, width=120).print(report.table())
    return text.getvalue()


def test_the_table_tells_measures_chance_and_what_was_left_out(config):
    report = evaluate(config)
    lines = printed(report).splitlines()
    assert "synthetic test: 24 captions, 12 pictures, 6 people" in lines[0]
    assert re.search(r"text-to-image( +100\.00){5}", printed(report))
    assert re.search(r"95% interval( +100\.0-100\.0){5}", printed(report))
    assert re.search(r"chance +16\.67 ", printed(report))
    assert "left out" not in printed(report)
    missing = replace(report, image_to_text=replace(report.image_to_text, excluded=1234))
    assert "1,234 image-to-text queries left out (nothing relevant" in printed(missing)


def test_everything_is_written(config, tmp_path):
    out = tmp_path / "new" / "measured"
    report = evaluate(replace(config, out=out, sheet_queries=3))
    assert {file.name for file in out.iterdir()} == {"report.json", "report.html", "best.png", "worst.png"}
    assert Report.load(out / "report.json") == report
    page = (out / "report.html").read_text()
    assert "For 100.0% of the descriptions, the right person comes first." in page
    assert page.count('<article class="query">') == 6
    assert page.count("data:image/jpeg;base64,") == 6 * 11


def test_the_page_loads_nothing(config, tmp_path):
    evaluate(replace(config, out=tmp_path))
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"https?://|//[a-z]|url\(|@import|<link|<script|<iframe", page)
    assert all(source.startswith("data:image/jpeg") for source in re.findall(r'src="([^"]*)"', page))


def test_words_on_the_page_stay_words(config):
    row = Row(text="<script>alert('x')</script> & 女人")
    page = report_page(evaluate(config), [row], [])
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; 女人" in page
    assert "<script" not in page


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"text_to_image": 3}', '{"loss_history": {}}'])
def test_a_report_that_is_none_is_an_error(tmp_path, content):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(DataError, match="is no report of an evaluation"):
        Report.load(tmp_path / "report.json")


def test_the_file_holds_plain_numbers(config, tmp_path):
    evaluate(config).save(tmp_path / "report.json")
    values = json.loads((tmp_path / "report.json").read_text())
    assert values["text_to_image"]["measured"]["recall@1"] == 100.0
    assert values["protocol"] == "field"
    assert values["seed"] == 123


def test_a_report_that_cannot_be_written_is_an_error(config, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(WriteError, match="cannot write"):
        evaluate(replace(config, out=tmp_path / "taken"))


def test_every_caption_is_a_query_and_every_picture_is_there_once():
    sides = two_sides([*PEOPLE, image("a", 1, "eight")], "field")
    assert [picture.path.name for picture in sides.pictures] == ["a", "b", "c"]
    assert sides.captions == ["one", "two", "three", "eight", "four", "five", "six", "seven"]
    assert sides.own_picture == [0, 0, 0, 0, 1, 1, 2, 2]
    assert sides.caption_identities() == [1, 1, 1, 1, 1, 1, 2, 2]


def test_the_original_protocol_takes_two_captions_of_each_picture():
    sides = two_sides(PEOPLE, "original")
    assert sides.captions == ["one", "two", "four", "five", "six", "seven"]
    assert sides.own_picture == [0, 0, 1, 1, 2, 2]


def test_the_original_protocol_needs_two_captions():
    with pytest.raises(DataError, match="1 pictures have fewer than two captions, the first d"):
        two_sides([*PEOPLE, image("d", 3, "only one")], "original")


def test_captions_there_must_be():
    with pytest.raises(DataError, match="none of the 1 pictures has a caption"):
        two_sides([image("a", 1)], "field")


def test_rows_of_a_pack_are_pictures_of_their_own():
    rows = [PersonImage(path=Path("pack.h5"), row=row, identity=5, captions=("x",)) for row in (0, 1)]
    assert len(two_sides(rows, "field").pictures) == 2


def test_an_unknown_person_is_a_person_of_their_own():
    sides = two_sides([image("a", None, "x"), image("b", None, "y"), image("c", 4, "z")], "field")
    assert sides.identities == [-1, -2, 4]
    assert (rank_queries(torch.eye(3), sides.caption_identities(), sides.identities).values() == 100).all()


def test_pictures_nobody_described_are_left_out_as_queries_and_counted(config):
    sides = two_sides([*PEOPLE, image("d", 9)], "field")
    report, _ = measure(config, sides, torch.randn(7, 4), (0.0, 1.0))
    assert (report.text_to_image.queries, report.text_to_image.excluded) == (7, 0)
    assert (report.image_to_text.queries, report.image_to_text.excluded) == (3, 1)
    assert report.image_to_text.identities == 2


def test_with_no_one_to_find_there_is_nothing_to_measure():
    ranking = rank_queries(torch.zeros(2, 2), [1, 2], [3, 4])
    with pytest.raises(DataError, match="none of the 2 queries has its person in the gallery"):
        summarise(ranking, [1, 2], [3, 4], 10, 0)


def test_the_best_and_the_worst_are_of_different_people_and_in_order():
    sides = two_sides(PEOPLE, "field")
    # First ranks of the seven captions: 1 2 1 | 2 1 | 3 1; the people: 1 1 1 1 1 2 2.
    scores = torch.tensor([[3, 1, 2], [2, 1, 3], [3, 2, 1], [2, 1, 3], [1, 3, 2], [3, 2, 1], [1, 2, 3]])
    best, worst = best_and_worst(sides, rank_queries(scores.float(), [1] * 5 + [2] * 2, [1, 1, 2]), 5)
    assert best == [2, 6]  # the third caption has both pictures in front, the first has not
    assert worst == [5, 3]
    assert [
        len(rows) for rows in best_and_worst(sides, rank_queries(scores.float(), [1] * 7, [1] * 3), 1)
    ] == [
        1,
        1,
    ]


def test_a_shown_query_tells_ranks_scores_and_right_from_wrong():
    sides = two_sides(PEOPLE, "field")
    scores = torch.tensor([[0.5, 0.25, 0.5]] * 7)
    ranking = rank_queries(scores, sides.caption_identities(), sides.identities)
    row = show(sides, scores, ranking, 3, top=2)
    assert row.text == "four"
    assert row.note == "first right at rank 1 · average precision 83.3%"
    assert (row.target.image, row.target.label, row.target.mark) == (PEOPLE[1], "rank 3", "right")
    assert [(tile.image.path.name, tile.label, tile.mark) for tile in row.tiles] == [
        ("a", "1 · 0.50", "right"),
        ("c", "2 · 0.50", "wrong"),
    ]


def test_a_matcher_that_diverged_is_told(config, monkeypatch):
    monkeypatch.setattr(Constant, "score", lambda *_: torch.full((24, 12), float("nan")))
    monkeypatch.setattr(evaluation, "load_matcher", lambda *_: Constant())
    with pytest.raises(DataError, match="288 of 288 scores are not finite, the first nan"):
        evaluate(config)


def test_a_saved_matcher_is_measured(two_colour_people, tmp_path):
    torch.manual_seed(0)
    settings = GnaRnnSettings(
        backbone="small",
        image_size_px=(36, 20),
        crop_size_px=(32, 16),
        input_encoding_size=16,
        rnn_size=16,
    )
    matcher = GnaRnn(settings, Vocabulary(("a", "top", "and", "red", "blue", "trousers", "with", "UNK")))
    save_checkpoint(tmp_path / "best", matcher, "gna-rnn", {})
    config = EvaluateConfig(
        model=tmp_path, dataset="synthetic", root=two_colour_people, split="val", device="cpu"
    )
    first, again = evaluate(config), evaluate(config)
    assert first.text_to_image == again.text_to_image
    assert first.text_to_image.low["mAP"] <= first.text_to_image.measured["mAP"]
    with pytest.raises(CheckpointError, match="no such folder"):
        evaluate(replace(config, model=tmp_path / "absent"))
    evaluate(replace(config, precision="bfloat16", out=tmp_path / "half"))
    report = Report.load(tmp_path / "half" / "report.json")
    assert (first.precision, report.precision) == ("float32", "bfloat16")
    assert report.root == str(two_colour_people)
    assert re.search(r"pairs/s in bfloat16 on\s+cpu", printed(report))
    assert "in bfloat16 on cpu" in (tmp_path / "half" / "report.html").read_text()
    near = report.text_to_image
    assert near.measured["mAP"] == pytest.approx(first.text_to_image.measured["mAP"], abs=10)


def test_captions_that_are_cut_are_counted_once(config, monkeypatch):
    monkeypatch.setattr(ColourMatcher, "unread_words", lambda _, caption: caption.split()[5:])
    with pytest.warns(UnreadWords) as told:
        evaluate(config)
    assert [str(one.message) for one in told] == ["24 of 24 captions have more words than the matcher reads"]


def test_without_a_model_the_shipped_one_is_measured(config, monkeypatch):
    asked = []
    monkeypatch.setattr(evaluation, "load_matcher", lambda *given: asked.append(given) or ColourMatcher())
    assert evaluate(replace(config, model=None)).model == "reidtalk-small"
    assert asked == [(None, "cpu", "float32")]
    assert evaluate(config).model == "run"
