#!/usr/bin/env bash
# smartcore 0.7.0 (Rust): KNNRegressor fitted with whole numbers (ages, ratings) predicts 0 for every face; with weights by
# distance it is right for the very faces it was fitted with, and 0 for every new one.
#
# Expected: the mean of the neighbours' ages, as with f64, at worst without its fraction.
# Seen: the type of y may be any Number, u8 and i32 among them, and nothing is refused. But each neighbour's share of the
#   answer, one third, is turned into that type before it is multiplied: 0. So every prediction is 0 as soon as k is above
#   1 (3 is the default), whatever the faces are. With KNNWeightFunction::Distance a face that was fitted has the whole
#   weight itself, the others none: looked at with the faces it knows the regressor is perfect, a face from the next
#   photo is 0 years old, of valence 0 or of intensity 0, which are answers. With f64, and for k of 1, all is right. So
#   is DecisionTreeRegressor of whole numbers, and RandomForestRegressor of i32. Of u8 the forest's trees are added up in
#   a byte before they are divided: of ten trees nobody is older than 25 (where the build checks, it stops instead).
#   (neighbors/knn_regressor.rs: TY::from_f64 of a weight below 1 in predict_for_row. fit()'s comment speaks of "real
#   values"; the type says Number, which smartcore's own list makes every integer. The sum: ensemble/base_forest.rs.)
# So: y as f64; in a test a new face between two neighbours of the same age.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.85 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.85.0 "$version" | sort -V | head -n 1) == 1.85.0 ]] ||
  { echo "Needs cargo 1.85 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "looks"
version = "0.0.0"
edition = "2024"
[dependencies]
smartcore = "=0.7.0"
END
cat >src/main.rs <<'END'
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::neighbors::KNNWeightFunction;
use smartcore::neighbors::knn_regressor::{KNNRegressor, KNNRegressorParameters};
use smartcore::numbers::basenum::Number;
use smartcore::tree::decision_tree_regressor::DecisionTreeRegressor;

type Faces = DenseMatrix<f64>;

/// The predictions for these faces, as f64, of a regressor that was fitted with ages of type T.
fn ages<T: Number>(known: &Faces, ages: &[f64], faces: &Faces, k: usize, weight: KNNWeightFunction) -> Vec<f64> {
    let ages: Vec<T> = ages.iter().map(|&age| T::from(age).unwrap()).collect();
    let parameters = KNNRegressorParameters::default().with_k(k).with_weight(weight);
    let regressor = KNNRegressor::fit(known, &ages, parameters).unwrap();
    let predicted: Vec<T> = regressor.predict(faces).unwrap();
    predicted.iter().map(|age| age.to_f64().unwrap()).collect()
}

/// The mean of the k nearest faces' ages, by the definition.
fn by_hand(known: &[Vec<f64>], ages: &[f64], face: &[f64], k: usize, by_distance: bool) -> f64 {
    let mut near: Vec<(f64, f64)> = known
        .iter()
        .zip(ages)
        .map(|(other, &age)| (other.iter().zip(face).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(), age))
        .collect();
    near.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let weight = |distance: f64| if by_distance { 1.0 / distance } else { 1.0 };
    let sum: f64 = near[..k].iter().map(|&(distance, age)| weight(distance) * age).sum();
    sum / near[..k].iter().map(|&(distance, _)| weight(distance)).sum::<f64>()
}

fn main() {
    // Faces as embeddings of three numbers, with ages in years.
    let embedding = |n: usize| vec![(n as f64).sin(), (1.7 * n as f64).cos(), (0.3 * n as f64).sin()];
    let known: Vec<Vec<f64>> = (0..60).map(embedding).collect();
    let years: Vec<f64> = known.iter().map(|face| (40.0 + 15.0 * face[0] + 10.0 * face[1]).round()).collect();
    let new: Vec<Vec<f64>> = (100..105).map(embedding).collect();
    let (x, q) = (DenseMatrix::from_2d_vec(&known).unwrap(), DenseMatrix::from_2d_vec(&new).unwrap());
    let mut failed = false;
    let mut expect = |fine: bool, what: &str| {
        if !fine {
            println!("changed: {what}");
            failed = true;
        }
    };

    for (title, k, by_distance) in [("k = 3", 3, false), ("k = 3, by distance", 3, true), ("k = 1", 1, false)] {
        let weight = || if by_distance { KNNWeightFunction::Distance } else { KNNWeightFunction::Uniform };
        let right: Vec<f64> = new.iter().map(|face| by_hand(&known, &years, face, k, by_distance)).collect();
        let float = ages::<f64>(&x, &years, &q, k, weight());
        let bytes = ages::<u8>(&x, &years, &q, k, weight());
        let whole = ages::<i32>(&x, &years, &q, k, weight());
        let again = ages::<u8>(&x, &years, &x, k, weight());
        let hits = again.iter().zip(&years).filter(|(a, b)| a == b).count();
        println!("{title}: five new faces, by hand {right:.1?}");
        println!("  f64 {float:.1?}, u8 {bytes:?}, i32 {whole:?}; u8, the faces fitted: {hits} of 60 exact");
        expect(float.iter().zip(&right).all(|(a, b)| (a - b).abs() < 1e-9), "f64");
        if k == 1 {
            expect(bytes == right && whole == right && hits == 60, "k = 1");
        } else {
            expect(bytes.iter().chain(&whole).all(|&age| age == 0.0), "not zero");
            expect(hits == if by_distance { 60 } else { 0 }, "the faces that were fitted");
        }
    }

    // The library's other regressors, fitted with whole numbers.
    let bytes: Vec<u8> = years.iter().map(|&age| age as u8).collect();
    let whole: Vec<i32> = years.iter().map(|&age| age as i32).collect();
    let tree = DecisionTreeRegressor::fit(&x, &bytes, Default::default()).unwrap().predict(&q).unwrap();
    println!("DecisionTreeRegressor: u8 {tree:?}");
    expect(tree.iter().all(|&age| (15..=65).contains(&age)), "the tree");
    let settings = || RandomForestRegressorParameters::default().with_n_trees(10).with_seed(1);
    let forest = RandomForestRegressor::fit(&x, &whole, settings()).unwrap().predict(&q).unwrap();
    let small = RandomForestRegressor::fit(&x, &bytes, settings()).unwrap().predict(&q).unwrap();
    println!("RandomForestRegressor, ten trees: i32 {forest:?}, u8 {small:?}");
    expect(forest.iter().all(|&age| (30..=65).contains(&age)), "the forest of i32");
    expect(small.iter().all(|&age| age <= 25), "the forest of u8");
    if failed {
        std::process::exit(1);
    }
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
smartcore 0.7.0. Expected: the mean of three neighbours' ages. Seen: 0 for every face, if the ages are whole numbers. So
ages as f64.
END
