#!/usr/bin/env bash
# pdf-oxide 0.3.78 (Python): to_markdown() leaves out decimal points, minus and equals signs: "p = 0.04" is "p 0 04".
#
# Expected: to_markdown() has the text that extract_text() has, with marks for headings and tables.
# Seen: a piece of text of one or two characters that are neither letters nor digits, and that the PDF draws by itself,
#   is not written at all: . , - − = + < % ± / and so on. A formula is drawn in such pieces: of "p = 0.04", "x < 0.05"
#   and "1 − 0.3" by Typst there is "p 0 04", "x 0 05" and "1 0 3"; and so is a sign in a column of its own: a change of
#   − 0.05 reads 0.05, a count of < 5 reads 5. The pieces are there in extract_text() and to_html(), and in pypdf. In
#   plain sentences and in what it takes for a table everything is right, so that the page looks well; a language model
#   that reads reports by their Markdown gets other numbers.
# So: extract_text() where numbers count; compare the digits and signs of both; write formulas of one's own reports as
#   plain text, and a sign and its number as one piece.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pdf-oxide==0.3.78 \
  typst==0.15.2 pypdf==7.1.1 fpdf2==2.8.9 defusedxml==0.7.1 fonttools==4.68.0 pillow==13.0.0

venv/bin/python - <<'END'
import io
import re
import unicodedata

import pypdf
import typst
from fpdf import FPDF
from pdf_oxide import PdfDocument


def words(text):
    """Letters of formulas as usual ones, spaces and the marks of Markdown and HTML away."""
    return " ".join(re.sub(r"<[^<>]*>|\*\*", "", unicodedata.normalize("NFKC", text).replace("&lt;", "<")).split())


def look(name, data, right, markdown):
    document = PdfDocument.from_bytes(data)
    seen = {"to_markdown": words(document.to_markdown(0)), "extract_text": words(document.extract_text(0)),
            "to_html": words(re.sub("</?p>", " ", document.to_html(0))),
            "pypdf": words(pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text())}
    print(name)
    for way, text in seen.items():
        print(f"  {way:12} {text}")
    assert seen == {way: markdown if way == "to_markdown" else right for way in seen}


look("formulas by Typst", typst.compile(b"""#set page(height: 4cm)
The looks differ ($p = 0.04$), sad is rarer ($x < 0.05$), and $1 - 0.3$ are left."""),
     "The looks differ (p = 0.04), sad is rarer (x < 0.05), and 1 − 0.3 are left.",
     "The looks differ (p 0 04), sad is rarer (x 0 05), and 1 0 3 are left.")
look("the same as plain text", typst.compile("""#set page(height: 4cm)
The looks differ (p = 0.04), sad is rarer (x < 0.05), and 1 − 0.3 are left.""".encode()),
     *["The looks differ (p = 0.04), sad is rarer (x < 0.05), and 1 − 0.3 are left."] * 2)


def row(*cells):
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for width, text, align in zip((40, 30, 30), cells, "LRL"):
        pdf.cell(width, 8, text, align=align)
    return bytes(pdf.output())


look("a sign in a cell of its own, by fpdf2", row("change", "-", "0.05"), "change - 0.05", "change 0.05")
look("a sign in the number's cell", row("change", "of sad", "-0.05"), *["change of sad -0.05"] * 2)
lost = [sign for sign in (*".,-=+<%±/:(?", "--", "+-", "...", "5", "x")
        if sign not in PdfDocument.from_bytes(row("change", sign, "0.4")).to_markdown(0).replace("0.4", "")]
print("left out:", *lost)
assert lost == [*".,-=+<%±/:(?", "--", "+-"]
END
cat <<'END'
pdf-oxide 0.3.78. Expected: the page's text. Seen: to_markdown() has no decimal points and signs that stand by
themselves. So extract_text() where numbers count.
END
