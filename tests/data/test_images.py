import contextlib
import multiprocessing
import os
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from reidtalk.data import load_dataset
from reidtalk.data.images import as_person_images, load_image, read_image, resize
from reidtalk.errors import DataError, ImageError
from reidtalk.types import PersonImage

Pixels = NDArray[np.uint8]


@pytest.fixture
def pixels() -> Pixels:
    """Smooth enough for JPEG, different in every corner."""
    rows, columns = np.mgrid[0:64, 0:40]
    return np.stack([rows * 3, columns * 5, 255 - rows * 2], axis=2).astype(np.uint8)


def png_of(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp", "jpg"])
def test_formats_give_the_same_rgb(tmp_path: Path, pixels: Pixels, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(pixels).save(path, **({"lossless": True} if suffix == "webp" else {"quality": 95}))
    read = read_image(path)
    assert read.dtype == np.uint8
    assert read.shape == (64, 40, 3)
    assert np.abs(read.astype(int) - pixels).max() <= (12 if suffix == "jpg" else 0)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "CMYK"])
def test_modes_give_what_pillow_shows(tmp_path: Path, pixels: Pixels, mode: str) -> None:
    path = tmp_path / ("picture.jpg" if mode == "CMYK" else "picture.png")
    Image.fromarray(pixels).convert(mode).save(path)
    with Image.open(path) as shown:
        expected = np.array(shown.convert("RGB"))
    np.testing.assert_array_equal(read_image(path), expected)


def test_sixteen_bits_lose_their_lower_half(tmp_path: Path, pixels: Pixels) -> None:
    grey = pixels[..., 0].astype(np.uint16) << 8 | 77
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), np.repeat(pixels[..., :1], 3, axis=2))
    cv2.imwrite(str(tmp_path / "color.png"), (pixels.astype(np.uint16) << 8)[..., ::-1])
    np.testing.assert_array_equal(read_image(tmp_path / "color.png"), pixels)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    rgba = np.zeros((2, 2, 4), dtype=np.uint8)
    rgba[0, 0] = (200, 0, 0, 255)
    Image.fromarray(rgba).save(tmp_path / "cut.png")
    read = read_image(tmp_path / "cut.png")
    assert read[0, 0].tolist() == [200, 0, 0]
    assert (read[1] == 255).all()
    Image.fromarray(rgba).convert("P").save(tmp_path / "palette.png", transparency=bytes([0] * 256))
    assert (read_image(tmp_path / "palette.png") == 255).all()


def test_the_first_frame_of_a_gif(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 9), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "moving.gif")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_exif_orientation_is_applied(tmp_path: Path, pixels: Pixels, turn: int, suffix: str) -> None:
    path = tmp_path / f"turned.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    with Image.open(path) as shown:
        expected = np.array(ImageOps.exif_transpose(shown).convert("RGB"))
    np.testing.assert_array_equal(read_image(path), expected)


def test_an_impossible_orientation_is_ignored(tmp_path: Path, pixels: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    Image.fromarray(pixels).save(tmp_path / "odd.jpg", exif=exif)
    assert read_image(tmp_path / "odd.jpg").shape == (64, 40, 3)


@pytest.mark.parametrize("least", [(64, 40), (200, 10), (200, 100), (1, 1), (700, 30)])
def test_a_large_jpeg_may_come_out_smaller_but_not_too_small(tmp_path: Path, least: tuple[int, int]) -> None:
    Image.new("RGB", (400, 800), "teal").save(tmp_path / "large.jpg")
    height, width = read_image(tmp_path / "large.jpg", least)[..., 0].shape
    assert height >= least[0]
    assert width >= least[1]
    assert height == 800 if least == (700, 30) else height <= 400


def test_scaled_decoding_is_close_to_the_whole(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (12, 8, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((400, 600), Image.Resampling.BICUBIC).save(tmp_path / "a.jpg", quality=95)
    whole = resize(read_image(tmp_path / "a.jpg"), (96, 64)).astype(int)
    scaled = resize(read_image(tmp_path / "a.jpg", (96, 64)), (96, 64)).astype(int)
    assert np.abs(whole - scaled).mean() < 2


def test_a_turned_jpeg_is_not_scaled_below_the_size_asked_for(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (800, 400)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg", (390, 50)).shape == (400, 200, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_truncated_files(tmp_path: Path, pixels: Pixels, suffix: str) -> None:
    path = tmp_path / f"half.{suffix}"
    Image.fromarray(pixels).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        ImageError, match=r"cannot read .*half\.\w+: it is damaged \(.*what to do: copy or download it"
    ):
        read_image(path)


def test_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello, this is text")
    (tmp_path / "empty.jpg").touch()
    os.mkfifo(tmp_path / "pipe.jpg")
    cases = {
        "text.jpg": "it is no picture; accepted: a JPEG, PNG, WebP, BMP or GIF picture of at most 100 mil",
        "empty.jpg": "the file is empty",
        "pipe.jpg": "it is no ordinary file",
        ".": "it is a folder; .*search the folder for pictures",
        "missing.jpg": "No such file or directory; .*what to do: see that the file can be read",
        "nul\0byte": "embedded null byte",
        "x" * 300: "File name too long",
    }
    for name, message in cases.items():
        with pytest.raises(ImageError, match=message):
            read_image(tmp_path / name)


def test_a_picture_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(png_of(1, 1))
    (tmp_path / "mine.png").chmod(0)
    if os.access(tmp_path / "mine.png", os.R_OK):
        pytest.skip("this user (root) may read every file")
    with pytest.raises(ImageError, match="Permission denied"):
        read_image(tmp_path / "mine.png")


def huge(suffix: str, path: Path) -> bytes:
    """A file of that format whose header promises 60,000 x 60,000 pixels."""
    if suffix == "png":
        return png_of(60_000, 60_000)
    Image.new("RGB", (64, 64)).save(path)
    data = bytearray(path.read_bytes())
    if suffix == "gif":
        data[6:10] = struct.pack("<HH", 60_000, 60_000)
    elif suffix == "bmp":
        data[18:26] = struct.pack("<ii", 60_000, 60_000)
    else:
        start = data.index(b"\xff\xc0") + 5
        data[start : start + 4] = struct.pack(">HH", 60_000, 60_000)
    return bytes(data)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp"])
def test_sixty_thousand_pixels_square_are_refused_from_the_header(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"huge.{suffix}"
    path.write_bytes(huge(suffix, path))
    tracemalloc.start()
    begun = time.perf_counter()
    with pytest.raises(ImageError, match=r"it has (60000 x 60000|far too many) pixels; .*make it smaller"):
        read_image(path)
    assert time.perf_counter() - begun < 1
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_just_above_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "above.png").write_bytes(png_of(10_001, 10_000))
    with pytest.raises(ImageError, match="it has 10001 x 10000 pixels"):
        read_image(tmp_path / "above.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_an_image_error_or_a_picture(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path / f"p.{suffix}"
    Image.new("RGB", (24, 16), "olive").save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(ImageError):
        assert read_image(path).shape[2] == 3


def test_pillow_warns_of_nothing(tmp_path: Path, pixels: Pixels) -> None:
    """Warnings are errors here: one of the size or the EXIF would come out as another message."""
    (tmp_path / "large.png").write_bytes(png_of(9_900, 9_900))
    with pytest.raises(ImageError, match=r"it is damaged .*truncated"):
        read_image(tmp_path / "large.png")
    for suffix in ("jpg", "png", "webp"):
        Image.fromarray(pixels).save(
            tmp_path / f"a.{suffix}", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12\0"
        )
        assert read_image(tmp_path / f"a.{suffix}").shape == pixels.shape


@pytest.mark.parametrize("source", [(10, 10), (100, 3), (3, 100), (64, 48), (1, 1), (500, 400)])
@pytest.mark.parametrize("target", [(64, 48), (1, 1), (7, 200)])
def test_squashing_keeps_a_plain_colour(source: tuple[int, int], target: tuple[int, int]) -> None:
    picture = np.full((*source, 3), (10, 130, 250), dtype=np.uint8)
    before = picture.copy()
    squashed = resize(picture, target)
    assert squashed.shape == (*target, 3)
    assert (squashed == (10, 130, 250)).all()
    np.testing.assert_array_equal(picture, before)


def test_shrinking_averages_and_growing_interpolates() -> None:
    stripes = np.zeros((4, 4, 3), dtype=np.uint8)
    stripes[::2] = 200
    assert (resize(stripes, (2, 4)) == 100).all()
    assert (resize(stripes, (2, 8)) == 100).all()  # one axis shrinks, the other grows
    assert resize(stripes[:2, :1], (4, 1))[:, 0, 0].tolist() == [200, 150, 50, 0]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 3, 16, 8), dtype=np.uint8)
    with h5py.File(tmp_path / "pack.h5", "w") as file:
        file["images"] = pictures
    return tmp_path / "pack.h5"


def test_rows_of_a_pack(pack: Path) -> None:
    with h5py.File(pack) as file:
        pictures = file["images"][()]
    images = [PersonImage(path=pack, row=row) for row in (2, 0)]
    rows = [load_image(image, (16, 8)) for image in images]
    np.testing.assert_array_equal(rows, pictures[[2, 0]])
    assert load_image(images[0], (8, 8)).shape == (3, 8, 8)


def test_a_file_is_squashed_to_channels_first(tmp_path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    loaded = load_image(PersonImage(path=tmp_path / "a.png"), (32, 20))
    np.testing.assert_array_equal(loaded, resize(pixels, (32, 20)).transpose(2, 0, 1))


def test_a_replaced_pack_is_opened_anew(pack: Path) -> None:
    image = PersonImage(path=pack, row=0)
    load_image(image, (16, 8))
    with h5py.File(pack.with_suffix(".part"), "w") as file:
        file["images"] = np.full((1, 3, 16, 8), 7, dtype=np.uint8)
    pack.with_suffix(".part").replace(pack)
    assert (load_image(image, (16, 8)) == 7).all()


def test_rows_that_are_not_there(pack: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"row 3 of 3 is not there; .*what to do: prepare the pack again"):
        load_image(PersonImage(path=pack, row=3), (16, 8))
    with pytest.raises(ImageError, match="row 0 cannot be read"):
        load_image(PersonImage(path=tmp_path / "none.h5", row=0), (16, 8))
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(ImageError, match="row 0 cannot be read"):
        load_image(PersonImage(path=tmp_path / "text.h5", row=0), (16, 8))


def _sums(pack: Path) -> list[int]:
    images = [PersonImage(path=pack, row=row) for row in range(3)] * 20
    return [int(load_image(image, (700, 500)).sum()) for image in images]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes_read_the_same(pack: Path, method: str) -> None:
    here = _sums(pack)  # the pack is open, and OpenCV warm, before the workers start
    with multiprocessing.get_context(method).Pool(2) as workers:
        assert workers.map(_sums, [pack] * 4, chunksize=1) == [here] * 4


def test_pictures_in_folders_at_all_levels_by_name(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "b/c/3.jpeg", "a/1.jpg", "a/notes.txt", "a/._1.jpg", "0.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = as_person_images([tmp_path, tmp_path / "0.webp"])
    assert [str(image.path.relative_to(tmp_path)) for image in found] == [
        "0.webp",
        "a/1.jpg",
        "b/2.PNG",
        "b/c/3.jpeg",
    ]
    assert (
        as_person_images([tmp_path / "a/notes.txt"])[0].path.name == "notes.txt"
    )  # given by name: as asked for


def test_a_folder_that_may_not_be_looked_into(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    if os.access(closed, os.R_OK):
        pytest.skip("this user (root) may look into every folder")
    with pytest.raises(
        DataError, match=r"cannot look into .*: Permission denied; accepted: pictures or folders"
    ):
        as_person_images([tmp_path])
    for name in ("cuhk-pedes", "folder"):
        with pytest.raises(
            DataError, match=r"cannot look into .*: Permission denied; accepted: a folder that may"
        ):
            load_dataset(name, closed)


def test_paths_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file or folder: .*nowhere; accepted: pictures or folders"):
        as_person_images([tmp_path / "nowhere"])
    with pytest.raises(DataError, match=r"no picture in .*; accepted: files ending in \.jpg .*at any level"):
        as_person_images([tmp_path])
    with pytest.raises(DataError, match="no picture given"):
        as_person_images([])
