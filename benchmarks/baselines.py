"""What each choice of `train-dual` brings, beside the field's plain ones: the same drawn people, one table.

python benchmarks/baselines.py OUT [--steps 768] [--real CAPTIONED_SET] [--only NAME...]

Every row has the same seed, pictures, captions and number of steps, from scratch; the plain ones half the
learning rate. A row that is finished in OUT is not trained again; one that was interrupted is, from the
start. `--real` is a set in the layout of CUHK-PEDES.
"""

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding
from torchvision.models import resnet18

from reidtalk.data import load_dataset
from reidtalk.data.drawn import people_artist
from reidtalk.data.processes import drawing_processes, usable_cores
from reidtalk.drawn_training import DrawnTrainer
from reidtalk.dual_training import DualLesson, new_matcher
from reidtalk.evaluation import two_sides
from reidtalk.files import write_whole
from reidtalk.matcher_training import Trained, drawn_people, matcher_task
from reidtalk.metrics import rank_queries
from reidtalk.models.backbones import IMAGENET_MEAN, IMAGENET_STD
from reidtalk.models.dual_encoder import DualEncoder, Spelling
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings, Words
from reidtalk.models.scoring import score
from reidtalk.run_folder import prepare_folder
from reidtalk.training_config import TrainDualConfig
from reidtalk.validation import drawn_metrics, score_drawn

STRANGERS = 7
"""Other pictures that GNA-RNN reads each caption with; reading with all of them would take minutes a step."""


class ResNet(nn.Module):
    """ResNet-18, its last map averaged: the field's plain picture side."""

    mean: Tensor
    std: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.network = resnet18(num_classes=features)
        for name, values in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """One vector a picture."""
        vectors: Tensor = self.network((images.to(self.mean.dtype) - self.mean) / self.std)
        return vectors


class Gru(nn.Module):
    """Words by number, a GRU in both directions, the maximum over the words: the field's plain text side."""

    def __init__(self, words: int, features: int, width: int = 256) -> None:
        super().__init__()
        self.words = nn.Embedding(words + 1, width, padding_idx=0)
        self.gru = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.project = nn.Linear(2 * width, features)

    def forward(self, text: Spelling) -> Tensor:
        """One vector a sentence."""
        tokens = embedding(text.words[text.indices], self.words.weight)
        real = torch.arange(tokens.shape[1]) < text.lengths[:, None]
        packed = nn.utils.rnn.pack_padded_sequence(
            tokens, text.lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        best = states.masked_fill(~real[:, : states.shape[1], None], -torch.inf).amax(1)
        vectors: Tensor = self.project(best)
        return vectors


class GnaLesson(nn.Module):
    """Each caption is read with its own picture and with some strangers, and has to find its own."""

    def __init__(self, matcher: GnaRnn) -> None:
        super().__init__()
        self.matcher = matcher

    def forward(self, images: Tensor, words: Words, _: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and what to log of it."""
        gates, units = self.matcher.read_pictures(self.matcher.backbone(images))
        own = torch.arange(len(images)).repeat(len(words.lengths) // len(images))[:, None]
        asked = torch.cat(
            [own, (own + torch.randint(1, len(images), (len(own), STRANGERS))) % len(images)], 1
        )
        logits = self.matcher.affinities(words, gates[asked], units[asked]).sum(-1).float()
        loss = cross_entropy(logits, torch.zeros(len(own), dtype=torch.int64))
        return loss, {"loss": loss.detach(), "right": (logits.argmax(1) == 0).float().mean()}


def plain(matcher: DualEncoder) -> DualEncoder:
    """`matcher` with both of its towers exchanged for the field's plain ones."""
    features = matcher.settings.features
    matcher.image_tower = ResNet(features)  # type: ignore[assignment]
    matcher.text_tower = Gru(len(matcher.vocabulary), features)  # type: ignore[assignment]
    return matcher


def gna_rnn(matcher: DualEncoder) -> GnaRnn:
    """GNA-RNN over a small CNN, both from scratch, with the words of `matcher`."""
    settings = GnaRnnSettings(
        backbone="small", image_size_px=(128, 64), crop_size_px=(128, 64), max_length=80,
        input_encoding_size=192, rnn_size=192,
    )  # fmt: skip
    built = GnaRnn(settings, matcher.vocabulary)
    built.widen_start(4.0)
    return built


@dataclass(frozen=True)
class Choice:
    """A row of the table: flags other than `train-dual`'s defaults, and another matcher if it has one."""

    flags: dict[str, Any]
    build: Callable[[DualEncoder], DualEncoder | GnaRnn] = lambda matcher: matcher


PLAIN: dict[str, Any] = {"attribute_weight": 0.0, "learning_rate": 1e-3}
CHOICES = {
    "the defaults (InfoNCE)": Choice({}),
    "SDM": Choice({"loss": "sdm"}),
    "TAL": Choice({"loss": "tal"}),
    "without the second lesson": Choice({"attribute_weight": 0.0}),
    "every second pass of look-alikes, second lesson weighs 12": Choice(
        {"lookalikes": 2, "attribute_weight": 12.0}
    ),
    "ResNet-18 + GRU, InfoNCE": Choice(PLAIN, plain),
    "GNA-RNN": Choice(PLAIN, gna_rnn),
}


def trained(out: Path, steps: int, choice: Choice) -> tuple[Trained, float]:
    """The matcher after its steps, its weights averaged, and the seconds they took."""
    config = replace(TrainDualConfig(out=out, steps=steps, device="cpu"), **choice.flags)
    shutil.rmtree(out, ignore_errors=True)
    prepare_folder(out, resume=False)
    torch.manual_seed(config.seed)
    with drawing_processes(usable_cores()) as pool:
        matcher = choice.build(new_matcher(config, pool))
        lesson = GnaLesson(matcher) if isinstance(matcher, GnaRnn) else DualLesson(matcher, config)
        trainer, start = DrawnTrainer(config, matcher_task(matcher, lesson)), perf_counter()
        if trainer.run(*drawn_people(config, matcher.image_size_px, pool)).step < steps:
            raise SystemExit(f"interrupted: {out.name} is to be trained again")
    return cast(Trained, trainer.average.module).eval(), perf_counter() - start


def measured(matcher: Trained, real: Path | None) -> dict[str, float]:
    """Recall@1 among 1,024 drawn people, and recall@1 and @5 on the real set, in percent."""
    with drawing_processes(usable_cores()) as pool:
        examiner = people_artist(pool, seed=999, pictures=1024, captions=1, size_px=matcher.image_size_px)
        values = {"drawn recall@1": drawn_metrics(score_drawn(matcher, examiner.whole_round(0)))["recall@1"]}
    if real:
        sides = two_sides(load_dataset("cuhk-pedes", real).test, "field")
        scores = score(matcher, sides.captions, sides.pictures)
        found = rank_queries(scores, sides.caption_identities(), sides.identities).values().mean(axis=0)
        values |= {"real recall@1": float(found[0]), "real recall@5": float(found[1])}
    return values


def main() -> None:
    """Trains what is missing and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=768)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--only", nargs="+", choices=CHOICES, default=list(CHOICES))
    given = parser.parse_args()
    rows = {}
    for name in given.only:
        file = given.out / f"{name}, {given.steps} steps{', real' if given.real else ''}.json"
        if not file.exists():
            matcher, seconds = trained(given.out / file.stem, given.steps, CHOICES[name])
            row = measured(matcher, given.real) | {"minutes": seconds / 60}
            write_whole(file, json.dumps(row))
        rows[name] = json.loads(file.read_text())
    columns = list(next(iter(rows.values())))
    print(f"| {given.steps} steps | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(f'{row[column]:.1f}' for column in columns)} |")


if __name__ == "__main__":
    main()
