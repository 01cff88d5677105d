"""Packs a data set into the HDF5 + JSON pair of the 2017 system.

Reference: prepro_data.py of the 2017 system, made from NeuralTalk2's.
Differs: words stand in an order of their own (see `Vocabulary.build`); pictures are shuffled from the order
train, val, test, which is the original's where the annotation lists them so; axes that shrink are averaged.
"""

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from reidtalk.config import PrepareConfig
from reidtalk.data import load_dataset
from reidtalk.data.ahead import map_ahead
from reidtalk.data.faults import name_of
from reidtalk.data.images import load_image
from reidtalk.data.packed import PICTURES, WORDS
from reidtalk.data.words import Vocabulary, tokenize
from reidtalk.errors import DataError
from reidtalk.progress import track
from reidtalk.types import PersonImage


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the pair is written, and under which names until it is whole."""

    pictures: Path
    words: Path
    pictures_part: Path
    words_part: Path


def prepare(config: PrepareConfig) -> None:
    """`config.out` holds reidtalk.h5 and reidtalk.json, both whole; a pair that was there is replaced.

    Pictures are decoded ahead in threads and written one by one. What is raised leaves nothing half-written.

    Raises:
        DataError: the data set has a fault, a picture has no caption or cannot be read, or `out` cannot be
            written.
    """
    pictures = _shuffled(list(load_dataset(config.dataset, config.root)), config.seed)
    _require_captions(pictures)
    captions = [caption for picture in pictures for caption in picture.captions]
    vocabulary = _vocabulary(captions, config.word_count_threshold)
    with _writing(config.out) as place:
        _require_space(config.out, len(pictures) * 3 * config.image_size_px[0] * config.image_size_px[1])
        with h5py.File(place.pictures_part, "w") as file:  # type: ignore[attr-defined,no-untyped-call]
            _write_labels(file, pictures, captions, vocabulary, config.max_length)
            _write_pictures(file, pictures, config.image_size_px)
        place.words_part.write_text(json.dumps(_description(config.root, pictures, vocabulary)), "utf-8")


def _shuffled(pictures: list[PersonImage], seed: int) -> list[PersonImage]:
    """`pictures` in the order that `random.seed(seed); random.shuffle(pictures)` gave in Python 2."""
    draw = random.Random(seed).random
    for last in reversed(range(1, len(pictures))):
        other = int(draw() * (last + 1))
        pictures[last], pictures[other] = pictures[other], pictures[last]
    return pictures


def _require_captions(pictures: Sequence[PersonImage]) -> None:
    silent = [picture for picture in pictures if not picture.captions]
    if silent:
        raise DataError(
            f"{len(silent):,} of {len(pictures):,} pictures have no caption, such as {name_of(silent[0])}",
            accepted="one caption or more for each picture",
            do="describe these pictures, or take them out of the annotation",
        )


def _vocabulary(captions: Sequence[str], threshold: int) -> Vocabulary:
    """All words above the threshold; `UNK` only when a word is not."""
    vocabulary = Vocabulary.build(captions, threshold)
    different = len(Counter(word for caption in captions for word in tokenize(caption)))
    return vocabulary if different >= len(vocabulary) else Vocabulary(vocabulary.words[:-1])


def _write_labels(
    file: Any, pictures: Sequence[PersonImage], captions: Sequence[str], vocabulary: Vocabulary, longest: int
) -> None:
    """The captions' words, zero padded; those of a picture go from start to end, counted from 1."""
    indices, lengths = vocabulary.encode_batch(captions, longest)
    labels = np.zeros((len(captions), longest), dtype=np.uint32)
    labels[:, : indices.shape[1]] = indices
    ends = np.cumsum([len(picture.captions) for picture in pictures])
    starts = np.concatenate([[1], ends[:-1] + 1])
    file.create_dataset("labels", data=labels)
    file.create_dataset("label_start_ix", data=starts.astype(np.uint32))
    file.create_dataset("label_end_ix", data=ends.astype(np.uint32))
    file.create_dataset("label_length", data=lengths.astype(np.uint32))


def _write_pictures(file: Any, pictures: Sequence[PersonImage], size_px: tuple[int, int]) -> None:
    rows = file.create_dataset("images", (len(pictures), 3, *size_px), dtype="uint8")
    decoded = map_ahead(partial(load_image, size_px=size_px), pictures)
    for row, pixels in enumerate(track(decoded, total=len(pictures), label="packing pictures")):
        rows[row] = pixels


def _description(root: Path, pictures: Sequence[PersonImage], vocabulary: Vocabulary) -> dict[str, Any]:
    images = [
        {"split": picture.split, "file_path": _file_path(root, picture), "id": picture.identity}
        for picture in pictures
    ]
    return {"ix_to_word": {str(i): word for i, word in enumerate(vocabulary.words, 1)}, "images": images}


def _file_path(root: Path, picture: PersonImage) -> str:
    """The file as the annotation names it: below imgs/ or images/, or below `root`."""
    if picture.row is not None:
        return f"{picture.camera or 'images'}/{picture.row:06d}"
    for folder in (root / "imgs", root, root.parent):
        if picture.path.is_relative_to(folder):
            return picture.path.relative_to(folder).as_posix()
    return picture.path.name


@contextmanager
def _writing(out: Path) -> Iterator[_Place]:
    """Names to write to, which become the pair's at the end; removed when anything is raised.

    Raises:
        DataError: writing failed; one line says why.
    """
    pictures, words = out / PICTURES, out / WORDS
    place = _Place(pictures, words, pictures.with_suffix(".h5.part"), words.with_suffix(".json.part"))
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield place
        _replace(place)
    except (OSError, RuntimeError) as error:  # h5py tells a full disk in both ways
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"cannot write {PICTURES} and {WORDS} in {out}: {reason}",
            accepted="a folder that may be written, with space for the pair",
            do="give another folder, or make space",
        ) from None
    finally:
        _remove(place.pictures_part, place.words_part)


def _replace(place: _Place) -> None:
    """The pair takes the place of an earlier one; at no moment do old words lie beside new pictures.

    Raises:
        OSError: it could not; the earlier pair is as it was, or has no words, so that it is refused.
    """
    old = place.words.with_suffix(".json.old")
    if place.words.exists():
        place.words.replace(old)
    try:
        place.pictures_part.replace(place.pictures)
    except OSError:
        if old.exists():
            old.replace(place.words)
        raise
    place.words_part.replace(place.words)
    _remove(old)


def _remove(*paths: Path) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError:  # as the folder cannot be written, nothing of ours is there
            continue


def _require_space(out: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(out).free
    if free_bytes < needed_bytes:
        raise DataError(
            f"the pair takes {needed_bytes / 1e9:.1f} GB, but {out} has {free_bytes / 1e9:.1f} GB left",
            accepted="a folder with space for it",
            do="make space, or give another folder",
        )
