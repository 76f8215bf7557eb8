#!/usr/bin/env bash
# OpenVINO 2026.4.1: a classifier for 48 × 48 pixels, reshaped to 96 × 96, takes the picture and answers four times.
#
# Expected: a network that flattens a picture into one row (Reshape to [1, -1]) and multiplies that by a matrix cannot
#   take a larger picture: the lengths do not agree. ONNX Runtime refuses, and so does arithmetic.
# Seen: Model.reshape to 96 × 96 succeeds. The hard-coded target [1, -1] has become [-1, 2304], so that the rows of
#   one picture, four strips of 24, are classified as if they were four pictures. Three pictures at once work for the
#   same reason, which is what it is meant for. 72 × 73, which is no multiple, is refused.
# So: check the output's shape after reshape, not only that it did not fail: one picture in must be one row out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino==2026.4.1 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

cd "$folder"
venv/bin/python - <<'END'
import numpy as np
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper

SIDE, CLASSES = 48, 7
weights = np.random.default_rng(1).normal(size=(SIDE * SIDE, CLASSES)).astype(np.float32)
graph = helper.make_graph(
    [helper.make_node("Reshape", ["image", "target"], ["row"]), helper.make_node("MatMul", ["row", "weights"], ["logits"])],
    "classifier",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, "height", "width"])],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
    [numpy_helper.from_array(np.array([1, -1], np.int64), "target"), numpy_helper.from_array(weights, "weights")],
)
network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
core = ov.Core()
options = onnxruntime.SessionOptions()
options.log_severity_level = 4
runtime = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def openvino_rows(image):
    model = core.read_model(network)
    try:
        model.reshape(list(image.shape))
    except RuntimeError:
        return None
    return core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(image)[0]


def runtime_rows(image):
    try:
        return runtime.run(None, {"image": image})[0]
    except Exception:
        return None


rows = {}
for shape in ((1, 1, 48, 48), (3, 1, 48, 48), (1, 1, 96, 96), (1, 1, 72, 73)):
    image = np.random.default_rng(2).random(shape, np.float32)
    rows[shape] = openvino_rows(image)
    count = lambda answer: "refused" if answer is None else f"{len(answer)} answers"
    print(f"{shape}: OpenVINO {count(rows[shape])}, ONNX Runtime {count(runtime_rows(image))}")
    assert (runtime_rows(image) is None) == (shape != (1, 1, 48, 48))
assert [None if r is None else len(r) for r in rows.values()] == [1, 3, 4, None]
image = np.random.default_rng(2).random((1, 1, 96, 96), np.float32)
assert np.allclose(rows[(1, 1, 96, 96)], image.reshape(4, -1) @ weights, atol=1e-2), "strips of 24 rows, not pictures"
END
cat <<'END'
OpenVINO 2026.4.1, ONNX Runtime 1.32.0. Expected: a larger picture is refused. Seen: OpenVINO cuts it into strips and
classifies each. So look at the output's shape after reshape: one picture in, one row out.
END
