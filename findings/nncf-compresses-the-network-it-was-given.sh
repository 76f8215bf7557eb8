#!/usr/bin/env bash
# NNCF 3.4.0 (OpenVINO 2026.4.1): compress_weights changes the network that it was given; compared with "the original"
# the compressed one is never worse.
#
# Expected: nncf.quantize(model, …) leaves its model alone and returns another, so compress_weights(model), its
#   neighbour with the same habit of returning a model, does too.
# Seen: it returns the very object that it got, its weights now in 8 bits. Whoever then measures both, or saves the
#   first as the master copy, measures and saves one network twice: the difference is exactly 0 on every face, at eight
#   bits and at four, where in truth one face in eight gets another emotion. To try four bits after eight on the same
#   object leaves it at eight, without a word. The function's own text does not say so.
# So: read the file again for every attempt (or model.clone()), keep the original's answers from before the call, and
#   distrust a loss of exactly nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  nncf==3.4.0 openvino==2026.4.1 openvino-telemetry==2025.2.0 numpy==2.4.6 networkx==3.6.1 packaging==26.4 \
  psutil==7.2.2 pydot==4.0.1 pyparsing==3.3.3 rich==15.0.0 markdown-it-py==4.3.0 mdurl==0.1.2 pygments==2.21.0 \
  safetensors==0.8.0 scikit-learn==1.9.1 scipy==1.17.1 joblib==1.6.0 threadpoolctl==3.8.0 tabulate==0.10.0

cd "$folder"
HOME=$folder NNCF_CI=1 venv/bin/python - 2>warnings.txt <<'END' || { cat warnings.txt >&2; exit 1; }
import logging

import nncf
import numpy as np
import openvino as ov
from openvino import opset13 as op

nncf.set_log_level(logging.ERROR)
core = ov.Core()
faces = np.random.default_rng(2).normal(size=(400, 256)).astype(np.float32)


def network():
    random = np.random.default_rng(1)
    matrix = lambda rows, columns: op.constant(random.normal(size=(rows, columns), scale=rows**-0.5).astype(np.float32))
    face = op.parameter([-1, 256], np.float32)
    hidden = op.relu(op.matmul(face, matrix(256, 512), False, False))
    hidden = op.relu(op.matmul(hidden, matrix(512, 512), False, False))
    return ov.Model([op.softmax(op.matmul(hidden, matrix(512, 7), False, False), 1)], [face], "classifier")


def answers(model):
    return core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(faces)[0].copy()


def compare(name, one, other):
    off, moved = float(abs(one - other).max()), float((one.argmax(1) != other.argmax(1)).mean())
    print(f"{name:52} at most {off:.4f} apart, {moved:.1%} of the faces with another emotion")
    return off


def compress(model, bits):
    if bits == 8:
        return nncf.compress_weights(model)
    return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT4_SYM, all_layers=True, group_size=64)


original = network()
truth = answers(original)
quantised = nncf.quantize(original, nncf.Dataset([face[None] for face in faces[:64]]), subset_size=64)
assert quantised is not original and np.array_equal(answers(original), truth), "quantize leaves its model alone"
for bits in (8, 4):
    model = network()
    compressed = compress(model, bits)
    assert compressed is model
    assert compare(f"{bits} bits, beside the model that was handed over:", answers(compressed), answers(model)) == 0
    assert compare(f"{bits} bits, beside the answers from before:", answers(compressed), truth) > 0.001
eight = compress(network(), 8)
before = answers(eight)
assert compare("4 bits after 8 bits, beside 8 bits:", answers(compress(eight, 4)), before) == 0
compress(original.clone(), 4)
assert compare("4 bits of a clone, the model that was cloned:", answers(original), truth) == 0
END
cat <<'END'
NNCF 3.4.0. Expected: compress_weights returns another network, as quantize does. Seen: it changes the one it was given,
so that a comparison finds no loss. So clone first, or keep the answers from before.
END
