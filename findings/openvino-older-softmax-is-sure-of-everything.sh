#!/usr/bin/env bash
# OpenVINO 2026.4.1 and OpenCV 5.0.0: of a network of ONNX opset 11 or 12 whose scores are batch × 1 × 7, each of the
# seven emotions has probability 1.
#
# Expected: Softmax without an axis means 1 in ONNX up to opset 12, and all axes from there on are taken together: the
#   seven scores of a face. From 13 on it means the last axis, and that one only. Both give the same seven numbers here;
#   networks of that age (2019 to 2021, and what tools wrote for old runtimes since) are in every collection.
# Seen: ONNX Runtime 1.32.0 goes by that. OpenVINO does for opsets up to 10, but at 11 and 12 takes axis 1 alone, which
#   has one element: everything is 1, without a warning. OpenCV takes it so for all of the old opsets, when the axis is
#   written out, even ONNX's own reference evaluator (1.23.2) does then. Scores of batch × 7 are right everywhere, so
#   are the logits; and since happy is 1, as sad is, "the highest" is always the first emotion in the list.
# So: raise such a network by onnx.version_converter.convert_version(model, 13), which writes what was meant, or end it
#   with batch × 7; and test that probabilities add up to 1, in the runtime that serves.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino==2026.4.1 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 opencv-python-headless==5.0.0.93

cd "$folder"
OPENCV_LOG_LEVEL=ERROR venv/bin/python - <<'END'
import cv2
import numpy as np
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, version_converter
from onnx.reference import ReferenceEvaluator

scores = np.array([[[0, 0, 0.5, 3, 1, 0.25, 1.5]], [[2, 0, 0.5, 0, 1, 4, 0]]], np.float32)
meant = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
core = ov.Core()


def network(opset, **axis):
    tensor = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, list(scores.shape))
    node = helper.make_node("Softmax", ["scores"], ["probabilities"], **axis)
    graph = helper.make_graph([node], "end", [tensor("scores")], [tensor("probabilities")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)


def opencv(model):
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    net.setInput(scores)
    return net.forward()


runtimes = {
    "ONNX Runtime": lambda model: onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"scores": scores})[0],
    "OpenVINO": lambda model: core.compile_model(
        core.read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(scores)[0],
    "OpenCV": opencv,
    "ONNX's reference": lambda model: ReferenceEvaluator(model).run(None, {"scores": scores})[0],
}


def right(name, model):
    answer = runtimes[name](model)
    assert np.allclose(answer, meant, atol=1e-5) or (answer == 1).all(), answer
    return bool(np.allclose(answer, meant, atol=1e-5))


for label, axis in (("no axis", {}), ("axis=1", {"axis": 1})):
    for opset in (9, 10, 11, 12):
        old = network(opset, **axis)
        seen = {name: right(name, old) for name in runtimes}
        words = (f"{name} {'right' if good else 'all 1'}" for name, good in seen.items())
        print(f"opset {opset:2}, {label}: " + ", ".join(words))
        assert seen["ONNX Runtime"] and seen["OpenVINO"] == (opset < 11)
        assert axis == {} or not (seen["OpenCV"] or seen["ONNX's reference"])
        assert all(right(name, version_converter.convert_version(old, 13)) for name in runtimes)
assert all(right(name, network(13)) for name in runtimes)
END
cat <<'END'
OpenVINO 2026.4.1, OpenCV 5.0.0, ONNX Runtime 1.32.0. Expected: seven probabilities. Seen: at opset 11 and 12 OpenVINO
gives 1 for each of the seven. So convert old networks to opset 13, and test that probabilities add up to 1.
END
