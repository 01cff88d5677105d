"""Rows held in memory and searched by computing every score."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from reidtalk.index.entries import Hit
from reidtalk.index.filters import Filter
from reidtalk.index.rows import Columns

DECIMALS = 6
"""Scores are equal if they are to so many decimals: further ones depend on the order of additions."""
SCORES_AT_ONCE = 2**24


@dataclass(frozen=True, slots=True)
class Memory:
    """Some rows of a store."""

    ids: Sequence[str]
    vectors: Float32[np.ndarray, "rows features"]
    columns: Columns

    @classmethod
    def empty(cls, width: int) -> Self:
        """No row."""
        return cls([], np.empty((0, width), np.float32), Columns.of([]))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all `parts`, at least one."""
        ids = [name for part in parts for name in part.ids]
        vectors = np.concatenate([part.vectors for part in parts])
        columns = zip(*(part.columns for part in parts), strict=True)
        return cls(ids, vectors, Columns(*map(np.concatenate, columns)))

    def only(self, rows: Bool[np.ndarray, " rows"]) -> Self:
        """Those that `rows` marks."""
        ids = [name for name, kept in zip(self.ids, rows, strict=True) if kept]
        return type(self)(ids, self.vectors[rows], Columns(*(column[rows] for column in self.columns)))

    def search(
        self, queries: Float32[np.ndarray, "queries features"], most: int, keep: Filter
    ) -> list[list[Hit]]:
        """As `contract.Store.search`, among these rows."""
        return self.search_passing(queries, most, None if keep.passes_all else self.columns.passes(keep))

    def search_passing(
        self,
        queries: Float32[np.ndarray, "queries features"],
        most: int,
        passing: Bool[np.ndarray, " rows"] | None,
    ) -> list[list[Hit]]:
        """As `search`, among the rows that `passing` marks (None: all)."""
        found = best_rows(queries, self.vectors, most, passing)
        return [
            ranked(query, self.vectors[rows], [self.ids[row] for row in rows], most)
            for query, rows in zip(queries, found, strict=True)
        ]


def best_rows(
    queries: Float32[np.ndarray, "queries features"],
    vectors: Float32[np.ndarray, "rows features"],
    most: int,
    passing: Bool[np.ndarray, " rows"] | None = None,
) -> Iterator[Int[np.ndarray, " found"]]:
    """For each query the rows with the `most` highest scores of those passing, and any as good; unordered."""
    rows = np.arange(len(vectors)) if passing is None else np.flatnonzero(passing)
    few = 4 * len(rows) < len(vectors)
    chosen = vectors[rows] if few else vectors
    at_once = max(1, SCORES_AT_ONCE // max(1, len(chosen)))
    for first in range(0, len(queries), at_once):
        for scores in queries[first : first + at_once] @ chosen.T:
            kept = scores if few or passing is None else scores[rows]
            yield rows if len(rows) <= most else rows[at_least(kept, most)]


def at_least(scores: Float32[np.ndarray, " rows"], most: int) -> Bool[np.ndarray, " rows"]:
    """Which of `scores`, more than `most`, are among the `most` highest or as good as the last of them."""
    if most <= 0:
        return np.zeros(len(scores), bool)
    place = len(scores) - most
    least = float(np.partition(scores, place)[place])
    good: Bool[np.ndarray, " rows"] = scores >= least - 10.0**-DECIMALS
    return good


def ranked(
    query: Float32[np.ndarray, " features"],
    vectors: Float[np.ndarray, "rows features"],
    ids: Sequence[str],
    most: int,
) -> list[Hit]:
    """The `most` best of these rows, best first; of equal scores the lower id first."""
    scores = np.round(vectors.astype(np.float64) @ query.astype(np.float64), DECIMALS).tolist()
    return best_hits([Hit(id=name, score=score) for name, score in zip(ids, scores, strict=True)], most)


def best_hits(hits: Sequence[Hit], most: int) -> list[Hit]:
    """The `most` best of `hits`, best first; of equal scores the lower id first."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:most]
