#!/usr/bin/env bash
# scikit-learn 1.9.1: the same probabilities have another log loss as float32 than as float64, so that of two networks
# the type chooses the better one.
#
# Expected: log_loss is a figure of the numbers. To widen float32 to float64 changes none of them, so the figure stays,
#   but for the last digits.
# Seen: probabilities below the type's own precision are lifted to it before the logarithm is taken, 1.2e-7 as float32,
#   2.2e-16 as float64. A look that was all but ruled out and is right costs 36 as float64, 16 as float32, 7 as float16.
#   A network that is right more often but much too sure beats a calibrated one as float32 (as OpenVINO and torch give
#   it) and loses to it as float64 (as CSV or JSON bring it back). Accuracy and the Brier score are the same for both.
# So: widen to float64 and clip by a bound of your own, named in the report, before every log_loss; compare only figures
#   that were made so, and take the Brier score beside it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1 joblib==1.6.0 threadpoolctl==3.8.0 narwhals==2.29.0 cloudpickle==3.1.3

cd "$folder"
venv/bin/python -W error - <<'END'
import numpy as np
from scipy.special import softmax
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

TYPES = (np.float16, np.float32, np.float64)
ruled_out = [log_loss([0, 1], np.array([[1, 0], [1, 0]], kind)) * 2 for kind in TYPES]
print("one look that was ruled out:", ", ".join(f"{kind.__name__} {loss:.1f}" for kind, loss in zip(TYPES, ruled_out)))
assert np.allclose(ruled_out, [6.9, 15.9, 36.0], atol=0.1), ruled_out

random = np.random.default_rng(0)
logits = random.normal(size=(5000, 7)) * 1.4
looks = np.array([random.choice(7, p=chances) for chances in softmax(logits, axis=1)])
better = logits.copy()
corrected = random.choice(5000, 4250, replace=False)  # the second network knows more, but is much too sure
better[corrected, looks[corrected]] = better[corrected].max(axis=1) + 1
networks = {"calibrated": logits, "too sure": better * 100}
seen = {}
for name, scaled in networks.items():
    answers = softmax(scaled.astype(np.float32), axis=1)
    wide = answers.astype(np.float64)
    wide /= wide.sum(axis=1, keepdims=True)  # without this log_loss warns of sums that are a millionth off
    assert answers.dtype == np.float32 and np.allclose(answers, wide, rtol=1e-6, atol=0)
    seen[name] = log_loss(looks, answers), log_loss(looks, wide)
    accuracies = [accuracy_score(looks, array.argmax(axis=1)) for array in (answers, wide)]
    scores = [brier_score_loss(looks, array) for array in (answers, wide)]
    print(f"{name:10} accuracy {accuracies[0]:.3f}, Brier {scores[0]:.3f}, "
          f"log loss as float32 {seen[name][0]:.2f}, as float64 {seen[name][1]:.2f}")
    assert accuracies[0] == accuracies[1] and abs(scores[0] - scores[1]) < 1e-4
calibrated, sure = seen["calibrated"], seen["too sure"]
assert abs(calibrated[0] - calibrated[1]) < 1e-3
assert sure[0] < calibrated[0] - 0.1 and sure[1] > calibrated[1] + 0.5, seen
END
cat <<'END'
scikit-learn 1.9.1. Expected: the same numbers, the same log loss. Seen: what was ruled out costs 16 as float32 and 36
as float64. So widen and clip yourself before you compare.
END
