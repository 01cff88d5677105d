"""Why a picture was found: what each word of the sentence adds to its score."""

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from reidtalk.data.pieces import BREAK, split_words, word_spans
from reidtalk.data.words import token_spans, tokenize
from reidtalk.models.contract import Matcher
from reidtalk.models.dual_encoder import DualEncoder
from reidtalk.models.gna_rnn import GnaRnn
from reidtalk.models.reranked import Reranked


class Explanation(NamedTuple):
    """A sentence, taken to pieces."""

    pieces: list[str]
    """The sentence, cut so that every second piece, beginning with the second, is a word; the others are what
    stands between. Together they are the sentence."""
    shares: Float32[Tensor, "images words"]
    """What each word adds to the score of each picture."""

    @property
    def words(self) -> list[str]:
        """The words alone, as many as there are shares."""
        return self.pieces[1::2]

    def told(self, image: int) -> tuple[tuple[str, float], ...]:
        """The sentence in pieces, each with what it adds to the score of that picture; 0 between words."""
        shares = self.shares[image].tolist()
        told = [(piece, shares[place // 2] if place % 2 else 0.0) for place, piece in enumerate(self.pieces)]
        return tuple((piece, share) for piece, share in told if piece)


def explain(matcher: Matcher, sentence: str, image_features: Float[Tensor, "images features"]) -> Explanation:
    """What each word of `sentence` adds to the score of each picture.

    A dual encoder is asked without each word in turn: the word's share is what the score loses. GNA-RNN
    adds a word's gate times its affinity, its share as it is; where it re-ranks, both count together.

    Raises:
        DataError: a sentence without words, or with far too many.
    """
    image_features = image_features.to(getattr(matcher, "device", "cpu"))
    spans = token_spans(sentence) if isinstance(matcher, GnaRnn) else word_spans(sentence)
    cuts = [0, *(place for span in spans for place in span), len(sentence)]
    pieces = [sentence[start:end] for start, end in pairwise(cuts)]
    shares = torch.zeros(len(image_features), len(spans))
    if isinstance(matcher, DualEncoder | Reranked):
        dual = matcher if isinstance(matcher, DualEncoder) else matcher.dual
        shares += left_out(dual, sentence, spans, image_features[:, : matcher.settings.features])
    if isinstance(matcher, Reranked | GnaRnn):
        read: Any = matcher.encode_texts([sentence])
        said = matcher.explain(read, image_features)[0].float().cpu()
        places = _places(matcher, sentence, said.shape[1])
        shares.index_add_(1, torch.tensor(places), said[:, : len(places)])
    return Explanation(pieces, shares)


def _places(matcher: Reranked | GnaRnn, sentence: str, read: int) -> list[int]:
    """The word that each number read belongs to; a mark belongs to the word before it."""
    if isinstance(matcher, GnaRnn):
        words = tokenize(sentence)
        heard = set(matcher.vocabulary.heard(words))
        return [place for place, word in enumerate(words) if word in heard][:read]
    real = [token != BREAK for token in split_words(sentence)[:read]]
    return [max(0, sum(real[: place + 1]) - 1) for place in range(len(real))]


def left_out(
    matcher: DualEncoder,
    sentence: str,
    spans: list[tuple[int, int]],
    vectors: Float[Tensor, "images features"],
) -> Float32[Tensor, "images words"]:
    """What the cosine with each picture loses where a word is left out; of a single word: all of it."""
    if len(spans) == 1:
        return matcher.score(matcher.encode_texts([sentence]), vectors).T.cpu()
    without = [sentence[:start] + sentence[end:] for start, end in spans]
    scores = matcher.score(matcher.encode_texts([sentence, *without]), vectors)
    return (scores[:1] - scores[1:]).T.cpu()
