"""Devices by name, and the processes that train on them."""

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
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"--device is {name}: {reason}", accepted="auto, cpu, cuda, cuda:1, mps", do="use --device auto"
        ) from error


def fast_precision(device: torch.device) -> str:
    """`bf16-mixed` where products of matrices are faster in bfloat16, else `32-true`.

    A processor without it computes with it all the same, some hundred times slower.
    """
    seconds = {}
    for kind in (torch.float32, torch.bfloat16):
        matrix = torch.ones(256, 256, dtype=kind, device=device)
        seconds[kind] = min(_seconds(matrix) for _ in range(3))
    return "bf16-mixed" if seconds[torch.bfloat16] < seconds[torch.float32] else "32-true"


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
    precision = fast_precision(chosen) if precision == "auto" else precision
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
