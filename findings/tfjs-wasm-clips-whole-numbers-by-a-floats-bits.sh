#!/usr/bin/env bash
# TensorFlow.js 4.22.0, backend "wasm": clipByValue of whole numbers (int32) takes the bits of its bounds, which are
# floats, for whole numbers: of 0 and 255 only the 0 stays what it is.
#
# Expected: values between the bounds, as its documentation says, and as the backend "cpu" gives them; the kernels
#   beside it (relu, minimum, maximum) do so with whole numbers too.
# Seen: int32 is what tf.browser.fromPixels and decoded pictures give, and what a cast after a brightness or contrast
#   makes. Clipped to 0...255, what is darker than 0 becomes 0, what is brighter than 255 stays, because 255 is held for
#   1132396544: kept as bytes a highlight of 305 is 49, nearly black. Clipped to 10...245, every pixel is 1092616192, to
#   -1...1 positive numbers stay as they are and negative ones are -1082130432. As float32 all is right. Nothing is
#   raised; type and shape are right.
# So: clip before the cast to int32, or use tf.minimum and tf.maximum with int32 scalars; look at the largest level.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 >/dev/null

cat >clip.mjs <<'END'
import assert from "node:assert";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

setWasmPaths(`${process.cwd()}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
const face = [0, 20, 60, 100, 128, 180, 230, 255];
const list = (tensor) => Array.from(tensor.dataSync());
const whole = (value) => tf.scalar(value, "int32");
const seen = {};
for (const backend of ["cpu", "wasm"]) {
  await tf.setBackend(backend);
  await tf.ready();
  /** More contrast around the middle grey, which leads beyond both ends. */
  const stretched = tf.add(tf.mul(tf.sub(tf.tensor1d(face, "int32"), 128), 1.4), 128);
  const levels = tf.cast(stretched, "int32");
  const clipped = tf.clipByValue(levels, 0, 255);
  assert(levels.dtype === "int32" && clipped.dtype === "int32" && clipped.shape[0] === face.length);
  seen[backend] = {
    "int32, contrast 1.4": list(levels),
    "clipByValue 0, 255": list(clipped),
    "the same as bytes": Array.from(Uint8Array.from(list(clipped))),
    "clipByValue 10, 245": list(tf.clipByValue(levels, 10, 245)),
    "clipByValue -1, 1": list(tf.clipByValue(tf.sub(levels, whole(128)), -1, 1)),
    "float32 first, then int32": list(tf.cast(tf.clipByValue(stretched, 0, 255), "int32")),
    "minimum and maximum": list(tf.maximum(tf.minimum(levels, whole(255)), whole(0))),
  };
  for (const [name, values] of Object.entries(seen[backend]))
    console.log(`${backend.padEnd(4)} ${name.padEnd(26)}`, values.join(" "));
}
const { cpu, wasm } = seen;
const right = wasm["int32, contrast 1.4"].map((level) => Math.min(255, Math.max(0, level)));
for (const name of ["int32, contrast 1.4", "float32 first, then int32", "minimum and maximum"])
  assert.deepStrictEqual(wasm[name], cpu[name]);
assert.deepStrictEqual(wasm["minimum and maximum"], right);
assert.deepStrictEqual(cpu["clipByValue 0, 255"], right);
assert.deepStrictEqual(wasm["clipByValue 0, 255"], wasm["int32, contrast 1.4"].map((level) => Math.max(0, level)));
const bits = (value) => new Int32Array(new Float32Array([value]).buffer)[0];
assert(wasm["clipByValue 10, 245"].every((level) => level === bits(10)));
assert(wasm["clipByValue -1, 1"].every((level, i) =>
  level === (right[i] < 128 ? bits(-1) : wasm["int32, contrast 1.4"][i] - 128)));
END
node clip.mjs 2>warnings || { cat warnings >&2; exit 1; }
cat <<'END'
TensorFlow.js 4.22.0. Expected: values between the bounds. Seen: on the backend "wasm" whole numbers are compared with
the bounds' bits. So clip floats, or by tf.minimum and tf.maximum.
END
