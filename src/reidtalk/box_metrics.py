"""How good found boxes are: recall, precision and average precision, at an overlap of a half."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

OVERLAP = 0.5


class Found(NamedTuple):
    """The boxes found in one picture."""

    boxes: NDArray[np.floating]
    """[found, 4]: left, top, right, bottom."""
    scores: NDArray[np.floating]
    """[found]."""


class There(NamedTuple):
    """The boxes that are there."""

    boxes: NDArray[np.floating]
    """[people, 4]."""
    ignored: NDArray[np.bool_]
    """[people]: who is neither to be found nor wrong to find."""


class Judgement(NamedTuple):
    """All boxes found, best first over all pictures, and whether each is right."""

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    people: int
    """How many there are to be found."""

    def recall(self, lowest: float) -> float:
        """The share of the people found by boxes of a score of at least `lowest`; 1 where nobody is there."""
        return float(self.right[self.scores >= lowest].sum()) / self.people if self.people else 1.0

    def precision(self, lowest: float) -> float:
        """The share of the boxes of at least that score that are right; 1 where there is none."""
        chosen = self.right[self.scores >= lowest]
        return float(chosen.mean()) if len(chosen) else 1.0

    @property
    def average_precision(self) -> float:
        """The area under precision over recall, precision made falling; 0 to 1, NaN where nobody is there."""
        if not self.people:
            return float("nan")
        right = np.cumsum(self.right)
        precision = right / np.arange(1, len(right) + 1)
        falling = np.maximum.accumulate(precision[::-1])[::-1]
        return float(falling[self.right].sum() / self.people)

    def balanced(self) -> float:
        """The score at which precision and recall have the highest harmonic mean; 1 if nothing is right."""
        if not self.right.any():
            return 1.0
        right = np.cumsum(self.right)
        mean = 2 * right / (np.arange(1, len(right) + 1) + self.people)
        return float(self.scores[int(mean.argmax())])


def overlaps(
    ones: Float[np.ndarray, "ones 4"], others: Float[np.ndarray, "others 4"]
) -> Float[np.ndarray, "ones others"]:
    """Intersection over union of each box with each other one."""
    low = np.maximum(ones[:, None, :2], others[None, :, :2])
    high = np.minimum(ones[:, None, 2:], others[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    areas = (ones[:, 2:] - ones[:, :2]).prod(1)[:, None] + (others[:, 2:] - others[:, :2]).prod(1)
    return np.asarray(common / np.maximum(areas - common, 1e-9))


def judged(found: Sequence[Found], true: Sequence[There]) -> Judgement:
    """Every box of every picture, best first: right if it overlaps somebody by a half whom no better box has.

    Boxes that fit only somebody ignored do not count. Equal scores keep the order of the pictures.
    """
    scores: list[float] = []
    right: list[bool] = []
    for one, people in zip(found, true, strict=True):
        order = np.argsort(-one.scores, kind="stable")
        common = overlaps(one.boxes[order].reshape(-1, 4), people.boxes.reshape(-1, 4))
        free = ~people.ignored
        for score, row in zip(one.scores[order].tolist(), common, strict=True):
            fitting = np.where(free, row, 0)
            if len(row) and fitting.max() >= OVERLAP:
                free[int(fitting.argmax())] = False
                scores.append(score)
                right.append(True)
            elif not (row[people.ignored] >= OVERLAP).any():
                scores.append(score)
                right.append(False)
    order = np.argsort(-np.array(scores, np.float64), kind="stable")
    there = sum(int((~people.ignored).sum()) for people in true)
    return Judgement(np.array(scores, np.float64)[order], np.array(right, bool)[order], there)
