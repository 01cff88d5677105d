"""Training batches: which pictures and captions of a step, and which of them belong together.

Batch N follows from the seed and N alone, so a run can go on from any step, in any number of processes.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from numpy.random import Generator, default_rng
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from reidtalk.data.images import load_image
from reidtalk.data.words import Vocabulary
from reidtalk.errors import DataError, ReidtalkError
from reidtalk.interrupts import ignore_interrupts
from reidtalk.types import PersonImage, identity_of


class Batch(NamedTuple):
    """The i-th text stands with the i-th picture; the first `batch_size` are positives."""

    images: UInt8[Tensor, "pairs 3 height width"]
    indices: Int64[Tensor, "pairs words"]
    lengths: Int64[Tensor, " pairs"]
    image_identities: Int64[Tensor, " pairs"]
    text_identities: Int64[Tensor, " pairs"]


class Pairs(NamedTuple):
    """Numbers of pictures: whose caption with which picture."""

    texts: list[int]
    images: list[int]


def sample_pairs(identities: Sequence[int], batch_size: int, neg_time: int, step: int, seed: int) -> Pairs:
    """`batch_size` positives, then `neg_time` times as many negatives, for step `step`.

    Positives take the pictures in an order shuffled anew for each pass. A negative pair is two random
    pictures of different people, the picture of one and a caption of the other.

    Reference: the 2017 release's DataLoader. Differs: its order is the same in each pass, and its negatives
    may be of one person by chance.
    """
    total = len(identities)
    positives = []
    for position in range(step * batch_size, (step + 1) * batch_size):
        turn, place = divmod(position, total)
        positives.append(int(shuffled(total, turn, seed)[place]))
    rng = default_rng([seed, 1, step])
    negatives = [two_people(identities, rng) for _ in range(batch_size * neg_time)]
    texts = positives + [text for text, _ in negatives]
    return Pairs(texts, positives + [image for _, image in negatives])


@lru_cache(maxsize=2)
def shuffled(total: int, turn: int, seed: int) -> np.ndarray:
    """The numbers below `total` in the order of pass `turn`; the last two passes are remembered."""
    return default_rng([seed, 0, turn]).permutation(total)


def two_people(identities: Sequence[int], rng: Generator) -> tuple[int, int]:
    """Two random pictures of different people."""
    while True:
        one, other = rng.integers(len(identities), size=2).tolist()
        if identities[one] != identities[other]:
            return one, other


class PairBatches(Dataset[Batch]):
    """Batch N of a split, by its number; a pure function of the seed and N."""

    def __init__(
        self,
        images: Sequence[PersonImage],
        vocabulary: Vocabulary,
        *,
        image_size_px: tuple[int, int],
        crop_size_px: tuple[int, int],
        max_length: int,
        batch_size: int,
        neg_time: int,
        seed: int,
    ) -> None:
        self.images = [image for image in images if image.captions]
        self.identities = [identity_of(image, row) for row, image in enumerate(self.images)]
        if len(set(self.identities)) < 2:
            raise DataError(
                f"the training split has {len(set(self.identities))} people with captions",
                accepted="two or more, so that negative pairs exist",
                do="check the data set's splits with reidtalk check",
            )
        self.vocabulary, self.max_length = vocabulary, max_length
        self.image_size_px, self.crop_size_px = image_size_px, crop_size_px
        self.batch_size, self.neg_time, self.seed = batch_size, neg_time, seed

    def __getitem__(self, step: int) -> Batch:
        """The pictures (cropped at random) and captions of step `step`."""
        pairs = sample_pairs(self.identities, self.batch_size, self.neg_time, step, self.seed)
        rng = default_rng([self.seed, 2, step])
        captions = [str(rng.choice(self.images[row].captions)) for row in pairs.texts]
        pictures = [
            random_crop(self.images[row], self.image_size_px, self.crop_size_px, rng) for row in pairs.images
        ]
        indices, lengths = self.vocabulary.encode_batch(captions, self.max_length)
        return Batch(
            torch.from_numpy(np.stack(pictures)),
            torch.from_numpy(indices),
            torch.from_numpy(lengths),
            torch.tensor([self.identities[row] for row in pairs.images]),
            torch.tensor([self.identities[row] for row in pairs.texts]),
        )


def random_crop(
    image: PersonImage, image_size_px: tuple[int, int], crop_size_px: tuple[int, int], rng: Generator
) -> UInt8[np.ndarray, "3 height width"]:
    """The picture squashed to `image_size_px` and cropped to `crop_size_px` at a random place."""
    picture = load_image(image, image_size_px)
    height, width = crop_size_px
    top = int(rng.integers(image_size_px[0] - height + 1))
    left = int(rng.integers(image_size_px[1] - width + 1))
    return picture[:, top : top + height, left : left + width]


Read = TypeVar("Read", covariant=True)


class ErrorsAsValues(Dataset[Read | ReidtalkError]):
    """A data set that gives a user's error back instead of raising it: so it leaves a worker unharmed."""

    def __init__(self, dataset: Dataset[Read]) -> None:
        self.dataset = dataset

    def __getitem__(self, step: int) -> Read | ReidtalkError:
        """Batch `step`, or why it cannot be had."""
        try:
            return self.dataset[step]
        except ReidtalkError as error:
            return error


def load_batches(
    dataset: Dataset[Read], numbers: Iterable[int], *, workers: int, pin_memory: bool = False
) -> Iterator[Read]:
    """The batches of `dataset` with these `numbers`, in order, read ahead by `workers` processes.

    Raises:
        DataError: a batch cannot be read.
    """
    loader = DataLoader(
        ErrorsAsValues(dataset),
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        worker_init_fn=ignore_interrupts,
        pin_memory=pin_memory,
        prefetch_factor=4 if workers else None,
    )
    for batch in loader:
        if isinstance(batch, ReidtalkError):
            raise batch
        yield batch
