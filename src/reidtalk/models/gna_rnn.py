"""GNA-RNN: a recurrent network with gated neural attention reads the sentence with the picture.

Reference: Li et al., "Person Search with Natural Language Description", CVPR 2017 (arXiv 1702.05729).
Differs: what depends on the picture alone (its visual units, its share of the LSTM's input) is computed once
per picture, not once per word, so batch-norm statistics move once per step. Scores and gradients
are the same.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor, nn

from reidtalk.data.words import MAX_WORDS, Vocabulary, tokenize
from reidtalk.models.backbones import build_backbone
from reidtalk.models.contract import require_sizes
from reidtalk.models.gna_scoring import score_grid
from reidtalk.models.recurrence import Recurrence
from reidtalk.types import Calibration

GATES_AT_ONCE = {"cpu": 2**18, "cuda": 2**28, "mps": 2**26}
"""Gates of pairs scored together: so many stay in a CPU's cache, or fill a GPU."""


@dataclass(frozen=True, kw_only=True)
class GnaRnnSettings:
    """All that shapes the network; saved with its weights and enough to build it again."""

    backbone: str = "vgg16"
    image_size_px: tuple[int, int] = (256, 256)
    crop_size_px: tuple[int, int] = (224, 224)
    input_encoding_size: int = 512
    rnn_size: int = 512
    num_layers: int = 1
    drop_prob_lm: float = 0.5
    max_length: int = 50

    def __post_init__(self) -> None:
        """Raises `ValueError` for sizes that cannot be: they may come from a file."""
        require_sizes(*self.image_size_px, *self.crop_size_px, self.max_length)
        if any(crop > side for crop, side in zip(self.crop_size_px, self.image_size_px, strict=True)):
            raise ValueError(f"a crop of {self.crop_size_px} from pictures of {self.image_size_px}")


class Words(NamedTuple):
    """Sentences as word numbers, padded with 0 to the longest."""

    indices: Int64[Tensor, "texts words"]
    lengths: Int64[Tensor, " texts"]


class GnaRnn(nn.Module):
    """The matcher of the 2017 system over any backbone."""

    indexable = False
    calibration: Calibration | None = None
    in_bfloat16 = False

    def __init__(self, settings: GnaRnnSettings, vocabulary: Vocabulary, *, pretrained: bool = False) -> None:
        super().__init__()
        self.settings, self.vocabulary = settings, vocabulary
        self.image_size_px = settings.image_size_px
        encoding, state = settings.input_encoding_size, settings.rnn_size
        self.backbone = build_backbone(settings.backbone, settings.crop_size_px, pretrained=pretrained)
        self.backbone_frozen = False
        self.embedding = nn.Embedding(len(vocabulary) + 1, encoding)
        self.picture_input = picture_branch(self.backbone.width, encoding, encoding)
        self.visual_units = picture_branch(self.backbone.width, state, encoding)
        inputs = [2 * encoding] + [state] * (settings.num_layers - 1)
        self.lstm = nn.ModuleList(LstmLayer(width, state) for width in inputs)
        self.layer_dropout = nn.Dropout(settings.drop_prob_lm)
        self.output_dropout = nn.Dropout(0.5)
        self.attention = nn.Linear(state, encoding)
        self.gate = nn.Linear(state, 1)

    def widen_start(self, gain: float) -> None:
        """The first weights of attention and visual units are `gain` times larger.

        Drawn as usual, every word attends to all units nearly alike, so that all pictures score alike and the
        loss stands still for hundreds of steps. Differs: the 2017 system starts with a gain of 1.
        """
        for layer in (self.attention, self.visual_units[-1]):
            layer.get_parameter("weight").data.mul_(gain)

    def freeze_backbone(self, frozen: bool) -> None:
        """The backbone gets no gradient while `frozen`; its dropout stays on, its batch-norms stand still."""
        self.backbone_frozen = frozen
        self.backbone.requires_grad_(not frozen)

    def forward(
        self,
        images: UInt8[Tensor, "images 3 height width"],
        indices: Int64[Tensor, "texts words"],
        lengths: Int64[Tensor, " texts"],
        *,
        grid: bool,
    ) -> Float[Tensor, "texts images"] | Float[Tensor, " pairs"]:
        """Logits of every text with every picture (`grid`), or of the i-th text with the i-th picture."""
        gates, units = self.read_pictures(self.read_backbone(images))
        if grid:
            affinities = self.affinities(Words(indices, lengths), gates[None], units[None])
            return affinities.sum(-1)
        affinities = self.affinities(Words(indices, lengths), gates[:, None], units[:, None])
        return affinities.sum(-1).squeeze(1)

    def read_backbone(self, images: UInt8[Tensor, "images 3 _ _"]) -> Float[Tensor, "images features"]:
        """The backbone's features of cropped pictures."""
        if not self.backbone_frozen:
            return self.backbone(images)  # type: ignore[no-any-return]
        for module in self.backbone.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        with torch.no_grad():
            return self.backbone(images)  # type: ignore[no-any-return]

    def read_pictures(
        self, features: Float[Tensor, "images features"]
    ) -> tuple[Float[Tensor, "images gates"], Float[Tensor, "images units"]]:
        """The picture's share of the LSTM's gates (biases included), and its visual units."""
        first = self.layers[0]
        weight = first.input_to_gates.weight[:, self.settings.input_encoding_size :]
        bias = first.input_to_gates.bias + first.state_to_gates.bias
        return nn.functional.linear(self.picture_input(features), weight, bias), self.visual_units(features)

    def affinities(
        self,
        words: Words,
        picture_gates: Float[Tensor, "texts_or_1 images gates"],
        visual_units: Float[Tensor, "texts_or_1 images units"],
    ) -> Float[Tensor, "texts images words"]:
        """What each word adds to each score: g_t <a_t, v>; 0 past a sentence's end.

        Reference: sections 3.1 to 3.3, equations 1 to 6. All first words stand together, then all second ones
        of the sentences that have one, longest first: nothing is computed of those that have none.
        """
        order = torch.argsort(words.lengths, descending=True, stable=True)
        lengths, indices = words.lengths[order].tolist(), words.indices[order]
        counts = [sum(length > position for length in lengths) for position in range(lengths[0])]
        numbers = torch.cat([indices[:count, position] for position, count in enumerate(counts)])
        hidden = self.read_words(numbers, repeated(picture_gates, order, counts), counts)
        top = self.output_dropout(hidden)
        attention = torch.softmax(self.attention(top), dim=-1)
        said = (attention * repeated(visual_units, order, counts)).sum(-1)
        said = said * torch.sigmoid(self.gate(top)).squeeze(-1)
        padded = [nn.functional.pad(part, (0, 0, 0, len(order) - len(part))) for part in said.split(counts)]
        missing = [padded[0].new_zeros(padded[0].shape)] * (words.indices.shape[1] - len(counts))
        return torch.stack(padded + missing, dim=-1)[torch.argsort(order)]

    def read_words(
        self,
        numbers: Int64[Tensor, " rows"],
        picture_gates: Float[Tensor, "rows_or_1 images gates"],
        counts: list[int],
    ) -> Float[Tensor, "rows images state"]:
        """The top layer's output after every word, with every picture; `counts` sentences have each word."""
        weight = self.layers[0].input_to_gates.weight[:, : self.settings.input_encoding_size]
        different, places = torch.unique(numbers, return_inverse=True)
        word_gates = nn.functional.embedding(places, nn.functional.linear(self.embedding(different), weight))
        shares = word_gates[:, None] + picture_gates
        sizes = [count * shares.shape[1] for count in counts]
        recurrent = [layer.state_to_gates.weight for layer in self.layers]
        hidden = Recurrence.apply(shares.flatten(0, 1), recurrent[0], sizes)
        for layer, weight in zip(self.layers[1:], recurrent[1:], strict=True):
            gates = layer.input_to_gates(self.layer_dropout(hidden)) + layer.state_to_gates.bias
            hidden = Recurrence.apply(gates, weight, sizes)
        outputs: Tensor = hidden.view(*shares.shape[:2], -1)
        return outputs

    @torch.inference_mode()
    def encode_images(
        self, images: UInt8[Tensor, "images 3 height width"]
    ) -> Float[Tensor, "images features"]:
        """The pictures' shares of the gates and their visual units, side by side, from the centre crop."""
        height, width = self.settings.crop_size_px
        top, left = map(self.backbone.centre_start, images.shape[-2:], (height, width))
        crop = images[..., top : top + height, left : left + width].to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            features = torch.cat(self.read_pictures(self.backbone(crop)), dim=1)
        return features.float() if self.in_bfloat16 else features

    def encode_texts(self, sentences: Sequence[str]) -> Words:
        """The sentences as word numbers: without a picture there is no more to say.

        Raises:
            DataError: a sentence without words, or with far too many.
        """
        return self.tokenize(sentences)

    def tokenize(self, sentences: Sequence[str]) -> Words:
        """The sentences as `forward` takes them.

        Raises:
            DataError: a sentence without words, or with far too many.
        """
        indices, lengths = self.vocabulary.encode_batch(sentences, self.settings.max_length)
        return Words(torch.from_numpy(indices).to(self.device), torch.from_numpy(lengths).to(self.device))

    def unknown_words(self, sentence: str) -> list[str]:
        """The words of the sentence that were not in the training captions often enough."""
        return self.vocabulary.unknown_words(sentence)

    def unread_words(self, sentence: str) -> list[str]:
        """The words past `max_length`; none of a sentence that is refused."""
        words = tokenize(sentence)
        return self.vocabulary.heard(words)[self.settings.max_length :] if len(words) <= MAX_WORDS else []

    @torch.inference_mode()
    def score(
        self, text_features: Words, image_features: Float[Tensor, "images features"]
    ) -> Float32[Tensor, "texts images"]:
        """The logit of every sentence with every picture, in chunks that fit memory."""
        if self.settings.num_layers == 1:
            return score_grid(self, text_features, image_features)
        shape = len(text_features.lengths), len(image_features)
        scores = torch.zeros(shape, dtype=torch.float32, device=image_features.device)
        for texts, images in self.chunks(text_features.lengths, shape[1]):
            words = Words(text_features.indices[texts], text_features.lengths[texts])
            scores[texts, images] = self.explain(words, image_features[images]).sum(-1).float()
        return scores

    @torch.inference_mode()
    def explain(
        self, text_features: Words, image_features: Float[Tensor, "images features"]
    ) -> Float[Tensor, "texts images words"]:
        """What each word adds to the score of each pair; all pairs at once, so for a few of them."""
        longest = int(text_features.lengths.max())
        gates, units = image_features.split(
            [4 * self.settings.rnn_size, self.settings.input_encoding_size], dim=1
        )
        words = Words(text_features.indices[:, :longest], text_features.lengths)
        return self.affinities(words, gates[None], units[None])

    def chunks(self, lengths: Tensor, images: int) -> Iterator[tuple[Tensor, slice]]:
        """Text numbers and a range of pictures that together cover all pairs; alike lengths together."""
        pairs = max(1, GATES_AT_ONCE[self.device.type] // (4 * self.settings.rnn_size))
        images_at_once = max(1, min(images, math.isqrt(pairs)))
        texts_at_once = max(1, pairs // max(1, images_at_once))
        for texts in torch.argsort(lengths, stable=True).split(texts_at_once):
            for start in range(0, images, images_at_once):
                yield texts, slice(start, start + images_at_once)

    @property
    def layers(self) -> list["LstmLayer"]:
        """The LSTM's layers, the lowest first."""
        return list(self.lstm)  # type: ignore[arg-type]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embedding.weight.device


class LstmLayer(nn.Module):
    """The weights of one layer: gates in the order input, forget, output, candidate."""

    def __init__(self, inputs: int, state: int) -> None:
        super().__init__()
        self.input_to_gates = nn.Linear(inputs, 4 * state)
        self.state_to_gates = nn.Linear(state, 4 * state)


def picture_branch(width: int, hidden: int, out: int) -> nn.Sequential:
    """Linear, batch-norm, ReLU, linear."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, out)
    )


def repeated(
    pictures: Float[Tensor, "texts_or_1 images numbers"], order: Int64[Tensor, " texts"], counts: list[int]
) -> Float[Tensor, "rows_or_1 images numbers"]:
    """What is known of the pictures, for each word of each sentence; once where it is the same for all."""
    if len(pictures) == 1:
        return pictures
    pictures = pictures[order]
    return torch.cat([pictures[:count] for count in counts])
