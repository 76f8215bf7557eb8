#!/usr/bin/env bash
# OpenCV 5.0.0: IMREAD_COLOR_RGB gives an AVIF with transparency as BGR: a face cut out of its background is blue. An
# AVIF without transparency, and a PNG, WebP or TIFF with it, come as RGB.
#
# Expected: red, green, blue from each file, as the flag says; it spares the [..., ::-1] or the cvtColor after imread.
# Seen: the AVIF decoder hands the flag to its library only where the file has three channels. Four channels are
#   decoded as BGRA, always, and the alpha is then taken off by BGRA2BGR; red and blue are never exchanged. It is so for
#   imread, imdecode and imdecodemulti. Shape and type are right, a test with an opaque AVIF or a transparent PNG
#   passes. Portraits without their background, badges and avatars are such files. The grey made by RGB2GRAY is another
#   one (the skin of this example is 147, not 163), a search for the colours of skin finds none, and the preview that is
#   drawn from the array is blue.
# So: IMREAD_COLOR and the exchange by hand, for every format, or Pillow; test each format with pure red, with and
#   without alpha.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy==2.4.6

cd "$folder"
OPENCV_LOG_LEVEL=SILENT venv/bin/python - <<'END'
import io

import cv2
import numpy as np
from PIL import Image

SKIN = (205, 150, 121)
SIZE = 48


def files():
    opaque = Image.new("RGB", (SIZE, SIZE), SKIN)
    cut_out = opaque.convert("RGBA")
    alpha = np.zeros((SIZE, SIZE), np.uint8)
    alpha[8:40, 8:40] = 255
    cut_out.putalpha(Image.fromarray(alpha))
    for name, more in (("PNG", {}), ("WebP", {"lossless": True, "exact": True}), ("AVIF", {"quality": 100}),
                       ("TIFF", {})):
        for kind, picture in (("opaque", opaque), ("transparent", cut_out)):
            data = io.BytesIO()
            picture.save(data, name, **more)
            with Image.open(data) as again:
                assert ("A" in again.mode) == (kind == "transparent"), "Pillow lost the alpha"
                truth = np.asarray(again)[SIZE // 2, SIZE // 2, :3]
            assert near(truth, SKIN), "Pillow reads other colours"
            yield name, kind, data.getvalue()


def near(one, other):
    return np.abs(np.asarray(one, int) - other).max() <= 3


def middle(picture):
    assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8
    return picture[SIZE // 2, SIZE // 2]


wrong = []
for name, kind, data in files():
    with open("photo", "wb") as file:
        file.write(data)
    encoded = np.frombuffer(data, np.uint8)
    bgr = middle(cv2.imread("photo", cv2.IMREAD_COLOR))
    rgb = cv2.imread("photo", cv2.IMREAD_COLOR_RGB)
    pages = cv2.imdecodemulti(encoded, cv2.IMREAD_COLOR_RGB)[1]
    for other in (cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB), pages[0]):
        assert (other == rgb).all(), f"{name}: imread, imdecode and imdecodemulti differ"
    assert near(bgr, SKIN[::-1]), f"{name}, {kind}: IMREAD_COLOR is not BGR"
    seen = middle(rgb)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[SIZE // 2, SIZE // 2]
    print(f"{name:5} {kind:12} IMREAD_COLOR", bgr, " IMREAD_COLOR_RGB", seen, f" grey {grey}",
          "" if near(seen, SKIN) else " BLUE")
    if not near(seen, SKIN):
        assert near(seen, SKIN[::-1]) and grey < 150, "neither RGB nor BGR"
        wrong.append((name, kind))
assert wrong == [("AVIF", "transparent")], f"changed: {wrong}"
END
cat <<'END'
OpenCV 5.0.0. Expected: RGB from every file by IMREAD_COLOR_RGB. Seen: BGR from an AVIF with transparency. So read by
IMREAD_COLOR and exchange by hand; test pure red in each format, with and without alpha.
END
