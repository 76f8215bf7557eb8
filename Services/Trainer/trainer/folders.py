"""Reads faces wherever they lie: in a CSV file, or in one's own pictures.

Pictures lie in a folder per class, each holding one face already cropped as FER2013 crops it.
"""

import os
from pathlib import Path

import numpy as np

from trainer import CLASSES
from trainer.data import SPLITS
from trainer.errors import InputError, note
from trainer.pictures import read_picture
from trainer.rows import Rows, raise_problems, read_rows

SPELLINGS = {
    **{name: label for label, name in enumerate(CLASSES)},
    **{str(label): label for label in range(len(CLASSES))},
    "anger": 0,
    "disgusted": 1,
    "fearful": 2,
    "happiness": 3,
    "sadness": 4,
    "surprised": 5,
}
"""Names of class folders, in any case: ours, FER2013's numbers, and those of the copies that go about."""

PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test", "publictest": "test"}
"""Names of folders that hold a side of a data set."""
VALIDATION = ("validation", "valid", "val")

LITTER = ("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir")
"""What operating systems leave in folders, beside names that begin with a dot."""


def read(path: Path, skip_bad: bool = False, labels_needed: bool = True, side: str = "test") -> Rows:
    """Read faces from a CSV file or from a folder per class.

    `side` is train or test: which of the two is taken from a folder that holds both.
    """
    return read_folder(path, skip_bad, side) if path.is_dir() else read_rows(path, skip_bad, labels_needed)


def name_of(path: Path) -> str:
    """What the faces of a file or folder are called in results: its name, with the folder above where a split of the data
    file is called so too: somebody's folder "test" is not the public test."""
    whole = path.resolve()
    return f"{whole.parent.name}/{whole.name}" if whole.name in SPLITS else whole.name


def read_folder(path: Path, skip_bad: bool = False, side: str = "test") -> Rows:
    """Read path/<class>/* as grey 48×48 faces, as the product sees a picture that it takes whole.

    Folders bear class names or their numbers in FER2013 (`SPELLINGS`); a folder above train/ and test/ is gone into, and
    a note says so. Hidden files and what operating systems leave are passed over. Raises InputError with a line per
    picture that cannot be read, unless `skip_bad`.
    """
    path = _side_of(path, side)
    folders = {folder: SPELLINGS.get(folder.name.casefold()) for folder in _folders(path)}
    if unknown := [folder.name for folder, label in folders.items() if label is None]:
        raise InputError(f"{path}: unknown class {', '.join(unknown)} (known: {', '.join(CLASSES)})")
    images, labels, names, problems = [], [], [], []
    for folder, label in sorted(folders.items(), key=lambda item: (item[1], item[0].name)):
        for file in _listed(folder):
            try:
                images.append(read_picture(file))
                labels.append(label)
                # A name may hold bytes that are no text, which no CSV takes.
                names.append(os.fsencode(file.relative_to(path)).decode(errors="replace"))
            except ValueError as reason:
                problems.append(f"{file}: {reason}")
    raise_problems(path, problems, skip_bad)
    if not images:
        raise InputError(f"{path}: no pictures in folders named {', '.join(CLASSES)}")
    _say(path, list(folders))
    return Rows(
        images=np.stack(images),
        labels=np.array(labels, dtype=np.int64),
        usages=None,
        numbers=np.arange(len(labels), dtype=np.int64),
        problems=problems,
        files=names,
    )


def _side_of(path: Path, side: str) -> Path:
    """The folder of one side, where `path` holds nothing but sides; otherwise `path` itself."""
    folders = _folders(path)
    sides = {folder: PARTS.get(_plain(folder.name)) for folder in folders}
    if not any(sides.values()) or not all(part or _plain(f.name) in VALIDATION for f, part in sides.items()):
        return path
    # A set that is split in two calls its second part so or so; a validation part beside both is left alone.
    chosen = [folder for folder, part in sides.items() if part == side]
    if not chosen and side == "test":
        chosen = [folder for folder, part in sides.items() if part is None]
    names = ", ".join(folder.name for folder in folders)
    if len(chosen) != 1:
        raise InputError(f"{path}: holds {names}, of which {len(chosen)} are for {side}: name the folder to read")
    note(f"{path}: holds {names}; the faces are read from {chosen[0].name} alone")
    return chosen[0]


def _say(path: Path, folders: list[Path]) -> None:
    """Tell what may not be meant as it is understood: numbers as names, and folders within the classes."""
    if any(folder.name.isdigit() for folder in folders):
        meaning = ", ".join(f"{label} {name}" for label, name in enumerate(CLASSES))
        note(f"{path}: folders with numbers are read in FER2013's order: {meaning}")
    if deeper := [inner for folder in folders for inner in _folders(folder)]:
        note(f"{path}: folders inside the classes are passed over ({len(deeper)}, such as {deeper[0]})")


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


def _folders(path: Path) -> list[Path]:
    return [item for item in _present(path) if item.is_dir()]


def _listed(path: Path) -> list[Path]:
    return [item for item in _present(path) if item.is_file()]


def _present(path: Path) -> list[Path]:
    """What lies in a folder, by name, without litter. Raises InputError when the folder cannot be listed."""
    try:
        return sorted(
            item for item in path.iterdir() if not item.name.startswith(".") and item.name.casefold() not in LITTER
        )
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
