#!/usr/bin/env bash
# WeasyPrint 70.0: one character that no font has, and pypdf and pdfminer.six read nothing of that font any more.
#
# Expected: a report that lists a photo named in Korean, on a machine whose fonts have no Korean, shows two empty boxes;
#   the rest of the page stays text that can be searched, copied and read aloud.
# Seen: it looks so, and poppler and pdfium read all of it, the Korean too, which the eye does not see. But for missing
#   glyphs WeasyPrint gives the whole font an encoding of its own (a CMap in the file, instead of the well-known
#   Identity-H), which is valid PDF that pypdf 7.1.1 and pdfminer.six 20260107 do not follow: pypdf puts NUL bytes
#   between the letters of "Hello happy", pdfminer.six (and so pdfplumber) finds an empty page. The only sign is a
#   warning in WeasyPrint's log when the page is written.
# So: whoever prints names that users chose should bring fonts for all writings, treat that warning as an error in
#   tests, and test reports with one name that no font has. Text found in a PDF does not prove that it can be seen.
set -euo pipefail
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
if [ ! -e "$font" ] || ! grep -q libpangoft2-1.0 <<<"$(ldconfig -p)"; then
  echo "Needs DejaVu Sans and Pango: apt-get install fonts-dejavu-core libpango-1.0-0 libpangoft2-1.0-0" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps weasyprint==70.0 \
  pydyf==0.13.0 cffi==2.1.1 pycparser==3.12 tinyhtml5==2.1.0 tinycss2==1.5.1 cssselect2==0.10.1 webencodings==0.6.1 \
  pyphen==0.18.1 pillow==13.0.0 fonttools==4.68.0 brotli==1.2.1 zopfli==0.4.3 pypdf==7.1.1 pdfminer.six==20260107 \
  charset-normalizer==3.5.3 cryptography==50.0.2 pypdfium2==5.15.2
# No other font of this machine, which might have Korean.
mkdir fonts && cp "$font" fonts
cat >fonts.conf <<END
<fontconfig><dir>$folder/fonts</dir><cachedir>$folder/cache</cachedir></fontconfig>
END

FONTCONFIG_FILE=$folder/fonts.conf XDG_CACHE_HOME=$folder/cache venv/bin/python - <<'END'
import io
import logging

import pypdf
import pypdfium2
import weasyprint
from pdfminer.high_level import extract_text

warnings = io.StringIO()
logging.getLogger("weasyprint").handlers = [logging.StreamHandler(warnings)]


def read(name):
    """What each reader finds on a page with this photo's name."""
    page = f'<html lang="en"><body style="font-family: DejaVu Sans"><p>Hello happy</p><p>{name}</p></body></html>'
    data = weasyprint.HTML(string=page).write_pdf()
    texts = {
        "pdfium": pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range(),
        "pypdf": pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text(),
        "pdfminer.six": extract_text(io.BytesIO(data)),
    }
    for reader, text in texts.items():
        print(f"{name!a:22} {reader:12} {text.strip()!a}")
    return texts


assert all("Hello happy" in text for text in read("Seoul.jpg").values())
assert not warnings.getvalue(), warnings.getvalue()
texts = read("\ud55c\uad6d.jpg")
assert warnings.getvalue().count(".notdef") == 2, warnings.getvalue()
assert "Hello happy" in texts["pdfium"] and "\ud55c\uad6d.jpg" in texts["pdfium"], texts
assert "Hello happy" not in texts["pypdf"] and "\0" in texts["pypdf"], texts
assert texts["pdfminer.six"].strip() == "", texts
END
cat <<'END'
WeasyPrint 70.0. Expected: a missing glyph costs that one character. Seen: pypdf and pdfminer.six read nothing that is
written in its font. So bring fonts for all writings, and take WeasyPrint's warning for an error.
END
