#!/usr/bin/env bash
# prom-client 15.1.3 (Node.js): in a cluster of four processes a Summary's median of 0.2 s is 0.8 s; with the aggregator
# that makes the median right, count and sum are a quarter.
#
# Expected: clusterMetrics() gives the metrics of the whole service: _count and _sum are sums, a quantile lies between
#   the smallest and the largest of the processes', as the README has it for its own metrics of the event loop
#   ("percentiles are averaged, which is not perfectly accurate"), or is left out.
# Seen: one function is used for all the series of a metric, and it is the sum: 0.2 + 0.2 + 0.2 + 0.2. The more
#   processes, the slower the service. aggregator: "average" in the Summary's settings, which the README offers, gives
#   the median and divides _count and _sum by four: the traffic is a quarter, though the mean of the two still looks
#   right; "max" and "first" keep one process's count. The README does say that metrics of one's own are summed, with
#   no word on quantiles. Each process's own metrics, and so a test without a cluster, are right.
# So: a Histogram, whose buckets may be added up, in whatever runs as a cluster; test clusterMetrics() with two workers.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/npm" prom-client@15.1.3

cat >cluster.js <<'END'
const cluster = require("node:cluster");
const { AggregatorRegistry, Histogram, Summary, register } = require("prom-client");

const WORKERS = 4;
const REQUESTS = 100; // of 0.2 s each, in each worker
const AGGREGATORS = ["sum", "average", "max", "min", "first"];

function value(text, series) {
  return Number(text.split("\n").find((line) => line.startsWith(`${series} `)).split(" ").pop());
}

async function main() {
  const registry = new AggregatorRegistry();
  const own = [];
  await new Promise((done) => {
    for (let number = 0; number < WORKERS; number++) {
      cluster.fork().on("message", (message) => {
        if (message.own && own.push(message.own) === WORKERS) done();
      });
    }
  });
  console.log(`each worker alone: median ${value(own[0], 'sum_seconds{quantile="0.5"}')}, ` +
    `count ${value(own[0], "sum_seconds_count")}`);
  const text = await registry.clusterMetrics();
  const seen = {};
  for (const name of AGGREGATORS) {
    const [median, count, sum] = ['{quantile="0.5"}', "_count", "_sum"].map((end) =>
      value(text, `${name}_seconds${end}`));
    seen[name] = [median, count, sum].map((number) => Math.round(number * 1000) / 1000).join(" ");
    const head = `the cluster, aggregator ${name}:`.padEnd(34);
    console.log(head, `median ${median}, count ${count}, sum ${sum.toFixed(3)}`);
  }
  const buckets = ["0.1", "0.25", "+Inf"].map((le) => value(text, `histogram_seconds_bucket{le="${le}"}`));
  console.log("the cluster, a histogram:".padEnd(34), `buckets 0.1, 0.25, +Inf: ${buckets.join(", ")}`);
  cluster.disconnect();
  const expected = { sum: "0.8 400 80", average: "0.2 100 20", max: "0.2 100 20", min: "0.2 100 20",
    first: "0.2 100 20" };
  if (JSON.stringify(seen) !== JSON.stringify(expected) || own.some((text) =>
    value(text, 'sum_seconds{quantile="0.5"}') !== 0.2) || buckets.join() !== "0,400,400") {
    console.log("changed");
    process.exitCode = 1;
  }
}

async function worker() {
  new AggregatorRegistry(); // answers the main process
  const buckets = [0.1, 0.25, 1];
  const metrics = [new Histogram({ name: "histogram_seconds", help: "a histogram", buckets })];
  for (const aggregator of AGGREGATORS) {
    // sum is the default, and what a Summary without an aggregator gets.
    const settings = aggregator === "sum" ? {} : { aggregator };
    metrics.push(new Summary({ name: `${aggregator}_seconds`, help: "a summary", percentiles: [0.5], ...settings }));
  }
  for (let number = 0; number < REQUESTS; number++) for (const metric of metrics) metric.observe(0.2);
  process.send({ own: await register.metrics() });
}

if (cluster.isPrimary) main();
else worker();
END
node cluster.js
cat <<'END'
prom-client 15.1.3. Expected: the median of the service is 0.2 s. Seen: 0.8 s, and 0.2 s with a quarter of the requests.
So histograms in a cluster.
END
