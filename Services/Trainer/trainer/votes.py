"""Reads the votes of FER+ (Barsoum et al., 2016), as published or with a number for each row."""

from pathlib import Path

import numpy as np

from trainer import CLASSES
from trainer.errors import InputError
from trainer.rows import usage_of
from trainer.table import records

COLUMNS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER+'s names in FER2013's label order; contempt, unknown and not a face have no counterpart."""

AGREEMENT = 0.4
"""Share of the faces whose label is FER+'s first choice, below which votes belong to other rows. On FER2013's own order
it is 0.62 to 0.66, on any other about 0.2."""
JUDGED = 200
"""Voted faces from which the agreement is told from chance."""


def read_votes(path: Path, usage: str, size: int) -> np.ndarray:
    """FER+ votes of the rows of one usage (Training, PublicTest) as shares: float32 [size, 7], each row summing to 1.

    Two kinds of file are read: with a column `row` (0-based within the usage), or fer2013new.csv as published, whose rows
    are those of fer2013.csv in their order, so that it must have exactly `size` of the usage. (The numbers in its column
    `Image name` are no row numbers: they fall behind by 1 at row 60.) Rows without a vote for one of the seven classes
    are all zero: the original label then stands alone. Raises InputError that names the row.
    """
    votes = np.zeros((size, len(CLASSES)), dtype=np.float32)
    count = 0
    by_place = False
    for record in records(path, required=("usage", *COLUMNS), optional=("row",)):
        by_place = "row" not in record.names
        try:
            fields = record.fields()
            if usage_of(fields["usage"]) != usage:
                continue
            index = count if by_place else _whole(fields["row"])
            shares = [_whole(fields[name]) for name in COLUMNS]
            record.check_length()
        except ValueError as reason:
            raise InputError(f"{path}: row {record.number + 1}: {reason}") from None
        count += 1
        if index < size:
            votes[index] = shares
        elif not by_place:
            raise InputError(f"{path}: row {record.number + 1}: no row {index} in {usage}, which has {size}")
    if by_place and count != size:
        raise InputError(
            f"{path}: {count} rows of usage {usage} for {size} faces: without a column row, votes go with the whole "
            "FER2013 file in its own order"
        )
    totals = votes.sum(axis=1, keepdims=True)
    return np.divide(votes, totals, out=np.zeros_like(votes), where=totals > 0)


def check(path: Path, votes: np.ndarray, labels: np.ndarray) -> None:
    """Raise InputError when votes (float [N, 7]) agree so seldom with the labels (int64 [N]) that they are of other faces."""
    voted = votes.any(axis=1)
    agreement = (votes[voted].argmax(axis=1) == labels[voted]).mean() if voted.any() else 1.0
    if voted.sum() >= JUDGED and agreement < AGREEMENT:
        raise InputError(
            f"{path}: the votes agree with {agreement:.0%} of the labels, where FER+ agrees with 62 to 66 %: "
            "they are of other rows (is the file of faces sorted otherwise?)"
        )


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"votes and rows must be whole numbers, not {text[:20]!r}")
    return int(text)
