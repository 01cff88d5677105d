"""An entry as stores keep it: its details as bytes, and what filters ask of it as columns of numbers."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b
from typing import NamedTuple, Self
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Float32, Int64

from reidtalk.errors import IndexingError
from reidtalk.index.damage import FIND
from reidtalk.index.entries import Entry, Shot
from reidtalk.index.filters import NEVER, Filter, day_seconds, microseconds
from reidtalk.video.people import Box

FORMAT = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAST_SECOND = 24 * 3600 - 1
UNIT_WITHIN = 1e-3
"""Vectors are of unit length to within this."""
FEW_NAMES = 12
"""Comparing with so many one by one is quicker than sorting."""
HEAD_BYTES = 4
"""The length of what follows as JSON, little-endian; behind it stand the arrays and the seal."""
SEAL_BYTES = 4
"""The checksum of all before it and of the vector; earlier versions wrote none."""


def pack(entry: Entry) -> bytes:
    """All of `entry` but its vector, which it seals, too; `unpack` gives it back as it was."""
    track = np.array([(seconds, *box) for seconds, box in entry.track], "<f8").reshape(-1, 5)
    arrays = {
        "crop_vectors": entry.crop_vectors.astype("<f2", copy=False),
        "readings": entry.readings.astype("<f2", copy=False),
        "track": track,
    }
    head = {
        "format": FORMAT,
        "id": entry.id,
        "source": entry.source,
        "camera": entry.camera,
        "start": moment_numbers(entry.start),
        "end": moment_numbers(entry.end),
        "shots": [(s.seconds, s.box, s.score, s.quality, s.thumbnail) for s in entry.shots],
        **{name: array.shape for name, array in arrays.items()},
    }
    text = json.dumps(head, separators=(",", ":")).encode("ascii")
    data = b"".join([len(text).to_bytes(HEAD_BYTES, "little"), text, *(a.tobytes() for a in arrays.values())])
    return data + seal(data, entry.vector)


def unpack(data: bytes, vector: Float32[np.ndarray, " features"]) -> Entry:
    """The entry whose `pack` is `data`.

    Raises:
        IndexingError: a later reidtalk wrote it, or the data are damaged.
    """
    return opened(data, vector)[0]


def opened(data: bytes, vector: Float32[np.ndarray, " features"]) -> tuple[Entry, bytes]:
    """The entry whose `pack` is `data`, and its seal; that is empty where an earlier version wrote it.

    Raises:
        IndexingError: as `unpack`.
    """
    start = HEAD_BYTES + int.from_bytes(data[:HEAD_BYTES], "little")
    try:
        head = json.loads(data[HEAD_BYTES:start])
        if head["format"] != FORMAT:
            raise IndexingError(f"entries of format {head['format']}", accepted=f"format {FORMAT}",
                                do="use the reidtalk that wrote the index, or a newer one")  # fmt: skip
        arrays = {}
        for name, dtype in (("crop_vectors", "<f2"), ("readings", "<f2"), ("track", "<f8")):
            count = int(np.prod(head[name]))
            arrays[name] = np.frombuffer(data, dtype, count, start).reshape(head[name])
            start += arrays[name].nbytes
        if len(data) - start not in (0, SEAL_BYTES):
            raise ValueError(f"{len(data) - start} bytes too many")
        entry = Entry(
            id=head["id"],
            vector=vector,
            crop_vectors=arrays["crop_vectors"].astype(np.float16, copy=False),
            readings=arrays["readings"].astype(np.float16, copy=False),
            shots=tuple(shot_of(values) for values in head["shots"]),
            track=tuple((row[0], Box(*row[1:])) for row in arrays["track"].tolist()),
            source=head["source"],
            camera=head["camera"],
            start=moment_of(head["start"]),
            end=moment_of(head["end"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise IndexingError(f"a damaged entry: {error}", do=FIND) from None
    return entry, data[start:]


def seal(data: bytes, vector: Float32[np.ndarray, " features"]) -> bytes:
    """The checksum of an entry: of its packed bytes and its vector."""
    return crc32(vector.astype("<f4").tobytes(), crc32(data)).to_bytes(SEAL_BYTES, "little")


def row_fault(
    name: str, vector: Float32[np.ndarray, " features"], data: bytes, facts: Sequence[int], width: int
) -> str:
    """What is wrong with the row of an entry, as a store keeps it; empty for nothing.

    Entries of earlier versions have no seal: of them, what still can be read is taken for whole.
    """
    if vector.shape != (width,):
        return f"its vector has {vector.size} features, not {width}"
    if not np.isfinite(vector).all():
        return "its vector holds what is no number"
    try:
        entry, sealed = opened(data, vector)
        if sealed and sealed != seal(data[:-SEAL_BYTES], vector):
            return "its checksum does not fit"
        if abs(float(np.linalg.norm(vector)) - 1) > UNIT_WITHIN:
            return f"its vector is {np.linalg.norm(vector):.3g} long, not 1"
        if entry.id != name:
            return f"by its content it is {entry.id}"
        if Facts.of(entry) != tuple(facts):
            return "its camera, source, times or height are not those that filters compare"
    except IndexingError as error:
        return error.given
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        return f"a damaged entry: {error}"
    return ""


def shot_of(values: list[object]) -> Shot:
    """The shot whose values, in the order in which `pack` gives them, these are."""
    seconds, box, score, quality, thumbnail = values
    return Shot(seconds=seconds, box=Box(*box), score=score, quality=quality, thumbnail=thumbnail)  # type: ignore[arg-type, misc]


def moment_numbers(moment: datetime | None) -> tuple[int, int] | None:
    """Microseconds since 1970 in UTC, and the zone's offset in microseconds.

    Raises:
        IndexingError: it has no time zone.
    """
    if moment is None:
        return None
    offset = moment.utcoffset()
    if offset is None:
        raise IndexingError(f"the time {moment} has no time zone", accepted="2026-11-24T08:00+01:00",
                            do="add the camera's zone")  # fmt: skip
    return (moment - EPOCH) // MICROSECOND, offset // MICROSECOND


def moment_of(numbers: Sequence[int] | None) -> datetime | None:
    """The moment whose `moment_numbers` these are, in a zone of that offset."""
    if numbers is None:
        return None
    offset = numbers[1] * MICROSECOND
    local = EPOCH + (numbers[0] * MICROSECOND + offset)  # in UTC it may lie beyond the year 9999
    return local.replace(tzinfo=timezone(offset))


class Facts(NamedTuple):
    """What filters ask of an entry, as numbers."""

    camera: int
    """The `name_key` of the camera."""
    source: int
    """The `name_key` of the source."""
    start_us: int
    """Microseconds since 1970 in UTC; `NEVER` where unknown."""
    last_us: int
    """When it was last in sight: its end or, where that is unknown, its start."""
    day_seconds: int
    """When it came into sight, since midnight by the camera's clock; -1 where unknown."""
    height_px: int

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Those of `entry`."""
        start_us = microseconds(entry.start)
        last_us = start_us if entry.end is None else microseconds(entry.end)
        camera, source = name_key(entry.camera), name_key(entry.source)
        return cls(camera, source, start_us, last_us, day_seconds(entry.start), entry.height_px)


class Columns(NamedTuple):
    """The facts of many entries, an array for each."""

    camera: Int64[np.ndarray, " rows"]
    source: Int64[np.ndarray, " rows"]
    start_us: Int64[np.ndarray, " rows"]
    last_us: Int64[np.ndarray, " rows"]
    day_seconds: Int64[np.ndarray, " rows"]
    height_px: Int64[np.ndarray, " rows"]

    @classmethod
    def of(cls, facts: Sequence[Sequence[int]]) -> Self:
        """The columns of these rows."""
        return cls(*np.array(facts, np.int64).reshape(-1, len(cls._fields)).T.copy())

    def passes(self, keep: Filter) -> Bool[np.ndarray, " rows"]:
        """Which rows `keep` lets through."""
        passing = np.ones(len(self.camera), bool)
        if keep.cameras:
            passing &= has_one_of(self.camera, keep.cameras)
        if keep.sources:
            passing &= has_one_of(self.source, keep.sources)
        if keep.after is not None:
            passing &= (self.last_us != NEVER) & (self.last_us >= microseconds(keep.after))
        if keep.before is not None:
            passing &= (self.start_us != NEVER) & (self.start_us <= microseconds(keep.before))
        if keep.from_time is not None or keep.to_time is not None:
            spans = day_spans(keep)
            passing &= np.any(
                [(first <= self.day_seconds) & (self.day_seconds <= last) for first, last in spans], 0
            )
        if keep.min_height_px:
            passing &= self.height_px >= keep.min_height_px
        return passing


def has_one_of(keys: Int64[np.ndarray, " rows"], names: Sequence[str]) -> Bool[np.ndarray, " rows"]:
    """Which rows have the key of one of `names`."""
    if len(names) > FEW_NAMES:
        return np.isin(keys, [name_key(name) for name in names])
    having = np.zeros(len(keys), bool)
    for name in names:
        having |= keys == name_key(name)
    return having


def day_spans(keep: Filter) -> list[tuple[int, int]]:
    """Seconds of the day, first and last, between which `keep` passes: two spans if it goes over midnight."""
    first = max(day_seconds(keep.from_time), 0)
    last = LAST_SECOND if keep.to_time is None else day_seconds(keep.to_time)
    return [(first, last)] if first <= last else [(first, LAST_SECOND), (0, last)]


def name_key(name: str) -> int:
    """A number of 64 bits that stands for `name`, whatever is in it."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def checked_vectors(entries: Sequence[Entry], width: int) -> Float32[np.ndarray, "entries features"]:
    """The vectors of `entries`, one a row.

    Raises:
        IndexingError: one is not of `width`, or holds numbers that are not finite.
    """
    for entry in entries:
        if entry.vector.shape != (width,):
            raise wrong_width("x".join(map(str, entry.vector.shape)), width)
    vectors = np.array([entry.vector for entry in entries], np.float32).reshape(-1, width)
    if not np.isfinite(vectors).all():
        raise IndexingError("a vector that is not finite", accepted="numbers",
                            do="check the picture and the matcher that made it")  # fmt: skip
    return vectors


def checked_queries(
    queries: Float32[np.ndarray, "queries features"], width: int
) -> Float32[np.ndarray, "queries features"]:
    """`queries` as they were.

    Raises:
        IndexingError: they are not of `width`.
    """
    if queries.ndim != 2 or queries.shape[1] != width:
        raise wrong_width("x".join(map(str, queries.shape[1:])), width)
    return queries


def wrong_width(given: str, width: int) -> IndexingError:
    """What to raise for vectors that do not fit into the store."""
    return IndexingError(
        f"a vector of {given} features in an index of {width}",
        accepted=f"vectors of {width} features",
        do="use the matcher that made the index, or make a new index",
    )


def last_of_each(entries: Sequence[Entry]) -> list[Entry]:
    """`entries` without those whose id comes again later, ordered by id."""
    return [entry for _, entry in sorted({entry.id: entry for entry in entries}.items())]
