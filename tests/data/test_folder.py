import json
from pathlib import Path

import pytest
from small_sets import draw

from reidtalk.data import load_dataset
from reidtalk.data.folder import load
from reidtalk.errors import DataError
from reidtalk.types import PersonImage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three pictures, two of them in a folder of their own."""
    for number, name in enumerate(("a.png", "in/b.jpg", "in/c.webp")):
        draw(tmp_path / name, number)
    return tmp_path


def known(picture: PersonImage) -> tuple[str, int | None, tuple[str, ...], str, str | None]:
    return picture.path.name, picture.identity, picture.captions, picture.split, picture.camera


def test_pictures_without_captions(root: Path) -> None:
    assert [known(picture) for picture in load_dataset("folder", root)] == [
        ("a.png", 1, (), "test", None),
        ("b.jpg", 2, (), "test", None),
        ("c.webp", 3, (), "test", None),
    ]


def test_json_with_everything(root: Path) -> None:
    records = [
        {"file": "a.png", "captions": ["a man", "he walks"], "id": 5, "split": "train", "camera": "door"},
        {"image": "in/b.jpg", "caption": "a woman", "id": 7},
        {"path": "in/c.webp", "text": "a child"},
    ]
    (root / "captions.json").write_text(json.dumps(records))
    assert [known(picture) for picture in load_dataset("folder", root)] == [
        ("a.png", 5, ("a man", "he walks"), "train", "door"),
        ("b.jpg", 7, ("a woman",), "test", None),
        ("c.webp", 8, ("a child",), "test", None),
    ]


def test_json_that_maps_pictures_to_captions(root: Path) -> None:
    (root / "mine.json").write_text(json.dumps({"a.png": "a man", "in/b.jpg": ["a woman", "she runs"]}))
    assert [picture.captions for picture in load(root)] == [("a man",), ("a woman", "she runs")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_several_rows_for_a_picture(root: Path, delimiter: str) -> None:
    rows = [
        ("File_Path", "Caption", "ID", "split"),
        ("a.png", '"a man, in red"', "anna", "train"),
        ("in/b.jpg", "a woman", "ben", ""),
        ("a.png", "he walks", "", "train"),
    ]
    text = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    (root / "captions.csv").write_text(text, "utf-8", newline="")
    assert [known(picture) for picture in load_dataset("folder", root)] == [
        ("a.png", 1, ("a man, in red", "he walks"), "train", None),
        ("b.jpg", 2, ("a woman",), "test", None),
    ]


def test_jsonl_of_pictures_in_a_folder_named_images(root: Path) -> None:
    draw(root / "images" / "d.png")
    (root / "metadata.jsonl").write_text('\n{"file_name": "d.png", "text": "a man"}\n\n')
    [picture] = load_dataset("folder", root / "metadata.jsonl")
    assert picture.path == root / "images" / "d.png"
    assert picture.captions == ("a man",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.json",
            '[{"caption": "a man"}]',
            "record 1 of a.json has no 'file'; accepted: records with 'file' or 'f",
        ),
        (
            "a.json",
            '[{"file": "a.png", "caption": 3}]',
            "record 1 of a.json: 'caption' is 3; accepted: text, not",
        ),
        ("a.json", '[{"file": "a.png", "captions": [3]}]', r"'captions' is \[3\]; accepted: a list of texts"),
        ("a.json", '[{"file": "a.png", "id": 1.5}]', "'id' is 1.5; accepted: a whole number"),
        ("a.json", '[{"file": "a.png", "split": "x"}]', "'split' is 'x'; accepted: train, val or test"),
        ("a.jsonl", '{"file": "a.png"}\n\n{"file"}', r"line 3 of a.jsonl is not JSON \(Expecting ':'"),
        ("a.jsonl", '{"file": "a.png"}\n\n[]', "record 2 of a.jsonl is a list"),
        ("a.jsonl", "", "a.jsonl holds an empty list"),
        ("a.csv", "", "a.csv holds an empty list"),
        ("a.csv", "name,words\nx,y\n", "record 2 of a.csv has no 'file'"),
        (
            "a.csv",
            "file,caption\na.png,a man, in red\n",
            "record 2 of a.csv has more cells than the first line",
        ),
        (
            "a.csv",
            'file,caption\na.png,"a man\n',
            r"a.csv is no CSV \(unexpected end of data\); accepted: CSV in",
        ),
        (
            "a.csv",
            "file,id\na.png,1\na.png,2\n",
            "record 3 of a.csv: 'id' is 2, but record 2 of the same picture ",
        ),
    ],
)
def test_faults_are_told_with_their_place(root: Path, name: str, text: str, message: str) -> None:
    (root / name).write_text(text)
    with pytest.raises(DataError, match=message):
        load(root)


def test_csv_of_another_encoding(root: Path) -> None:
    (root / "a.csv").write_bytes("file,caption\na.png,été".encode("latin-1"))
    with pytest.raises(
        DataError, match=r"a.csv is no CSV \('utf-8' codec .*what to do: save it again as CSV UTF-8"
    ):
        load(root)


def test_several_files_that_may_hold_the_captions(root: Path) -> None:
    for name in ("one.json", "two.csv"):
        (root / name).write_text("[]")
    message = (
        r"2 files in .* may hold the captions: one.json, two.csv; accepted: one of them named captions.json"
    )
    with pytest.raises(DataError, match=message):
        load(root)
    (root / "captions.csv").write_text("file,caption\na.png,a man\n")
    assert len(load(root)) == 1


def test_folders_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"no such folder: .*; accepted: a folder of pictures, or a .json, .jsonl or"
    ):
        load(tmp_path / "none")
    with pytest.raises(DataError, match="no picture in"):
        load(tmp_path)
    (tmp_path / "a.txt").touch()
    with pytest.raises(DataError, match=r"a.txt is no folder"):
        load(tmp_path / "a.txt")
