#!/usr/bin/env bash
# openpyxl 3.1.5 (Python): of faces that are named by their place in the photo, face_x0048_y0096, a table written by
# pandas' to_excel() names faceHy0096 to Polars and SheetJS; joined with the faces, rows are missing.
#
# Expected: a text goes through a spreadsheet as it is, as it does by XlsxWriter, whichever of the two pandas finds.
# Seen: in .xlsx files _x0048_, an underscore, x, four hexadecimal digits and an underscore, stands for the character
#   of that number, an H (ECMA-376, ST_Xstring), so that whoever writes such a text has to write its first underscore
#   as _x005F_. XlsxWriter does, openpyxl does not: SheetJS, POI and excelize read another name, Polars does where the
#   number is below 256. openpyxl takes its own texts back unchanged, and so a test of writing and reading by pandas
#   sees nothing; its openpyxl.utils.escape is not used for cells. Four digits between x and an underscore are what
#   f"{name}_x{x:04}_y{y:04}" makes, of all faces, tiles and windows. Positions 0 to 31 become control characters.
#   pandas takes XlsxWriter where it is installed and openpyxl otherwise: the same program writes both.
# So: engine="xlsxwriter", or names without such a pattern (x48-y96); in a test, read the table by another library.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check openpyxl==3.1.5 xlsxwriter==3.3.1 \
  pandas==3.1.1 polars==2.1.0 fastexcel==0.21.0 numpy==2.4.6
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/npm" xlsx@0.18.5

cat >sheetjs.mjs <<'END'
import { readFileSync } from "node:fs";
import XLSX from "xlsx";

const sheet = XLSX.read(readFileSync(process.argv[2])).Sheets.Sheet1;
console.log(JSON.stringify(XLSX.utils.sheet_to_json(sheet).map((row) => row.face)));
END
cat >table.py <<'END'
import json
import subprocess

import pandas
import polars

PLACES = [(48, 96), (64, 160), (96, 48), (288, 64), (1024, 96), (300, 1200)]
NAMES = [f"face_x{x:04}_y{y:04}" for x, y in PLACES]
LOOKS = ["happy", "sad", "fear", "neutral", "anger", "surprise"]


def sheetjs(file):
    return json.loads(subprocess.run(["node", "sheetjs.mjs", file], check=True, capture_output=True).stdout)


seen, rows = {}, {}
for engine in ("openpyxl", "xlsxwriter"):
    file = f"{engine}.xlsx"
    pandas.DataFrame({"face": NAMES, "look": LOOKS}).to_excel(file, engine=engine, index=False)
    seen[engine, "pandas"] = pandas.read_excel(file, engine="openpyxl")["face"].tolist()
    seen[engine, "Polars"] = polars.read_excel(file)["face"].to_list()
    seen[engine, "SheetJS"] = sheetjs(file)
    faces = polars.DataFrame({"face": NAMES, "file": NAMES})
    rows[engine] = faces.join(polars.read_excel(file), on="face", how="inner").height
    print(f"written by {engine}; joined with {len(NAMES)} faces by Polars: {rows[engine]} rows")
    for reader in ("pandas", "Polars", "SheetJS"):
        print(f"  {reader:8}", " ".join(seen[engine, reader]))
print("named otherwise:", {key: sum(a != b for a, b in zip(names, NAMES)) for key, names in seen.items()})
assert all(seen["xlsxwriter", reader] == NAMES for reader in ("Polars", "SheetJS"))
assert seen["openpyxl", "pandas"] == NAMES, "changed"
letters = [f"face{chr(int(f'{x:04}', 16))}y{y:04}" for x, y in PLACES]
assert seen["openpyxl", "SheetJS"] == letters, "changed"
assert seen["openpyxl", "Polars"][0] == letters[0] == "faceHy0096", "changed"
assert rows == {"openpyxl": 3, "xlsxwriter": 6}, "changed"
END
venv/bin/python table.py
cat <<'END'
openpyxl 3.1.5. Expected: face_x0048_y0096. Seen: faceHy0096. So XlsxWriter, or other names.
END
