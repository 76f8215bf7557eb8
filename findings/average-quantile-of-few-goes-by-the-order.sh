#!/usr/bin/env bash
# average 0.17.0 (Rust): Quantile of two to four values takes them in the order in which they came, not by size.
#
# Expected: of up to four values the exact quantile, which is what the estimator calculates before it begins to estimate at
#   the fifth; the same whatever the order.
# Seen: it sorts a copy of the values to find the place, and then reads that place from the values as they came. The
#   median of three is the second that arrived, right in two of six orders; of four it is the mean of the second and
#   third that arrived, right in four of 24. Of four values the 90th percentile is the last one, the 10th the first one: a
#   photo that took 12.4 s, followed by three of 0.3 s, gives 0.3 s. Rising values and one value are right; at the fifth
#   all are sorted. (The documentation warns of the estimate's error in small samples; here nothing is estimated.
#   src/quantile.rs, Quantile::quantile: heights is sorted, self.q is read.)
# So: sort and pick yourself below five values, photos of up to four faces are common; a falling list in a test.
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
average = "=0.17.0"
END
cat >src/main.rs <<'END'
use average::{Estimate, Quantile};

fn seen(p: f64, values: &[f64]) -> f64 {
    let mut quantile = Quantile::new(p);
    values.iter().for_each(|&value| quantile.add(value));
    quantile.quantile()
}

/// The same rule on sorted values: at a whole place the mean of this one and the next, otherwise the next one.
fn by_size(p: f64, values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = values.len() as f64 * p - 1.0;
    let at = |place: f64| sorted[(place.max(0.0) as usize).min(sorted.len() - 1)];
    if place >= 0.0 && place.fract() == 0.0 && place < values.len() as f64 - 1.0 {
        (at(place) + at(place + 1.0)) / 2.0
    } else {
        at(place.ceil())
    }
}

fn orders(values: &[f64]) -> Vec<Vec<f64>> {
    if values.is_empty() {
        return vec![vec![]];
    }
    (0..values.len())
        .flat_map(|first| {
            let mut rest = values.to_vec();
            let one = rest.remove(first);
            orders(&rest).into_iter().map(move |order| [vec![one], order].concat())
        })
        .collect()
}

fn main() {
    let mut same = true;
    let mut check = |is: bool| {
        if !is {
            println!("changed");
            same = false;
        }
    };
    println!("{:48} {:>6} {:>8}", "", "seen", "by size");
    for (what, p, values, wrong) in [
        ("median smile of three faces, 0.1 0.5 0.9", 0.5, &[0.1, 0.5, 0.9][..], false),
        ("  0.9 0.1 0.5", 0.5, &[0.9, 0.1, 0.5], true),
        ("  0.5 0.9 0.1", 0.5, &[0.5, 0.9, 0.1], true),
        ("median of four, 0.1 0.2 0.8 0.9", 0.5, &[0.1, 0.2, 0.8, 0.9], false),
        ("  0.2 0.9 0.8 0.1", 0.5, &[0.2, 0.9, 0.8, 0.1], true),
        ("  0.9 0.1 0.2 0.8", 0.5, &[0.9, 0.1, 0.2, 0.8], true),
        ("90th percentile of seconds, 0.3 0.3 0.31 12.4", 0.9, &[0.3, 0.3, 0.31, 12.4], false),
        ("  12.4 0.31 0.3 0.3", 0.9, &[12.4, 0.31, 0.3, 0.3], true),
        ("10th percentile of sureness, 0.95 0.97 0.12", 0.1, &[0.95, 0.97, 0.12], true),
        ("first quartile of two, 0.9 0.2", 0.25, &[0.9, 0.2], true),
        ("one face, 0.7", 0.5, &[0.7], false),
    ] {
        println!("{what:48} {:6.2} {:8.2}", seen(p, values), by_size(p, values));
        check(wrong == ((seen(p, values) - by_size(p, values)).abs() > 0.05));
    }
    let five = [1.0, 2.0, 3.0, 5.0, 9.0];
    for (values, right, all) in [(&[0.1, 0.5, 0.9][..], 2, 6), (&[0.1, 0.2, 0.7, 0.9], 4, 24), (&five, 120, 120)] {
        let orders = orders(values);
        let rule = |order: &[f64]| if order.len() < 5 { by_size(0.5, order) } else { values[2] };
        let count = orders.iter().filter(|order| (seen(0.5, order) - rule(order)).abs() < 1e-9).count();
        println!("the median of {} values is right in {count} of {} orders", values.len(), orders.len());
        check(count == right && orders.len() == all);
    }
    if !same {
        std::process::exit(1);
    }
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
average 0.17.0. Expected: quantiles of a few values by their size. Seen: up to four by the order in which they came. So
sort and pick yourself below five.
END
