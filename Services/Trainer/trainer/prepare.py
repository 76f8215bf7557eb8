"""`trainer prepare`: CSV files or folders of pictures in, one checked and split data file out."""

from pathlib import Path

import numpy as np

from trainer import CLASSES, duplicates, votes
from trainer.data import Data, Part, content_digest, load, same_faces, save
from trainer.errors import InputError, note
from trainer.folders import read
from trainer.pictures import has_contrast
from trainer.ranges import SEEDS
from trainer.rows import USAGES, Rows, of_usage
from trainer.sides import left_out, several_labels, split, subset

# What the other modules know as prepare's.
__all__ = ["Data", "Part", "left_out", "load", "prepare", "same_faces", "save", "several_labels", "split", "subset"]

FEW = 20
"""Faces of a class below which a note says that they are few."""


def prepare(
    train_path: Path,
    test_path: Path | None,
    votes_path: Path | None,
    validation_share: float,
    seed: int,
    skip_bad: bool = False,
) -> tuple[Data, list[str]]:
    """Read, check, remove training faces of which a test file has a copy, and split; returns the data and the bad rows.

    Of a test file without labels only the pixels are used: to keep its faces out of training. The private test is never
    taken into the data. Training faces without contrast are left out after the split, so that the others stay where they
    are; the test faces are never changed. Notes on standard error tell what was done beyond that.
    """
    if not 0 < validation_share < 1:
        raise InputError(f"the validation share must lie between 0 and 1, not {validation_share}")
    if not SEEDS.has(seed):
        raise InputError(f"the seed must {SEEDS}, not {seed}")
    source, test, foreign, problems = _sources(train_path, test_path, votes_path, skip_bad)
    kept = ~duplicates.near(source.images, foreign)
    leaked = int(len(source) - kept.sum())
    source = source.take(np.flatnonzero(kept))
    group = duplicates.groups(source.images)
    train, validation = (_seen(part) for part in _sides(source, group, validation_share, seed))
    for name, part in (("training", train), ("validation", validation)):
        if not len(part):
            raise InputError(
                f"{train_path}: the {name} split is empty (rows: {len(source)}, share: {validation_share})"
            )
    facts = {
        "seed": seed,
        "validation_share": validation_share,
        "sources": [path.name for path in (train_path, test_path, votes_path) if path],
        "folder": train_path.is_dir(),
        "ferplus": votes_path is not None,
        "bad_rows": len(problems),
        "duplicates_of_test_removed": leaked,
        "duplicates_inside": int(len(group) - len(np.unique(group))),
        "without_contrast_removed": len(source) - len(train) - len(validation),
        **_figures(train, validation, test),
        "sha256": content_digest(train, validation, test),
    }
    _say(train_path, facts)
    return Data(train, validation, test, facts), problems


def _figures(train: Part, validation: Part, test: Part) -> dict:
    """What the facts say of the faces that are in the data file."""
    pixels = train.images.astype(np.float64)
    return {
        "counts": {
            name: {label: int((part.labels == index).sum()) for index, label in enumerate(CLASSES)}
            for name, part in (("train", train), ("validation", validation), ("test", test))
        },
        "copies_with_several_labels": len(several_labels(train)),
        "mean": float(pixels.mean()),
        "deviation": float(pixels.std()),
    }


def _sources(
    train_path: Path, test_path: Path | None, votes_path: Path | None, skip_bad: bool
) -> tuple[Part, Part, np.ndarray, list[str]]:
    """Faces to train on, faces to test on, the pixels of every test face (the private test's too), and the bad rows."""
    if votes_path and train_path.is_dir():
        raise InputError(f"{votes_path}: votes go with the rows of a CSV file, not with the pictures of a folder")
    rows = read(train_path, skip_bad, side="train")
    problems = list(rows.problems)
    chosen, others = _of_usage(train_path, rows, "Training")
    source = _part(chosen, _votes(votes_path, "Training", chosen))
    public = others.take(np.flatnonzero([usage == "PublicTest" for usage in others.usages or []]))
    foreign, tested_path = [others.images], train_path
    if test_path:
        rows = read(test_path, skip_bad, labels_needed=False)
        problems += rows.problems
        chosen, others = _of_usage(test_path, rows, "PublicTest")
        private = np.flatnonzero([usage == "PrivateTest" for usage in others.usages or []])
        foreign += [chosen.images, others.images[private]]
        if chosen.labelled:
            public, tested_path = chosen, test_path
    return source, _part(public, _test_votes(votes_path, tested_path, public)), np.concatenate(foreign), problems


def _seen(part: Part) -> Part:
    return part.take(np.flatnonzero(has_contrast(part.images)))


def _say(path: Path, facts: dict) -> None:
    """Notes on what the person may not expect of the training file."""
    if removed := facts["without_contrast_removed"]:
        note(f"{path}: {removed} faces without contrast, on which nothing is to be seen, are left out of training")
    counts = {name: facts["counts"]["train"][name] + facts["counts"]["validation"][name] for name in CLASSES}
    if few := [f"{name} {count}" for name, count in counts.items() if count < FEW]:
        note(
            f"{path}: classes of fewer than {FEW} faces are hardly learnt, those without any not at all: {', '.join(few)}"
        )


def _sides(source: Part, group: np.ndarray, share: float, seed: int) -> tuple[Part, Part]:
    """Training and validation faces."""
    inside = np.zeros(len(source), dtype=bool)
    inside[split(source.labels, group, share, seed)] = True
    return source.take(np.flatnonzero(~inside)), source.take(np.flatnonzero(inside))


def _of_usage(path: Path, rows: Rows, wanted: str) -> tuple[Rows, Rows]:
    """The rows of the wanted usage, all of them where there are no usages, and the others."""
    if rows.usages is None:
        return rows, rows.take(np.array([], dtype=np.int64))
    if strange := sorted(set(rows.usages) - set(USAGES)):
        raise InputError(f"{path}: unknown Usage {', '.join(map(repr, strange))} (known: {', '.join(USAGES)})")
    chosen = of_usage(path, rows, wanted)
    return chosen, rows.take(np.flatnonzero([usage != wanted for usage in rows.usages]))


def _part(rows: Rows, shares: np.ndarray) -> Part:
    return Part(rows.images, rows.labels, shares)


def _votes(path: Path | None, usage: str, rows: Rows) -> np.ndarray:
    """float32 [N, 7]: the votes of each face, found by its place among the rows of its usage."""
    if path is None:
        return np.zeros((len(rows.labels), len(CLASSES)), dtype=np.float32)
    shares = votes.read_votes(path, usage, rows.sizes[usage if rows.usages else ""])[rows.places]
    votes.check(path, shares, rows.labels)
    return shares


def _test_votes(path: Path | None, faces_path: Path, rows: Rows) -> np.ndarray:
    """The same of the test faces, of which nothing is learnt: where votes do not fit, they have none."""
    if len(rows.labels) and not faces_path.is_dir():
        try:
            return _votes(path, "PublicTest", rows)
        except InputError as error:
            note(f"{error}; the test faces are left without votes")
    return np.zeros((len(rows.labels), len(CLASSES)), dtype=np.float32)
