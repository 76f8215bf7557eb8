"""Opens CSV files as people have them: packed or not, with or without a header; what is no CSV is refused by name.

The Swift reader of `mien evaluate` reads the same: Tests/Fixtures/fer2013 says what both must answer.
"""

import csv
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, cast

from trainer.errors import InputError

HEAD = 512
"""Bytes looked at to know what a file is: a tar archive is known by its first block."""

UNPACK = "unpack it and give the CSV file that is in it"
FOREIGN = (
    (b"PK\x03\x04", f"is a zip archive or a workbook: {UNPACK}"),
    (b"PK\x05\x06", "is an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", f"is a 7z archive: {UNPACK}"),
    (b"Rar!", f"is a rar archive: {UNPACK}"),
    (b"BZh", "is packed with bzip2: unpack it, or pack it with gzip or xz"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd: unpack it, or pack it with gzip or xz"),
    (b"\x1f\x8b", "is packed twice: unpack it once"),
    (b"\xfd7zXZ\x00", "is packed twice: unpack it once"),
    (b"PAR1", "is a Parquet file, not text: write its table as CSV"),
    (b"\xff\xfe", "is UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text: save it as UTF-8"),
    (b"version https://git-lfs", "is Git LFS's placeholder: fetch the file itself (git lfs pull)"),
)
"""How files begin that are often taken for a CSV, and what to say of them."""


@dataclass
class Record:
    """One row: its 0-based number (header and blank lines do not count) and its cells."""

    number: int
    cells: list[str]
    names: list[str]

    def fields(self) -> dict[str, str]:
        """Trimmed cells by name of column, "" where the row ends early. Raises ValueError where they fit no column."""
        if any("\n" in cell or "\r" in cell for cell in self.cells):
            raise ValueError("a quotation mark is not closed on its line")
        if len(self.cells) > len(self.names):
            raise ValueError(f"more cells than columns ({len(self.cells)} instead of {len(self.names)})")
        return {name: cell.strip() for name, cell in zip_longest(self.names, self.cells, fillvalue="")}

    def check_length(self) -> None:
        """Raises ValueError where the row ends early. To be asked last: an empty cell says more of what is missing."""
        if len(self.cells) < len(self.names):
            raise ValueError(f"fewer cells than columns ({len(self.cells)} instead of {len(self.names)})")


def records(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...] = (), places: tuple[str, ...] = ()
) -> Iterator[Record]:
    """The rows of a CSV file, plain or packed with gzip or xz (known by the first bytes, not by the name).

    Columns go by name, trimmed and in any case; other columns are passed over. `places` names the columns of a file
    without header, a lone column being `pixels`; where it is empty, a header must be there. Raises InputError, one line,
    for whatever goes wrong while reading.
    """
    number = 0
    try:
        with path.open("rb", buffering=0) as file, _text(path, file) as stream:
            rows = (row for row in csv.reader(stream, skipinitialspace=True) if "".join(row).strip() or len(row) > 1)
            first = next(rows, None)
            if first is None:
                raise InputError(f"{path}: empty: no usable rows")
            names, is_header = _columns(path, first, required, optional, places)
            if not is_header:
                yield Record(number, first, names)
                number += 1
            for row in rows:
                yield Record(number, row, names)
                number += 1
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the compressed file is truncated or damaged ({error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file") from None
    except csv.Error:
        # The one fault that the module finds in any text: a cell beyond its limit, 131,072 characters.
        raise InputError(f"{path}: row {number + 1}: a cell does not end: a quotation mark is not closed") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _text(path: Path, file: BinaryIO) -> io.TextIOWrapper:
    """The file's text, unpacked where its first bytes say that it is packed."""
    plain = stream = io.BufferedReader(cast(io.RawIOBase, file))
    packed = plain.peek(HEAD)
    if packed.startswith(b"\x1f\x8b"):
        stream = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=plain)))
    elif packed.startswith(b"\xfd7zXZ\x00"):
        stream = io.BufferedReader(cast(io.RawIOBase, lzma.LZMAFile(plain)))
    head = stream.peek(HEAD)
    for signature, advice in FOREIGN:
        if head.startswith(signature):
            raise InputError(f"{path}: {advice}")
    if _is_tar(head[:HEAD]):
        raise InputError(f"{path}: is a tar archive: {UNPACK} (tar -xf)")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{path}: is an HTML page, not a text file of rows: was a sign-in page saved instead?")
    if b"\0" in head:
        raise InputError(f"{path}: not a text file")
    return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")


def _is_tar(block: bytes) -> bool:
    """Whether a file's first 512 bytes are a tar archive's header, whose checksum is right."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _columns(
    path: Path, first: list[str], required: tuple[str, ...], optional: tuple[str, ...], places: tuple[str, ...]
) -> tuple[list[str], bool]:
    """Names of the columns, and whether the first row is a header: it names a column, or no cell begins with a digit."""
    names = [cell.strip().casefold() for cell in first]
    known = tuple(dict.fromkeys(required + optional))
    is_header = not places or any(name in known for name in names) or not any(name[:1].isdigit() for name in names)
    if not is_header:
        names = ["pixels"] if len(first) == 1 else [*places, *[""] * len(first)][: len(first)]
    if missing := [name for name in required if name not in names]:
        shown = ", ".join(cell.strip() for cell in first)[:200] if is_header else "no header"
        # A quotation mark that is not closed takes whole lines into a cell.
        shown = "".join(character if character.isprintable() else " " for character in shown)
        raise InputError(f"{path}: no column {', '.join(missing)} (has: {shown})")
    if twice := [name for name in known if names.count(name) > 1]:
        raise InputError(f"{path}: the column {', '.join(twice)} is there twice")
    return names, is_header
