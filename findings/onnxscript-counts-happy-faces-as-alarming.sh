#!/usr/bin/env bash
# onnxscript 0.7.2: optimize() cuts seven looks after the fourth where the network cuts them after the third: happy faces
# are alarming.
#
# Expected: an optimiser leaves the answers as they are. A network that adds up angry, disgust and fear (columns 0 to 2 of
#   7) and the four other looks (3 to 6) by two Slices goes on doing so.
# Seen: two Slices of the last axis that meet in its middle are made one Split into two parts (SlicesSplit in
#   rewriter/rules/common/_basic_rules.py, one of the rules that optimize() and rewrite() always apply). "In the middle" is
#   asked by a division that drops the fraction: of seven, three. But Split with num_outputs=2 makes the first part the
#   larger one: four and three. So the fourth look changes sides: of a happy face the probability of an alarming look is
#   that of happy. Nothing is raised, and alarm and calm still add up to 1. It is so for each odd number, from opset 18 on,
#   where the network cuts the upper part first (calm - alarm), and whether the numbers come out as sums or as a maximum.
#   Eight looks, seven cut four to three, an end left open (2^63 - 1) and, by a quirk of the matcher, the lower part first
#   are right.
# So: one Split with the sizes [3, 4], or a product with a column of 0 and 1; compare the answers before and after, of a
#   face of each look.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps onnxscript==0.7.2 \
  onnx-ir==1.1.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 ml_dtypes==0.7.0 protobuf==7.36.2 \
  typing_extensions==4.16.0 packaging==26.4 flatbuffers==25.12.19 sympy==1.14.0 mpmath==1.3.0 >log.txt 2>&1 ||
  { cat log.txt >&2; exit 1; }

venv/bin/python - <<'END'
import collections

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxscript import optimizer, rewriter

LOOKS = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
onnxruntime.set_default_logger_severity(3)


def network(looks=7, cut=3, upper_first=True, end=None, reduce="ReduceSum", opset=18, split=False):
    """Softmax, then the sum of the looks before `cut` (alarm) and of those from `cut` on (calm)."""
    constants = {"zero": [0], "cut": [cut], "end": [end or looks], "axis": [1], "sizes": [cut, looks - cut]}
    slices = [helper.make_node("Slice", ["p", "cut", "end", "axis"], ["upper"]),
              helper.make_node("Slice", ["p", "zero", "cut", "axis"], ["lower"])]
    if not upper_first:
        slices.reverse()
    if split:
        slices = [helper.make_node("Split", ["p", "sizes"], ["lower", "upper"], axis=1)]
    nodes = [helper.make_node("Softmax", ["scores"], ["p"], axis=1), *slices]
    nodes += [helper.make_node(reduce, [part, "axis"], [name]) for part, name in (("upper", "calm"), ("lower", "alarm"))]
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes, "looks", [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["faces", looks])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["faces", 1]) for name in ("calm", "alarm")],
        [numpy_helper.from_array(np.array(value), name) for name, value in constants.items() if name in used])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def answer(model, scores):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.hstack(session.run(["calm", "alarm"], {"scores": scores}))


def copy(model):
    return onnx.ModelProto.FromString(model.SerializeToString())


def operators(model):
    return dict(collections.Counter(node.op_type for node in model.graph.node))


scores = 4 * np.eye(7, dtype=np.float32)  # a face of each look
model = network()
changed = optimizer.optimize(copy(model))
before, after = answer(model, scores), answer(changed, scores)
print("before:", operators(model), "\nafter: ", operators(changed))
print(f"{'face':10} alarm before  after optimize()   calm before  after")
for look, (calm, alarm), (calm_after, alarm_after) in zip(LOOKS, before, after):
    print(f"{look:10} {alarm:12.2f}  {alarm_after:16.2f}  {calm:12.2f}  {calm_after:5.2f}")
p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
assert np.allclose(before, np.stack([p[:, 3:].sum(1), p[:, :3].sum(1)], axis=1), atol=1e-6), "the control has changed"
assert np.allclose(after, np.stack([p[:, 4:].sum(1), p[:, :4].sum(1)], axis=1), atol=1e-6), "changed"
assert before[3, 1] < 0.1 and after[3, 1] > 0.9 and operators(changed).get("Split") == 1, "changed"
assert np.allclose(after.sum(axis=1), 1, atol=1e-6)

random = np.random.default_rng(7)
print("\nlargest difference of a probability by optimize() and rewrite()")
for title, options, wrong in (
        ("seven looks, cut after the third", {}, True),
        ("the same, the largest instead of the sum", {"reduce": "ReduceMax"}, True),
        ("the same, opset 21", {"opset": 21}, True),
        ("five looks, cut after the second", {"looks": 5, "cut": 2}, True),
        ("eight looks, cut after the fourth", {"looks": 8, "cut": 4}, False),
        ("seven looks, cut after the fourth", {"cut": 4}, False),
        ("seven looks, end left open", {"end": 2**63 - 1}, False),
        ("seven looks, lower part first", {"upper_first": False}, False),
        ("seven looks, one Split of [3, 4]", {"split": True}, False)):
    model = network(**options)
    faces = random.normal(size=(200, options.get("looks", 7))).astype(np.float32) * 2
    right = answer(model, faces)
    apart = [np.abs(answer(change(onnx.shape_inference.infer_shapes(model)), faces) - right).max()
             for change in (optimizer.optimize, rewriter.rewrite)]
    print(f"{title:42} {apart[0]:.3f}  {apart[1]:.3f}")
    assert all((difference > 0.3) if wrong else (difference < 1e-6) for difference in apart), "changed: " + title
END
cat <<'END'
onnxscript 0.7.2. Expected: the same answers after optimize(). Seen: seven looks cut into three and four are cut into four
and three, and a happy face is alarming. So one Split with sizes; a face of each look, before and after, in a test.
END
