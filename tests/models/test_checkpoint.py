"""Checkpoint folders: written whole, read with care."""

import json
from pathlib import Path

import pytest
import torch

from reidtalk.data.words import Vocabulary
from reidtalk.errors import CheckpointError, ConfigError, WriteError
from reidtalk.files import replaced_folder
from reidtalk.models.checkpoint import find_checkpoint, load_matcher, load_training_state, save_checkpoint
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings

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
        ("config.json", '{"format": 2, "model": "gna-rnn"}', "accepted: format 1 of gna-rnn"),
        (
            "config.json",
            '{"format": 1, "model": "gna-rnn", "settings": {"rnn_size": "x"}}',
            "does not describe a matcher",
        ),
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
    if name == "config.json" and '"settings": {"rnn_size"' not in content and "width" not in content:
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
    with pytest.raises(ConfigError, match=r"--device is tpu: .* accepted: auto, cpu, cuda"):
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
