"""Ranks by hand, against a full sort, and against what chance must give."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reidtalk.errors import DataError
from reidtalk.metrics import (
    METRICS,
    RECALL_AT,
    chance,
    chance_recall,
    find_relevant,
    intervals,
    rank_queries,
    relevant_ranks,
)


def naive_values(scores, query_ids, gallery_ids):
    """The slow, obvious way: sort every row, walk down it."""
    rows = []
    for row, identity in zip(scores, query_ids, strict=True):
        order = np.argsort(-row, kind="stable")
        ranks = [rank for rank, position in enumerate(order, 1) if gallery_ids[position] == identity]
        if ranks:
            recalls = [float(any(rank <= k for rank in ranks)) for k in RECALL_AT]
            precisions = [number / rank for number, rank in enumerate(ranks, 1)]
            rows.append([*recalls, sum(precisions) / len(ranks), len(ranks) / ranks[-1]])
    return 100 * np.array(rows).reshape(-1, len(METRICS))


def ours(scores, query_ids, gallery_ids):
    return rank_queries(torch.tensor(scores, dtype=torch.float32), query_ids, gallery_ids)


def test_one_query_by_hand():
    # Ranks: 0.9 first, 0.8 second, 0.5 third (position 0), 0.5 fourth (position 3), 0.1 fifth.
    ranking = ours([[0.5, 0.9, 0.1, 0.5, 0.8]], [7], [1, 2, 7, 7, 7])
    assert ranking.query.tolist() == [0]
    assert ranking.relevant.tolist() == [3]
    assert ranking.first_rank.tolist() == [2]
    assert_allclose(ranking.average_precision, [(1 / 2 + 2 / 4 + 3 / 5) / 3])
    assert_allclose(ranking.inverse_negative_penalty, [3 / 5])
    assert_allclose(ranking.values(), [[0, 100, 100, 160 / 3, 60]])


def test_ranks_are_those_of_the_pairs_in_their_order():
    relevant = find_relevant([5, 9, 4], [4, 5, 4, 5])
    assert relevant.query.tolist() == [0, 0, 2, 2]
    assert relevant.position.tolist() == [1, 3, 0, 2]
    assert relevant.count.tolist() == [2, 0, 2]
    scores = torch.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    assert relevant_ranks(scores, relevant).tolist() == [3, 1, 4, 2]


def test_an_equal_score_earlier_in_the_gallery_ranks_before():
    assert ours([[1.0, 1.0, 1.0]], [2], [1, 1, 2]).first_rank.tolist() == [3]
    assert ours([[1.0, 1.0, 1.0]], [2], [2, 1, 1]).first_rank.tolist() == [1]
    assert ours([[-0.0, 0.0]], [2], [1, 2]).first_rank.tolist() == [2]


def test_recall_counts_exactly_k():
    scores = np.arange(20, 0, -1, dtype=np.float32)[None].repeat(6, 0)
    ids = list(range(20))
    found = ours(scores, [0, 1, 4, 5, 9, 10], ids).values()[:, :3]
    assert found.tolist() == [
        [100, 100, 100],
        [0, 100, 100],
        [0, 100, 100],
        [0, 0, 100],
        [0, 0, 100],
        [0, 0, 0],
    ]


def test_perfect_scores_are_a_hundred_and_reversed_ones_the_least():
    gallery = [1, 1, 2, 2, 3, 3]
    perfect = np.equal.outer([1, 2, 3], gallery).astype(np.float32)
    assert (ours(perfect, [1, 2, 3], gallery).values() == 100).all()
    worst = ours(-perfect, [1, 2, 3], gallery).values()
    assert_allclose(worst, [[0, 100, 100, 100 * (1 / 5 + 2 / 6) / 2, 100 * 2 / 6]] * 3)


def test_queries_with_nothing_relevant_are_left_out():
    ranking = ours([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]], [8, 3, 9], [3, 4])
    assert ranking.query.tolist() == [1]
    assert ranking.first_rank.tolist() == [1]


@pytest.mark.parametrize(("queries", "gallery"), [(0, 3), (2, 0), (0, 0), (2, 3)])
def test_with_nothing_to_rank_there_is_nothing_ranked(queries, gallery):
    ranking = ours(np.zeros((queries, gallery)), [1] * queries, [2] * gallery)
    assert len(ranking.query) == 0
    assert ranking.values().shape == (0, 5)


@st.composite
def questions(draw):
    """Scores with many ties, and few identities."""
    queries, gallery = draw(st.integers(1, 12)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels, people = draw(st.integers(1, 40)), draw(st.integers(1, 6))
    scores = rng.integers(levels, size=(queries, gallery)).astype(np.float32) / 7 - 2
    return scores, rng.integers(-2, people, queries), rng.integers(-2, people, gallery)


@given(questions())
@settings(max_examples=200, deadline=None)
def test_agrees_with_a_full_sort(question):
    scores, query_ids, gallery_ids = question
    assert_allclose(ours(scores, query_ids, gallery_ids).values(), naive_values(*question), rtol=1e-12)


@given(questions())
@settings(max_examples=50, deadline=None)
def test_agrees_on_the_other_direction_a_view(question):
    scores, query_ids, gallery_ids = question
    turned = rank_queries(torch.from_numpy(scores).T, gallery_ids, query_ids).values()
    assert_allclose(turned, naive_values(scores.T, gallery_ids, query_ids), rtol=1e-12)


def test_agrees_with_a_full_sort_over_many_blocks():
    rng = np.random.default_rng(0)
    gallery_ids, query_ids = rng.integers(60, size=900), rng.integers(70, size=500)
    scores = rng.normal(size=(500, 900)).round(2).astype(np.float32)  # rounded: ties
    ranking = ours(scores, query_ids, gallery_ids)
    assert 0 < len(ranking.query) < 500
    assert_allclose(ranking.values(), naive_values(scores, query_ids, gallery_ids), rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_are_ranked_as_they_are(dtype):
    scores = torch.tensor([[1.0, 1.0 + 2**-7, 1.0 + 2**-40]], dtype=torch.float64).to(dtype)
    expected = naive_values(scores.double().numpy(), [5], [4, 4, 5])
    assert_allclose(rank_queries(scores, [5], [4, 4, 5]).values(), expected)


def test_the_scores_are_left_as_they_were():
    scores = torch.randn(20, 30)
    before = scores.clone()
    rank_queries(scores, list(range(20)), list(range(30)))
    assert torch.equal(scores, before)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_finite_are_an_error(wrong):
    scores = torch.zeros(3, 4)
    scores[1, 2] = wrong
    message = f"1 of 12 scores are not finite, the first {wrong} for query 1 with gallery entry 2"
    with pytest.raises(DataError, match=message):
        rank_queries(scores, [1, 2, 3], [1, 2, 3, 4])


def test_infinities_that_cancel_are_an_error():
    with pytest.raises(DataError, match="2 of 2 scores are not finite"):
        ours([[float("inf"), -float("inf")]], [1], [1, 2])


def test_huge_finite_scores_are_none():
    assert ours([[3e38, 3e38, -3e38]], [1], [2, 1, 1]).first_rank.tolist() == [2]


def test_sizes_that_do_not_fit_are_an_error():
    with pytest.raises(DataError, match=r"shape \(2, 3\) for 2 queries and 4 gallery entries"):
        ours(np.zeros((2, 3)), [1, 2], [1, 2, 3, 4])


def test_chance_by_hand():
    # One relevant of two: first with 1/2; AP and INP 1 or 1/2.
    assert_allclose(chance(np.array([1]), 2), [50, 100, 100, 75, 75])
    # Two relevant of three: ranks 12, 13 or 23, AP 1, 5/6, 7/12, INP 1, 2/3, 2/3.
    assert_allclose(chance(np.array([2]), 3), [200 / 3, 100, 100, 100 * 29 / 36, 100 * 7 / 9])
    assert_allclose(chance(np.array([1]), 1), [100] * 5)
    assert_allclose(chance(np.array([4]), 4), [100] * 5)
    assert_allclose(chance(np.array([1, 2]), 3), (chance(np.array([1]), 3) + chance(np.array([2]), 3)) / 2)


def test_chance_recall_by_hand():
    assert_allclose(chance_recall(np.array([1, 1]), 4, (1, 2, 3, 4, 9)), [25, 50, 75, 100, 100])
    assert_allclose(chance_recall(np.array([2]), 4, (1, 2, 3)), [50, 500 / 6, 100])


def test_constant_scores_average_to_chance_over_shuffled_galleries():
    rng = np.random.default_rng(1)
    gallery = np.repeat(np.arange(8), [1, 1, 2, 2, 3, 4, 5, 7])
    queries = list(range(8))
    means = [
        ours(np.zeros((8, 25)), queries, rng.permutation(gallery)).values().mean(axis=0) for _ in range(1500)
    ]
    expected = chance(np.bincount(gallery), 25)
    error = np.std(means, axis=0) / np.sqrt(len(means))
    assert (np.abs(np.mean(means, axis=0) - expected) <= 4 * error + 1e-9).all()


@pytest.mark.parametrize(("relevant", "gallery"), [(1, 7), (2, 12), (3, 11), (5, 9), (9, 9)])
def test_chance_is_the_mean_over_every_ranking(relevant, gallery):
    rankings = list(itertools.combinations(range(gallery), relevant))
    scores = -np.arange(gallery, dtype=np.float32)[None]
    values = [
        ours(scores, [1], [int(place in ranking) for place in range(gallery)]).values()[0]
        for ranking in rankings
    ]
    assert_allclose(chance(np.array([relevant]), gallery), np.mean(values, axis=0))


def test_the_interval_holds_the_mean_and_shrinks_with_more_people():
    rng = np.random.default_rng(2)

    def width(people):
        identities = np.repeat(np.arange(people), 4)
        values = 100.0 * (rng.random((len(identities), 5)) < 0.4)
        low, high = intervals(values, identities, resamplings=400, seed=0)
        assert (low <= values.mean(axis=0)).all()
        assert (values.mean(axis=0) <= high).all()
        return (high - low).mean()

    assert width(20) > 1.5 * width(80) > 2 * width(320)


def test_people_are_drawn_whole():
    # Queries of one person agree, so that more of them tell nothing new.
    once = np.array([[0.0], [100.0], [0.0], [100.0], [100.0]])
    single = intervals(once, [1, 2, 3, 4, 5], resamplings=300, seed=3)
    tenfold = intervals(once.repeat(10, 0), np.arange(1, 6).repeat(10), resamplings=300, seed=3)
    assert_allclose(tenfold, single)


def test_intervals_agree_with_drawing_people_one_by_one():
    rng = np.random.default_rng(4)
    identities = np.array([3, 3, 8, 8, 8, 1, 1, 5])
    values = rng.random((8, 5))
    people, means = [1, 3, 5, 8], []
    drawn = np.random.default_rng(9).integers(4, size=(100, 4))
    for draw in drawn:
        rows = np.concatenate([np.flatnonzero(identities == people[person]) for person in draw])
        means.append(values[rows].mean(axis=0))
    expected = np.percentile(means, [2.5, 97.5], axis=0)
    assert_allclose(intervals(values, identities, resamplings=100, seed=9), expected)


def test_intervals_repeat_with_the_seed_and_are_a_point_for_one_person():
    values = np.random.default_rng(5).random((40, 5))
    ids = np.arange(40) // 2
    first = intervals(values, ids, resamplings=250, seed=1)
    assert_allclose(intervals(values, ids, resamplings=250, seed=1), first, rtol=0)
    assert (np.array(intervals(values, ids, resamplings=250, seed=2)) != np.array(first)).any()
    assert_allclose(intervals(values, [7] * 40, resamplings=5, seed=1), [values.mean(axis=0)] * 2)
