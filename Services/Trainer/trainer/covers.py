"""Faces with something before the mouth or the eyes, drawn: what `trainer occlusion` learns from, since FER2013 has no labels
of such and hardly any masks.

Everything is vectorised over a batch. Places are shares of the side of FER2013's crop, in which the eyes lie at 40 % of the
height, the nose's tip at 60 % and the mouth at 74 %.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from trainer import SIDE

PARTS = ("mouth", "eyes")
"""What may be covered, in the order of labels and answers."""

ROWS = ((torch.arange(SIDE) + 0.5) / SIDE).view(1, SIDE, 1)
COLUMNS = ((torch.arange(SIDE) + 0.5) / SIDE).view(1, 1, SIDE)


class Draw:
    """Random numbers for `count` faces, one after the other from one generator; float [count, 1, 1]."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator = count, generator

    def between(self, least: float, most: float) -> Tensor:
        return (least + (most - least) * torch.rand(self.count, generator=self.generator)).view(-1, 1, 1)

    def chance(self, share: float) -> Tensor:
        """True for this share of the faces."""
        return self.between(0, 1) < share

    def cells(self, least: int, most: int) -> Tensor:
        """−0.5…0.5 in a grid of `least` to less than `most` cells a side, one number for the batch, smooth or in squares."""
        side = int(torch.randint(least, most, (), generator=self.generator))
        noise = torch.rand(self.count, 1, side, side, generator=self.generator) - 0.5
        return functional.interpolate(noise, size=(SIDE, SIDE), mode="bilinear" if side % 2 else "nearest")[:, 0]


def mask(faces: Tensor, draw: Draw) -> Tensor:
    """A mask or a scarf from the nose down, of any cloth; half of them about as bright as the face."""
    across = (COLUMNS - 0.5 - draw.between(-0.04, 0.04)).abs()
    top = draw.between(0.44, 0.60) + draw.between(0, 0.35) * across ** draw.between(1, 2)
    width = draw.between(0.26, 0.50) * (1 - draw.between(0, 0.5) * (ROWS - 0.6).clamp(min=0))
    inside = _soft(ROWS - top) * _soft(width - across) * _soft(draw.between(0.88, 1.1) - ROWS)
    cloth = _cloth(draw)
    as_bright = cloth - _mean(cloth) + _mean(faces) + draw.between(-0.12, 0.2)
    cloth = torch.where(draw.chance(0.5), as_bright, cloth)
    seam = torch.exp(-(((ROWS - top) / 0.02) ** 2)) * draw.between(-0.3, 0.2)
    return _over(faces, (cloth + seam).clamp(0, 1), inside)


def hand(faces: Tensor, draw: Draw) -> Tensor:
    """A hand, a cup or a telephone before the mouth."""
    place = draw.between(0.70, 0.80), draw.between(0.43, 0.57)
    return _lump(faces, draw, *place, draw.between(0.20, 0.34), draw.between(0.20, 0.34))


def dark_glasses(faces: Tensor, draw: Draw) -> Tensor:
    """Glasses through which no eye is seen, some with what they mirror."""
    height, left, right = _lenses(draw, draw.between(0.13, 0.19), draw.between(0.45, 0.55))
    inside = torch.maximum(_soft(1 - left, 0.12), _soft(1 - right, 0.12))
    shade = draw.between(0, 0.35) + draw.between(-1, 4) * (ROWS - height)
    spot = torch.exp(-(((COLUMNS - draw.between(0.3, 0.7)) / 0.06) ** 2) - ((ROWS - height) / 0.04) ** 2)
    shade = shade + draw.between(0, 0.7) * draw.chance(0.4) * spot
    shade = shade + draw.between(0, 0.6) * draw.chance(0.3) * draw.cells(5, 14)
    # Bridge and temples are one line behind the lenses.
    line = _soft(draw.between(0.01, 0.03) - (ROWS - height + 0.03).abs(), 0.01) * draw.between(0.3, 1)
    line = line * _soft(draw.between(0.1, 0.5) - (COLUMNS - 0.5).abs())
    return _over(faces, shade.clamp(0, 1), torch.maximum(inside * draw.between(0.85, 1), line))


def band(faces: Tensor, draw: Draw) -> Tensor:
    """A brim's shadow, a cloth, an arm over the eyes."""
    middle = draw.between(0.36, 0.44) + draw.between(-0.25, 0.25) * (COLUMNS - 0.5)
    return _over(faces, _cloth(draw), _soft(draw.between(0.09, 0.2) - (ROWS - middle).abs()))


def rims(faces: Tensor, draw: Draw) -> Tensor:
    """Glasses that hide nothing."""
    _, left, right = _lenses(draw, draw.between(0.15, 0.18), draw.between(0.48, 0.52))
    width = draw.between(0.06, 0.22)
    rim = torch.maximum(torch.exp(-(((left - 1) / width) ** 2)), torch.exp(-(((right - 1) / width) ** 2)))
    return _over(faces, draw.between(0, 0.5), rim * draw.between(0.3, 1))


def aside(faces: Tensor, draw: Draw) -> Tensor:
    """A patch on the forehead or beside the cheeks, which hides nothing that counts."""
    above = draw.chance(0.5)
    down = torch.where(above, draw.between(0, 0.14), draw.between(0.5, 0.9))
    beside = torch.where(draw.chance(0.5), draw.between(-0.05, 0.1), draw.between(0.9, 1.05))
    across = torch.where(above, draw.between(0.1, 0.9), beside)
    radius = draw.between(0.08, 0.15)
    return _lump(faces, draw, down, across, radius, radius)


KINDS: tuple[tuple[Callable[[Tensor, Draw], Tensor], float, tuple[int, int]], ...] = (
    (mask, 0.20, (1, 0)),
    (hand, 0.08, (1, 0)),
    (dark_glasses, 0.18, (0, 1)),
    (band, 0.05, (0, 1)),
    (rims, 0.08, (0, 0)),
    (aside, 0.08, (0, 0)),
)
"""Kind, share of the faces, and what it covers; the other faces stay as they are."""


def cover(faces: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Some faces covered, each in one way. faces: float [N, 48, 48], 0…1; returns them and float labels [N, 2], see PARTS."""
    chosen = torch.rand(len(faces), generator=generator)
    covered, labels, least = faces.clone(), torch.zeros(len(faces), len(PARTS)), 0.0
    for change, share, parts in KINDS:
        here = (chosen >= least) & (chosen < least + share)
        least += share
        if here.any():
            covered[here] = change(faces[here], Draw(int(here.sum()), generator))
            labels[here] = torch.tensor(parts).float()
    return covered, labels


def _lump(faces: Tensor, draw: Draw, down: Tensor, across: Tensor, high: Tensor, wide: Tensor) -> Tensor:
    """An ellipse or a rounded rectangle that is turned any way, mostly of the face's own brightness, with fingers."""
    angle = draw.between(-math.pi, math.pi)
    right, below = COLUMNS - across, ROWS - down
    along = right * torch.cos(angle) + below * torch.sin(angle)
    aside = below * torch.cos(angle) - right * torch.sin(angle)
    power = torch.where(draw.chance(0.5), 2.0, 6.0)
    radius = ((along / wide).abs() ** power + (aside / high).abs() ** power) ** (1 / power)
    level = torch.where(draw.chance(0.6), _mean(faces) + draw.between(-0.2, 0.25), draw.between(0, 1))
    fingers = draw.between(0, 0.2) * torch.sin(2 * math.pi * (along * draw.between(4, 9) + draw.between(0, 1)))
    return _over(faces, (level + fingers + draw.between(-0.4, 0.4) * aside).clamp(0, 1), _soft(1 - radius, 0.1))


def _lenses(draw: Draw, apart: Tensor, middle: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The height of a pair of lenses, and how far each place is from the middle of either, 1 at its rim. Of a face that is turned
    away a little, one is narrower."""
    height, power = draw.between(0.37, 0.46), draw.between(2, 5)
    wide, high, turn = draw.between(0.11, 0.18), draw.between(0.07, 0.15), draw.between(-0.3, 0.3)

    def lens(side: int) -> Tensor:
        x = (COLUMNS - middle - side * apart) / (wide * (1 + side * turn))
        y = (ROWS - height) / high
        return (x.abs() ** power + y.abs() ** power) ** (1 / power)

    return height, lens(-1), lens(1)


def _cloth(draw: Draw) -> Tensor:
    """Any grey, darker to the sides, most with folds, some with stripes, nearly half with a pattern; float [N, 48, 48]."""
    across, cloth = COLUMNS - 0.5, draw.between(0, 1)
    cloth = cloth + draw.between(-0.25, 0.1) * (2 * across) ** 2 + draw.between(-0.3, 0.3) * (ROWS - 0.75)
    waves = ROWS * draw.between(4, 12) + across * draw.between(-2, 2) + draw.between(0, 1)
    cloth = cloth + draw.between(0, 0.12) * draw.chance(0.6) * torch.sin(2 * math.pi * waves)
    stripes = ROWS * draw.between(-3, 3) + across * draw.between(8, 18)
    cloth = cloth + draw.between(0.05, 0.3) * draw.chance(0.1) * torch.sin(2 * math.pi * stripes)
    return (cloth + draw.between(0.1, 1.2) * draw.chance(0.45) * draw.cells(4, 24)).clamp(0, 1)


def _soft(distance: Tensor, width: float = 0.02) -> Tensor:
    """0 outside, where the distance is below 0, and 1 inside, with a soft edge."""
    return torch.sigmoid(2 * distance / width)


def _mean(faces: Tensor) -> Tensor:
    return faces.mean(dim=(1, 2), keepdim=True)


def _over(faces: Tensor, what: Tensor, share: Tensor) -> Tensor:
    return faces * (1 - share) + what * share
