"""One training step of GNA-RNN, picture features given: ours against the original's algorithm, in one run.

python benchmarks/training.py

Forward and backward for 40 pairs of up to 50 words, 512 units, 12,000 words, dropout on. The original's
algorithm, written plainly: the picture's two branches are computed anew at every word, and sentences are
padded to 50 words.
"""

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from reidtalk.data.words import Vocabulary
from reidtalk.losses import bce
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings, Words

PAIRS, WORDS, VOCABULARY, FEATURES = 40, 50, 12_000, 4096
ROUNDS = 7


def plain(matcher: GnaRnn, words: Words, features: Tensor) -> Tensor:
    """The i-th sentence with the i-th picture, by the original's algorithm."""
    layer = matcher.layers[0]
    hidden = cell = torch.zeros(len(features), matcher.settings.rnn_size)
    total = torch.zeros(len(features))
    for position in range(WORDS):
        units = matcher.visual_units(features)
        below = torch.cat(
            [matcher.embedding(words.indices[:, position]), matcher.picture_input(features)], dim=1
        )
        gates = layer.input_to_gates(below) + layer.state_to_gates(hidden)
        into, forget, out, candidate = gates.chunk(4, dim=1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(into) * torch.tanh(candidate)
        hidden = torch.sigmoid(out) * torch.tanh(cell)
        top = nn.functional.dropout(hidden, 0.5)
        affinity = (torch.softmax(matcher.attention(top), dim=1) * units).sum(1)
        total = total + affinity * torch.sigmoid(matcher.gate(top))[:, 0] * (words.lengths > position)
    return total


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
        ("all of 50 words", torch.full((PAIRS,), WORDS)),
        ("12 to 50 words, 24 on average", torch.linspace(12, 50, PAIRS).pow(0.9).long().clamp(12, WORDS)),
    ):
        words = Words(torch.randint(1, VOCABULARY, (PAIRS, WORDS)), lengths)
        slow, fast = (median_seconds(partial(score, matcher, words, features)) for score in (plain, ours))
        times = f"the original's algorithm {slow:.3f} s, ours {fast:.3f} s"
        print(f"{name}: {times}, {slow / fast:.1f} times as fast")
