#!/usr/bin/env bash
# jimp 1.6.1 with utif2 4.1.0 (Node.js): a TIFF whose colours lie in planes, as tifffile writes PyTorch's arrays of 3 x H x
# W, is opened as three narrow grey pictures above black, with the photo's size.
#
# Expected: the photo, as Pillow, libvips and OpenCV open it. PlanarConfiguration 2 is one of the two orders of TIFF 6.0,
#   and tifffile.imwrite(name, array, photometric="rgb") chooses it by itself for an array whose channels come first;
#   Photoshop calls it "per channel".
# Seen: the numbers of the red plane are taken three by three for red, green and blue of a pixel; green and blue are not
#   shown at all. Of a photo with one face Jimp.read() gives three narrow grey copies side by side in the upper third,
#   and black below; where the file has several strips, grey and black stripes. Width, height and type are right, alpha is
#   255, and a detector may well find three faces. The same array with its channels last is right, and so is a grey one.
#   Nothing is said: utif2 notices the tag and goes on; only where NODE_ENV is "development" it writes that such files
#   should not be used. (UTIF.js: decodeImage() reads t284 only for that line, and puts each strip where a strip of whole
#   pixels would begin; toRGBA8() counts on pixels whose samples lie together.)
# So: sharp for TIFFs, or np.moveaxis(array, 0, -1) before writing; refuse an ifd with t284 of 2; a photo in planes in a
#   test.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NODE_ENV=production
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps numpy==2.4.6 \
  pillow==13.0.0 tifffile==2026.3.3
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  jimp@1.6.1 utif2@4.1.0 >/dev/null
cat >open.mjs <<'END'
import { Jimp } from "jimp";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const UTIF = createRequire(import.meta.url)("utif2");
for (const name of process.argv.slice(2)) {
  const { bitmap } = await Jimp.read(name);
  writeFileSync(`${name}.jimp`, bitmap.data);
  const file = new Uint8Array(readFileSync(name)).buffer;
  const [ifd] = UTIF.decode(file);
  UTIF.decodeImage(file, ifd);
  writeFileSync(`${name}.utif2`, UTIF.toRGBA8(ifd));
  console.log(`${bitmap.width} ${bitmap.height} ${ifd.width} ${ifd.height}`);
}
END
venv/bin/python - <<'END'
import subprocess

import numpy as np
import tifffile
from PIL import Image

HEIGHT, WIDTH = 96, 144
y, x = np.mgrid[:HEIGHT, :WIDTH]
face = np.hypot((x - 60) / 24, (y - 45) / 30) < 1
wall = np.stack([70 + x // 4, 90 + 0 * x, 120 - y // 4], -1)
photo = np.where(face[..., None], (224, 172, 140), wall).astype(np.uint8)  # height x width x 3
planes = np.ascontiguousarray(np.moveaxis(photo, -1, 0))  # 3 x height x width, as PyTorch has it
files = {}


def write(title, array, torn, **options):
    name = f"photo{len(files)}.tif"
    tifffile.imwrite(name, array, **options)
    with tifffile.TiffFile(name) as file:
        order = int(file.pages[0].planarconfig)
        assert len(file.pages) == 1, "tifffile has changed"
    assert (order == 2) == torn, "tifffile has changed"
    files[name] = title, order, torn


write("height x width x 3", photo, False, photometric="rgb")
write("3 x height x width", planes, True, photometric="rgb")
write("the same, deflate", planes, True, photometric="rgb", compression="zlib")
write("the same, strips of 16 rows", planes, True, photometric="rgb", rowsperstrip=16)
write("height x width x 3, deflate", photo, False, photometric="rgb", compression="zlib", rowsperstrip=16)
write("grey", planes[0], False, photometric="minisblack")
lines = subprocess.run(["node", "open.mjs", *files], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
assert set(lines) == {f"{WIDTH} {HEIGHT} {WIDTH} {HEIGHT}"}, f"changed: {lines}"
for name, (title, order, torn) in files.items():
    right = np.asarray(Image.open(name).convert("RGB"))
    assert np.array_equal(right, photo if "grey" not in title else np.repeat(planes[0][..., None], 3, -1)), "Pillow"
    wrong = []
    for reader in ("jimp", "utif2"):
        seen = np.fromfile(f"{name}.{reader}", np.uint8).reshape(HEIGHT, WIDTH, 4)
        assert np.all(seen[..., 3] == 255), "changed"
        wrong.append(np.mean(np.any(seen[..., :3] != right, -1)))
    print(f"{title:27} PlanarConfiguration {order}: wrong pixels {wrong[0]:4.0%} by jimp, {wrong[1]:4.0%} by utif2, "
          "0% by Pillow")
    assert all(share > 0.9 for share in wrong) if torn else wrong == [0, 0], "changed"
    if title == "3 x height x width":
        third = HEIGHT // 3
        assert np.array_equal(seen[:third, :, :3], planes[0].reshape(third, WIDTH, 3)), "changed"
        assert not seen[third:, :, :3].any(), "changed"
        skin = np.all(seen[..., :3] == 224, -1)
        inside = skin[third // 2].astype(int)
        faces = int(np.sum(np.diff(inside) == 1))
        print(f"  {faces} faces in its upper third, black below")
        assert faces == 3, "changed"
END
cat <<'END'
jimp 1.6.1, utif2 4.1.0. Expected: the photo. Seen: of a TIFF in planes three narrow grey ones above black. So sharp for
TIFFs, or the channels last when writing; a photo in planes in a test.
END
