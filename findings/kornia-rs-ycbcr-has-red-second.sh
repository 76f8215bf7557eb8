#!/usr/bin/env bash
# kornia-rs 0.2.0: ycbcr_from_rgb() gives Y, Cr, Cb: the two colours are the other way round than the name and Pillow
# say.
#
# Expected: "RGB → YCbCr (full range)" is Y, Cb, Cr, as Pillow's convert("YCbCr"), JPEG, kornia itself and the name have
#   it. OpenCV's other order has a name of its own, YCrCb.
# Seen: OpenCV's order, for bytes and floats, by the function and by cvt_color(ColorSpace.YCbCr). Back and forth it is
#   right, so a round trip in a test shows nothing. The textbook's bounds of skin (77 ≤ Cb ≤ 127, 133 ≤ Cr ≤ 173) find
#   no pixel in a face and a lot of blue; chroma that goes into a JPEG's or a video's planes makes blue faces; a network
#   that learnt from Pillow's YCbCr gets two bands swapped. Grey pictures, and Y alone, are right.
# So: [..., [0, 2, 1]] after it, and before rgb_from_ycbcr; a test with pure red: Cr is its largest band.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  kornia-rs==0.2.0 pillow==13.0.0 numpy==2.4.6 opencv-python-headless==5.0.0.93

venv/bin/python - <<'END'
import cv2
import numpy as np
from kornia_rs import imgproc
from kornia_rs.image import ColorSpace, Image
from PIL import Image as Pillow


def near(one, other, levels=2):
    return np.abs(np.asarray(one, float) - np.asarray(other, float)).max() <= levels


def skin(ycbcr):
    blue, red = ycbcr[..., 1], ycbcr[..., 2]
    return ((77 <= blue) & (blue <= 127) & (133 <= red) & (red <= 173)).mean()


print(imgproc.ycbcr_from_rgb.__doc__)
for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255)), ("light skin", (224, 172, 140)),
                     ("dark skin", (120, 80, 62)), ("denim", (60, 80, 130))):
    rgb = np.full((16, 16, 3), colour, np.uint8)
    seen = imgproc.ycbcr_from_rgb(rgb)
    floats = Image.from_numpy(rgb).to_float().cvt_color(ColorSpace.YCbCr).numpy() * 255
    pillow = np.asarray(Pillow.fromarray(rgb).convert("YCbCr"))
    opencv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)
    shown = Pillow.frombytes("YCbCr", (16, 16), seen.tobytes()).convert("RGB").getpixel((0, 0))
    print(f"{name} {colour}: here {seen[0, 0]}, as floats {floats[0, 0].round()}, Pillow's YCbCr {pillow[0, 0]}, "
          f"OpenCV's YCrCb {opencv[0, 0]}; is skin: {skin(seen):.0%}, by Pillow {skin(pillow):.0%}; "
          f"shown as YCbCr: {shown}")
    assert near(seen, opencv, 0) and near(floats, opencv) and near(seen[..., [0, 2, 1]], pillow)
    assert skin(seen) == (name == "denim") and skin(pillow) == ("skin" in name)
    assert near(imgproc.rgb_from_ycbcr(seen), rgb)
    assert shown[2] - shown[0] > 20 if name in ("red", "light skin", "dark skin") else shown[0] > shown[2]
END
cat <<'END'
kornia-rs 0.2.0. Expected: Y, Cb, Cr. Seen: Y, Cr, Cb. So swap the last two bands.
END
