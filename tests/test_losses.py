"""Losses against hand-made values and plain loops; what holds for every row of LOSSES."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from reidtalk.losses import LOSSES, UNEXPLAINED, accuracy, bce, imitation, infonce


def naive_bce(scores: Tensor, matched: Tensor) -> float:
    losses = []
    for score, match in zip(scores.flatten().tolist(), matched.flatten().tolist(), strict=True):
        probability = 1 / (1 + math.exp(-score))
        losses.append(-math.log(probability if match else 1 - probability))
    return sum(losses) / len(losses)


def naive_infonce(scores: Tensor, matched: Tensor) -> float:
    halves = []
    for grid, right in ((scores, matched), (scores.T, matched.T)):
        losses = []
        for row, match in zip(grid.tolist(), right.tolist(), strict=True):
            if any(match):
                total = sum(math.exp(value) for value in row)
                wanted = [math.log(math.exp(value) / total) for value, m in zip(row, match, strict=True) if m]
                losses.append(-sum(wanted) / len(wanted))
        halves.append(sum(losses) / len(losses))
    return sum(halves) / 2


def naive_sdm(scores: Tensor, matched: Tensor) -> float:
    total = 0.0
    for grid, right in ((scores, matched), (scores.T, matched.T)):
        losses = []
        for row, match in zip(grid.tolist(), right.tolist(), strict=True):
            if any(match):
                shares = [math.exp(value) / sum(map(math.exp, row)) for value in row]
                targets = [m / sum(match) + 1e-8 for m in match]
                losses.append(sum(p * math.log(p / q) for p, q in zip(shares, targets, strict=True)))
        total += sum(losses) / len(losses)
    return total


def naive_tal(scores: Tensor, matched: Tensor) -> float:
    halves = []
    for grid, right in ((scores, matched), (scores.T, matched.T)):
        losses = []
        for row, match in zip(grid.tolist(), right.tolist(), strict=True):
            good = [value for value, m in zip(row, match, strict=True) if m]
            bad = [value for value, m in zip(row, match, strict=True) if not m]
            if good and bad:
                weights = [math.exp(value) for value in good]
                mean = sum(w * v for w, v in zip(weights, good, strict=True)) / sum(weights)
                losses.append(max(0.0, 0.1 / 0.015 + math.log(sum(map(math.exp, bad))) - mean))
        halves.append(sum(losses) / max(1, len(losses)))
    return sum(halves) / 2


NAIVE = {"bce": naive_bce, "infonce": naive_infonce, "sdm": naive_sdm, "tal": naive_tal}
grids = arrays("float64", (3, 4), elements=st.floats(-8, 8))
matches = arrays(bool, (3, 4)).filter(lambda match: match.any())


def test_every_loss_has_a_naive_twin() -> None:
    assert NAIVE.keys() == LOSSES.keys()


@pytest.mark.parametrize("name", LOSSES)
@given(scores=grids, matched=matches)
def test_loss_equals_its_naive_twin(name: str, scores: object, matched: object) -> None:
    grid, right = torch.tensor(scores), torch.tensor(matched)
    loss = LOSSES[name](grid, right)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(NAIVE[name](grid, right), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_is_finite_at_extremes_and_lower_where_matched(name: str) -> None:
    matched = torch.eye(4, dtype=torch.bool)
    good = torch.where(matched, 300.0, -300.0)
    assert torch.isfinite(LOSSES[name](-good, matched))
    assert LOSSES[name](good, matched) < 1e-6 < LOSSES[name](-good, matched)
    moderate = torch.where(matched, 1.0, -1.0)
    assert LOSSES[name](moderate, matched) < LOSSES[name](moderate.roll(1, 0), matched)


def test_no_knowledge_costs_log_two_or_the_log_of_the_choices() -> None:
    zeros = torch.zeros(5, 5)
    matched = torch.eye(5, dtype=torch.bool)
    assert bce(zeros, matched).item() == pytest.approx(math.log(2))
    assert infonce(zeros, matched).item() == pytest.approx(math.log(5))


@pytest.mark.parametrize("name", ["infonce", "sdm", "tal"])
def test_losses_over_the_batch_want_a_grid(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} needs scores \[texts, images\], not \(3,\)"):
        LOSSES[name](torch.zeros(3), torch.ones(3, dtype=torch.bool))


def test_accuracy_counts_the_right_side_of_one_half() -> None:
    scores, matched = torch.tensor([2.0, -1.0, 0.5, -3.0]), torch.tensor([True, True, False, False])
    assert accuracy(scores, matched).item() == 0.5


def test_imitation_is_nothing_for_the_teachers_scores_and_as_a_plain_loop_says_for_others() -> None:
    generator = torch.Generator().manual_seed(4)
    scores, taught = (torch.randn(6, 3, generator=generator) for _ in range(2))
    assert imitation(taught, taught).item() == pytest.approx(0, abs=1e-6)
    apart = 0.0
    for mine, theirs in ((scores, taught), (scores.T, taught.T)):
        for row, wanted in zip(mine.softmax(dim=1).tolist(), theirs.softmax(dim=1).tolist(), strict=True):
            apart += sum(p * math.log(p / q) for p, q in zip(wanted, row, strict=True)) / len(mine)
    one, other = ((grid - grid.mean()) / grid.std() for grid in (scores, taught))
    unexplained = ((one - other) ** 2).sum().item() / 18
    assert imitation(scores, taught).item() == pytest.approx(apart / 2 + UNEXPLAINED * unexplained, rel=1e-5)
