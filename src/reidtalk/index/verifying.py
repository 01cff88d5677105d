"""What is wrong with an index; others may write to it meanwhile.

Whoever writes puts thumbnails first, then entries into the store, then both into the ledger, and takes them
away in the opposite order. So what the ledger names, before and after all was read, must have been there; and
what it does not name is of no source only if nobody is about to enter it.
"""

import errno
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from reidtalk.errors import IndexingError
from reidtalk.index.damage import INDEX_AGAIN
from reidtalk.index.index import LOCK, Index
from reidtalk.index.manifest import read_manifest
from reidtalk.index.thumbnails import checksum

LOST = "reidtalk index-compact, then index again what was lost"


def faults(index: Index) -> list[str]:
    """As `Index.verify`."""
    ledger, store = index.ledger, index.store
    before = ledger.all_ids()
    suspected = bad_thumbnails(index.folder, ledger.thumbnails())
    checkup = store.check()
    quiet = nobody_writes(index.folder)
    known = ledger.all_ids()
    if (kept := read_manifest(index.folder)).store != index.manifest.store:
        raise IndexingError(f"{index.folder} was moved to {kept.shown_store} meanwhile",
                            accepted="an index that stays where it is", do="verify it again")  # fmt: skip
    still = [row for row in ledger.thumbnails() if row in suspected] if suspected else []
    told = [
        f"{what}: {file} {whose(index, name)}; what to do: {INDEX_AGAIN}"
        for (file, name, _), what in bad_thumbnails(index.folder, still).items()
    ]
    for damage in checkup.damages:
        where = f"{damage.id} {whose(index, damage.id)}: " if damage.id else ""
        do = LOST if damage.id and damage.id not in known else damage.do
        told.append(f"damaged: {where}{damage.what}; what to do: {do}")
    if checkup.complete:
        lost = sorted(before & known - checkup.ids)
        told += [f"lost from the store: {one} {whose(index, one)}; what to do: {LOST}" for one in lost]
        strays = checkup.ids - before - known
        if strays and quiet:
            told += [f"of no source: {one}; what to do: reidtalk index-compact"
                     for one in sorted(strays.intersection(store.ids()))]  # fmt: skip
    return told


def bad_thumbnails(
    folder: Path, thumbnails: Iterable[tuple[str, str, str]]
) -> dict[tuple[str, str, str], str]:
    """Those of the `thumbnails` (file, entry, checksum) that are not as they were: "missing" or "changed"."""
    bad = {}
    for row in thumbnails:
        file, _, expected = row
        try:
            data = (folder / file).read_bytes()
        except OSError:
            bad[row] = "missing"
            continue
        if checksum(data) != expected:
            bad[row] = "changed"
    return bad


def nobody_writes(folder: Path) -> bool:
    """Whether no other process writes to the index in `folder` now; on a read-only medium nobody does."""
    try:
        with FileLock(folder / LOCK, timeout=0):
            return True
    except Timeout:
        return False
    except OSError as error:
        return error.errno == errno.EROFS


def whose(index: Index, name: str) -> str:
    """Which source the entry is of."""
    return f"of {', '.join(sorted(index.ledger.paths([name]))) or 'no source'}"
