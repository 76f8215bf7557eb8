#!/usr/bin/env bash
# PyMuPDF 2.0: read by find_tables(), the numbers of a PDF's table lose their decimal points and minus signs: 0.71 is
# "071\n.", and -0.05 is "005\n- .".
#
# Expected: Table.extract(), documented to give the text of each cell, gives "0.71", as PyMuPDF 1.28.2 does with the
#   same lines of code, and as get_text() and the same table's to_markdown() go on doing.
# Seen: since 2.0 the package brings its layout analysis along and find_tables() uses it (use_layout=True). To do so
#   it turns on boxes that fit tightly around what is drawn, and extract() then sorts signs into lines by the upper
#   edges of such boxes: a point, a comma or a minus begins lower than a digit and comes on a line of its own, below
#   the digits. Nothing is raised; who takes the first line, or joins the lines, reads a share of 71 and a change that
#   has become positive.
# So: find_tables(use_layout=False) after TOOLS.unset_quad_corrections(False), both; or to_markdown(); or pdfplumber.
#   In a test, read a report's table of which each number is known.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python3 -m venv "$folder/older"
install() {
  "$folder/$1/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps "${@:2}"
}
install venv pymupdf==2.0 pymupdf-layout==2.0 pymupdf4llm==2.0 numpy==2.4.6 onnxruntime==1.32.0 networkx==3.6.1 \
  pyyaml==6.0.4 psutil==7.2.2 tabulate==0.10.0
install older pymupdf==1.28.2

cat >"$folder/table.py" <<'END'
import pymupdf

CELLS = [["look", "share", "change"], ["happy", "0.71", "-0.05"], ["sad", "0.04", "+1.25"],
         ["fear", "99.5 %", "1,024.5"]]


def report():
    document = pymupdf.open()
    page = document.new_page()
    for y, row in enumerate(CELLS):
        for x, text in enumerate(row):
            left, top = 60 + 90 * x, 60 + 24 * y
            page.draw_rect(pymupdf.Rect(left, top, left + 90, top + 24))
            page.insert_text((left + 6, top + 17), text, fontsize=10)
    return pymupdf.open("pdf", document.tobytes())


def numbers(page, **how):
    return [row[1:] for row in page.find_tables(**how).tables[0].extract()[1:]]


RIGHT = [row[1:] for row in CELLS[1:]]
document = report()
page = document[0]
assert page.get_text().split() == " ".join(text for row in CELLS for text in row).split()
seen = numbers(page)
print(f"PyMuPDF {pymupdf.__version__}, extract():".ljust(34), seen)
if pymupdf.__version__ == "1.28.2":
    assert seen == RIGHT, "the older version has changed"
else:
    assert seen[0] == ["071\n.", "005\n- ."], "changed"
    assert not any(text == right for row, rights in zip(seen, RIGHT) for text, right in zip(row, rights)), "changed"
    lines = page.find_tables().tables[0].to_markdown().split("\n")
    markdown = [[text.strip() for text in line.strip("|").split("|")[1:]] for line in lines[2:5]]
    print("the same table, to_markdown():".ljust(34), markdown)
    assert markdown == RIGHT
    pymupdf.TOOLS.unset_quad_corrections(False)
    without = numbers(page, use_layout=False)
    print("without layout:".ljust(34), without)
    assert without == RIGHT
print("get_text():".ljust(34), page.get_text("words")[4][4], page.get_text("words")[5][4])
END
export PYMUPDF_SUGGEST_LAYOUT_ANALYZER=0
cd "$folder"
for version in older venv; do
  "$version/bin/python" table.py
done
cat <<'END'
PyMuPDF 2.0. Expected: 0.71 and -0.05, as 1.28.2 reads them. Seen: digits on one line of the cell, points and minus
signs on the next. So find tables without layout, or read to_markdown(), and test with known numbers.
END
