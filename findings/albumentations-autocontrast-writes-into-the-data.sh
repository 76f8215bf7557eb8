#!/usr/bin/env bash
# albumentations 2.0.8: AutoContrast writes over the grey photo that it is given: drawn for 30 % of the faces an epoch,
# it has changed 90 % of the data set for good after six.
#
# Expected: an augmentation returns a new picture; the data set in memory stays what was loaded. The library's others do
#   so (all that run without further arguments were tried, with grey and colour, bytes and floats).
# Seen: a grey picture of bytes as FER2013's faces are kept, 48 × 48 without an axis for channels, is written over, and
#   the array that comes back is the very same. "p" means nothing any more: nearly every face is stretched, always;
#   validation on the same array is of other faces than the service will see, and a second run in the same notebook
#   starts from them. 48 × 48 × 1, colour and floats stay as they are, and so does a face that an earlier augmentation
#   has copied, so that the share depends on what stands before it.
# So: keep faces as 48 × 48 × 1, or the array read-only (faces.flags.writeable = False: then it throws); compare a
#   checksum of the data before and after an epoch. AlbumentationsX 2.5.1 leaves the picture alone.
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
import albumentations
import numpy as np

EPOCHS = 6
loaded = np.random.default_rng(0).integers(60, 180, (500, 48, 48)).astype(np.uint8)


def spoilt(title, faces, augmentations, epochs=EPOCHS):
    """The share of the faces in memory that are no longer what was loaded, after each epoch."""
    before = faces.copy()
    pipeline = albumentations.Compose(augmentations)
    shares = []
    for _ in range(epochs):
        for face in faces:
            pipeline(image=face)
        shares.append(float((faces != before).any(axis=tuple(range(1, faces.ndim))).mean()))
    print(f"{title:44} changed in memory: {', '.join(f'{share:4.0%}' for share in shares)}")
    return shares


sometimes = albumentations.AutoContrast(p=0.3)
alone = spoilt("48 × 48, AutoContrast(p=0.3)", loaded.copy(), [sometimes])
assert 0.2 < alone[0] < 0.4 and 0.8 < alone[-1] < 0.95
rotate = albumentations.Rotate(p=0.5)
turned = spoilt("48 × 48, Rotate(p=0.5), AutoContrast(p=0.3)", loaded.copy(), [rotate, sometimes])
assert 0.08 < turned[0] < 0.25 and 0.45 < turned[-1] < 0.8
for title, faces in (("48 × 48 × 1", loaded[..., None].copy()), ("48 × 48 × 3", np.stack([loaded] * 3, axis=-1)),
                     ("48 × 48, floats", loaded / np.float32(255))):
    assert spoilt(f"{title}, AutoContrast(p=0.3)", faces, [sometimes], 1) == [0]
for other in (albumentations.Equalize, albumentations.CLAHE, albumentations.RandomBrightnessContrast):
    assert spoilt(f"48 × 48, {other.__name__}(p=0.3)", loaded.copy(), [other(p=0.3)], 1) == [0]

face = loaded[0].copy()
answer = albumentations.AutoContrast(p=1)(image=face)["image"]
print(f"levels of one face: {loaded[0].min()} to {loaded[0].max()} as loaded, {face.min()} to {face.max()} afterwards; "
      f"the answer is the same memory: {np.shares_memory(face, answer)}")
assert (face == answer).all() and np.shares_memory(face, answer) and (face.min(), face.max()) == (0, 255)
fixed = loaded[0].copy()
fixed.flags.writeable = False
try:
    albumentations.AutoContrast(p=1)(image=fixed)
    raise SystemExit("a read-only face is let pass")
except TypeError as error:
    print(f"read-only: TypeError: {error}")
END
cat <<'END'
albumentations 2.0.8. Expected: an augmented copy. Seen: a grey face is written over where it lies. So keep an axis for
channels, or the data read-only.
END
