#!/usr/bin/env bash
# onnx-graphsurgeon 0.6.1: fold_constants() makes 1 of 1.25 and 0 of 0.5 in a network that turns whole numbers into
# floats, calculates and turns them back: a face's box gets no margin, its middle is 0.
#
# Expected: "folds constants" changes no answer: what depends on the input is left alone.
# Seen: where a Cast from int64 (or int32) to float, one of Add, Sub, Mul, Div, Max, Min with a constant, and a Cast
#   back follow each other, both Casts are taken out and the constant is cut to a whole number. (box.float() * 1.25).long()
#   becomes box * 1, a margin that is set in training and gone in the service; size.float() * 0.5 is 0; / 2.5 is / 2; a
#   mean of three levels by * 0.333 is 0. The network loads, the shapes are right, nothing is said. It is meant for the
#   sizes that some networks calculate with, but looks at no Shape: every such place is changed, boxes and pixels too.
#   A whole factor is right, and so is a network whose types were not inferred before, as the manual asks for.
#   (ir/graph.py, run_cast_elision, in fold_constants; the manual says of fold_shapes that Shape nodes are folded.)
# So: fold_constants(fold_shapes=False); compare the answers for boxes and pixels before and after.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  onnx-graphsurgeon==0.6.1 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4
cat >look.py <<'END'
import numpy as np
import onnx
import onnx_graphsurgeon
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

INT32, INT64, FLOAT = TensorProto.INT32, TensorProto.INT64, TensorProto.FLOAT
node = helper.make_node


def network(nodes, constants, columns, kind=INT64, answer=INT64):
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", kind, ["faces", columns])],
        [helper.make_tensor_value_info("y", answer, ["faces", "numbers"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return onnx.shape_inference.infer_shapes(model)  # as fold_constants() asks for


def ask(model, x):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def folded(model, **options):
    graph = onnx_graphsurgeon.import_onnx(model)
    return onnx_graphsurgeon.export_onnx(graph.fold_constants(**options).cleanup().toposort())


def step(operator, constant, before="float", kind=INT64):
    """(x.float() operator constant).long()"""
    first = [node("Cast", ["x"], ["float"], to=FLOAT)]
    return network([*first, node(operator, [before, "c"], ["z"]), node("Cast", ["z"], ["y"], to=kind)],
                   {"c": np.float32(constant)}, 4, kind, kind)


box = np.array([[101, 57, 160, 131], [10, 20, 49, 66]])
for name, model, same in (
        ("box * 1.25", step("Mul", 1.25), False), ("box * 0.5", step("Mul", 0.5), False),
        ("box / 2.5", step("Div", 2.5), False), ("box - 7.5", step("Sub", 7.5), False),
        ("box * 1.25, int32", step("Mul", 1.25, kind=INT32), False),
        ("max(box, 57.5)", step("Max", 57.5), True),
        ("box * 2", step("Mul", 2), True), ("box + 0.5", step("Add", 0.5), True)):
    x = box.astype(np.int32) if "int32" in name else box
    right, seen, kept = ask(model, x), ask(folded(model), x), ask(folded(model, fold_shapes=False), x)
    print(f"{name:30} {right[0].tolist()}; after fold_constants() {seen[0].tolist()}")
    assert np.array_equal(kept, right), "fold_shapes=False has changed"
    assert np.array_equal(seen, right) == same, "changed"

# A network that gives each face's box (left, top, width, height) a margin of a quarter around its middle.
nodes = [
    node("Slice", ["x", "zero", "two", "one"], ["corner"]), node("Slice", ["x", "two", "four", "one"], ["size"]),
    node("Cast", ["size"], ["float"], to=FLOAT),
    node("Mul", ["float", "half"], ["halves"]), node("Cast", ["halves"], ["half size"], to=INT64),
    node("Add", ["corner", "half size"], ["middle"]),
    node("Cast", ["size"], ["float again"], to=FLOAT),
    node("Mul", ["float again", "factor"], ["larger"]), node("Cast", ["larger"], ["larger size"], to=INT64),
    node("Cast", ["larger size"], ["larger float"], to=FLOAT),
    node("Mul", ["larger float", "half"], ["larger halves"]), node("Cast", ["larger halves"], ["larger half"], to=INT64),
    node("Sub", ["middle", "larger half"], ["start"]), node("Concat", ["start", "larger size"], ["y"], axis=1)]
numbers = {"zero": [0], "one": [1], "two": [2], "four": [4], "half": np.float32(0.5), "factor": np.float32(1.25)}
model = network(nodes, numbers, 4)
face = np.array([[100, 60, 48, 48]])
right, seen, kept = ask(model, face)[0], ask(folded(model), face)[0], ask(folded(model, fold_shapes=False), face)[0]
print(f"a face at {face[0].tolist()} is cut out with a margin at {right.tolist()}, after fold_constants() at {seen.tolist()}")
assert right.tolist() == kept.tolist() == [94, 54, 60, 60] and seen.tolist() == [100, 60, 48, 48], "changed"
END
venv/bin/python look.py
cat <<'END'
onnx-graphsurgeon 0.6.1. Expected: the same answers after fold_constants(). Seen: factors between whole numbers lose what
follows their point. So fold_shapes=False; compare the answers before and after.
END
