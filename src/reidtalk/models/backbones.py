"""Picture networks: uint8 pictures in, one feature vector each out. Normalisation is part of the network."""

import re
import warnings
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from safetensors.torch import load_file
from torch import Tensor, nn

from reidtalk.errors import CheckpointError, ConfigError
from reidtalk.models.shipped import SHIPPED

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)

CAFFE_MEAN = (123.68, 116.779, 103.939)
CAFFE_VGG16 = "caffe-vgg16"
CONVOLUTIONS = (2, 2, 3, 3, 3)
"""How many convolutions each block of VGG-16 has."""
VGG16_WIDTHS = (64, 128, 256, 512, 512, 4096, 4096)
"""Channels of the five blocks of VGG-16, then the numbers of fc6 and fc7."""


FEATURES = "features:"
"""Before a width: no network, since another one's features of that width are given instead of pictures."""


class AssumedCaffe(UserWarning):
    """Weights that do not say how pictures are normalised are taken as Caffe's."""


class Backbone(nn.Module):
    """A picture network with the mean and deviation its weights expect (RGB, 0 to 255)."""

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        width: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        *,
        centre_shift: int = 0,
    ) -> None:
        super().__init__()
        self.network = network
        self.width = width
        self.centre_shift = centre_shift
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def centre_start(self, size: int, crop: int) -> int:
        """Where a crop of `crop` pixels out of the middle of `size` begins.

        With a `centre_shift` of 1, where the 2017 system begins: 224 of 256 at 15, one before the middle.
        """
        return max(0, size - crop - self.centre_shift) // 2

    def forward(self, images: UInt8[Tensor, "images 3 height width"]) -> Float[Tensor, "images features"]:
        """One feature vector of `self.width` numbers per picture."""
        normalised = (images.to(self.mean.dtype) - self.mean) / self.std
        features: Tensor = self.network(normalised.contiguous(memory_format=torch.channels_last))
        return features


def build_backbone(name: str, crop_size_px: tuple[int, int], *, pretrained: bool = False) -> Backbone:
    """The network called `name`: `vgg16`, `caffe-vgg16`, `small`, `reidtalk-small`, or `timm:NAME`.

    Where `pretrained`, it has ImageNet's weights, or reidtalk-small's own.

    Raises:
        ConfigError: an unknown name, or weights that could not be fetched.
    """
    if name == "small":
        return small()
    if name.partition(":")[0] == CAFFE_VGG16:
        return caffe_vgg16(caffe_vgg16_widths(name), pretrained=pretrained)
    if name.startswith(FEATURES):
        return given_features(name)
    if name == SHIPPED.name:
        return shipped(crop_size_px, pretrained=pretrained)
    try:
        if name == "vgg16":
            return vgg16(pretrained=pretrained)
        if name.startswith("timm:"):
            return from_timm(name.removeprefix("timm:"), crop_size_px, pretrained=pretrained)
    except (OSError, RuntimeError) as error:
        if not pretrained:
            raise
        raise ConfigError(
            f"the ImageNet weights of {name} could not be fetched: {error}",
            accepted="--backbone-weights with none or a file",
            do="fetch them where there is a network, or train from scratch with --backbone small",
        ) from error
    raise ConfigError(
        f"--backbone is {name}",
        accepted="vgg16, caffe-vgg16, small, reidtalk-small, timm:NAME",
        do="choose one of these",
    )


def given_features(name: str) -> Backbone:
    """No network, for the features of another one.

    Raises:
        ConfigError: `name` has no width.
    """
    width = name.removeprefix(FEATURES)
    if not re.fullmatch("[1-9][0-9]{0,5}", width):
        raise ConfigError(f"--backbone is {name}", accepted=f"{FEATURES} and a width", do="choose another")
    return Backbone(nn.Identity(), int(width), (0.0,) * 3, (1.0,) * 3)


def load_backbone_weights(backbone: Backbone, path: Path) -> None:
    """`backbone` has the weights in `path`: a `pretrain` folder, a safetensors file, or a state dict (.pth).

    A file in torchvision's layout (`features.0.weight`, ...) fits the two VGG-16; its last layer is left out.
    It does not say how pictures are normalised: warns (`AssumedCaffe`) where only the mean is subtracted.

    Raises:
        CheckpointError: no such file, not weights, or weights of another network.
    """
    file = path / "backbone.safetensors" if path.is_dir() else path
    if file.suffix == ".caffemodel" and file.is_file():
        raise CheckpointError(
            f"{path} is of Caffe",
            accepted="a folder written by reidtalk import-caffe",
            do=f"make one: reidtalk import-caffe DEPLOY.prototxt {path} OUT",
        )
    try:
        if file.suffix == ".safetensors":
            weights = load_file(file)
        else:
            weights = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise many kinds for a file that is not weights
        raise CheckpointError(
            f"no weights could be read from {path}: {error}",
            accepted="a folder written by reidtalk pretrain, a .safetensors file, or a state dict (.pth)",
            do="check the path given to --backbone-weights",
        ) from error
    if not (isinstance(weights, dict) and all(isinstance(name, str) for name in weights)):
        raise CheckpointError(
            f"{path} holds no state dict", accepted="names and tensors", do="save the network's state_dict()"
        )
    own = backbone.state_dict()
    if not any(name.startswith("network.") for name in weights):
        weights = {f"network.{name}": tensor for name, tensor in weights.items()}
        weights |= {"mean": own["mean"], "std": own["std"]}
        if bool((own["std"] == 1).all()):
            warnings.warn(
                f"{path} does not say how pictures are normalised; as in Caffe only the mean is subtracted. "
                "For torchvision's own weights give --backbone vgg16",
                AssumedCaffe,
                stacklevel=2,
            )
    unfit = [name for name in own if name not in weights or weights[name].shape != own[name].shape]
    if unfit:
        raise CheckpointError(
            f"{path} does not fit this backbone: {len(unfit)} of {len(own)} tensors differ, first {unfit[0]}",
            accepted="weights of the same network and size",
            do="give the --backbone these weights were made with",
        )
    backbone.load_state_dict({name: weights[name] for name in own})


def vgg16(*, pretrained: bool) -> Backbone:
    """VGG-16 through fc7 and its dropout: 4096 numbers.

    Reference: Simonyan & Zisserman 2015, configuration D; cut as in Li et al. 2017.
    Differs: where the picture is not 224 x 224, conv5 is averaged to 7 x 7 before fc6.
    """
    from torchvision.models import VGG16_Weights
    from torchvision.models import vgg16 as build

    network = build(weights=VGG16_Weights.IMAGENET1K_V1 if pretrained else None)
    network.classifier = network.classifier[:6]
    return Backbone(network, 4096, IMAGENET_MEAN, IMAGENET_STD)


def caffe_vgg16(widths: tuple[int, ...] = VGG16_WIDTHS, *, pretrained: bool = False) -> Backbone:
    """VGG-16 of `widths` through fc7 and its dropout, for weights that were made with Caffe.

    From the pictures only the mean is taken, and the crop at the centre is that of the 2017 system. Names of
    layers are torchvision's; weights come from an import, the first convolution's turned to RGB.

    Reference: Simonyan & Zisserman 2015, configuration D, as released for Caffe; cut as in Li et al. 2017.
    Differs: where the picture is not 224 x 224, conv5 is averaged to 7 x 7 before fc6.

    Raises:
        ConfigError: it should be `pretrained`, and there is no place to fetch such weights from.
    """
    if pretrained:
        raise ConfigError(
            f"--backbone {CAFFE_VGG16} with --backbone-weights default",
            accepted="a file or folder of weights, or none",
            do="give the weights made with Caffe to --backbone-weights",
        )
    *channels, fc6, fc7 = widths
    features: list[nn.Module] = []
    before = 3
    for block, count in zip(channels, CONVOLUTIONS, strict=True):
        for _ in range(count):
            features += [nn.Conv2d(before, block, 3, padding=1), nn.ReLU(inplace=True)]
            before = block
        features.append(nn.MaxPool2d(2, ceil_mode=True))
    classifier = nn.Sequential(
        *(nn.Linear(before * 7 * 7, fc6), nn.ReLU(inplace=True), nn.Dropout()),
        *(nn.Linear(fc6, fc7), nn.ReLU(inplace=True), nn.Dropout()),
    )
    network = nn.Sequential()
    network.add_module("features", nn.Sequential(*features))
    network.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(7), nn.Flatten()))
    network.add_module("classifier", classifier)
    return Backbone(network, fc7, CAFFE_MEAN, (1.0, 1.0, 1.0), centre_shift=1)


def caffe_vgg16_name(widths: tuple[int, ...]) -> str:
    """The name of `caffe_vgg16(widths)` for `build_backbone`; without widths where they are VGG-16's own."""
    return CAFFE_VGG16 if widths == VGG16_WIDTHS else f"{CAFFE_VGG16}:{','.join(map(str, widths))}"


def caffe_vgg16_widths(name: str) -> tuple[int, ...]:
    """The widths in a name given by `caffe_vgg16_name`.

    Raises:
        ConfigError: not seven whole numbers from 1 to 65536.
    """
    _, colon, given = name.partition(":")
    if not colon:
        return VGG16_WIDTHS
    words = given.split(",")
    if len(words) != len(VGG16_WIDTHS) or not all(
        re.fullmatch("[0-9]{1,5}", word) and 1 <= int(word) <= 65536 for word in words
    ):
        raise ConfigError(
            f"--backbone is {name}",
            accepted=f"{CAFFE_VGG16}, or {CAFFE_VGG16}: with seven widths, five blocks, fc6 and fc7",
            do=f"give them as in {CAFFE_VGG16}:{','.join(map(str, VGG16_WIDTHS))}",
        )
    return tuple(map(int, words))


def from_timm(name: str, crop_size_px: tuple[int, int], *, pretrained: bool) -> Backbone:
    """Any network of timm by its name, its pooled features."""
    import timm
    from timm.data.config import resolve_model_data_config

    if not timm.is_model(name) or ("." in name and name not in timm.list_pretrained()):
        close = (
            ", ".join(timm.list_models(f"*{name.split('.')[0][:8]}*", pretrained="." in name)[:5])
            or "see timm.list_models()"
        )
        raise ConfigError(f"timm has no model {name}", accepted=close, do="choose one of timm's names")
    settings: dict[str, Any] = {"pretrained": pretrained, "num_classes": 0}
    published = timm.get_pretrained_cfg(name)
    if published is not None and published.fixed_input_size:
        settings["img_size"] = crop_size_px
    network = timm.create_model(name, **settings)
    data = resolve_model_data_config(network)
    mean, std = (tuple(255 * value for value in data[key]) for key in ("mean", "std"))
    with torch.no_grad():
        width = network.eval()(torch.zeros(1, 3, *crop_size_px)).shape[-1]
    return Backbone(network.train(), width, mean, std)


def small() -> Backbone:
    """A residual network of 1.2 million weights that trains from scratch on a CPU, for 128 x 64 pictures.

    The last map is averaged over its width only, in eight rows: what is worn where stays apart.
    """
    stages = [
        nn.Sequential(convolution(3, 32, stride=2), nn.ReLU(inplace=True)),
        ResidualBlock(32, 48),
        ResidualBlock(48, 96),
        ResidualBlock(96, 192),
    ]
    network = nn.Sequential(*stages, nn.AdaptiveAvgPool2d((8, 1)), nn.Flatten())
    return Backbone(network, 8 * 192, IMAGENET_MEAN, IMAGENET_STD)


def shipped(crop_size_px: tuple[int, int], *, pretrained: bool) -> Backbone:
    """The picture side of the matcher in the package; normalises by itself.

    Raises:
        ConfigError: pictures of another size than its own.
    """
    from reidtalk.models.dual_encoder import DualEncoderSettings, ImageTower

    settings = DualEncoderSettings()
    if tuple(crop_size_px) != settings.image_size_px:
        raise ConfigError(
            f"--crop-size-px is {crop_size_px[0]} {crop_size_px[1]} with --backbone {SHIPPED.name}",
            accepted="128 64, the size it learned",
            do="give --image-size-px 144 72 --crop-size-px 128 64",
        )
    backbone = Backbone(ImageTower(settings), settings.features, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    if pretrained:
        weights = load_file(SHIPPED / "model.safetensors")
        prefix = "image_tower."
        tower = {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
        backbone.network.load_state_dict(tower)
    return backbone


class ResidualBlock(nn.Module):
    """Two convolutions beside a projected short cut; halves height and width."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels_in, channels, stride=2)
        self.second = convolution(channels, channels)
        self.short_cut = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False),
            convolution(channels_in, channels, size=1),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of half the height and width."""
        inner = self.second(torch.relu(self.first(maps)))
        return torch.relu(inner + self.short_cut(maps))


def convolution(channels_in: int, channels: int, *, size: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the size (up to `stride`), batch-normalised."""
    layer = nn.Conv2d(channels_in, channels, size, stride=stride, padding=size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(channels))
