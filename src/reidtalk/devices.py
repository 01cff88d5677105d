"""Devices by name, and the processes that train on them."""

from importlib import import_module
from importlib.util import find_spec
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


def launch(device: str, devices: int, precision: str) -> "Fabric":
    """Lightning Fabric on `devices` devices of a kind, its processes started; only the first shows bars.

    Raises:
        ConfigError: a device that is not there.
    """
    package = "lightning_fabric" if find_spec("lightning_fabric") else "lightning.fabric"
    module = import_module(package)  # slow, and only training needs it; `lightning` carries the same code
    misconfigured = import_module(f"{package}.utilities.exceptions").MisconfigurationException
    chosen = choose_device(device)
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
