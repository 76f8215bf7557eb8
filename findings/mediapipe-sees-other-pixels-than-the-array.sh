#!/usr/bin/env bash
# MediaPipe 1.2.3 (Python): mp.Image() of an array that is a view holds other pixels: colours turned round by
# [..., ::-1] become wrong ones, a mirrored photo stays as it was, a face cut out by slices is torn, all in silence.
#
# Expected: the array's pixels, or the refusal that older releases had (a TypeError for a view); an array of int64 is
#   refused with a clear sentence.
# Seen: since the binding was written anew by ctypes (0.10.30), the constructor takes shape and type from the array and
#   then reads memory from its first element on. OpenCV's BGR by [..., ::-1] keeps red, and has the next pixel's blue
#   for green and its green for blue: skin turns pink, and the photo looks tinted rather than broken. [:, ::-1] is not
#   mirrored, so that left and right are exchanged in what is found; a grey photo transposed is not; planes
#   (3 × height × width) moved to the end, as torchvision's reader gives them, become a mosaic. The docstring says only
#   that the array "stores the pixel data continuously".
# So: numpy.ascontiguousarray around whatever goes into mp.Image, cv2.cvtColor instead of [..., ::-1]; compare
#   numpy_view() with the array in a test.
# Source: MediaPipe's issue 5251 (2024) has the refusal; 6331 (2026) another effect of the new binding.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  mediapipe==1.2.3 numpy==2.4.6 absl-py==2.5.1 flatbuffers==25.12.19 certifi==2026.10.19.post1 \
  opencv-python-headless==5.0.0.93 matplotlib==3.11.2 contourpy==1.3.3 cycler==0.12.1 fonttools==4.68.0 \
  kiwisolver==1.5.1 pyparsing==3.3.3 python-dateutil==4.0.0 packaging==26.4 pillow==13.0.0

venv/bin/python - <<'END'
import mediapipe as mp
import numpy as np

SRGB, GRAY8 = mp.ImageFormat.SRGB, mp.ImageFormat.GRAY8
# A photo: light skin on denim. More rows than are used stand around it, so that no reading leaves the memory.
memory = np.zeros((144, 48, 3), np.uint8)
memory[...] = 60, 80, 130
memory[56:88, 6:30] = 224, 172, 140
memory[..., 0] += np.arange(48, dtype=np.uint8) // 2
photo = memory[48:96]
bgr = np.ascontiguousarray(memory[..., ::-1])[48:96]
planes = np.ascontiguousarray(np.moveaxis(memory, -1, 0))[:, 48:96].copy()
grey = np.ascontiguousarray(memory[..., 1])[48:96]


def show(title, array, form, alike):
    array_before = array.copy()
    image = mp.Image(image_format=form, data=array)
    seen = image.numpy_view().reshape(array.shape).copy()
    assert np.array_equal(array, array_before) and seen.dtype == array.dtype
    same = float((seen == array).reshape(*array.shape[:2], -1).all(-1).mean())
    print(f"{title:44} contiguous: {array.flags.c_contiguous!s:5}  pixels as in the array: {same:4.0%}")
    assert (same == 1) if alike else (same < 0.8)
    return seen


show("the photo", photo, SRGB, True)
seen = show("BGR from OpenCV, [..., ::-1]", bgr[..., ::-1], SRGB, False)
print(f"  a face's pixel {photo[20, 20].tolist()} is seen as {seen[20, 20].tolist()}, denim {photo[2, 2].tolist()} as "
      f"{seen[2, 2].tolist()}")
flat = bgr.reshape(-1)
assert np.array_equal(seen.reshape(-1)[:-2], flat[2:])
seen = show("mirrored, [:, ::-1]", photo[:, ::-1], SRGB, False)
centre = lambda array: float((np.arange(48) * (array[24, :, 1] > 120)).sum() / (array[24, :, 1] > 120).sum())
print(f"  the face's middle: column {centre(photo):.0f} of the photo, {centre(photo[:, ::-1]):.0f} of the mirrored "
      f"one, seen at {centre(seen):.0f}")
assert abs(centre(seen) - centre(photo)) < 2 and abs(centre(photo[:, ::-1]) - centre(photo)) > 10
show("the face cut out by slices", photo[8:40, 6:30], SRGB, False)
show("planes, moved by transpose(1, 2, 0)", planes.transpose(1, 2, 0), SRGB, False)
show("one colour, [..., 1]", photo[..., 1], GRAY8, False)
assert np.array_equal(show("grey, transposed", grey.T, GRAY8, False), grey)
floats = (grey / 255).astype(np.float32)
show("grey as floats, transposed", floats.T, mp.ImageFormat.VEC32F1, False)
show("BGR, ascontiguousarray", np.ascontiguousarray(bgr[..., ::-1]), SRGB, True)
show("the face, ascontiguousarray", np.ascontiguousarray(photo[8:40, 6:30]), SRGB, True)
show("the photo's upper rows", photo[:24], SRGB, True)
try:
    mp.Image(image_format=SRGB, data=photo.astype(np.int64))
    raise AssertionError
except ValueError as error:
    print("whole numbers of 64 bits:", error)
END
cat <<'END'
MediaPipe 1.2.3. Expected: the array's pixels, or a refusal. Seen: the memory as it lies. So ascontiguousarray.
END
