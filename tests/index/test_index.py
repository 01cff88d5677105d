"""An index of drawn people: made, searched, changed, killed, moved."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import killer
import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from reidtalk.data import images
from reidtalk.data.drawn import draw_some
from reidtalk.errors import ConfigError, DataError, IndexingError
from reidtalk.index import index as index_module
from reidtalk.index import reader
from reidtalk.index.filters import Filter
from reidtalk.index.index import Index
from reidtalk.index.indexing import index_people
from reidtalk.index.intake import Report
from reidtalk.index.query import Query
from reidtalk.index.reader import Reader
from reidtalk.index.searching import merge_same
from reidtalk.index.stores import open_store
from reidtalk.index_config import IndexConfig
from reidtalk.models import MODELS
from reidtalk.models.checkpoint import load_matcher, save_checkpoint
from reidtalk.video.people import Source

PEOPLE = 24


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder of people, some for each of two cameras, and what is said of them."""
    folder = tmp_path_factory.mktemp("people")
    people = draw_some(range(PEOPLE), seed=11, captions=1, size_px=(128, 64))
    for number, picture in enumerate(people.images):
        file = folder / ("door" if number % 2 else "yard") / f"{number:02d}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(picture.transpose(1, 2, 0)).save(file)
    return folder, [captions[0] for captions in people.captions]


def made(to: Path, *sources: Path, **more: object) -> Report:
    return index_people(IndexConfig(sources=[str(source) for source in sources], to=to, device="cpu", **more))


@pytest.fixture
def people(drawn: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn[0], tmp_path / "people"))


def content(index: Path) -> list[tuple[object, ...]]:
    """All that an index holds, comparable."""
    with Index.open(index, device="cpu") as opened:
        rows = [entry for some in opened.store.entries() for entry in some]
        assert opened.verify() == []
        return [
            (one.id, one.source, one.camera, one.start, one.shots, one.track, one.vector.tobytes(),
             one.crop_vectors.tobytes()) for one in rows
        ]  # fmt: skip


def test_people_are_found_with_the_scores_of_a_search_without_an_index(
    people: Path, drawn, tmp_path: Path
) -> None:
    report = made(tmp_path / "index", people)
    assert (report.taken, report.people, report.faults) == (PEOPLE, PEOPLE, [])
    matcher = load_matcher(None, "cpu", "auto")
    files = sorted(people.rglob("*.png"))
    with Index.open(tmp_path / "index", device="cpu") as index:
        for sentence in drawn[1][:3]:
            found = index.search(sentence, top=5)
            pictures = np.stack([np.asarray(Image.open(file)).transpose(2, 0, 1) for file in files])
            scores = matcher.score(
                matcher.encode_texts([sentence]), matcher.encode_images(torch.from_numpy(pictures))
            )[0]
            order = scores.argsort(descending=True)[:5].tolist()
            assert [match.sighting.source for match in found] == [str(files[place]) for place in order]
            assert [match.score for match in found] == pytest.approx(scores[order].tolist(), abs=1e-3)
            assert found[0].likelihood == pytest.approx(matcher.calibration.likelihood(found[0].score))
            assert found[0].image.path.is_file()
            assert found[0].image.path.parent.parent == tmp_path / "index" / "thumbnails"


def test_what_is_there_is_skipped_and_what_changed_is_replaced(people: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    made(index, people)
    before = content(index)
    again = made(index, people)
    assert (again.taken, again.skipped) == (0, PEOPLE)
    assert content(index) == before
    changed, other = sorted(people.rglob("*.png"))[:2]
    Image.fromarray(255 - np.asarray(Image.open(changed))).save(changed)
    other.touch()
    report = made(index, people)
    assert (report.taken, report.skipped, report.people) == (1, PEOPLE - 1, 1)
    after = content(index)
    assert len(after) == PEOPLE
    assert {row[1] for row in set(before) ^ set(after)} == {str(changed)}
    assert len(list((index / "thumbnails").rglob("*.jpg"))) == PEOPLE


def test_no_picture_is_opened_that_is_there(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, (first, second) = tmp_path / "index", sorted(people.rglob("*.png"))[:2]
    taken = Image.Exif()
    taken.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:24 08:05:09"
    Image.open(first).save(first, exif=taken.tobytes())
    made(index, people)
    starts = {row[1]: row[3] and row[3].isoformat() for row in content(index)}
    assert starts[str(first)] == "2026-11-24T08:05:09+00:00"
    assert starts[str(second)] is None
    opened: list[Path] = []

    def noting(open_file: Callable[..., object]) -> Callable[..., object]:
        return lambda path, *given, **more: opened.append(path) or open_file(path, *given, **more)

    monkeypatch.setattr(images, "_open_file", noting(images._open_file))
    monkeypatch.setattr(Path, "open", noting(Path.open))
    assert made(index, people).skipped == PEOPLE
    assert not {path for path in opened if people in path.parents}
    monkeypatch.undo()
    made(index, first, zone="Europe/Berlin")
    starts = {row[1]: row[3] and row[3].isoformat() for row in content(index)}
    assert starts[str(first)] == "2026-11-24T08:05:09+01:00"
    assert made(index, first, zone="Europe/Berlin").skipped == 1


def test_a_picture_that_changes_while_it_is_read_is_taken_in_the_next_time(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = sorted(people.rglob("*.png"))[3]
    whole = changing.read_bytes()
    changing.write_bytes(whole[: len(whole) // 2])
    really = reader.read_image

    def read(path: Path) -> object:
        if path == changing:
            os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        return really(path)

    monkeypatch.setattr(reader, "read_image", read)
    report = made(tmp_path / "index", people)
    assert (report.taken, [fault.what for fault in report.faults]) == (
        PEOPLE - 1,
        [f"cannot read {changing.name}: it was changed, or taken away, meanwhile"],
    )
    monkeypatch.undo()
    report = made(tmp_path / "index", people)
    assert (report.taken, report.skipped) == (1, PEOPLE - 1)
    assert report.faults[0].what.startswith(f"cannot read {changing.name}: it is damaged")


def test_a_source_is_known_by_the_detector_that_was_used(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = IndexConfig(sources=[str(people)], to=tmp_path / "index", device="cpu")
    video, picture = (Source(path="a", kind=kind) for kind in ("video", "picture"))
    with Index.create(config.to, device="cpu") as index:

        def told(source: Source, detector: str) -> str:
            settings = replace(config, detector=detector)
            asked = Reader(index, settings, Report(folder=config.to), None, None, None)  # type: ignore[arg-type]
            return json.loads(asked.fingerprint(source))["detector"]

        assert [told(video, name) for name in ("auto", "moving", "motion")] == ["moving", "moving", "motion"]
        assert [told(picture, name) for name in ("auto", "moving")] == ["auto", "reidtalk-detector"]
        monkeypatch.setattr(reader, "detector_for", lambda kind: f"better for a {kind}")
        assert [told(one, "auto") for one in (video, picture)] == [
            "better for a video",
            "auto better for a picture",
        ]


def test_a_file_that_moved_is_moved_and_a_copy_is_skipped(people: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    made(index, people)
    first, second = sorted(people.rglob("*.png"))[:2]
    moved = first.with_name("moved.png")
    first.rename(moved)
    shutil.copy(second, second.with_name("copy.png"))
    report = made(index, people)
    assert (report.taken, report.skipped) == (1, PEOPLE)
    sources = {row[1] for row in content(index)}
    assert str(moved) in sources
    assert str(first) not in sources
    assert len(sources) == PEOPLE


def test_sources_are_removed_by_name_folder_or_pattern(people: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    made(index, people)
    with Index.open(index, device="cpu") as opened:
        assert opened.remove(["01.png"]) == [str(people / "door" / "01.png")]
        assert len(opened.remove([str(people / "yard")])) == PEOPLE // 2
        with pytest.raises(DataError, match="no source fits 'nobody'"):
            opened.remove(["nobody"])
        assert len(opened) == PEOPLE // 2 - 1
        assert opened.verify() == []
    assert len(list((index / "thumbnails").rglob("*.jpg"))) == PEOPLE // 2 - 1


def test_damaged_pictures_are_reported_and_the_rest_is_indexed(people: Path, tmp_path: Path) -> None:
    (people / "empty.jpg").write_bytes(b"")
    (people / "text.jpg").write_text("not a picture")
    report = made(tmp_path / "index", people)
    assert report.people == PEOPLE
    assert [Path(fault.source).name for fault in report.faults] == ["empty.jpg", "text.jpg"]
    assert made(tmp_path / "index", people).taken == 0
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert index.info().faulty == 2


def test_filters_cameras_and_groups(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", people / "door", camera="door", start="2026-11-24T08:00+01:00")
    made(tmp_path / "index", people / "yard", camera="yard")
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert index.info().cameras == ("door", "yard")
        everyone = index.search("a man", top=100)
        door = index.search("a man", top=100, keep=Filter(cameras=("door",)))
        assert [match.sighting.id for match in door] == [
            m.sighting.id for m in everyone if m.sighting.camera == "door"
        ]
        assert door[0].sighting.start.isoformat() == "2026-11-24T08:00:00+01:00"
        pages = [index.search("a man", top=5, skip=skip) for skip in (0, 5)]
        assert [m.sighting.id for page in pages for m in page] == [m.sighting.id for m in everyone[:10]]
        assert [m.rank for m in pages[1]] == [6, 7, 8, 9, 10]


def test_pictures_and_finds_are_looked_for_like_words(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", people)
    file = sorted(people.rglob("*.png"))[7]
    with Index.open(tmp_path / "index", device="cpu") as index:
        by_picture = index.search(Query(pictures=(file,)), top=3)
        assert by_picture[0].sighting.source == str(file)
        assert by_picture[0].score == pytest.approx(1, abs=1e-3)
        assert by_picture[0].likelihood is None
        more = index.search(Query(like=(by_picture[0].sighting.id,)), top=3)
        assert [m.sighting.id for m in more[:2]] == [m.sighting.id for m in by_picture[1:]]
        told = index.search(Query(sentences=("a person", "someone in clothes")), top=30)
        both = index.search(Query(sentences=("a person", "someone in clothes"), pictures=(file,)), top=30)
        place = {m.sighting.source: m.rank for m in told}, {m.sighting.source: m.rank for m in both}
        assert place[1][str(file)] <= place[0][str(file)]
        less = index.search(Query(sentences=("a person",), unlike=(told[0].sighting.id,)), top=30)
        assert told[0].sighting.id not in {m.sighting.id for m in less}
        with pytest.raises(DataError, match="no sighting nobody"):
            index.search(Query(like=("nobody",)))
    with pytest.raises(ConfigError, match="nothing to look for"):
        Query(unlike=("x",))


def test_why_tells_each_word(people: Path, drawn, tmp_path: Path) -> None:
    made(tmp_path / "index", people)
    with Index.open(tmp_path / "index", device="cpu") as index:
        for match in index.search(drawn[1][0], top=3, why=True):
            assert "".join(piece for piece, _ in match.words) == drawn[1][0]
            assert any(share for _, share in match.words)


def test_the_same_picture_twice_is_one_match(people: Path, tmp_path: Path) -> None:
    file = sorted(people.rglob("*.png"))[3]
    Image.open(file).save(file.with_name("again.jpg"), quality=92)
    made(tmp_path / "index", people)
    with Index.open(tmp_path / "index", device="cpu") as index:
        found = index.search(Query(pictures=(file,)), top=100)
        assert len(found) == PEOPLE
        assert len(found[0].sighting.same) == 1


def test_groups_are_headed_by_their_best() -> None:
    class One:
        def __init__(self, *vector: float) -> None:
            self.vector = np.array(vector)

    a, b, c, d = One(1, 0), One(0, 1), One(0.999, 0.04), One(0.04, 0.999)
    assert merge_same([a, b, c, d], 0.99) == [[a, c], [b, d]]


def test_another_matcher_is_refused(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", people)
    matcher = load_matcher(device="cpu")
    matcher.log_scale.data += 1
    save_checkpoint(tmp_path / "other", matcher, "dual-encoder", {})
    assert "dual-encoder" in MODELS
    with pytest.raises(IndexingError, match="made with other weights than those in"):
        Index.open(tmp_path / "index", tmp_path / "other", device="cpu")
    with pytest.raises(IndexingError, match="made with other weights"):
        made(tmp_path / "index", people, model=tmp_path / "other")


def test_no_index_and_damaged_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(IndexingError, match="no such folder"):
        Index.open(tmp_path / "nothing")
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(IndexingError, match="has format 99"):
        Index.open(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 1}')
    with pytest.raises(IndexingError, match=r"manifest\.json is damaged"):
        Index.open(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with pytest.raises(IndexingError, match="is there and no index"):
        Index.create(tmp_path / "full")


def test_one_writer_at_a_time(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", people / "door")
    with Index.open(tmp_path / "index", device="cpu") as first, first.writing():
        with pytest.raises(IndexingError, match="another process writes"):
            made(tmp_path / "index", people / "yard")
        assert first.search("a man")
    made(tmp_path / "index", people / "yard")
    assert len(content(tmp_path / "index")) == PEOPLE


def test_an_index_moves_between_stores_and_loses_nothing(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", people, store="exact")
    before = content(tmp_path / "index")
    for store in ("lance", "exact"):
        with Index.open(tmp_path / "index", device="cpu") as index:
            index.move(store)
            assert len(index.search("a man")) == 10
        assert content(tmp_path / "index") == before
    with Index.open(tmp_path / "index", device="cpu") as index, pytest.raises(IndexingError, match="already"):
        index.move("exact")


def test_verify_names_what_is_wrong_and_compact_clears_what_nobody_needs(
    people: Path, tmp_path: Path
) -> None:
    made(tmp_path / "index", people)
    files = sorted((tmp_path / "index" / "thumbnails").rglob("*.jpg"))
    files[0].unlink()
    files[1].write_bytes(b"other")
    stray = files[2].with_name("stray-0.jpg")
    shutil.copy(files[2], stray)
    with Index.open(tmp_path / "index", device="cpu") as index:
        lost = next(iter(index.store.entries()))[0].id
        index.store.remove([lost])
        faults = index.verify()
        assert [fault.split(":")[0] for fault in faults] == ["missing", "changed", "lost from the store"]
        index.compact()
        assert not stray.exists()
        assert {fault.split(":")[0] for fault in index.verify()} <= {"missing", "changed"}
    assert made(tmp_path / "index", people).taken == 1  # whose entry was lost


def test_recordings_that_rotate_keep_everybody(people: Path, tmp_path: Path) -> None:
    """A ring of files, as cameras write them: each takes the content of the one before."""
    ring = tmp_path / "ring"
    ring.mkdir()
    files = sorted(people.rglob("*.png"))
    for number, file in enumerate(files[:3]):
        shutil.copy(file, ring / f"{number}.png")
    made(tmp_path / "index", ring)
    for number in (2, 1):
        (ring / f"{number - 1}.png").replace(ring / f"{number}.png")
    shutil.copy(files[3], ring / "0.png")
    made(tmp_path / "index", ring)
    made(tmp_path / "fresh", ring)
    assert content(tmp_path / "index") == content(tmp_path / "fresh")


def test_a_copy_in_the_same_run_is_skipped(people: Path, tmp_path: Path) -> None:
    first = sorted(people.rglob("*.png"))[0]
    shutil.copy(first, first.with_name("zz.png"))
    report = made(tmp_path / "index", people)
    assert (report.taken, report.skipped, report.people) == (PEOPLE, 1, PEOPLE)


def test_what_cannot_be_read_just_now_stays_known(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "index", people)
    before = content(tmp_path / "index")
    away = sorted(people.rglob("*.png"))[4]
    away.touch()
    whole = Path.open

    def gone(self: Path, *arguments: object, **more: object) -> object:
        if self == away:
            raise OSError(5, "Input/output error")
        return whole(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", gone)
    report = made(tmp_path / "index", people)
    monkeypatch.undo()
    assert [fault.what for fault in report.faults] == [f"cannot read {away.name}: Input/output error"]
    assert content(tmp_path / "index") == before


def test_a_store_with_the_entries_of_another_index_is_left_alone(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "one", people / "door")
    made(tmp_path / "two", people / "yard", store="exact")
    shutil.copytree(tmp_path / "two" / "exact", tmp_path / "one" / "exact")
    with (
        Index.open(tmp_path / "one", device="cpu") as index,
        pytest.raises(IndexingError, match="entries of another index"),
    ):
        index.move("exact")
    with closing(open_store(f"exact:{tmp_path / 'one' / 'exact'}", 384)) as store:
        assert len(store) == PEOPLE // 2
    assert len(content(tmp_path / "one")) == PEOPLE // 2


def test_an_index_that_cannot_be_made_leaves_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(place: str, _: int) -> None:
        raise IndexingError(f"{place} cannot be reached")

    monkeypatch.setattr(index_module, "open_store", unreachable)
    (tmp_path / "empty").mkdir()
    for to in ("new/deep/index", "empty"):
        with pytest.raises(IndexingError, match="cannot be reached"):
            Index.create(tmp_path / to, store="milvus://nowhere:1/people", device="cpu")
    assert list(tmp_path.rglob("*")) == [tmp_path / "empty"]


def test_an_index_that_holds_somebody_or_is_written_to_is_not_discarded(people: Path, tmp_path: Path) -> None:
    made(tmp_path / "index", people / "door" / "01.png")
    with Index.open_unread(tmp_path / "index") as index:
        index.discard_if_empty([tmp_path / "index"])
        assert len(index) == 1
    with Index.create(tmp_path / "new", device="cpu") as new:
        with new.writing():
            new.discard_if_empty([tmp_path / "new"])
        assert (tmp_path / "new" / "manifest.json").is_file()
        new.discard_if_empty([tmp_path / "new"])
        assert not (tmp_path / "new").exists()


def test_sources_are_named_as_they_were_given(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(people)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    made(tmp_path / "index", Path("../link"))
    with Index.open(tmp_path / "index", device="cpu") as index:
        assert len(index.matching_sources(["../link"])) == PEOPLE
        assert len(index.matching_sources(["../link/door/01.png"])) == 1
        for nothing in ([""], "*.png"):
            with pytest.raises(DataError, match="accepted: a list of paths or names, none of them empty"):
                index.remove(nothing)


def test_enough_are_found_among_many_that_show_the_same(people: Path, tmp_path: Path) -> None:
    file = sorted(people.rglob("*.png"))[3]
    for quality in range(70, 95):
        Image.open(file).save(file.with_name(f"again-{quality}.jpg"), quality=quality)
    made(tmp_path / "index", people)
    with Index.open(tmp_path / "index", device="cpu") as index:
        found = index.search(Query(pictures=(file,)), top=3)
        assert len(found) == 3
        assert len(found[0].sighting.same) > 15


def test_one_string_for_several_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"sentences is 'a man'; accepted: several, as in sentences=\('a man',\)"
    ):
        Query(sentences="a man")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="cameras is 'door'"):
        Filter(cameras="door")  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("store", ["exact", "lance"])
def test_killed_at_any_moment_the_index_goes_on_to_the_same_content(
    people: Path, tmp_path: Path, store: str
) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "killed.whole"
    kills = "4" if store == "lance" else "8"
    subprocess.run([sys.executable, killer.__file__, people, killed, store, kills], check=True)
    rows, expected = content(killed), content(whole)
    assert [row[:6] for row in rows] == [row[:6] for row in expected]
    for one, other in zip(rows, expected, strict=True):
        vectors = [np.frombuffer(row[6], np.float32) for row in (one, other)]
        np.testing.assert_allclose(*vectors, atol=4e-3)
    assert not list(killed.rglob(".*.new"))
    assert json.loads((killed / "manifest.json").read_text())["store"] == store
    kept = map(int, (tmp_path / "killed.kept").read_text().split())
    assert any(0 < number < PEOPLE for number in kept)
