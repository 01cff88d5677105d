"""GNA-RNN against the plain algorithm of the paper: every pair by itself, every branch anew at every word."""

import pytest
import torch
from torch import Tensor, nn

from reidtalk.data.words import Vocabulary
from reidtalk.models.backbones import Backbone
from reidtalk.models.gna_rnn import GATES_AT_ONCE, GnaRnn, GnaRnnSettings, Words

VOCABULARY = Vocabulary(("a", "red", "coat", "blue", "jeans", "with", "bag", "UNK"))
SENTENCES = ["a red coat with blue jeans", "bag", "blue jeans with a red bag and hat a"]


def tiny(layers: int = 1, *, dropout: float = 0.5, **sizes: int) -> GnaRnn:
    torch.manual_seed(0)
    settings = GnaRnnSettings(
        backbone="small", image_size_px=(36, 18), crop_size_px=(32, 16), num_layers=layers,
        input_encoding_size=sizes.get("encoding", 6), rnn_size=sizes.get("state", 5), drop_prob_lm=dropout,
    )  # fmt: skip
    matcher = GnaRnn(settings, VOCABULARY)
    linear = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 7), nn.Dropout(0.5))
    matcher.backbone = Backbone(linear, 7, (120.0, 110.0, 100.0), (60.0, 60.0, 60.0))
    matcher.picture_input[0] = nn.Linear(7, settings.input_encoding_size)
    matcher.visual_units[0] = nn.Linear(7, settings.rnn_size)
    return matcher.double()


def without_dropout(matcher: GnaRnn) -> GnaRnn:
    for module in matcher.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return matcher


def pictures(count: int, size: tuple[int, int] = (36, 18)) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, *size), dtype=torch.uint8, generator=generator)


def naive_score(matcher: GnaRnn, indices: list[int], features: Tensor, image: int) -> Tensor:
    """One pair, word by word; the two picture branches run over the whole batch again at every word."""
    size, encoding = matcher.settings.rnn_size, matcher.settings.input_encoding_size
    layers = matcher.settings.num_layers
    hidden, cell = ([torch.zeros(size, dtype=torch.float64)] * layers for _ in range(2))
    total = torch.zeros((), dtype=torch.float64)
    for index in indices:
        word = matcher.embedding.weight[index]
        below = torch.cat([word, matcher.picture_input(features)[image]])
        assert below.shape == (2 * encoding,)
        new_hidden, new_cell = [], []
        for layer in range(layers):
            gates = matcher.layers[layer].input_to_gates(below)
            gates = gates + matcher.layers[layer].state_to_gates(hidden[layer])
            into, forget, out = (torch.sigmoid(gates[k * size : (k + 1) * size]) for k in range(3))
            candidate = torch.tanh(gates[3 * size :])
            new_cell.append(forget * cell[layer] + into * candidate)
            new_hidden.append(out * torch.tanh(new_cell[-1]))
            below = new_hidden[-1]
        hidden, cell = new_hidden, new_cell
        units = matcher.visual_units(features)[image]
        attention = torch.exp(matcher.attention(hidden[-1]))
        attention = attention / attention.sum()
        total = total + torch.sigmoid(matcher.gate(hidden[-1]))[0] * (attention * units).sum()
    return total


def naive_grid(matcher: GnaRnn, words: Words, images: Tensor) -> Tensor:
    features = matcher.backbone(images)
    rows = [row[:length].tolist() for row, length in zip(words.indices, words.lengths, strict=True)]
    return torch.stack(
        [
            torch.stack([naive_score(matcher, row, features, image) for image in range(len(images))])
            for row in rows
        ]
    )


@pytest.mark.parametrize("layers", [1, 2])
def test_scores_equal_the_naive_loop(layers: int) -> None:
    matcher = tiny(layers).eval()
    images, words = pictures(4), matcher.encode_texts(SENTENCES)
    with torch.no_grad():
        expected = naive_grid(matcher, words, images[..., 2:34, 1:17])
    scores = matcher.score(words, matcher.encode_images(images))
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores, expected.float())
    in_double = matcher.explain(words, matcher.encode_images(images)).sum(-1)
    torch.testing.assert_close(in_double.clone(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("grid", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_training_scores_and_gradients_equal_the_naive_loop(layers: int, grid: bool) -> None:
    matcher = without_dropout(tiny(layers)).train()
    images, words = pictures(3, (32, 16)), matcher.encode_texts(SENTENCES)
    expected = naive_grid(matcher, words, images)
    expected = expected if grid else expected.diagonal()
    weights = torch.randn(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    parameters = dict(matcher.named_parameters())
    wanted = torch.autograd.grad((expected * weights).sum(), list(parameters.values()))
    scores = matcher(images, *words, grid=grid)
    torch.testing.assert_close(scores, expected, rtol=1e-9, atol=1e-12)
    got = torch.autograd.grad((scores * weights).sum(), list(parameters.values()))
    for name, one, other in zip(parameters, got, wanted, strict=True):
        torch.testing.assert_close(
            one, other, rtol=1e-9, atol=1e-11, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_batch_norm_statistics_move_once_per_step() -> None:
    matcher = without_dropout(tiny()).train()
    images, words = pictures(3, (32, 16)), matcher.encode_texts(SENTENCES)
    matcher(images, *words, grid=False)
    assert matcher.visual_units[1].num_batches_tracked == 1
    batch_mean = matcher.visual_units[0](matcher.backbone(images)).mean(0)
    torch.testing.assert_close(matcher.visual_units[1].running_mean, 0.1 * batch_mean.detach())
    naive_grid(matcher, words, images)
    words_read = 3 * int(words.lengths.sum())
    assert matcher.visual_units[1].num_batches_tracked == 1 + words_read  # what the original does, per word


def test_explanation_has_a_number_per_word_and_none_past_the_end() -> None:
    matcher = tiny().eval()
    words = matcher.encode_texts(SENTENCES)
    affinities = matcher.explain(words, matcher.encode_images(pictures(2)))
    assert affinities.shape == (3, 2, 9)
    for row, length in zip(affinities, words.lengths, strict=True):
        assert (row[:, :length] != 0).all()
        assert (row[:, length:] == 0).all()


def test_chunks_cover_every_pair_once_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = tiny().eval()
    words, features = matcher.encode_texts(SENTENCES * 5), matcher.encode_images(pictures(150))
    whole = matcher.score(words, features)
    monkeypatch.setitem(GATES_AT_ONCE, "cpu", 100 * 20)
    seen = torch.zeros(15, 150)
    for texts, images in matcher.chunks(words.lengths, 150):
        seen[texts, images] += 1
    assert (seen == 1).all()
    torch.testing.assert_close(matcher.score(words, features), whole)


def test_frozen_backbone_gets_no_gradient_and_its_batch_norms_stand_still() -> None:
    settings = GnaRnnSettings(
        backbone="small", image_size_px=(32, 16), crop_size_px=(32, 16), input_encoding_size=6, rnn_size=5
    )
    matcher = GnaRnn(settings, VOCABULARY).train()
    matcher.freeze_backbone(True)
    before = {name: tensor.clone() for name, tensor in matcher.backbone.state_dict().items()}
    matcher(pictures(3, (32, 16)), *matcher.encode_texts(SENTENCES), grid=True).sum().backward()
    assert all(parameter.grad is None for parameter in matcher.backbone.parameters())
    for name, tensor in matcher.backbone.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    matcher.train().freeze_backbone(False)
    matcher(pictures(3, (32, 16)), *matcher.encode_texts(SENTENCES), grid=True).sum().backward()
    assert all(parameter.grad is not None for parameter in matcher.backbone.parameters())
