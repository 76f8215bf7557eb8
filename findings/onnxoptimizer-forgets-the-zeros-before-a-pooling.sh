#!/usr/bin/env bash
# onnxoptimizer 0.4.2: zeros put around a picture before max-pooling, as Keras's ZeroPadding2D does, become padding of
# the pooling, which is no zero: where all is below zero the border is another.
#
# Expected: an optimised network answers as before; ONNX Runtime's own optimisation, onnxsim 0.8.1 and onnxslim 0.1.98
#   leave these two apart or get them right.
# Seen: the default passes join Pad and MaxPool. MaxPool's own padding never wins (it counts as minus infinity), a zero
#   does among negative numbers. After Relu nothing is below zero and all is well: ResNet of Keras passes. After a leaky
#   activation, Elu, a plain convolution or a normalisation, every cell at the border where the zero had won is another;
#   of 48 pixels halved thrice that is nearly half of the cells. Zeros before an AveragePool with padding of its own are
#   joined too: they were counted before and are not afterwards.
# So: optimize(model, passes) with get_fuse_and_elimination_passes() less fuse_pad_into_pool; compare the answers before
#   and after on pictures, for shapes and the checker are content.
# Source: onnxoptimizer's pull request 318 (July 2026, open) mends the part about MaxPool.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  onnxoptimizer==0.4.2 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

cd "$folder"
venv/bin/python - <<'END'
import numpy as np
import onnx
import onnxoptimizer
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

LOOKS = ["angry", "disgusted", "afraid", "happy", "sad", "surprised", "neutral"]
random = np.random.default_rng(0)
normal = lambda *shape: random.normal(0, 1, shape).astype(np.float32)
faces = normal(60, 1, 48, 48)
ACTIVATIONS = {"Relu": {}, "LeakyRelu": {"alpha": 0.2}, "Elu": {}, "Identity": {}}
first, second, third = normal(8, 1, 3, 3) * 0.4, normal(8, 8, 3, 3) * 0.15, normal(8 * 6 * 6, 7)
zeros = np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64)


def network(activation, shift):
    """Three times convolution, activation, zeros around, pooling by halves; then seven scores, the shift taken off."""
    nodes, name = [], "face"
    for number in range(3):
        weights = "first" if number == 0 else "second"
        nodes += [helper.make_node("Conv", [name, weights, "bias"], [f"c{number}"], pads=[1, 1, 1, 1]),
                  helper.make_node(activation, [f"c{number}"], [f"a{number}"], **ACTIVATIONS[activation]),
                  helper.make_node("Pad", [f"a{number}", "zeros"], [f"p{number}"]),
                  helper.make_node("MaxPool", [f"p{number}"], [f"m{number}"], kernel_shape=[3, 3], strides=[2, 2])]
        name = f"m{number}"
    nodes += [helper.make_node("Flatten", [name], ["flat"]), helper.make_node("MatMul", ["flat", "third"], ["s"]),
              helper.make_node("Sub", ["s", "shift"], ["scores"])]
    value = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    constants = {"first": first, "second": second, "third": third, "zeros": zeros,
                 "bias": np.full(8, -0.5, np.float32), "shift": shift}
    graph = helper.make_graph(nodes, "net", [value("face", 60, 1, 48, 48)],
                              [value("scores", 60, 7), value(name, 60, 8, 6, 6)],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    return model


def answers(model, level=onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"face": faces})


def without(model):
    passes = [name for name in onnxoptimizer.get_fuse_and_elimination_passes() if name != "fuse_pad_into_pool"]
    return onnxoptimizer.optimize(model, passes)


for activation in ACTIVATIONS:
    wrong = activation != "Relu"
    model = network(activation, answers(network(activation, np.zeros(7, np.float32)))[0].mean(0))
    before, maps = answers(model)
    small = onnxoptimizer.optimize(model)
    checker.check_model(small)
    after, other_maps = answers(small)
    kinds = [node.op_type for node in small.graph.node]
    assert before.shape == after.shape and maps.shape == other_maps.shape and "Pad" not in kinds
    cells = float((np.abs(maps - other_maps) > 1e-4).mean())
    changed = float((before.argmax(1) != after.argmax(1)).mean())
    print(f"{activation:10} then zeros and MaxPool: optimised, {cells:4.0%} of the last map's cells are others, another "
          f"look for {changed:4.0%} of the faces (the first: {LOOKS[before[0].argmax()]}, {LOOKS[after[0].argmax()]})")
    assert (cells > 0.1 and changed > 0.1) if wrong else (cells == 0 and changed == 0)
    assert np.allclose(answers(model, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)[0], before, atol=1e-3)
    assert np.allclose(answers(without(model))[0], before, atol=1e-3)

value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [60, 1, None, None])
for pads, wrong in (([0, 0, 0, 0], False), ([1, 1, 1, 1], True)):
    nodes = [helper.make_node("Pad", ["face", "zeros"], ["p"]),
             helper.make_node("AveragePool", ["p"], ["scores"], kernel_shape=[3, 3], strides=[2, 2], pads=pads)]
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("face", TensorProto.FLOAT, [60, 1, 48, 48])],
                              [value("scores")], [numpy_helper.from_array(zeros, "zeros")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    before, after = answers(model)[0], answers(onnxoptimizer.optimize(model))[0]
    off = float(np.abs(before - after).max())
    print(f"zeros and AveragePool with padding {pads[0]} of its own: off by up to {off:.2f}")
    assert before.shape == after.shape and (off > 0.1) == wrong
END
cat <<'END'
onnxoptimizer 0.4.2. Expected: the same answers. Seen: the zeros no longer take part. So leave fuse_pad_into_pool out.
END
