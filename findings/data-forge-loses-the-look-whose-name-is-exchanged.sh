#!/usr/bin/env bash
# data-forge 1.10.5 (Node.js): renameSeries() renames one column after the other, so that exchanged names lose a look: of
# { happy: "sad", sad: "happy" } happy keeps its old scores and sad is empty, with a mean of 0.
#
# Expected: all columns get their new names at once, as by pandas' rename(): the object says for each old name the new
#   one, and getColumnNames() answers so.
# Seen: the names are exchanged at once, the values in the rows one after the other: happy's scores are written over sad's,
#   then what is sad now, happy's own scores, goes back to happy. sad's scores are gone. The names and their number are
#   right, a CSV has an empty column, JSON none, and getSeries("sad").mean() is 0, max() is 0, count() is 0: a look that
#   nobody has. To correct a network whose classes were in another order (sad for surprise, surprise for neutral, neutral
#   for sad) is such an exchange: sad keeps its own scores, surprise and neutral are empty. Where a name is only handed
#   on, it goes by the order: { neutral: "calm", sad: "neutral" } is right, the other way round neutral is lost. New names
#   that no column had are right. (build/lib/dataframe.js, remapValue in renameSeries.)
# So: two steps, by names that no column has; or select(); a test that exchanges two names and looks at the values.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/cache" data-forge@1.10.5 >log.txt 2>&1 ||
  { cat log.txt >&2; exit 1; }
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pandas==3.1.1 numpy==2.4.6 python-dateutil==2.9.0.post0 six==1.17.0
cat >rename.mjs <<'END'
// Renames the columns of each case and prints what the frame holds then.
import { readFileSync } from "node:fs";
import forge from "data-forge";

const { rows, cases } = JSON.parse(readFileSync("cases.json", "utf8"));
const frame = new forge.DataFrame(rows);
console.log(JSON.stringify(cases.map((names) => {
  const renamed = frame.renameSeries(names);
  const columns = renamed.getColumnNames();
  const twice = frame.renameSeries(Object.fromEntries(Object.keys(names).map((name) => [name, `old ${name}`])))
    .renameSeries(Object.fromEntries(Object.entries(names).map(([name, other]) => [`old ${name}`, other])));
  const read = (frame) => Object.fromEntries(columns.map((name) => [name, frame.getSeries(name).toArray()]));
  const means = columns.filter((name) => name !== "photo").map((name) => [name, renamed.getSeries(name).mean()]);
  return { columns, values: read(renamed), twice: read(twice), means: Object.fromEntries(means), csv: renamed.toCSV() };
})));
END
venv/bin/python - <<'END'
import json
import subprocess

import pandas

ROWS = [{"photo": "a", "happy": 0.80, "sad": 0.04, "neutral": 0.10, "surprise": 0.06},
        {"photo": "b", "happy": 0.10, "sad": 0.70, "neutral": 0.15, "surprise": 0.05},
        {"photo": "c", "happy": 0.05, "sad": 0.15, "neutral": 0.20, "surprise": 0.60}]
CASES = (  # title, new names, columns that lose their values, columns with another's values
    ("new names", {"happy": "joy", "sad": "sorrow"}, [], []),
    ("happy and sad exchanged", {"happy": "sad", "sad": "happy"}, ["sad"], ["happy"]),
    ("sad, surprise and neutral in turn", {"sad": "surprise", "surprise": "neutral", "neutral": "sad"},
     ["surprise", "neutral"], ["sad"]),
    ("handed on, last first", {"neutral": "calm", "sad": "neutral"}, [], []),
    ("handed on, first first", {"sad": "neutral", "neutral": "calm"}, ["neutral"], ["calm"]))

json.dump({"rows": ROWS, "cases": [case[1] for case in CASES]}, open("cases.json", "w"))
seen = json.loads(subprocess.run(["node", "rename.mjs"], check=True, text=True, stdout=subprocess.PIPE).stdout)
for (title, names, lost, wrong), result in zip(CASES, seen):
    right = pandas.DataFrame(ROWS).rename(columns=names)
    assert result["columns"] == list(right.columns), title
    verdicts = []
    for name in right.columns:
        expected, got = right[name].tolist(), result["values"][name]
        assert result["twice"][name] == expected, (title, name)  # in two steps
        verdicts += [f"{name} {'right' if got == expected else got or 'EMPTY'}"] if name != "photo" else []
        assert (got == []) == (name in lost), (title, name, got)
        assert (got != expected) == (name in lost + wrong), (title, name, got)
        assert name not in lost or result["means"][name] == 0, (title, name)
    print(f"{title}: {', '.join(verdicts)}")
    if lost:
        print(f"  mean of {lost[0]}: {result['means'][lost[0]]}, in pandas {right[lost[0]].mean():.2f}; "
              f"CSV: {result['csv'].splitlines()[0]} / {result['csv'].splitlines()[1]}")
END
cat <<'END'
data-forge 1.10.5. Expected: exchanged names. Seen: one look's scores are lost, with a mean of 0. So two steps, by names
that no column has.
END
