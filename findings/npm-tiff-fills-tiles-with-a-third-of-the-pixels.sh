#!/usr/bin/env bash
# tiff 7.1.3 (Node.js): of a TIFF in tiles only one sample of each colour pixel is filled, and with the wrong numbers: a
# photo comes back red and black, with the upper third of each tile spread over it.
#
# Expected: the pixels that sharp wrote, whether it laid them in strips or, with `tile: true` as for large photos, in tiles.
# Seen: decode() gives an array of the right size. Strips are right. Of tiles in colour the first sample of each pixel is
#   set and green and blue stay 0; what is set is the tile's n-th number for the n-th pixel, so that red, green and blue
#   follow one another as three pixels of red, and a tile shows its upper third, pulled apart. With transparency alpha
#   is 0 everywhere, a fourth is shown. Tiles with a predictor, sharp's default for lzw and deflate, are wrong in grey
#   as well: the differences are added up over the whole row, though each tile starts anew, and the levels wrap round.
#   Only grey without a predictor is right. image-js reads TIFFs by this package. A detector finds no face in such a
#   photo, and nothing says why. (src/tiff_decoder.ts, readTileData(): the place within a tile leaves out
#   samplesPerPixel, and one number is taken for each pixel; applyPredictor() comes after all tiles are joined.)
# So: read TIFFs by sharp, or look for TileWidth (`tiled` of the IFD) and refuse; a tiled photo of three different levels
#   in a test.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  tiff@7.1.3 image-js@1.7.0 sharp@0.35.5 >/dev/null

cat >tiles.mjs <<'END'
import assert from "node:assert";
import { decode as decodeImage } from "image-js";
import sharp from "sharp";
import { decode } from "tiff";

const [width, height] = [160, 120];
const alike = { grey: 1, colour: 3, "colour and alpha": 4 };

/** A face of skin on a wall, without noise, in one, three or four numbers a pixel. */
function photo(channels) {
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const face = Math.hypot((x - 70) / 28, (y - 60) / 36) < 1;
      const colour = face ? [224, 172, 140, 255] : [60 + (x >> 1), 90, 120, 255];
      const levels = channels === 1 ? [face ? 190 : 40 + (x >> 1)] : colour;
      levels.slice(0, channels).forEach((level, c) => { pixels[(y * width + x) * channels + c] = level; });
    }
  }
  return pixels;
}

const written = (pixels, channels, options) => {
  const picture = sharp(pixels, { raw: { width, height, channels } });
  return (channels === 1 ? picture.toColourspace("b-w") : picture).tiff(options).toBuffer();
};
const share = (seen, right) => seen.filter((level, i) => level !== right[i]).length / right.length;
const percent = (part) => `${Math.round(100 * part)} %`.padStart(5);

const tiles = { tile: true, tileWidth: 64, tileHeight: 64 };
const kinds = {
  "strips, none": [{ compression: "none" }, []],
  "strips, lzw with predictor": [{ compression: "lzw" }, []],
  "tiles, none": [{ compression: "none", ...tiles }, ["colour", "colour and alpha"]],
  "tiles, lzw, no predictor": [{ compression: "lzw", predictor: "none", ...tiles }, ["colour", "colour and alpha"]],
  "tiles, lzw with predictor": [{ compression: "lzw", ...tiles }, ["grey", "colour", "colour and alpha"]],
  "tiles, deflate with predictor": [{ compression: "deflate", ...tiles }, ["grey", "colour", "colour and alpha"]],
};
for (const [name, [options, wrong]] of Object.entries(kinds)) {
  for (const [what, channels] of Object.entries(alike)) {
    const pixels = photo(channels);
    const file = await written(pixels, channels, options);
    const opened = channels === 1 ? sharp(file).toColourspace("b-w") : sharp(file);
    const again = await opened.raw().toBuffer({ resolveWithObject: true });
    assert(again.info.channels === channels && share(again.data, pixels) === 0, "sharp does not read what it wrote");
    const [picture] = decode(file);
    assert(picture.width === width && picture.height === height && picture.samplesPerPixel === channels);
    assert(picture.data.length === pixels.length, "changed: another size");
    const bad = share(picture.data, pixels);
    const middle = [...picture.data.subarray((60 * width + 70) * channels, (60 * width + 71) * channels)].join(" ");
    const right = [...pixels.subarray((60 * width + 70) * channels, (60 * width + 71) * channels)].join(" ");
    console.log(`${name.padEnd(30)} ${what.padEnd(17)} ${percent(bad)} of the numbers wrong; ` +
      `the middle of the face ${middle} for ${right}`);
    assert(wrong.includes(what) ? bad > 0.2 : bad === 0, "changed");
  }
}

// Where the numbers come from: a tile of 64 x 64 whose numbers tell their place.
const places = Buffer.alloc(64 * 64 * 3);
for (let i = 0; i < 64 * 64; i++) places.set([i % 64, 64 + (i >> 6), 200], i * 3);
const tile = await sharp(places, { raw: { width: 64, height: 64, channels: 3 } })
  .tiff({ compression: "none", ...tiles }).toBuffer();
const seen = decode(tile)[0].data;
console.log(`a tile of the colours column, 64 + row, 200 begins with ${[...seen.subarray(0, 12)].join(" ")}`);
for (let i = 0; i < 64 * 64; i++) {
  assert(seen[3 * i] === places[i] && seen[3 * i + 1] === 0 && seen[3 * i + 2] === 0, "changed");
}
const grey = Buffer.alloc(width * height * 3, 200);
for (const tile of [false, true]) {
  const file = await written(grey, 3, { compression: "none", ...(tile ? tiles : {}) });
  const picture = decodeImage(new Uint8Array(file));
  console.log(`image-js, a wall of 200 200 200 in ${tile ? "tiles" : "strips"}: ${picture.getPixel(70, 60).join(" ")}`);
  assert.deepStrictEqual([...picture.getPixel(70, 60)], tile ? [200, 0, 0] : [200, 200, 200], "changed");
}
END
node tiles.mjs || exit 1
cat <<'END'
tiff 7.1.3. Expected: the photo that was written. Seen: of tiles one sample of each pixel, from elsewhere in the tile. So
sharp for TIFFs; a tiled photo in colour in a test.
END
