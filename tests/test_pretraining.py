"""Backbones learn to tell people apart."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_training import small_run

from reidtalk.errors import DataError, TrainingError
from reidtalk.pretraining import pretrain
from reidtalk.training import train
from reidtalk.training_config import PretrainConfig


def test_people_are_recognised_and_training_begins_with_the_weights(
    two_colour_people: Path, tmp_path: Path
) -> None:
    config = PretrainConfig(
        dataset="cuhk-pedes", root=two_colour_people, out=tmp_path / "backbone", backbone="small",
        image_size_px=(36, 18), crop_size_px=(32, 16), batch_size=16, max_iters=40, workers=0, device="cpu",
        learning_rate=3e-3,
    )  # fmt: skip
    result = pretrain(config)
    assert result.step == 40
    assert result.identities == 24
    assert result.accuracy > 0.5
    assert {path.name for path in config.out.iterdir()} == {"backbone.safetensors", "config.json"}
    run = small_run(
        two_colour_people,
        tmp_path / "run",
        backbone_weights=str(config.out),
        finetune_cnn_after=-1,
        max_iters=1,
    )
    train(run)
    trained, begun = (
        load_file(run.out / "last/model.safetensors"),
        load_file(config.out / "backbone.safetensors"),
    )
    assert all(torch.equal(trained[f"backbone.{name}"], tensor) for name, tensor in begun.items())
    with pytest.raises(TrainingError, match=r"backbone exists; accepted: a new folder"):
        pretrain(config)


def test_one_person_is_not_enough(tmp_path: Path) -> None:
    from conftest import write_two_colour_people

    root = write_two_colour_people(tmp_path / "data", {"train": 1, "val": 1})
    with pytest.raises(DataError, match="the train split shows 1 known people"):
        pretrain(PretrainConfig(dataset="cuhk-pedes", root=root, out=tmp_path / "out", backbone="small"))
