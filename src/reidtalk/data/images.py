"""Pictures as arrays: read, squash, load. Always uint8 RGB, upright."""

import os
import stat
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import h5py
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from reidtalk.errors import DataError, ImageError
from reidtalk.types import PersonImage

MAX_PIXELS = 100_000_000
"""A larger picture is refused from its header: no camera makes it, and it would fill the memory."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
"""What counts as a picture in a folder."""

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
_ACCEPTED = f"a JPEG, PNG, WebP, BMP or GIF picture of at most {MAX_PIXELS // 1_000_000} million pixels"
_LARGE_FILE_BYTES = 64_000_000
_EXIF_ORIENTATION = 0x0112
_EXIF_WITHIN_BYTES = 65_536
"""EXIF that begins later in a file is not looked for."""
_WEBP_EXIF = 0x08

Picture = NDArray[np.uint8]


def read_image(path: Path, at_least_px: tuple[int, int] | None = None) -> Picture:
    """The picture in `path`, upright, as RGB [height, width, 3].

    Transparent parts are white; of a moving GIF or WebP it is the first frame. `at_least_px` (height, width)
    lets a large JPEG come out smaller, and sooner, but not below that size.

    Raises:
        ImageError: `path` is missing, no picture, damaged, too large, or may not be read.
    """
    try:
        with _open_file(path) as file:
            is_jpeg = file.read(3) == b"\xff\xd8\xff"
            file.seek(0)
            if is_jpeg and os.fstat(file.fileno()).st_size <= _LARGE_FILE_BYTES:
                picture = _decode_jpeg(path, file.read(), at_least_px)
                if picture is not None:
                    return picture
                file.seek(0)
            return _decode_any(path, file)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error), "see that the file can be read") from None
    except ValueError as error:  # a name no file can have
        raise _unreadable(path, str(error), "correct the name") from None


def _open_file(path: Path) -> BinaryIO:
    kind = os.stat(path).st_mode  # noqa: PTH116 - a third faster than Path.stat, once per picture
    if stat.S_ISDIR(kind):
        raise _unreadable(path, "it is a folder", "give a picture, or search the folder for pictures")
    if not stat.S_ISREG(kind):  # opening a pipe would wait for ever
        raise _unreadable(path, "it is no ordinary file", "give a picture file")
    return open(path, "rb")  # noqa: PTH123 - the caller closes it


def _decode_jpeg(path: Path, data: bytes, at_least_px: tuple[int, int] | None) -> Picture | None:
    """The picture; None when this quick decoder is not the one for it (CMYK, or not quite in order)."""
    try:
        header: Any = simplejpeg.decode_jpeg_header(data)  # type: ignore[attr-defined]
        _require_size(path, header[0], header[1])
        if header[2] not in ("YCbCr", "Gray", "RGB"):
            return None
        turn = _exif_orientation(data)
        height, width = at_least_px or (1 << 30, 1 << 30)
        if turn >= 5:
            height, width = width, height
        picture = simplejpeg.decode_jpeg(  # type: ignore[attr-defined]
            data, min_height=height, min_width=width, min_factor=2
        )
        return _upright(picture, turn)
    except ValueError:
        return None


def _decode_any(path: Path, file: BinaryIO) -> Picture:
    try:
        with _quiet():
            picture = Image.open(file, formats=_FORMATS)  # reads the header only
        with picture:
            _require_size(path, picture.height, picture.width)
            pixels = _to_rgb(picture)
            with _quiet():
                turn = _valid_turn(picture.getexif().get(_EXIF_ORIENTATION))
            return _upright(pixels, turn)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(path, "far too many") from None
    except MemoryError:
        raise _unreadable(path, "not enough memory for it", "make the picture smaller") from None
    except Exception as error:  # Pillow's readers raise almost anything on damaged files
        raise _damaged(path, file, error) from None


_warning_filters = threading.RLock()
# A worker forked while a thread holds the lock would wait for ever: fork when it is free.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_warning_filters.acquire,
        after_in_parent=_warning_filters.release,
        after_in_child=_warning_filters.release,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow says nothing of odd headers; one thread at a time, as Python has one set of filters."""
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def from_pil(picture: Image.Image) -> Picture:
    """The picture as `read_image` reads it from a file: upright, RGB, transparent parts white."""
    return _upright(_to_rgb(picture), _valid_turn(picture.getexif().get(_EXIF_ORIENTATION)))


def _to_rgb(picture: Image.Image) -> Picture:
    if picture.mode.startswith("I"):  # 16 bits of grey
        grey = np.clip(np.asarray(picture).astype(np.int32) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return np.array(paper)
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _exif_orientation(data: bytes) -> int:
    """The EXIF orientation of a JPEG, 1 (upright) to 8; 1 where none is told."""
    if b"Exif\0\0" not in data[:65536]:
        return 1
    with _quiet():
        exif = Image.Exif()
        start = data.index(b"Exif\0\0")
        try:
            exif.load(data[start : start + 65536])
            return _valid_turn(exif.get(_EXIF_ORIENTATION))
        except Exception:  # damaged EXIF raises almost anything; the picture itself may be in order
            return 1


def read_exif(path: Path) -> dict[int, Any]:
    """The EXIF of the picture in `path`, by tag; empty where there is none or it is damaged.

    The picture is not decoded.
    """
    try:
        with _open_file(path) as file:
            if not _may_have_exif(file.read(_EXIF_WITHIN_BYTES)):
                return {}
            file.seek(0)
            with _quiet(), Image.open(file, formats=_FORMATS) as picture:
                exif = Image.Exif()
                exif.load(picture.info.get("exif", b""))
                return dict(exif) | exif.get_ifd(ExifTags.IFD.Exif)
    except (
        Exception
    ):  # Pillow's readers raise almost anything on damaged files; reading the picture will tell
        return {}


def _may_have_exif(head: bytes) -> bool:
    """Whether a file that begins with `head` is worth Pillow's time."""
    if head[12:16] == b"VP8X" and len(head) > 20:  # WebP
        return bool(head[20] & _WEBP_EXIF)
    return b"Exif\0\0" in head or b"eXIf" in head


def _valid_turn(value: Any) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(picture: Picture, turn: int) -> Picture:
    """The picture as EXIF orientation `turn` says it was meant."""
    if turn >= 5:
        picture = picture.transpose(1, 0, 2)
    if turn in (3, 4, 7, 8):
        picture = picture[::-1]
    if turn in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    return np.ascontiguousarray(picture)


def resize(picture: Picture, size_px: tuple[int, int]) -> Picture:
    """`picture` [height, width, 3] squashed to `size_px` (height, width), whatever its aspect.

    An axis that shrinks is averaged over areas, one that grows is interpolated linearly.
    """
    height, width = picture.shape[:2]
    smaller = (min(height, size_px[0]), min(width, size_px[1]))
    for wanted, method in ((smaller, cv2.INTER_AREA), (size_px, cv2.INTER_LINEAR)):
        if picture.shape[:2] != wanted:
            resized: Any = cv2.resize(picture, wanted[::-1], interpolation=method)
            picture = resized
    return picture


def load_image(image: PersonImage, size_px: tuple[int, int]) -> Picture:
    """The picture of `image`, from its file or pack, as RGB [3, height, width] of `size_px` (height, width).

    Raises:
        ImageError: as `read_image`, or the pack has no such row.
    """
    if image.row is None:
        picture = resize(read_image(image.path, size_px), size_px)
        return np.ascontiguousarray(picture.transpose(2, 0, 1))
    packed = _read_row(image.path, image.row)
    if packed.shape[1:] == tuple(size_px):
        return packed
    picture = resize(np.ascontiguousarray(packed.transpose(1, 2, 0)), size_px)
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


def _read_row(path: Path, row: int) -> Picture:
    try:
        facts = path.stat()
        pictures = _open_pack(path, os.getpid(), facts.st_ino, facts.st_mtime_ns)
        if not 0 <= row < len(pictures):
            raise _unreadable(path, f"row {row} of {len(pictures)} is not there", "prepare the pack again")
        return np.asarray(pictures[row], dtype=np.uint8)
    except (OSError, KeyError, AttributeError, TypeError) as error:
        raise _unreadable(path, f"row {row} cannot be read ({error})", "prepare the pack again") from None


@lru_cache(maxsize=4)
def _open_pack(path: Path, process: int, inode: int, changed: int) -> Any:  # noqa: ARG001
    """`/images` of a pack. Kept open by each process of its own; opened anew when the file was replaced."""
    return h5py.File(path, "r", locking=False)["images"]  # type: ignore[attr-defined,no-untyped-call]


def as_person_images(paths: Iterable[Path]) -> list[PersonImage]:
    """The pictures in `paths`, each once: files as given, folders searched through all levels, by name.

    Raises:
        DataError: a path is missing or may not be read, or a folder holds no picture.
    """
    found = [file for path in paths for file in _pictures_in(Path(path))]
    if not found:
        raise DataError(
            "no picture given", accepted="pictures or folders of pictures", do="give at least one"
        )
    return [PersonImage(path=path) for path in dict.fromkeys(found)]


def _pictures_in(path: Path) -> list[Path]:
    try:
        found = sorted(_walk(path)) if path.is_dir() else [path] if path.exists() else None
    except OSError as error:
        raise DataError(
            f"cannot look into {path}: {error.strerror or error}",
            accepted="pictures or folders of pictures",
            do="see that it can be read",
        ) from None
    if found is None:
        raise DataError(
            f"no such file or folder: {path}",
            accepted="pictures or folders of pictures",
            do="correct the path",
        )
    if not found:
        raise DataError(
            f"no picture in {path}",
            accepted=f"files ending in {' '.join(SUFFIXES)}, at any level",
            do="give another folder",
        )
    return found


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for inner, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(inner, name)


def _require_size(path: Path, height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise _too_large(path, f"{width} x {height}")


def _too_large(path: Path, pixels: str) -> ImageError:
    return _unreadable(path, f"it has {pixels} pixels", "make it smaller, or cut out the person")


def _damaged(path: Path, file: BinaryIO, error: Exception) -> ImageError:
    if os.fstat(file.fileno()).st_size == 0:
        return _unreadable(path, "the file is empty", "copy or download it again")
    if isinstance(error, UnidentifiedImageError):
        return _unreadable(path, "it is no picture", "give a picture, or take the file away")
    return _unreadable(path, f"it is damaged ({error})", "copy or download it again")


def _unreadable(path: Path, why: str, do: str) -> ImageError:
    return ImageError(f"cannot read {path}: {why}", accepted=_ACCEPTED, do=do)
