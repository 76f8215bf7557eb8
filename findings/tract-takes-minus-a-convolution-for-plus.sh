#!/usr/bin/env bash
# tract 0.23.9 (Rust, here by its Python package): "a number for each channel minus a convolution" is calculated as the
# number plus the convolution: 1 - map becomes 1 + map.
#
# Expected: c - conv(x) as in ONNX Runtime, OpenVINO and OpenCV, and as tract itself does for conv(x) - c.
# Seen: when it tidies the network, tract takes what is added to or subtracted from a convolution into the
#   convolution's own constant, and does not look on which side of the minus the convolution stands. Kernels larger than
#   one pixel are hit, with a number for each channel or, where the convolution has one channel (a map of where to look,
#   an intensity), with a single number too; with a batch normalisation between it is wrong in another way. The shape is
#   right and nothing is said. Kernels of one pixel, depthwise ones, and whatever has an activation between are right,
#   so that most networks never meet it.
# So: write it as an addition of the negative (Neg, then Add: right), or turn the sign of the kernel when exporting;
#   compare the numbers of each network with another runtime's before it goes into a Rust service.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  tract==0.23.9 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1 opencv-python-headless==5.0.0.93

cd "$folder"
OPENCV_LOG_LEVEL=SILENT venv/bin/python - <<'END'
import cv2
import numpy as np
import onnx
import onnxruntime
import openvino as ov
import tract
from onnx import TensorProto, helper, numpy_helper, shape_inference

random = np.random.default_rng(0)
normal = lambda *shape: random.normal(0, 1, shape).astype(np.float32)
core = ov.Core()
face = normal(1, 4, 12, 12)


def network(after, kernel, numbers, **more):
    nodes = [helper.make_node("Conv", ["face", "kernel"], ["c"], **more)]
    nodes += [helper.make_node(kind, inputs.split(), [output]) for kind, inputs, output in after]
    channels = len(kernel)
    constants = {"kernel": kernel, "numbers": numbers, "scale": normal(channels), "shift": normal(channels),
                 "mean": normal(channels), "variance": np.abs(normal(channels)) + 0.5}
    used = {name for node in nodes for name in node.input}
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value("face", face.shape)], [value("map", None)],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()
                               if name in used])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return shape_inference.infer_shapes(model)


def onnx_runtime(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"face": face})[0]


def openvino(model):
    network = core.read_model(model.SerializeToString())
    return core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(face)[0].copy()


def opencv(model):
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    net.setInput(face)
    return net.forward()


def by_tract(model):
    onnx.save(model, "net.onnx")
    return tract.onnx().load("net.onnx").into_model().into_runnable().run([face])[0].to_numpy()


MINUS = [("Sub", "numbers c", "map")]
one = np.ones((1, 1, 1), np.float32)
each = np.arange(1, 7, dtype=np.float32)[:, None, None]
wide, flat = normal(6, 4, 3, 3), normal(1, 4, 3, 3)
for title, expected, arguments, more in (
        ("numbers - convolution 3 × 3", "PLUS for minus", (MINUS, wide, each), {}),
        ("one channel: 1 - convolution 3 × 3", "PLUS for minus", (MINUS, flat, one), {}),
        ("one channel: 1 - convolution 3 × 3, scalar", "PLUS for minus", (MINUS, flat, np.float32(1)), {}),
        ("numbers - normalised convolution", "OTHER",
         ([("BatchNormalization", "c scale shift mean variance", "b"), ("Sub", "numbers b", "map")], wide, each), {}),
        ("convolution - numbers", "as the others", ([("Sub", "c numbers", "map")], wide, each), {}),
        ("numbers + negative of convolution", "as the others",
         ([("Neg", "c", "n"), ("Add", "numbers n", "map")], wide, each), {}),
        ("numbers - Relu of convolution", "as the others",
         ([("Relu", "c", "r"), ("Sub", "numbers r", "map")], wide, each), {}),
        ("numbers - convolution 1 × 1", "as the others", (MINUS, normal(6, 4, 1, 1), each), {}),
        ("numbers - depthwise convolution", "as the others", (MINUS, normal(4, 1, 3, 3), each[:4]), {"group": 4}),
        ("six channels: 1 - convolution, scalar", "as the others", (MINUS, wide, np.float32(1)), {})):
    model = network(*arguments, **more)
    truth, said = onnx_runtime(model), by_tract(model)
    for other in (openvino(model), opencv(model)):
        assert np.allclose(other, truth, rtol=1e-3, atol=1e-3), title
    seen = "OTHER"
    # With plus for minus it would be numbers + (numbers - truth).
    for answer, name in ((truth, "as the others"), (2 * arguments[2] - truth, "PLUS for minus")):
        if np.allclose(said, answer, rtol=1e-3, atol=1e-3):
            seen = name
    print(f"{title:44} {seen}: tract "
          + " ".join(f"{x:6.2f}" for x in said.ravel()[:3]) + ", ONNX Runtime "
          + " ".join(f"{x:6.2f}" for x in truth.ravel()[:3]))
    assert said.shape == truth.shape and seen == expected, title
END
cat <<'END'
tract 0.23.9. Expected: numbers minus the convolution. Seen: plus. So add the negative.
END
