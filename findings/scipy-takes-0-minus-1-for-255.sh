#!/usr/bin/env bash
# scipy 1.17.1: ttest_rel() of right answers that are kept as bytes (0 or 1) takes 0 - 1 for 255: the worse of two
# networks is the better one, and two equal ones always differ, p < 0.001; distance.euclidean() of bytes wraps as well.
#
# Expected: statistics in floating point, as ttest_ind(), wilcoxon(), pearsonr() and mannwhitneyu() of the same arrays
#   have them, and distance.sqeuclidean() and cdist(). The result is a float64, and ttest_rel()'s text says that t is
#   negative where the mean of a - b is.
# Seen: ttest_rel() subtracts the arrays as they come and turns the difference into floats afterwards; minkowski(),
#   which euclidean() calls, chebyshev() and cityblock() do the same (in 1.18.1, for newer Pythons, too). In uint8 each
#   face that only the second network knows counts 255 for the first one, each that only the first one knows counts 1.
#   So t is positive and large whichever network stands first; only the confidence interval, which is far outside -1 to
#   1, shows it. The type is an ordinary one: (answers == looks).astype(np.uint8), a column of bytes in Arrow or HDF5.
#   int8 is right, since -1 fits, and truth values are refused. Of descriptors in bytes, euclidean() puts a stranger
#   nearer than the same person; sqeuclidean() of the same two is right.
# So: astype(float) in front of both; cdist() for distances; in a test, exchange the two networks and see that the sign
#   of t turns.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps scipy==1.17.1 numpy==2.4.6

venv/bin/python -W error - <<'END'
import numpy as np
from scipy.spatial import distance
from scipy.stats import mannwhitneyu, pearsonr, ttest_ind, ttest_rel, wilcoxon

random = np.random.default_rng(0)
looks = random.integers(0, 7, 1000)


def right(share, kind):
    """For each face whether a network that is right for a share of them knows its look."""
    answers = np.where(random.random(1000) < share, looks, (looks + 1) % 7)
    return (answers == looks).astype(kind)


old, new = right(0.66, np.uint8), right(0.72, np.uint8)
print(f"right answers: old {old.mean():.3f}, new {new.mean():.3f}")
results = {}
for kind in (np.float64, np.int8, np.uint8):
    name = np.dtype(kind).name
    for title, a, b in (("old, new", old, new), ("new, old", new, old)):
        result = ttest_rel(a.astype(kind), b.astype(kind))
        results[name, title] = result
        interval = result.confidence_interval()
        print(f"ttest_rel({title}), {name:8} t {result.statistic:7.2f}, p {result.pvalue:.6f}, difference from "
              f"{interval.low:.3f} to {interval.high:.3f}")
for title, sign in (("old, new", -1), ("new, old", 1)):
    true, seen = results["float64", title], results["uint8", title]
    assert true.statistic * sign > 2 and true.pvalue < 0.05, "the control has changed"
    assert np.allclose(true, results["int8", title]), "the control has changed"
    assert seen.statistic > 10 and seen.pvalue < 1e-6 and seen.confidence_interval().low > 20, "changed"
for test in (ttest_ind, wilcoxon, pearsonr, mannwhitneyu):
    of_bytes, of_floats = test(old, new), test(old.astype(float), new.astype(float))
    print(f"{test.__name__ + '(old, new)':24} uint8 {of_bytes.statistic:9.2f}, float64 {of_floats.statistic:9.2f}")
    assert np.allclose([*of_bytes], [*of_floats]), "the control has changed"
try:
    ttest_rel(old.astype(bool), new.astype(bool))
except TypeError as refusal:
    print("ttest_rel() of truth values:", str(refusal).split(",")[0])
else:
    raise SystemExit("truth values are no longer refused")

pairs = [(right(0.7, np.uint8), right(0.7, np.uint8)) for _ in range(300)]
alarms = [np.mean([ttest_rel(a.astype(kind), b.astype(kind)).pvalue < 0.05 for a, b in pairs])
          for kind in (np.uint8, float)]
print(f"two equal networks differ, p < 0.05: uint8 {alarms[0]:.3f} of 300 tests, float64 {alarms[1]:.3f}")
assert alarms[0] == 1 and alarms[1] < 0.1, "changed"

# Descriptors of faces as bytes: a person, another photo of the same person, a stranger.
person = random.integers(20, 236, 128)
again, stranger = person + random.integers(-8, 9, 128), random.integers(20, 236, 128)
person, again, stranger = (descriptor.astype(np.uint8) for descriptor in (person, again, stranger))
near, far = {}, {}
for name, measure in {
    "euclidean()": distance.euclidean,
    "root of sqeuclidean()": lambda a, b: distance.sqeuclidean(a, b) ** 0.5,
    "cdist()": lambda a, b: distance.cdist([a], [b])[0, 0],
    "euclidean() of floats": lambda a, b: distance.euclidean(a.astype(float), b.astype(float)),
    "cityblock()": distance.cityblock,
    "cdist(), cityblock": lambda a, b: distance.cdist([a], [b], "cityblock")[0, 0],
}.items():
    near[name], far[name] = float(measure(person, again)), float(measure(person, stranger))
    print(f"{name:22} same person {near[name]:8.1f}, stranger {far[name]:8.1f}")
assert np.allclose([near["root of sqeuclidean()"], near["cdist()"]], near["euclidean() of floats"])
assert near["cdist(), cityblock"] < 1000 and near["cityblock()"] > 10000, "changed: cityblock()"
for name, distance_to_same in near.items():
    if "cityblock" not in name:
        assert (distance_to_same > far[name]) == (name == "euclidean()"), f"changed: {name}"
END
cat <<'END'
scipy 1.17.1. Expected: a paired test in floating point. Seen: bytes subtracted as bytes, so that -1 is 255 and the worse
network is the better one; euclidean() likewise. So astype(float), and exchange the two in a test.
END
