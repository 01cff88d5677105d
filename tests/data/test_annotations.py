"""Loaders of the published layouts, and what they say of files with faults."""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_sets import draw, six_records, write_cuhk

from reidtalk.data import DATASETS, cuhk_pedes, icfg_pedes, load_dataset, read_dataset, rstp_reid
from reidtalk.errors import DataError
from reidtalk.types import SPLITS


def write_json(root: Path, held: Any, name: str = "reid_raw.json") -> Path:
    (root / name).write_text(json.dumps(held), "utf-8")
    return root


def test_cuhk_pedes_in_the_order_of_its_annotation(tmp_path: Path) -> None:
    splits = load_dataset("cuhk-pedes", write_cuhk(tmp_path))
    assert [len(splits[split]) for split in SPLITS] == [3, 1, 2]
    first = splits.train[0]
    assert first.path == tmp_path / "imgs" / "cam_a" / "0.png"
    assert (first.identity, first.camera, first.split, first.row) == (1, "cam_a", "train", None)
    assert first.captions == ("A man, in a red coat.", "He has a red coat and walks.")


@pytest.mark.parametrize("name", ["caption_all.json", "annotations.json"])
def test_cuhk_pedes_under_its_other_names(tmp_path: Path, name: str) -> None:
    write_cuhk(tmp_path)
    (tmp_path / "reid_raw.json").rename(tmp_path / name)
    assert len(load_dataset("cuhk-pedes", tmp_path)) == 6


def test_pictures_beside_the_annotation(tmp_path: Path) -> None:
    draw(tmp_path / "images" / "x.jpg")
    record = {"id": 1, "split": "test", "file_path": "images/x.jpg", "captions": ["a man"]}
    [picture] = cuhk_pedes.load(write_json(tmp_path, [record], "annotations.json")).test
    assert picture.path == tmp_path / "images" / "x.jpg"
    assert picture.camera is None


def test_icfg_pedes_has_cameras_in_its_names(tmp_path: Path) -> None:
    file = "test/0627/0627_010_05_0303afternoon_1591_0.jpg"
    record = {"id": 627, "split": "test", "file_path": file, "captions": ["a man"]}
    [picture] = icfg_pedes.load(write_json(tmp_path, [record], "ICFG_PEDES.json")).test
    assert (picture.identity, picture.camera) == (627, "c05")


def test_rstp_reid_has_cameras_in_its_names(tmp_path: Path) -> None:
    record = {"id": 0, "split": "train", "img_path": "0000_c14_0031.jpg", "captions": ["a man", "he walks"]}
    [picture] = rstp_reid.load(write_json(tmp_path, [record], "data_captions.json")).train
    assert (picture.identity, picture.camera, len(picture.captions)) == (0, "c14", 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"id": "7"},
            r"record 2 of reid_raw\.json: 'id' is '7'; accepted: a whole number; what to do: correct",
        ),
        ({"id": True}, "record 2 of reid_raw.json: 'id' is True; accepted: a whole number"),
        ({"id": 1.5}, "'id' is 1.5; accepted: a whole number"),
        ({"id": 10**30}, "'id' is 1000.*; accepted: a whole number"),
        ({"split": "training"}, "'split' is 'training'; accepted: train, val or test"),
        ({"split": None}, "'split' is None"),
        ({"split": []}, r"'split' is \[\]"),
        ({"captions": "a man"}, "'captions' is 'a man'; accepted: a list of texts"),
        ({"captions": ["a man", 3]}, r"'captions' is \['a man', 3\]; accepted: a list of texts"),
        ({"captions": ["\ud800"]}, "accepted: a list of texts"),
        ({"captions": {"a" * 99: 1}}, r"'captions' is \{'a+\.\.\.; accepted"),
        ({"file_path": ""}, "'file_path' is ''; accepted: text, not empty"),
        ({"file_path": 3}, "'file_path' is 3"),
    ],
)
def test_a_wrong_field_is_told_with_its_record(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    records = six_records()
    records[1] |= change
    with pytest.raises(DataError, match=message):
        load_dataset("cuhk-pedes", write_json(tmp_path, records))


@pytest.mark.parametrize("name", ["id", "split", "file_path", "captions"])
def test_a_missing_field_is_told_with_its_record(tmp_path: Path, name: str) -> None:
    records = six_records()
    del records[2][name]
    message = (
        f"record 3 of reid_raw.json has no '{name}'; accepted: records with '{name}'; what to do: add it"
    )
    with pytest.raises(DataError, match=message):
        load_dataset("cuhk-pedes", write_json(tmp_path, records))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            b'[{"id": 1},\n {"id" 2}]',
            r"reid_raw.json is not JSON \(Expecting ':' delimiter, line 2, column 8\)",
        ),
        (b"", r"is not JSON \(Expecting value, line 1, column 1\); accepted: JSON in UTF-8"),
        (b'["\xff\xfe"]', r"is not JSON \('utf-8' codec can't decode"),
        (b"[" * 100_000, r"is not JSON \(nested too deeply\)"),
        (b"[" + b"9" * 9999 + b"]", r"is not JSON \(Exceeds the limit"),
        (b"[]", "reid_raw.json holds an empty list; accepted: a list of records, one for each picture"),
        (b'{"a": 1}', "reid_raw.json holds an object; accepted: a list"),
        (b"null", "reid_raw.json holds null"),
        (b"[1]", "record 1 of reid_raw.json is a number; accepted: an object with named fields"),
        (b'[{}, "x"]', "record 2 of reid_raw.json is a text"),
    ],
)
def test_what_is_no_annotation(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "reid_raw.json").write_bytes(text)
    with pytest.raises(DataError, match=message):
        load_dataset("cuhk-pedes", tmp_path)


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"no such folder: .*set; accepted: the folder that holds reid_raw.json or"
    ):
        load_dataset("cuhk-pedes", tmp_path / "set")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file is no folder"):
        load_dataset("icfg-pedes", tmp_path / "file")
    with pytest.raises(
        DataError, match=r"no annotation in .*; accepted: a folder that holds data_captions.json; w"
    ):
        load_dataset("rstp-reid", tmp_path)


def test_a_name_that_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data set 'market'; accepted: cuhk-pedes, icfg-pedes, .*packed"):
        read_dataset("market", tmp_path)


def test_missing_files_by_folder(tmp_path: Path) -> None:
    write_cuhk(tmp_path)
    shutil.rmtree(tmp_path / "imgs" / "cam_b")
    (tmp_path / "imgs" / "cam_a" / "2.png").unlink()
    message = (
        r"4 of 6 pictures missing: 3 in .*cam_b, 1 in .*cam_a; the first is .*cam_b/1\.png; "
        "accepted: every picture that the annotation lists; what to do: complete the download"
    )
    with pytest.raises(DataError, match=message):
        load_dataset("cuhk-pedes", tmp_path)


def test_many_missing_folders_are_counted(tmp_path: Path) -> None:
    records = [{**six_records()[0], "file_path": f"cam_{number}/1.png"} for number in range(12)]
    with pytest.raises(DataError, match=r"12 of 12 pictures missing: .*, and 2 more folders; the first"):
        load_dataset("cuhk-pedes", write_json(tmp_path, records))


def test_a_person_in_two_splits(tmp_path: Path) -> None:
    records = six_records()
    records[4]["id"] = records[5]["id"] = 2
    with pytest.raises(
        DataError, match="people both in train and in test: 1, such as id 2; accepted: each person"
    ):
        load_dataset("cuhk-pedes", write_cuhk(tmp_path, records))


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        (
            "",
            r"of no words or too many: 1, the first is .*1\.png: no word in the sentence ''; accepted",
        ),
        (
            "?! -",
            r"no word in the sentence '\?! -'; accepted: captions of 1 to 1000 words; what to do: correct or",
        ),
        ("word " * 1001, "1001 words in the sentence 'word"),
    ],
)
def test_captions_nobody_could_use(tmp_path: Path, caption: str, message: str) -> None:
    records = six_records()
    records[1]["captions"] = ["a man", caption]
    with pytest.raises(DataError, match=message):
        load_dataset("cuhk-pedes", write_cuhk(tmp_path, records))


FIELD_NAMES = st.sampled_from(
    ["id", "split", "file_path", "img_path", "captions", "file", "caption", "camera"]
)
GARBAGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(SPLITS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELD_NAMES | st.text(), inner, max_size=5),
    max_leaves=12,
)
LAYOUTS = {
    "cuhk-pedes": "reid_raw.json",
    "icfg-pedes": "ICFG-PEDES.json",
    "rstp-reid": "data_captions.json",
    "folder": "captions.json",
    "packed": "reidtalk.json",
}


@pytest.mark.parametrize("name", LAYOUTS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=GARBAGE | st.lists(st.dictionaries(FIELD_NAMES, GARBAGE)), cut=st.booleans())
def test_garbage_is_a_data_error(tmp_path: Path, name: str, held: Any, cut: bool) -> None:
    text = json.dumps(held)
    (tmp_path / "reidtalk.h5").touch()
    (tmp_path / LAYOUTS[name]).write_text(text[: len(text) // 2] if cut else text, "utf-8")
    with contextlib.suppress(DataError):
        load_dataset(name, tmp_path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary() | st.text(st.sampled_from('file,caption;"\n\t 12.jpg\0é')).map(str.encode))
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json"])
def test_garbage_beside_ones_own_pictures_is_a_data_error(tmp_path: Path, suffix: str, data: bytes) -> None:
    (tmp_path / f"captions.{suffix}").write_bytes(data)
    with contextlib.suppress(DataError):
        load_dataset("folder", tmp_path)


def test_published_sizes_are_those_of_the_papers() -> None:
    pictures = {
        name: {split: counts.pictures for split, counts in dataset.published.items()}
        for name, dataset in DATASETS.items()
        if dataset.published
    }
    assert pictures == {
        "cuhk-pedes": {"train": 34_054, "val": 3_078, "test": 3_074},
        "icfg-pedes": {"train": 34_674, "test": 19_848},
        "rstp-reid": {"train": 18_505, "val": 1_000, "test": 1_000},
    }
