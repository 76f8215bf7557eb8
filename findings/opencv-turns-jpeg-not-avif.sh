#!/usr/bin/env bash
# OpenCV 5.0.0: imread turns a JPEG, PNG or WebP upright, but not the same photo as AVIF, and then nobody can tell any
# more.
#
# Expected: imread (without IMREAD_IGNORE_ORIENTATION) hands over an upright photo, whatever the format; in AVIF the
#   turn is even part of the picture's description (irot), not a mere hint in EXIF.
# Seen: JPEG, PNG, WebP arrive upright; AVIF lies on its side. Pillow 13.0.0 opens AVIF lying but puts the turn into
#   EXIF, so that exif_transpose helps; the same class of file as HEIC, by pillow-heif 1.8.1, arrives upright with
#   EXIF 1; libvips 8.18.7 turns it at once and leaves no tag. Four readers, three habits.
# So: a service that accepts AVIF must test the turn per reader and format; a photo that lies on its side costs a face
#   detector a large part of its faces. With OpenCV alone irot has to be read by other means.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.12 numpy==2.4.6 pillow==13.0.0 \
  pillow-heif==1.8.1 opencv-python-headless==5.0.0.93

cd "$folder"
venv/bin/python - <<'END'
import io

import cv2
import numpy as np
import pillow_heif
import pyvips
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
lying = Image.new("RGB", (96, 64), (120, 90, 60))
exif = Image.Exif()
exif[0x0112] = 6  # to be turned by a quarter: upright it is 64 wide and 96 high
seen = {}
for kind in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF"):
    file = io.BytesIO()
    lying.save(file, kind, exif=exif.tobytes())
    data = file.getvalue()
    upright = {}
    if kind != "HEIF":  # OpenCV's and libvips' packages hold no decoder for it
        height, width = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2]
        upright["OpenCV"] = height > width
        image = pyvips.Image.new_from_buffer(data, "")
        upright["libvips"] = image.height > image.width
    image = Image.open(io.BytesIO(data))
    upright["Pillow"] = image.height > image.width
    upright["Pillow, transposed"] = (lambda turned: turned.height > turned.width)(ImageOps.exif_transpose(image))
    seen[kind] = upright
    print(f"{kind:5}", ", ".join(f"{reader}: {'upright' if yes else 'lying'}" for reader, yes in upright.items()))
assert all(seen[kind]["OpenCV"] for kind in ("JPEG", "PNG", "WEBP")) and not seen["AVIF"]["OpenCV"]
assert seen["AVIF"]["libvips"] and not any(seen[kind]["libvips"] for kind in ("JPEG", "PNG", "WEBP"))
assert not seen["AVIF"]["Pillow"] and seen["HEIF"]["Pillow"]
assert all(upright["Pillow, transposed"] for upright in seen.values())
END
cat <<'END'
OpenCV 5.0.0, Pillow 13.0.0, pillow-heif 1.8.1, libvips 8.18.7. Expected: OpenCV, which turns JPEG, PNG and WebP,
turns AVIF too. Seen: AVIF stays lying. So test the turn for every format with every reader that you use.
END
