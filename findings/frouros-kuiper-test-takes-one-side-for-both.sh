#!/usr/bin/env bash
# frouros 0.9.0, SciPy 1.14.1: KuiperTest takes Kolmogorov's distance for Kuiper's: its answer about hours of the day goes
# by where the day begins, and a change of spread is nearly lost.
#
# Expected: Kuiper's V is the largest distance of the two distribution functions upwards plus the largest one downwards.
#   That makes it the test for angles and hours, whose zero is a convention: V is the same wherever the circle is cut.
# Seen: the statistic is ks_2samp's, the larger one of the two distances, and its p is looked up in Kuiper's
#   distribution, as if it were the sum (detectors/data_drift/batch/statistical_test/kuiper_test.py). The p is too large
#   each time. For hours of the day it is 0.46 counted from six in the evening and 0.0009 counted from three in the
#   morning; for scores that spread to both sides 0.08 where Kuiper's is 0.00003. Two samples of one kind have p near
#   1 nearly always. Nothing is raised, and with two samples that lie far apart, as in the class's own example, the two
#   distances are nearly the same and all looks right.
# So: V by hand of ks_2samp's two one-sided statistics, and its p by astropy.stats.kuiper_two or the formula below; a
#   test in which each hour is moved by six.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps frouros==0.9.0 \
  scipy==1.14.1 numpy==2.1.3 matplotlib==3.9.4 requests==2.32.5 tqdm==4.70.1 contourpy==1.3.3 cycler==0.12.1 \
  fonttools==4.68.0 kiwisolver==1.5.1 packaging==26.4 pillow==13.0.0 pyparsing==3.3.3 python-dateutil==2.9.0.post0 \
  six==1.17.0 certifi==2026.10.19.post1 urllib3==2.8.0 idna==3.20 charset-normalizer==3.5.3

venv/bin/python -W ignore - <<'END'
import numpy as np
from frouros.detectors.data_drift import KSTest, KuiperTest
from scipy.stats import ks_2samp

random = np.random.default_rng(3)
SIZE = 300


def by_frouros(detector, reference, current):
    detector.fit(X=reference)
    answer = detector.compare(X=current)[0]
    return float(answer.statistic), float(answer.p_value)


def by_hand(reference, current):
    v = sum(ks_2samp(reference, current, alternative=side).statistic for side in ("less", "greater"))
    effective = np.sqrt(len(reference) * len(current) / (len(reference) + len(current)))
    x = v * (effective + 0.155 + 0.24 / effective)  # Stephens 1970
    j = np.arange(1, 200)
    return v, min(1, float((2 * (4 * j**2 * x**2 - 1) * np.exp(-2 * j**2 * x**2)).sum()))


def line(name, reference, current):
    kuiper, p = by_frouros(KuiperTest(), reference, current)
    v, right = by_hand(reference, current)
    ks, ks_p = by_frouros(KSTest(), reference, current)
    print(f"{name:44} frouros {kuiper:.3f}, p {p:.5f}   V {v:.3f}, p {right:.5f}   Kolmogorov {ks:.3f}, p {ks_p:.5f}")
    assert abs(kuiper - ks) < 1e-12, "the statistic is no longer Kolmogorov's: changed"
    assert kuiper <= v + 1e-12
    return p, right, v


# When photos come, in hours: two weeks; in the second more of them around six in the evening and fewer at noon.
before = np.sort(np.concatenate([random.normal(12, 3, SIZE // 2), random.uniform(0, 24, SIZE // 2)]) % 24)
after = np.sort(np.concatenate([random.normal(14, 3, SIZE // 2), random.uniform(0, 24, SIZE // 2)]) % 24)
answers = [line(f"hours of photos, counted from {start} o'clock", (before - start) % 24, (after - start) % 24)
           for start in (0, 3, 6, 9, 12, 15, 18, 21)]
ps, rights, vs = map(np.array, zip(*answers))
assert np.ptp(vs) < 1e-9, "V depends on where the day begins"
print(f"p by where the day begins: frouros {ps.min():.5f} to {ps.max():.5f}, V's {rights.min():.5f}")
assert ps.max() > 0.1 and ps.min() < 0.05 and rights.max() < 0.05, "changed"

# Scores of a look that spread: more sure ones and more unsure ones, with the same mean.
calm, wide = random.normal(0.6, 0.10, SIZE), random.normal(0.6, 0.14, SIZE)
p, right, _ = line("scores that spread, with the same mean", calm, wide)
assert p > 20 * right and right < 0.001, "changed"
far = random.normal(0.9, 0.10, SIZE)
p, right, v = line("scores that all rose (control)", calm, far)
assert p < 1e-6 and right < 1e-6

alike = [by_frouros(KuiperTest(), random.normal(size=SIZE), random.normal(size=SIZE))[1] for _ in range(200)]
hand = [by_hand(random.normal(size=SIZE), random.normal(size=SIZE))[1] for _ in range(200)]
print(f"200 pairs of the same kind: median p frouros {np.median(alike):.3f}, V's {np.median(hand):.3f}; below 0.05 "
      f"{np.mean(np.array(alike) < 0.05):.3f} and {np.mean(np.array(hand) < 0.05):.3f} (0.05 expected)")
assert np.median(alike) > 0.9 and 0.3 < np.median(hand) < 0.7, "changed"
END
cat <<'END'
frouros 0.9.0. Expected: Kuiper's V, the same wherever the day begins. Seen: Kolmogorov's D with Kuiper's p: the answer goes
by the first hour, and a change of spread is nearly lost. So V by hand, or astropy's kuiper_two().
END
