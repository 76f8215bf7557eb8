#!/usr/bin/env bash
# pdfcpu 0.15.0 (Go): a transparent PNG without colours, stamped on a page, is darkened by its own alpha: a white veil
# makes a bright photo darker; with one red pixel in a corner it is right.
#
# Expected: white at an opacity of a half over a photo of 200 is 228, as Pillow's alpha_composite, and pdfcpu itself for
#   a picture of colours, have it. Where a map of attention is white and as opaque as the network looked, the photo gets
#   brighter there.
# Seen: it is 164, and the photo is darker than before up to three quarters of opacity. A stamp whose pixels are all grey
#   is taken for a grey picture and drawn into Go's image.Gray, whose levels are multiplied by the alpha on the way; the
#   alpha is taken along as soft mask too and multiplies a second time. What was meant to stand out is dimmed, half-open
#   parts most, none where the alpha is 0 or 255: a white logo gets a dark rim, a grey face with soft edges a dark ring.
#   A picture of the photo's own grey, which should be invisible whatever its alpha, is a dark band. ImportImages goes
#   another way and is right. The same function makes the pictures of "create" and UpdateImages.
# So: one opaque pixel of a colour in every transparent stamp, or stamp a PDF made by ImportImages; compare a page with
#   the same overlay made by Pillow.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.25 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS="-modcacherw -mod=mod"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check \
  numpy==2.4.6 pillow==13.0.0 pypdfium2==5.15.2
printf '%s\n' 'module looks' '' 'go 1.25' '' 'require github.com/pdfcpu/pdfcpu v0.15.0' >go.mod
cat >main.go <<'END'
package main

import (
	"log"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	model.ConfigPath = "disable"
	for _, name := range []string{"photo", "white"} {
		must(api.ImportImagesFile([]string{name + ".png"}, name+"-page.pdf", nil, nil))
	}
	for _, name := range []string{"white", "spot", "same"} {
		must(api.AddImageWatermarksFile("photo-page.pdf", name+".pdf", nil, true, name+".png", "rot:0, scale:1 rel", nil))
	}
	must(api.AddPDFWatermarksFile("photo-page.pdf", "imported.pdf", nil, true, "white-page.pdf:1", "rot:0, scale:1 rel", nil))
}
END
go build -o looks . >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
cat >pictures.py <<'END'
import sys

import numpy
import pypdfium2
from PIL import Image

ALPHA = numpy.arange(10).repeat(10)[None].repeat(100, 0) * 28


def mark(level, spot=False):
    picture = numpy.dstack([numpy.full((100, 100), level)] * 3 + [ALPHA]).astype("uint8")
    if spot:
        picture[0, 0] = 255, 0, 0, 255
    return Image.fromarray(picture, "RGBA")


photo = Image.new("RGBA", (100, 100), (200, 200, 200, 255))
marks = {"white": mark(255), "spot": mark(255, spot=True), "same": mark(200), "imported": mark(255)}
if sys.argv[1:]:
    photo.convert("L").save("photo.png")
    for name, picture in marks.items():
        picture.save(f"{name}.png")
    raise SystemExit

print("alpha                 ", *(f"{alpha:4}" for alpha in ALPHA[50, 5::10]))
wrong = {}
for name, picture in marks.items():
    expected = numpy.asarray(Image.alpha_composite(photo, picture))[50, 5::10, 1].astype(int)
    page = pypdfium2.PdfDocument(f"{name}.pdf")[0].render(scale=1).to_pil().convert("RGB")
    assert page.size == (100, 100)
    seen = numpy.asarray(page)[50, 5::10, 1].astype(int)
    print(f"{name:9} Pillow       ", *(f"{level:4}" for level in expected))
    print(f"{name:9} pdfcpu's page", *(f"{level:4}" for level in seen))
    wrong[name] = int((expected - seen).max())
print("darker than they should be by up to:", wrong)
sys.exit(not (wrong["white"] > 60 and wrong["same"] > 45 and max(wrong["spot"], wrong["imported"]) <= 2))
END
venv/bin/python pictures.py make
./looks
venv/bin/python pictures.py
cat <<'END'
pdfcpu 0.15.0. Expected: a white veil makes a photo of 200 brighter, 228 at a half. Seen: 164, darker than before; one red
pixel in the veil, and it is right. So a coloured pixel in stamps, or a stamp made of a PDF.
END
