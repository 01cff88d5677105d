"""Takes people out of sources: skips what an index holds already, decodes, detects, follows."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Lock, Thread

from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import Picture, read_image
from reidtalk.errors import ImageError, SourceError
from reidtalk.index.index import Index
from reidtalk.index.intake import Fault, Intake, Report
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
PATIENCE_SECONDS = 1.0
"""After so long without anybody before the cameras, those who wait are given a moment to be kept."""


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
        self.by_hash = {(taken.hash, taken.settings): taken for taken in self.known.values()}
        self.claimed: dict[tuple[str, str], str] = {}
        """Content and settings of what this run takes in, and under which name."""
        self.lock = Lock()

    def of_pictures(self, sources: Sequence[Source], detector: Detector | None) -> Iterator[Piece]:
        """Everybody in some pictures; `detector` looks at those not of one person (None: all are)."""
        for read in map_ahead(self.read_picture, sources):
            if self.stopped.is_set():
                return
            self.bar.advance()
            if read is None:
                continue
            intake, picture = read
            if picture is not None:
                chosen = None if self.alone(picture) else fresh(detector)
                found = list(appearances([Frame(picture, 0.0)], chosen, self.settings))
                if not found:
                    intake.taken = replace(intake.taken, fault="nobody found in it")
                yield from ((intake, one) for one in found)
            yield intake, None

    def read_picture(self, source: Source) -> tuple[Intake, Picture | None] | None:
        """The picture and who takes it in; without it if it is damaged; nothing if there is nothing to do."""
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

    def of_video(self, source: Source, detector: Detector | None) -> Iterator[Piece]:
        """Everybody in a video; its end is not told if it was not seen to its end."""
        if self.stopped.is_set():
            return
        whole = round(duration_seconds(source) or 0)
        intake = self.intake(source)
        if intake is None:
            self.bar.advance(whole)
            return
        seen = 0.0

        def watched() -> Iterator[Frame]:
            nonlocal seen
            for frame in frames(source, self.config.every_seconds):
                if self.stopped.is_set():
                    return
                self.bar.advance(max(0, min(whole, int(frame.seconds)) - int(seen)))
                seen = max(seen, frame.seconds)
                yield frame

        found = 0
        for one in self.followed(intake, watched(), detector, self.settings):
            found += 1
            yield intake, one
        if self.stopped.is_set():
            return
        self.bar.advance(max(0, whole - int(seen)))
        self.report.footage_seconds += seen
        if not found and not intake.taken.fault:
            intake.taken = replace(intake.taken, fault="nobody found in it")
        yield intake, None

    def of_streams(
        self, sources: Sequence[Source], hired: Callable[[], Detector | None]
    ) -> Iterator[Piece | None]:
        """Everybody before some cameras, which are watched side by side, until Ctrl-C or until all are gone.

        None now and then, when nobody appears. `hired` gives each camera a detector of its own.
        """
        queue: Queue[Piece | BaseException | None] = Queue(4 * max(1, len(sources)))

        def watch(source: Source) -> None:
            try:
                for piece in self.of_stream(source, hired()):
                    queue.put(piece)
            except BaseException as error:  # it is raised where the pieces are used
                queue.put(error)
            queue.put(None)

        for source in sources:
            Thread(target=watch, args=(source,), name="camera", daemon=True).start()
        left = len(sources)
        while left:
            try:
                piece = queue.get(timeout=PATIENCE_SECONDS)
            except Empty:
                yield None
                continue
            if piece is None:
                left -= 1
            elif isinstance(piece, BaseException):
                self.stopped.set()
                raise piece
            else:
                yield piece

    def of_stream(self, source: Source, detector: Detector | None) -> Iterator[Piece]:
        """Everybody before a camera, until Ctrl-C or until it is gone for good."""
        name = without_password(source.path)
        taken = Taken(path=name, hash="", size=0, mtime_ns=0, settings=self.fingerprint(source))
        intake = Intake(source=source, taken=taken, live=True)
        stream = LiveStream(source, StreamSettings(every_seconds=self.config.every_seconds), self.stopped)

        def watched() -> Iterator[Frame]:
            before = 0.0
            for frame in stream.frames():
                if intake.source.start is None:
                    intake.source = replace(source, start=stream.started)
                self.report.footage_seconds += frame.seconds - before
                before = frame.seconds
                self.bar.advance()
                yield frame

        at_once = replace(self.settings, batch=1)  # waiting for more frames of a camera takes seconds
        for one in self.followed(intake, watched(), detector, at_once):
            yield intake, one
        yield intake, None

    def followed(
        self, intake: Intake, seen: Iterator[Frame], detector: Detector | None, settings: AppearanceSettings
    ) -> Iterator[Appearance]:
        """Everybody in the frames `seen`, up to the first that cannot be had: that is the source's fault."""
        try:
            yield from appearances(seen, fresh(detector), settings)
        except SourceError as error:
            intake.taken = replace(intake.taken, fault=error.given)
        except (OSError, ValueError, MemoryError) as error:  # one odd source ends no run
            intake.taken = replace(intake.taken, fault=f"cannot read it on: {error or type(error).__name__}")

    def intake(self, source: Source) -> Intake | None:
        """Who takes the source in; None if it was taken in already, or cannot be read just now."""
        path, settings = Path(source.path), self.fingerprint(source)
        try:
            state = path.stat()
            known = self.known.get(source.path)
            if known is not None and known.settings == settings and unchanged(known, path):
                self.skip()
                return None
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:  # what is known of it stays: it may be a share that is away
            fault = f"cannot read {path.name}: {error.strerror or error}"
            self.report.faults.append(Fault(source=source.path, what=fault))
            return None
        if known is not None and (known.hash, known.settings) == (digest, settings):
            self.skip()
            return None
        content = (digest, settings)
        with self.lock:
            first = self.claimed.setdefault(content, source.path)
        twin = self.by_hash.get(content)
        if first != source.path or (twin is not None and unchanged(twin, Path(twin.path))):
            self.skip()  # the same content under another name
            return None
        moved = twin is not None and not Path(twin.path).exists()
        return Intake(
            source=source,
            taken=Taken(path=source.path, hash=digest, size=state.st_size, mtime_ns=state.st_mtime_ns,
                        settings=settings),
            moved_from=twin.path if twin is not None and moved else "",
        )  # fmt: skip

    def skip(self) -> None:
        """One more source was there already."""
        with self.lock:
            self.report.skipped += 1

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


def unchanged(known: Taken, path: Path) -> bool:
    """Whether a file is, by size and date of change, the one that was taken in."""
    try:
        state = path.stat()
    except OSError:
        return False
    return (known.size, known.mtime_ns) == (state.st_size, state.st_mtime_ns)


def fresh(detector: Detector | None) -> Detector | None:
    """The detector, ready for another source."""
    if detector is not None:
        detector.forget()
    return detector
