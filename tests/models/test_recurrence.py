"""The recurrence of an LSTM layer against a plain loop, and its gradient against numbers."""

import pytest
import torch
from torch import Tensor

from reidtalk.models.recurrence import Recurrence, shifted, tanh_

SIZES = [4, 4, 3, 1]


def by_hand(shares: Tensor, weight: Tensor, sizes: list[int]) -> Tensor:
    """Sequence by sequence, word by word."""
    state, starts = weight.shape[1], [sum(sizes[:word]) for word in range(len(sizes))]
    outputs: dict[int, Tensor] = {}
    for sequence in range(sizes[0]):
        hidden = cell = torch.zeros(state, dtype=shares.dtype)
        for word, size in enumerate(sizes):
            if sequence >= size:
                break
            gates = shares[starts[word] + sequence] + weight @ hidden
            into, forget, out = (torch.sigmoid(gates[k * state : (k + 1) * state]) for k in range(3))
            cell = forget * cell + into * torch.tanh(gates[3 * state :])
            hidden = out * torch.tanh(cell)
            outputs[starts[word] + sequence] = hidden
    return torch.stack([outputs[row] for row in range(len(shares))])


def given(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    shares, weight = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((12, 20), (20, 5))
    )
    return shares.to(dtype).requires_grad_(), weight.to(dtype).requires_grad_()


@pytest.mark.parametrize("sizes", [SIZES, [12], [1] * 12, [6, 6]])
def test_outputs_and_gradients_equal_those_by_hand(sizes: list[int]) -> None:
    shares, weight = given()
    ours, theirs = Recurrence.apply(shares, weight, sizes), by_hand(shares, weight, sizes)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)
    towards = torch.randn(12, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    wanted = torch.autograd.grad((theirs * towards).sum(), (shares, weight))
    got = torch.autograd.grad((ours * towards).sum(), (shares, weight))
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-13)


def test_the_gradient_is_the_slope() -> None:
    assert torch.autograd.gradcheck(lambda *values: Recurrence.apply(*values, SIZES), given())


def test_the_input_stays_and_half_precision_gives_half_precision() -> None:
    shares, weight = given(torch.float32)
    before = shares.detach().clone()
    exact = Recurrence.apply(shares, weight, SIZES)
    assert torch.equal(shares, before)
    near = Recurrence.apply(shares.bfloat16(), weight, SIZES)
    assert near.dtype == torch.bfloat16
    torch.testing.assert_close(near.float(), exact, rtol=0, atol=0.03)
    near.sum().backward()
    assert weight.grad is not None
    assert weight.grad.dtype == torch.float32


def test_the_word_before_of_packed_rows() -> None:
    rows = torch.arange(1.0, 13)[:, None]
    assert shifted(rows, SIZES)[:, 0].tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 9]


def test_the_quick_hyperbolic_tangent_is_one() -> None:
    values = torch.linspace(-30, 30, 4001)
    torch.testing.assert_close(tanh_(values.clone()), torch.tanh(values), rtol=0, atol=2e-7)
    assert torch.equal(tanh_(values.bfloat16()), torch.tanh(values.bfloat16()))
