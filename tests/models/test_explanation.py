"""Why a picture was found: shares of words, by leaving out or by reading."""

import numpy as np
import pytest
import torch

from reidtalk.data.pieces import build_vocabulary, split_words, word_spans
from reidtalk.data.words import Vocabulary, token_spans, tokenize
from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.models.explanation import explain
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.models.reranked import Reranked, RerankedSettings

SENTENCE = "A woman, in a red-and-white coat; she isn't tall."
SMALL = {
    "image_size_px": (32, 16), "image_width": 4, "image_blocks": (1, 1), "image_queries": 2, "text_width": 8,
    "text_queries": 2, "buckets": 64, "features": 6,
}  # fmt: skip


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 16), dtype=np.uint8))


def small_dual() -> DualEncoder:
    torch.manual_seed(0)
    return DualEncoder(DualEncoderSettings(**SMALL), build_vocabulary([SENTENCE] * 3, 1)).eval()


def test_pieces_make_up_the_sentence(pictures: torch.Tensor) -> None:
    matcher = small_dual()
    told = explain(matcher, SENTENCE, matcher.encode_images(pictures))
    assert "".join(told.pieces) == SENTENCE
    assert told.words == ["A", "woman", "in", "a", "red", "and", "white", "coat", "she", "isn't", "tall"]
    assert told.shares.shape == (3, 11)
    for row in range(3):
        assert "".join(piece for piece, _ in told.told(row)) == SENTENCE
        assert [share for piece, share in told.told(row) if piece == "coat"] == [
            pytest.approx(float(told.shares[row, 7]))
        ]
        assert dict(told.told(row))["; "] == 0.0


def test_a_dual_encoder_is_asked_without_each_word(pictures: torch.Tensor) -> None:
    matcher = small_dual()
    features = matcher.encode_images(pictures)
    told = explain(matcher, "red coat", features)
    whole, coat, red = matcher.score(matcher.encode_texts(["red coat", " coat", "red "]), features)
    torch.testing.assert_close(told.shares, torch.stack([whole - coat, whole - red], dim=1))
    alone = explain(matcher, "coat", features)
    torch.testing.assert_close(alone.shares, matcher.score(matcher.encode_texts(["coat"]), features).T)


def test_gna_rnn_gives_its_own_shares() -> None:
    torch.manual_seed(0)
    settings = GnaRnnSettings(
        backbone="features:5",
        image_size_px=(32, 16),
        crop_size_px=(32, 16),
        input_encoding_size=4,
        rnn_size=4,
        max_length=20,
    )
    matcher = GnaRnn(settings, Vocabulary(("woman", "red", "coat", "UNK"))).eval()
    features = torch.cat(matcher.read_pictures(torch.randn(2, 5)), dim=1)
    told = explain(matcher, "A woman, - red coat!", features)
    assert told.words == ["A", "woman,", "red", "coat!"]
    torch.testing.assert_close(
        told.shares.sum(1), matcher.score(matcher.encode_texts(["A woman, - red coat!"]), features)[0]
    )


def test_a_word_that_gna_rnn_does_not_hear_has_no_share() -> None:
    torch.manual_seed(0)
    settings = GnaRnnSettings(backbone="features:3", input_encoding_size=4, rnn_size=4)
    matcher = GnaRnn(settings, Vocabulary(("a", "red"))).eval()
    with_zebra, without = (explain(matcher, said, torch.rand(1, 20)) for said in ("a zebra red", "a red"))
    assert with_zebra.words == ["a", "zebra", "red"]
    assert with_zebra.shares[0, 1] == 0
    assert (with_zebra.shares[0, [0, 2]] != 0).all()
    assert without.shares.shape == (1, 2)


def test_a_re_ranker_counts_with_what_it_re_ranks(pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    matcher = Reranked(RerankedSettings(**SMALL, reader_units=4), build_vocabulary([SENTENCE] * 3, 1)).eval()
    features = matcher.encode_images(pictures)
    told = explain(matcher, SENTENCE, features)
    read = matcher.explain(matcher.encode_texts([SENTENCE]), features)[0]
    alone = explain(matcher.dual, SENTENCE, features[:, :6])
    torch.testing.assert_close(told.shares.sum(1) - alone.shares.sum(1), read.sum(1), atol=1e-5, rtol=1e-4)
    tokens = split_words(SENTENCE)
    coat = tokens.index("coat")
    assert tokens[coat + 1] == ","
    torch.testing.assert_close(told.shares[:, 7] - alone.shares[:, 7], read[:, coat] + read[:, coat + 1])


@pytest.mark.parametrize(
    "sentence",
    [SENTENCE, "  two  words ", "¿Qué? naïve café - 50% off", "don\N{RIGHT SINGLE QUOTATION MARK}t"],
)
def test_spans_are_the_words_that_matchers_read(sentence: str) -> None:
    spelled = [
        sentence[a:b].lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") for a, b in word_spans(sentence)
    ]
    assert spelled == [word for word in split_words(sentence) if word != ","]
    assert [tokenize(sentence[a:b])[0] for a, b in token_spans(sentence)] == tokenize(sentence)
