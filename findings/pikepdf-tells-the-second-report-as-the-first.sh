#!/usr/bin/env bash
# pikepdf 10.18.0: of two tagged reports that are put into one file, the second is read aloud with the first one's
# descriptions.
#
# Expected: anna.pages.extend(ben.pages), the usual way to merge, keeps what a page is made of: its tags with it, or none
#   of them. A file that says of itself that it is tagged, and PDF/UA, is so on every page.
# Seen: the pages come, Ben's structure tree does not, and the number by which his page finds its tags (StructParents)
#   stays, so that it finds those of Anna's page: to PDFium, which is Chromium's reader, the picture on Ben's page is
#   described as "Anna: happy, 97 %". No eye sees it. The merged file still says Marked, and PDF/UA-1 in its metadata
#   (that tags are lost is qpdf's issue 490; that they are another's is not in it).
#   PyMuPDF 2.0 takes Ben's number away (no tags on his page, though the file says it has them), pypdf 7.1.1 the whole
#   tree (no tags, and it says so): only that one is honest.
# So: make one report of the data rather than one of PDFs; or remove StructParents of the pages, StructTreeRoot and
#   MarkInfo after merging; read each page's tags in a test of the merged file.
set -euo pipefail
if ! grep -q libpangoft2-1.0 <<<"$(ldconfig -p)"; then
  echo "Needs Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps weasyprint==70.0 \
  pydyf==0.13.0 cffi==2.1.1 pycparser==3.12 tinyhtml5==2.1.0 tinycss2==1.5.1 cssselect2==0.10.1 webencodings==0.6.1 \
  pyphen==0.18.1 pillow==13.0.0 fonttools==4.68.0 brotli==1.2.1 zopfli==0.4.3 pypdfium2==5.15.2 pypdf==7.1.1 \
  pikepdf==10.18.0 lxml==6.1.3 packaging==26.4 pymupdf==2.0

XDG_CACHE_HOME=$folder/cache venv/bin/python - 2>warnings.txt <<'END' || { cat warnings.txt >&2; exit 1; }
import ctypes
import io

import pikepdf
import pymupdf
import pypdf
import pypdfium2.raw as pdfium
import weasyprint

CHART = ("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
         "<rect width='9' height='9'/></svg>")
WORDS = ("Anna: happy, 97 %", "Ben: sad, 88 %")


def report(words):
    page = f'<html lang=en><title>Report</title><h1>{words.split(":")[0]}</h1><img alt="{words}" src="{CHART}">'
    return weasyprint.HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")


def descriptions(element):
    length = pdfium.FPDF_StructElement_GetAltText(element, None, 0)
    if length > 2:
        text = ctypes.create_string_buffer(length)
        pdfium.FPDF_StructElement_GetAltText(element, text, length)
        yield text.raw[:length - 2].decode("utf-16-le")
    for index in range(pdfium.FPDF_StructElement_CountChildren(element)):
        child = pdfium.FPDF_StructElement_GetChildAtIndex(element, index)
        if child:
            yield from descriptions(child)


def read(data):
    """Whether the file says that it is tagged, and the descriptions of each page's pictures."""
    document = pdfium.FPDF_LoadMemDocument(data, len(data), None)
    pages = []
    for number in range(pdfium.FPDF_GetPageCount(document)):
        tree = pdfium.FPDF_StructTree_GetForPage(pdfium.FPDF_LoadPage(document, number))
        roots = range(pdfium.FPDF_StructTree_CountChildren(tree)) if tree else ()
        found = (pdfium.FPDF_StructTree_GetChildAtIndex(tree, index) for index in roots)
        pages.append([words for root in found if root for words in descriptions(root)])
    return bool(pdfium.FPDFCatalog_IsTagged(document)), pages


def with_pikepdf(one, other):
    merged, out = pikepdf.open(io.BytesIO(one)), io.BytesIO()
    merged.pages.extend(pikepdf.open(io.BytesIO(other)).pages)
    assert b"pdfuaid" in merged.Root.Metadata.read_bytes()
    merged.save(out)
    return out.getvalue()


def with_pymupdf(one, other):
    merged = pymupdf.open(stream=one)
    merged.insert_pdf(pymupdf.open(stream=other))
    return merged.tobytes()


def with_pypdf(one, other):
    merged, out = pypdf.PdfWriter(), io.BytesIO()
    for report in (one, other):
        merged.append(io.BytesIO(report))
    merged.write(out)
    return out.getvalue()


pdfium.FPDF_InitLibrary()
anna, ben = map(report, WORDS)
assert read(anna) == (True, [[WORDS[0]]]) and read(ben) == (True, [[WORDS[1]]])
for merge, expected in ((with_pikepdf, (True, [[WORDS[0]], [WORDS[0]]])), (with_pymupdf, (True, [[WORDS[0]], []])),
                        (with_pypdf, (False, [[], []]))):
    seen = read(merge(anna, ben))
    print(f"merged {merge.__name__.replace('_', ' ')}: says it is tagged: {seen[0]}, Anna's page is described as "
          f"{seen[1][0]}, Ben's as {seen[1][1]}")
    assert seen == expected
END
cat <<'END'
pikepdf 10.18.0. Expected: a page keeps its tags or loses them. Seen: it gets those of another report's page. So make one
report of the data, or take the tags out after merging.
END
