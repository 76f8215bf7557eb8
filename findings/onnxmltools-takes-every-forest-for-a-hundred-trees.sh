#!/usr/bin/env bash
# onnxmltools 1.16.0: a LightGBM random forest (boosting_type="rf") is converted as if it had 100 trees: of 50 trees each
# number is half, of 500 five times too large; and a forest for two classes never says yes, whatever its size.
#
# Expected: a forest's answer is the mean of its trees, in LightGBM and in ONNX.
# Seen: the converted network divides the sum of the trees by a constant, 100, the default of n_estimators. With 100
#   trees a regression is right, with 25 a quarter, and so on: a valence or an age that was estimated from a face, in the
#   right order and of the wrong size; correlations and rankings show nothing. For two classes the sigmoid is taken of
#   the sum, not of the mean, and its result is divided by 100: the probability of the look is at most 0.01 and the class
#   is always the first one, of 100 trees too. Given as a Booster (lgb.train) no forest is known as one: the sum remains,
#   100 times too large at 100 trees. gbdt and dart are right. Nothing is said. (LightGbm.py of onnxmltools, in
#   convert/lightgbm/operator_converters: the denominator is written as 100.0 in both branches; _parse.py looks for
#   average_output in the booster's attributes, where LightGBM has none.)
# So: scikit-learn's forest and skl2onnx, or gbdt; compare predictions, not ranks, before and after a conversion.
set -euo pipefail
grep -q libgomp.so.1 <<<"$(ldconfig -p)" || { echo "Needs libgomp1" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  onnxmltools==1.16.0 skl2onnx==1.20.0 onnxconverter-common==1.16.0 lightgbm==4.7.0 scikit-learn==1.9.1 scipy==1.17.1 \
  joblib==1.6.0 cloudpickle==3.1.3 threadpoolctl==3.8.0 narwhals==2.29.0 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 \
  ml_dtypes==0.6.0 typing_extensions==4.16.0 onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4
cat >look.py <<'END'
import warnings

import lightgbm
import numpy as np
import onnxruntime
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(3)
random = np.random.default_rng(2)
# Ten measures of a face (how wide the mouth is, how high the brows are, ...), its valence, and whether it is happy.
faces = random.normal(size=(1500, 10)).astype(np.float32)
valence = np.tanh(faces[:, 0] + faces[:, 1] / 3 + random.normal(size=1500) / 5)
happy = (valence > 0.2).astype(int)
train, test = slice(0, 1000), slice(1000, 1500)
FOREST = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}


def parameters(kind, trees):
    return {**(FOREST if kind == "rf" else {"boosting_type": kind}), "n_estimators": trees, "num_leaves": 8, "verbose": -1,
            "n_jobs": 1, "random_state": 1}


def converted(model):
    """The answers of the converted network; of a classifier, classes and probabilities."""
    options = {"zipmap": False} if isinstance(model, lightgbm.LGBMClassifier) else {}
    network = convert_lightgbm(model, initial_types=[("faces", FloatTensorType([None, 10]))], **options)
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"faces": faces[test]})


print("valence                 mean error: LightGBM  ONNX   ONNX / LightGBM  correlation")
for kind, trees in (("gbdt", 50), ("dart", 50), ("rf", 25), ("rf", 50), ("rf", 100), ("rf", 200), ("rf", 500)):
    model = lightgbm.LGBMRegressor(**parameters(kind, trees)).fit(faces[train], valence[train])
    right, seen = model.predict(faces[test]), converted(model)[0].ravel()
    ratio = np.median(seen / right)
    errors = [np.abs(answer - valence[test]).mean() for answer in (right, seen)]
    print(f"{kind:4} of {trees:3} trees {errors[0]:23.3f} {errors[1]:9.3f} {ratio:12.3f} {np.corrcoef(seen, right)[0, 1]:8.4f}")
    assert np.allclose(seen, right * (trees / 100 if kind == "rf" else 1), atol=1e-4), "changed"
    if (kind, trees) == ("rf", 100):
        booster = converted(model.booster_)[0].ravel()
        print(f"  the same forest as a Booster: ONNX / LightGBM {np.median(booster / right):.1f}")
        assert np.allclose(booster, right * 100, rtol=1e-3, atol=1e-3), "changed: Booster"

print(f"happy ({happy[test].mean():.0%} are)        accuracy: LightGBM  ONNX   largest probability: LightGBM  ONNX")
for kind, trees in (("gbdt", 50), ("dart", 50), ("rf", 25), ("rf", 100), ("rf", 500)):
    model = lightgbm.LGBMClassifier(**parameters(kind, trees)).fit(faces[train], happy[train])
    right, (classes, seen) = model.predict_proba(faces[test]), converted(model)
    accuracy = [(answer == happy[test]).mean() for answer in (model.predict(faces[test]), classes)]
    most = right[:, 1].max(), seen[:, 1].max()
    print(f"{kind:4} of {trees:3} trees {accuracy[0]:20.3f} {accuracy[1]:9.3f} {most[0]:25.3f} {most[1]:8.3f}")
    if kind == "rf":
        summed = np.log(right[:, 1] / right[:, 0]) * trees
        assert np.allclose(seen[:, 1], 1 / (1 + np.exp(-summed)) / 100, atol=1e-5), "changed"
        assert seen[:, 1].max() <= 0.0101 and (classes == 0).all() and accuracy[0] > 0.8, "changed"
    else:
        assert np.allclose(seen, right, atol=1e-4) and accuracy[0] == accuracy[1], "the control has changed"
END
OMP_NUM_THREADS=1 venv/bin/python look.py
cat <<'END'
onnxmltools 1.16.0. Expected: the mean of a forest's trees. Seen: their sum by 100, however many there are; of two classes
always the first. So another forest, or gbdt; compare predictions before and after.
END
