"""From a trained run to a matcher to give away: weights of half size, and a cut-off for its scores."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from numpy.random import Generator, default_rng
from torch import Tensor

from reidtalk.config import ReleaseConfig, as_json
from reidtalk.data.drawn import Artist, Round, drawing_processes
from reidtalk.data.synthetic import usable_cores
from reidtalk.errors import ConfigError
from reidtalk.metrics import rank_queries
from reidtalk.models.checkpoint import load_matcher, save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder
from reidtalk.progress import progress_bar
from reidtalk.types import Calibration

GALLERY = 50
"""People in each search that the cut-off is fitted on; the right person is missing in every second one."""
ABSENT = 0.5


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
        ConfigError: it is no dual encoder.
        WriteError: it could not be written.
    """
    matcher = load_matcher(config.run, config.device)
    if not isinstance(matcher, DualEncoder):
        raise ConfigError(f"{config.run} holds another model", accepted="a dual encoder's run or checkpoint")
    with drawing_processes(usable_cores()) as pool, progress_bar("drawing people", config.people) as bar:
        size = matcher.image_size_px
        artist = Artist(pool, seed=2 * config.seed + 1, pictures=config.people, captions=1, size_px=size)
        drawn = artist.round(0, bar)
    before = score_all(matcher, drawn)
    matcher.calibration = fit_calibration(before, default_rng(config.seed))
    save_checkpoint(config.out, matcher, "dual-encoder", {"release": as_json(config)}, half=True)
    smaller = load_matcher(config.out, config.device)
    assert isinstance(smaller, DualEncoder)
    weights = config.out / "model.safetensors"
    return Released(
        megabytes=weights.stat().st_size / 1e6,
        calibration=matcher.calibration,
        recall_before=recall_at_1(before),
        recall_after=recall_at_1(score_all(smaller, drawn)),
    )


def score_all(matcher: DualEncoder, drawn: Round) -> Float[Tensor, "people people"]:
    """The cosine of everybody's caption with everybody's picture."""
    seen = torch.cat([matcher.encode_images(part) for part in torch.from_numpy(drawn.images).split(128)])
    captions = [captions[0] for captions in drawn.captions]
    return matcher.score(matcher.encode_texts(captions), seen).cpu()


def recall_at_1(scores: Float[Tensor, "people people"]) -> float:
    """Recall@1 in percent where the i-th caption is of the i-th picture."""
    people = list(range(len(scores)))
    return float(rank_queries(scores, people, people).values().mean(axis=0)[0])


def fit_calibration(scores: Float[Tensor, "people people"], rng: Generator) -> Calibration:
    """The chance that the best picture found is right, by its score, in searches among `GALLERY` people.

    One search a caption; its own picture (the same position) is in the gallery of every second one. A
    logistic regression of "the best is right" on the best score.
    """
    best, right = searches(scores, rng)
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
    return Calibration(slope=slope, cut_off=float(centre - bias.detach() / slope))


def searches(
    scores: Float[Tensor, "people people"], rng: Generator
) -> tuple[Float[Tensor, " people"], Bool[Tensor, " people"]]:
    """The best score of each search, and whether it is the right person's."""
    total = len(scores)
    best, right = [], []
    for person in range(total):
        others = rng.choice(total - 1, size=min(GALLERY, total) - 1, replace=False)
        others = others + (others >= person)
        stranger = float(scores[person, others].max())
        own = float(scores[person, person]) if rng.random() >= ABSENT else -torch.inf
        best.append(max(own, stranger))
        right.append(own > stranger)
    return torch.tensor(best), torch.tensor(right)
