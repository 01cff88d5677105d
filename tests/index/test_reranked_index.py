"""An index made by a matcher that reads its best again: from what is stored, as if it saw the pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reidtalk.data.drawn import draw_some
from reidtalk.data.pieces import build_vocabulary
from reidtalk.index import searching
from reidtalk.index.index import Index
from reidtalk.index.indexing import index_people
from reidtalk.index.query import Query
from reidtalk.index_config import IndexConfig
from reidtalk.models.checkpoint import load_matcher, save_checkpoint
from reidtalk.models.reranked import Reranked, RerankedSettings

SENTENCE = "a man in a red jacket"
PEOPLE, DEPTH = 14, 6


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained matcher whose reader has much to say."""
    torch.manual_seed(0)
    settings = RerankedSettings(
        image_size_px=(32, 16), image_width=4, image_blocks=(1, 1), image_queries=2, text_width=8, text_queries=2,
        buckets=64, features=6, reader_units=4, depth=DEPTH,
    )  # fmt: skip
    matcher = Reranked(settings, build_vocabulary([SENTENCE] * 3, 1)).eval()
    matcher.weight.data.fill_(200.0)
    folder = tmp_path_factory.mktemp("matcher") / "reranked"
    save_checkpoint(folder, matcher, "reranked", {})
    return folder


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for number, picture in enumerate(draw_some(range(PEOPLE), seed=6, captions=1, size_px=(32, 16)).images):
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{number:02d}.png")
    return folder


def test_the_best_are_read_again_from_what_is_stored(
    checkpoint: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        searching, "merge_same", lambda entries: [[entry] for entry in entries]
    )  # untrained: all alike
    index_people(
        IndexConfig(
            sources=[str(people)], to=tmp_path / "index", model=checkpoint, device="cpu", min_height_px=1
        )
    )
    matcher = load_matcher(checkpoint, "cpu", "auto")
    files = sorted(people.iterdir())
    pictures = torch.from_numpy(np.stack([np.asarray(Image.open(file)).transpose(2, 0, 1) for file in files]))
    text, features = matcher.encode_texts([SENTENCE]), matcher.encode_images(pictures)
    scores = matcher.score(text, features)[0]
    order = scores.argsort(descending=True, stable=True).tolist()
    alone = (text.vectors @ features[:, :6].T)[0].argsort(descending=True).tolist()
    assert order[:DEPTH] != alone[:DEPTH]
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert index.manifest.readings == features.shape[1] - 6
        index.matcher.eval()
        for file in files:
            file.unlink()  # nothing is decoded again
        found = index.search(SENTENCE, top=PEOPLE, why=True)
        assert [Path(match.sighting.source).name for match in found[:DEPTH]] == [
            files[row].name for row in order[:DEPTH]
        ]
        assert [match.score for match in found] == pytest.approx(scores[order].tolist(), rel=0.02, abs=0.02)
        assert {match.sighting.source for match in found} == {str(file) for file in files}
        assert all("".join(piece for piece, _ in match.words) == SENTENCE for match in found)
        several = index.search(Query(sentences=(SENTENCE, "a hat")), top=3)
        assert len(several) == 3
