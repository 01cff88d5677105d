"""How many pictures and sentences a second the shipped matcher encodes, decoding not included.

python benchmarks/encoding.py
"""

import time
from collections.abc import Callable

import numpy as np
import torch

import reidtalk
from reidtalk.data.drawn import draw_some
from reidtalk.devices import bfloat16_is_fast

PICTURES, ROUNDS = 256, 5


def best_rate(work: Callable[[], object], items: int) -> float:
    """Items a second in the best of `ROUNDS` rounds, after one to warm up."""
    work()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return items / min(seconds)


if __name__ == "__main__":
    matcher = reidtalk.load_matcher()
    drawn = draw_some(range(PICTURES), seed=1, captions=8, size_px=matcher.image_size_px)
    images = torch.from_numpy(drawn.images)
    sentences = sorted((caption for captions in drawn.captions for caption in captions), key=len)
    words = np.mean([len(sentence.split()) for sentence in sentences])
    parts = images.split(64)
    rate = best_rate(lambda: [matcher.encode_images(part) for part in parts], PICTURES)
    print(f"pictures: {rate:.0f}/s in batches of 64, {torch.get_num_threads()} threads")
    if bfloat16_is_fast(torch.device("cpu")):
        half = reidtalk.load_matcher(device="cpu", precision="bfloat16")
        rate = best_rate(lambda: [half.encode_images(part) for part in parts], PICTURES)
        print(f"pictures in bfloat16: {rate:.0f}/s")
    blocks = [sentences[start : start + 128] for start in range(0, len(sentences), 128)]
    rate = best_rate(lambda: [matcher.encode_texts(block) for block in blocks], len(sentences))
    print(f"sentences: {rate:.0f}/s in batches of 128, {words:.0f} words each")
    one = best_rate(lambda: matcher.encode_texts([sentences[PICTURES]]), 1)
    print(f"one sentence: {1000 / one:.1f} ms")
