#!/usr/bin/env bash
# ONNX Runtime 1.32.0 (OpenVINO 2026.4.1 alike): after quantize_dynamic a face's emotion depends on the other faces of
# its batch.
#
# Expected: faces of a batch are strangers to each other: a classifier gives each the answer that it gets alone, but for
#   the last digits. "Dynamic" means that the scale of the activations is found for what is being looked at.
# Seen: it is found for the whole batch, from the smallest to the largest value of all faces. One of strong contrast
#   takes the 256 steps for itself, and faces from a dim room beside it are left with a dozen: one in eleven gets another
#   emotion than alone (probabilities up to 0.2 apart), where alone one in a hundred differs from float32. So the answer
#   about a photo changes with whose photo came in at that moment, and nobody can repeat it. Tests with batches of one,
#   or with a data set's even faces, see nothing. The project calls it expected (its issue 10111); the
#   function's own text does not say it. OpenVINO, given the same file, does the same.
# So: batch 1 for such a network, or static quantisation (its scales are in the file, so that answers are the same alone
#   and in company); test by answering each face alone and beside an extreme one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino==2026.4.1 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

cd "$folder"
venv/bin/python - 2>warnings.txt <<'END' || { cat warnings.txt >&2; exit 1; }
import logging

import numpy as np
import onnx
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static

logging.disable(logging.WARNING)
random = np.random.default_rng(0)
PIXELS, HIDDEN = 256, 128


def classifier():
    matrix = lambda rows, columns, name: numpy_helper.from_array(
        random.normal(size=(rows, columns), scale=rows**-0.5).astype(np.float32), name)
    nodes = [
        helper.make_node("MatMul", ["face", "first"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "second"], ["c"]), helper.make_node("Mul", ["c", "sharper"], ["d"]),
        helper.make_node("Softmax", ["d"], ["looks"], axis=1)]
    value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["faces", width])
    weights = [matrix(PIXELS, HIDDEN, "first"), matrix(HIDDEN, 7, "second"),
               numpy_helper.from_array(np.float32(0.5), "sharper")]
    graph = helper.make_graph(nodes, "classifier", [value("face", PIXELS)], [value("looks", 7)], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)


class Faces(CalibrationDataReader):
    def __init__(self, faces):
        self.rest = iter([{"face": face[None]} for face in faces])

    def get_next(self):
        return next(self.rest, None)


def photographed(faces, contrast):  # levels above or below the face's own mean, as the network takes them
    return random.normal(size=(faces, PIXELS), scale=contrast).astype(np.float32)


dark, bright = photographed(300, 4), photographed(1, 80)  # from a dim room; in the sun
onnx.save(classifier(), "float32.onnx")
quantize_dynamic("float32.onnx", "dynamic.onnx", weight_type=QuantType.QUInt8)
quantize_static("float32.onnx", "static.onnx", Faces(dark[:100]), per_channel=True)


def with_onnxruntime(name):
    session = onnxruntime.InferenceSession(name, providers=["CPUExecutionProvider"])
    return lambda faces: session.run(None, {"face": faces})[0]


def with_openvino(name):
    core = ov.Core()
    compiled = core.compile_model(core.read_model(name), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda faces: compiled(faces)[0].copy()


truth = with_onnxruntime("float32.onnx")(dark)
print("of 300 dark faces those with another emotion     than float32's, alone    than alone, beside a bright face")
for runtime in (with_onnxruntime, with_openvino):
    for name in ("float32.onnx", "static.onnx", "dynamic.onnx"):
        answer = runtime(name)
        alone = np.concatenate([answer(face[None]) for face in dark])
        beside = np.concatenate([answer(np.concatenate([bright, face[None]]))[1:] for face in dark])
        moved = lambda one, other: float((one.argmax(1) != other.argmax(1)).mean())
        print(f"{runtime.__name__[5:]:12} {name:32} {moved(alone, truth):20.1%} {moved(beside, alone):28.1%} "
              f"(probabilities up to {abs(beside - alone).max():.2f} apart)")
        if name == "dynamic.onnx":
            assert moved(alone, truth) < 0.03 and moved(beside, alone) > 0.05
        else:
            assert abs(beside - alone).max() < 1e-4
END
cat <<'END'
ONNX Runtime 1.32.0. Expected: a face's answer is its own. Seen: dynamically quantised, it goes by the other faces of
the batch. So batch 1, or static quantisation.
END
