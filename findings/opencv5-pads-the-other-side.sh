#!/usr/bin/env bash
# OpenCV 5.0.0: a convolution or pooling that shrinks with auto_pad="SAME_UPPER", as TensorFlow's padding="same" is
# written, pads at the top and left instead of the bottom and right: three of them move a face of 48 pixels by seven.
#
# Expected: ONNX says that the odd row of padding comes at the end for SAME_UPPER, at the beginning for SAME_LOWER. ONNX
#   Runtime 1.32.0, OpenVINO 2026.4.1 and OpenCV 4.13.0 do so for SAME_UPPER.
# Seen: OpenCV 5 puts (kernel - 1) / 2 rows before the picture, whatever the word and the stride. With kernel 3 and
#   stride 2 on an even size that is one too many; SAME_LOWER is right there, and wrong with stride 3. The shape is
#   right, and so is all on odd sizes: a test with 47 or 225 pixels passes. Each layer adds its shift times all strides
#   before it. Of a network with seven looks, and of weights by chance, the answer is another for most faces.
#   Every engine (classic, new, automatic) does it.
# So: write the padding out (pads=[0, 0, 1, 1]): with that all agree; look for auto_pad in a network before OpenCV is
#   raised to 5, and compare numbers with another runtime at the size of the service.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  opencv-python-headless==5.0.0.93 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 \
  typing_extensions==4.16.0 onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  --target "$folder/old" opencv-python-headless==4.13.0.92

cd "$folder"
cat >networks.py <<'END'
"""Networks of three layers that halve a picture, and what OpenCV makes of them; run alone, it prints the latter."""
import cv2
import numpy as np
from onnx import TensorProto, helper, numpy_helper, shape_inference

random = np.random.default_rng(0)
FACES = random.normal(0, 1, (40, 1, 1, 48, 48)).astype(np.float32)
WEIGHTS = [random.normal(0, 0.6, size).astype(np.float32) for size in ((8, 1, 3, 3), (8, 8, 3, 3), (8, 8, 3, 3))]
LOOKS = random.normal(0, 1, (8 * 6 * 6, 7)).astype(np.float32)
# A kernel that takes its middle pixel only, and a photo of which each pixel says its row: the first cell of the answer
# tells which row of the photo it lies over.
MIDDLE = np.zeros((1, 1, 3, 3), np.float32)
MIDDLE[0, 0, 1, 1] = 1
ROWS = np.zeros((1, 1, 48, 48), np.float32) + np.arange(48, dtype=np.float32)[:, None]
PADDINGS = {"SAME_UPPER": {"auto_pad": "SAME_UPPER"}, "SAME_LOWER": {"auto_pad": "SAME_LOWER"},
            "pads 0 0 1 1": {"pads": [0, 0, 1, 1]}, "pads 1 1 0 0": {"pads": [1, 1, 0, 0]}}


def network(kernels, size, looks=None, kind="Conv", stride=2, **padding):
    """Layers of a kind; with looks, a Relu after each and seven scores at the end."""
    nodes, constants, name = [], [], "face"
    for number, kernel in enumerate(kernels):
        more = {} if kind == "Conv" else {"kernel_shape": [3, 3]}
        inputs = [name, f"w{number}"] if kind == "Conv" else [name]
        if kind == "Conv":
            constants.append(numpy_helper.from_array(kernel, f"w{number}"))
        name = f"c{number}"
        nodes.append(helper.make_node(kind, inputs, [name], strides=[stride, stride], **more, **padding))
        if looks is not None:
            nodes.append(helper.make_node("Relu", [name], [f"r{number}"]))
            name = f"r{number}"
    if looks is not None:
        nodes += [helper.make_node("Flatten", [name], ["flat"]), helper.make_node("MatMul", ["flat", "looks"], ["y"])]
        constants.append(numpy_helper.from_array(looks, "looks"))
        name = "y"
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value("face", [1, 1, size, size])], [value(name, None)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return shape_inference.infer_shapes(model).SerializeToString()


def opencv(model, picture, *engine):
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8), *engine)
    net.setInput(picture)
    return net.forward()


def first_rows(run):
    return {title: int(run(network([MIDDLE] * 3, 48, **padding), ROWS)[0, 0, 0, 0])
            for title, padding in PADDINGS.items()}


if __name__ == "__main__":
    print(cv2.__version__, first_rows(opencv)["SAME_UPPER"])
END
cat >compare.py <<'END'
import os
import subprocess
import sys

import cv2
import numpy as np
import onnxruntime
import openvino as ov
from networks import FACES, LOOKS, WEIGHTS, first_rows, network, opencv

core = ov.Core()


def onnx_runtime(model, picture):
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"face": picture})[0]


def openvino(model, picture):
    return core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(picture)[0].copy()


seen = {run.__name__: first_rows(run) for run in (onnx_runtime, openvino, opencv)}
for name, found in seen.items():
    print(f"{name:12} after three layers the first cell lies over row",
          ", ".join(f"{row} ({title})" for title, row in found.items()))
right = {"SAME_UPPER": 7, "SAME_LOWER": 0, "pads 0 0 1 1": 7, "pads 1 1 0 0": 0}
assert seen["onnx_runtime"] == seen["openvino"] == right
assert seen["opencv"] == right | {"SAME_UPPER": 0}
for engine in (cv2.dnn.ENGINE_CLASSIC, cv2.dnn.ENGINE_NEW, cv2.dnn.ENGINE_AUTO):
    assert first_rows(lambda model, picture: opencv(model, picture, engine)) == seen["opencv"]

for title, padding in (("SAME_UPPER", {"auto_pad": "SAME_UPPER"}), ("pads 0 0 1 1", {"pads": [0, 0, 1, 1]})):
    model = network(WEIGHTS, 48, LOOKS, **padding)
    other = float(np.mean([onnx_runtime(model, face).argmax() != opencv(model, face).argmax() for face in FACES]))
    print(f"seven looks, {title}: another look than ONNX Runtime's for {other:.0%} of the faces")
    assert other > 0.3 if title == "SAME_UPPER" else other == 0

random = np.random.default_rng(1)
for kind in ("Conv", "MaxPool", "AveragePool"):
    words = []
    for size, stride, word in ((48, 2, "SAME_UPPER"), (47, 2, "SAME_UPPER"), (48, 1, "SAME_UPPER"),
                               (48, 2, "SAME_LOWER"), (48, 3, "SAME_LOWER")):
        picture = random.normal(0, 1, (1, 1, size, size)).astype(np.float32)
        model = network([np.ones((1, 1, 3, 3), np.float32)], size, kind=kind, stride=stride, auto_pad=word)
        one, two = onnx_runtime(model, picture), opencv(model, picture)
        assert one.shape == two.shape and np.allclose(one, openvino(model, picture), atol=1e-4)
        alike = np.allclose(one, two, atol=1e-4)
        words.append(f"{word} {size} by {stride} {'alike' if alike else 'UNLIKE'}")
        assert alike == ((size, stride, word) not in ((48, 2, "SAME_UPPER"), (48, 3, "SAME_LOWER")))
    print(f"{kind + ':':12} {', '.join(words)}")
old = subprocess.run([sys.executable, "networks.py"], env=os.environ | {"PYTHONPATH": "old"}, check=True,
                     capture_output=True, text=True).stdout.split()
print(f"OpenCV {old[0]}: row {old[1]} (SAME_UPPER)")
assert old == ["4.13.0", "7"] and cv2.__version__ == "5.0.0"
END
OPENCV_LOG_LEVEL=SILENT venv/bin/python compare.py
cat <<'END'
OpenCV 5.0.0. Expected: SAME_UPPER pads at the end. Seen: at the beginning, so that the face is moved. So write the
padding out.
END
