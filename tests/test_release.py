"""What is given away: half the size, nearly the same scores, and a cut-off that means something."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from reidtalk.data.pieces import build_vocabulary
from reidtalk.errors import ConfigError, TrainingError
from reidtalk.models.checkpoint import load_matcher, save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.release import fit_calibration, refuse_other_files, release, searches
from reidtalk.training_config import ReleaseConfig
from reidtalk.types import Calibration


def test_searches_miss_the_right_person_every_second_time() -> None:
    scores = torch.full((200, 200), 0.1)
    scores.fill_diagonal_(0.9)
    best, right = searches(scores, np.random.default_rng(0))
    assert 0.4 < right.float().mean() < 0.6
    assert torch.equal(best, torch.where(right, 0.9, 0.1))


def test_the_cut_off_lies_where_half_of_the_finds_are_right() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = 0.2 + 0.1 * torch.randn(1500, 1500, generator=generator)
    scores.diagonal().add_(0.25)
    calibration = fit_calibration(scores, np.random.default_rng(0))
    best, right = searches(scores, np.random.default_rng(1))
    near = (best - calibration.cut_off).abs() < 0.02
    assert right[near].float().mean().item() == pytest.approx(0.5, abs=0.12)
    assert calibration.likelihood(calibration.cut_off) == pytest.approx(0.5)
    assert calibration.slope > 0
    told = torch.tensor([calibration.likelihood(score) for score in best.tolist()])
    assert told.mean().item() == pytest.approx(right.float().mean().item(), abs=0.03)


@pytest.mark.slow
def test_a_run_becomes_a_smaller_checkpoint_with_a_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    settings = DualEncoderSettings(image_width=8, features=16, buckets=64)
    matcher = DualEncoder(settings, build_vocabulary(["a man in a red coat"], 0))
    save_checkpoint(
        tmp_path / "run", matcher, "dual-encoder", {"step": 7, "training": {"out": "/home/me", "steps": 9}}
    )
    planted = Calibration(slope=20.0, cut_off=0.3)
    monkeypatch.setattr("reidtalk.release.fit_calibration", lambda *_: planted)  # it knows nothing to fit
    released = release(ReleaseConfig(run=tmp_path / "run", out=tmp_path / "small", people=100, device="cpu"))
    whole = (tmp_path / "run" / "model.safetensors").stat().st_size / 1e6
    assert released.megabytes < 0.6 * whole
    assert released.recall_after == pytest.approx(released.recall_before, abs=3)
    assert load_matcher(tmp_path / "small", "cpu").calibration == planted
    told = json.loads((tmp_path / "small" / "config.json").read_text())
    assert (told["step"], told["training"]) == (7, {"steps": 9})


def test_scores_that_tell_nothing_are_not_calibrated() -> None:
    with pytest.raises(TrainingError, match="the scores do not tell right from wrong"):
        fit_calibration(torch.full((100, 100), 0.2), np.random.default_rng(0))


def test_nothing_but_an_earlier_release_is_replaced(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "run", DualEncoder(DualEncoderSettings(image_width=8), build_vocabulary(["red"], 0)),
                    "dual-encoder", {})  # fmt: skip
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="papers holds other things than a released matcher"):
        release(ReleaseConfig(run=tmp_path / "run", out=tmp_path / "papers", device="cpu"))
    refuse_other_files(tmp_path / "run")


def test_only_dual_encoders_are_released(tmp_path: Path) -> None:
    from reidtalk.data.words import Vocabulary
    from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings

    settings = GnaRnnSettings(backbone="small", image_size_px=(36, 20), crop_size_px=(32, 16), input_encoding_size=8,
                              rnn_size=8)  # fmt: skip
    save_checkpoint(tmp_path / "run", GnaRnn(settings, Vocabulary(("red", "UNK"))), "gna-rnn", {})
    with pytest.raises(ConfigError, match="holds a gna-rnn; accepted: a run or checkpoint of train-dual"):
        release(ReleaseConfig(run=tmp_path / "run", out=tmp_path / "small", device="cpu"))
