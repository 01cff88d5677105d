import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reidtalk.data.words import UNKNOWN, Vocabulary, tokenize, words_of
from reidtalk.errors import DataError

SENTENCES = ["A man, in red.", "A red-haired woman; a RED bag!", "the man's bag"]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("A man, in red.", ["a", "man", "in", "red"]),
        ("red-haired; man's", ["redhaired", "mans"]),
        ("  tabs\tand\nlines  ", ["tabs", "and", "lines"]),
        ("ÉTÉ ¿été?", ["été", "¿été"]),
        ("?!.", []),
        ("", []),
    ],
)
def test_words_are_lower_case_without_punctuation(sentence: str, words: list[str]) -> None:
    assert tokenize(sentence) == words


@given(st.text())
def test_tokens_stay_as_they_are_when_read_again(sentence: str) -> None:
    tokens = tokenize(sentence)
    assert tokenize(" ".join(tokens)) == tokens
    assert all(token and not set(token) & set(string.punctuation) for token in tokens)
    assert UNKNOWN not in tokens


def test_words_by_frequency_then_spelling_and_unk_last() -> None:
    everything = ("a", "bag", "red", "in", "man", "mans", "redhaired", "the", "woman", "UNK")
    assert Vocabulary.build(SENTENCES, 0).words == everything
    assert Vocabulary.build(SENTENCES, 1).words == ("a", "bag", "red", "UNK")
    assert Vocabulary.build(SENTENCES, 3).words == ("UNK",)
    assert Vocabulary.build([], 0).words == ("UNK",)


def test_indices_count_from_one_and_unknown_words_are_unk() -> None:
    vocabulary = Vocabulary(("man", "red", "UNK"))
    assert vocabulary.encode("Man in RED.", 10) == [1, 3, 2]
    assert vocabulary.encode("Man in RED.", 2) == [1, 3]
    assert vocabulary.unknown_words("Man in RED.") == ["in"]
    assert "man" in vocabulary
    assert "in" not in vocabulary


def test_without_unk_unknown_words_are_left_out() -> None:
    assert Vocabulary(("man", "red")).encode("a man in red", 2) == [1, 2]
    with pytest.raises(
        DataError, match=r"no known word in the sentence 'a dog'; accepted: words of the voc.* man"
    ):
        Vocabulary(("man", "red")).encode("a dog", 5)


def test_a_batch_is_padded_to_its_longest() -> None:
    indices, lengths = Vocabulary(("man", "red", "UNK")).encode_batch(["man", "red man walks", "red"], 50)
    assert indices.tolist() == [[1, 0, 0], [2, 1, 3], [2, 0, 0]]
    assert lengths.tolist() == [1, 3, 1]
    assert indices.dtype == lengths.dtype == np.int64
    empty, none = Vocabulary(("man",)).encode_batch([], 5)
    assert empty.shape == (0, 0)
    assert none.shape == (0,)


@given(st.lists(st.text(), min_size=1), st.integers(0, 3), st.integers(1, 8))
def test_decoding_gives_the_words_back(sentences: list[str], threshold: int, longest: int) -> None:
    vocabulary = Vocabulary.build(sentences, threshold)
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary
    assert vocabulary.words[-1] == UNKNOWN
    for sentence in sentences:
        words = tokenize(sentence)
        if words:
            expected = [word if word in vocabulary else UNKNOWN for word in words][:longest]
            indices = vocabulary.encode(sentence, longest)
            assert vocabulary.decode([*indices, 0, 0]).split() == expected
            assert vocabulary.encode(vocabulary.decode(indices), longest) == indices


def test_a_sentence_needs_words_but_not_a_thousand() -> None:
    with pytest.raises(
        DataError, match=r"no word in the sentence '\?!'; accepted: 1 to 1000 words; what to do: desc"
    ):
        words_of("?!")
    assert len(words_of("word " * 1000)) == 1000
    with pytest.raises(
        DataError, match=r"1001 words in the sentence 'word word.*\.\.\.'; accepted: 1 to 1000"
    ):
        Vocabulary(("word",)).encode("word " * 1001, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", r"a vocabulary file holding text that is not JSON \(Expecting value"),
        ("{}", "holding JSON of another kind; accepted: a JSON list of words"),
        ("[1]", "holding JSON of another kind"),
        ('["man", "man"]', "a vocabulary with the word 'man' twice; accepted: different words, none empty"),
        ('["man", ""]', "a vocabulary with the entry ''"),
    ],
)
def test_what_is_no_vocabulary(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Vocabulary.from_json(text)


def test_an_index_beyond_the_vocabulary() -> None:
    with pytest.raises(DataError, match="word index 3; accepted: 0 to 2, as the vocabulary has 2 words"):
        Vocabulary(("man", "red")).decode([1, 3])
