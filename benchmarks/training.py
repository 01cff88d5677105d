"""One training step of GNA-RNN, picture features given: ours against the original's algorithm, in one run.

python benchmarks/training.py

Forward and backward for 40 pairs of up to 50 words, 512 units, 12,000 words, dropout on. The original's
algorithm computes the picture's two branches anew at every word, and pads sentences to 50 words.
"""

import time
from collections.abc import Callable
from functools import partial

import torch
from original import plain_scores
from torch import Tensor

from reidtalk.data.words import Vocabulary
from reidtalk.losses import bce
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings, Words

PAIRS, WORDS, VOCABULARY, FEATURES = 40, 50, 12_000, 4096
ROUNDS = 7


def ours(matcher: GnaRnn, words: Words, features: Tensor) -> Tensor:
    """The i-th sentence with the i-th picture."""
    gates, units = matcher.read_pictures(features)
    return matcher.affinities(words, gates[:, None], units[:, None]).sum(-1)[:, 0]


def median_seconds(score: Callable[[], Tensor]) -> float:
    """A forward and a backward pass, after one to warm up."""
    seconds = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        bce(score(), torch.arange(PAIRS) < PAIRS // 4).backward()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds[1:])[ROUNDS // 2]


if __name__ == "__main__":
    torch.manual_seed(0)
    vocabulary = Vocabulary((*(f"word{number}" for number in range(VOCABULARY - 1)), "UNK"))
    matcher = GnaRnn(GnaRnnSettings(backbone=f"features:{FEATURES}"), vocabulary).train()
    features = torch.randn(PAIRS, FEATURES)
    for name, lengths in (
        ("50 words", torch.full((PAIRS,), WORDS)),
        ("12 to 50 words", torch.linspace(0, 1, PAIRS).pow(2.2).mul(38).add(12).long()),
    ):
        words = Words(torch.randint(1, VOCABULARY, (PAIRS, WORDS)), lengths)
        slow = median_seconds(partial(plain_scores, matcher, words, features, dropout=0.5))
        fast = median_seconds(partial(ours, matcher, words, features))
        times = f"the original's algorithm {slow:.3f} s, ours {fast:.3f} s"
        print(f"{name}, {lengths.float().mean():.0f} on average: {times}, {slow / fast:.1f} times as fast")
