"""The store in a folder: a LanceDB table keeps the entries, and files derived from it make searching fast."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import RLock
from time import time_ns
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float32

from reidtalk.errors import IndexingError, WriteError
from reidtalk.files import make_folder, write_whole
from reidtalk.index.comparison import Comparison
from reidtalk.index.damage import COMPACT, Checkup, Damage
from reidtalk.index.entries import Entry, Hit
from reidtalk.index.filters import Filter
from reidtalk.index.lance_rows import arrow_rows, column, entries_of, memory_of, names_of, one_of, schema
from reidtalk.index.memory import Memory, best_hits
from reidtalk.index.rows import (
    Facts,
    checked_queries,
    checked_vectors,
    last_of_each,
    row_fault,
    unpack,
    wrong_width,
)
from reidtalk.index.scan import (
    CODED_FROM,
    POINTER,
    Rows,
    Scan,
    checksum_of,
    extend_scan,
    open_scan,
    scanned_rows,
    write_scan,
)

if TYPE_CHECKING:
    import pyarrow

TABLE = "entries"
WIDTH = "width.txt"
"""Features of a vector: read without LanceDB, whose import takes seconds."""
AT_ONCE = 4096
"""Ids asked for, and rows read, at a time."""
VERSIONS_KEPT = 256
"""After so many writes the table is compacted by itself: each leaves files of its own."""
INDEX_CACHE_BYTES, METADATA_CACHE_BYTES = 64 << 20, 8 << 20
"""What LanceDB may remember; by default it remembers every version, for as long as a camera is watched."""
FEW_VERSIONS = 64
"""`tidy` compacts the table when there are more."""
NEWER_MOST, NEWER_SHARE = 20_000, 10
"""The scan is rebuilt by itself when it lacks more rows than these, and than this part of those it has."""
SOURCE_LINE = re.compile(r",? \S+\.rs:\d+:\d+")
"""Where LanceDB was when it found an error."""
AT_LAST = timedelta(milliseconds=1)
"""How long an old version of the table is kept when it is compacted."""


class LanceStore:
    """Fulfils `contract.Store` in a folder; one process at a time may write, any number may read."""

    def __init__(self, folder: Path, width: int) -> None:
        self.folder, self.width, self.lock = folder, width, RLock()
        self.table_or_none: Any = None
        self.seen: frozenset[str] | None = None
        self.newest: Scan | None = None
        self.scan: Scan | None = None
        """The one that is searched, as of the versions `seen`."""
        self.alive: Bool[np.ndarray, " rows"] | None = None
        self.memory, self.serials, self.last_serial = Memory.empty(width), np.empty(0, np.int64), 0
        self.last_given = 0
        self.grown = False
        """Whether so much was added that the table is to be compacted."""
        self.scanned = scanned_rows(folder)
        if (kept := self.kept_width()) != width:
            raise wrong_width(str(width), kept)

    @property
    def table(self) -> Any:
        """The LanceDB table, made if there is none; opened when it is first needed.

        Raises:
            IndexingError: it cannot be read.
            WriteError: it cannot be made.
        """
        with self.lock:
            if self.table_or_none is None:
                import lancedb

                make_folder(self.folder)
                with self.errors():
                    session = lancedb.Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES)
                    database = lancedb.connect(
                        self.folder, read_consistency_interval=timedelta(0), session=session
                    )
                    if self.versions():
                        table = database.open_table(TABLE)
                    else:
                        table = database.create_table(TABLE, schema=schema(self.width), exist_ok=True)
                self.table_or_none = table
            return self.table_or_none

    def kept_width(self) -> int:
        """Features of the vectors kept here; the table is made if there is none."""
        file = self.folder / WIDTH
        if not file.exists():
            with self.errors():
                write_whole(file, str(self.table_width()))
        with self.errors():
            return int(file.read_text())

    def table_width(self) -> int:
        """Features of the vectors in the table."""
        return int(self.table.schema.field("vector").type.list_size)

    def add(self, entries: Sequence[Entry]) -> None:
        """The entries are kept; one with the id of another takes its place."""
        entries = last_of_each(entries)
        vectors = checked_vectors(entries, self.width)
        if not entries:
            return
        with self.lock, self.errors():
            table, rows = self.table, arrow_rows(entries, vectors, self.next_serial(len(entries)))
            merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(rows)
            if len(self.versions()) > VERSIONS_KEPT:
                self.compact()
            elif self.count() - self.scanned > max(NEWER_MOST, self.scanned // NEWER_SHARE):
                self.rebuild()
                self.grown = True

    def remove(self, ids: Sequence[str]) -> None:
        """None of the `ids` is kept any more; unknown ones are let be."""
        if ids:
            everything = len(ids) >= len(self) and set(ids) >= set(self.ids())
            with self.lock, self.errors():
                self.table.delete("true" if everything else one_of(ids))

    def search(
        self, queries: Float32[np.ndarray, "queries features"], most: int, keep: Filter
    ) -> list[list[Hit]]:
        """For each query the `most` nearest entries that pass, best first; of equal ones the lower id."""
        checked_queries(queries, self.width)
        with self.lock:
            self.refresh()
            memory, scan, alive = self.memory, self.scan, self.alive
        found = memory.search(queries, most, keep)
        if scan is None:
            return found
        others = scan.search(queries, most, keep, alive)
        return [best_hits(one + other, most) for one, other in zip(found, others, strict=True)]

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """The entries with these ids, in this order; unknown ones are left out."""
        scan = self.whole_scan()
        if scan and scan.details:
            rows = [scan.places[name] for name in ids if name in scan.places]
            entries = [unpack(scan.details[row], scan.vectors[row].copy()) for row in rows]
            return [entry for entry, row in zip(entries, rows, strict=True) if entry.id == scan.ids[row]]
        found: dict[str, Entry] = {}
        for first in range(0, len(ids), AT_ONCE):
            where = one_of(ids[first : first + AT_ONCE])
            for part in self.read_all(["id", "vector", "details"], where):
                found.update((entry.id, entry) for entry in entries_of(part))
        return [found[name] for name in ids if name in found]

    def entries(self, at_once: int = 1024) -> Iterator[list[Entry]]:
        """All entries, ordered by id, some at once."""
        ids = self.ids()
        for first in range(0, len(ids), at_once):
            yield self.get(ids[first : first + at_once])

    def ids(self) -> list[str]:
        """All ids in order."""
        if scan := self.whole_scan():
            return sorted(scan.ids)
        return sorted(name for rows in self.read_all(["id"]) for name in names_of(rows))

    def compact(self) -> None:
        """Room that nothing needs is given back, and what makes searching fast is rebuilt."""
        from lancedb.index import BTree

        with self.lock, self.errors():
            if len(self):
                self.table.create_index("id", config=BTree(), replace=True)
            self.table.optimize(cleanup_older_than=AT_LAST)
            self.rebuild()
            self.grown = False

    def tidy(self) -> None:
        """`compact`, if that pays; else what makes searching fast holds what is newer, too."""
        with self.lock, self.errors():
            many = self.grown or len(self.versions()) > FEW_VERSIONS or not list(self.table.list_indices())
            if many or not self.extended():
                self.compact()

    def extended(self) -> bool:
        """Whether the scan holds all that the table keeps, now, and only had to be added to."""
        versions, scan = self.versions(), open_scan(self.folder)
        if scan is None or scan.versions == versions:
            return scan is not None
        newer = self.scan_rows(bool(scan.details), f"serial > {scan.serials.max(initial=0)}")
        parts = list(newer)
        rows = len(scan) + sum(len(part.serials) for part in parts)
        if rows != self.count() or not extend_scan(self.folder, scan, parts, versions):
            return False
        self.scanned = rows
        return True

    def check(self) -> Checkup:
        """What is wrong with what is kept; the table itself is read, and the scan compared with it."""
        versions, checkup = self.versions(), Checkup()
        scan = open_scan(self.folder)
        comparison = Comparison(scan) if scan else None
        try:
            if (kept := self.table_width()) != self.width:
                raise wrong_width(str(kept), self.width)
            with self.errors():
                for rows in self.scan_rows(details=True):
                    damaged = check_rows(rows, self.width, checkup)
                    if comparison:
                        comparison.take(rows, damaged)
        except (IndexingError, WriteError) as error:
            if self.versions() != versions:  # a writer compacted it meanwhile
                return self.check()
            checkup.stop(error)
        for fault in self.scan_faults(comparison, checkup.complete):
            checkup.damages.append(Damage(what=fault, do=COMPACT))
        return checkup

    def scan_faults(self, comparison: Comparison | None, complete: bool) -> Iterator[str]:
        """What is wrong with the scan, which was compared with the rows; `complete`: with all of them."""
        if comparison is None:
            there = (self.folder / POINTER).exists() or any(self.folder.glob("scan-*/facts.json"))
            if there and open_scan(self.folder) is None:  # else a writer has just finished the first
                yield f"what makes searching {self.folder} fast is missing or cannot be read"
            return
        scan = comparison.scan
        for name, (size, checksum) in scan.files.items():
            try:
                changed = checksum_of(scan.folder / name, 0, size) != checksum
            except FileNotFoundError:  # a writer has just put a newer scan in its place
                return
            except OSError:
                changed = True
            if changed:
                yield f"{scan.folder / name} has changed, by which searching is fast"
        if fault := comparison.fault(complete and scan.versions == self.versions()):
            yield f"{scan.folder}, by which searching is fast: {fault}"

    def close(self) -> None:
        """Files are let go."""
        self.table_or_none = None
        self.memory = Memory.empty(self.width)

    def __len__(self) -> int:
        if scan := self.whole_scan():
            return len(scan)
        return self.count()

    def count(self) -> int:
        """How many rows the table has."""
        with self.errors():
            return int(self.table.count_rows())

    def versions(self) -> frozenset[str]:
        """The names of the table's manifests: they change with every write."""
        folder = self.folder / f"{TABLE}.lance" / "_versions"
        return frozenset(path.name for path in folder.glob("*.manifest"))

    def refresh(self) -> None:
        """What is searched is what the table keeps: the scan, less what is gone, and memory for the rest."""
        versions = self.versions()
        if versions == self.seen:
            return
        scan = self.newest = open_scan(self.folder, self.newest)
        whole = scan is not None and scan.versions == versions
        if whole or scan is not self.scan:
            self.scan, self.alive = scan, None
            self.memory, self.serials = Memory.empty(self.width), np.empty(0, np.int64)
            self.last_serial = int(scan.serials.max(initial=0)) if scan else 0
        if not whole:
            self.read_newer()
        self.seen = versions

    def read_newer(self) -> None:
        """Memory holds the rows that the scan lacks, and `alive` says which of the scan's are still kept."""
        count = self.count()
        newer = self.read_all(["serial", "id", "vector", *Facts._fields], f"serial > {self.last_serial}")
        serials = [self.serials, *(column(rows, "serial") for rows in newer)]
        self.memory = Memory.joined([self.memory, *map(memory_of, newer)])
        self.serials = np.concatenate(serials)
        self.last_serial = int(self.serials.max(initial=self.last_serial))
        scanned = 0 if self.scan is None else len(self.scan)
        if self.alive is not None:
            scanned = int(np.count_nonzero(self.alive))
        if count != scanned + len(self.serials):
            self.forget_removed()

    def forget_removed(self) -> None:
        """What the table keeps no more is not found any more."""
        none = np.empty(0, np.int64)
        kept = np.concatenate([none, *(column(rows, "serial") for rows in self.read_all(["serial"]))])
        left = np.isin(self.serials, kept)
        self.memory, self.serials = self.memory.only(left), self.serials[left]
        self.alive = None if self.scan is None else np.isin(self.scan.serials, kept)

    def rebuild(self) -> None:
        """The scan's files hold all that the table keeps; the details too, if it keeps few."""
        versions, count = self.versions(), self.count()
        rows = self.scan_rows(details=count < CODED_FROM)
        self.scanned = write_scan(self.folder, self.width, count, rows, versions)

    def scan_rows(self, details: bool, where: str | None = None) -> Iterator[Rows]:
        """The rows of the table, or those `where` holds, some at once, with `details` or without."""
        columns = ["serial", "id", "vector", *Facts._fields, *(["details"] if details else [])]
        for part in self.read(columns, where):
            yield Rows(
                column(part, "serial"), memory_of(part), part["details"].to_pylist() if details else ()
            )

    def whole_scan(self) -> Scan | None:
        """The scan, if it holds just what is kept: asking it is quicker than importing LanceDB."""
        with self.lock:
            self.newest = open_scan(self.folder, self.newest)
            return self.newest if self.newest and self.newest.versions == self.versions() else None

    def next_serial(self, count: int) -> int:
        """The first of `count` numbers, higher than any that a row ever had."""
        if not self.last_given:
            kept = [int(column(rows, "serial").max(initial=0)) for rows in self.read(["serial"])]
            self.last_given = max([self.last_serial, *kept])
        first = max(time_ns(), self.last_given + 1)
        self.last_given = first + count - 1
        return first

    def read(self, columns: Sequence[str], where: str | None = None) -> Iterator["pyarrow.RecordBatch"]:
        """The `columns` of all rows, or of those `where` holds, some at once."""
        with self.errors():
            query = self.table.search().select(list(columns))
            yield from (query.where(where) if where else query).to_batches(AT_ONCE)

    def read_all(self, columns: Sequence[str], where: str | None = None) -> list["pyarrow.RecordBatch"]:
        """As `read`, all at once; again, if a writer compacts the table meanwhile."""
        try:
            return list(self.read(columns, where))
        except (IndexingError, WriteError):
            return list(self.read(columns, where))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raises what a user can act on for any error of LanceDB in the block."""
        try:
            yield
        except OSError as error:
            raise WriteError(
                f"cannot use {self.folder}: {error}",
                accepted="a place with room where you may read and write",
                do="make room, or choose another place; what was kept before is untouched",
            ) from None
        except (RuntimeError, ValueError) as error:
            raise self.unreadable(SOURCE_LINE.sub("", str(error))) from None
        except Exception as error:
            if type(error).__name__ != "RustPanic":  # LanceDB stumbles so over some damaged files
                raise
            raise self.unreadable("a file is damaged") from None

    def unreadable(self, why: str) -> IndexingError:
        """What to raise where LanceDB does not get on."""
        return IndexingError(f"cannot read {self.folder}: {why}", accepted="the folder a lance index made",
                             do="make the index again")  # fmt: skip


def open_lance(place: str, width: int) -> LanceStore:
    """The store in the folder `place`, made if there is none.

    Raises:
        IndexingError: it keeps vectors of another width, or is damaged.
        WriteError: it cannot be made there.
    """
    return LanceStore(Path(place), width)


def check_rows(rows: Rows, width: int, checkup: Checkup) -> set[str]:
    """`checkup` has what is wrong with these rows; the result is which of them are damaged."""
    columns, before = np.array(rows.memory.columns).T.tolist(), len(checkup.damages)
    for name, vector, details, facts in zip(
        rows.memory.ids, rows.memory.vectors, rows.details, columns, strict=True
    ):
        checkup.take(name, row_fault(name, vector, details, facts, width))
    return {damage.id for damage in checkup.damages[before:]}
