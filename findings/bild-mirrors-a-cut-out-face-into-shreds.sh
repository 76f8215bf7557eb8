#!/usr/bin/env bash
# anthonynsimon/bild 0.14.0 (Go): FlipH and FlipV of a face cut out by SubImage give strips of the photo to its right
# instead of the face; of a copy, and of a whole photo, they are right.
#
# Expected: the mirrored face, as imaging.FlipH gives it, whatever kind of picture it is.
# Seen: an image.RGBA, which bild's functions and Go's decoder for PNGs without transparency return, is taken as it
#   is, without a copy. A part of it has the photo's row length; FlipH and FlipV step through it by the face's own. The
#   first row is right, what should be the second lies to the right of the face in the photo's first row, and so on: a
#   face of 48 rows cut out of a photo of 640 columns shows four rows of the photo from the face to its right,
#   neighbours too, folded. The size is right and nothing is said. A JPEG (YCbCr), a PNG with transparency (NRGBA) or a
#   grey picture is copied and right, so that the order of the steps decides: cut out of the decoded JPEG a face is
#   right, after adjust.Brightness or any other of bild's functions it is not. Mirrored copies of faces, for training or
#   for the mean of two answers, become noise. Resize, Rotate, the blurs and Sobel are right. (transform/rotate.go: y *
#   dst.Stride for both.)
# So: clone.AsRGBA(part) before FlipH and FlipV, or imaging.FlipH; test with a part of an image.RGBA.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.25 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
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
	"image/jpeg"
	"image/png"
	"math"
	"os"

	"github.com/anthonynsimon/bild/adjust"
	"github.com/anthonynsimon/bild/clone"
	"github.com/anthonynsimon/bild/transform"
	"github.com/disintegration/imaging"
)

// photo is a wall that gets lighter to the right, with a face.
func photo() *image.RGBA {
	photo := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			level := uint8(30 + x/4)
			switch {
			case math.Hypot(float64(x-220), float64(y-195)) < 4 || math.Hypot(float64(x-236), float64(y-195)) < 4:
				level = 20
			case math.Hypot(float64(x-230)/18, float64(y-200)/23) < 1:
				level = 220
			}
			photo.SetRGBA(x, y, color.RGBA{level, level / 2, 255 - level, 255})
		}
	}
	return photo
}

type part interface {
	SubImage(image.Rectangle) image.Image
}

var box = image.Rect(206, 176, 254, 224)

// wrong tells the share of pixels of a mirrored face that are not those of the other picture.
func wrong(seen, right image.Image) int {
	count, size := 0, right.Bounds().Size()
	if seen.Bounds().Size() != size {
		fmt.Println("changed: another size")
		os.Exit(1)
	}
	for y := range size.Y {
		for x := range size.X {
			a := color.NRGBAModel.Convert(seen.At(seen.Bounds().Min.X+x, seen.Bounds().Min.Y+y)).(color.NRGBA)
			b := color.NRGBAModel.Convert(right.At(right.Bounds().Min.X+x, right.Bounds().Min.Y+y)).(color.NRGBA)
			if math.Abs(float64(a.R)-float64(b.R)) > 2 || math.Abs(float64(a.B)-float64(b.B)) > 2 {
				count++
			}
		}
	}
	return 100 * count / (size.X * size.Y)
}

func main() {
	original := photo()
	var asJPEG, asPNG bytes.Buffer
	if jpeg.Encode(&asJPEG, original, nil) != nil || png.Encode(&asPNG, original) != nil {
		os.Exit(1)
	}
	fromJPEG, err := jpeg.Decode(&asJPEG)
	if err != nil {
		panic(err)
	}
	nrgba := image.NewNRGBA(original.Bounds())
	draw.Draw(nrgba, nrgba.Bounds(), original, image.Point{}, draw.Src)
	fromPNG, err := png.Decode(&asPNG)
	if err != nil {
		panic(err)
	}
	cut := func(photo image.Image) image.Image { return photo.(part).SubImage(box) }
	same := true
	for _, of := range []struct {
		what string
		face image.Image
		torn bool
	}{
		{"cut out of a JPEG (YCbCr)", cut(fromJPEG), false},
		{"cut out of an NRGBA", cut(nrgba), false},
		{"cut out of a PNG without transparency (RGBA)", cut(fromPNG), true},
		{"cut out of an RGBA", cut(original), true},
		{"cut out of a JPEG after adjust.Brightness", cut(adjust.Brightness(fromJPEG, 0.1)), true},
		{"  and then copied", clone.AsRGBA(cut(adjust.Brightness(fromJPEG, 0.1))), false},
		{"cut out before adjust.Brightness", adjust.Brightness(cut(fromJPEG), 0.1), false},
		{"cut out by imaging.Crop", imaging.Crop(original, box), false},
		{"the whole photo, RGBA", original, false},
	} {
		h := wrong(transform.FlipH(of.face), imaging.FlipH(of.face))
		v := wrong(transform.FlipV(of.face), imaging.FlipV(of.face))
		fmt.Printf("%-46s %3d %% of the pixels are wrong after FlipH, %3d %% after FlipV\n", of.what+":", h, v)
		if of.torn != (h > 60) || of.torn != (v > 60) || (!of.torn && h+v > 0) {
			fmt.Println("changed")
			same = false
		}
	}
	// Where the pixels come from: a photo that tells each pixel's place.
	places := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			places.SetRGBA(x, y, color.RGBA{uint8(x % 256), uint8(x / 256), uint8(y % 256), 255})
		}
	}
	mirrored := transform.FlipH(places.SubImage(box))
	lowest, right := 0, 0
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			from := mirrored.RGBAAt(x, y)
			lowest, right = max(lowest, int(from.B)), max(right, int(from.R)+256*int(from.G))
		}
	}
	fmt.Printf("the mirrored face of rows %d to %d shows rows %d to %d of the photo, up to column %d, not %d\n", box.Min.Y,
		box.Max.Y-1, box.Min.Y, lowest, right, box.Max.X-1)
	if lowest > box.Min.Y+4 || right != 639 {
		fmt.Println("changed")
		same = false
	}
	if !same {
		os.Exit(1)
	}
}
END
go get github.com/anthonynsimon/bild@v0.14.0 github.com/disintegration/imaging@v1.6.2 >log.txt 2>&1 ||
  { cat log.txt >&2; exit 1; }
go run .
cat <<'END'
bild 0.14.0. Expected: the mirrored face. Seen: strips of the photo beside it, if the face is a part of an RGBA. So
clone.AsRGBA() first.
END
