"""GNA-RNN's scores of all sentences with all pictures: ours against the original's algorithm, in one run.

python benchmarks/scoring.py

The original's algorithm computes the picture's two branches anew for every word of every pair. Sentences
have about 24 words, with the beginnings that drawn people's captions share.
"""

import copy
import time
from collections.abc import Callable
from functools import partial

import torch
from original import plain_scores

from reidtalk.data.drawn import draw_some
from reidtalk.data.words import Vocabulary, tokenize
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings, Words
from reidtalk.models.gna_scoring import TEXTS_AT_ONCE, prefix_trees

FEATURES = 4096
PICTURES, SENTENCES, ROUNDS = 128, 256, 3
PLAIN_PAIRS = 40
"""Pairs that the plain algorithm reads together, as the original did."""


def flop_of(words: Words, size: int) -> float:
    """What products of matrices cost for one picture; the first word needs no recurrence."""
    trees = list(prefix_trees(words.indices, words.lengths, TEXTS_AT_ONCE["cpu"]))
    nodes = sum(len(level.words) for tree in trees for level in tree)
    later = nodes - sum(len(tree[0].words) for tree in trees)
    return 2.0 * size * (4 * size * later + size * nodes)


def best_seconds(work: Callable[[], object]) -> float:
    """The shortest of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak(kind: torch.dtype) -> float:
    """FLOP a second of large matrix products."""
    one, other = torch.randn(2048, 2048).to(kind), torch.randn(2048, 2048).to(kind)
    return 2 * 2048**3 / best_seconds(lambda: one @ other)


if __name__ == "__main__":
    torch.manual_seed(0)
    told = draw_some(range(SENTENCES // 2), seed=3, captions=4, size_px=(16, 8)).captions
    captions = [caption for captions in told for caption in captions]
    captions.sort(key=lambda caption: abs(len(caption.split()) - 24))
    captions = captions[:SENTENCES]
    known = sorted({word for caption in captions for word in tokenize(caption)})
    vocabulary = Vocabulary((*known, "UNK"))
    matcher = GnaRnn(GnaRnnSettings(backbone=f"features:{FEATURES}"), vocabulary).eval()
    features = torch.randn(PICTURES, FEATURES)
    words = matcher.encode_texts(captions)
    with torch.inference_mode():
        encoded = torch.cat(matcher.read_pictures(features), dim=1)
    size = matcher.settings.rnn_size
    pairs, flop = PICTURES * SENTENCES, PICTURES * flop_of(words, size)
    torch.set_grad_enabled(False)
    few = Words(words.indices[:PLAIN_PAIRS], words.lengths[:PLAIN_PAIRS])
    slow = PLAIN_PAIRS / best_seconds(partial(plain_scores, matcher, few, features[:PLAIN_PAIRS]))
    print(f"{words.lengths.float().mean():.1f} words a sentence, {torch.get_num_threads()} threads")
    print(f"{flop / pairs / 1e6:.1f} MFLOP a pair, with common beginnings read once")
    print(f"the original's algorithm: {slow:.0f} pairs/s")
    half = copy.deepcopy(matcher).bfloat16()
    exact = matcher.score(words, encoded)
    for name, model, given in (("float32", matcher, encoded), ("bfloat16", half, encoded.bfloat16())):
        seconds = best_seconds(partial(model.score, words, given))
        rate, speed = pairs / seconds, flop / seconds
        apart = (model.score(words, given) - exact).abs().mean() / exact.std()
        print(
            f"{name}: {rate:.0f} pairs/s, {rate / slow:.1f} times as many; {speed / 1e9:.0f} GFLOP/s, "
            f"{100 * speed / peak(given.dtype):.0f}% of the peak; {100 * apart:.2f}% of a deviation apart"
        )
