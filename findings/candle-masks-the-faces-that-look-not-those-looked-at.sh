#!/usr/bin/env bash
# candle-onnx 0.11.1 (Rust): Unsqueeze with two axes puts one of them in the wrong place: a mask over the keys of an
# attention becomes a mask over its queries, as soon as the network was simplified.
#
# Expected: Unsqueeze by axes 1 and 2 makes B x 1 x 1 x N of B x N; simplified by onnxsim a network says the same.
# Seen: axes are places in the finished shape; candle inserts them from the last to the first, which counts each by a
#   shape that is not finished, and makes B x 1 x N x 1. (Two negative axes are wrong too, and axes beyond the rank
#   are refused.) Exporters write mask[:, None, None, :] as two operators, which candle calculates rightly; onnxsim and
#   onnxoptimizer join them. An attention over the faces of a photo or of a film, filled up to a common length, has as
#   many queries as keys, so that every shape fits: the rows of what is missing are masked, which changes nothing in
#   them, and every real face looks at the filling. A batch without filling, and a single photo, are right. A vector by
#   axes 0 and 1, weights for seven columns, becomes weights for seven rows likewise. (src/eval.rs.)
# So: give candle the network as it was exported, or write Reshape for Unsqueeze; test with a batch that is filled up.
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
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 onnxsim==0.8.1 \
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
use candle_core::{Device, Result, Tensor};
use std::collections::HashMap;

/// Runs net.onnx on the inputs in standard input, a line each: its name and dimensions, "|", its numbers.
fn main() -> Result<()> {
    let mut inputs = HashMap::new();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (before, numbers) = line.split_once('|').unwrap();
        let (name, shape) = before.split_once(' ').unwrap();
        let shape: Vec<usize> = shape.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let numbers: Vec<f32> = numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
        inputs.insert(name.to_string(), Tensor::from_vec(numbers, shape, &Device::Cpu)?);
    }
    let outputs = candle_onnx::simple_eval(&candle_onnx::read_file("net.onnx")?, inputs)?;
    let join = |numbers: Vec<String>| numbers.join(" ");
    println!(
        "{}|{}",
        join(outputs["answer"].dims().iter().map(|number| number.to_string()).collect()),
        join(outputs["answer"].flatten_all()?.to_vec1::<f32>()?.iter().map(|x| x.to_string()).collect())
    );
    Ok(())
}
END
PROTOC=$folder/protoc cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 ||
  { cat log.txt >&2; exit 1; }
venv/bin/python - <<'END'
import subprocess

import numpy as np
import onnx
import onnxruntime
import onnxsim
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
normal = lambda *shape: random.normal(0, 1, shape).astype(np.float32)
node = helper.make_node


def network(nodes, inputs, output, **constants):
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value(name, array.shape) for name, array in inputs.items()],
                              [value("answer", output)],
                              [numpy_helper.from_array(np.array(array), name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def onnx_runtime(model, inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def candle(model, inputs):
    onnx.save(model, "net.onnx")
    lines = "".join(f"{name} {' '.join(map(str, array.shape))}|{' '.join(map(str, array.ravel().tolist()))}\n"
                    for name, array in inputs.items())
    said = subprocess.run(["target/release/looks"], input=lines, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    if said.returncode:
        return None
    shape, numbers = said.stdout.strip().split("|")
    return np.array(numbers.split(), np.float32).reshape([int(number) for number in shape.split()])


for before, axes, after, expected in (
        ((7,), [0], (1, 7), (1, 7)), ((2, 5), [1], (2, 1, 5), (2, 1, 5)), ((2, 5), [2], (2, 5, 1), (2, 5, 1)),
        ((2, 5), [-1], (2, 5, 1), (2, 5, 1)),
        ((7,), [0, 1], (1, 1, 7), (1, 7, 1)), ((2, 5), [1, 2], (2, 1, 1, 5), (2, 1, 5, 1)),
        ((2, 5), [0, 1], (1, 1, 2, 5), (1, 2, 1, 5)), ((2, 5), [-2, -1], (2, 5, 1, 1), (2, 1, 5, 1)),
        ((2, 5), [2, 3], (2, 5, 1, 1), None)):
    inputs = {"face": normal(*before)}
    model = network([node("Unsqueeze", ["face", "axes"], ["answer"])], inputs, after, axes=axes)
    said = candle(model, inputs)
    assert onnx_runtime(model, inputs).shape == after
    print(f"{before} by axes {str(axes) + ':':10} candle {str(said.shape if said is not None else 'refuses'):14} "
          f"ONNX {after}")
    assert (None if said is None else said.shape) == expected, (before, axes)

# Attention over up to eight faces of each of 200 photos; a mask says which are filling.
PHOTOS, FACES, WIDTH = 200, 8, 16


def attention():
    nodes = [node("MatMul", ["faces", kind], [kind[0]]) for kind in ("query", "key", "value")]
    nodes += [
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]), node("MatMul", ["q", "kt"], ["scores"]),
        node("Unsqueeze", ["scores", "at1"], ["heads"]),
        node("Sub", ["one", "mask"], ["missing"]), node("Mul", ["missing", "far"], ["away"]),
        node("Unsqueeze", ["away", "at1"], ["away1"]), node("Unsqueeze", ["away1", "at2"], ["away2"]),
        node("Add", ["heads", "away2"], ["masked"]), node("Softmax", ["masked"], ["weights"], axis=3),
        node("Squeeze", ["weights", "at1"], ["flat"]), node("MatMul", ["flat", "v"], ["seen"]),
        node("MatMul", ["seen", "looks"], ["answer"])]
    inputs = {"faces": np.empty((PHOTOS, FACES, WIDTH)), "mask": np.empty((PHOTOS, FACES))}
    square = lambda: normal(WIDTH, WIDTH) / 4
    return network(nodes, inputs, (PHOTOS, FACES, 7), query=square(), key=square(), value=square(),
                   looks=normal(WIDTH, 7), at1=[1], at2=[2], one=np.float32(1), far=np.float32(-1e4))


exported = attention()
simplified, agreed = onnxsim.simplify(exported)
assert agreed
count = lambda model: sum(one.op_type == "Unsqueeze" for one in model.graph.node)
assert (count(exported), count(simplified)) == (3, 2)
filled = np.arange(FACES) < random.integers(1, 6, (PHOTOS, 1))
black = normal(WIDTH)  # what the layers before make of an empty place
for title, mask in (("each photo filled up to eight", filled), ("eight faces in each photo", filled | True)):
    faces = np.where(mask[:, :, None], normal(PHOTOS, FACES, WIDTH), black)
    inputs = {"faces": faces, "mask": mask.astype(np.float32)}
    truth = onnx_runtime(exported, inputs)
    assert np.allclose(onnx_runtime(simplified, inputs), truth, atol=1e-3)
    for name, model in (("as exported", exported), ("simplified", simplified)):
        said = candle(model, inputs)
        assert said.shape == truth.shape
        share = np.mean(said.argmax(2)[mask] == truth.argmax(2)[mask])
        print(f"{title}, {name}: {share:.0%} of the real faces have the look that ONNX Runtime gives them")
        wrong = name == "simplified" and not mask.all()
        assert (share < 0.8) if wrong else np.allclose(said, truth, atol=1e-3), (title, name)
END
cat <<'END'
candle-onnx 0.11.1. Expected: axes as places in the finished shape. Seen: B x 1 x N x 1 for B x 1 x 1 x N. So give it
networks that were not simplified, and test with a batch that is filled up.
END
