"""How much there is: people, pictures and captions."""

from collections.abc import Collection
from dataclasses import dataclass

from reidtalk.types import PersonImage


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of a split."""

    identities: int
    pictures: int
    captions: int
    first_identity: int | None = None
    """The smallest number of a person; in published counts None where it does not matter."""
    last_identity: int | None = None
    """The largest."""

    def __str__(self) -> str:
        ids = f" (ids {self.first_identity}-{self.last_identity})" if self.first_identity is not None else ""
        return f"{self.identities:,} people{ids}, {self.pictures:,} pictures, {self.captions:,} captions"

    def agrees_with(self, published: "Counts") -> bool:
        """Whether this is what was published; the range of ids counts only where it was published too."""
        if published.first_identity is None:
            published = Counts(
                published.identities,
                published.pictures,
                published.captions,
                self.first_identity,
                self.last_identity,
            )
        return self == published


def count(pictures: Collection[PersonImage]) -> Counts:
    """How many people, pictures and captions `pictures` holds; people of no known number are not counted."""
    identities = {picture.identity for picture in pictures if picture.identity is not None}
    return Counts(
        len(identities),
        len(pictures),
        sum(len(picture.captions) for picture in pictures),
        min(identities, default=None),
        max(identities, default=None),
    )
