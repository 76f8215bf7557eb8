#!/usr/bin/env bash
# libvips 8.18.7: enlarging one side of a picture mixes neighbours along the other one, whose scale is 1: stripes of black
# and white come out grey.
#
# Expected: resize(1, vscale=1.5) changes the height alone; every row holds what a row of the original held, as with Pillow.
# Seen: every pixel is the mean of itself and of its left neighbour: the picture is blurred and moved by half a pixel along
#   the side that was to stay. Stripes that are one pixel wide are gone. The shift by which libvips finds the middles of
#   pixels in an enlargement is applied along both sides, also where only one grows. All kernels but nearest do it, and
#   thumbnail with size="force" as well; sharp 0.35.5 (resize to 20 × 30 with fit "fill") answers with the same greys.
#   Making the picture smaller on one side does not do it. Scans with unequal resolutions, anamorphic frames and faces
#   that are stretched to a network's input lose detail, and landmarks lie half a pixel beside what they mark.
# So: enlarge both sides, or neither, in libvips; stretch a single side with Pillow or OpenCV.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pyvips==3.2.0 \
  pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.12 pillow==13.0.0 numpy==2.4.6

cd "$folder"
venv/bin/python -W error - <<'END'
import numpy as np
import pyvips
from PIL import Image

stripes = np.tile(np.array([0, 200], np.uint8), (20, 10))
picture = pyvips.Image.new_from_array(stripes)


def inner(pixels, axis):
    """A line across the stripes, without its ends."""
    pixels = np.asarray(pixels)
    return (pixels[10] if axis else pixels[:, 10])[3:-3]


print("across stripes of 0 and 200 whose other side grows from 20 to 30 pixels:")
pillow = inner(Image.fromarray(stripes).resize((20, 30), Image.BICUBIC), 1)
print("  Pillow, bicubic      ", *pillow[:6])
assert set(pillow) == {0, 200}
for kernel in ("linear", "cubic", "mitchell", "lanczos2", "lanczos3", "nearest"):
    taller = inner(picture.resize(1, vscale=1.5, kernel=kernel).numpy(), 1)
    wider = inner(picture.rot90().resize(1.5, vscale=1, kernel=kernel).numpy(), 0)
    print(f"  libvips, {kernel:12}", *taller[:6])
    expected = {0, 200} if kernel == "nearest" else {100}
    assert set(taller) == set(wider) == expected, (kernel, taller, wider)
forced = inner(picture.thumbnail_image(20, height=30, size="force").numpy(), 1)
print("  libvips, thumbnail   ", *forced[:6])
assert set(forced) == {100}
shorter = inner(picture.resize(1, vscale=0.6).numpy(), 1)
print("made smaller instead:  ", *shorter[:6])
assert set(shorter) == {0, 200}
END
cat <<'END'
libvips 8.18.7. Expected: stripes, since only their length grows. Seen: all grey; the side whose scale is 1 is blurred
and moved by half a pixel. So enlarge both sides or neither.
END
