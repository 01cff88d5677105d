"""index-verify while others write: no false alarm, and what is really wrong is told."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn_pictures import write_people
from PIL import Image

from reidtalk.errors import IndexingError, WriteError
from reidtalk.index import database, verifying
from reidtalk.index import index as opening
from reidtalk.index.damage import Checkup
from reidtalk.index.index import Index
from reidtalk.index.indexing import index_people
from reidtalk.index.ledger import Kept
from reidtalk.index_config import IndexConfig


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("people"), 5)


@pytest.fixture(scope="module", params=["exact", "lance"])
def whole(request: pytest.FixtureRequest, people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of each kind."""
    folder = tmp_path_factory.mktemp(request.param) / "index"
    index_people(IndexConfig(sources=[str(people)], to=folder, device="cpu", store=request.param))
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """One that may be changed."""
    return Path(shutil.copytree(whole, tmp_path / "index"))


def verified(folder: Path, before: Callable[[Index], None], after: Callable[[Index], None]) -> list[str]:
    """What is told of an index in which another writer does something just before, and just after, entries are read."""
    with Index.open(folder, device="cpu") as reader, Index.open(folder, device="cpu") as writer:
        read = reader.store.check

        def check() -> Checkup:
            before(writer)
            checkup = read()
            after(writer)
            return checkup

        reader.store.check = check  # type: ignore[method-assign]
        return reader.verify()


def nothing(_: Index) -> None:
    pass


def added(people: Path) -> Callable[[Index], None]:
    def add(index: Index) -> None:
        picture = Image.open(people / "0.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        picture.save(index.folder.parent / "new.png")
        index.add(index.folder.parent / "new.png")

    return add


def removed(index: Index) -> None:
    index.remove(["1.png"])


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_others_add_and_remove_meanwhile_is_no_fault(folder: Path, people: Path, when: str) -> None:
    for change in (removed, added(people)):
        assert verified(folder, *((change, nothing) if when == "before" else (nothing, change))) == []


def test_entries_on_their_way_into_the_ledger_are_no_fault(folder: Path) -> None:
    with Index.open(folder, device="cpu") as writer:
        (entry, *_) = writer.store.get(writer.store.ids())
        source, thumbnails = entry.source, writer.ledger.thumbnails([entry.id])
        with writer.writing():
            with writer.ledger.whole():
                writer.ledger.drop(source)
            with Index.open(folder, device="cpu") as reader:
                assert reader.verify() == []
            with writer.ledger.whole():
                writer.ledger.extend(
                    source, [Kept(id=entry.id, thumbnails={file: sum_ for file, _, sum_ in thumbnails})]
                )
        assert writer.verify() == []


def test_what_is_really_wrong_is_told_while_another_writes(folder: Path) -> None:
    with Index.open(folder, device="cpu") as writer, writer.writing():
        lost, other, *_ = writer.store.ids()
        writer.store.remove([lost])
        ((file, _, _),) = writer.ledger.thumbnails([other])
        (folder / file).unlink()
        with Index.open(folder, device="cpu") as reader:
            assert [told.split("; ")[0] for told in reader.verify()] == [
                f"missing: {file} {source(reader, other)}",
                f"lost from the store: {lost} {source(reader, lost)}",
            ]


def source(index: Index, name: str) -> str:
    (path,) = index.ledger.paths([name])
    return f"of {path}"


def test_what_a_killed_writer_left_is_told(folder: Path) -> None:
    with Index.open(folder, device="cpu") as killed:
        killed.ledger.begin()
        (left, *_) = killed.store.ids()
        with killed.ledger.whole():
            for path in killed.ledger.paths([left]):
                killed.ledger.drop(path)
    with Index.open(folder, device="cpu") as index:
        assert index.verify() == [f"of no source: {left}; what to do: reidtalk index-compact"]
        index.compact()
        assert index.verify() == []


def test_an_index_that_is_moved_meanwhile_is_not_called_damaged(folder: Path) -> None:
    other = "lance" if (folder / "exact").exists() else "exact"
    with pytest.raises(
        IndexingError, match=rf"index was moved to {other} meanwhile; .*what to do: verify it again"
    ):
        verified(folder, lambda writer: writer.move(other), nothing)
    assert verified(folder, nothing, nothing) == []


def test_an_index_on_a_read_only_medium_is_verified_and_searched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(database, "read_only", lambda _: True)
    for module in (opening, verifying):
        monkeypatch.setattr(module, "FileLock", refused)
    files = set(folder.rglob("*"))
    with Index.open(folder, device="cpu") as index:
        assert index.verify() == []
        assert index.search("a man")
        assert set(folder.rglob("*")) == files  # SQLite has laid nothing beside them
        with pytest.raises(WriteError, match=r"cannot write .*index: Read-only file system; accepted"):
            index.compact()
        with pytest.raises(WriteError, match=r"cannot write .*ledger\.sqlite: attempt to write a readonly"):
            index.ledger.begin()


def test_a_stray_on_a_read_only_medium_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(reason, "refused")

    with Index.open(folder, device="cpu") as index:
        (left, *_) = index.store.ids()
        with index.ledger.whole():
            for path in index.ledger.paths([left]):
                index.ledger.drop(path)
        monkeypatch.setattr(verifying, "FileLock", refused)
        reason = errno.EACCES  # another user's: who may write now
        assert index.verify() == []
        reason = errno.EROFS
        assert index.verify() == [f"of no source: {left}; what to do: reidtalk index-compact"]
