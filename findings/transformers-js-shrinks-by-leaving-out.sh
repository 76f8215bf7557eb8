#!/usr/bin/env bash
# @huggingface/transformers 4.3.1 (Node.js): its image processors shrink a photo by taking every n-th pixel, bilinear
# and bicubic alike, and darken two edges of what they enlarge; Pillow averages by the same settings.
#
# Expected: resample: 2 (bilinear) or 3 (bicubic) in a network's preprocessor_config.json is Pillow's filter, as in
#   Python, which averages all that falls into a pixel; the source says that it does as Pillow does.
# Seen: in Node.js an affine transform of sharp's stands for nearest, bilinear and bicubic; only lanczos is a resize. It
#   starts at the corner and looks at the pixels around one point: ten times smaller, every tenth pixel is taken as it
#   is, and the three filters give the very same picture. Of a photo where one column of ten is bright all is bright,
#   where Pillow has a tenth of it; grain whose levels spread by 75 keeps them, where Pillow leaves 5. Enlarged (a
#   48 × 48 face for a network that takes 224), the last columns and rows blend into black: 200 becomes 9 in the corner.
#   Shape, type and range are right, so that a network that was tested in Python answers something else in Node.js.
# So: resize with sharp first, to the very size that the processor wants (it then changes nothing), or resample: 1
#   (lanczos) if the network bears it; compare pixel_values with Python's on a photo of full size.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pillow==13.0.0 \
  numpy==2.4.6
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @huggingface/transformers@4.3.1 sharp@0.35.5 >/dev/null

cat >pillow.py <<'END'
"""Makes three photos, 480 pixels wide or 48, and prints what Pillow makes of them."""
import numpy as np
from PIL import Image

photos = {
    "columns": (np.where(np.arange(480) % 10 == 0, 250, 50)[None].repeat(480, axis=0), 48),
    "grain": (np.random.default_rng(0).integers(0, 256, (480, 480)), 48),
    "even": (np.full((48, 48), 200), 224),
}
for name, (photo, size) in photos.items():
    image = Image.fromarray(photo.astype(np.uint8)).convert("RGB")
    image.save(f"{name}.png")
    for resample, number in (("bilinear", 2), ("bicubic", 3), ("lanczos", 1)):
        levels = np.asarray(image.resize((size, size), number))[..., 0].astype(float)
        print(f"{name} {size} {resample} {levels.min():.0f} {levels.max():.0f} {levels.mean():.0f} {levels.std():.0f}")
END
cat >transformers.mjs <<'END'
import fs from "fs";
import { RawImage, ViTImageProcessor } from "@huggingface/transformers";
import sharp from "sharp";

const numbers = { nearest: 0, lanczos: 1, bilinear: 2, bicubic: 3 };
const seen = {};
async function look(name, size, resample, before) {
  let image = await RawImage.read(`${name}.png`);
  if (before) {
    const { data } = await sharp(`${name}.png`).resize(size, size, { fit: "fill", kernel: "cubic" }).removeAlpha().raw()
      .toBuffer({ resolveWithObject: true });
    image = new RawImage(new Uint8ClampedArray(data), size, size, 3);
  }
  const processor = new ViTImageProcessor({ do_resize: true, size: { height: size, width: size },
    resample: numbers[resample], do_rescale: true, rescale_factor: 1 / 255, do_normalize: false });
  const { pixel_values } = await processor([image]);
  if (pixel_values.dims.join() !== [1, 3, size, size].join()) throw new Error(pixel_values.dims.join());
  const levels = [...pixel_values.data.slice(0, size * size)].map((value) => Math.round(value * 255));
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  const spread = Math.sqrt(levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length);
  seen[`${name} ${resample}`] = levels.join();
  return [Math.min(...levels), Math.max(...levels), mean, spread].map(Math.round);
}
const check = (right, what) => { if (!right) { console.error(`changed: ${what}`); process.exit(1); } };
const words = ([least, most, mean, spread]) =>
  `levels ${`${least}`.padStart(3)} to ${`${most}`.padStart(3)}, mean ${`${mean}`.padStart(3)}, spread ${spread}`;
for (const line of fs.readFileSync("pillow.txt", "utf8").trim().split("\n")) {
  const [name, side, resample, ...rest] = line.split(" ");
  const size = Number(side);
  const python = rest.map(Number);
  const here = await look(name, size, resample);
  console.log(`${name} to ${side}, ${resample}:`.padEnd(26) + `Pillow ${words(python)} | here ${words(here)}`);
  const alike = here.every((value, i) => Math.abs(value - python[i]) <= 12);
  check(alike === (resample === "lanczos"), line);
  if (name === "even" && resample !== "lanczos") check(here[0] < 60 && python[0] === 200, "dark edges");
}
for (const name of ["columns", "grain"]) {
  await look(name, 48, "nearest");
  for (const resample of ["bilinear", "bicubic"]) check(seen[`${name} ${resample}`] === seen[`${name} nearest`], name);
  console.log(`${name}: bilinear, bicubic and nearest are the same picture here`);
}
const first = await look("grain", 48, "bilinear", true);
console.log(`grain, resized by sharp first: ${words(first)}`);
check(first[3] < 10, "resized first");
END
venv/bin/python pillow.py >pillow.txt
node transformers.mjs
cat <<'END'
@huggingface/transformers 4.3.1 on Node.js. Expected: Pillow's filters. Seen: every n-th pixel, and black at two
edges. So resize with sharp first.
END
