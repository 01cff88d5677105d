from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import ExifTags, Image
from written_videos import numbered, steady, write_video

from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.sources import LabelSettings, photographed_at, sources

PATTERN = "{camera}_{start:%Y%m%d-%H%M%S}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "recordings"
    (root / "hall").mkdir(parents=True)
    (root / ".hidden").mkdir()
    picture = Image.fromarray(numbered(1))
    for name in ("b.jpg", "hall/a.png", "still.gif", ".b.jpg", ".hidden/c.jpg"):
        picture.save(root / name)
    others = [Image.fromarray(numbered(number)) for number in (9, 20)]
    for name in ("moving.gif", "moving.webp"):
        picture.save(root / name, save_all=True, append_images=others, duration=100)
    write_video(root / "hall" / "gate_20261124-080000.mp4", steady(3))
    for name in ("notes.txt", "more.TXT", "README"):
        (root / name).write_text("x")
    return root


def kinds(root: Path, found: list) -> dict[str, str]:
    return {Path(source.path).relative_to(root).as_posix(): source.kind for source in found}


def test_a_folder_through_all_levels_in_a_fixed_order(folder: Path) -> None:
    found = sources([folder])
    expected = {
        "b.jpg": "picture",
        "hall/a.png": "picture",
        "hall/gate_20261124-080000.mp4": "video",
        "moving.gif": "video",
        "moving.webp": "video",
        "still.gif": "picture",
    }
    assert list(kinds(folder, found.sources).items()) == list(expected.items())
    assert found.skipped == {"": 1, ".txt": 2}
    assert all(source.camera == "" and source.start is None for source in found.sources)


def test_what_is_given_keeps_its_order_and_comes_once(folder: Path) -> None:
    given = ["rtsp://user:word@camera/1", folder / "still.gif", folder, "HTTP://camera/2"]
    found = sources(given).sources
    assert [found[0].kind, found[1].path, found[-1].path] == [
        "stream",
        str(folder / "still.gif"),
        "HTTP://camera/2",
    ]
    assert len(found) == 8
    (folder / "README").write_text("x")
    assert sources([folder / "README"]).sources[0].kind == "video"  # given itself: FFmpeg shall try


def test_what_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no such file or folder: gone\.mp4"):
        sources(["gone.mp4"])
    with pytest.raises(SourceError, match=r"ftp://camera/1: no streams by ftp"):
        sources(["ftp://user:word@camera/1"])
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match=r"no picture or video in .*; 1 files of other kinds"):
        sources([tmp_path])
    with pytest.raises(SourceError, match="no picture or video in nothing"):
        sources([])


def test_names_tell_camera_and_start(folder: Path) -> None:
    found = sources([folder / "hall"], LabelSettings(pattern=PATTERN, zone="Europe/Berlin")).sources
    assert [source.camera for source in found] == ["", "gate"]
    assert found[0].start is None
    assert found[1].start == datetime(2026, 11, 24, 8, tzinfo=ZoneInfo("Europe/Berlin"))
    assert found[1].start.utcoffset() == timedelta(hours=1)


def test_flags_go_before_the_table_before_names_before_what_the_file_tells(folder: Path) -> None:
    told = {"creation_time": "2026-01-01T00:00:00Z"}
    video = write_video(folder / "hall" / "gate_20261124-080000.mp4", steady(3), metadata=told)
    assert sources([video]).sources[0].start == datetime(2026, 1, 1, tzinfo=UTC)
    at_home = sources([video], LabelSettings(zone="+02:00")).sources[0].start
    assert at_home == datetime(2026, 1, 1, tzinfo=UTC)
    assert at_home.isoformat() == "2026-01-01T02:00:00+02:00"

    named = sources([folder], LabelSettings(pattern=PATTERN)).sources[2]
    assert (named.camera, named.start) == ("gate", datetime(2026, 11, 24, 8, tzinfo=UTC))

    table = (
        "file,camera,start,zone\nhall/gate_20261124-080000.mp4,door,2026-11-25T09:00,Asia/Tokyo\nhall,hall\n"
    )
    (folder / "cameras.csv").write_text(table)
    tabled = {source.path: source for source in sources([folder], LabelSettings(pattern=PATTERN)).sources}
    assert tabled[str(video)].camera == "door"
    assert tabled[str(video)].start == datetime(2026, 11, 25, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert tabled[str(folder / "hall" / "a.png")].camera == "hall"
    assert tabled[str(folder / "b.jpg")].camera == ""

    flags = LabelSettings(
        camera="mine", start="2026-12-01T10:00:00-05:00", pattern=PATTERN, table=folder / "cameras.csv"
    )
    (flagged,) = sources([video], flags).sources
    assert flagged.camera == "mine"
    assert flagged.start == datetime(2026, 12, 1, 10, tzinfo=timezone(timedelta(hours=-5)))


def test_one_start_cannot_be_that_of_many_videos(folder: Path) -> None:
    with pytest.raises(ConfigError, match="--start for 3 videos without a camera's name"):
        sources([folder], LabelSettings(start="2026-11-24T08:00"))
    (found,) = sources([folder / "moving.gif"], LabelSettings(start="2026-11-24T08:00")).sources
    assert found.start == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_streams_are_labelled_by_their_address(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("file;x\n".replace(";x", ",camera") + "rtsp://gate/1,gate\n")
    found = sources(["rtsp://gate/1", "rtsp://hall/1"], LabelSettings(table=tmp_path / "all.csv")).sources
    assert [source.camera for source in found] == ["gate", ""]


TAGS = ExifTags.Base
BERLIN = ZoneInfo("Europe/Berlin")


def photograph(path: Path, exif: dict[int, object] | bytes) -> Path:
    """A picture of a camera that wrote `exif`: bytes, or values by tag."""
    if isinstance(exif, bytes):
        data = exif
    else:
        written = Image.Exif()
        for tag, value in exif.items():
            inner = tag not in (TAGS.DateTime, TAGS.Model, TAGS.Orientation)
            (written.get_ifd(ExifTags.IFD.Exif) if inner else written)[tag] = value
        data = written.tobytes()
    Image.fromarray(numbered(1)).save(path, exif=data)
    return path


def start_of(given: Path, **settings: str) -> datetime | None:
    (source,) = sources([given], LabelSettings(**settings)).sources
    return source.start or photographed_at(source)


TAKEN = {TAGS.DateTimeOriginal: "2026:11:24 08:05:09"}


@pytest.mark.parametrize(
    ("exif", "zone", "expected"),
    [
        (TAKEN, "", "2026-11-24T08:05:09+00:00"),
        (TAKEN, "Europe/Berlin", "2026-11-24T08:05:09+01:00"),
        (TAKEN | {TAGS.OffsetTimeOriginal: "-05:00"}, "", "2026-11-24T08:05:09-05:00"),
        (TAKEN | {TAGS.OffsetTimeOriginal: "-05:00"}, "Europe/Berlin", "2026-11-24T14:05:09+01:00"),
        (TAKEN | {TAGS.OffsetTimeOriginal: "   :  "}, "+02:00", "2026-11-24T08:05:09+02:00"),
        (TAKEN | {TAGS.OffsetTimeOriginal: "+99:00"}, "+02:00", "2026-11-24T08:05:09+02:00"),
        (TAKEN | {TAGS.OffsetTime: "+09:00"}, "", "2026-11-24T08:05:09+00:00"),  # that of another time
        (TAKEN | {TAGS.SubsecTimeOriginal: "25"}, "", "2026-11-24T08:05:09.250000+00:00"),
        (TAKEN | {TAGS.SubsecTimeOriginal: "123456789"}, "", "2026-11-24T08:05:09.123456+00:00"),
        (TAKEN | {TAGS.SubsecTimeOriginal: "soon"}, "", "2026-11-24T08:05:09+00:00"),
        (TAKEN | {TAGS.DateTime: "2027:01:01 00:00:00"}, "", "2026-11-24T08:05:09+00:00"),
        (
            {TAGS.DateTime: "2027:01:01 10:00:00", TAGS.OffsetTime: "+01:00", TAGS.SubsecTime: "5"},
            "",
            "2027-01-01T10:00:00.500000+01:00",
        ),
        ({TAGS.DateTimeOriginal: "0000:00:00 00:00:00", TAGS.DateTime: "2027:01:01 10:00:00"}, "", "2027-01-01T10:00:00+00:00"),
        ({TAGS.DateTimeOriginal: "0000:00:00 00:00:00"}, "", None),
        ({TAGS.DateTimeOriginal: "    :  :     :  :  "}, "", None),
        ({TAGS.DateTimeOriginal: "2026:13:24 08:05:09"}, "", None),
        ({TAGS.DateTimeOriginal: "0001:01:01 00:00:00"}, "+14:00", None),
        ({TAGS.DateTimeOriginal: "9999:12:31 23:59:59"}, "-09:00", None),
        ({TAGS.DateTimeOriginal: "9999:12:31 23:59:59", TAGS.OffsetTimeOriginal: "Z"}, "+05:00", None),
        ({TAGS.DateTimeOriginal: "yesterday"}, "", None),
        ({TAGS.DateTimeOriginal: 7}, "", None),
        ({TAGS.Model: "Camera 3000"}, "", None),
        (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", "", None),
        (b"Exif\0\0" + b"\xff" * 5000, "", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_a_photograph_tells_when_it_was_taken(
    tmp_path: Path, ending: str, exif: dict[int, object] | bytes, zone: str, expected: str | None
) -> None:
    if ending == "webp" and isinstance(exif, bytes):
        exif = exif[6:]
    path = photograph(tmp_path / f"a.{ending}", exif)
    start = start_of(path, zone=zone)
    assert (start.isoformat() if start else None) == expected
    assert sources([path]).sources[0].camera == ""


def test_what_a_photograph_tells_counts_least(tmp_path: Path) -> None:
    path = photograph(tmp_path / "gate_20250101-120000.jpg", TAKEN)
    assert start_of(path, pattern=PATTERN) == datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert start_of(path, start="2024-01-01T00:00") == datetime(2024, 1, 1, tzinfo=UTC)
    (tmp_path / "cameras.csv").write_text(f"file,zone\n{path.name},Europe/Berlin\n")
    assert start_of(tmp_path) == datetime(2026, 11, 24, 8, 5, 9, tzinfo=BERLIN)
    assert start_of(tmp_path, zone="UTC") == datetime(2026, 11, 24, 8, 5, 9, tzinfo=UTC)
    (tmp_path / "cameras.csv").write_text(f"file,start,zone\n{path.name},2023-01-01T00:00,UTC\n")
    assert start_of(tmp_path) == datetime(2023, 1, 1, tzinfo=UTC)
    assert sources([tmp_path]).sources[0].zone == ""


def test_a_photograph_is_not_decoded_and_damage_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photograph(tmp_path / "a.jpg", TAKEN)
    for ending in ("png", "webp"):
        photograph(path.with_suffix(f".{ending}"), TAKEN)
    data = path.read_bytes()
    at = data.index(b"2026:")
    for end in (0, 2, 10, at, at + 8, len(data) // 2):
        (tmp_path / f"{end:05d}.jpg").write_bytes(data[:end])
    for name, head in (
        ("vp8x.webp", b"RIFF\0\0\0\0WEBPVP8X"),
        ("text.png", b"eXIf"),
        ("exif.bmp", b"Exif\0\0"),
    ):
        (tmp_path / name).write_bytes(head)

    def decoded(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    found = {Path(source.path).name: photographed_at(source) for source in sources([tmp_path]).sources}
    assert len(found) == 12
    assert {name for name, start in found.items() if start} >= {"a.jpg", "a.png", "a.webp"}
    assert found["00010.jpg"] is None
