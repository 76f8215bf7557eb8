#!/usr/bin/env bash
# MAPIE 1.6.0: top_label_ece gives a look that is answered once in a hundred the weight of one that is answered every
# third time, and so picks the worse of two networks.
#
# Expected: the top-label calibration error of Gupta and Ramdas (arXiv 2107.08353), which its text names, is an
#   expectation over faces: each answer's gap between confidence and correctness, weighed by how often it is given. Like
#   any ECE it says how far a confidence is off on average.
# Seen: the gaps are averaged over the looks, however often each is answered. A network that is too sure, by 0.5, of its
#   1 % of disgust and right about all else gets 0.071, as if its answers were off by seven points, where that is half a
#   point. One that is 6 points too sure of everything gets 0.060 and looks better. A look that is never answered is
#   left out of the average, so that to stop answering disgust repairs the figure. expected_calibration_error, from the
#   same module, weighs by faces (and takes "was it correct", no looks).
# So: expected_calibration_error(looks == answers, probabilities) for the report; weigh the per-look figures yourself by
#   the answers' shares; say which was used.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  mapie==1.6.0 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1 joblib==1.6.0 threadpoolctl==3.8.0 narwhals==2.29.0 \
  cloudpickle==3.1.3

cd "$folder"
venv/bin/python -W error - <<'END'
import numpy as np
from mapie.metrics.calibration import expected_calibration_error, top_label_ece

LOOKS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
ANSWERED = (1400, 100, 1300, 3000, 1500, 1100, 1600)  # of 10,000 faces


def network(gaps):
    """Faces that get each look with confidence 0.8, which is right for 0.8 minus the look's gap of them."""
    truth, probabilities = [], []
    for look, (count, gap) in enumerate(zip(ANSWERED, gaps)):
        right = round(count * (0.8 - gap))
        truth += [look] * right + [(look + 1) % 7] * (count - right)
        row = np.full(7, 0.2 / 6)
        row[look] = 0.8
        probabilities += [row] * count
    return np.array(truth), np.array(probabilities)


def figures(name, gaps):
    truth, probabilities = network(gaps)
    answers = probabilities.argmax(1)
    by_hand = sum(count * abs(gap) for count, gap in zip(ANSWERED, gaps)) / sum(ANSWERED)
    figure = top_label_ece(truth, probabilities, num_bins=10)
    confidence = expected_calibration_error((truth == answers).astype(int), probabilities, num_bins=10)
    print(f"{name:34} top_label_ece {figure:.3f}, average gap of its 10,000 answers {by_hand:.3f}, "
          f"expected_calibration_error {confidence:.3f}")
    assert abs(figure - np.mean(np.abs(gaps))) < 1e-3, "the mean over looks"
    assert abs(confidence - by_hand) < 1e-9
    return figure, by_hand


disgust = [0.5 if look == "disgust" else 0 for look in LOOKS]
rare, rare_by_hand = figures("too sure by 0.50 of disgust alone", disgust)
everywhere, everywhere_by_hand = figures("too sure by 0.06 of every look", [0.06] * 7)
assert rare > everywhere and rare_by_hand < everywhere_by_hand / 10
truth, probabilities = network(disgust)
others = probabilities.argmax(1) != LOOKS.index("disgust")
without = top_label_ece(truth[others], probabilities[others], num_bins=10)
print(f"the first one without the hundred faces that it calls disgust: top_label_ece {without:.3f}")
assert without < 1e-9
END
cat <<'END'
MAPIE 1.6.0. Expected: an expectation over faces, as in the paper that it names. Seen: a mean over looks, in which a
hundredth of the answers weighs a seventh. So take expected_calibration_error, or weigh by shares yourself.
END
