"""What to look for: sentences, pictures and earlier finds, as one vector."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from reidtalk.errors import ConfigError, DataError
from reidtalk.index.filters import require_tuples
from reidtalk.models.contract import Matcher
from reidtalk.models.dual_encoder import DualEncoder
from reidtalk.models.reranked import ReadSentences, Reranked
from reidtalk.models.scoring import as_array

LIKE, UNLIKE = 0.5, 0.25
"""How much pictures count beside sentences, those to be like and those to be unlike.

Reference: Rocchio 1971, relevance feedback. Differs: sentences count 1, whatever their number.
"""
Vectors = Float32[np.ndarray, "vectors features"]


@dataclass(frozen=True, kw_only=True)
class Query:
    """One person, described in one or several ways."""

    sentences: tuple[str, ...] = ()
    """What is said of the person; several count as one description."""
    pictures: tuple[Path, ...] = ()
    """Pictures of one person each, to be like."""
    like: tuple[str, ...] = ()
    """Ids of sightings to be like."""
    unlike: tuple[str, ...] = ()
    """Ids of sightings to be unlike."""

    def __post_init__(self) -> None:
        require_tuples(self, "sentences", "pictures", "like", "unlike")
        if not (self.sentences or self.pictures or self.like):
            raise ConfigError("nothing to look for", accepted="a sentence, a picture, or a sighting",
                              do="describe the person")  # fmt: skip

    @property
    def told(self) -> bool:
        """Whether sentences alone say it, so that scores mean what the matcher's calibration says."""
        return bool(self.sentences) and not (self.pictures or self.like or self.unlike)


def query_vector(
    matcher: Matcher, query: Query, like: Vectors, unlike: Vectors
) -> Float32[np.ndarray, " features"]:
    """The vector whose scalar product with a sighting's is its score; `like` and `unlike` are the sightings'.

    Of sentences alone the score is the mean of their cosines.

    Raises:
        DataError: a sentence without words, or a picture that cannot be read.
    """
    seen = [like] if len(like) else []
    if query.pictures:
        size_px = matcher.image_size_px
        pictures = np.stack([as_array(path, size_px) for path in query.pictures])
        seen.append(vectors_of(matcher, matcher.encode_images(torch.from_numpy(pictures)))[0].cpu().numpy())
    alike = np.concatenate(seen).mean(axis=0) if seen else None
    if query.sentences:
        vector = text_vectors(matcher, query.sentences).mean(axis=0)
        if alike is not None:
            vector = vector + LIKE * alike
    else:
        assert alike is not None  # a query is never empty
        vector = alike
    if len(unlike):
        vector = vector - UNLIKE * unlike.mean(axis=0)
    return np.asarray(vector, dtype=np.float32)


def text_vectors(matcher: Matcher, sentences: Sequence[str]) -> Vectors:
    """One unit vector a sentence.

    Raises:
        DataError: a sentence without words.
    """
    read = matcher.encode_texts(sentences)
    vectors: Tensor = read.vectors if isinstance(read, ReadSentences) else read
    return np.asarray(vectors.float().cpu().numpy(), dtype=np.float32)


def vectors_of(matcher: Matcher, features: Tensor) -> tuple[Tensor, Tensor]:
    """The unit vectors in picture features, and what the re-ranker reads (no columns: there is none)."""
    width = vector_width(matcher)
    return features[:, :width], features[:, width:]


def vector_width(matcher: Matcher) -> int:
    """Features of a vector that a store can search.

    Raises:
        DataError: the matcher reads sentence and picture together, so that no vector store can search it.
    """
    if isinstance(matcher, DualEncoder | Reranked):
        return matcher.settings.features
    raise DataError(
        f"{type(matcher).__name__} reads sentence and picture together: it has no vectors to index",
        accepted="a dual encoder, alone or with its re-ranker",
        do="index with reidtalk-small, or search the pictures without an index",
    )
