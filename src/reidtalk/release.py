"""From a trained run to a matcher to give away: weights of half size, and a cut-off for its scores."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from reidtalk.data.drawn import Round, people_artist
from reidtalk.data.people.labels import CLASSES, FIELDS, NONE, UNSEEN, class_of
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.errors import CheckpointError, ConfigError, TrainingError
from reidtalk.models.checkpoint import (
    find_checkpoint,
    load_matcher,
    load_training_state,
    read_json,
    save_checkpoint,
)
from reidtalk.models.contract import Matcher
from reidtalk.models.dual_encoder import DualEncoder
from reidtalk.models.reranked import Reranked
from reidtalk.models.scoring import TEXTS_AT_ONCE, batched
from reidtalk.progress import progress_bar
from reidtalk.resuming import PATHS, refuse_other
from reidtalk.training_config import ReleaseConfig
from reidtalk.types import Calibration
from reidtalk.validation import drawn_metrics, encode_drawn, first_captions, score_captions, score_drawn

Score = Callable[[NDArray[np.int64]], Float[Tensor, "people people"]]
"""Given the numbers of some people, the score of each one's caption with each one's picture."""
GALLERY = 50
"""People in each search that the cut-off is fitted on; the right person is missing in every second one."""
ABSENT = 0.5
RIDGE = 0.01
"""Added to what vectors vary, as a share of its mean, where a direction is sought in them."""
COLOURS_TOLD = 0.9
"""The directions that count in full make up this share of what tells the colours of clothes."""
TRAINED_ON_DRAWINGS = ("dual-encoder", "reranked")
WEIGHTS = "model.safetensors"
FILES = {WEIGHTS, "config.json", "vocabulary.json"}


@dataclass(frozen=True, kw_only=True)
class Released:
    """What was given away and how good it is on drawn people nobody trained on, in percent."""

    megabytes: float
    calibration: Calibration
    recall_before: float
    recall_after: float
    """With weights of half size."""


def release(config: ReleaseConfig) -> Released:
    """`config.out` holds the best matcher of `config.run`, in bfloat16, with its calibration.

    Raises:
        CheckpointError: no matcher in `config.run`.
        ConfigError: it was not trained on drawings, or `config.out` holds something else.
        TrainingError: its scores do not tell right from wrong.
        WriteError: it could not be written.
    """
    folder = find_checkpoint(config.run)
    refuse_other_files(config.out)
    matcher, shapes = load_matcher(folder, config.device), config.shapes
    told = read_json(folder / "config.json")
    model, earlier = told["model"], told.get("release", {})
    if model not in TRAINED_ON_DRAWINGS:
        raise ConfigError(
            f"{config.run} holds a {model}", accepted="a run or checkpoint of train-dual or train-reranker"
        )
    if isinstance(matcher, Reranked):
        refuse_other(config, "shapes", 1.0, config.run)
        refuse_other(config, "hats", 1.0, config.run)
        shapes = 1.0
    elif isinstance(matcher, DualEncoder) and shapes < 1:
        discount_shapes(matcher, second_lesson_of(config.run), shapes)
    pictures = config.people if config.hats == 1 else 2 * config.people
    with drawing_processes(usable_cores()) as pool, progress_bar("drawing people", pictures) as bar:
        size = matcher.image_size_px
        seed = 2 * config.seed + 1
        artist = people_artist(pool, seed=seed, pictures=config.people, captions=1, size_px=size)
        drawn = artist.whole_round(0, bar)
        if isinstance(matcher, DualEncoder) and config.hats > 1:
            emphasise_hats(matcher, artist.whole_round(1, bar), config.hats)
    captions, seen = first_captions(drawn), encode_drawn(matcher, drawn)
    among = partial(score_among, matcher, captions, seen)
    matcher.calibration = fit_calibration(among, config.people, default_rng(config.seed))
    before = drawn_metrics(score_captions(matcher, captions, seen))["recall@1"]
    how = {"people": config.people, "seed": config.seed, "shapes": shapes, "hats": config.hats}
    how |= {name: how[name] * earlier[name] for name in ("shapes", "hats") if name in earlier}
    extra = history(told) | {"release": how}
    save_checkpoint(config.out, matcher, model, extra, half=True)
    smaller = load_matcher(config.out, config.device)
    return Released(
        megabytes=(config.out / WEIGHTS).stat().st_size / 1e6,
        calibration=matcher.calibration,
        recall_before=before,
        recall_after=drawn_metrics(score_drawn(smaller, drawn))["recall@1"],
    )


def second_lesson_of(run: Path) -> Float[Tensor, "truths features"]:
    """The weights that tell from a vector what is true of the picture, as the run learned them.

    Raises:
        ConfigError: `run` is no run of train-dual.
    """
    try:
        head = load_training_state(run / "last")["lesson"]["truths.weight"]
    except (CheckpointError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{run} has no last/ checkpoint of train-dual, which tells colours from shapes",
            accepted="a run folder, or --shapes 1",
            do="give the run, or leave shapes as they are with --shapes 1",
        ) from error
    return cast(Tensor, head)


def discount_shapes(matcher: DualEncoder, head: Float[Tensor, "truths features"], share: float) -> None:
    """In each score, all but the directions that tell upper and lower colours counts `share`."""
    rows = head.view(len(FIELDS), CLASSES, -1)[
        [FIELDS.index(f"{part} colour") for part in ("upper", "lower")]
    ]
    centred = (rows - rows.mean(dim=1, keepdim=True)).flatten(0, 1)
    _, strengths, directions = torch.linalg.svd(centred, full_matrices=False)
    told = (strengths**2).cumsum(0) / (strengths**2).sum()
    colours = directions[: int((told < COLOURS_TOLD).sum()) + 1].to(matcher.device)
    one = torch.eye(colours.shape[1], device=matcher.device)
    multiply_vectors(matcher, math.sqrt(share) * one + (1 - math.sqrt(share)) * colours.T @ colours)


def emphasise_hats(matcher: DualEncoder, drawn: Round, times: float) -> None:
    """In each score, the direction that tells best who of the `drawn` people wears a hat counts `times`."""
    captions = batched(first_captions(drawn), TEXTS_AT_ONCE)
    read = torch.cat([matcher.encode_texts(part) for part in captions])
    hats = torch.from_numpy(drawn.labels[:, FIELDS.index("hat")]).to(matcher.device)
    told = hats != UNSEEN
    vectors = torch.cat([encode_drawn(matcher, drawn)[told], read[told]])
    direction = telling(vectors, (hats[told] != class_of("hat", NONE)).repeat(2))
    one = torch.eye(len(direction), device=matcher.device)
    multiply_vectors(matcher, one + (math.sqrt(times) - 1) * torch.outer(direction, direction))


def telling(
    vectors: Float[Tensor, "rows features"], true: Bool[Tensor, " rows"]
) -> Float[Tensor, " features"]:
    """The unit direction along which the vectors tell best what is `true` of them, by ridge regression."""
    centred, wanted = vectors - vectors.mean(dim=0), true.float() - true.float().mean()
    spread = centred.T @ centred
    spread.diagonal().add_(RIDGE * spread.diagonal().mean())
    return normalize(torch.linalg.solve(spread, centred.T @ wanted), dim=0)


def multiply_vectors(matcher: DualEncoder, matrix: Float[Tensor, "features features"]) -> None:
    """All vectors are multiplied with `matrix`, in both towers' last layers: nothing is computed later."""
    for tower in (matcher.image_tower, matcher.text_tower):
        for weights in tower.pool.project.parameters():
            weights.data = matrix @ weights.data


def score_among(
    matcher: Matcher,
    captions: Sequence[str],
    seen: Float[Tensor, "everybody features"],
    people: NDArray[np.int64],
) -> Float[Tensor, "people people"]:
    """The score of each one's caption with each one's picture, as in a search among these `people` alone."""
    return score_captions(matcher, [captions[person] for person in people], seen[torch.from_numpy(people)])


def history(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint's config.json tells of how it was trained and what it measured, without paths."""
    kept = {name: told[name] for name in ("step", "training", "measured") if name in told}
    if "training" in kept:
        kept["training"] = {name: v for name, v in kept["training"].items() if name not in PATHS}
        if isinstance(teachers := kept["training"].get("teachers"), list):
            kept["training"]["teachers"] = len(teachers)
    return kept


def refuse_other_files(folder: Path) -> None:
    """Raises `ConfigError` unless `folder` is new, empty, or an earlier release, which may be replaced."""
    held = {file.name for file in folder.iterdir()} if folder.is_dir() else set()
    trained = "config.json" in held and "release" not in read_json(folder / "config.json")
    if folder.is_file() or held - FILES or trained:
        raise ConfigError(
            f"{folder} holds other things than a released matcher",
            accepted="a new folder, or one with an earlier release",
            do="choose another OUT; it would be replaced as a whole",
        )


def fit_calibration(score: Score, people: int, rng: Generator) -> Calibration:
    """The chance that the best picture found is right, by its score, in searches among `GALLERY` people.

    One search a caption; its own picture is in the gallery of every second one. A logistic regression of "the
    best is right" on the best score.

    Raises:
        TrainingError: a higher score makes it no likelier.
    """
    best, right = searches(score, people, rng)
    centre, spread = best.mean(), best.std()
    weight, bias = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        logits = weight * (best - centre) / spread + bias
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, right.float())
        loss.backward()
        return loss

    optimizer.step(closure)
    slope = float(weight.detach() / spread)
    cut_off = float(centre - bias.detach() / slope) if slope > 0 else math.nan
    if not math.isfinite(slope * cut_off):
        raise TrainingError("the scores do not tell right from wrong", do="train longer before you release")
    return Calibration(slope=slope, cut_off=cut_off)


def searches(
    score: Score, people: int, rng: Generator
) -> tuple[Float[Tensor, " people"], Bool[Tensor, " people"]]:
    """The best score of each person's search in a gallery, and whether it is the right person's."""
    best, right = [], []
    for gallery in np.array_split(rng.permutation(people), max(1, people // GALLERY)):
        scores = score(gallery)
        present = torch.from_numpy(rng.random(len(gallery)) >= ABSENT)
        own = scores.diagonal().masked_fill(~present, -torch.inf)
        stranger = scores.masked_fill(torch.eye(len(gallery), dtype=torch.bool), -torch.inf).amax(dim=1)
        best.append(torch.maximum(own, stranger))
        right.append(own > stranger)
    return torch.cat(best), torch.cat(right)
