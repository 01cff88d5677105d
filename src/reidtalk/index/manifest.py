"""Which matcher made an index, and where its vectors lie: manifest.json."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from reidtalk.errors import IndexingError
from reidtalk.files import write_whole
from reidtalk.video.addresses import without_password

FORMAT = 1
NAME = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What has to fit when an index is opened."""

    matcher: str
    """The matcher's checkpoint as it was given, or reidtalk-small."""
    weights: str
    """SHA-256 of its model.safetensors."""
    features: int
    """Width of a vector."""
    readings: int
    """How many numbers a re-ranker reads of each shot; 0: there is none."""
    store: str
    """Row of STORES, or the address of a cluster."""
    made_by: str
    """The version of reidtalk that made the index."""
    metric: str = "cosine"
    format: int = FORMAT

    @property
    def shown_store(self) -> str:
        """The store without user and password."""
        return without_password(self.store)


def weights_hash(checkpoint: Path) -> str:
    """SHA-256 of the weights in a checkpoint folder."""
    with (checkpoint / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """`folder` is an index.

    Raises:
        WriteError: it cannot be written.
    """
    with_password = manifest.shown_store != manifest.store
    mode = 0o600 if with_password else 0o666
    write_whole(folder / NAME, json.dumps(asdict(manifest), indent=1), mode)


def read_manifest(folder: Path) -> Manifest:
    """What `folder` says of itself.

    Raises:
        IndexingError: no index, a damaged one, or one of another format.
    """
    file = folder / NAME
    if not file.is_file():
        given = f"no index in {folder}" if folder.exists() else f"no such folder: {folder}"
        raise IndexingError(given, accepted="a folder made by reidtalk index",
                            do=f"make one: reidtalk index PICTURES --to {folder}")  # fmt: skip
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise IndexingError(f"{folder} has format {values['format']}", accepted=f"format {FORMAT}",
                                do="use the version of reidtalk that made it, or index anew")  # fmt: skip
        return Manifest(**values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexingError(f"{file} is damaged: {error}", accepted="what reidtalk index wrote",
                            do="restore a copy, or index anew into another folder") from error  # fmt: skip
