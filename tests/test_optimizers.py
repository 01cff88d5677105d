"""One step of each optimiser by hand; decay and clamp; three steps of each against the 2017 release's own."""

from collections.abc import Iterator

import h5py
import pytest
import torch
from conftest import shared
from torch import Tensor, nn, optim

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


TOLERANCE = {"double": {"rtol": 1e-10, "atol": 1e-14}, "float": {"rtol": 1e-5, "atol": 1e-7}}
RATES = {"adam_cnn": 1e-5}
STATES = {
    "adam": {"m": ("exp_avg", 1), "v": ("exp_avg_sq", 1)}, "adam_cnn": {"m": ("exp_avg", 1), "v": ("exp_avg_sq", 1)},
    "rmsprop": {"m": ("square_avg", 1)}, "adagrad": {"m": ("sum", 1)},
    "sgdm": {"v": ("momentum_buffer", 4e-4)}, "sgdmom": {"m": ("momentum_buffer", -4e-4)},
}  # fmt: skip
"""The original's states, ours, and the factor from ours to theirs."""


class Original:
    """Three steps of an optimiser, as optim_updates.lua took them and as ours takes them."""

    def __init__(self, precision: str, name: str, *, their_epsilon: bool = True) -> None:
        with h5py.File(shared("oracle", f"optim.{precision}.h5")) as file:
            rate, self.alpha, self.beta, self.epsilon, self.clip = file["hyper_lr_alpha_beta_eps_clip"][
                ()
            ].tolist()
            self.rate, self.their_epsilon = RATES.get(name, rate), their_epsilon
            self.parameter = nn.Parameter(torch.from_numpy(file["x0"][()]))
            self.gradients = torch.from_numpy(file["grads"][()])
            self.positions = [torch.from_numpy(file[f"{name}/x{step}"][()]) for step in (1, 2, 3)]
            self.states = {
                state: torch.from_numpy(file[f"{name}/state_{state}"][()]) for state in STATES.get(name, {})
            }
        self.optimizer: optim.Optimizer = build_optimizer(
            name.removesuffix("_cnn"), [self.parameter], learning_rate=self.rate, alpha=self.alpha, beta=self.beta,
            epsilon=self.epsilon,
        )  # fmt: skip

    def steps(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Our position and theirs after each step."""
        for step, (gradient, theirs) in enumerate(zip(self.gradients, self.positions, strict=True), start=1):
            self.parameter.grad = gradient.clone()
            clamp_gradients([self.parameter], self.clip)
            if self.their_epsilon and isinstance(self.optimizer, optim.Adam):
                self.optimizer.param_groups[0]["eps"] = self.epsilon / (1 - self.beta**step) ** 0.5
            self.optimizer.step()
            yield self.parameter.detach().clone(), theirs


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", ["adam", "adam_cnn", "rmsprop", "sgd", "sgdm", "sgdmom", "adagrad"])
def test_three_steps_and_states_equal_the_original(name: str, precision: str) -> None:
    original = Original(precision, name)
    assert (original.gradients.abs() > original.clip).any()
    for ours, theirs in original.steps():
        torch.testing.assert_close(ours, theirs, **TOLERANCE[precision])
    state = original.optimizer.state[original.parameter]
    for their_name, (our_name, factor) in STATES.get(name, {}).items():
        theirs = original.states[their_name]
        torch.testing.assert_close(factor * state[our_name], theirs, **TOLERANCE[precision])


def test_adams_epsilon_weighs_less_than_in_the_original() -> None:
    original = Original("double", "adam", their_epsilon=False)
    start, rate, epsilon = original.parameter.detach().clone(), original.rate, original.epsilon
    gradient = original.gradients[0].clamp(-original.clip, original.clip)
    ours, theirs = next(original.steps())
    torch.testing.assert_close(ours, start - rate * gradient / (gradient.abs() + epsilon))
    heavier = epsilon / (1 - original.beta) ** 0.5
    torch.testing.assert_close(theirs, start - rate * gradient / (gradient.abs() + heavier))
    small = gradient.abs() < 1e-4
    assert (ours - theirs)[~small].abs().max() < 0.01 * rate
    assert (ours - theirs)[small].abs().max() > 0.5 * rate  # gradients near epsilon


@pytest.mark.parametrize("precision", ["double", "float"])
def test_decay_equals_the_original(precision: str) -> None:
    with h5py.File(shared("oracle", f"optim.{precision}.h5")) as file:
        rows = file["lr_decay"][()].tolist()
    assert any(rate < 4e-4 for *_, rate, _ in rows)
    for step, start, every, rate, cnn_rate in rows:
        factor = decay(int(step), int(start), int(every))
        assert 4e-4 * factor == pytest.approx(rate, rel=1e-9 if precision == "double" else 1e-6)
        assert 1e-5 * factor == pytest.approx(cnn_rate, rel=1e-9 if precision == "double" else 1e-6)
