#!/usr/bin/env bash
# ReportLab 5.1.0, fpdf2 2.8.9 (Pillow 13.0.0): a grey PNG or TIFF of sixteen bits, as of a thermal or near-infrared
# camera, is a white rectangle in the PDF.
#
# Expected: the face, in eight bits, as with a PNG of colours of sixteen bits, with grey and transparency of sixteen bits,
#   and as other libraries do it (PyMuPDF); or a refusal.
# Seen: both hand what Pillow calls "I;16" to its convert("RGB") or "RGBA" (ImageReader in reportlab/lib/utils.py;
#   get_img_info in fpdf/image_parsing.py), which cuts off at 255 and does not divide by 257. All above 0.4 % of full
#   light is white; a face whose darkest tone is above that is an even white, at the right place and in the right size.
#   Of a sensor of twelve bits whose numbers were not scaled, some black is left. So in-memory pictures from an array of
#   uint16. Eight bits are right, and so are sixteen where Pillow has eight for them already, which is for colours and
#   for grey with alpha: a test with such a one shows nothing. Nothing is raised or logged.
# So: divide before the PDF, Image.fromarray((array >> 8).astype("uint8")), with a window of your own for twelve bits;
#   in a test the mean of a page with a grey face of sixteen bits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps reportlab==5.1.0 \
  charset-normalizer==3.5.3 fpdf2==2.8.9 defusedxml==0.7.1 fonttools==4.68.0 pillow==13.0.0 numpy==2.4.6 \
  pypdfium2==5.15.2 pymupdf==1.28.2

venv/bin/python - <<'END'
import struct
import warnings
import zlib

import numpy as np
import pymupdf
import pypdfium2
from fpdf import FPDF
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

warnings.simplefilter("error")
SIZE = 48


def png(name, array, kind):
    """A PNG of sixteen bits: kind 0 is grey, 2 has colours, 4 is grey with alpha."""
    def chunk(label, data):
        return struct.pack(">I", len(data)) + label + data + struct.pack(">I", zlib.crc32(label + data))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    head = struct.pack(">IIBBBBB", SIZE, SIZE, 16, kind, 0, 0, 0)
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def reportlab(picture):
    canvas = Canvas("page.pdf", pagesize=(SIZE, SIZE))
    canvas.drawImage(picture if isinstance(picture, str) else ImageReader(picture), 0, 0, SIZE, SIZE)
    canvas.save()


def fpdf2(picture):
    report = FPDF(unit="pt", format=(SIZE, SIZE))
    report.set_margin(0)
    report.add_page()
    report.image(picture, 0, 0, SIZE, SIZE)
    report.output("page.pdf")


def mupdf(picture):
    report = pymupdf.open()
    page = report.new_page(width=SIZE, height=SIZE)
    page.insert_image(page.rect, filename=picture)
    report.save("page.pdf")
    report.close()


def look(write, picture):
    """The page, as PDFium shows it, one pixel for each of the picture's."""
    write(picture)
    with pypdfium2.PdfDocument("page.pdf") as report:
        return np.asarray(report[0].render().to_pil().convert("L")).astype(int)


y, x = np.mgrid[:SIZE, :SIZE]
face = (40 + 150 * np.exp(-((x - 24) ** 2 + (y - 24) ** 2) / 300)).astype(np.uint8)  # 40 to 190, no white
deep = face.astype(np.uint16) * 257
Image.fromarray(face).save("eight.png")
png("grey.png", deep, 0)
png("colours.png", np.dstack([deep] * 3), 2)
png("alpha.png", np.dstack([deep, np.full_like(deep, 65535)]), 4)
Image.fromarray(deep).save("grey.tif")
sensor = (deep >> 4) * (x >= 8)  # twelve bits, with a black stripe
png("sensor.png", sensor, 0)
with Image.open("grey.png") as read:
    assert read.mode == "I;16" and (np.asarray(read) == deep).all(), "Pillow reads it"
print("the face's levels:", face.min(), "to", face.max(), "mean", round(face.mean()))
print("library    picture                        levels on the page")
for write in (reportlab, fpdf2, mupdf):
    for name, picture in (("grey, 8 bits", "eight.png"), ("colours, 16 bits", "colours.png"),
                          ("grey with alpha, 16 bits", "alpha.png"), ("grey, 16 bits", "grey.png"),
                          ("grey, 16 bits, TIFF", "grey.tif"), ("grey, 16 bits, from an array", Image.fromarray(deep)),
                          ("grey, 12 bits and a black stripe", "sensor.png")):
        if write is mupdf and picture != "grey.png":
            continue
        page = look(write, picture)
        print(f"{write.__name__:10} {name:33} {page.min()} to {page.max()}, mean {page.mean():.0f}")
        if picture == "sensor.png":
            assert (page[:, :7] == 0).all() and (page[:, 9:] == 255).all(), "changed"
        elif name.startswith("grey, 16") and write is not mupdf:
            assert (page == 255).all(), "changed"
        else:
            assert abs(page - face).max() <= 2, "the control has changed"
halved = look(reportlab, Image.fromarray((deep >> 8).astype("uint8")))
assert abs(halved - face).max() <= 2
END
cat <<'END'
ReportLab 5.1.0, fpdf2 2.8.9. Expected: a grey face of sixteen bits. Seen: a white rectangle. So divide by 256 before
the PDF; the mean of such a page in a test.
END
