"""The SQLite files of an index: safe from kill -9, and read on media that nobody can write, too."""

import os
import sqlite3
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 30
"""How long to wait for another process that is writing."""


def open_database(file: Path, **settings: Any) -> sqlite3.Connection:
    """The database `file`, made if there is none; `settings`: as `sqlite3.connect`.

    Raises:
        sqlite3.Error: it cannot be opened, or is damaged.
    """
    place = str(file)
    if unchanging(file):
        place, settings = f"{file.resolve().as_uri()}?immutable=1", settings | {"uri": True}
    base: sqlite3.Connection = sqlite3.connect(
        place, timeout=PATIENCE_SECONDS, check_same_thread=False, **settings
    )
    try:
        base.execute("pragma journal_mode = wal")
    except BaseException:
        base.close()
        raise
    return base


def unchanging(file: Path) -> bool:
    """Whether `file` is whole and on a read-only medium, where SQLite cannot lay its own files beside it."""
    log = file.with_name(f"{file.name}-wal")
    return file.exists() and read_only(file.parent) and not (log.exists() and log.stat().st_size)


def read_only(folder: Path) -> bool:
    """Whether `folder` lies on a read-only medium."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
