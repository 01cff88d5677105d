"""A small index, made once for each file of tests."""

from pathlib import Path

import pytest
from PIL import Image

from reidtalk.data.drawn import draw_some
from reidtalk.index.indexing import index_people
from reidtalk.index_config import IndexConfig


@pytest.fixture(scope="module")
def six_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, one person each."""
    folder = tmp_path_factory.mktemp("people")
    for number, picture in enumerate(draw_some(range(6), seed=4, captions=1, size_px=(128, 64)).images):
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module", params=["exact", "lance"])
def index_of_six(
    request: pytest.FixtureRequest, six_people: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An index of each kind, not to be changed."""
    folder = tmp_path_factory.mktemp(request.param) / "index"
    index_people(IndexConfig(sources=[str(six_people)], to=folder, device="cpu", store=request.param))
    return folder
