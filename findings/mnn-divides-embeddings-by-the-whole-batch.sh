#!/usr/bin/env bash
# MNN 3.6.1: a network of ONNX opset 18 or newer that brings each face's embedding to length 1 divides by the length of
# the whole batch: of four faces each vector is about 0.5 long, and a face compared with itself is a stranger.
#
# Expected: ReduceL2 along the axis that the network names, as in ONNX Runtime and OpenVINO, and in MNN at opset 17.
# Seen: with opset 18 ReduceL2, ReduceL1, ReduceSumSquare, ReduceLogSum and ReduceLogSumExp take their axes from an input
#   and no longer from an attribute. MNN's converter goes on looking for the attribute, finds none, and reduces over all
#   that there is; it says "Converted Success!". Of an embedding the shape stays right, because the one length that is
#   left fits every row; a face alone is right, so that a test with one face passes; of a map of features even a face
#   alone is wrong. ReduceSum, ReduceMean and ReduceMax are right. PyTorch 2.15 exports at opset 20 unless told
#   otherwise, and makes ReduceL2 of normalize(), ReduceLogSumExp of logsumexp().
# So: export at opset 17, or write Mul, ReduceSum, Sqrt; test a batch of faces, and that each vector has length 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  mnn==3.6.1 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1

cd "$folder"
cat >embeddings.py <<'END'
import _tools
import MNN
import numpy as np
import onnx
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
core = ov.Core()


def network(nodes, rank, opset):
    """Axis 1 as an input ("axes") where the opset wants it so, else as an attribute."""
    made = []
    for kind, inputs, output in nodes:
        more = {}
        if kind.startswith("Reduce"):
            more["keepdims"] = 1
            if opset >= 18 or kind == "ReduceSum":
                inputs += " axes"
            else:
                more["axes"] = [1]
        made.append(helper.make_node(kind, inputs.split(), [output], **more))
    shape = ["batch", 8, 6, 6][:rank]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    axes = [numpy_helper.from_array(np.array([1]), "axes")]
    graph = helper.make_graph(made, "net", [value("face", shape)], [value("answer", [None] * rank)], axes)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def onnx_runtime(model, faces):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"face": faces})[0]


def openvino(model, faces):
    network = core.read_model(model.SerializeToString())
    return core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(faces)[0].copy()


def mnn(model, faces):
    onnx.save(model, "net.onnx")
    # What the program mnnconvert calls, without the report that it sends home.
    _tools.mnnconvert("mnnconvert -f ONNX --modelFile net.onnx --MNNModel net.mnn --bizCode faces".split())
    network = MNN.nn.load_module_from_file("net.mnn", ["face"], ["answer"])
    shape = list(faces.shape)
    answer = network.forward([MNN.expr.const(faces, shape, MNN.expr.NCHW, MNN.expr.float)])[0]
    answer = MNN.expr.convert(answer, MNN.expr.NCHW)
    return np.array(answer.read()).reshape(answer.shape)


def same(a, b):
    return a.shape == b.shape and np.allclose(a, b, atol=1e-4)


NORMALISE = [("ReduceL2", "face", "length"), ("Div", "face length", "answer")]
BY_HAND = [("Mul", "face face", "square"), ("ReduceSum", "square", "sum"), ("Sqrt", "sum", "length"),
           ("Div", "face length", "answer")]
lines = []
for title, nodes, opset, count, rank, right in (
        ("one face", NORMALISE, 18, 1, 2, True), ("two", NORMALISE, 18, 2, 2, False),
        ("four", NORMALISE, 18, 4, 2, False), ("four, opset 20", NORMALISE, 20, 4, 2, False),
        ("four, opset 17", NORMALISE, 17, 4, 2, True), ("four, by hand", BY_HAND, 18, 4, 2, True),
        ("one map of 6 × 6", NORMALISE, 18, 1, 4, False), ("the map, opset 17", NORMALISE, 17, 1, 4, True)):
    model = network(nodes, rank, opset)
    faces = np.abs(random.normal(0, 1, (count, 8, 6, 6)[:rank])).astype(np.float32) + 1
    truth, said = onnx_runtime(model, faces), mnn(model, faces)
    assert same(openvino(model, faces), truth) and np.allclose(np.linalg.norm(truth, axis=1), 1), title
    lengths = np.linalg.norm(said, axis=1).ravel()
    lines.append(f"{title:18} lengths in MNN: {' '.join(f'{x:.2f}' for x in lengths[:4])}; the first face compared with"
                 f" itself: {(said[0] * said[0]).sum() / truth[0].size * 8:.2f}")
    assert same(said, truth) == right, title
    if not right:
        assert same(said, faces / np.linalg.norm(faces)), f"{title}: wrong in another way"
faces = np.abs(random.normal(0, 1, (3, 8))).astype(np.float32)
for kind in ("L1", "L2", "SumSquare", "LogSum", "LogSumExp", "Sum", "Mean", "Max"):
    right = {}
    for opset in (17, 18):
        model = network([("Reduce" + kind, "face", "answer")], 2, opset)
        right[opset] = same(mnn(model, faces), onnx_runtime(model, faces))
    lines.append(f"Reduce{kind} of three faces: opset 17 {'right' if right[17] else 'WRONG'},"
                 f" opset 18 {'right' if right[18] else 'WRONG'}")
    assert right == {17: True, 18: kind in ("Sum", "Mean", "Max")}, kind
print("\n".join(lines))
END
venv/bin/python embeddings.py >log 2>&1 || { cat log >&2; exit 1; }
grep -E "lengths in MNN|^Reduce" log
cat <<'END'
MNN 3.6.1. Expected: each face's embedding has length 1. Seen: from opset 18 on, the batch has. So export at opset 17, or
write Mul, ReduceSum, Sqrt, and test a batch.
END
