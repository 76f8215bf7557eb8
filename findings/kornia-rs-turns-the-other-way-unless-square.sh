#!/usr/bin/env bash
# kornia-rs 0.2.0: Image.rotate() turns anticlockwise by 90 degrees and clockwise by 89; and by 90 too, if the photo is
# not square.
#
# Expected: "Rotate image by angle degrees (counter-clockwise)", as Pillow's rotate, for every angle and every photo.
# Seen: so it is for 90, 180 and 270 degrees of a square picture, which have paths of their own. Every other angle, and
#   90 of a photo that is not square, goes through an affine warp that turns clockwise. A face that is to be set upright
#   by the slope of its eyes, 12 degrees, ends at 24; the test that turns a square by 90 and compares with Pillow
#   passes. RandomRotation is the same warp: last_params, by which landmarks or boxes are turned along with the face,
#   has the other sign than an anticlockwise turn.
# So: -angle for anything but a square and a right angle, and a test with 45 degrees; or OpenCV's warpAffine, Pillow's
#   rotate.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  kornia-rs==0.2.0 pillow==13.0.0 numpy==2.4.6

venv/bin/python - <<'END'
import math

import numpy as np
from kornia_rs import augmentations
from kornia_rs.image import Image
from PIL import Image as Pillow


def eyes(height, width, slope):
    """A face's two eyes, red and green, and the slope from one to the other, anticlockwise in degrees."""
    picture = np.zeros((height, width, 3), np.uint8)
    for side, levels in ((-60, (255, 0, 0)), (60, (0, 255, 0))):
        x = round(width / 2 + side * math.cos(math.radians(slope)))
        y = round(height / 2 - side * math.sin(math.radians(slope)))
        picture[y - 6:y + 6, x - 6:x + 6] = levels
    return picture


def slope(picture):
    (top, left), (bottom, right) = (np.argwhere(picture[..., band] > 100).mean(axis=0) for band in (0, 1))
    return math.degrees(math.atan2(top - bottom, right - left))


def near(one, other):
    return abs((one - other + 180) % 360 - 180) < 2


print(Image.rotate.__doc__.splitlines()[0])
for height, width in ((192, 192), (192, 256), (256, 192)):
    level = eyes(height, width, 0)
    for angle in (90, 89, -90, -89, 45, 12):
        seen, pillow = slope(Image.from_numpy(level).rotate(angle).numpy()), slope(
            np.asarray(Pillow.fromarray(level).rotate(angle, Pillow.Resampling.BILINEAR)))
        right = height == width and abs(angle) == 90
        print(f"{width} × {height}, rotate({angle:3}): the eyes' slope is {seen:4.0f}, by Pillow {pillow:4.0f}")
        assert near(pillow, angle) and near(seen, angle if right else -angle)
tilted = eyes(192, 192, -12)
upright = Image.from_numpy(tilted).rotate(12).numpy()
print(f"a face tilted by {slope(tilted):.0f}, set upright by rotate(12): {slope(upright):.0f}")
assert near(slope(upright), -24)
augmentations.set_seed(0)
rotation = augmentations.RandomRotation(40.0)
for _ in range(3):
    seen, angle = slope(rotation(Image.from_numpy(eyes(192, 192, 0))).numpy()), rotation.last_params["angle"]
    print(f"RandomRotation: last_params says {angle:.0f}, the eyes' slope is {seen:.0f}")
    assert near(seen, -angle) and not near(seen, angle)
END
cat <<'END'
kornia-rs 0.2.0. Expected: anticlockwise. Seen: clockwise, but for right angles of a square. So -angle, and a test with
45 degrees.
END
