"""Changes of pictures that leave true what is said of them: framing, focus, light, things in the way."""

import torch
from jaxtyping import Float, UInt8
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, interpolate, pad


def augment(
    images: UInt8[Tensor, "images 3 height width"], generator: Generator
) -> Float[Tensor, "images 3 height width"]:
    """The pictures, each framed, focused, lit and partly hidden anew; values 0 to 255."""
    framed = refocus(reframe(images.float(), generator), generator)
    return hide(shade(relight(framed, generator), generator), generator)


def reframe(
    images: Float[Tensor, "images 3 height width"], generator: Generator
) -> Float[Tensor, "images 3 height width"]:
    """Zoomed by up to an eighth in each direction, shifted by up to a sixteenth, edges drawn out."""
    count = len(images)
    zoom = torch.exp(uniform((count, 2), -0.12, 0.12, generator))
    shift = uniform((count, 2), -0.12, 0.12, generator)
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 1, 1], matrix[:, :, 2] = zoom[:, 0], zoom[:, 1], shift
    grid = affine_grid(matrix, list(images.shape), align_corners=False)
    return grid_sample(images, grid.to(images), padding_mode="border", align_corners=False)


def refocus(
    images: Float[Tensor, "images 3 height width"], generator: Generator, share: float = 0.3
) -> Float[Tensor, "images 3 height width"]:
    """Softer or sharper, a `share` of them from half as many pixels, and grained.

    So that what is fine in a drawing, and nowhere else, teaches little.
    """
    count = len(images)
    soft = avg_pool2d(pad(images, (2, 2, 2, 2), mode="replicate"), 5, stride=1)
    images = images + uniform((count, 1, 1, 1), -0.9, 1.2, generator).to(images) * (images - soft)
    coarse = interpolate(avg_pool2d(images, 2), images.shape[-2:], mode="bilinear")
    few = (torch.rand((count, 1, 1, 1), generator=generator) < share).to(images.device)
    grain = torch.randn(images.shape, generator=generator) * uniform((count, 1, 1, 1), 0, 14, generator)
    return torch.where(few, coarse, images) + grain.to(images)


def shade(
    images: Float[Tensor, "images 3 height width"], generator: Generator
) -> Float[Tensor, "images 3 height width"]:
    """Lighter in some parts and darker in others, without an edge between them."""
    field = 0.16 * torch.randn((len(images), 1, 4, 3), generator=generator)
    wide = interpolate(field.to(images), images.shape[-2:], mode="bicubic")
    return (images * torch.exp(wide)).clamp(0, 255)


def relight(
    images: Float[Tensor, "images 3 height width"], generator: Generator
) -> Float[Tensor, "images 3 height width"]:
    """Brightness, contrast, saturation, gamma and white balance changed a little."""
    count = len(images)
    grey = images.mean(1, keepdim=True)
    saturation = uniform((count, 1, 1, 1), 0.75, 1.2, generator).to(images)
    balance = torch.exp(uniform((count, 3, 1, 1), -0.08, 0.08, generator)).to(images)
    contrast = torch.exp(uniform((count, 1, 1, 1), -0.2, 0.2, generator)).to(images)
    brightness = uniform((count, 1, 1, 1), -18, 18, generator).to(images)
    gamma = torch.exp(uniform((count, 1, 1, 1), -0.2, 0.2, generator)).to(images)
    lit = (grey + (images - grey) * saturation) * balance
    level = lit.mean((1, 2, 3), keepdim=True)
    lit = ((lit - level) * contrast + level + brightness).clamp(0, 255)
    return 255 * (lit / 255) ** gamma


def hide(
    images: Float[Tensor, "images 3 height width"], generator: Generator, share: float = 0.15
) -> Float[Tensor, "images 3 height width"]:
    """A `share` of the pictures has a rectangle of one colour in the way; the rest is as it was.

    Reference: Zhong et al. 2020 (random erasing). Differs: at most an eighth of the picture.
    """
    height, width = images.shape[-2:]
    images = images.clone()
    for row in torch.nonzero(torch.rand(len(images), generator=generator) < share).flatten().tolist():
        tall, wide, top, left, *rgb = torch.rand(7, generator=generator).tolist()
        tall, wide = int(height * (0.1 + 0.2 * tall)), int(width * (0.1 + 0.3 * wide))
        top, left = int(top * (height - tall)), int(left * (width - wide))
        colour = torch.tensor(rgb).to(images)[:, None, None] * 255
        images[row, :, top : top + tall, left : left + wide] = colour
    return images


def uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    """Numbers spread evenly from `low` to `high`, on the CPU."""
    return torch.rand(shape, generator=generator) * (high - low) + low
