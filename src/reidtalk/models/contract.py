"""What every matcher offers, so that evaluation, search and the index need to know nothing else of it."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from reidtalk.types import Calibration


@runtime_checkable
class Matcher(Protocol):
    """Scores how well a sentence describes the person in a picture."""

    indexable: bool
    """Whether both sides are unit vectors whose scalar product is the score: a vector store can search it."""
    image_size_px: tuple[int, int]
    """Height and width of the pictures `encode_images` takes."""
    calibration: Calibration | None
    """What its scores mean; None where nobody measured it."""

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

    def score(
        self, text_features: Any, image_features: Float[Tensor, "images features"]
    ) -> Float32[Tensor, "texts images"]:
        """A logit or cosine for every sentence with every picture; higher is better."""
        ...
