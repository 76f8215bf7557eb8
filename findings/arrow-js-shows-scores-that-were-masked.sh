#!/usr/bin/env bash
# apache-arrow 21.2.0 (JavaScript), pyarrow 26.0.1: Vector.toArray() passes over what is null: a score that was masked
# comes back, one that was never there is 0, and one of sixteen bits is its bits: 0.25 is 13312.
#
# Expected: a column's toArray() has the values that get(i), the iterator and toJSON() of the same column have, as it
#   does for texts, truth values and days.
# Seen: for numbers it is the memory, without the bits that say what is valid. pyarrow's if_else with a null, or a mask,
#   leaves the old number under the null, so that the score of a face that was taken out by a threshold (0.31 of 0.92,
#   null, 0.55) is there again, and the mean is over three faces, not two; where nothing was before, null is 0. Of
#   float16 it is a Uint16Array of bits, of a decimal four words a value, so that the fourth score is the first one's
#   last word; of a time in microseconds it counts microseconds, where get(i) has milliseconds. nullCount is right, and
#   nothing is said. That nulls are lost is the project's issue 105, open since 2020.
# So: [...column] or toJSON() where nulls or narrow types may come; toArray() for float32 and float64 with nullCount 0
#   alone; in Python fill_null(nan) before writing; a test with a masked score.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  apache-arrow@21.2.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pyarrow==26.0.1

venv/bin/python -W error - <<'END'
from datetime import datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

scores = pa.array([0.92, 0.31, 0.55])
second = datetime(2026, 11, 30, 12, tzinfo=timezone.utc)
table = pa.table({
    "masked": pc.if_else(pc.greater(scores, 0.5), scores, pa.scalar(None, pa.float64())),
    "never there": pa.array([0.92, None, 0.55]),
    "float16": pa.array([0.5, 0.25, 0.125], pa.float16()),
    "decimal": pa.array([Decimal("0.92"), Decimal("0.31"), Decimal("0.55")], pa.decimal128(3, 2)),
    "time": pa.array([second] * 3, pa.timestamp("us", "UTC")),
    "look": pa.array(["happy", None, "sad"]),
    "sure": pa.array([True, None, False]),
})
print("pyarrow, masked:", table["masked"].to_pylist(), "mean", pc.mean(table["masked"]))
with pa.OSFile("faces.arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
    writer.write_table(table)
END
cat >read.mjs <<'END'
import { readFileSync } from "fs";
import { tableFromIPC } from "apache-arrow";

const table = tableFromIPC(readFileSync("faces.arrow"));
const text = (values) => `[${[...values].map((value) => String(value)).join(", ")}]`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const expected = {  // what get(i) and the iterator have, and what toArray() has
  "masked": ["[0.92, null, 0.55]", "[0.92, 0.31, 0.55]"],
  "never there": ["[0.92, null, 0.55]", "[0.92, 0, 0.55]"],
  "float16": ["[0.5, 0.25, 0.125]", "[14336, 13312, 12288]"],
  "decimal": ["[92, 31, 55]", "[92, 0, 0, 0, 31, 0, 0, 0, 55, 0, 0, 0]"],
  "time": ["[1796040000000, 1796040000000, 1796040000000]",
    "[1796040000000000, 1796040000000000, 1796040000000000]"],
  "look": ["[happy, null, sad]", "[happy, null, sad]"],
  "sure": ["[true, null, false]", "[true, null, false]"],
};
let changed = false;
for (const [name, wanted] of Object.entries(expected)) {
  const column = table.getChild(name);
  const seen = [text(column), text(column.toArray())];
  console.log(`${name.padEnd(11)} ${String(column.type).padEnd(27)} nulls ${column.nullCount}: ${seen[0]}`);
  console.log(`${"".padEnd(11)} ${"toArray()".padEnd(27)}          ${seen[1]}`);
  changed ||= JSON.stringify(seen) !== JSON.stringify(wanted);
}
const masked = table.getChild("masked");
const means = [mean([...masked].filter((score) => score !== null)), mean(masked.toArray())].map((m) => m.toFixed(3));
console.log(`mean score ${means[0]}, by toArray() ${means[1]}`);
if (changed || means.join() !== "0.735,0.593") {
  console.log("changed");
  process.exit(1);
}
END
node read.mjs
cat <<'END'
apache-arrow 21.2.0 (JavaScript). Expected: null where get(i) is null. Seen: the number that was masked, 0, or bits. So
[...column] or toJSON() in place of toArray().
END
