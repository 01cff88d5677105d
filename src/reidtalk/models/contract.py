"""What every matcher offers, so that evaluation, search and the index need to know nothing else of it."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from reidtalk.types import Calibration


class UnreadWords(UserWarning):
    """A sentence has more words than the matcher reads; the last ones do not count."""


@runtime_checkable
class Matcher(Protocol):
    """Scores how well a sentence describes the person in a picture."""

    indexable: bool
    """Whether both sides are unit vectors whose scalar product is the score: a vector store can search it."""
    image_size_px: tuple[int, int]
    """Height and width of the pictures `encode_images` takes."""
    calibration: Calibration | None
    """What its scores mean; None where nobody measured it."""
    in_bfloat16: bool
    """Whether it encodes pictures, and GNA-RNN of one layer compares, in bfloat16: faster where the hardware
    has it, scores some thousandths apart."""

    def encode_images(
        self, images: UInt8[Tensor, "images 3 height width"]
    ) -> Float[Tensor, "images features"]:
        """All that depends on the pictures alone, one row each."""
        ...

    def encode_texts(self, sentences: Sequence[str]) -> Any:
        """What `score` needs of the sentences."""
        ...

    def unknown_words(self, sentence: str) -> list[str]:
        """The words of the sentence that it knows nothing of."""
        ...

    def unread_words(self, sentence: str) -> list[str]:
        """The words at the end of the sentence that are more than it reads."""
        ...

    def score(
        self, text_features: Any, image_features: Float[Tensor, "images features"]
    ) -> Float32[Tensor, "texts images"]:
        """A logit or cosine for every sentence with every picture; higher is better."""
        ...


def require_sizes(*sizes: int) -> None:
    """Raises `ValueError` unless all are whole numbers above 0."""
    if wrong := [size for size in sizes if type(size) is not int or size < 1]:
        raise ValueError(f"a size of {wrong[0]!r}")
