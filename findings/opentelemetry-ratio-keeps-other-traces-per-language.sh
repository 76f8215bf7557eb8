#!/usr/bin/env bash
# OpenTelemetry 1.45.2 (Python) and 3.1.1 (JavaScript): sampling by the trace's id keeps other traces in a service of
# Python than in one of JavaScript.
#
# Expected: TraceIdRatioBased decides by the trace's id alone ("deterministically", says JavaScript's text), so that
#   services which all keep a tenth keep the same tenth, each trace whole. What else would it take the id for.
# Seen: Python compares the id's last eight bytes with the ratio, JavaScript its four words joined by exclusive or. Each
#   keeps a tenth, but of what one keeps the other keeps a tenth again: of 20,000 traces 200 are whole, and 3,600 are
#   there by half, with spans whose parents are nowhere. The specification leaves the formula open and warns of it;
#   neither the variable's value (OTEL_TRACES_SAMPLER=traceidratio) nor the packages' texts do.
# So: ParentBased around it in every service (parentbased_traceidratio), so that only who starts the trace decides, or
#   sample in the collector; look in a test at a trace that crosses languages, with a ratio below 1.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps opentelemetry-sdk==1.45.2 \
  opentelemetry-api==1.45.2 opentelemetry-semantic-conventions==0.66b2 typing_extensions==4.16.0
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" @opentelemetry/api@1.10.0 \
  @opentelemetry/sdk-trace@3.1.1 >/dev/null

cat >sample.js <<'END'
// Prints which of the traces in ids.txt go on being recorded in this service, by ratio and the flag of the caller's span.
const { ROOT_CONTEXT, trace } = require("@opentelemetry/api");
const { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } = require("@opentelemetry/sdk-trace");
const [how, ratio, flag] = process.argv.slice(2);
const byId = new TraceIdRatioBasedSampler(Number(ratio));
const sampler = how === "parent" ? new ParentBasedSampler({ root: byId }) : byId;
const tracer = new TracerProvider({ sampler }).getTracer("looks");
const kept = require("fs").readFileSync("ids.txt", "utf8").trim().split("\n").map((traceId) => {
  const caller = { traceId, spanId: "00f067aa0ba902b7", traceFlags: Number(flag), isRemote: true };
  return tracer.startSpan("analyse", {}, trace.setSpanContext(ROOT_CONTEXT, caller)).isRecording();
});
console.log(JSON.stringify(kept));
END
cat >sample.py <<'END'
import json
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

how, ratio, flag = sys.argv[1:]
by_id = TraceIdRatioBased(float(ratio))
tracer = TracerProvider(sampler=ParentBased(by_id) if how == "parent" else by_id).get_tracer("looks")


def keeps(number):
    caller = trace.NonRecordingSpan(trace.SpanContext(number, 0x00F067AA0BA902B7, True, trace.TraceFlags(int(flag))))
    return tracer.start_span("analyse", trace.set_span_in_context(caller)).is_recording()


print(json.dumps([keeps(int(line, 16)) for line in open("ids.txt")]))
END
venv/bin/python - <<'END'
import json
import random
import subprocess

random.seed(1)
COUNT = 20000
with open("ids.txt", "w") as file:
    file.writelines(f"{random.getrandbits(128):032x}\n" for _ in range(COUNT))


def shares(how, ratio, flag):
    kept = []
    for command in (["venv/bin/python", "sample.py"], ["node", "sample.js"]):
        run = subprocess.run([*command, how, str(ratio), str(flag)], check=True, capture_output=True, text=True)
        kept.append(json.loads(run.stdout))
    both = [one and other for one, other in zip(*kept, strict=True)]
    python, javascript, whole = (sum(flags) / COUNT for flags in (*kept, both))
    print(f"by the {how}, ratio {ratio}, caller's flag {flag}: Python keeps {python:.1%}, JavaScript {javascript:.1%}, "
          f"both the same trace {whole:.1%}")
    return python, javascript, whole


for ratio in (0.1, 0.5):
    python, javascript, whole = shares("id", ratio, 1)
    assert abs(python - ratio) < 0.02 and abs(javascript - ratio) < 0.02 and abs(whole - ratio * ratio) < 0.02
assert shares("parent", 0.1, 1) == (1, 1, 1)
assert shares("parent", 0.1, 0) == (0, 0, 0)
END
cat <<'END'
OpenTelemetry. Expected: one ratio keeps the same traces everywhere. Seen: Python and JavaScript keep others, so that of
a tenth a hundredth is whole. So put ParentBased around it.
END
