#!/usr/bin/env bash
# tinygrad 0.14.0: a convolution of 1 x 1 with a step of 2 and auto_pad="SAME_UPPER" (Keras' "same") takes pixels 1, 3, 5
# instead of 0, 2, 4 of an even picture: beside the other branch of its block it is a pixel off, after four blocks 15.
#
# Expected: 1 x 1 needs no padding, so that pixels 0, 2, 4 are taken, as in Keras, ONNX Runtime and ONNX's reference,
#   and as without auto_pad.
# Seen: the padding is reckoned as (answers - 1) * step + kernel - size, which is -1 for an even size; it is not bounded
#   by 0, and half of it is rounded down: one row and one column are cut off at the top and left, none at the end. The
#   shape is right. mini-Xception, the network of many emotion demos, has such a shortcut ("same", 1 x 1, step 2) in each
#   of its four blocks; beside it lies a 3 x 3 pooling with "same", which is right, so that the two branches that are
#   added show different places: of 48 columns the fourth shortcut alone sees 15, 31, 47 instead of 0, 16, 32. Odd sizes,
#   SAME_LOWER, and written padding are right; 2 x 2 with a step of 3 is wrong too. (tinygrad/nn/onnx.py: _auto_pad and
#   _resolve_pool_pads; C's division rounds to 0, Python's down.)
# So: pads=[0, 0, 0, 0] in place of auto_pad wherever the kernel is smaller than the step; a picture whose pixels are
#   numbered, of even size, in a test.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  tinygrad==0.14.0 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4
cat >look.py <<'END'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner

random = np.random.default_rng(3)


def run(nodes, picture, weights=()):
    """The answers of tinygrad, and of ONNX Runtime, which are compared with those of ONNX's reference."""
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, picture.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, list("abcd"))],
                              [numpy_helper.from_array(value, name) for name, value in dict(weights).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, "net.onnx")
    right = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"]).run(None, {"x": picture})[0]
    assert np.allclose(right, ReferenceEvaluator(model).run(None, {"x": picture})[0], atol=1e-4)
    seen = OnnxRunner("net.onnx")({"x": Tensor(picture)})["y"].numpy()
    assert seen.shape == right.shape
    return seen, right


def conv(x, y, step, weight="one", **padding):
    return helper.make_node("Conv", [x, weight], [y], strides=[step, step], **padding)


def columns(size):
    return np.broadcast_to(np.arange(size, dtype=np.float32), (1, 1, size, size)).copy()


one = {"one": np.ones((1, 1, 1, 1), np.float32)}
for size, kernel, step, padding, same in (
        (12, 1, 2, {"auto_pad": "SAME_UPPER"}, False), (12, 1, 2, {"auto_pad": "SAME_LOWER"}, True),
        (12, 1, 2, {"pads": [0, 0, 0, 0]}, True), (13, 1, 2, {"auto_pad": "SAME_UPPER"}, True),
        (9, 1, 3, {"auto_pad": "SAME_UPPER"}, False), (9, 2, 3, {"auto_pad": "SAME_UPPER"}, False),
        (12, 3, 2, {"auto_pad": "SAME_UPPER"}, True)):
    weight = np.full((1, 1, kernel, kernel), 1 / kernel**2, np.float32)
    seen, right = run([conv("x", "y", step, **padding)], columns(size), {"one": weight})
    print(f"{size} columns, {kernel} x {kernel}, step {step}, {str(list(padding.values())[0]):12} "
          f"tinygrad sees {seen[0, 0, 1].round(2).tolist()}, ONNX Runtime {right[0, 0, 1].round(2).tolist()}")
    assert np.allclose(seen, right) == same, "changed"

shortcuts = [conv(f"m{i}" if i else "x", f"m{i + 1}" if i < 3 else "y", 2, auto_pad="SAME_UPPER") for i in range(4)]
seen, right = (answer[0, 0, 0].astype(int).tolist() for answer in run(shortcuts, columns(48), one))
print(f"four shortcuts of a face of 48 columns: tinygrad sees {seen}, ONNX Runtime {right}")
assert seen == [15, 31, 47] and right == [0, 16, 32], "changed"

# A block of mini-Xception: 3 x 3, pooling by 2, and the shortcut around both. The eyes are one spot of the map.
weights = {"w": np.pad(np.ones((1, 1, 1, 1), np.float32), ((0, 0), (0, 0), (1, 1), (1, 1))), **one}
for name, padding, same in (("SAME_UPPER", {"auto_pad": "SAME_UPPER"}, False), ("written", {"pads": [0] * 4}, True)):
    block = [conv("x", "a", 1, "w", auto_pad="SAME_UPPER"),
             helper.make_node("MaxPool", ["a"], ["b"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
             conv("x", "c", 2, **padding), helper.make_node("Add", ["b", "c"], ["y"])]
    eye = np.zeros((1, 1, 12, 12), np.float32)
    eye[0, 0, 4, 6] = 1
    seen, right = run(block, eye, weights)
    print(f"an eye at row 4, column 6 through a block, padding of the shortcut {name}: largest answer {seen.max():.0f} in "
          f"tinygrad, {right.max():.0f} in ONNX Runtime")
    assert right.max() == 2 and (seen.max() == 2) == same, "changed"
    eye[0, 0] = random.normal(size=(12, 12))
    seen, right = run(block, eye, weights)
    print(f"  and noise: correlation {np.corrcoef(seen.ravel(), right.ravel())[0, 1]:.2f}")
    assert np.allclose(seen, right, atol=1e-4) == same, "changed"
END
DEV=PYTHON XDG_CACHE_HOME=$folder/cache venv/bin/python look.py
cat <<'END'
tinygrad 0.14.0. Expected: pixels 0, 2, 4. Seen: 1, 3, 5 where the size is even and the kernel smaller than the step. So
written padding; numbered pixels in a test.
END
