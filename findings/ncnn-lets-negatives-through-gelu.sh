#!/usr/bin/env bash
# ncnn 1.0.20261020: a GELU written with x ** 3 lets everything negative through as it is, because the third power of a
# negative number is 2.4e38.
#
# Expected: (-0.5) ** 3 is -0.125, as in ONNX Runtime and in the C library; or NaN, which a test would find.
# Seen: ncnn's powers are exp(y * log(x)); only y = 2 is calculated otherwise. The logarithm of a negative number is NaN,
#   but exp first cuts its argument to what float32 can hold, and the minimum of NaN and that bound is the bound: 2.4e38,
#   for 3, 4, -1 and -2 alike. In the GELU of BERT and GPT-2, x / 2 * (1 + tanh(0.8 * (x + 0.045 * x ** 3))), tanh makes
#   1 of that, which leaves x, and every number stays ordinary. Four or more numbers are calculated at a time; where the
#   channels are no multiple of four, the last few numbers of each are right. Open as ncnn's issue 2139 since 2020, which
#   speaks of NaN.
# So: x * x * x in the network, or GELU as one operator (opset 20); compare a layer that is fed negative numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pnnx==20261020 ncnn==1.0.20261020 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 \
  typing_extensions==4.16.0 onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

cd "$folder"
cat >gelu.py <<'END'
import importlib.util
import pathlib
import subprocess

import ncnn
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
# The program itself: the package around it would want the whole of PyTorch.
PNNX = pathlib.Path(importlib.util.find_spec("pnnx").submodule_search_locations[0]) / "pnnx"
SHAPE = (1, 4, 5, 7)
face = random.normal(0, 1, SHAPE).astype(np.float32)


def network(nodes, **numbers):
    """A convolution that copies, and then the nodes: text of operator, inputs and output."""
    constants = {"kernel": np.eye(4)[:, :, None, None], **numbers}
    made = [helper.make_node("Conv", ["face", "kernel"], ["x"])]
    for node in nodes.split(";"):
        kind, *inputs, output = node.split()
        made.append(helper.make_node(kind, inputs, [output]))
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE)
    graph = helper.make_graph(made, "net", [value("face")], [value("answer")],
                              [numpy_helper.from_array(np.float32(array), name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def onnx_runtime(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"face": face})[0]


def by_ncnn(model):
    onnx.save(model, "net.onnx")
    subprocess.run([PNNX, "net.onnx", "fp16=0", "inputshape=[1,4,5,7]f32"], check=True, capture_output=True)
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param("net.ncnn.param")
    net.load_model("net.ncnn.bin")
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(face[0]).clone())
    return np.array(extractor.extract("out0")[1])[None]


show = lambda array: " ".join(f"{x:9.3g}" for x in array.ravel()[:5])
print(f"{'the numbers':24}          {show(face)}")
negative = face < 0
for power in (2, 3, 4, -1, -2):
    model = network("Pow x power answer", power=power)
    truth, said = onnx_runtime(model), by_ncnn(model)
    assert np.allclose(truth, face.astype(np.float64) ** power, rtol=1e-4), power
    wrong = ~np.isclose(said, truth, rtol=1e-3, atol=1e-4)
    print(f"{f'to the power of {power}':24} ncnn     {show(said)}\n{'':24} expected {show(truth)}")
    assert not wrong[~negative].any(), power
    if power == 2:
        assert not wrong.any(), power
    else:
        assert wrong[negative].mean() > 0.8 and (said[wrong] > 1e38).all(), power

AFTER = ("; Mul cube a b; Add x b c; Mul c d e; Tanh e f; Add f one g; Mul x g h; Mul h half answer")
NUMBERS = {"a": 0.044715, "d": (2 / np.pi) ** 0.5, "one": 1, "half": 0.5}
for title, nodes, numbers, right in (
        ("GELU with x ** 3", "Pow x three cube" + AFTER, {**NUMBERS, "three": 3}, False),
        ("GELU with x * x * x", "Mul x x square; Mul square x cube" + AFTER, NUMBERS, True)):
    model = network(nodes, **numbers)
    truth, said = onnx_runtime(model), by_ncnn(model)
    print(f"{title:24} ncnn     {show(said)}\n{'':24} expected {show(truth)}")
    wrong = ~np.isclose(said, truth, rtol=1e-3, atol=1e-3)
    assert not wrong[~negative].any(), title
    if right:
        assert not wrong.any(), title
    else:
        assert wrong[negative].mean() > 0.8 and np.allclose(said[wrong], face[wrong], atol=1e-3), title
END
venv/bin/python gelu.py
cat <<'END'
ncnn 1.0.20261020. Expected: (-0.5) ** 3 is -0.125. Seen: 2.4e38, and a GELU written so lets negative numbers through. So
x * x * x, and compare a layer that is fed negative numbers.
END
