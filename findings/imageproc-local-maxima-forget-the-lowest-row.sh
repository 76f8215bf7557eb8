#!/usr/bin/env bash
# imageproc 0.27.0 (Rust): suppress::local_maxima compares nothing with what lies in the lowest row.
#
# Expected: as documented, "all items which have the highest score in the (2 * radius + 1) square block centred on them",
#   ties resolved, for candidates of faces (anything that has a position and a score) as for corners.
# Seen: the rows that are looked through end before the last one that has a candidate. In the lowest row every candidate is
#   kept, however near to a better one, and what stands above it is kept beside a better one in the lowest row. Where
#   all candidates lie in one row, as of a window that slides over people side by side or is moved sideways only, nothing
#   is suppressed: three faces, each found three times, are nine. In all other rows it is right; the same scores as an
#   image, by suppress_non_maximum, are right too. (src/suppress.rs, local_maxima: the upper end of the range, which is
#   not included, is cut to the last row instead of the one behind it.)
# So: a candidate of score 0 one row further down than all (below), taken away again; a test with all in one row.
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
imageproc = { version = "=0.27.0", default-features = false }
[profile.release]
opt-level = 0
END
cat >src/main.rs <<'END'
use image::{GrayImage, Luma};
use imageproc::definitions::{Position, Score};
use imageproc::suppress::{local_maxima, suppress_non_maximum};

/// A place where a window found a face, and how sure it is in per cent.
#[derive(Clone, Copy, PartialEq)]
struct Face(u32, u32, u8);

impl Position for Face {
    fn x(&self) -> u32 {
        self.0
    }
    fn y(&self) -> u32 {
        self.1
    }
}

impl Score for Face {
    fn score(&self) -> f32 {
        f32::from(self.2)
    }
}

/// The definition: no other one in the square is surer, or as sure and before it.
fn definition(faces: &[Face], radius: u32) -> Vec<Face> {
    let near = |a: &Face, b: &Face| a.0.abs_diff(b.0) <= radius && a.1.abs_diff(b.1) <= radius;
    let beats = |a: &Face, b: &Face| a.2 > b.2 || (a.2 == b.2 && (a.1, a.0) < (b.1, b.0));
    faces.iter().filter(|one| !faces.iter().any(|other| near(other, one) && beats(other, one))).copied().collect()
}

/// The same scores as an image.
fn by_image(faces: &[Face], radius: u32) -> usize {
    let mut scores = GrayImage::new(640, 480);
    faces.iter().for_each(|face| scores.put_pixel(face.0, face.1, Luma([face.2])));
    let kept = suppress_non_maximum(&scores, radius);
    faces.iter().filter(|face| kept.get_pixel(face.0, face.1)[0] > 0).count()
}

fn main() {
    let mut same = true;
    println!("{:58} seen  right  as image  with a row below", "");
    // Three people, each found three times, sideways or from above to below.
    let sideways = |y: u32| [100, 300, 500].map(|x| [Face(x - 6, y, 70), Face(x, y, 95), Face(x + 6, y, 80)]).concat();
    let downwards = |y: u32| [100, 300, 500].map(|x| [Face(x, y - 6, 70), Face(x, y, 80), Face(x, y + 6, 95)]).concat();
    for (what, faces, wrong) in [
        ("one person, found three times in a row", sideways(200)[..3].to_vec(), true),
        ("three people, each found three times in a row", sideways(200), true),
        ("  and three more, further down", [sideways(200), sideways(320)].concat(), true),
        ("  and one more, further down", [sideways(200), vec![Face(300, 400, 60)]].concat(), false),
        ("three people, found from above to below, the last best", downwards(200), true),
        ("  and one more, further down", [downwards(200), vec![Face(300, 400, 60)]].concat(), false),
    ] {
        let mut sorted = local_maxima(&faces, 20);
        sorted.sort_by_key(|face| (face.1, face.0));
        let mut right = definition(&faces, 20);
        right.sort_by_key(|face| (face.1, face.0));
        let lowest = faces.iter().map(|face| face.1).max().unwrap();
        let below = local_maxima(&[faces.clone(), vec![Face(0, lowest + 1, 0)]].concat(), 20);
        let below = below.iter().filter(|face| face.2 > 0).count();
        let image = by_image(&faces, 20);
        println!("{what:58} {:4}  {:5}  {image:8}  {below:16}", sorted.len(), right.len());
        let too_many = sorted != right && sorted.len() > right.len();
        if too_many != wrong || (!wrong && sorted != right) || image != right.len() || below != right.len() {
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
imageproc 0.27.0. Expected: of candidates near each other the best one. Seen: the lowest row is compared with nothing, and
nothing with it. So one more candidate of score 0 below them all.
END
