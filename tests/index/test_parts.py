"""Long videos are taken in in parts: interrupted, changed or killed, they go on to the same content."""

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext
from functools import cache
from io import FileIO
from pathlib import Path
from threading import Event

import av
import killer
import numpy as np
import pytest
from killer import PARTS
from numpy.typing import NDArray

from reidtalk.cli import main
from reidtalk.index import desk, indexing, reader
from reidtalk.index import index as index_module
from reidtalk.index.index import Index
from reidtalk.index.indexing import opened, planned, take_in
from reidtalk.index.intake import Fault, Intake, Report
from reidtalk.index.ledger import Taken
from reidtalk.index_config import IndexConfig
from reidtalk.models.checkpoint import load_matcher
from reidtalk.video.appearances import PartSettings
from reidtalk.video.people import Appearance, Box, Crop, Frame, Source

PER_SECOND, SECONDS = 5, 70
STARTS = (5, 65, 125, 185, 205, 225, 245, 265)
"""In which frames somebody comes in: with nobody between them at first, then one upon the other."""


def picture(number: int, place: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """A frame of the street."""
    drawn = place.copy()
    for person, start in enumerate(STARTS):
        left = 5 * (number - start)
        if 0 <= left <= 170:
            clothes = np.random.default_rng([seed, person]).integers(0, 120, (2, 3))
            drawn[40:70, left : left + 24], drawn[70:100, left : left + 24] = clothes
    return drawn


def write_street(path: Path, seed: int = 1, seconds: int = SECONDS) -> Path:
    """A video of up to eight people who walk by, each dressed otherwise."""
    rng = np.random.default_rng(seed)
    place = np.kron(rng.integers(170, 230, (15, 25, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    with av.open(str(path), "w") as video:
        track = video.add_stream("libx264", rate=PER_SECOND, options={"g": "40"})
        track.height, track.width = place.shape[:2]
        track.pix_fmt = "yuv420p"
        for number in range(PER_SECOND * seconds):
            frame = av.VideoFrame.from_ndarray(picture(number, place, seed), format="rgb24")
            video.mux(track.encode(frame))
        video.mux(track.encode(None))
    return path


@pytest.fixture(autouse=True, scope="module")
def _one_matcher() -> Iterator[None]:
    """The matcher is loaded once for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_module, "load_matcher", cache(load_matcher))
        yield


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("street") / "street.mp4")


@pytest.fixture
def street(filmed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filmed, tmp_path / "street.mp4"))


def made(to: Path, *sources: Path, parts: PartSettings = PARTS, **more: object) -> Report:
    settings = {"device": "cpu", "detector": "motion", "batch_size": 3, "store": "exact", **more}
    task = planned(IndexConfig(sources=[str(source) for source in sources], to=to, **settings))
    with opened(task.config) as index:
        return take_in(index, task._replace(parts=parts))


def content(index: Path) -> list[tuple[object, ...]]:
    """All that an index holds, comparable to the last bit."""
    with Index.open(index, device="cpu") as there:
        assert there.verify() == []
        thumbnails = {file for file, _, _ in there.ledger.thumbnails()}
        assert {str(file.relative_to(index)) for file in index.rglob("*.jpg")} == thumbnails
        return [
            (one.id, one.source, one.camera, one.start, one.shots, one.track, one.vector.tobytes(),
             one.crop_vectors.tobytes()) for some in there.store.entries() for one in some
        ]  # fmt: skip


@pytest.fixture
def interrupts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many ends of parts Ctrl-C is pressed, counted from now on; empty for never."""
    ends: list[int] = []
    take = desk.Desk.take

    def taking(self: desk.Desk, intake: object, appearance: object) -> None:
        take(self, intake, appearance)
        if appearance is None and ends:
            ends[0] -= 1
            if ends[0] == 0:
                ends.clear()
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(desk.Desk, "take", taking)
    return ends


def test_interrupted_after_each_part_it_goes_on_there_to_the_same_content(
    street: Path, tmp_path: Path, interrupts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = made(tmp_path / "whole", street)
    whole = content(tmp_path / "whole")
    assert (report.taken, report.people, report.unfinished, report.faults) == (1, len(whole), {}, [])
    assert report.footage_seconds == pytest.approx(SECONDS, abs=0.5)
    assert len(whole) >= 8
    since: list[float] = []
    really = reader.frames
    monkeypatch.setattr(reader, "frames", lambda *given: since.append(given[2]) or really(*given))
    reached, people, footage = [0.0], 0, 0.0
    while True:
        interrupts.append(1)
        report = made(tmp_path / "parts", street)
        interrupts.clear()
        people += report.people
        footage += report.footage_seconds
        if not report.unfinished:
            break
        assert report.interrupted
        assert (report.taken, report.skipped) == (0, 0)
        taken = report.unfinished[str(street)]
        assert taken.reached_seconds > reached[-1]
        reached.append(taken.reached_seconds)
        part = content(tmp_path / "parts")
        assert part == [row for row in whole if row[5][-1][0] <= reached[-1]]
    assert len(reached) >= 4
    assert since == [0.0, *(PARTS.lead_since(last) for last in reached[1:])]
    assert (report.taken, report.unfinished) == (1, {})
    assert content(tmp_path / "parts") == whole
    assert people == len(whole)
    assert footage == pytest.approx(SECONDS, abs=1)
    assert made(tmp_path / "parts", street).skipped == 1


def test_what_is_not_seen_yet_is_told(
    street: Path, tmp_path: Path, interrupts: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    interrupts.append(2)
    report = made(tmp_path / "index", street)
    (told,) = (line for line in report.lines() if line.startswith(str(street)))
    assert told.startswith(f"{street}: seen up to 00:00:")
    assert told.endswith(" of 00:01:10; it goes on there")
    seen = told.removesuffix("; it goes on there")
    assert main(["index-info", str(tmp_path / "index"), "--sources"]) == 0
    info = capsys.readouterr().out.splitlines()
    assert seen in info
    assert info[-1].endswith(f"{street}  ({seen.removeprefix(f'{street}: ')})")
    assert main(["index-verify", str(tmp_path / "index")]) == 0
    verified = capsys.readouterr().out.splitlines()
    assert verified == [seen, f"{report.people} appearances, all whole"]
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert len(index.search("a man", top=50)) >= 1
        index.compact()
        assert len(index) == report.people


def test_those_of_finished_parts_leave_the_memory(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "COMMIT_ENTRIES", 1)
    held: list[int] = []
    take = desk.Desk.take

    def taking(self: desk.Desk, intake: object, appearance: object) -> None:
        take(self, intake, appearance)
        held.append(len(self.waiting) + sum(len(one.entries) for one in self.open.values()))

    monkeypatch.setattr(desk.Desk, "take", taking)
    people = made(tmp_path / "parts", street).people
    assert max(held) <= people // 2
    held.clear()
    assert made(tmp_path / "whole", street, parts=PartSettings()).people == max(held)


def test_damage_in_a_part_that_is_done_is_told_at_the_end(
    street: Path, tmp_path: Path, interrupts: list[int]
) -> None:
    data = bytearray(street.read_bytes())
    data[len(data) // 8 : len(data) // 8 + 2000] = bytes(2000)
    street.write_bytes(data)
    (fault,) = made(tmp_path / "whole", street).faults
    assert "is damaged at second" in fault.what
    interrupts.append(2)
    report = made(tmp_path / "parts", street)
    taken = report.unfinished[str(street)]
    assert float(fault.what.split("at second ")[1].split()[0]) < PARTS.lead_since(taken.reached_seconds) - 8
    assert report.faults == []
    assert made(tmp_path / "parts", street).faults == [fault]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> dict[Path, float]:
    """After which share of its bytes a file cannot be read."""
    shares: dict[Path, float] = {}
    really = Path.open

    class Away(FileIO):
        def read(self, size: int = -1, /) -> bytes:
            path = Path(self.name)
            left = int(shares[path] * path.stat().st_size) - self.tell()
            if left <= 0:
                raise OSError(errno.EIO, "Input/output error")
            return super().read(min(size, left))

    def opening(path: Path, *given: object, **more: object) -> object:
        return Away(str(path)) if path in shares else really(path, *given, **more)

    monkeypatch.setattr(Path, "open", opening)
    return shares


def test_of_what_cannot_be_read_just_now_the_last_part_is_left_open_and_the_others_go_on(
    tmp_path: Path, away: dict[Path, float]
) -> None:
    street = write_street(tmp_path / "street.mkv", seconds=30)
    short, other = (write_street(tmp_path / f"{seed}.mkv", seed, seconds=7) for seed in (2, 3))
    made(tmp_path / "whole", street, short, other)
    whole = content(tmp_path / "whole")
    assert {row[1] for row in whole} == {str(street), str(short), str(other)}

    def apart(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """Without the vectors of short videos, which are encoded with those of others."""
        return [row if row[1] == str(street) else row[:6] for row in rows]

    away.update({street: 0.8, short: 0.5})
    report = made(tmp_path / "index", street, short, other)
    assert report.faults == [
        Fault(source=str(path), what=f"cannot read {path.name}: Input/output error")
        for path in (street, short)
    ]
    assert (report.taken, report.skipped, report.interrupted) == (1, 0, False)
    (left,) = report.unfinished.items()
    assert left[0] == str(street)
    reached = left[1].reached_seconds
    assert 8 <= reached < 24
    part = [
        row for row in whole if row[1] == str(other) or (row[1] == str(street) and row[5][-1][0] <= reached)
    ]
    assert apart(content(tmp_path / "index")) == apart(part)
    away.clear()
    report = made(tmp_path / "index", street, short, other)
    assert (report.taken, report.skipped, report.faults, report.unfinished) == (2, 1, [], {})
    assert report.footage_seconds == pytest.approx(30 - reached + 7, abs=1)
    assert apart(content(tmp_path / "index")) == apart(whole)


def test_only_what_is_of_no_source_is_cleared_away(tmp_path: Path) -> None:
    person = np.full((96, 48, 3), 90, np.uint8)
    crop = Crop(picture=person, seconds=1.0, box=Box(0, 0, 48, 96), score=1.0, quality=1.0)
    known, other = (
        Taken(path=f"/{name}.mp4", hash=name, size=1, mtime_ns=1, settings="{}")
        for name in ("known", "other")
    )
    with Index.create(tmp_path / "index", store="exact", device="cpu") as index:

        def taken_in(*sources: Taken, ended: bool) -> desk.Desk:
            at_work = desk.Desk(index, 64, Report(folder=index.folder))
            for taken in sources:
                intake = Intake(source=Source(path=taken.path, kind="video"), taken=taken)
                at_work.take(intake, Appearance(crops=(crop,), track=()))
                if ended:
                    at_work.take(intake, None)
            at_work.encode()
            at_work.keep()
            return at_work

        taken_in(known, ended=True)
        left = taken_in(known, other, ended=False)
        assert len(list(index.folder.rglob("*.jpg"))) == 2
        left.clear_away()
        assert index.verify() == []
        assert len(index) == len(list(index.folder.rglob("*.jpg"))) == 1


def test_what_is_damaged_stays_so_unless_it_changed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = write_street(tmp_path / "street.mkv", seconds=30)
    street.write_bytes(street.read_bytes()[: street.stat().st_size * 6 // 10])
    report = made(tmp_path / "whole", street)
    assert (report.taken, report.unfinished, len(report.faults)) == (1, {}, 1)
    assert "breaks off at second" in report.faults[0].what
    assert made(tmp_path / "whole", street).skipped == 1
    really = reader.frames

    def changing(*given: object) -> Iterator[Frame]:
        try:
            yield from really(*given)
        finally:
            os.utime(street, ns=(0, street.stat().st_mtime_ns + 1))

    monkeypatch.setattr(reader, "frames", changing)
    report = made(tmp_path / "index", street)
    monkeypatch.undo()
    assert [fault.what for fault in report.faults] == [
        "cannot read street.mkv: it was changed, or taken away, meanwhile"
    ]
    assert (report.taken, list(report.unfinished)) == (0, [str(street)])
    whole, reached = content(tmp_path / "whole"), report.unfinished[str(street)].reached_seconds
    assert content(tmp_path / "index") == [row for row in whole if row[5][-1][0] <= reached] != whole
    report = made(tmp_path / "index", street)
    assert (report.taken, report.unfinished, len(report.faults)) == (1, {}, 1)
    assert content(tmp_path / "index") == whole


def test_with_other_settings_or_content_all_of_it_is_replaced(
    street: Path, tmp_path: Path, interrupts: list[int]
) -> None:
    made(tmp_path / "two", street, pictures_kept=2)
    two = content(tmp_path / "two")
    interrupts.append(3)
    made(tmp_path / "index", street)
    assert len(content(tmp_path / "index")) >= 2
    interrupts.append(1)
    report = made(tmp_path / "index", street, pictures_kept=2)
    reached = report.unfinished[str(street)].reached_seconds
    assert content(tmp_path / "index") == [row for row in two if row[5][-1][0] <= reached]
    write_street(street, seed=2)
    interrupts.append(1)
    made(tmp_path / "index", street)
    made(tmp_path / "index", street)
    made(tmp_path / "other", street)
    other = content(tmp_path / "other")
    assert content(tmp_path / "index") == other
    assert not {row[0] for row in other} & {row[0] for row in two}


def test_renamed_or_copied_in_between_it_is_taken_in_once(
    street: Path, tmp_path: Path, interrupts: list[int]
) -> None:
    interrupts.append(2)
    made(tmp_path / "index", street)
    moved = street.rename(tmp_path / "moved.mp4")
    interrupts.append(1)
    made(tmp_path / "index", moved)
    assert {row[1] for row in content(tmp_path / "index")} == {str(moved)}
    copy = Path(shutil.copy(moved, tmp_path / "copy.mp4"))
    report = made(tmp_path / "index", copy, moved)
    assert (report.taken, report.skipped, report.unfinished) == (1, 1, {})
    made(tmp_path / "fresh", copy)
    assert content(tmp_path / "index") == content(tmp_path / "fresh")


@pytest.mark.parametrize("seconds", [14.4, 20.0])  # just come in; nearly gone
def test_interrupted_while_somebody_walks_by_nothing_of_that_walk_stays(
    street: Path, tmp_path: Path, interrupts: list[int], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    interrupts.append(2)
    made(tmp_path / "index", street)
    before = content(tmp_path / "index")
    stopped, really = Event(), reader.frames

    def interrupted(*given: object) -> Iterator[Frame]:
        for frame in really(*given):
            if frame.seconds >= seconds:
                stopped.set()
            yield frame

    monkeypatch.setattr(indexing, "stop_flag", lambda: nullcontext(stopped))
    monkeypatch.setattr(reader, "frames", interrupted)
    moved = street.rename(tmp_path / "moved.mp4")
    reached = made(tmp_path / "index", moved).unfinished[str(moved)].reached_seconds
    kept = [(row[0], str(moved), *row[2:]) for row in before if row[5][-1][0] <= reached]
    assert content(tmp_path / "index") == kept
    assert 0 < len(kept) < len(before)


def test_renamed_it_keeps_all_thumbnails_whenever_the_first_part_is_kept(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "index", street)
    before = content(tmp_path / "index")
    monkeypatch.setattr(desk, "COMMIT_ENTRIES", 2)  # one of the first part, one of the part under way
    monkeypatch.setattr(desk, "COMMIT_SECONDS", 1e9)
    moved = street.rename(tmp_path / "moved.mp4")
    made(tmp_path / "index", moved)
    assert content(tmp_path / "index") == [(row[0], str(moved), *row[2:]) for row in before]


def test_an_index_of_before_there_were_parts_is_searched_and_goes_on(street: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", street)
    before = content(tmp_path / "index")
    with closing(sqlite3.connect(tmp_path / "index" / "ledger.sqlite")) as base:
        base.executescript("alter table sources drop column reached; alter table sources drop column length;")
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert index.info().unfinished == ()
        assert index.search("a man")
        assert not index.ledger.knows_parts
    assert made(tmp_path / "index", street).skipped == 1
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert index.ledger.knows_parts
    assert content(tmp_path / "index") == before


def test_a_video_is_opened_for_its_header_and_for_its_frames(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    really = av.open
    monkeypatch.setattr(av, "open", lambda *given, **more: files.append(given) or really(*given, **more))
    made(tmp_path / "index", street)
    assert len(files) == 2


@pytest.mark.slow
@pytest.mark.parametrize("store", ["exact", "lance"])
def test_killed_at_any_moment_it_goes_on_at_the_last_part_to_the_same_bits(
    street: Path, tmp_path: Path, store: str
) -> None:
    killed = tmp_path / "killed"
    subprocess.run([sys.executable, killer.__file__, street, killed, store, "5", "parts"], check=True)
    whole = content(tmp_path / "killed.whole")
    assert len(whole) >= 8
    assert content(killed) == whole
    kept = map(int, (tmp_path / "killed.kept").read_text().split())
    assert any(0 < people < len(whole) for people in kept)
