"""The optimisers of the 2017 system by their names there, and its learning-rate decay."""

from collections.abc import Iterable

from torch import nn, optim


def build_optimizer(
    name: str,
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: float,
    alpha: float,
    beta: float,
    epsilon: float,
) -> optim.Optimizer:
    """The optimiser called `name` (`adam`, `rmsprop`, `sgd`, `sgdm`, `sgdmom`, `adagrad`).

    `alpha` is the first moment of Adam, the momentum, or RMSprop's smoothing; `beta` Adam's second moment.

    Reference: optim_updates.lua of NeuralTalk2. Differs: Adam adds `epsilon` after the bias correction of the
    second moment, not before it; momentum is kept free of the learning rate, which matters only as it decays.
    """
    match name:
        case "adam":
            return optim.Adam(parameters, lr=learning_rate, betas=(alpha, beta), eps=epsilon)
        case "rmsprop":
            return optim.RMSprop(parameters, lr=learning_rate, alpha=alpha, eps=epsilon)
        case "sgd":
            return optim.SGD(parameters, lr=learning_rate)
        case "sgdm":
            return optim.SGD(parameters, lr=learning_rate, momentum=alpha)
        case "sgdmom":
            return optim.SGD(parameters, lr=learning_rate, momentum=alpha, nesterov=alpha > 0)
        case "adagrad":
            return optim.Adagrad(parameters, lr=learning_rate, eps=epsilon)
    raise ValueError(f"unknown optimiser {name}")


def decay(step: int, start: int, every: int) -> float:
    """The factor of the learning rate at `step`: halved, continuously, each `every` steps from `start` on.

    -1 for `start` never decays.
    """
    if start < 0 or step <= start:
        return 1.0
    return float(0.5 ** ((step - start) / every))


def clamp_gradients(parameters: Iterable[nn.Parameter], limit: float, weight_decay: float = 0.0) -> None:
    """Each gradient element has its weight's L2 added and is then clamped to +-`limit` (0: not clamped)."""
    for parameter in parameters:
        if parameter.grad is None:
            continue
        if weight_decay:
            parameter.grad.add_(parameter.detach(), alpha=weight_decay)
        if limit:
            parameter.grad.clamp_(-limit, limit)
