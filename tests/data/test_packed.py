import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from conftest import shared

from reidtalk.data import packed
from reidtalk.data.images import load_image
from reidtalk.errors import DataError


def write_pair(root: Path, **changes: Any) -> Path:
    """Two pictures, three captions; `changes` replace or (None) remove datasets of the HDF5 file."""
    held: dict[str, Any] = {
        "images": np.zeros((2, 3, 4, 4), np.uint8),
        "labels": np.array([[1, 2, 0], [2, 0, 0], [1, 1, 3]], np.uint32),
        "label_length": np.array([2, 1, 3], np.uint32),
        "label_start_ix": np.array([1, 3], np.uint32),
        "label_end_ix": np.array([2, 3], np.uint32),
    } | changes
    with h5py.File(root / "reidtalk.h5", "w") as file:
        for name, values in held.items():
            if values is not None:
                file[name] = values
    images = [
        {"split": "train", "file_path": "cam_a/0.png", "id": 4},
        {"split": "test", "file_path": "1.png", "id": 5},
    ]
    words = {"ix_to_word": {"1": "man", "2": "red", "3": "UNK"}, "images": images}
    (root / "reidtalk.json").write_text(json.dumps(words))
    return root


def test_captions_come_back_from_their_indices(tmp_path: Path) -> None:
    splits = packed.load(write_pair(tmp_path))
    [one], [other] = splits.train, splits.test
    assert (one.row, one.identity, one.captions, one.camera) == (0, 4, ("man red", "red"), "cam_a")
    assert (other.row, other.identity, other.captions, other.camera) == (1, 5, ("man man UNK",), None)
    assert packed.load(tmp_path / "reidtalk.h5") == splits
    assert packed.load_vocabulary(tmp_path).words == ("man", "red", "UNK")


def test_the_originals_own_pair_is_read() -> None:
    root = shared("oracle", "tiny")
    splits = packed.load(root)
    assert [len(splits.train), len(splits.val), len(splits.test)] == [20, 6, 6]
    assert splits.test[0].captions == ("w13 w9 w19 w11 w1 w15 w19 w19 w16", "w9 w17 w8 w13 w1")
    assert [load_image(picture, (256, 256)).shape for picture in splits.test] == [(3, 256, 256)] * 6
    assert len(packed.load_vocabulary(root)) == 20


def test_all_of_the_originals_pair_is_as_the_format_says() -> None:
    """Captions stand from label_start_ix to label_end_ix, counted from 1, both included."""
    root = shared("oracle", "tiny")
    held = json.loads((root / "reidtalk.json").read_text())
    with h5py.File(root / "reidtalk.h5", locking=False) as file:
        assert {name: str(file[name].dtype) for name in file} == {
            "images": "uint8", "labels": "uint32", "label_start_ix": "uint32", "label_end_ix": "uint32",
            "label_length": "uint32",
        }  # fmt: skip
        pixels, labels, lengths = (file[name][()] for name in ("images", "labels", "label_length"))
        starts, ends = file["label_start_ix"][()], file["label_end_ix"][()]
    by_row = {picture.row: picture for picture in packed.load(root)}
    assert sorted(by_row) == list(range(len(held["images"])))
    for row, image in enumerate(held["images"]):
        captions = tuple(
            " ".join(held["ix_to_word"][str(labels[place - 1, word])] for word in range(lengths[place - 1]))
            for place in range(starts[row], ends[row] + 1)
        )
        picture = by_row[row]
        assert (picture.split, picture.identity, picture.captions) == (image["split"], image["id"], captions)
        np.testing.assert_array_equal(load_image(picture, (256, 256)), pixels[row])
    assert sum(len(picture.captions) for picture in by_row.values()) == len(labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, r"reidtalk.h5 cannot be read \(.*; accepted: an HDF5 file with images, labels"),
        (
            {"images": np.zeros((2, 4, 4), np.uint8)},
            r"holds /images is uint8 \(2, 4, 4\); accepted: uint8 \(N, 3",
        ),
        ({"images": np.zeros((2, 3, 4, 4))}, "holds /images is float64"),
        (
            {"images": np.zeros((3, 3, 4, 4), np.uint8)},
            "holds 3 pictures, but the JSON beside it lists 2; acc",
        ),
        ({"labels": np.zeros((3, 3))}, "holds labels that are no whole numbers"),
        ({"label_length": np.zeros(2, np.uint32)}, r"holds /labels \(3, 3\), /label_length \(2,\); accepted"),
        (
            {"label_start_ix": np.ones(3, np.uint32)},
            r"holds /label_start_ix \(3,\); accepted: \(2,\), one for",
        ),
        (
            {"label_start_ix": np.zeros(2, np.uint32)},
            "captions of a picture outside /labels; accepted: 1 to 3",
        ),
        ({"label_end_ix": np.array([2, 4], np.uint32)}, "captions of a picture outside /labels"),
        (
            {"label_length": np.full(3, 4, np.uint32)},
            "a caption longer than /labels is wide; accepted: 0 to 3",
        ),
        (
            {"labels": np.full((3, 3), 9, np.uint32)},
            "word index 9; accepted: 0 to 3, as the vocabulary has 3",
        ),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        packed.load(write_pair(tmp_path, **changes))


def test_labels_of_a_size_that_cannot_be_are_not_read(tmp_path: Path) -> None:
    root = write_pair(tmp_path, labels=None)
    with h5py.File(root / "reidtalk.h5", "a") as file:
        file.create_dataset("labels", (4_000_000, 4_000_000), "uint32", chunks=(1000, 1000))
    assert (root / "reidtalk.h5").stat().st_size < 100_000
    with pytest.raises(
        DataError, match=r"reidtalk.h5 cannot be read \(/labels announces 16000000000000 numbers"
    ):
        packed.load(root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "reidtalk.json holds a list; accepted: an object with 'ix_to_word' and 'images'"),
        (
            '{"images": []}',
            "reidtalk.json has no 'ix_to_word'; accepted: 'ix_to_word' and 'images'; what to do: prep",
        ),
        ('{"ix_to_word": {}}', "reidtalk.json has no 'images'"),
        ('{"ix_to_word": {"0": "a"}}', "'ix_to_word' of reidtalk.json does not count 1, 2, 3"),
        ('{"ix_to_word": ["a"]}', "'ix_to_word' of reidtalk.json does not count 1, 2, 3"),
        ('{"ix_to_word": {"1": 3}}', "a vocabulary with the entry 3"),
        ('{"ix_to_word": {}, "images": []}', "reidtalk.json holds an empty list"),
        ('{"ix_to_word": {}, "images": [{}, {}]}', "word index 1; accepted: 0 to 0"),
        (
            '{"ix_to_word": {"1": "a", "2": "b", "3": "c"}, "images": [{}, {}]}',
            "record 1 of reidtalk.json has no 'id'",
        ),
    ],
)
def test_words_that_are_not_as_they_should_be(tmp_path: Path, text: str, message: str) -> None:
    write_pair(tmp_path)
    (tmp_path / "reidtalk.json").write_text(text)
    with pytest.raises(DataError, match=message):
        packed.load(tmp_path)


def test_files_that_are_missing_or_no_hdf5(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"no such file: .*reidtalk.h5; accepted: a folder that holds reidtalk.h5 and"
    ):
        packed.load(tmp_path)
    write_pair(tmp_path)
    (tmp_path / "reidtalk.h5").write_text("text")
    with pytest.raises(DataError, match=r"reidtalk.h5 cannot be read \(.*what to do: prepare the pair again"):
        packed.load(tmp_path)
    (tmp_path / "reidtalk.json").unlink()
    with pytest.raises(DataError, match=r"no such file: .*reidtalk.json"):
        packed.load(tmp_path)
