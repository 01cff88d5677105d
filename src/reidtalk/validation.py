"""Measures a matcher in training, on the validation split only."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from numpy.random import default_rng
from torch import Tensor

from reidtalk.data.drawn import Round
from reidtalk.errors import DataError
from reidtalk.losses import LOSSES, accuracy
from reidtalk.metrics import METRICS, rank_queries
from reidtalk.models.contract import Matcher
from reidtalk.models.gna_rnn import GnaRnn
from reidtalk.models.scoring import batched, encode_pictures
from reidtalk.training_config import TrainConfig
from reidtalk.types import PersonImage, identity_of

BATCH = 128
"""Drawn pictures, or captions, encoded at once."""


class Validation:
    """A fixed draw of the validation pictures, the same at every step."""

    def __init__(self, images: Sequence[PersonImage], config: TrainConfig) -> None:
        captioned = [image for image in images if image.captions]
        rng = default_rng([config.seed, 3])
        drawn = rng.permutation(len(captioned))
        if config.val_images_use >= 0:
            drawn = drawn[: config.val_images_use]
        self.images = [captioned[row] for row in drawn]
        self.identities = [identity_of(image, row) for row, image in enumerate(self.images)]
        own = [(caption, row) for row, image in enumerate(self.images) for caption in image.captions]
        self.captions = [caption for caption, _ in own]
        self.own_picture = torch.tensor([row for _, row in own])
        self.negatives = self.draw_negatives(config.neg_time, config.seed)
        self.loss, self.grid = config.loss, config.in_batch_negatives

    def draw_negatives(self, neg_time: int, seed: int) -> tuple[Tensor, Tensor]:
        """Captions and pictures of different people, `neg_time` (at least one) per caption.

        Raises:
            DataError: the pictures show one person only.
        """
        identities = torch.tensor(self.identities)
        different = identities[self.own_picture][:, None] != identities
        if not different.any():
            raise DataError(
                "the validation pictures show one person only",
                accepted="two people or more",
                do="add people to the val split, or raise --val-images-use",
            )
        generator = torch.Generator().manual_seed(seed)
        texts = torch.arange(len(self.captions)).repeat_interleave(max(1, neg_time))
        images = torch.multinomial(different.float(), max(1, neg_time), replacement=True, generator=generator)
        return texts, images.flatten()

    def __call__(self, matcher: GnaRnn) -> dict[str, float]:
        """Loss, pair accuracy (on positives and sampled negatives) and retrieval metrics in percent."""
        matcher.eval()
        features = encode_pictures(matcher, self.images, label=None)
        scores = matcher.score(matcher.encode_texts(self.captions), features).cpu()
        identities = torch.tensor(self.identities)
        text_identities = identities[self.own_picture]
        positives = scores[torch.arange(len(self.captions)), self.own_picture]
        pairs = torch.cat([positives, scores[self.negatives]])
        matched = torch.arange(len(pairs)) < len(positives)
        grid = text_identities[:, None] == identities
        loss = LOSSES[self.loss](scores, grid) if self.grid else LOSSES[self.loss](pairs, matched)
        ranking = rank_queries(scores, text_identities.numpy(), identities.numpy())
        retrieval = zip(METRICS, ranking.values().mean(axis=0).tolist(), strict=True)
        return {
            "val_loss": loss.item(),
            "val_accuracy": accuracy(pairs, matched).item(),
            **{f"val_{name}": value for name, value in retrieval},
        }


def score_drawn(matcher: Matcher, drawn: Round) -> Float[Tensor, "people people"]:
    """The score of everybody's first caption with everybody's picture."""
    return score_captions(matcher, first_captions(drawn), encode_drawn(matcher, drawn))


def first_captions(drawn: Round) -> list[str]:
    """What is said first of each picture."""
    return [captions[0] for captions in drawn.captions]


def encode_drawn(matcher: Matcher, drawn: Round) -> Float[Tensor, "people features"]:
    """The matcher's features of everybody's picture."""
    return torch.cat([matcher.encode_images(part) for part in torch.from_numpy(drawn.images).split(BATCH)])


def score_captions(
    matcher: Matcher, captions: Sequence[str], seen: Float[Tensor, "images features"]
) -> Float[Tensor, "captions images"]:
    """The score of every caption with every picture encoded."""
    return torch.cat(
        [matcher.score(matcher.encode_texts(part), seen).cpu() for part in batched(captions, BATCH)]
    )


def drawn_metrics(scores: Float[Tensor, "people people"]) -> dict[str, float]:
    """Retrieval metrics in percent where the i-th caption is of the i-th picture."""
    people = list(range(len(scores)))
    values = rank_queries(scores, people, people).values().mean(axis=0)
    return dict(zip(METRICS, values.tolist(), strict=True))
