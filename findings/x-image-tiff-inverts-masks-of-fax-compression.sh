#!/usr/bin/env bash
# golang.org/x/image 0.48.0 (Go): a black-and-white TIFF written by Pillow or libvips with the compression for one bit
# (group4 or group3) is inverted by x/image/tiff: what was a mask of the face covers everything else.
#
# Expected: white is white whatever the compression. TIFF 6.0, section 11: where PhotometricInterpretation is BlackIsZero,
#   as Pillow and libvips write it, a reader must reverse what the fax code calls white and black; libtiff does, and so
#   do Pillow, libvips and OpenCV.
# Seen: x/image/tiff gives each pixel the other level in files with BlackIsZero. With WhiteIsZero, which scanners write
#   and libvips by miniswhite, it is right, and so is BlackIsZero without compression, by deflate or by LZW: the same mask
#   by the same program is right or inverted by an option about its size. Fax codes are for pictures of one bit only, so
#   that it is masks and scanned forms of consent that come like that. Where the face should be hidden the wall is.
#   Nothing is said. (tiff/reader.go chooses the option Invert of its package ccitt and the later inversion so that what
#   the fax code calls white is white in both cases: the tag has no effect there.)
# So: write masks with deflate, or as PNG; or look at the tags Compression 3 or 4 and PhotometricInterpretation 1 and
#   invert; a mask with more black than white in a test.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.26 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps numpy==2.4.6 \
  pillow==13.0.0 pyvips==3.2.0 pyvips-binary==8.18.7 cffi==2.1.1 pycparser==3.0
cat >go.mod <<'END'
module looks

go 1.25
END
cat >main.go <<'END'
package main

import (
	"bufio"
	"fmt"
	"image/color"
	"os"

	"golang.org/x/image/tiff"
)

// main writes each TIFF's pixels to standard output, 1 for white and 0 for black.
func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, name := range os.Args[1:] {
		file, err := os.Open(name)
		if err != nil {
			panic(err)
		}
		picture, err := tiff.Decode(file)
		if err != nil {
			panic(err)
		}
		size := picture.Bounds()
		for y := size.Min.Y; y < size.Max.Y; y++ {
			for x := size.Min.X; x < size.Max.X; x++ {
				fmt.Fprint(out, color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y/255)
			}
		}
		fmt.Fprintln(out)
	}
}
END
go get golang.org/x/image@v0.48.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
go build -o looks . >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
venv/bin/python - <<'END'
import subprocess

import numpy as np
import pyvips
from PIL import Image

y, x = np.mgrid[:120, :160]
mask = np.hypot((x - 60) / 30, (y - 60) / 40) < 1  # the face is white
face = mask.mean()
picture = Image.fromarray(mask)
for name, compression in (("none", None), ("deflate", "tiff_adobe_deflate"), ("LZW", "tiff_lzw"), ("group3", "group3"),
                          ("group4", "group4")):
    picture.save(f"Pillow, {name}.tif", compression=compression)
vips = pyvips.Image.new_from_array(mask.astype(np.uint8) * 255)
for name, compression in (("none", "none"), ("deflate", "deflate"), ("group4", "ccittfax4")):
    vips.tiffsave(f"libvips, {name}.tif", compression=compression, bitdepth=1, predictor="none")
vips.tiffsave("libvips, group4, miniswhite.tif", compression="ccittfax4", bitdepth=1, miniswhite=True)

names = ["Pillow, none", "Pillow, deflate", "Pillow, LZW", "Pillow, group3", "Pillow, group4", "libvips, none",
         "libvips, deflate", "libvips, group4", "libvips, group4, miniswhite"]
lines = subprocess.run(["./looks", *(f"{name}.tif" for name in names)], check=True, text=True,
                       stdout=subprocess.PIPE).stdout.splitlines()
print(f"white in the mask: {face:.0%}")
for name, line in zip(names, lines, strict=True):
    file = f"{name}.tif"
    with Image.open(file) as opened:
        kind = opened.tag_v2[262]
        others = {"Pillow": np.asarray(opened.convert("L")) > 127}
    others["libvips"] = pyvips.Image.new_from_file(file).numpy().reshape(mask.shape) > 127
    seen = (np.frombuffer(line.encode(), np.uint8) - ord("0")).reshape(mask.shape) > 0
    for reader, answer in others.items():
        assert np.array_equal(answer, mask), f"the control {reader} has changed"
    print(f"  {name:28} {('WhiteIsZero', 'BlackIsZero')[kind]}: {seen.mean():4.0%} by x/image/tiff, "
          f"{others['libvips'].mean():4.0%} by Pillow and libvips")
    fax = "group" in name and kind == 1
    assert fax == (name in ("Pillow, group3", "Pillow, group4", "libvips, group4")), "the writers have changed"
    assert np.array_equal(seen, ~mask if fax else mask), "changed"
END
cat <<'END'
golang.org/x/image 0.48.0. Expected: white is white. Seen: of fax compression with BlackIsZero the mask is inverted. So
deflate or PNG for masks; a mask with more black than white in a test.
END
