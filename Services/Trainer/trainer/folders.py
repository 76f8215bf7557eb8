"""Reads faces wherever they lie: in a CSV file, or in one's own pictures.

Pictures lie in a folder per class, each holding one face already cropped as FER2013 crops it.
"""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from trainer import CLASSES, SIDE
from trainer.errors import InputError
from trainer.rows import Rows, raise_problems, read_rows


def read(path: Path, skip_bad: bool = False, labels_needed: bool = True) -> Rows:
    """Read faces from a CSV file or from a folder per class."""
    return read_folder(path, skip_bad) if path.is_dir() else read_rows(path, skip_bad, labels_needed)


def read_folder(path: Path, skip_bad: bool = False) -> Rows:
    """Read path/<class>/* as grey 48×48 faces (area-averaged, as the product shrinks its crops).

    Folders must bear class names; hidden files are passed over. Raises InputError with a line per picture that cannot
    be read, unless `skip_bad`.
    """
    unknown = sorted(item.name for item in path.iterdir() if item.is_dir() and item.name not in CLASSES)
    if unknown:
        raise InputError(f"{path}: unknown class {', '.join(unknown)} (known: {', '.join(CLASSES)})")
    images, labels, problems = [], [], []
    for label, name in enumerate(CLASSES):
        for file in sorted((path / name).glob("*")):
            if file.name.startswith(".") or not file.is_file():
                continue
            try:
                with Image.open(file) as picture:
                    face = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
            except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
                problems.append(f"{file}: not a picture, or damaged")
                continue
            images.append(np.asarray(face, dtype=np.uint8))
            labels.append(label)
    raise_problems(path, problems, skip_bad)
    if not images:
        raise InputError(f"{path}: no pictures in folders named {', '.join(CLASSES)}")
    return Rows(
        images=np.stack(images),
        labels=np.array(labels, dtype=np.int64),
        usages=None,
        numbers=np.arange(len(labels), dtype=np.int64),
        problems=problems,
    )
