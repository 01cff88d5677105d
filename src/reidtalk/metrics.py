"""Retrieval metrics, exact to the last tie: ranks are counted, never sorted.

A picture's rank is one more than how many of the gallery stand before it: those with a higher score, and
those with the same score at an earlier position. Relevant to a query is whatever has its identity.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int64
from numpy import ndarray
from torch import Tensor

from reidtalk.errors import DataError

RECALL_AT = (1, 5, 10)
METRICS = (*(f"recall@{k}" for k in RECALL_AT), "mAP", "mINP")
"""The columns of everything measured here, always in this order and in percent."""

Ids = Sequence[int] | Int64[ndarray, " _"]

CACHED_VALUES = 500_000
"""How many comparisons are held at once, a byte each: they stay in a core's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevant:
    """Which gallery positions show the person of which query, ordered by query, then by position."""

    query: Int64[ndarray, " pairs"]
    position: Int64[ndarray, " pairs"]
    count: Int64[ndarray, " queries"]
    """How many there are for each query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How well each query did; only queries with something relevant in the gallery are in it."""

    query: Int64[ndarray, " counted"]
    """Position of the query among all queries."""
    relevant: Int64[ndarray, " counted"]
    """How many of the gallery show its person."""
    first_rank: Int64[ndarray, " counted"]
    """Rank of the best of them; 1 is the top."""
    average_precision: Float64[ndarray, " counted"]
    """Mean over the relevant ranks of the precision there, in the full gallery; 0 to 1."""
    inverse_negative_penalty: Float64[ndarray, " counted"]
    """Number relevant / rank of the last relevant one; 0 to 1."""

    def values(self) -> Float64[ndarray, "counted metrics"]:
        """One row per query, one column per entry of `METRICS`, in percent."""
        recalls = [self.first_rank <= k for k in RECALL_AT]
        return 100.0 * np.stack([*recalls, self.average_precision, self.inverse_negative_penalty], axis=1)


def rank_queries(scores: Float[Tensor, "queries gallery"], query_ids: Ids, gallery_ids: Ids) -> Ranking:
    """Each query's ranks, average precision and inverse negative penalty.

    Ties break by gallery position: of equal scores the earlier ranks first. `scores` may be a transposed
    view; beyond it only some rows at a time are held.

    Reference: recall@k (CMC) and AP as in Zheng et al., "Scalable Person Re-identification", ICCV 2015; INP
    as in Ye et al., "Deep Learning for Person Re-identification", TPAMI 2021.
    Differs: none.

    Raises:
        DataError: a score is not a finite number, or the sizes do not fit.
    """
    _check(scores, len(query_ids), len(gallery_ids))
    relevant = find_relevant(query_ids, gallery_ids)
    ranks = relevant_ranks(scores, relevant)
    counted = np.flatnonzero(relevant.count)
    count = relevant.count[counted]
    ranks = ranks[np.lexsort((ranks, relevant.query))]
    start = np.cumsum(count) - count
    found = np.arange(len(ranks)) - np.repeat(start, count) + 1
    precision = np.add.reduceat(found / ranks, start) if len(start) else np.zeros(0)
    return Ranking(
        query=counted,
        relevant=count,
        first_rank=ranks[start],
        average_precision=precision / count,
        inverse_negative_penalty=count / ranks[start + count - 1],
    )


def find_relevant(query_ids: Ids, gallery_ids: Ids) -> Relevant:
    """All (query, gallery position) pairs of one identity."""
    query, gallery = np.asarray(query_ids, dtype=np.int64), np.asarray(gallery_ids, dtype=np.int64)
    by_id = np.argsort(gallery, kind="stable")
    start = np.searchsorted(gallery[by_id], query, side="left")
    count = np.searchsorted(gallery[by_id], query, side="right") - start
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    position = by_id[np.repeat(start, count) + within]
    return Relevant(query=np.repeat(np.arange(len(query)), count), position=position, count=count)


def relevant_ranks(scores: Float[Tensor, "queries gallery"], relevant: Relevant) -> Int64[ndarray, " pairs"]:
    """The rank of every pair of `relevant`, in its order.

    Queries with equally many relevant entries are counted together, some rows at a time.
    """
    exact = scores.dtype in (torch.float32, torch.float64)
    table = (scores if exact else scores.float()).detach().cpu().numpy()
    ranks = np.zeros(len(relevant.query), dtype=np.int64)
    start = np.cumsum(relevant.count) - relevant.count
    for rows in _blocks(relevant.count, scores.shape[1]):
        pairs = start[rows, None] + np.arange(relevant.count[rows[0]])
        ranks[pairs] = _count_before(table[rows], relevant.position[pairs]) + 1
    return ranks


def _blocks(count: Int64[ndarray, " queries"], gallery: int) -> Iterator[Int64[ndarray, " rows"]]:
    """All queries with something relevant, in blocks of equal `count` that fit into a core's cache."""
    for kind in np.unique(count[count > 0]):
        queries = np.flatnonzero(count == kind)
        rows = max(1, CACHED_VALUES // int(kind * gallery))
        yield from (queries[first : first + rows] for first in range(0, len(queries), rows))


def _count_before(
    block: Float[ndarray, "rows gallery"], positions: Int64[ndarray, "rows relevant"]
) -> Int64[ndarray, "rows relevant"]:
    """How many of the gallery stand before each of `positions` in its row."""
    own = np.take_along_axis(block, positions, axis=1)
    before = _count(np.greater, block, own)
    row, column = (
        _count(np.greater_equal, block, own) - before > 1
    ).nonzero()  # itself and at least one other
    if len(row):
        earlier = np.arange(block.shape[1]) < positions[row, column][:, None]
        before[row, column] += (earlier & (block[row] == own[row, column][:, None])).sum(-1)
    return before


def _count(
    compare: np.ufunc, block: Float[ndarray, "rows gallery"], own: Float[ndarray, "rows relevant"]
) -> Int64[ndarray, "rows relevant"]:
    """For how many of its row `compare(entry, own)` holds.

    Eight truths, a byte each, are added at a time as one number; 255 of them at most, lest a byte overflow.
    """
    gallery = block.shape[1]
    sums = -(-gallery // (8 * 255))
    words = -(-gallery // (8 * sums))
    truths = np.zeros((*own.shape, sums * words * 8), dtype=np.bool_)
    compare(block[:, None], own[..., None], out=truths[..., :gallery])
    added = truths.view(np.uint64).reshape(*own.shape, sums, words).sum(-1)
    return np.asarray(added.view(np.uint8).sum(-1, dtype=np.int64))


def chance(relevant: Int64[ndarray, " counted"], gallery: int) -> Float64[ndarray, " metrics"]:
    """The `METRICS` to expect of a ranking drawn at random, in percent.

    `relevant` tells how many of the `gallery` entries are relevant to each query. Exact: of r among n,
    the last is at rank m with probability C(m-1, r-1) / C(n, r).

    Reference: Bestgen, "Exact Expected Average Precision of the Random Baseline", 2015 (for AP).
    Differs: none.
    """
    kinds, queries = np.unique(relevant, return_counts=True)
    means = 100.0 * queries @ np.array([_chance_of_one(int(kind), gallery) for kind in kinds]) / queries.sum()
    return np.concatenate([chance_recall(relevant, gallery, RECALL_AT), means])


def chance_recall(
    relevant: Int64[ndarray, " counted"], gallery: int, at: Sequence[int]
) -> Float64[ndarray, " ranks"]:
    """The recall to expect of a ranking drawn at random, at the ranks `at`, in percent.

    Exact: of r relevant among n, none is among the first k with probability C(n-k, r) / C(n, r).
    """
    kinds, queries = np.unique(relevant, return_counts=True)
    missed = [
        [math.prod(max(0, gallery - k - i) / (gallery - i) for i in range(kind)) for k in at]
        for kind in kinds.tolist()
    ]
    return np.asarray(100.0 * (1.0 - queries @ np.array(missed) / queries.sum()))


def _chance_of_one(relevant: int, gallery: int) -> list[float]:
    """Expected average precision and inverse negative penalty, 0 to 1."""
    ranks = np.arange(1, gallery + 1)
    harmonic = float(np.sum(1 / ranks)) / gallery
    others = (relevant - 1) / (gallery - 1) if gallery > 1 else 0.0
    # From rank n down: P(last at m-1) = P(last at m) * (m-r) / (m-1).
    falling = np.maximum(0, ranks[:0:-1] - relevant) / ranks[-2::-1] if gallery > 1 else np.zeros(0)
    last_at = relevant / gallery * np.cumprod([1.0, *falling])
    penalty = float(np.sum(last_at * relevant / ranks[::-1]))
    return [others * (1 - harmonic) + harmonic, penalty]


def intervals(
    values: Float64[ndarray, "counted metrics"], identities: Ids, *, resamplings: int, seed: int
) -> tuple[Float64[ndarray, " metrics"], Float64[ndarray, " metrics"]]:
    """The ends of the 95% percentile-bootstrap intervals of the means of `values`.

    People are drawn with replacement, all queries of one together, because queries about one person are
    alike. The same `seed` gives the same intervals.

    Reference: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13, with people as
    the units.
    Differs: none.
    """
    people, person = np.unique(np.asarray(identities), return_inverse=True)
    sums = np.zeros((len(people), values.shape[1] + 1))
    np.add.at(sums, person, np.column_stack([values, np.ones(len(values))]))
    generator = np.random.default_rng(seed)
    means = []
    for first in range(0, resamplings, 100):  # some at a time: the draws take resamplings x people numbers
        some = min(100, resamplings - first)
        drawn = (
            generator.integers(len(people), size=(some, len(people))) + len(people) * np.arange(some)[:, None]
        )
        weights = np.bincount(drawn.ravel(), minlength=some * len(people)).reshape(some, len(people))
        totals = weights.astype(np.float64) @ sums
        means.append(totals[:, :-1] / totals[:, -1:])
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5], axis=0)
    return low, high


def _check(scores: Tensor, queries: int, gallery: int) -> None:
    if tuple(scores.shape) != (queries, gallery):
        raise DataError(
            f"scores of shape {tuple(scores.shape)} for {queries} queries and {gallery} gallery entries",
            accepted="one row per query, one column per gallery entry",
            do="score every query with every gallery entry",
        )
    if bool(torch.isfinite(scores.sum())):  # a sum is finite only if all of its terms are
        return
    wrong = ~torch.isfinite(scores)
    if bool(wrong.any()):
        row, column = (int(number) for number in wrong.nonzero()[0])
        raise DataError(
            f"{int(wrong.sum())} of {scores.numel()} scores are not finite, the first "
            f"{float(scores[row, column])} for query {row} with gallery entry {column}",
            accepted="finite scores only, since others cannot be ranked",
            do="look at the matcher: training may have diverged",
        )


def best_positions(scores: Float32[Tensor, " gallery"], top: int) -> list[int]:
    """Positions of the `top` highest scores, highest first; of equal scores the earlier position first."""
    return torch.argsort(scores, descending=True, stable=True)[:top].tolist()
