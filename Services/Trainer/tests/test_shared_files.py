"""The files of Tests/Fixtures/fer2013, which the product's reader answers alike."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from trainer.errors import InputError
from trainer.rows import of_usage, read_rows

FOLDER = Path(__file__).parents[3] / "Tests" / "Fixtures" / "fer2013"
CASES = json.loads((FOLDER / "expected.json").read_text())["cases"] if FOLDER.exists() else []
KINDS = {
    "archive": "archive",
    "text": "text",
    "damaged": "truncated or damaged",
    "columns": "column",
    "empty": "no usable rows",
    "usage": "no rows of usage",
    "label": "unknown label",
    "pixels": "pixel",
    "cells": "cells than columns",
    "quotation": "quotation mark",
}
"""What the trainer's message says of each kind of refusal."""


def name(case: dict) -> str:
    return " as ".join(filter(None, (case["file"], case["wanted_usage"])))


@pytest.mark.parametrize("case", [case for case in CASES if "faces" in case], ids=name)
def test_what_can_be_read_is_read(case):
    rows = read_rows(FOLDER / case["file"])
    if case["wanted_usage"]:
        rows = of_usage(FOLDER / case["file"], rows, case["wanted_usage"])
    first, usages = rows.images[0].ravel().tolist(), rows.usages
    assert len(rows.images) == case["faces"]
    assert {str(label): count for label, count in Counter(rows.labels.tolist()).items()} == case["labels"]
    assert (dict(Counter(usages)) if usages else None) == case["usages"]
    assert {
        "label": rows.labels[0],
        "usage": usages[0] if usages else None,
        "sum": sum(first),
        "begins": first[:8],
        "ends": first[-8:],
    } == case["first"]


@pytest.mark.parametrize("case", [case for case in CASES if "refused" in case], ids=name)
def test_what_cannot_be_read_is_refused_in_one_line_that_says_what_it_is(case):
    with pytest.raises(InputError) as refusal:
        rows = read_rows(FOLDER / case["file"])
        of_usage(FOLDER / case["file"], rows, case["wanted_usage"])
    message = str(refusal.value).removeprefix(f"{FOLDER / case['file']}: ")
    assert "\n" not in message and KINDS[case["refused"]] in message
    assert all(word.casefold() in message.casefold() for word in case["says"])
    row = re.match(r"row (\d+): ", message)
    assert (int(row[1]) if row else None) == case["row"]


def test_every_file_of_the_folder_is_in_the_list():
    files = {path.name for path in FOLDER.glob("[!.]*")} - {"README.md", "make_files.py", "expected.json"}
    assert files == {case["file"] for case in CASES}
