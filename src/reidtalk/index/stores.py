"""Stores by name, and the one way to open them."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from reidtalk.errors import ConfigError
from reidtalk.index.contract import Store
from reidtalk.index.exact import FILE, open_exact
from reidtalk.index.lance import open_lance
from reidtalk.index.milvus import open_milvus


class Kind(NamedTuple):
    """A kind of store."""

    open: Callable[[str, int], Store]
    """(place, width of vectors) -> what fulfils `contract.Store`."""
    needs: tuple[str, ...] = ()
    """Packages to import that only this kind needs."""
    address: str = ""
    """What an address of this kind looks like; empty: it is kept in the folder of an index."""


STORES: Mapping[str, Kind] = {
    "exact": Kind(open_exact),
    "lance": Kind(open_lance, ("lancedb", "pyarrow", "faiss")),
    "milvus": Kind(open_milvus, ("pymilvus",), "milvus://HOST:PORT/NAME"),
}
DEFAULT = "lance"
PACKAGES = {"faiss": "faiss-cpu"}
"""What to install for a module of another name."""


def open_store(place: str | Path, width: int) -> Store:
    """The store at `place`, made if there is none; it keeps vectors of `width` features.

    `place` is a folder (of the kind it holds already, else of `DEFAULT`), a kind and a folder (exact:people),
    or the address of a cluster and a name there (milvus://host:19530/people).

    Raises:
        ConfigError: no such kind, or its packages are not installed.
        IndexingError: it keeps vectors of another width, cannot be reached, or is damaged.
        WriteError: it cannot be made there.
    """
    kind, rest = kind_and_place(str(place))
    missing = [name for name in STORES[kind].needs if find_spec(name) is None]
    if missing:
        packages = " ".join(PACKAGES.get(name, name) for name in missing)
        raise ConfigError(f"the store {kind} needs {' and '.join(missing)}, not installed here",
                          accepted=", ".join(STORES[kind].needs), do=f"pip install {packages}")  # fmt: skip
    return STORES[kind].open(rest, width)


def kind_and_place(place: str) -> tuple[str, str]:
    """Which kind of store, and what its opener is given.

    Raises:
        ConfigError: no such kind.
    """
    kind, colon, rest = place.partition(":")
    if "://" in place:
        if kind not in STORES:
            raise unknown(kind)
        return kind, place
    if kind in STORES and colon:
        return kind, rest
    return ("exact" if (Path(place) / FILE).exists() else DEFAULT), place


def unknown(kind: str) -> ConfigError:
    """What to raise for a kind of store that is none."""
    known = ", ".join(row.address or name for name, row in STORES.items())
    return ConfigError(f"no store {kind!r}", accepted=known, do="choose one of them")
