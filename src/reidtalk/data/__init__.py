"""Data sets: pictures of people with what was written of them."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reidtalk.data import cuhk_pedes, folder, icfg_pedes, packed, rstp_reid
from reidtalk.data.counts import Counts
from reidtalk.data.faults import faults, shared_identities
from reidtalk.errors import DataError
from reidtalk.types import Splits


class SharedPeople(UserWarning):
    """Some people are in more than one split."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A kind of data set and how it is read."""

    summary: str
    """One line for the user."""
    load: Callable[[Path], Splits]
    """Reads the annotation in a folder; pictures are not opened."""
    published: dict[str, Counts] | None = None
    """The sizes of its splits as published; None where there is no such thing."""
    people_apart: bool = True
    """Whether a person in two splits is a fault, or only worth a warning."""


DATASETS: dict[str, Dataset] = {
    "cuhk-pedes": Dataset(
        summary="CUHK-PEDES: reid_raw.json or caption_all.json, pictures in imgs/",
        load=cuhk_pedes.load,
        published=cuhk_pedes.PUBLISHED,
    ),
    "icfg-pedes": Dataset(
        summary="ICFG-PEDES: ICFG-PEDES.json, pictures in imgs/",
        load=icfg_pedes.load,
        published=icfg_pedes.PUBLISHED,
    ),
    "rstp-reid": Dataset(
        summary="RSTPReid: data_captions.json, pictures in imgs/",
        load=rstp_reid.load,
        published=rstp_reid.PUBLISHED,
    ),
    "folder": Dataset(
        summary="your own pictures, with captions in a JSON, JSONL or CSV file, or without", load=folder.load
    ),
    "synthetic": Dataset(summary="people drawn by reidtalk draw", load=cuhk_pedes.load),
    "packed": Dataset(
        summary="the pair reidtalk.h5 and reidtalk.json of the 2017 system",
        load=packed.load,
        people_apart=False,  # the 2017 system split by picture where the annotation did
    ),
}


def load_dataset(name: str, root: Path) -> Splits:
    """The data set `name` in `root`, fit to work with.

    All files are there (but not opened), people are in one split each (a packed pair with others is warned
    of), captions have words.

    Raises:
        DataError: no such data set, or the first fault found.
    """
    splits = read_dataset(name, root)
    for fault in faults(splits):
        raise fault
    shared = list(shared_identities(splits))
    if shared and DATASETS[name].people_apart:
        raise shared[0]
    if shared:
        told = "; ".join(fault.given for fault in shared)
        warnings.warn(f"{told}; what is learnt of them is measured on them", SharedPeople, stacklevel=2)
    return splits


def read_dataset(name: str, root: Path) -> Splits:
    """The data set `name` as its annotation in `root` tells it, files and captions not looked at.

    Raises:
        DataError: no such data set, or an annotation that cannot be read.
    """
    if name not in DATASETS:
        raise DataError(f"no data set {name!r}", accepted=", ".join(DATASETS), do="give one of these names")
    try:
        return DATASETS[name].load(root)
    except OSError as error:
        raise DataError(
            f"cannot look into {root}: {error.strerror or error}",
            accepted="a folder that may be read",
            do="correct the permissions",
        ) from None
