#!/usr/bin/env bash
# polars-ds 0.13.0: cosine_sim() of a face's embedding with itself is its length, not 1, and weighted_hmean() does not
# weigh.
#
# Expected: "cosine similarity" is x·y / (|x| |y|), between -1 and 1, whatever the vectors' length; the weighted
#   harmonic mean is the sum of the weights by the sum of weight / value.
# Seen: cosine_sim() takes the root twice (polars_ds/exprs/stats.py) and gives x·y / sqrt(|x| |y|). For vectors of length
#   1 that is the same, so that a test with normalised ones shows nothing; of embeddings as they come out of a network,
#   a stranger passes every threshold, and the nearest face is the one with the longest vector. weighted_cosine_sim(),
#   in the next lines, is right, and so it is with weights of 1. weighted_hmean() adds value · (1 / value), which is 1
#   for each row, and gives the weights' mean, whatever the values are; with is_normalized=True it gives 1 / rows.
#   hmean() is right. Nothing is raised.
# So: weighted_cosine_sim(x, y, pl.lit(1.0)), or normalise first; w.sum() / (w / x).sum() by hand. In a test a vector
#   with itself, not normalised.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps polars-ds==0.13.0 \
  polars==2.1.0 polars-runtime-32==2.1.0 numpy==2.4.6

venv/bin/python - <<'END'
import numpy as np
import polars as pl
import polars_ds as pds

random = np.random.default_rng(7)
SIZE = 512


def ask(expression, **columns):
    return pl.DataFrame(columns).select(expression.alias("answer"))["answer"][0]


def cosine(x, y):
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def normalised(x):
    return x / np.linalg.norm(x)


face = random.normal(size=SIZE)
again = face + random.normal(size=SIZE) * 0.6  # another photo of the same person
stranger = random.normal(size=SIZE) * 4 + face * 0.2  # a sharp photo of somebody else: a long vector
ones = np.ones(SIZE)
print("face against         cosine_sim  by hand  normalised first  weighted_cosine_sim, weights of 1")
found = {}
for name, other in (("itself", face), ("the same person", again), ("a stranger", stranger)):
    seen = ask(pds.cosine_sim("x", "y"), x=face, y=other)
    unit = ask(pds.cosine_sim("x", "y"), x=normalised(face), y=normalised(other))
    weighted = ask(pds.weighted_cosine_sim("x", "y", "w"), x=face, y=other, w=ones)
    right = cosine(face, other)
    found[name] = seen, right
    print(f"{name:20} {seen:10.3f}  {right:7.3f}  {unit:16.3f}  {weighted:19.3f}")
    assert np.isclose(unit, right) and np.isclose(weighted, right), "the controls have changed"
    assert np.isclose(seen, right * np.sqrt(np.linalg.norm(face) * np.linalg.norm(other))), "changed"
    lit = ask(pds.weighted_cosine_sim("x", "y", pl.lit(1.0)), x=face, y=other)
    assert np.isclose(lit, right), "weights of pl.lit(1.0) have changed"
assert np.isclose(found["itself"][0], np.linalg.norm(face)) and found["a stranger"][0] > 1, "changed"
assert found["a stranger"][1] < 0.3, "the stranger has changed"

others = [(random.normal(size=SIZE) + 0.4 * face) * length for length in random.uniform(1, 20, size=99)]
gallery = others + [again]
nearest = {}
for name, measure in (("cosine_sim", lambda x, y: ask(pds.cosine_sim("x", "y"), x=x, y=y)), ("by hand", cosine)):
    scores = [measure(face, other) for other in gallery]
    nearest[name] = int(np.argmax(scores))
    above = sum(score > 0.6 for score in scores)
    print(f"{name}: the nearest of 100 is number {nearest[name]} (the same person is 99), {above} are above 0.6")
    assert (above == 1) == (name == "by hand"), "changed"
assert nearest["by hand"] == 99 and nearest["cosine_sim"] != 99, "changed"

seconds, faces = np.array([0.1, 0.2, 0.4, 0.8]), np.array([1.0, 2.0, 3.0, 10.0])
right = faces.sum() / (faces / seconds).sum()
seen = ask(pds.weighted_hmean("x", "w"), x=seconds, w=faces)
shares = ask(pds.weighted_hmean("x", "w", is_normalized=True), x=seconds, w=faces / faces.sum())
tens = ask(pds.weighted_hmean("x", "w"), x=seconds * 10, w=faces)
print(f"weighted harmonic mean of {seconds} by {faces}: {right:.4f}, weighted_hmean {seen:.4f}, by shares {shares:.4f}, "
      f"of ten times the values {tens:.4f}")
assert np.isclose(seen, faces.mean()) and np.isclose(tens, seen) and np.isclose(shares, 1 / 4), "changed"
assert np.isclose(ask(pds.hmean("x"), x=seconds), 4 / (1 / seconds).sum()), "the control hmean() has changed"
END
cat <<'END'
polars-ds 0.13.0. Expected: a cosine between -1 and 1. Seen: it grows with the vectors' length, and a weighted harmonic
mean does not depend on the values. So weighted_cosine_sim() with weights of 1; a long vector with itself in a test.
END
