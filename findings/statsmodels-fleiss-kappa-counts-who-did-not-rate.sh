#!/usr/bin/env bash
# statsmodels 0.15.0: aggregate_raters() makes a look of its own of a missing rating: where three of ten people rated
# each face and always agreed, fleiss_kappa() is 0.06, not 1.
#
# Expected: a missing rating (NaN) counts for nothing, as in krippendorff's alpha and in Fleiss's own paper, where other
#   people may rate each face; or a refusal, as for NaN among texts. The three ratings of each face in three columns
#   give 1.
# Seen: without n_cat the looks are what numpy.unique finds, and NaN is the eighth of seven. Each face then has seven
#   votes for "nobody", on which all faces agree: the sums of the rows are all ten, the check in fleiss_kappa() that
#   each face has as many ratings passes, and chance is taken to explain nearly everything. A frame of
#   faces × people by pandas' pivot() is of this kind as soon as not everyone has rated everything. That it is so is
#   seen only in the second value returned, which most examples drop. The worse the gaps, the lower kappa: of the same
#   people with the same care five ratings of ten give 0.08, three of ten 0.00, and labels that are good are given up.
# So: drop the column where isnan(categories), if each face has as many ratings; krippendorff's alpha (nominal) if not.
#   In a test, ratings that agree and have gaps: 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps statsmodels==0.15.0 \
  numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 python-dateutil==4.0.0 packaging==26.4 krippendorff==0.9.0

venv/bin/python - <<'END'
import krippendorff
import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa


def kappa_by_hand(frame):
    """Fleiss's formula, each face by the ratings that it has."""
    counts = np.array([[(row == look).sum() for look in range(7)] for row in frame.to_numpy()])
    each = counts.sum(1)
    agreement = ((counts * (counts - 1)).sum(1) / (each * (each - 1))).mean()
    chance = ((counts.sum(0) / counts.sum()) ** 2).sum()
    return (agreement - chance) / (1 - chance)


seen = {}
print("people  ratings a face  care  as pivoted  in three columns  without NaN  by hand  alpha")
for people, ratings, care in ((3, 3, 1.0), (10, 3, 1.0), (10, 5, 0.7), (10, 3, 0.7)):
    random = np.random.default_rng(0)
    rows = []
    for face, look in enumerate(random.integers(0, 7, 500)):
        for person in random.choice(people, ratings, replace=False):
            rated = look if random.random() < care else random.integers(0, 7)
            rows.append({"face": face, "person": f"person {person}", "look": int(rated)})
    frame = pd.DataFrame(rows).pivot(index="face", columns="person", values="look")
    table, categories = aggregate_raters(frame)
    known = ~np.isnan(categories)
    short = np.array([row[~np.isnan(row)] for row in frame.to_numpy()])
    assert short.shape == (500, ratings) and set(table.sum(1)) == {people}, "changed"
    seen[people, ratings, care] = pivoted, *others = [
        fleiss_kappa(table), fleiss_kappa(aggregate_raters(short)[0]), fleiss_kappa(table[:, known]),
        kappa_by_hand(frame), krippendorff.alpha(frame.T, level_of_measurement="nominal")]
    print(f"{people:4} {ratings:12} {care:12} {pivoted:10.3f} {others[0]:13.3f} {others[1]:14.3f} {others[2]:11.3f}"
          f" {others[3]:7.3f}")
    assert np.allclose(others[:3], others[0]) and abs(others[3] - others[0]) < 0.002, "the controls have changed"
    assert np.isnan(categories).any() == (people != ratings) and len(categories) == 7 + (people != ratings), "changed"
    if people == ratings:
        assert np.isclose(pivoted, others[0]), "the control has changed"
assert seen[3, 3, 1.0][0] == 1 and np.isclose(seen[10, 3, 1.0][1], 1), "the controls have changed"
assert seen[10, 3, 1.0][0] < 0.1 and seen[10, 5, 0.7][0] < 0.1 and abs(seen[10, 3, 0.7][0]) < 0.03, "changed"
assert min(seen[10, 5, 0.7][1], seen[10, 3, 0.7][1]) > 0.45, "the controls have changed"
print("looks found:", categories.tolist())
try:
    aggregate_raters(np.array([["happy", "sad", np.nan], ["sad", np.nan, "sad"]], dtype=object))
except TypeError as refusal:
    print("the same with texts:", refusal)
else:
    raise SystemExit("changed: texts with NaN are no longer refused")
END
cat <<'END'
statsmodels 0.15.0. Expected: a missing rating counts for nothing. Seen: it is a look on which all agree, and Fleiss's
kappa falls from 1 to 0.06. So drop its column, or krippendorff's alpha.
END
