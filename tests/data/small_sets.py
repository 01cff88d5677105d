"""Small data sets made for one test."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PEOPLE = [(1, "train"), (1, "train"), (2, "train"), (3, "val"), (4, "test"), (4, "test")]
THINGS = ["red coat", "blue hat", "green bag", "white shoes", "grey skirt", "long hair"]


def draw(path: Path, seed: int = 0, size_px: tuple[int, int] = (40, 20)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size_px, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def six_records() -> list[dict[str, Any]]:
    """Six pictures of four people from two cameras, in CUHK-PEDES' layout."""
    return [
        {
            "id": identity,
            "split": split,
            "file_path": f"cam_{'ab'[number % 2]}/{number}.png",
            "captions": [f"A man, in a {THINGS[number]}.", f"He has a {THINGS[number]} and walks."],
            "processed_tokens": [["a"], ["he"]],
        }
        for number, (identity, split) in enumerate(PEOPLE)
    ]


def write_cuhk(root: Path, records: list[dict[str, Any]] | None = None) -> Path:
    """`root` holds reid_raw.json with `records` (or six of its own) and a picture for each."""
    records = six_records() if records is None else records
    root.mkdir(exist_ok=True)
    (root / "reid_raw.json").write_text(json.dumps(records), "utf-8")
    for number, record in enumerate(records):
        draw(root / "imgs" / record["file_path"], number)
    return root
