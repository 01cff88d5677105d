"""Picture networks: what they give, and weights that fit or do not."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from reidtalk.errors import CheckpointError, ConfigError
from reidtalk.models.backbones import (
    VGG16_WIDTHS,
    Backbone,
    build_backbone,
    caffe_vgg16,
    caffe_vgg16_name,
    caffe_vgg16_widths,
    load_backbone_weights,
)

PICTURES = torch.randint(
    0, 256, (2, 3, 64, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)


@pytest.mark.parametrize(
    ("name", "width"),
    [("small", 1536), ("timm:resnet10t", 512), ("timm:vit_tiny_patch16_224", 192)],
)
def test_features_have_the_width_it_says(name: str, width: int) -> None:
    backbone = build_backbone(name, (64, 32)).eval()
    features = backbone(PICTURES)
    assert features.shape == (2, backbone.width) == (2, width)
    assert torch.isfinite(features).all()


def test_reidtalk_small_sees_what_the_matcher_sees() -> None:
    from reidtalk.models.checkpoint import load_matcher

    pictures = torch.randint(0, 256, (3, 3, 128, 64), dtype=torch.uint8)
    with torch.no_grad():
        vectors = build_backbone("reidtalk-small", (128, 64), pretrained=True).eval()(pictures)
    expected = load_matcher(device="cpu").encode_images(pictures)
    torch.testing.assert_close(torch.nn.functional.normalize(vectors, dim=1), expected)
    with pytest.raises(
        ConfigError, match="--crop-size-px is 64 32 with --backbone reidtalk-small; accepted: 128 64"
    ):
        build_backbone("reidtalk-small", (64, 32))


@pytest.mark.parametrize("size", [(128, 64), (144, 72), (100, 50), (33, 17)])
def test_the_small_network_takes_any_size(size: tuple[int, int]) -> None:
    picture = torch.zeros(2, 3, *size, dtype=torch.uint8)
    assert build_backbone("small", size).eval()(picture).shape == (2, 1536)


def test_vgg16_ends_in_fc7_and_its_dropout() -> None:
    with torch.device("meta"):
        network = build_backbone("vgg16", (224, 224)).network
    kinds = [type(layer).__name__ for layer in network.classifier]
    assert kinds == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout"]
    assert network.classifier[3].out_features == 4096
    assert sum(type(layer).__name__ == "Conv2d" for layer in network.features) == 13


def test_vgg16_for_caffe_has_torchvisions_names_and_shapes_and_takes_only_the_mean() -> None:
    with torch.device("meta"):
        ours, theirs = (build_backbone(name, (224, 224)) for name in ("caffe-vgg16", "vgg16"))
    shapes = [{n: t.shape for n, t in net.network.state_dict().items()} for net in (ours, theirs)]
    assert shapes[0] == shapes[1]
    assert ours.width == 4096
    assert [ours.centre_start(*sizes) for sizes in ((256, 224), (255, 224), (224, 224))] == [15, 15, 0]
    assert [theirs.centre_start(*sizes) for sizes in ((256, 224), (255, 224), (224, 224))] == [16, 15, 0]
    narrow = caffe_vgg16((2, 2, 2, 2, 2, 5, 3))
    assert narrow.mean.flatten().tolist() == pytest.approx([123.68, 116.779, 103.939])
    assert narrow.std.flatten().tolist() == [1.0, 1.0, 1.0]


def test_vgg16_for_caffe_of_other_widths_is_built_from_its_name() -> None:
    widths = (2, 3, 4, 5, 6, 7, 8)
    name = caffe_vgg16_name(widths)
    assert name == "caffe-vgg16:2,3,4,5,6,7,8"
    assert caffe_vgg16_name(VGG16_WIDTHS) == "caffe-vgg16"
    assert caffe_vgg16_widths("caffe-vgg16") == VGG16_WIDTHS
    backbone = build_backbone(name, (64, 32)).eval()
    assert backbone(PICTURES).shape == (2, 8)
    assert backbone.network.state_dict()["classifier.0.weight"].shape == (7, 6 * 49)


@pytest.mark.parametrize(
    "name", ["caffe-vgg16:", "caffe-vgg16:1,2", "caffe-vgg16:0,2,3,4,5,6,7", "caffe-vgg16:-1,2,3,4,5,6,7",
             "caffe-vgg16:1,2,3,4,5,6,99999", "caffe-vgg16:a,2,3,4,5,6,7"],
)  # fmt: skip
def test_widths_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"--backbone is caffe-vgg16:.*seven widths.*64,128,256,512,512"):
        build_backbone(name, (64, 32))


def test_weights_made_with_caffe_cannot_be_fetched() -> None:
    with pytest.raises(ConfigError, match="caffe-vgg16 with --backbone-weights default; accepted: a file"):
        build_backbone("caffe-vgg16", (224, 224), pretrained=True)


def test_pictures_are_normalised_inside() -> None:
    backbone = Backbone(torch.nn.Flatten(), 3, (100.0, 50.0, 0.0), (10.0, 5.0, 1.0))
    picture = torch.tensor([110, 50, 7], dtype=torch.uint8).view(1, 3, 1, 1)
    assert backbone(picture).flatten().tolist() == [1.0, 0.0, 7.0]


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("prefix", ["network.", ""])
def test_weights_come_from_files_of_either_layout(tmp_path: Path, suffix: str, prefix: str) -> None:
    source, target = build_backbone("small", (64, 32)), build_backbone("small", (64, 32))
    weights = {
        (prefix + name.removeprefix("network.")): tensor for name, tensor in source.state_dict().items()
        if name not in ("mean", "std")
    }  # fmt: skip
    if prefix:
        weights |= {"mean": source.mean, "std": source.std}
    file = tmp_path / f"weights{suffix}"
    save_file(weights, file) if suffix == ".safetensors" else torch.save(weights, file)
    load_backbone_weights(target, file)
    assert torch.equal(target.eval()(PICTURES), source.eval()(PICTURES))


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    backbone = build_backbone("small", (64, 32))
    save_file({"network.0.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(CheckpointError, match=r"does not fit this backbone: \d+ of \d+ tensors differ"):
        load_backbone_weights(backbone, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match=r"no weights could be read from .*text.pth"):
        load_backbone_weights(backbone, tmp_path / "text.pth")
    torch.save({0: torch.zeros(3)}, tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match=r"list.pth holds no state dict; accepted: names and tensors"):
        load_backbone_weights(backbone, tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match=r"no weights could be read from .*none.pth"):
        load_backbone_weights(backbone, tmp_path / "none.pth")
    (tmp_path / "vgg.caffemodel").write_bytes(b"caffe")
    with pytest.raises(CheckpointError, match=r"vgg.caffemodel is of Caffe; .* reidtalk import-caffe DEPLOY"):
        load_backbone_weights(backbone, tmp_path / "vgg.caffemodel")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(
        ConfigError,
        match="--backbone is alexnet; accepted: vgg16, caffe-vgg16, small, reidtalk-small, timm:NAME",
    ):
        build_backbone("alexnet", (64, 32))
    with pytest.raises(ConfigError, match=r"timm has no model resnet51; accepted: .*resnet"):
        build_backbone("timm:resnet51", (64, 32))
    with pytest.raises(ConfigError, match=r"timm has no model resnet50.nosuchtag; accepted: .*resnet50\."):
        build_backbone("timm:resnet50.nosuchtag", (64, 32))
