"""People found, for reading: places, times, colours."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reidtalk.errors import DataError
from reidtalk.found_page import (
    clock,
    coloured,
    page_colour,
    places,
    require_page_name,
    save_found_page,
    strongest,
    weighed,
)
from reidtalk.types import Match, PersonImage, Sighting


def match(tmp_path: Path, **more: object) -> Match:
    files = []
    for number in range(2):
        files.append(tmp_path / f"{number}.jpg")
        Image.fromarray(np.full((40, 20, 3), 90 * number, np.uint8)).save(files[-1])
    start = datetime(2026, 11, 24, 8, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    sighting = Sighting(
        id="ab12", source="door.mp4", camera="<door>", start=start, end=start + timedelta(seconds=7),
        first_seconds=65, last_seconds=72, seconds=66, box=(1, 2, 3, 4), pictures=tuple(files), same=("x",),
    )  # fmt: skip
    return Match(
        image=PersonImage(path=files[0]), score=0.41, rank=1, likelihood=0.62, sighting=sighting, **more
    )


def test_places_say_where_and_when(tmp_path: Path) -> None:
    assert places(match(tmp_path)) == [
        "<door>", "2026-11-24 08:00:05 to 08:00:12 +0100", "door.mp4 1:05-1:12", "sighting ab12",
        "1 more that look the very same",
    ]  # fmt: skip
    assert places(Match(image=PersonImage(path=Path("a.jpg")), score=1, rank=1)) == ["a.jpg"]


def test_clock_counts_hours_only_where_there_are_some() -> None:
    assert [clock(5.9), clock(65), clock(3605)] == ["0:05", "1:05", "1:00:05"]


def test_words_are_coloured_by_what_they_add(tmp_path: Path) -> None:
    found = match(tmp_path, words=(("red", 0.2), (" ", 0.0), ("hat", -0.1)))
    assert strongest([found]) == 0.2
    text = coloured(found, 0.2)
    assert text.plain == "red hat"
    assert [span.style for span in text.spans] == ["black on rgb(72,187,120)", "black on rgb(242,185,185)"]
    assert page_colour(0.0, 0.2) == "transparent"
    assert page_colour(-0.2, 0.2) == "rgb(229,115,115)"
    assert strongest([]) == 1.0


def test_without_colours_the_words_that_count_have_numbers(tmp_path: Path) -> None:
    found = match(tmp_path, words=(("a", 0.01), (" ", 0.0), ("red", 0.2), (" ", 0.0), ("hat", -0.1)))
    assert weighed(found, 0.2) == "red +0.200 hat -0.100"


def test_a_page_is_a_file_whose_name_ends_in_html(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    for name in ("found.png", "found", "folder.html"):
        with pytest.raises(
            DataError, match=rf"cannot write a page to .*{name}.*; accepted: a file name ending in .html"
        ):
            require_page_name(tmp_path / name)
    require_page_name(tmp_path / "new" / "found.HTML")
    assert list((tmp_path / "new").iterdir()) == []


def test_the_page_holds_its_pictures_and_no_markup_of_others(tmp_path: Path) -> None:
    found = match(tmp_path, words=(("<b>red</b>", 0.2),))
    page = tmp_path / "found.html"
    save_found_page(page, 'a "red" <coat>', [found], "1 likely match among the 1 shown")
    text = page.read_text()
    assert text.count("data:image/jpeg;base64,") == 2
    assert "<coat>" not in text
    assert "<b>red</b>" not in text
    assert "<door>" not in text
    assert "1 likely match among the 1 shown" in text
    assert "62%" in text
    assert "http" not in text.replace("http-equiv", "")
