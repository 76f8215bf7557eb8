#!/usr/bin/env bash
# ensemble-boxes 1.0.9 (weighted boxes fusion): soft_nms() gives the scores that went in, not the lowered ones: a face
# that was found twice is two sure faces; and nms() and soft_nms() with weights write over the caller's scores.
#
# Expected: Soft-NMS as in the paper that the README names, and as by OpenCV's softNMSBoxes(): no box is thrown away,
#   but one that covers a better one keeps little of its score, so that the threshold behind it takes it out.
# Seen: the lowered scores are calculated on a copy, and only the numbers of the boxes that are above thresh come back;
#   the scores are then read from the list of before. With the README's thresh of 0.0001 nothing is taken out: of one
#   face found at 0.90 and 0.85 both come back as they were, whatever sigma is and whichever method. Nothing is said.
#   With weights, both functions store weighted scores in the list that they were given (non_maximum_weighted() and
#   weighted_boxes_fusion() do not): of the README's four calls, one after the other, the second gets scores weighted
#   once and the others twice: the fused face has 0.30 where it should have 0.87. A loop that compares methods, or calls
#   one again for each photo's list, measures something else each time.
# So: OpenCV's softNMSBoxes(), or a threshold as high as the final one as thresh; a copy of the scores for each call. In
#   a test, one face found twice, with a look at the second score.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps ensemble-boxes==1.0.9 \
  numpy==2.4.6 opencv-python-headless==5.0.0.93
# numba only makes the package faster; this stand-in leaves its functions as they are and saves 60 MB.
echo 'jit = lambda **options: lambda function: function' >numba.py

PYTHONPATH=. venv/bin/python - <<'END'
from copy import deepcopy

import cv2
import numpy as np
from ensemble_boxes import nms, nms_method, non_maximum_weighted, soft_nms, weighted_boxes_fusion

# One detector: a face found twice, a neighbour whose box touches on it, a face elsewhere. In thousandths of the photo.
BOXES = np.array([[200, 200, 400, 400], [210, 200, 410, 400], [320, 200, 520, 400], [700, 700, 800, 800]])
SCORES = np.array([0.90, 0.85, 0.80, 0.60])
given = [BOXES / 1000], [SCORES], [np.zeros(4, int)]


def rounded(scores):
    return [round(float(score), 3) for score in scores]


def by_box(boxes, scores, _):
    """The scores in the order of BOXES, 0 for a box that was taken out."""
    found = {tuple(np.rint(1000 * box).astype(int)): score for box, score in zip(boxes, scores)}
    return rounded(found.get(tuple(box), 0) for box in BOXES)


def opencv(sigma):
    boxes = [[int(x), int(y), int(right - x), int(low - y)] for x, y, right, low in BOXES]
    scores, indices = cv2.dnn.softNMSBoxes(boxes, SCORES.tolist(), 0.0001, 0.5, sigma=sigma)
    return rounded(dict(zip(indices, scores)).get(i, 0) for i in range(4))


print(f"{'given':40}", rounded(SCORES))
hard = by_box(*nms(*given, iou_thr=0.5))
print(f"{'nms()':40}", hard)
assert hard == [0.9, 0, 0.8, 0.6]
for sigma in (0.5, 0.1):
    right, seen = opencv(sigma), by_box(*soft_nms(*given, iou_thr=0.5, sigma=sigma, thresh=0.0001))
    print(f"{f'OpenCV softNMSBoxes, sigma {sigma}':40}", right)
    print(f"{f'soft_nms(), sigma {sigma}':40}", seen)
    assert right[0] == 0.9 and right[1] < 0.17 and right[2] < 0.75 and right[3] == 0.6, "the control has changed"
    assert seen == rounded(SCORES), "changed"
linear = by_box(*nms_method(*given, method=1, iou_thr=0.5, thresh=0.0001))
print(f"{'nms_method(method=1), linear':40}", linear)
assert linear == rounded(SCORES), "changed"
faces = [sum(score > 0.5 for score in scores) for scores in (right, opencv(0.5), linear)]
print(f"faces above 0.5: OpenCV {faces[1]}, soft_nms() {faces[2]}")
assert faces[1:] == [3, 4], "changed"
# They are calculated all the same: the box is last in the list, and a high thresh takes it out.
assert rounded(soft_nms(*given, iou_thr=0.5, sigma=0.5, thresh=0.0001)[1])[-1] == 0.85, "changed"
assert by_box(*soft_nms(*given, iou_thr=0.5, sigma=0.5, thresh=0.5))[1] == 0, "changed"

# Two detectors, the README's weights: one face, found by both.
two = [[[0.20, 0.20, 0.40, 0.40]], [[0.21, 0.20, 0.41, 0.40]]], [[0.9], [0.8]], [[0], [0]]
calls = {"nms()": lambda args: nms(*args, weights=[2, 1], iou_thr=0.5),
         "soft_nms()": lambda args: soft_nms(*args, weights=[2, 1], iou_thr=0.5, sigma=0.1, thresh=0.0001),
         "non_maximum_weighted()": lambda args: non_maximum_weighted(*args, weights=[2, 1], iou_thr=0.5),
         "weighted_boxes_fusion()": lambda args: weighted_boxes_fusion(*args, weights=[2, 1], iou_thr=0.5)}
alone = {name: rounded(call(deepcopy(two))[1]) for name, call in calls.items()}
for name, call in calls.items():
    after = rounded(call(two)[1])
    print(f"{name:24} alone {alone[name]!s:16} as the README calls them {after!s:16} scores now",
          [rounded(scores) for scores in two[1]])
    assert (after == alone[name]) == (name == "nms()"), "changed"
assert np.allclose(two[1], [[0.4], [0.8 / 9]]) and alone["weighted_boxes_fusion()"] == [0.867], "changed"
END
cat <<'END'
ensemble-boxes 1.0.9. Expected: the second box of a face with a lowered score. Seen: with its full score, and the lists
of scores written over. So OpenCV's softNMSBoxes(), a high thresh, and copies.
END
