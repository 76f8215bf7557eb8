"""Which faces go to which side: the split, parts of a part, and copies that people labelled differently."""

import numpy as np

from trainer import CLASSES, duplicates
from trainer.data import Part


def subset(part: Part, count: int, seed: int) -> Part:
    """About `count` faces of a part, with its shares of the classes; drawn with a seed, in the part's order."""
    return part.take(np.flatnonzero(_drawn(part, count, seed)))


def left_out(part: Part, count: int, seed: int) -> Part:
    """The faces of a part that `subset` does not take and that have no copy, exact or near, among those it takes."""
    drawn = _drawn(part, count, seed)
    others = np.flatnonzero(~drawn)
    known = duplicates.near(part.images[others], part.images[drawn])
    return part.take(others[~known])


def _drawn(part: Part, count: int, seed: int) -> np.ndarray:
    """bool [N]: which faces `subset` takes."""
    generator = np.random.default_rng(seed)
    drawn = np.zeros(len(part), dtype=bool)
    for label in range(len(CLASSES)):
        members = np.flatnonzero(part.labels == label)
        drawn[generator.permutation(members)[: round(len(members) * count / len(part))]] = True
    return drawn


def split(labels: np.ndarray, group: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Indices of the validation faces: stratified by label, seeded, all copies of a picture on one side.

    Faces with the same number in `group` are copies; they are drawn together, under the label of the first.
    """
    groups: dict[int, list[int]] = {}
    for index, number in enumerate(group.tolist()):
        groups.setdefault(number, []).append(index)
    generator = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in range(len(CLASSES)):
        members = [group for group in groups.values() if labels[group[0]] == label]
        wanted = round(share * sum(len(group) for group in members))
        taken = 0
        for position in generator.permutation(len(members)):
            if taken >= wanted:
                break
            chosen += members[position]
            taken += len(members[position])
    return np.sort(np.array(chosen, dtype=np.int64))


def several_labels(part: Part) -> list[np.ndarray]:
    """Groups of faces with equal pixels that do not all have one label: positions in the part, int64, in its order.

    Each is the same photo that people labelled differently (FER2013 has 59 such groups), so a target for all of a group
    may be the mean of theirs.
    """
    copies: dict[bytes, list[int]] = {}
    for position, image in enumerate(part.images):
        copies.setdefault(image.tobytes(), []).append(position)
    groups = [np.array(positions, dtype=np.int64) for positions in copies.values() if len(positions) > 1]
    return [group for group in groups if len(np.unique(part.labels[group])) > 1]
