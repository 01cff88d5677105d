"""Settings of the verbs that make and keep an index; one frozen dataclass each, as in config.py."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from reidtalk.config import Out, require, require_seed
from reidtalk.errors import ConfigError

Sources = Positional[Annotated[list[str], arg(metavar="SOURCES")]]
Folder = Positional[Annotated[Path, arg(metavar="INDEX")]]
Patterns = Positional[Annotated[list[str], arg(metavar="PATTERNS")]]
Store = Annotated[str, arg(metavar="STORE")]


@dataclass(frozen=True, kw_only=True)
class IndexConfig:
    """Index the people in pictures, folders, video and cameras, so that search answers in milliseconds.

    What is there already is skipped, what has changed is replaced. Ctrl-C, or worse, loses only the picture
    under way, or some minutes of the video: the same command goes on there. Damaged files are listed at the
    end; the rest is indexed.
    """

    sources: Sources
    """Pictures, folders (through all levels), video files, or addresses of cameras (rtsp://, http://)."""
    to: Path
    """The index: a new folder, or one to add to."""

    detector: str = "auto"
    """What finds people in a frame:
    motion (whatever moves before a camera that stands still);
    reidtalk-detector (a small network that comes with reidtalk);
    moving (what that network finds, where something moves or has moved; all of it while the camera moves);
    transformers:NAME (RT-DETR, D-FINE or the like, from a hub or folder);
    a run folder of train-detector;
    none (every picture is of one person already);
    auto (moving in videos; in pictures not shaped like one person, reidtalk-detector)."""
    every_seconds: float = 0.2
    """Time between the frames of a video that are looked at."""
    pictures_kept: int = 4
    """How many pictures are kept of each person who appears: the best ones."""
    min_height_px: int = 40
    """Lower people are left out."""

    camera: str = ""
    """Name of the camera, for all of SOURCES."""
    start: str = ""
    """When the first frame was taken, for all of SOURCES: 2026-11-24T08:00, or with a zone,
    2026-11-24T08:00+01:00."""
    zone: str = ""
    """Time zone of times without one: Europe/Berlin, or +01:00; by default UTC."""
    cameras: Path | None = None
    """CSV file with the columns file, camera, start and zone (any may be missing but file); by default a
    cameras.csv in each folder given."""
    names: str = ""
    """How file names tell camera and time: {camera}_{start:%Y%m%d-%H%M%S}."""

    model: Path | None = None
    """Matcher of a new index: checkpoint or run folder; by default reidtalk-small."""
    store: Store = "lance"
    """Where a new index keeps its vectors. lance: in its folder. exact: there too, for small ones. An
    address such as milvus://host:19530/people: in a cluster."""
    batch_size: int = 64
    """Pictures encoded at once."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, cuda:1, mps."""

    def __post_init__(self) -> None:
        if not self.sources:
            raise ConfigError(
                "no sources", accepted="pictures, folders, videos, or cameras", do="give at least one"
            )
        require(self.every_seconds > 0, "every_seconds", self.every_seconds, "more than 0")
        require(1 <= self.pictures_kept <= 64, "pictures_kept", self.pictures_kept, "1 to 64")
        require(self.min_height_px >= 1, "min_height_px", self.min_height_px, "1 or more")
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")


@dataclass(frozen=True, kw_only=True)
class DrawWalkConfig:
    """Draw a video of people who walk through a place, to try `index` with where no footage is at hand.

    Nobody in it exists. The same seed draws the same video.
    """

    out: Out
    """Video to write; its ending says how: .mp4, .mkv, .avi, .mov."""
    people: int = 6
    """How many walk by."""
    seconds: float = 20.0
    """How long it is."""
    height_px: int = 432
    """Height of the picture; even."""
    width_px: int = 768
    """Width of the picture; even."""
    per_second: int = 10
    """Frames a second."""
    seed: int = 123
    """People, place and ways follow from it."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(1 <= self.people <= 100, "people", self.people, "1 to 100")
        require(0 < self.seconds <= 3600, "seconds", self.seconds, "more than 0, at most 3600")
        require(1 <= self.per_second <= 60, "per_second", self.per_second, "1 to 60")
        for flag in ("height_px", "width_px"):
            side = getattr(self, flag)
            require(96 <= side <= 2160 and side % 2 == 0, flag, side, "an even number from 96 to 2160")


@dataclass(frozen=True, kw_only=True)
class IndexInfoConfig:
    """What is in an index."""

    index: Folder
    """Folder of the index."""
    sources: bool = False
    """List every source, with the number of appearances in it and what was wrong with it."""


@dataclass(frozen=True, kw_only=True)
class IndexRemoveConfig:
    """Forget sources, and everybody seen in them."""

    index: Folder
    """Folder of the index."""
    patterns: Patterns
    """Paths, folders or names of sources; * and ? stand for anything."""

    def __post_init__(self) -> None:
        if not self.patterns:
            raise ConfigError("no sources", accepted="paths or names of sources", do="give at least one")


@dataclass(frozen=True, kw_only=True)
class IndexCompactConfig:
    """Give back room that nothing needs, and make searching as fast as it can be."""

    index: Folder
    """Folder of the index."""


@dataclass(frozen=True, kw_only=True)
class IndexVerifyConfig:
    """Check that everything in an index is whole; exits with 1 if not."""

    index: Folder
    """Folder of the index."""


@dataclass(frozen=True, kw_only=True)
class IndexMoveConfig:
    """Move an index's vectors into another store; nothing is lost."""

    index: Folder
    """Folder of the index."""
    store: Positional[Store]
    """lance, exact, or an address such as milvus://host:19530/people."""
