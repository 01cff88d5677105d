"""The ten best pictures by GNA-RNN, found without reading all: how often the same ten, and how fast.

python benchmarks/cascade.py RUN PEOPLE [SENTENCES]

RUN is a run of train or demo, PEOPLE a folder of draw: of its test pictures at most 3,074 are the gallery,
and some of their sentences (400 by default) are read with all of it, beside the teachers. Pairs a second are
those decided, read or not.
"""

import sys
import time
from pathlib import Path

import torch
from original import plain_scores
from torch import Tensor

from reidtalk.data import load_dataset
from reidtalk.evaluation import Sides, two_sides
from reidtalk.metrics import rank_queries
from reidtalk.models.cascade import TEACHERS, Best, find_best, know_gallery, some_of
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.gna_rnn import GnaRnn, Words
from reidtalk.models.scoring import encode_pictures

PICTURES, SENTENCES, TOP = 3074, 400, 10
TEST_SENTENCES = 6156
"""Of CUHK-PEDES, among which the teachers' time is shared out."""
SURENESS = (2.0, 3.0, 4.0)
PLAIN_PAIRS = 40
SEED = 5


def recalls(scores: Tensor, sides: Sides, captions: list[int]) -> Tensor:
    """Recall@1, @5 and @10 in percent."""
    people = sides.caption_identities()
    ranking = rank_queries(scores, [people[caption] for caption in captions], sides.identities[:PICTURES])
    return torch.from_numpy(ranking.values().mean(axis=0)[:3])


def as_scores(best: Best, images: int) -> Tensor:
    """Scores in which all but the best come last."""
    lowest = float(best.scores.min()) - 1
    return torch.full((len(best.scores), images), lowest).scatter_(1, best.positions, best.scores)


def same(best: Best, exact: Tensor) -> float:
    """Percent of the sentences whose list is the one that reading everything gives."""
    wanted = exact.argsort(dim=1, descending=True, stable=True)[:, :TOP]
    return 100 * float((best.positions == wanted).all(dim=1).float().mean())


def plain_rate(matcher: GnaRnn, words: Words) -> float:
    """Pairs a second of the original's algorithm, its picture network left out."""
    words = some_of(words, torch.arange(PLAIN_PAIRS))
    features = torch.randn(PLAIN_PAIRS, matcher.backbone.width)
    start = time.perf_counter()
    plain_scores(matcher, words, features)
    return PLAIN_PAIRS / (time.perf_counter() - start)


def main(run: Path, people: Path, sentences: int) -> None:
    matcher = load_matcher(run, "cpu")
    assert isinstance(matcher, GnaRnn)
    sides = two_sides(load_dataset("synthetic", people)["test"], "field")
    gallery = sides.pictures[:PICTURES]
    features = encode_pictures(matcher, gallery)
    asked = [row for row, own in enumerate(sides.own_picture) if own < len(gallery)]
    generator = torch.Generator().manual_seed(SEED)
    order = torch.randperm(len(asked), generator=generator)[: TEACHERS + sentences]
    captions = [asked[row] for row in order.tolist()]
    words = matcher.encode_texts([sides.captions[caption] for caption in captions])
    teachers, others = (
        some_of(words, torch.arange(TEACHERS)),
        some_of(words, torch.arange(TEACHERS, len(order))),
    )
    plain = plain_rate(matcher, others)
    start = time.perf_counter()
    known = know_gallery(matcher.score(teachers, features))
    teaching = time.perf_counter() - start
    start = time.perf_counter()
    exact = matcher.score(others, features)
    rate = exact.numel() / (time.perf_counter() - start)
    true = recalls(exact, sides, captions[TEACHERS:])
    print(
        f"{matcher.settings.rnn_size} units, {others.lengths.float().mean():.1f} words a sentence,", end=" "
    )
    print(f"{sentences} sentences, {len(gallery)} pictures, {torch.get_num_threads()} threads")
    print(f"the original's algorithm: {plain:.0f} pairs/s; all read: {rate:.0f} ({rate / plain:.1f} times)")
    print(f"recall@1/5/10 {', '.join(f'{value:.2f}' for value in true.tolist())}%;", end=" ")
    print(f"{TEACHERS} teachers: {teaching:.1f} s once")
    print("sureness | same ten | recall@1/5/10 off by | read: mean, most | pairs/s | with teachers | times")
    for sureness in SURENESS:
        start = time.perf_counter()
        best = find_best(matcher, others, features, known, TOP, sureness=sureness)
        seconds = (time.perf_counter() - start) / sentences
        rest = TEST_SENTENCES - TEACHERS
        both = len(gallery) * TEST_SENTENCES / (teaching + rest * seconds)
        off = recalls(as_scores(best, len(gallery)), sides, captions[TEACHERS:]) - true
        read, alone = best.read.float(), len(gallery) / seconds
        print(
            f"{sureness} | {same(best, exact):.2f}% |", ", ".join(f"{value:+.2f}" for value in off), end=" "
        )
        print(f"| {read.mean():.0f}, {read.max():.0f} | {alone:.0f} | {both:.0f} |", end=" ")
        print(f"{alone / plain:.0f}, {both / plain:.0f}")


if __name__ == "__main__":
    with torch.inference_mode():
        main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else SENTENCES)
