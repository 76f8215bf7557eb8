#!/usr/bin/env bash
# SimpleITK 2.5.7: in a picture of whole numbers the constant of `*`, `/`, `**`, `+` and `-` loses what follows its
# point: times 0.5 is black, times 1.5 changes nothing, and (face - mean) / deviation is by other numbers than given.
#
# Expected: the functions' parameter is a double ("Multiply(image1, double constant)"), and NumPy computes 100 * 1.5 as
#   150 and 100 / 2.5 as 40. If anything is rounded it is the result.
# Seen: the constant is cast to the pixels' type before the filter runs. A face of bytes times 0.5 is 0 everywhere;
#   times 1.5 it is as before; to the power of 1 / 2.2 (gamma) 1 everywhere; / 2.5 gives 64-bit floats that were divided
#   by 2, / 0.5 infinity. "Mean 127.5, deviation 57.4" is normalised by 127 and 57, and since the difference is taken in
#   bytes, what is darker than the mean comes out among the brightest. A float picture is right, and so is ShiftScale,
#   whose numbers are doubles to the end. Nothing is refused or logged. The project's pull request 2728 is about it.
# So: sitk.Cast(picture, sitk.sitkFloat32) before arithmetic, or calculate in NumPy; test a factor of 0.5.
set -euo pipefail
command -v python3 >/dev/null || { echo "Needs python3 with venv: apt-get install python3-venv" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || { echo "Needs python3's venv: apt-get install python3-venv" >&2; exit 2; }
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --only-binary :all: --no-deps \
  simpleitk==2.5.7 numpy==2.4.6

venv/bin/python - <<'END'
import sys

import numpy as np
import SimpleITK as sitk

levels = np.array([[10, 100, 127, 128, 200, 255]], np.uint8)
mean, deviation = 127.5, 57.4
operations = [  # name, what is done, what bytes give, what floats give
    ("face * 0.5", lambda face: face * 0.5, levels * 0, levels / 2),
    ("0.5 * face", lambda face: 0.5 * face, levels * 0, levels / 2),
    ("Multiply(face, 0.5)", lambda face: sitk.Multiply(face, 0.5), levels * 0, levels / 2),
    ("face * 1.5", lambda face: face * 1.5, levels, levels * 1.5),
    ("face / 2.5", lambda face: face / 2.5, levels / 2, levels / 2.5),
    ("face / 0.5", lambda face: face / 0.5, levels * np.inf, levels * 2.0),
    ("face + 0.9", lambda face: face + 0.9, levels, levels + 0.9),
    ("face ** (1 / 2.2)", lambda face: face ** (1 / 2.2), levels ** 0, levels ** (1 / 2.2)),
    ("(face - 127.5) / 57.4", lambda face: (face - mean) / deviation, (levels - np.uint8(127)) / 57,
     (levels - mean) / deviation),
    ("ShiftScale(face, 0, 0.5)", lambda face: sitk.ShiftScale(face, 0, 0.5), levels // 2, levels / 2),
]


def text(values):
    return " ".join(f"{value:.5g}" for value in values[0])


print(f"{'':26} {'bytes':44} floats")
print(f"{'face':26} {text(levels):44} {text(levels)}")
for name, operation, of_bytes, of_floats in operations:
    face = sitk.GetImageFromArray(levels)
    seen = sitk.GetArrayFromImage(operation(face))
    right = sitk.GetArrayFromImage(operation(sitk.Cast(face, sitk.sitkFloat64)))
    print(f"{name:26} {text(seen):44} {text(right)}")
    for values, expected in ((seen, of_bytes), (right, of_floats)):
        if not np.allclose(values, expected):
            sys.exit(f"changed: it was {text(expected)}")

inplace = sitk.GetImageFromArray(levels)
inplace *= 0.5
wide = sitk.GetImageFromArray(levels.astype(np.uint16) * 257) * 0.5
print("face *= 0.5:", text(sitk.GetArrayFromImage(inplace)), "| sixteen bits * 0.5:",
      text(sitk.GetArrayFromImage(wide)))
if sitk.GetArrayFromImage(inplace).any() or sitk.GetArrayFromImage(wide).any():
    sys.exit("changed: both were black")
END
cat <<'END'
SimpleITK 2.5.7. Expected: half as bright by * 0.5. Seen: black; 1.5 is 1, 2.5 is 2. So cast to float before arithmetic.
END
