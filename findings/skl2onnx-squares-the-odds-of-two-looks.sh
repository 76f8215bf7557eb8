#!/usr/bin/env bash
# skl2onnx 1.20.0: of two looks, linear discriminant analysis converted to ONNX answers with the square of the odds:
# 70 % happy becomes 84 %; isotonic calibration becomes a staircase.
#
# Expected: probabilities as scikit-learn's predict_proba gives them, as for three looks and more, for
#   LogisticRegression, and for calibration by sigmoid.
# Seen: for two classes the converter writes the scores -d and d and takes the softmax of both, which is the sigmoid of
#   2 d. The class is right for every face and the probabilities add up to 1, so that accuracy, ROC and the shape show
#   nothing; a threshold of 0.9 lets through what had 0.75. The raw score that can be asked for is right.
#   CalibratedClassifierCV(method="isotonic") interpolates between its steps in scikit-learn; in ONNX it takes the
#   nearest step, and two faces with nearly the same score are apart by the height of a step.
# So: LogisticRegression, or sigmoid calibration; compare the probabilities, not the classes, with predict_proba.
# Source: sklearn-onnx's issues 1116 (closed in 2024; the behaviour stayed) and 200 (2019, open).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  skl2onnx==1.20.0 scikit-learn==1.9.1 scipy==1.17.1 joblib==1.6.0 threadpoolctl==3.8.0 narwhals==2.29.0 \
  cloudpickle==3.1.3 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4

OMP_NUM_THREADS=1 venv/bin/python - <<'END'
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

random = np.random.default_rng(0)


def faces(looks, count):
    which = random.integers(0, looks, count)
    centres = np.random.default_rng(1).normal(0, 0.35, (looks, 16))
    return (centres[which] + random.normal(0, 1, (count, 16))).astype(np.float32), which


def converted(model, pictures):
    network = to_onnx(model, pictures[:1], options={id(model): {"zipmap": False}})
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pictures})


def compare(title, model, looks):
    model.fit(*faces(looks, 600))
    pictures, _ = faces(looks, 2000)
    truth = model.predict_proba(pictures)
    classes, probabilities = converted(model, pictures)
    same = float((classes == truth.argmax(1)).mean())
    off = float(np.abs(probabilities - truth).max())
    print(f"{title:46} the same class for {same:6.1%}, probabilities off by up to {off:.3f}")
    assert probabilities.shape == truth.shape and np.allclose(probabilities.sum(1), 1, atol=1e-5)
    return truth, probabilities, same, off, pictures


truth, seen, same, off, _ = compare("discriminant analysis, happy or not", LinearDiscriminantAnalysis(), 2)
assert same == 1 and off > 0.1
odds = truth[:, 1] ** 2 / (truth[:, 0] ** 2 + truth[:, 1] ** 2)
assert np.abs(seen[:, 1] - odds).max() < 1e-4
for level in (0.6, 0.7, 0.8):
    i = np.abs(truth[:, 1] - level).argmin()
    print(f"  scikit-learn {truth[i, 1]:.2f}, ONNX {seen[i, 1]:.2f}")
passed = [float((p.max(1) >= 0.9).mean()) for p in (truth, seen)]
print(f"  faces with 90 % and more: {passed[0]:.0%} in scikit-learn, {passed[1]:.0%} in ONNX")
assert passed[1] > passed[0] + 0.1
for title, model, looks in (("discriminant analysis, seven looks", LinearDiscriminantAnalysis(), 7),
                            ("logistic regression, happy or not", LogisticRegression(), 2),
                            ("the same, calibrated by sigmoid", CalibratedClassifierCV(
                                LogisticRegression(), method="sigmoid", ensemble=False), 2)):
    _, _, same, off, _ = compare(title, model, looks)
    assert same > 0.999 and off < 1e-3
model = CalibratedClassifierCV(LogisticRegression(), method="isotonic", ensemble=False)
truth, seen, _, off, pictures = compare("the same, calibrated by isotonic regression", model, 2)
steps = [len(np.unique(p[:, 1].round(5))) for p in (truth, seen)]
print(f"  different probabilities among 2000 faces: {steps[0]} in scikit-learn, {steps[1]} in ONNX")
assert off > 0.02 and steps[1] < steps[0]
END
cat <<'END'
skl2onnx 1.20.0. Expected: scikit-learn's probabilities. Seen: squared odds, and stairs. So compare probabilities.
END
