"""Sheets of ordinary and of odd things: sizes, frames, words, and nothing that makes them fail."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reidtalk.errors import DataError, WriteError
from reidtalk.sheets import (
    FRAMES,
    GAP_PX,
    MARGIN_PX,
    TEXT_PX,
    THUMBNAIL_PX,
    Row,
    Tile,
    _width,
    _wrap,
    data_uri,
    draw_sheet,
    match_tiles,
    save_sheet,
    thumbnail,
)
from reidtalk.types import Match, PersonImage

LONG = "a woman in a red coat with a blue bag " * 200


def picture(folder: Path, name: str, height: int, width: int, colour=(200, 40, 40)) -> PersonImage:
    Image.new("RGB", (width, height), colour).save(folder / name)
    return PersonImage(path=folder / name)


@pytest.fixture
def person(tmp_path):
    return picture(tmp_path, "person.png", 128, 64)


def colours_at(sheet, left, top, width, height):
    return {colour for _, colour in sheet.crop((left, top, left + width, top + height)).getcolors(10**6)}


def test_matches_become_tiles_marked_by_who_they_show():
    images = [PersonImage(path=Path("x"), identity=identity) for identity in (4, 5, None)]
    matches = [Match(image=image, score=1.2345, rank=rank) for rank, image in enumerate(images, 1)]
    tiles = match_tiles(matches, 5)
    assert [(tile.label, tile.mark) for tile in tiles] == [
        ("1 · 1.23", "wrong"),
        ("2 · 1.23", "right"),
        ("3 · 1.23", "unknown"),
    ]
    assert {tile.mark for tile in match_tiles(matches)} == {"unknown"}


def test_likely_matches_are_marked_where_nobody_knows_who_is_right():
    known, unknown = PersonImage(path=Path("x"), identity=4), PersonImage(path=Path("x"))
    matches = [
        Match(image=image, score=0.25, rank=rank, likelihood=likelihood)
        for rank, (image, likelihood) in enumerate([(known, 0.83), (unknown, 0.5), (unknown, 0.49)], 1)
    ]
    tiles = match_tiles(matches)
    assert [tile.label for tile in tiles] == ["1 · 83%", "2 · 50%", "3 · 49%"]
    assert [tile.mark for tile in tiles] == ["likely", "likely", "unknown"]
    assert [tile.mark for tile in match_tiles(matches, 5)] == ["wrong", "likely", "unknown"]


@pytest.mark.parametrize("mark", FRAMES)
def test_a_picture_lies_in_a_frame_of_its_colour(person, mark):
    sheet = draw_sheet([Row(text="red", tiles=(Tile(image=person, mark=mark),))])
    left, top = MARGIN_PX + TEXT_PX + 2 * GAP_PX, MARGIN_PX + GAP_PX
    colour, frame_px = FRAMES[mark]
    middle = top + THUMBNAIL_PX[0] // 2
    expected = tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
    assert colours_at(sheet, left, middle, frame_px, 1) == {expected}
    assert colours_at(sheet, left + frame_px, middle, 80 - frame_px, 1) == {(200, 40, 40)}


@pytest.mark.parametrize(("found", "lines", "columns"), [(0, 1, 1), (3, 1, 3), (10, 1, 10), (23, 3, 10)])
def test_a_sheet_is_as_large_as_its_rows(person, found, lines, columns):
    sheet = draw_sheet([Row(text="red", tiles=(Tile(image=person),) * found)] * 2)
    assert sheet.width == 352 + columns * 100 - 12 + 28
    assert sheet.height == 28 + 2 * (lines * 210 + 12) + 28


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (5, 2000), (128, 64), (300, 300)])
def test_every_aspect_fills_a_tile(tmp_path, size):
    tile = thumbnail(picture(tmp_path, "odd.png", *size), (176, 88))
    assert tile.size == (88, 176)
    assert np.allclose(np.asarray(tile), (200, 40, 40), atol=2)


def test_the_whole_picture_is_shown(tmp_path):
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:, :50], pixels[:, 50:] = (255, 0, 0), (0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "square.png")
    middle = np.asarray(thumbnail(PersonImage(path=tmp_path / "square.png"), (176, 88)))[88]
    assert middle[2].tolist() == [255, 0, 0]
    assert middle[-3].tolist() == [0, 0, 255]


@pytest.mark.parametrize("content", [None, b"", b"\xff\xd8\xff no picture"])
def test_an_unreadable_picture_is_a_grey_tile_with_words(tmp_path, content):
    if content is not None:
        (tmp_path / "bad.jpg").write_bytes(content)
    tile = thumbnail(PersonImage(path=tmp_path / "bad.jpg"), (176, 88))
    colours = sorted(tile.getcolors(10**5), reverse=True)
    assert colours[0][1] == (236, 239, 241)
    assert len(colours) > 5
    draw_sheet([Row(text="x", tiles=(Tile(image=PersonImage(path=tmp_path / "bad.jpg")),))])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        LONG,
        "A" * 5000,
        "Frau in rotem Mantel, café",
        "穿红衣服的女人" * 40,
        "👩\u200b\x00\ufffd مرأة",
    ],
)
def test_any_text_is_drawn(person, text):
    tile = Tile(image=person, label=text, mark="right")
    sheet = draw_sheet([Row(text=text, note=text, target=tile, tiles=(tile,))], title=text, note=text)
    assert sheet.width == 352 + 124 + 88 + 28
    assert sheet.crop((0, 0, MARGIN_PX - 4, sheet.height)).getcolors() == [
        ((MARGIN_PX - 4) * sheet.height, (255, 255, 255))
    ]


@pytest.mark.parametrize("text", [LONG, "A" * 900, "ж" * 900, "a " * 900])
@pytest.mark.parametrize("most", [1, 2, 7])
def test_lines_fit_and_say_when_words_are_left(text, most):
    lines = _wrap(text, 17, 300, most)
    assert len(lines) == most
    assert all(_width(line, 17) <= 300 for line in lines)
    assert lines[-1].endswith("…")


def test_words_that_fit_stay_as_they_are():
    assert _wrap("a red  coat\n", 17, 300, 1) == ["a red coat"]
    assert _wrap("", 17, 300, 3) == []
    assert _wrap("red", 17, 300, 0) == []


def test_a_sheet_without_rows_is_drawn():
    assert draw_sheet([]).height == 2 * MARGIN_PX
    assert draw_sheet([], title="Nothing").width > TEXT_PX


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("b.JPG", "JPEG"), ("c.webp", "WEBP")])
def test_a_sheet_is_saved_as_its_name_says(person, tmp_path, name, kind):
    rows = [Row(text="red", tiles=(Tile(image=person),))]
    save_sheet(tmp_path / "new" / name, rows)
    with Image.open(tmp_path / "new" / name) as saved:
        assert saved.format == kind
        assert saved.size == draw_sheet(rows).size
    assert [file.name for file in (tmp_path / "new").iterdir()] == [name]


def test_a_sheet_in_a_format_unknown_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"cannot draw into .*sheet.pdf; accepted: a name ending in .png"):
        save_sheet(tmp_path / "sheet.pdf", [])


def test_a_sheet_where_none_can_be_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"cannot write .*file"):
        save_sheet(tmp_path / "file" / "sheet.png", [])
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(WriteError, match=r"cannot write .*folder.png"):
        save_sheet(tmp_path / "folder.png", [])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder.png"]


def test_a_data_uri_holds_the_picture(person):
    head, data = data_uri(person, 100).split(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as decoded:
        assert decoded.size == (50, 100)
        assert np.allclose(np.asarray(decoded), (200, 40, 40), atol=4)
    assert data_uri(PersonImage(path=Path("absent.png"))).startswith("data:image/jpeg;base64,")


def test_a_long_note_goes_on_below_instead_of_being_cut():
    beginning = "no match is sure (best 0%): the right person"
    short, long = (
        np.asarray(draw_sheet([Row(text="a man", note=note)]).convert("L"))
        for note in (beginning, f"{beginning} may be missing, or more should be said of them")
    )
    inked = [np.flatnonzero((picture < 200).any(axis=1)) for picture in (short, long)]
    assert inked[1][-1] > inked[0][-1] + 8
