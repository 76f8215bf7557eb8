"""Reads FER2013 rows from the competition's CSV files."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from trainer import CLASSES, SIDE
from trainer.errors import InputError
from trainer.table import records

SHOWN_PROBLEMS = 20
UNLABELLED = -1
COLUMNS = ("emotion", "pixels", "usage")
"""The columns by place, where a file has no header; with one they go by name."""

USAGES = ("Training", "PublicTest", "PrivateTest")
"""The competition's three usages."""
SPELLINGS = {
    **{usage.casefold(): usage for usage in USAGES},
    "train": "Training",
    "test": "PublicTest",
    "private": "PrivateTest",
}

LEVELS = {str(level): level for level in range(256)}
LABELS = {str(label): label for label in range(len(CLASSES))}


@dataclass
class Rows:
    """Faces of one file in its order.

    images: uint8 [N, 48, 48], grey 0…255; labels: int64 [N], 0…6, or −1 throughout where the file has none; usages: the
    `Usage` column (the competition's three in its spelling, others as they are), or None; numbers: the 0-based data row
    each face came from (rows skipped as bad leave gaps); files: where in its folder each lies, of pictures; places: as
    numbers, counted among the rows of the face's usage; sizes: rows of each usage, bad ones too ("" without usages). Without
    places and sizes, all rows are of one usage.
    """

    images: np.ndarray
    labels: np.ndarray
    usages: list[str] | None
    numbers: np.ndarray
    problems: list[str]
    files: list[str] | None = None
    places: np.ndarray = field(default=cast(np.ndarray, None))
    sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.places is None:
            self.places, self.sizes = self.numbers, {"": len(self.labels)}

    @property
    def labelled(self) -> bool:
        return bool((self.labels >= 0).all())

    def take(self, index: np.ndarray) -> "Rows":
        """The faces at these positions; `sizes` and `problems` stay the file's."""
        usages, files = (
            [each[position] for position in index.tolist()] if each else None for each in (self.usages, self.files)
        )
        chosen = {name: getattr(self, name)[index] for name in ("images", "labels", "numbers", "places")}
        return replace(self, **chosen, usages=usages, files=files)


def read_rows(path: Path, skip_bad: bool = False, labels_needed: bool = True) -> Rows:
    """Read a CSV (plain, or packed with gzip or xz) with the columns `emotion`, `pixels` and optionally `Usage`.

    Every row must hold 2,304 values of 0…255 and a label of 0…6; a file without the column `emotion` (the competition's
    test.csv) is read where `labels_needed` is false. Raises InputError with a line per bad row (the first 20), unless
    `skip_bad`, which leaves them out and lists them in `problems`.
    """
    images, labels, usages, numbers, places, problems = [], [], [], [], [], []
    sizes: Counter[str] = Counter()
    required = COLUMNS[:2] if labels_needed else COLUMNS[1:2]
    for record in records(path, required, optional=COLUMNS, places=COLUMNS):
        usage = _usage(record.names, record.cells)
        sizes[usage] += 1
        try:
            fields = record.fields()
            face, label = _face(fields["pixels"]), _label(fields["emotion"]) if "emotion" in fields else UNLABELLED
            record.check_length()
        except ValueError as reason:
            problems.append(f"{path}: row {record.number + 1}: {reason}")
            continue
        images.append(face)
        labels.append(label)
        usages.append(usage)
        numbers.append(record.number)
        places.append(sizes[usage] - 1)
    raise_problems(path, problems, skip_bad)
    if not images:
        raise InputError(f"{path}: no usable rows")
    return Rows(
        images=np.stack(images),
        labels=np.array(labels, dtype=np.int64),
        usages=usages if any(usages) else None,
        numbers=np.array(numbers, dtype=np.int64),
        places=np.array(places, dtype=np.int64),
        sizes=dict(sizes),
        problems=problems,
    )


def of_usage(path: Path, rows: Rows, wanted: str) -> Rows:
    """The rows of one usage, such as PublicTest. Raises InputError that says which usages there are when it is not."""
    if rows.usages is None:
        raise InputError(f"{path}: no column usage, by which the rows of {wanted} could be told")
    index = np.flatnonzero([usage == wanted for usage in rows.usages])
    if not len(index):
        held = ", ".join(f"{count} {usage or 'without usage'}" for usage, count in Counter(rows.usages).items())
        raise InputError(f"{path}: no rows of usage {wanted} (the file has: {held})")
    return rows.take(index)


def usage_of(text: str) -> str:
    """A usage in the competition's spelling, where it is one of its three in any case, with or without `_`."""
    return SPELLINGS.get(text.strip().casefold().replace("_", ""), text.strip())


def raise_problems(path: Path, problems: list[str], skip_bad: bool) -> None:
    """Raise InputError with the first problems, a line each, unless bad rows are to be left out."""
    if problems and not skip_bad:
        more = len(problems) - SHOWN_PROBLEMS
        raise InputError("\n".join(problems[:SHOWN_PROBLEMS] + ([f"{path}: {more} more bad rows"] if more > 0 else [])))


def _usage(names: list[str], cells: list[str]) -> str:
    """A row's usage, also where the row is bad otherwise: places are counted with it."""
    place = names.index("usage") if "usage" in names else len(cells)
    return usage_of(cells[place]) if place < len(cells) else ""


def _face(text: str) -> np.ndarray:
    """uint8 [48, 48] from space-separated grey values; ValueError says what is wrong."""
    values = text.split()
    levels = [LEVELS.get(value, -1) for value in values]
    if -1 in levels:
        levels = [_level(value) for value in values]
    if len(values) != SIDE * SIDE:
        raise ValueError(f"{len(values)} pixels instead of {SIDE * SIDE}")
    return np.array(levels, dtype=np.uint8).reshape(SIDE, SIDE)


def _level(text: str) -> int:
    """A grey value in digits alone: int() would also take "+1", "1_0" and the digits of other scripts."""
    if not re.fullmatch("-?[0-9]+", text):
        raise ValueError(f"pixels hold {text[:20]!r}, which is not a whole number")
    level = LEVELS.get(text.lstrip("0") or "0")
    if level is None:
        raise ValueError(f"a pixel is outside 0…255: {text[:20]}")
    return level


def _label(text: str) -> int:
    if text not in LABELS:
        raise ValueError(f"unknown label {text[:20]!r} (0…{len(CLASSES) - 1} are known)")
    return LABELS[text]
