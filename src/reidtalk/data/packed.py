"""The HDF5 + JSON pair of the 2017 system, as `reidtalk prepare` and the original write it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from reidtalk.data.records import Record, as_records, by_split, first_folder, kind_of, read_json
from reidtalk.data.words import Vocabulary
from reidtalk.errors import DataError
from reidtalk.types import PersonImage, Splits

PICTURES = "reidtalk.h5"
WORDS = "reidtalk.json"

_REPAIR = "prepare the pair again"
_MOST_NUMBERS = 2**30
"""In one table of labels; CUHK-PEDES has four million. A few bytes of HDF5 can announce any number."""


@dataclass(frozen=True)
class _Labels:
    """The captions of a pair: word indices [texts, words], lengths [texts], first and last [images]."""

    indices: NDArray[np.uint32]
    lengths: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]


def load(root: Path) -> Splits:
    """The pictures of the pair in the folder `root` (or of the .h5 file `root`), in its order.

    Captions are what the labels hold: lower-case words, rare ones `UNK`, cut to the pair's length.

    Raises:
        DataError: a file is missing, not what it should be, or the two do not fit together.
    """
    pictures, words = _find_pair(root)
    held = _read_object(words)
    vocabulary = _vocabulary(words, held)
    records = as_records(words, _entry(words, held, "images"))
    labels = _read_labels(pictures, len(records))
    return by_split(_pictures(pictures, records, labels, vocabulary))


def load_vocabulary(root: Path) -> Vocabulary:
    """The words of the pair in `root`, in the order of their indices.

    Raises:
        DataError: as `load`.
    """
    _, words = _find_pair(root)
    return _vocabulary(words, _read_object(words))


def _find_pair(root: Path) -> tuple[Path, Path]:
    pictures = root if root.suffix == ".h5" else root / PICTURES
    pair = pictures, pictures.with_suffix(".json")
    for path in pair:
        if not path.is_file():
            raise DataError(
                f"no such file: {path}",
                accepted=f"a folder that holds {PICTURES} and {WORDS}, or the .h5 of such a pair",
                do="correct the path, or write the pair with: reidtalk prepare",
            )
    return pair


def _read_object(words: Path) -> dict[str, Any]:
    held = read_json(words)
    if not isinstance(held, dict):
        raise DataError(
            f"{words.name} holds {kind_of(held)}",
            accepted="an object with 'ix_to_word' and 'images'",
            do=_REPAIR,
        )
    return held


def _entry(words: Path, held: dict[str, Any], name: str) -> Any:
    if name not in held:
        raise DataError(f"{words.name} has no {name!r}", accepted="'ix_to_word' and 'images'", do=_REPAIR)
    return held[name]


def _vocabulary(words: Path, held: dict[str, Any]) -> Vocabulary:
    by_index = _entry(words, held, "ix_to_word")
    if not isinstance(by_index, dict) or set(by_index) != {str(i) for i in range(1, len(by_index) + 1)}:
        raise DataError(
            f"'ix_to_word' of {words.name} does not count 1, 2, 3, ...",
            accepted='an object such as {"1": "man", "2": "woman"}',
            do=_REPAIR,
        )
    return Vocabulary(tuple(by_index[str(index)] for index in range(1, len(by_index) + 1)))


def _read_labels(path: Path, images: int) -> _Labels:
    try:
        with h5py.File(path, "r", locking=False) as file:  # type: ignore[attr-defined,no-untyped-call]
            shape, kind = file["images"].shape, file["images"].dtype
            names = ("labels", "label_length", "label_start_ix", "label_end_ix")
            for name in names:
                if file[name].size > _MOST_NUMBERS:
                    raise ValueError(f"/{name} announces {file[name].size} numbers")
            labels = _Labels(*(np.asarray(file[name][()]) for name in names))
    except (OSError, KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{path.name} cannot be read ({error})",
            accepted="an HDF5 file with images, labels, label_length, label_start_ix and label_end_ix",
            do=_REPAIR,
        ) from None
    if len(shape) != 4 or shape[1] != 3 or kind != np.uint8:
        raise _misfit(path, f"/images is {kind} {shape}", "uint8 (N, 3, height, width)")
    if shape[0] != images:
        raise _misfit(path, f"{shape[0]} pictures, but the JSON beside it lists {images}", "as many of both")
    _require_fit(path, labels, images)
    return labels


def _require_fit(path: Path, labels: _Labels, images: int) -> None:
    every = (labels.indices, labels.lengths, labels.starts, labels.ends)
    if not all(np.issubdtype(part.dtype, np.integer) for part in every):
        raise _misfit(path, "labels that are no whole numbers", "uint32")
    if labels.indices.ndim != 2 or labels.lengths.shape != labels.indices.shape[:1]:
        raise _misfit(
            path, f"/labels {labels.indices.shape}, /label_length {labels.lengths.shape}", "(M, T), (M,)"
        )
    if labels.starts.shape != (images,) or labels.ends.shape != (images,):
        raise _misfit(path, f"/label_start_ix {labels.starts.shape}", f"({images},), one for each picture")
    texts, longest = labels.indices.shape
    starts, ends = labels.starts.astype(np.int64), labels.ends.astype(np.int64)
    if np.any(starts < 1) or np.any(ends > texts) or np.any(starts > ends + 1):
        raise _misfit(path, "captions of a picture outside /labels", f"1 to {texts}, inclusive")
    if np.any(labels.lengths < 0) or np.any(labels.lengths > longest):
        raise _misfit(path, "a caption longer than /labels is wide", f"0 to {longest} words")


def _misfit(path: Path, given: str, accepted: str) -> DataError:
    return DataError(f"{path.name} holds {given}", accepted=accepted, do=_REPAIR)


def _pictures(
    path: Path, records: list[Record], labels: _Labels, vocabulary: Vocabulary
) -> Iterator[PersonImage]:
    texts = [
        vocabulary.decode(row[:length])
        for row, length in zip(labels.indices.tolist(), labels.lengths.tolist(), strict=True)
    ]
    ranges = zip(labels.starts.tolist(), labels.ends.tolist(), strict=True)
    for row, (record, (start, end)) in enumerate(zip(records, ranges, strict=True)):
        yield PersonImage(
            path=path,
            row=row,
            identity=record.whole_number("id"),
            captions=tuple(texts[start - 1 : end]),
            split=record.split(),
            camera=first_folder(record.text("file_path")) if record.has("file_path") else None,
        )
