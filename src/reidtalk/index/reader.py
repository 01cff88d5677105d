"""Takes people out of sources: skips what an index holds already, decodes, detects, follows."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Lock, Thread
from typing import TypeVar

from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import Picture, read_image
from reidtalk.errors import ImageError, SourceError
from reidtalk.index.index import Index
from reidtalk.index.intake import Fault, Intake, Report
from reidtalk.index.ledger import Taken
from reidtalk.index_config import IndexConfig
from reidtalk.progress import Bar
from reidtalk.video.addresses import without_password
from reidtalk.video.appearances import AppearanceSettings, Cut, PartSettings, appearances, in_parts
from reidtalk.video.decode import duration_seconds, frames
from reidtalk.video.detectors import detector_for
from reidtalk.video.people import Appearance, Detector, Frame, Source
from reidtalk.video.sources import photographed_at
from reidtalk.video.streams import LiveStream, StreamSettings

AUTO_IN_PICTURES = "reidtalk-detector"
"""What `auto` has meant so far in pictures that are not of one person."""
CROP_SHAPE, CROP_WIDTH_PX = 1.5, 480
"""A picture at least so many times as high as wide, and not wider, is of one person, cut out already."""
One = TypeVar("One")
Piece = tuple[Intake, Appearance | None]
"""A person who appeared in a source; None: the source, or a part of it, has come to its end."""
PATIENCE_SECONDS = 1.0
"""After so long without anybody before the cameras, those who wait are given a moment to be kept."""


def detector_name(config: IndexConfig, kind: str) -> str:
    """The detector for a kind of source; in a single picture nothing is `moving`."""
    return detector_for(kind) if config.detector in ("auto", "moving") else config.detector


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
        report: Report,
        bar: Bar,
        stopped: Event,
        parts: PartSettings,
    ) -> None:
        self.config, self.report, self.bar, self.stopped, self.parts = config, report, bar, stopped, parts
        sources = index.sources()
        self.known = {taken.path: taken for taken, _ in sources}
        self.people = {taken.path: people for taken, people in sources}
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
        if source.start is None:
            intake.source = replace(source, start=photographed_at(source))
        try:
            return intake, read_image(Path(source.path))
        except ImageError as error:
            if self.gives_up(intake, error):
                return None
            intake.taken = replace(intake.taken, fault=error.given)
            return intake, None

    def alone(self, picture: Picture) -> bool:
        """Whether the picture has the shape of a single person."""
        height, width = picture.shape[:2]
        return self.config.detector == "auto" and height >= CROP_SHAPE * width and width <= CROP_WIDTH_PX

    def of_video(self, source: Source, detector: Detector | None) -> Iterator[Piece]:
        """Everybody in a video, from where it was left; the end is told of each part that was seen whole.

        The last part of a damaged video ends where it breaks off. Of one that cannot be read just now, it has
        no end: nobody in it is kept, and the next run goes on there.
        """
        if self.stopped.is_set():
            return
        length_seconds = duration_seconds(source)
        whole = round(length_seconds or 0)
        intake = self.intake(source)
        if intake is None:
            self.bar.advance(whole)
            return
        last = intake.taken.reached_seconds
        begins = seen = last or 0.0
        found = self.people.get(source.path, 0) if intake.later else 0
        damages = [intake.taken.fault] if intake.taken.fault else []
        intake.taken = replace(intake.taken, reached_seconds=None, length_seconds=None, fault="")
        intake.alone = length_seconds is None or length_seconds >= self.parts.shortest_seconds
        self.bar.advance(min(whole, int(seen)))

        def watched() -> Iterator[Frame]:
            nonlocal seen
            since = 0.0 if last is None else self.parts.lead_since(last)
            for frame in frames(source, self.config.every_seconds, since, damages):
                if self.stopped.is_set():
                    return
                self.bar.advance(max(0, min(whole, int(frame.seconds)) - int(seen)))
                seen = max(seen, frame.seconds)
                yield frame

        errors: list[Exception] = []
        for one in followed(in_parts(watched(), fresh(detector), self.settings, self.parts, last), errors):
            if self.stopped.is_set():  # who is before the camera then was not seen to the end
                return
            if not isinstance(one, Cut):
                found += 1
                yield intake, one
            else:
                self.report.footage_seconds += one.seconds - begins
                begins, taken = one.seconds, intake.taken
                intake.taken = replace(
                    taken, reached_seconds=one.seconds, length_seconds=length_seconds, fault="".join(damages)
                )
                yield intake, None
                intake = Intake(source=source, taken=taken, later=True, alone=True)
        if self.stopped.is_set():
            return
        self.bar.advance(max(0, whole - int(seen)))
        if any(self.gives_up(intake, error) for error in errors):
            return
        self.report.footage_seconds += seen - begins
        nobody = "" if found else "nobody found in it"
        intake.taken = replace(intake.taken, fault="".join([*map(what_of, errors)] or damages) or nobody)
        yield intake, None

    def gives_up(self, intake: Intake, error: Exception) -> bool:
        """Whether the source cannot be read just now; that is told, and it is let be.

        It is so if the system says it (a share that is away), or if the file is not what it was when it was
        begun. Else it is the file itself that is damaged, and would be the same the next time.
        """
        path = Path(intake.taken.path)
        if isinstance(error, OSError):
            why = error.strerror or str(error)
        elif not unchanged(intake.taken, path):
            why = "it was changed, or taken away, meanwhile"
        else:
            return False
        intake.alone = False  # nothing waits for its end
        self.report.faults.append(Fault(source=str(path), what=f"cannot read {path.name}: {why}"))
        return True

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
                self.tell_of_loss(piece, others=left - 1)
                yield piece

    def tell_of_loss(self, piece: Piece, others: int) -> None:
        """Says at once that a camera is gone for good, where others go on."""
        intake, person = piece
        path, fault = intake.taken.path, intake.taken.fault
        if person is None and fault and others:
            self.bar.say(f"{path}: {fault.removeprefix(f'cannot read {path}: ')}")

    def of_stream(self, source: Source, detector: Detector | None) -> Iterator[Piece]:
        """Everybody before a camera, until Ctrl-C or until it is gone for good."""
        name = without_password(source.path)
        taken = Taken(path=name, hash="", size=0, mtime_ns=0, settings=self.fingerprint(source))
        intake = Intake(source=source, taken=taken, live=True)
        settings = StreamSettings(every_seconds=self.config.every_seconds)
        stream = LiveStream(source, settings, self.stopped, lambda line: self.bar.say(f"{name}: {line}"))

        def watched() -> Iterator[Frame]:
            before = 0.0
            try:
                for frame in stream.frames():
                    if intake.source.start is None:
                        intake.source = replace(source, start=stream.started)
                    self.report.footage_seconds += frame.seconds - before
                    before = frame.seconds
                    self.bar.advance()
                    yield frame
            except SourceError as error:
                raise SourceError(f"{error.given}; what to do: {error.do}") from None

        at_once = replace(self.settings, batch=1)  # waiting for more frames of a camera takes seconds
        errors: list[Exception] = []
        for one in followed(appearances(watched(), fresh(detector), at_once), errors):
            yield intake, one
        intake.taken = replace(intake.taken, fault="".join(map(what_of, errors)))
        yield intake, None

    def intake(self, source: Source) -> Intake | None:
        """Who takes the source in, a video from where it was left.

        None if it was taken in already, or cannot be read just now.
        """
        path, settings = Path(source.path), self.fingerprint(source)
        try:
            state = path.stat()
            known = self.known.get(source.path)
            if known is not None and known.settings == settings and unchanged(known, path):
                return self.rest_of(source, known)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:  # what is known of it stays: it may be a share that is away
            fault = f"cannot read {path.name}: {error.strerror or error}"
            self.report.faults.append(Fault(source=source.path, what=fault))
            return None
        if known is not None and (known.hash, known.settings) == (digest, settings):
            return self.rest_of(source, replace(known, size=state.st_size, mtime_ns=state.st_mtime_ns))
        content = (digest, settings)
        with self.lock:
            first = self.claimed.setdefault(content, source.path)
        twin = self.by_hash.get(content)
        same = twin is not None and unchanged(twin, Path(twin.path))
        if first != source.path or (twin is not None and same and twin.finished):
            self.skip()  # the same content under another name
            return None
        moved = twin is not None and (same or not Path(twin.path).exists())
        return Intake(
            source=source,
            taken=Taken(path=source.path, hash=digest, size=state.st_size, mtime_ns=state.st_mtime_ns,
                        settings=settings),
            moved_from=twin.path if twin is not None and moved else "",
        )  # fmt: skip

    def rest_of(self, source: Source, known: Taken) -> Intake | None:
        """Who takes in what is missing of a source that has not changed; None: nothing is."""
        with self.lock:
            first = self.claimed.setdefault((known.hash, known.settings), source.path)
        if known.finished or first != source.path:
            self.skip()
            return None
        self.report.unfinished[source.path] = known
        return Intake(source=source, taken=known, later=True)

    def skip(self) -> None:
        """One more source was there already."""
        with self.lock:
            self.report.skipped += 1

    @property
    def settings(self) -> AppearanceSettings:
        """How people are followed, and how much of them is kept."""
        return AppearanceSettings(crops=self.config.pictures_kept, min_height_px=self.config.min_height_px)

    def fingerprint(self, source: Source) -> str:
        """All that decides what becomes of a source, beside its content; with another one it is indexed anew.

        It names the detector that `auto` and `moving` stand for. So once they stand for another one, the same
        command brings an index up to date, and videos are indexed anew, once, that an earlier version took in
        with `auto` and kept under that word. Pictures keep the word as long as it means the same in them.
        When a photograph was taken is its content; in which zone it says so is not.
        """
        config, detector = self.config, detector_name(self.config, source.kind)
        if config.detector == "auto" and source.kind == "picture":  # the shape of a picture counts, too
            detector = "auto" if detector == AUTO_IN_PICTURES else f"auto {detector}"
        return json.dumps({
            "detector": detector, "every_seconds": config.every_seconds,
            "min_height_px": config.min_height_px, "pictures_kept": config.pictures_kept,
            "camera": source.camera, "start": source.start.isoformat() if source.start else "",
        } | ({"zone": source.zone} if source.zone else {}))  # fmt: skip


def followed(coming: Iterator[One], errors: list[Exception]) -> Iterator[One]:
    """What comes, up to what cannot be had: why is added to the `errors`; one odd source ends no run."""
    try:
        yield from coming
    except (SourceError, OSError, ValueError, MemoryError) as error:
        errors.append(error)


def what_of(error: Exception) -> str:
    """What is wrong with a source, by the error that it led to."""
    if isinstance(error, SourceError):
        return error.given
    return f"cannot read it on: {error or type(error).__name__}"


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
