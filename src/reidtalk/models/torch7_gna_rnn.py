"""Checkpoints of the 2017 release (.t7) as ours: which of its tensors is which of our weights.

What is not built as that release builds it is an error that names the layer.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from reidtalk.config import ImportTorch7Config
from reidtalk.data.words import Vocabulary
from reidtalk.errors import ConfigError, DataError
from reidtalk.files import replaced_folder
from reidtalk.models.backbones import CONVOLUTIONS, caffe_vgg16_name, caffe_vgg16_widths
from reidtalk.models.checkpoint import save_checkpoint
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.models.torch7 import Table, naming, read_torch7
from reidtalk.models.torch7_graph import Graph, Layer, Node, instance, misfit, shown

HISTORIES = ("loss_history", "val_loss_history", "acc_history", "val_acc_history")
LARGEST = 2**16
"""No size in a network of that release is larger."""
FLOAT_MAX = float(np.finfo(np.float32).max)
FIELDS: dict[str, dict[str, object]] = {
    "SpatialConvolution": {"kW": 3, "kH": 3, "dW": 1, "dH": 1, "padW": 1, "padH": 1, "groups": 1},
    "SpatialMaxPooling": {"kW": 2, "kH": 2, "dW": 2, "dH": 2, "padW": 0, "padH": 0},
    "ReLU": {"threshold": 0, "val": 0},
    "Dropout": {"p": 0.5, "v2": True},
    "BatchNormalization": {"eps": 1e-5, "momentum": 0.1, "affine": True},
}
"""What shapes a layer beside its tensors, as the release has it."""

Layers = Iterator[tuple[str, Layer]]
"""Layers of the original with weights, by our names of them."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What was read of a checkpoint."""

    words: int
    units: int
    """Visual units of a picture."""
    layers: int
    """Layers with weights."""
    numbers: int
    """Weights in them."""
    iteration: int
    """Steps it was trained for."""


def import_torch7(config: ImportTorch7Config) -> Imported:
    """`config.out` is a checkpoint of ours with the weights, words and histories of `config.snapshot`.

    Raises:
        ConfigError: `config.out` is taken.
        CheckpointError: the file cannot be read, or holds another network.
        WriteError: it could not be written.
    """
    if config.out.exists():
        raise ConfigError(f"{config.out} exists", accepted="a new folder", do="choose another OUT")
    saved = read_torch7(config.snapshot)
    with naming(config.snapshot):
        matcher, layers = read_matcher(saved)
        report = read_report(saved)
    how = {"file": config.snapshot.name, "iter": report["iter"], "opt": report["opt"]}
    with replaced_folder(config.out) as new:
        save_checkpoint(new, matcher, "gna-rnn", {"imported": how})
        (new / "report.json").write_text(json.dumps(report, indent=1))
    return Imported(
        words=len(matcher.vocabulary),
        units=matcher.settings.input_encoding_size,
        layers=layers,
        numbers=sum(parameter.numel() for parameter in matcher.parameters()),
        iteration=report["iter"],
    )


def read_matcher(saved: Any) -> tuple[GnaRnn, int]:
    """The matcher in what `read_torch7` gave, and how many of its layers have weights.

    Raises:
        CheckpointError: it is not built as in the 2017 release.
    """
    protos = table(table(saved, "the file").get("protos"), "protos")
    options = table(saved.get("opt"), "opt")
    model = Layer("protos.lm", instance(protos.get("lm"), "LanguageModel", "protos.lm").fields)
    cnn = instance(protos.get("cnn"), "Sequential", "protos.cnn")
    dropout = read_dropout(options)
    layers = dict([*cnn_layers(cnn.fields), *language_layers(model, dropout)])
    vocabulary = read_vocabulary(saved.get("vocab"))
    settings = read_settings(model, dropout, layers)
    with torch.device("meta"):
        shapes = {name: tuple(t.shape) for name, t in GnaRnn(settings, vocabulary).state_dict().items()}
    tensors = dict(weights(layers, shapes))
    matcher = GnaRnn(settings, vocabulary)
    fill(matcher, tensors)
    return matcher, len(layers)


def table(value: Any, name: str) -> Table:
    """`value`, a table.

    Raises:
        CheckpointError: it is something else.
    """
    if not isinstance(value, dict):
        raise misfit(f"{name} is {'missing' if value is None else shown(value)}", "a table")
    return value


def whole(fields: Mapping[Any, Any], name: str, where: str) -> int:
    """The size `name` in `fields`.

    Raises:
        CheckpointError: there is none.
    """
    number = fields.get(name)
    if type(number) is not int or not 1 <= number <= LARGEST:
        raise misfit(f"{where} has {name} {shown(number)}", f"a whole number from 1 to {LARGEST}")
    return number


def cnn_layers(fields: Table) -> Layers:
    """The layers of the picture network, which is to be VGG-16 through fc7 and its dropout, of any widths.

    Raises:
        CheckpointError: it is another network.
    """
    modules = table(fields.get("modules"), "the modules of protos.cnn")
    plan = list(vgg16_plan())
    for place, (kind, name, ours) in enumerate(plan, start=1):
        label = f"cnn layer {place} ({name})"
        layer = Layer(label, instance(modules.get(place), kind, label).fields)
        layer.require(**FIELDS.get(kind, {}))
        if ours:
            yield f"backbone.network.{ours}", layer
    if len(plan) + 1 in modules:
        raise misfit(f"cnn has a layer {len(plan) + 1}", f"{len(plan)} layers, fc7's dropout the last")


def vgg16_plan() -> Iterator[tuple[str, str, str]]:
    """Kind, Caffe's name, and our name (empty without weights) of each layer of the picture network."""
    number = 0
    for block, count in enumerate(CONVOLUTIONS, start=1):
        for place in range(1, count + 1):
            yield "SpatialConvolution", f"conv{block}_{place}", f"features.{number}"
            yield "ReLU", f"relu{block}_{place}", ""
            number += 2
        yield "SpatialMaxPooling", f"pool{block}", ""
        number += 1
    yield "View", "view", ""
    for name, ours in (("6", "classifier.0"), ("7", "classifier.3")):
        yield "Linear", f"fc{name}", ours
        yield "ReLU", f"relu{name}", ""
        yield "Dropout", f"drop{name}", ""


def language_layers(model: Layer, dropout: float) -> Layers:
    """The layers of the language model.

    Raises:
        CheckpointError: it is built in another way.
    """
    fields = model.fields
    words = instance(fields.get("lookup_table"), "LookupTable", "lookup_table")
    yield "embedding", Layer("lookup_table", words.fields)
    picture = Graph(fields.get("emb_img"), "emb_img")
    (joined,) = picture.outputs(1)
    joined.expect("JoinTable", "its output").layer().require(dimension=2)
    word, last = joined.fed_by("input 1", "Linear")
    if next(joined.inputs()).kind != word.kind:
        raise misfit("emb_img: JoinTable has the picture first", "the word first")
    yield from picture_branch(last, "picture_input")
    yield from attention_layers(Graph(fields.get("attention"), "attention"))
    count = whole(fields, "num_layers", model.label)
    yield from lstm_layers(Graph(fields.get("core"), "core"), count, dropout)


def picture_branch(last: Node, ours: str) -> Layers:
    """Linear, batch-norm, ReLU, linear over the picture, which is input 2; `last` is the last of them."""
    (relu,) = last.fed_by("ReLU")
    (norm,) = relu.fed_by("BatchNormalization")
    (first,) = norm.fed_by("Linear")
    first.fed_by("input 2")
    for node in (relu, norm):
        node.layer().require(**FIELDS[node.kind])
    yield f"{ours}.0", first.layer("fc1")
    yield f"{ours}.1", norm.layer("bn")
    yield f"{ours}.3", last.layer("fc2")


def attention_layers(graph: Graph) -> Layers:
    """Of the linears, the one before the sigmoid is the gate, the one before the softmax the attention."""
    (product,) = graph.outputs(1)
    affinity, gate = product.expect("CMulTable", "its output").fed_by("DotProduct", "Sigmoid")
    softmax, units = affinity.fed_by("SoftMax", "Linear")
    for ours, node in (("attention", softmax), ("gate", gate)):
        (linear,) = node.fed_by("Linear")
        linear.fed_by("input 1")
        yield ours, linear.layer(f"{ours}_fc")
    yield from picture_branch(units, "visual_units")


def lstm_layers(graph: Graph, count: int, dropout: float) -> Layers:
    """The LSTM: inputs are x, then cell and hidden state of each layer; outputs these, then the top's."""
    outputs = graph.outputs(2 * count + 1)
    top = outputs[-1].expect("Dropout", "its last output")
    top.layer().require(**FIELDS["Dropout"])
    top.fed_by("CMulTable")[0].must_be(outputs[-2], "what its dropout takes")
    for number in range(1, count + 1):
        cell, hidden = outputs[2 * number - 2 : 2 * number]
        (total,) = gates(cell, hidden, f"input {2 * number}").fed_by("CAddTable")
        state = f"input {2 * number + 1}"
        recurrent, below = sorted(
            total.fed_by("Linear", "Linear"), key=lambda node: not node.is_fed_by(state)
        )
        recurrent.fed_by(state)
        if number == 1:
            below.fed_by("input 1")
        else:
            feeds_next_layer(outputs[2 * number - 3], below, dropout)
        yield f"lstm.{number - 1}.input_to_gates", below.layer(f"i2h_{number}")
        yield f"lstm.{number - 1}.state_to_gates", recurrent.layer(f"h2h_{number}")


def gates(cell: Node, hidden: Node, old_cell: str) -> Node:
    """The reshaping of the sums that a layer's four gates are parts of: input, forget, output, candidate.

    Raises:
        CheckpointError: cell and hidden state are made in another way, or the gates stand in another order.
    """
    out, squashed = hidden.expect("CMulTable", "a hidden state").fed_by("Sigmoid", "Tanh")
    squashed.fed_by("CAddTable")[0].must_be(cell, "what its hidden state is made of")
    products = cell.expect("CAddTable", "a cell state").fed_by("CMulTable", "CMulTable")
    kept, written = sorted(products, key=lambda node: not node.is_fed_by(old_cell))
    forget, _ = kept.fed_by("Sigmoid", old_cell)
    into, candidate = written.fed_by("Sigmoid", "Tanh")
    splits = []
    for place, gate in enumerate((into, forget, out, candidate), start=1):
        splits += gate.fed_by(f"part {place}")[0].fed_by("SplitTable")
    for other in splits:
        other.must_be(splits[0], "what a gate is part of")
    splits[0].layer().require(dimension=2)
    (reshaped,) = splits[0].fed_by("Reshape")
    size = reshaped.layer().fields.get("size")
    if not isinstance(size, np.ndarray) or len(size) != 2 or size[0] != 4:
        raise misfit("core: Reshape makes no four rows", "4 x rnn_size")
    return reshaped


def feeds_next_layer(hidden: Node, below: Node, dropout: float) -> None:
    """Raises `CheckpointError` unless the state of one layer, dropped out, feeds the linear of the next."""
    (node,) = below.fed_by("Dropout" if dropout else "CMulTable")
    if dropout:
        node.layer().require(p=dropout, v2=True)
        (node,) = node.fed_by("CMulTable")
    node.must_be(hidden, "what feeds the next layer")


def read_vocabulary(words: Any) -> Vocabulary:
    """The words by their numbers, which count from 1.

    Raises:
        CheckpointError: they do not, or are no different words.
    """
    by_number = {str(key): word for key, word in table(words, "vocab").items()}
    numbers = [str(number) for number in range(1, len(by_number) + 1)]
    if by_number.keys() != set(numbers):
        raise misfit(
            "the words of vocab do not count 1, 2, 3, ...", "ix_to_word of the release's reidtalk.json"
        )
    for number in numbers:
        if not isinstance(by_number[number], str):
            raise misfit(f"word {number} of vocab is {shown(by_number[number])}", "a word")
    try:
        return Vocabulary(tuple(by_number[number] for number in numbers))
    except DataError as error:
        raise misfit(error.given[:200], error.accepted) from error


def read_dropout(options: Table) -> float:
    """The dropout between LSTM layers.

    Raises:
        CheckpointError: it is missing or impossible.
    """
    dropout = options.get("drop_prob_lm")
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise misfit(f"opt has drop_prob_lm {shown(dropout)}", "a number from 0 up to, but not, 1")
    return float(dropout)


def read_settings(model: Layer, dropout: float, layers: Mapping[str, Layer]) -> GnaRnnSettings:
    """The settings that build the network; the sizes of the picture network are those of its weights.

    Raises:
        CheckpointError: a size is missing or impossible.
    """
    numbers = [sum(CONVOLUTIONS[:block]) for block in range(len(CONVOLUTIONS))]
    convolutions = [layer for name, layer in layers.items() if ".features." in name]
    linears = [layer for name, layer in layers.items() if ".classifier." in name]
    wide = [*(convolutions[number] for number in numbers), *linears]
    backbone = caffe_vgg16_name(tuple(len(layer.tensor("bias")) for layer in wide))
    try:
        caffe_vgg16_widths(backbone)
    except ConfigError as error:
        raise misfit(f"cnn has the widths of {backbone}", error.accepted) from error
    return GnaRnnSettings(
        backbone=backbone,
        input_encoding_size=whole(model.fields, "input_encoding_size", model.label),
        rnn_size=whole(model.fields, "rnn_size", model.label),
        num_layers=whole(model.fields, "num_layers", model.label),
        drop_prob_lm=dropout,
        max_length=whole(model.fields, "seq_length", model.label),
    )


def weights(
    layers: Mapping[str, Layer], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Our names and the original's tensors, views of the file, one for each of ours that was learned.

    Raises:
        CheckpointError: a tensor is missing, of another shape, or not finite.
    """
    for name, shape in shapes.items():
        ours, _, kind = name.rpartition(".")
        if ours not in layers or kind == "num_batches_tracked":
            continue
        layer = layers[ours]
        wanted = (shape[0] - 1, *shape[1:]) if ours == "embedding" else shape
        tensor = layer.tensor(kind)
        if tensor.shape != wanted:
            given, accepted = (" x ".join(map(str, sizes)) for sizes in (tensor.shape, wanted))
            raise misfit(f"{layer.label} has {kind} {given}", accepted)
        if not (tensor.min() >= -FLOAT_MAX and tensor.max() <= FLOAT_MAX):  # false for what is no number, too
            raise misfit(f"{layer.label} has {kind} with numbers that are not finite", "finite weights")
        yield name, tensor


def fill(matcher: GnaRnn, tensors: Mapping[str, NDArray[Any]]) -> None:
    """The weights of `matcher` are `tensors`; the row of padding, which the original lacks, is 0."""
    own = matcher.state_dict()
    own["embedding.weight"][0] = 0
    for name, tensor in tensors.items():
        place = own[name][1:] if name == "embedding.weight" else own[name]
        place.copy_(torch.from_numpy(tensor.astype(np.float32)))


def read_report(saved: Table) -> dict[str, Any]:
    """What the release writes into its JSON report: options, iteration, histories.

    Raises:
        CheckpointError: the iteration is missing.
    """
    iteration = saved.get("iter")
    if type(iteration) is not int or iteration < 0:
        raise misfit(f"iter is {shown(iteration)}", "a whole number")
    options = {
        key: value for key, value in table(saved.get("opt"), "opt").items()
        if isinstance(key, str) and isinstance(value, str | int | float)
    }  # fmt: skip
    report: dict[str, Any] = {"opt": options, "iter": iteration}
    for name in HISTORIES:
        points = table(saved.get(name, {}), name).items()
        report[name] = {str(k): v for k, v in points if type(k) is int and isinstance(v, int | float)}
    return report
