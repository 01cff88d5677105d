"""How fast, how right and how large the stores are, beside NumPy brute force and FAISS, in one run.

python benchmarks/index.py --sizes 100000 1000000
python benchmarks/index.py --sizes 2000 --people 64      # seconds, to see that it works

The vectors: the shipped matcher encodes drawn people. They are grown to the size asked for as an index grows:
some sightings of each of many persons, a person being a mix of two drawn ones, a sighting the person plus a
difference of two drawn people (a quarter of it) plus noise of length 0.15, made unit again. Queries are
the drawn people's captions. Filters pass half (by height), 5% and 0.1% (by camera) of all at random.

Entries have one shot and a short track: searching is timed, not reading tracks. `start` is from an
interpreter that has imported nothing of ours to the first answer, in a process of its own, as are the queries
of a store; `memory` is the most that process ever held. Recall@10 and `x numpy` (medians) are against NumPy.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from typing import Any

START = time.perf_counter()

import numpy as np  # noqa: E402

MOST, SINGLE, MANY = 10, 60, 100
CAMERAS = {"5%": "five percent", "0.1%": "one in a thousand", "": "the others"}
SHARES = [0.05, 0.001, 0.949]
TALL_PX = 150
HEAD = "     size system      passes   p50 ms   p95 ms 100 in ms  recall x numpy"
FILTERS = {"none": 1.0, "50%": 0.5, "5%": 0.05, "0.1%": 0.001}


def drawn_people(people: int, folder: Path) -> tuple[Any, Any]:
    """Unit vectors of drawn people's pictures and of their captions; kept in `folder`."""
    file = folder / f"people-{people}.npz"
    if not file.exists():
        import torch

        import reidtalk
        from reidtalk.data.drawn import draw_some

        matcher = reidtalk.load_matcher()
        drawn = draw_some(range(people), seed=77, captions=1, size_px=matcher.image_size_px)
        captions = [captions[0] for captions in drawn.captions]
        images = [matcher.encode_images(part) for part in torch.from_numpy(drawn.images).split(64)]
        texts = [matcher.encode_texts(captions[first : first + 64]) for first in range(0, people, 64)]
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(file, images=torch.cat(images).numpy(), texts=torch.cat(texts).numpy())
    kept = np.load(file)
    return kept["images"].astype(np.float32), kept["texts"].astype(np.float32)


def grown(images: Any, count: int, generator: np.random.Generator, at_once: int = 50_000) -> Any:
    """`count` unit vectors made of those in `images`, as the docstring of this file says."""
    width = images.shape[1]
    grown = np.empty((count, width), np.float32)
    for first in range(0, count, at_once):
        rows = min(at_once, count - first)
        persons = max(1, rows * 2 // 5)
        one, other = generator.integers(len(images), size=(2, persons))
        share = generator.uniform(0.5, 1, (persons, 1)).astype(np.float32)
        person = (share * images[one] + (1 - share) * images[other])[generator.integers(persons, size=rows)]
        plus, minus = generator.integers(len(images), size=(2, rows))
        noise = generator.standard_normal((rows, width), dtype=np.float32) * (0.15 / np.sqrt(width))
        seen = person + 0.25 * (images[plus] - images[minus]) + noise
        grown[first : first + rows] = seen / np.linalg.norm(seen, axis=1, keepdims=True)
    return grown


def facts(count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    """For each row the number of its camera, and its height."""
    return generator.choice(3, count, p=SHARES), generator.integers(100, 200, count)


def passing(name: str, cameras: Any, heights: Any) -> Any:
    """Which rows the filter lets through; None for no filter."""
    if name == "none":
        return None
    return heights >= TALL_PX if name == "50%" else cameras == list(CAMERAS).index(name)


def timed(work: Callable[[Any], Any], queries: Any) -> tuple[list[float], float, list[list[int]]]:
    """Seconds of single queries and of all at once, and what the latter found."""
    seconds = []
    for number in range(SINGLE + 3):
        begin = time.perf_counter()
        work(queries[number % len(queries)][None])
        seconds.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    found = work(queries)
    return seconds[3:], time.perf_counter() - begin, [list(map(int, rows)) for rows in found]


def numpy_search(vectors: Any, mask: Any) -> Callable[[Any], Any]:
    """Brute force."""
    rows = None if mask is None else np.flatnonzero(mask)
    few = rows is not None and 4 * len(rows) < len(vectors)

    def search(queries: Any) -> Any:
        scores = queries @ (vectors[rows] if few else vectors).T
        if rows is not None and not few:
            scores = scores[:, rows]
        most = min(MOST, scores.shape[1])
        best = (
            np.argpartition(-scores, most - 1, axis=1)[:, :most] if most else np.empty((len(queries), 0), int)
        )
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), 1), 1)
        return best if rows is None else rows[best]

    return search


def faiss_search(index: Any, mask: Any, **settings: Any) -> Callable[[Any], Any]:
    """FAISS, which is given the filter as a bitmap."""
    faiss: Any = import_module("faiss")
    kind = faiss.SearchParametersHNSW if settings else faiss.SearchParameters
    chosen = kind(**settings)
    if mask is not None:
        chosen.sel = faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
    return lambda queries: index.search(queries, MOST, params=chosen)[1]


def entries(vectors: Any, cameras: Any, heights: Any, at_once: int = 8192) -> Iterator[list[Any]]:
    """The rows as a store takes them."""
    from reidtalk.index.entries import Entry, Shot
    from reidtalk.video.people import Box

    none, start, names = (
        np.empty((1, 0), np.float16),
        datetime(2026, 3, 1, tzinfo=UTC),
        list(CAMERAS.values()),
    )
    for first in range(0, len(vectors), at_once):
        some = []
        for row in range(first, min(first + at_once, len(vectors))):
            box = Box(0.0, 0.0, 50.0, float(heights[row]))
            shot = Shot(seconds=1.0, box=box, score=0.9, quality=0.9, thumbnail=f"{row:08d}.jpg")
            half = vectors[row][None].astype(np.float16)
            some.append(
                Entry(id=f"{row:08d}", vector=vectors[row], crop_vectors=half, readings=none, shots=(shot,),
                      track=((1.0, box),), source="a.mp4", camera=names[cameras[row]], start=start, end=start)
            )  # fmt: skip
        yield some


def build(place: str, vectors: Any, cameras: Any, heights: Any) -> float:
    """Seconds to fill the store at `place`."""
    from reidtalk.index.stores import open_store

    store = open_store(place, vectors.shape[1])
    store.remove(store.ids())
    seconds = 0.0
    for some in entries(vectors, cameras, heights):
        begin = time.perf_counter()
        store.add(some)
        seconds += time.perf_counter() - begin
    begin = time.perf_counter()
    store.compact()
    store.close()
    return seconds + time.perf_counter() - begin


def measure(place: str, queries_file: str) -> None:
    """Prints what a store does in this process, as JSON."""
    from reidtalk.index.filters import Filter
    from reidtalk.index.stores import open_store

    queries = np.load(queries_file)
    store = open_store(place, queries.shape[1])
    store.search(queries[:1], MOST, Filter())
    start, results = time.perf_counter() - START, {}
    for name in FILTERS:
        camera = (CAMERAS[name],) if name in CAMERAS else ()
        keep = Filter(cameras=camera, min_height_px=TALL_PX if name == "50%" else 0)

        def search(some: Any, keep: Filter = keep) -> Any:
            return [[hit.id for hit in hits] for hits in store.search(some, MOST, keep)]

        results[name] = timed(search, queries)
    held = most_memory()
    begin = time.perf_counter()
    store.get([hit.id for hit in store.search(queries[:1], MOST, Filter())[0]])
    first_get = time.perf_counter() - begin
    store.close()
    print(json.dumps({"start": start, "memory": held, "first_get": first_get, "results": results}))


def most_memory() -> float:
    """MB that this process held at most; `getrusage` would count the one that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def megabytes(place: str) -> float:
    """On disk."""
    folder = Path(place.partition(":")[2])
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


class Table:
    """Prints a line for each system and filter, beside NumPy's."""

    def __init__(self, size: int) -> None:
        self.size, self.truth, self.medians = size, {}, {}  # type: ignore[var-annotated]

    def row(self, system: str, name: str, result: Any, costs: str) -> None:
        """A line is printed; NumPy's come first."""
        singles, many, found = result
        if system == "numpy":
            self.truth[name], self.medians[name] = found, float(np.median(singles))
        hits = [
            len({*one} & {*two}) / len(two) if two else 1.0
            for one, two in zip(found, self.truth[name], strict=True)
        ]
        p50, p95 = 1000 * np.quantile(singles, [0.5, 0.95])
        ratio = self.medians[name] / np.median(singles)
        print(
            f"{self.size:>9,} {system:<11} {name:>6} {p50:8.2f} {p95:8.2f} {1000 * many:9.1f}",
            f"{np.mean(hits):8.3f} {ratio:7.1f}  {costs}",
            flush=True,
        )


def run(size: int, chosen: argparse.Namespace) -> None:
    images, texts = drawn_people(chosen.people, chosen.folder)
    generator = np.random.default_rng(chosen.seed)
    vectors = grown(images, size, generator)
    queries = texts[generator.integers(len(texts), size=MANY)]
    cameras, heights = facts(size, generator)
    masks = {name: passing(name, cameras, heights) for name in FILTERS}
    table = Table(size)
    for name, mask in masks.items():
        table.row(
            "numpy", name, timed(numpy_search(vectors, mask), queries), f"{vectors.nbytes / 1e6:.0f} MB"
        )
    for system in chosen.systems:
        if system in ("flat", "hnsw"):
            faiss: Any = import_module("faiss")
            begin = time.perf_counter()
            index = (
                faiss.IndexFlatIP(vectors.shape[1])
                if system == "flat"
                else faiss.IndexHNSWFlat(vectors.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
            )
            index.add(vectors)
            costs = f"build {time.perf_counter() - begin:.1f} s"
            settings = {"efSearch": 128} if system == "hnsw" else {}
            for name, mask in masks.items():
                table.row(
                    f"faiss {system}", name, timed(faiss_search(index, mask, **settings), queries), costs
                )
            continue
        place = system if "://" in system else f"{system}:{chosen.folder / f'{system}-{size}'}"
        seconds = build(place, vectors, cameras, heights)
        file = chosen.folder / "queries.npy"
        np.save(file, queries)
        command = [sys.executable, __file__, "--measure", place, str(file)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        disk = 0.0 if "://" in place else megabytes(place)
        costs = (f"build {seconds:.1f} s, disk {disk:.0f} MB, start {told['start']:.2f} s, memory "
                 f"{told['memory']:.0f} MB, first get {told['first_get']:.2f} s")  # fmt: skip
        for name in FILTERS:
            table.row(system.partition(":")[0], name, told["results"][name], costs)
        if not chosen.keep and "://" not in place:
            shutil.rmtree(place.partition(":")[2])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--systems", nargs="*", default=["flat", "hnsw", "lance"],
                        help="flat, hnsw, exact, lance, or the address of a Milvus cluster")  # fmt: skip
    parser.add_argument("--people", type=int, default=3000, help="drawn to make vectors of")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(gettempdir()) / "reidtalk-benchmark")
    parser.add_argument("--keep", action="store_true", help="the stores are left in the folder")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(*arguments.measure)
    else:
        print(HEAD)
        for asked in arguments.sizes:
            run(asked, arguments)
