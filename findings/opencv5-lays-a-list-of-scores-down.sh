#!/usr/bin/env bash
# OpenCV 5.0.0 (4.14.0 beside it): minMaxLoc() of a list of scores tells the place of the largest in x, no longer in y:
# the lines that much YOLO code takes the class from make every face angry, the first class.
#
# Expected: (_, score, _, (x, look)) = cv2.minMaxLoc(scores), with the scores of one face as an array of one dimension,
#   gives the most probable look's number, as it has until OpenCV 4. The function's documentation tells of no change.
# Seen: until 4 an array of n numbers was a matrix of n rows and one column; in 5 it has one dimension, and whatever asks
#   for rows and columns sees one row. The place is (look, 0): the look is 0 for every face, the score beside it is right,
#   and a threshold lets it through. sortIdx() by column, which put the most probable looks first, answers with zeros;
#   flip(scores, 0) does not turn the list round; blur(scores, (1, 3)), which smoothed a look over three frames, changes
#   nothing; dilate(mask, np.ones(5)) widens to the sides instead of up and down. No error is raised. Matrices are as
#   before, so that code that takes net.forward() whole goes on working, and that which takes it row by row does not.
# So: numpy.argmax and argsort, or scores.reshape(-1, 1) before each of these calls; test with a face that is not the
#   first class.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
    opencv-python-headless=="$version" numpy==2.4.6
done

cat >"$folder/scores.py" <<'END'
import cv2
import numpy as np

LOOKS = ("angry", "disgusted", "afraid", "happy", "neutral", "sad", "surprised")
RANK = cv2.SORT_EVERY_COLUMN + cv2.SORT_DESCENDING
five = cv2.__version__.startswith("5")
random = np.random.default_rng(3)
# The answers of a network for a batch of faces, each row adds up to 1.
batch = np.exp(random.normal(0, 2, (200, 7))).astype(np.float32)
batch /= batch.sum(axis=1, keepdims=True)
truth = batch.argmax(axis=1)
assert len(set(truth)) == 7


def look_of(scores):
    _, score, _, (_, look) = cv2.minMaxLoc(scores)
    assert np.isclose(score, scores.max()), "the score has changed"
    return look


def share(looks):
    return float((np.array(looks) == truth).mean())


one_by_one = [look_of(scores) for scores in batch]
as_column = [look_of(scores.reshape(-1, 1)) for scores in batch]
face = int(np.flatnonzero(truth == LOOKS.index("happy"))[0])
scores = batch[face]
three = cv2.sortIdx(scores, RANK).ravel()[:3].tolist()
as_column_three = cv2.sortIdx(scores.reshape(-1, 1), RANK).ravel()[:3].tolist()
first_three = np.argsort(-scores)[:3].tolist()
print(f"OpenCV {cv2.__version__}: minMaxLoc agrees with argmax for {share(one_by_one):.1%} of faces, with columns for"
      f" {share(as_column):.0%}; named: {', '.join(LOOKS[i] for i in sorted(set(one_by_one)))}")
print(f"  a happy face: {LOOKS[one_by_one[face]]} with {scores.max():.2f}; its three looks by sortIdx: {three},"
      f" by argsort: {first_three}")

# One look's probability over ten frames of a film, with one frame that jumps.
frames = np.array([0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1], np.float32)
smoothed = cv2.blur(frames, (1, 3)).ravel()
turned = cv2.flip(np.arange(4, dtype=np.float32), 0).ravel().tolist()
dot = np.zeros((9, 9), np.uint8)
dot[4, 4] = 255
rows, columns = np.nonzero(cv2.dilate(dot, np.ones(5, np.uint8)))
size = (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
print(f"  a frame of 0.9 among 0.1, smoothed over three: {smoothed.max():.2f}; 0 1 2 3 turned round: {turned};"
      f" a dot dilated by five: {size[0]} x {size[1]}")

assert share(as_column) == 1 and as_column_three == first_three, "matrices of one column have changed"
assert abs(cv2.blur(frames.reshape(-1, 1), (1, 3)).max() - 1.1 / 3) < 1e-6, "matrices of one column have changed"
if five:
    assert set(one_by_one) == {0} and share(one_by_one) < 0.25, "changed: minMaxLoc"
    assert three == [0, 0, 0], "changed: sortIdx"
    assert np.allclose(smoothed, frames) and turned == [0, 1, 2, 3] and size == (1, 5), "changed: blur, flip or dilate"
else:
    assert share(one_by_one) == 1 and three == first_three, "version 4 is another"
    assert abs(smoothed.max() - 1.1 / 3) < 1e-6 and turned == [3, 2, 1, 0] and size == (5, 1), "version 4 is another"
END
for version in 4.14.0.94 5.0.0.93; do
  OPENCV_LOG_LEVEL=SILENT "$folder/$version/bin/python" "$folder/scores.py"
done
cat <<'END'
OpenCV 5.0.0. Expected: minMaxLoc() of a list tells the largest score's place in y, as until 4. Seen: in x, and y is 0: each
face has the first look. So argmax, or scores.reshape(-1, 1).
END
