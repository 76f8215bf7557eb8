#!/usr/bin/env bash
# pnnx 20261020 (ncnn's converter) with ncnn 1.0.20261020: of an ONNX network of opset 18 a mean along one axis is not
# taken: "where to look", the map's mean over its channels, is the map itself, and every channel looks elsewhere.
#
# Expected: a mean over the channels, as in ONNX Runtime, as from the same network at opset 17, and as the .pnnx.param
#   says that pnnx writes itself (torch.mean … dim=1).
# Seen: from opset 18 on (ReduceSum: 13) the axes of a reduction are an input. Where it has one number only, pnnx makes
#   a number of it, no list of one; what writes ncnn's file asks for a list and gets an empty one (-23303=0), and ncnn's
#   Reduction gives back what it was given. Two axes are right, so that pooling by mean((2, 3)) is. Multiplied with the
#   map, as spatial attention does, the shape fits and nothing is said; so it does where a map is divided by its sum or
#   its length (softmax or normalize by hand). PyTorch 2.15 exports at opset 20 unless told otherwise.
# So: export at opset 12 for ReduceSum, 17 for the others, or give pnnx TorchScript; look for -23303=0 in the .param;
#   compare the answers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pnnx==20261020 ncnn==1.0.20261020 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 \
  typing_extensions==4.16.0 onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

cd "$folder"
cat >attention.py <<'END'
import importlib.util
import pathlib
import subprocess

import ncnn
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
normal = lambda *shape: random.normal(0, 1, shape).astype(np.float32)
# The program itself: the package around it would want the whole of PyTorch.
PNNX = pathlib.Path(importlib.util.find_spec("pnnx").submodule_search_locations[0]) / "pnnx"
SHAPE = (1, 4, 12, 12)
face, kernel = normal(*SHAPE), normal(8, 4, 3, 3)


def network(kind, axes, after, opset):
    nodes = [helper.make_node("Conv", ["face", "kernel"], ["map"], pads=[1, 1, 1, 1])]
    constants = [numpy_helper.from_array(kernel, "kernel")]
    if opset >= 18 or (opset >= 13 and kind == "ReduceSum"):
        nodes.append(helper.make_node(kind, ["map", "axes"], ["reduced"], keepdims=1))
        constants.append(numpy_helper.from_array(np.array(axes), "axes"))
    else:
        nodes.append(helper.make_node(kind, ["map"], ["reduced"], keepdims=1, axes=axes))
    nodes += [helper.make_node(name, inputs.split(), [output]) for name, inputs, output in after]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value("face", SHAPE)], [value("answer", (1, 8, 12, 12))], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def onnx_runtime(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"face": face})[0]


def by_ncnn(model):
    """The answer, and the lines of the two files that tell of the reduction."""
    onnx.save(model, "net.onnx")
    subprocess.run([PNNX, "net.onnx", "fp16=0", "inputshape=[1,4,12,12]f32"], check=True, capture_output=True)
    lines = [line for name in ("net.pnnx.param", "net.ncnn.param") for line in open(name)
             if line.startswith(("torch.", "Reduction"))]
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param("net.ncnn.param")
    net.load_model("net.ncnn.bin")
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(face[0]).clone())
    return np.array(extractor.extract("out0")[1])[None], [" ".join(line.split()[4:]) for line in lines]


ATTENTION = [("Sigmoid", "reduced", "look"), ("Mul", "map look", "answer")]
DIVIDED = [("Div", "map reduced", "answer")]
for title, kind, axes, after, opset, right in (
        ("attention, opset 17", "ReduceMean", [1], ATTENTION, 17, True),
        ("attention, opset 18", "ReduceMean", [1], ATTENTION, 18, False),
        ("attention, opset 20", "ReduceMean", [1], ATTENTION, 20, False),
        ("attention along the rows, opset 18", "ReduceMean", [3], ATTENTION, 18, False),
        ("attention by two axes, opset 18", "ReduceMean", [2, 3], ATTENTION, 18, True),
        ("divided by length, opset 17", "ReduceL2", [1], DIVIDED, 17, True),
        ("divided by length, opset 18", "ReduceL2", [1], DIVIDED, 18, False),
        ("attention by sum, opset 12", "ReduceSum", [1], ATTENTION, 12, True),
        ("attention by sum, opset 13", "ReduceSum", [1], ATTENTION, 13, False)):
    model = network(kind, axes, after, opset)
    truth = onnx_runtime(model)
    answer, lines = by_ncnn(model)
    assert answer.shape == truth.shape, title
    alike = np.allclose(answer, truth, rtol=1e-3, atol=1e-3)
    correlation = np.corrcoef(answer.ravel(), truth.ravel())[0, 1]
    print(f"{title:36} {'right' if alike else 'WRONG'}, correlation with ONNX Runtime {correlation:5.2f}; {lines[-1]}")
    assert alike == right and ("-23303=0" in lines[-1].split()) == (not right), title
    if not right:
        assert any(f"dim={axes[0]} " in line + " " for line in lines), "pnnx's own file says something else"
        # What comes out if the reduction gives back the map.
        mapped = helper.make_model(onnx.helper.make_graph(
            [model.graph.node[0], helper.make_node("Abs" if kind == "ReduceL2" else "Identity", ["map"], ["reduced"]),
             *model.graph.node[2:]], "net", model.graph.input, model.graph.output, model.graph.initializer[:1]),
            opset_imports=model.opset_import, ir_version=8)
        assert np.allclose(answer, onnx_runtime(mapped), rtol=1e-3, atol=1e-3), f"{title}: wrong in another way"
END
venv/bin/python attention.py
cat <<'END'
pnnx 20261020, ncnn 1.0.20261020. Expected: a mean over the channels. Seen: at opset 18 the map itself. So export at opset
17 (12 where there is a ReduceSum), look for -23303=0 in the .param, and compare the answers.
END
