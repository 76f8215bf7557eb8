#!/usr/bin/env bash
# imagecodecs 2026.3.6: jpegxl_encode marks 16-bit pixels as linear light: whoever minds the file's colour space, as
# browsers do, shows grey 128 as 188; the same picture with eight bits is marked as sRGB.
#
# Expected: the colour space depends on the picture, not on how many bits a pixel has. libjxl itself, if told nothing,
#   takes 8 and 16 bits for sRGB and floats for linear, and a 16-bit PNG, where such pixels come from, is sRGB.
# Seen: only uint8 is marked as sRGB; uint16 and floats as linear. jpegxl_decode gives back the numbers that went in, so
#   that a test by imagecodecs finds nothing. A reader that converts (Skia in @napi-rs/canvas, Pillow with the profile
#   that the plugin hands out) sees a pale photo: 64 is 137, 128 is 188, 192 is 225, as lossless and as lossy file, grey
#   and colour. No parameter of jpegxl_encode changes it, and its documentation says nothing of colours.
# So: eight bits for JPEG XL by imagecodecs, 16 bits as PNG or by cjxl; read a file by another library in a test.
set -euo pipefail
command -v python3 >/dev/null || { echo "Needs python3 with venv: apt-get install python3-venv" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || { echo "Needs python3's venv: apt-get install python3-venv" >&2; exit 2; }
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --only-binary :all: --no-deps \
  imagecodecs==2026.3.6 pillow==13.0.0 pillow-jxl-plugin==1.3.8 packaging==26.4 numpy==2.4.6

venv/bin/python - <<'END'
import io
import sys

import imagecodecs
import numpy as np
import pillow_jxl  # noqa: F401 (registers the format)
from PIL import Image, ImageCms

LEVELS = np.array([0, 64, 128, 192, 255])
LINEAR = [0, 137, 188, 225, 255]


def shown(data):
    """The levels as Pillow hands them out, and converted from the file's colour space to sRGB."""
    image = Image.open(io.BytesIO(data))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    fields = [np.asarray(picture)[8, 8::16].reshape(5, -1)[:, 0] for picture in (image, converted)]
    return [(field // 257 if field.max() > 255 else field).tolist() for field in fields]


photo = np.repeat(np.repeat(LEVELS[None], 16, axis=0), 16, axis=1)  # five fields of grey
sixteen = (photo * 257).astype(np.uint16)
pictures = {
    "uint8, colour": np.dstack([photo] * 3).astype(np.uint8),
    "uint16, colour": np.dstack([sixteen] * 3),
    "float32, colour": np.dstack([photo / 255] * 3).astype(np.float32),
    "uint8, grey": photo.astype(np.uint8),
    "uint16, grey": sixteen,
}
for name, picture in pictures.items():
    for how in ({"lossless": True}, {"level": 95}):
        data = imagecodecs.jpegxl_encode(picture, **how)
        again = imagecodecs.jpegxl_decode(data).astype(float)
        error = np.abs(again - picture).max() / picture.max() * 255
        stored, seen = shown(data)
        print(f"{name:16} {str(how):20} decoded: off by {error:4.1f} of 255; file {stored}, shown {seen}")
        expected = LEVELS if name.startswith("uint8") else LINEAR
        if error > 8 or np.abs(np.array(stored) - LEVELS).max() > 4 or np.abs(np.array(seen) - expected).max() > 4:
            sys.exit(f"changed: shown were {list(expected)}")
END
cat <<'END'
imagecodecs 2026.3.6. Expected: 16 bits look as 8 bits do. Seen: marked as linear light, 128 is shown as 188. So write
JPEG XL of eight bits, or by another encoder.
END
