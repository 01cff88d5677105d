"""Words by number and by spelling."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reidtalk.data.pieces import BREAK, PIECES, build_vocabulary, pieces_of, spell, split_words
from reidtalk.data.words import Vocabulary
from reidtalk.errors import DataError

VOCABULARY = Vocabulary(("red", "coat", BREAK, "UNK"))


def test_words_are_split_at_hyphens_and_marks_become_breaks() -> None:
    assert split_words("A dark-haired man; T-shirt, (red) coat.") == [
        "a", "dark", "haired", "man", BREAK, "t", "shirt", BREAK, "red", BREAK, "coat",
    ]  # fmt: skip
    assert split_words("the man's coat") == ["the", "man's", "coat"]
    assert split_words(" ,;. ") == []


@given(st.text(max_size=60))
def test_no_break_begins_or_ends_or_follows_another(sentence: str) -> None:
    words = split_words(sentence)
    assert not words or BREAK not in (words[0], words[-1])
    assert all(pair != (BREAK, BREAK) for pair in pairwise(words))


def test_a_vocabulary_holds_what_occurs_often_enough() -> None:
    vocabulary = build_vocabulary(["red coat", "red coats", "red"], 1)
    assert vocabulary.words == ("red", "UNK")


def test_near_spellings_share_pieces() -> None:
    grey, greyish, blue = (set(pieces_of(word, 10_000)) for word in ("grey", "greyish", "blue"))
    assert len(grey & greyish) >= 3
    assert not grey & blue


@given(st.text(min_size=1, max_size=80), st.integers(1, 50))
def test_pieces_are_numbers_of_the_table(word: str, buckets: int) -> None:
    pieces = pieces_of(word, buckets)
    assert 1 <= len(pieces) <= PIECES
    assert all(1 <= piece <= buckets for piece in pieces)


def test_each_different_word_is_spelled_once() -> None:
    spelled = spell(["Red coat, red coat", "xyzzy coat"], VOCABULARY, 64, 10)
    assert spelled.words.tolist() == [1, 2, 3, 4]  # red, coat, break, and a word it does not know
    assert spelled.indices.tolist() == [[0, 1, 2, 0, 1], [3, 1, 0, 0, 0]]
    assert spelled.lengths.tolist() == [5, 2]
    assert spelled.pieces.shape == (4, PIECES)
    assert np.array_equal(np.unique(spelled.pieces[3])[1:], np.unique(pieces_of("xyzzy", 64)))


def test_long_sentences_are_cut() -> None:
    assert spell(["red " * 30], VOCABULARY, 64, 7).lengths.tolist() == [7]


@pytest.mark.parametrize(
    ("sentence", "message"), [("...", "no word in the sentence"), ("red " * 1001, "1001 words")]
)
def test_what_is_no_description_is_refused(sentence: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        spell([sentence], VOCABULARY, 64, 7)
