#!/usr/bin/env bash
# cloudevents 2.2.0 (Python): in binary mode a list goes out as Python prints it, which is no JSON, and so do true and
# false; in structured mode the same event is right.
#
# Expected: an event is one thing in two forms: to_binary and to_structured of the same event, with datacontenttype
#   application/json, carry the same data, and a receiver in any language reads both. What cannot be sent is refused.
# Seen: to_binary makes JSON of a dictionary only. A list of faces has the body [{'look': 'happy'}] with apostrophes,
#   which the JavaScript library refuses; True has "True", a text to it. An attribute that is a truth value goes out as
#   ce-final: False, where the standard has "false". For Kafka (its record's value) it is the same.
#   from_http of the same library is content with all of it and returns texts: a test against itself that looks at no
#   types passes, and so does one with a list of numbers, where Python and JSON agree.
# So: a dictionary around every list, no truth values as attributes; or bytes of json.dumps (in structured mode these
#   become base64); verify what is sent with a JSON parser or another library.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps cloudevents==2.2.0 \
  python-dateutil==4.0.0 six==1.17.0
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" cloudevents@10.0.0 >/dev/null

cat >receive.js <<'END'
// Each entry of sent.json is one request; the answer is what the library makes of it.
const { HTTP } = require("cloudevents");
for (const request of JSON.parse(require("fs").readFileSync("sent.json"))) {
  try {
    const event = HTTP.toEvent(request);
    console.log(JSON.stringify([event.data, event.final]));
  } catch (error) {
    console.log(JSON.stringify(error instanceof SyntaxError ? "no JSON" : error.message));
  }
}
END
venv/bin/python -W error - <<'END'
import json
import subprocess

from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

form = JSONFormat()
faces = [{"look": "happy", "score": 0.9}]
cases = {  # the event's data and attributes, what JavaScript reads in binary and in structured mode
    "a dictionary": ({"faces": faces}, {}, [{"faces": faces}, None], [{"faces": faces}, None]),
    "a list": (faces, {}, "no JSON", [faces, None]),
    "a list of numbers": ([0.9, 0.1], {}, [[0.9, 0.1], None], [[0.9, 0.1], None]),
    "True": (True, {}, ["True", None], [True, None]),
    "a dictionary and final=False": ({"faces": 0}, {"final": False}, [{"faces": 0}, "False"], [{"faces": 0}, False]),
}
sent = []
for name, (data, attributes, _, _) in cases.items():
    event = CloudEvent({"id": "1", "source": "/looks", "type": "analysed", "specversion": "1.0",
                        "datacontenttype": "application/json", **attributes}, data)
    messages = [http.to_binary(event, form), http.to_structured(event, form)]
    assert kafka.to_binary(event, form).value == messages[0].body
    http.from_http(messages[0], form)
    sent += [{"headers": message.headers, "body": message.body.decode()} for message in messages]
with open("sent.json", "w") as file:
    json.dump(sent, file)
lines = subprocess.run(["node", "receive.js"], check=True, capture_output=True, text=True).stdout.splitlines()
read = iter([json.loads(line) for line in lines])
bodies = iter(request["body"] for request in sent)
for name, (_, _, *expected) in cases.items():
    for mode, wanted in zip(("binary", "structured"), expected):
        body, got = next(bodies), next(read)
        sent_as = f"body {body}, " if mode == "binary" else ""
        print(f"{name}, {mode}: {sent_as}read as {got}")
        assert got == wanted, wanted
END
cat <<'END'
cloudevents 2.2.0. Expected: the same data in both modes. Seen: in binary mode lists and truth values go out as Python
prints them. So put a dictionary around them, and read what is sent with another library.
END
