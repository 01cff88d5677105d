import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
        wait_until(lambda: reader.dropped >= 36)
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
        pytest.raises(SourceError, match=r"cannot read http.*: Invalid data"),
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
