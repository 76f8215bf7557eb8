#!/usr/bin/env bash
# @opentelemetry/sdk-metrics 2.12.1 (JavaScript): a view that leaves out an attribute of an observable counter does not
# add up what falls together: the last observation is the sum.
#
# Expected: a view with an allow-list takes an attribute away and what differed by it becomes one sum, as for a counter
#   that is added to, and as the Python SDK does; the specification's guidelines on attribute removal have the example.
# Seen: of a queue with 30 waiting in the bulk lane and 2 in the interactive one the view without "lane" tells 2, and
#   30 where the callback has the lanes in the other order; of an observable counter of 900 and 40 jobs 40, whose rate
#   is that of one lane. Nothing is logged, also with a diagnostic logger. An UpDownCounter of the same numbers is 32 by
#   the same view. Python and Go had it too, until opentelemetry-python's issue 3008 and opentelemetry-go's 3439.
# So: add up in the callback and leave the attribute out there; or keep it and sum in the query; a test of each view.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/api@1.9.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  opentelemetry-sdk==1.45.2 opentelemetry-api==1.45.2 opentelemetry-semantic-conventions==0.66b2 \
  typing_extensions==4.16.0

cat >lanes.js <<'END'
const { DiagLogLevel, diag } = require("@opentelemetry/api");
const sdk = require("@opentelemetry/sdk-metrics");

let complaints = 0;
const complain = () => { complaints += 1; };
diag.setLogger({ error: complain, warn: complain, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);

async function figures(view, lanes) {
  const exporter = new sdk.InMemoryMetricExporter(sdk.AggregationTemporality.CUMULATIVE);
  const reader = new sdk.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 });
  const attributesProcessors = [sdk.createAllowListAttributesProcessor(["host"])];
  const views = view ? [{ instrumentName: "*", attributesProcessors }] : [];
  const provider = new sdk.MeterProvider({ readers: [reader], views });
  const meter = provider.getMeter("mien");
  const waiting = { bulk: 30, interactive: 2 }, done = { bulk: 900, interactive: 40 };
  const observe = (numbers) => (result) => lanes.forEach((lane) => result.observe(numbers[lane], { host: "a", lane }));
  meter.createObservableUpDownCounter("waiting_observed").addCallback(observe(waiting));
  meter.createObservableCounter("done_observed").addCallback(observe(done));
  const added = meter.createUpDownCounter("waiting_added");
  for (const lane of lanes) added.add(waiting[lane], { host: "a", lane });
  await reader.forceFlush();
  const metrics = exporter.getMetrics()[0].scopeMetrics[0].metrics;
  await provider.shutdown();
  const values = (metric) => metric.dataPoints.map((point) => point.value);
  return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, values(metric)]));
}

(async () => {
  console.log(JSON.stringify({
    "without a view": await figures(false, ["bulk", "interactive"]),
    "without the lane": await figures(true, ["bulk", "interactive"]),
    "without the lane, bulk last": await figures(true, ["interactive", "bulk"]),
    complaints,
  }));
})();
END
cat >lanes.py <<'END'
"""The same by the Python SDK."""
import json

from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import View


def observe(bulk, interactive):
    return [lambda _: [Observation(n, {"host": "a", "lane": lane})
                       for n, lane in ((bulk, "bulk"), (interactive, "interactive"))]]


reader = InMemoryMetricReader()
meter = MeterProvider([reader], views=[View(instrument_name="*", attribute_keys={"host"})]).get_meter("mien")
meter.create_observable_up_down_counter("waiting", observe(30, 2))
meter.create_observable_counter("done", observe(900, 40))
metrics = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
print(json.dumps({metric.name: [point.value for point in metric.data.data_points] for metric in metrics}))
END
node lanes.js >javascript.json
venv/bin/python -W error lanes.py >python.json
venv/bin/python - <<'END'
import json

with open("javascript.json") as file:
    seen = json.load(file)
with open("python.json") as file:
    python = json.load(file)
for name, figures in seen.items():
    print(f"JavaScript, {name}: {figures}")
print(f"Python, without the lane: {python}")
assert seen == {
    "without a view": {"waiting_observed": [30, 2], "done_observed": [900, 40], "waiting_added": [30, 2]},
    "without the lane": {"waiting_observed": [2], "done_observed": [40], "waiting_added": [32]},
    "without the lane, bulk last": {"waiting_observed": [30], "done_observed": [900], "waiting_added": [32]},
    "complaints": 0,
}
assert python == {"waiting": [32], "done": [940]}
END
cat <<'END'
@opentelemetry/sdk-metrics 2.12.1. Expected: 32 waiting. Seen: 2, the lane that was observed last. So add up in the
callback, or in the query.
END
