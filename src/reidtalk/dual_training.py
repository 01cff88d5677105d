"""Training of the dual encoder: captions find their pictures, and vectors tell what the pictures show."""

import json
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from reidtalk.config import as_json
from reidtalk.data.drawn import people_artist
from reidtalk.data.people.labels import CLASSES, FIELDS, UNSEEN
from reidtalk.data.pieces import build_vocabulary
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.devices import choose_device
from reidtalk.drawn_training import DrawnResult, DrawnTrainer, opened
from reidtalk.errors import ConfigError
from reidtalk.files import write_whole
from reidtalk.losses import LOSSES, best_is_right, imitation
from reidtalk.matcher_training import drawn_people, matcher_task
from reidtalk.models.checkpoint import find_checkpoint, read_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings, Spelling
from reidtalk.resuming import refuse_other
from reidtalk.training_config import TrainDualConfig

VOCABULARY_PICTURES = 4000
RARE = 2
"""Words that occur less often in their captions are left to their spelling."""


class DualLesson(nn.Module):
    """The matcher, and the head that tells from a vector what is true of the picture.

    One head reads the vectors of pictures and of captions alike, so that both say the same thing in the same
    way. What a caption leaves out the head can only guess from it, as a reader would.
    """

    def __init__(self, matcher: DualEncoder, config: TrainDualConfig) -> None:
        super().__init__()
        self.matcher, self.loss, self.attribute_weight = matcher, LOSSES[config.loss], config.attribute_weight
        self.teachers = Teachers(config, matcher) if config.teachers else None
        self.truths = nn.Linear(matcher.settings.features, len(FIELDS) * CLASSES)

    def forward(
        self, images: Tensor, text: Spelling, labels: Int64[Tensor, "pictures fields"]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of both lessons, and what to log of them."""
        seen = normalize(self.matcher.image_tower(images).float(), dim=-1)
        read = normalize(self.matcher.text_tower(text).float(), dim=-1)
        scores = self.matcher.scale * read @ seen.T
        captions = len(read) // len(seen)
        matched = torch.eye(len(seen), dtype=torch.bool, device=seen.device).repeat(captions, 1)
        if self.teachers:
            loss = imitation(scores, self.teachers.scores(images, text))
        else:
            loss = self.loss(scores, matched)
        of_pictures, of_texts = self.untruth(seen, labels), self.untruth(read, labels.repeat(captions, 1))
        values = {
            "loss": loss.detach(),
            "picture_truth": of_pictures.detach(),
            "text_truth": of_texts.detach(),
        }
        values["batch_recall@1"] = torch.tensor(best_is_right(scores, matched))
        return loss + self.attribute_weight * (of_pictures + of_texts), values

    def untruth(
        self, vectors: Float[Tensor, "rows features"], labels: Int64[Tensor, "rows fields"]
    ) -> Float[Tensor, ""]:
        """How little the vectors tell: cross-entropy of all that the pictures show, averaged."""
        logits = self.truths(vectors * math.sqrt(vectors.shape[1])).view(-1, CLASSES)
        return cross_entropy(logits, labels.flatten(), ignore_index=UNSEEN)


class Teachers:
    """Matchers whose scores are learned; no module, so that no optimiser and no checkpoint has them."""

    def __init__(self, config: TrainDualConfig, learner: DualEncoder) -> None:
        """Reads them.

        Raises:
            CheckpointError: none there, or damaged.
            ConfigError: another model, or one that takes other words or pictures than the learner.
        """
        self.matchers = [read_teacher(Path(name), learner) for name in config.teachers]
        for matcher in self.matchers:
            matcher.to(choose_device(config.device)).eval()

    @torch.no_grad()
    def scores(self, images: Tensor, text: Spelling) -> Float[Tensor, "texts images"]:
        """The mean of their logits, in which those of all spread alike: none is louder than another."""
        said = torch.stack([teacher(images, *text, grid=True) for teacher in self.matchers])
        loud = said.std(dim=(1, 2), keepdim=True)
        return (said * (loud.mean() / loud)).mean(dim=0)


def read_teacher(path: Path, learner: DualEncoder) -> DualEncoder:
    """The dual encoder in `path`, which takes what the learner takes.

    Raises:
        CheckpointError, ConfigError: as `Teachers`.
    """
    teacher = read_checkpoint(find_checkpoint(path))
    if not isinstance(teacher, DualEncoder):
        raise ConfigError(f"--teachers: {path} holds another model", accepted="checkpoints of dual-encoder")
    same = ("image_size_px", "buckets", "max_length")
    if teacher.vocabulary.words != learner.vocabulary.words or any(
        getattr(teacher.settings, name) != getattr(learner.settings, name) for name in same
    ):
        raise ConfigError(
            f"--teachers: {path} takes other words or pictures than the matcher that learns",
            accepted="matchers with the same vocabulary and picture size",
            do="begin from one of the teachers with --start-from",
        )
    return teacher


def train_dual(config: TrainDualConfig) -> DrawnResult:
    """A dual encoder is trained and saved in `config.out`, best and last.

    Raises:
        ConfigError: flags that do not fit each other, the checkpoint to begin with, or the run to resume.
        CheckpointError: weights to begin with, or the run to resume, are damaged.
        WriteError: the run could not be saved.
        TrainingError: the folder is taken, a process was killed, or the loss is not a number.
    """
    config, last = opened(config)
    begin = last or config.start_from
    saved = saved_matcher(begin, config) if begin else None
    if saved:
        width, features = saved.settings.image_width, saved.settings.features
        config = replace(config, image_width=width, features=features)
    write_whole(config.out / "config.json", json.dumps(as_json(config), indent=1))
    with drawing_processes(config.workers or usable_cores()) as pool:
        matcher = saved or new_matcher(config, pool)
        torch.manual_seed(config.seed)
        trainer = DrawnTrainer(config, matcher_task(matcher, DualLesson(matcher, config)))
        if last:
            trainer.restore(last)
        return trainer.run(*drawn_people(config, matcher.image_size_px, pool))


def new_matcher(config: TrainDualConfig, pool: ProcessPoolExecutor) -> DualEncoder:
    """A matcher that knows the words of the first captions drawn, and nothing else."""
    settings = DualEncoderSettings(image_width=config.image_width, features=config.features)
    seed = 2 * config.seed
    writer = people_artist(pool, seed=seed, pictures=VOCABULARY_PICTURES, captions=5, size_px=(16, 16))
    captions = [caption for written in writer.whole_round(0).captions for caption in written]
    return DualEncoder(settings, build_vocabulary(captions, RARE))


def saved_matcher(path: Path, config: TrainDualConfig) -> DualEncoder:
    """The dual encoder saved in `path`.

    Raises:
        CheckpointError: none there, or damaged.
        ConfigError: it is another model, or has another shape than the flags given.
    """
    matcher = read_checkpoint(find_checkpoint(path))
    if not isinstance(matcher, DualEncoder):
        raise ConfigError(f"{path} holds another model", accepted="a checkpoint of dual-encoder")
    for name in ("image_width", "features"):
        refuse_other(config, name, getattr(matcher.settings, name), path)
    matcher.calibration = None  # it belongs to the weights as they were
    return matcher
