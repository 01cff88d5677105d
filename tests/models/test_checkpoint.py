"""Checkpoint folders: written whole, read with care."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from reidtalk.data.words import Vocabulary
from reidtalk.errors import CheckpointError, ConfigError, WriteError
from reidtalk.files import replaced_folder
from reidtalk.models.checkpoint import (
    find_checkpoint,
    load_matcher,
    load_training_state,
    read_checkpoint,
    save_checkpoint,
)
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.models.shipped import SHIPPED
from reidtalk.training import build_matcher
from reidtalk.training_config import TrainConfig
from reidtalk.types import Calibration

SETTINGS = GnaRnnSettings(
    backbone="small", image_size_px=(32, 16), crop_size_px=(32, 16), input_encoding_size=4, rnn_size=4
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    matcher = GnaRnn(SETTINGS, Vocabulary(("red", "coat", "UNK")))
    save_checkpoint(tmp_path / "last", matcher, "gna-rnn", {"step": 3}, training={"progress": {"step": 3}})
    return tmp_path / "last"


def test_config_says_what_it_is(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    assert config["model"] == "gna-rnn"
    assert config["step"] == 3
    assert config["settings"]["rnn_size"] == 4
    assert load_training_state(saved) == {"progress": {"step": 3}}


def test_a_run_means_its_best_checkpoint_else_its_last(saved: Path) -> None:
    run = saved.parent
    assert find_checkpoint(run) == saved
    matcher = GnaRnn(SETTINGS, Vocabulary(("red", "UNK")))
    save_checkpoint(run / "best", matcher, "gna-rnn", {})
    assert find_checkpoint(run) == run / "best"
    assert find_checkpoint(saved) == saved


def test_a_checkpoint_is_found_from_within(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved)
    assert find_checkpoint(Path()) == saved


def test_a_crash_between_the_renamings_loses_nothing(saved: Path) -> None:
    saved.rename(saved.with_name(".last.previous"))
    assert load_matcher(saved, "cpu").image_size_px == (32, 16)


def test_a_failed_write_leaves_the_old_folder(saved: Path) -> None:
    before = sorted(path.read_bytes() for path in saved.iterdir())

    def half_written() -> None:
        with replaced_folder(saved) as new:
            (new / "config.json").write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match=r"cannot write .*last: No space left on device; accepted: a place"):
        half_written()
    assert sorted(path.read_bytes() for path in saved.iterdir()) == before
    assert [path.name for path in saved.parent.iterdir()] == ["last"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", "{", "config.json cannot be read"),
        ("config.json", "[]", "is of model 'list'"),
        ("config.json", '{"format": 1, "model": []}', "is of model []; accepted: format 1"),
        ("config.json", "[" * 100_000, "config.json cannot be read"),
        (
            "config.json",
            '{"format": 1, "model": "gna-rnn", "settings": {"rnn_size": 8, "max_length": -1}}',
            "does not describe a matcher: a size of -1",
        ),
        (
            "config.json",
            '{"format": 1, "model": "gna-rnn", "settings": {"rnn_size": 8, "image_size_px": [8, 8]}}',
            "does not describe a matcher: a crop of",
        ),
        ("config.json", '{"format": 2, "model": "gna-rnn"}', "accepted: format 1 of gna-rnn"),
        (
            "config.json",
            '{"format": 1, "model": "gna-rnn", "settings": {"rnn_size": "x"}}',
            "does not describe a matcher",
        ),
        (
            "config.json",
            '{"calibration": {"slope": 1}}',
            "missing 1 required keyword-only argument: 'cut_off'",
        ),
        (
            "config.json",
            '{"calibration": {"slope": 1, "cut_off": "high"}}',
            "could not convert string to float",
        ),
        ("config.json", '{"calibration": 3}', "does not describe a matcher"),
        (
            "config.json",
            '{"format": 1, "model": "gna-rnn", "settings": {"width": 3}}',
            "unexpected keyword argument 'width'",
        ),
        ("vocabulary.json", '["red", "red"]', "the word 'red' twice"),
        (
            "vocabulary.json",
            '["red"]',
            "does not fit its config.json: 1 tensors differ, first embedding.weight",
        ),
        ("model.safetensors", "weights", "model.safetensors is damaged"),
    ],
)
def test_damage_is_told_in_one_line(saved: Path, name: str, content: str, message: str) -> None:
    if "calibration" in content:
        config = json.loads((saved / name).read_text())
        (saved / name).write_text(json.dumps(config | json.loads(content)))
    elif name == "config.json" and '"settings": {"rnn_size"' not in content and "width" not in content:
        (saved / name).write_text(content)
    elif name == "config.json":
        config = json.loads((saved / name).read_text())
        config["settings"] |= json.loads(content)["settings"]
        (saved / name).write_text(json.dumps(config))
    else:
        (saved / name).write_text(content)
    with pytest.raises(CheckpointError) as error:
        load_matcher(saved, "cpu")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_truncated_training_state_is_refused(saved: Path) -> None:
    file = saved / "training.pt"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(CheckpointError, match=r"training.pt cannot be read: .* --start-from"):
        load_training_state(saved)


def test_weights_of_other_sizes_are_refused(saved: Path) -> None:
    other = GnaRnn(GnaRnnSettings(**{**vars(SETTINGS), "rnn_size": 5}), Vocabulary(("red", "coat", "UNK")))
    save_checkpoint(saved.with_name("other"), other, "gna-rnn", {})
    (saved.with_name("other") / "model.safetensors").replace(saved / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"does not fit its config.json: \d+ tensors differ"):
        load_matcher(saved, "cpu")


def test_an_unknown_device_is_refused(saved: Path) -> None:
    with pytest.raises(ConfigError, match=r"--device is tpu; accepted: auto, cpu, cuda"):
        load_matcher(saved, "tpu")


def test_loading_runs_nothing_of_the_file(saved: Path, tmp_path: Path) -> None:
    """A training state that would run code when unpickled is refused."""

    class Malicious:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (open, (str(tmp_path / "written"), "w"))  # type: ignore[return-value]

    torch.save(Malicious(), saved / "training.pt")
    with pytest.raises(CheckpointError, match=r"training.pt cannot be read"):
        load_training_state(saved)
    assert not (tmp_path / "written").exists()


DUAL = DualEncoderSettings(
    image_size_px=(32, 16), image_width=16, image_blocks=(1, 1), text_width=16, buckets=64, features=32
)
BOTH = {"gna-rnn": (GnaRnn, SETTINGS), "dual-encoder": (DualEncoder, DUAL)}


def scores_of(folder: Path) -> torch.Tensor:
    matcher = load_matcher(folder, "cpu")
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (5, 3, 32, 16), dtype=torch.uint8, generator=generator)
    scores: torch.Tensor = matcher.score(
        matcher.encode_texts(["a red coat", "coat"]), matcher.encode_images(images)
    )
    return scores


@pytest.mark.parametrize("model", BOTH)
def test_weights_of_half_size_score_nearly_the_same(model: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    build, settings = BOTH[model]
    matcher = build(settings, Vocabulary(("red", "coat", "UNK")))  # type: ignore[arg-type]
    save_checkpoint(tmp_path / "whole", matcher, model, {})
    save_checkpoint(tmp_path / "half", matcher, model, {}, half=True)
    whole, half = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "half"))
    assert half.keys() == whole.keys()
    for name, tensor in whole.items():
        assert half[name].dtype == (torch.bfloat16 if tensor.is_floating_point() else tensor.dtype), name
    assert matcher.get_parameter(next(iter(dict(matcher.named_parameters())))).dtype == torch.float32
    loaded = read_checkpoint(tmp_path / "half").state_dict()
    assert {name: tensor.dtype for name, tensor in loaded.items()} == {
        name: tensor.dtype for name, tensor in whole.items()
    }
    assert (scores_of(tmp_path / "half") - scores_of(tmp_path / "whole")).abs().max() < 1e-2


@pytest.mark.parametrize("model", BOTH)
def test_a_calibration_is_kept(model: str, tmp_path: Path) -> None:
    build, settings = BOTH[model]
    matcher = build(settings, Vocabulary(("red", "UNK")))  # type: ignore[arg-type]
    save_checkpoint(tmp_path / "without", matcher, model, {})
    assert "calibration" not in json.loads((tmp_path / "without" / "config.json").read_text())
    assert load_matcher(tmp_path / "without", "cpu").calibration is None
    matcher.calibration = Calibration(slope=12.5, cut_off=0.31)
    save_checkpoint(tmp_path / "with", matcher, model, {})
    config = json.loads((tmp_path / "with" / "config.json").read_text())
    assert config["calibration"] == {"slope": 12.5, "cut_off": 0.31}
    assert load_matcher(tmp_path / "with", "cpu").calibration == matcher.calibration


def test_training_on_forgets_the_calibration(tmp_path: Path) -> None:
    matcher = GnaRnn(SETTINGS, Vocabulary(("red", "UNK")))
    matcher.calibration = Calibration(slope=1.0, cut_off=0.0)
    save_checkpoint(tmp_path / "begin", matcher, "gna-rnn", {})
    config = TrainConfig(
        dataset="folder", root=tmp_path, out=tmp_path, backbone="small", image_size_px=(32, 16),
        crop_size_px=(32, 16), input_encoding_size=4, rnn_size=4,
    )  # fmt: skip
    assert build_matcher(config, [], tmp_path / "begin").calibration is None


def test_the_shipped_matcher_is_whole_and_small() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == {
        "config.json",
        "vocabulary.json",
        "model.safetensors",
    }
    kept = load_file(SHIPPED / "model.safetensors")
    assert {tensor.dtype for tensor in kept.values() if tensor.is_floating_point()} == {torch.bfloat16}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 16e6


def test_without_a_path_the_shipped_matcher_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    matcher = load_matcher(device="cpu")
    assert isinstance(matcher, DualEncoder)
    assert not matcher.training
    assert {weight.dtype for weight in matcher.parameters()} == {torch.float32}
    assert find_checkpoint(Path("reidtalk-small")) == SHIPPED
    with pytest.raises(CheckpointError, match="no such folder: reidtalk-large"):
        find_checkpoint(Path("reidtalk-large"))


@pytest.mark.parametrize("fast", [True, False])
def test_auto_is_bfloat16_where_that_is_fast_but_not_for_tiny_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: bool
) -> None:
    monkeypatch.setattr("reidtalk.models.checkpoint.bfloat16_is_fast", lambda _: fast)
    save_checkpoint(tmp_path / "tiny", GnaRnn(SETTINGS, Vocabulary(("red", "UNK"))), "gna-rnn", {})
    assert load_matcher(None, "cpu", "auto").in_bfloat16 == fast
    assert not load_matcher(tmp_path / "tiny", "cpu", "auto").in_bfloat16
    assert not load_matcher(None, "cpu").in_bfloat16
    assert load_matcher(None, "cpu", "bfloat16").in_bfloat16


def test_a_checkpoint_of_torch7_is_to_be_imported_first(tmp_path: Path) -> None:
    (tmp_path / "best.t7").write_bytes(b"torch")
    with pytest.raises(
        CheckpointError, match=r"best.t7 is of Torch7; .* reidtalk import-torch7 .*best.t7 OUT"
    ):
        find_checkpoint(tmp_path / "best.t7")


def test_a_folder_of_that_name_goes_first(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved.parent)
    saved.rename("reidtalk-small")
    assert find_checkpoint(Path("reidtalk-small")) == saved.with_name("reidtalk-small")
    assert isinstance(load_matcher("reidtalk-small", "cpu"), GnaRnn)
