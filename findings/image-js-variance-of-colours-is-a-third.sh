#!/usr/bin/env bash
# image-js 1.7.0 (JavaScript): variance() of a colour photo is a third of each channel's variance, with transparency a
# quarter; of a grey picture, and of the same channel by itself, it is right.
#
# Expected: as its text says, the variance of each channel: what numpy or sharp's stats() give, and what the channel has
#   after split().
# Seen: the squares of one channel are divided by the numbers of all channels, pixels times three; with an alpha channel
#   times four. mean() and median(), beside it, divide rightly. So the deviation is too small by 1.73 or 2: photos that
#   are normalised by it have a spread of 1.73 or 2 where a network that learnt from torchvision's numbers has 1; a
#   photo's contrast seems lower than that of its grey copy, so that one limit for "too flat to judge" sorts colour
#   photos out and keeps grey ones, and PNGs with transparency are flatter than JPEGs of the same photo. With `points`,
#   the face alone, it is the same. (src/compute/variance.ts.)
# So: variance() of each picture from split(); in a test a photo whose three channels are equal, beside its grey copy.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  image-js@1.7.0 sharp@0.35.5 >/dev/null

cat >variances.mjs <<'END'
import { Image } from "image-js";
import sharp from "sharp";

let state = 7;
const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
const size = 64;
const grey = Uint8Array.from({ length: size * size }, (_, i) =>
  128 + 70 * Math.sin((i % size) / 9) * Math.cos(Math.floor(i / size) / 11) + 30 * random());
/** Photos with the same levels in each of their channels; alpha, if any, is 255. */
const photo = (colorModel) => {
  const [colours, alpha] = { GREY: [1, 0], GREYA: [1, 1], RGB: [3, 0], RGBA: [3, 1] }[colorModel];
  const image = new Image(size, size, { colorModel });
  for (let i = 0; i < grey.length; i++) {
    image.setPixelByIndex(i, [...new Array(colours).fill(grey[i]), ...new Array(alpha).fill(255)]);
  }
  return image;
};
const variance = (levels) => {
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length;
};
const right = variance([...grey]);
const points = [];
for (let row = 16; row < 48; row++) for (let column = 16; column < 48; column++) points.push({ row, column });
const face = variance(points.map(({ row, column }) => grey[row * size + column]));
const near = (a, b) => Math.abs(a - b) < 1e-6 * b;
let same = true;
for (const [model, channels] of [["GREY", 1], ["GREYA", 2], ["RGB", 3], ["RGBA", 4]]) {
  const image = photo(model);
  const whole = image.variance()[0];
  const part = image.variance({ points })[0];
  const alone = image.split()[0].variance()[0];
  const spread = Math.sqrt(variance([...grey].map((level) => (level - image.mean()[0]) / Math.sqrt(whole))));
  console.log(`${model}:`.padEnd(7) + `variance ${whole.toFixed(1)}, of the face ${part.toFixed(1)}, of the channel ` +
    `by itself ${alone.toFixed(1)}; normalised, the deviation is ${spread.toFixed(2)}`);
  same &&= near(whole, right / channels) && near(part, face / channels) && near(alone, right) &&
    near(image.mean()[0], image.split()[0].mean()[0]) && near(spread, Math.sqrt(channels));
}
const raw = photo("RGB").getRawImage();
const stats = await sharp(raw.data, { raw: { width: size, height: size, channels: 3 } }).stats();
const bySharp = stats.channels[0].stdev ** 2;
console.log(`By hand ${right.toFixed(1)}, of the face ${face.toFixed(1)}; sharp ${bySharp.toFixed(1)}`);
same &&= Math.abs(bySharp / right - 1) < 0.001; // sharp divides by one less
if (!same) console.error("changed");
process.exit(same ? 0 : 1);
END
node variances.mjs
cat <<'END'
image-js 1.7.0. Expected: the variance of each channel. Seen: divided by the number of channels. So take it from
split().
END
