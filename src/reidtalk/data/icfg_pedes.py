"""ICFG-PEDES: one caption a picture, no validation split.

Reference: Ding et al., "Semantically Self-Aligned Network for Text-to-Image Part-aware Person
Re-identification", 2021 (arXiv 2107.12666).
"""

import re
from pathlib import Path

from reidtalk.data.counts import Counts
from reidtalk.data.records import load_annotation
from reidtalk.types import Splits

ANNOTATIONS = ("ICFG-PEDES.json", "ICFG_PEDES.json")
PUBLISHED = {"train": Counts(3_102, 34_674, 34_674), "test": Counts(1_000, 19_848, 19_848)}

_NAME = re.compile(r"\d+_\d+_(\d+)_[^/\\]*$")  # person, picture, camera, time of day: as in MSMT17


def load(root: Path) -> Splits:
    """The pictures listed in `root`; they lie in `root`/imgs.

    Raises:
        DataError: no annotation, or one with a fault; the record and field are named.
    """
    return load_annotation(root, ANNOTATIONS, "file_path", _camera)


def _camera(file: str) -> str | None:
    found = _NAME.search(file)
    return f"c{found[1]}" if found else None
