#!/usr/bin/env bash
# SheetJS (npm: xlsx) 0.18.5 (Node.js): a job that finished at 10:15:59.7 did so at 10:15:00 in sheet_to_csv(), and one
# that took 59.7 s took no time.
#
# Expected: a format without fractions rounds to whole seconds, and sixty of them are the next minute: 10:16:00, as
#   excelize shows it; or cuts off, as POI does: 10:15:59.
# Seen: seconds are rounded by themselves, and 60 is written as 00, while minutes, hours and the day are those of the
#   time before it was rounded. It is so for one time in 120, those within the last half second of a minute: they come
#   before the jobs that finished earlier, and a duration of "1:59.6" in [h]:mm:ss is "0:01:00". 23:59:59.7 is 23:59:00,
#   and "24:00" of the same day where the format is hh:mm. Elapsed seconds, [ss].00, are rounded before the fraction is
#   added: half of all times are a second too long, 0.7 is "01.70". sheet_to_csv(), sheet_to_json() with raw: false,
#   sheet_to_html() and a cell's w all give this text; v, the number, is right. Times are with milliseconds wherever a
#   program wrote them (Date, datetime); those typed by hand, and so most tests, are whole seconds. Nothing is raised.
#   This is the newest version that npm has.
# So: sheet_to_json() with its raw numbers, or cellDates, where times count; round times to seconds before writing.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/npm" xlsx@0.18.5

cat >times.mjs <<'END'
import assert from "node:assert";
import XLSX from "xlsx";

const DAY = 86400;
const time = (text) => new Date(`2026-03-27T${text}Z`);
// When a job finished, twice, and how long it took, twice: a spreadsheet keeps both in days.
const JOBS = [["10:15:12.300", 12.3], ["10:15:58.200", 30.7], ["10:15:59.700", 59.7], ["10:16:01.100", 119.6],
  ["10:59:59.900", 3599.8], ["23:59:59.700", 1.2]];
const FORMATS = ["yyyy-mm-dd hh:mm:ss", "hh:mm", "[h]:mm:ss", "[ss].00"];
const since1900 = (text) => time(text) / DAY / 1000 + 25569;
const rows = JOBS.map(([finished, took]) => [since1900(finished), since1900(finished), took / DAY, took / DAY]);
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet(rows.map((row) =>
  row.map((v, column) => ({ t: "n", v, z: FORMATS[column] })))), "jobs");
const file = XLSX.write(book, { type: "buffer", bookType: "xlsx" });

const read = XLSX.read(file).Sheets.jobs;
const seen = XLSX.utils.sheet_to_csv(read).trim().split("\n").map((line) => line.split(","));
const numbers = XLSX.utils.sheet_to_json(read, { header: 1 });
console.log("written".padEnd(24), FORMATS.join(" | "));
JOBS.forEach(([finished, took], row) => console.log(`${finished}, ${took} s`.padEnd(24), seen[row].join(" | ")));
assert.deepEqual(numbers, rows); // the numbers are right

let wrong = 0;
for (let ms = 0; ms < 3600000; ms += 50) {
  const [hours, minutes, seconds] = XLSX.SSF.format("[h]:mm:ss", ms / DAY / 1000).split(":").map(Number);
  if (Math.abs((hours * 60 + minutes) * 60 + seconds - ms / 1000) > 1) wrong++;
}
console.log(`of 72000 times within an hour ${wrong} are wrong by more than a second`);

const EXPECTED = [
  ["2026-03-27 10:15:12", "10:15", "0:00:12", "12.30"],
  ["2026-03-27 10:15:58", "10:15", "0:00:31", "31.70"],
  ["2026-03-27 10:15:00", "10:16", "0:00:00", "60.70"],
  ["2026-03-27 10:16:01", "10:16", "0:01:00", "120.60"],
  ["2026-03-27 10:59:00", "11:00", "0:59:00", "3600.80"],
  ["2026-03-27 23:59:00", "24:00", "0:00:01", "01.20"],
];
if (JSON.stringify(seen) !== JSON.stringify(EXPECTED) || Math.abs(wrong - 600) > 15) {
  console.log("changed");
  process.exit(1);
}
END
node times.mjs
cat <<'END'
SheetJS 0.18.5. Expected: 10:15:59.7 is 10:16:00 or 10:15:59. Seen: 10:15:00, and 30.7 s are 31.70. So raw numbers.
END
