"""What the user gave, as sources: pictures, videos and streams in a fixed order, with camera and start."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image

from reidtalk.data.images import SUFFIXES as PICTURE_SUFFIXES
from reidtalk.data.images import read_exif
from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.addresses import STREAM_SCHEMES, stream_scheme, without_password
from reidtalk.video.decode import recorded_at
from reidtalk.video.labels import (
    TABLE_NAME,
    Label,
    NamePattern,
    Table,
    exif_moment,
    name_pattern,
    parse_start,
    parse_zone,
    read_table,
)
from reidtalk.video.people import Source

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".vob"),
    *(".wmv", ".asf", ".flv", ".3gp", ".3g2", ".ogv", ".mjpeg", ".mjpg", ".h264", ".264", ".hevc", ".265"),
    ".dav",
)
"""What counts as a video in a folder; a GIF or WebP does if it moves."""

_MAY_MOVE = (".gif", ".webp")
_ACCEPTED = "pictures, videos, folders of them, and addresses of streams (rtsp, rtsps, http, https)"


class Found(NamedTuple):
    """What was found where the user said."""

    sources: list[Source]
    skipped: dict[str, int]
    """How many files of each other ending (".pdf", "" for none) were let be, by ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """Where cameras and times are told; what is told first here counts most."""

    camera: str = ""
    """The camera's name, for all sources."""
    start: str = ""
    """When the source begins, such as 2026-11-24T08:00:00+01:00; without an offset it is in `zone`."""
    zone: str = ""
    """The time zone of times without one, such as Europe/Berlin or +01:00; UTC where none is told."""
    table: Path | None = None
    """A CSV of files, cameras, starts and zones; without it, `cameras.csv` of each folder given."""
    pattern: str = ""
    """How file names tell it, such as {camera}_{start:%Y%m%d-%H%M%S}."""


def sources(given: Sequence[str | Path], labels: LabelSettings | None = None) -> Found:
    """All pictures, videos and streams of what is `given`, each once: in that order, within folders by name.

    Folders are searched through all levels, without hidden files. Camera and start come from the flags, else
    the table, else the name, else (the start of a video) from what the camera wrote into it, told in the zone
    of the flags. Pictures are not opened: `photographed_at` tells the start of one without.

    Raises:
        SourceError: something is missing or may not be read, nothing was found, or the table has a fault.
        ConfigError: a flag that cannot be read, or one start for several videos of one camera.
    """
    reader = _Labels(labels or LabelSettings())
    found: dict[str, Source] = {}
    skipped: Counter[str] = Counter()
    for one in given:
        table = reader.table_of(str(one))
        for source in _sources_of(str(one), skipped):
            if source.path not in found:
                found[source.path] = reader.labelled(source, table)
    if not found:
        named = ", ".join(str(one) for one in given) or "nothing"
        others = f"; {sum(skipped.values())} files of other kinds" if skipped else ""
        raise SourceError(
            f"no picture or video in {named}{others}",
            accepted=_ACCEPTED,
            do="give another folder, or a file itself",
        )
    if reader.settings.start:
        _require_one_video_each(list(found.values()))
    return Found(list(found.values()), dict(sorted(skipped.items())))


def photographed_at(picture: Source) -> datetime | None:
    """When a picture was taken, by its EXIF, told in the source's zone; None where it does not say.

    A time without an offset is in that zone, too.
    """
    start = exif_moment(read_exif(Path(picture.path)), picture.zone)
    return start.astimezone(parse_zone(picture.zone)) if start and picture.zone else start


class _Labels:
    """Reads camera and start of each source."""

    def __init__(self, settings: LabelSettings) -> None:
        self.settings = settings
        parse_zone(settings.zone)
        self.start = parse_start(settings.start, settings.zone) if settings.start else None
        self.pattern: NamePattern | None = name_pattern(settings.pattern) if settings.pattern else None
        self.table = read_table(settings.table) if settings.table else None

    def table_of(self, given: str) -> Table:
        """The table for what was given: the flag's, else the folder's own, else an empty one."""
        if self.table is not None:
            return self.table
        beside = Path(given) / TABLE_NAME
        return read_table(beside) if not stream_scheme(given) and beside.is_file() else Table()

    def labelled(self, source: Source, table: Table) -> Source:
        """`source` with its camera, and its start or the zone of it."""
        told = [Label(camera=self.settings.camera, start=self.start), self._from_table(source, table)]
        if self.pattern is not None and source.kind != "stream":
            told.append(self.pattern.read(source.path, self.settings.zone))
        camera = next((label.camera for label in told if label.camera), "")
        start = next((label.start for label in told if label.start), None)
        if start is None and source.kind == "video":
            start = self._from_video(Path(source.path))
        zone = self._zone(source, table) if start is None and source.kind == "picture" else ""
        return replace(source, camera=camera, start=start, zone=zone)

    def _from_table(self, source: Source, table: Table) -> Label:
        row = table.row(source.path)
        if row is None:
            return Label()
        start = parse_start(row.start, self.settings.zone or row.zone) if row.start else None
        return Label(camera=row.camera, start=start)

    def _zone(self, source: Source, table: Table) -> str:
        row = table.row(source.path)
        return self.settings.zone or (row.zone if row else "")

    def _from_video(self, path: Path) -> datetime | None:
        start = recorded_at(path)
        return start.astimezone(parse_zone(self.settings.zone)) if start and self.settings.zone else start


def _sources_of(given: str, skipped: "Counter[str]") -> Iterator[Source]:
    scheme = stream_scheme(given)
    if scheme in STREAM_SCHEMES:
        yield Source(path=given, kind="stream")
        return
    path = Path(given)
    try:
        if path.is_dir():
            yield from _in_folder(path, skipped)
            return
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise _missing(f"cannot look into {given}: {getattr(error, 'strerror', None) or error}") from None
    if exists:
        yield Source(path=given, kind=_kind(path) or "video")  # of an unknown ending: FFmpeg may know it
    elif scheme:
        raise _missing(f"{without_password(given)}: no streams by {scheme}")
    else:
        raise _missing(f"no such file or folder: {given}")


def _in_folder(folder: Path, skipped: "Counter[str]") -> Iterator[Source]:
    def refuse(error: OSError) -> None:
        raise error

    paths = []
    for inner, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(inner, name) for name in names if not name.startswith(".") and name != TABLE_NAME]
    for path in sorted(paths):
        kind = _kind(path)
        if kind is None:
            skipped[path.suffix.lower()] += 1
        else:
            yield Source(path=str(path), kind=kind)


def _kind(path: Path) -> Literal["picture", "video"] | None:
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES or (suffix in _MAY_MOVE and _moves(path)):
        return "video"
    return "picture" if suffix in PICTURE_SUFFIXES else None


def _moves(path: Path) -> bool:
    try:
        with Image.open(path, formats=("GIF", "WEBP")) as picture:
            return bool(getattr(picture, "is_animated", False))
    except Exception:  # Pillow's readers raise almost anything on damaged files; reading it will tell
        return False


def _require_one_video_each(found: list[Source]) -> None:
    by_camera = Counter(source.camera for source in found if source.kind != "picture")
    camera, number = max(by_camera.items(), key=lambda item: item[1], default=("", 0))
    if number > 1:
        whose = f"of camera {camera}" if camera else "without a camera's name"
        raise ConfigError(
            f"--start for {number} videos {whose}, which cannot all begin then",
            accepted="one video of each camera",
            do=f"tell each video's start in a {TABLE_NAME}, or by a name pattern",
        )


def _missing(what: str) -> SourceError:
    return SourceError(what, accepted=_ACCEPTED, do="correct it")
