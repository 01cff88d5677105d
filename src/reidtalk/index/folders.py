"""The folder of an index: where its entries lie, how large it is, and how it goes away again."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from reidtalk.index.stores import STORES, unknown


def place_of(folder: Path, store: str) -> str:
    """Where the entries of the index in `folder` lie: the address of a cluster, or a place in it.

    Raises:
        ConfigError: no such store.
    """
    if "://" not in store and (store not in STORES or STORES[store].address):
        raise unknown(store)
    return store if "://" in store else f"{store}:{folder / store}"


def bytes_in(folder: Path) -> int:
    """The size of all files in `folder`; those that a writer takes away meanwhile do not count."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(place, name).stat().st_size
    return size


def missing_folders(folder: Path) -> list[Path]:
    """Those of `folder` and the folders above it that are not there, the deepest first."""
    return [place for place in (folder, *folder.parents) if not place.exists()]


def named(folder: Path) -> Iterator[Path]:
    """What lies in `folder`, but for files that somebody killed did not come to rename."""
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def clear_away(folder: Path, missing: Sequence[Path]) -> None:
    """What an index wrote into `folder`, empty before, is gone, and so are the folders `missing` before."""
    for path in list(named(folder)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for place in missing:
        with suppress(OSError):  # somebody put something there
            place.rmdir()
