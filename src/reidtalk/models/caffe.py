"""VGG-16 as Caffe keeps it, in a .prototxt and a .caffemodel, made into weights for `--backbone-weights`.

The weights are half a gigabyte: they stay views into the file and are written from there. Nothing in either
file is trusted: kinds, sizes and counts are checked before anything is written.
"""

import json
import math
import mmap
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from reidtalk.config import ImportCaffeConfig, as_json
from reidtalk.errors import CheckpointError
from reidtalk.files import replaced_folder
from reidtalk.models.backbones import CAFFE_MEAN, caffe_vgg16_name
from reidtalk.models.caffe_deploy import FEATURES, KINDS, Layer, read_deploy, require_file, widths
from reidtalk.models.protobuf import fields, varints


@dataclass(frozen=True)
class Imported:
    """What was written: how many layers and weights, and the `--backbone` they are for."""

    convolutions: int
    connected: int
    weights: int
    backbone: str


class Held(NamedTuple):
    """A layer of a .caffemodel: its kind (a number in the old format), its blobs not yet read."""

    kind: int | str
    blobs: list[memoryview]


def import_caffe(config: ImportCaffeConfig) -> Imported:
    """The folder `config.out` holds the network through fc7, for RGB pictures, and the mean it expects.

    Raises:
        CheckpointError: a file is missing or damaged, or is not VGG-16, or the two do not fit together; or
            `config.out` exists.
        WriteError: `config.out` could not be written.
    """
    if config.out.exists():
        raise CheckpointError(f"{config.out} exists", accepted="a new folder", do="choose another OUT")
    layers = read_deploy(config.deploy)
    backbone = caffe_vgg16_name(widths(layers, config.deploy))
    weights = read_weights(config.weights, layers)
    kinds = [layer.kind for layer in layers]
    count = sum(values.size for values in weights.values())
    with replaced_folder(config.out) as new:
        made = {"backbone": backbone, "import": as_json(config)}
        (new / "config.json").write_text(json.dumps(made, indent=1))
        save_weights(weights, new / "backbone.safetensors")
        shutil.copymode(new / "config.json", new / "backbone.safetensors")  # safetensors hides it from others
    return Imported(kinds.count("Convolution"), kinds.count("InnerProduct"), count, backbone)


def save_weights(weights: dict[str, NDArray[np.float32]], file: Path) -> None:
    """`file` holds `weights`, and mean and deviation of the pictures they expect.

    Raises:
        OSError: no room, no permission.
    """
    mean = np.array(CAFFE_MEAN, np.float32).reshape(1, 3, 1, 1)
    try:
        save_file(weights | {"mean": mean, "std": np.ones_like(mean)}, file)
    except SafetensorError as error:  # it tells a full disk this way
        raise OSError(str(error)) from error


def read_weights(path: Path, layers: Sequence[Layer]) -> dict[str, NDArray[np.float32]]:
    """Weights and biases of `layers` by `Backbone`'s names: views into the file, but for the first layer's.

    That one reads blue, green, red in the file, and red, green, blue here.

    Raises:
        CheckpointError: no such file, damaged, or it does not fit `layers`.
    """
    try:
        held = read_layers(map_file(path), {layer.name for layer in layers if layer.outputs})
        weights = dict(fitting_weights(layers, held))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read as weights of VGG-16: {error}",
            accepted="the .caffemodel that belongs to the .prototxt",
            do="copy or download it again, or give the .prototxt of the same network",
        ) from error
    first = "network.features.0.weight"
    weights[first] = np.ascontiguousarray(weights[first][:, ::-1])
    return weights


def map_file(path: Path) -> memoryview:
    """The bytes of `path`, brought into memory as they are read.

    Raises:
        OSError: no such file, or it may not be read.
        ValueError: it is empty.
    """
    require_file(path)
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def read_layers(network: memoryview, wanted: set[str]) -> dict[str, Held]:
    """The layers of the serialised network that are `wanted` and have blobs, by name.

    Reference: caffe.proto: NetParameter has `layers` (2, V1LayerParameter) or `layer` (100, LayerParameter).

    Raises:
        ValueError: damaged, or two of one name.
    """
    formats = {2: (4, 5, 6), 100: (1, 2, 7)}
    held: dict[str, Held] = {}
    for number, layer in fields(network):
        if number not in formats or isinstance(layer, int):
            continue
        inside = [list[int | memoryview]() for _ in range(3)]
        for field, value in fields(layer):
            if field in formats[number]:
                inside[formats[number].index(field)].append(value)
        names, kinds, blobs = inside
        name = as_text(names)
        if name in wanted and blobs:
            if name in held:
                raise ValueError(f"two layers {name!r} with weights")
            kind = kinds[-1] if kinds and isinstance(kinds[-1], int) else as_text(kinds)
            held[str(name)] = Held(kind, [blob for blob in blobs if isinstance(blob, memoryview)])
    return held


def as_text(values: Sequence[int | memoryview]) -> str:
    """The last of `values` as text; empty where it is none."""
    last = values[-1] if values else 0
    return "" if isinstance(last, int) else bytes(last[:1000]).decode(errors="replace")


def fitting_weights(
    layers: Sequence[Layer], held: dict[str, Held]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name and numbers of each weight and bias of `layers`, in order.

    Raises:
        ValueError: a layer is missing, of another kind, or of another shape.
    """
    inputs = 3
    for number, layer in enumerate(layers):
        if not layer.outputs:
            continue
        place = f"features.{number}" if number < len(FEATURES) else f"classifier.{number - len(FEATURES)}"
        shape: tuple[int, ...] = (layer.outputs, inputs, 3, 3)
        if layer.kind == "InnerProduct":
            shape = (layer.outputs, inputs * (7 * 7 if number == len(FEATURES) else 1))
        blobs = blobs_of(layer, held)
        yield f"network.{place}.weight", read_blob(blobs[0], shape, f"the weights of layer {layer.name!r}")
        yield f"network.{place}.bias", read_blob(blobs[1], shape[:1], f"the biases of layer {layer.name!r}")
        inputs = layer.outputs


def blobs_of(layer: Layer, held: dict[str, Held]) -> list[memoryview]:
    """Weights and biases of `layer`, not yet read.

    Raises:
        ValueError: not there, or of a layer of another kind.
    """
    if layer.name not in held:
        raise ValueError(f"it has no weights for the layer {layer.name!r}")
    kind, blobs = held[layer.name]
    if kind not in (layer.kind, KINDS[layer.kind].number):
        raise ValueError(f"its layer {layer.name!r} is of type {kind!r}, not {layer.kind}")
    if len(blobs) != 2:
        raise ValueError(f"its layer {layer.name!r} has {len(blobs)} blobs, not weights and biases")
    return blobs


def read_blob(blob: memoryview, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    """The numbers of a serialised BlobProto in `shape`, as a view into it.

    Old files give four sizes for every blob, the first of them 1 where there are fewer.
    Reference: caffe.proto: BlobProto has num, channels, height, width (1 to 4), data (5), shape (7).

    Raises:
        ValueError: damaged, of another shape, not as many numbers as its shape says, or some not finite.
    """
    found = list(fields(blob))
    data = [value for field, value in found if field == 5 and isinstance(value, memoryview)]
    old = {field: value for field, value in found if field <= 4 and isinstance(value, int)}
    new = [value for field, value in found if field == 7 and isinstance(value, memoryview)]
    given = sizes(new[-1]) if new else [old.get(field, 0) for field in (1, 2, 3, 4)]
    if without_ones(given) != without_ones(shape):
        raise ValueError(f"{what} are {told(given)}, not {told(shape)}")
    if len(data) != 1 or len(data[0]) != 4 * math.prod(shape):
        numbers = sum(map(len, data)) / 4
        raise ValueError(f"{what} are {told(shape)}, but {numbers:,.0f} float numbers in {len(data)} pieces")
    values = np.frombuffer(data[0], "<f4").reshape(shape)
    with np.errstate(invalid="ignore"):  # an infinity and its opposite
        total = values.sum(dtype=np.float64)  # takes no memory, as a mask would
    if not np.isfinite(total):
        raise ValueError(f"{what} are not all finite")
    return values


def sizes(shape: memoryview) -> list[int]:
    """The sizes in a serialised BlobShape (`dim`, 1), packed or one by one.

    Raises:
        ValueError: damaged.
    """
    found = []
    for field, value in fields(shape):
        if field == 1 and isinstance(value, int):
            found.append(value)
        elif field == 1 and isinstance(value, memoryview):
            found.extend(varints(value))
    return found


def without_ones(shape: Sequence[int]) -> list[int]:
    """`shape` from its first size on that is not 1."""
    return list(shape)[next((place for place, size in enumerate(shape) if size != 1), len(shape)) :]


def told(shape: Sequence[int]) -> str:
    """`shape` as a message shows it."""
    return " x ".join(map(str, shape[:8])) or "of no size"
