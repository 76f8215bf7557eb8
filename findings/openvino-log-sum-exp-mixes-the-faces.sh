#!/usr/bin/env bash
# OpenVINO 2026.4.1: a network of ONNX opset 13 to 17 that takes logsumexp() over its seven emotions gets it over the
# whole batch: of four faces the probabilities add up to 1 together, and "how strange is this face" is one number for all.
#
# Expected: ReduceLogSumExp along the axis that the network names, as in ONNX Runtime and in OpenVINO 2026.2.
# Seen: ReduceLogSumExp, ReduceLogSum and ReduceL1 have their axes as an attribute up to opset 17, as an input from 18
#   on. OpenVINO looks for the input from opset 13 on, finds none, and reduces over all that there is. No warning. Where
#   the result is taken from the scores again, the shape stays right: it fits every row; the emotion with the highest
#   probability is right too, and a face alone is right in all, so that only sums over a face tell. The other Reduce… are
#   right. Public as issue 38238 of OpenVINO, there for 2026.1, where only ReduceL1 is hit; the other two since 2026.3.
#   PyTorch writes opset 17 where opset_version=17 asks for it; log_softmax() becomes LogSoftmax and is right.
# So: export at opset 18 or newer; test a batch of faces, and that the probabilities of each add up to 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
install() {
  "$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps "$@"
}
install onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 onnxruntime==1.32.0 \
  flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1
install --target "$folder/older" openvino==2026.2.0

cd "$folder"
cat >faces.py <<'END'
import numpy as np
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper

newest = ov.__version__.startswith("2026.4")
random = np.random.default_rng(0)
core = ov.Core()


def network(kind, opset, probabilities):
    """exp(scores - logsumexp(scores)), or the reduction itself, over axis 1."""
    inputs, more = ["scores"], {"axes": [1]}
    if opset >= 18 or (opset >= 13 and kind == "ReduceSum"):
        inputs, more = ["scores", "axes"], {}
    nodes = [helper.make_node(kind, inputs, ["reduced"], keepdims=int(probabilities), **more)]
    if probabilities:
        nodes.append(helper.make_node("Sub", ["scores", "reduced"], ["logarithm"]))
        nodes.append(helper.make_node("Exp", ["logarithm"], ["answer"]))
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    answer = value("answer", ["n", 7]) if probabilities else value("reduced", ["n"])
    axes = [numpy_helper.from_array(np.array([1]), "axes")] if len(inputs) > 1 else []
    graph = helper.make_graph(nodes, "net", [value("scores", ["n", 7])], [answer], axes)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def onnx_runtime(model, scores):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"scores": scores})[0]


def openvino(model, scores):
    return core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(scores)[0].copy()


def same(a, b):
    return a.shape == b.shape and np.allclose(a, b, atol=1e-4)


scores = random.normal(0, 2, (4, 7)).astype(np.float32)
print("OpenVINO", ov.__version__.split("-")[0])
for opset in (11, 13, 17, 18):
    model = network("ReduceLogSumExp", opset, True)
    truth, said = onnx_runtime(model, scores), openvino(model, scores)
    assert np.allclose(truth.sum(1), 1, atol=1e-4) and same(openvino(model, scores[:1]), truth[:1])
    hit = newest and 13 <= opset < 18
    print(f"opset {opset}: the seven probabilities of each of four faces add up to",
          " ".join(f"{x:.2f}" for x in said.sum(1)), "- all together", f"{said.sum():.2f}")
    assert same(said, truth) == (not hit), opset
    if hit:
        assert abs(said.sum() - 1) < 1e-4 and said.sum(1).max() < 0.95, "wrong in another way"
        assert (said.argmax(1) == truth.argmax(1)).all()
scores = np.abs(scores)
for kind in ("LogSumExp", "LogSum", "L1", "L2", "SumSquare", "Sum", "Mean", "Max", "Min", "Prod"):
    model = network("Reduce" + kind, 17, False)
    truth, said = onnx_runtime(model, scores), openvino(model, scores)
    hit = kind == "L1" or (newest and kind in ("LogSumExp", "LogSum"))
    if newest:
        print(f"opset 17, Reduce{kind}: " + ("right" if same(said, truth) else f"WRONG, {said.size} number for four faces"))
    assert truth.shape == (4,) and same(said, truth) == (not hit) and said.size == (1 if hit else 4), kind
    model = network("Reduce" + kind, 18, False)
    assert same(openvino(model, scores), onnx_runtime(model, scores)), f"{kind}, opset 18"
END
PYTHONPATH=$folder/older venv/bin/python faces.py
venv/bin/python faces.py
cat <<'END'
OpenVINO 2026.4.1. Expected: each face's seven probabilities add up to 1. Seen: at opset 13 to 17 those of the whole batch
do. So export at opset 18 or newer, and test a batch.
END
