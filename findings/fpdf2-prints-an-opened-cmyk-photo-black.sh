#!/usr/bin/env bash
# fpdf2 2.8.9: a CMYK photo that Pillow opened is nearly black in the PDF; the same file by its name, as bytes, or as a
# copy() of that very image is right.
#
# Expected: image() takes a name, bytes or a PIL image, and prints the same photo of each.
# Seen: CMYK JPEGs (press photos, studio portraits) hold their inks upside down, which a PDF has to say beside them. fpdf2
#   says so when it takes over a file's bytes. An image whose format is "JPEG" it has Pillow write anew as a JPEG, upside
#   down again, and does not say so: skin becomes 0,0,0. copy(), crop() and resize() make images without a format, which
#   go in as plain pixels and are right, so that a photo that was worked on is printed and one that was only opened is
#   black. No warning, and RGB JPEGs, which a test has, are right. (Pillow's own PDFs of such photos: its issue 4860.)
# So: convert("RGB") every photo before image(); look at a page that was made of a CMYK photo.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  fpdf2==2.8.9 pillow==13.0.0 defusedxml==0.7.1 fonttools==4.68.0 pypdfium2==5.15.2

cd "$folder"
venv/bin/python - <<'END'
import logging

import fpdf
import pypdfium2
from PIL import Image

logging.disable(logging.CRITICAL)
SKIN, HAIR = (230, 180, 150), (60, 40, 30)
photo = Image.new("RGB", (64, 64), SKIN)
photo.paste(HAIR, (0, 32, 64, 64))
photo.save("rgb.jpg", quality=95)
photo.convert("CMYK").save("cmyk.jpg", quality=95)
photo.convert("CMYK").save("cmyk.tif")


def page(what):
    pdf = fpdf.FPDF(unit="pt", format=(64, 64))
    pdf.set_margin(0)
    pdf.add_page()
    pdf.image(what, 0, 0, 64, 64)
    return bytes(pdf.output())


def look(name, what, right):
    pdfium = pypdfium2.PdfDocument(page(what))[0].render(scale=1).to_pil().convert("RGB")
    skin, hair = pdfium.getpixel((32, 10)), pdfium.getpixel((32, 50))
    print(f"{name:40} skin {skin}, hair {hair}")
    assert (sum(skin) > 450 and 100 < sum(hair) < 300) == right
    assert right or max(skin) < 20


opened = Image.open("cmyk.jpg")
seen = opened.convert("RGB")
print(f"{'Pillow shows':40} skin {seen.getpixel((32, 10))}, hair {seen.getpixel((32, 50))}")
assert max(abs(a - b) for a, b in zip(seen.getpixel((32, 10)), SKIN)) < 6
look("cmyk.jpg by its name", "cmyk.jpg", True)
look("cmyk.jpg as bytes", open("cmyk.jpg", "rb").read(), True)
look("Image.open(cmyk.jpg)", Image.open("cmyk.jpg"), False)
look("Image.open(cmyk.jpg), loaded", opened, False)
look("Image.open(cmyk.jpg).copy()", Image.open("cmyk.jpg").copy(), True)
look("Image.open(cmyk.jpg).crop()", Image.open("cmyk.jpg").crop((0, 0, 64, 64)), True)
look("Image.open(cmyk.jpg).convert(RGB)", Image.open("cmyk.jpg").convert("RGB"), True)
look("Image.open(cmyk.tif)", Image.open("cmyk.tif"), True)
look("Image.open(rgb.jpg)", Image.open("rgb.jpg"), True)
END
cat <<'END'
fpdf2 2.8.9. Expected: an opened photo is as its file. Seen: a CMYK photo is black. So convert("RGB") before image().
END
