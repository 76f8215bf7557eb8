#!/usr/bin/env bash
# linfa 0.8.1 (Rust): faces whose score is exactly 0 make the area under the ROC curve too small: of one ranking it is
# 0.59 or 0.78, by whether the lowest score is 0.00 or 0.01.
#
# Expected: the area goes by the order of the scores alone: it is the share of pairs of a disgusted and another face
#   that are ranked rightly, a tie counting half. So it is by hand and in smartcore 0.7.0 (Rust).
# Seen: the curve gets a point whenever the score changes, and "the score before the first face" is 0. Where the lowest
#   score is 0 the curve begins behind those faces, not at (0, 0), and the triangle under them is left out: half the
#   product of their shares among the disgusted and the others. Scores of a forest, or probabilities rounded to two
#   digits as in many an API and CSV, are 0 for most faces in a rare look: with two digits 0.68 for 0.74, with one 0.41
#   for 0.67, which is worse than chance. Nothing is said; only the first point of get_curve() shows it.
# So: score.max(1e-6) before roc(), or another library's area; in a test a ranking whose lowest score is 0 and 0.01.
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
smartcore = "=0.7.0"
END
cat >src/main.rs <<'END'
use linfa::dataset::Pr;
use linfa::prelude::*;
use ndarray::Array1;

/// The share of pairs of a disgusted and another face that are ranked rightly; a tie is half.
fn by_hand(scores: &[f32], disgusted: &[bool]) -> f32 {
    let (mut right, mut pairs) = (0.0, 0.0);
    for (a, _) in scores.iter().zip(disgusted).filter(|face| *face.1) {
        for (b, _) in scores.iter().zip(disgusted).filter(|face| !*face.1) {
            right += if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
            pairs += 1.0;
        }
    }
    right / pairs
}

/// linfa's area, the one by hand, smartcore's, and where linfa's curve begins.
fn areas(what: &str, scores: &[f32], disgusted: &[bool]) -> (f32, f32) {
    let curve = scores.iter().map(|&score| Pr::new(score)).collect::<Array1<Pr>>().roc(disgusted).unwrap();
    let truth = disgusted.iter().map(|&face| face as u8 as f32).collect::<Vec<f32>>();
    let smartcore = smartcore::metrics::roc_auc_score(&truth, &scores.to_vec()) as f32;
    let (area, hand, begin) = (curve.area_under_curve(), by_hand(scores, disgusted), curve.get_curve()[0]);
    println!("{what:38} linfa {area:.3}, by hand {hand:.3}, smartcore {smartcore:.3}; begins at ({:.2}, {:.2})",
             begin.0, begin.1);
    assert!((smartcore - hand).abs() < 1e-4, "the controls differ");
    (area, hand)
}

fn main() {
    // Ten disgusted faces, four of which were not seen at all; of a hundred others five have a higher score than 0.
    let mut disgusted = vec![true; 10];
    disgusted.resize(110, false);
    let scores = |lowest: f32| -> Vec<f32> {
        let mut all = vec![lowest; 4];
        all.extend([0.2, 0.3, 0.5, 0.6, 0.7, 0.9]);
        all.extend([0.1, 0.15, 0.25, 0.4, 0.8]);
        all.resize(110, lowest);
        all
    };
    let without = areas("the lowest score is 0.01", &scores(0.01), &disgusted);
    let with = areas("the lowest score is 0.00", &scores(0.0), &disgusted);
    let mut as_described = (without.0 - without.1).abs() < 1e-4 && with.1 == without.1;
    as_described &= (with.0 - (with.1 - 0.4 * 0.95 / 2.0)).abs() < 1e-4;

    // The same probabilities as they are and as an API gives them.
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut truth = Vec::new();
    let mut scores = Vec::new();
    for face in 0..2000 {
        truth.push(face % 20 == 0);
        scores.push((8.0 * random() - if face % 20 == 0 { 7.0 } else { 10.0 }).exp().min(1.0));
    }
    for digits in [7, 4, 3, 2, 1] {
        let step = 10f32.powi(digits);
        let rounded = scores.iter().map(|score| (score * step).round() / step).collect::<Vec<f32>>();
        let (area, hand) = areas(&format!("2000 faces, {digits} digits"), &rounded, &truth);
        let zeros = |look: bool| {
            let faces = rounded.iter().zip(&truth).filter(|face| *face.1 == look).collect::<Vec<_>>();
            faces.iter().filter(|face| *face.0 == 0.0).count() as f32 / faces.len() as f32
        };
        as_described &= (area - (hand - zeros(true) * zeros(false) / 2.0)).abs() < 1e-3;
    }
    println!("{}", if as_described { "as described" } else { "changed" });
    std::process::exit(!as_described as i32);
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
linfa 0.8.1. Expected: the area under the ROC curve goes by the order of the scores. Seen: faces of score 0 are left
out of it. So no score of exactly 0.
END
