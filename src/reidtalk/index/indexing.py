"""People in pictures, video and cameras into an index: read in one thread, encoded and kept in another."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from time import monotonic
from typing import NamedTuple

from reidtalk.index.desk import Desk
from reidtalk.index.folders import missing_folders
from reidtalk.index.index import Index, is_index
from reidtalk.index.intake import Report
from reidtalk.index.reader import Piece, Reader, detector_name, length
from reidtalk.index_config import IndexConfig
from reidtalk.interrupts import stop_flag
from reidtalk.progress import counted, progress_bar
from reidtalk.video.appearances import PartSettings
from reidtalk.video.background import in_background
from reidtalk.video.detectors import open_detector
from reidtalk.video.people import Detector, Source
from reidtalk.video.sources import LabelSettings
from reidtalk.video.sources import sources as find_sources


class Task(NamedTuple):
    """What is to be indexed, and what looks at it."""

    config: IndexConfig
    sources: list[Source]
    others: dict[str, int]
    """How many files of each other ending were let be."""
    for_pictures: Detector | None
    """What looks at pictures that are not of one person; None: all are."""
    for_video: Detector | None
    """What looks at videos; None: every frame is of one person."""
    parts: PartSettings = PartSettings()
    """Where long videos are cut into parts."""

    def hired(self) -> Detector | None:
        """Another one that looks at videos, for a camera of its own."""
        return open_detector(detector_name(self.config, "video"), self.config.device)


def index_people(config: IndexConfig) -> Report:
    """The people in `config.sources` are in the index `config.to`, which is made if it is not there.

    A new one of which nothing at all could be taken in does not stay.

    Raises:
        ConfigError: flags that do not fit each other or the index.
        DataError: a source that is not there; one that is damaged is in the report instead.
        IndexingError: an index of another matcher, or another process writes to it.
        WriteError: no room; what was indexed before is untouched.
    """
    task = planned(config)
    new, missing = not is_index(config.to), missing_folders(config.to)
    with opened(config) as index:
        report = take_in(index, task)
        if new and not report.interrupted:
            index.discard_if_empty(missing)
    return report


def planned(config: IndexConfig) -> Task:
    """What `config` asks for; what is wrong with it is told before anything is done.

    Raises:
        ConfigError: no such detector, or flags that cannot be read.
        DataError: a source that is not there.
    """
    labels = LabelSettings(
        camera=config.camera, start=config.start, zone=config.zone, table=config.cameras, pattern=config.names
    )
    found = find_sources(config.sources, labels)
    there = {source.kind for source in found.sources}
    for_pictures, for_video = (
        open_detector(detector_name(config, kind), config.device) if kind in there else None
        for kind in ("picture", "video")
    )
    return Task(config, list(map(whole_path, found.sources)), found.skipped, for_pictures, for_video)


def take_in(index: Index, task: Task) -> Report:
    """The people in the sources of `task` are in the `index`.

    Interrupted, it leaves at once, and untidied: tidying may rewrite the whole index. The next run that takes
    something in does it; until then a search begins a little later.

    Raises:
        IndexingError: another process writes to it.
        WriteError: no room; what was indexed before is untouched.
    """
    config, begun = task.config, monotonic()
    report = Report(folder=config.to, others=task.others)
    desk = Desk(index, config.batch_size, report)
    with index.writing(), stop_flag() as stopped, progress_bar("indexing", length(task.sources)) as bar:
        reader = Reader(index, config, report, bar, stopped, task.parts)
        for piece in in_background(pieces(reader, task)):
            if piece is None:
                desk.keep_if_due()
                continue
            desk.take(*piece)
            bar.advance(0, counted(desk.people, "appearance"))
        desk.keep()
        report.interrupted = stopped.is_set()
        desk.clear_away()
        if report.taken and not report.interrupted:
            index.store.tidy()
    report.seconds = monotonic() - begun
    return report


def pieces(reader: Reader, task: Task) -> Iterator[Piece | None]:
    """Everybody in all sources: pictures and videos one after another, then the streams side by side."""
    for kind, some in groupby(task.sources, lambda source: source.kind):
        if kind == "picture":
            yield from reader.of_pictures(list(some), task.for_pictures)
        elif kind == "video":
            for source in some:
                yield from reader.of_video(source, task.for_video)
    streams = [source for source in task.sources if source.kind == "stream"]
    yield from reader.of_streams(streams, task.hired)


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
    return source if source.kind == "stream" else replace(source, path=os.path.abspath(source.path))  # noqa: PTH100 - links stay links
