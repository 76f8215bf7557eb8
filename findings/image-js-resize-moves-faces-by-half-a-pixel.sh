#!/usr/bin/env bash
# image-js 1.7.0 (JavaScript), and sharp 0.35.5 when enlarging: resize() moves the picture to the right and down by half
# a pixel of the new size: of a photo made a tenth of its size by five of its pixels; in image-js at the same size it is
# blurred.
#
# Expected: the edges of the picture stay where they are, as in Pillow, OpenCV and browsers: the middle of the photo is
#   the middle of the new one. At the same size nothing changes.
# Seen: new pixel x is read at x / factor - 0.5; right is (x + 0.5) / factor - 0.5. So bilinear, the default, and
#   bicubic move by half a new pixel each way: the first row and column are partly or wholly the border's, the last are
#   never seen. At the same size each pixel is the mean of itself and three neighbours. A face of 480 pixels made 48 is
#   five off, and a landmark found in the small photo lies five pixels beside the eye; a network trained with another
#   library sees faces moved and, at full size, soft. "nearest" is right at the same size and for whole factors up, and
#   off when shrinking. sharp is right when shrinking and moves by the same half pixel when enlarging, with each kernel
#   but "nearest", so that who compares the two on a small face finds them of one mind; that a side which keeps its size
#   is blurred there (a finding of its own) comes of it. (image-js: src/geometry/resize.ts has factor / 2 where
#   (factor - 1) / 2 belongs.)
# So: transform() with a matrix of your own, [[f, 0, (f - 1) / 2], [0, f, (f - 1) / 2]]; in a test a picture that is
#   symmetrical must stay so, and one at its own size the same.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  image-js@1.7.0 sharp@0.35.5 >/dev/null

cat >resized.mjs <<'END'
import { Image } from "image-js";
import sharp from "sharp";

const picture = (width, height, level) => {
  const image = new Image(width, height, { colorModel: "GREY" });
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) image.setValue(x, y, 0, Math.round(level(x, y)));
  return image;
};
/** Where the middle of what is bright lies, from the picture's middle, in pixels of this picture. */
const middle = (levels, width, height) => {
  let [all, right, down] = [0, 0, 0];
  levels.forEach((level, i) => {
    all += level;
    right += level * ((i % width) - (width - 1) / 2);
    down += level * (Math.floor(i / width) - (height - 1) / 2);
  });
  return [right / all, down / all].map((number) => Math.round(number * 1000) / 1000 + 0);
};
let same = true;
const check = (what, right) => { if (!right) { console.error(`changed: ${what}`); same = false; } };

// A soft, round face in the middle of the photo.
const size = 480;
const face = picture(size, size, (x, y) => 250 * Math.exp(-(((x - 239.5) / 70) ** 2 + ((y - 239.5) / 70) ** 2)));
console.log(`the face in the photo of ${size}: ${middle(face.getRawImage().data, size, size)} from the middle`);
for (const to of [48, 112, 224, 480, 720, 960]) {
  const seen = {};
  for (const interpolationType of ["bilinear", "bicubic", "nearest"]) {
    const small = face.resize({ width: to, height: to, interpolationType });
    seen[interpolationType] = middle(small.getRawImage().data, to, to);
  }
  const bySharp = await sharp(face.getRawImage().data, { raw: { width: size, height: size, channels: 1 } })
    .resize(to, to).toColourspace("b-w").raw().toBuffer();
  const factor = to / size;
  const own = face.transform([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2]],
    { width: to, height: to, borderType: "replicate" });
  const others = { sharp: middle([...bySharp], to, to), own: middle(own.getRawImage().data, to, to) };
  console.log(`to ${to}:`.padEnd(8) + Object.entries(seen).map(([name, moved]) => `${name} ${moved}`).join("  ") +
    `  own matrix ${others.own}  sharp ${others.sharp}`);
  for (const name of ["bilinear", "bicubic"]) {
    check(`${name} to ${to}`, seen[name].every((moved) => Math.abs(moved - 0.5) < 0.03));
  }
  for (const [name, moved] of Object.entries(others)) {
    const expected = name === "sharp" && to > size ? 0.5 : 0;
    check(`${name} to ${to}`, moved.every((number) => Math.abs(number - expected) < 0.06));
  }
  if (to < size) check(`nearest to ${to}`, seen.nearest.every((moved) => moved > 0.4));
}

const row = (image) => Array.from({ length: image.width }, (_, x) => image.getValue(x, 3, 0)).join(" ");
const steps = picture(8, 8, (x) => 30 * x);
const at = (width) => row(steps.resize({ width, height: width }));
console.log(`a row of 0 30 60 … 210 at the same size: ${at(8)}`);
console.log(`and made four of eight: ${at(4)} (right: 15 75 135 195)`);
check("the same size", at(8) === "0 15 45 75 105 135 165 195");
check("half the size", at(4) === "0 45 105 165");
const stripes = picture(48, 48, (x) => (x % 2) * 200);
const kept = stripes.resize({ width: 48, height: 48 }).getRawImage().data.filter((_, i) => i % 48);
console.log(`stripes of 0 and 200 at the same size: ${Math.min(...kept)} to ${Math.max(...kept)}`);
check("stripes", kept.every((level) => level === 100));
process.exit(same ? 0 : 1);
END
node resized.mjs
cat <<'END'
image-js 1.7.0. Expected: the middle stays the middle. Seen: half a new pixel off. So use transform() with a matrix of
your own; sharp is right when shrinking.
END
