"""Training of GNA-RNN as re-ranker: taught by the dual encoder, then to tell apart whom that one cannot."""

import json
from pathlib import Path

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from reidtalk.config import as_json
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.drawn_training import DrawnResult, DrawnTrainer, opened
from reidtalk.errors import ConfigError
from reidtalk.files import write_whole
from reidtalk.matcher_training import drawn_people, matcher_task
from reidtalk.models.checkpoint import find_checkpoint, read_checkpoint
from reidtalk.models.dual_encoder import DualEncoder, Spelling
from reidtalk.models.reranked import Reranked, RerankedSettings, word_numbers
from reidtalk.training_config import TrainRerankerConfig

TAUGHT = 2.0
"""What being taught weighs at first, beside 1 for each loss of finding at the end."""


class RerankerLesson(nn.Module):
    """Each caption is read with its own picture, with those the dual encoder likes best, and with strangers.

    At first the reader learns to score them as the dual encoder does, then more and more to find the own
    picture: alone, so that its words mean something by themselves, and together with the dual encoder, which
    is what the matcher ranks by. Untaught, it stays near chance for hundreds of steps (docs/LOG.md).
    """

    step: Int64[Tensor, ""]
    """How many steps of training are done."""

    def __init__(self, matcher: Reranked, config: TrainRerankerConfig) -> None:
        super().__init__()
        self.matcher, self.similar, self.strangers = matcher, config.similar, config.strangers
        self.steps = config.steps
        self.register_buffer("step", torch.tensor(0))
        matcher.dual.requires_grad_(False)

    def train(self, mode: bool = True) -> "RerankerLesson":
        """Training mode for the reader; the dual encoder stands still."""
        super().train(mode)
        self.matcher.dual.eval()
        return self

    def forward(
        self, images: Tensor, text: Spelling, _: Int64[Tensor, "pictures fields"]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and what to log of it."""
        matcher = self.matcher
        vectors, reader_features = matcher.features(images).tensor_split([matcher.settings.features], dim=1)
        kind = images.device.type
        with torch.autocast(kind, enabled=False):  # in bfloat16, half of the cosines would be ties
            cosines = matcher.read(text) @ vectors.T
        if torch.is_autocast_enabled(kind):
            reader_features = reader_features.to(torch.get_autocast_dtype(kind))
        own = torch.arange(len(images), device=images.device).repeat(len(cosines) // len(images))
        asked = candidates(cosines, own, self.similar, self.strangers)
        read = matcher.contributions(word_numbers(text), reader_features, asked).sum(-1).float()
        alike = matcher.dual.scale * cosines.gather(1, asked)
        both = (alike + matcher.weight * read) / (1 + matcher.weight)  # the same if the reader repeats it
        right = torch.zeros_like(own)
        unexplained = share_unexplained(read, alike)
        loss_alone, loss = cross_entropy(read, right), cross_entropy(both, right)
        values = {"loss": loss, "loss_of_reader": loss_alone, "unexplained": unexplained}
        for name, logits in (("dual", alike), ("reader", read), ("both", both)):
            values[f"{name}_right"] = (logits.argmax(dim=1) == 0).float().mean()
        done = self.step / self.steps
        if self.training:
            self.step += 1
        total = (1 - done) * TAUGHT * unexplained + done * (loss_alone + loss)
        return total, {name: value.detach() for name, value in values.items()}


def share_unexplained(
    read: Float[Tensor, "texts candidates"], taught: Float[Tensor, "texts candidates"]
) -> Float[Tensor, ""]:
    """The share of the variance of `taught`, within each text's candidates, that `read` does not explain."""
    read, taught = (logits - logits.mean(dim=1, keepdim=True) for logits in (read, taught))
    return (read - taught).square().mean() / taught.square().mean()


def candidates(
    cosines: Float[Tensor, "texts images"], own: Int64[Tensor, " texts"], similar: int, strangers: int
) -> Int64[Tensor, "texts candidates"]:
    """For each text its `own` picture first, then the `similar` with the highest cosine, then `strangers`."""
    others = cosines.scatter(1, own[:, None], -torch.inf)
    close = others.topk(similar, dim=1).indices
    if not strangers:
        return torch.cat([own[:, None], close], dim=1)
    far = torch.rand_like(others).scatter(1, torch.cat([own[:, None], close], dim=1), -1.0)
    return torch.cat([own[:, None], close, far.topk(strangers, dim=1).indices], dim=1)


def train_reranker(config: TrainRerankerConfig) -> DrawnResult:
    """A dual encoder with its re-ranker is saved in `config.out`, best and last.

    Raises:
        ConfigError: flags that do not fit the run to resume, or no dual encoder in `config.over`.
        CheckpointError: the dual encoder, or the run to resume, is damaged.
        WriteError: the run could not be saved.
        TrainingError: the folder is taken, a process was killed, or the loss is not a number.
    """
    config, last = opened(config)
    matcher = read_checkpoint(find_checkpoint(last)) if last else over(config.over, config)
    if not isinstance(matcher, Reranked):
        raise ConfigError(f"{config.out} holds another model", accepted="a run of train-reranker")
    write_whole(config.out / "config.json", json.dumps(as_json(config), indent=1))
    trainer = DrawnTrainer(config, matcher_task(matcher, RerankerLesson(matcher, config)))
    if last:
        trainer.restore(last)
    with drawing_processes(config.workers or usable_cores()) as pool:
        return trainer.run(*drawn_people(config, matcher.image_size_px, pool))


def over(path: Path, config: TrainRerankerConfig) -> Reranked:
    """The dual encoder in `path`, with a reader that has learned nothing yet.

    Raises:
        CheckpointError: none there, or damaged.
        ConfigError: another model is there.
    """
    dual = read_checkpoint(find_checkpoint(path))
    if not isinstance(dual, DualEncoder):
        raise ConfigError(f"{path} holds another model", accepted="a dual encoder", do="give one to --over")
    settings = RerankedSettings(**vars(dual.settings), reader_units=config.reader_units, depth=config.depth)
    matcher = Reranked(settings, dual.vocabulary)
    matcher.dual.load_state_dict(dual.state_dict())
    matcher.reader.widen_start(config.init_gain)
    return matcher
