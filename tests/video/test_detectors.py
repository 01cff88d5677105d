"""Detectors by name: the table, ours on frames of any size, and those of the transformers library."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from reidtalk.errors import CheckpointError, ConfigError
from reidtalk.models.person_detector import (
    SHIPPED_DETECTOR,
    PersonDetector,
    PersonDetectorSettings,
    save_person_detector,
)
from reidtalk.video.detectors import (
    DETECTORS,
    GREY,
    HubDetector,
    OwnDetector,
    detector_for,
    fit,
    open_detector,
)
from reidtalk.video.motion import MotionDetector
from reidtalk.video.moving import MovingDetector

CPU = torch.device("cpu")
TINY = PersonDetectorSettings(widths=(8, 8, 8, 8), blocks=(1, 1, 1), head_width=8, working_px=96 * 64)


def one_answer() -> PersonDetector:
    """A detector that says everywhere: somebody one stride wide and two tall, right here."""
    detector = PersonDetector(TINY)
    for convolution, bias in ((detector.score, [0.4]), (detector.box, [0.0, 0.0, 0.0, float(np.log(2))])):
        torch.nn.init.zeros_(convolution.weight)
        convolution.bias = torch.nn.Parameter(torch.tensor(bias))
    return detector


@pytest.mark.parametrize("shape", [(40, 70), (64, 96), (300, 450), (1080, 1920), (640, 360)])
def test_frames_are_fitted_whole(shape: tuple[int, int]) -> None:
    frame = np.full((*shape, 3), 200, np.uint8)
    picture, scale = fit(frame, 96 * 64)
    assert picture.shape[0] % 32 == picture.shape[1] % 32 == 0
    tall, wide = round(shape[0] * scale), round(shape[1] * scale)
    assert (picture[:tall, :wide] == 200).all()
    assert (picture[tall:] == GREY).all()
    assert (picture[:, wide:] == GREY).all()
    assert tall * wide <= 1.1 * 96 * 64


def test_boxes_are_in_pixels_of_the_frame_and_within_it() -> None:
    frame = np.zeros((128, 192, 3), np.uint8)
    (boxes,) = OwnDetector(one_answer(), CPU).detect([frame])
    assert len(boxes.corners) > 100
    assert boxes.corners.min() == 0
    assert boxes.corners[:, 2].max() <= 192
    assert boxes.corners[:, 3].max() <= 128
    inner = boxes.corners[(boxes.corners[:, 0] > 0) & (boxes.corners[:, 2] < 192)]
    assert 16.0 in (inner[:, 2] - inner[:, 0]).round(3).tolist()
    np.testing.assert_allclose(boxes.scores, 1 / (1 + np.exp(-0.4)), rtol=1e-5)


def test_several_frames_give_what_each_gives_alone() -> None:
    torch.manual_seed(0)
    detector = OwnDetector(one_answer(), CPU)
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (64, 96, 3), dtype=np.uint8) for _ in range(9)]
    frames += [rng.integers(0, 256, (96, 64, 3), dtype=np.uint8) for _ in range(2)]
    together = detector.detect(frames)
    assert len(together) == 11
    for frame, boxes in zip(frames, together, strict=True):
        (alone,) = detector.detect([frame])
        np.testing.assert_allclose(alone.corners, boxes.corners, atol=1e-3)
    detector.forget()
    assert detector.detect([]) == []


def test_the_table_by_name(tmp_path: Path) -> None:
    assert open_detector("none", "cpu") is None
    assert isinstance(open_detector("motion", "cpu"), MotionDetector)
    assert isinstance(open_detector("moving", "cpu"), MovingDetector)
    save_person_detector(tmp_path / "best", one_answer(), {})
    assert isinstance(open_detector(str(tmp_path), "cpu"), OwnDetector)
    with pytest.raises(
        ConfigError, match=r"--detector is yolo; accepted: auto, none, motion, .*transformers:"
    ):
        open_detector("yolo", "cpu")
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        open_detector(str(tmp_path / "best" / ".." / ".."), "cpu")


def test_auto_looks_for_what_moves_where_something_can_move() -> None:
    assert detector_for("picture") == SHIPPED_DETECTOR.name
    assert detector_for("video") == detector_for("stream") == "moving"
    assert {"none", "motion", "moving", SHIPPED_DETECTOR.name} == set(DETECTORS)


def save_tiny_rt_detr(folder: Path, labels: dict[int, str]) -> None:
    """A randomly initialised RT-DETR, in the format of the hub."""
    transformers = pytest.importorskip("transformers", reason="needs the extra detect")
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = transformers.RTDetrConfig(
        backbone_config=backbone, encoder_hidden_dim=16, encoder_in_channels=[16, 16, 16], encoder_layers=1,
        encoder_ffn_dim=16, encoder_attention_heads=2, d_model=16, decoder_in_channels=[16, 16, 16],
        decoder_layers=1, decoder_ffn_dim=16, decoder_attention_heads=2, num_queries=10, num_denoising=0,
        id2label=labels, label2id={label: number for number, label in labels.items()},
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.RTDetrForObjectDetection(config).save_pretrained(folder)
    transformers.RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)


@pytest.mark.filterwarnings("ignore")  # of the library, about itself
def test_a_detector_of_the_transformers_library(tmp_path: Path) -> None:
    save_tiny_rt_detr(tmp_path / "tiny", {0: "person", 1: "bicycle"})
    detector = open_detector(f"transformers:{tmp_path / 'tiny'}", "cpu")
    assert isinstance(detector, HubDetector)
    rng = np.random.default_rng(0)
    found = detector.detect([rng.integers(0, 256, (50, 80, 3), dtype=np.uint8) for _ in range(3)])
    detector.forget()
    assert len(found) == 3
    for boxes in found:
        assert boxes.corners.shape == (len(boxes.scores), 4)
        assert (boxes.corners <= (80, 50, 80, 50)).all()
        assert (np.diff(boxes.scores) <= 0).all()


@pytest.mark.filterwarnings("ignore")  # of the library, about itself
def test_a_hub_detector_that_knows_no_people_is_refused(tmp_path: Path) -> None:
    save_tiny_rt_detr(tmp_path / "tiny", {0: "cat", 1: "dog"})
    with pytest.raises(ConfigError, match="knows no label person but cat, dog"):
        open_detector(f"transformers:{tmp_path / 'tiny'}", "cpu")


@pytest.mark.filterwarnings("ignore")  # of the library, about itself
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers", reason="needs the extra detect")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "config.json").write_text(json.dumps({}))
    with pytest.raises(ConfigError, match=r"--detector is transformers:.*hf download"):
        open_detector(f"transformers:{tmp_path}", "cpu")


def test_without_the_library_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reidtalk.video.detectors.find_spec", lambda name: None)  # noqa: ARG005
    with pytest.raises(ConfigError, match=r"not installed.*pip install 'reidtalk\[detect\]'"):
        open_detector("transformers:PekingU/rtdetr_r18vd", "cpu")


def test_the_shipped_one_is_small_and_sees_somebody() -> None:
    from reidtalk.data.people.walk import draw_walk

    assert sum(file.stat().st_size for file in SHIPPED_DETECTOR.iterdir()) < 4e6
    detector = open_detector(SHIPPED_DETECTOR.name, "cpu")
    assert detector is not None
    walk = [scene for _, scene in draw_walk(np.random.default_rng(5), 216, 384, seconds=6, per_second=2)]
    seen = detector.detect([scene.picture for scene in walk])
    people = sum(int((scene.share > 0.5).sum()) for scene in walk)
    found = sum(int((boxes.scores > 0.5).sum()) for boxes in seen)
    assert found > 0.5 * people > 0
