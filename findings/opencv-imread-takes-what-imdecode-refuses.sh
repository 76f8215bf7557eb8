#!/usr/bin/env bash
# OpenCV 5.0.0: half a JPEG is a picture to imread and nothing to imdecode, though the bytes are the same.
#
# Expected: imread(file) and imdecode(the file's bytes) are two doors to one decoder: both take a damaged JPEG or
#   neither does.
# Seen: imread hands over a picture of full size for a JPEG cut in half, its lower part flat grey, with a line on
#   standard error as the only sign. imdecode returns None for the same bytes, and also for a photo that lacks nothing
#   but its two last bytes, the end marker, so that all of its rows are there (some cameras and half-finished copies
#   leave such files). Of the other readers Pillow 13.0.0 refuses both; libvips 8.18.7 takes both in silence unless
#   fail_on is set, and then refuses both. Nobody takes the whole one and refuses the half.
# So: a model tried on files (imread) and served with uploads (imdecode) meets other pictures: grey halves with a label
#   in training, "unreadable" for whole photos in service. Use one door in both, and count the rows that came.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.12 numpy==2.4.6 pillow==13.0.0 \
  opencv-python-headless==5.0.0.93

cd "$folder"
venv/bin/python - 2>errors.txt <<'END' || { cat errors.txt >&2; exit 1; }
import io

import cv2
import numpy as np
import pyvips
from PIL import Image

SIDE = 256
y, x = np.mgrid[0:SIDE, 0:SIDE]
picture = np.dstack([x, y, 255 - x]).astype(np.uint8)  # RGB, every row another
saved = io.BytesIO()
Image.fromarray(picture).save(saved, "JPEG", quality=95)
whole = saved.getvalue()
assert whole.endswith(b"\xff\xd9")


def imread(data):
    with open("photo.jpg", "wb") as file:
        file.write(data)
    read = cv2.imread("photo.jpg")
    return None if read is None else read[:, :, ::-1]


def imdecode(data):
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if read is None else read[:, :, ::-1]


readers = {
    "imread": imread,
    "imdecode": imdecode,
    "Pillow": lambda data: Image.open(io.BytesIO(data)).convert("RGB"),
    "libvips": lambda data: pyvips.Image.new_from_buffer(data, "").numpy(),
    "libvips, fail_on": lambda data: pyvips.Image.new_from_buffer(data, "", fail_on="truncated").numpy(),
}
seen = {}
for name, data in {"whole": whole, "no end marker": whole[:-2], "half": whole[: len(whole) // 2]}.items():
    for reader, read in readers.items():
        try:
            pixels = read(data)
        except (OSError, pyvips.Error):
            pixels = None
        rows = None
        if pixels is not None:
            assert np.shape(pixels) == picture.shape
            rows = int((np.abs(np.asarray(pixels, int) - picture).mean(axis=(1, 2)) < 6).sum())
        seen[name, reader] = rows
        print(f"{name:13} {reader:16} {'nothing' if rows is None else f'full size, {rows} of {SIDE} rows right'}")
assert all(seen["whole", reader] == SIDE for reader in readers)
for reader in ("imread", "libvips"):
    assert seen["no end marker", reader] == SIDE and SIDE * 0.3 < seen["half", reader] < SIDE * 0.6, seen
for reader in ("imdecode", "Pillow", "libvips, fail_on"):
    assert seen["no end marker", reader] is None and seen["half", reader] is None, seen
END
cat <<'END'
OpenCV 5.0.0. Expected: imread and imdecode agree about the same bytes. Seen: imread takes half a JPEG, imdecode refuses
even one that lacks its end marker alone. So use one of them in training and service, and count the rows.
END
