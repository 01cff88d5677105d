"""A dual encoder whose best pictures GNA-RNN reads again, word by word.

The dual encoder compares two vectors that know nothing of each other; GNA-RNN reads the sentence with the
picture before it, over the same picture network, and has the last word on those that look alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor, nn
from torch.nn.functional import normalize

from reidtalk.data.words import Vocabulary
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings, Spelling
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings, Words
from reidtalk.models.gna_scoring import score_candidates
from reidtalk.types import Calibration

READER_WEIGHT = 0.3
"""How much the reader's logits count beside the dual encoder's. Not learned: while the reader repeats what it
was taught by the dual encoder, training takes the weight below zero (docs/LOG.md)."""


@dataclass(frozen=True, kw_only=True)
class RerankedSettings(DualEncoderSettings):
    """All that shapes both networks; saved with their weights and enough to build them again."""

    reader_units: int = 192
    """Width of the reader's words, visual units and LSTM."""
    depth: int = 50
    """How many of a sentence's best pictures are read again."""


class ReadSentences(NamedTuple):
    """What `score` needs of some sentences."""

    vectors: Float[Tensor, "texts features"]
    words: Words


class Reranked(nn.Module):
    """Both matchers over one picture network."""

    indexable = False
    calibration: Calibration | None = None
    in_bfloat16 = False
    weight: Float[Tensor, ""]

    def __init__(self, settings: RerankedSettings, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.settings, self.vocabulary = settings, vocabulary
        self.image_size_px = settings.image_size_px
        self.dual = DualEncoder(settings, vocabulary)
        reader = GnaRnnSettings(
            backbone=f"features:{self.dual.image_tower.width}",
            image_size_px=settings.image_size_px,
            crop_size_px=settings.image_size_px,
            input_encoding_size=settings.reader_units,
            rnn_size=settings.reader_units,
            max_length=settings.max_length,
        )
        self.reader = GnaRnn(reader, vocabulary)
        self.register_buffer("weight", torch.tensor(READER_WEIGHT))

    def forward(
        self,
        images: UInt8[Tensor, "images 3 height width"] | Float[Tensor, "images 3 height width"],
        words: Int64[Tensor, " different"],
        pieces: Int64[Tensor, "different pieces"],
        indices: Int64[Tensor, "texts words"],
        lengths: Int64[Tensor, " texts"],
        *,
        grid: bool,
    ) -> Float[Tensor, "texts images"] | Float[Tensor, " pairs"]:
        """Logits of every text with every picture (`grid`), or of the i-th text with the i-th."""
        text = Spelling(words, pieces, indices, lengths)
        features, read = self.features(images), self.read(text)
        vectors, reader_features = features.tensor_split([self.settings.features], dim=1)
        rows = torch.arange(len(features), device=features.device)
        asked = rows.expand(len(lengths), -1) if grid else rows[:, None]
        said = self.contributions(word_numbers(text), reader_features, asked).sum(-1)
        alike = read @ vectors.T if grid else (read * vectors).sum(-1)
        return self.dual.scale * alike + self.weight * (said if grid else said[:, 0])

    def features(self, images: Tensor) -> Float[Tensor, "images features"]:
        """Unit vectors, the pictures' shares of the reader's gates, and their visual units, side by side."""
        tower = self.dual.image_tower
        gathered = tower.gather(images)
        vectors = normalize(tower.pool.project(gathered).float(), dim=-1)
        return torch.cat([vectors, *self.reader.read_pictures(gathered)], dim=1)

    def read(self, text: Spelling) -> Float[Tensor, "texts features"]:
        """The sentences' unit vectors."""
        return normalize(self.dual.text_tower(text).float(), dim=-1)

    def contributions(
        self,
        words: Words,
        reader_features: Float[Tensor, "images features"],
        asked: Int64[Tensor, "texts candidates"],
    ) -> Float[Tensor, "texts candidates words"]:
        """What each word adds to the reader's logit of each text with the pictures `asked` of it."""
        units = self.settings.reader_units
        gates, visual = reader_features.split([4 * units, units], dim=1)
        return self.reader.affinities(words, gates[asked], visual[asked])

    @torch.inference_mode()
    def encode_images(
        self, images: UInt8[Tensor, "images 3 height width"]
    ) -> Float[Tensor, "images features"]:
        """One row a picture: its unit vector, then what the reader needs of it."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            return self.features(images.to(self.device))

    @torch.inference_mode()
    def encode_texts(self, sentences: Sequence[str]) -> ReadSentences:
        """The sentences' unit vectors and words.

        Raises:
            DataError: a sentence without words, or with far too many.
        """
        text = self.tokenize(sentences)
        return ReadSentences(self.read(text), word_numbers(text))

    def tokenize(self, sentences: Sequence[str]) -> Spelling:
        """The sentences as `forward` takes them.

        Raises:
            DataError: a sentence without words, or with far too many.
        """
        return self.dual.tokenize(sentences)

    def unknown_words(self, sentence: str) -> list[str]:
        """The words of the sentence that training hardly saw."""
        return self.dual.unknown_words(sentence)

    def unread_words(self, sentence: str) -> list[str]:
        """The words past what both read."""
        return self.dual.unread_words(sentence)

    @torch.inference_mode()
    def score(
        self, text_features: ReadSentences, image_features: Float[Tensor, "images features"]
    ) -> Float32[Tensor, "texts images"]:
        """The cosine of every sentence with every picture, and for each sentence's best what reading adds.

        The others get what it adds to the worst of those it reads, so that none of them passes one.
        """
        vectors, reader_features = image_features.tensor_split([self.settings.features], dim=1)
        scores = text_features.vectors @ vectors.T
        best = scores.argsort(dim=1, descending=True, stable=True)[:, : self.settings.depth]
        added = score_candidates(self.reader, text_features.words, reader_features, best) * self.share
        least = added.amin(dim=1, keepdim=True) if best.shape[1] else scores
        return (scores + least.expand(scores.shape).scatter(1, best, added)).float()

    @torch.inference_mode()
    def explain(
        self, text_features: ReadSentences, image_features: Float[Tensor, "images features"]
    ) -> Float[Tensor, "texts images words"]:
        """What each word adds to the score of each pair when it is read; 0 past a sentence's end."""
        everyone = torch.arange(len(image_features), device=self.device)
        asked = everyone.expand(len(text_features.vectors), -1)
        reader_features = image_features[:, self.settings.features :]
        return self.contributions(text_features.words, reader_features, asked) * self.share

    @property
    def share(self) -> Float[Tensor, ""]:
        """What the reader's logits are multiplied by to be added to a cosine."""
        return self.weight / self.dual.scale

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.weight.device


def word_numbers(text: Spelling) -> Words:
    """The sentences as numbers of words; one that training hardly saw has the number of all such."""
    return Words(text.words[text.indices], text.lengths)
