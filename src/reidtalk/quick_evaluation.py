"""Recall@1, @5 and @10 of descriptions, for which the ten best pictures of each are enough."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from reidtalk.config import EvaluateConfig
from reidtalk.data import load_dataset
from reidtalk.evaluation import two_sides, warn_of_unread
from reidtalk.metrics import intervals
from reidtalk.models.cascade import Best, best_of, best_pictures
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.gna_rnn import GnaRnn
from reidtalk.models.scoring import encode_pictures, score
from reidtalk.progress import progress_bar

RANKS = (1, 5, 10)


@dataclass(frozen=True, kw_only=True)
class QuickReport:
    """What the best ten tell, in percent."""

    recalls: tuple[float, ...]
    """At each of `RANKS`."""
    ends: tuple[tuple[float, float], ...]
    """Their 95% intervals; empty when none were asked for."""
    captions: int
    pictures: int
    read: float
    """With how many pictures each caption was read, on average."""

    def text(self) -> str:
        """What to print."""
        ends = [f" ({low:.1f}-{high:.1f})" for low, high in self.ends] or [""] * len(RANKS)
        told = (
            f"recall@{rank} {recall:.2f}{between}"
            for rank, recall, between in zip(RANKS, self.recalls, ends, strict=True)
        )
        size = f"{self.captions:,} captions, {self.pictures:,} pictures, {self.read:,.0f} read for each"
        return f"text-to-image: {', '.join(told)}\n{size}"


def evaluate_quickly(config: EvaluateConfig) -> QuickReport:
    """Recall of the matcher's ten best for each caption, in the protocol that is asked for.

    By a GNA-RNN each caption is read with those pictures that may be among its ten best; see `cascade`.

    Raises:
        CheckpointError: no matcher in `config.model`.
        DataError: a data set that cannot be used.
    """
    sides = two_sides(load_dataset(config.dataset, config.root)[config.split], config.protocol)
    matcher = load_matcher(config.model, config.device, config.precision)
    warn_of_unread(matcher, sides.captions)
    if isinstance(matcher, GnaRnn):
        words = matcher.encode_texts(sides.captions)
        features = encode_pictures(matcher, sides.pictures, batch_size=config.batch_size)
        with progress_bar("searching", len(sides.captions)) as bar:
            best = best_pictures(matcher, words, features, max(RANKS), seed=config.seed, bar=bar)
    else:
        best = best_of(
            score(matcher, sides.captions, sides.pictures, batch_size=config.batch_size), max(RANKS)
        )
    people = sides.caption_identities()
    found = hits(best, torch.tensor(people), torch.tensor(sides.identities))
    ends = (
        intervals(found, people, resamplings=config.bootstrap, seed=config.seed) if config.bootstrap else ()
    )
    return QuickReport(
        recalls=tuple(found.mean(axis=0).tolist()),
        ends=tuple(zip(*(end.tolist() for end in ends), strict=True)) if ends else (),
        captions=len(people),
        pictures=len(sides.pictures),
        read=float(best.read.float().mean()),
    )


def hits(
    best: Best, asked: Int64[Tensor, " captions"], shown: Int64[Tensor, " pictures"]
) -> Float64[np.ndarray, "captions ranks"]:
    """100 for each caption that has a picture of its person up to that rank, else 0."""
    right = shown[best.positions.cpu()] == asked[:, None]
    columns = [100.0 * right[:, :rank].any(dim=1) for rank in RANKS]
    return np.asarray(torch.stack(columns, dim=1).double().numpy())
