"""A source on its way into an index, and what came of all of them."""

from dataclasses import dataclass, field
from pathlib import Path

from reidtalk.index.entries import Entry
from reidtalk.index.ledger import Kept, Taken
from reidtalk.progress import counted
from reidtalk.video.people import Source


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
    unfinished: dict[str, Taken] = field(default_factory=dict)
    """By path: the videos of which the beginning is kept, and the end not seen yet."""

    def lines(self) -> list[str]:
        """What it says, a line each."""
        skipped = f", {self.skipped} were there already" if self.skipped else ""
        pace = ""
        if self.footage_seconds:
            speed = self.footage_seconds / self.seconds
            pace = f"; {self.footage_seconds:.0f} s of video at {speed:.1f} times its speed"
        appearances = counted(self.people, "appearance")
        done = f"{appearances} from {counted(self.taken, 'source')} in {self.seconds:.1f} s"
        lines = [f"{self.folder}: {done}{skipped}{pace}"]
        if self.others:
            lines.append(
                f"{sum(self.others.values())} files of other kinds let be ({' '.join(sorted(self.others))})"
            )
        lines += [f"{path}: {taken.note}; it goes on there" for path, taken in self.unfinished.items()]
        return lines


@dataclass(kw_only=True)
class Intake:
    """A source, or a part of a long video, on its way into the index."""

    source: Source
    taken: Taken
    entries: list[Entry] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    live: bool = False
    """A stream: it is kept as it goes."""
    later: bool = False
    """Not the first part: those before it are in the index."""
    alone: bool = False
    """A long video: it is encoded without others, so that the same pictures always go together."""
    ended: bool = False
    moved_from: str = ""
    """Where the same content lay before."""
