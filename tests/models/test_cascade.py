"""The cascade: what it guesses, when it stops, and that it finds what reading everything finds."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gna_rnn import tiny
from torch import Tensor

from reidtalk.models import cascade
from reidtalk.models.cascade import (
    PRIOR,
    KnownGallery,
    best_of,
    best_pictures,
    find_best,
    guess,
    know_gallery,
    most_telling,
)
from reidtalk.models.gna_rnn import GnaRnn, Words


def matcher_and_gallery(images: int, texts: int, layers: int = 1) -> tuple[GnaRnn, Words, Tensor]:
    generator = torch.Generator().manual_seed(4)
    matcher = tiny(layers).float().eval()
    lengths = torch.randint(1, 7, (texts,), generator=generator)
    words = Words(torch.randint(1, 8, (texts, 6), generator=generator), lengths)
    return matcher, words, torch.randn(images, 4 * 5 + 6, generator=generator)


def low_rank_scores(sentences: int, images: int, rank: int, noise: float) -> tuple[Tensor, Tensor]:
    """Scores of `sentences` and of as many more, of one kind."""
    generator = torch.Generator().manual_seed(0)
    traits = torch.randn(rank, images, generator=generator)
    weights = torch.randn(2 * sentences, rank, generator=generator)
    scores = weights @ traits + 3 + noise * torch.randn(2 * sentences, images, generator=generator)
    return scores[:sentences], scores[sentences:]


def test_the_best_of_what_was_read_ties_by_position() -> None:
    best = best_of(torch.tensor([[1.0, 5.0, -torch.inf, 5.0, 2.0]]), 3)
    assert best.positions.tolist() == [[1, 3, 4]]
    assert best.scores.tolist() == [[5.0, 5.0, 2.0]]
    assert best.read.tolist() == [4]


def test_scores_that_traits_explain_are_guessed_from_few() -> None:
    known_scores, others = low_rank_scores(40, 60, rank=3, noise=0.0)
    known = know_gallery(known_scores, traits=5, first=8)
    read = known.first.expand(len(others), -1)
    mean, deviation = guess(known, read, others.gather(1, read))
    torch.testing.assert_close(mean, others, rtol=0, atol=0.05)
    assert (deviation < 0.05).all()


def test_deviations_are_as_large_as_the_errors() -> None:
    known_scores, others = low_rank_scores(200, 300, rank=4, noise=0.5)
    known = know_gallery(known_scores, traits=10, first=30)
    assert known.noise == pytest.approx(0.25, rel=0.1)
    read = known.first.expand(len(others), -1)
    mean, deviation = guess(known, read, others.gather(1, read))
    unread = torch.ones(300, dtype=torch.bool)
    unread[known.first] = False
    errors = ((mean - others) / deviation)[:, unread]
    assert errors.std() == pytest.approx(1, rel=0.1)


def test_guesses_equal_those_of_the_joint_distribution_of_all_scores() -> None:
    traits = torch.randn(9, 3, generator=torch.Generator().manual_seed(1))
    known = KnownGallery(torch.arange(9.0), traits, 0.3, torch.tensor([0]))
    read, scores = torch.tensor([[2, 7, 4, 5]]), torch.tensor([[1.0, -2.0, 0.5, 3.0]])
    mean, deviation = guess(known, read, scores)
    covariance = (traits @ traits.T + 0.3 * torch.eye(9)).double()
    one = read[0]
    gain = covariance[:, one] @ torch.linalg.inv(covariance[one][:, one])
    expected = known.mean + gain @ (scores[0] - known.mean[one]).double()
    left = (covariance - gain @ covariance[one]).diagonal()
    apart = (scores[0] - known.mean[one]).double()
    distance = apart @ torch.linalg.inv(covariance[one][:, one]) @ apart
    left = (left * (PRIOR + distance) / (PRIOR + 4)).sqrt()
    unread = [0, 1, 3, 6, 8]
    torch.testing.assert_close(mean[0, unread], expected[unread].float(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(deviation[0, unread], left[unread].float(), rtol=1e-4, atol=1e-4)


def test_a_sentence_unlike_the_teachers_is_guessed_less_surely() -> None:
    known_scores, others = low_rank_scores(100, 200, rank=3, noise=0.1)
    known = know_gallery(known_scores, traits=5, first=20)
    read = known.first.expand(2, -1)
    strange = others[0] + torch.randn(200, generator=torch.Generator().manual_seed(6))
    _, deviation = guess(known, read, torch.stack([others[0], strange]).gather(1, read))
    assert (deviation[1] > 3 * deviation[0]).all()


def test_pictures_that_tell_most_are_not_alike() -> None:
    traits = torch.tensor([[3.0, 0.0], [2.9, 0.0], [0.0, 1.0], [0.1, 0.0]])
    assert most_telling(traits, 0.01, 2).tolist() == [0, 2]
    assert sorted(most_telling(traits, 0.01, 4).tolist()) == [0, 1, 2, 3]


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 40), st.integers(1, 9), st.integers(1, 50), st.integers(1, 7))
def test_sure_enough_it_finds_what_reading_everything_finds(
    images: int, texts: int, top: int, at_once: int
) -> None:
    matcher, words, features = matcher_and_gallery(images, texts)
    everything = matcher.score(words, features)
    known = know_gallery(everything.expand(2, -1, -1).flatten(0, 1), first=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cascade, "PICTURES_AT_ONCE", at_once)
        patch.setattr(cascade, "GUESSED_AT_ONCE", 50)
        patch.setattr(cascade, "TEXTS_AT_ONCE", 4)
        for sureness in (1e9, torch.inf):
            best = find_best(matcher, words, features, known, top, sureness=sureness)
            expected = best_of(everything, top)
            torch.testing.assert_close(best.scores, expected.scores)
            torch.testing.assert_close(everything.gather(1, best.positions), expected.scores)
            assert best.read.tolist() == [images] * texts


def test_it_reads_few_and_the_surer_the_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cascade, "PICTURES_AT_ONCE", 2)
    matcher, words, features = matcher_and_gallery(200, 60)
    everything = matcher.score(words, features)
    known = know_gallery(everything[:40], traits=8, first=12)
    unsure, sure, surer = (
        find_best(matcher, words, features, known, 5, sureness=sureness) for sureness in (0.0, 4.0, 8.0)
    )
    assert torch.equal(surer.positions, best_of(everything, 5).positions)
    torch.testing.assert_close(surer.scores, everything.gather(1, surer.positions))
    assert 12 <= unsure.read.sum() / 60 < sure.read.sum() / 60 < surer.read.sum() / 60 < 120


def test_of_many_sentences_some_are_the_teachers() -> None:
    matcher, words, features = matcher_and_gallery(260, 60)
    expected = best_of(matcher.score(words, features), 10)
    for seed in (0, 1):
        best = best_pictures(matcher, words, features, sureness=5.0, teachers=30, seed=seed)
        assert (best.read == 260).sum() >= 30
        assert best.read.float().mean() < 230
        torch.testing.assert_close(best.scores, expected.scores)
        assert torch.equal(best.positions, expected.positions)


@pytest.mark.parametrize(("images", "texts"), [(260, 50), (60, 70)])
def test_few_sentences_or_pictures_are_all_read(images: int, texts: int) -> None:
    matcher, words, features = matcher_and_gallery(images, texts)
    best = best_pictures(matcher, words, features, 7, teachers=30)
    assert best.read.tolist() == [images] * texts
    assert torch.equal(best.positions, best_of(matcher.score(words, features), 7).positions)


def test_pictures_that_score_alike_come_in_their_order() -> None:
    matcher, words, features = matcher_and_gallery(260, 60)
    features[:] = features[0]
    best = best_pictures(matcher, words, features, 3, teachers=30)
    scores = matcher.score(words, features)
    torch.testing.assert_close(best.scores, scores[:, :3])


def test_several_lstm_layers_read_everything() -> None:
    matcher, words, features = matcher_and_gallery(30, 4, layers=2)
    everything = matcher.score(words, features)
    best = find_best(matcher, words, features, know_gallery(everything), 3)
    assert best.read.tolist() == [30] * 4
    assert torch.equal(best.positions, best_of(everything, 3).positions)
