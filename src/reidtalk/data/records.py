"""Annotation files: what stands in them is checked field by field, and a fault is told with its record."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reidtalk.errors import DataError
from reidtalk.types import SPLITS, PersonImage, Splits

_PICTURE_FOLDERS = ("imgs", "images", "")
_NO_CAMERAS = ("img", "imgs", "images")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of an annotation file; its fields are read with their type checked.

    Each reader takes the first of `names` that is there, and raises `DataError` naming record and field.
    """

    file: str
    number: int
    """Counted from 1; in a CSV or JSONL file the line."""
    fields: dict[str, Any]

    def has(self, *names: str) -> bool:
        """Whether one of `names` is there."""
        return any(name in self.fields for name in names)

    def text(self, *names: str) -> str:
        """A string with something in it."""
        value = self.first(*names)
        if not isinstance(value, str) or not value.strip() or not _is_text(value):
            raise self.wrong(names, value, "text, not empty")
        return value

    def texts(self, *names: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.first(*names)
        if not isinstance(value, list) or not all(isinstance(text, str) and _is_text(text) for text in value):
            raise self.wrong(names, value, "a list of texts")
        return tuple(value)

    def whole_number(self, *names: str) -> int:
        """An integer that a float could hold too."""
        value = self.first(*names)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**53:
            raise self.wrong(names, value, "a whole number")
        return value

    def split(self) -> str:
        """One of `SPLITS`."""
        value = self.first("split")
        if value not in SPLITS:
            raise self.wrong(("split",), value, "train, val or test")
        return str(value)

    def first(self, *names: str) -> Any:
        """The value of the first of `names` that is there."""
        for name in names:
            value = self.fields.get(name, _MISSING)
            if value is not _MISSING:
                return value
        raise DataError(
            f"record {self.number} of {self.file} has no {names[0]!r}",
            accepted=f"records with {' or '.join(map(repr, names))}",
            do="add it, or see that this is the right file",
        )

    def wrong(self, names: Sequence[str], value: Any, accepted: str) -> DataError:
        """The error for a field that holds `value`."""
        name = next((name for name in names if name in self.fields), names[0])
        shown = ascii(value) if len(ascii(value)) <= 60 else ascii(value)[:57] + "..."
        return DataError(
            f"record {self.number} of {self.file}: {name!r} is {shown}",
            accepted=accepted,
            do="correct the record",
        )


def load_annotation(
    root: Path, names: Sequence[str], file_field: str, camera: Callable[[str], str | None]
) -> Splits:
    """The pictures of the first of the annotation files `names` that lies in `root`, in its order.

    A record holds split, id, captions and, under `file_field`, the picture's path; `camera` reads it.

    Raises:
        DataError: no such folder or file, not JSON, or a record with a missing or wrong field.
    """
    records = read_records(find_file(root, names))
    files = [record.text(file_field) for record in records]
    folder = picture_folder(root, files)
    pictures = (
        PersonImage(
            path=folder / file,
            identity=record.whole_number("id"),
            captions=record.texts("captions"),
            split=record.split(),
            camera=camera(file),
        )
        for record, file in zip(records, files, strict=True)
    )
    return by_split(pictures)


def by_split(pictures: Iterable[PersonImage]) -> Splits:
    """`pictures` sorted into their splits, in the order given."""
    splits = Splits()
    places = {"train": splits.train, "val": splits.val, "test": splits.test}
    for picture in pictures:
        places[picture.split].append(picture)
    return splits


def first_folder(file: str) -> str | None:
    """The camera, where pictures lie in a folder for each camera."""
    folder, inside, _ = file.replace("\\", "/").partition("/")
    return folder if inside and folder not in _NO_CAMERAS else None


def find_file(root: Path, names: Sequence[str]) -> Path:
    """The first of `names` that lies in `root`.

    Raises:
        DataError: none does, or `root` is no folder.
    """
    require_folder(root, names)
    for name in names:
        if (root / name).is_file():
            return root / name
    raise DataError(
        f"no annotation in {root}",
        accepted=f"a folder that holds {' or '.join(names)}",
        do="unpack the data set there, or correct the path",
    )


def require_folder(root: Path, names: Sequence[str]) -> None:
    """Raises `DataError` unless `root` is a folder."""
    if not root.is_dir():
        raise DataError(
            f"{root} is no folder" if root.exists() else f"no such folder: {root}",
            accepted=f"the folder that holds {' or '.join(names)}",
            do="correct the path",
        )


def picture_folder(root: Path, files: Sequence[str]) -> Path:
    """Where most of `files` lie: `root`/imgs, `root`/images or `root`; some fifty files are looked for."""
    sample = files[:: max(1, len(files) // 50)]

    def how_well(folder: Path) -> tuple[int, bool]:
        there = sum(os.path.exists(folder / file) for file in sample)  # noqa: PTH110 - False for any bad name
        return there, folder.is_dir()

    return max((root / name for name in _PICTURE_FOLDERS), key=how_well)


def read_records(path: Path) -> list[Record]:
    """The records of a JSON file that is a list of objects.

    Raises:
        DataError: `path` cannot be read, is not JSON, or is no such list.
    """
    return as_records(path, read_json(path))


def as_records(path: Path, entries: Any) -> list[Record]:
    """The `entries` of the file `path`, numbered from 1.

    Raises:
        DataError: `entries` is no list of objects, or empty.
    """
    if not isinstance(entries, list) or not entries:
        raise DataError(
            f"{path.name} holds {'an empty list' if entries == [] else kind_of(entries)}",
            accepted="a list of records, one for each picture",
            do="see that this is the right file",
        )
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise DataError(
                f"record {number} of {path.name} is {kind_of(entry)}",
                accepted="an object with named fields",
                do="correct the record",
            )
    return [Record(path.name, number, entry) for number, entry in enumerate(entries, start=1)]


def read_json(path: Path) -> Any:
    """What the JSON file `path` holds.

    Raises:
        DataError: it cannot be read, or is not JSON.
    """
    return parse_json(read_bytes(path), path.name)


def parse_json(data: bytes | str, where: str) -> Any:
    """What the JSON text `data` holds.

    Raises:
        DataError: it is not JSON; `where` and the place in it are told.
    """
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        fault = f"{error.msg}, line {error.lineno}, column {error.colno}"
    except RecursionError:
        fault = "nested too deeply"
    except ValueError as error:  # not UTF-8, or a number of thousands of digits
        fault = str(error)
    raise DataError(
        f"{where} is not JSON ({fault})",
        accepted="JSON in UTF-8",
        do="correct that place, or copy or download the file again",
    )


def read_bytes(path: Path) -> bytes:
    """All of the file `path`.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}",
            accepted="a file that may be read",
            do="correct the path or the permissions",
        ) from None


def kind_of(value: Any) -> str:
    """What kind of JSON `value` is, in words."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    names = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return names[type(value)]


def _is_text(value: str) -> bool:
    """Whether `value` can be written to a file or screen: JSON can smuggle halves of characters in."""
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
