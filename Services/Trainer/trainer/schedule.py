"""Learning rate and image size as functions of the used share of the budget."""

import math

from trainer import SIDE
from trainer.config import Config


def rate(config: Config, share: float) -> float:
    """Linear warm-up to the peak, then half a cosine to 0 (Loshchilov & Hutter, arXiv 1608.03983)."""
    if share < config.warm_up:
        return config.peak_rate * max(share, 1e-3) / config.warm_up
    rest = (min(share, 1.0) - config.warm_up) / (1 - config.warm_up)
    return config.peak_rate * 0.5 * (1 + math.cos(math.pi * rest))


def side(config: Config, share: float) -> int:
    """Height and width in pixels of the faces to train on."""
    return config.small_side if share < config.small_until else SIDE
