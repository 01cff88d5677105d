"""Pictures are changed, but not beyond what is said of them."""

import torch

from reidtalk.data.augment import augment, hide, refocus, reframe, relight, shade


def pictures(count: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(40, 215, (count, 3, 1, 1), dtype=torch.uint8, generator=generator).expand(
        -1, 3, 64, 32
    )


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_pictures_follow_from_the_generator_and_stay_pictures() -> None:
    images = pictures()
    before = images.clone()
    one, same, other = (augment(images, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(images, before)
    assert one.shape == images.shape
    assert 0 <= one.min() <= one.max() <= 255


def test_colours_stay_near() -> None:
    images = pictures().float()
    lit = relight(images, generator())
    assert (lit - images).abs().mean() > 2
    drawn, seen = images[..., 0, 0].flatten(), lit[..., 0, 0].flatten()
    assert torch.corrcoef(torch.stack([drawn, seen]))[0, 1] > 0.85


def test_frames_move_a_little() -> None:
    images = torch.zeros(40, 3, 64, 32)
    images[:, :, 28:36, 14:18] = 255
    framed = reframe(images, generator())
    rows = torch.arange(64.0)[None, :, None]
    weight = framed[:, 0]
    centre = (weight * rows).sum((1, 2)) / weight.sum((1, 2))
    assert (centre - 31.5).abs().max() < 64 / 16 * 1.2 + 1
    assert centre.std() > 0.5


def test_some_pictures_have_something_in_the_way() -> None:
    images = torch.full((400, 3, 64, 32), 300.0)
    changed = (hide(images, generator()) != images).float().mean((1, 2, 3))
    assert 0.08 < (changed > 0).float().mean() < 0.25
    assert changed.max() < 0.13


def test_focus_changes_fine_strokes_and_keeps_areas() -> None:
    areas = pictures().float()
    assert (refocus(areas, generator()).mean((2, 3)) - areas.mean((2, 3))).abs().max() < 1.5
    strokes = torch.full((200, 3, 64, 32), 100.0)
    strokes[..., ::4, :] = 160
    contrast = refocus(strokes, generator(), share=0.0).mean(3).std(2).mean(1) / strokes.mean(3).std(2).mean(
        1
    )
    assert contrast.min() < 0.5
    assert contrast.max() > 1.5
    soft = refocus(strokes, generator(), share=1.0).mean(3).std(2).mean(1) / strokes.mean(3).std(2).mean(1)
    assert soft.mean() < 0.8 * contrast.mean()


def test_light_is_uneven_without_an_edge() -> None:
    images = torch.full((40, 3, 64, 32), 120.0)
    lit = shade(images, generator())
    assert lit.std((2, 3)).mean() > 5
    assert (lit[:, :, 1:] - lit[:, :, :-1]).abs().max() < 12
    assert torch.allclose(lit[:, 0], lit[:, 1])
