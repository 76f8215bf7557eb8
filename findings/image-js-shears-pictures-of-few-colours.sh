#!/usr/bin/env bash
# image-js 1.7.0 (JavaScript): a PNG with a palette of up to 16 colours comes out sheared and torn, unless its rows
# happen to end with a byte.
#
# Expected: decode() reads a PNG as other readers do, or refuses it, as it does grey PNGs of two and four bits.
# Seen: each row of a PNG begins with a new byte, with fewer than eight bits per pixel too. image-js takes them for one
#   run of bits, so that each row begins a little later than the one above, and up to nine of ten pixels are wrong.
#   Size and colours are right, and so is every picture whose width is a multiple of 8: a test's 48, 64 or 640. Charts,
#   drawn faces and photos that pngquant or sharp's palette made small are such PNGs; of odd widths all are torn, of
#   others some. Larger palettes have eight bits and are right.
# So: read by sharp or pngjs, or make eight bits of it first; test with an odd width.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  image-js@1.7.0 pngjs@7.0.0 >/dev/null

cat >palettes.mjs <<'END'
import { deflateSync } from "zlib";
import { decode } from "image-js";
import pngjs from "pngjs";

function crc32(bytes) {
  let rest = -1;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}
function chunk(name, data) {
  const bytes = Buffer.concat([Buffer.from(name), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(bytes), 4);
  return Buffer.concat([ends.subarray(0, 4), bytes, ends.subarray(4)]);
}
/** A round face of the last colour before stripes of the others, of 64 rows. */
function picture(width, bits, grey) {
  const colours = 2 ** bits;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(64, 4);
  header.set([bits, grey ? 0 : 3], 8);
  const rows = [];
  for (let y = 0; y < 64; y++) {
    const row = Buffer.alloc(1 + Math.ceil((width * bits) / 8));
    for (let x = 0; x < width; x++) {
      const face = Math.hypot(x - width / 2, y - 32) < 20;
      const value = face ? colours - 1 : Math.floor((x * (colours - 1)) / width);
      const bit = x * bits;
      row[1 + (bit >> 3)] |= value << (8 - bits - (bit & 7));
    }
    rows.push(row);
  }
  const palette = Buffer.alloc(3 * colours);
  for (let i = 0; i < colours; i++) palette.fill(Math.round((i * 255) / (colours - 1)), 3 * i, 3 * i + 3);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", header),
    ...(grey ? [] : [chunk("PLTE", palette)]), chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0))]);
}
function look(width, bits, grey) {
  const file = picture(width, bits, grey);
  const right = pngjs.PNG.sync.read(file).data;
  let image;
  try {
    image = decode(file).convertColor("RGBA");
  } catch (refusal) {
    return `refused (${refusal.message.split(".")[0]})`;
  }
  if (image.width !== width || image.height !== 64) return "another size";
  const levels = image.getRawImage().data;
  let wrong = 0;
  for (let i = 0; i < right.length; i += 4) if (Math.abs(levels[i] - right[i]) > 1) wrong++;
  return Math.round((wrong * 400) / right.length);
}
for (const [bits, wrong] of [[1, [97, 98, 100]], [2, [97, 98]], [4, [97]], [8, []]]) {
  const seen = [96, 97, 98, 100, 104].map((width) => [width, look(width, bits, false)]);
  console.log(`palette, ${bits} bits, pixels wrong:`.padEnd(32) +
    seen.map(([width, share]) => `${width} wide ${share} %`).join(", "));
  for (const [width, share] of seen) {
    if (wrong.includes(width) ? !(share > 5) : share !== 0) {
      console.error(`changed: at width ${width} it was ${wrong.includes(width) ? "wrong" : "right"}`);
      process.exit(1);
    }
  }
}
console.log("grey, 4 bits:".padEnd(32) + look(97, 4, true));
END
node palettes.mjs
cat <<'END'
image-js 1.7.0. Expected: the picture, as pngjs reads it. Seen: rows that begin later and later where a row of a small
palette does not end with a byte. So read by sharp, or test with an odd width.
END
