import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rtsp_camera import rtsp_camera
from written_videos import number_of, steady, write_video

from reidtalk.errors import ConfigError, SourceError
from reidtalk.video.addresses import without_password
from reidtalk.video.people import Source
from reidtalk.video.streams import LiveStream, StreamSettings

QUICK = StreamSettings(
    every_seconds=0, first_pause_seconds=0.05, give_up_seconds=1.0, silent_seconds=2.0, waiting=500
)


@contextmanager
def served(
    data: bytes, *, whole: bool, drops: int = 0, connections: int = 10**9
) -> Iterator[tuple[str, list[int]]]:
    """The address of a local camera that sends `data`, its length told if `whole`, breaking off the first `drops` times.

    Also gives the list of connections made, as the bytes sent in each. After `connections` there is no camera.
    """
    made: list[int] = []

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if len(made) >= connections:
                self.send_error(503)
                return
            share = data[: len(data) * (3 + len(made)) // 8] if len(made) < drops else data
            made.append(len(share))
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            if whole:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(share)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            pass  # readers that hang up are no error

    server = Server(("127.0.0.1", 0), Camera)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/live", made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.02)


def stream(address: str) -> Source:
    return Source(path=address, kind="stream")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video without any statement of its length, as cameras send it."""
    path = tmp_path_factory.mktemp("live") / "a.mkv"
    return write_video(path, steady(40), options={"live": "1"}, noise=True, between=0).read_bytes()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("recording") / "a.mkv"
    return write_video(path, steady(40), noise=True, between=0).read_bytes()


def test_a_stream_that_drops_three_times_continues(live: bytes) -> None:
    with served(live, whole=False, drops=3) as (address, made):
        camera, stopped = stream(address), threading.Event()
        reader = LiveStream(camera, QUICK, stopped)
        numbers, seconds = [], []
        for frame in reader.frames():
            numbers.append(number_of(frame.picture))
            seconds.append(frame.seconds)
            if len(made) > 3 and numbers[-1] == 39:
                stopped.set()
    assert numbers.count(0) >= 4
    assert numbers[-1] == 39
    assert seconds == sorted(seconds)
    assert seconds[0] == pytest.approx(0, abs=0.01)
    assert reader.reconnections >= 3
    assert reader.started is not None
    assert reader.started.tzinfo is not None


def test_a_recording_goes_on_where_it_broke_and_ends(recording: bytes) -> None:
    with served(recording, whole=True, drops=3) as (address, made):
        reader = LiveStream(
            stream(address), StreamSettings(every_seconds=0, first_pause_seconds=0.02, waiting=2)
        )
        read = list(reader.frames())
    assert [number_of(frame.picture) for frame in read] == list(range(40))
    assert [frame.seconds for frame in read] == pytest.approx([at / 1000 for at in steady(40)])
    assert len(made) == 4
    assert reader.dropped == 0


def test_a_slow_reader_gets_the_newest(live: bytes) -> None:
    with served(live, whole=False) as (address, _):
        settings = StreamSettings(every_seconds=0, first_pause_seconds=9, waiting=2)
        reader = LiveStream(stream(address), settings)
        coming = reader.frames()
        first = next(coming)
        wait_until(lambda: reader.dropped >= 37)
        rest = [number_of(next(coming).picture) for _ in range(2)]
        coming.close()
    assert number_of(first.picture) < 39
    assert rest == [38, 39]
    assert reader.dropped > 10


def test_a_camera_that_stays_away_is_given_up(live: bytes) -> None:
    with served(live, whole=False, connections=1) as (address, _):
        began, read = time.monotonic(), []
        coming = LiveStream(stream(address), QUICK).frames()
        with pytest.raises(SourceError, match=r"no frame for 1 seconds \(.*\); .*what came before is used"):
            read.extend(coming)
    assert len(read) == 40
    assert time.monotonic() - began < 20


def test_a_wrong_address_is_told_at_once_and_without_its_password() -> None:
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"cannot read http://127.0.0.1:9/x: Connection refused") as told:
        list(LiveStream(stream("http://me:secret@127.0.0.1:9/x"), QUICK).frames())
    assert "secret" not in str(told.value)
    assert time.monotonic() - began < 15


def test_what_is_no_video_is_told() -> None:
    with (
        served(b"<html>no video</html>" * 100, whole=True) as (address, _),
        pytest.raises(SourceError, match=r"cannot read http.*: what answers sends no video; .*camera is on"),
    ):
        list(LiveStream(stream(address), QUICK).frames())


def test_the_event_ends_a_stream_that_waits(live: bytes) -> None:
    stopped = threading.Event()
    with served(live, whole=False) as (address, _):
        patient = StreamSettings(every_seconds=0, first_pause_seconds=60, waiting=500)
        coming = LiveStream(stream(address), patient, stopped).frames()
        next(coming)
        threading.Timer(0.2, stopped.set).start()
        began = time.monotonic()
        list(coming)
        assert time.monotonic() - began < 15


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a camera sees, in H.264."""
    return write_video(tmp_path_factory.mktemp("filmed") / "a.mkv", steady(40), noise=True, between=0)


def test_rtsp_with_a_password_and_lost_connections(filmed: Path) -> None:
    with rtsp_camera(filmed, login=("me", "se/c@ret")) as (host, asked):
        stopped, told, numbers = threading.Event(), [], []
        patient = replace(QUICK, give_up_seconds=20.0)
        reader = LiveStream(stream(f"rtsp://me:se%2Fc%40ret@{host}/live"), patient, stopped, told.append)
        for frame in reader.frames():
            numbers.append(number_of(frame.picture))
            if reader.reconnections and numbers[-1] == 39:
                stopped.set()
    assert numbers == [*range(40), *range(40)]
    assert asked.count("DESCRIBE 401") == asked.count("PLAY 200") == 2
    assert reader.started is not None
    assert told == []  # it was there again at once


@pytest.mark.parametrize(
    ("before", "path", "why"),
    [
        ("", "live", r"user or password is missing or wrong \(401\); .*USER:PASSWORD@HOST.*%2F for /"),
        ("me:hush@", "live", r"user or password is missing or wrong \(401\)"),
        ("me:hu/sh@", "live", "it is no address; .*%2F for /"),
        ("me:se%2Fc%40ret@", "nowhere", r"there is nothing at this path \(404\); .*correct the path"),
    ],
)
def test_what_an_rtsp_camera_refuses(filmed: Path, before: str, path: str, why: str) -> None:
    with (
        rtsp_camera(filmed, login=("me", "se/c@ret")) as (host, asked),
        pytest.raises(SourceError, match=rf"cannot read rtsp://{host}/{path}: {why}") as told,
    ):
        list(LiveStream(stream(f"rtsp://{before}{host}/{path}"), QUICK).frames())
    assert "hu" not in str(told.value)
    assert "PLAY 200" not in asked


def test_a_camera_that_hangs_goes_away_and_comes_back(filmed: Path) -> None:
    hasty = StreamSettings(every_seconds=0, first_pause_seconds=0.05, silent_seconds=0.5, waiting=500)
    told: list[str] = []
    with rtsp_camera(filmed, hangs=60) as (host, _):
        reader = LiveStream(stream(f"rtsp://{host}/live"), hasty, tell=told.append)
        coming = reader.frames()
        read = [number_of(next(coming).picture) for _ in range(80)]
    assert read == [*range(40), *range(40)]
    assert reader.reconnections == 1
    wait_until(lambda: bool(told))
    with rtsp_camera(filmed, port=int(host.rpartition(":")[2])):
        assert number_of(next(coming).picture) == 0
    coming.close()
    assert re.fullmatch(r"no picture for \d+ s \(Connection refused\); it is tried again", told[0])
    assert re.fullmatch(r"there again after \d+ s", told[1])


def test_who_accepts_and_says_nothing_is_told() -> None:
    hasty = StreamSettings(silent_seconds=0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"rtsp://127.0.0.1:{mute.getsockname()[1]}/live"
        with pytest.raises(
            SourceError, match=r"cannot read rtsp.*: no answer for 0.3 seconds; .*camera is on"
        ):
            list(LiveStream(stream(address), hasty).frames())


def test_settings_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match=r"give_up_seconds 0; accepted: more than 0"):
        StreamSettings(give_up_seconds=0)
    with pytest.raises(ConfigError, match="waiting 0; accepted: 1 or more"):
        StreamSettings(waiting=0)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://camera/1", "rtsp://camera/1"),
        ("rtsp://me:word@camera:554/1", "rtsp://camera:554/1"),
        ("rtsp://me@camera/1", "rtsp://camera/1"),
        ("RTSPS://me:wo@rd@camera/1", "RTSPS://camera/1"),
        ("rtsp://me:wo/rd@camera/1", "rtsp://camera/1"),
        ("rtsp://me:wo/r@d@camera/1", "rtsp://camera/1"),
        ("rtsp://me:wo?rd@camera/1", "rtsp://camera/1"),
        ("rtsp://me:w#rd@camera/1", "rtsp://camera/1"),
        ("http://[::1]:80/a?mail=a@b", "http://[::1]:80/a?mail=a@b"),
        ("rtsp://camera:554/live@main", "rtsp://camera:554/live@main"),
        (
            "http://camera/a?user=me&password=word&channel=1",
            "http://camera/a?user=***&password=***&channel=1",
        ),
        ("http://camera/a?pwd=w%20d&token=x#y", "http://camera/a?pwd=***&token=***#y"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("a/me:word@b.mp4", "a/me:word@b.mp4"),
    ],
)
def test_addresses_by_hand(address: str, shown: str) -> None:
    assert without_password(address) == shown
    assert without_password(shown) == shown


@given(
    user=st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True),
    word=st.text(st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="?#/"), min_size=4),
)
def test_no_password_is_ever_shown(user: str, word: str) -> None:
    assert without_password(f"rtsp://{user}:{word}@host.example:554/live") == "rtsp://host.example:554/live"
