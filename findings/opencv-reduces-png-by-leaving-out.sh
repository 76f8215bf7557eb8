#!/usr/bin/env bash
# OpenCV 5.0.0: IMREAD_REDUCED_… averages the pixels of a JPEG and drops most of those of a PNG or WebP; even the sizes
# differ.
#
# Expected: IMREAD_REDUCED_COLOR_8, which saves a detector's time on large photos, makes the same small picture of the
#   same photo, whatever its format: one pixel from 8 × 8.
# Seen: of a JPEG each is the mean of its 64 pixels. All other formats are read whole and shrunk by linear
#   interpolation, which looks at 4 pixels of the 64: stripes of two black and two white pixels, grey in the JPEG, are
#   white or black, by where they lie, and noise stays noise, 30 levels off the mean (26 at a quarter; at a half both
#   agree). The sizes are not the same either: 188 pixels become 24 of a JPEG, 23 of the others, so that 8 is not the
#   factor back.
# So: read whole and use INTER_AREA, or reduce JPEGs only; map boxes back by both sizes, not by 8; test with a PNG of a
#   size that 8 does not divide.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  opencv-python-headless==5.0.0.93 numpy==2.4.6

cd "$folder"
venv/bin/python - <<'END'
import cv2
import numpy as np

FORMATS = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 100], ".png": [], ".bmp": [], ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101]}
FACTORS = {2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4, 8: cv2.IMREAD_REDUCED_GRAYSCALE_8}


def reduced(picture, suffix, factor):
    done, data = cv2.imencode(suffix, picture, FORMATS[suffix])
    assert done
    return cv2.imdecode(data, FACTORS[factor]), cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


noise = np.random.default_rng(1).integers(0, 256, (192, 192), dtype=np.uint8)
for factor in FACTORS:
    off = {}
    for suffix in FORMATS:
        small, whole = reduced(noise, suffix, factor)
        mean = cv2.resize(whole, small.shape[::-1], interpolation=cv2.INTER_AREA)
        off[suffix] = float(abs(small.astype(float) - mean).mean())
    print(f"noise, 1/{factor}: levels off the mean:", *(f"{suffix} {value:.1f}" for suffix, value in off.items()))
    assert off[".jpg"] < 0.5, "JPEGs are averaged"
    assert all(off[suffix] < 0.5 if factor == 2 else off[suffix] > 20 for suffix in (".png", ".bmp", ".webp"))
stripes = np.tile(np.array([255, 0, 0, 255], np.uint8), (192, 48))
for name, picture, tone in (("stripes", stripes, 255), ("stripes, two pixels on", np.roll(stripes, 2, axis=1), 0)):
    tones = {suffix: int(reduced(picture, suffix, 8)[0][12, 12]) for suffix in FORMATS}
    print(f"{name}, 1/8: {tones}")
    assert 120 < tones.pop(".jpg") < 136 and set(tones.values()) == {tone}
sides = {suffix: reduced(noise[:188, :188], suffix, 8)[0].shape[0] for suffix in FORMATS}
print(f"188 pixels, 1/8: {sides}")
assert sides == {".jpg": 24, ".png": 23, ".bmp": 23, ".webp": 23}
END
cat <<'END'
OpenCV 5.0.0. Expected: IMREAD_REDUCED averages, whatever the format. Seen: only of a JPEG; of other formats it leaves
pixels out, and rounds the size the other way. So read whole and shrink by INTER_AREA.
END
