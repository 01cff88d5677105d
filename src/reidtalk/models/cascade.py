"""The best of a gallery by GNA-RNN, for sentences that are read with few of its pictures.

Pictures that many sentences like alike, a new one will like alike. So some sentences, the teachers, are read
with the whole gallery once, and from them each picture gets a few numbers, its traits. Of a new sentence it
takes few pictures to find out what it makes of each trait, and then all other scores can be guessed, each
with a deviation. Pictures are read, most promising first, until no other could still be among the best: each
sentence is read with as many as it needs, and what is found has its exact score.

Reference: Yadav et al., "Efficient Nearest Neighbor Search for Cross-Encoder Models using Matrix
Factorization", EMNLP 2022 (ANNCUR); "Adaptive Retrieval and Scalable Indexing for k-NN Search with
Cross-Encoders", ICLR 2024 (rounds).
Differs: what a sentence makes of the traits has a prior, instead of a pseudo-inverse, so that guesses have
deviations, by which each sentence knows when to stop; the first pictures are those that tell most.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor

from reidtalk.models.gna_rnn import GnaRnn, Words
from reidtalk.models.gna_scoring import Prepared, prepare, read_candidates, score_grid
from reidtalk.progress import Bar

TRAITS = 48
"""Numbers that are known of each picture; fewer where fewer sentences were read."""
FIRST_PICTURES = 40
"""How many pictures every sentence is read with."""
PICTURES_AT_ONCE = 16
"""How many more it is read with before the others are guessed anew."""
SURENESS = 4.0
"""A picture is left out if a guess so many deviations too low would still not make it one of the best."""
TEACHERS = 100
"""Sentences that are read with all pictures."""
TEACHERS_AT_ONCE, TEXTS_AT_ONCE = 20, 256
"""Teachers, and other sentences, that are read together."""
LEAST_NOISE, TINY = 1e-5, 1e-12
"""Share of the variance that is always taken for noise, and variance: nothing is known to the last digit."""
PRIOR = 4.0
"""How many pictures' worth of belief there is that a sentence is like the teachers."""
GUESSED_AT_ONCE = 2**15
"""Scores that are guessed together."""


class KnownGallery(NamedTuple):
    """What the scores of some sentences told of a gallery."""

    mean: Float32[Tensor, " images"]
    """Each picture's mean score."""
    traits: Float32[Tensor, "images traits"]
    """A sentence's scores are the mean, plus the traits weighted by normal numbers of its own, ..."""
    noise: float
    """... plus something of this variance that no trait tells."""
    first: Int64[Tensor, " first"]
    """Pictures that tell most of a sentence."""


class Best(NamedTuple):
    """The best pictures of each sentence, best first; of equal scores the earlier picture first."""

    positions: Int64[Tensor, "texts top"]
    scores: Float32[Tensor, "texts top"]
    read: Int64[Tensor, " texts"]
    """With how many pictures each sentence was read."""


def best_pictures(
    matcher: GnaRnn,
    words: Words,
    image_features: Float[Tensor, "images features"],
    top: int = 10,
    *,
    sureness: float = SURENESS,
    teachers: int = TEACHERS,
    seed: int = 0,
    bar: Bar | None = None,
) -> Best:
    """The best `top` pictures for many sentences, some of which, the teachers, are read with all pictures.

    Teachers are drawn by `seed`. Where sentences or pictures are so few that it would not pay, all are read.
    `bar` goes on with each sentence.
    """
    texts, images = len(words.lengths), len(image_features)
    if texts < 2 * teachers or images < 4 * FIRST_PICTURES:
        best = best_of(matcher.score(words, image_features), top)
        if bar:
            bar.advance(texts)
        return best
    order = torch.randperm(texts, generator=torch.Generator().manual_seed(seed)).to(matcher.device)
    drawn, others = order.split([teachers, texts - teachers])
    taught = []
    for some in drawn.split(TEACHERS_AT_ONCE):
        taught.append(matcher.score(some_of(words, some), image_features))
        if bar:
            bar.advance(len(some))
    known = know_gallery(torch.cat(taught))
    found = [best_of(torch.cat(taught), top)]
    for some in others.split(TEXTS_AT_ONCE):
        found.append(find_best(matcher, some_of(words, some), image_features, known, top, sureness=sureness))
        if bar:
            bar.advance(len(some))
    places = torch.argsort(order)
    return Best(*(torch.cat(parts)[places] for parts in zip(*found, strict=True)))


def some_of(words: Words, texts: Int64[Tensor, " some"]) -> Words:
    """Those sentences, padded no more than they need."""
    lengths = words.lengths[texts]
    return Words(words.indices[texts, : int(lengths.max())], lengths)


def best_of(scores: Float32[Tensor, "texts images"], top: int) -> Best:
    """The best `top` pictures by scores, which are minus infinity where a picture was not read."""
    positions = scores.argsort(dim=1, descending=True, stable=True)[:, :top]
    return Best(positions, scores.gather(1, positions), scores.isfinite().sum(dim=1))


@torch.inference_mode()
def know_gallery(
    scores: Float32[Tensor, "sentences images"], *, traits: int = TRAITS, first: int = FIRST_PICTURES
) -> KnownGallery:
    """What the scores of two sentences or more tell of a gallery: their principal components."""
    sentences, images = scores.shape
    traits = min(traits, sentences // 2)
    mean = scores.mean(dim=0)
    apart = (scores - mean).double()
    variances, directions = torch.linalg.eigh(apart @ apart.T)  # the smallest first
    own = apart.T @ directions[:, -traits:] / (sentences - 1) ** 0.5
    left_over = variances[:-traits].sum() / max(1, sentences - 1 - traits)
    noise = float(torch.maximum(left_over, LEAST_NOISE * variances.sum() / (sentences - 1))) / images + TINY
    return KnownGallery(mean, own.float(), noise, most_telling(own, noise, min(first, images)))


def most_telling(traits: Float[Tensor, "images traits"], noise: float, count: int) -> Int64[Tensor, " count"]:
    """Pictures each of which is the most uncertain once those before it are read."""
    variance, known = traits.square().sum(dim=1), traits.new_zeros(len(traits), 0)
    chosen: list[int] = []
    for _ in range(count):
        best = int(variance.argmax())
        together = traits @ traits[best] - known @ known[best]
        together = together / (together[best].clamp(min=0) + noise).sqrt()
        known = torch.cat([known, together[:, None]], dim=1)
        variance = variance - together.square()
        chosen.append(best)
        variance[chosen] = -torch.inf
    return torch.tensor(chosen, device=traits.device)


@torch.inference_mode()
def find_best(
    matcher: GnaRnn,
    words: Words,
    image_features: Float[Tensor, "images features"],
    known: KnownGallery,
    top: int = 10,
    *,
    sureness: float = SURENESS,
) -> Best:
    """The best `top` pictures of the gallery that is `known`, for each sentence.

    A higher `sureness` finds them more surely and reads more. Infinite, all are read, and so they are by a
    GNA-RNN of several LSTM layers.
    """
    scores = torch.full((len(words.lengths), len(image_features)), -torch.inf, device=matcher.device)
    everything = top >= len(image_features) or sureness == torch.inf or matcher.settings.num_layers > 1
    if everything or not scores.numel():
        return best_of(matcher.score(words, image_features), top)
    scores[:, known.first] = score_grid(matcher, words, image_features[known.first])
    prepared = prepare(matcher, words, image_features)
    for texts in torch.arange(len(scores), device=matcher.device).split(TEXTS_AT_ONCE):
        scores[texts] = read_hopeful(prepared, known, texts, scores[texts], top, sureness)
    return best_of(scores, top)


def read_hopeful(
    prepared: Prepared,
    known: KnownGallery,
    texts: Int64[Tensor, " some"],
    scores: Float32[Tensor, "some images"],
    top: int,
    sureness: float,
) -> Float32[Tensor, "some images"]:
    """The `scores` of `texts`, minus infinity where not read, with all read that may be among the best."""
    scores, rows = scores.clone(), torch.arange(len(texts), device=texts.device)
    read = known.first.expand(len(texts), -1)
    while len(rows) and read.shape[1] < scores.shape[1]:
        hopeful, undecided = most_hopeful(known, read, scores[rows], top, sureness)
        rows, read, hopeful = rows[undecided], read[undecided], hopeful[undecided]
        if len(rows):
            scores[rows[:, None], hopeful] = read_candidates(prepared, hopeful, texts[rows])
            read = torch.cat([read, hopeful], dim=1)
    return scores


def most_hopeful(
    known: KnownGallery,
    read: Int64[Tensor, "some read"],
    scores: Float32[Tensor, "some images"],
    top: int,
    sureness: float,
) -> tuple[Int64[Tensor, "some next"], Bool[Tensor, " some"]]:
    """The pictures to read next, and whether any of them may be among the best `top`."""
    hopeful, undecided = [], []
    at_once = max(1, GUESSED_AT_ONCE // scores.shape[1])
    for places, given in zip(read.split(at_once), scores.split(at_once), strict=True):
        mean, deviation = guess(known, places, given.gather(1, places))
        hope = (mean + sureness * deviation).scatter_(1, places, -torch.inf)
        promise = hope.topk(min(PICTURES_AT_ONCE, hope.shape[1] - places.shape[1]), dim=1)
        hopeful.append(promise.indices)
        undecided.append(promise.values[:, 0] >= given.topk(top, dim=1).values[:, -1])
    return torch.cat(hopeful), torch.cat(undecided)


def guess(
    known: KnownGallery, read: Int64[Tensor, "some read"], scores: Float32[Tensor, "some read"]
) -> tuple[Float32[Tensor, "some images"], Float32[Tensor, "some images"]]:
    """Mean and deviation of all scores of sentences, given their `scores` with the pictures `read`.

    A sentence whose scores surprise has larger deviations, by as much as they do.

    Reference: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equation 2.8; Shah et
    al., "Student-t Processes as Alternatives to Gaussian Processes", AISTATS 2014, equation 6 (surprise).
    """
    traits, apart = known.traits[read], scores - known.mean[read]
    precision = traits.mT @ traits / known.noise + torch.eye(traits.shape[2], device=traits.device)
    lower = torch.linalg.cholesky(precision)
    seen = (traits.mT @ apart[..., None])[..., 0] / known.noise
    weights = torch.cholesky_solve(seen[..., None], lower)[..., 0]
    distance = apart.square().sum(dim=1) / known.noise - (seen * weights).sum(dim=1)
    surprise = (PRIOR + distance) / (PRIOR + read.shape[1])
    spread = (known.traits @ torch.linalg.inv(lower).mT).square_().sum(dim=2) + known.noise
    return known.mean + weights @ known.traits.T, (surprise[:, None] * spread).sqrt()
