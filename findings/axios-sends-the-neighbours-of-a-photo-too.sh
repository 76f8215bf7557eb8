#!/usr/bin/env bash
# axios 1.21.1 (Node.js): of a Uint8Array or Float32Array that is a part of a larger buffer the whole buffer is sent:
# the second of two photos arrives behind the first, so that the service answers with the first face's look.
#
# Expected: the body is the array, as with fetch; the documentation names ArrayBufferView among what `data` may be.
# Seen: transformRequest replaces a view by its `.buffer`, and byteOffset and byteLength are forgotten. A photo taken
#   out of a message or a bundle is such a view: @msgpack/msgpack hands out bytes by subarray(), so that each photo of a
#   message is sent as the whole message. Where photos lie one behind the other in a buffer, each request begins with
#   the first one, which is a complete JPEG: every face gets the first one's look, with status 200, and photos that were
#   not meant for that request go out. Embeddings of eight faces in one Float32Array: row 3 arrives as all eight. The
#   adapters "http" and "fetch" do the same. A Buffer, a Blob and a copy by slice() are right. Issues 2564 and 4068 have
#   it, both closed.
# So: slice() or Buffer.from(view.buffer, view.byteOffset, view.byteLength) before axios, or fetch; a digest beside the
#   photo; a test with the second photo of a message.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  axios@1.21.1 @msgpack/msgpack@3.1.3 jpeg-js@0.4.4 >/dev/null

cat >send.mjs <<'END'
import { createServer } from "node:http";
import axios from "axios";
import { decode, encode } from "@msgpack/msgpack";
import jpeg from "jpeg-js";

// The service: it tells how many bytes came, and the level of the grey photo that they are.
const server = createServer(async (request, answer) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const bytes = Buffer.concat(parts);
  let level = "no JPEG";
  if (bytes.readUInt16BE(0) === 0xffd8) level = `grey ${jpeg.decode(bytes).data[0]}`;
  answer.setHeader("Connection", "close"); // no connection is used twice
  answer.end(`${bytes.length} bytes, ${level}`);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.on("listening", resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

const photo = (level) => new Uint8Array(
  jpeg.encode({ width: 16, height: 16, data: Buffer.alloc(16 * 16 * 4, level) }, 90).data);
const photos = [photo(64), photo(192)];
const bundle = new Uint8Array([...photos[0], ...photos[1]]);
const second = bundle.subarray(photos[0].length);
const message = encode({ photos }).slice();
const unpacked = decode(message).photos[1];
const embeddings = new Float32Array(8 * 128);
const row = embeddings.subarray(2 * 128, 3 * 128);
const [right, whole] = [`${photos[1].length} bytes, grey 192`, `${bundle.length} bytes, grey 64`];

let changed = false;
async function check(what, promise, expected) {
  const seen = await promise;
  console.log(`${what.padEnd(52)} ${seen}`);
  if (seen !== expected) {
    console.error(`changed: it was ${expected}`);
    changed = true;
  }
}
const post = async (data, adapter) =>
  (await axios.post(url, data, { adapter, headers: { "Content-Type": "image/jpeg" } })).data;
const fetched = async (body) => (await fetch(url, { method: "POST", body })).text();

await check("fetch, second of two photos", fetched(second), right);
for (const adapter of ["http", "fetch"]) {
  await check(`axios (${adapter}), second of two photos`, post(second, adapter), whole);
  await check(`axios (${adapter}), the same, slice()`, post(second.slice(), adapter), right);
}
await check("axios, the same as a Buffer", post(Buffer.from(bundle.buffer, photos[0].length)), right);
await check("axios, the same as a Blob", post(new Blob([second])), right);
await check("fetch, second photo of a msgpack message", fetched(unpacked), right);
await check("axios, second photo of a msgpack message", post(unpacked), `${message.length} bytes, no JPEG`);
await check("fetch, third of eight embeddings", fetched(row), "512 bytes, no JPEG");
await check("axios, third of eight embeddings", post(row), "4096 bytes, no JPEG");
server.close();
process.exit(changed ? 1 : 0);
END
node send.mjs
cat <<'END'
axios 1.21.1. Expected: the photo. Seen: the whole buffer that it lies in. So copy by slice() before it is sent.
END
