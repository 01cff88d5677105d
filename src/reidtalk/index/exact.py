"""The store that computes every score: the truth others are tested against, quick up to some ten thousand.

One SQLite file keeps the entries; their vectors and what filters ask are held in memory.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import numpy as np
from jaxtyping import Float32

from reidtalk.errors import IndexingError, WriteError
from reidtalk.files import make_folder
from reidtalk.index.damage import COMPACT, FIND, RESTORE, Checkup, Damage
from reidtalk.index.database import open_database
from reidtalk.index.entries import Entry, Hit
from reidtalk.index.filters import Filter
from reidtalk.index.memory import Memory
from reidtalk.index.rows import (
    Columns,
    Facts,
    checked_queries,
    checked_vectors,
    last_of_each,
    pack,
    row_fault,
    unpack,
    wrong_width,
)

FILE = "entries.sqlite"
NEVER_READ = (-1, -1)
UNUSED_SHARE = 0.2
"""`tidy` gives back room when more than this part of the file is unused."""
BY_ID = "sqlite_autoindex_entries_1"
"""SQLite's name for what finds entries by their id."""
TABLES = """
CREATE TABLE IF NOT EXISTS facts (width INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    id BLOB PRIMARY KEY, vector BLOB NOT NULL, details BLOB NOT NULL, camera INTEGER, source INTEGER,
    start_us INTEGER, last_us INTEGER, day_seconds INTEGER, height_px INTEGER);
"""


class ExactStore:
    """Fulfils `contract.Store` in the file `entries.sqlite` of a folder."""

    def __init__(self, folder: Path, width: int) -> None:
        make_folder(folder)
        self.width, self.path, self.lock = width, folder / FILE, RLock()
        self.memory, self.version = Memory.empty(width), NEVER_READ
        with self.errors():
            self.database = open_database(self.path)
        try:
            kept = self.prepare()
            if kept != width:
                raise wrong_width(str(width), kept)
        except BaseException:
            self.close()
            raise

    def prepare(self) -> int:
        """The tables are there; the result is the width of the vectors they keep."""
        with self.errors():
            self.database.executescript(TABLES)
            if not self.database.execute("SELECT width FROM facts").fetchall():
                with self.database:
                    new = "INSERT INTO facts SELECT ? WHERE NOT EXISTS (SELECT * FROM facts)"
                    self.database.execute(new, [self.width])
            ((kept,),) = self.database.execute("SELECT width FROM facts")
        return int(kept)

    def add(self, entries: Sequence[Entry]) -> None:
        """The entries are kept; one with the id of another takes its place."""
        last = last_of_each(entries)
        vectors = checked_vectors(last, self.width)
        rows = [
            (stored(entry.id), vector.astype("<f4").tobytes(), pack(entry), *Facts.of(entry))
            for entry, vector in zip(last, vectors, strict=True)
        ]
        with self.errors(), self.lock, self.database:
            self.database.executemany(f"REPLACE INTO entries VALUES ({', '.join('?' * 9)})", rows)

    def remove(self, ids: Sequence[str]) -> None:
        """None of the `ids` is kept any more; unknown ones are let be."""
        with self.errors(), self.lock, self.database:
            gone = [(stored(name), damaged(name)) for name in ids]
            self.database.executemany("DELETE FROM entries WHERE id IN (?, ?)", gone)

    def search(
        self, queries: Float32[np.ndarray, "queries features"], most: int, keep: Filter
    ) -> list[list[Hit]]:
        """For each query the `most` nearest entries that pass, best first; of equal ones the lower id."""
        checked_queries(queries, self.width)
        return self.current().search(queries, most, keep)

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """The entries with these ids, in this order; unknown ones are left out."""
        rows: list[tuple[str, bytes, bytes]] = []
        with self.errors(), self.lock:
            for name in ids:
                query = "SELECT vector, details FROM entries WHERE id = ?"
                rows.extend((name, *row) for row in self.database.execute(query, [stored(name)]))
        with self.damages():
            found = [(name, unpack(details, as_vector(vector))) for name, vector, details in rows]
        return [entry for name, entry in found if entry.id == name]  # others are damaged

    def entries(self, at_once: int = 1024) -> Iterator[list[Entry]]:
        """All entries, ordered by id, some at once."""
        ids = self.ids()
        for first in range(0, len(ids), at_once):
            yield self.get(ids[first : first + at_once])

    def ids(self) -> list[str]:
        """All ids in order."""
        with self.errors(), self.lock:
            return [text(name) for (name,) in self.database.execute("SELECT id FROM entries ORDER BY id")]

    def compact(self) -> None:
        """Room that nothing needs is given back; what finds entries by their id is made anew."""
        with self.errors(), self.lock:
            self.database.execute("REINDEX")
            self.database.execute("VACUUM")
            self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def tidy(self) -> None:
        """`compact`, if much of the file is unused."""
        with self.errors(), self.lock:
            ((unused,),) = self.database.execute("PRAGMA freelist_count")
            ((pages,),) = self.database.execute("PRAGMA page_count")
        if unused > UNUSED_SHARE * pages:
            self.compact()

    def check(self) -> Checkup:
        """What is wrong with what is kept; all of it is read."""
        checkup = Checkup()
        blobs = (f"CAST({name} AS BLOB)" for name in ("id", "vector", "details"))  # damage may change types
        names = ", ".join((*blobs, *Facts._fields))
        try:
            with self.errors(), self.lock:
                for (found,) in self.database.execute("PRAGMA integrity_check"):
                    if found != "ok":
                        do = COMPACT if BY_ID in found else RESTORE
                        checkup.damages.append(Damage(what=f"{self.path}: {found}", do=do))
                for stored_name, *row in self.database.execute(f"SELECT {names} FROM entries"):
                    name = text(stored_name or b"")
                    checkup.take(name, self.fault(name, *row))
        except (IndexingError, WriteError) as error:
            checkup.stop(error)
        return checkup

    def fault(self, name: str, vector: bytes | None, details: bytes | None, *facts: int) -> str:
        """What is wrong with a row; empty for nothing."""
        vector, details = vector or b"", details or b""
        if len(vector) != 4 * self.width:
            return f"its vector has {len(vector)} bytes, not {4 * self.width}"
        return row_fault(name, as_vector(vector), details, facts, self.width)

    def close(self) -> None:
        """The file is let go."""
        self.database.close()

    def __len__(self) -> int:
        with self.errors(), self.lock:
            ((count,),) = self.database.execute("SELECT COUNT(*) FROM entries")
        return int(count)

    def current(self) -> Memory:
        """What is to be searched, read again if it changed since, here or in another process."""
        with self.errors(), self.lock:
            ((others,),) = self.database.execute("PRAGMA data_version")
            if self.version != (version := (others, self.database.total_changes)):
                names = ", ".join(("id", "vector", *Facts._fields))
                rows = self.database.execute(f"SELECT {names} FROM entries").fetchall()
                with self.damages():
                    vectors = np.frombuffer(b"".join(row[1] for row in rows), "<f4")
                    columns = Columns.of([row[2:] for row in rows])
                    ids = [text(row[0]) for row in rows]
                    self.memory = Memory(ids, vectors.reshape(len(rows), self.width), columns)
                self.version = version
            return self.memory

    @contextmanager
    def damages(self) -> Iterator[None]:
        """Raises what a user can act on where the block meets values that nobody wrote."""
        try:
            yield
        except (AttributeError, OverflowError, TypeError, ValueError) as error:
            raise IndexingError(f"a damaged entry in {self.path}: {error}", do=FIND) from None

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raises what a user can act on for any error of SQLite in the block."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise WriteError(
                f"cannot use {self.path}: {error}",
                accepted="a place with room where you may write, and no other program writing for long",
                do="make room, or choose another place; what was kept before is untouched",
            ) from None
        except sqlite3.DatabaseError as error:
            raise IndexingError(
                f"cannot read {self.path}: {error}",
                accepted="the file an exact index made",
                do="make the index again",
            ) from None


def stored(name: str) -> bytes:
    """`name` as the file keeps it; names of files may hold what is no Unicode text."""
    return name.encode("utf-8", "surrogatepass")


def text(name: bytes) -> str:
    """The name whose `stored` this is; of damaged ones the bytes in hexadecimal."""
    try:
        return name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return name.hex()


def damaged(name: str) -> bytes:
    """The damaged bytes whose `text` is `name`; if it is that of no such, as `stored`."""
    try:
        shown = bytes.fromhex(name)
    except ValueError:
        return stored(name)
    return shown if text(shown) == name else stored(name)


def as_vector(data: bytes) -> Float32[np.ndarray, " features"]:
    """The vector whose bytes these are."""
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False)


def open_exact(place: str, width: int) -> ExactStore:
    """The store in the folder `place`, made if there is none.

    Raises:
        IndexingError: it keeps vectors of another width, or is damaged.
        WriteError: it cannot be made there.
    """
    return ExactStore(Path(place), width)
