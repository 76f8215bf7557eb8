#!/usr/bin/env bash
# zune-imageprocs 0.5.1 (Rust): Rotate by 180 degrees turns a photo upside down without exchanging left and right, so that
# AutoOrient mirrors every photo whose EXIF says 3; with an odd height it tears the lower half as well.
#
# Expected: a photo from a camera held upside down (EXIF orientation 3) is upright after AutoOrient, as after Pillow's
#   exif_transpose(); Rotate::new(180.0) gives the pixels in reverse order. Its page says that 180 degrees is the one
#   angle that works.
# Seen: rows are exchanged, the pixels within a row are not: the photo is upright and mirrored. Boxes and landmarks lie
#   on the other side of what other programs show, the left half of a face is the right one, text in the photo can't be
#   read. A face detector finds the face all the same, so that nothing looks wrong. And of an odd number of rows the
#   picture is cut in the middle of its middle row: each lower row is half of one row and half of the next, shifted by
#   half the width. Size and type are right, nothing is said. (src/rotate.rs, rotate_180: the halves are swapped chunk by
#   chunk, elements in the same order; the lower half starts at half of the pixels, not at a row.) By 90 or 270 degrees a
#   photo that is not square is refused, which is said in the page.
# So: Flip::new(FlipDirection::MirrorXAxis), whose picture in the documentation shows just this turn, for EXIF 3 and for
#   180 degrees; a photo with four different corners and an odd height in a test.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.87 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.87.0 "$version" | sort -V | head -n 1) == 1.87.0 ]] ||
  { echo "Needs cargo 1.87 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CARGO_TARGET_DIR="$folder/target"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps numpy==2.4.6 pillow==13.0.0
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "looks"
version = "0.0.0"
edition = "2024"
[dependencies]
zune-core = "=0.5.1" # with 0.5.2 and newer zune-imageprocs 0.5.1 does not compile
zune-image = { version = "=0.5.0", default-features = false, features = ["jpeg", "png", "metadata"] }
zune-imageprocs = { version = "=0.5.1", features = ["exif"] }
[profile.release]
opt-level = 1
END
cat >src/main.rs <<'END'
use std::io::Write;
use zune_image::image::Image;
use zune_image::traits::OperationsTrait;
use zune_imageprocs::auto_orient::AutoOrient;
use zune_imageprocs::flip::{Flip, FlipDirection};
use zune_imageprocs::rotate::Rotate;

/// Writes width, height and the pixels of a picture to standard output after an operation.
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut image = Image::open(&arguments[1]).unwrap();
    match arguments[2].as_str() {
        "open" => Ok(()),
        "orient" => AutoOrient.execute(&mut image),
        "rotate" => Rotate::new(180.0).execute(&mut image),
        "flip" => Flip::new(FlipDirection::MirrorXAxis).execute(&mut image),
        other => panic!("{other}"),
    }
    .unwrap();
    let (width, height) = image.dimensions();
    let mut out = std::io::stdout().lock();
    out.write_all(&[width as u8, height as u8]).unwrap();
    out.write_all(&image.flatten_to_u8()[0]).unwrap();
}
END
cargo build --release --quiet >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
venv/bin/python - <<'END'
import subprocess

import numpy as np
from PIL import Image, ImageOps


def zune(name, operation):
    raw = subprocess.run(["target/release/looks", name, operation], check=True, stdout=subprocess.PIPE).stdout
    pixels = np.frombuffer(raw[2:], np.uint8)
    return pixels.reshape(raw[1], raw[0], 3)


def photo(width, height):
    """A face to the left of a wall that gets lighter to the right and darker downwards."""
    y, x = np.mgrid[:height, :width]
    level = 90 + x * 120 // width - y * 60 // height
    pixels = np.stack([level, level, 255 - level], -1).astype(np.uint8)
    pixels[np.hypot((x - width * 0.3) / 12, (y - height * 0.4) / 15) < 1] = 224, 172, 140
    return pixels


def same(a, b):
    return a.shape == b.shape and int(np.abs(a.astype(int) - b).max()) <= 12  # two decoders of JPEG


for height in (72, 71):
    upright = photo(96, height)
    name = f"camera-{height}.jpg"
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(upright[::-1, ::-1]).save(name, quality=95, subsampling=0, exif=exif)
    right = np.asarray(ImageOps.exif_transpose(Image.open(name)))
    opened = zune(name, "open")
    assert same(opened, np.asarray(Image.open(name))), "opening a photo has changed"
    seen, flipped = zune(name, "orient"), zune(name, "flip")
    share = lambda a, b: f"{np.mean(np.abs(a.astype(int) - b).max(-1) > 12):4.0%}"
    print(f"photo of 96 x {height} with EXIF orientation 3: wrong pixels after AutoOrient {share(seen, right)}, "
          f"compared with the mirrored photo {share(seen, right[:, ::-1])}, after Flip MirrorXAxis {share(flipped, right)}")
    assert same(flipped, right) and not same(seen, right), "changed"
    assert same(seen, right[:, ::-1]) == (height == 72), "changed"
    face = np.argwhere(np.abs(seen[:, :, 2].astype(int) - 140) + np.abs(seen[:, :, 0].astype(int) - 224) < 20)
    print(f"  the middle of the face is at {face[:, 1].mean():.0f} of 96 columns; upright it is at 29")

for height in (4, 3):
    numbered = (np.arange(height)[:, None] * 10 + np.arange(6) + 11).astype(np.uint8)
    Image.fromarray(np.repeat(numbered[..., None], 3, -1)).save("numbered.png")
    seen = zune("numbered.png", "rotate")[:, :, 0]
    print(f"numbered pixels, {height} rows by 180 degrees:")
    for row, right in zip(seen, numbered[::-1, ::-1], strict=True):
        print("  Rotate", *row, "  right", *right)
    assert np.array_equal(seen, numbered[::-1]) == (height == 4), "changed"
    assert not np.array_equal(seen, numbered[::-1, ::-1]), "changed"
    assert np.array_equal(zune("numbered.png", "flip")[:, :, 0], numbered[::-1, ::-1]), "the control has changed"
    assert np.array_equal(np.sort(seen, None), np.sort(numbered, None)), "changed"
END
cat <<'END'
zune-imageprocs 0.5.1. Expected: a photo turned by 180 degrees. Seen: a mirrored one, torn if its height is odd. So
FlipDirection::MirrorXAxis; four different corners and an odd height in a test.
END
