"""Scores from Python: any kind of picture, the same numbers."""

from pathlib import Path

import pytest
import torch
from PIL import Image

import reidtalk
from reidtalk.data.words import Vocabulary
from reidtalk.errors import DataError, ImageError
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.types import PersonImage


@pytest.fixture(scope="module")
def matcher() -> GnaRnn:
    torch.manual_seed(0)
    settings = GnaRnnSettings(
        backbone="small", image_size_px=(36, 18), crop_size_px=(32, 16), input_encoding_size=8, rnn_size=8
    )
    return GnaRnn(settings, Vocabulary(("red", "top", "UNK"))).eval()


def test_paths_pictures_and_records_score_alike(matcher: GnaRnn, two_colour_people: Path) -> None:
    files = sorted(two_colour_people.glob("imgs/*/*.png"))[:5]
    kinds = [
        files,
        [str(file) for file in files],
        [Image.open(file) for file in files],
        [PersonImage(path=f) for f in files],
    ]
    scores = [reidtalk.score(matcher, ["a red top", "top"], pictures) for pictures in kinds]
    assert scores[0].shape == (2, 5)
    assert scores[0].dtype == torch.float32
    for other in scores[1:]:
        assert torch.equal(other, scores[0])


def test_batches_change_nothing(matcher: GnaRnn, two_colour_people: Path) -> None:
    files = sorted(two_colour_people.glob("imgs/*/*.png"))[:7]
    whole = reidtalk.score(matcher, ["red top"], files)
    torch.testing.assert_close(reidtalk.score(matcher, ["red top"], files, batch_size=3), whole)


def test_a_turned_picture_scores_as_its_file(matcher: GnaRnn, tmp_path: Path) -> None:
    """EXIF orientation and transparency count the same from memory as from the file."""
    turned = Image.new("RGB", (40, 20), (10, 60, 200))
    turned.paste((200, 0, 0), (0, 0, 20, 20))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    clear = Image.new("RGBA", (20, 40), (200, 0, 0, 40))
    clear.save(tmp_path / "clear.png")
    files = [tmp_path / "turned.png", tmp_path / "clear.png"]
    opened = [Image.open(file) for file in files]
    assert torch.equal(reidtalk.score(matcher, ["red"], opened), reidtalk.score(matcher, ["red"], files))
    for picture in opened:
        picture.close()


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_pictures_of_any_kind_and_size(matcher: GnaRnn, mode: str) -> None:
    picture = Image.new("RGB", (500, 90), (180, 20, 20)).convert(mode)
    assert torch.isfinite(reidtalk.score(matcher, ["red"], [picture, Image.new("RGB", (1, 1))])).all()


def test_nothing_to_score_is_refused(matcher: GnaRnn, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures were given"):
        reidtalk.score(matcher, ["red"], [])
    with pytest.raises(ImageError, match=r"nowhere.png"):
        reidtalk.score(matcher, ["red"], [tmp_path / "nowhere.png"])
    with pytest.raises(DataError, match="one sentence by itself; accepted: a list of sentences"):
        reidtalk.score(matcher, "a red top", [Image.new("RGB", (4, 4))])
    with pytest.raises(DataError, match="no word in the sentence"):
        reidtalk.score(matcher, ["..."], [Image.new("RGB", (4, 4))])
