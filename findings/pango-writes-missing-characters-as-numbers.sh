#!/usr/bin/env bash
# Pango with cairo (1.50 and 1.16 of Debian 12): a character without a glyph gets into the PDF's text as digits.
#
# Expected: a photo's name in Korean, drawn with fonts that have no Korean, leaves boxes on the page, and in the PDF's
#   text either the name (cairo is given the text) or a gap or U+FFFD.
# Seen: Pango draws the box with the code point's hexadecimal digits in it, as text in a small font. So that is what a
#   reader finds, copies or hears: "D5 5C AD 6D.jpg" in place of the two syllables; in NFD, as file names from macOS
#   come, "11 12 11 61 ...", six pairs. Searching for the name finds nothing, searching for .notdef or U+FFFD
#   neither, and nobody warns: only pango_layout_get_unknown_glyphs_count knows, and knows it before drawing.
# So: ask that count when a report is made, and log it; bring fonts for all scripts, and look whether they have them:
#   Debian's fonts-droid-fallback has 20,902 Chinese characters, but three of 11,172 Korean syllables. A test that
#   looks for U+FFFD in the PDF proves nothing.
set -euo pipefail
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
if [ ! -e "$font" ] || ! grep -q libpangocairo-1.0 <<<"$(ldconfig -p)"; then
  echo "Needs DejaVu Sans and Pango: apt-get install fonts-dejavu-core libpangocairo-1.0-0" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps cairocffi==1.7.1 \
  pangocffi==0.14.1 pangocairocffi==0.7.1 cffi==2.1.1 pycparser==3.12 pypdf==7.1.1 pypdfium2==5.15.2
# No other font of this machine, which might have Korean.
mkdir fonts && cp "$font" fonts
cat >fonts.conf <<END
<fontconfig><dir>$folder/fonts</dir><cachedir>$folder/cache</cachedir></fontconfig>
END

FONTCONFIG_FILE=$folder/fonts.conf venv/bin/python - <<'END'
import io
import unicodedata

import cairocffi
import pangocairocffi
import pangocffi
import pypdf
import pypdfium2


def read(name):
    """The glyphs that Pango lacks for a line of text, and what two readers find in its PDF."""
    data = io.BytesIO()
    surface = cairocffi.PDFSurface(data, 300, 100)
    context = cairocffi.Context(surface)
    layout = pangocairocffi.create_layout(context)
    layout.text = name
    context.move_to(20, 20)
    pangocairocffi.show_layout(context, layout)
    unknown = pangocffi.pango.pango_layout_get_unknown_glyphs_count(layout.pointer)
    surface.finish()
    found = [
        pypdfium2.PdfDocument(data.getvalue())[0].get_textpage().get_text_range(),
        pypdf.PdfReader(data).pages[0].extract_text(),
    ]
    found = ["".join(text.split()) for text in found]
    print(f"{name!a:42} unknown glyphs {unknown}, pdfium {found[0]!a}, pypdf {found[1]!a}")
    return unknown, found


name = "\ud55c\uad6d.jpg"
assert read("Seoul.jpg") == (0, ["Seoul.jpg"] * 2)
assert read(name) == (2, ["D55CAD6D.jpg"] * 2)
unknown, found = read(unicodedata.normalize("NFD", name))
assert unknown == 6 and found[0].startswith("111211") and found[1] == found[0], found
END
cat <<'END'
Pango and cairo. Expected: in the PDF's text a missing character is itself, a gap or U+FFFD. Seen: it is its code
point's digits, D5 5C AD 6D. So ask pango_layout_get_unknown_glyphs_count, and bring the fonts.
END
