"""Recalls by the ten best alone are those of ranking everything."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from colour_matcher import ColourMatcher

from reidtalk import evaluation, quick_evaluation
from reidtalk.cli import main
from reidtalk.config import EvaluateConfig
from reidtalk.data.words import Vocabulary
from reidtalk.errors import ConfigError
from reidtalk.evaluation import evaluate
from reidtalk.models import cascade
from reidtalk.models.checkpoint import save_checkpoint
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.quick_evaluation import QuickReport, evaluate_quickly

RECALLS = ("recall@1", "recall@5", "recall@10")


def assert_same(config: EvaluateConfig) -> QuickReport:
    quick, whole = evaluate_quickly(replace(config, quick=True)), evaluate(config).text_to_image
    assert quick.recalls == pytest.approx([whole.measured[name] for name in RECALLS])
    for name, (low, high) in zip(RECALLS, quick.ends, strict=True):
        assert (low, high) == pytest.approx((whole.low[name], whole.high[name]))
    assert (quick.captions, quick.pictures) == (whole.queries, whole.gallery)
    return quick


def test_recalls_and_intervals_are_those_of_the_whole(
    two_colour_people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (evaluation, quick_evaluation):
        monkeypatch.setattr(module, "load_matcher", lambda *_: ColourMatcher())
    config = EvaluateConfig(model=Path("run"), dataset="synthetic", root=two_colour_people, split="train",
                            device="cpu", bootstrap=50)  # fmt: skip
    quick = assert_same(config)
    assert quick.read == quick.pictures
    told = replace(quick, ends=()).text()
    assert told.startswith(f"text-to-image: recall@1 {quick.recalls[0]:.2f}, recall@5")


def test_a_gna_rnn_reads_few(
    two_colour_people: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    torch.manual_seed(0)
    settings = GnaRnnSettings(backbone="small", image_size_px=(36, 20), crop_size_px=(32, 16),
                              input_encoding_size=16, rnn_size=16)  # fmt: skip
    words = ("a", "top", "and", "red", "blue", "green", "trousers", "with", "UNK")
    save_checkpoint(tmp_path / "run", GnaRnn(settings, Vocabulary(words)), "gna-rnn", {})
    whole, asked = cascade.best_pictures, []

    def with_few_teachers(*given, **more):  # type: ignore[no-untyped-def]
        asked.append(more)
        return whole(*given, **more, teachers=4, sureness=50.0)

    monkeypatch.setattr(quick_evaluation, "best_pictures", with_few_teachers)
    monkeypatch.setattr(cascade, "FIRST_PICTURES", 3)
    config = EvaluateConfig(model=tmp_path / "run", dataset="synthetic", root=two_colour_people, split="train",
                            device="cpu", bootstrap=50)  # fmt: skip
    assert_same(config)
    assert asked[0]["seed"] == config.seed
    command = ["evaluate", "synthetic", str(two_colour_people), "--model", str(tmp_path / "run"), "--quick"]
    assert main(command) == 0
    assert "text-to-image: recall@1" in " ".join(capsys.readouterr().out.split())


def test_no_report_is_written_of_it() -> None:
    with pytest.raises(ConfigError, match="--out is here; accepted: nothing together with --quick"):
        EvaluateConfig(dataset="folder", root=Path("set"), quick=True, out=Path("here"))
