"""A drawn walk, from video to search: everybody who walks by is found and followed."""

import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import av
import numpy as np
import pytest
from rich.console import Console

from reidtalk import progress
from reidtalk.box_metrics import overlaps
from reidtalk.data.people.street import Scene
from reidtalk.data.people.walk import draw_walk
from reidtalk.index.entries import Entry
from reidtalk.index.index import Index
from reidtalk.index.indexing import index_people
from reidtalk.index.intake import Fault
from reidtalk.index_config import IndexConfig

PER_SECOND, PEOPLE = 6, 3


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Scene]]:
    """A video, and who is where in each of its frames."""
    file = tmp_path_factory.mktemp("walk") / "walk.mkv"
    rng = np.random.default_rng([5, 3])
    scenes = [
        scene for _, scene in draw_walk(rng, 216, 384, people=PEOPLE, seconds=10, per_second=PER_SECOND)
    ]
    with av.open(str(file), "w") as video:
        track = video.add_stream("libx264", rate=PER_SECOND)
        track.height, track.width = scenes[0].picture.shape[:2]
        track.pix_fmt = "yuv420p"
        for scene in scenes:
            video.mux(track.encode(av.VideoFrame.from_ndarray(scene.picture, format="rgb24")))
        video.mux(track.encode(None))
    return file, scenes


def entries_of(folder: Path) -> list[Entry]:
    with Index.open(folder, device="cpu") as index:
        assert index.verify() == []
        return [entry for some in index.store.entries() for entry in some]


def indexed(source: object, folder: Path) -> list[Entry]:
    index_people(
        IndexConfig(
            sources=[str(source)], to=folder, detector="motion", every_seconds=1 / PER_SECOND, device="cpu"
        )
    )
    return entries_of(folder)


def who(entry: Entry, scenes: list[Scene]) -> int | None:
    """The person whom most of the entry's boxes show; None if nobody."""
    votes: Counter[int] = Counter()
    for seconds, box in entry.track:
        scene = scenes[min(round(seconds * PER_SECOND), len(scenes) - 1)]
        common = overlaps(np.array([box], np.float32), scene.visible)[0]
        if common.size and common.max() > 0.3:
            votes[int(scene.number[common.argmax()])] += 1
    return votes.most_common(1)[0][0] if votes else None


def test_everybody_who_walks_by_is_followed(walk: tuple[Path, list[Scene]], tmp_path: Path) -> None:
    file, scenes = walk
    entries = indexed(file, tmp_path / "index")
    assert PEOPLE <= len(entries) <= 2 * PEOPLE
    for person in range(PEOPLE):
        in_sight = sum(person in scene.number[scene.share > 0.3] for scene in scenes)
        followed = max(len(entry.track) for entry in entries if who(entry, scenes) == person)
        assert followed >= 0.6 * in_sight
    for entry in entries:
        assert 1 <= len(entry.shots) <= 4
        assert all(
            0 <= box.left < box.right <= 384 and 0 <= box.top < box.bottom <= 216 for _, box in entry.track
        )
        assert np.linalg.norm(entry.vector) == pytest.approx(1, abs=1e-3)


def test_a_stream_gives_the_people_of_the_file(walk: tuple[Path, list[Scene]], tmp_path: Path) -> None:
    file, _ = walk
    handler = partial(SimpleHTTPRequestHandler, directory=str(file.parent))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://somebody:secret@127.0.0.1:{server.server_port}/walk.mkv"
        streamed = indexed(address, tmp_path / "stream")
    finally:
        server.shutdown()
        server.server_close()
    from_file = indexed(file, tmp_path / "file")
    lengths = [sorted(len(entry.track) for entry in entries) for entries in (streamed, from_file)]
    np.testing.assert_allclose(*lengths, atol=2)  # a stream's frames are looked at one by one
    assert {entry.source for entry in streamed} == {f"http://127.0.0.1:{server.server_port}/walk.mkv"}
    assert all(entry.start is None for entry in streamed)  # a recording: nobody knows when
    for kept in (tmp_path / "stream").rglob("*"):
        assert kept.is_dir() or b"secret" not in kept.read_bytes()


def test_cameras_are_watched_side_by_side(walk: tuple[Path, list[Scene]], tmp_path: Path) -> None:
    file, _ = walk
    handler = partial(SimpleHTTPRequestHandler, directory=str(file.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = StringIO()
    before = progress.console.set(Console(file=told, width=200))
    try:
        places = [f"http://127.0.0.1:{server.server_port}/walk.mkv?{number}" for number in range(2)]
        missing = f"http://127.0.0.1:{server.server_port}/none.mkv"
        report = index_people(
            IndexConfig(
                sources=[*places, missing, str(file)], to=tmp_path / "index", detector="motion", device="cpu"
            )
        )
    finally:
        progress.console.reset(before)
        server.shutdown()
        server.server_close()
    why = "there is nothing at this path (404); what to do: correct the path; the camera's manual tells it"
    assert report.faults == [Fault(source=missing, what=f"cannot read none.mkv: {why}")]
    assert f"{missing}: {why}" in told.getvalue()
    assert report.taken == 4
    assert {entry.source for entry in entries_of(tmp_path / "index")} == {*places, str(file)}
