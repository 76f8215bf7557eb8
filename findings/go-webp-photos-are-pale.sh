#!/usr/bin/env bash
# golang.org/x/image 0.48.0 and gen2brain/webp 0.5.5 (Go): in a WebP photo black is 16 and white is 235: a face that was
# sent as WebP has 86 % of the contrast of the same face as JPEG or PNG.
#
# Expected: image.Decode hands out the levels that libwebp does (Pillow, OpenCV, browsers), as it does for JPEG and PNG.
# Seen: lossy WebP holds limited-range YCbCr. x/image/webp hands its planes out as image.YCbCr, which stands for JPEG's
#   full range, so that At, draw.Draw and a copy into image.Gray turn 0 into 16, 85 into 89, 170 into 162, 255 into 235,
#   and pure red into 239, 15, 14, with an alpha channel and without. A lossless WebP, what a test with a drawn picture
#   has, is right. gen2brain/webp is libwebp itself, but asks it for the planes: the same, and lossless WebP is pale
#   too. The photo only looks a little flat; saved as JPEG, it stays so for good. The Go project's issue 40173 has it,
#   the packages' documentation does not.
# So: libvips or OpenCV in a Go gateway; or take the planes and the other formula, as below, which gives Pillow's
#   levels. Test that white in a lossy WebP is white.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.25 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pillow==13.0.0 \
  numpy==2.4.6
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw

venv/bin/python - <<'END'
import numpy as np
from PIL import Image

photo = np.zeros((64, 160, 3), np.uint8)
for i, colour in enumerate(((0, 0, 0), (85, 85, 85), (170, 170, 170), (255, 255, 255), (255, 0, 0))):
    photo[:, 32 * i:32 * i + 32] = colour
image = Image.fromarray(photo)
image.save("photo.png")
image.save("photo.jpg", quality=95)
image.save("photo.webp", quality=95)
image.save("lossless.webp", lossless=True)
image = image.convert("RGBA")
image.putpixel((0, 0), (0, 0, 0, 128))
image.save("alpha.webp", quality=95)
for name in ("photo.png", "photo.jpg", "photo.webp", "lossless.webp", "alpha.webp"):
    again = np.asarray(Image.open(name).convert("RGB"))[32, 16::32].astype(int)
    print(f"Pillow           {name:13}", *(",".join(map(str, colour)) for colour in again))
    assert np.abs(again - photo[32, 16::32]).max() <= 4
END
cat >go.mod <<'END'
module looks

go 1.25
END
cat >main.go <<'END'
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg"
	_ "image/png"
	"log"
	"os"

	libwebp "github.com/gen2brain/webp"
	"golang.org/x/image/webp"
)

// levels draws the picture as RGB and as grey, prints it, and tells black, white and white's grey.
func levels(what, name string, picture image.Image) [3]uint8 {
	bounds := picture.Bounds()
	colours, grey := image.NewNRGBA(bounds), image.NewGray(bounds)
	draw.Draw(colours, bounds, picture, bounds.Min, draw.Src)
	draw.Draw(grey, bounds, picture, bounds.Min, draw.Src)
	fmt.Printf("%-16s %-13s", what, name)
	for x := 16; x < 160; x += 32 {
		colour := color.NRGBAModel.Convert(picture.At(x, 32)).(color.NRGBA)
		if colour != colours.NRGBAAt(x, 32) {
			log.Fatal("At and draw.Draw do not agree")
		}
		fmt.Printf(" %d,%d,%d", colour.R, colour.G, colour.B)
	}
	fmt.Printf(" | grey")
	for x := 16; x < 128; x += 32 {
		fmt.Printf(" %d", grey.GrayAt(x, 32).Y)
	}
	fmt.Printf(" (%T)\n", picture)
	return [3]uint8{colours.NRGBAAt(16, 32).R, colours.NRGBAAt(112, 32).R, grey.GrayAt(112, 32).Y}
}

// limited reads the planes as what they are: BT.601 from 16 to 235, and from 16 to 240 for the colours.
func limited(from *image.YCbCr) image.Image {
	level := func(value float64) uint8 { return uint8(max(0, min(255, value+0.5))) }
	to := image.NewNRGBA(from.Bounds())
	for y := range to.Rect.Max.Y {
		for x := range to.Rect.Max.X {
			pixel := from.YCbCrAt(x, y)
			light := 255.0 / 219 * (float64(pixel.Y) - 16)
			blue, red := 255.0/224*(float64(pixel.Cb)-128), 255.0/224*(float64(pixel.Cr)-128)
			to.SetNRGBA(x, y, color.NRGBA{R: level(light + 1.402*red), G: level(light - 0.344136*blue - 0.714136*red),
				B: level(light + 1.772*blue), A: 255})
		}
	}
	return to
}

func main() {
	check := func(what, name string, picture image.Image, err error, pale bool) {
		if err != nil {
			log.Fatal(err)
		}
		seen, expected := levels(what, name, picture), [3]uint8{0, 255, 255}
		if pale {
			expected = [3]uint8{16, 235, 235}
		}
		if seen != expected {
			fmt.Println("changed: black, white and white's grey were", expected)
			os.Exit(1)
		}
	}
	for _, name := range []string{"photo.png", "photo.jpg", "photo.webp", "lossless.webp", "alpha.webp"} {
		data, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		if name == "photo.png" || name == "photo.jpg" {
			picture, _, err := image.Decode(bytes.NewReader(data))
			check("Go's own", name, picture, err, false)
			continue
		}
		picture, err := webp.Decode(bytes.NewReader(data))
		check("x/image/webp", name, picture, err, name != "lossless.webp")
		if planes, ok := picture.(*image.YCbCr); ok {
			check("  other formula", name, limited(planes), nil, false)
		}
		picture, err = libwebp.Decode(bytes.NewReader(data))
		check("gen2brain/webp", name, picture, err, true)
	}
}
END
go get golang.org/x/image@v0.48.0 github.com/gen2brain/webp@v0.5.5 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
go run .
cat <<'END'
golang.org/x/image 0.48.0, gen2brain/webp 0.5.5. Expected: the levels of the photo. Seen: black 16, white 235 in WebP.
So read WebP by libvips or OpenCV, or take the planes for the limited range that they have.
END
