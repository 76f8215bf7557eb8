#!/usr/bin/env bash
# resvg_py 0.5.0: a length in pt, mm, cm, in or pc is 0: labels of 12pt are left out, lines of 1.5pt too, and a box at
# x="30mm" lies at the left edge.
#
# Expected: svg_to_bytes(svg_string=...) takes 12pt for 16 pixels, as every browser does, or for 12.
# Seen: dpi is 0 unless it is given ("0 = SVG default", its text says), and goes to resvg as that number, so that every
#   length in a unit other than px, em and % is multiplied by 0. Nothing is said as long as the <svg> itself is
#   in pixels (or has none, but a viewBox). A chart keeps its bars and loses its labels; a face's frame that was placed
#   in millimetres lies elsewhere, with its size. Only where the <svg>'s own width is in such a unit (as matplotlib
#   writes it) it refuses, "SVG has an invalid size": an issue of ESPHome's (13204) has that, and asks for no more.
# So: svg_to_bytes(..., dpi=96); test with a label in points.
set -euo pipefail
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
test -f "$font" || { echo "Needs DejaVu Sans: apt-get install fonts-dejavu-core" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  resvg_py==0.5.0 pillow==13.0.0

"$folder/venv/bin/python" - "$font" <<'END'
import io
import sys

import resvg_py
from PIL import Image


def drawn(svg, **settings):
    """The left and the right edge of what was drawn, or None where nothing was."""
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=[sys.argv[1]], **settings)
    box = Image.open(io.BytesIO(bytes(png))).convert("RGBA").getchannel("A").point(lambda level: level > 40).getbbox()
    return box and (box[0], box[2])


def look(name, body, expected, head='width="300" height="60"'):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {head}>{body}</svg>'
    seen, told = drawn(svg), drawn(svg, dpi=96)
    print(f"{name:36} {f'from {seen[0]} to {seen[1]}' if seen else 'nothing':16} with dpi=96 from "
          f"{told[0]} to {told[1]}")
    assert {"nothing": not seen, "same": seen == told, "left": seen and seen[0] == 0 < told[0]}[expected]


def label(size):
    return f'<text x="10" y="40" font-family="DejaVu Sans" {size}>happy 0.93</text>'


look("label, font-size 16px", label('font-size="16px"'), "same")
look("label, font-size 1em", label('font-size="1em"'), "same")
look("label, font-size 12pt", label('font-size="12pt"'), "nothing")
look("label, font-size:12pt in a style", label('style="font-size:12pt"'), "nothing")
look("label, 12pt, with a viewBox alone", label('font-size="12pt"'), "nothing", 'viewBox="0 0 300 60"')
look("line, 1.5px", '<path d="M10 30H90" stroke="black" stroke-width="1.5px"/>', "same")
look("line, 1.5pt", '<path d="M10 30H90" stroke="black" stroke-width="1.5pt"/>', "nothing")
for unit in ("mm", "cm", "in", "pc"):
    look(f"bar, 1{unit} wide", f'<rect x="20" width="1{unit}" height="40"/>', "nothing")
look("frame at x=30mm", '<rect x="30mm" y="5" width="40" height="40" fill="none" stroke="black"/>', "left")
try:
    print(drawn('<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="20mm"><path d="M0 0H9V9Z"/></svg>'))
    sys.exit("changed: the <svg> itself in millimetres is taken")
except ValueError as refusal:
    print(f"the <svg> itself in millimetres: ValueError, {refusal}")
END
cat <<'END'
resvg_py 0.5.0. Expected: 12pt is 16 pixels. Seen: it is 0, as is every length in pt, mm, cm, in and pc. So give dpi=96.
END
