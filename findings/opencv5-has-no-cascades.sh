#!/usr/bin/env bash
# OpenCV 5.0.0's packages ship no Haar cascade any more, the plain one not even the class; loading what is not there
# succeeds.
#
# Expected: cv2.data.haarcascades + "haarcascade_frontalface_default.xml", which face and emotion packages have used
#   for years (the default of fer 25.10.3 among them, which asks for any version of opencv-contrib-python), names a
#   file.
# Seen: in 4.14.0 it does. In 5.0.0 the folder is there, but empty; opencv-python-headless has no CascadeClassifier at
#   all, opencv-contrib-python-headless has one, whose constructor takes the missing file without an exception: an
#   empty classifier, whose first detectMultiScale raises "!empty()" far away from the cause.
# So: pin opencv below 5, or carry the cascade yourself, or use another detector; and ask empty() after loading.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/look.py" <<'END'
import os
import sys

import cv2
import numpy as np

cascades = sorted(name for name in os.listdir(cv2.data.haarcascades) if name.endswith(".xml"))
seen = {"files": len(cascades), "class": hasattr(cv2, "CascadeClassifier"), "loads": None, "empty": None, "detects": None}
if seen["class"]:
    try:
        classifier = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
        seen["loads"], seen["empty"] = True, classifier.empty()
        classifier.detectMultiScale(np.zeros((100, 100), np.uint8))
        seen["detects"] = True
    except cv2.error as error:
        seen["detects"] = "!empty()" not in str(error) and str(error)
print(sys.argv[1], cv2.__version__, seen)
wanted = {
    "opencv-python-headless 4": {"class": True, "loads": True, "empty": False, "detects": True},
    "opencv-python-headless 5": {"class": False, "loads": None, "empty": None, "detects": None},
    "opencv-contrib-python-headless 5": {"class": True, "loads": True, "empty": True, "detects": False},
}[sys.argv[1]]
assert {key: seen[key] for key in wanted} == wanted and (seen["files"] > 10) == (" 4" in sys.argv[1]), seen
END
for package in opencv-python-headless==4.14.0.94 opencv-python-headless==5.0.0.93 \
  opencv-contrib-python-headless==5.0.0.93; do
  name=${package%%==*} version=${package##*==}
  python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
    "$package" numpy==2.4.6
  OPENCV_LOG_LEVEL=SILENT "$folder/venv/bin/python" "$folder/look.py" "$name ${version%%.*}" 2>"$folder/errors" ||
    { cat "$folder/errors" >&2; exit 1; }
done
cat <<'END'
OpenCV 5.0.0 against 4.14.0. Expected: the frontal face cascade lies where it always lay. Seen: no cascade in either
package of 5.0.0, no class in the plain one, and in contrib an empty classifier instead of an error. So pin opencv
below 5, or bring your own detector.
END
