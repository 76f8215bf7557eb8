#!/usr/bin/env bash
# scikit-image 0.26.0 and Pillow 13.0.0: a grey face that scikit-image has resized, saved as WebP or AVIF, is a black
# picture; one of sixteen bits is nearly white.
#
# Expected: imsave takes what the library's own functions give, floats from 0 to 1; or refuses them, as it does for PNG,
#   JPEG and BMP ("cannot write mode F as PNG"), so that one converts. Sixteen bits are kept, scaled, or refused.
# Seen: Pillow's WebP and AVIF writers turn what they cannot store into RGB or grey by cutting each level to a whole
#   number from 0 to 255: of floats from 0 to 1 nothing is left but 0, of sixteen bits all above 255 is 255 (JPEG
#   refuses those too, PNG keeps them). imsave says nothing, and its check for low contrast looks at the floats before.
#   imageio.v3.imwrite and Image.fromarray(...).save() do the same. A set of faces that is written as WebP, because
#   PNG takes more room, is black, with the right count of files and pixels.
# So: imsave(name, skimage.util.img_as_ubyte(face)); read one file back and compare the mean level.
# The face is cut out of scikit-image's astronaut (a public domain picture inside its package).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  scikit-image==0.26.0 scipy==1.17.1 numpy==2.4.6 pillow==13.0.0 lazy-loader==0.6 packaging==26.4 networkx==3.6.1 \
  imageio==2.38.1 tifffile==2026.3.3

cd "$folder"
venv/bin/python -W error - <<'END'
import glob

import imageio.v3
import numpy as np
from PIL import Image
from skimage import io, transform, util

photo = Image.open(glob.glob("venv/lib/*/site-packages/skimage/data/astronaut.png")[0])
levels = np.asarray(photo.convert("L").crop((170, 70, 290, 190)))
face = transform.resize(levels, (48, 48))
assert face.dtype == np.float64 and 0 <= face.min() and 0.5 < face.max() <= 1
mean = face.mean() * 255
print(f"the face: floats {face.min():.2f} to {face.max():.2f}, mean {mean:.0f} of 255")
SAVERS = {"skimage.io.imsave": io.imsave, "imageio.v3.imwrite": imageio.v3.imwrite,
          "Pillow": lambda name, pixels: Image.fromarray(pixels).save(name)}
FACES = {"floats": face, "32-bit floats": face.astype(np.float32), "sixteen bits": util.img_as_uint(face),
         "bytes": util.img_as_ubyte(face)}


def save(how, kind, ending):
    """The mean level of what was saved, in parts of 255; None if it is refused."""
    try:
        SAVERS[how](f"face.{ending}", FACES[kind])
    except OSError as error:
        print(f"{kind:14} {ending:5} {how:19} OSError: {error}")
        return None
    with Image.open(f"face.{ending}") as image:
        saved = np.asarray(image)
    scale = 257 if saved.dtype == np.uint16 else 1
    print(f"{kind:14} {ending:5} {how:19} saved {saved.min() / scale:3.0f} to {saved.max() / scale:3.0f}, "
          f"mean {saved.mean() / scale:3.0f}")
    return saved.mean() / scale


for how in SAVERS:
    for kind in ("floats", "32-bit floats"):
        assert save(how, kind, "webp") == save(how, kind, "avif") == 0
        assert save(how, kind, "png") is None and save(how, kind, "jpg") is None
    assert save(how, "sixteen bits", "webp") > 1.5 * mean and save(how, "sixteen bits", "avif") > 1.5 * mean
    assert save(how, "sixteen bits", "jpg") is None and abs(save(how, "sixteen bits", "png") - mean) < 1
    for ending in ("webp", "avif", "png", "jpg"):
        assert abs(save(how, "bytes", ending) - mean) < 2
END
cat <<'END'
scikit-image 0.26.0 and Pillow 13.0.0. Expected: the face, or an error as for PNG. Seen: black, or nearly white. So
save img_as_ubyte(face).
END
