#!/usr/bin/env bash
# image-compare 0.5.0 (Rust): rgb_hybrid_compare does not see colours: a photo and its grey copy are alike by 0.997.
#
# Expected: a score below 1 where colours differ: the documentation has the structure compared on luma and "color-diff-vectors
#   on U and V", and 1.0 is "perfectly similar"; its example looks closer below 0.95.
# Seen: of U and V each has a similarity, 1 less the difference; these two are squared, added up and rooted, where the two
#   differences were meant. Two equal colours are 1.41, cut to 1. So a difference in one of the two counts nothing at
#   all, one in both nothing up to 29 % of the whole range in each, which photos hardly reach. The face in green, the wall
#   in another colour of the same luma: 1.0000; the grey copy differs by what luma is rounded. Only what alters the luma is
#   seen. The picture that is returned beside the score has the colours' differences, and RMS by channel sees them.
#   rgba_hybrid_compare and rgba_blended_hybrid_compare do the same. (src/hybrid.rs, merge_similarity_channels_yuv.)
# So: the score from the returned picture (below), or rgb_similarity_structure with RootMeanSquared; a photo and its grey
#   copy in a test.
set -euo pipefail
command -v cargo >/dev/null || { echo "Needs cargo 1.88 or newer, from rustup" >&2; exit 2; }
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.88.0 "$version" | sort -V | head -n 1) == 1.88.0 ]] ||
  { echo "Needs cargo 1.88 or newer, not $version: newer than Debian's package cargo, from rustup" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "looks"
version = "0.0.0"
edition = "2024"
[dependencies]
image = { version = "=0.25.10", default-features = false }
image-compare = "=0.5.0"
[profile.release]
opt-level = 0
END
cat >src/main.rs <<'END'
use image::{DynamicImage, Rgb, RgbImage};
use image_compare::prelude::*;
use image_compare::{rgb_hybrid_compare, rgb_similarity_structure, rgba_blended_hybrid_compare, rgba_hybrid_compare};

fn luma(Rgb([r, g, b]): Rgb<u8>) -> f64 {
    0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)
}

/// A colour of the same luma as the other one, with these differences of blue and red to it.
fn tinted(colour: Rgb<u8>, blue: f64, red: f64) -> Rgb<u8> {
    let level = luma(colour);
    let (r, b) = (level + red, level + blue);
    let g = (level - 0.299 * r - 0.114 * b) / 0.587;
    Rgb([r, g, b].map(|of| of.round().clamp(0.0, 255.0) as u8))
}

/// A face before a wall.
fn photo() -> RgbImage {
    RgbImage::from_fn(128, 160, |x, y| {
        let shade = ((x * 7 + y * 3) % 11) as u8;
        let (x, y) = (f64::from(x), f64::from(y));
        if (x - 50.0).hypot(y - 70.0) < 5.0 || (x - 78.0).hypot(y - 70.0) < 5.0 {
            Rgb([60, 45, 40])
        } else if ((x - 64.0) / 36.0).hypot((y - 80.0) / 48.0) < 1.0 {
            Rgb([200 + shade, 150 + shade, 120 + shade])
        } else {
            Rgb([90 + shade, 110 + shade, 140 + shade])
        }
    })
}

fn main() {
    let one = photo();
    let change = |to: &dyn Fn(Rgb<u8>, bool) -> Rgb<u8>| {
        let mut copy = one.clone();
        for pixel in copy.pixels_mut() {
            *pixel = to(*pixel, pixel[0] > 180);
        }
        copy
    };
    let mut same = true;
    println!("{:44} {:>7} {:>7} {:>8} {:>9} {:>7}", "", "seen", "RGBA", "blended", "intended", "RMS");
    for (what, other, blind) in [
        ("the photo itself", one.clone(), true),
        ("its grey copy", change(&|colour, _| tinted(colour, 0.0, 0.0)), true),
        ("the face in green", change(&|colour, face| if face { tinted(colour, -30.0, -60.0) } else { colour }), true),
        ("the wall in red", change(&|colour, face| if face { colour } else { tinted(colour, -10.0, 100.0) }), true),
        ("the wall in blue", change(&|colour, face| if face { colour } else { tinted(colour, 110.0, -60.0) }), true),
        ("darker by a fifth", change(&|colour, _| Rgb(colour.0.map(|of| of / 5 * 4))), false),
        ("red and blue exchanged", change(&|Rgb([r, g, b]), _| Rgb([b, g, r])), false),
    ] {
        let hybrid = rgb_hybrid_compare(&one, &other).unwrap();
        let rgba = |photo: &RgbImage| DynamicImage::from(photo.clone()).into_rgba8();
        let with_alpha = rgba_hybrid_compare(&rgba(&one), &rgba(&other)).unwrap().score;
        let (first, second) = (rgba(&one), rgba(&other));
        let blended = rgba_blended_hybrid_compare((&first).into(), (&second).into(), Rgb([255; 3])).unwrap().score;
        let rms = rgb_similarity_structure(&Algorithm::RootMeanSquared, &one, &other).unwrap().score;
        // The picture has 1 less the similarity of luma, of U and of V: what the score should be made of.
        let parts = hybrid.image.to_color_map().into_rgb8();
        let of = |Rgb(part): &Rgb<u8>| {
            let [y, u, v] = part.map(|of| f64::from(of) / 255.0);
            (1.0 - y).min(1.0 - u.hypot(v)).max(0.0)
        };
        let intended = parts.pixels().map(of).sum::<f64>() / parts.pixels().len() as f64;
        println!("{what:44} {:7.4} {with_alpha:7.4} {blended:8.4} {intended:9.4} {rms:7.4}", hybrid.score);
        let itself = what == "the photo itself";
        let as_described = if blind {
            [hybrid.score, with_alpha, blended].iter().all(|&score| score > 0.995)
                && (itself || (intended < 0.95 && rms < 0.95))
        } else {
            hybrid.score < 0.99
        };
        if !as_described {
            println!("changed");
            same = false;
        }
    }
    if !same {
        std::process::exit(1);
    }
}
END
cargo build --release --quiet --target-dir "$folder/target" >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
target/release/looks
cat <<'END'
image-compare 0.5.0. Expected: a photo and its grey copy differ. Seen: rgb_hybrid_compare gives 0.997, other colours of the
same luma 1.0. So the score from the returned picture, or RMS by channel.
END
