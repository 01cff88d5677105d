"""Data sets: pictures of people with what was written of them."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from numpy.random import default_rng

from reidtalk.data import cuhk_pedes, folder, icfg_pedes, packed, rstp_reid
from reidtalk.data.counts import Counts
from reidtalk.data.faults import faults, shared_identities
from reidtalk.errors import DataError
from reidtalk.types import PersonImage, Splits, identity_of

FEWEST_TO_HOLD_OUT = 4
"""Of fewer people to train on, none are held out."""


class SharedPeople(UserWarning):
    """Some people are in more than one split."""


class HeldOut(UserWarning):
    """Some people to train on are validated with instead."""


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


def hold_out(splits: Splits, seed: int) -> Splits:
    """The `splits`; where val is empty, a tenth of the people to train on is in it, 2 to 200 of them.

    The seed chooses them among the people with captions. All their pictures move, in order, and a `HeldOut`
    warning tells it. Of fewer than `FEWEST_TO_HOLD_OUT`, nobody moves.
    """
    people = captioned_people(splits.train)
    if splits.val or len(people) < FEWEST_TO_HOLD_OUT:
        return splits
    number = min(200, max(2, len(people) // 10))
    chosen = set(default_rng([seed, 5]).permutation(people)[:number].tolist())
    told = f"{number:,} of {len(people):,} people to train on are held out to validate with"
    warnings.warn(f"no val split: {told}", HeldOut, stacklevel=2)
    train: list[PersonImage] = []
    val: list[PersonImage] = []
    for row, picture in enumerate(splits.train):
        if identity_of(picture, row) in chosen:
            val.append(replace(picture, split="val"))
        else:
            train.append(picture)
    return Splits(train=train, val=val, test=splits.test)


def captioned_people(pictures: list[PersonImage]) -> list[int]:
    """The numbers of the people in `pictures` with a caption, each once, in order."""
    return sorted({identity_of(picture, row) for row, picture in enumerate(pictures) if picture.captions})


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
