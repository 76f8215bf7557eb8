#!/usr/bin/env bash
# OpenCV 5.0.0: a 10-bit AVIF read with IMREAD_UNCHANGED is uint16 with white at 1023; a 16-bit PNG is uint16 with
# white at 65535.
#
# Expected: the type tells the range, as for PNG and TIFF: uint16 divided by 65535 lies between 0 and 1.
# Seen: AVIF's values stay as they are stored. White is 1023 (4095 at 12 bits), so that the usual division makes a
#   photo nearly black: 0.016 for white. imread's default, eight bits, is right, and so are Pillow 13.0.0 and libvips
#   8.18.7, which scales to 16 bits. OpenCV's array does not say how many bits there were.
# So: some phones and cameras write ten bits; a loader that keeps depth must learn it from the file, or read eight
#   bits. In a training set such pictures are black squares with a label, which no exception reports.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.12 numpy==2.4.6 pillow==13.0.0 \
  opencv-python-headless==5.0.0.93

cd "$folder"
venv/bin/python - <<'END'
import io

import cv2
import numpy as np
import pyvips
from PIL import Image

white = np.full((64, 64, 3), 65535, np.uint16)
image = pyvips.Image.new_from_array(white).copy(interpretation="rgb16")
files = {"PNG of 16 bits": cv2.imencode(".png", white)[1].tobytes()}
for bits in (10, 12):
    files[f"AVIF of {bits} bits"] = image.heifsave_buffer(compression="av1", bitdepth=bits, lossless=True)
brightest = {}
for name, data in files.items():
    stored = np.frombuffer(data, np.uint8)
    kept = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
    assert kept.dtype == np.uint16
    brightest[name] = int(kept.max())
    eight = int(cv2.imdecode(stored, cv2.IMREAD_COLOR).max())
    pillow = max(Image.open(io.BytesIO(data)).convert("RGB").getpixel((32, 32)))
    vips = int(pyvips.Image.new_from_buffer(data, "").max())
    print(f"white in {name:15}: OpenCV unchanged {brightest[name]:5} (÷ 65535: {brightest[name] / 65535:.3f}), "
          f"OpenCV 8 bits {eight}, Pillow {pillow}, libvips {vips}")
    assert eight == 255 and pillow == 255 and vips > 65000
assert list(brightest.values()) == [65535, 1023, 4095], brightest
END
cat <<'END'
OpenCV 5.0.0. Expected: white in uint16 is 65535. Seen: in AVIF it is 1023 or 4095, so that dividing by the type's
range makes the photo nearly black. So read eight bits, or learn the depth from the file.
END
