"""A dual encoder with its re-ranker."""

import numpy as np
import pytest
import torch

from reidtalk.data.pieces import build_vocabulary
from reidtalk.models.reranked import Reranked, RerankedSettings, word_numbers

SENTENCES = ["a woman in a red coat", "blue bag", "a man with a blue bag"]
SETTINGS = RerankedSettings(
    image_size_px=(32, 16), image_width=16, image_blocks=(1, 1), image_queries=4, text_width=16, text_layers=1,
    text_queries=2, buckets=64, features=32, reader_units=16, depth=4,
)  # fmt: skip


@pytest.fixture
def matcher() -> Reranked:
    torch.manual_seed(3)
    return Reranked(SETTINGS, build_vocabulary(SENTENCES, 0)).eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).integers(0, 256, (9, 3, 32, 16), dtype=np.uint8))


def test_only_the_best_of_each_sentence_are_read_again(matcher: Reranked, images: torch.Tensor) -> None:
    text, seen = matcher.encode_texts(SENTENCES), matcher.encode_images(images)
    scores = matcher.score(text, seen)
    cosines = text.vectors @ seen[:, :32].T
    by_word = matcher.explain(text, seen)
    assert not by_word[1, :, 2:].any()  # "blue bag" has two words
    read = by_word.sum(-1)
    for row in range(3):
        best = cosines[row].topk(4).indices.tolist()
        for column in range(9):
            added = read[row, column] if column in best else read[row, best].min()
            assert scores[row, column] == pytest.approx((cosines[row, column] + added).item(), abs=1e-5)


def test_the_scores_are_the_logits_of_training_over_their_scale(
    matcher: Reranked, images: torch.Tensor
) -> None:
    images = images[:4]
    scores = matcher.score(matcher.encode_texts(SENTENCES), matcher.encode_images(images))
    with torch.no_grad():
        logits = matcher(images, *matcher.tokenize(SENTENCES), grid=True)
        pairs = matcher(images[:3], *matcher.tokenize(SENTENCES), grid=False)
    torch.testing.assert_close(logits / matcher.dual.scale, scores)
    torch.testing.assert_close(pairs, logits.diagonal())


def test_words_have_the_numbers_of_the_vocabulary(matcher: Reranked) -> None:
    words = word_numbers(matcher.tokenize([*SENTENCES[:2], "plugh"]))
    numbers = {word: number for number, word in enumerate(matcher.vocabulary.words, start=1)}
    assert words.lengths.tolist() == [6, 2, 1]
    assert words.indices[1, :2].tolist() == [numbers["blue"], numbers["bag"]]
    assert words.indices[2, 0].item() == numbers["UNK"]
