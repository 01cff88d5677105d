"""Your own pictures in a folder, with captions in a JSON, JSONL or CSV file beside them, or without.

A record names a picture (file, file_path, file_name, image or path) and what was written of it (caption,
text, or a list captions); a picture may have several records. Optional: id (who it is), split, camera.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reidtalk.data.images import as_person_images
from reidtalk.data.records import (
    Record,
    as_records,
    by_split,
    parse_json,
    picture_folder,
    read_bytes,
    read_json,
)
from reidtalk.errors import DataError
from reidtalk.types import PersonImage, Splits

FILE = ("file", "file_path", "file_name", "image", "path")
CAPTION = ("caption", "text", "captions")
SUFFIXES = (".json", ".jsonl", ".csv")
_USUAL_NAMES = ("captions", "annotations", "metadata")


@dataclass
class _Entry:
    """What the records say of one picture."""

    record: Record
    captions: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def load(root: Path) -> Splits:
    """The pictures named in the captions file of the folder `root` (or `root` itself, when it is that file).

    Without id each picture is a person of its own; without split it is in test. Without a captions file: all
    pictures below `root`, by name, without captions.

    Raises:
        DataError: no such folder, no picture, several files that may be it, or a record with a fault.
    """
    annotation = _find_annotation(root)
    if annotation is None:
        entries = {str(picture.path): _Entry(Record("", 0, {})) for picture in as_person_images([root])}
        return by_split(_pictures(Path(), entries))
    entries = _by_file(_read(annotation))
    return by_split(_pictures(picture_folder(annotation.parent, list(entries)), entries))


def _find_annotation(root: Path) -> Path | None:
    if root.is_file() and root.suffix.lower() in SUFFIXES:
        return root
    if not root.is_dir():
        raise DataError(
            f"{root} is no folder" if root.exists() else f"no such folder: {root}",
            accepted="a folder of pictures, or a .json, .jsonl or .csv file that names them",
            do="correct the path",
        )
    found = sorted(path for path in root.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    usual = [path for path in found if path.stem.lower() in _USUAL_NAMES]
    if len(found) <= 1 or len(usual) == 1:
        return next(iter(usual or found), None)
    raise DataError(
        f"{len(found)} files in {root} may hold the captions: {', '.join(path.name for path in found[:5])}",
        accepted="one of them named captions.json, captions.jsonl or captions.csv",
        do="rename it so, or give that file instead of the folder",
    )


def _read(path: Path) -> list[Record]:
    if path.suffix.lower() == ".csv":
        return list(_read_csv(path))
    if path.suffix.lower() == ".jsonl":
        return list(_read_lines(path))
    held = read_json(path)
    if isinstance(held, dict) and not any(name in held for name in FILE):  # {"picture.jpg": what was written}
        held = [
            {"file": file, "captions": [text] if isinstance(text, str) else text}
            for file, text in held.items()
        ]
    return as_records(path, held)


def _read_lines(path: Path) -> Iterator[Record]:
    lines = [(number, line) for number, line in enumerate(read_bytes(path).splitlines(), 1) if line.strip()]
    held = [parse_json(line, f"line {number} of {path.name}") for number, line in lines]
    for record, (number, _) in zip(as_records(path, held), lines, strict=True):
        yield Record(path.name, number, record.fields)


def _read_csv(path: Path) -> Iterator[Record]:
    try:
        text = read_bytes(path).decode("utf-8-sig")
        header = text.partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path.name} is no CSV ({error})",
            accepted="CSV in UTF-8 whose first line names the columns",
            do="save it again as CSV UTF-8",
        ) from None
    as_records(path, [row for _, row in rows])
    for line, row in rows:
        fields = {name: value for name, value in row.items() if name and value is not None and value.strip()}
        if None in row:
            raise DataError(
                f"record {line} of {path.name} has more cells than the first line has columns",
                accepted="as many cells as columns",
                do='put captions that hold a comma in "quotes"',
            )
        yield Record(path.name, line, {name.strip().lower(): value for name, value in fields.items()})


def _by_file(records: list[Record]) -> dict[str, _Entry]:
    """What is said of each picture, in the order they are first named."""
    entries: dict[str, _Entry] = {}
    for record in records:
        entry = entries.setdefault(record.text(*FILE), _Entry(record))
        entry.captions += _captions(record)
        for name, value in _facts(record).items():
            if entry.facts.setdefault(name, value) != value:
                raise DataError(
                    f"record {record.number} of {record.file}: {name!r} is {value!r}, but record "
                    f"{entry.record.number} of the same picture says {entry.facts[name]!r}",
                    accepted=f"one {name} for each picture",
                    do="correct one of them",
                )
    return entries


def _captions(record: Record) -> tuple[str, ...]:
    given = next((name for name in CAPTION if name in record.fields), None)
    if given is None:
        return ()
    if isinstance(record.fields[given], list):
        return record.texts(given)
    return (record.text(given),)


def _facts(record: Record) -> dict[str, Any]:
    """Id, split and camera, those that are told."""
    facts: dict[str, Any] = {}
    if record.has("id"):
        facts["id"] = _identity(record)
    if record.has("split"):
        facts["split"] = record.split()
    if record.has("camera"):
        facts["camera"] = record.text("camera")
    return facts


def _identity(record: Record) -> int | str:
    value = record.fields["id"]
    if isinstance(value, str):
        name = record.text("id").strip()
        return int(name) if name.isascii() and name.isdigit() and len(name) < 16 else name
    return record.whole_number("id")


def _pictures(folder: Path, entries: dict[str, _Entry]) -> Iterator[PersonImage]:
    numbers = _numbers([entry.facts.get("id") for entry in entries.values()])
    for (file, entry), number in zip(entries.items(), numbers, strict=True):
        yield PersonImage(
            path=folder / file,
            identity=number,
            captions=tuple(entry.captions),
            split=entry.facts.get("split", "test"),
            camera=entry.facts.get("camera"),
        )


def _numbers(identities: list[int | str | None]) -> list[int]:
    """Numbers as given; names, and each None for itself, get the numbers after the largest."""
    used = {identity: identity for identity in identities if isinstance(identity, int)}
    following = max(used.values(), default=0) + 1
    named: dict[object, int] = dict(used.items())
    numbers = []
    for identity in identities:
        key: object = object() if identity is None else identity
        if key not in named:
            named[key] = following
            following += 1
        numbers.append(named[key])
    return numbers
