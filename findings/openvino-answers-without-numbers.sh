#!/usr/bin/env bash
# OpenVINO 2026.4.1 (x86-64): a network whose weights are all NaN gives plausible probabilities; ONNX Runtime 1.32.0
# gives NaN.
#
# Expected: NaN spreads, so a network that training has wrecked (or a picture divided by a deviation of zero) shows
#   itself: its answers are NaN, and a check for finite probabilities that add up to 1 catches it.
# Seen: OpenVINO's ReLU on the CPU turns NaN into 0 (its issue 35649), so that nothing but the last layer's bias is
#   left. The probabilities are finite, add up to 1 and are the same for every picture.
# So: a check of the answer is no check of the network. Look for NaN in weights when the model is loaded, and start
#   with a picture whose answer is known.
set -euo pipefail
[ "$(uname -m)" = x86_64 ] || { echo "Only tried on x86-64." >&2; exit 2; }
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

random = np.random.default_rng(1)


def classifier(filters):
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "filters"], ["a"], pads=[1, 1, 1, 1]), node("Relu", ["a"], ["b"]),
        node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]), node("GlobalAveragePool", ["c"], ["d"]),
        node("Flatten", ["d"], ["e"]), node("Gemm", ["e", "head", "bias"], ["f"]), node("Softmax", ["f"], ["looks"]),
    ]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    head = np.random.default_rng(3).normal(size=(16, 3)).astype(np.float32)
    constants = {"filters": filters, "head": head, "bias": np.array([0.1, 0.2, 0.9], np.float32)}
    graph = helper.make_graph(nodes, "classifier", [value("image", [1, 1, 48, 48])], [value("looks", [1, 3])],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


def answers(network, image):
    core = ov.Core()
    compiled = core.compile_model(core.read_model(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    return compiled(image)[0][0].copy(), session.run(None, {"image": image})[0][0]


filters = random.normal(size=(16, 1, 3, 3)).astype(np.float32)
pictures = [random.random((1, 1, 48, 48), np.float32) for _ in range(2)]
sound = [answers(classifier(filters), picture) for picture in pictures]
wrecked = [answers(classifier(np.full_like(filters, np.nan)), picture) for picture in pictures]
for name, pairs in (("sound weights", sound), ("NaN weights  ", wrecked)):
    for picture, (openvino, runtime) in enumerate(pairs, 1):
        print(f"{name}, picture {picture}: OpenVINO {openvino.round(3)}, ONNX Runtime {runtime.round(3)}")
assert all(np.allclose(a, b, atol=1e-4) for a, b in sound)
bias = np.exp([0.1, 0.2, 0.9]) / np.exp([0.1, 0.2, 0.9]).sum()
assert all(np.allclose(a, bias, atol=1e-5) and np.isnan(b).all() for a, b in wrecked)
END
cat <<'END'
OpenVINO 2026.4.1. Expected: NaN in, NaN out. Seen: finite probabilities with sum 1, the bias alone, the same for
every picture. So search the weights for NaN at load time and ask a known picture; checking the answer's form is not
enough.
END
