"""Augmentation, vectorised over a batch. Nothing here moves a label except mixup and cutmix, which move the target too.

`augment` shows a face in another way; `harden` then takes away some of what the look is seen by, as small, blurred, dark and
covered faces in photos lack it. Teachers are asked about the faces before that: they may see more than the pupil does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from trainer import SIDE
from trainer.degrade import gaussian


@dataclass(frozen=True)
class Augmentation:
    """Strengths; 0 turns a kind off."""

    flip: bool = True
    rotation: float = 15.0
    """Largest angle in degrees, either way."""
    shift: float = 0.10
    """Largest shift as a share of the side."""
    scale: float = 0.12
    """Largest zoom in or out as a share."""
    contrast: float = 0.3
    brightness: float = 0.2
    """Largest change in units of white (255)."""
    erasing: float = 0.25
    """Share of faces that lose a rectangle of 2–20 % of their area."""
    covering: float = 0.0
    """Share of faces whose lower half is covered, as by a mask or a hand."""
    shrinking: float = 0.0
    """Share of faces that lose detail, as if they had been 12 to 40 pixels high."""
    blurring: float = 0.0
    """Share of faces that are blurred, by a Gaussian of 0.3 to 2 pixels of a face of 48."""
    dimming: float = 0.0
    """Share of faces that are left a tenth and more of their light."""
    mixing: float = 0.3
    """Share of batches that are mixed: half by mixup (Zhang et al. 2018), half by cutmix (Yun et al. 2019)."""


def warp(images: Tensor, side: int, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Flip, rotate, shift, zoom and resize in one bilinear sampling, edges replicated.

    images: float [N, 1, 48, 48]; returns float [N, 1, side, side].
    """
    count = len(images)
    angle = _spread(count, generator) * math.radians(settings.rotation)
    zoom = 1 + _spread(count, generator) * settings.scale
    mirror = torch.ones(count)
    if settings.flip:
        mirror = torch.randint(0, 2, (count,), generator=generator) * 2.0 - 1
    shift = torch.stack([_spread(count, generator), _spread(count, generator)]) * 2 * settings.shift
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    matrix = torch.stack(
        [
            torch.stack([cosine * mirror, -sine * mirror, shift[0]], dim=1),
            torch.stack([sine, cosine, shift[1]], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(matrix.to(images.device), [count, 1, side, side], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def tone(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Change contrast about each face's mean, and brightness. images: float [N, 1, H, W], 0…1; kept inside 0…1."""
    count = len(images)
    factor = (1 + _spread(count, generator) * settings.contrast).view(-1, 1, 1, 1).to(images.device)
    offset = (_spread(count, generator) * settings.brightness).view(-1, 1, 1, 1).to(images.device)
    mean = images.mean(dim=(2, 3), keepdim=True)
    return ((images - mean) * factor + mean + offset).clamp(0, 1)


def erase(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Fill a rectangle of some faces with one random grey (Zhong et al. 2020). images: float [N, 1, H, W], 0…1."""
    count, _, height, width = images.shape
    draw = torch.rand((6, count), generator=generator)
    area = (0.02 + 0.18 * draw[0]) * height * width
    ratio = torch.exp((draw[1] * 2 - 1) * math.log(3.0))
    tall, wide = (area * ratio).sqrt().clamp(max=height), (area / ratio).sqrt().clamp(max=width)
    top, left = draw[2] * (height - tall), draw[3] * (width - wide)
    rows = torch.arange(height).view(1, -1, 1) + 0.5
    columns = torch.arange(width).view(1, 1, -1) + 0.5

    def column(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1)

    inside = (rows >= column(top)) & (rows < column(top + tall))
    inside = inside & (columns >= column(left)) & (columns < column(left + wide))
    inside = inside & column(draw[4] < settings.erasing)
    grey = draw[5].view(-1, 1, 1, 1).to(images.device)
    return torch.where(inside.unsqueeze(1).to(images.device), grey, images)


def cover(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Fill the lower part of some faces, up to somewhere between mouth and nose, with one grey that darkens to a side.

    images: float [N, 1, H, W] in FER2013's crop, 0…1. There the nose ends at 0.6 of the height and the mouth lies at 0.75.
    """
    count, _, height, width = images.shape
    chosen, top, margin, grey, slope = torch.rand((5, count), generator=generator).view(5, count, 1, 1)
    rows = ((torch.arange(height) + 0.5) / height).view(1, -1, 1)
    columns = ((torch.arange(width) + 0.5) / width).view(1, 1, -1)
    inside = (rows > 0.5 + 0.15 * top) & ((columns - 0.5).abs() < 0.5 - 0.15 * margin) & (chosen < settings.covering)
    patch = (grey + (slope - 0.5) * 0.4 * (columns - 0.5)).clamp(0, 1).expand(count, height, width)
    return torch.where(inside.unsqueeze(1).to(images.device), patch.unsqueeze(1).to(images.device), images)


def shrink(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Reduce some faces by area to one size for the batch, 12 to 40 pixels of 48, and enlarge them again: for one half of the
    batches by a cubic, as the product does, for the other bilinearly.

    images: float [N, 1, H, W], 0…1; kept inside 0…1.
    """
    chosen = torch.rand(len(images), generator=generator) < settings.shrinking
    draw, coin = torch.rand(2, generator=generator).tolist()
    side, mode = images.shape[-1], "bicubic" if coin < 0.5 else "bilinear"

    def change(faces: Tensor) -> Tensor:
        small = functional.interpolate(faces, size=round((12 + 28 * draw) * side / SIDE), mode="area")
        return functional.interpolate(small, size=(side, side), mode=mode, align_corners=False).clamp(0, 1)

    return _replaced(images, chosen, change)


def blur(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Blur some faces by one Gaussian for the batch. images: float [N, 1, H, W], 0…1; edges are repeated."""
    chosen = torch.rand(len(images), generator=generator) < settings.blurring
    sigma = (0.3 + 1.7 * torch.rand((), generator=generator).item()) * images.shape[-1] / SIDE
    return _replaced(images, chosen, lambda faces: gaussian(faces, sigma))


def dim(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Leave some faces only 0.1 to 1 of their light, evenly by ratio. images: float [N, 1, H, W], 0…1."""
    chosen, draw = torch.rand((2, len(images)), generator=generator)
    factor = torch.where(chosen < settings.dimming, 0.1**draw, torch.ones(()))
    return images * factor.view(-1, 1, 1, 1).to(images.device)


def mix(images: Tensor, targets: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix each face and its target with the next one's: mixup or cutmix, by the toss of a coin.

    images: float [N, 1, H, W]; targets: float [N, 7], rows summing to 1. The batch's order is random already, so
    the neighbour is a random partner.
    """
    coin, share, row, column = torch.rand(4, generator=generator).tolist()
    other, other_targets = images.roll(1, 0), targets.roll(1, 0)
    if coin < 0.5:
        images = torch.lerp(other, images, share)
    else:
        height, width = images.shape[2:]
        tall, wide = round(height * math.sqrt(1 - share)), round(width * math.sqrt(1 - share))
        top, left = int(row * (height - tall + 1)), int(column * (width - wide + 1))
        images = images.clone()
        images[:, :, top : top + tall, left : left + wide] = other[:, :, top : top + tall, left : left + wide]
        share = 1 - tall * wide / (height * width)
    return images, torch.lerp(other_targets, targets, share)


def augment(
    images: Tensor, targets: Tensor, side: int, settings: Augmentation, mixing: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Faces shown in other ways. images: uint8 [N, 48, 48]; targets: float [N, 7]; returns float [N, 1, side, side], 0…1."""
    x = images.unsqueeze(1).float() / 255
    x = warp(x, side, settings, generator)
    x = tone(x, settings, generator)
    x = erase(x, settings, generator)
    if torch.rand((), generator=generator).item() < settings.mixing and mixing:
        x, targets = mix(x, targets, generator)
    return x, targets


def harden(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Faces that are harder to read. images: float [N, 1, H, W], 0…1; the same shape and range is returned."""
    for share, change in (
        (settings.covering, cover),
        (settings.dimming, dim),
        (settings.blurring, blur),
        (settings.shrinking, shrink),
    ):
        if share:
            images = change(images, settings, generator)
    return images


def _replaced(images: Tensor, chosen: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """A copy in which those that are chosen, bool [N], are changed; `images` itself where none is."""
    if not chosen.any():
        return images
    chosen = chosen.to(images.device)
    images = images.clone()
    images[chosen] = change(images[chosen])
    return images


def _spread(count: int, generator: torch.Generator) -> Tensor:
    """Uniform in −1…1, float [count]."""
    return torch.rand(count, generator=generator) * 2 - 1
