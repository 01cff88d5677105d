"""What no work could survive, found before it starts."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from reidtalk.data.words import MAX_WORDS, words_of
from reidtalk.errors import DataError
from reidtalk.types import SPLITS, PersonImage, Splits

_LETTER = re.compile(r"[^\W_]")


def faults(splits: Splits) -> Iterator[DataError]:
    """Each fault once: missing files, captions without words or too long."""
    yield from missing_files(splits)
    yield from unusable_captions(splits)


def missing_files(splits: Splits) -> Iterator[DataError]:
    """Files that are listed but not there: how many, in which folders, the first of them."""
    missing = find_missing([picture.path for picture in splits])
    if missing:
        by_folder = Counter(str(path.parent) for path in missing)
        folders = ", ".join(f"{number:,} in {folder}" for folder, number in by_folder.most_common(10))
        more = f", and {len(by_folder) - 10} more folders" if len(by_folder) > 10 else ""
        yield DataError(
            f"{len(missing):,} of {len(splits):,} pictures missing: "
            f"{folders}{more}; the first is {missing[0]}",
            accepted="every picture that the annotation lists",
            do="complete the download, or unpack the missing folders",
        )


def find_missing(paths: list[Path]) -> list[Path]:
    """Those of `paths` where no file is, each once, in order; lists folders, as that is quick."""
    by_folder: dict[str, list[Path]] = defaultdict(list)
    for path in dict.fromkeys(paths):
        by_folder[os.path.dirname(path)].append(path)  # noqa: PTH120 - ten times faster, for 40,000 files
    missing: set[Path] = set()
    for folder, inside in by_folder.items():
        try:
            present = set(os.listdir(folder or "."))  # noqa: PTH208
        except (OSError, ValueError):
            missing.update(inside)
            continue
        # A file system may take other spellings of a name (upper case, accents) than the one it lists.
        missing.update(path for path in inside if path.name not in present and not path.exists())
    return [path for path in dict.fromkeys(paths) if path in missing]


def shared_identities(splits: Splits) -> Iterator[DataError]:
    """People in more than one split: what is learnt of them would be measured on them."""
    people = {split: {picture.identity for picture in splits[split]} - {None} for split in SPLITS}
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        shared = sorted(number for number in people[one] & people[other] if number is not None)
        if shared:
            yield DataError(
                f"people both in {one} and in {other}: {len(shared):,}, such as id {shared[0]}",
                accepted="each person in one split",
                do="move their pictures to one of the two",
            )


def unusable_captions(splits: Splits) -> Iterator[DataError]:
    """Captions without a word, or of more than `MAX_WORDS`: how many, the first of them."""
    bad = [picture for picture in splits if not all(_is_usable(caption) for caption in picture.captions)]
    if bad:
        yield DataError(
            f"pictures with a caption of no words or too many: {len(bad):,}, "
            f"the first is {name_of(bad[0])}: {_reason(bad[0])}",
            accepted=f"captions of 1 to {MAX_WORDS} words",
            do="correct or remove these captions",
        )


def name_of(picture: PersonImage) -> str:
    """Where `picture` is, for a message."""
    return str(picture.path) if picture.row is None else f"row {picture.row} of {picture.path}"


def _is_usable(caption: str) -> bool:
    if len(caption) < 2 * MAX_WORDS and _LETTER.search(caption):  # a letter is a word, no need to count
        return True
    return _refusal(caption) is None


def _refusal(caption: str) -> str | None:
    try:
        words_of(caption)
    except DataError as error:
        return error.given
    return None


def _reason(picture: PersonImage) -> str:
    return next(reason for caption in picture.captions if (reason := _refusal(caption)))
