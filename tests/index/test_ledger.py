"""The ledger: what was taken in, whole or not at all."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reidtalk.errors import IndexingError
from reidtalk.index import database
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


OLD = """
create table sources (
    path text primary key, hash text not null, size integer not null, mtime_ns integer not null,
    settings text not null, fault text not null);
create table entries (id text primary key, path text not null);
insert into sources values ('a.mp4', 'd', 3, 4, '{}', 'dark');
insert into entries values ('1', 'a.mp4');
"""
"""A ledger of before videos were taken in in parts."""


def test_how_far_a_video_was_seen_is_known(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    part = replace(taken("a.mp4"), reached_seconds=5000.25, length_seconds=86400.0)
    with ledger.whole():
        ledger.put(part, [Kept(id="1", thumbnails={})])
    ledger.close()
    ledger = Ledger(tmp_path)
    assert ledger.sources() == [(part, 1)]
    assert ledger.taken("a.mp4") == part
    assert part.note == "seen up to 01:23:20 of 24:00:00"
    assert replace(part, length_seconds=None, fault="dark").note == "seen up to 01:23:20; dark"
    with ledger.whole():
        ledger.renew(taken("a.mp4", fault="dark"))
        ledger.extend("a.mp4", [Kept(id="2", thumbnails={})])
    (now, people), *_ = ledger.sources()
    assert (now.finished, now.note, people) == (True, "dark", 2)


def test_an_older_ledger_is_read_and_gets_what_it_lacks_once_somebody_writes(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base:
        base.executescript(OLD)
    searching, writing = Ledger(tmp_path), Ledger(tmp_path)
    old = taken("a.mp4", fault="dark")
    assert not searching.knows_parts
    assert searching.sources() == [(old, 1)]
    assert searching.taken("a.mp4") == old
    writing.begin()
    part = replace(taken("b.mp4"), reached_seconds=300.0)
    with writing.whole():
        writing.put(part, [])
    writing.end()
    assert writing.sources() == [(old, 1), (part, 0)]
    assert searching.taken("a.mp4") == old  # it was opened before
    searching.begin()
    assert searching.taken("b.mp4") == part


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"no data base, and longer than a header of one" * 40)
    with pytest.raises(IndexingError, match=r"ledger\.sqlite cannot be read: file is not a database"):
        Ledger(tmp_path)


def test_on_a_read_only_medium_what_was_written_last_is_never_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    ledger = Ledger(tmp_path / "one")
    with ledger.whole():
        ledger.put(taken("a"), [Kept(id="1", thumbnails={})])
    shutil.copytree(tmp_path / "one", tmp_path / "copy")  # the last writes are in a file of their own
    ledger.close()
    monkeypatch.setattr(database, "read_only", lambda _: True)
    assert not database.unchanging(tmp_path / "copy" / "ledger.sqlite")
    assert Ledger(tmp_path / "copy").all_ids() == {"1"}
    assert database.unchanging(tmp_path / "one" / "ledger.sqlite")
    assert Ledger(tmp_path / "one").all_ids() == {"1"}


def test_names_that_are_no_unicode_are_kept(tmp_path: Path) -> None:
    ledger, odd = Ledger(tmp_path), "caf\udce9.mp4"
    with ledger.whole():
        ledger.put(taken(odd, fault=f"{odd}: dark"), [Kept(id="1", thumbnails={"t/1": "c"})])
        ledger.put(taken("caf\u00e9.mp4"), [Kept(id="2", thumbnails={})])
    ledger.close()
    ledger = Ledger(tmp_path)
    assert ledger.taken(odd) == taken(odd, fault=f"{odd}: dark")
    assert {(one.path, people) for one, people in ledger.sources()} == {(odd, 1), ("caf\u00e9.mp4", 1)}
    assert (ledger.ids(odd), ledger.paths(["1"])) == (["1"], {odd})
    with ledger.whole():
        ledger.renew(taken(odd))
        ledger.extend(odd, [Kept(id="3", thumbnails={})])
    assert (ledger.taken(odd), ledger.ids(odd)) == (taken(odd), ["1", "3"])
    with ledger.whole():
        ledger.drop(odd)
    assert (ledger.all_ids(), ledger.thumbnails()) == ({"2"}, [])
