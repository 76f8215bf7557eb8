#!/usr/bin/env bash
# candle-onnx 0.11.1 (Rust): ReLU6 of a network of opset 10 or older does nothing; a mean over the map of one of opset
# 18 or newer goes over all faces and channels of the batch.
#
# Expected: an operator is what the network's opset says, or the network is refused.
# Seen: candle knows one form of each operator and passes over what it does not look for. Until opset 10 the bounds of
#   Clip are attributes, later inputs: candle looks for inputs, finds none and clips nothing, so that a MobileNet of
#   that time has no activation and is one large linear function. ReduceMean's axes are inputs since opset 18: without
#   the attribute candle takes the mean of everything, with the right number of dimensions, so that it goes on: in a
#   normalisation or a gate each face gets the mean of all. ReduceSum, Squeeze and Split with unequal parts are hit up
#   to opset 12; from 13 to 17 all is right. Nothing is said. (src/eval.rs; a note there tells it of ReduceMean only,
#   the documentation of none.)
# So: bring networks to opset 13 to 17 by onnx's version_converter before candle gets them (and compare numbers: it has
#   a finding of its own); ask with two faces in a batch, and with numbers from another runtime.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.89 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.89.0 "$version" | sort -V | head -n 1) == 1.89.0 ]] ||
  { echo "Needs cargo 1.89 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 \
  grpcio-tools==1.85.1 grpcio==1.85.3 setuptools==65.5.0
printf '#!/bin/sh\nexec "%s" -m grpc_tools.protoc "$@"\n' "$folder/venv/bin/python" >protoc  # candle's build needs it
chmod +x protoc
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "looks"
version = "0.0.0"
edition = "2021"
[dependencies]
candle-core = "=0.11.1"
candle-onnx = "=0.11.1"
END
cat >src/main.rs <<'END'
use candle_core::{DType, Device, Result, Tensor};
use std::collections::HashMap;

/// Runs net.onnx on each line of standard input: the name of the network, dimensions, "|" and numbers. Prints likewise.
fn answer(line: &str) -> Result<String> {
    let (before, numbers) = line.split_once('|').unwrap();
    let (name, shape) = before.split_once(' ').unwrap();
    let shape: Vec<usize> = shape.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let numbers: Vec<f32> = numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let model = candle_onnx::read_file(name)?;
    let inputs = HashMap::from([("face".to_string(), Tensor::from_vec(numbers, shape, &Device::Cpu)?)]);
    let outputs = candle_onnx::simple_eval(&model, inputs)?;
    let output = &outputs["answer"];
    let join = |numbers: Vec<String>| numbers.join(" ");
    Ok(format!(
        "{}|{}",
        join(output.dims().iter().map(|number| number.to_string()).collect()),
        join(output.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?.iter().map(|x| x.to_string()).collect())
    ))
}

fn main() {
    for line in std::io::stdin().lines() {
        println!("{}", answer(&line.unwrap()).unwrap());
    }
}
END
PROTOC=$folder/protoc cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 ||
  { cat log.txt >&2; exit 1; }
venv/bin/python - <<'END'
import subprocess

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
normal = lambda *shape: random.normal(0, 1, shape).astype(np.float32)
whole = lambda *numbers: np.array(numbers, np.int64)


def network(opset, nodes, shape, **constants):
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value("face", shape)], [value("answer", None)],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return model


def both(model, faces):
    onnx.save(model, "net.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    truth = onnxruntime.InferenceSession("net.onnx", options, providers=["CPUExecutionProvider"]).run(
        None, {"face": faces})[0]
    line = "net.onnx " + " ".join(map(str, faces.shape)) + "|" + " ".join(map(str, faces.ravel().tolist())) + "\n"
    said = subprocess.run(["target/release/looks"], input=line, text=True, check=True, stdout=subprocess.PIPE).stdout
    shape, numbers = said.strip().split("|")
    return truth, np.array(numbers.split(), np.float32).reshape([int(number) for number in shape.split()])


node = helper.make_node
few = lambda numbers: f"{numbers.shape} " + " ".join(f"{number:.2f}" for number in numbers.ravel()[:4])
clip = lambda opset: ([node("Clip", ["face"], ["answer"], min=0.0, max=6.0)], {}) if opset < 11 else (
    [node("Clip", ["face", "low", "high"], ["answer"])], {"low": np.float32(0), "high": np.float32(6)})
reduce = lambda kind, changed: lambda opset: (
    ([node(kind, ["face"], ["answer"], axes=[2, 3])], {}) if opset < changed else
    ([node(kind, ["face", "axes"], ["answer"])], {"axes": whole(2, 3)}))
squeeze = lambda opset: ([node("Squeeze", ["face"], ["answer"], axes=[3])], {}) if opset < 13 else (
    [node("Squeeze", ["face", "axes"], ["answer"])], {"axes": whole(3)})
split = lambda opset: ([node("Split", ["face"], ["answer", "rest"], axis=1, split=[3, 1])], {}) if opset < 13 else (
    [node("Split", ["face", "parts"], ["answer", "rest"], axis=1)], {"parts": whole(3, 1)})
print("operator     opset  candle                                  ONNX Runtime")
for title, make, shape, wrong in (("Clip 0…6", clip, (2, 4, 5, 5), (9, 10)),
                                  ("ReduceMean", reduce("ReduceMean", 18), (2, 4, 5, 5), (18, 20)),
                                  ("ReduceSum", reduce("ReduceSum", 13), (2, 4, 5, 5), (9, 10, 11, 12)),
                                  ("Squeeze", squeeze, (2, 1, 5, 1), (9, 10, 11, 12)),
                                  ("Split 3 + 1", split, (2, 4, 5, 5), (9, 10, 11, 12))):
    faces = 4 * normal(*shape)
    for opset in (9, 10, 11, 12, 13, 17, 18, 20):
        nodes, constants = make(opset)
        truth, said = both(network(opset, nodes, shape, **constants), faces)
        right = truth.shape == said.shape and np.allclose(truth, said, rtol=1e-4, atol=1e-4)
        print(f"{title:12} {opset:5}  {few(said):38}  {'the same' if right else few(truth)}")
        assert right == (opset not in wrong), (title, opset)

# A small network with ReLU6, and one with a gate, of two times.
faces, constants = 2 * normal(40, 1, 12, 12), {
    "first": normal(16, 1, 3, 3), "second": normal(16, 16, 3, 3), "third": normal(7, 16 * 64) / 8, "none": normal(7),
    "gate": normal(16, 16, 1, 1) / 2}


def relu6(opset):
    act = lambda *names: node("Clip", [*names[:1]], [names[1]], min=0.0, max=6.0) if opset < 11 else node(
        "Clip", [names[0], "low", "high"], [names[1]])
    bounds = {} if opset < 11 else {"low": np.float32(0), "high": np.float32(6)}
    return network(opset, [
        node("Conv", ["face", "first"], ["a"]), act("a", "b"), node("Conv", ["b", "second"], ["c"]), act("c", "d"),
        node("Flatten", ["d"], ["e"]), node("Gemm", ["e", "third", "none"], ["answer"], transB=1)], faces.shape,
        **{name: array for name, array in constants.items() if name != "gate"}, **bounds)


def gated(opset):
    mean = node("ReduceMean", ["d"], ["m"], axes=[2, 3]) if opset < 18 else node("ReduceMean", ["d", "axes"], ["m"])
    nodes = [node("Conv", ["face", "first"], ["a"]), node("Relu", ["a"], ["b"]),
             node("Conv", ["b", "second"], ["c"]), node("Relu", ["c"], ["d"]), mean,
             node("Sub", ["d", "m"], ["n"]),
             node("Flatten", ["n"], ["e"]), node("Gemm", ["e", "third", "none"], ["answer"], transB=1)]
    return network(opset, nodes, faces.shape, **{name: array for name, array in constants.items() if name != "gate"},
                   **({} if opset < 18 else {"axes": whole(2, 3)}))


for title, make, older, newer, wrong in (("ReLU6", relu6, 10, 11, 10), ("map minus its mean", gated, 17, 18, 18)):
    for opset in (older, newer):
        truth, said = both(make(opset), faces)
        assert truth.shape == said.shape == (40, 7)
        same = int(np.sum(truth.argmax(1) == said.argmax(1)))
        print(f"network with {title}, opset {opset}: {same} of 40 faces have the look that ONNX Runtime gives them")
        assert (same < 30) if opset == wrong else (same == 40 and np.allclose(truth, said, rtol=1e-3, atol=1e-3))
END
cat <<'END'
candle-onnx 0.11.1. Expected: operators as the opset says. Seen: Clip before opset 11 clips nothing, ReduceMean from 18
on takes the mean of all. So bring networks to opset 13 to 17 first.
END
