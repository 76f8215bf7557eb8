#!/usr/bin/env bash
# pycm 4.6: weighted_alpha() of two people who rate at random is 1.04 where most faces get the same rating: the agreement
# expected by chance is no sum of products.
#
# Expected: Krippendorff's alpha weighted by squares, of ratings from very sad (0) to very happy (4), is 0 for guesses, 1
#   for equal ratings, never above 1, and near weighted kappa where both people rate alike.
# Seen: expected by chance is for each pair of ratings the share of the one times the share of the other. weighted_alpha()
#   takes the mean of the one's share by the first person and the other's by the second, squared (weighted_alpha_calc in
#   pycm/overall_funcs.py): of a rating that four fifths of the faces get it is about 0.19 with each other rating, instead
#   of 0.04, and all pairs add up to more than 1. Guesses have 1.04, people who agree about 80 % of the faces 1.01: the less
#   they agree the higher. Where all ratings are equally frequent the mean is the share, and alpha is right to the second
#   digit, as in most trials. Alpha without weights, weighted kappa, and weights of 0 and 1 are right. Nothing is raised.
# So: krippendorff's alpha(), or weighted_kappa(); guesses with one frequent rating in a test.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pycm==4.6 \
  krippendorff==0.9.0 numpy==2.4.6 art==6.5 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }

venv/bin/python -W ignore - <<'END'
import krippendorff
import numpy as np
from pycm import ConfusionMatrix

random = np.random.default_rng(7)
RATINGS = range(5)  # very sad, sad, neutral, happy, very happy
SQUARES = {i: {j: (i - j) ** 2 for j in RATINGS} for i in RATINGS}
SAME_OR_NOT = {i: {j: int(i != j) for j in RATINGS} for i in RATINGS}


def alpha(first, second, level="interval"):
    return krippendorff.alpha(np.stack([first, second]).astype(float), level_of_measurement=level)


def by_hand(first, second, faulty=False):
    """Weighted agreement beyond chance, with the small correction for the number of ratings that pycm makes too."""
    weights = np.array([[1 - SQUARES[i][j] / 16 for j in RATINGS] for i in RATINGS])
    a, b = (np.bincount(ratings, minlength=5) / len(ratings) for ratings in (first, second))
    observed = weights[first, second].mean()
    observed += (1 - observed) / (2 * len(first))
    both = (a + b) / 2
    chance = (((a[:, None] + b[None, :]) / 2) ** 2 if faulty else both[:, None] * both[None, :]) * weights
    return (observed - chance.sum()) / (1 - chance.sum())


frequent = {"all ratings as frequent": [0.2] * 5, "most faces neutral": [0.02, 0.05, 0.83, 0.07, 0.03]}
print(f"{'':46} weighted_alpha  by hand  krippendorff  weighted_kappa")
seen = {}
for title, shares in frequent.items():
    first = random.choice(5, size=2000, p=shares)
    for agree in (0.0, 0.8, 1.0):
        second = np.where(random.random(2000) < agree, first, random.permutation(first))
        matrix = ConfusionMatrix(first.tolist(), second.tolist())
        told, right, control = matrix.weighted_alpha(SQUARES), by_hand(first, second), alpha(first, second)
        seen[title, agree] = told
        print(f"{title:24} agree about {agree:4.0%} and guess {told:12.3f} {right:10.3f} {control:10.3f} "
              f"{matrix.weighted_kappa(SQUARES):14.3f}")
        assert np.isclose(right, control, atol=1e-3), "the control by hand has changed"
        assert np.isclose(matrix.weighted_kappa(SQUARES), control, atol=0.01), "weighted kappa has changed"
        assert np.isclose(told, by_hand(first, second, faulty=True)), "changed"
        assert np.isclose(matrix.Alpha, alpha(first, second, "nominal"), atol=1e-3), "alpha without weights has changed"
        assert np.isclose(matrix.weighted_alpha(SAME_OR_NOT), matrix.Alpha), "alpha by weights of 0 and 1 has changed"
        assert title == "most faces neutral" or np.isclose(told, control, atol=0.01)
guess, mostly = seen["most faces neutral", 0.0], seen["most faces neutral", 0.8]
assert guess > mostly > 1 and np.isclose(seen["most faces neutral", 1.0], 1), "changed"
END
cat <<'END'
pycm 4.6. Expected: weighted alpha 0 for guesses, at most 1. Seen: 1.04 for guesses where one rating is frequent, less for
people who agree. So krippendorff's alpha() or weighted_kappa(); guesses with one frequent rating in a test.
END
