"""The data file (.npz) between `trainer prepare` and everything after it."""

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.errors import InputError
from trainer.files import write_atomically

SPLITS = ("train", "validation", "test")
"""The parts of a data file by name."""


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
    """What training reads. `facts` holds counts, seed, sources, and the training pixels' mean and deviation (0…255).

    Files of earlier versions lack the facts `without_contrast_removed`, `copies_with_several_labels` and `folder`; `sha256`
    is reckoned when they are read.
    """

    train: Part
    validation: Part
    test: Part
    facts: dict

    def part(self, name: str) -> Part:
        return dict(zip(SPLITS, (self.train, self.validation, self.test)))[name]


def content_digest(*parts: Part) -> str:
    """SHA-256 of the pixels, labels and votes of parts: what the other facts only count."""
    whole = hashlib.sha256()
    for part in parts:
        for array in (part.images, part.labels, part.votes):
            whole.update(str(array.shape).encode())
            whole.update(np.ascontiguousarray(array))
    return whole.hexdigest()


def same_faces(one: dict, other: dict) -> bool:
    """Whether two data files' facts are of the same faces, labels and votes, as far as both tell it; whatever the files
    that they were read from are called."""
    return all(one[key] == other[key] for key in one.keys() & other.keys() - {"sources"})


def save(data: Data, path: Path) -> None:
    """Write the data file (.npz), whole or not at all."""
    arrays = {"facts": np.array(json.dumps(data.facts))}
    for name in SPLITS:
        part = data.part(name)
        arrays |= {f"{name}_images": part.images, f"{name}_labels": part.labels, f"{name}_votes": part.votes}
    write_atomically(path, lambda stream: np.savez(stream, **arrays))


def load(path: Path) -> Data:
    """Read a data file. Raises InputError when it is missing or is no such file."""
    try:
        with np.load(path) as arrays:
            parts = [Part(*(arrays[f"{name}_{kind}"] for kind in ("images", "labels", "votes"))) for name in SPLITS]
            facts = json.loads(str(arrays["facts"]))
        if "sha256" not in facts:
            facts["sha256"] = content_digest(*parts)
        return Data(*parts, facts=facts)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file (make it with `trainer prepare`)") from None
    except (KeyError, TypeError, ValueError, AttributeError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        raise InputError(f"{path}: not a data file made by `trainer prepare`") from None
