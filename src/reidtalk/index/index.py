"""An index of people: one folder that a description is searched in."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from filelock import FileLock, Timeout

from reidtalk import __version__
from reidtalk.errors import CheckpointError, DataError, IndexingError
from reidtalk.files import make_folder, write_errors
from reidtalk.index.contract import Store
from reidtalk.index.filters import Filter
from reidtalk.index.folders import bytes_in, clear_away, missing_folders, named, place_of
from reidtalk.index.ledger import Ledger, Taken
from reidtalk.index.manifest import NAME, Manifest, read_manifest, weights_hash, write_manifest
from reidtalk.index.query import Query, vector_width
from reidtalk.index.stores import open_store
from reidtalk.index.thumbnails import FOLDER
from reidtalk.index_config import IndexConfig
from reidtalk.models.checkpoint import find_checkpoint, load_matcher
from reidtalk.models.contract import Matcher
from reidtalk.models.shipped import SHIPPED
from reidtalk.progress import counted
from reidtalk.types import Match

if TYPE_CHECKING:
    from reidtalk.index.intake import Report

ANY = Filter()
LOCK = "lock"
"""Whoever writes to an index holds this file of it."""


@dataclass(frozen=True, kw_only=True)
class Info:
    """What is in an index."""

    folder: Path
    manifest: Manifest
    sightings: int
    sources: int
    faulty: int
    """Sources with something wrong."""
    unfinished: tuple[str, ...]
    """Videos not seen to their end yet, each with how far; indexing them again goes on there."""
    cameras: tuple[str, ...]
    megabytes: float
    """On disk, without what a cluster holds."""

    def lines(self) -> list[str]:
        """What it says, a line each."""
        cameras = ", ".join(self.cameras) if self.cameras else "none named"
        faults = f", {self.faulty} of them with faults" if self.faulty else ""
        made = self.manifest
        return [
            f"{self.folder}: {counted(self.sightings, 'appearance')} in "
            f"{counted(self.sources, 'source')}{faults}",
            f"cameras: {cameras}",
            f"matcher: {made.matcher} (weights {made.weights[:12]}), {made.features} features",
            f"store: {made.shown_store}; {self.megabytes:.1f} MB on disk",
            *self.unfinished,
        ]


class Index:
    """An open index; use it in a `with` block or close it."""

    def __init__(self, folder: Path, manifest: Manifest, matcher: Matcher | None) -> None:
        self.folder, self.manifest, self._matcher = folder, manifest, matcher
        self.store: Store = open_store(place_of(folder, manifest.store), manifest.features)
        try:
            self.ledger = Ledger(folder)
        except BaseException:
            self.store.close()
            raise

    @classmethod
    def open(
        cls, folder: str | os.PathLike[str], model: str | os.PathLike[str] | None = None, device: str = "auto"
    ) -> "Index":
        """The index in `folder`, ready to search with the matcher that made it.

        `model` says where that matcher lies now, if it moved.

        Raises:
            IndexingError: no index there, a damaged one, or one made by another matcher.
            CheckpointError: the matcher is not there.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        try:
            checkpoint = find_checkpoint(Path(model or manifest.matcher))
        except CheckpointError as error:
            if model:
                raise
            raise CheckpointError(
                f"the matcher that made {folder} lay in {manifest.matcher}: {error.given}",
                accepted=f"that matcher, weights {manifest.weights[:12]}",
                do="if it moved, give it with --model",
            ) from None
        if weights_hash(checkpoint) != manifest.weights:
            raise IndexingError(
                f"{folder} was made with other weights than those in {checkpoint}",
                accepted=f"{manifest.matcher}, weights {manifest.weights[:12]}",
                do="give that matcher with --model, or index anew into another folder",
            )
        return cls(folder, manifest, load_matcher(checkpoint, device, "auto"))

    @classmethod
    def open_unread(cls, folder: str | os.PathLike[str]) -> "Index":
        """The index in `folder` without its matcher: it can be looked after, not searched or added to.

        Raises:
            IndexingError: no index there, or a damaged one.
        """
        return cls(Path(folder), read_manifest(Path(folder)), None)

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        model: str | os.PathLike[str] | None = None,
        store: str = "lance",
        device: str = "auto",
    ) -> "Index":
        """A new, empty index in `folder`, which is missing or empty.

        Raises:
            IndexingError: something else lies there.
            CheckpointError: no matcher in `model`.
            ConfigError: no such store.
            DataError: its vectors cannot be indexed.
            WriteError: the folder cannot be written.
        """
        folder = Path(folder)
        place_of(folder, store)
        if folder.exists() and (not folder.is_dir() or any(named(folder))):
            raise IndexingError(f"{folder} is there and no index", accepted="a new folder, or an index",
                                do="choose another name")  # fmt: skip
        checkpoint = find_checkpoint(Path(model) if model else SHIPPED)
        matcher = load_matcher(checkpoint, device, "auto")
        blank = np.zeros((1, 3, *matcher.image_size_px), np.uint8)
        width = vector_width(matcher)
        manifest = Manifest(
            matcher=SHIPPED.name if checkpoint == SHIPPED else str(Path(model or "").resolve()),
            weights=weights_hash(checkpoint),
            features=width,
            readings=matcher.encode_images(torch.from_numpy(blank)).shape[1] - width,
            store=store,
            made_by=__version__,
        )
        missing = missing_folders(folder)
        make_folder(folder)
        try:
            write_manifest(folder, manifest)  # first: killed after it, the folder is an empty index
            index = cls(folder, manifest, matcher)
            if len(index.store):
                index.close()
                raise not_ours(manifest.shown_store)
        except BaseException:
            clear_away(folder, missing)
            raise
        return index

    @property
    def matcher(self) -> Matcher:
        """The matcher that made it.

        Raises:
            IndexingError: it was opened without.
        """
        if self._matcher is None:
            raise IndexingError(f"{self.folder} is open without its matcher", accepted="an index with it",
                                do="open it with Index.open")  # fmt: skip
        return self._matcher

    def discard_if_empty(self, missing: Sequence[Path]) -> None:
        """It is closed and gone if all it holds is sources of which nothing could be taken in.

        So are those of the folders `missing` before that hold nothing else. While another process writes to
        it, it stays.
        """
        with suppress(Timeout), FileLock(self.folder / LOCK, timeout=0):
            if not len(self.store) and all(taken.fault for taken, _ in self.ledger.sources()):
                self.close()
                clear_away(self.folder, missing)

    def close(self) -> None:
        """Files and connections are let go."""
        self.store.close()
        self.ledger.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.store)

    def search(
        self, what: str | Query, top: int = 10, *, keep: Filter = ANY, skip: int = 0, why: bool = False
    ) -> list[Match]:
        """The `top` best sightings of those that pass `keep`, best first, after the first `skip`.

        Those that show the very same are merged into the best of them. With `why`, each match says what the
        words of the first sentence add to its score.

        Raises:
            DataError: a sentence without words, a picture that cannot be read, or an unknown sighting.
        """
        from reidtalk.index.searching import found  # it needs this module

        query = Query(sentences=(what,)) if isinstance(what, str) else what
        return found(self, query, top, keep=keep, skip=skip, why=why)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else writes meanwhile; what a killed writer left half done is cleared away first.

        Raises:
            IndexingError: another process writes.
            WriteError: nobody may write there.
        """
        with write_errors(self.folder):
            try:
                held = FileLock(self.folder / LOCK, timeout=0).acquire()
            except Timeout:
                raise IndexingError(
                    f"another process writes to {self.folder}",
                    accepted="one writer at a time",
                    do="wait until it is done",
                ) from None
        with held:
            if self.ledger.unclean:
                self.clear()
            self.ledger.begin()
            yield
            self.ledger.end()

    def clear(self) -> bool:
        """Entries and thumbnails of no source are removed, and sources forgotten whose entries are missing.

        Those are taken in again when they are indexed again. The result is whether the store had entries to
        remove. Call it within `writing`.
        """
        known, kept = self.ledger.all_ids(), set(self.store.ids())
        with self.ledger.whole():
            for path in self.ledger.paths(known - kept):
                self.ledger.drop(path)
        known = self.ledger.all_ids()
        self.store.remove(sorted(kept - known))
        files = {file for file, _, _ in self.ledger.thumbnails()}
        for file in (self.folder / FOLDER).rglob("*"):
            if file.is_file() and file.relative_to(self.folder).as_posix() not in files:
                file.unlink(missing_ok=True)
        return bool(kept - known)

    def add(self, *sources: str | os.PathLike[str], **settings: Any) -> "Report":
        """The people in pictures, folders, videos and streams are in the index; `settings`: of `IndexConfig`.

        Raises:
            ConfigError, DataError, IndexingError, WriteError: as `indexing.index_people`.
        """
        from reidtalk.index.indexing import planned, take_in  # they need this module

        paths = [os.fspath(source) for source in sources]
        return take_in(self, planned(IndexConfig(sources=paths, to=self.folder, **settings)))

    def remove(self, patterns: Sequence[str]) -> list[str]:
        """The sources that fit one of the `patterns`, now forgotten, with all people seen in them.

        Raises:
            DataError: a pattern fits no source.
            IndexingError: another process writes.
        """
        paths = self.matching_sources(patterns)
        with self.writing():
            ids = [one for path in paths for one in self.ledger.ids(path)]
            files = [file for file, _, _ in self.ledger.thumbnails(ids)]
            with self.ledger.whole():  # first: killed after it, the next writer clears the rest away
                for path in paths:
                    self.ledger.drop(path)
            self.store.remove(ids)
            for file in files:
                (self.folder / file).unlink(missing_ok=True)
        return list(paths)

    def matching_sources(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """The sources whose path, name or folder is one of `patterns`, which may have * and ? in them.

        Raises:
            DataError: a pattern fits none.
        """
        if isinstance(patterns, str) or not all(patterns):
            raise DataError(f"patterns {patterns!r}", accepted="a list of paths or names, none of them empty",
                            do="name the sources")  # fmt: skip
        sources = [taken.path for taken, _ in self.ledger.sources()]
        found: dict[str, None] = {}
        for pattern in patterns:
            fitting = [path for path in sources if _fits(path, pattern)]
            if not fitting:
                raise DataError(f"no source fits {pattern!r}", accepted="a path or name, maybe with * and ?",
                                do="see the sources with reidtalk index-info --sources")  # fmt: skip
            found.update(dict.fromkeys(fitting))
        return tuple(found)

    def compact(self) -> None:
        """Room that nothing needs is given back, and searching is as fast as it can be.

        Raises:
            IndexingError: another process writes.
        """
        with self.writing():
            self.store.compact()  # first: what is cleared away follows from what it makes anew
            if self.clear():
                self.store.compact()

    def verify(self) -> list[str]:
        """What is wrong with the index and how it is mended, a line each; everything in it is read.

        Others may search and write meanwhile; of what they are just entering, nothing is said.

        Raises:
            IndexingError: another process moved it to another store meanwhile.
        """
        from reidtalk.index.verifying import faults  # it needs this module

        return faults(self)

    def info(self) -> Info:
        """What is in it."""
        sources = self.ledger.sources()
        cameras = {json.loads(taken.settings or "{}").get("camera", "") for taken, _ in sources} - {""}
        return Info(
            folder=self.folder,
            manifest=self.manifest,
            sightings=len(self.store),
            sources=len(sources),
            faulty=sum(bool(taken.fault) for taken, _ in sources),
            unfinished=tuple(f"{taken.path}: {taken.note}" for taken, _ in sources if not taken.finished),
            cameras=tuple(sorted(cameras)),
            megabytes=bytes_in(self.folder) / 1e6,
        )

    def sources(self) -> list[tuple[Taken, int]]:
        """All sources in order of their paths, each with the number of appearances in it."""
        return self.ledger.sources()

    def move(self, store: str) -> None:
        """All entries lie in `store`, a row of STORES or the address of a cluster, and not where they were.

        Raises:
            IndexingError: they lie there already, or another process writes.
        """
        if store == self.manifest.store:
            raise IndexingError(f"{self.folder} is kept in {self.manifest.shown_store} already",
                                accepted="another store", do="nothing: it is where you want it")  # fmt: skip
        manifest = replace(self.manifest, store=store)
        with self.writing():
            new = open_store(place_of(self.folder, store), self.manifest.features)
            try:
                if not self.ledger.all_ids().issuperset(new.ids()):  # what we left there half done is ours
                    raise not_ours(manifest.shown_store)
                for some in self.store.entries():
                    new.add(some)
                new.compact()
                if new.ids() != self.store.ids():
                    raise IndexingError(f"{manifest.shown_store} did not take all entries",
                                        accepted="a store with room",
                                        do="the index is as it was; look at the store")  # fmt: skip
                write_manifest(self.folder, manifest)
            except BaseException:
                new.close()
                raise
            old, self.store, self.manifest = self.store, new, manifest
            old.remove(self.store.ids())
            old.compact()
            old.close()


def not_ours(store: str) -> IndexingError:
    """What to raise where the entries of another index lie."""
    return IndexingError(f"{store} holds the entries of another index", accepted="a place of its own",
                         do="give another name at the end of the address")  # fmt: skip


def is_index(folder: Path) -> bool:
    """Whether `folder` is an index."""
    return (folder / NAME).is_file()


def _fits(path: str, pattern: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    whole = os.path.abspath(pattern) if "://" not in pattern else pattern  # noqa: PTH100 - links stay links
    return (
        pattern in (path, name)
        or path == whole
        or path.startswith(whole.rstrip("/") + "/")
        or fnmatch(name, pattern)
        or fnmatch(path, pattern)
        or fnmatch(path, whole)
    )
