#!/usr/bin/env bash
# onnxslim 0.1.98: a convolution's map times numbers for each column is calculated as numbers for each channel where
# there are as many channels as columns: seven emotions on a map of 7 × 7.
#
# Expected: the slimmed network answers as before. ONNX aligns shapes from the right: [7] and [1, 1, 1, 7] are columns,
#   [7, 1] are rows, [7, 1, 1] channels.
# Seen: FusionConvMul takes the ones out of the shape and compares what is left with the number of channels only. A
#   network for 224 pixels ends in a map of 7 × 7, and seven emotions have seven channels there; weighed by a window
#   that favours the middle of the face, row by row and column by column, the window ends up on the emotions, and the
#   one in the middle of the list wins. Eight emotions, a map of 6 × 6, or the numbers on the left of the multiplication
#   are right. Its fusion of additions looks at the axis, that of multiplications does not. Shapes and the checker are
#   content.
# So: slim(model, skip_fusion_patterns=["FusionConvMul"]); write the numbers on the left; compare the answers before and
#   after (model_check=True does it on random pictures, and is off by default).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  onnxslim==0.1.98 sympy==1.14.0 mpmath==1.3.0 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 \
  ml_dtypes==0.6.0 typing_extensions==4.16.0 onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

OMP_NUM_THREADS=1 venv/bin/python - <<'END'
import copy

import numpy as np
import onnxruntime
import onnxslim
from onnx import TensorProto, checker, helper, numpy_helper, shape_inference

LOOKS = ["angry", "disgusted", "afraid", "happy", "sad", "surprised", "neutral", "contempt"]
random = np.random.default_rng(0)
normal = lambda *shape: random.normal(0, 1, shape).astype(np.float32)


def network(looks, side, shapes, left=False):
    """A last map of 32 channels, the looks by a convolution, windows by multiplication, the mean of what is left."""
    window = np.hanning(side + 2)[1:-1].astype(np.float32)
    kernel = normal(looks, 32, 1, 1) * 0.1
    # A bias after which each look has the mean 2: 0.4 is the mean of the map's cells.
    constants = {"kernel": kernel, "bias": 2 - kernel.sum((1, 2, 3)) * np.float32(0.4)}
    nodes, name = [helper.make_node("Conv", ["map", "kernel", "bias"], ["m0"])], "m0"
    for i, shape in enumerate(shapes):
        constants[f"w{i}"] = window.reshape(shape)
        inputs = [f"w{i}", name] if left else [name, f"w{i}"]
        nodes.append(helper.make_node("Mul", inputs, [f"m{i + 1}"]))
        name = f"m{i + 1}"
    nodes.append(helper.make_node("GlobalAveragePool", [name], ["scores"]))
    value = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value("map", 500, 32, side, side)], [value("scores", 500, looks, 1, 1)],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    model = shape_inference.infer_shapes(model)
    checker.check_model(model)
    return model


def answers(model, pictures):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"map": pictures})[0]


def count(chosen):
    return ", ".join(f"{look} {n}" for look, n in zip(LOOKS, np.bincount(chosen, minlength=7)) if n)


BOTH = [(7,), (7, 1)]
for title, wrong, arguments, more in (
        ("7 looks, 7 × 7, columns and rows", True, (7, 7, BOTH), {}),
        ("7 looks, 7 × 7, columns [1, 1, 1, 7]", True, (7, 7, [(1, 1, 1, 7)]), {}),
        ("7 looks, 7 × 7, rows [7, 1]", True, (7, 7, [(7, 1)]), {}),
        ("7 looks, 7 × 7, window on the left", False, (7, 7, BOTH), {"left": True}),
        ("7 looks, 7 × 7, channels [7, 1, 1]", False, (7, 7, [(7, 1, 1)]), {}),
        ("8 looks, 7 × 7, columns and rows", False, (8, 7, BOTH), {}),
        ("7 looks, 6 × 6, columns and rows", False, (7, 6, [(6,), (6, 1)]), {})):
    model = network(*arguments, **more)
    pictures = np.maximum(normal(500, 32, arguments[1], arguments[1]), 0)
    before = answers(model, pictures)
    small = onnxslim.slim(copy.deepcopy(model))
    checker.check_model(small)
    after = answers(small, pictures)
    kinds = [node.op_type for node in small.graph.node]
    changed = float((before.argmax(1) != after.argmax(1)).mean())
    print(f"{title:38} {kinds.count('Mul')} Mul left, off by up to {np.abs(before - after).max():.3f}, another look "
          f"for {changed:4.0%} of the faces")
    assert before.shape == after.shape
    assert (not np.allclose(before, after, atol=1e-4) and changed > 0.3) if wrong else (
        np.allclose(before, after, atol=1e-4) and changed == 0)
    if arguments[2] == BOTH and wrong:
        print(f"  before: {count(before[:, :, 0, 0].argmax(1))}")
        print(f"  after:  {count(after[:, :, 0, 0].argmax(1))}")
        mended = onnxslim.slim(copy.deepcopy(model), skip_fusion_patterns=["FusionConvMul"])
        assert np.allclose(answers(mended, pictures), before, atol=1e-4)
END
cat <<'END'
onnxslim 0.1.98. Expected: numbers for columns. Seen: for emotions. So skip FusionConvMul, and compare the answers.
END
