#!/usr/bin/env bash
# safetensors 0.8.0: numpy weights that were transposed, or of which an emotion was cut off, are saved in another order:
# the file is valid, its shape right, and the network guesses.
#
# Expected: save and save_file keep the array's values, as up to 0.7.0; or refuse what is not laid out row by row, as
#   safetensors.torch does.
# Seen: since 0.8.0 they write the memory as it lies, from the array's first element on, under the shape of the view. A
#   transposed matrix (PyTorch's dense layer for Keras or ONNX), a slice of columns (eight looks of FER+ without
#   contempt), an axis moved (kernels from HWIO to OIHW), the Fortran order of SciPy's and scikit-learn's factors: each
#   comes back with the right shape, type and, mostly, the same numbers in wrong places. A test of means or of the shape
#   passes; of seven looks one in seven is right. The docstring has one sentence on it ("need to be contiguous").
# So: numpy.ascontiguousarray before saving, load and compare at once; or stay at 0.7.0.
# Source: safetensors' issue 825 (August 2026, open).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps "$@"; }
pip safetensors==0.8.0 numpy==2.4.6
pip --target "$folder/old" safetensors==0.7.0

cd "$folder"
cat >save.py <<'END'
"""Saves weights that are views, loads them again, and counts which faces are still told right."""
import numpy as np
import safetensors
from safetensors.numpy import load, load_file, save, save_file

random = np.random.default_rng(0)
print(f"safetensors {safetensors.__version__}")
changes = safetensors.__version__ == "0.8.0"
# Eight looks (FER+ has contempt as the last), each with a centre; a face is its centre with noise.
centres = random.normal(0, 1, (8, 64)).astype(np.float32)
looks = random.integers(0, 7, 2000)
faces = centres[looks] + random.normal(0, 1.2, (2000, 64)).astype(np.float32)
kernels = random.normal(0, 1, (3, 3, 16, 32)).astype(np.float32)
transposed = np.ascontiguousarray(centres[:7]).T
views = {
    "transposed, 64 × 7": (transposed, lambda w: faces @ w),
    "without the last look, 64 × 7": (np.ascontiguousarray(centres.T)[:, :7], lambda w: faces @ w),
    "Fortran order, 64 × 7": (np.asfortranarray(transposed), lambda w: faces @ w),
    "kernels HWIO to OIHW": (kernels.transpose(3, 2, 0, 1), None),
    "first rows, 7 × 64 (no gap)": (centres[:7], lambda w: faces @ w.T),
    "ascontiguousarray, 64 × 7": (np.ascontiguousarray(transposed), lambda w: faces @ w),
}
for title, (weights, score) in views.items():
    save_file({"looks": weights}, "looks.safetensors")
    back = load_file("looks.safetensors")["looks"]
    assert np.array_equal(load(save({"looks": weights}))["looks"], back)
    assert back.shape == weights.shape and back.dtype == weights.dtype
    alike = np.array_equal(back, weights)
    accuracy = [float((score(w).argmax(1) == looks).mean()) for w in (weights, back)] if score else []
    print(f"  {title:30} {'the same' if alike else 'OTHER   '}, mean {weights.mean():.4f} and {back.mean():.4f}"
          + (f", right for {accuracy[0]:.0%} of the faces before, {accuracy[1]:.0%} after" if score else ""))
    whole = weights.flags.c_contiguous
    assert alike == (whole or not changes)
    if score:
        assert accuracy[0] > 0.95 and (accuracy[1] == accuracy[0] if alike else accuracy[1] < 0.4)
END
venv/bin/python save.py
PYTHONPATH=old venv/bin/python save.py
cat <<'END'
safetensors 0.8.0. Expected: the same weights. Seen: the memory as it lies. So ascontiguousarray before saving.
END
