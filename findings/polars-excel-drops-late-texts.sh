#!/usr/bin/env bash
# Polars 2.1.0, fastexcel 0.21.0 (Python): in a workbook, texts that come after the first 100 rows of numbers are read
# as nothing, and a row that has nothing else is not there at all; in a CSV they are an error.
#
# Expected: infer_schema_length=100, the default, means the same for read_excel as for read_csv: a type from the first
#   rows, and an error that names the place where a later cell does not fit. Or the text, as by engine="openpyxl".
# Seen: the default engine, calamine, turns into null what cannot be read as the number it expects; there is no
#   ignore_errors that would have asked for it. Photos that are called 0, 1, 2 … and, further down, 103-left have no
#   name any more; an emotion's code that becomes a word is null, and so is "0,73", while "0.73" as text is 0.73. If
#   all cells of a row are such, drop_empty_rows, which is on, takes the row away, so that even the count of rows is
#   another. Among the first 100 rows such a text makes the column text, as in every small test.
# So: infer_schema_length=None, or schema_overrides with pl.String for names; compare null_count() with the file, or
#   write CSV or Parquet where a program is to read it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  polars==2.1.0 polars-runtime-32==2.1.0 fastexcel==0.21.0 openpyxl==3.1.5 et-xmlfile==2.0.0

cd "$folder"
venv/bin/python - <<'END'
import openpyxl
import polars as pl


def saved(numbers, late):
    """A workbook and a CSV of the same rows: so many with numbers only, then the late ones."""
    rows = [("photo", "look", "score")] + [(i, i % 7, 0.5) for i in range(numbers)] + late
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save("scores.xlsx")
    with open("scores.csv", "w") as file:
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)


LATE = [("103-left", 3, 0.71), ("103-right", "happy", 0.29)]
saved(90, LATE)
early = pl.read_excel("scores.xlsx")
print("after  90 rows of numbers:", early.tail(2).rows())
assert early.tail(2).rows() == [("103-left", "3", 0.71), ("103-right", "happy", 0.29)]

saved(100, LATE)
late = pl.read_excel("scores.xlsx")
print("after 100 rows of numbers:", late.tail(2).rows())
assert late.tail(2).rows() == [(None, 3, 0.71), (None, None, 0.29)]
whole = pl.read_excel("scores.xlsx", infer_schema_length=None)
other = pl.read_excel("scores.xlsx", engine="openpyxl")
print("all rows looked at:       ", whole.tail(2).rows())
print('engine="openpyxl":        ', other.tail(2).rows())
assert whole.tail(2).rows() == early.tail(2).rows() == other.tail(2).rows()
try:
    print(pl.read_csv("scores.csv").tail(2).rows())
    raise SystemExit("changed: read_csv takes it")
except pl.exceptions.ComputeError as error:
    print("the same rows as CSV:     ", str(error).split(" at column")[0])

saved(100, [("103-left", "happy", "0,73"), ("104-left", "sad", "0.73"), ("105-left", "sad", "n/a")])
seen = pl.read_excel("scores.xlsx")
print("of 103 rows:              ", seen.height, seen.tail(1).rows())
assert seen.height == 101 and seen.tail(1).rows() == [(None, None, 0.73)]
assert pl.read_excel("scores.xlsx", infer_schema_length=None).height == 103
END
cat <<'END'
Polars 2.1.0, fastexcel 0.21.0. Expected: the texts, or an error as from read_csv. Seen: null, and fewer rows. So
infer_schema_length=None, or types of your own.
END
