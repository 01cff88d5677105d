"""Losses: scores and which of them belong together, to one number."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

Scores = Float[Tensor, "*pairs"]
Matched = Bool[Tensor, "*pairs"]


def bce(scores: Scores, matched: Matched) -> Float[Tensor, ""]:
    """Mean binary cross-entropy of each pair by itself, from logits.

    Reference: Li et al. 2017, equation 7. Differs: none.
    """
    return binary_cross_entropy_with_logits(scores, matched.to(scores.dtype))


def infonce(scores: Scores, matched: Matched) -> Float[Tensor, ""]:
    """Cross-entropy of each text over the batch's pictures and of each picture over its texts, averaged.

    Several right answers share the target evenly; rows and columns without any are left out.

    Reference: Radford et al. 2021 (CLIP), figure 3. Differs: no temperature (scores are logits already);
    more than one right answer.

    Raises:
        ValueError: scores that are not a grid [texts, images].
    """
    if scores.ndim != 2:
        raise ValueError(f"infonce needs scores [texts, images], not {tuple(scores.shape)}")
    return (cross_entropy(scores, matched) + cross_entropy(scores.T, matched.T)) / 2


def cross_entropy(
    scores: Float[Tensor, "rows columns"], matched: Bool[Tensor, "rows columns"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy of the rows that have a match, against targets spread evenly over their matches."""
    rows = matched.any(dim=1)
    targets = matched[rows].to(scores.dtype)
    targets = targets / targets.sum(dim=1, keepdim=True)
    return -(targets * torch.log_softmax(scores[rows], dim=1)).sum(dim=1).mean()


def accuracy(scores: Scores, matched: Matched) -> Float[Tensor, ""]:
    """Share of pairs on the right side of probability 0.5."""
    return ((scores > 0) == matched).float().mean()


LOSSES: dict[str, Callable[[Scores, Matched], Float[Tensor, ""]]] = {"bce": bce, "infonce": infonce}
