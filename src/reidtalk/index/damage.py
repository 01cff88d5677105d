"""What is found wrong with what a store keeps."""

from dataclasses import dataclass, field

from reidtalk.errors import ReidtalkError

RESTORE = "restore a copy of the index, or index its sources into another folder"
INDEX_AGAIN = "forget its source with reidtalk index-remove, then index it again"
COMPACT = "reidtalk index-compact makes it anew"
FIND = "reidtalk index-verify tells which, and how it is mended"


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One thing that is wrong."""

    what: str
    do: str
    """How it is mended."""
    id: str = ""
    """Of the entry, if it is one entry's."""


@dataclass(kw_only=True)
class Checkup:
    """What came of reading all that a store keeps."""

    ids: set[str] = field(default_factory=set)
    """Of the entries that are there, damaged ones too."""
    damages: list[Damage] = field(default_factory=list)
    complete: bool = True
    """Whether all could be read."""

    def take(self, name: str, fault: str) -> None:
        """The entry with the id `name` was read; `fault`: what is wrong with it, empty for nothing."""
        self.ids.add(name)
        if fault:
            self.damages.append(Damage(what=fault, do=INDEX_AGAIN, id=name))

    def stop(self, error: ReidtalkError) -> None:
        """What comes next could not be read."""
        self.damages.append(Damage(what=error.given, do=RESTORE))
        self.complete = False
