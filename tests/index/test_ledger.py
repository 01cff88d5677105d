"""The ledger: what was taken in, whole or not at all."""

from pathlib import Path

import pytest

from reidtalk.errors import IndexingError
from reidtalk.index.ledger import Kept, Ledger, Taken


def taken(path: str, digest: str = "d", fault: str = "") -> Taken:
    return Taken(path=path, hash=digest, size=3, mtime_ns=4, settings="{}", fault=fault)


def test_what_was_put_is_there_after_reopening(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with ledger.whole():
        ledger.put(
            taken("b.mp4"), [Kept(id="2", thumbnails={"t/2": "c2"}), Kept(id="1", thumbnails={"t/1": "c1"})]
        )
        ledger.put(taken("a.jpg", fault="dark"), [])
    ledger.close()
    ledger = Ledger(tmp_path)
    assert [(one.path, one.fault, people) for one, people in ledger.sources()] == [
        ("a.jpg", "dark", 0),
        ("b.mp4", "", 2),
    ]
    assert ledger.ids("b.mp4") == ["1", "2"]
    assert ledger.all_ids() == {"1", "2"}
    assert list(ledger.thumbnails()) == [("t/1", "1", "c1"), ("t/2", "2", "c2")]
    assert list(ledger.thumbnails(["2"])) == [("t/2", "2", "c2")]
    assert ledger.taken("c") is None


def test_putting_again_replaces_and_extending_adds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with ledger.whole():
        ledger.put(taken("a"), [Kept(id="old", thumbnails={"t/old": "c"})])
    with ledger.whole():
        ledger.put(taken("a", "new"), [Kept(id="new", thumbnails={})])
    assert ledger.ids("a") == ["new"]
    assert list(ledger.thumbnails()) == []
    assert ledger.taken("a").hash == "new"
    with ledger.whole():
        ledger.extend("a", [Kept(id="more", thumbnails={})])
    assert ledger.ids("a") == ["more", "new"]
    with ledger.whole():
        ledger.drop("a")
    assert ledger.all_ids() == set()


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)

    def fail() -> None:
        with ledger.whole():
            ledger.put(taken("a"), [Kept(id="1", thumbnails={})])
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail()
    assert ledger.all_ids() == set()
    assert ledger.taken("a") is None


def test_a_writer_that_was_killed_is_known(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert not ledger.unclean
    ledger.begin()
    ledger.close()
    ledger = Ledger(tmp_path)
    assert ledger.unclean
    ledger.end()
    assert not ledger.unclean


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no data base, and longer than a header of one" * 40)
    with pytest.raises(IndexingError, match=r"ledger\.sqlite cannot be read: file is not a database"):
        Ledger(tmp_path)
