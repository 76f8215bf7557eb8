"""A trained network's logits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from trainer import SIDE, checkpoint
from trainer.model import build, check_side


@dataclass
class Trained:
    """A network with averaged weights, in evaluation mode, and where it came from.

    mean and deviation are in grey levels (0…255) of the training faces; content is the checkpoint's.
    """

    network: nn.Module
    mean: float
    deviation: float
    content: dict


def load(path: Path) -> Trained:
    """The averaged weights of a checkpoint. Raises InputError when they do not fit the network it names."""
    content = checkpoint.load(path)
    network = build(content["config"]["network"])
    checkpoint.load_weights(path, network, content["average"])
    facts = content["facts"]
    return Trained(network.eval(), facts["mean"], facts["deviation"], content)


def normalised(levels: Tensor, mean: float, deviation: float) -> Tensor:
    """What a network sees of grey levels 0…255, float [N, 1, H, W]; mean and deviation are those of its training faces."""
    return (levels - mean) / deviation


def logits_of(network: nn.Module, images: np.ndarray, mean: float, deviation: float, batch: int = 256) -> np.ndarray:
    """float32 [N, 7] for uint8 images [N, 48, 48], without augmentation, in float32 arithmetic."""
    device = next(network.parameters()).device
    outputs = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            levels = torch.from_numpy(images[start : start + batch]).to(device).unsqueeze(1).float()
            x = normalised(levels, mean, deviation).contiguous(memory_format=torch.channels_last)
            outputs.append(network(x).float().cpu().numpy())
    return np.concatenate(outputs)


def flip_averaged(network: nn.Module, images: np.ndarray, mean: float, deviation: float) -> np.ndarray:
    """Test-time augmentation: the mean of the logits of each face and of its mirror image."""
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    return (logits_of(network, images, mean, deviation) + logits_of(network, mirrored, mean, deviation)) / 2


CROP = 44


def crops_averaged(network: nn.Module, images: np.ndarray, mean: float, deviation: float) -> np.ndarray:
    """Test-time augmentation: the mean of the logits of five 44×44 crops (corners and centre) and their mirror images.

    Raises InputError for joined networks that cannot be asked about faces of that size.
    """
    check_side(network, CROP)
    far, middle = SIDE - CROP, (SIDE - CROP) // 2
    places = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)]
    crops = (images[:, top : top + CROP, left : left + CROP] for top, left in places)
    return sum(flip_averaged(network, np.ascontiguousarray(crop), mean, deviation) for crop in crops) / len(places)


AVERAGED = {"flip": flip_averaged, "crops": crops_averaged}
"""Kinds of test-time augmentation."""
