#!/usr/bin/env bash
# onnxruntime-web 1.30.0: Tensor.fromImage divides by norm.mean and adds norm.bias: a face that is normalised by mean
# and deviation goes to the network without any dark.
#
# Expected: norm: { mean, bias } with numbers "ranged from 0 to 255" takes the mean off, and divides what remains, as
#   every recipe for a network's input has it: (pixel - mean) / deviation. With ImageNet's numbers black is about -2 and
#   white about 2.
# Seen: (pixel + bias) / mean. The documentation names the two fields and their shapes, but no formula; "mean" is the
#   divisor (255 when norm is left out), "bias" what is to come off, with its sign turned. ImageNet's means and
#   deviations there give 0.5 for black and 2.5 for white, in a tensor of the right shape and type: the network
#   answers, about another picture. Turning back does not tell: toImageData undoes it as (value - bias) * mean, which
#   with a bias is wrong for right numbers as for wrong ones. The Rust binding ort-web 0.2.1 fell for the names: its
#   ImageNorm::imagenet hands over mean and deviation as mean and bias (and as fractions of 1).
# So: norm: { mean: [58.395, 57.12, 57.375], bias: [-123.675, -116.28, -103.53] }, the deviation as mean, minus the mean
#   as bias, both given (one alone throws); or fill a Float32Array yourself. Look at the smallest value once.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" onnxruntime-web@1.30.0 \
  @napi-rs/canvas@1.1.1 >/dev/null

cat >look.js <<'END'
const assert = require("assert");
const { createCanvas, ImageData } = require("@napi-rs/canvas");
// What a browser has, and Node.js has not:
globalThis.ImageData = ImageData;
globalThis.OffscreenCanvas = class {
  constructor(width, height) { return createCanvas(width, height); }
  static [Symbol.hasInstance](canvas) { return typeof canvas.getContext === "function"; }
};
const { Tensor } = require("onnxruntime-web/wasm");

const MEAN = [123.675, 116.28, 103.53];
const DEVIATION = [58.395, 57.12, 57.375];
const side = 48;
const face = new ImageData(side, side); // red, green and blue fall from white to black
for (let i = 0; i < side * side; i++) {
  const level = 255 - Math.floor((i * 256) / (side * side));
  face.data.set([level, level, level, 255], 4 * i);
}

async function look(name, norm) {
  const tensor = await Tensor.fromImage(face, norm && { norm });
  assert.deepStrictEqual([...tensor.dims], [1, 3, side, side]);
  const red = tensor.data.slice(0, side * side);
  const back = tensor.toImageData(norm && { format: "RGB", norm });
  const off = Math.max(...face.data.map((level, i) => Math.abs(level - back.data[i])));
  const below = red.filter((value) => value < 0).length / red.length;
  console.log(`${name.padEnd(36)} white ${red[0].toFixed(3)}, black ${red[red.length - 1].toFixed(3)}, ` +
    `below 0: ${(100 * below).toFixed(0)} %; turned back it is off by ${off} at most`);
  assert(norm && norm.bias ? off > 200 : off <= 1);
  return [red[0], red[red.length - 1]];
}

function near(seen, expected) {
  seen.forEach((value, i) => assert(Math.abs(value - expected[i]) < 1e-4, `${value}, not ${expected[i]}`));
}

async function main() {
  const right = [(255 - MEAN[0]) / DEVIATION[0], -MEAN[0] / DEVIATION[0]];
  console.log(`(pixel - mean) / deviation of red:   white ${right[0].toFixed(3)}, black ${right[1].toFixed(3)}`);
  near(await look("no norm", undefined), [1, 0]);
  near(await look("mean: MEAN, bias: DEVIATION", { mean: MEAN, bias: DEVIATION }),
    [(255 + DEVIATION[0]) / MEAN[0], DEVIATION[0] / MEAN[0]]);
  near(await look("mean: MEAN, bias: 0", { mean: MEAN, bias: 0 }), [255 / MEAN[0], 0]);
  near(await look("mean: DEVIATION, bias: minus MEAN", { mean: DEVIATION, bias: MEAN.map((mean) => -mean) }), right);
}
main().catch((error) => { console.error(error); process.exit(1); });
END
node look.js
cat <<'END'
onnxruntime-web 1.30.0. Expected: the mean is taken off. Seen: it is what one divides by. So give the deviation as mean
and minus the mean as bias, or fill the array yourself.
END
