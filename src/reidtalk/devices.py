"""Devices by name, and the processes that train on them."""

from typing import TYPE_CHECKING

import torch

from reidtalk.errors import ConfigError

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
    """Lightning Fabric on `devices` devices of the kind `device`, its processes started.

    Raises:
        ConfigError: a device that is not there.
    """
    try:
        from lightning_fabric import Fabric
    except ImportError:  # the large package `lightning` carries the same code under its own name
        from lightning.fabric import Fabric  # type: ignore[assignment]

    fabric = Fabric(
        accelerator=choose_device(device).type,
        devices=devices,
        precision=precision,  # type: ignore[arg-type]
        strategy="ddp_find_unused_parameters_true" if devices > 1 else "auto",
    )
    fabric.launch()
    return fabric
