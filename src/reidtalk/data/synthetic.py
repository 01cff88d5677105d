"""A synthetic data set in the layout of CUHK-PEDES: drawn people, their identities and captions."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg

from reidtalk.config import DrawConfig
from reidtalk.data.people import Person, describe, draw_person, person
from reidtalk.data.people.chance import between
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.data.words import tokenize
from reidtalk.errors import DataError
from reidtalk.files import replaced_folder
from reidtalk.progress import progress_bar

Record = dict[str, Any]
"""One row of reid_raw.json: split, captions, file_path, id, processed_tokens."""

IDENTITIES_PER_TASK = 8


def draw(config: DrawConfig, workers: int | None = None) -> None:
    """`config.out` holds imgs/ and reid_raw.json; the same config writes the same bytes.

    Args:
        config: What to draw, and where to.
        workers: Processes that draw; one for each core when None. Changes nothing but the time.

    Raises:
        DataError: `config.out` holds something already.
        WriteError: it cannot be written.
    """
    refuse_full(config.out)
    with replaced_folder(config.out.resolve()) as unfinished:
        for split in ("train", "val", "test"):
            (unfinished / "imgs" / split).mkdir(parents=True)
        records = _draw_all(config, unfinished, workers or usable_cores())
        (unfinished / "reid_raw.json").write_text(json.dumps(records), encoding="utf-8")


def refuse_full(out: Path) -> None:
    """Raises `DataError` if `out` is a file or a folder that is not empty."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise DataError(f"{out} exists and is not empty", accepted="a new or empty folder",
                        do=f"choose another folder, or delete {out}")  # fmt: skip


def split_of(identity: int, config: DrawConfig) -> str:
    """The split of identity 1 to N: train, then val, then test, none of them empty."""
    val = max(1, round(config.identities * config.val_share))
    test = max(1, round(config.identities * config.test_share))
    train = max(1, config.identities - val - test)
    return "train" if identity <= train else "val" if identity <= config.identities - test else "test"


def _draw_all(config: DrawConfig, folder: Path, workers: int) -> list[Record]:
    """All pictures are drawn; their records in the order of identities."""
    records: list[Record] = []
    chunks = [range(first, min(first + IDENTITIES_PER_TASK, config.identities + 1))
              for first in range(1, config.identities + 1, IDENTITIES_PER_TASK)]  # fmt: skip
    with progress_bar("drawing people", config.identities * config.pictures_per_identity) as bar:
        for drawn in _results(partial(_draw_some, config, folder), chunks, min(workers, len(chunks))):
            records.extend(drawn)
            bar.advance(len(drawn))
    return records


def _results(task: "partial[list[Record]]", chunks: list[range], workers: int) -> Iterator[list[Record]]:
    """What `task` makes of each chunk, in order."""
    if workers <= 1:
        yield from map(task, chunks)
        return
    with drawing_processes(workers) as pool:
        yield from pool.map(task, chunks)


def _draw_some(config: DrawConfig, folder: Path, identities: range) -> list[Record]:
    """The pictures of some identities are written; their records."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return [
            record
            for identity in identities
            for record in _draw_person(config, folder, person(config.seed, identity))
        ]
    finally:
        cv2.setNumThreads(threads)


def _draw_person(config: DrawConfig, folder: Path, who: Person) -> list[Record]:
    """All pictures of a person are written; their records."""
    return [_draw_one(config, folder, who, k) for k in range(config.pictures_per_identity)]


def _draw_one(config: DrawConfig, folder: Path, who: Person, k: int) -> Record:
    """Picture `k` of a person is written; its record."""
    identity, split = who.identity, split_of(who.identity, config)
    rng = np.random.default_rng(np.random.SeedSequence([config.seed, identity, k]))
    picture, view = draw_person(who, rng, config.height_px, config.width_px)
    captions = [describe(who, view, rng) for _ in range(config.captions_per_picture)]
    name = f"{split}/{identity:06d}_{k}.jpg"
    packed = simplejpeg.encode_jpeg(  # type: ignore[attr-defined]
        np.ascontiguousarray(picture), quality=int(between(rng, 72, 95))
    )
    (folder / "imgs" / name).write_bytes(packed)
    return {"split": split, "captions": captions, "file_path": name, "id": identity,
            "processed_tokens": [tokenize(caption) for caption in captions]}  # fmt: skip
