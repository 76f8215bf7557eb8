#!/usr/bin/env bash
# Keras 3.15.1 on OpenVINO 2026.4.1: made grey, every photo kept as bytes is black.
#
# Expected: keras.ops.image.rgb_to_grayscale weighs red, green and blue and gives the same levels on every backend, of
#   bytes as of floats; a type that it cannot take it refuses, as rgb_to_hsv does.
# Seen: on the backend "openvino" the weights 0.2989, 0.587 and 0.114 are made whole numbers, because the photo's are:
#   0, 0 and 0. Shape and type are right, all levels are 0, for uint8 as for any other type of whole numbers, without a
#   warning. The layer RandomGrayscale gives black too, and ops.average makes 0 of any bytes. A network behind it gives
#   all faces one emotion. On "jax" and "numpy", and of floats on OpenVINO, all is well, so that what was tried with one
#   backend fails with the other.
# So: ops.cast(photo, "float32") before anything else; look at the largest level of what goes into the network.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps keras==3.15.1 \
  openvino==2026.4.1 openvino-telemetry==2025.2.0 numpy==2.4.6 absl-py==2.5.1 h5py==3.16.0 ml_dtypes==0.6.0 \
  namex==0.1.0 optree==0.20.0 packaging==26.4 rich==15.0.0 markdown-it-py==4.3.0 mdurl==0.1.2 pygments==2.21.0 \
  scipy==1.17.1 typing_extensions==4.16.0 jax==0.10.2 jaxlib==0.10.2 opt_einsum==3.4.0

cd "$folder"
cat >grey.py <<'END'
"""Prints and checks the levels of six photos that Keras makes grey, on the backend that KERAS_BACKEND names."""
import keras
import numpy as np
from keras import ops

BACKEND = keras.backend.backend()
coarse = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3)).astype(np.uint8)
photos = coarse.repeat(12, axis=1).repeat(12, axis=2)
by_hand = photos @ np.array([0.2989, 0.587, 0.114])


def show(name, grey, black):
    grey = ops.convert_to_numpy(grey)
    assert grey.shape == (6, 48, 48, 1) or name.endswith("RandomGrayscale")
    levels = grey[..., 0].astype(float)
    off = np.abs(levels - by_hand).max()
    print(f"{BACKEND:8} {name:29} {grey.dtype.name:7} levels {levels.min():3.0f} to {levels.max():3.0f}, "
          f"off by {off:3.0f} at most")
    assert (levels.max() == 0) if black else (off < 1.01)


broken = BACKEND == "openvino"
for kind in ("uint8", "int16", "int32"):
    show(f"rgb_to_grayscale of {kind}", ops.image.rgb_to_grayscale(photos.astype(kind)), broken)
show("rgb_to_grayscale of float32", ops.image.rgb_to_grayscale(photos.astype("float32")), False)
show("rgb_to_grayscale after cast", ops.image.rgb_to_grayscale(ops.cast(photos, "float32")), False)
show("RandomGrayscale", keras.layers.RandomGrayscale(factor=1.0)(photos, training=True), broken)
mean = float(ops.convert_to_numpy(ops.average(photos)))
print(f"{BACKEND:8} average of all bytes: {mean:.0f}, by hand {photos.mean():.0f}")
assert mean == 0 if broken else abs(mean - photos.mean()) < 1
END
export KERAS_HOME=$folder
for backend in jax openvino; do
  KERAS_BACKEND=$backend venv/bin/python grey.py
done
cat <<'END'
Keras 3.15.1 on OpenVINO 2026.4.1. Expected: grey levels. Seen: black, for all types of whole numbers. So cast to
float32 first.
END
