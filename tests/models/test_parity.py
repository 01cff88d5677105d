"""GNA-RNN against numbers made by running the 2017 release itself (Torch7, CPU)."""

from pathlib import Path
from typing import Any

import h5py
import pytest
import torch
from conftest import shared
from torch import Tensor, nn

from reidtalk.data.words import Vocabulary
from reidtalk.losses import bce
from reidtalk.models import gna_rnn
from reidtalk.models.backbones import Backbone
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings, Words, repeated
from reidtalk.optimizers import build_optimizer, clamp_gradients

TOLERANCE = {"double": {"rtol": 1e-10, "atol": 1e-13}, "float": {"rtol": 1e-5, "atol": 1e-6}}
FIXTURES = ["small.double.h5", "small.float.h5", "small_l2.float.h5", "mid.float.h5"]
NAMES = {
    "visual_units.0": "attention.fc1", "visual_units.1": "attention.bn", "visual_units.3": "attention.fc2",
    "picture_input.0": "emb_img.fc1", "picture_input.1": "emb_img.bn", "picture_input.3": "emb_img.fc2",
    "attention": "attention.attention_fc", "gate": "attention.gate_fc",
    "lstm.0.input_to_gates": "core.i2h_1", "lstm.0.state_to_gates": "core.h2h_1",
    "lstm.1.input_to_gates": "core.i2h_2", "lstm.1.state_to_gates": "core.h2h_2",
}  # fmt: skip
"""Our names of the layers, and the original's."""


class Oracle:
    """One file of numbers, and our matcher with its parameters."""

    def __init__(self, path: Path) -> None:
        self.file = h5py.File(path)
        self.tolerance = TOLERANCE[path.name.split(".")[1]]
        words, encoding, state, _, _, layers = self.file["config/sizes"][()].tolist()
        settings = GnaRnnSettings(
            backbone="small", image_size_px=(8, 8), crop_size_px=(8, 8), input_encoding_size=encoding,
            rnn_size=state, num_layers=layers, drop_prob_lm=0.0,
        )  # fmt: skip
        self.matcher = GnaRnn(settings, Vocabulary(tuple(f"word{number}" for number in range(words))))
        self.features = self["input/feats"]
        width = self.features.shape[1]
        self.matcher.backbone = Backbone(nn.Identity(), width, (0.0,) * 3, (1.0,) * 3)
        self.matcher.visual_units[0] = nn.Linear(width, state)
        self.matcher.picture_input[0] = nn.Linear(width, encoding)
        self.matcher.to(self.features.dtype)
        self.load()
        self.words = Words(self["input/labels"].T.long(), self["input/seqlen"].long())
        self.words = Words(self.words.indices[:, : int(self.words.lengths.max())], self.words.lengths)

    def __getitem__(self, name: str) -> Tensor:
        return torch.from_numpy(self.file[name][()])

    def load(self) -> None:
        """Our parameters are the original's; the row of padding is ours alone."""
        with torch.no_grad():
            self.matcher.embedding.weight[1:] = self["params/lookup_table.weight"]
            for name, tensor in self.matcher.state_dict().items():
                theirs = self.theirs(name)
                if theirs is not None and name != "embedding.weight":
                    place = "bn_initial" if "running" in name else "params"
                    tensor.copy_(self[f"{place}/{theirs}"])

    def theirs(self, name: str) -> str | None:
        """The original's name of our tensor `name`."""
        layer, _, kind = name.rpartition(".")
        return f"{NAMES[layer]}.{kind}" if layer in NAMES and kind != "num_batches_tracked" else None

    def pairs(self) -> Tensor:
        """Affinities [pairs, words] of the i-th caption with the i-th picture."""
        gates, units = self.matcher.read_pictures(self.features)
        return self.matcher.affinities(self.words, gates[:, None], units[:, None])[:, 0]

    def close_to(self, got: Tensor, name: str) -> None:
        wanted = self[name].to(got.dtype)
        torch.testing.assert_close(got.reshape(wanted.shape), wanted, **self.tolerance)

    def gradients_close_to(self, where: str) -> None:
        for name, parameter in self.matcher.named_parameters():
            if name == "embedding.weight":
                self.close_to(parameter.grad[1:], f"{where}/grad/lookup_table.weight")
            elif (theirs := self.theirs(name)) is not None:
                self.close_to(parameter.grad, f"{where}/grad/{theirs}")


class Drawn(nn.Module):
    """Dropout with the masks that the original drew, one for each word, already scaled."""

    def __init__(self, oracle: Oracle, name: str) -> None:
        super().__init__()
        lengths = oracle.words.lengths
        order = torch.argsort(lengths, descending=True, stable=True)
        masks = [
            oracle[f"train_drop/noise/{name}/{word + 1}"][order][: int((lengths > word).sum())]
            for word in range(int(lengths.max()))
        ]
        self.mask = torch.cat(masks)

    def forward(self, outputs: Tensor) -> Tensor:
        return outputs * self.mask.view(outputs.shape)


@pytest.fixture(params=FIXTURES)
def oracle(request: pytest.FixtureRequest) -> Any:
    oracle = Oracle(shared("oracle", request.param))
    yield oracle
    oracle.file.close()


def test_evaluation_scores_and_affinities(oracle: Oracle) -> None:
    oracle.matcher.eval()
    affinities = oracle.pairs()
    oracle.close_to(affinities.sum(1), "eval/outlast")
    oracle.close_to(torch.sigmoid(affinities.sum(1)), "eval/score")
    per_word = oracle["eval/outputAttn"].T[:, : affinities.shape[1]]
    torch.testing.assert_close(affinities, per_word, **oracle.tolerance)


def test_every_caption_with_every_picture(oracle: Oracle) -> None:
    oracle.matcher.eval()
    features = torch.cat(oracle.matcher.read_pictures(oracle.features), dim=1)
    logits = oracle.matcher.explain(oracle.words, features).sum(-1)
    oracle.close_to(torch.sigmoid(logits), "eval/pairwise_score")
    fused = oracle.matcher.score(oracle.words, features)  # float32, whatever it computes in
    torch.testing.assert_close(fused.to(logits.dtype), logits, rtol=1e-5, atol=1e-6)


def test_training_loss_and_gradients_without_dropout(oracle: Oracle) -> None:
    matcher = oracle.matcher.train()
    matcher.output_dropout.p = 0.0
    oracle.features.requires_grad_()
    scores = oracle.pairs().sum(1)
    oracle.close_to(torch.sigmoid(scores), "train_nodrop/score")
    loss = bce(scores, oracle["input/cls"] > 0.5)
    oracle.close_to(loss, "train_nodrop/loss")
    loss.backward()
    oracle.close_to(oracle.features.grad, "train_nodrop/dfeats_total")
    oracle.gradients_close_to("train_nodrop")


def test_statistics_move_once_where_the_original_moves_them_per_word(oracle: Oracle) -> None:
    matcher = oracle.matcher.train()
    oracle.pairs()
    once = matcher.visual_units[1].running_mean.clone()
    for _ in range(oracle["input/labels"].shape[0] - 1):
        oracle.pairs()
    before, after = (
        oracle["bn_initial/attention.bn.running_mean"],
        oracle["train_nodrop/bn_after/attention.bn.running_mean"],
    )
    assert not torch.allclose(once, before)
    assert not torch.allclose(once, after)
    torch.testing.assert_close(matcher.visual_units[1].running_mean, after, **oracle.tolerance)


def test_training_loss_and_gradients_with_the_dropout_it_drew(oracle: Oracle) -> None:
    matcher = oracle.matcher.train()
    matcher.output_dropout = Drawn(oracle, "drop_final")
    if len(matcher.layers) == 2:
        matcher.layer_dropout = Drawn(oracle, "drop_2")
    oracle.features.requires_grad_()
    scores = oracle.pairs().sum(1)
    oracle.close_to(torch.sigmoid(scores), "train_drop/score")
    loss = bce(scores, oracle["input/cls"] > 0.5)
    oracle.close_to(loss, "train_drop/loss")
    loss.backward()
    oracle.close_to(oracle.features.grad, "train_drop/dfeats_total")
    oracle.gradients_close_to("train_drop")


def test_the_cnn_gets_the_gradient_of_all_words_where_the_original_gives_it_the_firsts(
    oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours is `dfeats_total` (above). Theirs is what ours would be if later words told the picture nothing."""

    def first_word_only(rows: Tensor, order: Tensor, counts: list[int]) -> Tensor:
        every = repeated(rows, order, counts)
        return torch.cat([every[: counts[0]], every[counts[0] :].detach()])

    monkeypatch.setattr(gna_rnn, "repeated", first_word_only)
    oracle.matcher.train().output_dropout.p = 0.0
    oracle.features.requires_grad_()
    bce(oracle.pairs().sum(1), oracle["input/cls"] > 0.5).backward()
    oracle.close_to(oracle.features.grad, "train_nodrop/dfeats_returned")
    total = oracle["train_nodrop/dfeats_total"]
    assert (total - oracle.features.grad).norm() > 0.5 * total.norm()


def three_steps(oracle: Oracle, *, as_original: bool) -> list[float]:
    """The losses of three steps with Adam's defaults, and the evaluation's probabilities.

    As the original: epsilon before the bias correction, batch-norm statistics moved once per word.
    """
    matcher = oracle.matcher.train()
    matcher.output_dropout.p = 0.0
    learned = [parameter for name, parameter in matcher.named_parameters() if not name.startswith("backbone")]
    optimizer = build_optimizer("adam", learned, learning_rate=4e-4, alpha=0.8, beta=0.999, epsilon=1e-8)
    losses = []
    for step in (1, 2, 3):
        optimizer.zero_grad()
        loss = bce(oracle.pairs().sum(1), oracle["input/cls"] > 0.5)
        if as_original:
            for _ in range(oracle.words.indices.shape[1] - 1):
                matcher.read_pictures(oracle.features)
            optimizer.param_groups[0]["eps"] = 1e-8 / (1 - 0.999**step) ** 0.5
        loss.backward()
        clamp_gradients(learned, 5.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_three_steps_of_training_as_the_original(oracle: Oracle) -> None:
    oracle.close_to(torch.tensor(three_steps(oracle, as_original=True)), "adam3/losses")
    exact = oracle.tolerance
    for name, tensor in oracle.matcher.state_dict().items():
        if (theirs := oracle.theirs(name)) is None:
            continue
        if oracle.features.dtype == torch.float32:  # Adam enlarges small gradients with the rounding in them,
            noise = ".0.bias" in name or "running_mean" in name  # which is all there is before a batch-norm
            oracle.tolerance = {"rtol": 1e-5, "atol": 1e-4 if noise else 1e-5}
        place = "bn_after" if "running" in name else "params"
        oracle.close_to(tensor, f"adam3/{place}/{theirs}")
    oracle.tolerance = exact
    oracle.close_to(oracle.matcher.embedding.weight[1:], "adam3/params/lookup_table.weight")
    oracle.matcher.eval()
    oracle.close_to(torch.sigmoid(oracle.pairs().sum(1)), "adam3/eval_score")


def test_three_steps_of_training_as_ours_differ_little_in_loss_and_more_in_statistics() -> None:
    oracle = Oracle(shared("oracle", "small.double.h5"))
    losses = three_steps(oracle, as_original=False)
    assert losses == pytest.approx([0.68964443, 0.55903617, 0.53246868], abs=1e-8)
    assert oracle["adam3/losses"].tolist() == pytest.approx([0.68964443, 0.55903618, 0.53246736], abs=1e-8)
    moved = (oracle["adam3/params/attention.fc1.weight"] - oracle["params/attention.fc1.weight"]).abs().max()
    apart = (oracle["adam3/params/attention.fc1.weight"] - oracle.matcher.visual_units[0].weight).abs().max()
    assert (moved.item(), apart.item()) == pytest.approx(
        (1.2e-3, 0.6e-3), rel=0.1
    )  # where gradients are near epsilon
    oracle.matcher.eval()
    ours, theirs = torch.sigmoid(oracle.pairs().sum(1))[:3], oracle["adam3/eval_score"][:3, 0]
    assert ours.tolist() == pytest.approx([0.638, 0.493, 0.320], abs=5e-4)  # after 3 moves of the statistics
    assert theirs.tolist() == pytest.approx([0.700, 0.494, 0.314], abs=5e-4)  # after 24
    oracle.file.close()
