#!/usr/bin/env bash
# jsPDF 4.2.1 (Node.js): of two photos given as pixels (ImageData) whose upper halves are the same, the PDF shows the
# first one twice: after the photo itself, the copy with the face covered in its lower half has the face uncovered.
#
# Expected: addImage() of { data, width, height }, which its types call RGBAData, draws these pixels.
# Seen: a picture without an alias gets a hash of its data as one, and a known alias draws the picture of then. The hash
#   of an array runs to byteLength / 2, a length for numbers of two bytes; of the array's bytes this is the first half,
#   for pixels the upper half of the photo. What differs below is not seen: a covered face, a box or a heat map around
#   the mouth, the lower bars of a chart. Sizes are not in the hash, so a tall photo can come back in a wide one's place
#   too. The other way round (the covered one first) both are covered, and nothing is raised in either case. A text, such
#   as a data: URL, is hashed whole, and so is right. A file's bytes (BMP, or two files of one length) have the same
#   hash of the half. The documentation has the alias as an option, to use a picture again.
# So: an alias of your own for each picture, never none; or PNG as a data: URL. In a test, two photos that differ in the
#   last row.
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
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional --cache "$folder/npm" jspdf@4.2.1 pngjs@7.0.0

cat >report.mjs <<'END'
import { writeFileSync } from "node:fs";
import { jsPDF } from "jspdf";
import { PNG } from "pngjs";

const WIDTH = 64;
const HEIGHT = 48;

// A photo of a grey wall with a pink face, from the row `top` on; covered, the face is black.
function photo(top, covered) {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const face = x >= 24 && x < 40 && y >= top && y < top + 16;
      const colour = !face ? [90 + x, 90 + x, 90 + y] : covered ? [0, 0, 0] : [230, 170, 150];
      data.set([...colour, 255], (y * WIDTH + x) * 4);
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}

function url(pixels) {
  const png = new PNG({ width: WIDTH, height: HEIGHT });
  png.data.set(pixels.data);
  return `data:image/png;base64,${PNG.sync.write(png).toString("base64")}`;
}

// A page with two photos, one below the other, each 128 x 96 points.
function report(name, pictures, aliases = []) {
  const pdf = new jsPDF({ unit: "pt", format: [128, 192] });
  const format = typeof pictures[0] === "string" ? "PNG" : "RGBA";
  pictures.forEach((picture, i) => pdf.addImage(picture, format, 0, 96 * i, 128, 96, aliases[i]));
  writeFileSync(`${name}.pdf`, Buffer.from(pdf.output("arraybuffer")));
}

for (const [where, top] of [["upper", 4], ["lower", 28]]) {
  const pair = [photo(top, false), photo(top, true)];
  report(`${where}-open-first`, pair);
  report(`${where}-covered-first`, pair.toReversed());
  report(`${where}-aliases`, pair, ["open", "covered"]);
  report(`${where}-urls`, pair.map(url));
}
END
cat >look.py <<'END'
import pypdfium2

EXPECTED = {"open-first": ["open", "covered"], "covered-first": ["covered", "open"], "aliases": ["open", "covered"],
            "urls": ["open", "covered"]}
COLOURS = {(230, 170, 150): "open", (0, 0, 0): "covered"}


def look(where, name):
    page = pypdfium2.PdfDocument(f"{where}-{name}.pdf")[0].render(scale=1).to_pil().convert("RGB")
    assert page.size == (128, 192)
    return [COLOURS[page.getpixel((64, 96 * i + (24 if where == "upper" else 72)))] for i in (0, 1)]


for where in ("upper", "lower"):
    for name, expected in EXPECTED.items():
        seen = look(where, name)
        print(f"face in the {where} half, {name}:".ljust(42), "face in the first photo", seen[0] + ", in the second", seen[1])
        if where == "lower" and "first" in name:
            expected = [expected[0], expected[0]]
        assert seen == expected, "changed"
END
node report.mjs
venv/bin/python look.py
cat <<'END'
jsPDF 4.2.1. Expected: the photo, then the photo with its face covered. Seen: where the face lies in the lower half, the
first one twice. So give each picture an alias of your own.
END
