"""Reads the files that runs, studies and measurements leave in results/. All raise InputError when one is no such file."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import InputError


def read(path: Path) -> dict | list:
    """The content of a JSON file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError, RecursionError):
        raise InputError(f"{path}: not a JSON file") from None


@contextmanager
def blaming(path: Path, maker: str) -> Iterator[None]:
    """Raises InputError naming the file when what is done inside finds its content not to be as `maker` writes it."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        raise InputError(f"{path}: not a file of {maker}") from None


def optional(path: Path) -> dict | list | None:
    """The content of a JSON file that may be missing."""
    return read(path) if path.exists() else None


def rows(path: Path) -> list[dict]:
    """The rows of a CSV file."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not a CSV file") from None
