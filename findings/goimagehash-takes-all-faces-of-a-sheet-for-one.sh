#!/usr/bin/env bash
# corona10/goimagehash 1.1.0 (Go): PerceptionHash of a face of 64 x 64 pixels cut out by SubImage is that of nothing: all
# faces of a sheet have the hash 0 and the distance 0; of 63 or 65 pixels, or as a copy, they differ.
#
# Expected: a hash of the picture that was given, and so the same one for a part of a photo and for a copy of this part.
# Seen: the picture is first brought to 64 x 64 (for ExtPerceptionHash to width times height, for AverageHash to 8 x 8).
#   What has this size already comes back from the resizing as it is, with the place in the photo as its bounds. The
#   grey values are then read from 0, 0 to 63, 63, whatever the bounds: outside of the part, where Go's pictures give
#   one colour without a complaint. So each face of the usual sheet of 64 x 64 cells has the hash 0, only the first
#   cell has its own; of a part that begins at 32, 32 a quarter is seen. A search for duplicates by this hash keeps one
#   face of all of them and drops the others; a split by it lays all of them in one fold. Any other size is resized,
#   from 0, 0 on, and right, and DifferenceHash (9 x 8) is. (transforms/pixels.go reads At(j, i); resize of nfnt/resize
#   gives back its argument where the size is the same.)
# So: copy the part into a picture of its own first; a part and its copy in a test.
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
	"math"
	"os"

	"github.com/corona10/goimagehash"
)

// sheet has rows of faces in cells of this size; no two faces have the same shape, eyes and light.
func sheet(cell int) *image.RGBA {
	sheet := image.NewRGBA(image.Rect(0, 0, 4*cell, 3*cell))
	for number := range 12 {
		left, top, n := number%4*cell, number/4*cell, float64(number)
		for y := range cell {
			for x := range cell {
				u, v := float64(x)/float64(cell)-0.5, float64(y)/float64(cell)-0.5
				level := 90 + 60*math.Sin(n)*u + 60*math.Cos(2*n)*v
				if math.Hypot(u/(0.25+0.01*n), v/0.4) < 1 {
					level = 200 - 4*n
				}
				if math.Hypot(u-0.1, v+0.02*n-0.1) < 0.06 || math.Hypot(u+0.1, v-0.1*math.Sin(n)) < 0.06 {
					level = 20
				}
				grey := uint8(level)
				sheet.SetRGBA(left+x, top+y, color.RGBA{grey, grey, grey, 255})
			}
		}
	}
	return sheet
}

func alone(part image.Image) image.Image {
	size := part.Bounds().Size()
	copied := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	draw.Draw(copied, copied.Bounds(), part, part.Bounds().Min, draw.Src)
	return copied
}

func check[T any](value T, err error) T {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return value
}

var failed = 0

func expect(fine bool) {
	if !fine {
		fmt.Println("changed")
		failed = 1
	}
}

func main() {
	for _, cell := range []int{63, 64, 65} {
		photo := sheet(cell)
		parts, copies := map[uint64]int{}, map[uint64]int{}
		same, distance := 0, 0
		var first *goimagehash.ImageHash
		for number := range 12 {
			corner := image.Pt(number%4*cell, number/4*cell)
			part := photo.SubImage(image.Rectangle{corner, corner.Add(image.Pt(cell, cell))})
			hash, of := check(goimagehash.PerceptionHash(part)), check(goimagehash.PerceptionHash(alone(part)))
			if hash.GetHash() == of.GetHash() {
				same++
			}
			if number == 1 {
				first = hash
			} else if number > 1 {
				distance = max(distance, check(first.Distance(hash)))
			}
			parts[hash.GetHash()]++
			copies[of.GetHash()]++
		}
		fmt.Printf("12 faces of %d x %d: %2d different hashes as parts, %d as copies; parts with their copy's hash: %2d, "+
			"with the hash 0: %2d; largest distance from the second %2d\n", cell, cell, len(parts), len(copies), same,
			parts[0], distance)
		expect(len(copies) == 12)
		if cell == 64 {
			expect(len(parts) == 2 && parts[0] == 11 && same == 1 && distance == 0)
		} else {
			expect(len(parts) == 12 && same == 12 && parts[0] == 0 && distance > 10)
		}
	}
	// The other hashes, of a cell of 64 x 64.
	part := sheet(64).SubImage(image.Rect(64, 64, 128, 128))
	extended := check(goimagehash.ExtPerceptionHash(part, 8, 8)).ToString()
	copied := check(goimagehash.ExtPerceptionHash(alone(part), 8, 8)).ToString()
	fmt.Println("ExtPerceptionHash, 8 x 8:", extended, "as a part,", copied, "as a copy")
	expect(extended == "p:0000000000000000" && extended != copied)
	difference := check(goimagehash.DifferenceHash(part)).ToString()
	fmt.Println("DifferenceHash:          ", difference, "as a part and as a copy")
	expect(difference == check(goimagehash.DifferenceHash(alone(part))).ToString())
	// A sheet read from a JPEG.
	var file bytes.Buffer
	check(0, jpeg.Encode(&file, sheet(64), &jpeg.Options{Quality: 95}))
	decoded := check(jpeg.Decode(&file)).(*image.YCbCr)
	hashes := map[uint64]bool{}
	for number := 1; number < 12; number++ {
		corner := image.Pt(number%4*64, number/4*64)
		part := decoded.SubImage(image.Rectangle{corner, corner.Add(image.Pt(64, 64))})
		hashes[check(goimagehash.PerceptionHash(part)).GetHash()] = true
	}
	fmt.Println("hashes of faces 2 to 12 of the sheet as a JPEG:", len(hashes))
	expect(len(hashes) == 1)
	os.Exit(failed)
}
END
go get github.com/corona10/goimagehash@v1.1.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
go run .
cat <<'END'
goimagehash 1.1.0. Expected: a hash of the face. Seen: 0 for each part of 64 x 64 pixels that does not begin at 0, 0. So
copy the part first.
END
