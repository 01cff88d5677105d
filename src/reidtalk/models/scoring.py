"""Scores of sentences with pictures, whatever the matcher."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor

from reidtalk.data.ahead import map_ahead
from reidtalk.data.images import from_pil, load_image, resize
from reidtalk.errors import DataError
from reidtalk.models.contract import Matcher
from reidtalk.progress import Bar, progress_bar
from reidtalk.types import PersonImage

Item = TypeVar("Item")
TEXTS_AT_ONCE = 128
"""Sentences of about one length, scored together."""
Picture = PersonImage | str | PathLike[str] | Image.Image


def score(
    matcher: Matcher, sentences: Sequence[str], pictures: Sequence[Picture], *, batch_size: int = 64
) -> Float32[Tensor, "sentences pictures"]:
    """How well each sentence fits each picture (paths or PIL images of any size); higher is better.

    Raises:
        DataError: a sentence without words, a picture that cannot be read.
    """
    if isinstance(sentences, str):
        raise DataError("one sentence by itself", accepted="a list of sentences", do="put it in brackets")
    order = sorted(range(len(sentences)), key=lambda row: len(sentences[row].split()))
    blocks = [
        matcher.encode_texts([sentences[row] for row in rows]) for rows in batched(order, TEXTS_AT_ONCE)
    ]
    features = encode_pictures(matcher, pictures, batch_size=batch_size)
    scores = torch.empty(len(sentences), len(pictures))
    with progress_bar("scoring", len(sentences)) as bar:
        for rows, block in zip(batched(order, TEXTS_AT_ONCE), blocks, strict=True):
            scores[rows] = matcher.score(block, features).cpu()
            bar.advance(len(rows))
    return scores


def encode_pictures(
    matcher: Matcher, pictures: Sequence[Picture], *, batch_size: int = 64, label: str | None = "encoding"
) -> Float[Tensor, "pictures features"]:
    """The matcher's features of all pictures, under a progress bar called `label` (None: without).

    Raises:
        DataError: no pictures.
        ImageError: a picture that cannot be read.
    """
    if not pictures:
        raise DataError("no pictures were given", accepted="one or more paths or PIL images")
    arrays = map_ahead(partial(as_array, size_px=matcher.image_size_px), pictures)
    with progress_bar(label, len(pictures)) as bar:
        return encode_arrays(matcher, arrays, bar, batch_size=batch_size)


def encode_arrays(
    matcher: Matcher, arrays: Iterable[UInt8[np.ndarray, "3 height width"]], bar: Bar, *, batch_size: int
) -> Float[Tensor, "pictures features"]:
    """The matcher's features of at least one picture; `bar` goes on with each batch."""
    features = []
    for batch in batched(arrays, batch_size):
        features.append(matcher.encode_images(torch.from_numpy(np.stack(batch))))
        bar.advance(len(batch))
    return torch.cat(features)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """`items` in lists of `size`, the last one shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def as_array(picture: Picture, size_px: tuple[int, int]) -> UInt8[np.ndarray, "3 height width"]:
    """The picture squashed to height and width `size_px`."""
    if isinstance(picture, Image.Image):
        array = resize(from_pil(picture), size_px)
        return np.ascontiguousarray(array.transpose(2, 0, 1))
    if not isinstance(picture, PersonImage):
        picture = PersonImage(path=Path(picture))
    return load_image(picture, size_px)
