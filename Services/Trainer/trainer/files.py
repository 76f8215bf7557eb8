"""Files that appear whole or not at all."""

import csv
import fcntl
import hashlib
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from trainer.errors import InputError


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write `path` through a temporary neighbour and a rename, so that a kill or a full disk leaves the old file.

    The data is synced before the rename: otherwise a power cut could leave the new name on an empty file.
    Raises InputError when the file system refuses.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes atomically."""
    write_atomically(path, lambda stream: stream.write(data) and None)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, text.encode())


def write_figure(path: Path, figure) -> None:
    """Write a matplotlib figure as PNG, atomically, and close it."""
    from matplotlib import pyplot

    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    pyplot.close(figure)
    write_bytes(path, data.getvalue())


def write_rows(path: Path, rows: list[dict]) -> None:
    """Write rows with equal keys as CSV, atomically."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def hold(directory: Path, patience: float = 0) -> int:
    """Make a directory and hold it for this process, and for children that are given the descriptor which is returned,
    until all of them have closed it or ended.

    The lock is on the directory itself, so nothing is left in it; on a file system without locks nothing is held. Raises
    InputError when it cannot be made, and when another process still holds it after `patience` seconds.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise InputError(f"{directory}: cannot be made: {error.strerror}") from None
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise InputError(
                    f"{directory}: another training is going on in this folder: wait for its end, or name another folder"
                ) from None
            time.sleep(0.1)
            continue
        except OSError:
            pass
        return descriptor


def digest(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sha256_of(trained: Path) -> str:
    """The digest of a checkpoint, or of the weights in an exported model's folder. InputError when it is not there."""
    path = trained / "model.bin" if trained.is_dir() else trained
    try:
        return digest(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
