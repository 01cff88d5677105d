"""One step of each optimiser by hand; decay and clamp."""

import pytest
import torch
from torch import nn

from reidtalk.optimizers import build_optimizer, clamp_gradients, decay

GRADIENTS = [0.5, -2.0, 1.0]
RATE, ALPHA, BETA, EPSILON = 0.1, 0.8, 0.999, 1e-8


def by_hand(name: str) -> float:
    """The parameter after three steps from 1.0, written out as the 2017 release's optim_updates.lua does."""
    x, m, v = 1.0, 0.0, 0.0
    for step, g in enumerate(GRADIENTS, start=1):
        if name == "sgd":
            x -= RATE * g
        elif name == "sgdm":
            v = ALPHA * v + RATE * g
            x -= v
        elif name == "sgdmom":
            before = m
            m = ALPHA * m - RATE * g
            x += -ALPHA * before + (1 + ALPHA) * m
        elif name == "adagrad":
            m += g * g
            x -= RATE * g / (m**0.5 + EPSILON)
        elif name == "rmsprop":
            m = ALPHA * m + (1 - ALPHA) * g * g
            x -= RATE * g / (m**0.5 + EPSILON)
        elif name == "adam":
            m = ALPHA * m + (1 - ALPHA) * g
            v = BETA * v + (1 - BETA) * g * g
            x -= RATE * (1 - BETA**step) ** 0.5 / (1 - ALPHA**step) * m / (v**0.5 + EPSILON)
    return x


@pytest.mark.parametrize("name", ["adam", "rmsprop", "sgd", "sgdm", "sgdmom", "adagrad"])
def test_three_steps_equal_those_by_hand(name: str) -> None:
    parameter = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = build_optimizer(
        name, [parameter], learning_rate=RATE, alpha=ALPHA, beta=BETA, epsilon=EPSILON
    )
    for gradient in GRADIENTS:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    assert parameter.item() == pytest.approx(by_hand(name), rel=1e-6)


def test_an_unknown_optimiser_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown optimiser lbfgs"):
        build_optimizer("lbfgs", [], learning_rate=1, alpha=0, beta=0, epsilon=0)


@pytest.mark.parametrize(
    ("step", "start", "factor"),
    [(0, -1, 1), (10**6, -1, 1), (100, 100, 1), (150, 100, 0.5), (125, 100, 0.5**0.5)],
)
def test_decay_halves_continuously(step: int, start: int, factor: float) -> None:
    assert decay(step, start, 50) == pytest.approx(factor)


def test_weight_decay_is_added_before_the_clamp() -> None:
    parameter = nn.Parameter(torch.tensor([10.0, 1.0, -1.0]))
    parameter.grad = torch.tensor([4.0, 0.5, -7.0])
    clamp_gradients([parameter, nn.Parameter(torch.zeros(1))], 5.0, weight_decay=0.2)
    assert parameter.grad.tolist() == pytest.approx([5.0, 0.7, -5.0])
    parameter.grad = torch.tensor([400.0, 0.0, 0.0])
    clamp_gradients([parameter], 0.0)
    assert parameter.grad.tolist() == [400.0, 0.0, 0.0]
