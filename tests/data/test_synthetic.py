"""The synthetic data set on disk."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reidtalk.config import DrawConfig
from reidtalk.data.synthetic import draw, split_of
from reidtalk.errors import DataError, WriteError


def small(out: Path, **given: object) -> DrawConfig:
    values = {"identities": 6, "pictures_per_identity": 2, "height_px": 64, "width_px": 32, "seed": 9} | given
    return DrawConfig(out=out, **values)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_layout_is_that_of_cuhk_pedes(tmp_path):
    draw(small(tmp_path / "set"), workers=1)
    records = json.loads((tmp_path / "set/reid_raw.json").read_text(encoding="utf-8"))
    assert len(records) == 12
    assert [record["id"] for record in records] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert [record["split"] for record in records] == ["train"] * 8 + ["val"] * 2 + ["test"] * 2
    for record in records:
        assert set(record) == {"split", "captions", "file_path", "id", "processed_tokens"}
        assert record["file_path"].startswith(record["split"] + "/")
        assert [len(tokens) > 0 for tokens in record["processed_tokens"]] == [True, True]
        with Image.open(tmp_path / "set/imgs" / record["file_path"]) as picture:
            assert picture.size == (32, 64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


def test_the_same_seed_draws_the_same_bytes_with_any_number_of_workers(tmp_path):
    draw(small(tmp_path / "one", identities=10), workers=1)
    draw(small(tmp_path / "two", identities=10), workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_draws_other_people(tmp_path):
    draw(small(tmp_path / "one"), workers=1)
    draw(small(tmp_path / "two", seed=10), workers=1)
    assert contents(tmp_path / "one") != contents(tmp_path / "two")


def test_a_picture_does_not_depend_on_how_many_are_drawn(tmp_path):
    draw(small(tmp_path / "few", identities=4), workers=1)
    draw(small(tmp_path / "many", identities=8, pictures_per_identity=1), workers=1)
    name = "imgs/train/000002_0.jpg"
    assert contents(tmp_path / "few")[name] == contents(tmp_path / "many")[name]


def test_a_full_folder_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(
        DataError, match="exists and is not empty; accepted: a new or empty folder; what to do: choose"
    ):
        draw(small(tmp_path))
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "set").mkdir()
    draw(small(tmp_path / "set", identities=3), workers=1)
    assert (tmp_path / "set/reid_raw.json").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot write"):
        draw(small(tmp_path / "file" / "set"), workers=1)


@given(st.integers(3, 3000), st.floats(0.01, 0.49), st.floats(0.01, 0.49))
def test_splits_are_contiguous_and_none_is_empty(identities, val_share, test_share):
    config = small(Path("set"), identities=identities, val_share=val_share, test_share=test_share)
    splits = [split_of(identity, config) for identity in range(1, identities + 1)]
    assert set(splits) == {"train", "val", "test"}
    order = [("train", "val", "test").index(split) for split in splits]
    assert np.all(np.diff(order) >= 0)
