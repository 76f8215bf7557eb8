#!/usr/bin/env bash
# OpenCV 5.0.0 (4.14.0 beside it): cv2.bitwise_not() of a mask of True and False is True everywhere: "all but the face" is
# the whole photo, face included.
#
# Expected: what numpy's ~ and OpenCV's own bitwise_not() of a mask of 0 and 255 give: True outside the face, False
#   inside. OpenCV 4 refuses a mask of bool, so that one writes astype("uint8") there; 5 takes what "scores > 0.5" gives
#   for a mask, in bitwise_and, copyTo, mean and others, and answers rightly.
# Seen: bitwise_not() of bool is taken for that of bytes: 0 becomes 255 and 1 becomes 254, and the result comes back as
#   bool, in which both are True. bitwise_and, or and xor of bool are right. A face that should be hidden stays, a
#   background that should be black takes the face with it, the mean of the background is that of the photo. Turned twice,
#   the mask is right again. Written to a PNG, a mask of bool is nearly black: True is 1 there, not 255.
# So: ~mask or numpy.logical_not for bool, or masks of 0 and 255 throughout; test what is left of a white face on grey.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
    opencv-python-headless=="$version" numpy==2.4.6
done

cat >"$folder/mask.py" <<'END'
import cv2
import numpy as np

FACE, WALL = 220, 90
scores = np.zeros((60, 80), np.float32)
cv2.ellipse(scores, (40, 30), (15, 20), 0, 0, 360, 0.9, -1)
photo = np.where(scores > 0.5, FACE, WALL).astype(np.uint8)
bools = scores > 0.5
area = int(bools.sum())
assert 800 < area < 1100


def without_face(mask):
    """How much of the face is to be seen, and how much of the wall, after the photo was masked by all but the face."""
    others = cv2.bitwise_not(mask)
    hidden = cv2.bitwise_and(photo, photo, mask=others)
    assert others.dtype == mask.dtype and (cv2.copyTo(photo, others) == hidden).all()
    return float((hidden[bools] > 0).mean()), float((hidden[~bools] > 0).mean()), round(cv2.mean(photo, mask=others)[0])


def show(kind, left):
    print(f"OpenCV {cv2.__version__}, mask of {kind:10} face {left[0]:.0%}, wall {left[1]:.0%}, mean of the wall {left[2]}")
    return left


as_bytes = show("0 and 255:", without_face(np.where(bools, 255, 0).astype(np.uint8)))
assert as_bytes == (0, 1, WALL), "the control has changed"
if cv2.__version__.startswith("4"):
    try:
        cv2.bitwise_not(bools)
    except cv2.error:
        print(f"OpenCV {cv2.__version__}, mask of bool: refused")
    else:
        raise SystemExit("changed: version 4 takes bool")
else:
    as_bool = show("bool:", without_face(bools))
    turned = cv2.bitwise_not(bools)
    print("True in the mask:", area, "of", bools.size, " turned round by numpy:", int((~bools).sum()), " by OpenCV:",
          int(turned.sum()), " its bytes:", np.unique(turned.view(np.uint8)))
    assert as_bool[:2] == (1, 1) and as_bool[2] > WALL + 20, "changed: bitwise_not"
    assert turned.all() and (cv2.bitwise_not(turned) == bools).all(), "changed: bitwise_not"
    kept = cv2.bitwise_and(photo, photo, mask=bools)
    assert (kept[bools] == FACE).all() and not kept[~bools].any(), "bool as a mask has changed"
    assert (cv2.bitwise_xor(bools, np.ones_like(bools)) == ~bools).all(), "bitwise_xor has changed"
    written = cv2.imdecode(cv2.imencode(".png", bools)[1], cv2.IMREAD_UNCHANGED)
    print("levels in a PNG of the mask:", np.unique(written))
    assert written.max() == 1, "changed: PNG of bool"
END
for version in 4.14.0.94 5.0.0.93; do
  OPENCV_LOG_LEVEL=SILENT "$folder/$version/bin/python" "$folder/mask.py"
done
cat <<'END'
OpenCV 5.0.0. Expected: bitwise_not() of a mask of bool is True outside the face. Seen: True everywhere. So ~mask, or
masks of 0 and 255.
END
