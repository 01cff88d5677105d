import errno
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from io import FileIO
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from written_videos import HEIGHT, WIDTH, number_of, numbered, steady, write_video

from reidtalk.errors import ImageError, SourceError
from reidtalk.video import decode
from reidtalk.video.decode import duration_seconds, frames, recorded_at
from reidtalk.video.people import Frame, Source
from reidtalk.video.reading import Reading
from reidtalk.video.sampling import Sampling


def video(path: Path) -> Source:
    return Source(path=str(path), kind="video")


def naive_frames(path: Path, every_seconds: float) -> list[Frame]:
    """All frames decoded, the first of each interval kept."""
    kept: list[Frame] = []
    first, following = None, 0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            first = frame.time if first is None else first
            interval = int((frame.time - first + 1e-3) // every_seconds)
            if interval >= following:
                following = interval + 1
                kept.append(Frame(frame.to_ndarray(format="rgb24"), frame.time - first))
    return kept


def read_until_error(path: Path, every_seconds: float = 0) -> tuple[list[Frame], str]:
    read: list[Frame] = []
    try:
        for frame in frames(video(path), every_seconds):
            read.append(frame)
    except SourceError as error:
        return read, str(error)
    return read, ""


def assert_same(read: list[Frame], expected: list[Frame]) -> None:
    assert [frame.seconds for frame in read] == pytest.approx([frame.seconds for frame in expected])
    for one, other in zip(read, expected, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)


@pytest.mark.parametrize("every_seconds", [0.1, 0.25, 0.7, 3.0])
@pytest.mark.parametrize(
    ("name", "codec", "between"),
    [
        ("a.mp4", "libx264", 3),
        ("a.mkv", "libx264", 0),
        ("a.ts", "libx264", 2),
        ("a.avi", "mjpeg", None),
        ("b.avi", "mpeg4", 0),
        ("b.mp4", "libx265", 3),
        ("a.webm", "libvpx-vp9", None),
    ],
)
def test_what_sampling_leaves_out_changes_nothing(
    tmp_path: Path, name: str, codec: str, between: int | None, every_seconds: float
) -> None:
    try:
        path = write_video(tmp_path / name, steady(70, 20), codec=codec, between=between)
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"this PyAV does not write {codec}: {error}")
    assert_same(list(frames(video(path), every_seconds)), naive_frames(path, every_seconds))


@settings(max_examples=15, deadline=None)
@given(
    gaps=st.lists(st.integers(5, 900), min_size=1, max_size=25),
    every_seconds=st.sampled_from([0.04, 0.25, 1.0, 2.5]),
    between=st.integers(0, 3),
    group=st.integers(1, 12),
)
def test_variable_frame_rates_are_sampled_by_time(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[int], every_seconds: float, between: int, group: int
) -> None:
    times = [0, *np.cumsum(gaps).tolist()]
    path = write_video(tmp_path_factory.mktemp("vfr") / "a.mkv", times, between=between, group=group)
    read = list(frames(video(path), every_seconds))
    assert_same(read, naive_frames(path, every_seconds))
    for frame in read:
        assert times[number_of(frame.picture)] == pytest.approx(1000 * frame.seconds, abs=2)


@pytest.mark.parametrize("since", [0.3, 2.0, 3.95, 5.7, 20.0])
@pytest.mark.parametrize(
    ("name", "codec", "between", "group"),
    [
        ("a.mp4", "libx264", 3, 10),
        ("a.mp4", "libx264", 3, 1000),  # a single key frame
        ("a.mkv", "libx264", 0, 35),
        ("a.ts", "libx264", 2, 10),
        ("a.avi", "mjpeg", None, 1),
        ("b.avi", "mpeg4", 0, 12),
        ("b.mp4", "libx265", 3, 10),
        ("a.webm", "libvpx-vp9", None, 10),
    ],
)
def test_from_a_later_second_on_the_same_frames_come(
    tmp_path: Path, name: str, codec: str, between: int | None, group: int, since: float
) -> None:
    try:
        path = write_video(tmp_path / name, steady(140, 20), codec=codec, between=between, group=group)
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"this PyAV does not write {codec}: {error}")
    whole = list(frames(video(path), 0.25))
    later = list(frames(video(path), 0.25, since))
    assert_same(later, whole[len(whole) - len(later) :])
    assert len(later) >= sum(frame.seconds >= since for frame in whole)
    assert all(frame.seconds > since - 0.25 for frame in later)


@settings(max_examples=15, deadline=None)
@given(
    gaps=st.lists(st.integers(5, 900), min_size=1, max_size=25),
    share=st.floats(0.05, 1.0),
    every_seconds=st.sampled_from([0.04, 0.25, 1.0]),
    between=st.integers(0, 3),
    group=st.integers(1, 30),
)
def test_variable_frame_rates_are_the_same_from_a_later_second_on(
    tmp_path_factory: pytest.TempPathFactory,
    gaps: list[int],
    share: float,
    every_seconds: float,
    between: int,
    group: int,
) -> None:
    times = [0, *np.cumsum(gaps).tolist()]
    path = write_video(tmp_path_factory.mktemp("vfr") / "a.mp4", times, between=between, group=group)
    whole, since = list(frames(video(path), every_seconds)), share * times[-1] / 1000
    later = list(frames(video(path), every_seconds, since))
    assert_same(later, whole[len(whole) - len(later) :])
    assert len(later) >= sum(frame.seconds >= since for frame in whole)


@pytest.mark.parametrize(("name", "group", "most"), [("a.mp4", 10, 40), ("a.mkv", 10, 40), ("a.ts", 10, 60)])
def test_what_lies_before_is_hardly_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, group: int, most: int
) -> None:
    path = write_video(tmp_path / name, steady(400, 20), group=group)
    decoded = 0
    place = Reading._place

    def counting(self: Reading, frame: av.VideoFrame) -> float:
        nonlocal decoded
        decoded += 1
        return place(self, frame)

    monkeypatch.setattr(Reading, "_place", counting)
    assert len(list(frames(video(path), 0.05, 19.0))) == 20
    assert decoded < 20 + most


def test_seconds_count_from_the_first_frame_from_a_later_second_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [5000 + at for at in steady(40)], group=5)
    assert [frame.seconds for frame in frames(video(path), 0.5, 3.0)] == pytest.approx([3.0, 3.5])


def test_all_frames_come_without_an_interval(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", steady(30))
    assert [number_of(frame.picture) for frame in frames(video(path), 0)] == list(range(30))


def test_seconds_count_from_the_first_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [5000 + at for at in steady(10)])
    assert [frame.seconds for frame in frames(video(path), 0.5)] == pytest.approx([0.0, 0.5])


def test_rare_samples_leave_most_undecoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", steady(200, 20), group=10)
    decoded = 0
    place = Reading._place

    def counting(self: Reading, frame: av.VideoFrame) -> float:
        nonlocal decoded
        decoded += 1
        return place(self, frame)

    monkeypatch.setattr(Reading, "_place", counting)
    read = list(frames(video(path), 5.0))
    assert [frame.seconds for frame in read] == pytest.approx([0.0, 5.0])
    assert decoded < 60


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_phone_videos_are_upright(tmp_path: Path, rotation: int) -> None:
    stored = [np.rot90(numbered(number), k=-rotation // 90).copy() for number in range(4)]
    path = write_video(tmp_path / "a.mp4", steady(4), pictures=stored, rotation=rotation)
    read = [frame.picture for frame in frames(video(path), 0)]
    assert [picture.shape for picture in read] == [(HEIGHT, WIDTH, 3)] * 4
    assert [number_of(picture) for picture in read] == [0, 1, 2, 3]
    red = read[0][4:20, 4:30].mean(axis=(0, 1))
    assert red[0] > 200
    assert red[1] < 60


@pytest.mark.parametrize(
    ("matrix", "seen"),
    [
        ((1, 0, 0, 1), [[1, 2], [3, 4]]),
        ((-1, 0, 0, 1), [[2, 1], [4, 3]]),  # mirrored, as by a front camera
        ((1, 0, 0, -1), [[3, 4], [1, 2]]),
        ((-1, 0, 0, -1), [[4, 3], [2, 1]]),
        ((0, 1, -1, 0), [[3, 1], [4, 2]]),  # a quarter clockwise
        ((0, -1, 1, 0), [[2, 4], [1, 3]]),
        ((0, 1, 1, 0), [[1, 3], [2, 4]]),
    ],
)
def test_display_matrices_by_hand(matrix: tuple[int, int, int, int], seen: list[list[int]]) -> None:
    stored = np.array([[1, 2], [3, 4]], dtype=np.uint8)[..., None].repeat(3, axis=2)
    assert decode._upright(stored, *matrix)[..., 0].tolist() == seen


def test_pixels_are_square(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", steady(3), aspect=Fraction(4, 3))
    assert next(frames(video(path))).picture.shape == (HEIGHT, WIDTH * 4 // 3, 3)


def test_moving_gif_and_webp(tmp_path: Path) -> None:
    pictures = [Image.fromarray(numbered(number)) for number in (0, 20, 40)]
    for name in ("a.gif", "a.webp"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=[100, 200, 300])
        read = list(frames(video(tmp_path / name), 0))
        assert [frame.seconds for frame in read] == pytest.approx([0.0, 0.1, 0.3])
        assert [number_of(frame.picture) for frame in read] == [0, 20, 40]
        assert len(list(frames(video(tmp_path / name), 0.25))) == 2


def test_a_long_last_frame_is_no_missing_end(tmp_path: Path) -> None:
    pictures = [Image.fromarray(numbered(number)) for number in (0, 20, 40)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=[100, 200, 7000])
    assert len(list(frames(video(tmp_path / "a.gif"), 0))) == 3
    slow = write_video(tmp_path / "a.mp4", [0, 5000, 10000, 15000, 20000, 25000], between=3)
    assert len(list(frames(video(slow), 12.0))) == 3


def test_transparent_parts_of_a_gif_are_white(tmp_path: Path) -> None:
    layers = [Image.new("RGBA", (20, 20), (0, 0, 0, 0)) for _ in range(2)]
    layers[1].putpixel((0, 0), (200, 0, 0, 255))
    layers[0].save(tmp_path / "a.gif", save_all=True, append_images=layers[1:], duration=100)
    assert (next(frames(video(tmp_path / "a.gif"))).picture == 255).all()


def test_a_picture_is_one_frame(tmp_path: Path) -> None:
    Image.fromarray(numbered(7)).save(tmp_path / "a.png")
    (frame,) = frames(Source(path=str(tmp_path / "a.png"), kind="picture"))
    assert frame.seconds == 0
    np.testing.assert_array_equal(frame.picture, numbered(7))
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(ImageError, match="it is no picture"):
        list(frames(Source(path=str(tmp_path / "text.jpg"), kind="picture")))


@pytest.mark.parametrize(
    ("name", "codec", "share", "options"),
    [
        ("a.mp4", "libx264", 0.6, {"movflags": "faststart"}),
        ("a.avi", "mpeg4", 0.2, {}),  # most of this short one is its index
        ("a.mkv", "libx264", 0.6, {}),
    ],
)
def test_of_a_truncated_file_the_beginning_comes_then_an_error(
    tmp_path: Path, name: str, codec: str, share: float, options: dict[str, str]
) -> None:
    path = write_video(tmp_path / name, steady(60), codec=codec, options=options, noise=True)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    read, error = read_until_error(path)
    assert 20 <= len(read) <= 50
    assert f"{path} " in error
    assert "at second" in error
    second = float(error.split("at second ")[1].split()[0].rstrip(";"))
    assert second == pytest.approx(read[-1].seconds, abs=0.6)
    assert len(error.splitlines()) == 1


def test_a_damaged_place_in_the_middle_is_left_out(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", steady(60), options={"movflags": "faststart"}, noise=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(data)
    read, error = read_until_error(path)
    assert len(read) > 40
    assert read[-1].seconds == pytest.approx(5.9)
    assert "is damaged at second" in error


class Failing(FileIO):
    """A file of a share that is away from some byte on."""

    failing = True
    from_byte = 0

    def read(self, size: int = -1, /) -> bytes:
        left = Failing.from_byte - self.tell() if Failing.failing else size
        if left <= 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(min(size, left))


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Failing]]:
    """What all files are opened as."""
    monkeypatch.setattr(Path, "open", lambda path, *_given, **_more: Failing(path))
    monkeypatch.setattr(Failing, "failing", True)
    return Failing


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mkv", "libx264"),
        ("a.ts", "libx264"),
        ("a.avi", "mpeg4"),
        ("a.webm", "libvpx-vp9"),
        ("a.gif", "gif"),
    ],
)
@pytest.mark.parametrize("share_read", [0.0, 0.6])
def test_a_file_that_cannot_be_read_just_now_is_not_taken_for_a_damaged_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    share: type[Failing],
    name: str,
    codec: str,
    share_read: float,
) -> None:
    try:
        path = write_video(tmp_path / name, steady(60), codec=codec, noise=True)
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"this PyAV does not write {codec}: {error}")
    monkeypatch.setattr(share, "from_byte", int(share_read * path.stat().st_size))
    read: list[Frame] = []
    with pytest.raises(OSError, match="Input/output error"):
        read.extend(frames(video(path), 0.25))
    assert duration_seconds(video(path)) is None or share_read
    monkeypatch.setattr(share, "failing", False)
    whole = list(frames(video(path), 0.25))
    assert_same(whole, naive_frames(path, 0.25))
    assert duration_seconds(video(path)) == pytest.approx(6.0, abs=0.2)
    assert capfd.readouterr().err == ""


def test_unreadable_files_say_why(tmp_path: Path) -> None:
    (tmp_path / "zero.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video\n" * 50)
    whole = write_video(tmp_path / "tail.mp4", steady(20)).read_bytes()
    (tmp_path / "tail.mp4").write_bytes(whole[: len(whole) // 3])
    for name, why in [
        ("zero.mp4", "the file is empty"),
        ("text.mp4", "it is no video, or cut off before its table of contents"),
        ("tail.mp4", "it is no video, or cut off before its table of contents"),
        ("gone.mp4", "no such file"),
        (".", "it is a folder"),
    ]:
        read, error = read_until_error(tmp_path / name)
        assert not read
        assert why in error
        assert len(error.splitlines()) == 1


def test_damaged_webp(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)) for _ in range(4)]
    noise[0].save(tmp_path / "a.webp", save_all=True, append_images=noise[1:], duration=100)
    data = (tmp_path / "a.webp").read_bytes()
    (tmp_path / "a.webp").write_bytes(data[: len(data) // 2])
    (tmp_path / "zero.webp").touch()
    assert "the file is empty" in read_until_error(tmp_path / "zero.webp")[1]
    assert "no such file" in read_until_error(tmp_path / "gone.webp")[1]
    read, error = read_until_error(tmp_path / "a.webp")
    assert len(read) < 4
    assert "breaks off at second" in error or "it is damaged" in error


def test_a_webp_that_cannot_be_read_just_now_is_not_taken_for_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [Image.fromarray(numbered(number)) for number in (0, 20)]
    pictures[0].save(tmp_path / "a.webp", save_all=True, append_images=pictures[1:], duration=100)

    def gone(*_given: object, **_more: object) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(Image, "open", gone)
    with pytest.raises(OSError, match="Stale file handle"):
        list(frames(video(tmp_path / "a.webp")))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
        )
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match="it holds no video"):
        list(frames(video(tmp_path / "a.mp4")))


def test_huge_frames_are_refused_from_the_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", steady(3))
    monkeypatch.setattr(decode, "MAX_PIXELS", HEIGHT * WIDTH - 1)
    with pytest.raises(SourceError, match=f"its frames have {WIDTH} x {HEIGHT} pixels"):
        list(frames(video(path)))


def test_two_recordings_in_one_file_follow_each_other(tmp_path: Path) -> None:
    first = write_video(tmp_path / "a.ts", steady(20)).read_bytes()
    (tmp_path / "b.ts").write_bytes(first + first)
    read, _ = read_until_error(tmp_path / "b.ts")
    seconds = [frame.seconds for frame in read]
    assert seconds == sorted(set(seconds))
    assert len(read) >= 38
    later = []
    with suppress(SourceError):
        later.extend(frames(video(tmp_path / "b.ts"), 0, 3.0))
    assert_same(later, [frame for frame in read if frame.seconds >= 3.0])
    assert len(later) >= 8


def test_a_header_is_read_once_as_long_as_the_file_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opened = write_video(tmp_path / "a.mp4", steady(20)), []
    really = av.open
    monkeypatch.setattr(av, "open", lambda *given, **more: opened.append(given) or really(*given, **more))
    assert recorded_at(path) is None
    monkeypatch.chdir(tmp_path)
    assert [duration_seconds(video(Path("a.mp4"))) for _ in range(3)] == [pytest.approx(2.0, abs=0.15)] * 3
    assert len(opened) == 1
    monkeypatch.undo()
    write_video(path, steady(40))
    assert duration_seconds(video(path)) == pytest.approx(4.0, abs=0.15)


def test_durations(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        path = write_video(tmp_path / name, steady(20))
        assert duration_seconds(video(path)) == pytest.approx(2.0, abs=0.15)
    (tmp_path / "zero.mp4").touch()
    assert duration_seconds(video(tmp_path / "zero.mp4")) is None
    assert duration_seconds(Source(path="rtsp://camera/1", kind="stream")) is None
    assert duration_seconds(Source(path="a.jpg", kind="picture")) == 0


def test_when_a_video_was_recorded(tmp_path: Path) -> None:
    told = write_video(tmp_path / "a.mp4", steady(3), metadata={"creation_time": "2026-11-24T08:00:00Z"})
    assert recorded_at(told) == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert recorded_at(write_video(tmp_path / "b.mp4", steady(3))) is None
    no_clock = write_video(tmp_path / "c.mp4", steady(3), metadata={"creation_time": "1970-01-01T00:00:00Z"})
    assert recorded_at(no_clock) is None


def test_intervals_by_hand() -> None:
    sampling = Sampling(0.25)
    assert [sampling.takes(at) for at in (0.0, 0.1, 0.2, 0.2495, 0.3, 1.1, 1.2, 1.26)] == [
        True, False, False, True, False, True, False, True,
    ]  # fmt: skip
