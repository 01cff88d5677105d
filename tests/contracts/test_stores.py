"""What holds for every row of STORES."""

import gc
import json
import os
import re
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reidtalk.errors import IndexingError
from reidtalk.index import exact, lance_rows, milvus, rows
from reidtalk.index.contract import Store
from reidtalk.index.entries import Entry, Shot
from reidtalk.index.filters import Filter
from reidtalk.index.memory import DECIMALS
from reidtalk.index.rows import pack
from reidtalk.index.stores import STORES, open_store
from reidtalk.video.people import Box

WIDTH = 16
ETCD_PORT = 2379
"""Every Milvus server of this kind takes it."""
ALL = Filter()
HOSTILE = [
    "", "gate", "Gate", "gate ", "O'Hara's", 'a "quoted" one', "'; DROP TABLE entries; --", "x' OR '1'='1", "%", "_",
    "back\\slash", "back\\'slash", "new\nline", "nul\0byte", "Tür 3 入口 🚪", "cafe\u0301", "caf\u00e9",
    "caf\udce9.mp4", "\ufdd0", "\ufdd0636166", "]) or true or (id in [", "{}", "$1", "a" * 5000,
]  # fmt: skip
"""Names that a store which pastes them into a query would stumble over."""
ZONES = [
    UTC,
    timezone(timedelta(hours=1)),
    timezone(timedelta(hours=-9, minutes=-30)),
    timezone(timedelta(hours=14)),
]


@pytest.fixture(scope="session")
def milvus_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Milvus server: the one at $REIDTALK_MILVUS, else one run for the tests, shared by their processes."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if address := os.environ.get("REIDTALK_MILVUS"):
        yield f"{address}/tests{worker}"
        return
    if find_spec("milvus") is None or find_spec("pymilvus") is None:
        pytest.skip("needs the packages milvus (a server to test with) and pymilvus")
    base = tmp_path_factory.getbasetemp()
    with milvus_server(base.parent if worker else base) as port:
        yield f"milvus://127.0.0.1:{port}/tests{worker}"


@contextmanager
def milvus_server(folder: Path) -> Iterator[int]:
    """The port of the server whose files are in `folder`; who starts it stops it, when nobody uses it any more."""
    state, lock = folder / "milvus.json", FileLock(folder / "milvus.lock")
    server = None
    with lock:
        if not state.exists():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", ETCD_PORT)) == 0:
                    pytest.skip(f"another etcd or Milvus runs on this machine: port {ETCD_PORT} is taken")
            from milvus import MilvusServer, MilvusServerConfig

            with warnings.catch_warnings():  # it leaves sockets to the collector
                warnings.simplefilter("ignore", ResourceWarning)
                server = MilvusServer(MilvusServerConfig(data_dir=str(folder / "milvus")))
                server.start()
                gc.collect()
            state.write_text(json.dumps([server.listen_port, 0]))
        port, users = json.loads(state.read_text())
        state.write_text(json.dumps([port, users + 1]))
    try:
        yield port
    finally:
        with lock:
            users = json.loads(state.read_text())[1] - 1
            state.write_text(json.dumps([port, users]))
        while server:
            with lock:
                if json.loads(state.read_text())[1] == 0:
                    state.unlink()  # the next one starts another
                    server.stop()
                    break
            sleep(0.2)


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store of each kind is."""
    if request.param != "milvus":
        return f"{request.param}:{tmp_path / 'entries'}"
    address: str = request.getfixturevalue("milvus_address")
    with closing(open_store(address, WIDTH)) as store:
        store.remove(store.ids())
    return address


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    with closing(open_store(place, WIDTH)) as opened:
        yield opened


def unit(generator: np.random.Generator, *shape: int) -> Any:
    vectors = generator.standard_normal(shape)
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def entry(name: str, seed: int = 0, **changes: Any) -> Entry:
    generator = np.random.default_rng(seed)
    shots = tuple(
        Shot(seconds=generator.uniform(0, 1e5), box=Box(*generator.uniform(0, 4000, 4)), score=generator.random(),
             quality=generator.random(), thumbnail=f"thumbnails/{seed}-{number}.jpg")
        for number in range(3)
    )  # fmt: skip
    made = Entry(
        id=name,
        vector=unit(generator, WIDTH),
        crop_vectors=unit(generator, 3, WIDTH).astype(np.float16),
        readings=generator.standard_normal((3, 5)).astype(np.float16),
        shots=shots,
        track=tuple((number / 3, Box(*generator.uniform(0, 4000, 4))) for number in range(7)),
        source="walk.mp4",
    )
    return replace(made, **changes)


def crowd(count: int, seed: int = 1) -> list[Entry]:
    """Entries that differ in all that filters ask for."""
    generator = np.random.default_rng(seed)
    entries = []
    for number in range(count):
        box = Box(0.0, 0.0, 40.0, float(generator.integers(20, 200)))
        start = datetime(2026, 3, 27, tzinfo=ZONES[number % 4]) + timedelta(
            seconds=int(generator.integers(3 * 86400))
        )
        known, left = generator.random() < 0.8, generator.random() < 0.8
        one = entry(f"{number * 7919 % 1000:04d}", number)
        entries.append(
            replace(
                one,
                shots=(replace(one.shots[0], box=box), *one.shots[1:]),
                camera=HOSTILE[generator.integers(len(HOSTILE))],
                source=HOSTILE[generator.integers(len(HOSTILE))],
                start=start if known else None,
                end=start + timedelta(seconds=int(generator.integers(600))) if known and left else None,
            )
        )
    return entries


def passes(one: Entry, keep: Filter) -> bool:
    """The naive twin of a filter."""
    last, moment = one.end or one.start, one.start.time().replace(microsecond=0) if one.start else None
    begin, end = keep.from_time or time.min, keep.to_time or time.max
    wanted_time = keep.from_time is not None or keep.to_time is not None
    within = moment is not None and (
        begin <= moment <= end if begin <= end else moment >= begin or moment <= end
    )
    return (
        (not keep.cameras or one.camera in keep.cameras)
        and (not keep.sources or one.source in keep.sources)
        and (keep.after is None or (last is not None and last >= keep.after))
        and (keep.before is None or (one.start is not None and one.start <= keep.before))
        and (not wanted_time or within)
        and one.shots[0].box.height >= keep.min_height_px
    )


def truth(entries: list[Entry], query: Any, most: int, keep: Filter = ALL) -> list[tuple[str, float]]:
    """The naive twin of a search."""
    scored = [
        (-round(float(query.astype(np.float64) @ one.vector.astype(np.float64)), DECIMALS), one.id)
        for one in entries
        if passes(one, keep)
    ]
    return [(name, pytest.approx(-score, abs=2e-6)) for score, name in sorted(scored)[:most]]


def found(store: Store, query: Any, most: int, keep: Filter = ALL) -> list[tuple[str, float]]:
    return [(hit.id, hit.score) for hit in store.search(query[None], most, keep)[0]]


def assert_same(first: Entry, second: Entry) -> None:
    for name in ("id", "shots", "track", "source", "camera", "start", "end"):
        assert getattr(first, name) == getattr(second, name), name
    for name in ("vector", "crop_vectors", "readings"):
        one, other = getattr(first, name), getattr(second, name)
        assert one.dtype == other.dtype, name
        np.testing.assert_array_equal(one, other, name)
    for name in ("start", "end"):
        one, other = getattr(first, name), getattr(second, name)
        assert (one and one.utcoffset()) == (other and other.utcoffset())


def test_an_empty_store_finds_nothing(store: Store) -> None:
    queries = unit(np.random.default_rng(0), 2, WIDTH)
    assert store.search(queries, 5, ALL) == [[], []]
    assert store.search(queries, 5, Filter(cameras=("gate",))) == [[], []]
    assert (len(store), store.ids(), list(store.entries()), store.get(["a"])) == (0, [], [], [])
    store.compact()
    store.remove(["a"])
    store.add([])
    assert len(store) == 0


def test_it_finds_what_comparing_with_each_finds(store: Store) -> None:
    entries = crowd(300)
    store.add(entries[:100])
    store.add(entries[100:])
    queries = unit(np.random.default_rng(5), 3, WIDTH)
    results = store.search(queries, 10, ALL)
    for query, hits in zip(queries, results, strict=True):
        assert [(hit.id, hit.score) for hit in hits] == truth(entries, query, 10)
    assert store.search(queries[:0], 10, ALL) == []


def test_asked_for_more_than_it_keeps_it_gives_all(store: Store) -> None:
    entries = crowd(20)
    store.add(entries)
    query = unit(np.random.default_rng(5), WIDTH)
    assert found(store, query, 100) == truth(entries, query, 100)
    assert found(store, query, 100, Filter(cameras=("nobody",))) == []
    assert found(store, query, 0) == []


def test_of_equal_ones_the_lower_id_comes_first(store: Store) -> None:
    same = entry("x").vector
    entries = [entry(f"{number:02d}", number, vector=same) for number in range(30)]
    store.add(entries[::-1])
    assert [hit.id for hit in store.search(same[None], 4, ALL)[0]] == ["00", "01", "02", "03"]


def test_filters_work_inside_the_search(store: Store) -> None:
    entries = crowd(300)
    store.add(entries)
    query = unit(np.random.default_rng(6), WIDTH)
    noon = datetime(2026, 3, 28, 12, tzinfo=ZONES[1])
    filters = [
        Filter(cameras=("gate",)),
        Filter(cameras=("gate", "O'Hara's", "never seen")),
        Filter(sources=("x' OR '1'='1",)),
        Filter(after=noon),
        Filter(before=noon),
        Filter(after=noon - timedelta(hours=3), before=noon),
        Filter(from_time=time(8), to_time=time(17, 30)),
        Filter(from_time=time(22), to_time=time(5)),
        Filter(from_time=time(20)),
        Filter(to_time=time(0, 30)),
        Filter(min_height_px=180),
        Filter(cameras=("", "gate"), after=noon, min_height_px=50, from_time=time(6)),
    ]
    for keep in filters:
        assert found(store, query, 7, keep) == truth(entries, query, 7, keep), keep


TIMES = st.none() | st.times()
MOMENTS = st.none() | st.datetimes(
    datetime(2026, 3, 26), datetime(2026, 3, 31), timezones=st.sampled_from(ZONES)
)
FILTERS = st.builds(
    Filter,
    cameras=st.lists(st.sampled_from(HOSTILE), max_size=4).map(tuple),
    sources=st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), max_size=20).map(tuple),
    after=MOMENTS, before=MOMENTS, from_time=TIMES, to_time=TIMES, min_height_px=st.sampled_from([0, 0, 60, 150]),
)  # fmt: skip


def test_any_filter_passes_what_its_naive_twin_passes(store: Store) -> None:
    entries = crowd(200)
    store.add(entries)
    query = unit(np.random.default_rng(7), WIDTH)

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(FILTERS)
    def check(keep: Filter) -> None:
        assert found(store, query, 200, keep) == truth(entries, query, 200, keep)

    check()


def test_nothing_is_lost(place: str) -> None:
    entries = crowd(40)
    entries += [
        entry("long", 50, track=tuple((number / 7, Box(1.5, 2.5, 3.1, number)) for number in range(20_000))),
        entry("crop", 51, track=(), readings=np.zeros((3, 0), np.float16)),
        entry("many", 52, readings=np.random.default_rng(0).standard_normal((3, 20_000)).astype(np.float16)),
        entry("early", 53, start=datetime(1, 1, 3, 0, 0, 0, 1, tzinfo=ZONES[3]), end=datetime(9999, 12, 29, tzinfo=UTC)),
        entry("micro", 54, start=datetime(2026, 10, 25, 2, 30, 0, 123457, tzinfo=ZONES[2])),
    ]  # fmt: skip
    with closing(open_store(place, WIDTH)) as store:
        store.add(entries)
    with closing(open_store(place, WIDTH)) as store:
        assert store.ids() == sorted(one.id for one in entries)
        assert len(store) == len(entries)
        by_id = {one.id: one for one in entries}
        parts = list(store.entries(at_once=17))
        assert [len(part) for part in parts] == [17, 17, 11]
        for part in parts:
            for one in part:
                assert_same(one, by_id[one.id])
        query = entries[0].vector
        assert found(store, query, 5) == truth(entries, query, 5)


def test_whatever_the_names_nothing_is_lost(store: Store) -> None:
    entries = [entry(f"{name[:100]}-{n}", n, camera=name, source=name) for n, name in enumerate(HOSTILE)]
    store.add(entries)
    assert store.ids() == sorted(one.id for one in entries)
    for one in entries:
        (same,) = store.get([one.id])
        assert_same(one, same)
        assert found(store, one.vector, 9, Filter(sources=(one.source,))) == [(one.id, pytest.approx(1))]
    store.remove([one.id for one in entries[::2]])
    assert store.ids() == sorted(one.id for one in entries[1::2])


def test_entries_come_in_the_order_asked_for(store: Store) -> None:
    store.add([entry(name, number) for number, name in enumerate("abcd")])
    assert [one.id for one in store.get(["c", "unknown", "a", "d"])] == ["c", "a", "d"]


def test_an_entry_takes_the_place_of_one_with_its_id(store: Store) -> None:
    old = [entry("a", 1, camera="gate"), entry("b", 2)]
    store.add(old)
    new = entry("a", 3, camera="door", track=())
    store.add([entry("a", 4), new, entry("c", 5)])
    assert store.ids() == ["a", "b", "c"]
    assert_same(store.get(["a"])[0], new)
    assert found(store, new.vector, 1) == [("a", pytest.approx(1))]
    assert [hit[0] for hit in found(store, new.vector, 5)].count("a") == 1
    assert found(store, new.vector, 5, Filter(cameras=("gate",))) == []
    assert found(store, new.vector, 5, Filter(cameras=("door",))) == [("a", pytest.approx(1))]


def test_what_is_removed_is_found_no_more(place: str) -> None:
    entries = crowd(60)
    with closing(open_store(place, WIDTH)) as store:
        store.add(entries)
        query = unit(np.random.default_rng(8), WIDTH)
        best = [name for name, _ in found(store, query, 5)]
        store.remove([*best, "unknown"])
        left = [one for one in entries if one.id not in best]
        assert found(store, query, 10) == truth(left, query, 10)
        assert (store.get(best), len(store)) == ([], 55)
        store.compact()
        assert found(store, query, 10) == truth(left, query, 10)
    with closing(open_store(place, WIDTH)) as store:
        assert found(store, query, 10) == truth(left, query, 10)
        store.add([one for one in entries if one.id in best])
        assert found(store, query, 10) == truth(entries, query, 10)


def test_another_that_has_it_open_sees_what_is_written(place: str) -> None:
    entries = crowd(30)
    query = unit(np.random.default_rng(8), WIDTH)
    with closing(open_store(place, WIDTH)) as writer, closing(open_store(place, WIDTH)) as reader:
        assert reader.search(query[None], 5, ALL) == [[]]
        writer.add(entries[:20])
        assert len(reader) == 20
        assert found(reader, query, 9) == truth(entries[:20], query, 9)
        writer.compact()
        assert found(reader, query, 9) == truth(entries[:20], query, 9)
        writer.add([*entries[20:], replace(entries[0], vector=query / np.linalg.norm(query))])
        assert len(reader) == 30
        assert reader.search(query[None], 1, ALL)[0][0].id == entries[0].id
        writer.remove([entries[0].id])
        assert len(reader) == 29
        assert found(reader, query, 9) == truth(entries[1:], query, 9)


def test_vectors_of_another_width_are_refused(store: Store) -> None:
    text = "a vector of 17 features in an index of 16; accepted: vectors of 16 features; what to do: use the matcher"
    with pytest.raises(IndexingError, match=text):
        store.add([entry("a"), entry("b", vector=np.zeros(17, np.float32))])
    with pytest.raises(IndexingError, match=text):
        store.search(np.zeros((1, 17), np.float32), 5, ALL)
    assert len(store) == 0


def test_a_store_of_another_width_is_refused(place: str, store: Store) -> None:
    assert store.width == WIDTH
    with pytest.raises(IndexingError, match="a vector of 24 features in an index of 16"):
        open_store(place, 24)


def test_what_is_no_number_is_refused(store: Store) -> None:
    with pytest.raises(
        IndexingError, match="a vector that is not finite; accepted: numbers; what to do: check"
    ):
        store.add([entry("a", vector=np.full(WIDTH, np.nan, np.float32))])
    with pytest.raises(
        IndexingError, match=re.escape("the time 2026-01-01 00:00:00 has no time zone; accepted")
    ):
        store.add([entry("a", start=datetime(2026, 1, 1))])
    assert store.ids() == []


def test_tidied_after_each_addition_it_finds_all(place: str) -> None:
    entries = crowd(120)
    query = unit(np.random.default_rng(8), WIDTH)
    with closing(open_store(place, WIDTH)) as store, closing(open_store(place, WIDTH)) as reader:
        for first, end in ((0, 100), (100, 101), (101, 119), (119, 120)):
            store.add(entries[first:end])
            store.tidy()
            assert found(reader, query, 20) == found(store, query, 20) == truth(entries[:end], query, 20)
            assert store.ids() == reader.ids() == sorted(one.id for one in entries[:end])
            assert (store.check().damages, store.check().ids) == ([], set(store.ids()))
        moved = replace(entries[1], camera="moved")
        store.remove([entries[0].id])
        store.add([moved])
        store.tidy()
        assert found(reader, query, 20) == truth(entries[1:], query, 20)
        for one in (moved, *entries[2:]):
            assert_same(store.get([one.id])[0], one)


def test_all_that_is_kept_is_checked(store: Store) -> None:
    assert (store.check().ids, store.check().damages, store.check().complete) == (set(), [], True)
    entries = [entry(f"{name[:100]}-{n}", n, camera=name, source=name) for n, name in enumerate(HOSTILE)]
    entries += [
        entry("long", 50, track=tuple((number / 7, Box(1.5, 2.5, 3.1, number)) for number in range(20_000))),
        entry("micro", 54, start=datetime(2026, 10, 25, 2, 30, 0, 123457, tzinfo=ZONES[2])),
    ]
    store.add(entries[:-1])
    for change in (
        store.compact,
        lambda: store.add([entries[-1], replace(entries[0], camera="moved")]),
        lambda: store.remove([entries[1].id]),
        store.compact,
    ):
        change()
        checkup = store.check()
        assert (checkup.ids, checkup.damages, checkup.complete) == (set(store.ids()), [], True)


def test_what_is_wrong_with_an_entry_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add([entry(name, number) for number, name in enumerate("abc")])
    store.add([entry("twice", vector=2 * entry("").vector)])
    with monkeypatch.context() as patch:
        patch.setattr(rows, "seal", lambda *_: b"1234")
        store.add([entry("seal")])
    with monkeypatch.context() as patch:
        for module in (exact, lance_rows, milvus):
            patch.setattr(module, "pack", lambda one: pack(one)[:-500])
        store.add([entry("short")])
    with monkeypatch.context() as patch:
        for module in (exact, lance_rows, milvus):
            patch.setattr(module, "pack", lambda one: pack(replace(one, id="other")))
        store.add([entry("named")])
    with monkeypatch.context() as patch:
        for module in (exact, lance_rows, milvus):
            patch.setattr(module, "pack", lambda one: pack(replace(one, camera="door")))
        store.add([entry("where")])
    checkup = store.check()
    told = {damage.id: damage.what for damage in checkup.damages}
    assert told.pop("short").startswith("a damaged entry: ")
    assert told == {
        "twice": "its vector is 2 long, not 1",
        "seal": "its checksum does not fit",
        "named": "by its content it is other",
        "where": "its camera, source, times or height are not those that filters compare",
    }
    assert checkup.complete
    assert checkup.ids == set(store.ids())


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from test_stores import WIDTH, entry
from reidtalk.index.stores import open_store
store = open_store(sys.argv[1], WIDTH)
for batch in range(10**6):
    store.add([entry(f"{batch:06d}-{number}", batch * 20 + number) for number in range(20)])
    print(batch, flush=True)
"""


def test_killed_while_adding_it_keeps_whole_additions(place: str) -> None:
    """Killed at a moment the test does not choose."""
    command = [sys.executable, "-c", WRITER, place, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [int(next(writer.stdout)) for _ in range(5)]
        writer.kill()
        said += [int(line) for line in writer.stdout]
    with closing(open_store(place, WIDTH)) as store:
        kept = store.ids()
        batches = {name.split("-")[0] for name in kept}
        assert batches >= {f"{batch:06d}" for batch in said}
        assert len(batches) <= len(said) + 1
        assert kept == sorted(f"{batch}-{number}" for batch in batches for number in range(20))
        query = entry("", 3).vector
        assert found(store, query, 1) == [("000000-3", pytest.approx(1))]
        store.add([entry("after")])
        assert len(store) == len(kept) + 1


def test_moving_to_any_other_store_loses_nothing(store: Store, tmp_path: Path) -> None:
    entries = crowd(50)
    with closing(open_store(f"exact:{tmp_path / 'from'}", WIDTH)) as old:
        old.add(entries)
        for some in old.entries(at_once=20):
            store.add(some)
        assert store.ids() == old.ids()
        for here, there in zip(store.entries(), old.entries(), strict=True):
            for one, other in zip(here, there, strict=True):
                assert_same(one, other)
