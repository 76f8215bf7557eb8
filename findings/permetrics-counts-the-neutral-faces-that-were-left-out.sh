#!/usr/bin/env bash
# permetrics 2.1.0: with average="micro" the labels are passed over: the F1 of six looks without neutral is the accuracy of
# all faces, 0.88 for 0.43.
#
# Expected: f1_score(labels=[the looks but neutral], average="micro") adds up right answers and mistakes of these looks
#   only, as scikit-learn does. "Micro F1 without neutral" is the usual measure where nearly all faces or sentences are
#   neutral (DailyDialog), because a network that always says neutral is right about most of them. The documentation calls
#   the argument "List of labels to include in the calculation" and has an example of it with average='micro'.
# Seen: the micro mean is taken of the whole matrix and returned before the labels are looked at (_aggregate in
#   permetrics/classification.py). So precision, recall and F1 are all the accuracy with neutral: whichever looks are named
#   the answer is the same, a network that always says neutral has 0.83 for 0, and is better than one that finds most
#   looks. A look whose name is misspelt is refused with "macro", not with "micro". With None, "macro" and "weighted" the
#   labels count, and without labels "micro" is right. Nothing is raised.
# So: add up by hand what average=None and the supports give, or scikit-learn; a network that always says neutral in a
#   test.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps permetrics==2.1.0 \
  numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 joblib==1.6.0 cloudpickle==3.1.3 threadpoolctl==3.5.0 \
  narwhals==2.29.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }

venv/bin/python -W ignore - <<'END'
import numpy as np
import sklearn.metrics
from permetrics import ClassificationMetric

LOOKS = ["angry", "disgust", "fear", "happy", "sad", "surprise"]  # those that count
SHARES = [0.010, 0.004, 0.002, 0.124, 0.012, 0.018]
MEASURES = {"precision": ("precision_score", sklearn.metrics.precision_score),
            "recall": ("recall_score", sklearn.metrics.recall_score),
            "F1": ("f1_score", sklearn.metrics.f1_score),
            "Jaccard": ("jaccard_similarity_index", sklearn.metrics.jaccard_score)}
random = np.random.default_rng(7)
every = np.array(LOOKS + ["neutral"])
truth = random.choice(every, size=20000, p=SHARES + [1 - sum(SHARES)])


def network(finds, keeps_neutral):
    """Names a look rightly with the first probability, a neutral face with the second; is wrong by any other look."""
    other = random.choice(every, size=len(truth), p=[0.13] * 6 + [0.22])
    sure = random.random(len(truth)) < np.where(truth == "neutral", keeps_neutral, finds)
    return np.where(sure, truth, other)


def by_hand(measure, told, looks):
    """Of the named looks together: found, called so falsely, missed."""
    found = sum(((told == look) & (truth == look)).sum() for look in looks)
    false = sum(((told == look) & (truth != look)).sum() for look in looks)
    missed = sum(((told != look) & (truth == look)).sum() for look in looks)
    return {"precision": found / max(found + false, 1), "recall": found / (found + missed),
            "F1": 2 * found / (2 * found + false + missed), "Jaccard": found / (found + false + missed)}[measure]


def ask(measure, told, **options):
    return getattr(ClassificationMetric(truth, told), MEASURES[measure][0])(**options)


told = network(0.33, 0.96)
print(f"{(truth == 'neutral').mean():.0%} of the faces are neutral, accuracy {(told == truth).mean():.3f}")
print("micro, without neutral   by hand   scikit-learn   permetrics")
for measure, (_, right) in MEASURES.items():
    hand = by_hand(measure, told, LOOKS)
    control = right(truth, told, labels=LOOKS, average="micro")
    seen = ask(measure, told, labels=LOOKS, average="micro")
    print(f"{measure:22} {hand:9.3f} {control:14.3f} {seen:12.3f}")
    assert np.isclose(hand, control), "scikit-learn has changed"
    assert np.isclose(seen, by_hand(measure, told, every)), "changed"
    assert seen > 1.5 * hand, "changed"
    assert measure == "Jaccard" or np.isclose(seen, (told == truth).mean()), "changed"
    for average in ("macro", "weighted"):
        assert np.isclose(ask(measure, told, labels=LOOKS, average=average),
                          right(truth, told, labels=LOOKS, average=average)), "the control " + average + " has changed"
    alone = ask(measure, told, labels=LOOKS, average=None)
    assert np.allclose([alone[look] for look in LOOKS], right(truth, told, labels=LOOKS, average=None)), "None has changed"
    assert np.isclose(ask(measure, told, average="micro"), right(truth, told, average="micro")), "all looks have changed"

print("\nmicro F1 of other choices: by hand, permetrics")
for looks in (["happy"], ["disgust", "fear"], ["neutral"], list(every)):
    hand, seen = by_hand("F1", told, looks), ask("F1", told, labels=looks, average="micro")
    print(f"{', '.join(looks):55} {hand:.3f}  {seen:.3f}")
    assert np.isclose(seen, (told == truth).mean()), "changed"

print("\nmicro F1 without neutral: by hand, permetrics; macro, permetrics")
seen, hands = {}, {}
for name, answers in (("always neutral", np.full(len(truth), "neutral")), ("finds most looks", network(0.75, 0.74))):
    hands[name] = by_hand("F1", answers, LOOKS)
    seen[name] = ask("F1", answers, labels=LOOKS, average="micro")
    print(f"{name:18} {hands[name]:.3f}  {seen[name]:.3f}; {ask('F1', answers, labels=LOOKS, average='macro'):.3f}")
assert hands["always neutral"] == 0 < hands["finds most looks"] and seen["always neutral"] > seen["finds most looks"], "changed"

refused = []
for average in ("micro", "macro"):
    try:
        ask("F1", told, labels=["hapy"], average=average)
    except ValueError:
        refused.append(average)
print('a look named "hapy" is refused with', refused)
assert refused == ["macro"], "changed"
END
cat <<'END'
permetrics 2.1.0. Expected: a micro mean of the looks that were named. Seen: of all, with neutral, whatever was named; a
network that always says neutral has 0.83 for 0. So scikit-learn, or by hand; such a network in a test.
END
