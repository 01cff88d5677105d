"""CUHK-PEDES, and every set in its layout: one JSON list, pictures in imgs/ in a folder for each camera.

Reference: Li et al., "Person Search with Natural Language Description", CVPR 2017.
"""

from pathlib import Path

from reidtalk.data.counts import Counts
from reidtalk.data.records import first_folder, load_annotation
from reidtalk.types import Splits

ANNOTATIONS = ("reid_raw.json", "caption_all.json", "annotations.json")
PUBLISHED = {
    "train": Counts(11_003, 34_054, 68_126, 1, 11_003),
    "val": Counts(1_000, 3_078, 6_158, 11_004, 12_003),
    "test": Counts(1_000, 3_074, 6_156, 12_004, 13_003),
}


def load(root: Path) -> Splits:
    """The pictures listed in `root`; they lie in `root`/imgs, or beside the annotation.

    Raises:
        DataError: no annotation, or one with a fault; the record and field are named.
    """
    return load_annotation(root, ANNOTATIONS, "file_path", first_folder)
