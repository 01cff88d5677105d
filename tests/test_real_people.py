"""Real pictures: the whole path runs on them (no matcher here is good at them yet)."""

import json
from pathlib import Path

import pytest
import torch
from conftest import shared

from reidtalk.cli import main
from reidtalk.data import load_dataset
from reidtalk.data.words import Vocabulary
from reidtalk.models.checkpoint import save_checkpoint
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shared("data", "real-people")
    torch.manual_seed(0)
    captions = [caption for image in load_dataset("cuhk-pedes", root).test for caption in image.captions]
    settings = GnaRnnSettings(
        backbone="small", image_size_px=(144, 72), crop_size_px=(128, 64), input_encoding_size=16, rnn_size=16
    )
    folder = tmp_path_factory.mktemp("untrained") / "checkpoint"
    save_checkpoint(folder, GnaRnn(settings, Vocabulary.build(captions, 0)), "gna-rnn", {})
    return folder


def test_they_are_checked_measured_and_searched(
    untrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(shared("data", "real-people"))
    assert main(["check", "cuhk-pedes", root]) == 0
    assert "78" in capsys.readouterr().out
    out = tmp_path / "report"
    assert main(["evaluate", "cuhk-pedes", root, "--model", str(untrained), "--out", str(out)]) == 0
    found = json.loads((out / "report.json").read_text())["text_to_image"]
    assert (found["queries"], found["gallery"], found["identities"]) == (156, 78, 41)
    assert found["measured"]["recall@1"] < 10 * found["chance"]["recall@1"]  # untrained: near chance
    sheet = str(tmp_path / "found.png")
    arguments = [
        "search",
        "a worker in an orange vest",
        f"{root}/images",
        "--model",
        str(untrained),
        "--sheet",
        sheet,
    ]
    assert main(arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 10
