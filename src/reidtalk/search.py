"""Finds the person described: a sentence and pictures in, the pictures out, best first."""

import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from reidtalk.config import SearchConfig
from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import as_person_images
from reidtalk.errors import DataError, ImageError
from reidtalk.metrics import best_positions
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.contract import Matcher
from reidtalk.models.scoring import as_array, encode_arrays
from reidtalk.progress import progress_bar
from reidtalk.sheets import Row, match_tiles, save_sheet, sheet_kind
from reidtalk.types import Calibration, Match, PersonImage


class UnknownWords(UserWarning):
    """Some words of the sentence say nothing to the matcher."""


class SkippedPictures(UserWarning):
    """Some pictures could not be read, so that they were not searched."""


def search(config: SearchConfig) -> list[Match]:
    """The best `config.top` pictures for the sentence; `config.sheet` shows them, if it is asked for.

    Raises:
        CheckpointError: no matcher in `config.model`.
        DataError: no picture that can be read, a sentence the matcher has no word of, or a sheet that cannot
            be written.
    """
    if config.sheet:
        sheet_kind(config.sheet)
    images = as_person_images(config.pictures)
    matcher = load_matcher(config.model, config.device)
    if unknown := matcher.unknown_words(config.sentence):
        warnings.warn(f"the matcher never learned: {', '.join(unknown)}", UnknownWords, stacklevel=2)
    matches = find(matcher, config.sentence, images, config.top, batch_size=config.batch_size)
    if config.sheet:
        measure = "score" if matcher.calibration is None else "likelihood"
        note = f"the best {len(matches)}, with rank and {measure}"
        row = Row(text=config.sentence, note=note, tiles=match_tiles(matches))
        save_sheet(config.sheet, [row], note=verdict(matches))
    return matches


def verdict(matches: Sequence[Match]) -> str:
    """In words, how many of `matches` (the best ones) are likely; empty if the matcher has no calibration."""
    if not matches or matches[0].likelihood is None:
        return ""
    likely = sum(match.likely for match in matches)
    if not likely:
        return f"no likely match (best {matches[0].percent}): nobody here fits the description well"
    return f"{likely} likely match{'' if likely == 1 else 'es'} among the {len(matches)} shown"


def find(
    matcher: Matcher,
    sentence: str,
    images: Sequence[PersonImage | str | PathLike[str]],
    top: int = 10,
    *,
    batch_size: int = 64,
) -> list[Match]:
    """The best `top` of `images` for `sentence`, best first; of equal scores the earlier image first.

    Pictures that cannot be read are left out, with one `SkippedPictures` warning that counts them.

    Raises:
        DataError: no picture that can be read, or a sentence the matcher has no word of.
    """
    text = matcher.encode_texts([sentence])
    gallery = [image if isinstance(image, PersonImage) else PersonImage(path=Path(image)) for image in images]
    readable, features = encode_readable(matcher, gallery, batch_size=batch_size)
    return best_matches(matcher.score(text, features)[0].cpu(), readable, top, matcher.calibration)


def best_matches(
    scores: Float32[Tensor, " pictures"],
    images: Sequence[PersonImage],
    top: int,
    calibration: Calibration | None = None,
) -> list[Match]:
    """The `top` of `images` with the highest of `scores`, best first; of equal scores the earlier first.

    With a `calibration` each has the likelihood that it is right.
    """
    positions = best_positions(scores, top)
    found = scores[positions].tolist()
    chances = [None] * len(found) if calibration is None else [calibration.likelihood(one) for one in found]
    return [
        Match(image=images[position], score=score, rank=rank, likelihood=chance)
        for rank, (position, score, chance) in enumerate(zip(positions, found, chances, strict=True), start=1)
    ]


def encode_readable(
    matcher: Matcher, images: Sequence[PersonImage], *, batch_size: int = 64
) -> tuple[list[PersonImage], Float[Tensor, "pictures features"]]:
    """Those of `images` that can be read, in their order, and their features; warns of the others.

    Raises:
        DataError: none can be read.
    """
    readable: list[PersonImage] = []
    faults: list[ImageError] = []

    def whole() -> Iterator[UInt8[np.ndarray, "3 height width"]]:
        read = map_ahead(partial(read_or_fault, size_px=matcher.image_size_px), images)
        for image, picture in zip(images, read, strict=True):
            if isinstance(picture, ImageError):
                faults.append(picture)
            else:
                readable.append(image)
                yield picture
        if not readable:
            raise none_readable(faults)

    with progress_bar("searching", len(images)) as bar:
        features = encode_arrays(matcher, whole(), bar, batch_size=batch_size)
    if faults:
        message = f"{len(faults)} of {len(images)} pictures could not be read and were not searched"
        warnings.warn(f"{message}; {faults[0].given}", SkippedPictures, stacklevel=3)
    return readable, features


def read_or_fault(
    image: PersonImage, size_px: tuple[int, int]
) -> UInt8[np.ndarray, "3 height width"] | ImageError:
    """The picture squashed to height and width `size_px`, or why it cannot be read."""
    try:
        return as_array(image, size_px)
    except ImageError as error:
        return error


def none_readable(faults: Sequence[ImageError]) -> DataError:
    """What to raise when nothing is left to search."""
    if len(faults) == 1:
        return faults[0]
    return DataError(
        f"none of the {len(faults)} pictures can be read" + (f"; {faults[0].given}" if faults else ""),
        accepted="at least one picture that can be read",
        do="give other pictures",
    )
