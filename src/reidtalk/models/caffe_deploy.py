"""The layers of VGG-16 in a .prototxt of Caffe: kinds, order, settings. Nothing in it is trusted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from reidtalk.errors import CheckpointError
from reidtalk.models.backbones import CONVOLUTIONS
from reidtalk.models.protobuf import parse

MAX_DEPLOY_BYTES = 1_000_000
"""A longer .prototxt is refused; that of VGG-16 has 5,000."""
OUTPUTS = range(1, 65537)
"""How many outputs a layer may have."""


class Kind(NamedTuple):
    """A kind of layer: its number in the old format, its block of settings, their defaults, VGG-16's."""

    number: int
    block: str
    defaults: dict[str, str]
    values: dict[str, str]


KINDS = {
    "Convolution": Kind(
        4,
        "convolution_param",
        {"pad": "0", "stride": "1", "group": "1", "dilation": "1", "axis": "1", "bias_term": "true"},
        {"kernel_size": "3", "pad": "1"},
    ),
    "ReLU": Kind(18, "relu_param", {"negative_slope": "0"}, {}),
    "Pooling": Kind(
        17,
        "pooling_param",
        {"pool": "MAX", "pad": "0", "stride": "1", "global_pooling": "false", "round_mode": "CEIL"},
        {"kernel_size": "2", "stride": "2"},
    ),
    "InnerProduct": Kind(
        14, "inner_product_param", {"axis": "1", "bias_term": "true", "transpose": "false"}, {}
    ),
    "Dropout": Kind(6, "dropout_param", {"dropout_ratio": "0.5"}, {}),
}
INDIFFERENT = {"num_output", "weight_filler", "bias_filler", "engine", "force_nd_im2col"}
"""Settings that do not change what a trained layer gives, and `num_output`, which is read apart."""
SIDES = {"kernel_h": "kernel_size", "kernel_w": "kernel_size", "pad_h": "pad", "pad_w": "pad",
         "stride_h": "stride", "stride_w": "stride"}  # fmt: skip
FEATURES = tuple(kind for count in CONVOLUTIONS for kind in [*["Convolution", "ReLU"] * count, "Pooling"])
CLASSIFIER = ("InnerProduct", "ReLU", "Dropout") * 2
"""The layers of VGG-16 through fc7's dropout, in two parts, numbered as torchvision's."""

_BARE = {kind.lower(): kind for kind in KINDS}


@dataclass(frozen=True)
class Layer:
    """A layer of VGG-16 in a .prototxt. `outputs` is 0 where the kind has no weights."""

    name: str
    kind: str
    outputs: int


def read_deploy(path: Path) -> list[Layer]:
    """The layers of VGG-16 that the .prototxt lists, through fc7's dropout; what follows them is left out.

    Raises:
        CheckpointError: no such file, not a .prototxt, or of another network.
    """
    try:
        require_file(path)
        with path.open("rb") as file:
            data = file.read(MAX_DEPLOY_BYTES + 1)
        if len(data) > MAX_DEPLOY_BYTES:
            raise ValueError(f"it is longer than {MAX_DEPLOY_BYTES:,} bytes")
        blocks = layer_blocks(parse(data.decode("utf-8-sig")))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read: {error}",
            accepted="the .prototxt that lists the layers of a network",
            do="give the .prototxt first, then the .caffemodel",
        ) from error
    expected = FEATURES + CLASSIFIER
    layers = [as_layer(path, block, kind) for block, kind in zip(blocks, expected, strict=False)]
    if len(layers) < len(expected):
        last = f"after the layer {layers[-1].name!r}" if layers else "before the first layer"
        raise _another_network(path, f"ends {last}, where VGG-16 has {expected[len(layers)]}")
    require_chain(path, blocks[: len(expected)])
    return layers


def layer_blocks(network: dict[str, list[Any]]) -> list[dict[str, list[Any]]]:
    """The blocks of all layers that read another one, of the old format (`layers`) or the new (`layer`).

    Raises:
        ValueError: none, or of both formats.
    """
    blocks = [block for name in ("layers", "layer") for block in network.get(name, [])]
    if not blocks or not all(isinstance(block, dict) for block in blocks):
        raise ValueError("it lists no layers")
    if "layers" in network and "layer" in network:
        raise ValueError("it lists layers in the old format and in the new")
    return [block for block in blocks if "bottom" in block]


def as_layer(path: Path, block: dict[str, list[Any]], expected: str) -> Layer:
    """The layer in `block`, which is of the kind `expected` and set as in VGG-16.

    Raises:
        CheckpointError: it is not.
    """
    name = only_text(block, "name")
    given = only_text(block, "type")
    if _BARE.get(given.replace("_", "").lower()) != expected:
        raise _another_network(path, f"has the layer {name!r} of type {given!r}, where VGG-16 has {expected}")
    kind = KINDS[expected]
    tables = [table for table in block.get(kind.block, []) if isinstance(table, dict)]
    settings = [(str(key), value) for table in tables for key, values in table.items() for value in values]
    require_settings(path, name, kind, [(SIDES.get(key, key), value) for key, value in settings])
    if expected not in ("Convolution", "InnerProduct"):
        return Layer(name, expected, 0)
    outputs = [str(value) for key, value in settings if key == "num_output"]
    if len(outputs) != 1 or not re.fullmatch("[0-9]{1,5}", outputs[0]) or int(outputs[0]) not in OUTPUTS:
        given = outputs[0] if len(outputs) == 1 else f"{len(outputs)} times"
        raise _another_network(path, f"has the layer {name!r} with num_output {given}, not from 1 to 65536")
    return Layer(name, expected, int(outputs[0]))


def only_text(block: dict[str, list[Any]], key: str) -> str:
    """The value of `key`; empty where there is none, or several, or a block."""
    values = block.get(key, [])
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def require_settings(path: Path, name: str, kind: Kind, given: Sequence[tuple[str, Any]]) -> None:
    """Raises `CheckpointError` unless the layer called `name` is set as in VGG-16."""
    expected = kind.defaults | kind.values
    said = {key for key, _ in given}
    unsaid = [(key, kind.defaults.get(key, "not set")) for key in kind.values if key not in said]
    for key, value in [*given, *unsaid]:
        if key not in INDIFFERENT and not alike(value, expected.get(key)):
            wanted = f"is {expected[key]}" if key in expected else "has no such setting"
            shown = value if isinstance(value, str) else "a block"
            raise _another_network(
                path, f"has the layer {name!r} with {key} {shown!r}, where VGG-16's {wanted}"
            )


def alike(value: Any, expected: str | None) -> bool:
    """Whether both are the same number, or the same word."""
    try:
        return float(value) == float(expected or "nan")
    except (TypeError, ValueError):
        return bool(value == expected)


def require_chain(path: Path, blocks: Sequence[dict[str, list[Any]]]) -> None:
    """Raises `CheckpointError` unless each layer reads the one before it, and all have names of their own."""
    names = [only_text(block, "name") for block in blocks]
    for number, (name, block) in enumerate(zip(names, blocks, strict=True)):
        if not name or name in names[:number]:
            raise _another_network(
                path, f"has two layers called {name!r}" if name else "has a layer without a name"
            )
        if number and only_text(block, "bottom") != only_text(blocks[number - 1], "top"):
            raise _another_network(
                path, f"has the layer {name!r}, which does not read {names[number - 1]!r} before it"
            )


def widths(layers: Sequence[Layer], path: Path) -> tuple[int, ...]:
    """Outputs of the five blocks of convolutions, of fc6 and of fc7.

    Raises:
        CheckpointError: those of one block differ.
    """
    left = [layer for layer in layers if layer.outputs]
    found = []
    for count in (*CONVOLUTIONS, 1, 1):
        block, left = left[:count], left[count:]
        for layer in block:
            if layer.outputs != block[0].outputs:
                raise _another_network(
                    path,
                    f"has the layer {layer.name!r} with {layer.outputs} outputs after "
                    f"{block[0].name!r} with {block[0].outputs}, where VGG-16's are alike",
                )
        found.append(block[0].outputs)
    return tuple(found)


def require_file(path: Path) -> None:
    """Raises `OSError` unless `path` is an ordinary file: opening a pipe would wait for ever."""
    if not path.is_file():
        raise OSError("no such file")


def _another_network(path: Path, given: str) -> CheckpointError:
    return CheckpointError(
        f"{path} {given}",
        accepted="VGG-16 of any widths: 13 convolutions of 3 x 3, 5 poolings, then fc6 and fc7",
        do="give the .prototxt of VGG-16, or convert the weights of another network by other means",
    )
