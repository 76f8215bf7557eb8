#!/usr/bin/env bash
# @dsnp/parquetjs 1.8.9 (Node.js): of a Parquet file with data pages of version 2 every true is read as false; and a
# uint32 above 2^31 is negative. (1.9.3, the newest name in the registry, came without its code.)
#
# Expected: the flags that were written, as by pyarrow itself and by hyparquet; an encoding that is not known is refused,
#   as this reader does with DELTA_BINARY_PACKED and others. Its documentation names RLE for BOOLEAN and UINT_32.
# Seen: in pages of version 2 flags are encoded as RLE (pyarrow with data_page_version="2.0", Parquet's Java library
#   with writer version 2, so Spark too). The reader knows RLE, but takes the bits of a value from typeLength
#   (decodeDataPage, decodeDataPageV2 in lib/reader.js), which a schema that is read has for byte arrays only: it reads
#   none at all, finds 0, and moves on by the right counts. "Is a face", "may be kept", "was deleted" is false
#   in each row; null stays null, and the other columns are right. The same flags as PLAIN, pyarrow's usual, are
#   right, whence a test shows nothing. Unsigned integers are read as signed ones: a seed or a hash of 3,000,000,000 is
#   -1,294,967,296, and a uint64 above 2^63 negative as well. Nothing is raised.
# So: data_page_version="1.0" and column_encoding PLAIN for flags, int64 for counts, where Node.js reads; or hyparquet.
#   In a test a file by the very writer, with a true and a large number in it.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @dsnp/parquetjs@1.8.9 hyparquet@1.31.5 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pyarrow==26.0.1

venv/bin/python - <<'END'
import pyarrow as pa
import pyarrow.parquet as pq

count = 1000
photos = pa.table({
    "face": pa.array([row % 10 != 0 for row in range(count)]),  # nine of ten
    "keep": pa.array([None if row % 4 == 0 else row >= 500 for row in range(count)]),
    "look": pa.array([["happy", "sad", "fear"][row % 3] for row in range(count)]),
    "seed": pa.array([row * 4_000_000 for row in range(count)], pa.uint32()),
    "hash": pa.array([row << 54 for row in range(count)], pa.uint64()),
})
for name, options in {"one": {}, "two": {"data_page_version": "2.0"},
                      "rle": {"column_encoding": {"face": "RLE", "keep": "RLE"}, "use_dictionary": ["look"]}}.items():
    pq.write_table(photos, f"{name}.parquet", compression="snappy", **options)
    column = pq.ParquetFile(f"{name}.parquet").metadata.row_group(0).column(0)
    assert pq.read_table(f"{name}.parquet").equals(photos), "pyarrow reads what it wrote"
    print(f"{name}: face is encoded as {', '.join(column.encodings)}")
END

cat >flags.mjs <<'END'
import assert from "node:assert";
import { ParquetReader } from "@dsnp/parquetjs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

async function byParquetjs(name) {
  const reader = await ParquetReader.openFile(name);
  const cursor = reader.getCursor();
  const rows = [];
  for (let row; (row = await cursor.next());) rows.push(row);
  await reader.close();
  return rows;
}

const byHyparquet = async (name) => parquetReadObjects({ file: await asyncBufferFromFile(name) });
const count = (rows, column, value) => rows.filter((row) => (row[column] ?? null) === value).length;
const flags = (rows) => ["face", "keep"].map((name) => [true, false, null].map((value) => count(rows, name, value)));
const right = [[900, 100, 0], [500 - 125, 500 - 125, 250]];

for (const name of ["one", "two", "rle"]) {
  const [seen, other] = [await byParquetjs(`${name}.parquet`), await byHyparquet(`${name}.parquet`)];
  const both = [["hyparquet", other], ["parquetjs", seen]];
  for (const [reader, rows] of both) {
    const [face, keep] = flags(rows).map((counts) => counts.join(" + "));
    console.log(`${name}  ${reader}  true + false + null: face ${face}, keep ${keep}; row 750: seed ${rows[750].seed},`,
      `hash ${rows[750].hash}`);
  }
  assert.deepEqual(flags(other), right, "the control hyparquet has changed");
  assert.deepEqual(flags(seen), name === "one" ? right : [[0, 1000, 0], [0, 750, 250]], "changed");
  assert.deepEqual(seen.map((row) => row.look), other.map((row) => row.look), "texts are right");
  assert.equal(other[750].seed, 3_000_000_000);
  assert.equal(seen[750].seed, 3_000_000_000 - 2 ** 32, "changed");
  assert.equal(other[750].hash, 750n << 54n);
  assert.equal(seen[750].hash, BigInt.asIntN(64, 750n << 54n), "changed");
}
END
node --no-warnings flags.mjs
cat <<'END'
@dsnp/parquetjs 1.8.9. Expected: the flags that were written. Seen: false in every row of pages of version 2. So pages of
version 1 with PLAIN flags, or hyparquet; a file by the very writer in a test.
END
