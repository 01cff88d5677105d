"""Training of the re-ranker on drawn people."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_dual_training import stops_at_once

from reidtalk.cli import main
from reidtalk.data.pieces import build_vocabulary
from reidtalk.errors import ConfigError
from reidtalk.models.checkpoint import load_matcher, save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.models.reranked import Reranked
from reidtalk.reranker_training import RerankerLesson, candidates, over, share_unexplained, train_reranker
from reidtalk.training_config import TrainRerankerConfig

TINY = TrainRerankerConfig(
    out=Path("set by each test"), steps=3, batch_size=8, similar=3, strangers=1, round_pictures=16, passes=1,
    val_pictures=8, reader_units=8, workers=1, device="cpu", precision="32-true", learning_rate=1e-2,
)  # fmt: skip
VOCABULARY = build_vocabulary(["a woman in a red coat", "a man with a blue bag"], 0)


@pytest.fixture
def dual(tmp_path: Path) -> Path:
    """An untrained dual encoder."""
    torch.manual_seed(7)
    matcher = DualEncoder(DualEncoderSettings(image_width=8, features=16), VOCABULARY)
    save_checkpoint(tmp_path / "dual", matcher, "dual-encoder", {})
    return tmp_path / "dual"


def reranked(folder: Path) -> Reranked:
    matcher = load_matcher(folder, "cpu")
    assert isinstance(matcher, Reranked)
    return matcher


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights_and_the_dual_encoder_stays(
    tmp_path: Path, dual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = replace(TINY, out=tmp_path / "whole", over=dual)
    assert train_reranker(whole).step == 3
    parted = replace(whole, out=tmp_path / "parted")
    with monkeypatch.context() as patch:
        patch.setattr("reidtalk.drawn_training.stop_flag", stops_at_once)
        patch.setattr("reidtalk.data.rounds.PATIENCE_SECONDS", 100.0)  # not while drawing: after each step
        assert train_reranker(parted).step == 1
    assert train_reranker(replace(parted, resume=True)).step == 3
    one, other = (reranked(run / "last").state_dict() for run in (whole.out, parted.out))
    assert all(torch.equal(one[name], other[name]) for name in one)
    begun = load_matcher(dual, "cpu").state_dict()  # type: ignore[attr-defined]
    assert all(torch.equal(one[f"dual.{name}"], begun[name]) for name in begun)
    untaught = over(dual, whole).state_dict()
    assert not torch.equal(one["reader.attention.weight"], untaught["reader.attention.weight"])


def test_each_caption_is_read_with_its_own_picture_the_likest_and_strangers() -> None:
    torch.manual_seed(0)
    cosines, own = torch.rand(6, 20), torch.tensor([0, 3, 5, 0, 3, 5])
    asked = candidates(cosines, own, similar=3, strangers=2)
    assert asked.shape == (6, 6)
    for row in range(6):
        chosen = asked[row].tolist()
        assert len(set(chosen)) == 6
        assert chosen[0] == own[row]
        others = [column for column in cosines[row].argsort(descending=True).tolist() if column != own[row]]
        assert chosen[1:4] == others[:3]
    assert candidates(cosines, own, similar=3, strangers=0).shape == (6, 4)


def taught(dual: Path, steps: int) -> dict[str, torch.Tensor]:
    """What is logged after 150 of so many steps with eight pictures of one grey each, and a caption of each."""
    torch.manual_seed(1)
    matcher = over(dual, replace(TINY, over=dual, reader_units=16))
    lesson = RerankerLesson(matcher, replace(TINY, similar=5, strangers=2, steps=steps)).train()
    for module in lesson.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    images = torch.arange(0, 256, 32, dtype=torch.uint8)[:, None, None, None].expand(8, 3, 128, 64)
    said = ["a", "woman", "in", "red", "coat", "man", "blue", "bag"]
    text, labels = matcher.tokenize([f"{word} {word}" for word in said]), torch.zeros(8, 1, dtype=torch.int64)
    optimizer = torch.optim.Adam([p for p in lesson.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(150):
        loss, values = lesson(images, text, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert lesson.step.item() == 150
    return dict(values)


def test_at_first_the_reader_learns_to_score_as_the_dual_encoder_does(dual: Path) -> None:
    values = taught(dual, steps=10**6)
    assert values["unexplained"] < 0.1
    assert values["reader_right"] == values["dual_right"] < 1


def test_in_the_end_the_reader_finds_what_the_dual_encoder_cannot_tell(dual: Path) -> None:
    values = taught(dual, steps=150)
    assert values["reader_right"] == 1
    assert values["both_right"] == 1
    assert values["dual_right"] < 1


def test_what_is_unexplained_is_a_share_of_the_variance_among_candidates() -> None:
    scores = torch.randn(5, 9, generator=torch.Generator().manual_seed(2))
    assert share_unexplained(scores + torch.arange(5.0)[:, None], scores) == pytest.approx(0, abs=1e-6)
    assert share_unexplained(torch.zeros(5, 9), scores) == 1
    assert share_unexplained(0.5 * scores, scores) == pytest.approx(0.25)


@pytest.mark.slow
def test_half_precision_learns_too(tmp_path: Path, dual: Path) -> None:
    run = replace(TINY, out=tmp_path / "run", over=dual, precision="bf16-mixed", steps=2)
    assert train_reranker(run).step == 2
    first = over(dual, run).reader.state_dict()
    learned = reranked(run.out / "last").reader.state_dict()
    assert all(torch.isfinite(weights).all() for weights in learned.values())
    assert not torch.equal(learned["attention.weight"], first["attention.weight"])


def test_only_a_dual_encoder_can_be_re_ranked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = GnaRnnSettings(backbone="small", image_size_px=(36, 20), crop_size_px=(32, 16))
    save_checkpoint(tmp_path / "gna", GnaRnn(settings, VOCABULARY), "gna-rnn", {})
    assert main(["train-reranker", str(tmp_path / "run"), "--over", str(tmp_path / "gna")]) == 1
    assert "gna holds another model; accepted: a dual encoder" in capsys.readouterr().err


def test_flags_that_cannot_be_are_refused() -> None:
    for flags, message in (({"similar": 0}, "--similar is 0"), ({"batch_size": 4}, "--batch-size is 4"),
                           ({"strangers": -1}, "--strangers is -1"), ({"captions": 7}, "--captions is 7")):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            replace(TINY, **flags)
