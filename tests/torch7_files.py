"""Writes .t7 files as torch.save of Torch7 does, and small checkpoints as the 2017 release builds them."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reidtalk.models.backbones import CONVOLUTIONS
from reidtalk.models.torch7 import Torch7Object, Torch7Tensor

NAMES = {
    "u1": "Byte",
    "i1": "Char",
    "i2": "Short",
    "i4": "Int",
    "i8": "Long",
    "f2": "Half",
    "f4": "Float",
    "f8": "Double",
}


def whole(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}i", *numbers)


def long(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)


def text(content: str) -> bytes:
    return whole(len(content.encode())) + content.encode()


class Function:
    """A Lua function with something it holds on to; `kind` 6 is written without an index."""

    def __init__(self, kind: int, code: bytes, upvalues: Any) -> None:
        self.kind, self.code, self.upvalues = kind, code, upvalues


class Writer:
    """One .t7: each table, object, tensor and storage is written once, then by its index."""

    def __init__(self, *, cuda: bool = False) -> None:
        self.cuda = cuda
        self.indices: dict[int, int] = {}
        self.kept: list[Any] = []

    def dump(self, value: Any) -> bytes:
        match value:
            case None:
                return whole(0)
            case bool():
                return whole(5, value)
            case int() | float():
                return whole(1) + struct.pack("<d", value)
            case str():
                return whole(2) + text(value)
            case Function(kind=6):
                return whole(6, len(value.code)) + value.code + self.dump(value.upvalues)
        kind = value.kind if isinstance(value, Function) else 3 if isinstance(value, dict) else 4
        index, seen = self.indices.get(id(value), len(self.indices) + 1), id(value) in self.indices
        self.indices[id(value)] = index
        self.kept.append(value)
        return whole(kind, index) + (b"" if seen else self.content(value))

    def content(self, value: Any) -> bytes:
        match value:
            case dict():
                return whole(len(value)) + b"".join(
                    self.dump(key) + self.dump(entry) for key, entry in value.items()
                )
            case Function():
                return whole(len(value.code)) + value.code + self.dump(value.upvalues)
            case Torch7Object():
                return self.class_name(value.kind) + self.dump(value.fields)
            case Torch7Tensor():
                header = whole(len(value.sizes)) + long(*value.sizes, *value.strides, value.offset + 1)
                return (
                    self.class_name(self.numeric(value.storage, "Tensor")) + header + self.dump(value.storage)
                )
        return self.class_name(self.numeric(value, "Storage")) + long(len(value)) + value.tobytes()

    def class_name(self, name: str) -> bytes:
        return text("V 1") + text(name)

    def numeric(self, storage: NDArray[Any], what: str) -> str:
        name = NAMES[storage.dtype.str[1:]]
        return f"torch.Cuda{'' if name == 'Float' else name}{what}" if self.cuda else f"torch.{name}{what}"


def dump(value: Any, *, cuda: bool = False) -> bytes:
    return Writer(cuda=cuda).dump(value)


def instance(kind: str, **fields: Any) -> Torch7Object:
    made = Torch7Object(kind)
    made.fields = fields
    return made


def view(array: NDArray[Any], storage: NDArray[Any] | None = None, offset: int = 0) -> Torch7Tensor:
    """A tensor of its own storage, or the part of `storage` from `offset` on that has the array's numbers."""
    strides = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)
    tensor = Torch7Tensor(array.shape, strides, offset)
    tensor.storage = array.ravel() if storage is None else storage
    return tensor


class Checkpoint:
    """A checkpoint of the 2017 release: `saved` is what its file holds, `expected` our weights by name.

    All weights lie in one storage, as after getParameters(). With `split`, graphs are as of nngraph since 2016.
    """

    def __init__(self, *, layers: int = 1, encoding: int = 4, state: int = 4, words: int = 3, dropout: float = 0.5,
                 split: bool = True, package: str = "nn", precision: str = "<f4", pool: int = 60_000,
                 widths: tuple[int, ...] = (2, 1, 2, 1, 3, 2, 3)) -> None:  # fmt: skip
        self.encoding, self.state, self.dropout, self.widths = encoding, state, dropout, widths
        self.split, self.package = split, package
        self.expected: dict[str, NDArray[Any]] = {}
        self.pool = np.random.default_rng(0).standard_normal(pool, np.float32).astype(precision)
        self.used = 7
        rows = self.learned("embedding.weight", words, encoding)
        model = instance(
            "nn.LanguageModel", num_layers=layers, input_encoding_size=encoding, rnn_size=state, vocab_size=words,
            seq_length=9, lookup_table=instance("nn.LookupTable", weight=rows), emb_img=self.picture_graph(),
            core=self.core(layers), attention=self.attention(),
        )  # fmt: skip
        self.saved: dict[str, Any] = {
            "protos": {"lm": model, "cnn": self.cnn(widths)},
            "opt": {"drop_prob_lm": dropout, "learning_rate": 4e-4, "id": ""},
            "vocab": {str(number): f"word{number}" for number in range(1, words + 1)},
            "iter": 20, "loss_history": {0: 0.7, 10: 0.5}, "val_loss_history": {10: 0.6},
            "acc_history": {0: 0.5, 10: 0.75}, "val_acc_history": {10: 0.7},
        }  # fmt: skip

    @property
    def model(self) -> dict[str, Any]:
        return self.saved["protos"]["lm"].fields

    @property
    def modules(self) -> dict[int, Torch7Object]:
        return self.saved["protos"]["cnn"].fields["modules"]

    def learned(self, name: str, *shape: int) -> Torch7Tensor:
        """The next part of the pool, which is to become our `name`."""
        size, self.used = int(np.prod(shape)), self.used + int(np.prod(shape))
        numbers = self.pool[self.used - size : self.used].reshape(shape)
        self.expected[name] = numbers
        return view(numbers, self.pool, self.used - size)

    def linear(self, name: str, inputs: int, outputs: int) -> Torch7Object:
        weight, bias = self.learned(f"{name}.weight", outputs, inputs), self.learned(f"{name}.bias", outputs)
        return instance("nn.Linear", weight=weight, bias=bias)

    def cnn(self, widths: tuple[int, ...]) -> Torch7Object:
        modules, before, number = [], 3, 0
        for width, count in zip(widths, CONVOLUTIONS, strict=False):
            for _ in range(count):
                name = f"backbone.network.features.{number}"
                weight, bias = (
                    self.learned(f"{name}.weight", width, before, 3, 3),
                    self.learned(f"{name}.bias", width),
                )
                modules.append(
                    instance(
                        f"{self.package}.SpatialConvolution",
                        weight=weight,
                        bias=bias,
                        kW=3,
                        kH=3,
                        dW=1,
                        dH=1,
                        padW=1,
                        padH=1,
                    )
                )
                modules.append(instance(f"{self.package}.ReLU", threshold=0, val=0))
                before, number = width, number + 2
            modules.append(
                instance(
                    f"{self.package}.SpatialMaxPooling",
                    kW=2,
                    kH=2,
                    dW=2,
                    dH=2,
                    padW=0,
                    padH=0,
                    ceil_mode=True,
                )
            )
            number += 1
        modules.append(instance("nn.View", numInputDims=3))
        for name, inputs, outputs in (("0", before * 49, widths[5]), ("3", widths[5], widths[6])):
            modules.append(self.linear(f"backbone.network.classifier.{name}", inputs, outputs))
            modules += [instance("nn.ReLU", threshold=0, val=0), instance("nn.Dropout", p=0.5, v2=True)]
        return instance("nn.Sequential", modules=dict(enumerate(modules, start=1)))

    def graph(self, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> Torch7Object:
        """An nn.gModule; `inputs` are its nodes of nn.Identity."""
        entrance: dict[str, Any] = {"mapindex": {}}
        if self.split:
            whole = {"nSplitOutputs": len(inputs), "mapindex": {1: entrance}}
            for number, node in enumerate(inputs, start=1):
                node["mapindex"] = {1: {"selectindex": number, "mapindex": {1: whole}}}
        else:
            for number, node in enumerate(inputs, start=1):
                node["mapindex"], entrance["mapindex"][number] = {1: entrance}, node
        leave = {"mapindex": dict(enumerate(outputs, start=1))}
        return instance(
            "nn.gModule",
            innode=instance("nngraph.Node", data=entrance),
            outnode=instance("nngraph.Node", data=leave),
        )

    def picture_branch(self, picture: dict[str, Any], ours: str, hidden: int) -> dict[str, Any]:
        norm = {
            kind: self.learned(f"{ours}.1.{kind}", hidden)
            for kind in ("weight", "bias", "running_mean", "running_var")
        }
        first = node(self.linear(f"{ours}.0", self.widths[6], hidden), picture)
        normed = node(instance("nn.BatchNormalization", eps=1e-5, momentum=0.1, affine=True, **norm), first)
        return node(
            self.linear(f"{ours}.3", hidden, self.encoding),
            node(instance("nn.ReLU", threshold=0, val=0), normed),
        )

    def picture_graph(self) -> Torch7Object:
        word, picture = node(instance("nn.Identity")), node(instance("nn.Identity"))
        joined = node(
            instance("nn.JoinTable", dimension=2),
            word,
            self.picture_branch(picture, "picture_input", self.encoding),
        )
        return self.graph([word, picture], [joined])

    def attention(self) -> Torch7Object:
        hidden, picture = node(instance("nn.Identity")), node(instance("nn.Identity"))
        units = self.picture_branch(picture, "visual_units", self.state)
        gate = node(instance("nn.Sigmoid"), node(self.linear("gate", self.state, 1), hidden))
        weights = node(
            instance("nn.SoftMax"), node(self.linear("attention", self.state, self.encoding), hidden)
        )
        affinity = node(instance("nn.View"), node(instance("nn.DotProduct"), weights, units))
        return self.graph([hidden, picture], [node(instance("nn.CMulTable"), affinity, gate)])

    def core(self, layers: int) -> Torch7Object:
        inputs = [node(instance("nn.Identity")) for _ in range(2 * layers + 1)]
        below, width, outputs = inputs[0], 2 * self.encoding, []
        for number in range(layers):
            if number:
                below = (
                    node(instance("nn.Dropout", p=self.dropout, v2=True), outputs[-1])
                    if self.dropout
                    else outputs[-1]
                )
                width = self.state
            i2h = node(self.linear(f"lstm.{number}.input_to_gates", width, 4 * self.state), below)
            h2h = node(
                self.linear(f"lstm.{number}.state_to_gates", self.state, 4 * self.state),
                inputs[2 * number + 2],
            )
            i2h["annotations"], h2h["annotations"] = (
                {"name": f"i2h_{number + 1}"},
                {"name": f"h2h_{number + 1}"},
            )
            size = np.array([4, self.state], np.int64)
            reshaped = node(instance("nn.Reshape", size=size), node(instance("nn.CAddTable"), i2h, h2h))
            parts = {
                "nSplitOutputs": 4,
                "mapindex": {1: node(instance("nn.SplitTable", dimension=2), reshaped)},
            }
            kinds = ("Sigmoid", "Sigmoid", "Sigmoid", "Tanh")
            into, forget, out, candidate = (
                node(instance(f"nn.{kind}"), {"selectindex": place, "mapindex": {1: parts}})
                for place, kind in enumerate(kinds, start=1)
            )
            kept = node(instance("nn.CMulTable"), forget, inputs[2 * number + 1])
            cell = node(instance("nn.CAddTable"), kept, node(instance("nn.CMulTable"), into, candidate))
            outputs += [cell, node(instance("nn.CMulTable"), out, node(instance("nn.Tanh"), cell))]
        top = node(instance("nn.Dropout", p=0.5, v2=True), outputs[-1])
        return self.graph(inputs, [*outputs, top])


def node(module: Torch7Object, *inputs: dict[str, Any]) -> dict[str, Any]:
    """What a node of nngraph holds."""
    return {"module": module, "mapindex": dict(enumerate(inputs, start=1)), "annotations": {}}
