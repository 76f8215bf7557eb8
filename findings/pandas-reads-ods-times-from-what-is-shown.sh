#!/usr/bin/env bash
# pandas 3.1.1 (odfpy 1.4.1): a time in an .ods file is read from the text that the cell shows: a minute and a half, shown
# as 01:30, is one hour and a half.
#
# Expected: the cell's value, office:time-value="PT00H01M30S", as with dates, numbers and percentages, whose value is read
#   whatever the cell shows, and as with the engine calamine, or in the same table as .xlsx.
# Seen: with the engine "odf", which pandas takes for .ods by itself, the shown text is parsed as a time of day
#   (_get_cell_value in pandas/io/excel/_odfreader.py). How long a photo took, shown as minutes and seconds, is read as
#   hours and minutes, sixty times as long, and with tenths of a second so too: 00:12.9 is 12.9 minutes. What is not
#   shown is gone; a column whose cells are formatted in two ways holds two units. Shown as 00:01:30, the usual format,
#   whole seconds are right. What is no time of day when read so, 24:05 in minutes and seconds, is refused.
# So: engine="calamine", which gives the same in both formats; or seconds as plain numbers in the sheet. In a test a
#   duration shown as MM:SS.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pandas==3.1.1 \
  numpy==2.4.6 odfpy==1.4.1 defusedxml==0.7.1 python-calamine==0.9.1 python-dateutil==2.9.0.post0 six==1.17.0

venv/bin/python - <<'END'
import datetime
import warnings

import pandas as pd
from odf import number, style, table, text
from odf.opendocument import OpenDocumentSpreadsheet

warnings.simplefilter("error")
FORMATS = {"HH:MM:SS": ("hours", "minutes", "seconds"), "MM:SS": ("minutes", "seconds"),
           "MM:SS.0": ("minutes", "tenths"), "HH:MM": ("hours", "minutes")}


def shown(seconds, parts):
    sizes = {"hours": f"{int(seconds // 3600):02}", "minutes": f"{int(seconds // 60) % 60:02}",
             "seconds": f"{int(seconds) % 60:02}", "tenths": f"{int(seconds * 10) % 600 / 10:04.1f}"}
    return ":".join(sizes[part] for part in parts)


def number_style(name, parts):
    answer = number.TimeStyle(name=name, truncateonoverflow="false")
    for part in parts:
        if part != parts[0]:
            answer.addElement(number.Text(text=":"))
        if part in ("hours", "minutes"):
            answer.addElement((number.Hours if part == "hours" else number.Minutes)(style="long"))
        else:
            answer.addElement(number.Seconds(style="long", decimalplaces=int(part == "tenths")))
    return answer


def write(rows):
    """A file with a row for each duration in seconds: its format and itself."""
    book = OpenDocumentSpreadsheet()
    for index, (name, parts) in enumerate(FORMATS.items()):
        book.automaticstyles.addElement(number_style(f"N{index}", parts))
        book.automaticstyles.addElement(style.Style(name=f"ce{index}", family="table-cell", datastylename=f"N{index}"))
    sheet = table.Table(name="photos")

    def row(*cells):
        line = table.TableRow()
        for label, options in cells:
            cell = table.TableCell(**options)
            cell.addElement(text.P(text=label))
            line.addElement(cell)
        sheet.addElement(line)

    word = {"valuetype": "string"}
    row(("format", word), ("took", word), ("score", word))
    for name, seconds in rows:
        minutes, rest = divmod(seconds, 60)
        value = f"PT{int(minutes // 60):02}H{int(minutes % 60):02}M{rest:012.9f}S"
        options = {"valuetype": "time", "timevalue": value, "stylename": f"ce{list(FORMATS).index(name)}"}
        row((name, word), (shown(seconds, FORMATS[name]), options), ("0.9", {"valuetype": "float", "value": "0.93"}))
    book.spreadsheet.addElement(sheet)
    book.save("photos.ods")


def in_seconds(value):
    """As seconds: calamine gives a timedelta, odf a time of day."""
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


rows = [("HH:MM:SS", 90), ("MM:SS", 90), ("MM:SS", 12), ("HH:MM:SS", 12.97), ("MM:SS.0", 12.97), ("MM:SS.0", 612.5),
        ("HH:MM", 5400)]
expected = [90, 5400, 720, 12, 774, 36750, 5400]
write(rows)
by_odf, by_calamine = pd.read_excel("photos.ods"), pd.read_excel("photos.ods", engine="calamine")
print("the cell's value  format    shown     read by odf      read by calamine")
for index, (name, seconds) in enumerate(rows):
    odf, other = in_seconds(by_odf["took"][index]), in_seconds(by_calamine["took"][index])
    print(f"{seconds:13} s  {name:8}  {shown(seconds, FORMATS[name]):8}  {odf:9} s  {other:16} s")
    assert other == seconds, "the control calamine has changed"
    assert odf == expected[index], "changed"
assert list(by_odf["score"]) == [0.93] * len(rows), "numbers are read by their value, not as 0.9"
seconds = [6, 8, 7, 61, 9, 12, 75, 8, 7, 10]
write([("MM:SS", each) for each in seconds])
means = [sum(map(in_seconds, pd.read_excel("photos.ods", engine=engine)["took"])) / 10 for engine in ("odf", "calamine")]
print(f"the mean of ten photos, shown as MM:SS: odf {means[0]} s, calamine {means[1]} s")
assert means == [sum(seconds) / 10 * 60, sum(seconds) / 10], "changed"
write([("MM:SS", 24 * 60 + 5)])
try:
    read = pd.read_excel("photos.ods")["took"][0]
    raise SystemExit(f"changed: {read}")
except ValueError as error:
    print("24:05, shown as MM:SS:", error)
END
cat <<'END'
pandas 3.1.1. Expected: the time in the cell. Seen: what it shows, read as hours and minutes. So engine="calamine"; a
duration shown as MM:SS in a test.
END
