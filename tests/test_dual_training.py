"""Training of the dual encoder on drawn people."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from reidtalk.cli import main
from reidtalk.data.drawn import draw_some
from reidtalk.data.pieces import build_vocabulary
from reidtalk.data.rounds import Artist
from reidtalk.drawn_training import LOWEST, average, pace
from reidtalk.dual_training import Teachers, train_dual
from reidtalk.errors import ConfigError, TrainingError
from reidtalk.losses import imitation, standardised
from reidtalk.models.checkpoint import load_matcher, load_training_state, save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.training_config import TrainDualConfig

TINY = TrainDualConfig(
    out=Path("set by each test"), steps=3, batch_size=8, round_pictures=16, passes=1, val_pictures=8,
    image_width=8, features=16, workers=1, device="cpu", precision="32-true",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reidtalk.dual_training.VOCABULARY_PICTURES", 64)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    matcher = load_matcher(folder, "cpu")
    assert isinstance(matcher, DualEncoder)
    return matcher.state_dict()


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, result = tmp_path / "whole", train_dual(replace(TINY, out=tmp_path / "whole"))
    assert (result.step, result.steps) == (3, 3)
    assert result.best is not None
    parted = replace(TINY, out=tmp_path / "parted")
    with monkeypatch.context() as patch:
        patch.setattr("reidtalk.drawn_training.stop_flag", stops_at_once)
        patch.setattr("reidtalk.data.rounds.PATIENCE_SECONDS", 100.0)  # not while drawing: after each step
        assert train_dual(parted).step == 1
        assert train_dual(replace(parted, resume=True)).step == 2
    assert train_dual(replace(parted, resume=True)).step == 3
    one, other = weights(whole / "last"), weights(tmp_path / "parted" / "last")
    assert all(torch.equal(one[name], other[name]) for name in one)
    rows = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "val_recall@1" in row] == [2, 3]
    assert (whole / "curves.png").is_file()
    with pytest.raises(TrainingError, match="is finished, at step 3"):
        train_dual(replace(parted, resume=True))


class stops_at_once:  # noqa: N801
    """A Ctrl-C that came during the first step."""

    def __enter__(self) -> "stops_at_once":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def is_set(self) -> bool:
        return True


def test_the_pace_rises_then_falls() -> None:
    paces = [pace(step, 1000) for step in range(1000)]
    assert paces[0] == pytest.approx(1 / 30)
    assert max(paces) == pytest.approx(1)
    assert paces.index(max(paces)) in (29, 30)
    assert paces[-1] == pytest.approx(LOWEST, abs=1e-4)


def test_the_average_forgets_the_first_weights_and_copies_counts() -> None:
    mean, count = torch.zeros(2), torch.tensor(0)
    for update in range(50):
        average(0.998, [mean, count], [torch.ones(2), torch.tensor(update)], update)
    assert mean.min() > 0.9
    assert count.item() == 49


def test_flags_that_cannot_be_are_refused() -> None:
    for flags, message in (({"batch_size": 1}, "--batch-size is 1"), ({"round_pictures": 4}, "--round-pictures is 4"),
                           ({"average": 1.0}, "--average is 1.0"), ({"captions": 7}, "--captions is 7"),
                           ({"image_width": 1}, "--image-width is 1"), ({"weight_decay": -1.0}, "--weight-decay")):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            replace(TINY, **flags)


def test_who_learns_from_teachers_comes_to_score_as_they_do(tmp_path: Path) -> None:
    words = build_vocabulary(["a man in a red coat and blue jeans", "a woman with a black bag"], 0)
    settings = DualEncoderSettings(image_width=8, features=16)
    for name in ("first", "second", "learner"):
        save_checkpoint(tmp_path / name, DualEncoder(settings, words), "dual-encoder", {})
    teachers = tuple(str(tmp_path / name) for name in ("first", "second"))
    run = replace(
        TINY, out=tmp_path / "run", start_from=tmp_path / "learner", teachers=teachers, steps=30, passes=15,
        round_pictures=64, batch_size=32, attribute_weight=0.0, learning_rate=1e-2, average=0.5,
    )  # fmt: skip
    train_dual(run)
    drawn = draw_some(range(900, 932), seed=5, captions=1, size_px=(128, 64))
    images, captions = torch.from_numpy(drawn.images), [told[0] for told in drawn.captions]
    wanted, before, after = (
        sum(matcher.score(matcher.encode_texts(captions), matcher.encode_images(images)) * matcher.scale.item()
            for matcher in (load_matcher(tmp_path / name, "cpu") for name in names))
        for names in (("first", "second"), ("learner",), ("run",))
    )  # fmt: skip
    assert imitation(after, wanted / 2) < 0.7 * imitation(before, wanted / 2)
    state = load_training_state(tmp_path / "run" / "last")["lesson"]
    assert not any("teacher" in name for name in state)


def test_no_teacher_is_louder_than_another(tmp_path: Path) -> None:
    words = build_vocabulary(["a man in a red coat", "a woman with a black bag"], 0)
    teachers = [DualEncoder(DualEncoderSettings(image_width=8, features=16), words).eval() for _ in range(2)]
    images = torch.randint(0, 255, (4, 3, 128, 64), dtype=torch.uint8)
    text = teachers[0].tokenize(["a man in a red coat", "a woman with a black bag", "a man", "red"])
    with torch.no_grad():
        one, other = (teacher(images, *text, grid=True) for teacher in teachers)
        teachers[1].log_scale -= 2.0
    for name, teacher in zip("ab", teachers, strict=True):
        save_checkpoint(tmp_path / name, teacher, "dual-encoder", {})
    heard = Teachers(replace(TINY, teachers=(f"{tmp_path}/a", f"{tmp_path}/b")), teachers[0])
    scores = standardised(heard.scores(images, text))
    torch.testing.assert_close(
        scores, standardised(one / one.std() + other / other.std()), rtol=1e-3, atol=1e-3
    )


def test_teachers_with_other_words_are_refused(tmp_path: Path) -> None:
    settings = DualEncoderSettings(image_width=8, features=16)
    for name in ("red", "blue"):
        save_checkpoint(
            tmp_path / name, DualEncoder(settings, build_vocabulary([name], 0)), "dual-encoder", {}
        )
    run = replace(TINY, out=tmp_path / "run", start_from=tmp_path / "red", teachers=(str(tmp_path / "blue"),))
    with pytest.raises(ConfigError, match="takes other words or pictures"):
        train_dual(run)


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    matcher = DualEncoder(DualEncoderSettings(image_width=8, features=16), build_vocabulary(["red coat"], 0))
    save_checkpoint(tmp_path / "begin", matcher, "dual-encoder", {})
    other = replace(TINY, out=tmp_path / "run", start_from=tmp_path / "begin", features=32)
    with pytest.raises(ConfigError, match=r"--features is 32, but .*begin has 16"):
        train_dual(other)
    assert not (tmp_path / "run" / "config.json").exists()


@pytest.mark.slow
def test_ctrl_c_while_people_are_drawn_saves_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reidtalk.drawn_training.stop_flag", stops_at_once)
    monkeypatch.setattr("reidtalk.data.rounds.PATIENCE_SECONDS", 0.0)
    out = tmp_path / "run"
    flags = ["--steps", "4", "--batch-size", "8", "--round-pictures", "256", "--val-pictures", "8", "--image-width", "8",
             "--features", "16", "--workers", "1", "--device", "cpu", "--precision", "32-true"]  # fmt: skip
    assert main(["train-dual", str(out), *flags]) == 130
    told = capsys.readouterr().err
    assert "interrupted: saved at step 0" in told
    assert f"go on with: reidtalk train-dual {out} --resume" in told
    assert (out / "last" / "training.pt").is_file()


@pytest.mark.slow
def test_the_next_round_is_drawn_ahead_once_where_the_cores_are_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    begin = Artist.begin

    def counted(self: Artist[Any], number: int) -> None:
        if number not in self.begun and self.pictures == TINY.round_pictures:
            begun.append(number)
        begin(self, number)

    monkeypatch.setattr(Artist, "begin", counted)
    monkeypatch.setattr("reidtalk.drawn_training.draws_ahead", lambda _: True)
    train_dual(replace(TINY, out=tmp_path / "run"))
    assert begun == [0, 1]
