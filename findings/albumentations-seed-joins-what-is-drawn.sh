#!/usr/bin/env bash
# albumentations 2.0.8: with a seed, augmentations of like build are drawn together: every mirrored face is equalised
# too, and how far a face is turned says how dark it is made.
#
# Expected: Compose([...], seed=0) makes the same choices each time the program runs. Within a run each augmentation is
#   drawn by itself, as without a seed: of 1,000 faces about 250 are mirrored only, 250 equalised only, 250 both.
# Seen: the seed gives each augmentation a generator of its own, and all of them the same one. Two that take as many
#   numbers a face stay in step for ever: HorizontalFlip, Equalize, AutoContrast, RandomToneCurve and ElasticTransform
#   happen all or none of them; so do CLAHE, RandomGamma, Rotate, Perspective, Downscale and Solarize, and their amounts
#   come from one number: a face turned to the left is always darkened, one turned to the right always brightened. A
#   network never sees an equalised face that is not mirrored. Means and frequencies of each are right; only a look at
#   pairs shows it. Without a seed all is independent, as it is in AlbumentationsX 2.5.1.
# So: no seed in Compose; or give each augmentation its own generators after building it, t.set_random_state(
#   numpy.random.default_rng([seed, i]), random.Random(f"{seed} {i}")), and count pairs of what was applied.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  albumentations==2.0.8 albucore==0.0.24 numpy==2.4.6 scipy==1.17.1 opencv-python-headless==5.0.0.93 \
  pydantic==2.14.4 pydantic_core==2.50.5 annotated-types==0.8.0 typing-inspection==0.4.5 typing_extensions==4.16.0 \
  PyYAML==6.0.4 stringzilla==5.3.2 simsimd==6.5.16

cd "$folder"
NO_ALBUMENTATIONS_UPDATE=1 venv/bin/python - <<'END'
import random
from collections import Counter

import albumentations
import numpy as np

FACES = 1000
face = np.random.default_rng(0).integers(50, 200, (48, 48)).astype(np.uint8)


def compose(names, seed, own_generators=False):
    augmentations = [getattr(albumentations, name)(p=0.5) for name in names]
    pipeline = albumentations.Compose(augmentations, seed=seed, save_applied_params=True)
    if own_generators:
        for i, augmentation in enumerate(augmentations):
            augmentation.set_random_state(np.random.default_rng([0, i]), random.Random(f"0 {i}"))
    return pipeline


def pairs(title, names, seed, own_generators=False):
    pipeline = compose(names, seed, own_generators)
    count = Counter()
    for _ in range(FACES):
        applied = {name for name, _ in pipeline(image=face.copy())["applied_transforms"]}
        count[tuple(name in applied for name in names)] += 1
    both, first, second, none = (count[key] for key in ((True, True), (True, False), (False, True), (False, False)))
    print(f"{title:32} {' and '.join(names):42} both {both:3}, first only {first:3}, second only {second:3}, "
          f"none {none:3}")
    return both, first, second, none


for names in (("HorizontalFlip", "Equalize"), ("GaussNoise", "RandomBrightnessContrast"), ("Rotate", "RandomGamma")):
    assert min(pairs("without a seed", names, None)) > 150
    for seed in (0, 137):
        both, first, second, none = pairs(f"seed={seed}", names, seed)
        assert first == second == 0 and both > 400 and none > 400
    assert min(pairs("seed=0, generators of their own", names, 0, own_generators=True)) > 150


def amounts(title, seed):
    pipeline = compose(("Rotate", "RandomGamma"), seed)
    seen = []
    while len(seen) < 200:
        applied = dict(pipeline(image=face.copy())["applied_transforms"])
        if len(applied) == 2:
            matrix = applied["Rotate"]["matrix"]
            seen.append((np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])), applied["RandomGamma"]["gamma"]))
    correlation = np.corrcoef(np.array(seen, float).T)[0, 1]
    print(f"{title:32} correlation of angle and gamma {correlation:.3f}")
    return abs(correlation)


assert amounts("without a seed", None) < 0.3
assert amounts("seed=0", 0) > 0.999
END
cat <<'END'
albumentations 2.0.8. Expected: a seed repeats the choices. Seen: it makes one choice of several, for as long as
training lasts. So no seed in Compose, or generators of their own for all.
END
