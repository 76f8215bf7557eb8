#!/usr/bin/env bash
# uncertainty-calibration 0.1.4: the interval of 90 % around a calibration error is one of 99.9 %, and so is that of 50 %:
# alpha is taken for a percentage.
#
# Expected: get_calibration_error_uncertainties(probs, labels, alpha=0.1), its default, gives "1-alpha confidence
#   intervals" by bootstrap: between the 5th and the 95th percentile of the resampled errors; alpha=0.5 a much shorter one.
# Seen: alpha is handed on to bootstrap_uncertainty(), which counts it in percent: it takes the percentiles 0.05 and 99.95
#   (calibration/utils.py), of its hundred resamples next to the least and the greatest. So the interval is half as long
#   again as it says, hardly changes between alpha 0.5 and 0.01, and would grow with the number of resamples instead of
#   settling. Of a calibrated network and one that is too sure the intervals overlap, where those of 90 % lie apart; an
#   alarm on the upper bound goes off without a reason, one on the lower bound stays silent.
#   get_top_calibration_error_uncertainties() does the same. bootstrap_uncertainty() by itself, whose default is 10.0, is
#   right. Nothing is raised.
# So: alpha=10 for 90 %, alpha=5 for 95 %; compare alpha=0.5 and alpha=0.1 in a test, or count how often the interval holds
#   the true error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  uncertainty-calibration==0.1.4 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 joblib==1.6.0 threadpoolctl==3.5.0 \
  narwhals==2.29.0 cloudpickle==3.1.3 parameterized==0.9.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }

venv/bin/python - <<'END'
import calibration
import numpy as np

RESAMPLES = 100  # as many as the library takes


def faces(count, exponent, seed):
    """The probability of the look that is named, and whether it is right; sure of itself by the exponent."""
    random = np.random.default_rng(seed)
    true = random.beta(4, 1.5, size=count)
    return np.clip(true ** exponent, 0, 1), (random.random(count) < true).astype(int)


def library(p, right, alpha):
    np.random.seed(7)
    lower, _, upper = calibration.get_calibration_error_uncertainties(p, right, p=1, alpha=alpha)
    return lower, upper


def by_hand(p, right, alpha):
    """The same bootstrap, with the percentiles that 1 - alpha means."""
    np.random.seed(7)
    calibration.get_calibration_error(p, right, p=1, debias=False)
    errors = []
    for _ in range(RESAMPLES):
        drawn = np.random.choice(list(range(len(p))), size=len(p), replace=True)
        errors.append(calibration.get_calibration_error(p[drawn], right[drawn], p=1, debias=False))
    error = calibration.get_calibration_error(p, right, p=1, debias=False)
    return 2 * error - np.quantile(errors, 1 - alpha / 2), 2 * error - np.quantile(errors, alpha / 2), errors, error


p, right = faces(600, 0.8, 1)
lower, upper, errors, error = by_hand(p, right, 0.1)
print(f"600 faces, calibration error {error:.3f}; between the least and the greatest of {RESAMPLES} resamples "
      f"{2 * error - max(errors):.3f} to {2 * error - min(errors):.3f}")
print("alpha  by hand          length   library          length   library, 100 times alpha")
lengths = {}
for alpha in (0.5, 0.2, 0.1, 0.05):
    lower, upper, _, _ = by_hand(p, right, alpha)
    seen, percent = library(p, right, alpha), library(p, right, 100 * alpha)
    lengths[alpha] = upper - lower, seen[1] - seen[0]
    print(f"{alpha:4.2f}   {lower:.3f} to {upper:.3f}   {upper - lower:.3f}    {seen[0]:.3f} to {seen[1]:.3f}   "
          f"{seen[1] - seen[0]:.3f}    {percent[0]:.3f} to {percent[1]:.3f}")
    assert np.allclose(percent, (lower, upper)), "the control by percent has changed"
    whole = max(errors) - min(errors)
    assert 0.95 * whole < seen[1] - seen[0] <= whole, "changed"
assert lengths[0.5][1] < 1.1 * lengths[0.05][1] and lengths[0.5][0] < 0.6 * lengths[0.05][0], "changed"
assert lengths[0.1][1] > 1.4 * lengths[0.1][0], "changed"

first, second = faces(600, 1.0, 3), faces(600, 0.5, 4)
print("\na calibrated network and one that is too sure, alpha 0.1")
ends = {}
for name, way in (("library", library), ("by hand", by_hand), ("library, alpha=10", None)):
    intervals = [(way(*network, 0.1) if way else library(*network, 10))[:2] for network in (first, second)]
    ends[name] = intervals[1][0] - intervals[0][1]
    print(f"{name:18} {intervals[0][0]:6.3f} to {intervals[0][1]:.3f}, {intervals[1][0]:6.3f} to {intervals[1][1]:.3f}: "
          f"{'apart' if ends[name] > 0 else 'they overlap'}")
assert ends["library"] < 0 < ends["by hand"] and np.isclose(ends["by hand"], ends["library, alpha=10"]), "changed"

data = list(zip(p, right))
np.random.seed(7)
alone = calibration.utils.bootstrap_uncertainty(
    data, lambda faces: calibration.get_calibration_error(*map(np.array, zip(*faces)), p=1, debias=False), num_samples=100)
assert np.isclose(alone[2] - alone[0], lengths[0.1][0]), "the control bootstrap_uncertainty() has changed"
END
cat <<'END'
uncertainty-calibration 0.1.4. Expected: an interval of 90 % by alpha=0.1, one of 50 % by 0.5. Seen: both are nearly from
the least to the greatest resample. So alpha=10 for 90 %; compare two alphas in a test.
END
