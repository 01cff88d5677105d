"""Losses: scores and which of them belong together, to one number."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, kl_div

Scores = Float[Tensor, "*pairs"]
Matched = Bool[Tensor, "*pairs"]
UNEXPLAINED = 4.0


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
    require_grid(scores, "infonce")
    return (cross_entropy(scores, matched) + cross_entropy(scores.T, matched.T)) / 2


def imitation(
    scores: Float[Tensor, "texts images"], taught: Float[Tensor, "texts images"]
) -> Float[Tensor, ""]:
    """How far logits are from those of teachers, over pictures, over texts, and all pairs together.

    The mean divergence of both softmaxes, and `UNEXPLAINED` times the part of the teachers' variance that is
    not explained: from it the many pairs that nobody takes for right are learned, too.

    Reference: Hinton et al. 2015, equation 2, at temperature 1. Differs: both directions; the second term.
    """
    apart = [
        kl_div(mine.log_softmax(dim=1), theirs.log_softmax(dim=1), reduction="batchmean", log_target=True)
        for mine, theirs in ((scores, taught), (scores.T, taught.T))
    ]
    unexplained = (standardised(scores) - standardised(taught)).square().mean()
    return (apart[0] + apart[1]) / 2 + UNEXPLAINED * unexplained


def standardised(scores: Float[Tensor, "texts images"]) -> Float[Tensor, "texts images"]:
    """The scores with mean 0 and deviation 1."""
    return (scores - scores.mean()) / scores.std()


def cross_entropy(
    scores: Float[Tensor, "rows columns"], matched: Bool[Tensor, "rows columns"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy of the rows that have a match, against targets spread evenly over their matches."""
    scores, targets = spread_evenly(scores, matched)
    return -(targets * torch.log_softmax(scores, dim=1)).sum(dim=1).mean()


def spread_evenly(
    scores: Float[Tensor, "rows columns"], matched: Bool[Tensor, "rows columns"]
) -> tuple[Float[Tensor, "asked columns"], Float[Tensor, "asked columns"]]:
    """The scores of the rows that have a match, and targets that share 1 evenly among a row's matches."""
    rows = matched.any(dim=1)
    targets = matched[rows].to(scores.dtype)
    return scores[rows], targets / targets.sum(dim=1, keepdim=True)


def sdm(scores: Scores, matched: Matched) -> Float[Tensor, ""]:
    """Divergence of the softmax over the batch from the even spread over right answers, both directions.

    Reference: Jiang & Ye, "Cross-Modal Implicit Relation Reasoning and Aligning for Text-to-Image Person
    Retrieval", CVPR 2023 (IRRA), equations 6 to 8. Differs: scores come with their temperature in them; rows
    and columns without any match are left out.

    Raises:
        ValueError: scores that are not a grid [texts, images].
    """
    require_grid(scores, "sdm")
    return divergence(scores, matched) + divergence(scores.T, matched.T)


def divergence(
    scores: Float[Tensor, "rows columns"], matched: Bool[Tensor, "rows columns"]
) -> Float[Tensor, ""]:
    """Mean KL divergence of each row's softmax from its matches' even spread (smoothed by 1e-8)."""
    scores, targets = spread_evenly(scores, matched)
    log_shares = torch.log_softmax(scores, dim=1)
    return (log_shares.exp() * (log_shares - torch.log(targets + 1e-8))).sum(dim=1).mean()


TAL_MARGIN = 0.1 / 0.015
"""RDE's margin over its temperature: the margin in logits."""


def tal(scores: Scores, matched: Matched) -> Float[Tensor, ""]:
    """Triplet alignment: each match above the soft maximum of all mismatches of its row, and column.

    Reference: Qin et al., "Noisy-Correspondence Learning for Text-to-Image Person Re-identification", CVPR
    2024 (RDE), equation 8. Differs: scores come with their temperature in them, so losses are in logits; a
    row's matches count by the softmax over them.

    Raises:
        ValueError: scores that are not a grid [texts, images].
    """
    require_grid(scores, "tal")
    return (triplet_alignment(scores, matched) + triplet_alignment(scores.T, matched.T)) / 2


def triplet_alignment(
    scores: Float[Tensor, "rows columns"], matched: Bool[Tensor, "rows columns"]
) -> Float[Tensor, ""]:
    """Mean hinge of the rows that have both a match and a mismatch; 0 where none has."""
    rows = matched.any(dim=1) & ~matched.all(dim=1)
    scores, matched = scores[rows], matched[rows]
    shares = torch.softmax(scores.detach().masked_fill(~matched, -torch.inf), dim=1)
    right = (shares * scores.masked_fill(~matched, 0)).sum(dim=1)
    wrong = torch.logsumexp(scores.masked_fill(matched, -torch.inf), dim=1)
    return torch.relu(TAL_MARGIN + wrong - right).sum() / max(1, len(scores))


def require_grid(scores: Tensor, name: str) -> None:
    """Raises `ValueError` unless scores are a grid [texts, images]."""
    if scores.ndim != 2:
        raise ValueError(f"{name} needs scores [texts, images], not {tuple(scores.shape)}")


def best_is_right(scores: Float[Tensor, "texts images"], matched: Bool[Tensor, "texts images"]) -> float:
    """Of the texts that have a right picture, the share that scores one highest."""
    asked = matched.any(dim=1)
    return matched[asked].gather(1, scores[asked].argmax(dim=1, keepdim=True)).float().mean().item()


def accuracy(scores: Scores, matched: Matched) -> Float[Tensor, ""]:
    """Share of pairs on the right side of probability 0.5."""
    return ((scores > 0) == matched).float().mean()


LOSSES: dict[str, Callable[[Scores, Matched], Float[Tensor, ""]]] = {
    "bce": bce,
    "infonce": infonce,
    "sdm": sdm,
    "tal": tal,
}
