#!/usr/bin/env bash
# Pillow 13.0.0: shrinking by BOX is no average over area unless the ratio is whole; OpenCV's INTER_AREA is one.
#
# Expected: shrinking a face to 48 × 48 by Pillow's Resampling.BOX averages over area, as OpenCV's INTER_AREA does:
#   the two are taken for the same filter when a trainer uses one and the service the other.
# Seen: BOX counts each source pixel wholly, in the one target pixel that holds its centre. From 60 to 48 three of
#   four target pixels are copies of one source pixel and every fourth is the mean of two, so lines of one pixel come
#   out with full strength or with half of it, by where they lie. INTER_AREA equals the exact average over area. On
#   noise they are 26 levels of 255 apart on average, on a soft picture (blurred by 2 pixels) 4, at whole ratios less
#   than 1.
# So: train and serve by the same filter, and test that at a ratio like 60 : 48, not at 96 : 48, where all agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  numpy==2.4.6 pillow==13.0.0 opencv-python-headless==5.0.0.93

cd "$folder"
venv/bin/python - <<'END'
import cv2
import numpy as np
from PIL import Image

SIDE = 48


def shares(size):
    """How much of source pixel j lies in target pixel i."""
    edges = np.arange(SIDE + 1) * size / SIDE
    j = np.arange(size)
    overlap = np.minimum(edges[1:, None], j + 1) - np.maximum(edges[:-1, None], j)
    return np.maximum(overlap, 0) * SIDE / size


def both(picture):
    box = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=float)
    return box, cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(float)


def line(row, size):
    picture = np.zeros((size, size), np.uint8)
    picture[row] = 255
    return both(picture)


random = np.random.default_rng(1)
for size in (53, 60, 72, 96, 144):
    noise = random.integers(0, 256, (size, size), dtype=np.uint8)
    soft = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
    off = {}
    for name, picture in (("noise", noise), ("soft", soft)):
        exact = shares(size) @ picture @ shares(size).T
        box, area = both(picture)
        assert abs(area - exact).max() <= 1, "INTER_AREA is exact"
        off[name] = abs(box - exact).mean()
    strengths = sorted({int(line(row, size)[0].max()) for row in range(size)})
    print(f"{size:3} to {SIDE}: BOX is off the average over area by {off['noise']:4.1f} levels on noise, "
          f"{off['soft']:.1f} on a soft picture; a line of 255 becomes {strengths}")
    assert (off["noise"] > 15 and off["soft"] > 0.8 if size % SIDE else off["noise"] < 1), off
    assert len(strengths) == (2 if size in (53, 60, 72) else 1)
END
cat <<'END'
Pillow 13.0.0 against OpenCV 5.0.0. Expected: BOX and INTER_AREA both average over area. Seen: BOX counts whole
pixels, and differs wherever the ratio is not whole. So train and serve by one filter, and test it at such a ratio.
END
