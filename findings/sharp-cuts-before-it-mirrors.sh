#!/usr/bin/env bash
# sharp 0.35.5 (Node.js): a photo that is mirrored and then cut is cut first: the face is taken from the other side. One
# that is turned, cut and then mirrored is mirrored first.
#
# Expected: the order in which the calls are written, as extract() keeps it with resize(), which its documentation says,
#   with rotate() and with autoOrient(). Of flip() and flop() it says only that they come before a rotation.
# Seen: flop().extract() and flip().extract() cut the photo as it was and mirror the cutting, the same picture as
#   extract().flop(). With a resize() between them the order is kept. After rotate(180).extract() a flop() at the end
#   reaches before the cut, so that the cutting is another part of the photo, while after autoOrient().extract() it
#   stays behind it. Sizes are right, nothing is said.
# So: mirror in a pipeline of its own, or mirror the box (left = width - left - boxWidth) and cut first; test with
#   numbered pixels. Selfies are mirrored so, and test-time augmentation mirrors what a detector has found.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" sharp@0.35.5 >/dev/null

cat >order.mjs <<'END'
import assert from "node:assert";
import sharp from "sharp";

const size = { width: 4, height: 3 };
const numbers = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
const photo = () => sharp(numbers, { raw: { ...size, channels: 1 } });
const left = { left: 0, top: 0, width: 1, height: 3 };
const top = { left: 0, top: 0, width: 4, height: 1 };

/** The picture's numbers, its rows parted by strokes. */
async function look(pipeline) {
  const { data, info } = await pipeline.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  assert(info.channels === 1);
  return Array.from({ length: info.height }, (_, y) =>
    data.subarray(y * info.width, (y + 1) * info.width).join(" ")).join(" | ");
}
/** The same calls, each in a pipeline of its own. */
async function apart(...calls) {
  let bytes = await photo().png().toBuffer();
  for (const call of calls) bytes = await call(sharp(bytes)).png().toBuffer();
  return look(sharp(bytes));
}
const cut = (box) => (pipeline) => pipeline.extract(box);
const flop = (pipeline) => pipeline.flop();
const flip = (pipeline) => pipeline.flip();
const turn = (pipeline) => pipeline.rotate(180);
const upright = (pipeline) => pipeline.autoOrient();
const same = (pipeline) => pipeline.resize({ ...size, fit: "fill", kernel: "nearest" });

const seen = {};
for (const [name, ...calls] of [
  ["flop, extract", flop, cut(left)], ["flip, extract", flip, cut(top)], ["extract, flop", cut(left), flop],
  ["flop, resize, extract", flop, same, cut(left)], ["rotate, extract", turn, cut(left)],
  ["rotate, extract, flop", turn, cut(left), flop], ["autoOrient, extract, flop", upright, cut(left), flop],
]) {
  const together = await look(calls.reduce((pipeline, call) => call(pipeline), photo()));
  seen[name] = [together, await apart(...calls)];
  console.log(`${name.padEnd(26)} in one pipeline: ${together.padEnd(12)} one by one: ${seen[name][1]}`);
}
assert.deepStrictEqual(seen, {
  "flop, extract": ["1 | 5 | 9", "4 | 8 | 12"],
  "flip, extract": ["1 2 3 4", "9 10 11 12"],
  "extract, flop": ["1 | 5 | 9", "1 | 5 | 9"],
  "flop, resize, extract": ["4 | 8 | 12", "4 | 8 | 12"],
  "rotate, extract": ["12 | 8 | 4", "12 | 8 | 4"],
  "rotate, extract, flop": ["9 | 5 | 1", "12 | 8 | 4"],
  "autoOrient, extract, flop": ["1 | 5 | 9", "1 | 5 | 9"],
});
END
node order.mjs
cat <<'END'
sharp 0.35.5. Expected: mirrored, then cut. Seen: cut, then mirrored. So mirror in a pipeline of its own, or mirror the
box and cut first.
END
