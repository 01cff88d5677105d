"""Pictures, video and cameras into an index: decoded and detected in one thread, encoded and kept in another.

A source is taken in whole or not at all: thumbnails first, then entries, then the ledger's line. Killed
between two of these, the next writer clears away what belongs to no source, and takes the source in again,
to the same entries.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from threading import Event
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray

from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import Picture, read_image, resize
from reidtalk.errors import ImageError, SourceError
from reidtalk.index.entries import Entry, Shot
from reidtalk.index.index import Index, is_index
from reidtalk.index.ledger import Kept, Taken
from reidtalk.index.query import vectors_of
from reidtalk.index.thumbnails import save_thumbnail, thumbnail_name
from reidtalk.index_config import IndexConfig
from reidtalk.interrupts import stop_flag
from reidtalk.models.scoring import batched
from reidtalk.progress import Bar, progress_bar
from reidtalk.video.appearances import AppearanceSettings, appearances
from reidtalk.video.background import in_background
from reidtalk.video.decode import duration_seconds, frames
from reidtalk.video.detectors import detector_for, open_detector
from reidtalk.video.people import Appearance, Box, Detector, Frame, Source
from reidtalk.video.addresses import without_password
from reidtalk.video.sources import LabelSettings
from reidtalk.video.sources import sources as find_sources
from reidtalk.video.streams import LiveStream, StreamSettings

COMMIT_ENTRIES, COMMIT_SECONDS = 512, 10.0
"""What is encoded is kept after so many entries, or so long."""
CROP_SHAPE, CROP_WIDTH_PX = 1.5, 480
"""A picture at least so many times as high as wide, and not wider, is of one person, cut out already."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A source with something wrong."""

    source: str
    what: str


@dataclass(kw_only=True)
class Report:
    """What came of indexing."""

    folder: Path
    taken: int = 0
    """Sources taken in."""
    skipped: int = 0
    """Sources that were there already."""
    people: int = 0
    """Appearances added."""
    seconds: float = 0.0
    """How long it took."""
    footage_seconds: float = 0.0
    """How long the videos are that were taken in."""
    others: dict[str, int] = field(default_factory=dict)
    """How many files of each other ending were let be."""
    faults: list[Fault] = field(default_factory=list)
    interrupted: bool = False

    def lines(self) -> list[str]:
        """What it says, a line each."""
        skipped = f", {self.skipped} were there already" if self.skipped else ""
        pace = ""
        if self.footage_seconds:
            speed = self.footage_seconds / self.seconds
            pace = f"; {self.footage_seconds:.0f} s of video at {speed:.1f} times its speed"
        done = f"{self.people} people from {self.taken} sources in {self.seconds:.1f} s"
        lines = [f"{self.folder}: {done}{skipped}{pace}"]
        if self.others:
            lines.append(
                f"{sum(self.others.values())} files of other kinds let be ({' '.join(sorted(self.others))})"
            )
        return lines


@dataclass(kw_only=True)
class Intake:
    """A source on its way into the index."""

    source: Source
    taken: Taken
    entries: list[Entry] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    live: bool = False
    """A stream: it is kept as it goes."""
    ended: bool = False
    moved_from: str = ""
    """Where the same content lay before."""


Piece = tuple[Intake, Appearance | None]
"""A person who appeared in a source; None: the source has come to its end."""


def index_people(config: IndexConfig) -> Report:
    """The people in `config.sources` are in the index `config.to`, which is made if it is not there.

    Raises:
        ConfigError: flags that do not fit each other or the index.
        DataError: a source that is not there; one that is damaged is in the report instead.
        IndexingError: an index of another matcher, or another process writes to it.
        WriteError: no room; what was indexed before is untouched.
    """
    with opened(config) as index:
        return add_people(index, config)


def add_people(index: Index, config: IndexConfig) -> Report:
    """The people in `config.sources` are in the open `index`, which is the one in `config.to`.

    Raises:
        ConfigError, DataError, IndexingError, WriteError: as `index_people`.
    """
    begun, report = monotonic(), Report(folder=config.to)
    labels = LabelSettings(
        camera=config.camera, start=config.start, zone=config.zone, table=config.cameras, pattern=config.names
    )
    found = find_sources(config.sources, labels)
    sources, report.others = [whole_path(source) for source in found.sources], found.skipped
    desk = Desk(index, config, report)
    with index.writing(), stop_flag() as stopped, progress_bar("indexing", length(sources)) as bar:
        reader = Reader(index, config, report, bar, stopped)
        for intake, appearance in in_background(reader.pieces(sources)):
            desk.take(intake, appearance)
            bar.advance(0, f"{report.people + len(desk.waiting)} people")
        desk.keep()
        report.interrupted = stopped.is_set()
        if report.taken and not report.interrupted:
            index.store.compact()
    report.seconds = monotonic() - begun
    return report


def opened(config: IndexConfig) -> Index:
    """The index `config.to`, a new one if it is not there.

    Raises:
        ConfigError, IndexingError, CheckpointError, DataError, WriteError: as `index_people`.
    """
    if is_index(config.to):
        return Index.open(config.to, config.model, config.device)
    return Index.create(config.to, config.model, config.store, config.device)


def whole_path(source: Source) -> Source:
    """The source with its path from the root; addresses are what they are."""
    return source if source.kind == "stream" else replace(source, path=os.path.abspath(source.path))


def length(sources: Sequence[Source]) -> int:
    """Pictures and seconds of video in all; -1 if one never ends."""
    if any(source.kind == "stream" for source in sources):
        return -1
    return sum(1 if source.kind == "picture" else round(duration_seconds(source) or 0) for source in sources)


class Reader:
    """Takes people out of sources, in a thread of its own."""

    def __init__(self, index: Index, config: IndexConfig, report: Report, bar: Bar, stopped: Event) -> None:
        self.config, self.report, self.bar, self.stopped = config, report, bar, stopped
        self.known = {taken.path: taken for taken, _ in index.sources()}
        self.by_hash = {(taken.hash, taken.settings): taken.path for taken in self.known.values()}
        self.detectors: dict[str, Detector | None] = {}

    def pieces(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """Everybody in all sources, source by source."""
        for kind, some in groupby(sources, lambda source: source.kind):
            if kind == "picture":
                yield from self.of_pictures(list(some))
            else:
                for source in some:
                    if self.stopped.is_set():
                        return
                    yield from self.of_stream(source) if kind == "stream" else self.of_video(source)

    def of_pictures(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """Everybody in some pictures."""
        for read in map_ahead(self.read_picture, sources):
            if self.stopped.is_set():
                return
            self.bar.advance()
            if read is None:
                self.report.skipped += 1
                continue
            intake, picture = read
            if picture is None:
                yield intake, None
                continue
            detector = self.detector("none" if self.alone(picture) else self.config.detector)
            found = list(appearances([Frame(picture, 0.0)], detector, self.settings))
            if not found and not intake.taken.fault:
                intake.taken = replace(intake.taken, fault="nobody found in it")
            yield from ((intake, one) for one in found)
            yield intake, None

    def read_picture(self, source: Source) -> tuple[Intake, Picture | None] | None:
        """The picture and who takes it in; without it if it is damaged; nothing if it is there already."""
        intake = self.intake(source)
        if intake is None:
            return None
        try:
            return intake, read_image(Path(source.path))
        except ImageError as error:
            intake.taken = replace(intake.taken, fault=error.given)
            return intake, None

    def alone(self, picture: Picture) -> bool:
        """Whether the picture has the shape of a single person."""
        height, width = picture.shape[:2]
        return self.config.detector == "auto" and height >= CROP_SHAPE * width and width <= CROP_WIDTH_PX

    def of_video(self, source: Source) -> Iterator[Piece]:
        """Everybody in a video; nothing of it if it was not seen to its end."""
        intake, begun = self.intake(source), self.bar
        whole = round(duration_seconds(source) or 0)
        if intake is None:
            self.report.skipped += 1
            begun.advance(whole)
            return
        seen = 0.0

        def watched() -> Iterator[Frame]:
            nonlocal seen
            try:
                for frame in frames(source, self.config.every_seconds):
                    if self.stopped.is_set():
                        return
                    self.bar.advance(max(0, min(whole, int(frame.seconds)) - int(seen)))
                    seen = max(seen, frame.seconds)
                    yield frame
            except SourceError as error:
                intake.taken = replace(intake.taken, fault=error.given)

        found = 0
        for one in appearances(watched(), self.detector(self.config.detector), self.settings):
            found += 1
            yield intake, one
        if self.stopped.is_set():
            return
        self.bar.advance(max(0, whole - int(seen)))
        self.report.footage_seconds += seen
        if not found and not intake.taken.fault:
            intake.taken = replace(intake.taken, fault="nobody found in it")
        yield intake, None

    def of_stream(self, source: Source) -> Iterator[Piece]:
        """Everybody before a camera, until Ctrl-C or until it is gone for good."""
        name = without_password(source.path)
        taken = self.known.get(name) or Taken(
            path=name, hash="", size=0, mtime_ns=0, settings=self.fingerprint(source)
        )
        intake = Intake(source=source, taken=taken, live=True)
        stream = LiveStream(source, StreamSettings(every_seconds=self.config.every_seconds), self.stopped)

        def watched() -> Iterator[Frame]:
            try:
                for frame in stream.frames():
                    if intake.source.start is None:
                        intake.source = replace(source, start=stream.started)
                    self.report.footage_seconds = frame.seconds
                    self.bar.advance()
                    yield frame
            except SourceError as error:
                intake.taken = replace(intake.taken, fault=error.given)

        for one in appearances(watched(), self.detector(self.config.detector), self.settings):
            yield intake, one
        yield intake, None

    def intake(self, source: Source) -> Intake | None:
        """Who takes the source in; None if that was done already, the same way."""
        path, blank = Path(source.path), Taken(path=source.path, hash="", size=0, mtime_ns=0, settings="")
        try:
            return self._intake(source, path)
        except OSError as error:
            fault = f"cannot read {path}: {error.strerror or error}"
            return Intake(source=source, taken=replace(blank, fault=fault), ended=True)

    def _intake(self, source: Source, path: Path) -> Intake | None:
        settings, known = self.fingerprint(source), self.known.get(source.path)
        state = path.stat()
        same = (
            known is not None
            and (known.size, known.mtime_ns) == (state.st_size, state.st_mtime_ns)
            and known.settings == settings
        )
        if same:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if known is not None and (known.hash, known.settings) == (digest, settings):
            return None
        twin = self.by_hash.get((digest, settings), "")
        if twin and twin != source.path and Path(twin).exists():
            return None  # the same content under another name
        taken = Taken(
            path=source.path, hash=digest, size=state.st_size, mtime_ns=state.st_mtime_ns, settings=settings
        )
        return Intake(source=source, taken=taken, moved_from=twin if twin != source.path else "")

    def detector(self, name: str) -> Detector | None:
        """The detector with that name, made once, ready for another source."""
        name = detector_for("video") if name == "auto" else name
        if name not in self.detectors:
            self.detectors[name] = open_detector(name, self.config.device)
        detector = self.detectors[name]
        if detector is not None:
            detector.forget()
        return detector

    @property
    def settings(self) -> AppearanceSettings:
        """How people are followed, and how much of them is kept."""
        return AppearanceSettings(crops=self.config.pictures_kept, min_height_px=self.config.min_height_px)

    def fingerprint(self, source: Source) -> str:
        """All that decides what becomes of a source, beside its content."""
        config = self.config
        return json.dumps({
            "detector": config.detector, "every_seconds": config.every_seconds,
            "min_height_px": config.min_height_px, "pictures_kept": config.pictures_kept,
            "camera": source.camera, "start": source.start.isoformat() if source.start else "",
        })  # fmt: skip


class Desk:
    """Encodes those who appeared, and keeps them."""

    def __init__(self, index: Index, config: IndexConfig, report: Report) -> None:
        self.index, self.config, self.report = index, config, report
        self.waiting: list[tuple[Intake, Appearance]] = []
        self.crops, self.encoded, self.kept_at = 0, 0, monotonic()
        self.open: dict[int, Intake] = {}

    def take(self, intake: Intake, appearance: Appearance | None) -> None:
        """Another appearance, or the end of a source; encoded and kept when there are enough.

        Raises:
            WriteError: no room.
        """
        self.open[id(intake)] = intake
        if appearance is None:
            intake.ended = True
        else:
            self.waiting.append((intake, appearance))
            self.crops += len(appearance.crops)
        if self.crops >= self.config.batch_size:
            self.encode()
        if self.encoded >= COMMIT_ENTRIES or monotonic() - self.kept_at > COMMIT_SECONDS:
            self.keep()

    def encode(self) -> None:
        """Those who wait have become entries, their pictures thumbnails."""
        size_px, crops = (
            self.index.matcher.image_size_px,
            [crop for _, one in self.waiting for crop in one.crops],
        )
        if not crops:
            return
        arrays = [resize(crop.picture, size_px).transpose(2, 0, 1) for crop in crops]
        features = torch.cat([
            self.index.matcher.encode_images(torch.from_numpy(np.stack(some)))
            for some in batched(arrays, self.config.batch_size)
        ])  # fmt: skip
        vectors, readings = (part.float().cpu().numpy() for part in vectors_of(self.index.matcher, features))
        start = 0
        for intake, one in self.waiting:
            rows = slice(start, start + len(one.crops))
            start = rows.stop
            entry, kept = self.entry(intake, one, vectors[rows], readings[rows])
            intake.entries.append(entry)
            intake.kept.append(kept)
        self.encoded += len(self.waiting)
        self.report.people += len(self.waiting)
        self.waiting, self.crops = [], 0

    def entry(
        self, intake: Intake, one: Appearance, vectors: NDArray[np.float32], readings: NDArray[np.float32]
    ) -> tuple[Entry, Kept]:
        """What is kept of an appearance; its thumbnails are written."""
        source, taken = intake.source, intake.taken
        first = one.track[0][0] if one.track else one.crops[0].seconds
        last = one.track[-1][0] if one.track else first
        start = source.start + timedelta(seconds=first) if source.start else None
        end = source.start + timedelta(seconds=last) if source.start else None
        name = entry_id(taken, first, one.track[0][1] if one.track else one.crops[0].box, start)
        shots, checksums = [], {}
        for number, crop in enumerate(one.crops):
            file = thumbnail_name(name, number)
            checksums[file] = save_thumbnail(self.index.folder, file, crop.picture)
            shots.append(Shot(seconds=crop.seconds, box=crop.box, score=crop.score, quality=crop.quality,
                              thumbnail=file))  # fmt: skip
        mean = vectors.mean(axis=0)
        entry = Entry(
            id=name,
            vector=mean / max(float(np.linalg.norm(mean)), 1e-9),
            crop_vectors=vectors.astype(np.float16),
            readings=readings.astype(np.float16),
            shots=tuple(shots),
            track=one.track,
            source=taken.path,
            camera=source.camera,
            start=start,
            end=end,
        )
        return entry, Kept(id=name, thumbnails=checksums)

    def keep(self) -> None:
        """What has come to its end, and of streams what there is, is in the index.

        Raises:
            WriteError: no room.
        """
        self.encode()
        ready = [intake for intake in self.open.values() if intake.ended or intake.live]
        ledger, store = self.index.ledger, self.index.store
        store.add([entry for intake in ready for entry in intake.entries])
        stale = [one for intake in ready if not intake.live for one in self._stale(intake)]
        files = [file for file, _, _ in ledger.thumbnails(stale)]
        store.remove(stale)
        with ledger.whole():
            for intake in ready:
                if intake.live and ledger.taken(intake.taken.path):
                    ledger.extend(intake.taken.path, intake.kept)
                else:
                    if intake.moved_from:
                        ledger.drop(intake.moved_from)
                    ledger.put(intake.taken, intake.kept)
        for file in files:
            (self.index.folder / file).unlink(missing_ok=True)
        for intake in ready:
            self._forget(intake)
        self.encoded, self.kept_at = 0, monotonic()

    def _stale(self, intake: Intake) -> list[str]:
        """What an earlier look at the source found, and this one did not."""
        new = {entry.id for entry in intake.entries}
        old = [*self.index.ledger.ids(intake.taken.path)]
        old += self.index.ledger.ids(intake.moved_from) if intake.moved_from else []
        return [one for one in old if one not in new]

    def _forget(self, intake: Intake) -> None:
        intake.entries, intake.kept = [], []
        if not intake.ended:
            return
        del self.open[id(intake)]
        self.report.taken += 1
        if intake.taken.fault:
            path, fault = intake.taken.path, intake.taken.fault
            self.report.faults.append(Fault(source=path, what=fault.replace(path, Path(path).name)))


def entry_id(taken: Taken, seconds: float, box: Box, start: datetime | None) -> str:
    """The name of an appearance: follows from the source's content, settings, and the place in it."""
    where = [taken.hash or taken.path, taken.settings, f"{seconds:.3f}", *(f"{side:.1f}" for side in box)]
    if not taken.hash and start is not None:  # a stream never shows the same again
        where.append(start.isoformat())
    return hashlib.sha256("\n".join(where).encode()).hexdigest()[:16]
