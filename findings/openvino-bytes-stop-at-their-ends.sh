#!/usr/bin/env bash
# OpenVINO 2026.4.1 (x86-64): arithmetic on bytes inside a network stops at 0 and 255; in ONNX Runtime 1.32.0 the same
# file begins again at the other end.
#
# Expected: one file, one answer. Bytes run over in ONNX Runtime as in C and numpy: 3 - 128 is 131, 200 + 100 is 44.
# Seen: OpenVINO gives 0 and 255, with signed bytes -128 and 127. Whole numbers of 32 bits run over in both. So two
#   networks disagree with themselves: the mean of a face and its mirror image, taken in bytes, is 72 for two pixels
#   of 200 in one runtime and 127 in the other (200 would be right); and moving bytes to -128…127 by minus 128, which
#   is right because it runs over, has every dark pixel at 0 in OpenVINO: half of the picture is gone. Grey of middling
#   brightness gives the same in both, so that a test with it passes.
# So: let a network make floats of bytes before it calculates (Cast first), and compare the runtimes on a picture that
#   has black and white in it.
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

core = ov.Core()


def answers(nodes, picture, constants, result):
    """ONNX Runtime's answer and OpenVINO's: nodes from "x" to "y", each an operation, its inputs and its output."""
    kind = helper.np_dtype_to_tensor_dtype
    tensor = lambda name, dtype: helper.make_tensor_value_info(name, kind(dtype), picture.shape)
    graph = helper.make_graph(
        [helper.make_node(operation, inputs.split(), [output], **rest) for operation, inputs, output, rest in nodes],
        "bytes", [tensor("x", picture.dtype)], [tensor("y", np.dtype(result))],
        [numpy_helper.from_array(np.array(value, picture.dtype), name) for name, value in constants.items()])
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    runtime = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"]).run(None, {"x": picture})[0]
    return runtime.tolist(), core.compile_model(core.read_model(network), "CPU")([picture])[0].tolist()


for dtype, operation, pixels, constant, over, stops in (
    (np.uint8, "Sub", [3, 130], 128, [131, 2], [0, 2]),
    (np.uint8, "Add", [200, 20], 100, [44, 120], [255, 120]),
    (np.uint8, "Mul", [128, 5], 2, [0, 10], [255, 10]),
    (np.int8, "Add", [100, -100], 100, [-56, 0], [127, 0]),
    (np.int32, "Add", [2**31 - 1, 5], 1, [-(2**31), 6], [-(2**31), 6]),
):
    seen = answers([(operation, "x c", "y", {})], np.array(pixels, dtype), {"c": constant}, dtype)
    print(f"{dtype.__name__:5} {operation} {pixels} {constant}: ONNX Runtime {seen[0]}, OpenVINO {seen[1]}")
    assert seen == (over, stops)

face = np.array([10, 100, 120, 160, 200, 240], np.uint8)
seen = answers([("Add", "x x", "s", {}), ("Div", "s two", "y", {})], face, {"two": 2}, np.uint8)
print(f"mean of {face.tolist()} and itself: ONNX Runtime {seen[0]}, OpenVINO {seen[1]}")
assert seen == ([10, 100, 120, 32, 72, 112], [10, 100, 120, 127, 127, 127])
to = lambda kind: {"to": kind}
casts = [("Cast", "s", "i", to(TensorProto.INT8)), ("Cast", "i", "y", to(TensorProto.FLOAT))]
shift = [("Sub", "x half", "s", {}), *casts]
seen = answers(shift, face, {"half": 128}, np.float32)
print(f"{face.tolist()} to -128…127: ONNX Runtime {seen[0]}, OpenVINO {seen[1]}")
assert seen == ([-118, -28, -8, 32, 72, 112], [0, 0, 0, 32, 72, 112])
END
cat <<'END'
OpenVINO 2026.4.1, ONNX Runtime 1.32.0. Expected: one file, one answer. Seen: OpenVINO stops at 0 and 255 where ONNX
Runtime runs over. So make floats of bytes before calculating.
END
