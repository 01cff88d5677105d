"""Files and folders written whole or not at all: under a temporary name, then renamed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reidtalk.errors import WriteError


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Raises a `WriteError` that names `path` for any `OSError` in the block."""
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"cannot write {path}: {error.strerror or error}",
            accepted="a place with room where you may write",
            do="make room, or choose another place; what was there before is untouched",
        ) from None


def make_folder(folder: Path) -> None:
    """`folder` is there.

    Raises:
        WriteError: it cannot be made.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def write_whole(path: Path, data: bytes | str, mode: int = 0o666) -> None:
    """`path` holds `data`: written beside it and renamed, so that nobody ever reads half of it.

    Who may read and write it says `mode`, less what the umask takes away.

    Raises:
        WriteError: it cannot be written there; what was in `path` before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.touch(mode)
            temporary.write_bytes(data.encode() if isinstance(data, str) else data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """Yields an empty temporary folder that takes the place of `folder` if the block succeeds.

    Raises:
        WriteError: it could not be written; what was in `folder` before is untouched.
    """
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    previous = previous_name(folder)
    with write_errors(folder):
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            yield temporary
            if folder.exists():
                shutil.rmtree(previous, ignore_errors=True)
                folder.rename(previous)
            temporary.rename(folder)
            shutil.rmtree(previous, ignore_errors=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def previous_name(folder: Path) -> Path:
    """Where `folder` waits for the moment between the two renamings of `replaced_folder`."""
    return folder.with_name(f".{folder.name}.previous")
