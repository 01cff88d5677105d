"""Times the metrics against a naive full sort, on scores the size of the CUHK-PEDES test split.

Run: python benchmarks/metrics.py. Prints the best of several runs of each, and whether both agree.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy import ndarray

from reidtalk.metrics import intervals, rank_queries

QUERIES, GALLERY, IDENTITIES = 6156, 3074, 1000


def naive(scores: ndarray, query_ids: ndarray, gallery_ids: ndarray) -> ndarray:
    order = np.argsort(-scores, axis=1, kind="stable")
    hits = gallery_ids[order] == query_ids[:, None]
    ranks = np.arange(1, scores.shape[1] + 1)
    count = hits.sum(1)
    precision = (np.cumsum(hits, axis=1) / ranks * hits).sum(1) / count
    penalty = count / (hits * ranks).max(1)
    recalls = [hits[:, :k].any(1) for k in (1, 5, 10)]
    return 100.0 * np.stack([*recalls, precision, penalty], axis=1)


def seconds(work: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def main() -> None:
    generator = np.random.default_rng(123)
    pictures = np.sort(
        np.concatenate([np.arange(IDENTITIES), generator.integers(IDENTITIES, size=GALLERY - IDENTITIES)])
    )
    captions = np.sort(np.concatenate([np.repeat(pictures, 2), pictures[: QUERIES - 2 * GALLERY]]))
    scores = generator.standard_normal((QUERIES, GALLERY), dtype=np.float32)
    scores += 2.0 * (captions[:, None] == pictures)
    tensor = torch.from_numpy(scores)
    ours = rank_queries(tensor, captions, pictures).values()
    assert np.allclose(ours, naive(scores, captions, pictures))
    print(
        f"{QUERIES} x {GALLERY} scores, {torch.get_num_threads()} threads; both: mAP {ours[:, 3].mean():.2f}"
    )
    slow = seconds(lambda: naive(scores, captions, pictures), 3)
    fast = seconds(lambda: rank_queries(tensor, captions, pictures).values(), 20)
    flipped = seconds(lambda: rank_queries(tensor.T, pictures, captions).values(), 10)
    constant = seconds(lambda: rank_queries(torch.zeros_like(tensor), captions, pictures).values(), 5)
    drawn = seconds(lambda: intervals(ours, captions, resamplings=1000, seed=0), 5)
    print(f"naive (full sort)      {slow * 1e3:8.1f} ms")
    print(f"reidtalk.metrics       {fast * 1e3:8.1f} ms   {slow / fast:.0f} times as fast")
    print(f"image-to-text          {flipped * 1e3:8.1f} ms")
    print(f"all scores equal       {constant * 1e3:8.1f} ms")
    print(f"1000 resamplings       {drawn * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
