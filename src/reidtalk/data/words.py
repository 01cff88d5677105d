"""Sentences as numbers: the tokeniser and the vocabulary of the 2017 system.

Index 0 is padding, word i of a vocabulary has index i + 1.
"""

import json
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reidtalk.errors import DataError

UNKNOWN = "UNK"
"""Stands for every word a vocabulary does not hold; no token equals it, tokens are lower-case."""
MAX_WORDS = 1000
"""No description of a person is longer; what is, is a file given by mistake."""

_DELETE_PUNCTUATION = str.maketrans("", "", string.punctuation)


def tokenize(sentence: str) -> list[str]:
    """The words of `sentence`: lower-case, ASCII punctuation deleted, split on white space.

    Reference: `prepro_captions` in prepro_data.py of the 2017 system. Differs: reads text beyond ASCII too.
    """
    return sentence.lower().translate(_DELETE_PUNCTUATION).split()


def token_spans(sentence: str) -> list[tuple[int, int]]:
    """Where in `sentence` each of the words of `tokenize` stands, as start and end."""
    found = re.finditer(r"\S+", sentence)
    return [word.span() for word in found if word[0].translate(_DELETE_PUNCTUATION)]


def words_of(sentence: str) -> list[str]:
    """The words of a caption or query that a matcher can work with: 1 to `MAX_WORDS` of them.

    Raises:
        DataError: the sentence has no word, or too many.
    """
    words = tokenize(sentence)
    if not words:
        raise DataError(
            f"no word in the sentence {_shorten(sentence)!r}",
            accepted=f"1 to {MAX_WORDS} words",
            do="describe the person, as in 'a woman in a red coat'",
        )
    if len(words) > MAX_WORDS:
        raise DataError(
            f"{len(words)} words in the sentence {_shorten(sentence)!r}",
            accepted=f"1 to {MAX_WORDS} words",
            do="shorten the description",
        )
    return words


@dataclass(frozen=True)
class Vocabulary:
    """The words a matcher knows. Word i has index i + 1; index 0 is padding."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        wrong = [word for word in self.words if not isinstance(word, str) or not word]
        twice = [word for word, count in Counter(self.words).items() if count > 1] if not wrong else []
        if wrong or twice:
            fault = f"the entry {wrong[0]!r}" if wrong else f"the word {twice[0]!r} twice"
            raise DataError(
                f"a vocabulary with {fault}",
                accepted="different words, none empty",
                do="take the vocabulary as it was saved",
            )

    @classmethod
    def build(cls, captions: Iterable[str], threshold: int) -> "Vocabulary":
        """The words that occur more than `threshold` times, frequent first, then by spelling; `UNK` last.

        Reference: `build_vocab` in prepro_data.py of the 2017 system.
        Differs: there the order is that of a Python 2 dictionary, which means nothing.
        """
        counts = Counter(word for caption in captions for word in tokenize(caption))
        counts.pop(UNKNOWN.lower(), None)  # what stood for unknown words in a packed set still does
        kept = sorted((-count, word) for word, count in counts.items() if count > threshold)
        return cls((*(word for _, word in kept), UNKNOWN))

    @classmethod
    def from_json(cls, text: str) -> "Vocabulary":
        """The vocabulary `to_json` wrote.

        Raises:
            DataError: `text` is not a JSON list of different words.
        """
        try:
            words = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _not_a_vocabulary(f"text that is not JSON ({error})") from None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise _not_a_vocabulary("JSON of another kind")
        return cls(tuple(words))

    def to_json(self) -> str:
        """The words as a JSON list, in order."""
        return json.dumps(self.words, ensure_ascii=False)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._indices

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words, start=1)}

    def index(self, word: str) -> int:
        """The index of `word`, or of `UNK`; 0 where the vocabulary has neither."""
        return self._indices.get(word, self._indices.get(UNKNOWN, 0))

    def encode(self, sentence: str, max_length: int) -> list[int]:
        """The indices of the first `max_length` words; unknown ones are `UNK`, or left out without it.

        Raises:
            DataError: the sentence has no word, none that is known (without `UNK`), or more than `MAX_WORDS`.
        """
        known = [self.index(word) for word in self.heard(words_of(sentence))]
        if not known:
            raise DataError(
                f"no known word in the sentence {_shorten(sentence)!r}",
                accepted=f"words of the vocabulary, such as {', '.join(self.words[:5])}",
                do="use other words",
            )
        return known[:max_length]

    def encode_batch(
        self, sentences: Sequence[str], max_length: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Indices [texts, longest], padded with 0, and lengths [texts], in the order of `sentences`.

        Raises:
            DataError: as `encode`.
        """
        rows = [self.encode(sentence, max_length) for sentence in sentences]
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        indices = np.zeros((len(rows), max(lengths, default=0)), dtype=np.int64)
        for row, values in zip(indices, rows, strict=True):
            row[: len(values)] = values
        return indices, lengths

    def decode(self, indices: Iterable[int]) -> str:
        """The words of `indices`, joined by spaces; padding is left out.

        Raises:
            DataError: an index beyond the vocabulary.
        """
        given = [int(index) for index in indices]
        beyond = [index for index in given if not 0 <= index <= len(self)]
        if beyond:
            raise DataError(
                f"word index {beyond[0]}",
                accepted=f"0 to {len(self)}, as the vocabulary has {len(self)} words",
                do="take the vocabulary the indices were made with",
            )
        return " ".join(self.words[index - 1] for index in given if index)

    def heard(self, words: list[str]) -> list[str]:
        """Those of `words` that have an index: all where the vocabulary has `UNK`."""
        return words if UNKNOWN in self else [word for word in words if word in self]

    def unknown_words(self, sentence: str) -> list[str]:
        """The words of `sentence` that the vocabulary does not hold, each as often as it stands there."""
        return [word for word in tokenize(sentence) if word not in self._indices]


def _shorten(sentence: str, limit: int = 60) -> str:
    return sentence if len(sentence) <= limit else sentence[: limit - 3] + "..."


def _not_a_vocabulary(given: str) -> DataError:
    return DataError(
        f"a vocabulary file holding {given}",
        accepted="a JSON list of words",
        do="take the vocabulary as it was saved",
    )
