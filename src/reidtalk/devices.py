"""Devices by name, and the processes that train on them."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING

import torch

from reidtalk.errors import ConfigError
from reidtalk.progress import console

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def choose_device(name: str) -> torch.device:
    """The device called `name`; `auto` is a GPU where there is one.

    Raises:
        ConfigError: unknown or not there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        known = name.partition(":")[0] in ("cpu", "cuda", "mps")  # of other names torch lists dozens
        reason = f": {str(error).splitlines()[0]}" if known else ""
        raise ConfigError(
            f"--device is {name}{reason}", accepted="auto, cpu, cuda, cuda:1, mps", do="use --device auto"
        ) from error


@cache
def bfloat16_is_fast(device: torch.device) -> bool:
    """Whether products of matrices are faster in bfloat16 than in float32, measured once.

    A processor without it computes with it all the same, some hundred times slower; macOS 13 cannot on MPS.
    """
    size = 256 if device.type == "cpu" else 4096  # beginning takes a GPU longer than a small product
    seconds = {}
    try:
        for kind in (torch.float32, torch.bfloat16):
            matrix = torch.ones(size, size, dtype=kind, device=device)
            seconds[kind] = min(_seconds(matrix) for _ in range(3))
    except (RuntimeError, TypeError):
        return False
    return seconds[torch.bfloat16] < seconds[torch.float32]


def _seconds(matrix: torch.Tensor) -> float:
    """How long a product takes, its result being there."""
    start = perf_counter()
    (matrix @ matrix)[0, 0].item()
    return perf_counter() - start


def launch(device: str, devices: int, precision: str) -> "Fabric":
    """Lightning Fabric on `devices` devices of a kind, its processes started; only the first shows bars.

    Raises:
        ConfigError: a device that is not there.
    """
    package = "lightning_fabric" if find_spec("lightning_fabric") else "lightning.fabric"
    module = import_module(package)  # slow, and only training needs it; `lightning` carries the same code
    misconfigured = import_module(f"{package}.utilities.exceptions").MisconfigurationException
    chosen = choose_device(device)
    if precision == "auto":
        precision = "bf16-mixed" if bfloat16_is_fast(chosen) else "32-true"
    named = chosen.index is not None and device not in ("auto", chosen.type)
    try:
        fabric: Fabric = module.Fabric(
            accelerator=chosen.type,
            devices=[chosen.index] if named else devices,
            precision=precision,
            strategy="ddp_find_unused_parameters_true" if devices > 1 else "auto",
        )
        fabric.launch()
    except (ValueError, RuntimeError, misconfigured) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"--devices is {devices} of {device}: {reason}",
            accepted="as many as there are",
            do="use fewer devices, or --device cpu",
        ) from error
    if not fabric.is_global_zero:
        console.set(None)
    return fabric
