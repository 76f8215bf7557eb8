#!/usr/bin/env bash
# usearch 2.26.6 (Python): of embeddings as uint8 an index reads the first eighth only, bit by bit, though it was made for
# bytes (dtype="u8"): the same person is found seldom, and a photo is always nearest to itself.
#
# Expected: an index with dtype="u8" takes uint8, as one with dtype="i8" takes int8; any index takes what its README
#   names and converts it.
# Seen: whatever the index's dtype is, a numpy array of uint8 given to add() or search() is taken for packed bits. The
#   number of columns is that of the index, so nothing is refused; of a quantised network's 128 numbers the first 16 are
#   read as 128 zeros and ones, and the other 112 by nobody. Each distance is a count of bits, the threshold for "the
#   same person" means nothing, and of a hundred people seen a second time a few are found. The photo itself has the
#   distance 0, and that is what a test asks. get() gives back zeros and ones. usearch.index.search(exact=True) of the
#   same bytes answers with the first faces of the gallery, at a distance of nan; of uint16 and int32 as well. int8 and
#   floats are right. (usearch/index.py and the compiled module name uint8 as bits when they look for the kind of an
#   array, before they look at the index's own; only the argument dtype of add() and search() counts more.)
# So: add(keys, vectors, dtype="u8") and search(vectors, count, dtype="u8"), both, or float32 in; in a test a second
#   photo of the same person, and get() beside what was added.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps usearch==2.26.6 numpy==2.4.6 \
  tqdm==4.70.1 numkong==7.8.6

venv/bin/python - <<'END'
import numpy as np
from usearch.index import Index, search

random = np.random.default_rng(4)
SIZE, PEOPLE, SEEN_AGAIN = 128, 1000, 100


def as_bytes(embeddings):
    """As a quantised network gives them: scale 1/40, zero point 128."""
    return np.clip(np.round(embeddings * 40) + 128, 0, 255).astype(np.uint8)


faces = random.normal(size=(PEOPLE, SIZE))
again = faces[:SEEN_AGAIN] + random.normal(size=(SEEN_AGAIN, SIZE)) * 0.7  # another photo of the same people
gallery, photos = as_bytes(faces), as_bytes(again)
EXACT = ((photos[:, None].astype(int) - gallery) ** 2).sum(axis=2)
assert (EXACT.argmin(axis=1) == np.arange(SEEN_AGAIN)).all()


def found(kind, gallery, photos, **given):
    """How many of the people are found by their second photo, the first distance, and that of a photo to itself."""
    index = Index(ndim=SIZE, metric="l2sq", dtype=kind)
    index.add(np.arange(len(gallery)), gallery, threads=1, **given)
    matches = index.search(photos, 1, threads=1, **given)
    itself = index.search(gallery[:SEEN_AGAIN], 1, threads=1, **given)
    assert len(matches.keys) == SEEN_AGAIN
    return (int((matches.keys[:, 0] == np.arange(SEEN_AGAIN)).sum()), float(matches.distances[0, 0]),
            float(itself.distances.max()), np.asarray(index.get(0))[:6].tolist())


print(f"{PEOPLE} people, {SEEN_AGAIN} seen again; first distance exactly {EXACT[0, 0]}; first numbers {gallery[0, :6]}")
print("index, given                  found  distance  to itself  get()")
small = ((gallery.astype(int) - 128) // 2).astype(np.int8), ((photos.astype(int) - 128) // 2).astype(np.int8)
rows = {
    "u8, uint8": found("u8", gallery, photos),
    "f32, uint8": found("f32", gallery, photos),
    "i8, uint8": found("i8", gallery, photos),
    "u8, uint8 with dtype='u8'": found("u8", gallery, photos, dtype="u8"),
    "f32, the same as float32": found("f32", gallery.astype(np.float32), photos.astype(np.float32)),
    "i8, int8": found("i8", *small),
}
for name, (right, distance, itself, numbers) in rows.items():
    print(f"{name:29} {right:5}  {distance:8.0f}  {itself:9.0f}  {numbers}")
bits = np.unpackbits(gallery[:, :SIZE // 8], axis=1), np.unpackbits(photos[:, :SIZE // 8], axis=1)
of_bits = (bits[1][:, None] != bits[0]).sum(axis=2)
print(f"by hand, first {SIZE // 8} numbers as bits: {int((of_bits.argmin(axis=1) == np.arange(SEEN_AGAIN)).sum())} found")
for name in ("u8, uint8", "f32, uint8", "i8, uint8"):
    right, distance, itself, numbers = rows[name]
    assert right < SEEN_AGAIN * 0.6 and distance == of_bits[0].min() and itself == 0 and set(numbers) <= {0, 1}, "changed"
for name in ("u8, uint8 with dtype='u8'", "f32, the same as float32", "i8, int8"):
    assert rows[name][0] >= SEEN_AGAIN * 0.97, f"the control {name} has changed"
assert rows["f32, the same as float32"][1] == EXACT[0, 0] and rows["u8, uint8 with dtype='u8'"][1] == EXACT[0, 0]
other = gallery.copy()
other[:, SIZE // 8:] = random.integers(0, 256, size=(PEOPLE, SIZE - SIZE // 8))  # seven eighths of each face exchanged
assert found("u8", other, photos)[:2] == rows["u8, uint8"][:2], "changed"
print(f"seven eighths of all numbers exchanged: still {found('u8', other, photos)[0]} found")

matches = search(gallery, photos, 3, "l2sq", exact=True)
print(f"search(exact=True) of uint8: faces {matches.keys[0].tolist()}, {matches.keys[1].tolist()}, "
      f"distances {matches.distances[0].tolist()}")
assert (matches.keys == [0, 1, 2]).all() and np.isnan(matches.distances).all(), "changed"
for kind in (np.uint16, np.int32):
    assert (search(gallery.astype(kind), photos.astype(kind), 3, "l2sq", exact=True).keys == [0, 1, 2]).all(), "changed"
floats = search(gallery.astype(np.float32), photos.astype(np.float32), 1, "l2sq", exact=True)
assert (floats.keys[:, 0] == np.arange(SEEN_AGAIN)).all(), "the control search() has changed"
END
cat <<'END'
usearch 2.26.6. Expected: an index for bytes takes bytes. Seen: uint8 is taken for bits, seven eighths are not looked at.
So dtype="u8" in add() and search(), or float32; a second photo of the same person in a test.
END
