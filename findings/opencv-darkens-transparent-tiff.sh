#!/usr/bin/env bash
# OpenCV 5.0.0: in a TIFF with transparency the colours are multiplied by the alpha while it is read: the soft edge of a
# cut-out face is dark, what is transparent is black; the same picture as PNG or WebP, or with 16 bits, is right.
#
# Expected: IMREAD_UNCHANGED gives the samples that are in the file, and IMREAD_COLOR drops the alpha, for every format
#   alike; Pillow and tifffile do so. The file says that its colours were not multiplied (ExtraSamples 2, "unassociated
#   alpha", what Pillow writes).
# Seen: OpenCV has libtiff draw 8-bit pictures as RGBA, which by libtiff's convention is multiplied by alpha, and hands
#   that out as straight alpha. Skin of 200 with half transparency is 100, so blended over a background it is darkened
#   twice: 75 where 125 is right. IMREAD_COLOR, IMREAD_GRAYSCALE, imdecode and imreadmulti are dark too: a set of
#   cut-out faces kept as TIFF has a black background where its PNG copies have the wall behind them. OpenCV's own
#   TIFFs have no ExtraSamples tag (libtiff warns at each reading) and come back unchanged, so that a test that writes
#   and reads by OpenCV does not find it.
# So: PNG for transparency, or tifffile or Pillow for reading TIFF; test with a half transparent colour, written by
#   another library than the one that reads.
set -euo pipefail
command -v python3 >/dev/null || { echo "Needs python3 with venv: apt-get install python3-venv" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || { echo "Needs python3's venv: apt-get install python3-venv" >&2; exit 2; }
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --only-binary :all: --no-deps \
  opencv-python-headless==5.0.0.93 pillow==13.0.0 tifffile==2026.3.3 numpy==2.4.6

OPENCV_LOG_LEVEL=SILENT venv/bin/python - <<'END'
import sys

import cv2
import numpy as np
import tifffile
from PIL import Image

skin = np.zeros((4, 4, 4), np.uint8)
skin[...] = (200, 120, 80, 0)
skin[..., 3] = (255, 128, 64, 0)  # from opaque on the left to transparent on the right
image = Image.fromarray(skin)
image.save("pillow.tif")
image.save("pillow.png")
image.save("pillow.webp", lossless=True, exact=True)
wide = skin.astype(np.uint16) * 257
tifffile.imwrite("wide.tif", wide, photometric="rgb", extrasamples=["unassalpha"])
tifffile.imwrite("tifffile.tif", skin, photometric="rgb", extrasamples=["unassalpha"], compression=None)
cv2.imwrite("opencv.tif", cv2.cvtColor(skin, cv2.COLOR_RGBA2BGRA))
dark = np.round(skin[..., :3] * (skin[..., 3:] / 255)).astype(int)


def check(what, seen, expected):
    seen = np.asarray(seen).astype(int)
    print(f"{what:38}", "  ".join(",".join(map(str, pixel)) for pixel in np.atleast_2d(seen[0].T).T.tolist()))
    if np.abs(seen - expected).max() > 1:
        sys.exit(f"changed: it was {np.asarray(expected)[0].tolist()}")


def rgb(name, flag=cv2.IMREAD_UNCHANGED):
    return cv2.imread(name, flag)[..., [2, 1, 0, 3][:3 + (flag == cv2.IMREAD_UNCHANGED)]]


assert Image.open("pillow.tif").tag_v2[338] == (2,)  # ExtraSamples: unassociated alpha
check("Pillow, pillow.tif", np.asarray(Image.open("pillow.tif")), skin)
check("tifffile, pillow.tif", tifffile.imread("pillow.tif"), skin)
for name in ("pillow.png", "pillow.webp", "opencv.tif"):
    check(f"OpenCV, {name}", rgb(name), skin)
check("OpenCV, wide.tif (16 bits) / 257", rgb("wide.tif") // 257, skin)
for name in ("pillow.tif", "tifffile.tif"):
    check(f"OpenCV, {name}", rgb(name), np.dstack([dark, skin[..., 3]]))
check("OpenCV, pillow.png, IMREAD_COLOR", rgb("pillow.png", cv2.IMREAD_COLOR), skin[..., :3])
check("OpenCV, pillow.tif, IMREAD_COLOR", rgb("pillow.tif", cv2.IMREAD_COLOR), dark)
grey = cv2.imread("pillow.png", cv2.IMREAD_GRAYSCALE)
check("OpenCV, pillow.png, IMREAD_GRAYSCALE", grey[..., None], np.full((4, 4, 1), grey[0, 0]))
check("OpenCV, pillow.tif, IMREAD_GRAYSCALE", cv2.imread("pillow.tif", cv2.IMREAD_GRAYSCALE)[..., None],
      np.round(grey * (skin[..., 3] / 255))[..., None])
decoded = cv2.imdecode(np.fromfile("pillow.tif", np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
check("OpenCV, pillow.tif, imdecode", decoded, dark)
check("OpenCV, pillow.tif, imreadmulti", cv2.imreadmulti("pillow.tif", flags=cv2.IMREAD_COLOR)[1][0][..., ::-1], dark)

for name, expected in (("pillow.png", 125), ("pillow.tif", 75)):  # over a wall of 50
    pixel = rgb(name)[0, 1] / 255
    level = round(255 * (pixel[0] * pixel[3] + 50 / 255 * (1 - pixel[3])))
    print(f"red of half transparent skin over a wall of 50, {name}: {level}")
    if level != expected:
        sys.exit(f"changed: it was {expected}")
END
cat <<'END'
OpenCV 5.0.0. Expected: the colours in the file. Seen: multiplied by alpha, in 8-bit TIFF only. So keep cut-outs as PNG.
END
