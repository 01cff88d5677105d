"""Camera and start time of a source: from flags, a table beside the files, their names, or what they hold."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from PIL import ExifTags

from reidtalk.errors import ConfigError, SourceError

TABLE_NAME = "cameras.csv"
COLUMNS = ("file", "camera", "start", "zone")
_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"\d{2}",
    "d": r"\d{2}",
    "j": r"\d{3}",
    "H": r"\d{2}",
    "I": r"\d{2}",
    "p": r"[AaPp][Mm]",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "f": r"\d{1,6}",
    "z": r"(?:Z|[+-]\d{2}:?\d{2})",
    "%": "%",
}
_EXIF_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
_EXIF_FRACTION = re.compile(r"(\d+)", re.ASCII)
_EXIF_OFFSET = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII)
_FIRST_PHOTOGRAPH = 1826
"""A time before this year is none, nor one in the last year there is: in another zone it may be past it."""
_FIELD = re.compile(r"\{([^{}]*)\}")
_PATTERN_ACCEPTED = "words such as {camera}, {start:%Y%m%d-%H%M%S} and {any} with the text between them"
_ZONE_ACCEPTED = "a name such as Europe/Berlin, or an offset such as +01:00"
_START_ACCEPTED = "2026-11-24T08:00:00 or 2026-11-24T08:00:00+01:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is known of one source."""

    camera: str = ""
    start: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a table says of one file, or of all below one folder."""

    camera: str = ""
    start: str = ""
    zone: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a `cameras.csv` by file, relative to the folder it lies in."""

    folder: Path = Path()
    rows: Mapping[str, Row] = field(default_factory=dict)

    def row(self, path: str) -> Row | None:
        """The row of this file or address; else that of the nearest folder around it that has one."""
        if path in self.rows:
            return self.rows[path]
        try:
            inside = PurePath(path).relative_to(self.folder)
        except ValueError:
            return None
        names = [inside.as_posix(), *(folder.as_posix() for folder in inside.parents)]
        return next((self.rows[name] for name in names if name in self.rows), None)


def parse_start(text: str, zone: str = "", where: str = "--start") -> datetime:
    """The moment in `text`, with its own offset, else in `zone`, else in UTC.

    Raises:
        ConfigError: no such moment or zone; `where` says where it was written.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"{where} {text!r} is no time", accepted=_START_ACCEPTED, do="correct it") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=parse_zone(zone, where))


def parse_zone(text: str, where: str = "--zone") -> tzinfo:
    """The time zone of an IANA name or an offset; UTC for an empty text.

    Raises:
        ConfigError: there is no such zone; `where` says where it was written.
    """
    name = text.strip()
    if name in ("", "Z", "UTC"):
        return UTC
    try:
        offset = datetime.fromisoformat(f"2000-01-01T00:00{name}").tzinfo if name[0] in "+-" else None
        return offset or ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # an unknown zone is a KeyError, a folder's name an OSError
        raise ConfigError(
            f"{where}: no time zone {text!r}", accepted=_ZONE_ACCEPTED, do="correct it"
        ) from None


def moment_at(start: datetime, seconds: float) -> datetime:
    """So long after `start`, in its zone; right also where summer time begins or ends between."""
    return (start.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(start.tzinfo)


def exif_moment(exif: Mapping[int, object], zone: str = "") -> datetime | None:
    """When a photograph was taken, by its EXIF; a time without an offset is in `zone`.

    None where that tells no time: a camera whose clock was never set writes 0000:00:00 00:00:00.
    """
    tags = ExifTags.Base
    taken = (tags.DateTimeOriginal, tags.SubsecTimeOriginal, tags.OffsetTimeOriginal)
    changed = (tags.DateTime, tags.SubsecTime, tags.OffsetTime)
    moments = (
        _exif_time(exif.get(moment), exif.get(fraction), exif.get(offset), zone)
        for moment, fraction, offset in (taken, changed)
    )
    return next((moment for moment in moments if moment), None)


def _exif_time(moment: object, fraction: object, offset: object, zone: str) -> datetime | None:
    """The time in three texts of EXIF, which may hold anything."""
    told = _EXIF_TIME.fullmatch(_exif_text(moment))
    digits, apart = _EXIF_FRACTION.fullmatch(_exif_text(fraction)), _EXIF_OFFSET.fullmatch(_exif_text(offset))
    if told is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, told.groups())
        there = parse_zone(apart[0] if apart else zone)
        microsecond = int(digits[1].ljust(6, "0")[:6]) if digits else 0
        time = datetime(year, month, day, hour, minute, second, microsecond, there)
        return time if _FIRST_PHOTOGRAPH <= time.astimezone(UTC).year < MAXYEAR else None
    except (ValueError, OverflowError):  # a 13th month: it only looked like a time
        return None


def _exif_text(value: object) -> str:
    return value.strip(" \0") if isinstance(value, str) else ""


def read_table(path: Path) -> Table:
    """The table in `path`: columns `file` and any of camera, start and zone, named by the first line.

    `file` is a file or a folder, relative to the table, or the address of a stream.

    Raises:
        SourceError: the table cannot be read, or a line has a fault: names the line.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    rows: dict[str, Row] = {}
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _require_columns(path, header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            name, row = _row(path, reader.line_num, header, cells)
            if name in rows:
                raise _fault(
                    path, row.line, f"{name} is in line {rows[name].line} already", "leave one of them"
                )
            rows[name] = row
    except csv.Error as error:
        raise _fault(path, reader.line_num, f"no CSV ({error})", "save it again as CSV UTF-8") from None
    return Table(path.parent, rows)


def name_pattern(pattern: str) -> "NamePattern":
    """The reader of names such as `{camera}_{start:%Y%m%d-%H%M%S}`.

    It reads a file's name without its ending; with slashes, as many folders above as there are slashes.
    `{any}` stands for whatever is there. Several `{start:...}` make one time, as in
    `{start:%Y-%m-%d}/{start:%H%M}`.

    Raises:
        ConfigError: another word in braces, or a time that cannot be read back.
    """
    pieces = _FIELD.split(pattern)  # text and words in turns
    texts, words = pieces[::2], pieces[1::2]
    formats = [word.removeprefix("start:") for word in words if word.startswith("start:")]
    if not formats and "camera" not in words:
        raise _bad_pattern(pattern, "names neither camera nor start")
    expression = _literal(pattern, texts[0])
    for number, (word, text) in enumerate(zip(words, texts[1:], strict=True)):
        expression += _field(pattern, words[:number], word) + _literal(pattern, text)
    return NamePattern(re.compile(expression), tuple(formats), pattern.count("/"))


@dataclass(frozen=True, slots=True)
class NamePattern:
    """Reads camera and start from a file's name."""

    expression: re.Pattern[str]
    formats: tuple[str, ...]
    folders: int

    def read(self, path: str, zone: str = "") -> Label:
        """What the name says; an empty label where it does not fit. A time without offset is in `zone`."""
        pure = PurePath(path)
        folders = pure.parts[:-1][-self.folders :] if self.folders else ()
        found = self.expression.fullmatch("/".join((*folders, pure.stem)))
        if found is None:
            return Label()
        groups = found.groupdict()
        start = None
        if self.formats:
            told = " ".join(groups[f"start{number}"] for number in range(len(self.formats)))
            try:
                start = datetime.strptime(told, " ".join(self.formats))
            except ValueError:  # a 13th month: it only looked like a time
                return Label()
            start = start if start.tzinfo else start.replace(tzinfo=parse_zone(zone))
        return Label(camera=groups.get("camera") or "", start=start)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SourceError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}",
            accepted=f"CSV in UTF-8 whose first line names the columns {', '.join(COLUMNS)}",
            do="correct the path, or save it again as CSV UTF-8",
        ) from None


def _require_columns(path: Path, header: list[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if "file" not in header or unknown or len(set(header)) < len(header):
        told = f"columns {', '.join(header) or '(none)'}"
        raise _fault(path, 1, told, f"name them file, and any of {', '.join(COLUMNS[1:])}, in the first line")


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> tuple[str, Row]:
    if len(cells) > len(header):
        raise _fault(path, line, "more cells than columns", 'put names that hold a comma in "quotes"')
    told = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    name = told.pop("file", "")
    if not name:
        raise _fault(path, line, "no file", "name the file, its folder, or the stream's address")
    row = Row(line=line, **told)
    where = f"line {line} of {path}"
    try:
        parse_zone(row.zone, where)
        if row.start:
            parse_start(row.start, row.zone, where)
    except ConfigError as error:
        raise SourceError(error.given, accepted=error.accepted, do=error.do) from None
    if "://" in name:
        return name, row
    if not (path.parent / name).exists():
        raise _fault(path, line, f"there is no {name}", f"name it relative to {path.parent}")
    return _relative(path, name), row


def _relative(path: Path, name: str) -> str:
    pure = PurePath(name)
    if pure.is_absolute() and pure.is_relative_to(path.parent):
        pure = pure.relative_to(path.parent)
    return pure.as_posix()


def _fault(path: Path, line: int, what: str, do: str) -> SourceError:
    return SourceError(f"line {line} of {path}: {what}", accepted=f"columns {', '.join(COLUMNS)}", do=do)


def _literal(pattern: str, text: str) -> str:
    if "{" in text or "}" in text:
        raise _bad_pattern(pattern, "has a brace without its partner")
    return re.escape(text)


def _field(pattern: str, before: list[str], word: str) -> str:
    """The expression of one word in braces, given those before it."""
    if word == "camera":
        return "(?P=camera)" if word in before else "(?P<camera>[^/]+?)"
    if word == "any":
        return "[^/]*?"
    if word.startswith("start:") and word != "start:":
        number = sum(other.startswith("start:") for other in before)
        return f"(?P<start{number}>{_time_expression(pattern, word.removeprefix('start:'))})"
    raise _bad_pattern(pattern, f"has {{{word}}}")


def _time_expression(pattern: str, text: str) -> str:
    parts: list[str] = []
    pieces = re.split(r"%(.)?", text)
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            parts.append(re.escape(piece or ""))
        elif piece in _DIRECTIVES:
            parts.append(_DIRECTIVES[piece])
        else:
            known = " ".join(f"%{letter}" for letter in _DIRECTIVES)
            raise _bad_pattern(pattern, f"has %{piece or ''}; known are {known}")
    return "".join(parts)


def _bad_pattern(pattern: str, why: str) -> ConfigError:
    return ConfigError(f"name pattern {pattern!r} {why}", accepted=_PATTERN_ACCEPTED, do="correct it")
