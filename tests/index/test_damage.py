"""An index with damaged files: what is wrong is told with what to do, and what can be mended is mended."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import numpy as np
import pytest
from drawn_pictures import write_people
from test_rows import some_entry

from reidtalk.cli import main
from reidtalk.errors import IndexingError
from reidtalk.index import lance
from reidtalk.index.comparison import Comparison
from reidtalk.index.damage import COMPACT
from reidtalk.index.filters import Filter
from reidtalk.index.index import Index
from reidtalk.index.indexing import index_people
from reidtalk.index.scan import open_scan
from reidtalk.index.stores import open_store
from reidtalk.index_config import IndexConfig
from reidtalk.progress import counted

PEOPLE = 6


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("people"), PEOPLE)


@pytest.fixture(scope="module", params=["exact", "lance"])
def whole(request: pytest.FixtureRequest, people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of each kind."""
    folder = tmp_path_factory.mktemp(request.param) / "index"
    index_people(IndexConfig(sources=[str(people)], to=folder, device="cpu", store=request.param))
    return folder


@pytest.fixture
def index(whole: Path, tmp_path: Path) -> Path:
    """One that may be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "index"))


def table_file(index: Path) -> Path:
    """Where the entries are."""
    if (index / "exact").exists():
        with sqlite3.connect(index / "exact" / "entries.sqlite") as base:
            base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.close()
        return index / "exact" / "entries.sqlite"
    (file,) = (index / "lance" / "entries.lance" / "data").iterdir()
    return file


def flipped(file: Path, at: int, bit: int = 0) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1 << bit
    file.write_bytes(data)


def verified(index: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What index-verify says of a damaged index: every line but the last says what to do."""
    assert main(["index-verify", str(index)]) == 1
    told = capsys.readouterr()
    if told.err:
        assert told.err.count("\n") == 1
        assert "what to do: " in told.err
        return [told.err]
    *faults, end = told.out.splitlines()
    assert end == f"{counted(len(faults), 'fault')} among {PEOPLE} appearances"
    assert all("; what to do: " in fault for fault in faults), faults
    return faults


def test_a_single_bit_of_an_entry_is_missed(
    index: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Index.open(index, device="cpu") as opened:
        (one, *_) = next(iter(opened.store.entries()))
    file = table_file(index)
    at = file.read_bytes().index(one.vector.tobytes())
    flipped(file, at)  # the lowest bit of a number: the vector's length stays what it was
    faults = verified(index, capsys)
    assert len(faults) == 1
    expected = f"damaged: {one.id} of {one.source}: its checksum does not fit; what to do: forget its source"
    assert faults[0].startswith(expected)

    assert main(["index-remove", str(index), one.source]) == 0
    assert main(["index", str(people), "--to", str(index), "--device", "cpu"]) == 0
    assert main(["index-verify", str(index)]) == 0
    with Index.open(index, device="cpu") as opened:
        (again,) = opened.store.get([one.id])
        np.testing.assert_allclose(again.vector, one.vector, rtol=0, atol=1e-6)  # encoded without the others


@pytest.mark.parametrize("kind", ["exact", "lance"])
def test_any_bit_of_the_details_is_missed(tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    with closing(open_store(f"{kind}:{place}", 2)) as store:
        store.add([some_entry(name, np.array([0.6, 0.8], np.float32)) for name in "abc"])
        store.compact()
    file, random = table_file(tmp_path), Random(0)
    before = file.read_bytes()
    begin = before.index(b'{"format":1,"id":"b"')
    end = before.index(b'"readings":', begin)
    for at in random.sample(range(begin, end), 12):
        flipped(file, at, random.randrange(8))
        with closing(open_store(f"{kind}:{place}", 2)) as store:
            assert "b" in {damage.id for damage in store.check().damages}, at - begin
        file.write_bytes(before)
    with closing(open_store(f"{kind}:{place}", 2)) as store:
        assert store.check().damages == []


@pytest.mark.parametrize("which", ["by id", "entry"])
def test_a_damaged_id_is_told_and_mended(
    people: Path, tmp_path: Path, which: str, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "index"
    index_people(IndexConfig(sources=[str(people)], to=index, device="cpu", store="exact"))
    with Index.open(index, device="cpu") as opened:
        one = opened.store.get(opened.store.ids())[2]
        whole = opened.search("a man")
    file = table_file(index)
    data, name = file.read_bytes(), one.id.encode()
    at = data.index(name + one.vector.tobytes())
    if which == "by id":
        at = data.index(name)
        assert at < data.index(name + one.vector.tobytes())
    flipped(file, at + 1, 7)
    faults = verified(index, capsys)
    assert all(fault.endswith("anew") or "reidtalk index-compact" in fault for fault in faults)
    assert any("sqlite_autoindex_entries_1; what to do: reidtalk index-compact" in fault for fault in faults)
    shown = (name[:1] + bytes([name[1] ^ 128]) + name[2:]).hex()
    told = f"damaged: {shown} of no source: by its content it is {one.id}; what to do: reidtalk index-compact"
    assert any(fault.startswith(told) for fault in faults) == (which == "entry")
    with Index.open(index, device="cpu") as opened:
        assert {match.sighting.id for match in opened.search("a man")} >= {
            match.sighting.id for match in whole if match.sighting.id != one.id
        }

    assert main(["index-compact", str(index)]) == 0
    assert main(["index", str(people), "--to", str(index), "--device", "cpu"]) == 0
    assert main(["index-verify", str(index)]) == 0
    with Index.open(index, device="cpu") as opened:
        assert opened.search("a man") == whole


@pytest.mark.parametrize("kind", ["exact", "lance"])
def test_an_entry_that_is_another_by_its_content_is_not_given(tmp_path: Path, kind: str) -> None:
    place, vector = f"{kind}:{tmp_path / kind}", np.array([0.6, 0.8], np.float32)
    with closing(open_store(place, 2)) as store:
        store.add([some_entry(name, vector) for name in "abc"])
        store.compact()
    if kind == "exact":
        with closing(sqlite3.connect(tmp_path / "exact" / "entries.sqlite")) as base, base:
            base.execute("UPDATE entries SET id = x'78' WHERE id = x'62'")
    else:
        (file,) = tmp_path.rglob("ids")
        file.write_bytes(b"axc")
    with closing(open_store(place, 2)) as store:
        hits = [hit.id for hit in store.search(vector[None], 3, Filter())[0]]
        assert hits == ["a", "c", "x"]
        assert [one.id for one in store.get(hits)] == ["a", "c"]


def trouble(read: Callable[[], object]) -> str:
    """What is told where it cannot be read."""
    try:
        read()
    except IndexingError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("value", ["null", "7", "'text'", "x'00'"])
@pytest.mark.parametrize("column", ["vector", "details", "camera"])
def test_what_nobody_wrote_is_told_in_one_line(tmp_path: Path, column: str, value: str) -> None:
    vector = np.array([0.6, 0.8], np.float32)
    with closing(open_store(f"exact:{tmp_path}", 2)) as store:
        store.add([some_entry(name, vector) for name in "ab"])
    with closing(sqlite3.connect(tmp_path / "entries.sqlite")) as base, base:
        base.execute("PRAGMA writable_schema=ON")
        base.execute("UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'entries'")
        base.execute("PRAGMA writable_schema=RESET")
        base.execute(f"UPDATE entries SET {column} = {value} WHERE id = x'62'")
    with closing(open_store(f"exact:{tmp_path}", 2)) as store:
        for told in (
            trouble(lambda: store.search(vector[None], 2, Filter())),
            trouble(lambda: store.get(["a", "b"])),
        ):
            assert told == "" or told.endswith("reidtalk index-verify tells which, and how it is mended")
        assert [damage.id for damage in store.check().damages] == ["b"]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: -(file.stat().st_size // 3)])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def changed(file: Path) -> None:
    flipped(file, file.stat().st_size // 2)


DAMAGES = [cut, emptied, Path.unlink]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_cut_short_emptied_or_deleted_is_told(
    index: Path, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(table_file(index))
    faults = verified(index, capsys)
    lost = [fault for fault in faults if fault.startswith("lost from the store: ")]
    assert len(lost) == PEOPLE or any(
        "restore a copy" in fault or "make the index again" in fault for fault in faults
    )


@pytest.mark.parametrize("damage", [*DAMAGES, changed])
def test_damage_to_what_makes_searching_fast_is_told_and_mended(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    vector = np.array([0.6, 0.8], np.float32)
    with closing(open_store(f"lance:{tmp_path}", 2)) as store:
        store.add([some_entry(name, vector) for name in "abc"])
        store.compact()
        names = {file.name for file in tmp_path.glob("scan-*/*")}
        assert names >= {"vectors", "serials", "ids", "ids_ends", "camera", "details", "details_ends"}
        if (
            damage is changed
        ):  # in its facts a bit may make a scan an older one, which is used, but not as it is
            names -= {"facts.json"}
        for name in [*sorted(names), "scan.json"]:
            (file,) = tmp_path.rglob(name)
            damage(file)
            with closing(open_store(f"lance:{tmp_path}", 2)) as other:
                checkup = other.check()
                assert (checkup.ids, checkup.complete) == (set("abc"), True)
                assert [damage.do for damage in checkup.damages] == [COMPACT] * len(checkup.damages)
                assert checkup.damages, name
                other.compact()
                assert other.check().damages == []
                assert [hit.id for hit in other.search(vector[None], 5, Filter())[0]] == ["a", "b", "c"]


def test_index_verify_tells_it_of_what_makes_searching_fast(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "index"
    index_people(IndexConfig(sources=[str(people)], to=index, device="cpu"))
    (file,) = index.rglob("ids")
    flipped(file, 3, 6)
    for told in verified(index, capsys):
        assert told.startswith("damaged: ")
        assert "by which searching is fast" in told
        assert told.endswith("; what to do: reidtalk index-compact makes it anew")
    assert main(["index-compact", str(index)]) == 0
    assert main(["index-verify", str(index)]) == 0


def test_a_scan_that_a_writer_replaces_meanwhile_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, vector = f"lance:{tmp_path}", np.array([0.6, 0.8], np.float32)
    with closing(open_store(place, 2)) as writer, closing(open_store(place, 2)) as reader:
        writer.add([some_entry(f"{number:02d}", vector) for number in range(30)])
        writer.compact()
        writer.add([some_entry("more", vector)])
        (scan,) = tmp_path.glob("scan-*")
        really = reader.scan_rows

        def rows(*given: object, **more: object) -> Iterator[object]:
            yield from really(*given, **more)
            writer.tidy()

        monkeypatch.setattr(reader, "scan_rows", rows)
        assert reader.check().damages == []
        assert not scan.exists()


def test_a_first_scan_that_a_writer_makes_meanwhile_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, vector = f"lance:{tmp_path}", np.array([0.6, 0.8], np.float32)
    with closing(open_store(place, 2)) as writer, closing(open_store(place, 2)) as reader:
        writer.add([some_entry(name, vector) for name in "abc"])
        really = reader.scan_rows

        def rows(*given: object, **more: object) -> Iterator[object]:
            yield from really(*given, **more)
            change()

        monkeypatch.setattr(reader, "scan_rows", rows)
        change = (tmp_path / "scan-0").mkdir  # it has begun to
        assert reader.check().damages == []
        change = writer.tidy
        assert reader.check().damages == []
        assert open_scan(tmp_path)


def test_a_table_with_many_damaged_entries_is_compared_rows_by_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lance, "AT_ONCE", 10)
    compared = []
    take = Comparison.take
    monkeypatch.setattr(
        Comparison, "take", lambda self, rows, damaged: compared.append(damaged) or take(self, rows, damaged)
    )
    with closing(open_store(f"lance:{tmp_path}", 2)) as store:
        store.add(
            [some_entry(f"{number:02d}") for number in range(30)]
        )  # vectors that are not of unit length
        store.compact()
        checkup = store.check()
    assert len(checkup.damages) == 30
    assert set().union(*compared) == checkup.ids
    assert max(map(len, compared)) == 10
