"""A data set looked over before work starts: what is there, what is odd, what no training could survive."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reidtalk.data import DATASETS, FEWEST_TO_HOLD_OUT, captioned_people, read_dataset
from reidtalk.data.ahead import map_ahead
from reidtalk.data.counts import Counts, count
from reidtalk.data.faults import faults, find_missing, name_of, shared_identities
from reidtalk.data.images import load_image, read_image
from reidtalk.errors import DataError, ImageError
from reidtalk.progress import track
from reidtalk.types import SPLITS, PersonImage, Splits

_USUAL_CAPTIONS = 2
_SMALL_PX = (8, 8)
_NAMED = 5

Published = dict[str, Counts]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found: an error stops every work with the data set, a warning is worth knowing."""

    severity: Literal["error", "warning"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was found in a data set."""

    name: str
    root: Path
    counts: dict[str, Counts] = field(default_factory=dict)
    """By split; empty when the annotation could not be read."""
    published: Published = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    """Errors first."""
    trainable: bool = False
    """Whether there are people with captions to train on and to validate on."""

    @property
    def ok(self) -> bool:
        """Whether training can begin: there is no error, and somebody to train on."""
        return self.trainable and self.sound

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return all(problem.severity != "error" for problem in self.problems)

    @property
    def verdict(self) -> str:
        """What can be done with the data set."""
        if not self.sound:
            return "cannot be used as it is"
        if not any(counts.captions for counts in self.counts.values()):
            return "has no caption: nothing can be measured or trained"
        if not self.trainable:
            return "can be measured on, not trained on"
        return "can be used" if self.counts["test"].captions else "can be trained on, not measured on"

    def lines(self) -> list[str]:
        """The result for the user, line by line."""
        shown = [f"{self.name} in {self.root}"]
        for split, counts in self.counts.items():
            shown.append(f"  {split:<5} {counts}")
            if split in self.published and not counts.agrees_with(self.published[split]):
                shown.append(f"        published: {self.published[split]}")
        shown += [f"{problem.severity}: {problem.text}" for problem in self.problems]
        kinds = Counter(problem.severity for problem in self.problems)
        return [
            *shown,
            f"errors: {kinds['error']}, warnings: {kinds['warning']}; the data set {self.verdict}",
        ]


def check_dataset(name: str, root: Path) -> Check:
    """Everything found in the data set `name` in `root`; every picture is decoded, under a progress bar.

    Raises:
        DataError: no such data set `name`; all other faults are in the result.
    """
    if name not in DATASETS:
        read_dataset(name, root)
    try:
        splits = read_dataset(name, root)
    except DataError as error:
        return Check(name=name, root=root, problems=[Problem("error", str(error))])
    published = DATASETS[name].published or {}
    errors = [str(fault) for fault in faults(splits)] + list(broken_pictures(splits))
    shared = [str(fault) for fault in shared_identities(splits)]
    warnings = [text for look in WARNINGS for text in look(splits, published)]
    return Check(
        name=name,
        root=root,
        counts={split: count(splits[split]) for split in SPLITS},
        published=published,
        problems=[
            *(Problem("error", text) for text in errors),
            *(Problem("error" if DATASETS[name].people_apart else "warning", text) for text in shared),
            *(Problem("warning", text) for text in warnings),
        ],
        trainable=bool(captioned_people(splits.train)) and can_validate(splits),
    )


def can_validate(splits: Splits) -> bool:
    """Whether there are captioned people to validate on, or enough to train on that some can be held out."""
    if splits.val:
        return bool(captioned_people(splits.val))
    return len(captioned_people(splits.train)) >= FEWEST_TO_HOLD_OUT


def broken_pictures(splits: Splits) -> Iterator[str]:
    """Pictures that cannot be decoded: how many, what is wrong with the first; missing ones are left out."""
    missing = set(find_missing([picture.path for picture in splits if picture.row is None]))
    pictures = list({(picture.path, picture.row): picture for picture in splits}.values())
    present = [picture for picture in pictures if picture.path not in missing]
    faults_of = track(map_ahead(_decoding_fault, present), total=len(present), label="checking pictures")
    broken = [fault for fault in faults_of if fault]
    if broken:
        named = "; ".join(broken[:_NAMED]) + ("; ..." if len(broken) > _NAMED else "")
        yield f"{len(broken):,} of {len(present):,} pictures cannot be read: {named}"


def _decoding_fault(picture: PersonImage) -> str | None:
    try:
        if picture.row is None:
            read_image(picture.path, _SMALL_PX)
        else:
            load_image(picture, _SMALL_PX)
    except ImageError as error:
        return error.given
    return None


def unexpected_counts(splits: Splits, published: Published) -> Iterator[str]:
    """Splits of another size than published."""
    other = [split for split in published if not count(splits[split]).agrees_with(published[split])]
    if other:
        yield f"not the published size: {', '.join(other)}; numbers measured here compare with no paper"


def missing_splits(splits: Splits, _: Published) -> Iterator[str]:
    """Splits without a picture."""
    held_out = (
        f"train holds out some of its people to validate with, where it has {FEWEST_TO_HOLD_OUT} or more"
    )
    meaning = {
        "train": "nothing can be trained on it",
        "val": held_out if splits.train else "training has nobody to validate with",
        "test": "nothing can be measured or searched",
    }
    for split in SPLITS:
        if not splits[split]:
            yield f"no {split} split: {meaning[split]}"


def gaps_between_ids(splits: Splits, published: Published) -> Iterator[str]:
    """People not numbered without a gap, where the published ones are: an older split circulates."""
    for split, expected in published.items():
        found = count(splits[split])
        if expected.first_identity is None or found.first_identity is None or found.last_identity is None:
            continue
        numbers = found.last_identity - found.first_identity + 1
        if numbers != found.identities:
            yield (
                f"ids of {split} have gaps: {found.identities:,} people between {found.first_identity} and "
                f"{found.last_identity}; perhaps an older split"
            )


def same_caption_of_many(splits: Splits, _: Published) -> Iterator[str]:
    """Captions written, word for word, of different people: no matcher can tell them apart."""
    for split in SPLITS:
        people: dict[str, set[int | None]] = defaultdict(set)
        for picture in splits[split]:
            for caption in picture.captions:
                people[caption.strip().lower()].add(picture.identity)
        shared = [caption for caption, ids in people.items() if len(ids) > 1]
        if shared:
            first = shared[0] if len(shared[0]) <= 80 else shared[0][:77] + "..."
            yield f"captions of {split} shared by different people: {len(shared):,}, such as {first!r}"


def unusual_captions(splits: Splits, published: Published) -> Iterator[str]:
    """Pictures with another number of captions than is usual: the published number, or two."""
    for split in SPLITS:
        expected = published.get(split)
        usual = expected.captions // expected.pictures if expected else _USUAL_CAPTIONS
        other = Counter(len(p.captions) for p in splits[split] if len(p.captions) != usual)
        if other:
            numbers = ", ".join(f"{pictures:,} with {number}" for number, pictures in sorted(other.items()))
            yield f"pictures of {split} with other than {usual} captions: {sum(other.values()):,} ({numbers})"


def files_listed_twice(splits: Splits, _: Published) -> Iterator[str]:
    """The same file in several records."""
    listed = Counter((picture.path, picture.row) for picture in splits)
    twice = [file for file, times in listed.items() if times > 1]
    if twice:
        first = next(picture for picture in splits if (picture.path, picture.row) == twice[0])
        yield f"pictures listed more than once: {len(twice):,}, such as {name_of(first)}"


WARNINGS: tuple[Callable[[Splits, Published], Iterator[str]], ...] = (
    unexpected_counts,
    missing_splits,
    gaps_between_ids,
    same_caption_of_many,
    unusual_captions,
    files_listed_twice,
)
"""What is looked for beside the errors."""
