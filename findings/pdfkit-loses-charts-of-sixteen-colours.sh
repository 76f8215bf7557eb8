#!/usr/bin/env bash
# pdfkit 0.20.2 and pdfmake 0.3.11 (Node.js): of a chart of up to sixteen colours on a transparent background, a PNG by
# sharp's colours: 16, the PDF lacks the lower half; of one by Pillow's quantize(8) it shows none of seven bars.
#
# Expected: the picture as browsers, Pillow, jsPDF and pdf-lib show it.
# Seen: a PNG of up to 16, 4 or 2 colours has two, four or eight pixels in a byte. pdfkit makes the mask of transparency
#   by looking up each byte, as if it were one pixel's colour: so the mask is filled for the first half (a quarter, an
#   eighth) of the rows and is 0, transparent, for the rest. Before that, png-js undoes the file's filters with half a
#   byte for a pixel's length: of a filtered file, as Pillow writes it, nothing is left but 0, of an unfiltered one, as
#   sharp, libvips and pngquant write it, the upper half stays, with each bar twice. With 17 colours, a byte each, all is
#   right, and so it is without transparency: tests with a photo or an opaque chart do not show it. A grey PNG with a
#   transparent level (white, say) loses its black instead: the level is read from the upper one of two bytes, which is
#   0. Nothing is raised. pdfmake brings pdfkit 0.19.1.
# So: no palette for pictures with transparency (sharp's plain png()), or flatten() onto the page's colour first; in a
#   test, render the page and look at the picture's last rows.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check pypdfium2==5.15.2 pillow==13.0.0
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/npm" \
  pdfkit@0.20.2 pdfmake@0.3.11 jspdf@4.2.1 pdf-lib@1.17.1 sharp@0.35.5

cat >draw.mjs <<'END'
import sharp from "sharp";

// A bar for each of seven looks, nine pixels high, on nothing.
const LOOKS = ["#000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00"];
const bars = LOOKS.map((fill, i) => `<rect y="${4 + 13 * i}" width="80" height="9" fill="${fill}"/>`);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="140" height="95">${bars.join("")}</svg>`;
const chart = () => sharp(Buffer.from(svg));
await chart().png().toFile("plain.png");
await chart().png({ palette: true, colours: 16 }).toFile("colours-16.png");
await chart().png({ palette: true, colours: 32 }).toFile("colours-32.png");
await chart().flatten({ background: "white" }).png({ palette: true, colours: 16 }).toFile("opaque-16.png");
END
cat >draw.py <<'END'
from PIL import Image

chart = Image.open("plain.png")
chart.quantize(8).save("quantize-8.png")
grey = Image.new("L", chart.size, 255)
grey.paste(0, (0, 0, 80, 95))
grey.save("grey.png", transparency=255)
END
cat >report.mjs <<'END'
import { once } from "node:events";
import { createWriteStream, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { jsPDF } from "jspdf";
import { PDFDocument } from "pdf-lib";
import PDFKit from "pdfkit";
import pdfmake from "pdfmake";

const [width, height] = [140, 95];
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy(() => false);
for (const name of readdirSync(".").filter((file) => file.endsWith(".png"))) {
  const png = readFileSync(name);

  const kit = new PDFKit({ size: [width, height], margin: 0 });
  const file = kit.pipe(createWriteStream(`${name}.pdfkit.pdf`));
  kit.image(png, 0, 0, { width }).end();
  await once(file, "finish");

  const made = pdfmake.createPdf({
    pageSize: { width, height },
    pageMargins: 0,
    content: [{ image: `data:image/png;base64,${png.toString("base64")}`, width, absolutePosition: { x: 0, y: 0 } }],
  });
  writeFileSync(`${name}.pdfmake.pdf`, await made.getBuffer());

  const js = new jsPDF({ unit: "pt", format: [width, height], orientation: "l" });
  js.addImage(new Uint8Array(png), "PNG", 0, 0, width, height);
  writeFileSync(`${name}.jsPDF.pdf`, Buffer.from(js.output("arraybuffer")));

  const lib = await PDFDocument.create();
  lib.addPage([width, height]).drawImage(await lib.embedPng(png), { x: 0, y: 0, width, height });
  writeFileSync(`${name}.pdf-lib.pdf`, await lib.save());
}
END
cat >look.py <<'END'
import pypdfium2
from PIL import Image


def bars(image):
    """How many rows of bars are there in the upper half, and in the lower half?"""
    rows = [min(image.getpixel((20, y))) < 200 for y in range(95)]
    return sum(rows[:48]), sum(rows[48:])


def text(rows):
    return f"{rows[0]} + {rows[1]}"


ALL, NONE = (32, 31), (0, 0)
GREY = (48, 47)
SEEN = {"plain": ALL, "colours-32": ALL, "opaque-16": ALL, "colours-16": (32, 0), "quantize-8": NONE, "grey": NONE}
print("rows of bars, above + below the middle")
for name, expected in SEEN.items():
    with open(f"{name}.png", "rb") as file:
        bits = file.read(26)[24]
    png = Image.open(f"{name}.png").convert("RGBA")
    white = Image.new("RGBA", png.size, "white")
    white.alpha_composite(png)
    seen = {"Pillow": bars(white.convert("RGB"))}
    for library in ("pdf-lib", "jsPDF", "pdfkit", "pdfmake"):
        page = pypdfium2.PdfDocument(f"{name}.png.{library}.pdf")[0].render(scale=1).to_pil().convert("RGB")
        assert page.size == png.size, (library, page.size)
        seen[library] = bars(page)
    print(f"{name}, {bits} bits:".ljust(20), ", ".join(f"{library} {text(rows)}" for library, rows in seen.items()))
    for library in ("Pillow", "pdf-lib", "jsPDF"):
        assert seen[library] == (GREY if name == "grey" else ALL), library
    for library in ("pdfkit", "pdfmake"):
        assert seen[library] == expected, f"changed: {library}"
END
node draw.mjs
venv/bin/python draw.py
node report.mjs
venv/bin/python look.py
cat <<'END'
pdfkit 0.20.2, pdfmake 0.3.11. Expected: seven bars. Seen: of a PNG of up to 16 colours with transparency the lower half
is missing, or all of it. So no palette, or flatten() first.
END
