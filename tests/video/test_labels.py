from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.labels import Label, moment_at, name_pattern, parse_start, parse_zone, read_table

MOMENT = datetime(2026, 11, 24, 8, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "path", "label"),
    [
        ("{camera}_{start:%Y%m%d-%H%M%S}", "a/gate_20261124-080509.mp4", Label(camera="gate", start=MOMENT)),
        ("{camera}_{start:%Y%m%d-%H%M%S}", "gate_2_20261124-080509.mp4", Label(camera="gate_2", start=MOMENT)),
        ("{camera}_{start:%Y%m%d-%H%M%S}", "gate_20261324-080509.mp4", Label()),  # a 13th month
        ("{camera}_{start:%Y%m%d-%H%M%S}", "holiday.mp4", Label()),
        ("{camera}/{start:%Y-%m-%d}/{start:%H.%M.%S}", "/x/hall/2026-11-24/08.05.09.mkv", Label(camera="hall", start=MOMENT)),
        ("{camera}/{start:%Y-%m-%d}/{start:%H.%M.%S}", "08.05.09.mkv", Label()),
        ("{any}-{start:%Y%m%dT%H%M%S%z}", "x-20261124T090509+0100.mp4", Label(start=MOMENT)),
        ("cam({camera})+{any}", "cam(1.5)+later.mp4", Label(camera="1.5")),
        ("{camera}x{camera}", "1x1.mp4", Label(camera="1")),
        ("{camera}x{camera}", "1x2.mp4", Label()),
        ("{start:%d.%m.%Y 100%% %H:%M:%S}", "24.11.2026 100% 08:05:09.avi", Label(start=MOMENT)),
    ],
)  # fmt: skip
def test_names_by_hand(pattern: str, path: str, label: Label) -> None:
    assert name_pattern(pattern).read(path) == label


@given(
    camera=st.text(
        st.characters(blacklist_characters="/\\\0", blacklist_categories=["Cs"]), min_size=1, max_size=8
    ),
    moment=st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)),
)
def test_what_is_written_by_the_pattern_is_read_by_it(camera: str, moment: datetime) -> None:
    read = name_pattern("{camera} at {start:%Y-%m-%d %H-%M-%S-%f}").read(
        f"{camera} at {moment:%Y-%m-%d %H-%M-%S-%f}.mp4"
    )
    assert read == Label(camera=camera, start=moment.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{cam}_{start:%Y}", r"has \{cam\}"),
        ("{camera}_{start:%Q}", "has %Q; known are %Y"),
        ("{camera}_{start:%Y%}", "has %; known are %Y"),
        ("{camera}_{start}", r"has \{start\}"),
        ("{camera", "neither camera nor start"),
        ("{camera}}", "has a brace without its partner"),
        ("plain", "neither camera nor start"),
    ],
)
def test_patterns_that_cannot_be(pattern: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        name_pattern(pattern)


def test_times_keep_their_zone() -> None:
    assert parse_start("2026-11-24 08:05:09") == MOMENT
    assert parse_start("2026-11-24T08:05:09+05:30", "Europe/Berlin").utcoffset() == timedelta(hours=5.5)
    assert parse_start("2026-07-01T08:00", "Europe/Berlin").utcoffset() == timedelta(hours=2)
    assert parse_zone("-03:30").utcoffset(None) == timedelta(hours=-3.5)
    assert parse_zone("") is UTC
    with pytest.raises(ConfigError, match="--start 'tomorrow' is no time; accepted: 2026-11-24T08:00:00 or"):
        parse_start("tomorrow")
    for zone in ("Europe/Nowhere", "+1", "../etc", "Europe"):
        with pytest.raises(
            ConfigError, match=r"--zone: no time zone .*accepted: a name such as Europe/Berlin"
        ):
            parse_zone(zone)


def test_moments_pass_over_the_change_to_summer_time() -> None:
    start = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert moment_at(start, 3600).isoformat() == "2026-03-29T03:30:00+02:00"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("camera,start\nx,y\n", "line 1 of .*: columns camera, start"),
        ("", r"line 1 of .*: columns \(none\)"),
        ("file,place\nx,y\n", "line 1 of .*: columns file, place"),
        ("file,file\nx,y\n", "line 1 of .*: columns file, file"),
        ("file,camera\na.mp4,one\na.mp4,two\n", "line 3 of .*: a.mp4 is in line 2 already"),
        ("file,camera\n,one\n", "line 2 of .*: no file"),
        ("file,camera\n\ngone.mp4,one\n", "line 3 of .*: there is no gone.mp4"),
        ("file,camera\na.mp4,one,two\n", "line 2 of .*: more cells than columns"),
        ("file,start\na.mp4,soon\n", "line 2 of .* 'soon' is no time"),
        ("file,zone\na.mp4,Mars\n", "line 2 of .*: no time zone 'Mars'"),
        ('file,camera\na.mp4,"one\n', r"line 2 of .*: no CSV"),
    ],
)
def test_every_fault_of_a_table_names_its_line(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "cameras.csv").write_text(text)
    with pytest.raises(SourceError, match=fault):
        read_table(tmp_path / "cameras.csv")


def test_tables_name_files_folders_and_addresses(tmp_path: Path) -> None:
    (tmp_path / "hall" / "deep").mkdir(parents=True)
    (tmp_path / "a.mp4").touch()
    text = f"\ufeffFile , Camera\na.mp4,one\nhall,two\nrtsp://x/1,three\n{tmp_path / 'hall' / 'deep'},four\n"
    (tmp_path / "cameras.csv").write_text(text, encoding="utf-8")
    table = read_table(tmp_path / "cameras.csv")
    cameras = {
        name: getattr(table.row(name), "camera", None)
        for name in (
            str(tmp_path / "a.mp4"),
            str(tmp_path / "hall" / "b.jpg"),
            str(tmp_path / "hall" / "deep" / "b.jpg"),
            str(tmp_path / "b.jpg"),
            "rtsp://x/1",
            "elsewhere/a.mp4",
        )
    }
    assert list(cameras.values()) == ["one", "two", "four", None, "three", None]
    with pytest.raises(SourceError, match=r"cannot read .*gone.csv"):
        read_table(tmp_path / "gone.csv")
