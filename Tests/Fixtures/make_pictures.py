"""Makes the small pictures that the tests read; needs Pillow, pillow-heif, numpy and heif-enc (libheif-examples).

Usage: python make_pictures.py [astronaut.png]

astronaut.png is NASA's portrait of Eileen Collins, in the public domain, as the PyPI wheel scikit-image 0.26.0 holds it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

out = Path(__file__).parent / "pictures"
out.mkdir(exist_ok=True)
RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (30, 60, 210)

# Left half red, right half blue, so that turning and mirroring show.
halves = np.zeros((40, 64, 3), np.uint8)
halves[:, :32], halves[:, 32:] = RED, BLUE
rgb = Image.fromarray(halves)
rgb.save(out / "halves.jpg", quality=95, subsampling=0)
rgb.save(out / "halves.png")
rgb.save(out / "halves-lossy.webp", quality=90)
rgb.quantize(8).save(out / "palette.png")
rgb.convert("CMYK").save(out / "cmyk.jpg", quality=95)
rgb.convert("L").save(out / "grey.jpg", quality=95)
rgb.save(out / "progressive.jpg", quality=95, progressive=True, subsampling=0)

# HEIC and AVIF; one whose container says that it is to be turned right by a quarter (EXIF orientation 6).
pillow_heif.register_heif_opener()
rgb.save(out / "halves.heic", quality=90)
rgb.save(out / "halves.avif", quality=80)
turn = Image.Exif()
turn[0x0112] = 6
pillow_heif.from_pillow(rgb).save(out / "turned.heic", quality=90, exif=turn.tobytes())

# The same turn in EXIF alone: so heif-enc 1.15.1 makes HEIC and AVIF of a camera's JPEG.
with tempfile.TemporaryDirectory() as folder:
    camera = Path(folder) / "camera.jpg"
    rgb.save(camera, quality=95, subsampling=0, exif=turn.tobytes())
    subprocess.run(["heif-enc", "-q", "90", camera, "-o", out / "exif-turned.heic"], check=True)
    subprocess.run(["heif-enc", "-A", "-q", "80", camera, "-o", out / "exif-turned.avif"], check=True)

# A frame that is red, then one that is green: only the first may be used.
frames = [Image.new("RGB", (48, 32), RED), Image.new("RGB", (48, 32), GREEN)]
frames[0].save(out / "animated.webp", save_all=True, append_images=frames[1:], duration=100, lossless=True)

# Grey 200 on the left, fully transparent black on the right: flattened on white that is (200, 255).
alpha = np.zeros((32, 48, 2), np.uint8)
alpha[:, :24] = (200, 255)
Image.fromarray(alpha, "LA").save(out / "grey-alpha.png")
rgba = np.zeros((32, 48, 4), np.uint8)
rgba[:, :24] = (*GREEN, 255)
Image.fromarray(rgba).save(out / "colour-alpha.png")

# 16 bits: a level of 0x8000 is 128 of 255.
Image.fromarray(np.full((32, 48), 0x8000, np.uint16)).save(out / "grey-16.png")

# A profile whose red and green are exchanged shows whether profiles are applied: stored red must come out green.
swapped = Image.new("RGB", (48, 32), (255, 0, 0))
profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
profile = profile.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")
swapped.save(out / "swapped-profile.jpg", quality=95, subsampling=0, icc_profile=bytes(profile))

for name, data in {
    "foreign.gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
    b"\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
}.items():
    (out / name).write_bytes(data)
rgb.save(out / "foreign.tif")

if len(sys.argv) > 1:
    portrait = Image.open(sys.argv[1]).convert("RGB")
    portrait.save(Path(__file__).parent / "astronaut.jpg", quality=88, optimize=True)
    small = portrait.resize((192, 192), Image.Resampling.LANCZOS)
    small.save(out / "astronaut-lossy.webp", quality=85)
    small.save(out / "astronaut-lossless.webp", lossless=True)
