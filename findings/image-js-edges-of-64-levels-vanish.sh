#!/usr/bin/env bash
# image-js 1.7.0 (JavaScript): the edge filters wrap: an edge between two levels that are 64 or 128 apart is no edge to
# Sobel, one of 63 is 252; the sharper the picture, the weaker its edges may be.
#
# Expected: derivativeFilter() and gradientFilter() with two kernels give the length of the gradient, cut off at 255 as
#   image-js's convolutions and hypotenuse() are, or in sixteen bits.
# Seen: the length is written into bytes as it is, and what is above 255 begins again at 0. Sobel of an edge is four
#   times its height, so that 64 and 128 give 0, 100 gives 144 for 400, and 255 (black beside white) 252 for 1020;
#   Scharr, sixteen times the height, wraps from 16 on. A picture of sixteen bits gets an answer of eight, wrapped
#   likewise, and the option bitDepth is passed over. Of a face with strong light the edges are holes, and a measure of
#   sharpness (the mean gradient, to choose the best photo of a burst) is lower for the sharp photo than for a blurred
#   one. A faint test picture is right. gradientFilter() with one kernel is cut off at 255; rawDirectConvolution() and
#   cannyEdgeDetector() calculate in floats. (src/filters/gradientFilter.ts: setValueByIndex, where the others clamp.)
# So: Math.hypot of two rawDirectConvolution(); in a test an edge from black to white and one of 64.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  image-js@1.7.0 >/dev/null

cat >edges.mjs <<'END'
import { Image } from "image-js";

const X = { sobel: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], scharr: [[3, 0, -3], [10, 0, -10], [3, 0, -3]],
  prewitt: [[1, 0, -1], [1, 0, -1], [1, 0, -1]] };
const turned = (kernel) => kernel[0].map((_, i) => kernel.map((row) => row[i]));
function picture(width, height, level, bitDepth = 8) {
  const image = new Image(width, height, { colorModel: "GREY", bitDepth });
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) image.setValue(x, y, 0, level(x, y));
  return image;
}
/** The gradient's length in floats, by two convolutions by hand with the border repeated. */
function byHand(image, kernel) {
  const at = (x, y) => image.getValue(Math.min(Math.max(x, 0), image.width - 1),
    Math.min(Math.max(y, 0), image.height - 1), 0);
  const lengths = [];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const sums = [kernel, turned(kernel)].map((weights) => weights.reduce((sum, row, j) => sum + row.reduce(
        (part, weight, i) => part + weight * at(x + i - 1, y + j - 1), 0), 0));
      lengths.push(Math.hypot(...sums));
    }
  }
  return lengths;
}
let same = true;
const check = (what, right) => { if (!right) { console.error(`changed: ${what}`); same = false; } };

for (const filter of ["sobel", "scharr", "prewitt"]) {
  for (const height of [10, 40, 63, 64, 100, 128, 192, 255]) {
    const edge = picture(8, 8, (x) => (x < 4 ? 0 : height));
    const seen = edge.derivativeFilter({ filter }).getValue(4, 4, 0);
    const right = byHand(edge, X[filter])[4 * 8 + 4];
    const one = edge.gradientFilter({ kernelX: X.sobel }).getValue(4, 4, 0);
    console.log(`${filter}, edge of ${height}:`.padEnd(26) + `${seen}`.padEnd(5) +
      (seen === right ? "right" : `for ${right}`));
    check(`${filter} ${height}`, seen === right % 256);
    check(`one kernel ${height}`, one === Math.min(255, 4 * height));
    check(`canny ${height}`, height < 40 || edge.cannyEdgeDetector().getBit(4, 4) === 1);
  }
}
const deep = picture(8, 8, (x) => (x < 4 ? 0 : 64 * 257), 16);
const answer = deep.derivativeFilter({ bitDepth: 16 });
console.log(`sixteen bits, edge of 16448, bitDepth 16: ${answer.bitDepth} bits, ${answer.getValue(4, 4, 0)} for 65792`);
check("sixteen bits", answer.bitDepth === 8 && answer.getValue(4, 4, 0) === (4 * 64 * 257) % 256);

// A face before a wall, in ever better focus.
const face = picture(96, 96, (x, y) => {
  const on = (cx, cy, wide, high) => Math.hypot((x - cx) / wide, (y - cy) / high) < 1;
  return on(36, 40, 6, 4) || on(60, 40, 6, 4) || on(48, 68, 14, 4) ? 70 : on(48, 50, 30, 38) ? 200 : 72;
});
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const by = { "derivativeFilter": [], "by hand": [] };
for (const sigma of [8, 4, 3, 2, 1, 0]) {
  const photo = sigma ? face.gaussianBlur({ sigma }) : face;
  const seen = mean([...photo.derivativeFilter().getRawImage().data]);
  const right = mean(byHand(photo, X.sobel));
  by["derivativeFilter"].push(seen);
  by["by hand"].push(right);
  console.log(`face, blurred by ${sigma}: mean gradient ${seen.toFixed(1)}, by hand ${right.toFixed(1)}`);
}
check("by hand the sharper has more", by["by hand"].every((value, i, all) => i === 0 || value > all[i - 1]));
check("by image-js the sharpest has less than a blurred one",
  by["derivativeFilter"][5] < Math.max(...by["derivativeFilter"].slice(0, 5)) / 2);
const edges = face.derivativeFilter();
const right = byHand(face, X.sobel);
const strong = right.map((value, i) => [value, edges.getValueByIndex(i, 0)]).filter(([value]) => value > 200);
const lost = strong.filter(([, seen]) => seen < 100).length;
console.log(`of ${strong.length} pixels with a gradient above 200, ${lost} are below 100`);
check("strong edges lost", lost > strong.length / 3);
process.exit(same ? 0 : 1);
END
node edges.mjs
cat <<'END'
image-js 1.7.0. Expected: the gradient's length, cut off at 255. Seen: its remainder by 256. So calculate it from
rawDirectConvolution().
END
