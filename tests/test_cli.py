"""The command line: what it prints, how it ends, and one clear line for each kind of bad input."""

import inspect
import json
import shutil
import struct
import warnings
import zlib
from dataclasses import fields
from pathlib import Path

import pytest
from PIL import Image
from test_training import small_run

from reidtalk import search as search_module
from reidtalk.cli import COMMANDS, main
from reidtalk.training import train
from reidtalk.training_config import TrainConfig


@pytest.fixture(scope="session")
def run(two_colour_people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run."""
    config = small_run(two_colour_people, tmp_path_factory.mktemp("cli") / "run", max_iters=4)
    train(config)
    return config.out


def printed(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What went to stdout and to stderr, wrapped lines joined."""
    captured = capsys.readouterr()
    return captured.out, " ".join(captured.err.split())


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main([verb, "--help"])
    assert exit_info.value.code == 0
    text, _ = printed(capsys)
    first_line = (COMMANDS[verb].config.__doc__ or "").splitlines()[0]
    assert first_line in " ".join(text.split())


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_option_has_a_help_text(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    text = " ".join(printed(capsys)[0].replace("│", " ").split())
    source = inspect.getsource(COMMANDS[verb].config)
    for field in fields(COMMANDS[verb].config):
        help_text = source.split(f"    {field.name}: ", 1)[1].split('"""')[1]
        assert " ".join(help_text.split()) in text, field.name


def test_searching_prints_the_ranking_and_draws_a_sheet(
    run: Path, two_colour_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "found.png"
    arguments = [
        "search",
        "a red top",
        str(two_colour_people / "imgs"),
        "--model",
        str(run),
        "--sheet",
        str(sheet),
    ]
    assert main([*arguments, "--top", "3"]) == 0
    lines = printed(capsys)[0].splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["1", "2", "3"]
    scores = [float(line.split()[1]) for line in lines[:3]]
    assert scores == sorted(scores, reverse=True)
    assert all(Path(line.split()[2]).is_file() for line in lines[:3])
    with Image.open(sheet) as drawn:
        assert drawn.width > 300


def test_matches_are_printed_before_the_files_are_written(
    run: Path, two_colour_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "found.html"
    pictures = str(two_colour_people / "imgs")
    arguments = ["search", "a red top", pictures, "--model", str(run), "--sheet", "None", "--html", str(page)]
    assert main([*arguments, "--top", "1"]) == 0
    assert printed(capsys)[0].splitlines()[-1] == f"page: {page}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "save_found_page", full_disk)
        assert main([*arguments, "--top", "1"]) == 1
    out, err = printed(capsys)
    assert out.split()[0] == "1"
    assert "page:" not in out
    assert "No space left" in err


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def calibrate(run: Path, folder: Path, cut_off: float) -> Path:
    """A copy of the run's best checkpoint, with a calibration."""
    shutil.copytree(run / "best", folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps(config | {"calibration": {"slope": 1e-4, "cut_off": cut_off}})
    )
    return folder


@pytest.mark.parametrize(
    ("cut_off", "verdict"),
    [
        (-1e4, "3 likely matches among the 3 shown"),
        (1e4, "no match is sure (best 26%): the right person may be missing, or more should be said of them"),
    ],
)
def test_searching_tells_how_likely_the_matches_are(
    run: Path,
    two_colour_people: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    cut_off: float,
    verdict: str,
) -> None:
    model = calibrate(run, tmp_path / "calibrated", cut_off)
    arguments = [
        "search",
        "a red top",
        str(two_colour_people / "imgs"),
        "--model",
        str(model),
        "--sheet",
        "None",
    ]
    assert main([*arguments, "--top", "3"]) == 0
    lines = printed(capsys)[0].splitlines()
    assert len(lines) == 4
    for rank, line in enumerate(lines[:3], start=1):
        number, score, likelihood, file = line.split()
        assert int(number) == rank
        assert float(score) == pytest.approx(0, abs=20)
        assert likelihood == ("73%" if cut_off < 0 else "26%")
        assert Path(file).is_file()
    assert lines[3] == verdict


@pytest.mark.filterwarnings("ignore::reidtalk.search.UnknownWords")
def test_searching_and_evaluating_need_no_model(
    two_colour_people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["search", "a red top", str(two_colour_people / "imgs"), "--sheet", "None", "--device", "cpu"]
    assert main([*arguments, "--top", "2"]) == 0
    lines = printed(capsys)[0].splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["1", "2"]
    assert Path(lines[0].split()[-1]).is_file()
    assert main(["evaluate", "cuhk-pedes", str(two_colour_people), "--device", "cpu"]) == 0
    assert "recall@1" in printed(capsys)[0]


def test_words_never_learned_are_told(
    run: Path, two_colour_people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "a red top, xylophone trousers"
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert (
            main(
                ["search", sentence, str(two_colour_people / "imgs"), "--model", str(run), "--sheet", "None"]
            )
            == 0
        )
    out, err = printed(capsys)
    assert len(out.splitlines()) == 10
    assert "warning: the matcher never learned: xylophone" in err


def test_evaluating_prints_measures_and_chance(
    run: Path, two_colour_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "evaluate",
        "cuhk-pedes",
        str(two_colour_people),
        "--model",
        str(run),
        "--out",
        str(tmp_path / "report"),
    ]
    assert main(arguments) == 0
    text, _ = printed(capsys)
    for word in (
        "recall@1",
        "recall@10",
        "mAP",
        "mINP",
        "chance",
        "text-to-image",
        "image-to-text",
        "95% interval",
    ):
        assert word in text
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert written == {"report.json", "report.html", "best.png", "worst.png"}


def test_prepared_data_train_as_well(
    two_colour_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair, out = tmp_path / "pair", tmp_path / "run"
    sizes = ["--image-size-px", "36", "18"]
    assert (
        main(
            [
                "prepare",
                "cuhk-pedes",
                str(two_colour_people),
                str(pair),
                "--word-count-threshold",
                "0",
                *sizes,
            ]
        )
        == 0
    )
    assert main(["check", "packed", str(pair)]) == 0
    arguments = [
        "train",
        "packed",
        str(pair),
        str(out),
        "--backbone",
        "small",
        *sizes,
        "--crop-size-px",
        "32",
        "16",
    ]
    assert main([*arguments, "--max-iters", "2", "--rnn-size", "8", "--device", "cpu"]) == 0
    assert f"next: reidtalk evaluate packed {pair} --model {out}" in printed(capsys)[0]
    assert main(["curves", str(out), "--out", str(tmp_path / "curves.png")]) == 0
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def huge_png(path: Path) -> Path:
    """A file of some bytes that says it is 60,000 pixels high and wide."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )
    return path


def bad_inputs(root: Path, run: Path, two: Path) -> dict[str, tuple[list[str], str]]:
    """Name: (command line, a part of the message)."""
    good = next(two.glob("imgs/*/*.png"))
    (root / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(50))
    huge_png(root / "huge.png")
    folders = [root / name for name in ("not_json", "fields", "overlap", "empty", "long")]
    not_json, wrong_fields, overlap, empty, long = folders
    for folder in folders:
        folder.mkdir()
    (not_json / "reid_raw.json").write_text("[{")
    (wrong_fields / "reid_raw.json").write_text('[{"split": "train", "id": 1}]')
    records = json.loads((two / "reid_raw.json").read_text())
    for folder, change in (
        (overlap, {"split": "test"}),
        (empty, {"captions": ["", "a red top"]}),
        (long, {"captions": ["red " * 10_000]}),
    ):
        changed = [{**records[0], **change}, *records[1:]]
        (folder / "reid_raw.json").write_text(json.dumps(changed))
        (folder / "imgs").symlink_to(two / "imgs")
    damaged, other = root / "damaged", root / "other"
    for folder in (damaged, other):
        shutil.copytree(run / "best", folder)
    (damaged / "model.safetensors").write_bytes((run / "best" / "model.safetensors").read_bytes()[:1000])
    (other / "config.json").write_text('{"format": 1, "model": "clip"}')
    search = ["search", "a red top"]
    model = ["--model", str(run), "--sheet", "None"]
    return {
        "no such picture": ([*search, str(root / "nowhere.jpg"), *model], "nowhere.jpg"),
        "no such data": (["train", "cuhk-pedes", str(root / "none"), str(root / "out")], "none"),
        "not JSON": (["check", "cuhk-pedes", str(not_json)], "JSON"),
        "wrong fields": (["train", "cuhk-pedes", str(wrong_fields), str(root / "out")], "record 1 of reid_raw.json has no"),
        "ids overlap": (["train", "cuhk-pedes", str(overlap), str(root / "out")], "split"),
        "empty caption": (["train", "cuhk-pedes", str(empty), str(root / "out")], "caption"),
        "truncated picture": ([*search, str(root / "cut.jpg"), *model], "cut.jpg"),
        "huge picture": ([*search, str(root / "huge.png"), *model], "far too many pixels"),
        "empty sentence": (["search", " ", str(good), *model], "no word in the sentence"),
        "long sentence": (["search", "red " * 10_000, str(good), *model], "10000 words in the sentence"),
        "no checkpoint": ([*search, str(good), "--model", str(root)], "no checkpoint in"),
        "damaged checkpoint": ([*search, str(good), "--model", str(damaged)], "is damaged"),
        "another model": ([*search, str(good), "--model", str(other)], "is of model 'clip'"),
        "taken folder": (["train", "cuhk-pedes", str(two), str(run)], "is not empty"),
        "no backbone": (
            ["train", "cuhk-pedes", str(two), str(root / "out"), "--backbone", "resnet"], "--backbone is resnet"
        ),
        "crop too large": (
            ["train", "cuhk-pedes", str(two), str(root / "out"), "--crop-size-px", "300", "300"], "--crop-size-px"
        ),
        "contradiction": (["train", "cuhk-pedes", str(two), str(root / "out"), "--loss", "infonce"], "--loss"),
        "no place to write": (["draw", "/proc/drawn", "--identities", "3"], "cannot write /proc/drawn"),
        "no place for a run": (["train", "cuhk-pedes", str(two), "/proc/run"], "cannot write /proc/run"),
        "no place for a report": (
            ["evaluate", "cuhk-pedes", str(two), "--model", str(run), "--out", "/proc/report"], "cannot write /proc/report"
        ),
        "negative seed": (["draw", str(root / "drawn"), "--seed", "-1"], "--seed is -1"),
        "no steps": (["train", "cuhk-pedes", str(two), str(root / "out"), "--max-iters", "0"], "--max-iters is 0"),
        "long caption": (["train", "cuhk-pedes", str(long), str(root / "out")], "captions of 1 to 1000 words"),
        "no curves": (["curves", str(root / "cut.jpg")], "no training report in"),
        "no such device": ([*search, str(good), *model, "--device", "tpu9"], "--device is tpu9"),
        "file in the way": (["draw", str(root / "cut.jpg")], "cut.jpg"),
    }  # fmt: skip


NAMES = [
    "no such picture", "no such data", "not JSON", "wrong fields", "ids overlap", "empty caption", "truncated picture",
    "huge picture", "empty sentence", "long sentence", "no checkpoint", "damaged checkpoint", "another model",
    "taken folder", "no backbone", "crop too large", "contradiction", "no such device", "file in the way",
    "no place to write", "no place for a run", "no place for a report",
    "negative seed", "no steps", "long caption", "no curves",
]  # fmt: skip


@pytest.fixture(scope="session")
def bad(
    run: Path, two_colour_people: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[list[str], str]]:
    return bad_inputs(tmp_path_factory.mktemp("bad"), run, two_colour_people)


def test_no_bad_input_is_forgotten(bad: dict[str, tuple[list[str], str]]) -> None:
    assert sorted(NAMES) == sorted(bad)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_gets_one_clear_line(
    name: str, bad: dict[str, tuple[list[str], str]], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message = bad[name]
    assert main(arguments) == 1
    out, err = printed(capsys)
    assert message in out + err
    assert "Traceback" not in err
    if arguments[0] != "check":
        assert err.count("error:") == 1
        assert "accepted: " in err


def test_an_unknown_verb_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["find"])
    assert exit_info.value.code == 2
    assert "search" in printed(capsys)[1]


def test_a_flag_that_is_none_is_answered_with_where_the_flags_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["search", "red", "a.png", "--bogus"])
    assert exit_info.value.code == 2
    assert printed(capsys)[1].endswith("what search takes: reidtalk search --help")


def test_the_defaults_are_the_originals() -> None:
    """Options and defaults of the 2017 release, as its train script has them."""
    config = TrainConfig(dataset="cuhk-pedes", root=Path(), out=Path())
    original = {
        "input_encoding_size": 512, "rnn_size": 512, "num_layers": 1, "batch_size": 10, "neg_time": 3,
        "drop_prob_lm": 0.5, "grad_clip": 5, "finetune_cnn_after": 10000, "max_iters": 20000, "optim": "adam",
        "learning_rate": 4e-4, "optim_alpha": 0.8, "optim_beta": 0.999, "optim_epsilon": 1e-8,
        "learning_rate_decay_start": -1, "learning_rate_decay_every": 50000, "cnn_optim": "adam",
        "cnn_learning_rate": 1e-5, "cnn_weight_decay": 0, "cnn_optim_alpha": 0.8, "cnn_optim_beta": 0.999,
        "val_images_use": 100, "save_checkpoint_every": 100, "losses_log_every": 25, "seed": 123,
    }  # fmt: skip
    assert {name: getattr(config, name) for name in original} == original
