#!/usr/bin/env bash
# ml-random-forest 2.1.0 (Node.js): predictProbability() does not count the first tree: a face that all of ten trees
# call happy is happy with 0.9, and the seven probabilities of a face add up to 0.9.
#
# Expected: the share of the trees that voted for the look, as predictionValues() gives their votes; over all looks the
#   shares add up to 1.
# Seen: the votes are added up without a number to begin with, so JavaScript's reduce() begins with the first vote: the
#   first tree's label, in millionths, stands for the sum so far, and its vote is lost. Of n trees a face loses 1 / n,
#   always of the look that the first tree chose. With a threshold of 0.5 a look of five votes in ten passes or not by
#   which trees they came from, and the likeliest look by these probabilities can be another than the look with most
#   votes that predict() gives. A forest of one tree gives every look its label divided by a million.
# So: count predictionValues() yourself; test that probabilities add up to 1.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  ml-random-forest@2.1.0 ml-cart@2.1.1 ml-matrix@6.15.1 >/dev/null

cat >forest.cjs <<'END'
const assert = require("assert");
const { RandomForestClassifier } = require("ml-random-forest");

let state = 1;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const faces = (count) => {
  const looks = Array.from({ length: count }, (_, i) => i % 7);
  return [looks.map((look) => [0, 1, 2].map((i) => ((look * (i + 1)) % 7) + 4 * (random() - 0.5))), looks];
};
const training = faces(350);
const [rows] = faces(140);
const LOOKS = [0, 1, 2, 3, 4, 5, 6];
const largest = (values) => values.indexOf(Math.max(...values));

console.log("trees  sums of a face's seven  unanimous  half of the votes: 0.5 or more  another look than most votes");
for (const trees of [1, 2, 4, 10, 50]) {
  const forest = new RandomForestClassifier({ nEstimators: trees, seed: 3, noOOB: true });
  forest.train(...training);
  const votes = forest.predictionValues(rows);
  const answers = forest.predict(rows);
  const columns = LOOKS.map((look) => forest.predictProbability(rows, look));
  const sums = new Set();
  const unanimous = new Set();
  let [half, kept, other] = [0, 0, 0];
  rows.forEach((_, face) => {
    const voted = votes.getRow(face);
    const given = columns.map((column) => column[face]);
    const shares = LOOKS.map((look) => voted.filter((vote) => vote === look).length / trees);
    for (const look of LOOKS) {
      const without = shares[look] - (voted[0] === look ? 1 / trees : 0);
      assert(Math.abs(given[look] - without) < 1e-5, "changed: it is no longer the votes without the first tree's");
      if (shares[look] === 1) unanimous.add(given[look].toFixed(2));
      if (shares[look] === 0.5) {
        half++;
        kept += given[look] >= 0.5;
      }
    }
    sums.add(given.reduce((sum, value) => sum + value, 0).toFixed(2));
    other += shares[answers[face]] === Math.max(...shares) && largest(given) !== answers[face];
    assert(Math.abs(shares.reduce((sum, value) => sum + value, 0) - 1) < 1e-9, "the control has changed");
  });
  console.log(`${String(trees).padStart(5)}  ${[...sums]}  ${[...unanimous]}  ${kept} of ${half}  ` +
    `${other} of ${rows.length}`);
  assert.deepEqual([...sums], [(1 - 1 / trees).toFixed(2)], "changed");
  if (trees === 10) assert(kept > 0 && kept < half && other > 0 && unanimous.has("0.90"), "changed");
  if (trees === 1) console.log("       a face:", columns.map((column) => column[5]).join(" "), "vote", votes.get(5, 0));
}
END
node forest.cjs
cat <<'END'
ml-random-forest 2.1.0. Expected: the share of trees that chose a look. Seen: the first tree's vote is lost. So count
predictionValues().
END
