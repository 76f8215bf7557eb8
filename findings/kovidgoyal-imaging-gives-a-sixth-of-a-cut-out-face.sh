#!/usr/bin/env bash
# kovidgoyal/imaging 1.9.0 (Go): AsRGBData8 and AsRGBAData8 of a face cut out by SubImage give a sixth or an eighth of its
# bytes, in shreds, if the photo was turned by its EXIF or went through a function of the library; else they are right.
#
# Expected: as their comment says, the contiguous RGB or RGBA bytes of the picture that was given: 48 x 48 x 3 for a face.
# Seen: a picture that has the right type already (the library's own NRGB for RGB, image.NRGBA for RGBA) is not copied.
#   If its rows are longer than its width, as in a part of a photo, each row is cut out of the photo by a wrong end: the
#   first row gives no byte, the second one byte, the 48th 47 bytes. A face of 48 x 48 becomes 1128 bytes for 6912 or
#   9216. A strip as wide as the photo has rows of the right length, and gives all that follows it in the photo too.
#   NRGB is what Decode makes of a JPEG that its EXIF turns, and FlipH or Rotate90 of any JPEG; NRGBA is what Resize,
#   Blur and the like return. A JPEG from a camera that was held level is YCbCr, is copied and is right, so that only
#   some photos are wrong. In Go, copy(input, bytes) says nothing of too few bytes: five sixths of the network's
#   input are still the face before. (tools.go: the end of the slice is y * (Stride + 1), not y * Stride + width.)
# So: imaging.Crop instead of SubImage, or Clone before; look at the length; a photo with EXIF orientation 6 in a test.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.26 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
cat >go.mod <<'END'
module looks

go 1.26
END
cat >main.go <<'END'
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"slices"

	"github.com/kovidgoyal/imaging"
)

// photo has a light face on a wall whose colour tells the place.
func photo(width, height int) *image.RGBA {
	photo := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), 90, 255}
			if math.Hypot(float64(x-230)/18, float64(y-200)/23) < 1 {
				c = color.RGBA{220, 180, 150, 255}
			}
			photo.SetRGBA(x, y, c)
		}
	}
	return photo
}

// withOrientation puts an EXIF segment with this orientation behind a JPEG's first marker.
func withOrientation(file []byte, orientation byte) []byte {
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"),
		orientation, 0, 0, 0, 0, 0, 0)
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return append(append(append([]byte{}, file[:2]...), segment...), file[2:]...)
}

func decode(orientation byte) image.Image {
	var file bytes.Buffer
	failure := jpeg.Encode(&file, photo(640, 480), &jpeg.Options{Quality: 95})
	decoded, err := imaging.Decode(bytes.NewReader(withOrientation(file.Bytes(), orientation)))
	if failure != nil || err != nil {
		panic(fmt.Sprint(failure, err))
	}
	return decoded
}

// right gives the bytes by the plain definition, pixel by pixel.
func right(picture image.Image, bands int) (data []uint8) {
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			data = append(data, []uint8{c.R, c.G, c.B, c.A}[:bands]...)
		}
	}
	return
}

// same allows a difference of one: a JPEG's colours are rounded in two ways.
func same(a, b []uint8) bool {
	return slices.EqualFunc(a, b, func(x, y uint8) bool { return max(x, y)-min(x, y) <= 1 })
}

func main() {
	type part interface{ SubImage(image.Rectangle) image.Image }
	box := image.Rect(206, 176, 254, 224)
	level, turned := decode(1), decode(6)
	cut := func(photo image.Image) image.Image { return photo.(part).SubImage(box) }
	failed := 0
	for _, of := range []struct {
		what   string
		face   image.Image
		bands  int
		length int // as expected to be seen
	}{
		{"RGB: cut out of a JPEG", cut(level), 3, 6912},
		{"RGB: cut out of a JPEG with orientation 6", cut(turned), 3, 1128},
		{"RGB:   by imaging.Crop", imaging.Crop(turned, box), 3, 6912},
		{"RGB: cut out of FlipH of a JPEG", cut(imaging.FlipH(level)), 3, 1128},
		{"RGB: the whole JPEG with orientation 6", turned, 3, 480 * 640 * 3},
		{"RGBA: cut out of a JPEG", cut(level), 4, 9216},
		{"RGBA: cut out of Blur of a JPEG", cut(imaging.Blur(level, 1)), 4, 1128},
		{"RGBA:   by imaging.Crop", imaging.Crop(imaging.Blur(level, 1), box), 4, 9216},
		{"RGBA: a strip of 48 rows of the same", imaging.Blur(level, 1).SubImage(image.Rect(0, 176, 640, 224)), 4,
			(480 - 176) * 640 * 4},
	} {
		seen, expected := imaging.AsRGBData8(of.face), right(of.face, of.bands)
		if of.bands == 4 {
			seen = imaging.AsRGBAData8(of.face)
		}
		verdict := "right"
		if !same(seen, expected) {
			verdict = "WRONG"
		}
		fmt.Printf("%-43s %-13T %6d bytes for %6d, %s\n", of.what+":", of.face, len(seen), len(expected), verdict)
		if len(seen) != of.length || (verdict == "right") != (len(seen) == len(expected)) {
			fmt.Println("changed")
			failed = 1
		}
	}
	// A network's input that is used again: the face of a level photo, then the one of a turned photo.
	input, first, second := make([]uint8, 48*48*3), cut(level), cut(turned)
	copy(input, imaging.AsRGBData8(first))
	copy(input, imaging.AsRGBData8(second))
	before, fromBefore := right(first, 3), 0
	for i := 1128; i < len(input); i++ {
		if same(input[i:i+1], before[i:i+1]) {
			fromBefore++
		}
	}
	fmt.Printf("after the second face %d of %d bytes of the input are still the first one's\n", fromBefore, len(input))
	if fromBefore != 6912-1128 || same(input, right(second, 3)) {
		fmt.Println("changed")
		failed = 1
	}
	os.Exit(failed)
}
END
go get github.com/kovidgoyal/imaging@v1.9.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
go run .
cat <<'END'
kovidgoyal/imaging 1.9.0. Expected: the face's bytes. Seen: a sixth of them, if the photo was turned or worked on. So
imaging.Crop instead of SubImage, and look at the length.
END
