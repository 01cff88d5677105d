"""How fast pictures are read and squashed, against plain Pillow, in one run.

    python benchmarks/reading.py [FOLDER]

Without FOLDER, pictures of three usual kinds are made: crops as in the benchmarks of the field (JPEG and
PNG), and photographs of a telephone.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reidtalk.data.images import as_person_images, read_image, resize

SIZE_PX = (256, 256)
ROUNDS = 7

Pixels = NDArray[Any]


def ours(path: Path) -> Pixels:
    return resize(read_image(path, SIZE_PX), SIZE_PX)


def pillow(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize(SIZE_PX[::-1], Image.Resampling.BILINEAR))


def draw(folder: Path, suffix: str, size_px: tuple[int, int], number: int) -> list[Path]:
    """Pictures with structure at several scales, so that their files are about as large as real ones."""
    rng = np.random.default_rng(0)
    paths = []
    for index in range(number):
        rough = Image.fromarray(rng.integers(0, 256, (16, 8, 3), dtype=np.uint8))
        picture = np.asarray(rough.resize(size_px[::-1], Image.Resampling.BICUBIC), dtype=np.float32)
        grainy = picture + rng.normal(0, 6, picture.shape)
        paths.append(folder / f"{size_px[1]}x{size_px[0]}_{index}.{suffix}")
        Image.fromarray(grainy.clip(0, 255).astype(np.uint8)).save(paths[-1])
    return paths


def rate(read: Callable[[Path], Pixels], paths: Iterable[Path]) -> float:
    """Pictures a second."""
    begun = time.perf_counter()
    number = sum(read(path) is not None for path in paths)
    return number / (time.perf_counter() - begun)


def compare(label: str, paths: list[Path]) -> None:
    """Both readers take turns, so that neither has the machine at a better moment; medians are printed."""
    for path in paths:
        ours(path)
    rates = [(rate(ours, paths), rate(pillow, paths)) for _ in range(ROUNDS)]
    fast, plain = (median(column) for column in zip(*rates, strict=True))
    apart = median(float(np.abs(ours(path).astype(float) - pillow(path)).mean()) for path in paths)
    print(
        f"{label:<28} reidtalk {fast:8.0f}/s   Pillow {plain:8.0f}/s   ratio {fast / plain:5.2f}   "
        f"mean difference {apart:.1f} of 255"
    )


def main() -> None:
    if len(sys.argv) > 1:
        compare(sys.argv[1], [image.path for image in as_person_images([Path(sys.argv[1])])])
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        compare("crops, JPEG, 128 x 384", draw(folder, "jpg", (384, 128), 60))
        compare("crops, PNG, 128 x 384", draw(folder, "png", (384, 128), 60))
        compare("photographs, 4000 x 3000", draw(folder, "jpg", (3000, 4000), 3))


if __name__ == "__main__":
    main()
