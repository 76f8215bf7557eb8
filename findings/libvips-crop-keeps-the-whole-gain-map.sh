#!/usr/bin/env bash
# libvips 8.18.7: a face cut out of an Ultra HDR photo and saved as JPEG carries the gain map of the whole photo.
#
# Expected: crop(), then jpegsave(), gives a JPEG of the cut-out, as it did up to 8.17; should the gain map (the second,
#   grey picture in the JPEGs of today's phones) be kept, then the same part of it.
# Seen: JPEGs with a gain map are now opened by another loader, which keeps the map as metadata, and jpegsave writes it
#   back, of its own accord and whole: the same pixels, squeezed onto the cut-out, a quarter of the photo. An HDR
#   screen, here uhdr2scRGB, shows a bright spot where the cut-out has none; what was painted over, or lies outside,
#   can still be made out in the map; and Pillow 13.0.0 takes the file for an MPO with two pictures. Turning does the
#   same. thumbnail with crop is right. libvips' guide does say that changes of geometry are to be applied to the map.
# So: save with keep="none" (or without the map: remove "gainmap-data"), as before 8.18; or open by jpegload, which
#   still knows no maps. Test it with a photo that has one: no other shows it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.12 numpy==2.4.6 pillow==13.0.0

cd "$folder"
venv/bin/python - <<'END'
import io

import numpy as np
import pyvips
from PIL import Image

SIDE = 256
y, x = np.mgrid[0:SIDE, 0:SIDE]
light = np.full((SIDE, SIDE, 3), 0.3, np.float32)
light[(x - 64) ** 2 + (y - 64) ** 2 < 40**2] = 4  # a lamp, above white, in the upper left quarter
photo = pyvips.Image.new_from_array(light).copy(interpretation="scrgb").uhdrsave_buffer(Q=95)


def second(data):
    """The second picture in the file, as grey levels."""
    image = Image.open(io.BytesIO(data))
    if getattr(image, "n_frames", 1) == 1:
        return None
    assert image.format == "MPO"
    image.seek(1)
    return np.asarray(image.convert("L"), int)


image = pyvips.Image.new_from_buffer(photo, "")
whole = second(photo)
lamp, dark = whole[32, 32], whole[100, 100]
print(f"{image.get('vips-loader')}: the photo's map is {whole.shape}, the lamp {lamp}, elsewhere {dark}")
assert abs(lamp - dark) > 50
changed = {
    "lower right quarter cut out": image.crop(128, 128, 128, 128),
    "upper left quarter painted black": image.draw_rect([0, 0, 0], 0, 0, 128, 128, fill=True),
    "turned by 90 degrees": image.rot90(),
}
for name, part in changed.items():
    saved = second(part.jpegsave_buffer(Q=95))
    print(f"{name}: {part.width} x {part.height}, its map {saved.shape}, {(saved != whole).sum()} pixels changed")
    assert np.array_equal(saved, whole)
    assert second(part.jpegsave_buffer(Q=95, keep="none")) is None

quarter = pyvips.Image.new_from_buffer(changed["lower right quarter cut out"].jpegsave_buffer(Q=95), "")
shown = quarter.uhdr2scRGB().numpy()
print(f"on an HDR screen the cut-out, evenly 0.3, goes from {shown.min():.2f} to {shown.max():.2f}")
assert np.ptp(quarter.numpy()) <= 4 and shown.max() > 3 * np.median(shown)
assert second(pyvips.Image.thumbnail_buffer(photo, 100, height=50, crop="low").jpegsave_buffer()).shape == (25, 50)
plain = pyvips.Image.jpegload_buffer(photo).crop(128, 128, 128, 128)
assert second(plain.jpegsave_buffer(Q=95)) is None
END
cat <<'END'
libvips 8.18.7. Expected: a cut-out's JPEG holds the cut-out alone. Seen: it holds the whole photo's gain map as well.
So save with keep="none", or open by jpegload.
END
