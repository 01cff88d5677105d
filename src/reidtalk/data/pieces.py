"""Words as pieces: a word never seen before still shares pieces of its spelling with words that were.

A word is its own number in the vocabulary and, beside it, the hashed numbers of the runs of letters in it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from reidtalk.data.words import MAX_WORDS, UNKNOWN, Vocabulary, words_of

BREAK = ","
"""Stands for every mark between phrases: what belongs together lies between two of them."""
PIECES = 12
"""Pieces kept of a word; longer words keep the first and the last ones."""
LONGEST_WORD = 40
"""Letters of a word that are looked at."""
LONGEST_SENTENCE = 40 * MAX_WORDS
"""Letters of a sentence that are looked at: none has more that is a description."""
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.,;:()]")
_MARKS = frozenset(".,;:()")


class SpelledWords(NamedTuple):
    """Sentences as rows of words, each different word spelled once."""

    words: NDArray[np.int64]
    """[different words]: numbers in the vocabulary."""
    pieces: NDArray[np.int64]
    """[different words, PIECES]: hashed pieces, 1 and up; 0 pads."""
    indices: NDArray[np.int64]
    """[texts, longest]: rows of the two above; 0 pads."""
    lengths: NDArray[np.int64]
    """[texts]."""


def split_words(sentence: str) -> list[str]:
    """The words of `sentence`, lower-case, hyphens parting them; marks between phrases become `BREAK`."""
    tokens: list[str] = []
    for token in _TOKEN.findall(sentence.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")):
        if token not in _MARKS:
            tokens.append(token[:LONGEST_WORD])
        elif tokens and tokens[-1] != BREAK:
            tokens.append(BREAK)
    return tokens[:-1] if tokens and tokens[-1] == BREAK else tokens


def word_spans(sentence: str) -> list[tuple[int, int]]:
    """Where in `sentence` each of its words stands, as start and end; the marks are left out."""
    found = _TOKEN.finditer(sentence.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return [word.span() for word in found if word[0] not in _MARKS]


def build_vocabulary(captions: Iterable[str], threshold: int) -> Vocabulary:
    """The words that occur more than `threshold` times, frequent first, then by spelling; `UNK` last."""
    counts = Counter(word for caption in captions for word in split_words(caption))
    kept = sorted((-count, word) for word, count in counts.items() if count > threshold)
    return Vocabulary((*(word for _, word in kept), UNKNOWN))


@lru_cache(maxsize=100_000)
def pieces_of(word: str, buckets: int) -> tuple[int, ...]:
    """The hashed runs of three and four letters of `word`, its ends marked; numbers 1 to `buckets`.

    Reference: Bojanowski et al. 2017, section 3.2. Differs: runs of 3 and 4 (not 3 to 6), at most `PIECES`.
    """
    marked = f"<{word}>"
    runs = [marked[at : at + n] for n in (3, 4) for at in range(max(1, len(marked) - n + 1))]
    if len(runs) > PIECES:
        runs = runs[: PIECES // 2] + runs[-PIECES // 2 :]
    return tuple(1 + crc32(run.encode()) % buckets for run in runs)


def spell(sentences: Sequence[str], vocabulary: Vocabulary, buckets: int, max_length: int) -> SpelledWords:
    """The sentences, each cut to `max_length` words, as numbers of words and of their pieces.

    Raises:
        DataError: a sentence without words, or with more than `MAX_WORDS`.
    """
    rows: list[list[int]] = []
    place: dict[str, int] = {}
    for sentence in sentences:
        tokens = split_words(sentence[:LONGEST_SENTENCE])
        if not tokens or len(tokens) > MAX_WORDS:
            tokens = words_of(sentence)
        rows.append([place.setdefault(token, len(place)) for token in tokens[:max_length]])
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    indices = np.zeros((len(rows), max(lengths, default=0)), dtype=np.int64)
    for row, values in zip(indices, rows, strict=True):
        row[: len(values)] = values
    pieces = np.zeros((len(place), PIECES), dtype=np.int64)
    for row, word in zip(pieces, place, strict=True):
        own = pieces_of(word, buckets)
        row[: len(own)] = own
    words = np.array([vocabulary.index(word) for word in place], dtype=np.int64)
    return SpelledWords(words, pieces, indices, lengths)
