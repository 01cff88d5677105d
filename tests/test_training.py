"""Training: what a run leaves, how it goes on, what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from conftest import write_two_colour_people
from safetensors.torch import load_file

from reidtalk import training
from reidtalk.cli import main
from reidtalk.config import PrepareConfig
from reidtalk.data import HeldOut, hold_out
from reidtalk.data.packed import load_vocabulary
from reidtalk.data.prepare import prepare
from reidtalk.data.words import Vocabulary
from reidtalk.errors import CheckpointError, ConfigError, DataError, TrainingError
from reidtalk.models.checkpoint import load_matcher, load_training_state
from reidtalk.models.scoring import score
from reidtalk.run_folder import read_metrics
from reidtalk.training import TrainResult, train
from reidtalk.training_config import TrainConfig
from reidtalk.types import PersonImage, Splits


def small_run(root: Path, out: Path, **changes: object) -> TrainConfig:
    """A run of seconds on the two-colour people."""
    config = TrainConfig(
        dataset="cuhk-pedes",
        root=root,
        out=out,
        backbone="small",
        image_size_px=(36, 18),
        crop_size_px=(32, 16),
        word_count_threshold=0,
        input_encoding_size=24,
        rnn_size=24,
        batch_size=4,
        finetune_cnn_after=3,
        cnn_learning_rate=1e-3,
        learning_rate=1e-3,
        max_iters=8,
        val_images_use=8,
        save_checkpoint_every=4,
        losses_log_every=2,
        workers=0,
        device="cpu",
    )
    return replace(config, **changes)  # type: ignore[arg-type]


def from_another(config: TrainConfig, out: Path) -> TrainConfig:
    """The same run, but it begins with the weights of `config` and has its words."""
    of_new_ones = {
        field.name: field.default for field in fields(config) if field.name in training.FOR_NEW_ONES
    }
    return replace(config, out=out, start_from=config.out, **of_new_ones)


def small_arguments(root: Path, out: Path, *more: str) -> list[str]:
    """The same as a command line."""
    sizes = (
        "--backbone small --image-size-px 36 18 --crop-size-px 32 16 --input-encoding-size 16 --rnn-size 16"
    )
    return ["train", "cuhk-pedes", str(root), str(out), *sizes.split(), "--device", "cpu", *more]


def interrupted_at_third_step(arguments: list[str], out: Path) -> "subprocess.Popen[str]":
    """A command line that trains, to which Ctrl-C was given after its third logged step."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reidtalk.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 400
    while not (out / "metrics.jsonl").exists() or len(read_metrics(out)) < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    return process


def weights(run: Path, name: str = "last") -> dict[str, torch.Tensor]:
    return load_file(run / name / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="session")
def finished(
    two_colour_people: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainConfig, TrainResult]:
    """A run from beginning to end, with TrainConfig and result."""
    config = small_run(two_colour_people, tmp_path_factory.mktemp("runs") / "whole")
    return config, train(config)


def test_a_run_leaves_what_it_promises(finished: tuple[TrainConfig, TrainResult]) -> None:
    config, result = finished
    assert result.finished
    assert result.step == 8
    names = {"best", "last", "config.json", "metrics.jsonl", "report.json", "curves.png", "tensorboard"}
    assert {path.name for path in config.out.iterdir()} == names
    assert {path.name for path in (config.out / "last").iterdir()} == {
        "config.json", "vocabulary.json", "model.safetensors", "training.pt",
    }  # fmt: skip
    assert (config.out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert any(path.name.startswith("events") for path in (config.out / "tensorboard").iterdir())


def test_the_report_is_the_originals(finished: tuple[TrainConfig, TrainResult]) -> None:
    config, _ = finished
    report = json.loads((config.out / "report.json").read_text())
    assert report["iter"] == 8
    assert report["opt"]["batch_size"] == 4
    assert list(report["loss_history"]) == ["2", "4", "6", "8"]
    assert list(report["val_acc_history"]) == ["4", "8"]
    assert set(report) == {
        "opt",
        "iter",
        "loss_history",
        "acc_history",
        "val_loss_history",
        "val_acc_history",
    }


def test_the_first_loss_is_near_log_two(two_colour_people: Path, tmp_path: Path) -> None:
    train(small_run(two_colour_people, tmp_path / "run", max_iters=1, losses_log_every=1, rnn_size=256))
    assert read_metrics(tmp_path / "run")[0]["loss"] == pytest.approx(0.693, abs=0.05)


def test_it_learns_the_two_colours(two_colour_people: Path, tmp_path: Path) -> None:
    config = small_run(
        two_colour_people, tmp_path / "run", loss="infonce", neg_time=0, in_batch_negatives=True, batch_size=16,
        finetune_cnn_after=0, max_iters=120, save_checkpoint_every=60, init_gain=6.0, learning_rate=3e-3,
    )  # fmt: skip
    train(config)
    matcher = load_matcher(config.out / "last", "cpu")
    red_on_blue, green_on_red = (
        sorted(two_colour_people.glob(f"imgs/cam_a/{identity:04d}_*.png")) for identity in (3, 7)
    )
    scores = score(
        matcher, ["a red top and blue trousers", "a green top and red trousers"], red_on_blue + green_on_red
    )
    assert (scores[0, :2] > scores[0, 2:]).all()
    assert (scores[1, 2:] > scores[1, :2]).all()


def test_frozen_until_then_fine_tuned(two_colour_people: Path, tmp_path: Path) -> None:
    frozen = small_run(two_colour_people, tmp_path / "frozen", finetune_cnn_after=-1, max_iters=4)
    begun = small_run(two_colour_people, tmp_path / "one", finetune_cnn_after=4, max_iters=5)
    train(frozen)
    train(begun)
    first = "backbone.network.0.0.0.weight"
    start = load_matcher_weights(
        small_run(two_colour_people, tmp_path / "zero", learning_rate=1e-12, max_iters=1)
    )
    assert torch.equal(weights(frozen.out)[first], start[first])
    assert not torch.equal(weights(begun.out)[first], start[first])
    assert not torch.equal(weights(frozen.out)["gate.weight"], start["gate.weight"])


def test_the_learning_rate_of_plain_sgd_decays_which_the_original_forgot(
    two_colour_people: Path, tmp_path: Path
) -> None:
    config = small_run(
        two_colour_people, tmp_path / "run", optim="sgd", learning_rate=0.4, learning_rate_decay_start=0,
        learning_rate_decay_every=1, max_iters=3,
    )  # fmt: skip
    train(config)
    [group] = load_training_state(config.out / "last")["optimizers"][0]["param_groups"]
    assert group["lr"] == pytest.approx(0.4 * 0.5**2)  # of the third step; the original's stays 0.4


def load_matcher_weights(config: TrainConfig) -> dict[str, torch.Tensor]:
    train(config)
    return weights(config.out)


def test_a_killed_run_resumed_ends_with_the_same_weights(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path
) -> None:
    """The process is killed between two checkpoints, without a chance to save."""
    config, _ = finished
    out = tmp_path / "killed"
    slow = (
        "import time, reidtalk.training as t, test_training as h, pathlib\n"
        "step = t.Trainer.step\n"
        "def slowly(self, batch):\n"
        "    if self.progress.step == 6: print('at six', flush=True); time.sleep(60)\n"
        "    return step(self, batch)\n"
        "t.Trainer.step = slowly\n"
        f"t.train(h.small_run(pathlib.Path({str(config.root)!r}), pathlib.Path({str(out)!r})))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow], stdout=subprocess.PIPE, cwd=Path(__file__).parent,
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at six\n"
        process.send_signal(signal.SIGKILL)
    assert json.loads((out / "last" / "config.json").read_text())["step"] == 4
    result = train(replace(config, out=out, resume=True))
    assert result.step == 8
    assert same(weights(out), weights(config.out))
    assert read_metrics(out) == read_metrics(config.out)


def test_ctrl_c_saves_and_says_how_to_go_on(two_colour_people: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = small_arguments(two_colour_people, out, "--max-iters", "-1", "--losses-log-every", "1")
    process = interrupted_at_third_step(arguments, out)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 130
    step = json.loads((out / "last" / "config.json").read_text())["step"]
    assert step >= 3
    assert f"interrupted: saved at step {step} in {out / 'last'}" in errors
    assert f"go on with: reidtalk train cuhk-pedes {two_colour_people} {out} --resume" in errors
    assert "Traceback" not in errors
    resumed = train(
        TrainConfig(
            dataset="cuhk-pedes",
            root=two_colour_people,
            out=out,
            resume=True,
            max_iters=step + 2,
            device="cpu",
        )
    )
    assert resumed.step == step + 2


def test_start_from_takes_weights_and_vocabulary_only(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path
) -> None:
    config, _ = finished
    begun = replace(
        from_another(config, tmp_path / "next"), max_iters=1, learning_rate=1e-12, cnn_learning_rate=1e-12
    )
    assert train(begun).step == 1
    one, other = weights(begun.out), weights(config.out, "best")
    assert all(
        torch.allclose(one[name], other[name])
        for name in one
        if "running" not in name and "num_b" not in name
    )


def test_one_process_and_workers_give_the_same(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path
) -> None:
    config, _ = finished
    train(replace(config, out=tmp_path / "with_workers", workers=2))
    assert same(weights(tmp_path / "with_workers"), weights(config.out))


def test_a_taken_folder_is_refused(finished: tuple[TrainConfig, TrainResult], tmp_path: Path) -> None:
    config, _ = finished
    with pytest.raises(
        TrainingError, match=r"is not empty; accepted: a new or empty folder; .* go on with --resume"
    ):
        train(config)
    with pytest.raises(TrainingError, match="no run to resume in"):
        train(replace(config, out=tmp_path / "nothing", resume=True))


def test_resuming_with_other_flags_is_refused(finished: tuple[TrainConfig, TrainResult]) -> None:
    config, _ = finished
    with pytest.raises(ConfigError, match=r"--batch-size is 7, but .* has 4"):
        train(replace(config, resume=True, batch_size=7))


def test_an_exploding_loss_stops_the_run(
    two_colour_people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "EXPLODED", 0.01)
    with pytest.raises(TrainingError, match=r"the loss exploded: 0\.\d+ at step 1, .* lower --learning-rate"):
        train(small_run(two_colour_people, tmp_path / "run"))


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path
) -> None:
    """A limit on the size of files, as a full disk has it, hits in the second save."""
    config, _ = finished
    out = tmp_path / "full"
    script = (
        "import resource, signal, pathlib, reidtalk.training as t, test_training as h\n"
        "from reidtalk.errors import ReidtalkError\n"
        "save = t.Trainer.save\n"
        "def limited(self, *a, **k):\n"
        "    if self.progress.step == 8: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "    return save(self, *a, **k)\n"
        "t.Trainer.save = limited\n"
        f"root, out = pathlib.Path({str(config.root)!r}), pathlib.Path({str(out)!r})\n"
        "try: t.train(h.small_run(root, out))\n"
        "except ReidtalkError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )  # fmt: skip
    assert "File too large" in done.stdout
    assert "what was there before is untouched" in done.stdout
    assert json.loads((out / "last" / "config.json").read_text())["step"] == 4
    assert not [path for path in out.iterdir() if path.name.endswith(".new")]
    assert train(replace(config, out=out, resume=True)).step == 8
    assert same(weights(out), weights(config.out))


def test_no_validation_split_is_refused(tmp_path: Path) -> None:
    root = write_two_colour_people(tmp_path / "data", {"train": 3, "test": 2})
    with pytest.raises(DataError, match="no captioned picture to validate on"):
        train(small_run(root, tmp_path / "run"))


def pictures_of(*identities: int | None, captions: tuple[str, ...] = ("red",)) -> list[PersonImage]:
    return [
        PersonImage(path=Path(f"{number}.png"), identity=identity, captions=captions, split="train")
        for number, identity in enumerate(identities)
    ]


@pytest.mark.parametrize(("people", "held"), [(4, 2), (29, 2), (30, 3), (3102, 200)])
def test_without_a_val_split_a_tenth_of_the_people_are_held_out(people: int, held: int) -> None:
    splits = Splits(train=pictures_of(*range(people), *range(people)), test=pictures_of(9000))
    with pytest.warns(HeldOut, match=f"no val split: {held} of {people:,} people to train on are held out"):
        found = hold_out(splits, 5)
    chosen = {picture.identity for picture in found.val}
    assert len(chosen) == held
    assert found.val == [replace(p, split="val") for p in splits.train if p.identity in chosen]
    assert found.train == [p for p in splits.train if p.identity not in chosen]
    assert found.test == splits.test


def test_the_seed_chooses_who_is_held_out() -> None:
    splits = Splits(train=pictures_of(*range(400)))
    with pytest.warns(HeldOut):
        first, again, other = hold_out(splits, 1), hold_out(splits, 1), hold_out(splits, 2)
    assert first == again
    assert first.val != other.val


def test_only_people_with_captions_are_held_out_and_unknown_ones_are_a_person_each() -> None:
    silent = pictures_of(*range(100, 130), captions=())
    with pytest.warns(HeldOut, match="2 of 4 people"):
        found = hold_out(Splits(train=silent + pictures_of(1, 2, None, None)), 1)
    assert len(found.val) == 2
    assert all(picture.captions for picture in found.val)


def test_nobody_is_held_out_of_too_few_or_where_a_val_split_is() -> None:
    for splits in (
        Splits(train=pictures_of(1, 2, 3, 3)),
        Splits(train=pictures_of(1, 2, 3, 4), val=pictures_of(5)),
    ):
        assert hold_out(splits, 1) is splits


def test_training_without_a_val_split_validates_on_people_held_out(tmp_path: Path) -> None:
    root = write_two_colour_people(tmp_path / "data", {"train": 6, "test": 2})
    with pytest.warns(HeldOut, match="2 of 6 people"):
        assert train(small_run(root, tmp_path / "run", max_iters=1)).best is not None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(("--backbone", "nope"), "--backbone is nope"), (("--backbone", "reidtalk-small"), "crop")],
)
def test_a_wrong_backbone_is_told_before_any_picture_is_read(
    two_colour_people: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.setattr(training, "broken_pictures", lambda _: pytest.fail("pictures are read"))
    arguments = ["train", "cuhk-pedes", str(two_colour_people), str(tmp_path / "run"), *wrong]
    assert main([*arguments, "--device", "cpu"]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value"), [("backbone_weights", "x"), ("init_gain", 2.0), ("word_count_threshold", 0)]
)
def test_flags_of_new_networks_are_refused_together_with_another_start(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path, flag: str, value: object
) -> None:
    config = replace(from_another(finished[0], tmp_path / "next"), **{flag: value})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"--{flag.replace('_', '-')} together with --start-from"):
        train(config)


def test_a_damaged_checkpoint_is_refused(finished: tuple[TrainConfig, TrainResult], tmp_path: Path) -> None:
    config, _ = finished
    with pytest.raises(CheckpointError, match="no such folder"):
        train(replace(config, out=tmp_path / "run", start_from=tmp_path / "none"))


@pytest.mark.slow
def test_two_processes_train_together_and_stop_together(two_colour_people: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    more = "--max-iters -1 --devices 2 --finetune-cnn-after 2 --workers 0 --losses-log-every 1"
    process = interrupted_at_third_step(small_arguments(two_colour_people, out, *more.split()), out)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 130
    assert errors.count("interrupted: saved at step") == 1
    assert "Traceback" not in errors
    assert json.loads((out / "last" / "config.json").read_text())["step"] >= 3


def test_a_run_that_began_from_another_can_be_resumed(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also under another spelling of its folder, and with its own device and steps."""
    config, _ = finished
    begun = replace(from_another(config, tmp_path / "next"), max_iters=4)
    train(begun)
    monkeypatch.chdir(tmp_path)
    resumed = TrainConfig(dataset="cuhk-pedes", root=config.root, out=Path("next"), resume=True, max_iters=6)
    assert train(resumed).step == 6


def test_a_run_stopped_before_its_first_checkpoint_begins_again(
    finished: tuple[TrainConfig, TrainResult], tmp_path: Path
) -> None:
    config, _ = finished
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text((config.out / "config.json").read_text())
    assert train(replace(config, out=tmp_path / "run", resume=True)).step == 8
    assert same(weights(tmp_path / "run"), weights(config.out))


def test_a_finished_run_says_so(finished: tuple[TrainConfig, TrainResult]) -> None:
    config, _ = finished
    with pytest.raises(TrainingError, match=r"is finished, at step 8; accepted: --max-iters above that"):
        train(replace(config, resume=True))


@pytest.mark.parametrize("content", ["[]", '{"unknown": 1}', '{"batch_size": "x"}'])
def test_a_damaged_run_config_is_told(content: str, tmp_path: Path, two_colour_people: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config.json does not describe a run"):
        train(TrainConfig(dataset="cuhk-pedes", root=two_colour_people, out=tmp_path, resume=True))


def test_broken_pictures_are_told_before_the_first_step(tmp_path: Path) -> None:
    root = write_two_colour_people(tmp_path / "data", {"train": 4, "val": 2})
    broken = root / "imgs" / "cam_a" / "0001_0.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(DataError, match=r"1 of 12 pictures cannot be read: .*0001_0.png"):
        train(small_run(root, tmp_path / "run"))


def test_a_picture_that_vanishes_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from a reading process."""
    root = write_two_colour_people(tmp_path / "data", {"train": 4, "val": 2})
    checked = training.require_whole

    def then_gone(splits: object) -> None:
        checked(splits)  # type: ignore[arg-type]
        for file in root.glob("imgs/cam_a/000[1-4]_*.png"):
            file.unlink()

    monkeypatch.setattr(training, "require_whole", then_gone)
    with pytest.raises(DataError) as error:
        train(small_run(root, tmp_path / "run", workers=1))
    assert "Traceback" not in str(error.value)
    assert str(error.value).startswith("no such file") or "cannot read" in str(error.value)


def test_a_packed_pair_brings_its_own_words(two_colour_people: Path, tmp_path: Path) -> None:
    """They were counted when it was packed; counted again in captions without them, rare ones would be lost."""
    pair = tmp_path / "pair"
    prepare(
        PrepareConfig(dataset="cuhk-pedes", root=two_colour_people, out=pair, word_count_threshold=0,
                      image_size_px=(36, 18))
    )  # fmt: skip
    config = small_run(pair, tmp_path / "run", dataset="packed", max_iters=1, word_count_threshold=10_000)
    train(config)
    learned = Vocabulary.from_json((config.out / "last" / "vocabulary.json").read_text())
    assert learned.words == load_vocabulary(pair).words
    assert len(load_vocabulary(pair)) > 5


def test_bfloat16_trains_too(two_colour_people: Path, tmp_path: Path) -> None:
    result = train(
        small_run(two_colour_people, tmp_path / "run", precision="bf16-mixed", max_iters=2,
                  image_size_px=(68, 36), crop_size_px=(64, 32))
    )  # fmt: skip
    assert result.step == 2
    assert all(torch.isfinite(tensor).all() for tensor in weights(tmp_path / "run").values())


def test_too_many_devices_are_told(two_colour_people: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigError, match=r"--device is cuda: .*accepted: auto, cpu"):
        train(small_run(two_colour_people, tmp_path / "run", device="cuda", devices=5))
