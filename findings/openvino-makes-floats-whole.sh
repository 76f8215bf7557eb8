#!/usr/bin/env bash
# OpenVINO 2026.4.1 (Python, x86-64): a network that takes bytes takes a picture of floats too and cuts it to whole
# numbers: scaled to 0…1 it is black, and every face gets the same emotion.
#
# Expected: a network whose input is uint8 (its scaling lies inside it) refuses a float picture, as ONNX Runtime 1.32.0
#   does with the same file; a wrong shape is refused by both.
# Seen: no exception, no warning; the method's own text calls this safe copying, "including up- or down-casting". 0…1
#   becomes 0, so that all faces get one answer, as sure as any. Values beyond 255 begin again at 0: in a face made a
#   fifth lighter the lightest spots turn black, and the answer another. Float levels from 0 to 255 are right, so that
#   a test with those passes.
# So: compare the array's type with compiled.input(0).element_type before the call, or give networks a float input: to
#   that uint8 may come, and nothing is lost.
set -euo pipefail
[ "$(uname -m)" = x86_64 ] || { echo "Only tried on x86-64." >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino==2026.4.1 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

cd "$folder"
venv/bin/python -W error - <<'END'
import numpy as np
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(1)
weights = random.normal(size=(48 * 48, 3)).astype(np.float32) / 8
nodes = [
    helper.make_node("Cast", ["face"], ["levels"], to=TensorProto.FLOAT),
    helper.make_node("Div", ["levels", "white"], ["scaled"]),
    helper.make_node("Flatten", ["scaled"], ["row"]),
    helper.make_node("Gemm", ["row", "weights", "bias"], ["logits"]),
    helper.make_node("Softmax", ["logits"], ["looks"]),
]
constants = {"white": np.float32(255), "weights": weights, "bias": np.array([0.1, 0.2, 2.5], np.float32)}
graph = helper.make_graph(
    nodes, "classifier", [helper.make_tensor_value_info("face", TensorProto.UINT8, [1, 1, 48, 48])],
    [helper.make_tensor_value_info("looks", TensorProto.FLOAT, [1, 3])],
    [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
)
network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
core = ov.Core()
compiled = core.compile_model(core.read_model(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])


def by_openvino(face):
    return compiled(face)[0][0].copy()


def refused(ask, face):
    try:
        ask(face)
        return False
    except Exception:
        return True


faces = [random.integers(0, 256, (1, 1, 48, 48), np.uint8) for _ in range(3)]
forms = {
    "uint8, 0 to 255": lambda face: face,
    "float, 0 to 255": lambda face: face.astype(np.float32),
    "float, 0 to 1": lambda face: face.astype(np.float32) / 255,
    "float, lightened": lambda face: face * np.float32(1.2),
}
seen = {}
for form, change in forms.items():
    seen[form] = [by_openvino(change(face)) for face in faces]
    print(f"{form:17}", *(f"{str(answer.round(3)):22}" for answer in seen[form]))
    assert refused(lambda face: session.run(None, {"face": face}), change(faces[0])) == form.startswith("float")
right = seen["uint8, 0 to 255"]
assert np.allclose(right, [session.run(None, {"face": face})[0][0] for face in faces], atol=1e-4)
assert np.allclose(seen["float, 0 to 255"], right, atol=1e-6)
black = by_openvino(np.zeros_like(faces[0]))
assert np.abs(right[0] - right[1]).max() > 0.1 and black.max() > 0.8
for answer in seen["float, 0 to 1"]:
    assert np.allclose(answer, black, atol=0.02), answer
begun_again = [by_openvino((np.floor(face * np.float32(1.2)) % 256).astype(np.uint8)) for face in faces]
assert np.allclose(seen["float, lightened"], begun_again, atol=1e-6)
assert refused(by_openvino, faces[0].reshape(1, 48, 48, 1))
END
cat <<'END'
OpenVINO 2026.4.1. Expected: floats are refused by a network that takes bytes, as ONNX Runtime does. Seen: cut to whole
numbers without a word, so that a picture scaled to 0…1 is black. So compare the array's type with the network's.
END
