#!/usr/bin/env bash
# rten 0.27.0 (Rust): MatMul of a batch by a vector keeps an axis of size 1 as soon as there are two photos: pooled by
# attention, each photo's weights are all 1, and the answer is a sum over its faces; of one photo it is right.
#
# Expected: a batch of photos x faces x features times a vector of features gives photos x faces, as numpy.matmul and
#   ONNX say, for any number of photos.
# Seen: of one photo it does. Of two or more it gives photos x faces x 1, in silence. A network that weighs the faces of
#   a photo (or the frames of a face) by a learnt vector, softmax(tanh(h) @ v), then takes its softmax over the axis of
#   size 1: each weight is 1, whatever the face, and the mean becomes a sum, in which a blurred face counts as much as a
#   sharp one. A batch of one, which a test has, is right. (src/ops/matmul.rs: for a batch by one matrix it flattens the
#   batch and returns early with the matrix's shape; the axis that was added to the vector is taken out at the end only.)
# So: a weight of features x 1 and Squeeze in the network, which is right; two photos in a batch, compared with another
#   runtime, in a test.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.94 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.94.0 "$version" | sort -V | head -n 1) == 1.94.0 ]] ||
  { echo "Needs cargo 1.94 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "looks"
version = "0.0.0"
edition = "2024"
[dependencies]
rten = "=0.27.0"
rten-tensor = "=0.27.0"
END
cat >src/main.rs <<'END'
use rten::{Model, ValueOrView};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

/// Runs a network on each line of standard input: its file, photos, faces, features, numbers. Prints shape | numbers.
fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let model = Model::load_file(words[0]).unwrap();
        let shape: Vec<usize> = words[1..4].iter().map(|word| word.parse().unwrap()).collect();
        let faces: Vec<f32> = words[4..].iter().map(|word| word.parse().unwrap()).collect();
        let faces: Tensor<f32> = Tensor::from_data(&shape, faces);
        let inputs: Vec<(_, ValueOrView)> = vec![(model.node_id("faces").unwrap(), faces.into())];
        let [answer] = model.run_n(inputs, [model.node_id("answer").unwrap()], None).unwrap();
        let answer: Tensor<f32> = answer.try_into().unwrap();
        let shape: Vec<String> = answer.shape().iter().map(|size| size.to_string()).collect();
        let numbers: Vec<String> = answer.iter().map(|number| number.to_string()).collect();
        println!("{}|{}", shape.join(" "), numbers.join(" "));
    }
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
venv/bin/python - <<'END'
import subprocess

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

onnxruntime.set_default_logger_severity(3)
random = np.random.default_rng(5)
FEATURES = 8
v = random.normal(size=FEATURES).astype(np.float32) * 2
w = random.normal(size=(FEATURES, 7)).astype(np.float32)  # features to seven looks


def network(name, column):
    """A photo's looks: its faces' features, weighed by softmax(tanh(faces) @ v). column: v as a matrix, and Squeeze."""
    node = helper.make_node
    score = ([node("MatMul", ["tanh", "v"], ["scores3"]), node("Squeeze", ["scores3", "last"], ["scores"])] if column
             else [node("MatMul", ["tanh", "v"], ["scores"])])
    pooled = {"scores.onnx": [], "weights.onnx": [node("Softmax", ["scores"], ["weights"], axis=-1)]}.get(name, [
        node("Softmax", ["scores"], ["weights"], axis=-1), node("Reshape", ["weights", "row"], ["rows"]),
        node("MatMul", ["rows", "faces"], ["pooled"]), node("Squeeze", ["pooled", "middle"], ["photo"]),
        node("MatMul", ["photo", "w"], ["logits"])])
    last = {"scores.onnx": "scores", "weights.onnx": "weights"}.get(name, "logits")
    graph = helper.make_graph(
        [node("Tanh", ["faces"], ["tanh"]), *score, *pooled, node("Identity", [last], ["answer"])], "net",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["photos", "count", FEATURES])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["photos", "each"])],
        [numpy_helper.from_array(v[:, None] if column else v, "v"), numpy_helper.from_array(w, "w"),
         numpy_helper.from_array(np.array([-1]), "last"), numpy_helper.from_array(np.array([1]), "middle"),
         numpy_helper.from_array(np.array([0, 1, -1]), "row")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, name)
    return model


def rten(name, faces):
    line = " ".join([name, *map(str, faces.shape), *map(str, faces.ravel().tolist())])
    out = subprocess.run(["target/release/looks"], input=line + "\n", text=True, check=True, stdout=subprocess.PIPE).stdout
    shape, numbers = out.split("|")
    return np.array(numbers.split(), np.float32).reshape([int(size) for size in shape.split()])


two = random.normal(size=(2, 3, FEATURES)).astype(np.float32)
for column in (False, True):
    print("v as a matrix of one column, and Squeeze:" if column else "v as a vector:")
    for name in ("scores.onnx", "weights.onnx", "looks.onnx"):
        model = network(name, column)
        session = onnxruntime.InferenceSession(name, providers=["CPUExecutionProvider"])
        for faces in (two[:1], two[1:], two):
            right = session.run(None, {"faces": faces})[0]
            assert np.allclose(right, ReferenceEvaluator(model).run(None, {"faces": faces})[0], atol=1e-4), name
            seen = rten(name, faces)
            same = seen.shape == right.shape and np.allclose(seen, right, atol=1e-4)
            detail = ""
            if name == "weights.onnx":
                detail = f", a photo's weights add up to {np.ravel(seen.reshape(len(faces), -1).sum(1)).round(3).tolist()}"
            if name == "looks.onnx":
                detail = f", looks {seen.argmax(-1).ravel().tolist()} (right: {right.argmax(-1).tolist()})"
            print(f"  {len(faces)} photo(s), {name:13} shape {str(seen.shape):10} "
                  f"{'as ONNX Runtime' if same else 'ONNX Runtime: ' + str(right.shape)}{detail}")
            assert same == (column or len(faces) == 1), "changed"
            if not same and name == "weights.onnx":
                assert (seen == 1).all() and np.allclose(right.sum(1), 1), "changed"
            if not same and name == "looks.onnx":
                assert np.allclose(seen, faces.sum(1) @ w, atol=1e-4), "changed: no sum over the faces"
                assert not np.array_equal(seen.argmax(-1), right.argmax(-1)), "the example has changed"
END
cat <<'END'
rten 0.27.0. Expected: photos x faces. Seen: photos x faces x 1, from two photos on, so that softmax gives each face the
weight 1. So v as a matrix and Squeeze; two photos in a batch in a test.
END
