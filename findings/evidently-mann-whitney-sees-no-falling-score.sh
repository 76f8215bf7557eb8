#!/usr/bin/env bash
# Evidently 0.7.23, SciPy 1.17.1: the drift method "mannw" is one-sided: scores that rise are drift, scores that fall by
# as much never are.
#
# Expected: a drift method asks whether two samples differ, as "ks", "t_test" and the other tests of Evidently do, in either
#   direction; the method's own text in the source calls its p two-tailed.
# Seen: the Mann-Whitney test is called with the alternative that the reference is less than the current data
#   (legacy/calculations/stattests/mann_whitney_urank_stattest.py, which the new API uses too). Where the network gets
#   surer, p is half of the two-sided one. Where it gets less and less sure, because of a new camera, dirty lenses or
#   masks, which is what one watches for, p goes to 1: the worse it is, the calmer the report. Exchanged, reference and
#   current give 1 - p. Nothing is raised or logged.
# So: method="ks", or a function of one's own with alternative="two-sided"; a test in which the scores fall.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check evidently==0.7.23 pandas==2.3.3 \
  numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1

DO_NOT_TRACK=1 venv/bin/python -W ignore - <<'END'
import numpy as np
import pandas as pd
from evidently import Report
from evidently.metrics import ValueDrift
from scipy.stats import mannwhitneyu

random = np.random.default_rng(7)
# Its p-values, and two other methods as controls.
METHODS = "mannw", "ks", "t_test"


def drift(method, current, reference):
    report = Report([ValueDrift(column="score", method=method)])
    frames = [pd.DataFrame({"score": scores}) for scores in (current, reference)]
    return float(report.run(*frames).dict()["metrics"][0]["value"])


reference = random.beta(8, 2, 1000)  # how sure the network was of each face in the first week
print("scores       median   mannw        ks    t_test   two-sided by SciPy (p; below 0.05 is drift)")
for name, sure in (("as before", 8), ("rose", 12), ("rose a bit", 9.5), ("fell a bit", 6.5), ("fell", 5), ("fell by half", 2)):
    current = random.beta(sure, 2, 1000)
    p = {method: drift(method, current, reference) for method in METHODS}
    right = mannwhitneyu(reference, current).pvalue
    print(f"{name:12} {np.median(current):6.2f}  {p['mannw']:7.5f}   {p['ks']:7.5f}   {p['t_test']:7.5f}   {right:7.5f}")
    less = mannwhitneyu(reference, current, alternative="less").pvalue
    assert np.isclose(p["mannw"], less), "it is no longer one-sided: changed"
    if name != "as before":
        assert right < 0.01 and p["ks"] < 0.05 and p["t_test"] < 0.05, "the controls have changed"
        assert p["mannw"] < 0.01 if name.startswith("rose") else p["mannw"] > 0.99, "changed"

fallen = random.beta(5, 2, 1000)
there, back = drift("mannw", fallen, reference), drift("mannw", reference, fallen)
print(f"fell: p {there:.5f}; reference and current exchanged: {back:.5f}")
assert there > 0.99 and back < 0.01, "changed"
END
cat <<'END'
Evidently 0.7.23. Expected: drift in either direction. Seen: by "mannw" falling scores have p = 1. So "ks", or a function
with alternative="two-sided"; a test in which the scores fall.
END
