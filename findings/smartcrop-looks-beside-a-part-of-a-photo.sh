#!/usr/bin/env bash
# muesli/smartcrop 0.3.0 (Go): of a part of a photo cut out by SubImage FindBestCrop answers in other coordinates, and if a
# side of the part is 400 pixels or less it has not seen the picture at all.
#
# Expected: the rectangle of the best crop in the part's own coordinates, as Bounds() and SubImage() of Go's pictures have
#   them: the README hands it to img.SubImage().
# Seen: everything is counted from 0, 0 (edgeDetect and others in smartcrop.go step from 0 to width and height). A part keeps
#   the photo's coordinates. A larger part is shrunk first, which makes a new picture that begins at 0, 0: the crop is the
#   right one, counted from the part's corner. part.SubImage(crop) is then empty or a piece of the right one, and
#   photo.SubImage(crop) shows whoever stands elsewhere. A part with a side of 400 pixels or less is not shrunk, and the
#   pixels at 0, 0 and so on lie outside it: in an image.RGBA they are read as black, and other pictures (of a JPEG,
#   NRGBA, grey) are copied beside the place. A black picture has the crop in its upper left corner, whatever it
#   shows, so that adding part.Bounds().Min does not help. No error. Whole photos and copies of parts are right.
# So: copy a part to 0, 0 (draw.Draw into a new image.RGBA) and add the part's corner to the answer; in a test a part
#   of at most 400 pixels with a face that is not in its upper left corner.
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
	"image/draw"
	"image/jpeg"
	"math"
	"os"

	"github.com/muesli/smartcrop"
	"github.com/muesli/smartcrop/nfnt"
)

// paint makes a wall of 800 x 500 with the heads of two people at other's and wanted, times the scale.
func paint(scale int) *image.RGBA {
	photo := image.NewRGBA(image.Rect(0, 0, 800*scale, 500*scale))
	for y := range 500 * scale {
		for x := range 800 * scale {
			level := color.RGBA{110, 120, 130, 255}
			for _, at := range []image.Point{other, wanted} {
				dx, dy := float64(x)/float64(scale)-float64(at.X), float64(y)/float64(scale)-float64(at.Y)
				if math.Hypot(dx/30, dy/38) < 1 {
					level = color.RGBA{220, 165, 135, 255}
				}
				if math.Hypot(math.Abs(dx)-11, dy+8) < 4 {
					level = color.RGBA{30, 20, 20, 255}
				}
			}
			photo.SetRGBA(x, y, level)
		}
	}
	return photo
}

type parts interface {
	SubImage(image.Rectangle) image.Image
}

var (
	other, wanted = image.Pt(310, 110), image.Pt(710, 345)
	box           = image.Rect(400, 235, 800, 435)
)

func check(fine bool, what string) {
	if !fine {
		fmt.Println("changed:", what)
		os.Exit(1)
	}
}

func times(r image.Rectangle, scale int) image.Rectangle {
	return image.Rectangle{r.Min.Mul(scale), r.Max.Mul(scale)}
}

func copied(photo image.Image) *image.RGBA {
	copied := image.NewRGBA(image.Rectangle{Max: photo.Bounds().Size()})
	draw.Draw(copied, copied.Bounds(), photo, photo.Bounds().Min, draw.Src)
	return copied
}

func best(photo image.Image) image.Rectangle {
	crop, err := smartcrop.NewAnalyzer(nfnt.NewDefaultResizer()).FindBestCrop(photo, 100, 100)
	check(err == nil, "an error")
	return crop
}

func main() {
	for _, scale := range []int{1, 3} {
		photo := paint(scale)
		var file bytes.Buffer
		failed := jpeg.Encode(&file, photo, &jpeg.Options{Quality: 95})
		decoded, err := jpeg.Decode(&file)
		check(failed == nil && err == nil, "the JPEG")
		nrgba, grey := image.NewNRGBA(photo.Bounds()), image.NewGray(photo.Bounds())
		draw.Draw(nrgba, nrgba.Bounds(), photo, image.Point{}, draw.Src)
		draw.Draw(grey, grey.Bounds(), photo, image.Point{}, draw.Src)
		box, face := times(box, scale), wanted.Mul(scale)
		fmt.Printf("the part %v of a photo of %v, a face at %v:\n", box, photo.Bounds().Size(), face)
		for _, of := range []struct {
			what  string
			photo image.Image
		}{{"RGBA", photo}, {"NRGBA", nrgba}, {"JPEG (YCbCr)", decoded}, {"grey", grey}} {
			part := of.photo.(parts).SubImage(box)
			crop, right := best(part), best(copied(part)).Add(box.Min)
			piece := part.(parts).SubImage(crop).Bounds()
			fmt.Printf("  %-13s %v, moved by the corner %v; of a copy, so moved: %v\n", of.what, crop, crop.Add(box.Min), right)
			check(face.In(right) && right.In(box), "the copy's crop")
			check(!face.In(crop) && !crop.In(box) && !face.In(piece), "the part's crop")
			if scale == 1 {
				check(crop.Min == image.Point{} && !face.In(crop.Add(box.Min)), "a small part")
			} else {
				check(crop.Add(box.Min) == right && other.Mul(scale).In(crop), "a large part")
			}
			if of.what == "RGBA" {
				fmt.Printf("    part.SubImage(crop) has %v pixels; photo.SubImage(crop) shows the other face: %v\n", piece.Size(),
					other.Mul(scale).In(crop))
			}
		}
		// A face in another place of a small part does not change the answer, and black has the same one.
		if scale == 1 {
			black := best(image.NewRGBA(image.Rectangle{Max: box.Size()}))
			for _, corner := range []image.Point{box.Min, {480, 250}, {560, 290}} {
				seen := best(photo.SubImage(image.Rectangle{corner, image.Pt(800, 490)}))
				fmt.Printf("  cut out from %v on: %v\n", corner, seen)
				check(seen.Min == black.Min, "the crop of a black picture")
			}
		}
		whole := best(photo.SubImage(photo.Bounds()))
		check(whole == best(photo) && whole.In(photo.Bounds()), "the whole photo")
	}
}
END
go get github.com/muesli/smartcrop@v0.3.0 github.com/nfnt/resize@v0.0.0-20180221191011-83c6a9932646 \
  golang.org/x/image@v0.48.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
go run .
cat <<'END'
smartcrop 0.3.0. Expected: the best crop of the part. Seen: counted from another corner, and of a small part the corner of a
black picture. So copy the part first and add its corner.
END
