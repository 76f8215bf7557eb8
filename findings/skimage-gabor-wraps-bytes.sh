#!/usr/bin/env bash
# scikit-image 0.26.0: filters.gabor of a face kept as bytes answers in bytes: what should be slightly negative is 255,
# and the result is nearly the opposite of the filter's answer.
#
# Expected: gabor, like sobel, laplace, gaussian and hog of the same library, makes floats of bytes first, or answers in
#   floats: an edge filter's response is negative on one side of each edge. The documentation's own example hands it
#   bytes (data.coins()).
# Seen: the two responses have the type of the picture. In uint8 -3 becomes 253, and fractions are cut off: of a face the
#   levels are 0 to 255 where the filter says -15 to 15, the correlation with the true response is -0.6 to -0.8, and the
#   magnitude, the classical feature of expressions, is thirty to forty times too large and has another shape. It looks
#   like a picture of edges all the same and a classifier trains on it; whoever then hands it floats meets other
#   features than those it has learnt. With int16 the signs are right, the fractions are not.
# So: gabor(skimage.util.img_as_float(face), ...); look at the type of what comes back.
# The face is cut out of scikit-image's astronaut (a public domain picture inside its package).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6 pillow==13.0.0 lazy-loader==0.6 packaging==26.4 networkx==3.6.1 \
  imageio==2.38.1 tifffile==2026.3.3

cd "$folder"
venv/bin/python -W error - <<'END'
import glob

import numpy as np
from PIL import Image
from skimage import feature, filters

photo = Image.open(glob.glob("venv/lib/*/site-packages/skimage/data/astronaut.png")[0])
face = np.asarray(photo.convert("L").crop((170, 70, 290, 190)).resize((48, 48)))
assert face.dtype == np.uint8
assert "image = data.coins()" in filters.gabor.__doc__
print("a face of 48 × 48; responses to frequency and direction: of bytes, of the same levels as floats")
for frequency in (0.1, 0.2, 0.3):
    for degrees in (0, 45, 90):
        settings = {"frequency": frequency, "theta": np.radians(degrees)}
        real, imaginary = filters.gabor(face, **settings)
        right, right_imaginary = filters.gabor(face.astype(float), **settings)
        correlation = np.corrcoef(real.ravel(), right.ravel())[0, 1]
        magnitude = np.hypot(real.astype(float), imaginary).mean(), np.hypot(right, right_imaginary).mean()
        print(f"{frequency}, {degrees:2}°: {real.dtype} {real.min()} to {real.max()}, {right.min():5.1f} to "
              f"{right.max():4.1f}; correlation {correlation:5.2f}; spread {real.std():5.1f}, {right.std():3.1f}; "
              f"mean magnitude {magnitude[0]:5.1f}, {magnitude[1]:3.1f}")
        assert real.dtype == imaginary.dtype == np.uint8
        assert correlation < -0.5 and real.std() > 15 * right.std() and magnitude[0] > 10 * magnitude[1]
        small, _ = filters.gabor(face.astype(np.int16), **settings)
        assert np.corrcoef(small.ravel(), right.ravel())[0, 1] > 0.9 and np.abs(small - right).max() < 1
for name, neighbour in (("sobel", filters.sobel), ("laplace", filters.laplace), ("gaussian", filters.gaussian),
                        ("hog", feature.hog)):
    answer = neighbour(face)
    print(f"{name} of bytes: {answer.dtype}, as of floats: {np.allclose(answer, neighbour(face / 255))}")
    assert answer.dtype == np.float64 and np.allclose(answer, neighbour(face / 255))
END
cat <<'END'
scikit-image 0.26.0. Expected: positive and negative responses. Seen: bytes that wrap round. So give it floats.
END
