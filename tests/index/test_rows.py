"""Entries as bytes and columns; most of what filters do is in tests/contracts/test_stores.py."""

import re
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from reidtalk.errors import IndexingError
from reidtalk.index.entries import Entry, Shot
from reidtalk.index.filters import NEVER, Filter
from reidtalk.index.rows import (
    Columns,
    Facts,
    day_spans,
    moment_numbers,
    moment_of,
    name_key,
    pack,
    row_fault,
    unpack,
)
from reidtalk.video.people import Box

NUMBERS = st.floats(allow_nan=False)
BOXES = st.builds(Box, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
ANY_TEXT = st.text(st.characters(), max_size=20)
OFFSETS = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)).map(timezone)
MOMENTS = st.none() | st.datetimes(timezones=OFFSETS)
HALVES = arrays(np.float16, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=4))
SHOTS = st.builds(Shot, seconds=NUMBERS, box=BOXES, score=NUMBERS, quality=NUMBERS, thumbnail=ANY_TEXT)
ENTRIES = st.builds(
    Entry, id=ANY_TEXT, vector=st.just(np.ones(3, np.float32)), crop_vectors=HALVES, readings=HALVES,
    shots=st.lists(SHOTS, min_size=1, max_size=3).map(tuple), track=st.lists(st.tuples(NUMBERS, BOXES), max_size=5).map(tuple),
    source=ANY_TEXT, camera=ANY_TEXT, start=MOMENTS, end=MOMENTS,
)  # fmt: skip


@given(ENTRIES)
def test_unpacked_it_is_as_it_was(one: Entry) -> None:
    again = unpack(pack(one), one.vector)
    for name in ("id", "shots", "track", "source", "camera", "start", "end"):
        assert getattr(again, name) == getattr(one, name)
    for name in ("vector", "crop_vectors", "readings"):
        np.testing.assert_array_equal(getattr(again, name), getattr(one, name))
        assert getattr(again, name).dtype == getattr(one, name).dtype
    for name in ("start", "end"):
        moment, other = getattr(one, name), getattr(again, name)
        assert (moment and moment.utcoffset()) == (other and other.utcoffset())


def test_moments_as_numbers() -> None:
    moment = datetime(1970, 1, 1, 1, 0, 1, 5, tzinfo=timezone(timedelta(hours=1)))
    assert moment_numbers(moment) == (1_000_005, 3_600_000_000)
    assert moment_of([1_000_005, 3_600_000_000]) == moment
    for last in (datetime.max, datetime.min):  # in UTC another year, which has no name
        for hours in (-14, 14):
            moment = last.replace(tzinfo=timezone(timedelta(hours=hours)))
            assert moment_of(moment_numbers(moment)) == moment
    assert (moment_numbers(None), moment_of(None)) == (None, None)


def some_entry(name: str = "a", vector: Any = None, **changes: Any) -> Entry:
    shot = Shot(seconds=0.0, box=Box(0, 0, 10, 90.4), score=1.0, quality=1.0, thumbnail="a")
    halves, vector = np.zeros((1, 2), np.float16), np.ones(2, np.float32) if vector is None else vector
    return Entry(
        id=name,
        vector=vector,
        crop_vectors=halves,
        readings=halves,
        shots=(shot,),
        track=(),
        source="s",
        **changes,
    )


def test_facts_by_hand() -> None:
    start = datetime(1970, 1, 1, 2, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert Facts.of(some_entry()) == (name_key(""), name_key("s"), NEVER, NEVER, -1, 90)
    assert Facts.of(some_entry(start=start)) == (name_key(""), name_key("s"), 5_000_000, 5_000_000, 7205, 90)
    ended = some_entry(start=start, end=start + timedelta(seconds=1), camera="c")
    assert Facts.of(ended) == (name_key("c"), name_key("s"), 5_000_000, 6_000_000, 7205, 90)


def test_names_have_keys_of_their_own() -> None:
    names = ["", "a", "A", "a ", "\udce9", "\u00e9", "e\u0301"]
    assert len({name_key(name) for name in names}) == len(names)
    assert name_key("gate") == name_key("gate")
    assert -(2**63) <= name_key("gate") < 2**63


def test_spans_of_the_day() -> None:
    assert day_spans(Filter(from_time=time(1), to_time=time(2))) == [(3600, 7200)]
    assert day_spans(Filter(from_time=time(2), to_time=time(1))) == [(7200, 86399), (0, 3600)]
    assert day_spans(Filter(from_time=time(2))) == [(7200, 86399)]
    assert day_spans(Filter(to_time=time(1))) == [(0, 3600)]
    assert day_spans(Filter(from_time=time(1), to_time=time(1))) == [(3600, 3600)]


def test_no_rows_pass_no_filter() -> None:
    columns = Columns.of([])
    keep = Filter(cameras=("a",), after=datetime(2026, 1, 1, tzinfo=UTC), from_time=time(1), min_height_px=3)
    assert columns.passes(keep).tolist() == []


def test_what_is_wrong_with_a_row() -> None:
    one = some_entry("a", np.array([0.6, 0.8], np.float32))
    data, facts = pack(one), Facts.of(one)

    def fault(vector: Any = one.vector, data: bytes = data, facts: Any = facts) -> str:
        return row_fault("a", vector, data, facts, 2)

    assert fault() == ""
    assert fault(data=data[:-4]) == ""  # as earlier versions wrote it
    assert fault(np.ones(3, np.float32)) == "its vector has 3 features, not 2"
    assert fault(np.array([np.nan, 1], np.float32)) == "its vector holds what is no number"
    assert fault(np.array([0.8, 0.6], np.float32)) == "its checksum does not fit"
    assert fault(np.array([3, 4], np.float32), data[:-4]) == "its vector is 5 long, not 1"
    assert fault(data=data[:-3]) == "a damaged entry: 1 bytes too many"
    assert fault(facts=facts._replace(height_px=1)).startswith("its camera, source, times or height")
    for at in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[at] ^= 1 << bit
            assert fault(data=bytes(damaged)), (at, bit)


def test_damaged_or_foreign_bytes_are_refused() -> None:
    data = pack(some_entry())
    for damaged in (b"", data[:10], data[:4] + b"[" + data[5:], data[:-3]):
        with pytest.raises(IndexingError, match=r"a damaged entry: .*; what to do: reidtalk index-verify"):
            unpack(damaged, np.ones(2, np.float32))
    newer = data.replace(b'"format":1', b'"format":2')
    with pytest.raises(
        IndexingError,
        match=re.escape("entries of format 2; accepted: format 1; what to do: use the reidtalk"),
    ):
        unpack(newer, np.ones(2, np.float32))
