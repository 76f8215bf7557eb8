"""Changes that make faces harder: fewer pixels, roll, blur, darkness, covered parts.

All take and return uint8 [N, 48, 48] and are rounded to whole grey levels, as a camera's file would be. Nothing is
random: the same faces give the same changed faces.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from trainer import SIDE
from trainer.pictures import coverage

BATCH = 512


def shrunk(images: np.ndarray, side: int) -> np.ndarray:
    """Faces as if they had `side` pixels in the photo: averaged down to side×side and up again.

    Both ways each pixel is the mean of what lies under it, weighted by the covered part. Upwards that gives steps: what it
    costs not to enlarge by a cubic.
    """
    return _averaged(_averaged(images, side), SIDE)


def shrunk_smoothly(images: np.ndarray, side: int) -> np.ndarray:
    """Averaged down as `shrunk` does, but enlarged by a cubic (Pillow's BICUBIC), as the product does."""
    if side == SIDE:
        return images.copy()
    small = _averaged(images, side)
    enlarged = [Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for face in small]
    return np.stack([np.asarray(face) for face in enlarged])


def rolled(images: np.ndarray, degrees: float) -> np.ndarray:
    """Turned counter-clockwise about the centre, bilinear; outside, the edge's pixels are repeated."""
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    matrix = torch.tensor([[cosine, -sine, 0.0], [sine, cosine, 0.0]])

    def turn(faces: torch.Tensor) -> torch.Tensor:
        grid = functional.affine_grid(matrix.expand(len(faces), 2, 3), list(faces.shape), align_corners=False)
        return functional.grid_sample(faces, grid, mode="bilinear", padding_mode="border", align_corners=False)

    return _by_batches(images, turn)


def blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of `sigma` pixels, cut off at four sigma, edges repeated; 0 changes nothing."""
    if not sigma:
        return images.copy()
    return _by_batches(images, lambda faces: gaussian(faces, sigma))


def darkened(images: np.ndarray, factor: float) -> np.ndarray:
    """Grey levels times `factor` (0…1). A sensor's noise is left out: only contrast and levels are lost."""
    return np.rint(images * factor).astype(np.uint8)


PARTS = {"mouth": (30, 44, 10, 38), "lower half": (24, 48, 0, 48), "eyes": (12, 26, 4, 44)}
"""Top, bottom, left and right of what is covered, in pixels: in FER2013's crops the eyes lie at 40 % of the height, the
nose's tip at 60 %, the mouth's corners at 74 % between 37 and 66 % of the width."""


def covered(images: np.ndarray, part: str) -> np.ndarray:
    """One part of the face under a flat patch of the face's own mean grey; "nothing" changes nothing."""
    result = images.copy()
    if part != "nothing":
        top, bottom, left, right = PARTS[part]
        result[:, top:bottom, left:right] = np.rint(images.mean(axis=(1, 2)))[:, None, None]
    return result


@dataclass(frozen=True)
class Kind:
    """A way to make faces harder, and the levels it is measured at; the first level changes nothing."""

    change: Callable[[np.ndarray, float | str], np.ndarray]
    levels: tuple[float | str, ...]
    unit: str


KINDS = {
    "size": Kind(shrunk, (48, 32, 24, 20, 16, 12), "pixels"),
    "size, cubic": Kind(shrunk_smoothly, (48, 32, 24, 20, 16, 12), "pixels"),
    "roll": Kind(rolled, (0, 15, 30, 45, 60, 90, 180), "degrees"),
    "blur": Kind(blurred, (0, 0.5, 1, 1.5, 2), "sigma in pixels"),
    "darkness": Kind(darkened, (1, 0.5, 0.25, 0.125), "times the light"),
    "covered": Kind(covered, ("nothing", "mouth", "lower half", "eyes"), "part"),
}


def gaussian(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """The blur of `blurred` for float [N, 1, H, W] of any range; `sigma` in pixels, above 0."""
    reach = math.ceil(4 * sigma)
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0, device=images.device) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum()).view(1, 1, 1, -1)
    padded = functional.pad(images, (reach, reach, reach, reach), mode="replicate")
    return functional.conv2d(functional.conv2d(padded, weights), weights.transpose(2, 3))


def _averaged(images: np.ndarray, side: int) -> np.ndarray:
    """uint8 [N, side, side] by exact area averaging."""
    source = images.shape[1]
    weights = coverage(0, source, source, side)
    return np.rint(weights @ images.astype(np.float32) @ weights.T).astype(np.uint8)


def _by_batches(images: np.ndarray, change: Callable[[torch.Tensor], torch.Tensor]) -> np.ndarray:
    changed = [
        change(torch.from_numpy(images[start : start + BATCH]).unsqueeze(1).float())
        for start in range(0, len(images), BATCH)
    ]
    return torch.cat(changed)[:, 0].round().clamp(0, 255).to(torch.uint8).numpy()
