"""RSTPReid: five pictures of each person from five of fifteen cameras, two captions a picture.

Reference: Zhu et al., "DSSL: Deep Surroundings-person Separation Learning for Text-based Person Retrieval",
ACM Multimedia 2021.
"""

import re
from pathlib import Path

from reidtalk.data.counts import Counts
from reidtalk.data.records import load_annotation
from reidtalk.types import Splits

ANNOTATIONS = ("data_captions.json",)
PUBLISHED = {
    "train": Counts(3_701, 18_505, 37_010),
    "val": Counts(200, 1_000, 2_000),
    "test": Counts(200, 1_000, 2_000),
}

_NAME = re.compile(r"\d+_(c\d+)_[^/\\]*$")  # person, camera, frame


def load(root: Path) -> Splits:
    """The pictures listed in `root`; they lie in `root`/imgs.

    Raises:
        DataError: no annotation, or one with a fault; the record and field are named.
    """
    return load_annotation(root, ANNOTATIONS, "img_path", _camera)


def _camera(file: str) -> str | None:
    found = _NAME.search(file)
    return found[1] if found else None
