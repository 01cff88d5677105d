"""Which sources an index has taken in, and what came of each: an SQLite file, safe from kill -9."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reidtalk.errors import IndexingError, WriteError
from reidtalk.index.database import open_database

NAME = "ledger.sqlite"
_TABLES = """
create table if not exists sources (
    path text primary key, hash text not null, size integer not null, mtime_ns integer not null,
    settings text not null, fault text not null, reached real, length real);
create index if not exists by_hash on sources (hash);
create table if not exists entries (id text primary key, path text not null);
create index if not exists by_path on entries (path);
create table if not exists thumbnails (file text primary key, id text not null, checksum text not null);
create index if not exists by_id on thumbnails (id);
create table if not exists marks (name text primary key);
"""
_UNCLEAN = "writing"
_SINCE_PARTS = ("reached", "length")
"""Columns that ledgers do not have which were begun before videos were taken in in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A source that was taken in."""

    path: str
    hash: str
    """Of its content; empty for a stream."""
    size: int
    """In bytes."""
    mtime_ns: int
    """When it was last changed; with the size a quick sign that it is the same."""
    settings: str
    """How it was indexed, as JSON: with other settings it is indexed anew."""
    fault: str = ""
    """What was wrong with it; empty for nothing."""
    reached_seconds: float | None = None
    """The last second of a video that was not seen to its end; None: nothing of it is missing."""
    length_seconds: float | None = None
    """How long such a video is, as it says; None where unknown."""

    @property
    def finished(self) -> bool:
        """Whether nothing of it is missing."""
        return self.reached_seconds is None

    @property
    def note(self) -> str:
        """How far it was seen, if not to its end, and what was wrong with it; empty for nothing."""
        told = [self.fault] if self.fault else []
        if self.reached_seconds is not None:
            of = f" of {clock(self.length_seconds)}" if self.length_seconds else ""
            told.insert(0, f"seen up to {clock(self.reached_seconds)}{of}")
        return "; ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the ledger knows of an entry."""

    id: str
    thumbnails: dict[str, str]
    """File, relative to the index, to checksum."""


class Ledger:
    """The sources, entries and thumbnails of an index."""

    def __init__(self, folder: Path) -> None:
        """Opens the ledger in `folder`, or begins one.

        Raises:
            IndexingError: it is damaged.
            WriteError: it cannot be opened.
        """
        self.file = folder / NAME
        try:
            self.base = open_database(self.file, isolation_level=None)
            self.base.execute("pragma synchronous = normal")
            self.base.executescript(_TABLES)
            self.knows_parts = self._has_columns()
        except sqlite3.OperationalError as error:
            raise WriteError(f"cannot open {self.file}: {error}", accepted="a place where you may write",
                             do="make room, or mend its permissions") from error  # fmt: skip
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What the block writes is there wholly or not at all.

        Raises:
            WriteError: no room.
        """
        try:
            self.base.execute("begin immediate")
            yield
            self.base.execute("commit")
        except BaseException as error:
            if self.base.in_transaction:
                self.base.execute("rollback")
            if isinstance(error, sqlite3.OperationalError):
                raise WriteError(f"cannot write {self.file}: {error}", accepted="a place with room",
                                 do="make room; what was indexed before is untouched") from error  # fmt: skip
            raise

    def taken(self, path: str) -> Taken | None:
        """What is known of the source; None: it was never taken in."""
        rows = self._rows(f"select path, {self._columns} from sources where path = ?", path)
        return _taken(rows[0]) if rows else None

    def sources(self) -> list[tuple[Taken, int]]:
        """All sources in order of their paths, each with its number of entries."""
        rows = self._rows(
            f"select s.path, {self._columns}, count(e.id) from sources s "
            "left join entries e on e.path = s.path group by s.path order by s.path"
        )
        return [(_taken(row[:-1]), row[-1]) for row in rows]

    def ids(self, path: str) -> list[str]:
        """The entries of a source, in order."""
        return [row[0] for row in self._rows("select id from entries where path = ? order by id", path)]

    def paths(self, ids: Iterable[str]) -> set[str]:
        """The sources of some entries."""
        return {row[0] for one in ids for row in self._rows("select path from entries where id = ?", one)}

    def all_ids(self) -> set[str]:
        """All entries."""
        return {row[0] for row in self._rows("select id from entries")}

    def thumbnails(self, ids: Sequence[str] | None = None) -> list[tuple[str, str, str]]:
        """File, entry and checksum of the thumbnails of some entries (None: of all), in order of files."""
        if ids is None:
            return self._rows("select file, id, checksum from thumbnails order by file")
        asked = "select file, id, checksum from thumbnails where id = ?"
        return sorted(row for one in ids for row in self._rows(asked, one))

    @property
    def _columns(self) -> str:
        """What is asked of a source beside its path; an older ledger, opened to search, answers it too."""
        known = ", ".join(_SINCE_PARTS if self.knows_parts else ["null"] * len(_SINCE_PARTS))
        return f"hash, size, mtime_ns, settings, fault, {known}"

    def _has_columns(self) -> bool:
        """Whether it is a ledger that can tell how far a source was seen."""
        there = {row[1] for row in self.base.execute("pragma table_info(sources)")}
        return there.issuperset(_SINCE_PARTS)

    def _rows(self, question: str, *values: str) -> list[Any]:
        """What the file answers.

        Raises:
            IndexingError: it is damaged, or somebody keeps it locked.
        """
        try:
            rows = self.base.execute(question, [_stored(value) for value in values]).fetchall()
            return [tuple(_read(value) for value in row) for row in rows]
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> IndexingError:
        return IndexingError(f"{self.file} cannot be read: {error}", accepted="what reidtalk index wrote",
                             do="restore a copy, or index into another folder")  # fmt: skip

    def _write(self, statement: str, *values: str | float | None) -> None:
        self.base.execute(statement, [_stored(value) for value in values])

    def put(self, taken: Taken, kept: Iterable[Kept]) -> None:
        """The source was taken in with these entries, and no others; call it within `whole`."""
        self.drop(taken.path)
        self._write(
            "insert into sources (path, hash, size, mtime_ns, settings, fault, reached, length) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            taken.path,
            *_values(taken),
        )
        self.extend(taken.path, kept)

    def renew(self, taken: Taken) -> None:
        """What is known of a source is known anew, its entries stay; call it within `whole`."""
        self._write(
            "update sources set hash = ?, size = ?, mtime_ns = ?, settings = ?, fault = ?, reached = ?, "
            "length = ? where path = ?",
            *_values(taken),
            taken.path,
        )

    def extend(self, path: str, kept: Iterable[Kept]) -> None:
        """The source has these entries, too; call it within `whole`."""
        for entry in kept:
            self._write("insert or replace into entries values (?, ?)", entry.id, path)
            for file, checksum in entry.thumbnails.items():
                self._write("insert or replace into thumbnails values (?, ?, ?)", file, entry.id, checksum)

    def drop(self, path: str) -> None:
        """Source and entries are forgotten; call it within `whole`."""
        self._write("delete from thumbnails where id in (select id from entries where path = ?)", path)
        self._write("delete from entries where path = ?", path)
        self._write("delete from sources where path = ?", path)

    @property
    def unclean(self) -> bool:
        """Whether somebody who wrote did not come to an end."""
        return bool(self._rows("select 1 from marks where name = ?", _UNCLEAN))

    def begin(self) -> None:
        """Somebody writes; an older ledger gets what it lacks."""
        with self.whole():
            if not self._has_columns():
                for column in _SINCE_PARTS:
                    self.base.execute(f"alter table sources add column {column} real")
            self.base.execute("insert or ignore into marks values (?)", (_UNCLEAN,))
        self.knows_parts = True

    def end(self) -> None:
        """Whoever wrote has come to an end."""
        with self.whole():
            self.base.execute("delete from marks where name = ?", (_UNCLEAN,))

    def close(self) -> None:
        """The file is let go."""
        self.base.close()


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, as 01:23:20."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _stored(value: Any) -> Any:
    """`value` as SQLite takes it: text that is no Unicode, as names of files may be, as its bytes."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value


def _read(value: Any) -> Any:
    """The value whose `_stored` this is."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def _values(taken: Taken) -> tuple[str | int | float | None, ...]:
    """All that is known of a source but its path."""
    return (
        taken.hash, taken.size, taken.mtime_ns, taken.settings, taken.fault, taken.reached_seconds,
        taken.length_seconds,
    )  # fmt: skip


def _taken(row: Sequence[Any]) -> Taken:
    path, digest, size, mtime_ns, settings, fault, reached, length = row
    return Taken(
        path=path, hash=digest, size=size, mtime_ns=mtime_ns, settings=settings, fault=fault,
        reached_seconds=reached, length_seconds=length,
    )  # fmt: skip
