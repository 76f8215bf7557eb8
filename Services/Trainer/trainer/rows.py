"""Reads FER2013 rows from the competition's CSV files, and FER+ votes."""

import csv
import gzip
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from trainer import CLASSES, SIDE
from trainer.errors import InputError

SHOWN_PROBLEMS = 20
UNLABELLED = -1


@dataclass
class Rows:
    """Faces of one file in its order.

    images: uint8 [N, 48, 48], grey 0…255; labels: int64 [N], 0…6, or −1 throughout where the file has none; usages: the
    `Usage` column, or None; numbers: the 0-based data row each face came from (rows skipped as bad leave gaps).
    """

    images: np.ndarray
    labels: np.ndarray
    usages: list[str] | None
    numbers: np.ndarray
    problems: list[str]

    @property
    def labelled(self) -> bool:
        return bool((self.labels >= 0).all())


def read_rows(path: Path, skip_bad: bool = False, labels_needed: bool = True) -> Rows:
    """Read a CSV (plain, .gz or .xz) with the columns `emotion`, `pixels` and optionally `Usage`.

    Spaces around column names are the competition's own (icml_face_data.csv) and passed over. Every row must hold 2,304
    values of 0…255 and a label of 0…6; a file without the column `emotion` (the competition's test.csv) is read where
    `labels_needed` is false. Raises InputError with a line per bad row (the first 20), unless `skip_bad`, which leaves
    them out and lists them in `problems`.
    """
    images, labels, usages, numbers, problems = [], [], [], [], []
    for number, row in _records(path, required=("emotion", "pixels") if labels_needed else ("pixels",)):
        try:
            if None in row:
                raise ValueError("more cells than columns")
            face, label = _face(row["pixels"]), _label(row["emotion"]) if "emotion" in row else UNLABELLED
        except ValueError as reason:
            problems.append(f"{path}: row {number + 1}: {reason}")
            continue
        images.append(face)
        labels.append(label)
        usages.append((row.get("Usage") or "").strip())
        numbers.append(number)
    raise_problems(path, problems, skip_bad)
    if not images:
        raise InputError(f"{path}: no usable rows")
    return Rows(
        images=np.stack(images),
        labels=np.array(labels, dtype=np.int64),
        usages=usages if any(usages) else None,
        numbers=np.array(numbers, dtype=np.int64),
        problems=problems,
    )


def raise_problems(path: Path, problems: list[str], skip_bad: bool) -> None:
    """Raise InputError with the first problems, a line each, unless bad rows are to be left out."""
    if problems and not skip_bad:
        more = len(problems) - SHOWN_PROBLEMS
        raise InputError("\n".join(problems[:SHOWN_PROBLEMS] + ([f"{path}: {more} more bad rows"] if more > 0 else [])))


FERPLUS_COLUMNS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER+ names (Barsoum et al., 2016) in FER2013's label order; contempt, unknown and not_face have no counterpart."""


def read_votes(path: Path, usage: str, count: int) -> np.ndarray:
    """FER+ votes of the file called `usage` as shares: float32 [count, 7], each row summing to 1.

    Rows without a vote for one of the seven classes are all zero: the original label then stands alone.
    """
    votes = np.zeros((count, len(CLASSES)), dtype=np.float32)
    for number, row in _records(path, required=("usage", "row", *FERPLUS_COLUMNS)):
        if row["usage"] != usage:
            continue
        try:
            index = int(row["row"])
            counts = [int(row[name]) for name in FERPLUS_COLUMNS]
        except (TypeError, ValueError):
            raise InputError(f"{path}: row {number + 1}: votes must be whole numbers") from None
        if not 0 <= index < count or min(counts) < 0:
            raise InputError(f"{path}: row {number + 1}: no row {index} in {usage}, or a negative vote")
        votes[index] = counts
    totals = votes.sum(axis=1, keepdims=True)
    return np.divide(votes, totals, out=np.zeros_like(votes), where=totals > 0)


def _records(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Numbered records of a CSV; turns everything that can go wrong while reading into one clear line."""
    try:
        with _open(path) as stream:
            reader = csv.DictReader(stream)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
            missing = [name for name in required if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(
                    f"{path}: no column {', '.join(missing)} (has: {(', '.join(reader.fieldnames) or 'nothing')[:200]})"
                )
            yield from enumerate(reader)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the compressed file is truncated or damaged ({error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file ({error})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _open(path: Path) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _face(text: str | None) -> np.ndarray:
    """uint8 [48, 48] from space-separated grey values; ValueError says what is wrong."""
    try:
        values = [int(value) for value in (text or "").split()]
    except ValueError:
        raise ValueError("pixels hold something that is not a whole number") from None
    if len(values) != SIDE * SIDE:
        raise ValueError(f"{len(values)} pixels instead of {SIDE * SIDE}")
    if min(values) < 0 or max(values) > 255:
        raise ValueError("a pixel is outside 0…255")
    return np.array(values, dtype=np.uint8).reshape(SIDE, SIDE)


def _label(text: str | None) -> int:
    try:
        label = int(text or "")
    except ValueError:
        label = -1
    if not 0 <= label < len(CLASSES):
        raise ValueError(f"unknown label {text!r} (0…{len(CLASSES) - 1} are known)")
    return label
