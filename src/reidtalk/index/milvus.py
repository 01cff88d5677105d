"""The store in a Milvus cluster, which many machines may search at once."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from re import fullmatch
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from jaxtyping import Float32

from reidtalk.errors import ConfigError, IndexingError
from reidtalk.index.damage import Checkup
from reidtalk.index.entries import Entry, Hit
from reidtalk.index.filters import NEVER, Filter, microseconds
from reidtalk.index.memory import ranked
from reidtalk.index.rows import (
    Facts,
    checked_queries,
    checked_vectors,
    day_spans,
    last_of_each,
    name_key,
    pack,
    row_fault,
    unpack,
    wrong_width,
)

ADDRESS = "milvus://host:19530/people"
PORT = 19530
PART_CHARACTERS = 60_000
"""Details longer than this go on in further rows: a text in Milvus has at most 65,535 bytes."""
REQUEST_BYTES = 2**24
"""Entries go to the cluster so many bytes at a time; each such request is kept wholly or not at all."""
ROWS_AT_ONCE, KEYS_AT_ONCE = 256, 100_000
MOST_FOUND = 16_384
"""A cluster finds no more at once."""
SPARE = 64
"""So many more are asked for than wanted: of those with equal scores the cluster gives any."""
SEEN = "Session"
"""A search sees all that this process wrote, and what others wrote a moment ago."""


class MilvusStore:
    """Fulfils `contract.Store` in a collection of a Milvus cluster, which compares each row with the query.

    With a graph index (HNSW) the cluster would search what was added lately by a rough index of its own: of
    20,000 rows just added it found 86% of the best ten, and 33% where a filter passed one in a thousand.
    A call of `add` with over 16 MB, or of `remove` with over 100,000 ids, is done in whole steps.
    """

    def __init__(self, address: str, width: int) -> None:
        from pymilvus import MilvusClient

        url = urlsplit(address)
        self.width, self.collection, self.place = width, collection_name(url.path), safe_address(address)
        with self.errors():
            server = f"http://{url.hostname}:{url.port or PORT}"
            user, password = unquote(url.username or ""), unquote(url.password or "")
            self.client = MilvusClient(uri=server, user=user, password=password, timeout=10)
            if not self.client.has_collection(self.collection):
                self.create()
            fields = self.client.describe_collection(self.collection)["fields"]
            self.client.load_collection(self.collection)
        kept = next((field["params"].get("dim") for field in fields if field["name"] == "vector"), 0)
        if kept != width:
            self.close()
            raise wrong_width(str(width), kept)
        len(self)  # from here on a search sees all that was written before

    def create(self) -> None:
        """The collection is there, empty."""
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=65_535)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.width)
        for name in (*Facts._fields, "part", "parts"):
            schema.add_field(name, DataType.INT64)
        schema.add_field("details", DataType.VARCHAR, max_length=65_535)
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="IP", params={})
        self.client.create_collection(
            self.collection, schema=schema, index_params=index, num_shards=1, consistency_level="Strong"
        )

    def add(self, entries: Sequence[Entry]) -> None:
        """The entries are kept; one with the id of another takes its place."""
        entries = last_of_each(entries)
        vectors = checked_vectors(entries, self.width)
        rows: list[dict[str, Any]] = []
        size = 0
        with self.errors():
            for entry, vector in zip(entries, vectors, strict=True):
                new = list(rows_of(entry, vector))
                size += sum(map(row_bytes, new))
                if rows and size > REQUEST_BYTES:
                    self.client.upsert(self.collection, rows)
                    rows, size = [], sum(map(row_bytes, new))
                rows += new
            if rows:
                self.client.upsert(self.collection, rows)

    def remove(self, ids: Sequence[str]) -> None:
        """None of the `ids` is kept any more; unknown ones are let be."""
        keys = [key(name) for name in ids]
        with self.errors():
            parts = [row for some in in_steps(keys, ROWS_AT_ONCE) for row in self.rows(some, ["parts"])]
            keys += [part_key(row["key"], part) for row in parts for part in range(1, row["parts"])]
            for gone in in_steps(keys, KEYS_AT_ONCE):
                self.client.delete(self.collection, ids=list(gone))
        len(self)  # waits until a search sees it

    def search(
        self, queries: Float32[np.ndarray, "queries features"], most: int, keep: Filter
    ) -> list[list[Hit]]:
        """For each query the `most` nearest entries that pass, best first; of equal ones the lower id.

        Raises:
            ConfigError: more are asked for than a cluster gives.
        """
        checked_queries(queries, self.width)
        if most > MOST_FOUND:
            raise ConfigError(f"the best {most} asked of a cluster", accepted=f"at most {MOST_FOUND}",
                              do="ask for fewer, or use an index in a folder")  # fmt: skip
        asked = min(most + SPARE, MOST_FOUND)
        found: list[Any] = []
        with self.errors():
            for some in np.array_split(queries, max(1, len(queries) // 64)):
                found += self.client.search(
                    self.collection, some, limit=asked, filter=condition(keep), output_fields=["vector"],
                    consistency_level=SEEN,
                ) if len(some) else []  # fmt: skip
        return [
            ranked(
                query,
                np.array([row["entity"]["vector"] for row in rows], np.float32).reshape(-1, self.width),
                [name_of(row["id"]) for row in rows],
                most,
            )
            for query, rows in zip(queries, found, strict=True)
        ]

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """The entries with these ids, in this order; unknown ones are left out."""
        found: dict[str, Entry] = {}
        with self.errors():
            for some in in_steps(ids, ROWS_AT_ONCE):
                heads = self.rows([key(name) for name in some], ["vector", "parts", "details"])
                for row, details in zip(heads, self.whole_details(heads), strict=True):
                    vector = np.array(row["vector"], np.float32)
                    found[name_of(row["key"])] = unpack(details, vector)
        return [found[name] for name in ids if name in found]

    def entries(self, at_once: int = 1024) -> Iterator[list[Entry]]:
        """All entries, ordered by id, some at once."""
        for some in in_steps(self.ids(), at_once):
            yield self.get(some)

    def ids(self) -> list[str]:
        """All ids in order."""
        found: list[str] = []
        with self.errors():
            rows = self.client.query_iterator(
                self.collection, batch_size=8192, filter="part == 0", output_fields=["key"]
            )
            while some := rows.next():
                found += [name_of(row["key"]) for row in some]
            rows.close()
        return sorted(found)

    def compact(self) -> None:
        """The cluster gives back room that nothing needs, in its own time."""
        with self.errors():
            self.client.flush(self.collection)
            self.client.compact(self.collection)

    def tidy(self) -> None:
        """As `compact`: the cluster knows what pays."""
        self.compact()

    def check(self) -> Checkup:
        """What is wrong with what is kept; all rows are fetched."""
        checkup, columns = Checkup(), ["key", "vector", "parts", "details", *Facts._fields]
        try:
            with self.errors():
                heads = self.client.query_iterator(
                    self.collection, batch_size=ROWS_AT_ONCE, filter="part == 0", output_fields=columns
                )
                while some := heads.next():
                    for row, details in zip(some, self.whole_details(some), strict=True):
                        name, vector = name_of(row["key"]), np.array(row["vector"], np.float32)
                        facts = [int(row[column]) for column in Facts._fields]
                        checkup.take(name, row_fault(name, vector, details, facts, self.width))
                heads.close()
        except IndexingError as error:
            checkup.stop(error)
        return checkup

    def whole_details(self, heads: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        """The details of the entries that begin with these rows; as far as their further rows are there."""
        more = [part_key(row["key"], part) for row in heads for part in range(1, row["parts"])]
        text = {row["key"]: row["details"] for row in heads}
        for keys in in_steps(more, ROWS_AT_ONCE):
            text |= {row["key"]: row["details"] for row in self.rows(keys, ["details"])}
        for row in heads:
            whole = "".join(text.get(part_key(row["key"], part), "") for part in range(row["parts"]))
            yield decoded(whole)

    def close(self) -> None:
        """The connection is let go."""
        self.client.close()

    def __len__(self) -> int:
        with self.errors():
            (row,) = self.client.query(self.collection, filter="part == 0", output_fields=["count(*)"])
        return int(row["count(*)"])

    def rows(self, keys: Sequence[str], columns: Sequence[str]) -> list[dict[str, Any]]:
        """The rows with these keys, in any order; unknown ones are left out."""
        wanted = ["key", *columns]
        if not keys:
            return []
        got = self.client.get(self.collection, list(keys), output_fields=wanted, consistency_level=SEEN)
        return list(got)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raises what a user can act on for any error of the cluster in the block."""
        from pymilvus import MilvusException

        try:
            yield
        except MilvusException as error:
            reason = getattr(error, "message", "") or str(error)
            raise IndexingError(
                f"the cluster at {self.place} does not do it: {reason}",
                accepted=f"the address of a Milvus server that runs, such as {ADDRESS}",
                do="look whether it runs and may be reached from here",
            ) from None


def open_milvus(place: str, width: int) -> MilvusStore:
    """The store at the address `place` (milvus://user:password@host:port/name), made if there is none.

    Raises:
        ConfigError: no such address.
        IndexingError: it cannot be reached, or keeps vectors of another width.
    """
    return MilvusStore(place, width)


def collection_name(path: str) -> str:
    """The collection that the path of an address names.

    Raises:
        ConfigError: Milvus has no such names.
    """
    name = path.strip("/")
    if not fullmatch("[A-Za-z_][A-Za-z0-9_]{0,254}", name):
        raise ConfigError(f"a cluster's collection {name!r}", accepted="letters, digits and _",
                          do=f"give an address such as {ADDRESS}")  # fmt: skip
    return name


def safe_address(address: str) -> str:
    """`address` without user and password."""
    url = urlsplit(address)
    return f"{url.scheme}://{url.hostname}:{url.port or PORT}{url.path}"


def rows_of(entry: Entry, vector: Float32[np.ndarray, " features"]) -> Iterator[dict[str, Any]]:
    """The rows that keep `entry`: its vector and facts, and what its details need more."""
    details = b64encode(pack(entry)).decode()
    parts = range(0, len(details), PART_CHARACTERS)
    for part, first in enumerate(parts):
        yield {
            "key": part_key(key(entry.id), part),
            "vector": np.zeros_like(vector) if part else vector,
            **Facts.of(entry)._asdict(),
            "part": part,
            "parts": len(parts),
            "details": details[first : first + PART_CHARACTERS],
        }


def decoded(details: str) -> bytes:
    """The bytes in base64; of a damaged text none."""
    try:
        return b64decode(details)
    except ValueError:
        return b""


def row_bytes(row: dict[str, Any]) -> int:
    """Roughly what a row takes in a request."""
    return len(row["key"]) + len(row["details"]) + int(row["vector"].nbytes) + 100


def in_steps(names: Sequence[str], at_once: int) -> Iterator[Sequence[str]]:
    """`names`, at most `at_once` at a time."""
    for first in range(0, len(names), at_once):
        yield names[first : first + at_once]


def key(name: str) -> str:
    """What stands for the id `name` in the cluster: its bytes in hexadecimal, which no query misreads."""
    return name.encode("utf-8", "surrogatepass").hex()


def name_of(stored: str) -> str:
    """The id whose `key` this is."""
    return bytes.fromhex(stored).decode("utf-8", "surrogatepass")


def part_key(stored: str, part: int) -> str:
    """The key of the `part`-th row of an entry."""
    return f"{stored}.{part}" if part else stored


def condition(keep: Filter) -> str:
    """`keep` in Milvus's words."""
    terms = ["part == 0"]
    for column, names in (("camera", keep.cameras), ("source", keep.sources)):
        if names:
            terms.append(f"{column} in [{', '.join(str(name_key(name)) for name in names)}]")
    if keep.after is not None:
        terms.append(f"last_us > {NEVER} and last_us >= {microseconds(keep.after)}")
    if keep.before is not None:
        terms.append(f"start_us > {NEVER} and start_us <= {microseconds(keep.before)}")
    if keep.from_time is not None or keep.to_time is not None:
        spans = [f"(day_seconds >= {first} and day_seconds <= {last})" for first, last in day_spans(keep)]
        terms.append(f"({' or '.join(spans)})")
    if keep.min_height_px:
        terms.append(f"height_px >= {keep.min_height_px}")
    return " and ".join(terms)
