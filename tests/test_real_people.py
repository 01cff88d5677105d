"""Real pictures and video: the whole path runs on them."""

import json
from collections import Counter
from pathlib import Path

import pytest
import torch
from conftest import shared

from reidtalk.cli import main
from reidtalk.data import load_dataset
from reidtalk.data.words import Vocabulary
from reidtalk.index.index import Index
from reidtalk.index.indexing import index_people
from reidtalk.index_config import IndexConfig
from reidtalk.models.checkpoint import save_checkpoint
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.types import Sighting


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
    assert main(["check", "cuhk-pedes", root]) == 1  # nobody to train on
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


@pytest.mark.slow
def test_everybody_in_a_real_video_is_found_by_description(tmp_path: Path) -> None:
    """One person after another before a still camera; who appears when is told by people.json."""
    file = shared("data", "real-people", "video", "one-by-one-person-detection.mp4")
    people = json.loads((file.parent / "people.json").read_text())
    report = index_people(IndexConfig(sources=[str(file)], to=tmp_path / "index", device="cpu"))
    assert report.faults == []

    def meant(sighting: Sighting) -> list[int]:
        """Those who are in sight while this one is, give or take a second."""
        return [
            one["person"] for one in people
            if sighting.first_seconds <= one["last_second"] + 1 and sighting.last_seconds >= one["first_second"] - 1
        ]  # fmt: skip

    with Index.open(tmp_path / "index", device="cpu") as index:
        everyone = [match.sighting for match in index.search("a person", top=100)]
        seen = Counter(person for sighting in everyone for person in meant(sighting))
        assert set(seen) == {one["person"] for one in people}
        assert max(seen.values()) <= 2
        first = [index.search(one["caption"], top=1)[0].sighting for one in people]
        right = sum(meant(sighting) == [one["person"]] for sighting, one in zip(first, people, strict=True))
        assert right >= 4
