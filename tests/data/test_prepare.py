import json
import os
import random
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from conftest import shared
from PIL import Image
from small_sets import draw, six_records, write_cuhk

from reidtalk.config import PrepareConfig
from reidtalk.data import load_dataset, read_dataset
from reidtalk.data.images import load_image
from reidtalk.data.packed import load_vocabulary
from reidtalk.data.prepare import prepare
from reidtalk.data.words import tokenize
from reidtalk.errors import DataError, ImageError


def pack(root: Path, out: Path, **options: Any) -> Path:
    given: dict[str, Any] = {"dataset": "cuhk-pedes", "word_count_threshold": 1, "image_size_px": (32, 16)}
    prepare(PrepareConfig(root=root, out=out, **(given | options)))
    return out


def test_read_back_it_is_the_same_set(tmp_path: Path) -> None:
    before = load_dataset("cuhk-pedes", write_cuhk(tmp_path / "set"))
    after = load_dataset(
        "packed", pack(tmp_path / "set", tmp_path / "out", max_length=4, word_count_threshold=2)
    )
    words = load_vocabulary(tmp_path / "out")
    assert words.words[-1] == "UNK"
    assert len(after) == len(before)
    for picture in before:
        captions = tuple(
            " ".join(word if word in words else "UNK" for word in tokenize(caption)[:4])
            for caption in picture.captions
        )
        [found] = [
            other for other in after[picture.split]
            if (load_image(other, (32, 16)) == load_image(picture, (32, 16))).all()
        ]  # fmt: skip
        assert (found.identity, found.captions, found.camera) == (picture.identity, captions, picture.camera)


def test_the_file_is_as_the_original_wrote_it(tmp_path: Path) -> None:
    records = six_records()
    records[0]["captions"].append("Three of them")
    out = pack(write_cuhk(tmp_path / "set", records), tmp_path / "out", max_length=5)
    with h5py.File(out / "reidtalk.h5") as file:
        assert sorted(file) == ["images", "label_end_ix", "label_length", "label_start_ix", "labels"]
        assert file["images"].dtype == np.uint8
        assert file["images"].shape == (6, 3, 32, 16)
        assert {str(file[name].dtype) for name in file if name != "images"} == {"uint32"}
        labels, lengths = file["labels"][()], file["label_length"][()]
        starts, ends = file["label_start_ix"][()], file["label_end_ix"][()]
    assert labels.shape == (13, 5)
    assert ((labels > 0).sum(axis=1) == lengths).all()
    assert lengths.max() == 5
    assert starts[0] == 1
    assert ends[-1] == 13
    assert (starts[1:] == ends[:-1] + 1).all()
    held = json.loads((out / "reidtalk.json").read_text())
    assert list(held["ix_to_word"]) == [str(i) for i in range(1, len(held["ix_to_word"]) + 1)]
    files = {record["file_path"]: {k: record[k] for k in ("split", "file_path", "id")} for record in records}
    assert {image["file_path"]: image for image in held["images"]} == files
    three = next(row for row, image in enumerate(held["images"]) if image["file_path"] == "cam_a/0.png")
    assert ends[three] - starts[three] == 2


def test_pictures_are_shuffled_as_python_2_did(tmp_path: Path) -> None:
    """`random.shuffle` with `random.random` as its source was Python 2's; later ones took it as an option."""
    order = list(range(6))
    draw = random.Random(123).random
    for i in range(5, 0, -1):
        j = int(draw() * (i + 1))
        order[i], order[j] = order[j], order[i]
    out = pack(write_cuhk(tmp_path / "set"), tmp_path / "out")
    images = json.loads((out / "reidtalk.json").read_text())["images"]
    assert [int(Path(image["file_path"]).stem) for image in images] == order
    assert order != list(range(6))


def as_prepro_data(records: list[dict[str, Any]], words: list[str], longest: int) -> dict[str, Any]:
    """The datasets prepro_data.py of the 2017 system makes of `records` in their order, but for the pictures."""
    index = {word: number + 1 for number, word in enumerate(words)}
    texts = [
        [
            "".join(letter for letter in caption if letter not in string.punctuation).lower().split()
            for caption in record["captions"]
        ]
        for record in records
    ]
    captions = sum(len(of_one) for of_one in texts)
    held = {"labels": np.zeros((captions, longest), "uint32"), "label_length": np.zeros(captions, "uint32")}
    held |= {name: np.zeros(len(records), "uint32") for name in ("label_start_ix", "label_end_ix")}
    counter = 1
    for row, of_one in enumerate(texts):
        held["label_start_ix"][row] = counter
        held["label_end_ix"][row] = counter + len(of_one) - 1
        for text in of_one:
            held["label_length"][counter - 1] = min(longest, len(text))
            for place, word in enumerate(text[:longest]):
                held["labels"][counter - 1, place] = index.get(word, index["UNK"])
            counter += 1
    return held


@pytest.mark.parametrize("longest", [4, 50])
def test_every_value_is_what_the_original_would_write(tmp_path: Path, longest: int) -> None:
    records = six_records()
    records[2]["captions"] = ["RED  coat!", "a (red) coat; well-worn", "?a?"]
    root = write_cuhk(tmp_path / "set", records)
    for number, record in enumerate(records):
        draw(root / "imgs" / record["file_path"], number, (256, 256))
    out = pack(root, tmp_path / "out", max_length=longest, image_size_px=(256, 256), word_count_threshold=2)
    random_source = random.Random(123).random
    for last in range(5, 0, -1):  # Python 2's shuffle
        other = int(random_source() * (last + 1))
        records[last], records[other] = records[other], records[last]
    held = json.loads((out / "reidtalk.json").read_text())
    words = list(held["ix_to_word"].values())
    counts = Counter(tokenize(" ".join(caption for record in records for caption in record["captions"])))
    assert sorted(words) == sorted([*(word for word, count in counts.items() if count > 2), "UNK"])
    assert held["images"] == [
        {key: record[key] for key in ("split", "file_path", "id")} for record in records
    ]
    pixels = [
        np.asarray(Image.open(root / "imgs" / record["file_path"])).transpose(2, 0, 1) for record in records
    ]
    expected = as_prepro_data(records, words, longest) | {"images": np.stack(pixels)}
    with h5py.File(out / "reidtalk.h5") as file:
        assert sorted(file) == sorted(expected)
        for name, values in expected.items():
            assert (file[name].dtype, file[name].shape) == (values.dtype, values.shape)
            np.testing.assert_array_equal(file[name][()], values)


def test_the_originals_own_pair_written_anew_is_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures and captions through `prepare`, kept in its order of pictures and of words, give its pair.

    Its people are in several splits, which `prepare` would refuse.
    """
    source = shared("oracle", "tiny")
    described = json.loads((source / "reidtalk.json").read_text())
    with h5py.File(source / "reidtalk.h5", locking=False) as file:
        held = {name: file[name][()] for name in file}
    captions = {picture.row: picture.captions for picture in read_dataset("packed", source)}
    records = [{**image, "captions": list(captions[row]), "processed_tokens": []}
               for row, image in enumerate(described["images"])]  # fmt: skip
    root = write_cuhk(tmp_path / "set", records)
    for record, picture in zip(records, held["images"], strict=True):
        Image.fromarray(picture.transpose(1, 2, 0)).save(root / "imgs" / record["file_path"], "PNG")
    kept = {
        "load_dataset": read_dataset,
        "_shuffled": lambda pictures, _: sorted(pictures, key=lambda picture: picture.path),
        "_vocabulary": lambda *_: load_vocabulary(source),
    }
    for name, replacement in kept.items():
        monkeypatch.setattr(f"reidtalk.data.prepare.{name}", replacement)
    out = pack(root, tmp_path / "out", max_length=held["labels"].shape[1], image_size_px=(256, 256))
    assert json.loads((out / "reidtalk.json").read_text()) == described
    with h5py.File(out / "reidtalk.h5") as file:
        assert sorted(file) == sorted(held)
        for name, values in held.items():
            assert (file[name].dtype, file[name].shape) == (values.dtype, values.shape)
            np.testing.assert_array_equal(file[name][()], values)


def test_without_rare_words_there_is_no_unk(tmp_path: Path) -> None:
    write_cuhk(tmp_path / "set")
    assert "UNK" not in load_vocabulary(pack(tmp_path / "set", tmp_path / "all", word_count_threshold=0))
    assert "UNK" in load_vocabulary(pack(tmp_path / "set", tmp_path / "some", word_count_threshold=2))
    assert load_dataset("packed", tmp_path / "all").train


def test_a_pair_can_be_packed_again(tmp_path: Path) -> None:
    pack(write_cuhk(tmp_path / "set"), tmp_path / "out")
    again = load_dataset("packed", pack(tmp_path / "out", tmp_path / "again", dataset="packed", max_length=3))
    assert sorted(picture.identity or 0 for picture in again) == [1, 1, 2, 3, 4, 4]
    assert {picture.camera for picture in again} == {"cam_a", "cam_b"}


def test_a_broken_picture_leaves_nothing_behind(tmp_path: Path) -> None:
    write_cuhk(tmp_path / "set")
    pack(tmp_path / "set", tmp_path / "out")
    before = (tmp_path / "out" / "reidtalk.h5").read_bytes()
    (tmp_path / "set" / "imgs" / "cam_b" / "3.png").write_bytes(b"")
    with pytest.raises(ImageError, match=r"cannot read .*3\.png: the file is empty"):
        pack(tmp_path / "set", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["reidtalk.h5", "reidtalk.json"]
    assert (tmp_path / "out" / "reidtalk.h5").read_bytes() == before


def test_pictures_without_captions_are_refused(tmp_path: Path) -> None:
    records = six_records()
    records[3]["captions"] = []
    with pytest.raises(DataError, match=r"1 of 6 pictures have no caption, such as .*3\.png; accepted: one"):
        pack(write_cuhk(tmp_path / "set", records), tmp_path / "out")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot write reidtalk.h5 and reidtalk.json in .*file: File exists"):
        pack(write_cuhk(tmp_path / "set"), tmp_path / "file")


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    if os.access(tmp_path / "out", os.W_OK):
        pytest.skip("this user (root) may write everywhere")
    with pytest.raises(DataError, match=r"cannot write .* in .*out: .*Permission denied"):
        pack(write_cuhk(tmp_path / "set"), tmp_path / "out")


def test_too_little_space_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nearly:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda _: Nearly())
    with pytest.raises(DataError, match=r"the pair takes 0\.0 GB, but .*out has 0\.0 GB left; accepted"):
        pack(write_cuhk(tmp_path / "set"), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from reidtalk.config import PrepareConfig
from reidtalk.data.prepare import prepare
from reidtalk.errors import DataError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    prepare(PrepareConfig(dataset="cuhk-pedes", root=Path(sys.argv[1]), out=Path(sys.argv[2])))
except DataError as error:
    print(error)
"""


def test_a_disk_that_fills_up_leaves_nothing_behind(tmp_path: Path) -> None:
    """Stands for a full disk: files of the child may not grow beyond 200 kB."""
    command = [sys.executable, "-c", FULL_DISK, str(write_cuhk(tmp_path / "set")), str(tmp_path / "out")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("cannot write reidtalk.h5 and reidtalk.json in ")
    assert result.stdout.count("\n") == 1
    assert not list((tmp_path / "out").iterdir())
