#!/usr/bin/env bash
# OpenCV 5.0.0: a WebP that libvips (or sharp) has written stays lying on its side, one that Pillow has written is
# turned.
#
# Expected: both files carry EXIF orientation 6; every reader that honours it honours it in both.
# Seen: libvips 8.18.7 puts "Exif" and two zero bytes before the EXIF data inside WebP's EXIF chunk, as JPEG has them;
#   Pillow 13.0.0 writes the bare data. Pillow and libvips read both; OpenCV reads the bare one only and says nothing
#   about the other.
# So: a mobile app or a site that shrinks uploads by sharp or libvips and keeps their metadata hands lying faces to a
#   service that reads with OpenCV. Turn the pixels before you save (autorot, rotate()); as a reader, strip the six
#   bytes.
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

ORIENTATION = 0x0112
pixels = np.full((64, 96, 3), (120, 90, 60), np.uint8)


def by_pillow():
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = 6
    Image.fromarray(pixels).save(file, "WEBP", exif=exif)
    return file.getvalue()


def by_libvips():
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    return image.webpsave_buffer()


seen = {}
for writer, data in (("Pillow", by_pillow()), ("libvips", by_libvips())):
    start = data.index(b"EXIF") + 8
    height, width = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    seen[writer] = {
        "prefixed": data[start:start + 6] == b"Exif\0\0",
        "Pillow": Image.open(io.BytesIO(data)).getexif()[ORIENTATION],
        "libvips": pyvips.Image.new_from_buffer(data, "").get("orientation"),
        "OpenCV turns": height > width,
    }
    print(f"written by {writer:8}", seen[writer])
assert seen["Pillow"] == {"prefixed": False, "Pillow": 6, "libvips": 6, "OpenCV turns": True}
assert seen["libvips"] == {"prefixed": True, "Pillow": 6, "libvips": 6, "OpenCV turns": False}
END
cat <<'END'
OpenCV 5.0.0, libvips 8.18.7, Pillow 13.0.0. Expected: orientation 6 is orientation 6. Seen: OpenCV passes over it in
WebP written by libvips. So turn the pixels before you save, and do not count on OpenCV to turn WebP.
END
