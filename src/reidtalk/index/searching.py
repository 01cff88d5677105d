"""Searching an index: what is asked becomes a vector, the store's nearest become matches."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from numpy.typing import NDArray

from reidtalk.errors import DataError
from reidtalk.index.entries import Entry
from reidtalk.index.filters import Filter
from reidtalk.index.index import Index
from reidtalk.index.query import Query, query_vector
from reidtalk.models.contract import Matcher
from reidtalk.models.explanation import explain
from reidtalk.models.reranked import Reranked
from reidtalk.types import Match, PersonImage, Sighting

SAME = 0.985
"""Cosine above which two sightings show the very same picture, saved twice or followed twice."""
SPARE = 3
"""How many times the asked number is fetched at first, so that enough are left when the same are merged."""


def found(
    index: Index, query: Query, top: int, *, keep: Filter, skip: int = 0, why: bool = False
) -> list[Match]:
    """As `Index.search`."""
    matcher = index.matcher
    vector = query_vector(matcher, query, vectors_of(index, query.like), vectors_of(index, query.unlike))
    reread = isinstance(matcher, Reranked) and query.told and len(query.sentences) == 1
    known = {*query.like, *query.unlike}
    most = SPARE * (skip + top) + len(known)
    if isinstance(matcher, Reranked):
        most = max(most, matcher.settings.depth)
    while True:
        scores = {hit.id: hit.score for hit in index.store.search(vector[None], most, keep)[0]}
        entries = [entry for entry in index.store.get(list(scores)) if entry.id not in known]
        if reread:
            entries, scores = read_again(matcher, query.sentences[0], entries)
        groups = merge_same(entries)
        if len(groups) >= skip + top or len(scores) < most:
            break
        most *= 4  # so many show the very same
    groups = groups[skip : skip + top]
    matches = [
        as_match(index.folder, group, scores[group[0].id], rank)
        for rank, group in enumerate(groups, start=skip + 1)
    ]
    if query.told and matcher.calibration is not None:
        likelihood = matcher.calibration.likelihood
        matches = [replace(match, likelihood=likelihood(match.score)) for match in matches]
    if why and query.sentences and matches:
        told = explain(matcher, query.sentences[0], features_of([group[0] for group in groups]))
        matches = [replace(match, words=told.told(row)) for row, match in enumerate(matches)]
    return matches


def vectors_of(index: Index, ids: Sequence[str]) -> Float32[np.ndarray, "sightings features"]:
    """The vectors of some sightings.

    Raises:
        DataError: an id that is not there.
    """
    entries = index.store.get(ids)
    if missing := [one for one in ids if one not in {entry.id for entry in entries}]:
        raise DataError(f"no sighting {missing[0]} in {index.folder}", accepted="an id that a search told",
                        do="search again")  # fmt: skip
    vectors = [entry.vector for entry in entries]
    return np.array(vectors, np.float32).reshape(len(vectors), index.manifest.features)


def features_of(entries: Sequence[Entry]) -> torch.Tensor:
    """What the matcher said of the best shot of each: no picture is decoded again."""
    best = [np.concatenate([entry.crop_vectors[0], entry.readings[0]]) for entry in entries]
    return torch.from_numpy(np.stack(best).astype(np.float32))


def read_again(
    matcher: Matcher, sentence: str, entries: Sequence[Entry]
) -> tuple[list[Entry], dict[str, float]]:
    """The entries in the order, and with the scores, that reading the best of them again gives."""
    if not entries:
        return [], {}
    features = features_of(entries).to(getattr(matcher, "device", "cpu"))
    told = matcher.score(matcher.encode_texts([sentence]), features)[0].tolist()
    scores = {entry.id: score for entry, score in zip(entries, told, strict=True)}
    return sorted(entries, key=lambda entry: -scores[entry.id]), scores


def merge_same(entries: Sequence[Entry], least: float = SAME) -> list[list[Entry]]:
    """The entries in groups that show the very same, each as good as its first, in order."""
    groups: list[list[Entry]] = []
    heads: list[NDArray[np.float32]] = []
    for entry in entries:
        alike = np.stack(heads) @ entry.vector if heads else np.zeros(0)
        if len(alike) and alike.max() >= least:
            groups[int(alike.argmax())].append(entry)
        else:
            groups.append([entry])
            heads.append(entry.vector)
    return groups


def as_match(folder: Path, group: Sequence[Entry], score: float, rank: int) -> Match:
    """The first of a `group` that shows the very same, as a match."""
    entry, shot = group[0], group[0].shots[0]
    times = [seconds for seconds, _ in entry.track] or [shot.seconds]
    sighting = Sighting(
        id=entry.id,
        source=entry.source,
        camera=entry.camera,
        start=entry.start,
        end=entry.end,
        first_seconds=times[0],
        last_seconds=times[-1],
        seconds=shot.seconds,
        box=(shot.box.left, shot.box.top, shot.box.right, shot.box.bottom),
        pictures=tuple(folder / one.thumbnail for one in entry.shots),
        same=tuple(other.id for other in group[1:]),
    )
    image = PersonImage(path=sighting.pictures[0], camera=entry.camera or None)
    return Match(image=image, score=score, rank=rank, sighting=sighting)
