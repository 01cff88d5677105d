"""A matcher that needs no training: it reads colours in words and in pictures."""

from collections.abc import Sequence

import torch
from conftest import COLOURS
from torch import Tensor

from reidtalk.errors import DataError
from reidtalk.types import Calibration


class ColourMatcher:
    """Scores minus the distance of the top's and the trousers' colours from those in the sentence."""

    indexable = False
    image_size_px = (8, 4)
    calibration: Calibration | None = None
    in_bfloat16 = False

    def encode_images(self, images: Tensor) -> Tensor:
        halves = images.float().view(-1, 3, 2, 16).mean(-1)
        return halves.transpose(1, 2).flatten(1)

    def encode_texts(self, sentences: Sequence[str]) -> Tensor:
        return torch.tensor([self.colours(sentence) for sentence in sentences], dtype=torch.float32)

    def unknown_words(self, sentence: str) -> list[str]:
        return [] if self.colours(sentence) else [sentence]

    def unread_words(self, sentence: str) -> list[str]:
        return sentence.split()[12:]

    def colours(self, sentence: str) -> list[float]:
        words = sentence.lower().strip(".").split()
        named = [(word, words[place + 1]) for place, word in enumerate(words[:-1]) if word in COLOURS]
        if not named:
            raise DataError(f"no known word in {sentence!r}", accepted="colours")
        top = next((colour for colour, thing in named if thing != "trousers"), named[0][0])
        trousers = next((colour for colour, thing in named if thing == "trousers"), named[-1][0])
        return [*COLOURS[top], *COLOURS[trousers]]

    def score(self, text_features: Tensor, image_features: Tensor) -> Tensor:
        return -torch.cdist(text_features, image_features) / 100
