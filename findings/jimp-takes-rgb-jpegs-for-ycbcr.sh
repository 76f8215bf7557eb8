#!/usr/bin/env bash
# jimp 1.6.1 and the jpeg-js 0.4.4 that it reads JPEGs by (Node.js): of a JPEG that holds red, green and blue, and says
# so, skin of 200, 150, 120 becomes 188, 198, 238.
#
# Expected: a JPEG whose Adobe marker says "transform 0" holds RGB and is handed out as it is, as by Pillow and sharp.
#   Pillow writes such files with keep_rgb=True, cjpeg with -rgb; they keep the colours that a chroma of half the size
#   would blur.
# Seen: jpeg-js looks at the marker only if its transform is not 0. A marker that says 0 counts for as much as none, and
#   of three bands without one it believes that they are luma and chroma. Skin is pale blue, blue is dark red, and
#   nothing is said. jpeg.decode(…, { colorTransform: false }) gives the right colours of such files and wrong ones of
#   all others; Jimp.read() does not hand that option on.
# So: another reader (sharp), or look for the marker (APP14, its twelfth byte) first; a file by keep_rgb in a test.
set -euo pipefail
for tool in node npm python3; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm python3-venv" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pillow==13.0.0
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  jimp@1.6.1 jpeg-js@0.4.4 sharp@0.35.5 >/dev/null
venv/bin/python - <<'END'
from PIL import Image

picture = Image.new("RGB", (32, 16), (200, 150, 120))
picture.paste((30, 60, 200), (16, 0, 32, 16))
for name, keep in (("ycbcr.jpg", False), ("rgb.jpg", True)):
    picture.save(name, quality=95, subsampling=0, keep_rgb=keep)
    read = Image.open(name)
    print(f"{name:10} Adobe's transform: {read.info.get('adobe_transform')}, by Pillow", *(
        read.convert("RGB").getpixel((x, 8)) for x in (4, 24)))
    assert read.info.get("adobe_transform") == (0 if keep else None)
END
cat >look.mjs <<'END'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { Jimp } from "jimp";
import jpeg from "jpeg-js";
import sharp from "sharp";

const skin = [200, 150, 120], blue = [30, 60, 200];
const isNear = (seen, right) => right.every((level, band) => Math.abs(seen[band] - level) <= 3);
for (const name of ["ycbcr.jpg", "rgb.jpg"]) {
  const bytes = readFileSync(name);
  const readers = {
    "sharp": [await sharp(bytes).raw().toBuffer(), 3],
    "jpeg-js": [jpeg.decode(bytes).data, 4],
    "jpeg-js, no transform": [jpeg.decode(bytes, { colorTransform: false }).data, 4],
    "jimp": [(await Jimp.read(bytes)).bitmap.data, 4],
  };
  for (const [reader, [data, bands]] of Object.entries(readers)) {
    const at = (x) => [...data.subarray((8 * 32 + x) * bands, (8 * 32 + x) * bands + 3)];
    console.log(name.padEnd(10), reader.padEnd(22), at(4).join(" ").padEnd(12), at(24).join(" "));
    const isRight = isNear(at(4), skin) && isNear(at(24), blue);
    const expected = reader === "sharp" || (name === "rgb.jpg") === (reader === "jpeg-js, no transform");
    assert.equal(isRight, expected, `${reader} of ${name}`);
  }
}
END
node look.mjs
cat <<'END'
jimp 1.6.1, jpeg-js 0.4.4. Expected: the colours that the file holds. Seen: RGB taken for luma and chroma, against the
file's own marker. So read such photos by another library.
END
