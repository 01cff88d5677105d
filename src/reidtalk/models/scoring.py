"""Scores of sentences with pictures, whatever the matcher."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor

from reidtalk.data.images import load_image, resize
from reidtalk.errors import DataError
from reidtalk.models.contract import Matcher
from reidtalk.progress import track
from reidtalk.types import PersonImage

Picture = PersonImage | str | PathLike[str] | Image.Image


def score(
    matcher: Matcher, sentences: Sequence[str], pictures: Sequence[Picture], *, batch_size: int = 64
) -> Float32[Tensor, "sentences pictures"]:
    """How well each sentence fits each picture (paths or PIL images of any size); higher is better.

    Raises:
        DataError: a sentence without words, a picture that cannot be read.
    """
    text_features = matcher.encode_texts(list(sentences))
    return matcher.score(text_features, encode_pictures(matcher, pictures, batch_size=batch_size)).cpu()


def encode_pictures(
    matcher: Matcher, pictures: Sequence[Picture], *, batch_size: int = 64, quiet: bool = False
) -> Float[Tensor, "pictures features"]:
    """The matcher's features of all pictures; the next batch is read while one is encoded.

    A progress bar shows unless `quiet`.

    Raises:
        DataError: no pictures.
        ImageError: a picture that cannot be read.
    """
    if not pictures:
        raise DataError("no pictures were given", accepted="one or more paths or PIL images")
    batches = [pictures[start : start + batch_size] for start in range(0, len(pictures), batch_size)]
    ready: Iterable[UInt8[np.ndarray, "images 3 height width"]] = read_ahead(batches, matcher.image_size_px)
    if not quiet:
        ready = track(ready, total=len(batches), label="encoding")
    return torch.cat([matcher.encode_images(torch.from_numpy(images)) for images in ready])


def read_ahead(
    batches: Sequence[Sequence[Picture]], size_px: tuple[int, int]
) -> Iterator[UInt8[np.ndarray, "images 3 height width"]]:
    """Each batch as an array, read by two threads, one batch ahead."""
    with ThreadPoolExecutor(2) as pool:

        def start(batch: Sequence[Picture]) -> Iterator[UInt8[np.ndarray, "3 height width"]]:
            return pool.map(lambda picture: as_array(picture, size_px), batch)

        waiting = start(batches[0])
        for following in batches[1:]:
            ready, waiting = waiting, start(following)
            yield np.stack(list(ready))
        yield np.stack(list(waiting))


def as_array(picture: Picture, size_px: tuple[int, int]) -> UInt8[np.ndarray, "3 height width"]:
    """The picture squashed to height and width `size_px`."""
    if isinstance(picture, Image.Image):
        array = resize(np.asarray(picture.convert("RGB")), size_px)
        return np.ascontiguousarray(array.transpose(2, 0, 1))
    if not isinstance(picture, PersonImage):
        picture = PersonImage(path=Path(picture))
    return load_image(picture, size_px)
