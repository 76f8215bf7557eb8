#!/usr/bin/env bash
# statrs 0.19.1 (Rust): of up to eight values against as many or more, mannwhitneyu's two-sided p is 1, however far apart.
#
# Expected: the p of the Mann-Whitney test, as of SciPy, after which the function is made; two-sided, the same whichever of
#   the two lists is named first.
# Seen: where one list has no more than eight values and none occurs twice, the method Automatic is Exact. It counts the
#   splits in which U is as large as the one seen. If the second list is the shorter one that is p; if the first list is
#   shorter, or both are as long, it gives 1 less p instead. Twice that is above 1 and cut to 1: of five faces before
#   and five after a new network, of four faces against twenty, p is 1. One-sided, Less and Greater are exchanged (but for
#   the share of the U that was seen). Named the other way round, with the method for large lists, or with a value
#   that occurs twice it is right, and U is right always. (src/stats_tests/mannwhitneyu.rs, the end of
#   calc_mwu_exact_pvalue; its tests of p have the longer list first.)
# So: the longer list first; where both are as long, the method for large lists (AsymptoticInclContinuityCorrection); two
#   lists that do not overlap, in both orders, in a test.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.89 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.89.0 "$version" | sort -V | head -n 1) == 1.89.0 ]] ||
  { echo "Needs cargo 1.89 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
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
statrs = { version = "=0.19.1", default-features = false, features = ["std"] }
END
cat >src/main.rs <<'END'
use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};

/// Counts by definition, over all ways to choose which values are the first list's: U as large, as small, as far off.
fn definition(x: &[f64], y: &[f64]) -> [f64; 3] {
    let all: Vec<f64> = x.iter().chain(y).copied().collect();
    let u = |chosen: u32| {
        let part = |is: u32| (0..all.len()).filter(move |i| chosen >> i & 1 == is);
        part(1).map(|i| part(0).filter(|&j| all[i] > all[j]).count()).sum::<usize>() as f64
    };
    let (seen, middle) = (u((1 << x.len()) - 1), (x.len() * y.len()) as f64 / 2.0);
    let (mut total, mut counts) = (0.0, [0.0; 3]);
    for chosen in 0..1u32 << all.len() {
        if chosen.count_ones() as usize == x.len() {
            let one = u(chosen);
            total += 1.0;
            for (count, is) in counts.iter_mut().zip([
                (one - middle).abs() >= (seen - middle).abs(),
                one <= seen,
                one >= seen,
            ]) {
                *count += f64::from(is);
            }
        }
    }
    counts.map(|count| count / total)
}

fn seen(x: &[f64], y: &[f64], method: fn() -> MannWhitneyUMethod) -> [f64; 3] {
    [Alternative::TwoSided, Alternative::Less, Alternative::Greater]
        .map(|alternative| mannwhitneyu(x, y, method(), alternative).unwrap().1)
}

fn near(a: [f64; 3], b: [f64; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

fn main() {
    let automatic = || MannWhitneyUMethod::Automatic;
    let large = || MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
    // How sure the old and the new network are of the true look, face by face.
    let old = [0.41, 0.52, 0.47, 0.38, 0.55, 0.44, 0.49, 0.36];
    let new = [0.81, 0.92, 0.77, 0.88, 0.73, 0.95, 0.84, 0.79];
    let near_old = [0.42, 0.51, 0.465, 0.57, 0.535, 0.445, 0.60, 0.39];
    let mut same = true;
    println!("{:28} {:23} {:23} {:23} large lists", "p: two-sided, less, greater", "seen", "lists exchanged", "definition");
    for (what, x, y, wrong) in [
        ("5 faces before, 5 after", &old[..5], &new[..5], true),
        ("5 faces before, 7 after", &old[..5], &new[..7], true),
        ("7 faces before, 5 after", &old[..7], &new[..5], false),
        ("8 faces before, 8 after", &old[..], &new[..], true),
        ("8 faces after, 8 before", &new[..], &old[..], true),
        ("8 faces, 8 much like them", &old[..], &near_old[..], true),
    ] {
        let right = definition(x, y);
        let (p, exchanged, normal) = (seen(x, y, automatic), seen(y, x, automatic), seen(x, y, large));
        let say = |p: [f64; 3]| p.map(|p| format!("{p:.4}")).join(", ");
        println!("{what:28} {:23} {:23} {:23} {}", say(p), say(exchanged), say(right), say(normal));
        let as_described = if wrong { p[0] == 1.0 && !near(p, right) } else { near(p, right) };
        let one_sided = !wrong || ((p[1] > 0.5) != (right[1] > 0.5) && (p[2] > 0.5) != (right[2] > 0.5));
        if !as_described || !one_sided || (normal[0] - right[0]).abs() > 0.02 {
            println!("changed");
            same = false;
        }
    }
    // Too many splits to count here, but the order of the lists tells.
    let many: Vec<f64> = (0..20).map(|i| 0.6 + f64::from(i) / 100.0 + 0.001).collect();
    let (first, second) = (seen(&old[..4], &many, automatic)[0], seen(&many, &old[..4], automatic)[0]);
    println!("4 faces against 20, all lower: p = {first}; the 20 first: p = {second:.5}");
    // A value that occurs twice, and the method is another.
    let mut twice = new;
    twice[1] = twice[0];
    let tie = seen(&old, &twice, automatic)[0];
    println!("8 faces before, 8 after, two of them equal: p = {tie:.5}");
    if first != 1.0 || second > 0.001 || tie > 0.002 || !same {
        println!("changed");
        std::process::exit(1);
    }
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
statrs 0.19.1. Expected: the same p whichever list is named first. Seen: 1 if the first is the shorter one, or as long as
the other, of up to eight values. So the longer list first, or the method for large lists.
END
