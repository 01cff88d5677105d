"""What holds of every row of DATASETS, and which is why a new row needs a maker here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from reidtalk.config import DatasetName, PrepareConfig
from reidtalk.data import DATASETS, load_dataset
from reidtalk.data.check import check_dataset
from reidtalk.data.images import load_image
from reidtalk.data.prepare import prepare
from reidtalk.errors import DataError
from reidtalk.types import SPLITS


def layout(annotation: str, file_field: str) -> Callable[[Path], None]:
    """Writes seven pictures of seven people, five to train on, in the layout of `annotation`."""

    def write(root: Path) -> None:
        records: list[dict[str, Any]] = []
        for number, split in enumerate(("train",) * 5 + ("val", "test"), start=1):
            file = f"{number:04d}_c{number}_0001.png"
            path = root / ("" if annotation == "captions.json" else "imgs") / file
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(np.full((20, 10, 3), 30 * number, np.uint8)).save(path)
            captions = [f"A person of shade {number}.", f"Shade {number}, standing."]
            records.append({"id": number, "split": split, file_field: file, "captions": captions})
        (root / annotation).write_text(json.dumps(records))

    return write


def pair(root: Path) -> None:
    layout("reid_raw.json", "file_path")(root)
    prepare(
        PrepareConfig(
            dataset="cuhk-pedes", root=root, out=root, word_count_threshold=0, image_size_px=(20, 10)
        )
    )


MAKERS = {
    "cuhk-pedes": layout("reid_raw.json", "file_path"),
    "icfg-pedes": layout("ICFG-PEDES.json", "file_path"),
    "rstp-reid": layout("data_captions.json", "img_path"),
    "folder": layout("captions.json", "file"),
    "synthetic": layout("reid_raw.json", "file_path"),
    "packed": pair,
}


@pytest.fixture(params=DATASETS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Each data set by name, with a small folder of it."""
    MAKERS[request.param](tmp_path)
    return request.param, tmp_path


def test_the_command_line_offers_every_row() -> None:
    assert set(get_args(DatasetName)) == set(DATASETS)


def test_people_are_in_one_split_each(made: tuple[str, Path]) -> None:
    splits = load_dataset(*made)
    people = [{picture.identity for picture in splits[split]} for split in SPLITS]
    assert [len(ids) for ids in people] == [5, 1, 1]
    assert len(set.union(*people)) == 7
    assert all(picture.split == split for split in SPLITS for picture in splits[split])


def test_every_picture_is_there_and_fits_its_captions(made: tuple[str, Path]) -> None:
    pictures = list(load_dataset(*made))
    pixels = np.stack([load_image(picture, (20, 10)) for picture in pictures])
    for picture, shown in zip(pictures, pixels, strict=True):
        assert picture.path.is_file()
        assert picture.identity is not None
        assert (shown == 30 * picture.identity).all()
        assert [f"shade {picture.identity}" in caption.lower() for caption in picture.captions] == [
            True,
            True,
        ]


def test_reading_twice_gives_the_same(made: tuple[str, Path]) -> None:
    assert load_dataset(*made) == load_dataset(*made)


def test_counts_are_held_against_the_published_ones(made: tuple[str, Path]) -> None:
    name, root = made
    check = check_dataset(name, root)
    assert check.ok, check.lines()
    assert any("published" in line for line in check.lines()) == bool(DATASETS[name].published)


@pytest.mark.parametrize("name", DATASETS)
def test_a_folder_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such (folder|file)"):
        load_dataset(name, tmp_path / "nowhere")


@pytest.mark.parametrize("name", DATASETS)
def test_every_row_says_what_it_is(name: str) -> None:
    assert 10 < len(DATASETS[name].summary) < 90
    assert set(DATASETS[name].published or {}) <= set(SPLITS)
