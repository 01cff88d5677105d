"""Drawing lots from small weighted tables, fast."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from numpy.random import Generator

Item = TypeVar("Item")


def pick(rng: Generator, weights: Mapping[Item, float]) -> Item:
    """One key of `weights`, with probability proportional to its value."""
    left = rng.random() * sum(weights.values())
    for item, weight in weights.items():
        left -= weight
        if left < 0:
            return item
    return item


def one_of(rng: Generator, items: Sequence[Item]) -> Item:
    """One of `items`, each equally likely."""
    return items[int(rng.random() * len(items))]


def chance(rng: Generator, probability: float) -> bool:
    """True with `probability`."""
    return bool(rng.random() < probability)


def between(rng: Generator, low: float, high: float) -> float:
    """A number spread evenly from `low` to `high`."""
    return low + float(rng.random()) * (high - low)


def about(rng: Generator, centre: float, spread: float) -> float:
    """A number around `centre`, normal with standard deviation `spread`."""
    return centre + float(rng.standard_normal()) * spread
