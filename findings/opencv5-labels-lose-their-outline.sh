#!/usr/bin/env bash
# OpenCV 5.0.0 (4.14.0 beside it): putText() knows two thicknesses, 1 and more: white text over thick black text, the usual
# label with an outline, is white only, and nothing is to be read on a bright wall.
#
# Expected: "Thickness of the lines used to draw a text", as its documentation says, and as in 4: the text drawn black
#   with a thickness of 6, then white with 2, has a black rim of two pixels and can be read on any photo.
# Seen: the line fonts of old have become two TrueType fonts, and thickness chooses one of two weights of them: up to 1 the
#   lighter, from 2 the bolder. From 2 on each number draws the same pixels, so that the white letters cover the black
#   ones. With 1 over a larger number the letters have other widths: rim and letters part from sign to sign. The calls,
#   the shapes and getTextSize() fit each other, so that a test of boxes passes; rectangles and lines keep their
#   thickness. Labels of ten pixels' thickness on large photos are as thin as the others, too.
# So: a filled box of getTextSize() behind the label; or Pillow's stroke_width; look at a preview of a white photo.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
    opencv-python-headless=="$version" numpy==2.4.6 pillow==13.0.0
done

cat >"$folder/label.py" <<'END'
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT, ORIGIN, FONT = "happy 0.93", (12, 44), cv2.FONT_HERSHEY_SIMPLEX
five = cv2.__version__.startswith("5")


def wall():
    return np.full((60, 260, 3), 255, np.uint8)


def write(photo, grey, thickness):
    return cv2.putText(photo, TEXT, ORIGIN, FONT, 1, (grey, grey, grey), thickness, cv2.LINE_AA)


def dark(photo):
    return int((photo < 128).all(axis=2).sum())


black = {thickness: dark(write(wall(), 0, thickness)) for thickness in (1, 2, 4, 6, 10)}
print(f"OpenCV {cv2.__version__}: dark pixels of black text by thickness:", black)
outlined = {}
for rim, letters in ((4, 2), (6, 2), (10, 3)):
    outlined[rim, letters] = dark(write(write(wall(), 0, rim), 255, letters))
print("  of white text over black text, by both thicknesses:", outlined)

(width, height), base = cv2.getTextSize(TEXT, FONT, 1, 2)
boxed = wall()
x, y = ORIGIN
cv2.rectangle(boxed, (x - 4, y - height - 4), (x + width + 4, y + base + 4), (0, 0, 0), -1)
behind = dark(boxed)
write(boxed, 255, 2)
pillow = Image.fromarray(wall())
ImageDraw.Draw(pillow).text((12, 12), TEXT, "white", ImageFont.load_default(30), stroke_width=2, stroke_fill="black")
print(f"  of white text on a box: {dark(boxed)} of {behind}; of Pillow's outline: {dark(np.asarray(pillow))}")
lines = [dark(cv2.line(wall(), (10, 30), (250, 30), (0, 0, 0), thickness)) for thickness in (2, 6)]
assert lines[1] > 2 * lines[0], "lines have changed"
assert 0.4 * behind < dark(boxed) < behind and dark(np.asarray(pillow)) > 500, "the controls have changed"
if five:
    assert black[1] < black[2] == black[4] == black[6] == black[10], "changed: thickness"
    assert set(outlined.values()) == {0}, "changed: outline"
else:
    assert black[1] < black[2] < black[4] < black[6] < black[10], "version 4 is another"
    assert min(outlined.values()) > 500, "version 4 is another"
END
for version in 4.14.0.94 5.0.0.93; do
  OPENCV_LOG_LEVEL=SILENT "$folder/$version/bin/python" "$folder/label.py"
done
cat <<'END'
OpenCV 5.0.0. Expected: a black rim around white letters. Seen: white letters only, on white nothing. So a box behind the
label, or Pillow's stroke_width.
END
