"""Finds the person described: a sentence and pictures in, the pictures out, best first."""

import json
import shlex
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from reidtalk.config import SearchConfig
from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import as_person_images
from reidtalk.errors import ConfigError, DataError, ImageError, IndexingError
from reidtalk.found_page import require_page_name, save_found_page
from reidtalk.index.filters import Filter
from reidtalk.index.index import Index
from reidtalk.index.query import Query
from reidtalk.metrics import best_positions
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.contract import Matcher, UnreadWords
from reidtalk.models.explanation import explain
from reidtalk.models.scoring import as_array, encode_arrays
from reidtalk.progress import progress_bar
from reidtalk.sheets import Row, match_tiles, save_sheet, sheet_kind
from reidtalk.types import Calibration, Match, PersonImage

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".webm")
"""What is told apart from a damaged picture."""


class UnknownWords(UserWarning):
    """Some words of the sentence say nothing to the matcher."""


class SkippedPictures(UserWarning):
    """Some pictures could not be read, so that they were not searched."""


def search(config: SearchConfig) -> list[Match]:
    """The best `config.top` people for what is asked, in pictures or in an index, best first.

    `config.sheet` and `config.html` show them, where they are asked for and somebody is found.

    Raises:
        CheckpointError: no matcher in `config.model`.
        IndexingError: no index in `config.index`, an empty one, or one of another matcher.
        DataError: no picture that can be read, a sentence the matcher has no word of, a camera, source or
            sighting that is not there, or a sheet or page that cannot be written.
        ConfigError: a time that is none, or a page past the last.
    """
    matches = look_for(config)
    save_found(config, matches)
    return matches


def look_for(config: SearchConfig) -> list[Match]:
    """As `search`, but `config.sheet` and `config.html` are only looked at: whether they could be written."""
    if config.sheet:
        sheet_kind(config.sheet)
    if config.html:
        require_page_name(config.html)
    return search_pictures(config) if config.index is None else search_index(config, config.index)


def save_found(config: SearchConfig, matches: Sequence[Match]) -> None:
    """`config.sheet` and `config.html` show the `matches`; without any they are let be.

    Raises:
        DataError: they cannot be written.
    """
    if not matches:
        return
    asked = " / ".join([config.sentence, *config.also]).strip(" /") or "like the pictures given"
    if config.sheet:
        measure = "score" if matches[0].likelihood is None else "likelihood"
        note = f"the best {len(matches)}, with rank and {measure}"
        save_sheet(
            config.sheet, [Row(text=asked, note=note, tiles=match_tiles(matches))], note=verdict(matches)
        )
    if config.html:
        save_found_page(config.html, asked, matches, verdict(matches))


def search_pictures(config: SearchConfig) -> list[Match]:
    """The best of `config.pictures` for what is said."""
    images = given_pictures(config)
    matcher = load_matcher(config.model, config.device, "auto")
    sentences = (config.sentence, *config.also)
    warn_of_unheard(matcher, sentences)
    return find(matcher, sentences, images, config.top, batch_size=config.batch_size, why=config.why)


def given_pictures(config: SearchConfig) -> list[PersonImage]:
    """The pictures to search.

    Raises:
        DataError: none, or a video.
    """
    for path in config.pictures:
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            raise DataError(
                f"{path} is a video",
                accepted="pictures or folders of pictures",
                do=f"index it with reidtalk index {shlex.quote(str(path))} --to people.index, "
                "then search with --index people.index",
            )
    try:
        return as_person_images(config.pictures)
    except DataError as error:
        words = [path for path in config.pictures if not {".", "/"} & set(str(path)) and not path.exists()]
        if not words or " " in config.sentence:
            raise
        do = f"{error.do}, or put the sentence in quotes"
        raise DataError(error.given, accepted=error.accepted, do=do) from None


def search_index(config: SearchConfig, folder: Path) -> list[Match]:
    """The best sightings in the index `folder`, one page of them."""
    with Index.open(folder, config.model, config.device) as index:
        if not len(index):
            raise IndexingError(f"{folder}: the index is empty", accepted="an index with people in it",
                                do="add footage with reidtalk index")  # fmt: skip
        require_cameras(index, config.camera)
        sentences = tuple(filter(None, (config.sentence, *config.also)))
        warn_of_unheard(index.matcher, sentences)
        query = Query(
            sentences=sentences,
            pictures=tuple(Path(one) for one in config.like if Path(one).exists()),
            like=tuple(one for one in config.like if not Path(one).exists()),
            unlike=config.unlike,
        )
        require_sightings(index, query)
        keep = Filter(
            cameras=config.camera,
            sources=index.matching_sources(config.source),
            after=moment("after", config.after),
            before=moment("before", config.before),
            from_time=time_of_day("from_time", config.from_time),
            to_time=time_of_day("to_time", config.to_time),
            min_height_px=config.min_height_px,
        )
        skip = (config.page - 1) * config.top
        matches = index.search(query, config.top, keep=keep, skip=skip, why=config.why)
        if skip and not matches:
            require_page(config, people=len(index.search(query, len(index), keep=keep)))
        return matches


def require_cameras(index: Index, cameras: Sequence[str]) -> None:
    """Raises `DataError` where the index has nothing of one of the `cameras`."""
    if not cameras:
        return
    there = {json.loads(taken.settings or "{}").get("camera", "") for taken, _ in index.sources()}
    for camera in cameras:
        if camera not in there:
            raise DataError(f"no camera {camera!r} in {index.folder}",
                            accepted=", ".join(sorted(there - {""})) or "none: no footage names its camera",
                            do="correct --camera, or leave it out")  # fmt: skip


def require_sightings(index: Index, query: Query) -> None:
    """Raises `DataError` where something to be like or unlike is not in the index."""
    there = {entry.id for entry in index.store.get([*query.like, *query.unlike])}
    for one in query.like:
        if one not in there:
            raise DataError(f"--like {one}: neither a picture file nor a sighting in {index.folder}",
                            accepted="a picture file, or an id that a search told",
                            do="correct it, or search again")  # fmt: skip
    for one in query.unlike:
        if one not in there:
            what = (
                f"no sighting in {index.folder}"
                if not Path(one).exists()
                else "a file, where only ids can be"
            )
            raise DataError(f"--unlike {one}: {what}", accepted="an id that a search told",
                            do="search, and give the ids of those it tells")  # fmt: skip


def require_page(config: SearchConfig, people: int) -> None:
    """Raises `ConfigError` where `people` fill fewer pages than `config.page`; nobody at all is no error."""
    pages = -(-people // config.top)
    if people and config.page > pages:
        several = "s" if pages > 1 else ""
        raise ConfigError(
            f"--page {config.page}: there are {people} people, {pages} page{several} of {config.top}",
            accepted=f"1 to {pages}",
            do="give an earlier page",
        )


def warn_of_unheard(matcher: Matcher, sentences: Sequence[str]) -> None:
    """Warns of words that the matcher knows nothing of, and of those past where it stops reading."""
    unknown = dict.fromkeys(word for sentence in sentences for word in matcher.unknown_words(sentence))
    if unknown:
        warnings.warn(f"the matcher never learned: {', '.join(unknown)}", UnknownWords, stacklevel=5)
    for sentence in sentences:
        if unread := matcher.unread_words(sentence):
            shown = " ".join(unread[:5]) + (" ..." if len(unread) > 5 else "")
            warnings.warn(
                f"the matcher does not read so many words; the last {len(unread)} do not count: {shown}",
                UnreadWords,
                stacklevel=5,
            )


def moment(flag: str, text: str) -> datetime | None:
    """The time that `text` tells, in UTC where it has no zone; None for an empty one.

    Raises:
        ConfigError: it is none.
    """
    if not text:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--{flag.replace('_', '-')} is {text!r}", accepted="2026-11-24T08:00+01:00",
                          do="give a date and a time") from None  # fmt: skip
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def time_of_day(flag: str, text: str) -> time | None:
    """The time of day that `text` tells; None for an empty one.

    Raises:
        ConfigError: it is none.
    """
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigError(f"--{flag.replace('_', '-')} is {text!r}", accepted="08:30 or 08:30:15",
                          do="give a time of day") from None  # fmt: skip


def verdict(matches: Sequence[Match]) -> str:
    """In words, how many of `matches` (the best ones) are likely; empty if the matcher has no calibration."""
    if not matches or matches[0].likelihood is None:
        return ""
    likely = sum(match.likely for match in matches)
    if not likely:
        return (
            f"no match is sure (best {matches[0].percent}): "
            "the right person may be missing, or more should be said of them"
        )
    return f"{likely} likely match{'' if likely == 1 else 'es'} among the {len(matches)} shown"


def find(
    matcher: Matcher,
    said: str | Sequence[str],
    images: Sequence[PersonImage | str | PathLike[str]],
    top: int = 10,
    *,
    batch_size: int = 64,
    why: bool = False,
) -> list[Match]:
    """The best `top` of `images` for what is `said`, best first; of equal scores the earlier image first.

    Several sentences describe one person: the score is the mean of theirs. With `why`, each match says what
    the words of the first add to its score.

    Pictures that cannot be read are left out, with one `SkippedPictures` warning that counts them.

    Raises:
        DataError: no picture that can be read, or a sentence the matcher has no word of.
    """
    sentences = [said] if isinstance(said, str) else said
    text = matcher.encode_texts(sentences)
    gallery = [image if isinstance(image, PersonImage) else PersonImage(path=Path(image)) for image in images]
    readable, features = encode_readable(matcher, gallery, batch_size=batch_size)
    scores = matcher.score(text, features).mean(dim=0).cpu()
    matches = best_matches(scores, readable, top, matcher.calibration)
    if not why:
        return matches
    told = explain(matcher, sentences[0], features[best_positions(scores, top)])
    return [replace(match, words=told.told(row)) for row, match in enumerate(matches)]


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
