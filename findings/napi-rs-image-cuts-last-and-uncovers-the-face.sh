#!/usr/bin/env bash
# @napi-rs/image 1.15.0 (Node.js): crop().resize() shrinks the photo first and cuts the box out of what is left; a face
# that was covered by overlay() before resize() is not covered in the preview.
#
# Expected: the order in which the calls are written, as each of them "returns this"; so it is in sharp for extract()
#   and resize(). The package's README and types say nothing of another order.
# Seen: the calls only note their arguments. When encoding, all are carried out in one fixed order: rotate, resize,
#   fastResize, grayscale, invert, contrast, blur, sharpen, brighten, crop, overlay. A box of a face, measured on the
#   photo, is cut out of the shrunken or turned photo: another part of it, of the box's size or less. A patch over a
#   face keeps its place and its size while the photo shrinks under it: it lies beside the face or beyond the edge, and
#   the picture has the size that was asked for. Of two crops the second counts, on the whole photo. No error comes
#   unless nothing is left of the box.
# So: an instance for each step, the pixels or a lossless PNG between them; or calls written in the fixed order and boxes
#   calculated for it; test with numbered pixels.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @napi-rs/image@1.15.0 sharp@0.35.5 >/dev/null

cat >order.mjs <<'END'
import assert from "node:assert";
import { Orientation, ResizeFilterType, ResizeFit, Transformer } from "@napi-rs/image";
import sharp from "sharp";

const WIDTH = 8;
const HEIGHT = 6;
const rgba = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i >> 2) + 1));
const photo = () => Transformer.fromRgbaPixels(rgba, WIDTH, HEIGHT);
const patch = Transformer.fromRgbaPixels(Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : 0)), 2, 2).pngSync();

/** The picture's numbers, its rows parted by strokes. */
function rows(data, width, channels) {
  const numbers = Array.from({ length: data.length / channels }, (_, i) => data[i * channels]);
  return Array.from({ length: numbers.length / width }, (_, y) =>
    numbers.slice(y * width, (y + 1) * width).join(" ")).join(" | ");
}
/** One instance for all calls. */
function together(calls) {
  const picture = calls.reduce((transformer, call) => call(transformer), photo());
  return rows(picture.rawPixelsSync(), picture.metadataSync().width, 4);
}
/** An instance for each call, a PNG between them. */
function apart(calls) {
  const png = calls.reduce((bytes, call) => call(new Transformer(bytes)).pngSync(), photo().pngSync());
  return together([() => new Transformer(png)]);
}
const scale = (width, height) => ({ width, height, filter: ResizeFilterType.Nearest, fit: ResizeFit.Fill });
const crop = (...box) => (picture) => picture.crop(...box);
const resize = (width, height) => (picture) => picture.resize(scale(width, height));
const turn = (picture) => picture.rotate(Orientation.Rotate90Cw);
const cover = (x, y) => (picture) => picture.overlay(patch, x, y);

for (const [name, expected, steps, ...calls] of [
  ["crop, resize", "30 32 | 46 48", "11 12 13 14 | 27 28 29 30 | 35 36 37 38", crop(2, 1, 4, 4), resize(4, 3)],
  ["crop, turn", "9 1 | 10 2", "13 5 | 14 6 | 15 7 | 16 8", crop(4, 0, 4, 2), turn],
  ["crop, crop", "10 11 | 18 19", "28 29 | 36 37", crop(2, 2, 5, 4), crop(1, 1, 2, 2)],
  ["cover, resize", "10 12 14 16 | 26 28 30 32 | 42 44 46 48", "10 12 14 16 | 26 28 0 32 | 42 44 46 48",
    cover(4, 2), resize(4, 3)],
  ["resize, crop", "30 32 | 46 48", "30 32 | 46 48", resize(4, 3), crop(2, 1, 2, 2)],
  ["turn, crop", "45 37 | 46 38", "45 37 | 46 38", turn, crop(0, 4, 2, 2)],
  ["resize, cover", "10 12 14 16 | 26 28 0 0 | 42 44 0 0", "10 12 14 16 | 26 28 0 0 | 42 44 0 0",
    resize(4, 3), cover(2, 1)],
]) {
  const seen = [together(calls), apart(calls)];
  console.log(`${name.padEnd(14)} one by one: ${seen[1].padEnd(42)}together: ${seen[0]}`);
  assert.deepStrictEqual(seen, [expected, steps], `changed: ${name}`);
}
const { data, info } = await sharp(rgba, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
  .extract({ left: 2, top: 1, width: 4, height: 4 }).resize(4, 3, { fit: "fill", kernel: "nearest" })
  .raw().toBuffer({ resolveWithObject: true });
const other = rows(data, info.width, info.channels);
console.log("sharp's extract, resize:  ", other);
assert.strictEqual(other, apart([crop(2, 1, 4, 4), resize(4, 3)]), "sharp has changed");
END
node order.mjs
cat <<'END'
@napi-rs/image 1.15.0. Expected: each call on what the call before it left. Seen: one fixed order, crop and overlay last.
So an instance for each step.
END
