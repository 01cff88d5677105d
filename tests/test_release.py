"""What is given away: half the size, nearly the same scores, and a cut-off that means something."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reidtalk.data.drawn import Round, draw_some
from reidtalk.data.people.labels import CLASSES, FIELDS, UNSEEN, VALUES
from reidtalk.data.pieces import build_vocabulary
from reidtalk.errors import ConfigError, TrainingError
from reidtalk.models import MODELS
from reidtalk.models.checkpoint import load_matcher, save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.models.reranked import Reranked, RerankedSettings
from reidtalk.models.shipped import SHIPPED
from reidtalk.release import (
    Score,
    discount_shapes,
    emphasise_hats,
    fit_calibration,
    refuse_other_files,
    release,
    score_among,
    searches,
    telling,
)
from reidtalk.training_config import ReleaseConfig
from reidtalk.types import Calibration
from reidtalk.validation import encode_drawn, first_captions, score_drawn


def among(scores: torch.Tensor) -> Score:
    """Searches among some people, where a score does not depend on who else is there."""
    return lambda people: scores[people][:, people]


def test_searches_miss_the_right_person_every_second_time() -> None:
    scores = torch.full((200, 200), 0.1)
    scores.fill_diagonal_(0.9)
    best, right = searches(among(scores), len(scores), np.random.default_rng(0))
    assert 0.4 < right.float().mean() < 0.6
    assert torch.equal(best, torch.where(right, 0.9, 0.1))


def test_the_cut_off_lies_where_half_of_the_finds_are_right() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = 0.2 + 0.1 * torch.randn(1500, 1500, generator=generator)
    scores.diagonal().add_(0.25)
    calibration = fit_calibration(among(scores), len(scores), np.random.default_rng(0))
    best, right = searches(among(scores), len(scores), np.random.default_rng(1))
    near = (best - calibration.cut_off).abs() < 0.02
    assert right[near].float().mean().item() == pytest.approx(0.5, abs=0.12)
    assert calibration.likelihood(calibration.cut_off) == pytest.approx(0.5)
    assert calibration.slope > 0
    told = torch.tensor([calibration.likelihood(score) for score in best.tolist()])
    assert told.mean().item() == pytest.approx(right.float().mean().item(), abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["dual-encoder", "reranked"])
def test_a_run_becomes_a_smaller_checkpoint_with_a_cut_off(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    sizes = {"image_width": 8, "features": 16, "buckets": 64}
    sizes |= {"reader_units": 16} if model == "reranked" else {}
    row = MODELS[model]
    matcher = row.build(row.settings(**sizes), build_vocabulary(["a man in a red coat"], 0))
    save_checkpoint(
        tmp_path / "run",
        matcher,
        model,
        {"step": 7, "training": {"out": "/home/me", "steps": 9, "teachers": 3}},
    )
    planted = Calibration(slope=20.0, cut_off=0.3)
    monkeypatch.setattr("reidtalk.release.fit_calibration", lambda *_: planted)  # it knows nothing to fit
    hats = 8.0 if model == "dual-encoder" else 1.0
    config = ReleaseConfig(run=tmp_path / "run", out=tmp_path / "small", people=100, shapes=1, device="cpu")
    released = release(replace(config, hats=hats))
    whole = (tmp_path / "run" / "model.safetensors").stat().st_size / 1e6
    assert released.megabytes < 0.6 * whole
    assert released.recall_after == pytest.approx(released.recall_before, abs=3)
    assert load_matcher(tmp_path / "small", "cpu").calibration == planted
    told = json.loads((tmp_path / "small" / "config.json").read_text())
    assert (told["step"], told["training"]) == (7, {"steps": 9, "teachers": 3})
    assert told["release"] == {"people": 100, "seed": 321, "shapes": 1.0, "hats": hats}
    if model == "dual-encoder":  # what a release counts more or less, the next one does, too
        release(replace(config, run=tmp_path / "small", out=tmp_path / "again", hats=2))
        again = json.loads((tmp_path / "again" / "config.json").read_text())["release"]
        assert (again["shapes"], again["hats"]) == (1.0, 16.0)


def test_scores_that_tell_nothing_are_not_calibrated() -> None:
    with pytest.raises(TrainingError, match="the scores do not tell right from wrong"):
        fit_calibration(among(torch.full((100, 100), 0.2)), 100, np.random.default_rng(0))


def test_a_re_ranked_score_is_that_of_a_search_among_the_gallery_alone() -> None:
    torch.manual_seed(0)
    settings = RerankedSettings(image_width=8, features=16, buckets=64, reader_units=16, depth=6)
    matcher = Reranked(settings, build_vocabulary(["a man in a red coat"], 0)).eval()
    drawn = draw_some(range(12), seed=3, captions=1, size_px=matcher.image_size_px)
    people = np.array([7, 2, 11, 5])
    alone = score_among(matcher, first_captions(drawn), encode_drawn(matcher, drawn), people)
    everybody = score_drawn(matcher, drawn)
    assert alone.shape == (4, 4)
    assert not torch.allclose(alone, everybody[people][:, people])
    captions = [drawn.captions[person][0] for person in people]
    images = matcher.encode_images(torch.from_numpy(drawn.images[people]))
    torch.testing.assert_close(alone, matcher.score(matcher.encode_texts(captions), images))


def test_nothing_but_an_earlier_release_is_replaced(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "run", DualEncoder(DualEncoderSettings(image_width=8), build_vocabulary(["red"], 0)),
                    "dual-encoder", {})  # fmt: skip
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="papers holds other things than a released matcher"):
        release(ReleaseConfig(run=tmp_path / "run", out=tmp_path / "papers", device="cpu"))
    with pytest.raises(ConfigError, match="run holds other things than a released matcher"):
        refuse_other_files(tmp_path / "run")  # it is a checkpoint, but none that was released
    refuse_other_files(SHIPPED)


def test_shapes_and_hats_of_a_matcher_with_its_re_ranker_stay_as_they_are(tmp_path: Path) -> None:
    settings = RerankedSettings(image_width=8, features=16, buckets=64, reader_units=16, depth=6)
    save_checkpoint(tmp_path / "run", Reranked(settings, build_vocabulary(["red"], 0)), "reranked", {})
    config = ReleaseConfig(run=tmp_path / "run", out=tmp_path / "small", shapes=0.7, device="cpu")
    with pytest.raises(ConfigError, match=r"--shapes is 0.7, but .*run has 1.0"):
        release(config)
    with pytest.raises(ConfigError, match=r"--hats is 8, but .*run has 1.0"):
        release(replace(config, shapes=1.0, hats=8))


def test_only_what_was_trained_on_drawings_is_released(tmp_path: Path) -> None:
    from reidtalk.data.words import Vocabulary
    from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings

    settings = GnaRnnSettings(backbone="small", image_size_px=(36, 20), crop_size_px=(32, 16), input_encoding_size=8,
                              rnn_size=8)  # fmt: skip
    save_checkpoint(tmp_path / "run", GnaRnn(settings, Vocabulary(("red", "UNK"))), "gna-rnn", {})
    with pytest.raises(ConfigError, match="holds a gna-rnn; accepted: a run or checkpoint of train-dual"):
        release(ReleaseConfig(run=tmp_path / "run", out=tmp_path / "small", device="cpu"))


def test_shapes_count_less_than_colours() -> None:
    torch.manual_seed(0)
    matcher = DualEncoder(
        DualEncoderSettings(image_width=8, features=16, buckets=64), build_vocabulary(["red"], 0)
    )
    matcher.eval()
    head = 1e-6 * torch.randn(len(FIELDS), CLASSES, 16)
    colours = torch.linalg.qr(torch.randn(16, 16)).Q[:2]
    for part, direction in zip(("upper", "lower"), colours, strict=True):
        head[FIELDS.index(f"{part} colour"), :, :] = torch.randn(CLASSES, 1) * direction
    images = torch.randint(0, 256, (5, 3, 128, 64), dtype=torch.uint8)
    seen, read = matcher.encode_images(images), matcher.encode_texts(["red coat", "blue bag"])
    discount_shapes(matcher, head.flatten(0, 1), 0.25)
    along = seen @ colours.T @ colours
    expected = torch.nn.functional.normalize(along + 0.5 * (seen - along), dim=1)
    torch.testing.assert_close(matcher.encode_images(images), expected, rtol=1e-4, atol=1e-5)
    along = read @ colours.T @ colours
    expected = torch.nn.functional.normalize(along + 0.5 * (read - along), dim=1)
    torch.testing.assert_close(matcher.encode_texts(["red coat", "blue bag"]), expected, rtol=1e-4, atol=1e-5)


def test_the_direction_that_tells_a_truth_is_found() -> None:
    generator = torch.Generator().manual_seed(3)
    true = torch.rand(400, generator=generator) < 0.2
    planted = torch.nn.functional.normalize(torch.tensor([3.0, 0.0, -4.0, 0.0, 0.0]), dim=0)
    vectors = torch.randn(400, 5, generator=generator) + 2 * true[:, None] * planted
    assert telling(vectors, true) @ planted > 0.98


def test_what_tells_hats_counts_more_and_nothing_else_does() -> None:
    torch.manual_seed(1)
    settings = DualEncoderSettings(image_width=8, features=16, buckets=64)
    matcher = DualEncoder(settings, build_vocabulary(["red"], 0)).eval()
    drawn = draw_some(range(60), seed=8, captions=1, size_px=(128, 64))
    seen, read = vectors_of(matcher, drawn)
    hats = torch.from_numpy(drawn.labels[:, FIELDS.index("hat")])
    told, bare = hats != UNSEEN, hats == sorted(VALUES["hat"]).index("none")
    units = torch.nn.functional.normalize(torch.cat([seen[told], read[told]]), dim=1)
    expected = telling(units, ~bare[told].repeat(2))
    emphasise_hats(matcher, drawn, 9.0)
    seen_after, read_after = vectors_of(matcher, drawn)
    _, strengths, directions = torch.linalg.svd(seen_after - seen, full_matrices=False)
    assert strengths[1] < 1e-3 * strengths[0]
    assert abs(directions[0] @ expected) > 0.999
    for before, after in ((seen, seen_after), (read, read_after)):
        along = torch.outer(before @ directions[0], directions[0])
        torch.testing.assert_close(after, before + 2 * along, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("hats", [0.5, float("nan"), float("inf")])
def test_hats_cannot_count_less_than_they_do(hats: float) -> None:
    with pytest.raises(ConfigError, match=f"--hats is {hats}; accepted: 1 or more"):
        ReleaseConfig(run=Path("run"), out=Path("small"), hats=hats)


def vectors_of(matcher: DualEncoder, drawn: Round) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the pictures and of what is said of them, before they are made unit vectors."""
    with torch.no_grad():
        text = matcher.tokenize(first_captions(drawn))
        return matcher.image_tower(torch.from_numpy(drawn.images)), matcher.text_tower(text)


def test_without_the_second_lesson_shapes_stay_as_they_are(tmp_path: Path) -> None:
    matcher = DualEncoder(DualEncoderSettings(image_width=8, buckets=64), build_vocabulary(["red"], 0))
    save_checkpoint(tmp_path / "lone", matcher, "dual-encoder", {})
    with pytest.raises(ConfigError, match="lone has no last/ checkpoint of train-dual"):
        release(ReleaseConfig(run=tmp_path / "lone", out=tmp_path / "small", device="cpu"))
