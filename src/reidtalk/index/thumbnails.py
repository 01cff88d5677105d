"""Small pictures of the people in an index, each in a file of its own."""

from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
import simplejpeg
from jaxtyping import UInt8

from reidtalk.files import write_whole

FOLDER = "thumbnails"
HEIGHT_PX = 320
"""No thumbnail is higher."""
QUALITY = 88


def thumbnail_name(id: str, number: int) -> str:  # noqa: A002 - the word of the trade
    """Where picture `number` of an entry lies, relative to the index."""
    return f"{FOLDER}/{id[:2]}/{id}-{number}.jpg"


def save_thumbnail(folder: Path, name: str, picture: UInt8[np.ndarray, "height width 3"]) -> str:
    """`folder / name` holds the picture, at most `HEIGHT_PX` high; the result is its checksum.

    Raises:
        WriteError: no room.
    """
    height, width = picture.shape[:2]
    if height > HEIGHT_PX:
        shape = (max(1, round(width * HEIGHT_PX / height)), HEIGHT_PX)
        picture = np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.uint8)
    data: bytes = simplejpeg.encode_jpeg(  # type: ignore[attr-defined]
        np.ascontiguousarray(picture), quality=QUALITY
    )
    write_whole(folder / name, data)
    return checksum(data)


def checksum(data: bytes) -> str:
    """Eight hexadecimal digits that change when the file does."""
    return f"{crc32(data):08x}"
