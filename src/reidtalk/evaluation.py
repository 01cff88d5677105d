"""Measures a matcher on a data set, in both directions."""

import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64
from numpy import ndarray
from torch import Tensor

from reidtalk import __version__
from reidtalk.config import EvaluateConfig
from reidtalk.data import load_dataset
from reidtalk.devices import choose_device
from reidtalk.errors import DataError
from reidtalk.files import make_folder
from reidtalk.metrics import (
    METRICS,
    Ids,
    Ranking,
    best_positions,
    chance,
    chance_recall,
    intervals,
    rank_queries,
)
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.contract import Matcher, UnreadWords
from reidtalk.models.scoring import score
from reidtalk.models.shipped import SHIPPED
from reidtalk.report import Report, Result
from reidtalk.report_page import write_report
from reidtalk.sheets import Row, Tile
from reidtalk.types import PersonImage, identity_of

CURVE_RANKS = 50
"""recall@k is kept for every k up to this, for the curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two sides of an evaluation: captions and distinct pictures."""

    pictures: list[PersonImage]
    identities: list[int]
    """The person in each picture; someone unknown is below zero, a person of their own."""
    captions: list[str]
    own_picture: list[int]
    """Position of the picture that each caption was written of."""

    def caption_identities(self) -> list[int]:
        """The person each caption is about."""
        return [self.identities[picture] for picture in self.own_picture]


def evaluate(config: EvaluateConfig) -> Report:
    """The measures; with `config.out`, report.json, report.html, best.png and worst.png are in that folder.

    Raises:
        CheckpointError: no matcher in `config.model`.
        DataError: a data set that cannot be used, or scores that cannot be ranked.
    """
    if config.out:
        make_folder(config.out)
    started = time.perf_counter()
    sides = two_sides(load_dataset(config.dataset, config.root)[config.split], config.protocol)
    matcher = load_matcher(config.model, config.device, config.precision)
    warn_of_unread(matcher, sides.captions)
    loaded = time.perf_counter()
    scores = score(matcher, sides.captions, sides.pictures, batch_size=config.batch_size)
    report, ranking = measure(config, sides, scores, (loaded - started, time.perf_counter() - loaded))
    if config.out:
        best, worst = best_and_worst(sides, ranking, config.sheet_queries)
        shown = ([show(sides, scores, ranking, row) for row in rows] for rows in (best, worst))
        write_report(config.out, report, *shown)
    return report


def warn_of_unread(matcher: Matcher, captions: Sequence[str]) -> None:
    """Warns of captions that have more words than the matcher reads."""
    cut = sum(bool(matcher.unread_words(caption)) for caption in captions)
    if cut:
        warnings.warn(
            f"{cut:,} of {len(captions):,} captions have more words than the matcher reads",
            UnreadWords,
            stacklevel=3,
        )


def two_sides(images: Sequence[PersonImage], protocol: str) -> Sides:
    """All captions, and every picture once. Protocol `original` keeps the first two captions of each picture.

    Reference: Li et al., "Person Search with Natural Language Description", CVPR 2017, and its
    released code (`original`).
    Differs: none.

    Raises:
        DataError: no captions; or protocol `original` and a picture with fewer than two.
    """
    written: dict[tuple[object, int | None], tuple[PersonImage, list[str]]] = {}
    for image in images:
        written.setdefault((image.path, image.row), (image, []))[1].extend(image.captions)
    if protocol == "original":
        require_two(written.values())
    most = 2 if protocol == "original" else None
    pictures = [image for image, _ in written.values()]
    pairs = [(row, text) for row, (_, texts) in enumerate(written.values()) for text in texts[:most]]
    if not pairs:
        raise DataError(
            f"none of the {len(pictures)} pictures has a caption",
            accepted="a split with captions",
            do="choose another with --split",
        )
    return Sides(
        pictures=pictures,
        identities=[identity_of(image, row) for row, image in enumerate(pictures)],
        captions=[text for _, text in pairs],
        own_picture=[row for row, _ in pairs],
    )


def require_two(written: Iterable[tuple[PersonImage, Sequence[str]]]) -> None:
    """Every picture has two captions or more.

    Raises:
        DataError: some have fewer.
    """
    short = [image for image, captions in written if len(captions) < 2]
    if short:
        raise DataError(
            f"{len(short)} pictures have fewer than two captions, the first {short[0].path}",
            accepted="two or more captions for every picture with --protocol original",
            do="use --protocol field",
        )


def measure(
    config: EvaluateConfig,
    sides: Sides,
    scores: Float32[Tensor, "captions pictures"],
    seconds: tuple[float, float],
) -> tuple[Report, Ranking]:
    """The report on `scores`, and how each caption did; `seconds` are those of loading and of scoring.

    Raises:
        DataError: scores that cannot be ranked.
    """
    started = time.perf_counter()
    captions, pictures = sides.caption_identities(), sides.identities
    ranking = rank_queries(scores, captions, pictures)
    text_to_image = summarise(ranking, captions, pictures, config.bootstrap, config.seed)
    backwards = rank_queries(scores.T, pictures, captions)
    image_to_text = summarise(backwards, pictures, captions, config.bootstrap, config.seed)
    report = Report(
        model=str(config.model or SHIPPED.name),
        dataset=config.dataset,
        root=str(config.root),
        split=config.split,
        protocol=config.protocol,
        text_to_image=text_to_image,
        image_to_text=image_to_text,
        bootstrap=config.bootstrap,
        seed=config.seed,
        precision=config.precision,
        device=device_name(config.device),
        version=__version__,
        date=time.strftime("%Y-%m-%d %H:%M"),
        load_seconds=seconds[0],
        score_seconds=seconds[1],
        measure_seconds=time.perf_counter() - started,
        pairs_per_second=scores.numel() / max(seconds[1], 1e-9),
    )
    return report, ranking


def summarise(ranking: Ranking, query_ids: Ids, gallery_ids: Ids, bootstrap: int, seed: int) -> Result:
    """The means over the queries, their intervals, and what chance would give.

    Raises:
        DataError: no query has anything relevant in the gallery.
    """
    if not len(ranking.query):
        raise DataError(
            f"none of the {len(query_ids)} queries has its person in the gallery",
            accepted="queries about people of whom the gallery has a picture",
            do="check the identities of the data set",
        )
    values = ranking.values()
    people = np.asarray(query_ids)[ranking.query]
    ends = intervals(values, people, resamplings=bootstrap, seed=seed) if bootstrap else ()
    low, high = (by_metric(end) for end in ends) if ends else ({}, {})
    ranks = range(1, min(CURVE_RANKS, len(gallery_ids)) + 1)
    curve = 100.0 * (ranking.first_rank[:, None] <= np.array(ranks)).mean(axis=0)
    return Result(
        queries=len(ranking.query),
        excluded=len(query_ids) - len(ranking.query),
        gallery=len(gallery_ids),
        identities=len(np.unique(people)),
        measured=by_metric(values.mean(axis=0)),
        low=low,
        high=high,
        chance=by_metric(chance(ranking.relevant, len(gallery_ids))),
        median_rank=float(np.median(ranking.first_rank)),
        curve=tuple(curve.tolist()),
        chance_curve=tuple(chance_recall(ranking.relevant, len(gallery_ids), ranks).tolist()),
    )


def by_metric(values: Float64[ndarray, " metrics"]) -> dict[str, float]:
    """`values` by their names."""
    return dict(zip(METRICS, values.tolist(), strict=True))


def device_name(name: str) -> str:
    """What `--device name` is on this machine: cpu, or the GPU's name."""
    device = choose_device(name)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def best_and_worst(sides: Sides, ranking: Ranking, most: int) -> tuple[list[int], list[int]]:
    """Rows of `ranking` with the best and with the worst queries, at most `most` each, one for each person.

    The first right picture's rank decides, then the average precision, then the order of the captions.
    """
    identities = np.asarray(sides.caption_identities())[ranking.query]
    order = np.lexsort((-ranking.average_precision, ranking.first_rank))
    best, worst = (
        rows[np.sort(np.unique(identities[rows], return_index=True)[1])[:most]].tolist()
        for rows in (order, order[::-1])
    )
    return best, worst


def show(
    sides: Sides, scores: Float32[Tensor, "captions pictures"], ranking: Ranking, row: int, top: int = 10
) -> Row:
    """Query `row` of `ranking` with the picture it was written of and the `top` pictures found."""
    query = int(ranking.query[row])
    own = sides.own_picture[query]
    identity = sides.identities[own]
    order = best_positions(scores[query], len(sides.pictures))
    tiles = tuple(
        Tile(
            image=sides.pictures[position],
            label=f"{rank} · {float(scores[query, position]):.2f}",
            mark="right" if sides.identities[position] == identity else "wrong",
        )
        for rank, position in enumerate(order[:top], start=1)
    )
    first, precision = ranking.first_rank[row], 100 * ranking.average_precision[row]
    return Row(
        text=sides.captions[query],
        note=f"first right at rank {first} · average precision {precision:.1f}%",
        target=Tile(image=sides.pictures[own], label=f"rank {order.index(own) + 1}", mark="right"),
        tiles=tiles,
    )
