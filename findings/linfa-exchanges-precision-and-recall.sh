#!/usr/bin/env bash
# linfa 0.8.1 (Rust): precision() is the recall and recall() the precision, where the true looks come as an array; where
# they come as a dataset they are right.
#
# Expected: precision is the share of right answers among the faces called disgusted, recall the share of the disgusted
#   faces that were found, by the call in the documentation's own example: prediction.confusion_matrix(&truth). And
#   "rows correspond to target and columns to predicted", as the documentation says.
# Seen: the rows are the predictions, and both scores are calculated as if they were the truth. A network that calls 5
#   of 20 disgusted faces disgusted and no other face has "precision 0.25, recall 1.00". So do split_one_vs_all(), and
#   with it the macro averages over seven looks; f_score(2) is F 0.5. Between two datasets it is the same. With an array
#   of predictions against a dataset, as in the crates' examples, the two are exchanged on the way once more, and all is
#   right: the same faces have two different precisions. Accuracy, F1 of two classes and MCC do not show it.
# So: keep the truth in a dataset (DatasetBase::new) and the predictions in an array; in a test a class that is found
#   seldom and never falsely.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.87 or newer: apt-get install cargo, or rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.87.0 "$version" | sort -V | head -n 1) == 1.87.0 ]] ||
  { echo "Needs cargo 1.87 or newer, not $version: newer than Debian 12's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "looks"
version = "0.0.0"
edition = "2021"
[dependencies]
linfa = "=0.8.1"
ndarray = "=0.16.1"
END
cat >src/main.rs <<'END'
use linfa::dataset::DatasetBase;
use linfa::prelude::*;
use ndarray::{Array1, Array2};

/// (true look, predicted look, faces)
fn faces(counts: &[(usize, usize, usize)]) -> (Array1<usize>, Array1<usize>) {
    let all = counts.iter().flat_map(|&(truth, answer, n)| vec![(truth, answer); n]).collect::<Vec<_>>();
    (all.iter().map(|face| face.0).collect(), all.iter().map(|face| face.1).collect())
}

fn by_hand(truth: &Array1<usize>, answers: &Array1<usize>, look: usize) -> (f32, f32) {
    let right = truth.iter().zip(answers).filter(|&(a, b)| *a == look && *b == look).count() as f32;
    let count = |looks: &Array1<usize>| looks.iter().filter(|&&other| other == look).count() as f32;
    (right / count(answers), right / count(truth))
}

fn same(a: (f32, f32), b: (f32, f32)) -> bool {
    (a.0 - b.0).abs() < 1e-5 && (a.1 - b.1).abs() < 1e-5
}

fn line(what: &str, scores: (f32, f32)) {
    println!("{what:44} precision {:.2}, recall {:.2}", scores.0, scores.1);
}

fn main() {
    let mut as_described = true;
    let mut check = |holds: bool| as_described &= holds;

    println!("Disgusted (1) or not (0): 5 of 20 found, none called so falsely");
    let (truth, answers) = faces(&[(1, 1, 5), (1, 0, 15), (0, 0, 980)]);
    let hand = by_hand(&truth, &answers, 1);
    let matrix = answers.confusion_matrix(&truth).unwrap();
    let arrays = (matrix.precision(), matrix.recall());
    let table = |targets: &Array1<usize>| DatasetBase::new(Array2::<f32>::zeros((targets.len(), 1)), targets.clone());
    let dataset = answers.confusion_matrix(&table(&truth)).unwrap();
    let datasets = table(&answers).confusion_matrix(&table(&truth)).unwrap();
    line("by hand", hand);
    line("array against array", arrays);
    line("dataset against dataset", (datasets.precision(), datasets.recall()));
    line("array against dataset", (dataset.precision(), dataset.recall()));
    println!("array against array, rows said to be the truth:{matrix:?}");
    println!("array against dataset:{dataset:?}");
    check(same(hand, (1.0, 0.25)) && same(arrays, (hand.1, hand.0)));
    check(same((datasets.precision(), datasets.recall()), arrays));
    check(same((dataset.precision(), dataset.recall()), hand));
    let f = |beta: f32| (1.0 + beta * beta) * hand.0 * hand.1 / (beta * beta * hand.0 + hand.1);
    println!("F2 {:.3}; by hand {:.3}, and F0.5 is {:.3}", matrix.f_score(2.0), f(2.0), f(0.5));
    check((matrix.f_score(2.0) - f(0.5)).abs() < 1e-5 && (matrix.f1_score() - f(1.0)).abs() < 1e-5);

    println!("\nThree looks");
    let (truth, answers) = faces(&[(0, 0, 90), (0, 1, 10), (1, 1, 50), (1, 0, 50), (2, 2, 10), (2, 0, 70), (2, 1, 20)]);
    let matrix = answers.confusion_matrix(&truth).unwrap();
    let mut mean = (0.0, 0.0);
    for (look, one) in matrix.split_one_vs_all().iter().enumerate() {
        let hand = by_hand(&truth, &answers, look);
        line(&format!("look {look} by hand"), hand);
        line(&format!("look {look} by split_one_vs_all"), (one.precision(), one.recall()));
        check(same((one.precision(), one.recall()), (hand.1, hand.0)));
        mean = (mean.0 + hand.0 / 3.0, mean.1 + hand.1 / 3.0);
    }
    line("mean by hand", mean);
    line("mean", (matrix.precision(), matrix.recall()));
    check(same((matrix.precision(), matrix.recall()), (mean.1, mean.0)));
    println!("{}", if as_described { "as described" } else { "changed" });
    std::process::exit(!as_described as i32);
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
linfa 0.8.1. Expected: precision() and recall() mean what they say. Seen: array against array each is the other; array
against dataset they are right. So the truth in a dataset, and a lopsided class in a test.
END
