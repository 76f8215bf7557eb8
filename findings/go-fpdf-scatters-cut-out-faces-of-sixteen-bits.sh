#!/usr/bin/env bash
# go-pdf/fpdf 0.12.0 (Go): of a cut-out face, a PNG of sixteen bits with transparency, a few spots are left in the PDF;
# in a PNG with a palette only what is fully transparent counts, and a veil of half transparency is solid.
#
# Expected: the picture that image/png and Pillow read from the same bytes. fpdf takes PNGs of sixteen bits (it raises
#   the PDF's version for them, and those without transparency are right); phpdave11/gofpdf, of the same code, refuses.
# Seen: colours are parted from transparency as if a level had one byte: the two bytes of red and of green become red,
#   green, blue and alpha of a pixel, blue and alpha those of the next, and a row ends in its middle. Go writes such a
#   file unasked: png.Encode of an image.NRGBA64 or RGBA64; so do OpenCV and libvips of uint16 with four bands. Of a
#   palette fpdf, like gofpdf and signintech/gopdf, looks for the first colour of alpha 0 and forgets the other alphas.
#   Error() is nil.
# So: draw into an image.NRGBA of eight bits first (draw.Draw) and encode that; in a test, render the page.
set -euo pipefail
command -v go >/dev/null || { echo "Needs Go 1.26" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check pypdfium2==5.15.2 pillow==13.0.0
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
printf 'module report\ngo 1.26\nrequire codeberg.org/go-pdf/fpdf v0.12.0\n' >go.mod
cat >report.go <<'END'
package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"

	"codeberg.org/go-pdf/fpdf"
)

const side = 40

func page(name string, picture image.Image) {
	var file bytes.Buffer
	must(png.Encode(&file, picture))
	must(os.WriteFile(name+".png", file.Bytes(), 0o644))
	size := fpdf.SizeType{Wd: side, Ht: side}
	pdf := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "pt", Size: size})
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddPage()
	options := fpdf.ImageOptions{ImageType: "PNG"}
	pdf.RegisterImageOptionsReader(name, options, &file)
	pdf.ImageOptions(name, 0, 0, side, side, false, options, 0, "")
	must(pdf.OutputFileAndClose(name + ".pdf"))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// face is a bright disc on a dark ground, within a transparent margin if asked.
func face(into draw.Image, transparent bool) image.Image {
	for i := range side * side {
		x, y := i%side, i/side
		shade := color.NRGBA{40, 60, 90, 255}
		if (x-20)*(x-20)+(y-20)*(y-20) < 100 {
			shade = color.NRGBA{220, 170, 140, 255}
		}
		if transparent && min(x, y, side-1-x, side-1-y) < 5 {
			shade = color.NRGBA{}
		}
		into.Set(x, y, shade)
	}
	return into
}

func main() {
	whole := image.Rect(0, 0, side, side)
	page("eight-alpha", face(image.NewNRGBA(whole), true))
	page("sixteen", face(image.NewNRGBA64(whole), false))
	page("sixteen-alpha", face(image.NewNRGBA64(whole), true))
	veil := color.Palette{color.NRGBA{40, 60, 90, 255}, color.NRGBA{40, 60, 90, 128}}
	half := image.NewPaletted(whole, veil)
	draw.Draw(half, whole, image.NewUniform(veil[1]), image.Point{}, draw.Src)
	page("half-transparent", half)
}
END
{ go mod tidy && go build -o report .; } >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
./report

cat >look.py <<'END'
import pypdfium2
from PIL import Image, ImageChops, ImageStat

WRONG = {"sixteen-alpha", "half-transparent"}
for name in ("eight-alpha", "sixteen", "sixteen-alpha", "half-transparent"):
    with open(f"{name}.png", "rb") as file:
        bits = file.read(25)[24]
    right = Image.new("RGBA", (40, 40), "white")
    right.alpha_composite(Image.open(f"{name}.png").convert("RGBA"))
    right = right.convert("RGB")
    page = pypdfium2.PdfDocument(f"{name}.pdf")[0].render(scale=1).to_pil().convert("RGB")
    assert page.size == right.size
    mean = sum(ImageStat.Stat(ImageChops.difference(page, right)).mean) / 3
    middle = [picture.getpixel((20, 20)) for picture in (page, right)]
    print(f"{name:16} {bits:2} bits: middle {middle[0]}, rightly {middle[1]}; mean error {mean:.1f}")
    assert (mean > 50) == (name in WRONG) and (name in WRONG or mean < 1), "changed"
END
venv/bin/python look.py
cat <<'END'
go-pdf/fpdf 0.12.0. Expected: a picture with transparency. Seen: spots of one with sixteen bits, a solid veil of half
transparency. So eight bits, no palette.
END
