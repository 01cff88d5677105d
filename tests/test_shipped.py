"""reidtalk-small, the matcher inside the package: small, whole, and good at what it promises."""

import numpy as np
import pytest
import torch
from conftest import shared

from reidtalk.config import EvaluateConfig
from reidtalk.data.drawn import draw_some
from reidtalk.evaluation import evaluate
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.dual_encoder import DualEncoder
from reidtalk.models.shipped import SHIPPED
from reidtalk.release import searches
from reidtalk.validation import drawn_metrics, score_drawn

DRAWN_FLOOR = 58.0
REAL_FLOORS = (55.0, 85.0)


@pytest.fixture(scope="module")
def matcher() -> DualEncoder:
    loaded = load_matcher(device="cpu")
    assert isinstance(loaded, DualEncoder)
    return loaded


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 20e6
    assert 256 <= load_matcher(device="cpu").settings.features <= 512  # type: ignore[attr-defined]


def test_both_sides_are_unit_vectors(matcher: DualEncoder) -> None:
    seen = matcher.encode_images(torch.randint(0, 256, (3, 3, *matcher.image_size_px), dtype=torch.uint8))
    read = matcher.encode_texts(["a woman in a red coat", "xyzzy"])
    for vectors in (seen, read):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(len(vectors)))


def test_it_finds_drawn_people_and_knows_when_nobody_fits(matcher: DualEncoder) -> None:
    """Among 200 people nobody trained on: chance is 0.5%."""
    drawn = draw_some(range(200), seed=99_999, captions=1, size_px=matcher.image_size_px)
    scores = score_drawn(matcher, drawn)
    assert drawn_metrics(scores)["recall@1"] > DRAWN_FLOOR
    assert matcher.calibration is not None
    best, right = searches(lambda people: scores[people][:, people], 200, np.random.default_rng(0))
    likely = best > matcher.calibration.cut_off
    assert right[likely].float().mean() > 0.5 > right[~likely].float().mean()


def test_it_finds_real_people() -> None:
    """Photographs and sentences it never saw: it had 71.2% and 93.6% when shipped; chance is 3.7% and 17.1%."""
    root = shared("data", "real-people")
    found = evaluate(EvaluateConfig(dataset="cuhk-pedes", root=root, bootstrap=0, device="cpu")).text_to_image
    assert found.measured["recall@1"] > REAL_FLOORS[0]
    assert found.measured["recall@5"] > REAL_FLOORS[1]


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [("a worker in an orange high-visibility vest and a yellow helmet", "worker"),
     ("a man in a straw hat and an olive green jacket", "store_p7"),
     ("a woman in a teal top and black leggings", "store_p8"),
     ("a woman in a bright magenta tennis dress", "352257")],
)  # fmt: skip
def test_it_finds_whom_a_sentence_means(matcher: DualEncoder, sentence: str, wanted: str) -> None:
    from reidtalk.search import find

    images = sorted(shared("data", "real-people", "images").glob("*.jpg"))
    found = [match.image.path.name for match in find(matcher, sentence, images, top=3)]
    assert any(wanted in name for name in found), found
