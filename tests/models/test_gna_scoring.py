"""Scoring all sentences with all pictures at once: the same scores, whatever they are read with."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gna_rnn import tiny

from reidtalk.models import gna_scoring
from reidtalk.models.gna_rnn import GnaRnn, Words
from reidtalk.models.gna_scoring import gate_groups, prefix_trees, score_candidates

SENTENCES = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=6), min_size=1, max_size=25)


def as_words(sentences: list[list[int]]) -> Words:
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    indices = torch.full((len(sentences), int(lengths.max())), 7)  # padding that nobody may read
    for row, sentence in enumerate(sentences):
        indices[row, : len(sentence)] = torch.tensor(sentence)
    return Words(indices, lengths)


@given(SENTENCES, st.integers(1, 30))
def test_trees_hold_every_sentence_once_and_every_beginning_once_a_tree(
    sentences: list[list[int]], texts_at_once: int
) -> None:
    found: dict[int, list[int]] = {}
    for tree in prefix_trees(*as_words(sentences), texts_at_once):
        before: list[list[int]] = [[]]
        for depth, level in enumerate(tree):
            parents = level.parents.tolist() if level.parents is not None else range(len(level.words))
            begun = [[]] * len(level.words) if depth == 0 else [before[parent] for parent in parents]
            paths = [[*path, word] for path, word in zip(begun, level.words.tolist(), strict=True)]
            assert len({tuple(path) for path in paths}) == len(paths)
            for node, text in zip(level.ends.tolist(), level.texts.tolist(), strict=True):
                assert text not in found
                found[text] = paths[node]
            before = paths
    assert [found[text] for text in range(len(sentences))] == sentences


@settings(max_examples=25, deadline=None)
@given(SENTENCES, st.integers(1, 9), st.integers(1, 7))
def test_scores_do_not_depend_on_how_much_is_read_at_once(
    sentences: list[list[int]], images: int, at_once: int
) -> None:
    matcher, words = tiny().float().eval(), as_words(sentences)
    features = torch.randn(images, 4 * 5 + 6, generator=torch.Generator().manual_seed(1))
    expected = matcher.explain(words, features).sum(-1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gna_scoring, "UNITS_AT_ONCE", at_once)
        patch.setitem(gna_scoring.TEXTS_AT_ONCE, "cpu", at_once)
        patch.setitem(gna_scoring.PAIRS_AT_ONCE, "cpu", 3 * at_once)
        torch.testing.assert_close(matcher.score(words, features), expected)


def test_half_precision_is_near() -> None:
    matcher: GnaRnn = tiny(encoding=32, state=48).eval()
    words = as_words([[1, 2, 3, 4, 5], [1, 2, 6], [7, 1]])
    features = torch.randn(5, 4 * 48 + 32, dtype=torch.float64)
    exact = matcher.score(words, features)
    near = matcher.bfloat16().score(words, features.bfloat16())
    assert near.dtype == torch.float32
    assert not torch.equal(near, exact)
    torch.testing.assert_close(near, exact, rtol=0.05, atol=0.05 * float(exact.std()))
    matcher.float().in_bfloat16 = True
    from_exact_features = matcher.score(words, features.float())
    assert not torch.equal(from_exact_features, exact)
    torch.testing.assert_close(from_exact_features, exact, rtol=0.05, atol=0.05 * float(exact.std()))


def test_gates_of_a_group_of_units_stand_together() -> None:
    assert [group.tolist() for group in gate_groups(3, 2, torch.device("cpu"))] == [
        [0, 1, 3, 4, 6, 7, 9, 10],
        [2, 5, 8, 11],
    ]


@settings(max_examples=20, deadline=None)
@given(SENTENCES, st.integers(1, 5), st.integers(1, 12))
def test_each_sentence_is_read_with_pictures_of_its_own(
    sentences: list[list[int]], candidates: int, pairs_at_once: int
) -> None:
    matcher, words = tiny().float().eval(), as_words(sentences)
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(7, 4 * 5 + 6, generator=generator)
    asked = torch.randint(0, 7, (len(sentences), candidates), generator=generator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(gna_scoring.PAIRS_AT_ONCE, "cpu", pairs_at_once)
        scores = score_candidates(matcher, words, features, asked)
    torch.testing.assert_close(scores, matcher.score(words, features).gather(1, asked))
