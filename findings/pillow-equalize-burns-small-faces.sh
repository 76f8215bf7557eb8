#!/usr/bin/env bash
# Pillow 13.0.0: ImageOps.equalize burns out the highlights of a 48 × 48 face, or does nothing to a smaller one, by how
# many pixels are as bright as the brightest.
#
# Expected: equalize spreads the levels evenly, as OpenCV's equalizeHist does, whatever the picture's size; two white
#   pixels more or less change next to nothing.
# Seen: it divides by a whole number of pixels per level, (pixels - those of the brightest level) // 255, and what that
#   rounds away is cut off at the top. For a large photo that is nothing. A 48 × 48 face has 2,304 pixels: with nine at
#   the brightest level the divisor is 9 and all is well, with ten it is 8, and every ninth pixel becomes 255. A face of
#   24 × 24 loses a ninth, one of 27 × 27 three tenths; one of 16 × 16 with two such pixels comes back unchanged.
#   torchvision mirrors the formula, RandAugment and AutoAugment draw it, and albumentations has it as mode="pil": so
#   one face in training is equalised otherwise than its neighbour, and than in a service that uses OpenCV.
# So: cv2.equalizeHist in training and service; with Pillow enlarge first (at 512 × 512 nothing is lost).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6

cd "$folder"
venv/bin/python -W error - <<'END'
import cv2
import numpy as np
from PIL import Image, ImageOps


def face(side, white):
    """All levels from 40 to 200 alike often, and some pixels of 255."""
    levels = np.linspace(40, 200, side * side - white).round().astype(np.uint8)
    levels = np.concatenate([levels, np.full(white, 255, np.uint8)])
    return np.random.default_rng(0).permutation(levels).reshape(side, side)


def burnt(side, white):
    picture = face(side, white)
    pillow = np.asarray(ImageOps.equalize(Image.fromarray(picture)))
    opencv = cv2.equalizeHist(picture)
    print(f"{side:3} × {side:<3} {white:2} white pixels, at 255 afterwards: Pillow {(pillow == 255).mean():6.1%}, "
          f"OpenCV {(opencv == 255).mean():5.1%}" + (", Pillow changes nothing" if (pillow == picture).all() else ""))
    assert (opencv == 255).mean() < 0.02
    return float((pillow == 255).mean()), bool((pillow == picture).all())


assert burnt(512, 10)[0] < 0.01
assert burnt(48, 9)[0] < 0.02
assert burnt(48, 10)[0] > 0.1
assert burnt(40, 1)[0] > 0.03
assert burnt(27, 1)[0] > 0.2
assert burnt(24, 1)[0] > 0.1
assert burnt(16, 2)[1]
one, other = (np.asarray(ImageOps.equalize(Image.fromarray(face(48, white)))).astype(float) for white in (9, 10))
means = one.mean(), other.mean()
print(f"48 × 48, mean level after Pillow's equalize: {means[0]:.0f} with nine white pixels, {means[1]:.0f} with ten")
assert means[1] - means[0] > 8
END
cat <<'END'
Pillow 13.0.0. Expected: levels spread evenly. Seen: in a small picture a tenth or more is burnt out, or
nothing happens. So equalise with OpenCV, in training as in the service.
END
