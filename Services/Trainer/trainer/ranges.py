"""What each number of a configuration may be."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`; never infinity, and not the ends that are excluded."""

    least: float = 0
    most: float = math.inf
    without_least: bool = False
    without_most: bool = False

    def has(self, value: float) -> bool:
        below = value <= self.least if self.without_least else value < self.least
        above = value >= self.most if self.without_most else value > self.most
        # NaN is neither below nor above.
        return not below and not above and self.least <= value < math.inf

    def __str__(self) -> str:
        """What a number must do to be one of these."""
        if self.most == math.inf:
            return f"be at least {self.least} and finite"
        ends = [(self.without_least, self.least), (self.without_most, self.most)]
        excluded = "".join(f" ({end} excluded)" for without, end in ends if without)
        return f"lie in {self.least}…{self.most}{excluded}"


SHARE, SHARE_BELOW_1 = Range(0, 1), Range(0, 1, without_most=True)
SEEDS = Range(0, 2**63 - 1)
"""PyTorch takes no larger ones."""

RANGES = {
    "seed": SEEDS,
    "processes": Range(1, 64),
    "batch": Range(1),
    "peak_rate": Range(0, 10, without_least=True),
    "warm_up": SHARE_BELOW_1,
    "momentum": SHARE_BELOW_1,
    "weight_decay": SHARE_BELOW_1,
    "label_smoothing": SHARE_BELOW_1,
    "votes_weight": SHARE_BELOW_1,
    "dropout": SHARE_BELOW_1,
    "average": SHARE_BELOW_1,
    "mixing_until": SHARE,
    "small_side": Range(24, 48),
    "small_until": SHARE,
    "validate_every": Range(1),
    "checkpoint_seconds": Range(0),
    "checkpoint_steps": Range(0),
    "train_faces": Range(0),
    "teacher.weight": SHARE,
    "teacher.temperature": Range(0, 100, without_least=True),
    "augmentation.rotation": Range(0, 180),
    "augmentation.shift": SHARE,
    "augmentation.scale": SHARE_BELOW_1,
    "augmentation.contrast": SHARE,
    "augmentation.brightness": SHARE,
    "augmentation.erasing": SHARE,
    "augmentation.covering": SHARE,
    "augmentation.shrinking": SHARE,
    "augmentation.blurring": SHARE,
    "augmentation.dimming": SHARE,
    "augmentation.mixing": SHARE,
}
"""By key, with its table; the budget's numbers have a rule of their own."""
