"""The verbs around an index, as they are typed."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reidtalk.cli import main
from reidtalk.data.drawn import draw_some
from reidtalk.errors import IndexingError
from reidtalk.index.folders import bytes_in
from reidtalk.index.index import Index, _fits
from reidtalk.models.shipped import SHIPPED


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for number, picture in enumerate(draw_some(range(8), seed=4, captions=1, size_px=(128, 64)).images):
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{number}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "notes.pdf").write_text("nothing")
    return folder


@pytest.fixture(scope="module")
def index(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("indexes") / "people.index"
    assert (
        main(
            [
                "index",
                str(people),
                "--to",
                str(folder),
                "--camera",
                "door",
                "--start",
                "2026-11-24T08:00+01:00",
            ]
        )
        == 0
    )
    return folder


def test_index_tells_what_it_took_and_what_was_wrong(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(people), "--to", str(tmp_path / "new")]) == 0
    told = capsys.readouterr().out
    assert "8 appearances from 9 sources in" in told
    assert "1 files of other kinds let be (.pdf)" in told
    assert "broken.jpg" in told
    assert f"--index {tmp_path / 'new'}" in told
    assert main(["index", str(people), "--to", str(tmp_path / "new")]) == 0
    assert "0 appearances from 0 sources" in capsys.readouterr().out


def test_search_prints_where_and_when(
    index: Path, people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, page = tmp_path / "found.png", tmp_path / "found.html"
    arguments = [
        "a man in blue jeans",
        "--index",
        str(index),
        "--top",
        "3",
        "--why",
        "--sheet",
        str(sheet),
        "--html",
        str(page),
    ]
    assert main(["search", *arguments, "--camera", "door", "--from-time", "07:30", "--to-time", "08:30"]) == 0
    told = capsys.readouterr().out
    assert told.count("door  2026-11-24 08:00:00 +0100") == 3
    assert "a man in blue jeans" not in told  # no colours here: numbers tell why
    assert re.search(r"^      (\w+ [+-]\d\.\d{3} )*(man|blue|jeans) [+-]\d\.\d{3}", told, re.MULTILINE)
    assert "likely match" in told or "no match is sure" in told
    assert f"sheet: {sheet}\npage: {page}\n" in told
    assert sheet.is_file()
    assert "data:image/jpeg" in page.read_text()
    assert main(["search", "--index", str(index), "--like", str(people / "3.png"), "--sheet", "None"]) == 0
    told = capsys.readouterr().out
    assert str(people / "3.png") in told.splitlines()[0]


def test_where_nobody_passes_an_earlier_sheet_stays(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, page = tmp_path / "found.png", tmp_path / "found.html"
    sheet.write_text("earlier")
    arguments = ["search", "a man", "--index", str(index), "--sheet", str(sheet), "--html", str(page)]
    assert main([*arguments, "--after", "2027-01-01"]) == 0
    assert capsys.readouterr().out == "nobody in the index passes\n"
    assert main([*arguments, "--after", "2027-01-01", "--page", "2"]) == 0
    assert capsys.readouterr().out == "nobody in the index passes\n"
    assert sheet.read_text() == "earlier"
    assert not page.exists()


def test_an_empty_index_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "empty"
    Index.create(folder).close()
    arguments = ["search", "a man", "--index", str(folder), "--camera", "yard", "--sheet", "None"]
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert "empty: the index is empty; " in told
    assert "what to do: add footage with reidtalk index" in told


def test_the_last_page_is_told_where_one_asks_past_it(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["search", "a man", "--index", str(index), "--sheet", "None", "--top", "3", "--page"]
    assert main([*arguments, "3"]) == 0
    assert len(re.findall(r"^ +[789] ", capsys.readouterr().out, re.MULTILINE)) == 2
    for page in ("4", "9"):
        assert main([*arguments, page]) == 1
        told = (
            "--page {}: there are 8 people, 3 pages of 3; accepted: 1 to 3; what to do: give an earlier page"
        )
        assert told.format(page) in capsys.readouterr().err


def test_verbs_look_after_the_index(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "kept"
    main(["index", str(people), "--to", str(folder), "--store", "exact"])
    capsys.readouterr()
    assert main(["index-info", str(folder), "--sources"]) == 0
    told = capsys.readouterr().out
    assert "8 appearances in 9 sources, 1 of them with faults" in told
    assert "store: exact" in told
    assert f"1  {people / '0.png'}" in told
    assert main(["index-move", str(folder), "lance"]) == 0
    assert "8 appearances moved from exact to lance" in capsys.readouterr().out
    assert main(["index-remove", str(folder), "[01].png"]) == 0
    assert "removed 2 sources; what is left: 6 appearances" in capsys.readouterr().out
    assert main(["index-compact", str(folder)]) == 0
    assert main(["index-verify", str(folder)]) == 0
    assert "6 appearances, all whole" in capsys.readouterr().out
    next((folder / "thumbnails").rglob("*.jpg")).unlink()
    assert main(["index-verify", str(folder)]) == 1
    assert "1 fault among 6 appearances" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", "red", "a.png", "--camera", "door"], "--camera without --index"),
        (["search", "red", "a.png", "--index", "nowhere"], "a.png and --index"),
        (["search", "red", "--index", "nowhere"], "no such folder: nowhere"),
        (["search", "red"], "no pictures"),
        (["search", "--index", "nowhere"], "no such folder: nowhere"),
        (["search", "red", "--index", "INDEX", "--after", "noon"], "--after is 'noon'"),
        (["search", "red", "--index", "INDEX", "--to-time", "late"], "--to-time is 'late'"),
        (["search", "red", "--index", "INDEX", "--source", "x"], "no source fits 'x'"),
        (["search", "--index", "INDEX"], "nothing to look for"),
        (["search", "a man", "--index", "INDEX", "--camera", "door", "yard"], "no camera 'yard' in"),
        (["search", "a man", "--index", "INDEX", "--camera", "yard"], "accepted: door; "),
        (["search", "--index", "INDEX", "--like", "no.jpg"], "--like no.jpg: neither a picture file nor a sighting"),
        (["search", "red", "--index", "INDEX", "--like", "no.jpg"], "accepted: a picture file, or an id that a search"),
        (["search", "red", "--index", "INDEX", "--unlike", "PICTURE"], "3.png: a file, where only ids can be"),
        (["search", "red", "--index", "INDEX", "--unlike", "nobody"], "--unlike nobody: no sighting in"),
        (["search", "a", "man", "--index", "INDEX"], "man and --index"),
        (["search", "a", "man", "--index", "INDEX"], "put the sentence in quotes"),
        (["index", "nowhere", "--to", "INDEX"], "no such file or folder: nowhere"),
        (["index", ".", "--to", "INDEX", "--every-seconds", "0"], "--every-seconds is 0"),
        (["index", "PEOPLE", "--to", "new", "--store", "cupboard"], "no store 'cupboard'; accepted: exact, lance, milvus://HOST:PORT/NAME"),
        (["index", "PEOPLE", "--to", "new/index", "--store", "milvus"], "no store 'milvus'; accepted: exact, lance, milvus://"),
        (["index-move", "INDEX", "milvus"], "no store 'milvus'"),
        (["index-move", "INDEX", "lance"], "kept in lance already"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_one_line(
    index: Path,
    people: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"INDEX": str(index), "PEOPLE": str(people), "PICTURE": str(people / "3.png")}
    assert main([places.get(word, word) for word in arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert told in captured.err
    assert list(tmp_path.iterdir()) == []


def test_an_index_of_nothing_leaves_no_folder_behind(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("nothing")
    Path("empty").mkdir()
    for to in ("new.index", "new/deep/index", "empty"):
        assert main(["index", "notes.txt", "--to", to]) == 1
        assert "notes.txt" in capsys.readouterr().out
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "notes.txt"]
    assert main(["index", str(people / "0.png"), "--to", "new.index"]) == 0
    assert main(["index", "notes.txt", "--to", "new.index"]) == 1
    assert main(["index-verify", "new.index"]) == 0
    assert "1 appearance, all whole" in capsys.readouterr().out


def test_an_index_whose_matcher_has_moved_can_be_looked_after(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, matcher = tmp_path / "kept", tmp_path / "matcher"
    shutil.copytree(SHIPPED, matcher)
    assert main(["index", str(people), "--to", str(folder), "--model", str(matcher)]) == 0
    matcher.rename(tmp_path / "moved")
    for verb, *more in (["index-info"], ["index-remove", "0.png"], ["index-verify"], ["index-compact"]):
        assert main([verb, str(folder), *more]) == 0, verb
    assert main(["index-move", str(folder), "exact"]) == 0
    capsys.readouterr()
    add = ["index", str(people), "--to", str(folder)]
    look = ["search", "a man", "--index", str(folder), "--sheet", "None"]
    for arguments in (add, look):
        assert main(arguments) == 1
        told = capsys.readouterr().err
        assert f"the matcher that made {folder} lay in {matcher}: no such folder" in told
        assert "what to do: if it moved, give it with --model" in told
        assert main([*arguments, "--model", str(tmp_path / "moved")]) == 0
        capsys.readouterr()
    with Index.open_unread(folder) as index, pytest.raises(IndexingError, match="open without its matcher"):
        index.search("a man")


def test_a_full_disk_leaves_the_index_whole(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from reidtalk.index import thumbnails

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    picture = np.random.default_rng(0).integers(0, 256, (128, 64, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "new.png")
    monkeypatch.setattr(Path, "write_bytes", full)
    assert thumbnails.HEIGHT_PX
    assert main(["index", str(tmp_path / "new.png"), "--to", str(index)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    monkeypatch.undo()
    assert main(["index-verify", str(index)]) == 0
    assert "8 appearances, all whole" in capsys.readouterr().out


def test_files_that_a_writer_takes_away_meanwhile_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").write_bytes(b"12345")
    (tmp_path / "gone").write_bytes(b"123")
    assert bytes_in(tmp_path) == 8
    walk = os.walk

    def slow(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        for found in walk(folder):
            (tmp_path / "gone").unlink()
            yield found

    monkeypatch.setattr(os, "walk", slow)
    assert bytes_in(tmp_path) == 5


def test_a_source_is_named_by_its_path_name_folder_or_a_pattern() -> None:
    for path, pattern in [
        ("/in/a.png", "/in/a.png"),
        ("/in/a.png", "a.png"),
        ("/in/a.png", "?.png"),
        ("/in/a.png", "/in"),
        ("/in/a.png", "/i*"),
        ("/in/a [1].png", "a [1].png"),
        ("/in/a [1].png", "a [[]1].png"),
        ("rtsp://door/1", "rtsp://door/1"),
        (str(Path.cwd() / "in" / "a1.png"), "in/a*"),
    ]:
        assert _fits(path, pattern), pattern
    for path, pattern in [("/in/a.png", "/i"), ("/in/a.png", "b.png"), ("/in/a 1.png", "in")]:
        assert not _fits(path, pattern), pattern
