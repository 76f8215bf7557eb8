#!/usr/bin/env bash
# rten 0.27.0 (Rust): NonMaxSuppression over a batch of photos lets a face of the first photo suppress the face at the
# same place in the second; it also suppresses across classes, and its overlap is no intersection over union.
#
# Expected: by ONNX, boxes are suppressed within a photo and a class, by intersection over union, as in ONNX Runtime
#   and in ONNX's reference.
# Seen: rten keeps one list for all photos and all classes. Of two photos with a face at the same place, portraits are
#   such photos, the surer face is kept and the other photo has none. A box has only its best class, so that a mask, a
#   pair of glasses or a hand in front of a face hides the face or is hidden by it. And it divides the intersection by
#   the area of the box around both boxes, which is larger than their union unless they lie in a row: a face found
#   twice, shifted sideways and up, stays two faces. The limit of boxes per class counts over all photos too. One photo
#   with faces far from each other is right, and that is what a test has. (src/ops/non_max_suppression.rs compares
#   neither batch_index nor class; a note there leaves open whether classes should be.)
# So: leave the suppression out of the network and do it per photo and class in Rust, or one photo at a time with one
#   class; a test with the same photo twice in a batch.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.94 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.94.0 "$version" | sort -V | head -n 1) == 1.94.0 ]] ||
  { echo "Needs cargo 1.94 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
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

/// Runs suppress.onnx on each line of standard input: photos, classes, boxes per photo, boxes, scores. Prints the rows.
fn main() {
    let model = Model::load_file("suppress.onnx").unwrap();
    for line in std::io::stdin().lines() {
        let numbers: Vec<f32> = line.unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect();
        let [photos, classes, count] = [0, 1, 2].map(|i| numbers[i] as usize);
        let (boxes, scores) = numbers[3..].split_at(photos * count * 4);
        let boxes: Tensor<f32> = Tensor::from_data(&[photos, count, 4], boxes.to_vec());
        let scores: Tensor<f32> = Tensor::from_data(&[photos, classes, count], scores.to_vec());
        let inputs: Vec<(_, ValueOrView)> = vec![
            (model.node_id("boxes").unwrap(), boxes.into()),
            (model.node_id("scores").unwrap(), scores.into()),
        ];
        let [rows] = model.run_n(inputs, [model.node_id("kept").unwrap()], None).unwrap();
        let rows: Tensor<i32> = rows.try_into().unwrap();
        println!("{}", rows.iter().map(|number| number.to_string()).collect::<Vec<_>>().join(" "));
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

value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
graph = helper.make_graph(
    [helper.make_node("NonMaxSuppression", ["boxes", "scores", "limit", "overlap", "score"], ["kept"])], "net",
    [value("boxes", TensorProto.FLOAT, ["photos", "count", 4]),
     value("scores", TensorProto.FLOAT, ["photos", "classes", "count"])],
    [value("kept", TensorProto.INT64, ["kept", 3])],
    [numpy_helper.from_array(np.array([10], np.int64), "limit"),
     numpy_helper.from_array(np.array([0.5], np.float32), "overlap"),
     numpy_helper.from_array(np.array([0.3], np.float32), "score")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, "suppress.onnx")
session = onnxruntime.InferenceSession("suppress.onnx", providers=["CPUExecutionProvider"])
reference = ReferenceEvaluator(model)

FACE, FAR = [100, 100, 200, 200], [100, 500, 220, 620]  # top, left, bottom, right
MASK = [130, 95, 205, 205]
SHIFTED, ROW = [118, 118, 218, 218], [100, 133, 200, 233]  # both overlap FACE by 0.5
for title, boxes, scores, expected in (
        ("one photo, two faces apart", [[FACE, FAR]], [[[0.9, 0.8]]], "0 0 0, 0 0 1"),
        ("two photos, a face at the same place", [[FACE], [FACE]], [[[0.9]], [[0.8]]], "0 0 0"),
        ("  the other way round", [[FACE], [FACE]], [[[0.8]], [[0.9]]], "1 0 0"),
        ("  and a face elsewhere in the second", [[FACE, FAR], [FACE, FAR]],
         [[[0.9, 0.1]], [[0.8, 0.7]]], "0 0 0, 1 0 1"),
        ("two classes: a face and its mask", [[FACE, MASK]], [[[0.8, 0.1], [0.1, 0.9]]], "0 1 1"),
        ("one box, a face and happy", [[FACE]], [[[0.9], [0.8]]], "0 0 0"),
        ("a face twice, shifted by 18 both ways", [[FACE, SHIFTED]], [[[0.9, 0.8]]], "0 0 0, 0 0 1"),
        ("a face twice, shifted sideways", [[FACE, ROW]], [[[0.9, 0.8]]], "0 0 0")):
    boxes, scores = np.array(boxes, np.float32), np.array(scores, np.float32)
    say = lambda rows: ", ".join(" ".join(str(number) for number in row) for row in sorted(map(tuple, rows)))
    inputs = {"boxes": boxes, "scores": scores}
    right = say(session.run(None, inputs)[0].tolist())
    assert right == say(reference.run(None, inputs)[0].tolist()), title
    numbers = [len(boxes), scores.shape[1], boxes.shape[1], *boxes.ravel().tolist(), *scores.ravel().tolist()]
    rows = subprocess.run(["target/release/looks"], input=" ".join(map(str, numbers)) + "\n", text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    seen = say(np.array(rows.split(), int).reshape(-1, 3).tolist())
    print(f"{title + ':':40} rten {seen + ';':14} ONNX Runtime {right}")
    assert seen == expected, title
    assert (seen == right) == (title.endswith("apart") or title.endswith("sideways")), title
END
cat <<'END'
Rows are photo, class, box. rten 0.27.0. Expected: suppression within a photo and a class. Seen: over the whole batch.
So suppress per photo and class outside the network.
END
