#!/usr/bin/env bash
# calzone-tool 0.1.0: whatever look is asked for, Cox's calibration slope is that of class 1, or of class 1's probabilities
# against another look's truth.
#
# Expected: CalibrationMetrics(class_to_calculate=3) and cox_regression_analysis(class_to_calculate=3) judge the
#   probabilities of happy (class 3) by who is happy: a slope near 1 and an intercept near 0 if they are calibrated.
# Seen: the regression takes column 1 of the probabilities, whatever class_to_calculate says, which is used for the truth
#   only (cox_regression_analysis in calzone/metrics.py); and CalibrationMetrics does not hand its class over. So
#   - calculate_metrics() gives the same COX coef, intercept and intervals for each of seven looks: those of disgust. And
#     "COX ICI" is how far disgust's line bends each look's own probabilities: far for looks that are calibrated, hardly
#     for a look that is not.
#   - cox_regression_analysis() sets who is happy against the probabilities of disgust: a slope near 0, of a network whose
#     probabilities are exactly right, as if it knew nothing.
#   The bootstrap's intervals are of the same kind. ECE, MCE, Hosmer-Lemeshow, Spiegelhalter and Loess are of the look that
#   was asked for, in the same table. With two classes, where class 1 is the one that counts, all is right. Nothing is
#   raised.
# So: make two columns first, 1 - p and p of the look, and of the truth 0 and 1; a network that is calibrated for one look
#   and not for another in a test.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps calzone-tool==0.1.0 \
  numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 patsy==1.0.3 pandas==3.1.1 packaging==26.4 python-dateutil==2.9.0.post0 \
  six==1.17.0 formulaic==1.2.2 interface_meta==1.3.0 typing_extensions==4.16.0 wrapt==2.5.2 narwhals==2.29.0 \
  matplotlib==3.11.2 contourpy==1.3.3 cycler==0.12.1 fonttools==4.68.0 kiwisolver==1.5.1 pillow==13.0.0 \
  pyparsing==3.3.3 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }

MPLCONFIGDIR="$folder" MPLBACKEND=Agg venv/bin/python -W ignore - <<'END'
import numpy as np
import statsmodels.api as sm
from calzone.metrics import CalibrationMetrics, cox_regression_analysis

LOOKS = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
random = np.random.default_rng(7)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def by_hand(truth, p):
    """Slope and intercept of the logistic regression of the truth on the logit of p."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    intercept, slope = sm.Logit(truth, sm.add_constant(np.log(p / (1 - p)))).fit(disp=0).params
    return slope, intercept


scores = random.normal(size=(6000, 7)) * 1.5
scores[:, 1] -= 1.5  # disgust is rare
truth_of = softmax(scores)
looks = (random.random((6000, 1)) > truth_of.cumsum(axis=1)).sum(axis=1)  # drawn by exactly these probabilities
print("a network whose probabilities are exactly right")
print(f"{'':10}{'by hand':>9}{'metrics':>9}{'function':>10}{'two columns':>13}   COX ICI  two columns   ECE-H  two columns")
for number, look in enumerate(LOOKS):
    p = truth_of[:, number]
    truth = (looks == number).astype(int)
    right, _ = by_hand(truth, p)
    seen = CalibrationMetrics(class_to_calculate=number).calculate_metrics(looks, truth_of, ["COX", "ECE-H", "Loess"])
    alone = cox_regression_analysis(looks, truth_of, class_to_calculate=number)[0]
    pair = CalibrationMetrics().calculate_metrics(truth, np.column_stack([1 - p, p]), ["COX", "ECE-H", "Loess"])
    print(f"{look:10}{right:9.2f}{seen['COX coef']:9.2f}{alone:10.2f}{pair['COX coef']:13.2f}"
          f"{seen['COX ICI']:10.3f}{pair['COX ICI']:13.3f}{seen['ECE-H']:8.3f}{pair['ECE-H']:13.3f}")
    assert np.isclose(pair["COX coef"], right, atol=1e-3) and 0.9 < right < 1.1, "the control of two columns has changed"
    assert np.isclose(seen["ECE-H"], pair["ECE-H"]) and np.isclose(seen["Loess ICI"], pair["Loess ICI"]), "ECE has changed"
    disgust = by_hand((looks == 1).astype(int), truth_of[:, 1])[0]
    assert np.isclose(seen["COX coef"], disgust, atol=1e-3), "changed"
    assert number == 1 or abs(alone) < 0.3 and np.isclose(alone, by_hand(truth, truth_of[:, 1])[0], atol=1e-3), "changed"


def sharpen(p, look):
    """The same probabilities, but of one look too sure: its logit times 3."""
    told = p.copy()
    told[:, look] = 1 / (1 + (1 / p[:, look] - 1) ** 3)
    return told


for title, told, fooled in (("disgust is too sure, happy as before", sharpen(truth_of, 1), True),
                            ("happy is too sure, disgust as before", sharpen(truth_of, 3), False)):
    print("\n" + title)
    for number in (1, 3):
        truth, p = (looks == number).astype(int), told[:, number]
        right, _ = by_hand(truth, p)
        seen = CalibrationMetrics(class_to_calculate=number).calculate_metrics(looks, told, ["COX"])
        pair = CalibrationMetrics().calculate_metrics(truth, np.column_stack([1 - p, p]), ["COX"])
        print(f"{LOOKS[number]:10} slope by hand {right:.2f}, seen {seen['COX coef']:.2f} "
              f"({seen['COX coef lowerci']:.2f} to {seen['COX coef upperci']:.2f}); "
              f"COX ICI {seen['COX ICI']:.3f}, of two columns {pair['COX ICI']:.3f}")
        assert np.isclose(pair["COX coef"], right, atol=1e-3)
        if number == 1:
            assert np.isclose(seen["COX coef"], right, atol=1e-3)
        elif fooled:
            assert right > 0.9 and seen["COX coef upperci"] < 0.5 and seen["COX ICI"] > 5 * pair["COX ICI"], "changed"
        else:
            assert right < 0.5 and seen["COX coef lowerci"] > 0.9 and seen["COX ICI"] < pair["COX ICI"] / 3, "changed"
END
cat <<'END'
calzone-tool 0.1.0. Expected: Cox's slope of the look that was asked for. Seen: of class 1, or of class 1's probabilities
against another look. So two columns, 1 - p and p, and a truth of 0 and 1.
END
