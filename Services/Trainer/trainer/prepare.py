"""`trainer prepare`: CSV files or folders of pictures in, one checked and split data file out."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer import CLASSES, duplicates
from trainer.errors import InputError
from trainer.files import write_atomically
from trainer.folders import read
from trainer.rows import Rows, read_votes

USAGES = {"Training": "train", "PublicTest": "test", "PrivateTest": "private"}
"""The `Usage` values of icml_face_data.csv; the private test is never taken into the data file."""


@dataclass
class Part:
    """One side of the split: images uint8 [N, 48, 48], labels int64 [N], votes float32 [N, 7] (zero rows: none)."""

    images: np.ndarray
    labels: np.ndarray
    votes: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> "Part":
        return Part(self.images[index], self.labels[index], self.votes[index])


@dataclass
class Data:
    """What training reads. `facts` holds counts, seed, sources, and the training pixels' mean and deviation (0…255)."""

    train: Part
    validation: Part
    test: Part
    facts: dict

    def part(self, name: str) -> Part:
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]


def prepare(
    train_path: Path,
    test_path: Path | None,
    votes_path: Path | None,
    validation_share: float,
    seed: int,
    skip_bad: bool = False,
) -> tuple[Data, list[str]]:
    """Read, check, remove training faces of which a test file has a copy, and split; returns the data and the bad rows.

    Of a test file without labels only the pixels are used: to keep its faces out of training.
    """
    if not 0 < validation_share < 1:
        raise InputError(f"the validation share must lie between 0 and 1, not {validation_share}")
    source, test, foreign, problems = _sources(train_path, test_path, votes_path, skip_bad)
    kept = ~duplicates.near(source.images, foreign)
    leaked = int(len(source) - kept.sum())
    source = source.take(np.flatnonzero(kept))
    group = duplicates.groups(source.images)
    train, validation = _sides(source, group, validation_share, seed)
    for name, part in (("training", train), ("validation", validation)):
        if not len(part):
            raise InputError(
                f"{train_path}: the {name} split is empty (rows: {len(source)}, share: {validation_share})"
            )
    pixels = train.images.astype(np.float64)
    facts = {
        "seed": seed,
        "validation_share": validation_share,
        "sources": [path.name for path in (train_path, test_path, votes_path) if path],
        "ferplus": votes_path is not None,
        "counts": {
            name: {label: int((part.labels == index).sum()) for index, label in enumerate(CLASSES)}
            for name, part in (("train", train), ("validation", validation), ("test", test))
        },
        "bad_rows": len(problems),
        "duplicates_of_test_removed": leaked,
        "duplicates_inside": int(len(group) - len(np.unique(group))),
        "mean": float(pixels.mean()),
        "deviation": float(pixels.std()),
    }
    return Data(train, validation, test, facts), problems


def _sources(
    train_path: Path, test_path: Path | None, votes_path: Path | None, skip_bad: bool
) -> tuple[Part, Part, np.ndarray, list[str]]:
    """Faces to train on, faces to test on, the pixels of every test face (the private test's too), and the bad rows."""
    rows = read(train_path, skip_bad)
    problems = list(rows.problems)
    everything = Part(rows.images, rows.labels, _votes(votes_path, "train", rows))
    source, test, foreign = everything, everything.take(np.array([], dtype=np.int64)), [rows.images[:0]]
    if rows.usages:
        usages = np.array([USAGES.get(usage, usage) for usage in rows.usages])
        if strange := sorted(set(usages.tolist()) - set(USAGES.values())):
            raise InputError(f"{train_path}: unknown Usage {', '.join(strange)} (known: {', '.join(USAGES)})")
        source, test = (everything.take(np.flatnonzero(usages == name)) for name in ("train", "test"))
        foreign.append(rows.images[usages != "train"])
    if test_path:
        test_rows = read(test_path, skip_bad, labels_needed=False)
        problems += test_rows.problems
        foreign.append(test_rows.images)
        if test_rows.labelled:
            test = Part(test_rows.images, test_rows.labels, _votes(votes_path, "public_test", test_rows))
    return source, test, np.concatenate(foreign), problems


def _sides(source: Part, group: np.ndarray, share: float, seed: int) -> tuple[Part, Part]:
    """Training and validation faces."""
    inside = np.zeros(len(source), dtype=bool)
    inside[split(source.labels, group, share, seed)] = True
    return source.take(np.flatnonzero(~inside)), source.take(np.flatnonzero(inside))


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


def save(data: Data, path: Path) -> None:
    """Write the data file (.npz), whole or not at all."""
    arrays = {"facts": np.array(json.dumps(data.facts))}
    for name in ("train", "validation", "test"):
        part = data.part(name)
        arrays |= {f"{name}_images": part.images, f"{name}_labels": part.labels, f"{name}_votes": part.votes}
    write_atomically(path, lambda stream: np.savez(stream, **arrays))


def load(path: Path) -> Data:
    """Read a data file. Raises InputError when it is missing or is no such file."""
    try:
        with np.load(path) as arrays:
            parts = [
                Part(*(arrays[f"{name}_{kind}"] for kind in ("images", "labels", "votes")))
                for name in ("train", "validation", "test")
            ]
            return Data(*parts, facts=json.loads(str(arrays["facts"])))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file (make it with `trainer prepare`)") from None
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{path}: not a data file made by `trainer prepare`") from None


def _votes(path: Path | None, usage: str, rows: Rows) -> np.ndarray:
    if path is None:
        return np.zeros((len(rows.labels), len(CLASSES)), dtype=np.float32)
    return read_votes(path, usage, int(rows.numbers[-1]) + 1)[rows.numbers]
