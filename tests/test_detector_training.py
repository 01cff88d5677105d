"""Training of the person detector on drawn scenes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_dual_training import stops_at_once

from reidtalk.data.drawn_scenes import Scenes
from reidtalk.detector_config import TrainDetectorConfig
from reidtalk.detector_training import judged_on, train_detector
from reidtalk.errors import ConfigError, TrainingError
from reidtalk.models.person_detector import PersonDetector, PersonDetectorSettings, read_person_detector

TINY = TrainDetectorConfig(
    out=Path("set by each test"), steps=3, batch_size=4, height_px=64, width_px=96, round_scenes=8, passes=1,
    val_scenes=4, workers=1, device="cpu",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = PersonDetectorSettings(widths=(8, 8, 8, 8), blocks=(1, 1, 1), head_width=8)
    monkeypatch.setattr("reidtalk.detector_training.PersonDetectorSettings", lambda: tiny)


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = train_detector(replace(TINY, out=tmp_path / "whole"))
    assert (result.step, result.steps) == (3, 3)
    assert result.best is not None
    parted = replace(TINY, out=tmp_path / "parted")
    with monkeypatch.context() as patch:
        patch.setattr("reidtalk.drawn_training.stop_flag", stops_at_once)
        patch.setattr("reidtalk.data.rounds.PATIENCE_SECONDS", 100.0)  # not while drawing: after each step
        assert train_detector(parted).step == 1
    assert train_detector(replace(parted, resume=True)).step == 3
    one, other = (read_person_detector(tmp_path / run / "last").state_dict() for run in ("whole", "parted"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    rows = [json.loads(line) for line in (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "val_ap50" in row] == [2, 3]
    saved = json.loads((tmp_path / "whole" / "best" / "config.json").read_text())
    assert set(saved["measured"]) == {"val_ap50", "val_recall", "val_precision"}
    assert not (tmp_path / "whole" / "curves.png").exists()  # they are of recall@1
    with pytest.raises(TrainingError, match="is finished, at step 3"):
        train_detector(replace(parted, resume=True))
    with pytest.raises(ConfigError, match=r"--batch-size is 2, but .* has 4"):
        train_detector(replace(parted, resume=True, batch_size=2))


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"height_px": 100}, "--height-px is 100; accepted: a multiple of 32"),
     ({"steps": 0}, "--steps is 0"), ({"round_scenes": 2}, "--round-scenes is 2; accepted: the batch size or more"),
     ({"average": 1.0}, "--average is 1.0"), ({"learning_rate": 0.0}, "--learning-rate is 0.0")],
)  # fmt: skip
def test_flags_that_make_no_sense(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(TINY, **changed)


def test_who_is_always_found_has_full_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = np.array([[1, 2, 11, 32], [40, 5, 60, 50]], np.float32)
    scenes = Scenes(
        images=np.zeros((1, 3, 64, 96), np.uint8), boxes=[boxes], ignored=[np.array([False, False])]
    )
    detector = PersonDetector(PersonDetectorSettings(widths=(8, 8, 8, 8), blocks=(1, 1, 1), head_width=8))
    found = [(torch.from_numpy(boxes), torch.tensor([0.9, 0.8]))]
    monkeypatch.setattr(detector, "find", lambda images, lowest: found)  # noqa: ARG005
    judgement = judged_on(detector, scenes)
    assert judgement.average_precision == 1
    assert (judgement.recall(0.85), judgement.precision(0.85)) == (0.5, 1)
