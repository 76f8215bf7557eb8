#!/usr/bin/env bash
# ddsketch 3.0.1 (Python): a quantile of values with weights is too low unless the weights add up to thousands: where five
# cameras count one each the 99th percentile is the 79th, of shares every one is the least, below 1 it is -0.99 s.
#
# Expected: add(value, weight) takes any positive number; only the weights' proportions count, as in a weighted mean; a
#   quantile is within 1 % of the true one ("relative-error guarantees for any quantile").
# Seen: the rank that is looked for is quantile * (sum of the weights - 1). That is right for weights of 1, where the
#   last of n values has rank n - 1, and for weights above 1, as of sampled requests, it hardly shows. The same weights
#   divided by a number give other quantiles: with a sum of W the quantile q is the one at q * (1 - 1 / W). Where each of
#   five cameras counts as one, whatever it sends, the slowest requests are never seen; of shares, which add up to 1,
#   every quantile is the smallest value; with a sum below 1 (one rounding is enough) the rank is negative, is looked for
#   among the negative values, of which there are none, and each quantile is -0.99, whatever the values are. count, sum
#   and avg are right, merge() keeps the fault. (BaseDDSketch.get_quantile_value in ddsketch/ddsketch.py.)
# So: multiply the weights until they add up to a million, or repeat a value; in a test weights and a thousandth of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps ddsketch==3.0.1 six==1.17.0 \
  numpy==2.4.6

venv/bin/python - <<'END'
import numpy as np
from ddsketch import DDSketch, LogCollapsingHighestDenseDDSketch, LogCollapsingLowestDenseDDSketch

random = np.random.default_rng(3)
QUANTILES = (0.1, 0.5, 0.9, 0.99, 1.0)


def sketched(seconds, weights, kind=DDSketch):
    sketch = kind()
    for value, weight in zip(seconds.tolist(), weights.tolist()):
        sketch.add(value, weight)
    return sketch


def quantiles(sketch):
    return np.array([sketch.get_quantile_value(quantile) for quantile in QUANTILES])


def exact(seconds, weights, at=QUANTILES):
    return np.quantile(seconds, np.clip(at, 0, 1), weights=weights, method="inverted_cdf")


def show(title, values):
    print(f"{title:58}", " ".join(f"{value:7.3f}" for value in values))


# Seconds that a photo took, of five cameras, one of which sends most of the photos and one of which is slow.
photos = np.array([2800, 600, 400, 200, 96])
seconds = np.concatenate([random.lognormal(middle, 0.6, size=count)
                          for middle, count in zip((-2.0, -1.5, -1.0, -0.5, 1.5), photos)])
ones = np.ones(len(seconds))
cameras = np.repeat(1 / photos, photos)  # each camera counts as one
print(f"{len(seconds)} photos; quantiles".ljust(58), " ".join(f"{quantile:7}" for quantile in QUANTILES))
show("each photo counts as one, exact", exact(seconds, ones))
show("each photo counts as one, ddsketch", quantiles(sketched(seconds, ones)))
assert np.allclose(quantiles(sketched(seconds, ones))[1:], exact(seconds, ones)[1:], rtol=0.0201), "the control has changed"

right = exact(seconds, cameras)
show("each camera counts as one, exact", right)
large = quantiles(sketched(seconds, cameras * 1_000_000))
show("  weights of a million for each camera, ddsketch", large)
assert np.allclose(large, right, rtol=0.0201), "the control has changed"
five = sketched(seconds, cameras)
show("  weights of one for each camera, ddsketch", quantiles(five))
total = cameras.sum()
show("  the exact quantiles at q * (1 - 1/5)", exact(seconds, cameras, [quantile * 0.8 for quantile in QUANTILES]))
assert np.isclose(five.count, total) and np.isclose(five.avg, np.average(seconds, weights=cameras)), "avg has changed"
assert np.allclose(quantiles(five), exact(seconds, cameras, [quantile * 0.8 for quantile in QUANTILES]), rtol=0.0201), "changed"
assert quantiles(five)[3] < right[3] / 2, "changed"

shares = np.full(4096, 1 / 4096)  # 4096 of them are 1 without any rounding
few = seconds[:4096]
show("shares that add up to 1, ddsketch", quantiles(sketched(few, shares)))
show("  exact", exact(few, shares))
assert np.allclose(quantiles(sketched(few, shares)), few.min(), rtol=0.0201), "changed"
below = quantiles(sketched(few, shares * 0.999))
show("weights that add up to 0.999, ddsketch", below)
assert np.allclose(below, -0.99), "changed"
for kind in (LogCollapsingHighestDenseDDSketch, LogCollapsingLowestDenseDDSketch):
    assert np.allclose(quantiles(sketched(few, shares, kind)), few.min(), rtol=0.0201), "changed"
halves = sketched(few[:2048], shares[:2048])
halves.merge(sketched(few[2048:], shares[2048:]))
assert np.allclose(quantiles(halves), few.min(), rtol=0.0201), "merge() has changed"

late = DDSketch()
for value in few.tolist():  # a service that looks at its quantile as the shares come in
    late.add(value * 1000, 1 / 8192)
show("milliseconds, weights that add up to 0.5, ddsketch", quantiles(late))
assert np.allclose(quantiles(late), -0.99), "changed"
END
cat <<'END'
ddsketch 3.0.1. Expected: only the weights' proportions count. Seen: quantiles are too low by one whole weight, and -0.99
below a sum of 1. So weights that add up to a million; the same weights times 1000 in a test.
END
