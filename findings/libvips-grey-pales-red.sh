#!/usr/bin/env bash
# libvips 8.18.7: colourspace("b-w") is not the grey that face networks learnt from: red comes out up to 51 levels
# lighter.
#
# Expected: grey is grey. Pillow 13.0.0's convert("L") and OpenCV 5.0.0's cvtColor agree to one level: the luma 0.299
#   R + 0.587 G + 0.114 B of the stored values, by which FER2013 and most grey training sets were made.
# Seen: libvips (and what is built on it, such as sharp's greyscale()) goes to linear light, weighs there by other
#   factors, and comes back. Skin hardly changes; a red mouth or shirt becomes lighter (lips by 13 levels of 255), so
#   that the mouth loses contrast against the skin. The reason is in libvips' issue 266; its name, b-w, does not tell.
# So: a service that decodes with libvips and was trained on Pillow's or OpenCV's grey should add up the three bands
#   itself (recomb), as the last column does, and hold that by a test against the trainer's grey.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.12 numpy==2.4.6 pillow==13.0.0 \
  opencv-python-headless==5.0.0.93

cd "$folder"
venv/bin/python - <<'END'
import cv2
import numpy as np
import pyvips
from PIL import Image

COLOURS = {"light skin": (240, 200, 180), "dark skin": (110, 75, 60), "red lips": (190, 40, 60), "pure red": (255, 0, 0),
           "pure blue": (0, 0, 255), "grey": (128, 128, 128)}
SEEN = {"light skin": 208, "dark skin": 83, "red lips": 100, "pure red": 127, "pure blue": 76, "grey": 128}

pixels = np.array([list(COLOURS.values())], np.uint8)
image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
vips = image.colourspace("b-w").numpy().reshape(-1)
luma = image.recomb([[0.299, 0.587, 0.114]]).rint().cast("uchar").numpy().reshape(-1)
pillow = np.asarray(Image.fromarray(pixels).convert("L"))[0]
opencv = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[0]
print("              Pillow  OpenCV  libvips b-w  libvips recomb")
for row in zip(COLOURS, pillow, opencv, vips, luma):
    print("{:12} {:7} {:7} {:12} {:15}".format(*row))
assert np.abs(pillow.astype(int) - opencv).max() <= 1 and np.abs(pillow.astype(int) - luma).max() <= 1
assert all(abs(int(value) - SEEN[name]) <= 2 for name, value in zip(COLOURS, vips)), dict(zip(COLOURS, vips))
END
cat <<'END'
libvips 8.18.7 against Pillow 13.0.0 and OpenCV 5.0.0. Expected: the same grey, give or take one. Seen: red is lighter
by up to 51 levels (lips 13), blue by 47, grey and skin nearly the same. So weigh the bands yourself when a network
learnt from the others' grey.
END
