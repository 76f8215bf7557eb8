#!/usr/bin/env bash
# jStat 1.9.6 (npm: jstat), simple-statistics 7.12.1, d3-array 3.2.5 (Node.js): percentile() does not interpolate before the
# largest value: the 99th percentile of up to a hundred times is the second slowest, whatever the slowest was.
#
# Expected: percentile(times, 0.99) interpolates between the two values around 0.99 (n - 1), as it does for 0.5 or 0.9,
#   and as spreadsheets' PERCENTILE, NumPy, d3 and simple-statistics do.
# Seen: where the upper one of the two values is the largest, it gives the lower one (src/vector.js: the condition that
#   guards the end counts from 0, the index beside it from 1). So it is for every p above (n - 2) / (n - 1): of sixty requests
#   of which one took 30 s, the 99th percentile is 0.30 s for 12.48 s, and it stays so if that request takes an hour. Of ten
#   it is so above 0.89 already. percentile(times, 1) is the largest again, and with exclusive as the third argument it
#   is the same: the second largest. The values at all other places are right, so that a test with the median or of a
#   thousand values shows nothing. Nothing is raised. jStat.quantiles() has another definition and interpolates.
# So: quantile() of simple-statistics or d3; in a test the 99th percentile of ten values, the last one far away.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool (Debian: nodejs, npm)" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --no-save --cache "$folder/cache" jstat@1.9.6 \
  simple-statistics@7.12.1 d3-array@3.2.5 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
cat >looks.mjs <<'END'
import assert from 'node:assert'
import jstat from 'jstat'
import { quantile } from 'simple-statistics'
import { quantile as d3quantile } from 'd3-array'

const { jStat } = jstat

// By definition: between the two values around p (n - 1).
function right(values, p) {
  const sorted = [...values].sort((a, b) => a - b)
  const place = p * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (place - below) * (sorted[above] - sorted[below])
}

// Seconds that faces took: all between 0.1 and 0.3, and one that waited.
function times(count, slowest) {
  const usual = Array.from({ length: count - 1 }, (_, i) => 0.1 + ((i * 37) % (count - 1)) / (count - 1) / 5)
  return [...usual.slice(0, 5), slowest, ...usual.slice(5)]
}

const close = (a, b) => Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(b))
console.log('faces  slowest     p   jStat  by definition      d3')
for (const [count, slowest] of [[10, 30], [10, 3600], [60, 30], [60, 3600], [100, 30], [101, 30], [1000, 30]]) {
  for (const p of [0.5, 0.9, 0.95, 0.99, 1]) {
    const values = times(count, slowest)
    const seen = jStat.percentile(values, p)
    const expected = right(values, p)
    assert(close(d3quantile(values, p), expected), 'd3 has changed')
    const last = p < 1 && p * (count - 1) > count - 2 + 1e-9
    console.log(String(count).padStart(5), String(slowest).padStart(8), String(p).padStart(5), seen.toFixed(3).padStart(7),
      expected.toFixed(3).padStart(14), d3quantile(values, p).toFixed(3).padStart(7), last ? '  <- the second slowest' : '')
    assert.equal(close(seen, expected), !last, 'changed')
    if (last) {
      assert.equal(seen, values.sort((a, b) => a - b).at(-2), 'changed')
    }
  }
}
// The other library by its own definition, where both agree: an odd number of values and the median.
assert(close(quantile(times(11, 30), 0.5), jStat.percentile(times(11, 30), 0.5)))

// By spreadsheets' other definition, PERCENTILE.EXC: place p (n + 1), counted from 1.
const eleven = times(11, 30)
const sorted = [...eleven].sort((a, b) => a - b)
const place = 0.9 * 12
const exclusive = sorted[9] + (place - 10) * (sorted[10] - sorted[9])
const seen = jStat.percentile(eleven, 0.9, true)
console.log(`exclusive, 11 faces, 0.9: jStat ${seen.toFixed(3)}, by definition ${exclusive.toFixed(3)}`)
assert(close(seen, sorted[9]) && exclusive > 20, 'changed')

// What it hides: an alert on the 95th percentile of the ten latest faces.
const calm = jStat.percentile(times(10, 0.29), 0.95)
const stuck = jStat.percentile(times(10, 3600), 0.95)
console.log(`95th percentile of ten: ${calm.toFixed(3)} s, and with one that took an hour ${stuck.toFixed(3)} s`)
assert(Math.abs(calm - stuck) < 0.02, 'changed')
END
node looks.mjs
cat <<'END'
jStat 1.9.6. Expected: interpolation up to the largest value, as everywhere else. Seen: the second largest, whatever the
largest is. So quantile() of another library; the 99th percentile of ten values with one far away in a test.
END
