#!/usr/bin/env bash
# statrs 0.19.1 (Rust): anderson_darling's p is one for a fitted normal distribution, whatever distribution it is given.
#
# Expected: the probability of so large a statistic if the values come from the distribution that is passed, so that 5 % of
#   samples which do come from it have a p below 0.05, as with ks_onesample of the same library.
# Seen: the statistic is right. The p is by the formula for a normal distribution whose mean and deviation were estimated
#   from the same values, which allows a far smaller statistic (0.75, not 2.49, at 5 %). The function takes any continuous
#   distribution, with its parameters, and says nothing else: of true samples from the uniform, exponential or normal
#   distribution that is passed it rejects more than half at 5 %, a third at 1 %. Whether the ranks of the truth in a
#   network's answers are uniform (its calibration), whether gaps between jobs are exponential, whether scores still are
#   as last month: a service that is in order fails every second time. Only for a normal distribution with the mean and
#   deviation of the values themselves is it right. (src/stats_tests/anderson_darling.rs: Stephens's terms for that case.)
# So: ks_onesample, or the statistic against 2.49 (5 %) and 3.86 (1 %); true samples by the thousand in a test.
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
use statrs::distribution::{ContinuousCDF, Exp, Normal, Uniform};
use statrs::stats_tests::NaNPolicy;
use statrs::stats_tests::anderson_darling::anderson_darling;
use statrs::stats_tests::ks_test::{KSOneSampleAlternativeMethod, ks_onesample};

const SAMPLES: usize = 1000;

/// Samples of 100 numbers from 0 to 1, the same in each run.
fn samples() -> Vec<Vec<f64>> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    (0..SAMPLES).map(|_| (0..100).map(|_| next()).collect()).collect()
}

/// The shares of samples rejected at 5 %: by p, by p of Kolmogorov and Smirnov, by the statistic against 2.492.
fn shares<D: ContinuousCDF<f64, f64>>(what: &str, of: impl Fn(&[f64]) -> D, samples: &[Vec<f64>]) -> [f64; 3] {
    let mut counts = [0.0; 3];
    let mut strict = 0.0;
    for sample in samples {
        let distribution = of(sample);
        let (statistic, p) = anderson_darling(sample, &distribution).unwrap();
        let method = KSOneSampleAlternativeMethod::TwoSidedAsymptotic;
        let (_, other) = ks_onesample(sample.clone(), &distribution, method, NaNPolicy::Error).unwrap();
        for (count, rejected) in counts.iter_mut().zip([p < 0.05, other < 0.05, statistic > 2.492]) {
            *count += f64::from(rejected) / samples.len() as f64;
        }
        strict += f64::from(p < 0.01) / samples.len() as f64;
    }
    println!("{what:54} {:6.3} {strict:6.3} {:11.3} {:10.3}", counts[0], counts[1], counts[2]);
    counts
}

fn main() {
    let uniform = samples();
    let through = |to: &dyn Fn(f64) -> f64| -> Vec<Vec<f64>> {
        uniform.iter().map(|sample| sample.iter().map(|&number| to(number)).collect()).collect()
    };
    let gaps = through(&|number| -number.ln() * 2.0);
    let scores = Normal::new(0.6, 0.1).unwrap();
    let last_month = through(&|number| scores.inverse_cdf(number));
    let shifted = through(&|number| scores.inverse_cdf(number) + 0.05);
    println!("{:54} p<0.05 p<0.01 KS's p<0.05 over 2.492", "of true samples of 100 are rejected:");
    let mut same = true;
    for of in [
        shares("ranks of the truth, uniform", |_| Uniform::new(0.0, 1.0).unwrap(), &uniform),
        shares("seconds between jobs, exponential", |_| Exp::new(0.5).unwrap(), &gaps),
        shares("scores, normal with last month's parameters", |_| scores, &last_month),
    ] {
        same &= of[0] > 0.45 && (0.02..0.08).contains(&of[1]) && (0.03..0.07).contains(&of[2]);
    }
    // What the formula is for.
    let fitted = |sample: &[f64]| {
        let mean = sample.iter().sum::<f64>() / sample.len() as f64;
        let squares: f64 = sample.iter().map(|score| (score - mean).powi(2)).sum();
        Normal::new(mean, (squares / (sample.len() - 1) as f64).sqrt()).unwrap()
    };
    let right = shares("scores, normal with the sample's own parameters", fitted, &last_month);
    println!("and of samples that are not from it:");
    let shift = shares("scores that rose by half a deviation", |_| scores, &shifted);
    same &= (0.02..0.08).contains(&right[0]) && shift.iter().all(|&share| share > 0.95);
    if !same {
        println!("changed");
        std::process::exit(1);
    }
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
statrs 0.19.1. Expected: 5 % of true samples have a p below 0.05. Seen: more than half of them. So ks_onesample, or the
statistic against 2.49.
END
