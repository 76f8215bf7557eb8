#!/usr/bin/env bash
# imbalanced-learn 0.14.2: SMOTE on faces kept as bytes makes noise: where a neighbour is darker the difference wraps
# round, and two of five pixels of a new face are darker or brighter than any real one there.
#
# Expected: a new face of a rare look lies between two real ones, each pixel between theirs, for bytes as for floats; or
#   bytes are refused.
# Seen: the difference of two faces is taken in uint8: 100 - 110 is 246, and 0.6 of that is added where 6 was to come
#   off. What comes back has the right shape, type, counts and labels, and levels from 0 to 255; the mean level is off by
#   an eighth only. ADASYN, BorderlineSMOTE and SVMSMOTE do the same, RandomOverSampler does not. A network
#   learns that noise is disgust, FER2013's rarest look.
# So: fit_resample(pixels.astype(numpy.float32), looks) and round afterwards, or int16, which has a sign; look at one of
#   the new faces.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  imbalanced-learn==0.14.2 sklearn-compat==0.1.6 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1 joblib==1.6.0 \
  threadpoolctl==3.8.0 narwhals==2.29.0 cloudpickle==3.1.3

cd "$folder"
venv/bin/python -W error - <<'END'
import numpy as np
from imblearn.over_sampling import ADASYN, SMOTE, SVMSMOTE, BorderlineSMOTE, RandomOverSampler

HAPPY, DISGUST = 3, 1
random = np.random.default_rng(0)
y, x = np.mgrid[:48, :48]
# One bright oval, from which every face differs a little.
common = 70 + 90 * np.exp(-((x - 24) ** 2 + (y - 24) ** 2) / 300)
faces = np.clip(common + random.normal(0, 12, (240, 48, 48)), 0, 255).astype(np.uint8).reshape(240, -1)
looks = np.array([HAPPY] * 200 + [DISGUST] * 40)
rare = faces[looks == DISGUST]


def outside(sampler, pixels):
    """The share of the new faces' pixels that are darker or brighter than any of the look's real ones there."""
    balanced, names = sampler(random_state=0).fit_resample(pixels, looks)
    assert balanced.dtype == pixels.dtype and (balanced[:240] == pixels).all()
    new = balanced[240:]
    assert len(new) > 50 and (names[240:] == DISGUST).all()
    share = float(((new < rare.min(0)) | (new > rare.max(0))).mean())
    print(f"{sampler.__name__:18} of {pixels.dtype.name:8} {len(new)} new faces, levels {new.min():3.0f} to "
          f"{new.max():3.0f}, mean {new.mean():5.1f} (real {rare.mean():5.1f}), "
          f"spread at a pixel {new.std(0).mean():4.1f} (real {rare.std(0).mean():4.1f}), outside {share:4.0%}")
    return share


for sampler in (SMOTE, BorderlineSMOTE, SVMSMOTE, ADASYN):
    assert outside(sampler, faces) > 0.3
    assert outside(sampler, faces.astype(np.float32)) == 0
assert outside(SMOTE, faces.astype(np.int16)) == 0
assert outside(RandomOverSampler, faces) == 0
small = np.array([[110.0]] * 3 + [[100.0]] * 3 + [[0.0]] * 12)
for kind in (np.float64, np.uint8):
    new = SMOTE(random_state=0, k_neighbors=5).fit_resample(small.astype(kind), [1] * 6 + [0] * 12)[0][18:].ravel()
    print(f"pixels of 100 and 110 as {kind.__name__:8} new ones: {', '.join(f'{level:.0f}' for level in new)}")
    assert (new.max() > 110) == (kind is np.uint8)
END
cat <<'END'
imbalanced-learn 0.14.2. Expected: new faces between real ones. Seen: of bytes, noise. So give floats and round
afterwards.
END
