"""What every vector store offers, so that the index needs to know nothing else of it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from reidtalk.index.damage import Checkup
from reidtalk.index.entries import Entry, Hit
from reidtalk.index.filters import Filter


class Store(Protocol):
    """Keeps entries and finds those whose vectors are nearest.

    What is added or removed is there, whole, after the call returned, even if the process is killed then;
    killed within the call, it is there wholly or not at all.
    """

    width: int
    """Features of a vector."""

    def add(self, entries: Sequence[Entry]) -> None:
        """The entries are kept; one with the id of another takes its place.

        Raises:
            IndexingError: vectors of another width.
            WriteError: no room, or no permission.
        """
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """None of the `ids` is kept any more; unknown ones are let be."""
        ...

    def search(
        self, queries: Float32[np.ndarray, "queries features"], most: int, keep: Filter
    ) -> list[list[Hit]]:
        """For each query the `most` nearest entries that pass, best first; of equal ones the lower id."""
        ...

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """The entries with these ids, in this order; unknown ones are left out."""
        ...

    def entries(self, at_once: int = 1024) -> Iterator[list[Entry]]:
        """All entries, ordered by id, some at once."""
        ...

    def ids(self) -> list[str]:
        """All ids in order."""
        ...

    def compact(self) -> None:
        """Room that nothing needs is given back, and what makes searching fast is rebuilt."""
        ...

    def tidy(self) -> None:
        """What makes searching fast is as after `compact`; room is given back if that pays."""
        ...

    def check(self) -> Checkup:
        """What is wrong with what is kept; all of it is read, from where it is kept first."""
        ...

    def close(self) -> None:
        """Files and connections are let go."""
        ...

    def __len__(self) -> int: ...
