"""What holds for every row of MODELS."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from reidtalk.data.words import Vocabulary
from reidtalk.losses import bce
from reidtalk.models import MODELS
from reidtalk.models.checkpoint import load_matcher, save_checkpoint

SMALL: dict[str, dict[str, Any]] = {
    "gna-rnn": {
        "backbone": "small", "image_size_px": (68, 36), "crop_size_px": (64, 32), "input_encoding_size": 16,
        "rnn_size": 16,
    },
    "dual-encoder": {
        "image_size_px": (32, 16), "image_width": 16, "image_blocks": (1, 1), "image_queries": 4, "text_width": 16,
        "text_layers": 1, "text_queries": 2, "buckets": 64, "features": 32,
    },
}  # fmt: skip
SMALL["reranked"] = SMALL["dual-encoder"] | {"reader_units": 16, "depth": 5}
"""Settings that make each model small enough to test; a new model needs a row here."""

FROM_LOG_2 = {"gna-rnn": 0.2, "dual-encoder": 0.4, "reranked": 0.4}
"""How far the first loss may be from that of knowing nothing; scaled cosines begin further from 0 than logits."""

VOCABULARY = Vocabulary(("a", "man", "woman", "red", "blue", "green", "coat", "bag", "UNK"))
SENTENCES = [
    "a man in a red coat",
    "woman",
    "a woman with a green bag and a blue coat",
    "a red bag, a blue bag",
]


def test_every_model_is_tested() -> None:
    assert SMALL.keys() == MODELS.keys()


@pytest.fixture(params=MODELS)
def matcher(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(3)
    model = MODELS[request.param]
    return model.build(model.settings(**SMALL[request.param]), VOCABULARY)


def pictures(matcher: Any, count: int) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(0, 256, (count, 3, *matcher.image_size_px), dtype=torch.uint8, generator=generator)


def test_scores_have_the_right_shape_and_are_finite(matcher: Any) -> None:
    matcher.eval()
    scores = matcher.score(matcher.encode_texts(SENTENCES), matcher.encode_images(pictures(matcher, 5)))
    assert scores.shape == (4, 5)
    assert scores.dtype == torch.float32
    assert torch.isfinite(scores).all()
    assert len(scores.unique()) == 20


def test_padding_and_company_change_nothing(matcher: Any) -> None:
    matcher.eval()
    images = pictures(matcher, 5)
    together = matcher.score(matcher.encode_texts(SENTENCES), matcher.encode_images(images))
    for row, sentence in enumerate(SENTENCES):
        for column in range(5):
            alone = matcher.score(
                matcher.encode_texts([sentence]), matcher.encode_images(images[column : column + 1])
            )
            torch.testing.assert_close(alone[0, 0], together[row, column])


def test_order_changes_nothing(matcher: Any) -> None:
    matcher.eval()
    images, order, places = pictures(matcher, 5), [2, 0, 3, 1], [4, 1, 0, 3, 2]
    straight = matcher.score(matcher.encode_texts(SENTENCES), matcher.encode_images(images))
    turned = matcher.score(
        matcher.encode_texts([SENTENCES[row] for row in order]), matcher.encode_images(images[places])
    )
    torch.testing.assert_close(turned, straight[order][:, places])


def test_every_parameter_gets_a_gradient(matcher: Any) -> None:
    matcher.train()
    words = matcher.tokenize(SENTENCES)
    loss = bce(
        matcher(pictures(matcher, 4)[..., :32, :16], *words, grid=True), torch.eye(4, dtype=torch.bool)
    )
    loss.backward()
    without = [name for name, parameter in matcher.named_parameters() if parameter.grad is None]
    still = [
        name
        for name, parameter in matcher.named_parameters()
        if name not in without and not parameter.grad.any()
    ]
    assert without == []
    assert still == []


def test_saved_and_loaded_scores_are_the_same(
    matcher: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["matcher"]
    save_checkpoint(tmp_path / "saved", matcher, name, {})
    loaded = load_matcher(tmp_path / "saved", device="cpu")
    matcher.eval()
    images = pictures(matcher, 5)
    expected = matcher.score(matcher.encode_texts(SENTENCES), matcher.encode_images(images))
    assert torch.equal(loaded.score(loaded.encode_texts(SENTENCES), loaded.encode_images(images)), expected)
    assert loaded.image_size_px == matcher.image_size_px


def test_in_bfloat16_pictures_become_nearly_the_same_features(
    matcher: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["matcher"]
    save_checkpoint(tmp_path / "saved", matcher, name, {})
    half = load_matcher(tmp_path / "saved", "cpu", "bfloat16")
    images = pictures(matcher, 5)
    exact, near = matcher.eval().encode_images(images), half.encode_images(images)
    assert near.dtype == torch.float32
    assert not torch.equal(near, exact)
    torch.testing.assert_close(near, exact, rtol=0.05, atol=0.05 * float(exact.std()))


def test_words_past_the_longest_sentence_do_not_count_and_are_told(matcher: Any) -> None:
    matcher.eval()
    longest = matcher.settings.max_length
    read = " ".join(["a man in a red coat"] * (longest // 6) + ["bag"] * (longest % 6))
    images = pictures(matcher, 2)
    scores = matcher.score(
        matcher.encode_texts([read, f"{read} and blue hat"]), matcher.encode_images(images)
    )
    torch.testing.assert_close(scores[0], scores[1])
    assert matcher.unread_words(read) == []
    assert matcher.unread_words(f"{read} and Blue, hat") == ["and", "blue", "hat"]


def test_nothing_asked_for_gives_nothing(matcher: Any) -> None:
    matcher.eval()
    texts, images = matcher.encode_texts(SENTENCES), matcher.encode_images(pictures(matcher, 3))
    assert matcher.score(texts, images[:0]).shape == (4, 0)
    assert matcher.score(matcher.encode_texts([]), images).shape == (0, 3)


def test_unknown_words_and_one_word_are_scored(matcher: Any) -> None:
    matcher.eval()
    scores = matcher.score(
        matcher.encode_texts(["xyzzy", "coat"]), matcher.encode_images(pictures(matcher, 2))
    )
    assert torch.isfinite(scores).all()


def test_eight_pairs_can_be_learned_by_heart(matcher: Any, request: pytest.FixtureRequest) -> None:
    """From a loss near log 2 to nearly none, dropout off."""
    for module in matcher.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    matcher.train()
    images = pictures(matcher, 8)[..., :32, :16]
    colours = ("red", "blue", "green")
    words = matcher.tokenize([f"{colours[i % 3]} {colours[i // 3]} bag coat" for i in range(8)])
    matched = torch.eye(8, dtype=torch.bool)
    optimizer = torch.optim.Adam(matcher.parameters(), lr=3e-3)
    losses = []
    for _ in range(150):
        scores = matcher(images, *words, grid=True)
        loss = (bce(scores[matched], matched[matched]) + bce(scores[~matched], matched[~matched])) / 2
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[0] == pytest.approx(np.log(2), abs=FROM_LOG_2[request.node.callspec.params["matcher"]])
    assert losses[-1] < 0.05
    assert (scores.argmax(1) == torch.arange(8)).all()
