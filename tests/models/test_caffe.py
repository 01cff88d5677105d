"""VGG-16 out of Caffe's files: the same network, whatever their format; and files that lie."""

import json
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import shared
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from reidtalk.cli import main
from reidtalk.config import ImportCaffeConfig
from reidtalk.errors import CheckpointError, WriteError
from reidtalk.models.backbones import AssumedCaffe, Backbone, build_backbone, load_backbone_weights
from reidtalk.models.caffe import import_caffe, read_weights
from reidtalk.models.caffe_deploy import Layer, read_deploy

WIDTHS = (2, 3, 2, 1, 2, 3, 4)
BACKBONE = "caffe-vgg16:2,3,2,1,2,3,4"
BLOCKS = (2, 2, 3, 3, 3)
OLD_NUMBERS = {"Convolution": 4, "InnerProduct": 14}
OLD_NAMES = {"Convolution": "CONVOLUTION", "ReLU": "RELU", "Pooling": "POOLING", "InnerProduct": "INNER_PRODUCT",
             "Dropout": "DROPOUT", "Softmax": "SOFTMAX"}  # fmt: skip
FOLDER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Weights = dict[str, tuple[str, list[NDArray[np.float32]]]]


def number(value: int) -> bytes:
    """A varint."""
    data = b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])


def field(name: int, value: int | bytes) -> bytes:
    """A field of a serialised protobuf message."""
    if isinstance(value, int):
        return number(name << 3) + number(value)
    return number(name << 3 | 2) + number(len(value)) + value


def blob(values: NDArray[np.float32], *, new: bool) -> bytes:
    shape = values.shape if new else (1,) * (4 - values.ndim) + values.shape
    if new:
        sizes = field(7, field(1, b"".join(map(number, shape))))
    else:
        sizes = b"".join(field(place, size) for place, size in enumerate(shape, 1))
    return field(5, values.astype("<f4").tobytes()) + sizes


def layer(name: str, kind: str, blobs: list[bytes], *, new: bool) -> bytes:
    """A layer of a .caffemodel, as a field of the network."""
    if new:
        return field(
            100, field(1, name.encode()) + field(2, kind.encode()) + b"".join(field(7, b) for b in blobs)
        )
    inside = (
        field(4, name.encode()) + field(5, OLD_NUMBERS.get(kind, 0)) + b"".join(field(6, b) for b in blobs)
    )
    return field(2, field(2, b"data") + inside)


def some_weights(widths: tuple[int, ...] = WIDTHS) -> Weights:
    """Kind, weights and biases of the layers of a narrow VGG-16, fc8 included, by name."""
    rng = np.random.default_rng(0)
    weights: Weights = {}
    inputs = 3
    for block, (count, width) in enumerate(zip(BLOCKS, widths, strict=False), 1):
        for place in range(1, count + 1):
            shape = (width, inputs, 3, 3)
            arrays = [rng.standard_normal(size).astype(np.float32) for size in (shape, shape[:1])]
            weights[f"conv{block}_{place}"] = ("Convolution", arrays)
            inputs = width
    inputs *= 49
    for name, width in zip(("fc6", "fc7", "fc8"), (*widths[5:], 10), strict=True):
        arrays = [rng.standard_normal(size).astype(np.float32) for size in ((width, inputs), (width,))]
        weights[name] = ("InnerProduct", arrays)
        inputs = width
    return weights


def caffemodel(weights: Weights, *, new: bool) -> bytes:
    layers = [layer(name, kind, [blob(array, new=new) for array in arrays], new=new)
              for name, (kind, arrays) in weights.items()]  # fmt: skip
    return field(1, b"VGG_16") + layer("data", "Data", [], new=new) + b"".join(layers)


def prototxt(widths: tuple[int, ...] = WIDTHS, *, new: bool) -> str:
    text, bottom = 'name: "VGG_16"  # of no great width\ninput: "data"\ninput_dim: 10\n', "data"

    def add(name: str, kind: str, parameters: str = "", *, in_place: bool = False) -> None:
        nonlocal text, bottom
        top = bottom if in_place else name
        given = f'"{kind}"' if new else OLD_NAMES[kind]
        text += f'{"layer" if new else "layers"} {{ name: "{name}" type: {given} bottom: "{bottom}" top: "{top}" {parameters} }}\n'
        bottom = top

    for block, (count, width) in enumerate(zip(BLOCKS, widths, strict=False), 1):
        for place in range(1, count + 1):
            add(
                f"conv{block}_{place}",
                "Convolution",
                f"convolution_param {{ num_output: {width} pad: 1 kernel_size: 3 }}",
            )
            add(f"relu{block}_{place}", "ReLU", in_place=True)
        add(f"pool{block}", "Pooling", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }")
    for place, width in zip((6, 7), widths[5:], strict=True):
        add(f"fc{place}", "InnerProduct", f"inner_product_param {{ num_output: {width} }}")
        add(f"relu{place}", "ReLU", in_place=True)
        add(f"drop{place}", "Dropout", "dropout_param { dropout_ratio: 0.5 }", in_place=True)
    add("fc8", "InnerProduct", "inner_product_param { num_output: 10 }")
    add("prob", "Softmax")
    return text


def write(
    folder: Path, *, new: bool = True, text: str | None = None, data: bytes | None = None
) -> ImportCaffeConfig:
    """The two files of a narrow VGG-16 (or `text` and `data`) lie in `folder`."""
    deploy, weights = folder / "deploy.prototxt", folder / "vgg.caffemodel"
    deploy.write_text(prototxt(new=new) if text is None else text)
    weights.write_bytes(caffemodel(some_weights(), new=new) if data is None else data)
    return ImportCaffeConfig(deploy=deploy, weights=weights, out=folder / "out")


def loaded(out: Path, name: str) -> Backbone:
    backbone = build_backbone(name, (224, 224)).eval()
    load_backbone_weights(backbone, out)
    return backbone


@pytest.mark.parametrize("new", [False, True])
def test_weights_lie_where_the_backbone_looks_for_them(tmp_path: Path, new: bool) -> None:
    config = write(tmp_path, new=new)
    made = import_caffe(config)
    assert (made.convolutions, made.connected, made.backbone) == (13, 2, BACKBONE)
    weights = some_weights()
    assert made.weights == sum(
        array.size for name, (_, arrays) in weights.items() if name != "fc8" for array in arrays
    )
    assert json.loads((config.out / "config.json").read_text())["backbone"] == BACKBONE
    backbone = loaded(config.out, BACKBONE)
    assert backbone.mean.flatten().tolist() == pytest.approx([123.68, 116.779, 103.939])
    assert backbone.std.flatten().tolist() == [1, 1, 1]
    layers = [m for m in backbone.network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    for found, (name, (_, (matrix, bias))) in zip(layers, weights.items(), strict=False):
        matrix = matrix[:, ::-1] if name == "conv1_1" else matrix
        np.testing.assert_array_equal(found.weight.detach(), matrix)
        np.testing.assert_array_equal(found.bias.detach(), bias)


def test_the_old_format_and_the_new_give_the_same_file(tmp_path: Path) -> None:
    files = []
    for new in (False, True):
        (tmp_path / str(new)).mkdir()
        config = write(tmp_path / str(new), new=new)
        import_caffe(config)
        files.append((config.out / "backbone.safetensors").read_bytes())
    assert files[0] == files[1]


def test_a_filter_for_blue_sees_blue(tmp_path: Path) -> None:
    """Caffe's pictures are BGR: channel 0 of the file's first filter is blue, ours is red."""
    weights = some_weights()
    matrix, bias = weights["conv1_1"][1]
    matrix[:], bias[:] = 0, 0
    matrix[0, 0, 1, 1], matrix[1, 2, 1, 1] = 1, 1
    config = write(tmp_path, data=caffemodel(weights, new=True))
    import_caffe(config)
    backbone = loaded(config.out, BACKBONE)
    backbone.network = torch.nn.Sequential(backbone.network.features[0], torch.nn.Flatten())
    colours = torch.tensor([[255, 0, 0], [0, 0, 255]], dtype=torch.uint8).view(2, 3, 1, 1)
    with torch.no_grad():
        blue, red = backbone(colours).T
    assert blue.tolist() == pytest.approx([-103.939, 255 - 103.939])
    assert red.tolist() == pytest.approx([255 - 123.68, -123.68])


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_features_are_those_of_the_2017_system(tmp_path: Path, version: str) -> None:
    """From the original's own pictures, to its own features; and to those a plain loop gives in BGR."""
    folder, expected = shared("oracle", "tiny"), np.load(shared("oracle", "expected.npz"))
    config = ImportCaffeConfig(
        deploy=folder / f"tiny_{version}.prototxt",
        weights=folder / f"tiny_{version}.caffemodel",
        out=tmp_path / "out",
    )
    name = import_caffe(config).backbone
    pictures = torch.from_numpy(expected["images_uint8"])[..., 15:239, 15:239]  # the original's centre crop
    with torch.no_grad():
        features = loaded(config.out, name)(pictures)
        twin = in_bgr(pictures.flip(1), np.load(folder / "tiny_weights.npz"))
    torch.testing.assert_close(features, torch.from_numpy(expected["feats"]), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(features, twin, rtol=1e-5, atol=1e-4)
    assert features.std() > 0.5


def in_bgr(pictures: torch.Tensor, weights: Any) -> torch.Tensor:
    """The network as Caffe runs it on BGR pictures."""
    maps = pictures - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    for block, count in enumerate(BLOCKS, 1):
        for place in range(1, count + 1):
            matrix, bias = (
                torch.from_numpy(weights[f"conv{block}_{place}.{kind}"]) for kind in ("weight", "bias")
            )
            maps = torch.relu(torch.nn.functional.conv2d(maps, matrix, bias, padding=1))
        maps = torch.nn.functional.max_pool2d(maps, 2)
    maps = maps.flatten(1)
    for name in ("fc6", "fc7"):
        maps = torch.relu(
            maps @ torch.from_numpy(weights[f"{name}.weight"]).T + torch.from_numpy(weights[f"{name}.bias"])
        )
    return maps


def test_both_files_of_the_oracle_give_the_same_bytes(tmp_path: Path) -> None:
    folder = shared("oracle", "tiny")
    for version in ("v1", "v2"):
        import_caffe(
            ImportCaffeConfig(
                deploy=folder / f"tiny_{version}.prototxt",
                weights=folder / f"tiny_{version}.caffemodel",
                out=tmp_path / version,
            )
        )
    files = [(tmp_path / version / "backbone.safetensors").read_bytes() for version in ("v1", "v2")]
    assert files[0] == files[1]


def test_the_names_are_those_of_torchvisions_vgg16_too(tmp_path: Path) -> None:
    config = write(tmp_path)
    import_caffe(config)
    with torch.device("meta"):
        names = set(build_backbone("vgg16", (224, 224)).state_dict())
    assert set(load_file(config.out / "backbone.safetensors")) == names


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_state_dict_in_torchvisions_layout_is_taken_too(tmp_path: Path, suffix: str) -> None:
    import_caffe(config := write(tmp_path))
    imported = load_file(config.out / "backbone.safetensors")
    layout = {
        name.removeprefix("network."): tensor
        for name, tensor in imported.items()
        if name not in ("mean", "std")
    }
    layout |= {"classifier.6.weight": torch.zeros(10, 4), "classifier.6.bias": torch.zeros(10)}
    file = tmp_path / f"vgg16{suffix}"
    save_file(layout, file) if suffix == ".safetensors" else torch.save(layout, file)
    with pytest.warns(AssumedCaffe, match="only the mean is subtracted. For torchvision's own weights give"):
        backbone = loaded(file, BACKBONE)
    for name, tensor in backbone.state_dict().items():
        assert torch.equal(tensor, imported[name]), name


def test_layers_that_are_not_needed_are_not_asked_for(tmp_path: Path) -> None:
    """No fc8, weights of layers nobody lists, data layers, other spellings of the same settings."""
    weights = some_weights()
    del weights["fc8"]
    weights["loss3"] = ("InnerProduct", [np.full((1, 1), np.nan, np.float32)])
    text = prototxt(new=True).split('layer { name: "fc8"')[0]
    text = 'layer { name: "images" type: "Data" top: "data" include { phase: TRAIN } }\n' + text
    text = text.replace(
        "pad: 1 kernel_size: 3", "pad_h: 1 pad_w: 1 kernel_h: 3 kernel_w: 3 stride: 1 engine: CUDNN", 1
    )
    text = text.replace("pad: 1", "bias_filler { value: 0.2 } pad: 1", 2).replace(
        " ratio: 0.5", " ratio: 5e-1"
    )
    import_caffe(write(tmp_path, text=text, data=caffemodel(weights, new=True)))


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


PROTOTXTS: dict[str, tuple[Callable[[str], str], str]] = {
    "kernel": (replaced("kernel_size: 3", "kernel_size: 5"), "has the layer 'conv1_1' with kernel_size '5', where VGG-16's is 3"),
    "kernel sides": (replaced("kernel_size: 3", "kernel_h: 3 kernel_w: 1"), "'conv1_1' with kernel_size '1'"),
    "no kernel": (replaced(" kernel_size: 3", ""), "'conv1_1' with kernel_size 'not set', where VGG-16's is 3"),
    "no pad": (replaced(" pad: 1", ""), "'conv1_1' with pad '0', where VGG-16's is 1"),
    "stride": (replaced("pad: 1", "pad: 1 stride: 2"), "'conv1_1' with stride '2', where VGG-16's is 1"),
    "no bias": (replaced("pad: 1", "pad: 1 bias_term: false"), "'conv1_1' with bias_term 'false', where VGG-16's is true"),
    "unknown setting": (replaced("pad: 1", "pad: 1 warp { }"), "'conv1_1' with warp 'a block', where VGG-16's has no such"),
    "average": (replaced("pool: MAX", "pool: AVE"), "has the layer 'pool1' with pool 'AVE', where VGG-16's is MAX"),
    "pool stride": (replaced(" stride: 2", ""), "has the layer 'pool1' with stride '1', where VGG-16's is 2"),
    "leaky": (replaced('top: "conv1_1"  }', 'top: "conv1_1" relu_param { negative_slope: 0.1 } }'), "'relu1_1' with negative_slope"),
    "dropout": (replaced("ratio: 0.5", "ratio: 0.3"), "has the layer 'drop6' with dropout_ratio '0.3', where VGG-16's is 0.5"),
    "kind": (replaced("ReLU", "TanH"), "has the layer 'relu1_1' of type 'TanH', where VGG-16 has ReLU"),
    "no kind": (replaced('type: "ReLU"', ""), "has the layer 'relu1_1' of type '', where VGG-16 has ReLU"),
    "one layer less": (lambda text: "".join(t for t in text.splitlines(True) if "pool3" not in t[:30]), "'conv4_1' of type 'Convolution', where VGG-16 has Pooling"),
    "cut off": (lambda text: text.split('layer { name: "fc7"')[0], "ends after the layer 'drop6', where VGG-16 has InnerProduct"),
    "only data": (lambda _: 'layer { name: "a" type: "Data" top: "a" }', "ends before the first layer, where VGG-16 has Conv"),
    "no outputs": (replaced("num_output: 2 ", ""), "has the layer 'conv1_1' with num_output 0 times, not from 1"),
    "no layer of none": (replaced("num_output: 2", "num_output: 0"), "has the layer 'conv1_1' with num_output 0, not from 1"),
    "giant": (replaced("num_output: 2", "num_output: 99999999999"), "'conv1_1' with num_output 99999999999, not from 1 to 65536"),
    "negative": (replaced("num_output: 2", "num_output: -2"), "'conv1_1' with num_output -2, not from 1"),
    "uneven block": (replaced("num_output: 3", "num_output: 4"), "'conv2_2' with 3 outputs after 'conv2_1' with 4"),
    "same names": (replaced('name: "conv1_2"', 'name: "conv1_1"'), "has two layers called 'conv1_1'"),
    "no name": (replaced('name: "conv1_2"', ""), "has a layer without a name"),
    "not a chain": (replaced('bottom: "pool1"', 'bottom: "data"'), "has the layer 'conv2_1', which does not read 'pool1' before it"),
    "both formats": (lambda text: text + "layers { }", "cannot be read: it lists layers in the old format and in the new"),
    "no layers": (lambda _: 'name: "VGG"', "cannot be read: it lists no layers"),
    "layer of text": (lambda _: "layer: 3", "cannot be read: it lists no layers"),
    "empty": (lambda _: "", "cannot be read: it lists no layers"),
    "not ended": (lambda text: text + "layer {", "cannot be read: it ends within a block"),
    "too long": (lambda text: text + " " * 1_000_000, "cannot be read: it is longer than 1,000,000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROTOTXTS)
def test_another_network_is_refused_by_its_layer(tmp_path: Path, name: str) -> None:
    change, message = PROTOTXTS[name]
    with pytest.raises(CheckpointError) as caught:
        import_caffe(write(tmp_path, text=change(prototxt(new=True))))
    assert message in str(caught.value)
    assert f"{tmp_path}/deploy.prototxt" in str(caught.value)
    assert not (tmp_path / "out").exists()


def without(name: str) -> bytes:
    weights = some_weights()
    del weights[name]
    return caffemodel(weights, new=True)


def changed(name: str, place: int, array: NDArray[np.float32]) -> bytes:
    """The file with another array for the weights (0) or biases (1) of a layer."""
    weights = some_weights()
    weights[name][1][place] = array
    return caffemodel(weights, new=True)


def with_blobs(*blobs: bytes) -> bytes:
    """The file with these blobs for conv2_1."""
    return without("conv2_1") + layer("conv2_1", "Convolution", list(blobs), new=True)


def conv2_1(shape: bytes, data: bytes) -> bytes:
    """The file with a blob of this shape and data as the weights of conv2_1."""
    return with_blobs(shape + data, blob(np.zeros(3, np.float32), new=True))


SHAPE = field(7, field(1, b"\x03\x02\x03\x03"))
DATA = field(5, bytes(4 * 54))
GIANT = number(2**63)
CAFFEMODELS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "cannot be read as weights of VGG-16: cannot mmap an empty file"),
    "text": (lambda: prototxt(new=True).encode(), "cannot be read as weights of VGG-16: "),
    "missing layer": (lambda: without("conv3_2"), "it has no weights for the layer 'conv3_2'"),
    "no fc7": (lambda: without("fc7"), "it has no weights for the layer 'fc7'"),
    "other kind": (
        lambda: without("fc6") + layer("fc6", "Convolution", [b"", b""], new=True),
        "its layer 'fc6' is of type 'Convolution', not InnerProduct",
    ),
    "other kind, old": (
        lambda: without("fc6") + layer("fc6", "Convolution", [b"", b""], new=False), "its layer 'fc6' is of type 4, not Inner"
    ),
    "two of a name": (
        lambda: caffemodel(some_weights(), new=True) + layer("fc6", "InnerProduct", [b""], new=True), "two layers 'fc6' with weights"
    ),
    "one blob": (lambda: with_blobs(b""), "its layer 'conv2_1' has 1 blobs, not weights and biases"),
    "three blobs": (lambda: with_blobs(b"", b"", b""), "its layer 'conv2_1' has 3 blobs"),
    "empty blobs": (lambda: with_blobs(b"", b""), "the weights of layer 'conv2_1' are 0 x 0 x 0 x 0, not 3 x 2 x 3 x 3"),
    "other shape": (
        lambda: changed("conv2_1", 0, np.zeros((3, 2, 5, 5), np.float32)),
        "the weights of layer 'conv2_1' are 3 x 2 x 5 x 5, not 3 x 2 x 3 x 3",
    ),
    "other biases": (lambda: changed("fc7", 1, np.zeros(5, np.float32)), "the biases of layer 'fc7' are 5, not 4"),
    "turned": (lambda: changed("fc7", 0, np.zeros((3, 4), np.float32)), "the weights of layer 'fc7' are 3 x 4, not 4 x 3"),
    "picture of another size": (
        lambda: changed("fc6", 0, np.zeros((3, 2 * 25), np.float32)), "the weights of layer 'fc6' are 3 x 50, not 3 x 98"
    ),
    "too few numbers": (
        lambda: conv2_1(SHAPE, field(5, bytes(4 * 53))), "conv2_1' are 3 x 2 x 3 x 3, but 53 float numbers in 1 pieces"
    ),
    "no numbers": (lambda: conv2_1(SHAPE, b""), "but 0 float numbers in 0 pieces"),
    "in pieces": (lambda: conv2_1(SHAPE, field(5, bytes(108)) * 2), "but 54 float numbers in 2 pieces"),
    "doubles": (lambda: conv2_1(SHAPE, field(8, bytes(8 * 54))), "but 0 float numbers in 0 pieces"),
    "data is a number": (lambda: conv2_1(SHAPE, field(5, 3)), "but 0 float numbers in 0 pieces"),
    "shape is a number": (lambda: conv2_1(field(7, 3), DATA), "the weights of layer 'conv2_1' are 0 x 0 x 0 x 0"),
    "giant shape": (lambda: conv2_1(field(7, field(1, GIANT * 2)), DATA), "are 9223372036854775808 x 9223372036854775808, not"),
    "endless shape": (lambda: conv2_1(field(7, field(1, b"\x03" * 2000)), DATA), "more than 1000 numbers in a list"),
    "giant field": (lambda: caffemodel(some_weights(), new=True) + b"\x12" + GIANT, "a field of 9,223,372,036,854,775,808 bytes where 0 are left"),
    "endless number": (lambda: caffemodel(some_weights(), new=True) + b"\xff" * 20, "a number of more than 64 bits"),
    "many layers": (lambda: layer("a", "Data", [], new=True) * 1001, "a message of more than 1000 fields"),
    "many fields": (lambda: field(100, field(1, 1) * 1001), "a message of more than 1000 fields"),
    "a group": (lambda: b"\x0b", "a field of wire type 3"),
    "not a number": (lambda: changed("fc7", 1, np.array([0, np.nan, 0, 0], np.float32)), "the biases of layer 'fc7' are not all finite"),
    "infinite": (
        lambda: changed("fc7", 1, np.array([0, np.inf, -np.inf, 0], np.float32)), "the biases of layer 'fc7' are not all finite"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CAFFEMODELS)
def test_weights_that_do_not_fit_are_refused_by_their_layer(tmp_path: Path, name: str) -> None:
    make, message = CAFFEMODELS[name]
    with pytest.raises(CheckpointError) as caught:
        import_caffe(write(tmp_path, data=make()))
    assert message in str(caught.value)
    assert f"{tmp_path}/vgg.caffemodel" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deploy.prototxt", "vgg.caffemodel"]


def test_sizes_may_stand_one_by_one(tmp_path: Path) -> None:
    sizes = field(7, b"".join(field(1, size) for size in (3, 2, 3, 3)))
    assert import_caffe(write(tmp_path, data=conv2_1(sizes, DATA))).convolutions == 13


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> list[Layer]:
    return read_deploy(write(tmp_path_factory.mktemp("vgg")).deploy)


@pytest.mark.parametrize("new", [False, True])
def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path, layers: list[Layer], new: bool) -> None:
    weights = some_weights()
    data = caffemodel(weights, new=new)
    del weights["fc8"]
    needed = caffemodel(weights, new=new)
    assert data.startswith(needed)
    for end in {*range(0, len(data), 7), len(needed) - 1, len(needed) + 1} - {len(needed)}:
        (tmp_path / "cut").write_bytes(data[:end])
        with pytest.raises(CheckpointError, match="cannot be read as weights of VGG-16: "):
            read_weights(tmp_path / "cut", layers)


@FOLDER
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=12))
def test_damaged_bytes_give_weights_or_a_clear_error(
    tmp_path: Path, layers: list[Layer], place: int, junk: bytes
) -> None:
    data = caffemodel(some_weights(), new=True)
    place %= len(data)
    (tmp_path / "damaged").write_bytes(data[:place] + junk + data[place + len(junk) :])
    with suppress(CheckpointError):
        weights = read_weights(tmp_path / "damaged", layers)
        assert all(np.isfinite(values).all() for values in weights.values())
        assert len(weights) == 30


@FOLDER
@given(st.integers(0, 10**6), st.text(alphabet='layers{}:"#1 \n', max_size=8), st.integers(0, 8))
def test_damaged_text_gives_layers_or_a_clear_error(tmp_path: Path, place: int, junk: str, lost: int) -> None:
    text = prototxt(new=True)
    place %= len(text)
    (tmp_path / "damaged").write_text(text[:place] + junk + text[place + lost :])
    with suppress(CheckpointError):
        assert len(read_deploy(tmp_path / "damaged")) == 37


def test_files_that_are_missing_or_folders(tmp_path: Path) -> None:
    config = write(tmp_path)
    for path in (config.deploy, config.weights):
        path.unlink()
        with pytest.raises(
            CheckpointError, match=f"{path.name} cannot be read.*: no such file; accepted: the "
        ):
            import_caffe(config)
        path.mkdir()
        with pytest.raises(CheckpointError, match=f"{path.name} cannot be read.*: no such file"):
            import_caffe(config)
        path.rmdir()
        write(tmp_path)


def test_the_two_files_in_the_wrong_order(tmp_path: Path) -> None:
    config = write(tmp_path)
    turned = ImportCaffeConfig(deploy=config.weights, weights=config.deploy, out=config.out)
    with pytest.raises(CheckpointError, match=r"what to do: give the .prototxt first, then the .caffemodel"):
        import_caffe(turned)


def test_what_is_there_stays(tmp_path: Path) -> None:
    config = write(tmp_path)
    config.out.write_text("mine")
    with pytest.raises(
        CheckpointError, match="out exists; accepted: a new folder; what to do: choose another OUT"
    ):
        import_caffe(config)
    assert config.out.read_text() == "mine"
    below = ImportCaffeConfig(deploy=config.deploy, weights=config.weights, out=config.out / "below")
    with pytest.raises(WriteError, match=r"cannot write .*below"):
        import_caffe(below)


def test_a_disk_that_fills_up_leaves_nothing_behind(tmp_path: Path) -> None:
    """Stands for a full disk: files may not grow beyond 2,000 bytes."""
    config = write(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(
            WriteError, match=r"cannot write .*out: .*File too large.*; accepted: a place with room"
        ):
            import_caffe(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deploy.prototxt", "vgg.caffemodel"]


def test_on_the_command_line_it_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write(tmp_path, data=without("conv3_2"))
    assert main(["import-caffe", str(config.deploy), str(config.weights), str(config.out)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_from_caffe_to_a_trained_run(
    tmp_path: Path, two_colour_people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write(tmp_path)
    out, run = str(config.out), str(tmp_path / "run")
    assert main(["import-caffe", str(config.deploy), str(config.weights), out]) == 0
    first, following = capsys.readouterr().out.splitlines()
    assert first == f"{out}: 13 convolutions, 2 fully connected, 0.0 million weights"
    assert (
        following == f"next: reidtalk train DATASET ROOT OUT --backbone {BACKBONE} --backbone-weights {out}"
    )
    words = following.split()[2:]
    words[words.index("DATASET")], words[words.index("ROOT")], words[words.index("OUT")] = (
        "cuhk-pedes",
        str(two_colour_people),
        run,
    )
    sizes = [
        "--image-size-px",
        "32",
        "16",
        "--crop-size-px",
        "32",
        "16",
        "--input-encoding-size",
        "8",
        "--rnn-size",
        "8",
    ]
    steps = [
        "--max-iters",
        "2",
        "--batch-size",
        "4",
        "--word-count-threshold",
        "0",
        "--device",
        "cpu",
        "--workers",
        "0",
    ]
    assert main([*words, *sizes, *steps]) == 0
    trained = load_file(Path(run) / "last" / "model.safetensors")
    imported = load_file(config.out / "backbone.safetensors")
    for name, tensor in imported.items():  # not fine-tuned yet
        torch.testing.assert_close(trained[f"backbone.{name}"], tensor, rtol=0, atol=0)
