#!/usr/bin/env bash
# sharp 0.35.5 (Node.js): dilate() shrinks what is white, erode() makes it larger; a mask that was given a margin around
# the face leaves the face's edge uncovered.
#
# Expected: "expand foreground objects", as its documentation says of dilate(), with white on black as the foreground:
#   that is what dilation is in OpenCV, scikit-image, image-js and libvips itself, and what masks and threshold() are.
# Seen: sharp grows and shrinks what is black. A white disc of 41 pixels is 31 wide after dilate(4), and 564 pixels of
#   the face are open; after erode(4) it is 49. image-js gives the same two the other way round. Levels between black
#   and white are joined bit by bit, too: where 127 lies beside 128, dilate() makes 0 and erode() 255.
# So: erode() for a margin around white, or negate() before and after; threshold() first; count the white pixels.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  sharp@0.35.5 image-js@1.7.0 >/dev/null

cat >masks.mjs <<'END'
import assert from "node:assert";
import { Image } from "image-js";
import sharp from "sharp";

const side = 64;
const disc = (radius) => (x, y) => (Math.hypot(x - 32, y - 32) <= radius ? 255 : 0);
const draw = (level) => Uint8Array.from({ length: side * side }, (_, i) => level(i % side, Math.floor(i / side)));
const face = draw(disc(20));
const raw = { raw: { width: side, height: side, channels: 1 } };
const levels = (pipeline) => pipeline.toColourspace("b-w").raw().toBuffer();
const square = (radius) => Array.from({ length: 2 * radius + 1 }, () => Array(2 * radius + 1).fill(1));

/** How wide the white is on the middle row, and how much of the face it leaves open. */
function look(name, mask) {
  assert(mask.length === side * side);
  const width = mask.subarray(32 * side, 33 * side).filter((level) => level > 0).length;
  const open = face.filter((level, i) => level && !mask[i]).length;
  console.log(`${name.padEnd(28)} ${width} pixels wide, ${open} of the face's pixels open`);
  return [width, open > 0];
}
const image = new Image(side, side, { colorModel: "GREY", data: face });
const options = { kernel: square(4) };
const seen = {
  face: look("face", face),
  dilate: look("sharp dilate(4)", await levels(sharp(face, raw).dilate(4))),
  erode: look("sharp erode(4)", await levels(sharp(face, raw).erode(4))),
  negated: look("sharp negate, dilate, negate", await levels(sharp(
    await levels(sharp(await levels(sharp(face, raw).negate()), raw).dilate(4)), raw).negate())),
  "image-js dilate": look("image-js dilate, 9 x 9", image.dilate(options).getRawImage().data),
  "image-js erode": look("image-js erode, 9 x 9", image.erode(options).getRawImage().data),
};
assert.deepStrictEqual(seen, {
  face: [41, false], dilate: [31, true], erode: [49, false], negated: [49, false],
  "image-js dilate": [49, false], "image-js erode": [31, true],
});
const grey = draw((x) => (x < 32 ? 127 : 128)); // two halves that hardly differ
const middle = async (pipeline) => [...(await levels(pipeline)).subarray(32 * side + 29, 32 * side + 35)].join(" ");
const halves = [await middle(sharp(grey, raw)), await middle(sharp(grey, raw).dilate(1)),
  await middle(sharp(grey, raw).erode(1))];
console.log(`grey ${halves[0]}: dilate(1) ${halves[1]}, erode(1) ${halves[2]}`);
assert.deepStrictEqual(halves,
  ["127 127 127 128 128 128", "127 127 0 0 128 128", "127 127 255 255 128 128"]);
END
node masks.mjs
cat <<'END'
sharp 0.35.5. Expected: dilate() makes what is white larger. Seen: smaller; erode() makes it larger. So erode() for a
margin around a white mask, and count its pixels.
END
