"""What the trainings of matchers have in common: the people drawn for them, and what is done with these."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from reidtalk.data.augment import augment
from reidtalk.data.drawn import Batch, Round, batch_of_people, people_artist
from reidtalk.data.rounds import Batches
from reidtalk.drawn_training import Task
from reidtalk.models import MODELS
from reidtalk.models.checkpoint import save_checkpoint
from reidtalk.models.dual_encoder import DualEncoder
from reidtalk.models.gna_rnn import GnaRnn
from reidtalk.models.reranked import Reranked
from reidtalk.training_config import MOST_DRAWN_CAPTIONS, TrainDualConfig, TrainRerankerConfig
from reidtalk.validation import drawn_metrics, score_drawn

Trained = DualEncoder | GnaRnn | Reranked


def matcher_task(matcher: Trained, lesson: nn.Module) -> Task[Round, Batch]:
    """`lesson`, which holds the `matcher`, gives the loss of pictures, texts and labels, and what to log."""
    return Task(
        learner=lesson,
        learner_key="lesson",
        model=matcher,
        longest_gradient=2.0,
        loss=partial(loss_on_people, matcher),
        measure=recall_on_people,
        told=("recall@1",),
        curves=True,
        save=save_matcher,
    )


def loss_on_people(
    matcher: Trained, lesson: nn.Module, batch: Batch, generator: Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """What the lesson says of the batch, its pictures changed a little."""
    images, labels = (torch.from_numpy(one).to(matcher.device) for one in (batch.images, batch.labels))
    learned: tuple[Tensor, dict[str, Tensor]] = lesson(
        augment(images, generator), matcher.tokenize(batch.texts), labels
    )
    return learned


def recall_on_people(matcher: Trained, drawn: Round) -> dict[str, float]:
    """Retrieval metrics in percent."""
    return drawn_metrics(score_drawn(matcher, drawn))


def save_matcher(folder: Path, matcher: Trained, extra: Mapping[str, Any], training: Any) -> None:
    """`folder` holds the matcher: see `save_checkpoint`."""
    model = next(name for name, row in MODELS.items() if row.build is type(matcher))
    save_checkpoint(folder, matcher, model, extra, training)


def drawn_people(
    config: TrainDualConfig | TrainRerankerConfig, size_px: tuple[int, int], pool: ProcessPoolExecutor
) -> tuple[Batches[Round, Batch], Round]:
    """The batches that `pool` draws for a run, and the people it is validated on.

    Raises:
        TrainingError: a process was killed.
    """
    hire = partial(people_artist, pool, size_px=size_px)
    told = min(MOST_DRAWN_CAPTIONS, config.captions * config.passes)
    batches = Batches(
        artist=hire(
            seed=2 * config.seed, pictures=config.round_pictures, captions=told, mistaken=config.mistaken
        ),
        batch_size=config.batch_size,
        passes=config.passes,
        pick=partial(
            batch_of_people,
            batch_size=config.batch_size,
            captions=config.captions,
            lookalikes=config.lookalikes,
            seed=config.seed,
        ),
    )
    examiner = hire(seed=2 * config.seed + 1, pictures=config.val_pictures, captions=1)
    return batches, examiner.whole_round(0)
