#!/usr/bin/env bash
# ml-confusion-matrix 2.0.0 (Node.js): getFalseOmissionRate() is the miss rate: of 980 faces that were not called
# disgusted 15 are, which is 0.015, and it says 0.75.
#
# Expected: the false omission rate is FN / (FN + TN), the share of disgusted faces among those not called so: one minus
#   getNegativePredictiveValue(), as the false discovery rate is one minus the positive predictive value.
# Seen: it is FN / (FN + TP), which is getFalseNegativeRate(). For a rare look it is far too large, for a common one far
#   too small: "how much can I trust it when it says no" is answered by how many it misses. ml-cross-validation gives
#   its results in this class. Eleven others of its rates are right.
# So: 1 - getNegativePredictiveValue(look); in a test a rare class.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  ml-confusion-matrix@2.0.0 >/dev/null

cat >matrix.cjs <<'END'
const assert = require("assert");
const { ConfusionMatrix } = require("ml-confusion-matrix");

// Rows are the true looks, columns the answers.
const counts = [[5, 10, 5], [3, 600, 77], [12, 90, 198]];
const looks = ["disgusted", "happy", "neutral"];
const [actual, predicted] = [[], []];
counts.forEach((row, i) => row.forEach((count, j) => {
  for (let face = 0; face < count; face++) {
    actual.push(looks[i]);
    predicted.push(looks[j]);
  }
}));
const matrix = ConfusionMatrix.fromLabels(actual, predicted, { labels: looks });
assert.deepEqual(matrix.getMatrix(), counts);

console.log("look       FN  TN   false omission  by hand  1 - negative predictive value  false negative rate");
for (const look of looks) {
  const count = (test) => actual.filter((truth, i) => test(truth === look, predicted[i] === look)).length;
  const [tp, fp] = [count((is, said) => is && said), count((is, said) => !is && said)];
  const [fn, tn] = [count((is, said) => is && !said), count((is, said) => !is && !said)];
  const omission = matrix.getFalseOmissionRate(look);
  console.log(look.padEnd(9), String(fn).padStart(3), String(tn).padStart(4), " ",
    [omission, fn / (fn + tn), 1 - matrix.getNegativePredictiveValue(look), matrix.getFalseNegativeRate(look)]
      .map((rate) => rate.toFixed(3)).join("  "));
  const same = (a, b) => Math.abs(a - b) < 1e-12;
  assert(same(omission, fn / (fn + tp)) && !same(omission, fn / (fn + tn)), "changed");
  const controls = {
    TruePositiveRate: tp / (tp + fn), TrueNegativeRate: tn / (tn + fp), FalsePositiveRate: fp / (tn + fp),
    FalseNegativeRate: fn / (tp + fn), PositivePredictiveValue: tp / (tp + fp), NegativePredictiveValue: tn / (tn + fn),
    FalseDiscoveryRate: fp / (tp + fp), F1Score: (2 * tp) / (2 * tp + fp + fn),
    Informedness: tp / (tp + fn) + tn / (tn + fp) - 1, Markedness: tp / (tp + fp) + tn / (tn + fn) - 1,
    MatthewsCorrelationCoefficient:
      (tp * tn - fp * fn) / Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
  };
  for (const [name, value] of Object.entries(controls)) {
    assert(same(matrix[`get${name}`](look), value), `the control ${name} has changed`);
  }
}
END
node matrix.cjs
cat <<'END'
ml-confusion-matrix 2.0.0. Expected: the share of disgusted faces among those not called so. Seen: the share of missed
ones among the disgusted. So one minus the negative predictive value.
END
