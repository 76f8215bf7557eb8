#!/usr/bin/env bash
# river 0.26.1: precision, recall and F1 with pos_val=0 (or False) are those of the other class, and with any other value than
# 1 or True they are 0.
#
# Expected: pos_val is the "Value to treat as positive": Recall(pos_val=0) is the share of the faces of class 0 that are
#   found, as by scikit-learn's pos_label, and F1(pos_val="disgust") is that of disgust.
# Seen: each update compares the truth and the answer with pos_val and enters True or False (BinaryMetric in
#   metrics/base.py). Then the metric looks up pos_val itself in that table (metrics/precision.py and others). 0 and False
#   are the key of all that is not pos_val: of 2000 faces with the alarming ones as class 0 the recall is 0.97 for 0.75,
#   which is how often a calm face is called calm; the worse of two networks can be the better one. ROCAUC(pos_val=0) is
#   the area with a minus. A name, or the number 2, is no key at all, and the answer is 0: for Precision, Recall, F1,
#   FBeta, Jaccard, MCC and ROCAUC, in Rolling as well. MCC with 0 or False is right, because it is the same from both
#   sides. With True, the default, and 1, which Python takes for True, all are right, so that an
#   example with 0 and 1 shows nothing. Nothing is raised.
# So: metric.update(truth == look, answer == look) and no pos_val; ClassificationReport for all looks. In a test a rare class
#   as class 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps river==0.26.1 \
  numpy==2.4.6 scipy==1.17.1 narwhals==2.29.0

venv/bin/python - <<'END'
import numpy as np
from river import metrics, utils
from scipy.stats import rankdata

random = np.random.default_rng(7)
FACES = 2000


def by_hand(truth, answers):
    both = int((truth & answers).sum())
    precision, recall = both / answers.sum(), both / truth.sum()
    without = int((~truth & ~answers).sum())
    false, missed = int(answers.sum()) - both, int(truth.sum()) - both
    root = np.sqrt(float(both + false) * (both + missed) * (without + false) * (without + missed))
    return {"Precision": precision, "Recall": recall, "F1": 2 * precision * recall / (precision + recall),
            "Jaccard": both / (both + false + missed), "MCC": (both * without - false * missed) / root}


def ask(metric, truth, answers):
    for real, answer in zip(truth.tolist(), answers.tolist()):
        metric.update(real, answer)
    return metric.get()


def area(truth, scores):
    ranks, count = rankdata(scores), truth.sum()
    return (ranks[truth].sum() - count * (count + 1) / 2) / count / (~truth).sum()


alarming = random.random(FACES) < 0.1
called = np.where(random.random(FACES) < 0.72, alarming, random.random(FACES) < 0.1)
right, other = by_hand(alarming, called), by_hand(~alarming, ~called)
CODES = (  # how the alarming faces are called, and the others
    (True, False), (1, 0), (0, 1), (False, True), (2, 1), ("alarming", "calm"))
print(f"{'alarming, calm':22}" + "".join(f"{name:>11}" for name in right))
for yes, no in CODES:
    truth, answers = (np.array([yes if value else no for value in values], dtype=object) for values in (alarming, called))
    seen = {name: ask(getattr(metrics, name)(pos_val=yes), truth, answers) for name in right}
    print(f"{f'{yes!r}, {no!r}':22}" + "".join(f"{value:11.3f}" for value in seen.values()))
    expected = right if yes == 1 else other if yes == 0 else dict.fromkeys(right, 0)
    assert all(np.isclose(seen[name], expected[name]) for name in right), "changed"
    compared = {name: ask(getattr(metrics, name)(), truth == yes, answers == yes) for name in right}
    assert all(np.isclose(compared[name], right[name]) for name in right), "the control by == has changed"
    rolling = ask(utils.Rolling(metrics.Recall, window_size=FACES, pos_val=yes), truth, answers)
    assert np.isclose(rolling, expected["Recall"]), "Rolling has changed"
print(f"{'by hand':22}" + "".join(f"{value:11.3f}" for value in right.values()))
print(f"{'by hand, of the calm':22}" + "".join(f"{value:11.3f}" for value in other.values()))
assert np.isclose(right["MCC"], other["MCC"]) and right["Recall"] < 0.8 < 0.95 < other["Recall"], "the faces have changed"

# Two networks, class 0 alarming: a careful one finds nine of ten, a careless one calls nearly every face calm.
careful = np.where(alarming, random.random(FACES) < 0.9, random.random(FACES) < 0.1)
careless = np.where(alarming, random.random(FACES) < 0.1, random.random(FACES) < 0.005)
print("recall of alarming faces (class 0)    pos_val=0  by hand")
found = {}
for name, answers in (("careful", careful), ("careless", careless)):
    seen = ask(metrics.Recall(pos_val=0), 1 - alarming.astype(int), 1 - answers.astype(int))
    found[name] = seen, by_hand(alarming, answers)["Recall"]
    print(f"{name:37} {seen:10.3f}  {found[name][1]:7.3f}")
assert found["careful"][0] < found["careless"][0] and found["careful"][1] > 0.85 > 0.2 > found["careless"][1], "changed"

scores = np.clip(np.where(alarming, 0.6, 0.35) + random.normal(size=FACES) * 0.2, 0, 1)
truth = area(alarming, scores)
print(f"area under the ROC curve, by hand {truth:.3f}; ROCAUC by pos_val:", end="")
for yes, no, expected in ((True, False, truth), (1, 0, truth), (0, 1, -truth), ("alarming", "calm", 0)):
    seen = ask(metrics.ROCAUC(n_thresholds=100, pos_val=yes), np.where(alarming, yes, no), scores)
    print(f" {yes!r} {seen + 0:.3f}", end="")
    assert abs(seen - expected) < 0.01, "ROCAUC has changed"
print()

looks = random.choice(["disgust", "happy", "neutral"], size=FACES, p=[0.05, 0.6, 0.35])
named = np.where(random.random(FACES) < 0.8, looks, "neutral")
seen = ask(metrics.F1(pos_val="disgust"), looks, named)
alone = ask(metrics.F1(), looks == "disgust", named == "disgust")
print(f"F1 of disgust among three looks: pos_val {seen:.3f}, compared before {alone:.3f}")
assert seen == 0 and np.isclose(alone, by_hand(looks == "disgust", named == "disgust")["F1"]), "changed"
END
cat <<'END'
river 0.26.1. Expected: the measures of the class that pos_val names. Seen: those of the other class for 0, 0 for names. So
compare truth and answer with the look first; a rare class as class 0 in a test.
END
