"""Files derived from a store's rows that make searching a million fast: a quick look, then exact scores.

The quick look compares each row by a few numbers of a byte each: the directions along which the rows differ
most (principal components). The best some hundreds are then compared in full. A filter is a mask within the
quick look, so that it sees the best of what passes, however few pass.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from time import time_ns
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Float32, Int, Int64, UInt8

from reidtalk.files import make_folder, write_errors, write_whole
from reidtalk.index.entries import Hit
from reidtalk.index.filters import Filter
from reidtalk.index.memory import Memory, at_least, ranked
from reidtalk.index.rows import Columns

POINTER = "scan.json"
"""Says which folder holds the files; replaced when they are whole."""
CODED_FROM = 20_000
"""With fewer rows, comparing each in full is quicker than a quick look first."""
GROWN_SHARE = 0.1
"""A scan that grew by more than this is written anew."""
CODING = "coding.npy"
"""What a vector becomes in the quick look: the mean that is subtracted, and the directions."""
COMPONENTS = 96
"""Numbers of a row in the quick look."""
CANDIDATES, PER_WANTED = 500, 10
"""Rows compared in full: so many, or so many times those wanted."""
SAMPLE, ROWS_AT_ONCE, BYTES_AT_ONCE = 50_000, 32_768, 2**22
SHARES = 2
"""Parts of the rows that are looked through at the same time."""


class Rows(NamedTuple):
    """Some rows of a store, to be written."""

    serials: Int64[np.ndarray, " rows"]
    """A number of its own for each row that was ever kept."""
    memory: Memory
    details: Sequence[bytes] = ()
    """What is read of them when they are found; may be left out of all rows."""


class Scan:
    """The files in a folder, opened: what was kept when they were written."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "facts.json").read_text())
        self.facts: dict[str, Any] = facts
        self.files: dict[str, tuple[int, int]] = facts["files"]
        """Size in bytes and checksum of each."""
        rows, width, dtype = facts["rows"], facts["width"], facts["dtype"]
        fits = self.files["vectors"][0] == np.dtype(dtype).itemsize * rows * width
        if not fits or any((folder / name).stat().st_size < size for name, (size, _) in self.files.items()):
            raise ValueError(f"{folder} is damaged")
        self.folder = folder
        self.versions = frozenset(facts["versions"])
        """Of the store, when it was written."""
        self.serials = np.array(mapped(folder / "serials", "int64", (rows,)))
        columns = (np.array(mapped(folder / name, "int64", (rows,))) for name in Columns._fields)
        self.columns = Columns(*columns)
        self.ids = Names(folder, rows)
        self.details = Pieces(folder, "details", rows if (folder / "details_ends").stat().st_size else 0)
        """Empty where they were left out."""
        self.vectors = mapped(folder / "vectors", dtype, (rows, width))
        self.coded = bool(facts["coded"])
        if self.coded:  # all files are opened now: a newer scan may take their place at any time
            self.basis, self.coding = np.load(folder / "basis.npy"), np.load(folder / CODING)
            self.coded_rows = mapped(folder / "codes", "uint8", (rows, COMPONENTS))
        else:
            self.vectors = np.array(self.vectors, np.float32)

    def __len__(self) -> int:
        return len(self.serials)

    @cached_property
    def codes(self) -> "Codes":
        """For the quick look."""
        return Codes(self.basis, self.coded_rows)

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each id."""
        return {name: row for row, name in enumerate(self.ids)}

    def search(
        self,
        queries: Float32[np.ndarray, "queries features"],
        most: int,
        keep: Filter,
        alive: Bool[np.ndarray, " rows"] | None,
    ) -> list[list[Hit]]:
        """As `contract.Store.search`, among the rows that are still `alive` (None: all)."""
        passing = None if keep.passes_all else self.columns.passes(keep)
        if alive is not None:
            passing = alive if passing is None else passing & alive
        if not self.coded:
            return Memory(self.ids, self.vectors, self.columns).search_passing(queries, most, passing)
        wanted = max(CANDIDATES, PER_WANTED * most)
        count = len(self) if passing is None else int(np.count_nonzero(passing))
        if count <= wanted:
            rows = np.arange(len(self)) if passing is None else np.flatnonzero(passing)
            candidates: Iterable[Int[np.ndarray, " found"]] = [rows] * len(queries)
        else:
            candidates = self.codes.nearest(queries, wanted, passing)
        return [self.best(query, rows, most) for query, rows in zip(queries, candidates, strict=True)]

    def best(
        self, query: Float32[np.ndarray, " features"], rows: Int[np.ndarray, " candidates"], most: int
    ) -> list[Hit]:
        """The `most` best of these rows, best first."""
        vectors = self.vectors[rows].astype(np.float32)
        if len(rows) > most:
            good = at_least(vectors @ query, most)
            rows, vectors = rows[good], vectors[good]
        return ranked(query, vectors, [self.ids[row] for row in rows.tolist()], most)


class Codes:
    """The rows' few numbers of a byte each."""

    def __init__(
        self, basis: Float32[np.ndarray, "features components"], codes: UInt8[np.ndarray, "rows components"]
    ) -> None:
        faiss = import_faiss()
        self.basis = basis
        self.ends = [len(codes) * share // SHARES for share in range(SHARES + 1)]
        self.shares: list[Any] = []
        for first, end in self.spans():
            kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
            index = faiss.IndexScalarQuantizer(COMPONENTS, kind, faiss.METRIC_INNER_PRODUCT)
            faiss.copy_array_to_vector(codes[first:end].ravel(), index.codes)
            index.ntotal = end - first
            self.shares.append(index)
        self.pool = ThreadPoolExecutor(SHARES)

    def spans(self) -> list[tuple[int, int]]:
        """First row and end of each share."""
        return list(zip(self.ends, self.ends[1:], strict=False))

    def nearest(
        self,
        queries: Float32[np.ndarray, "queries features"],
        most: int,
        passing: Bool[np.ndarray, " rows"] | None,
    ) -> Iterator[Int[np.ndarray, " candidates"]]:
        """For each query the `most` rows, of those passing, that are nearest at a quick look; in no order."""
        short = whole_numbers(queries @ self.basis)

        def look(share: int) -> tuple[Any, Any]:
            return self.look(share, short, most, passing)

        scores, rows = zip(*self.pool.map(look, range(SHARES)), strict=True)
        for one, places in zip(np.hstack(scores), np.hstack(rows), strict=True):
            one, places = one[places >= 0], places[places >= 0]
            yield places[at_least(one, most)] if len(places) > most else places

    def look(
        self,
        share: int,
        short: Float32[np.ndarray, "queries components"],
        most: int,
        passing: Bool[np.ndarray, " rows"] | None,
    ) -> tuple[Float32[np.ndarray, "queries found"], Int64[np.ndarray, "queries found"]]:
        """Scores and rows of the best of a share; row -1 where there are not so many."""
        faiss = import_faiss()
        (first, end), chosen = self.spans()[share], None
        if passing is not None:
            bits = np.packbits(passing[first:end], bitorder="little")
            chosen = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        scores, rows = self.shares[share].search(short, min(most, end - first), params=chosen)
        return scores, np.where(rows < 0, -1, rows + first)


class Pieces(Sequence[bytes]):
    """Bytes of the rows, each of any length, read when they are asked for."""

    def __init__(self, folder: Path, name: str, rows: int) -> None:
        self.ends = np.array(mapped(folder / f"{name}_ends", "int64", (rows,)))
        self.bytes = mapped(folder / name, "uint8", (int(self.ends[-1]) if len(self.ends) else 0,))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: Any) -> Any:
        return self.bytes[self.ends[row - 1] if row else 0 : self.ends[row]].tobytes()


class Names(Sequence[str]):
    """The rows' ids."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.pieces = Pieces(folder, "ids", rows)

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, row: Any) -> Any:
        name = self.pieces[row]
        try:
            return name.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # damaged
            return name.hex()


def write_scan(folder: Path, width: int, count: int, parts: Iterable[Rows], versions: Iterable[str]) -> int:
    """The files in `folder` are of the rows of `parts`, about `count`; the result is how many there are.

    Raises:
        WriteError: no room, or no permission.
    """
    new = folder / f"scan-{time_ns()}"
    make_folder(new)
    with write_errors(new):
        rows = write_rows(new, parts, "f2" if count >= CODED_FROM else "f4")
        coded = count >= CODED_FROM and rows >= CANDIDATES and width >= COMPONENTS
        if coded:
            write_codes(new, mapped(new / "vectors", "f2", (rows, width)))
        facts = {"rows": rows, "width": width, "dtype": "f2" if count >= CODED_FROM else "f4", "coded": coded,
                 "built": rows, "files": {file.name: checked(file) for file in new.iterdir()}}  # fmt: skip
        put_in_place(folder, new, facts | {"versions": sorted(versions)})
    return rows


def extend_scan(folder: Path, scan: Scan, parts: Sequence[Rows], versions: Iterable[str]) -> bool:
    """The newest scan in `folder`, `scan`, holds the rows of `parts`, too; False if it must be written anew.

    It must once it grew by a tenth, as its quick look was made for the rows there were, and where there are
    no hard links: the files are written on under further names, and whoever reads the scan as it was sees no
    more of them than before.

    Raises:
        WriteError: no room, or no permission.
    """
    new, facts = folder / f"scan-{time_ns()}", scan.facts
    rows = len(scan) + sum(len(part.serials) for part in parts)
    few_before, few = facts["dtype"] == "f4", rows < CODED_FROM
    if rows > facts["built"] * (1 + GROWN_SHARE) or few != few_before:
        return False
    make_folder(new)
    if not linked(scan, new):
        return False
    with write_errors(new):
        write_rows(new, parts, facts["dtype"], scan)
        if scan.coded:
            add_codes(new, scan.coding, [part.memory.vectors.astype("f2") for part in parts])
        files = {file.name: checked(file, *scan.files[file.name]) for file in new.iterdir()}
        put_in_place(folder, new, facts | {"rows": rows, "files": files, "versions": sorted(versions)})
    return True


def linked(scan: Scan, new: Path) -> bool:
    """Whether the scan's files are in the folder `new`, too.

    Not where a file is used by others, or longer than it was: a writer who was killed left it so.
    """
    try:
        for name in scan.files:
            state = (scan.folder / name).stat()
            if state.st_nlink > 1 or state.st_size != scan.files[name][0]:
                raise OSError(f"{scan.folder / name} is not to be written on")
            (new / name).hardlink_to(scan.folder / name)
    except OSError:
        rmtree(new, ignore_errors=True)
        return False
    return True


def put_in_place(folder: Path, new: Path, facts: dict[str, Any]) -> None:
    """The scan in `folder` is that in `new`, of which `facts` tell; others are gone."""
    write_whole(new / "facts.json", json.dumps(facts))
    write_whole(folder / POINTER, json.dumps(new.name))
    for old in folder.glob("scan-*"):
        if old != new:
            rmtree(old, ignore_errors=True)


def checked(file: Path, begin: int = 0, checksum: int = 0) -> tuple[int, int]:
    """Size in bytes and checksum of `file`; `checksum` is that of what it holds before the byte `begin`."""
    end = file.stat().st_size
    return end, checksum_of(file, begin, end, checksum)


def checksum_of(file: Path, begin: int, end: int, checksum: int = 0) -> int:
    """The checksum of the bytes of `file` from `begin` to `end`, after others whose `checksum` that is."""
    with file.open("rb") as opened:
        opened.seek(begin)
        while some := opened.read(min(BYTES_AT_ONCE, end - opened.tell())):
            checksum = crc32(some, checksum)
    return checksum


def write_rows(folder: Path, parts: Iterable[Rows], dtype: str, before: Scan | None = None) -> int:
    """All but the codes is in `folder`, the vectors as numbers of `dtype`; the result is how many rows.

    The files that are there hold the rows of `before`; those of `parts` come after them.
    """
    count, lengths = 0 if before is None else len(before), {"ids": 0, "details": 0}
    if before is not None:
        lengths = {name: before.files[name][0] for name in lengths}
    with ExitStack() as opened:
        names = ("serials", "vectors", *Columns._fields, "ids", "ids_ends", "details", "details_ends")
        files = {name: opened.enter_context((folder / name).open("ab")) for name in names}
        for serials, memory, details in parts:
            count += len(serials)
            files["serials"].write(serials.tobytes())
            for name, column in memory.columns._asdict().items():
                files[name].write(column.tobytes())
            files["vectors"].write(memory.vectors.astype(dtype).tobytes())
            ids = [name.encode("utf-8", "surrogatepass") for name in memory.ids]
            for name, some in (("ids", ids), ("details", details)):
                ends = lengths[name] + np.cumsum([len(one) for one in some], dtype=np.int64)
                lengths[name] = int(ends[-1]) if some else lengths[name]
                files[name].write(b"".join(some))
                files[f"{name}_ends"].write(ends.tobytes())
    return count


def write_codes(folder: Path, vectors: np.ndarray[Any, Any]) -> None:
    """Basis and codes of `vectors` are in `folder`."""
    sample = vectors[:: -(-len(vectors) // SAMPLE)].astype(np.float32)
    mean = sample.mean(0)
    _, directions = np.linalg.eigh(np.cov((sample - mean).T))
    basis = np.ascontiguousarray(directions[:, ::-1][:, :COMPONENTS], np.float32)
    np.save(folder / "basis.npy", basis)
    scale = 127 / np.abs((sample - mean) @ basis).max(initial=1e-6)  # all may be the same
    coding = np.column_stack([mean, basis * scale])
    np.save(folder / CODING, coding)
    some = (vectors[first : first + ROWS_AT_ONCE] for first in range(0, len(vectors), ROWS_AT_ONCE))
    add_codes(folder, coding, some)


def add_codes(
    folder: Path, coding: Float32[np.ndarray, "features columns"], parts: Iterable[np.ndarray[Any, Any]]
) -> None:
    """The codes in `folder` go on with those of the vectors of `parts`."""
    with (folder / "codes").open("ab") as file:
        for vectors in parts:
            short = (vectors.astype(np.float32) - coding[:, 0]) @ coding[:, 1:]
            codes: UInt8[np.ndarray, "rows components"] = (short.round().clip(-128, 127) + 128).astype(
                np.uint8
            )
            file.write(codes.tobytes())


def whole_numbers(
    short: Float32[np.ndarray, "queries components"],
) -> Float32[np.ndarray, "queries components"]:
    """Each row of `short` in whole numbers up to 127: FAISS cuts off what follows the point of others."""
    largest = np.abs(short).max(1, keepdims=True, initial=np.finfo(np.float32).tiny)
    return np.ascontiguousarray((short * (127 / largest)).round(), np.float32)


def scanned_rows(folder: Path) -> int:
    """Rows of the newest scan in `folder`; 0 if there is none."""
    try:
        newest = folder / json.loads((folder / POINTER).read_text())
        return int(json.loads((newest / "facts.json").read_text())["rows"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def open_scan(folder: Path, known: Scan | None = None) -> Scan | None:
    """The newest scan in `folder` (`known` if it is that), None if there is none or its files are damaged."""
    for _ in range(3):
        try:
            newest = folder / json.loads((folder / POINTER).read_text())
            return known if known and known.folder == newest else Scan(newest)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError):
            continue  # a writer has just put a newer one in its place
    return None


def mapped(file: Path, dtype: str, shape: tuple[int, ...]) -> Any:
    """The numbers in `file`, read when they are asked for.

    Raises:
        ValueError: there are fewer.
    """
    if file.stat().st_size < np.dtype(dtype).itemsize * math.prod(shape):
        raise ValueError(f"{file} is damaged")
    return np.memmap(file, dtype, "r", shape=shape) if 0 not in shape else np.empty(shape, dtype)


def import_faiss() -> Any:
    """FAISS, imported when it is needed; its annotations lag behind what it can do."""
    return import_module("faiss")
