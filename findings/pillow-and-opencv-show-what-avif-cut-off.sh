#!/usr/bin/env bash
# Pillow 13.0.0 and OpenCV 5.0.0: what was cut off an AVIF photo is there again; libvips 8.18.7 keeps it cut off.
#
# Expected: an AVIF that was cropped by its clean aperture ("clap", an essential property, which a reader has to apply
#   or else to refuse the picture) is as large as what is left, to every reader as it is in Chromium 147.
# Seen: Pillow and OpenCV hand out the whole photo, people that somebody cut off included, and say nothing: no mode, no
#   entry in info tells of it (libavif, inside both, reports the property and leaves the cutting to its caller). libvips
#   and sharp cut. So faces are found that no viewer shows, boxes found by one reader mean other places in another's
#   picture, and of two services one analyses more people than the other.
# So: read AVIF by libvips or sharp, as the page that shows it does; if Pillow or OpenCV must read it, turn away AVIFs
#   whose bytes hold a clap property; test with one that has a person outside.
# The photo is made here: Pillow writes an AVIF, red at its top left and blue elsewhere, and the property is put into it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6 pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 \
  pycparser==3.12

cd "$folder"
venv/bin/python -W error - <<'END'
import io
import struct

import cv2
import numpy as np
import pyvips
from PIL import Image

WHOLE, LEFT = (128, 96), (64, 48)  # width and height of the photo and of what is left, at its top left


def boxes(data, start, end):
    while start < end:
        length, kind = struct.unpack(">I4s", data[start:start + 8])
        yield kind, start, length
        start += length


def place(data, *path):
    """Where a box begins and how long it is, by the names of those around it."""
    start, end = 0, len(data)
    for kind in path:
        at, length = next((at, length) for name, at, length in boxes(data, start, end) if name == kind)
        start, end = at + 8 + (4 if kind == b"meta" else 0), at + length
    return at, length


def cropped(data):
    """The same file with a clean aperture, at its top left, among the picture's properties."""
    around = [place(data, *path) for path in ([b"meta"], [b"meta", b"iprp"], [b"meta", b"iprp", b"ipco"])]
    properties, uses = around[-1], place(data, b"meta", b"iprp", b"ipma")
    count = len(list(boxes(data, properties[0] + 8, sum(properties))))
    offsets = [(small - large) for small, large in zip(LEFT, WHOLE)]  # of the centres, in halves of a pixel
    aperture = struct.pack(">I4sIIIIiIiI", 40, b"clap", LEFT[0], 1, LEFT[1], 1, offsets[0], 2, offsets[1], 2)
    data = bytearray(data)
    for at, length in around[:2]:
        struct.pack_into(">I", data, at, length + len(aperture) + 1)
    struct.pack_into(">I", data, properties[0], properties[1] + len(aperture))
    struct.pack_into(">I", data, uses[0], uses[1] + 1)
    data[uses[0] + 18] += 1  # one property more is used, the essential one that is added at the list's end
    extent = place(bytes(data), b"meta", b"iloc")[0] + 22  # where the picture's bytes begin
    struct.pack_into(">I", data, extent, struct.unpack_from(">I", data, extent)[0] + len(aperture) + 1)
    data[sum(uses):sum(uses)] = bytes([0x80 | (count + 1)])
    data[sum(properties):sum(properties)] = aperture
    return bytes(data)


def readers(data):
    pillow = Image.open(io.BytesIO(data))
    assert not any("clap" in str(entry) or "crop" in str(entry) for entry in pillow.info)
    yield "Pillow", np.asarray(pillow.convert("RGB"))
    yield "OpenCV", cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    yield "libvips", pyvips.Image.new_from_buffer(data, "").numpy()


photo = np.full((WHOLE[1], WHOLE[0], 3), (0, 0, 255), np.uint8)
photo[:LEFT[1], :LEFT[0]] = (255, 0, 0)
stream = io.BytesIO()
Image.fromarray(photo).save(stream, "AVIF", quality=95, subsampling="4:4:4")
for name, data in (("as written", stream.getvalue()), ("cropped", cropped(stream.getvalue()))):
    for reader, pixels in readers(data):
        height, width, _ = pixels.shape
        corner = "blue" if pixels[-1, -1, 2] > 200 else "red"
        print(f"{name:11} {reader:8} {width} × {height}, {corner} at the bottom right")
        whole = name == "as written" or reader != "libvips"
        assert ((width, height), corner) == ((WHOLE, "blue") if whole else (LEFT, "red"))
END
cat <<'END'
Pillow 13.0.0, OpenCV 5.0.0. Expected: what was cut off is gone. Seen: it is back, without a word; libvips leaves it cut
off. So read AVIF by libvips, or turn away those with a clap property.
END
