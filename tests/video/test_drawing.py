"""Drawn videos: as long, large and crowded as asked, and the same again."""

from pathlib import Path

import numpy as np
import pytest

from reidtalk.cli import main
from reidtalk.video.decode import duration_seconds, frames
from reidtalk.video.people import Source

SMALL = ["--people", "2", "--seconds", "1.5", "--height-px", "96", "--width-px", "160", "--per-second", "4"]


@pytest.mark.parametrize("name", ["walk.mp4", "walk.avi"])
def test_a_walk_is_written_as_asked(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "two"):
        assert main(["draw-walk", str(tmp_path / folder / name), *SMALL]) == 0
    assert "2 people walk by in 1.5 s" in capsys.readouterr().out
    seen = [
        list(frames(Source(path=str(tmp_path / folder / name), kind="video"), 0)) for folder in ("one", "two")
    ]
    assert len(seen[0]) == 6
    assert seen[0][0].picture.shape == (96, 160, 3)
    assert duration_seconds(Source(path=str(tmp_path / "one" / name), kind="video")) == pytest.approx(
        1.5, abs=0.3
    )
    for one, other in zip(*seen, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
    assert [file.name for file in (tmp_path / "one").iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["walk.gif"], "cannot write a video into walk.gif; accepted: a name ending in .mp4 .mkv .mov .avi"),
        (["walk.mp4", "--height-px", "97"], "--height-px is 97; accepted: an even number from 96 to 2160"),
        (["walk.mp4", "--people", "0"], "--people is 0"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["draw-walk", *arguments]) == 1
    assert told in capsys.readouterr().err
