"""Devices by name, and the precision that is fast on them."""

import pytest
import torch

from reidtalk import devices
from reidtalk.devices import bfloat16_is_fast, choose_device, launch
from reidtalk.errors import ConfigError


def test_an_unknown_device_is_told() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(ConfigError, match="--device is toaster"):
        choose_device("toaster")


@pytest.mark.parametrize(("slower", "expected"), [(torch.float32, "bf16-mixed"), (torch.bfloat16, "32-true")])
def test_the_faster_precision_is_taken(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, slower: torch.dtype, expected: str
) -> None:
    monkeypatch.setattr(devices, "_seconds", lambda matrix: 2.0 if matrix.dtype == slower else 1.0)
    bfloat16_is_fast.cache_clear()
    request.addfinalizer(bfloat16_is_fast.cache_clear)
    assert bfloat16_is_fast(torch.device("cpu")) == (expected == "bf16-mixed")
    plugin = launch("cpu", 1, "auto")._precision
    assert plugin.precision == expected


def test_a_device_that_cannot_take_bfloat16_is_not_fast_with_it(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    def seconds(matrix: torch.Tensor) -> float:
        if matrix.dtype == torch.bfloat16:
            raise TypeError("MPS BFloat16 is only supported on MacOS 14 or newer")
        return 1.0

    monkeypatch.setattr(devices, "_seconds", seconds)
    bfloat16_is_fast.cache_clear()
    request.addfinalizer(bfloat16_is_fast.cache_clear)
    assert not bfloat16_is_fast(torch.device("cpu"))


def test_seconds_are_measured() -> None:
    assert 0 < devices._seconds(torch.ones(4, 4)) < 1
