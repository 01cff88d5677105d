"""How many synthetic pictures a second one core draws, captions and JPEG included.

python benchmarks/drawing.py
"""

import time

import cv2
import numpy as np
import simplejpeg

from reidtalk.data.people import describe, draw_person, person

COUNT, ROUNDS = 400, 4


def pictures_per_second(height_px: int, width_px: int) -> float:
    start = time.perf_counter()
    for k in range(COUNT):
        identity = 1 + k // 4
        rng = np.random.default_rng(np.random.SeedSequence([1, identity, k]))
        if k % 4 == 0:
            who = person(1, identity)
        picture, view = draw_person(who, rng, height_px, width_px)
        describe(who, view, rng)
        describe(who, view, rng)
        simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=85)  # type: ignore[attr-defined]
    return COUNT / (time.perf_counter() - start)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    for height, width in ((128, 64), (256, 128)):
        best = max(pictures_per_second(height, width) for _ in range(ROUNDS))
        print(f"{height}x{width}: {best:.0f} pictures/s on one core (best of {ROUNDS} rounds of {COUNT})")
