"""Takes people out of sources: skips what an index holds already, decodes, detects, follows."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from threading import Event

from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import Picture, read_image
from reidtalk.errors import ImageError, SourceError
from reidtalk.index.index import Index
from reidtalk.index.intake import Intake, Report
from reidtalk.index.ledger import Taken
from reidtalk.index_config import IndexConfig
from reidtalk.progress import Bar
from reidtalk.video.addresses import without_password
from reidtalk.video.appearances import AppearanceSettings, appearances
from reidtalk.video.decode import duration_seconds, frames
from reidtalk.video.people import Appearance, Detector, Frame, Source
from reidtalk.video.streams import LiveStream, StreamSettings

CROP_SHAPE, CROP_WIDTH_PX = 1.5, 480
"""A picture at least so many times as high as wide, and not wider, is of one person, cut out already."""
Piece = tuple[Intake, Appearance | None]
"""A person who appeared in a source; None: the source has come to its end."""


def length(sources: Sequence[Source]) -> int:
    """Pictures and seconds of video in all; -1 if one never ends."""
    if any(source.kind == "stream" for source in sources):
        return -1
    return sum(1 if source.kind == "picture" else round(duration_seconds(source) or 0) for source in sources)


class Reader:
    """Takes people out of sources, in a thread of its own."""

    def __init__(
        self,
        index: Index,
        config: IndexConfig,
        detectors: tuple[Detector | None, Detector | None],
        report: Report,
        bar: Bar,
        stopped: Event,
    ) -> None:
        """`detectors` look at pictures that are not of one person, and at videos; None: all are of one."""
        self.config, self.report, self.bar, self.stopped = config, report, bar, stopped
        self.for_pictures, self.for_video = detectors
        self.known = {taken.path: taken for taken, _ in index.sources()}
        self.by_hash = {(taken.hash, taken.settings): taken.path for taken in self.known.values()}

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
            detector = None if self.alone(picture) else fresh(self.for_pictures)
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
        intake = self.intake(source)
        whole = round(duration_seconds(source) or 0)
        if intake is None:
            self.report.skipped += 1
            self.bar.advance(whole)
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
        for one in appearances(watched(), fresh(self.for_video), self.settings):
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

        at_once = replace(
            self.settings, batch=1
        )  # a camera's frames come slowly: waiting for more would take seconds
        for one in appearances(watched(), fresh(self.for_video), at_once):
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
        """As `intake`.

        Raises:
            OSError: the file cannot be read.
        """
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


def fresh(detector: Detector | None) -> Detector | None:
    """The detector, ready for another source."""
    if detector is not None:
        detector.forget()
    return detector
