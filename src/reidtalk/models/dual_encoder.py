"""A dual encoder: pictures and sentences become unit vectors, a pair's score is their scalar product.

Small enough to learn from scratch on a CPU: a residual network with attention over the places of its last
map, and a two-layer transformer over words that are known by their spelling too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float32, Int64, UInt8
from torch import Tensor, nn
from torch.nn.functional import embedding, normalize

from reidtalk.data.pieces import BREAK, LONGEST_SENTENCE, spell, split_words
from reidtalk.data.words import MAX_WORDS, Vocabulary
from reidtalk.models.backbones import IMAGENET_MEAN, IMAGENET_STD, convolution
from reidtalk.models.contract import require_sizes
from reidtalk.types import Calibration

FORGOTTEN_WORDS = 0.1
"""Share of words that training sees by their spelling alone, so that unknown words mean something too."""
TEXTS_AT_ONCE = 64
"""Sentences padded together."""
HOTTEST = math.log(100)


@dataclass(frozen=True, kw_only=True)
class DualEncoderSettings:
    """All that shapes the network; saved with its weights and enough to build it again."""

    image_size_px: tuple[int, int] = (128, 64)
    image_width: int = 64
    """Channels of the first stage; each later one has twice as many."""
    image_blocks: tuple[int, ...] = (2, 2, 2)
    """Residual blocks of each stage."""
    image_queries: int = 8
    """Learned questions put to the last map; each has its own attention over it."""
    text_width: int = 192
    text_layers: int = 2
    text_queries: int = 4
    buckets: int = 8192
    """Different pieces of words."""
    features: int = 384
    """Width of the shared space."""
    max_length: int = 80

    def __post_init__(self) -> None:
        """Raises `ValueError` for sizes that cannot be: they may come from a file."""
        height, width = self.image_size_px
        require_sizes(height, width, self.max_length)


class Spelling(NamedTuple):
    """Sentences as tensors, each different word once; see `data.pieces.SpelledWords`."""

    words: Int64[Tensor, " different"]
    pieces: Int64[Tensor, "different pieces"]
    indices: Int64[Tensor, "texts words"]
    lengths: Int64[Tensor, " texts"]


class DualEncoder(nn.Module):
    """Two towers into one space."""

    indexable = True
    calibration: Calibration | None = None
    in_bfloat16 = False

    def __init__(self, settings: DualEncoderSettings, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.settings, self.vocabulary = settings, vocabulary
        self.image_size_px = settings.image_size_px
        self.image_tower = ImageTower(settings)
        self.text_tower = TextTower(settings, len(vocabulary))
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

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
        """Scaled cosines of every text with every picture (`grid`), or of the i-th text with the i-th."""
        seen = normalize(self.image_tower(images).float(), dim=-1)
        read = normalize(self.text_tower(Spelling(words, pieces, indices, lengths)).float(), dim=-1)
        return self.scale * (read @ seen.T if grid else (read * seen).sum(-1))

    @torch.inference_mode()
    def encode_images(
        self, images: UInt8[Tensor, "images 3 height width"]
    ) -> Float[Tensor, "images features"]:
        """One unit vector a picture."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            vectors = self.image_tower(images.to(self.device))
        return normalize(vectors.float(), dim=-1)

    @torch.inference_mode()
    def encode_texts(self, sentences: Sequence[str]) -> Float[Tensor, "texts features"]:
        """One unit vector a sentence.

        Raises:
            DataError: a sentence without words, or with far too many.
        """
        return normalize(self.text_tower(self.tokenize(sentences)).float(), dim=-1)

    def tokenize(self, sentences: Sequence[str]) -> Spelling:
        """The sentences as `forward` takes them.

        Raises:
            DataError: a sentence without words, or with far too many.
        """
        rows = spell(sentences, self.vocabulary, self.settings.buckets, self.settings.max_length)
        return Spelling(*(torch.from_numpy(values).to(self.device) for values in rows))

    def unknown_words(self, sentence: str) -> list[str]:
        """The words of the sentence that training hardly saw; their spelling is all it has of them."""
        words = dict.fromkeys(split_words(sentence[:LONGEST_SENTENCE]))
        return [word for word in words if word not in self.vocabulary]

    def unread_words(self, sentence: str) -> list[str]:
        """The words past `max_length`, marks between phrases counted; none of a sentence that is refused."""
        words = split_words(sentence[:LONGEST_SENTENCE])
        unread = words[self.settings.max_length :] if len(words) <= MAX_WORDS else []
        return [word for word in unread if word != BREAK]

    @torch.inference_mode()
    def score(
        self, text_features: Float[Tensor, "texts features"], image_features: Float[Tensor, "images features"]
    ) -> Float32[Tensor, "texts images"]:
        """The cosine of every sentence with every picture."""
        return text_features.float() @ image_features.float().T

    @property
    def scale(self) -> Float[Tensor, ""]:
        """What cosines are multiplied by to become logits: one over the temperature, at most 100."""
        return self.log_scale.clamp(max=HOTTEST).exp()

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.log_scale.device


class ImageTower(nn.Module):
    """A residual network, then attention of learned queries over the places of its last map."""

    mean: Tensor
    std: Tensor

    def __init__(self, settings: DualEncoderSettings) -> None:
        super().__init__()
        first, blocks = settings.image_width, settings.image_blocks
        widths = [first * 2**stage for stage in range(len(blocks))]
        self.stem = nn.Sequential(
            convolution(3, first // 2, stride=2),
            nn.ReLU(inplace=True),
            convolution(first // 2, first, stride=2),
            nn.ReLU(inplace=True),
        )
        self.stages = nn.Sequential(
            *(
                Block(widths[max(stage - 1, 0)] if number == 0 else width, width, halve=stage > 0 == number)
                for stage, (width, count) in enumerate(zip(widths, blocks, strict=True))
                for number in range(count)
            )
        )
        self.width = settings.image_queries * widths[-1]
        rows, columns = (math.ceil(side / 2 ** (len(blocks) + 1)) for side in settings.image_size_px)
        self.pool = QueryPool(
            widths[-1],
            settings.image_queries,
            settings.features,
            stripes(rows, columns, settings.image_queries),
        )
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Float[Tensor, "images features"]:
        """The pictures' vectors, not yet of unit length."""
        vectors: Tensor = self.pool.project(self.gather(images))
        return vectors

    def gather(self, images: Tensor) -> Float[Tensor, "images width"]:
        """What all queries found in the pictures, side by side: `self.width` numbers, not yet projected."""
        normalised = (images.to(self.mean.dtype) - self.mean) / self.std
        maps = self.stages(self.stem(normalised.contiguous(memory_format=torch.channels_last)))
        return self.pool.gather(maps.flatten(2).transpose(1, 2))


class Block(nn.Module):
    """Two convolutions beside a short cut; the first may halve height and width."""

    def __init__(self, channels_in: int, channels: int, *, halve: bool) -> None:
        super().__init__()
        self.first = convolution(channels_in, channels, stride=2 if halve else 1)
        self.second = convolution(channels, channels)
        self.short_cut: nn.Module = nn.Identity()
        if halve:
            pool = nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False)
            self.short_cut = nn.Sequential(pool, convolution(channels_in, channels, size=1))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of as many channels as the block has."""
        inner = self.second(torch.relu_(self.first(maps)))
        return torch.relu_(inner + self.short_cut(maps))


def stripes(rows: int, columns: int, queries: int) -> Float[Tensor, "places queries"]:
    """How strongly each query looks at each place before it has learned anything: at a stripe of its own.

    Heads, trunks, legs and feet lie at different heights, so what is worn where stays apart from the start.
    """
    height = torch.arange(rows).repeat_interleave(columns)[:, None]
    centre = (torch.arange(queries) + 0.5) * rows / queries - 0.5
    return -((height - centre) ** 2)


class QueryPool(nn.Module):
    """Learned queries, each the mean of all tokens by its own attention, projected together."""

    def __init__(
        self, width: int, queries: int, out: int, places: Float[Tensor, "places queries"] | None = None
    ) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.randn(len(places), width) * 0.02) if places is not None else None
        self.places = nn.Parameter(places) if places is not None else None
        self.norm = nn.LayerNorm(width)
        self.attention = nn.Linear(width, queries)
        self.project = nn.Linear(queries * width, out)

    def forward(
        self, tokens: Float[Tensor, "rows tokens width"], real: Bool[Tensor, "rows tokens"] | None = None
    ) -> Float[Tensor, "rows out"]:
        """One vector a row; tokens that are not `real` are left out."""
        vectors: Tensor = self.project(self.gather(tokens, real))
        return vectors

    def gather(
        self, tokens: Float[Tensor, "rows tokens width"], real: Bool[Tensor, "rows tokens"] | None = None
    ) -> Float[Tensor, "rows queries_times_width"]:
        """The mean of the tokens by each query's attention, side by side."""
        if self.position is not None:
            tokens = tokens + self.position
        tokens = self.norm(tokens)
        logits = self.attention(tokens)
        if self.places is not None:
            logits = logits + self.places
        if real is not None:
            logits = logits.masked_fill(~real[..., None], -torch.inf)
        return (torch.softmax(logits, dim=1).transpose(1, 2) @ tokens).flatten(1)


class TextTower(nn.Module):
    """Words by number and by spelling, their neighbours by convolution, then a transformer."""

    def __init__(self, settings: DualEncoderSettings, words: int) -> None:
        super().__init__()
        width = settings.text_width
        self.unknown = words
        """The number of the word `UNK`, the vocabulary's last."""
        self.words = nn.Embedding(words + 1, width, padding_idx=0)
        self.pieces = nn.Embedding(settings.buckets + 1, width, padding_idx=0)
        for table in (self.words, self.pieces):
            nn.init.normal_(table.weight, std=0.3)
            table.weight.data[0] = 0
        self.position = nn.Parameter(torch.randn(settings.max_length, width) * 0.02)
        self.neighbours = nn.Conv1d(width, width, 5, padding=2)
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, settings.text_layers, enable_nested_tensor=False)
        self.pool = QueryPool(width, settings.text_queries, settings.features)

    def forward(self, text: Spelling) -> Float[Tensor, "texts features"]:
        """The sentences' vectors, not yet of unit length; those of like length are read together."""
        if not len(text.lengths):
            return self.position.new_zeros(0, self.pool.project.out_features)
        spelled = self.spell(text)
        order = torch.argsort(text.lengths)
        parts = [
            self.read(spelled, text.indices[rows], text.lengths[rows]) for rows in order.split(TEXTS_AT_ONCE)
        ]
        return torch.cat(parts)[torch.argsort(order)]

    def read(
        self,
        spelled: Float[Tensor, "different width"],
        indices: Int64[Tensor, "texts words"],
        lengths: Int64[Tensor, " texts"],
    ) -> Float[Tensor, "texts features"]:
        """The vectors of some sentences, padded to the longest of them only."""
        longest = int(lengths.max())
        real = torch.arange(longest, device=lengths.device) < lengths[:, None]
        tokens = embedding(indices[:, :longest], spelled) * real[..., None]
        around = self.neighbours(tokens.transpose(1, 2)).transpose(1, 2)
        tokens = tokens + torch.relu(around) + self.position[:longest]
        vectors: Tensor = self.pool(self.layers(tokens, src_key_padding_mask=~real), real)
        return vectors

    def spell(self, text: Spelling) -> Float[Tensor, "different width"]:
        """A vector for each different word: its own and the mean of its pieces'."""
        words = text.words
        if self.training:
            forgotten = torch.rand(words.shape, device=words.device) < FORGOTTEN_WORDS
            words = torch.where(forgotten, self.unknown, words)
        spelled = self.pieces(text.pieces).sum(1) / (text.pieces > 0).sum(1, keepdim=True)
        vectors: Tensor = self.words(words) + spelled
        return vectors
