"""The quick look finds what comparing with each in full finds."""

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_rows import some_entry

from reidtalk.index import lance
from reidtalk.index import scan as scanning
from reidtalk.index.comparison import Comparison
from reidtalk.index.filters import Filter
from reidtalk.index.memory import Memory
from reidtalk.index.rows import Columns, Facts, name_key
from reidtalk.index.scan import (
    Rows,
    Scan,
    checksum_of,
    extend_scan,
    open_scan,
    scanned_rows,
    write_scan,
)
from reidtalk.index.stores import open_store

WIDTH, COUNT = 128, 6000
CAMERAS = ["gate", "door", "rare"]


def rows(count: int = COUNT, seed: int = 0) -> Memory:
    """Rows that differ in some directions more than in others, as those of pictures do."""
    generator = np.random.default_rng(seed)
    spread = np.exp(-np.arange(WIDTH) / 20)
    vectors = generator.standard_normal((count, WIDTH)) * spread + 0.3 * spread
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cameras = generator.choice(3, count, p=[0.5, 0.499, 0.001])
    facts = [Facts(name_key(CAMERAS[camera]), 0, 0, 0, 0, n) for n, camera in enumerate(cameras)]
    return Memory([f"{n:05d}ü" for n in range(count)], vectors.astype(np.float32), Columns.of(facts))


def queries(count: int = 20) -> Any:
    vectors = np.random.default_rng(9).standard_normal((count, WIDTH)) * np.exp(-np.arange(WIDTH) / 20)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def parts(memory: Memory, size: int = 1000) -> list[Rows]:
    count = len(memory.ids)
    marks = [(np.arange(count) // size) == part for part in range(-(-count // size))]
    return [Rows(np.flatnonzero(mark) + 100, memory.only(mark)) for mark in marks]


def written(folder: Path, memory: Memory) -> Scan:
    assert write_scan(folder, WIDTH, len(memory.ids), parts(memory), {"1"}) == len(memory.ids)
    scan = open_scan(folder)
    assert scan is not None
    return scan


@pytest.fixture(scope="module")
def memory() -> Memory:
    return rows()


@pytest.fixture(scope="module")
def scan(memory: Memory, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "CODED_FROM", 1000)
        patch.setattr(scanning, "CANDIDATES", 100)
        yield written(tmp_path_factory.mktemp("scan"), memory)


@pytest.mark.parametrize(
    "keep",
    [
        Filter(),
        Filter(cameras=("gate",)),
        Filter(cameras=("rare",)),
        Filter(min_height_px=5990),
        Filter(cameras=("?",)),
    ],
)
def test_it_finds_what_comparing_with_each_finds(scan: Scan, memory: Memory, keep: Filter) -> None:
    assert scan.coded
    for one, two in zip(
        scan.search(queries(), 10, keep, None), memory.search(queries(), 10, keep), strict=True
    ):
        assert len(one) == len(two)
        assert len({hit.id for hit in one} & {hit.id for hit in two}) >= len(two) - 1
        for hit, other in zip(one, two, strict=True):
            assert hit.score == pytest.approx(other.score, abs=2e-3)


def test_recall_at_ten_is_nearly_whole(scan: Scan, memory: Memory) -> None:
    found = scan.search(queries(100), 10, Filter(), None), memory.search(queries(100), 10, Filter())
    same = [len({a.id for a in one} & {b.id for b in two}) for one, two in zip(*found, strict=True)]
    assert sum(same) / len(same) >= 9.9


def test_what_is_gone_is_not_found(scan: Scan, memory: Memory) -> None:
    best = scan.search(queries(1), 5, Filter(), None)[0]
    alive = np.array([name not in {hit.id for hit in best} for name in memory.ids])
    left = memory.only(alive).search(queries(1), 5, Filter())[0]
    assert [hit.id for hit in scan.search(queries(1), 5, Filter(), alive)[0]] == [hit.id for hit in left]
    assert scan.search(queries(1), 5, Filter(), np.zeros(COUNT, bool)) == [[]]


def test_asked_for_more_than_there_is_it_gives_all(scan: Scan) -> None:
    assert len(scan.search(queries(1), 2 * COUNT, Filter(), None)[0]) == COUNT
    assert len(scan.search(queries(1), COUNT - 100, Filter(), None)[0]) == COUNT - 100


def cut(memory: Memory, first: int, end: int) -> Rows:
    mark = (np.arange(len(memory.ids)) >= first) & (np.arange(len(memory.ids)) < end)
    return Rows(np.arange(first, end) + 100, memory.only(mark))


@pytest.mark.parametrize("coded", [True, False])
def test_rows_that_are_added_are_found_as_if_they_had_been_there(
    tmp_path: Path, memory: Memory, coded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "CODED_FROM", 1000 if coded else 10**6)
    monkeypatch.setattr(scanning, "CANDIDATES", 100)
    first = COUNT - 300
    write_scan(tmp_path, WIDTH, first, [cut(memory, 0, first)], {"1"})
    scan = open_scan(tmp_path)
    assert scan is not None
    for begin, end, version in ((first, first + 1, "2"), (first + 1, COUNT, "3")):
        before = open_scan(tmp_path)
        assert before is not None
        found = before.search(queries(3), 10, Filter(), None)
        assert extend_scan(tmp_path, before, [cut(memory, begin, end)], {version})
        assert before.search(queries(3), 10, Filter(), None) == found
        scan = open_scan(tmp_path, before)
        assert scan is not None
        assert (len(scan), scan.versions, scan.coded) == (end, {version}, coded)
        assert len(list(tmp_path.glob("scan-*"))) == 1
    assert (list(scan.ids), scan.serials.tolist()) == (memory.ids, list(range(100, 100 + COUNT)))
    for one, other in zip(scan.columns, memory.columns, strict=True):
        np.testing.assert_array_equal(one, other)
    newest = memory.vectors[-300:]
    for looked, compared in zip(
        scan.search(newest, 5, Filter(), None), memory.search(newest, 5, Filter()), strict=True
    ):
        assert looked[0].id == compared[0].id
        assert len({hit.id for hit in looked} & {hit.id for hit in compared}) >= 4
    comparison = Comparison(scan)
    for part in parts(memory):
        comparison.take(part)
    assert comparison.fault(whole=True) == ""
    for name, (size, checksum) in scan.files.items():
        assert (size, checksum_of(scan.folder / name, 0, size)) == (
            (scan.folder / name).stat().st_size,
            checksum,
        )


def test_a_scan_is_searched_on_when_a_newer_one_has_taken_its_place(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "CODED_FROM", 1000)
    monkeypatch.setattr(scanning, "CANDIDATES", 100)
    before, same = written(tmp_path, memory), open_scan(tmp_path)
    assert same is not None
    found = same.search(queries(3), 10, Filter(), None)
    assert extend_scan(tmp_path, before, [Rows(np.arange(9000, 9001), rows(1, 1))], {"2"})
    assert not before.folder.exists()
    assert before.search(queries(3), 10, Filter(), None) == found


def test_a_scan_on_which_somebody_was_killed_is_written_anew(tmp_path: Path) -> None:
    scan, more = written(tmp_path, rows(100)), [Rows(np.arange(900, 901), rows(1, 1))]
    vectors = scan.folder / "vectors"
    (tmp_path / "scan-other").mkdir()
    (tmp_path / "scan-other" / "vectors").hardlink_to(vectors)
    assert not extend_scan(tmp_path, scan, more, {"2"})
    shutil.rmtree(tmp_path / "scan-other")
    with vectors.open("ab") as file:
        file.write(b"half")
    assert not extend_scan(tmp_path, scan, more, {"2"})
    same = open_scan(tmp_path)
    assert same is not None
    assert same.search(queries(3), 5, Filter(), None) == rows(100).search(queries(3), 5, Filter())


def test_a_scan_that_grew_much_is_written_anew(tmp_path: Path) -> None:
    scan = written(tmp_path, rows(100))
    assert not extend_scan(tmp_path, scan, [Rows(np.arange(900, 911), rows(11, 1))], {"2"})
    assert extend_scan(tmp_path, scan, [Rows(np.arange(900, 910), rows(10, 1))], {"2"})


def test_a_scan_says_where_it_differs_from_its_rows(tmp_path: Path) -> None:
    memory, others = rows(30), rows(30, 1)
    scan = written(tmp_path, memory)

    def fault(some: Memory, first: int = 100, whole: bool = True) -> str:
        comparison = Comparison(scan)
        comparison.take(Rows(np.arange(first, first + len(some.ids)), some))
        return comparison.fault(whole)

    fewer = memory.only(np.arange(30) < 20)
    assert fault(memory) == ""
    assert fault(replace(memory, vectors=others.vectors)) == "30 of its 30 rows are not as the data"
    assert fault(replace(memory, ids=[*memory.ids[:-1], "x"])) == "1 of its 30 rows are not as the data"
    assert fault(replace(memory, columns=others.columns), whole=False)
    assert fault(fewer) == "10 of its 30 rows are not as the data"
    assert fault(fewer, whole=False) == ""
    assert fault(memory, 500) == "30 of its 30 rows are not as the data"


def test_few_rows_are_all_compared(tmp_path: Path) -> None:
    few = rows(50)
    scan = written(tmp_path, few)
    assert not scan.coded
    assert scan.search(queries(), 7, Filter(), None) == few.search(queries(), 7, Filter())
    assert scan.serials.tolist() == list(range(100, 150))


def test_no_rows_at_all(tmp_path: Path) -> None:
    scan = written(tmp_path, rows(0))
    assert (len(scan), scan.search(queries(2), 5, Filter(), None)) == (0, [[], []])


def test_the_newest_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first = written(tmp_path, rows(30))
    second = written(tmp_path, rows(40))
    assert (len(second), scanned_rows(tmp_path)) == (40, 40)
    assert open_scan(tmp_path, second) is second
    assert open_scan(tmp_path, first) is not first
    assert len(list(tmp_path.glob("scan-*"))) == 1
    assert len(first.search(queries(1), 5, Filter(), None)[0]) == 5


@pytest.mark.parametrize(("fact", "value"), [("rows", 1000), ("width", 120), ("files", None)])
def test_facts_that_do_not_fit_the_files_are_as_none(tmp_path: Path, fact: str, value: Any) -> None:
    scan = written(tmp_path, rows(1001))
    (scan.folder / "facts.json").write_text(json.dumps(scan.facts | {fact: value}))
    assert open_scan(tmp_path) is None


@pytest.mark.parametrize("name", ["basis.npy", "coding.npy", "codes", "camera", "ids_ends"])
def test_a_file_that_is_empty_is_as_none(
    tmp_path: Path, memory: Memory, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "CODED_FROM", 1000)
    scan = written(tmp_path, memory)
    (scan.folder / name).write_bytes(b"")
    scan.facts["files"][name] = (0, 0)
    (scan.folder / "facts.json").write_text(json.dumps(scan.facts))
    assert open_scan(tmp_path) is None


def test_rows_that_are_all_the_same_get_a_quick_look(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "CODED_FROM", 1000)
    same = replace(memory, vectors=np.repeat(memory.vectors[:1], COUNT, 0))
    scan = written(tmp_path, same)
    assert scan.coded
    (hits,) = scan.search(same.vectors[:1], 3, Filter(), None)
    assert [hit.score for hit in hits] == pytest.approx([1] * 3, abs=1e-3)


def test_damaged_names_do_not_keep_others_from_being_found(tmp_path: Path) -> None:
    few = rows(3)
    scan = written(tmp_path, few)
    data = bytearray((scan.folder / "ids").read_bytes())
    data[1] ^= 128
    (scan.folder / "ids").write_bytes(data)
    found = [hit.id for hit in scan.search(queries(1), 3, Filter(), None)[0]]
    assert set(found) == {data[: len("00000ü".encode())].hex(), "00001ü", "00002ü"}


def test_damaged_files_are_as_none(tmp_path: Path) -> None:
    assert (open_scan(tmp_path), scanned_rows(tmp_path)) == (None, 0)
    scan = written(tmp_path, rows(30))
    (scan.folder / "vectors").write_bytes(b"half")
    assert open_scan(tmp_path) is None
    (tmp_path / "scan.json").write_text("{")
    assert (open_scan(tmp_path), scanned_rows(tmp_path)) == (None, 0)


@pytest.mark.parametrize("count", [100, 300])
def test_a_store_tidied_after_a_small_addition_writes_only_what_is_new(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few rows with their details, and rows that get a quick look."""
    for module in (scanning, lance):
        monkeypatch.setattr(module, "CODED_FROM", 200)
    monkeypatch.setattr(scanning, "CANDIDATES", 50)
    vectors = rows(count + 2).vectors

    def files() -> dict[str, tuple[int, bytes]]:
        (folder,) = tmp_path.glob("scan-*")
        return {file.name: (file.stat().st_ino, file.read_bytes()) for file in folder.iterdir()}

    with closing(open_store(tmp_path, WIDTH)) as store:
        store.add([some_entry(f"{number:03d}", vectors[number]) for number in range(count)])
        store.tidy()
        for number in (count, count + 1):
            before = files()
            store.add([some_entry(f"{number:03d}", vectors[number])])
            store.tidy()
            after = files()
            assert after.keys() == before.keys() >= {"vectors", "camera", "height_px", "serials"}
            assert ("codes" in after) == (count > 200)
            for name in after.keys() - {"facts.json"}:  # the very same files, written on
                assert after[name][0] == before[name][0], name
                assert after[name][1].startswith(before[name][1]), name
            assert len(after["vectors"][1]) > len(before["vectors"][1])
            (hit,) = store.search(vectors[number][None], 1, Filter())[0]
            assert hit.id == f"{number:03d}"
