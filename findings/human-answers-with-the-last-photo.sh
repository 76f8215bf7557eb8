#!/usr/bin/env bash
# @vladmandic/human 3.3.6 (Node.js): the second photo of a sitting gets the emotion of the first, whoever asks.
#
# Expected: human.detect(photo) answers about the photo. Its cache is for video; a server that makes a new Human for
#   each request has none, and another picture is another picture.
# Seen: two portraits of the same size and scene, one laughing, one not. Alone, the first is happy (0.99), the second
#   neutral (0.91). One after the other the second is what the first was, in either order, with the same score. Pictures
#   count as one as long as they differ by less than 13 levels (root of the mean square) over the whole photo, and a
#   face is a small part of that: two of a burst, a webcam or a booth do. A new Human does not help: the memory is the
#   module's, so that one request is answered with the face of another. It lasts 1.5 s (2.5 for the box): slow tests
#   never see it, a busy server does.
# So: cacheSensitivity: 0 for photos; with two photos of one scene in a test, in both orders.
# The portrait is scikit-image's astronaut (a public domain picture inside its package); the other has its lower half of
# the face blurred.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps scikit-image==0.26.0 \
  pillow==13.0.0
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" @vladmandic/human@3.3.6 \
  @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 >/dev/null
venv/bin/python - <<'END'
import glob

from PIL import Image, ImageFilter

photo = Image.open(glob.glob("venv/lib/*/site-packages/skimage/data/astronaut.png")[0]).convert("RGB")
other = photo.copy()
face = (170, 110, 275, 185)
other.paste(photo.filter(ImageFilter.GaussianBlur(9)).crop(face), face)
for name, picture in (("laughing", photo), ("earnest", other)):
    with open(name, "wb") as file:
        file.write(picture.tobytes())
END

cat >look.js <<'END'
const fs = require("fs");
const http = require("http");
const packages = `${process.cwd()}/node_modules`;
const { Human } = require(`${packages}/@vladmandic/human/dist/human.node-wasm.js`);
const off = { enabled: false };
const side = 512;
let clock = 1e6; // milliseconds, held by hand: a busy machine's second photo is not a late one
performance.now = () => clock;

async function main() {
  const models = http.createServer((request, answer) =>
    answer.end(fs.readFileSync(`${packages}/@vladmandic/human/models${request.url}`)));
  await new Promise((ready) => models.listen(0, "127.0.0.1", ready));
  const make = async (settings) => {
    const human = new Human({
      backend: "wasm", wasmPath: `${packages}/@tensorflow/tfjs-backend-wasm/dist/`, debug: false, filter: off,
      body: off, hand: off, object: off, gesture: off,
      modelBasePath: `http://127.0.0.1:${models.address().port}/`, ...settings });
    await human.load();
    return human;
  };
  const look = async (human, name) => {
    const photo = human.tf.tensor(new Uint8Array(fs.readFileSync(name)), [1, side, side, 3], "float32");
    const result = await human.detect(photo);
    human.tf.dispose(photo);
    return result.face.map((face) => `${face.emotion[0].emotion} ${face.emotion[0].score}`).join(", ");
  };
  const [how, ...names] = process.argv.slice(2);
  let human = await make(how === "exact" ? { cacheSensitivity: 0 } : {});
  for (const name of names) {
    if (how === "new") human = await make({});
    console.log(`${name}: ${await look(human, name)}`);
    clock += how === "later" ? 1600 : 300;
  }
  process.exit(0);
}
main();
END
expect() {
  local seen
  seen=$(node look.js "${@:3}" | tr '\n' ';')
  printf '%-24s %s\n' "$1:" "$seen"
  [ "$(tr -d ' .0-9' <<<"$seen")" = "$2" ] || { echo "expected $2" >&2; exit 1; }
}
expect "alone" "laughing:happy;" at-once laughing
expect "alone" "earnest:neutral;" at-once earnest
expect "after one another" "laughing:happy;earnest:happy;" at-once laughing earnest
expect "the other way round" "earnest:neutral;laughing:neutral;" at-once earnest laughing
expect "a new Human for each" "laughing:happy;earnest:happy;" new laughing earnest
expect "1.6 s later" "laughing:happy;earnest:neutral;" later laughing earnest
expect "cacheSensitivity: 0" "laughing:happy;earnest:neutral;" exact laughing earnest
cat <<'END'
@vladmandic/human 3.3.6. Expected: an answer about each photo. Seen: the second of two like photos gets the first one's
emotion, even from a new Human. So set cacheSensitivity: 0 for photos.
END
