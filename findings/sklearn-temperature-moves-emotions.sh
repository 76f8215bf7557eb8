#!/usr/bin/env bash
# scikit-learn 1.9.1: calibrated by temperature, a network whose emotions are in FER2013's order calls every sad face
# neutral, every surprised one sad and every neutral one surprised.
#
# Expected: a temperature changes how sure a classifier is, never what it says. predict_proba's columns are named by the
#   classifier's classes_; with method "sigmoid" or "isotonic" CalibratedClassifierCV goes by these names.
# Seen: with method="temperature" it takes the columns as they come and names them alphabetically. FER2013's order
#   (angry, disgust, fear, happy, sad, surprise, neutral) is alphabetical but for its last three, so that four emotions
#   look right and accuracy falls from 0.69 to 0.41. The temperature is fitted to the same mistake: 3.8 instead of 1.
#   No warning, not even from cross_val_score, which finds the bare network in order. log_loss does warn about such an
#   order, roc_auc_score refuses it.
# So: hand over the columns in sorted order (or labels 0 to 6), and compare the answers before and after calibration:
#   not one may change.
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
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_score

FER2013 = np.array(["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"])


class Network(ClassifierMixin, BaseEstimator):
    """Stands for a trained network: its input here is already its logits."""

    def __init__(self, order=FER2013):
        self.order = order

    def fit(self, faces, looks):
        self.classes_ = np.array(self.order)
        return self

    def predict_proba(self, faces):
        columns = [list(FER2013).index(look) for look in self.order]
        return softmax(faces, axis=1)[:, columns]

    def predict(self, faces):
        return self.classes_[self.predict_proba(faces).argmax(axis=1)]


random = np.random.default_rng(0)
faces = random.normal(size=(4000, 7)) * 3
# Drawn by the network's own probabilities, so that it is calibrated from the start.
looks = np.array([random.choice(FER2013, p=chances) for chances in softmax(faces, axis=1)])


def calibrated(network, method):
    return CalibratedClassifierCV(FrozenEstimator(network), method=method).fit(faces, looks)


network = Network().fit(faces, looks)
alone = network.score(faces, looks)
print(f"network alone                   accuracy {alone:.3f}")
assert alone > 0.65 and abs(cross_val_score(network, faces, looks).mean() - alone) < 0.01
for method in ("sigmoid", "isotonic"):
    accuracy = calibrated(network, method).score(faces, looks)
    print(f"{method:31} accuracy {accuracy:.3f}")
    assert abs(accuracy - alone) < 0.03
for name, order in (("alphabetical", np.sort(FER2013)), ("FER2013's", FER2013)):
    network = Network(order).fit(faces, looks)
    after = calibrated(network, "temperature")
    temperature = 1 / after.calibrated_classifiers_[0].calibrators[0].beta_
    accuracy = after.score(faces, looks)
    before, now = network.predict(faces), after.predict(faces)
    moved = {str(look): sorted({str(other) for other in now[before == look]}) for look in FER2013}
    print(f"temperature, order {name:12} accuracy {accuracy:.3f}, temperature {temperature:.2f}")
    if name == "alphabetical":
        assert np.array_equal(before, now) and abs(temperature - 1) < 0.1
print("its answers become:", ", ".join(f"{look} {' '.join(now)}" for look, now in moved.items()))
swapped = {"sad": ["neutral"], "surprise": ["sad"], "neutral": ["surprise"]}
assert moved == {str(look): swapped.get(str(look), [str(look)]) for look in FER2013}, moved
assert accuracy < alone - 0.2 and temperature > 2
END
cat <<'END'
scikit-learn 1.9.1. Expected: a temperature changes no answer. Seen: three emotions change places, without a warning,
because the columns are taken for alphabetical. So hand them over sorted, and compare the answers before and after.
END
