#!/usr/bin/env bash
# OpenTelemetry 1.45.2 (Python), 1.47.0 (Go), 3.1.1 (JavaScript): baggage that Go sends with a plus arrives in Python
# with a space, and a space that Python sends arrives elsewhere as a plus.
#
# Expected: W3C's baggage is percent-encoded, in every language alike; a plus is one of its characters and stands for
#   itself.
# Seen: Python's propagator encodes and decodes as HTML forms do (quote_plus, unquote_plus in
#   opentelemetry/baggage/propagation/__init__.py). Go leaves a plus as it is, as it may: the model "2.15.0+cpu" is
#   "2.15.0 cpu" in Python, a digest or a token in base64 is another one, the time 10:00+02:00 has no zone any more.
#   What Python sends with a space, "bulk lane", is "bulk+lane" to Go, JavaScript and Java. From Python to Python both
#   are right, and so is a plus from JavaScript, which sends %2B; so a test within a language shows nothing, nor does
#   one between two that lacks Go. Rates, filters and joins by that baggage miss these requests. Nothing is raised. Open
#   as open-telemetry/opentelemetry-python#5566.
# So: only letters, digits, - . _ in baggage (hex for digests); or decode by unquote() in a propagator of your own. In a
#   test a value with a plus and a space, from each language to each other.
set -euo pipefail
for tool in node npm go; do
  command -v "$tool" >/dev/null || { echo "Needs nodejs, npm and go 1.26 or newer" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  opentelemetry-api==1.45.2 typing_extensions==4.16.0
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @opentelemetry/core@3.1.1 @opentelemetry/api@1.10.0 >/dev/null
export GOPATH=$folder/go GOCACHE=$folder/gocache GOFLAGS=-modcacherw
mkdir baggage
cat >baggage/go.mod <<'END'
module baggage

go 1.26
END
cat >baggage/main.go <<'END'
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
)

// "send VALUE" prints a header, "receive HEADER" the value in it.
func main() {
	ctx, carrier := context.Background(), propagation.MapCarrier{}
	if os.Args[1] == "receive" {
		carrier["baggage"] = os.Args[2]
		fmt.Print(baggage.FromContext(propagation.Baggage{}.Extract(ctx, carrier)).Member("model").Value())
		return
	}
	member, err := baggage.NewMemberRaw("model", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	all, err := baggage.New(member)
	if err != nil {
		log.Fatal(err)
	}
	propagation.Baggage{}.Inject(baggage.ContextWithBaggage(ctx, all), carrier)
	fmt.Print(carrier["baggage"])
}
END
cat >baggage.cjs <<'END'
const api = require("@opentelemetry/api");
const { W3CBaggagePropagator } = require("@opentelemetry/core");

const [, , action, value] = process.argv;
const propagator = new W3CBaggagePropagator();
if (action === "receive") {
  const context = propagator.extract(api.ROOT_CONTEXT, { baggage: value }, api.defaultTextMapGetter);
  process.stdout.write(api.propagation.getBaggage(context).getEntry("model").value);
} else {
  const carrier = {};
  const baggage = api.propagation.createBaggage({ model: { value } });
  propagator.inject(api.propagation.setBaggage(api.ROOT_CONTEXT, baggage), carrier, api.defaultTextMapSetter);
  process.stdout.write(carrier.baggage);
}
END
(cd baggage && go get go.opentelemetry.io/otel@v1.47.0 && go build -o ../go-baggage .) >go.log 2>&1 ||
  { cat go.log >&2; exit 1; }

venv/bin/python - <<'END'
import subprocess

from opentelemetry.baggage import get_baggage, set_baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator


def python(action, value):
    if action == "receive":
        return get_baggage("model", W3CBaggagePropagator().extract({"baggage": value}))
    carrier = {}
    W3CBaggagePropagator().inject(carrier, set_baggage("model", value))
    return carrier["baggage"]


def program(*command):
    return lambda *arguments: subprocess.run([*command, *arguments], check=True, capture_output=True, text=True).stdout


languages = {"Python": python, "Go": program("./go-baggage"), "JavaScript": program("node", "baggage.cjs")}
wrong = set()
print("from        to          value           header                    arrives as")
for value in ("2.15.0+cpu", "bulk lane", "MTI+zQ==", "v2-int8"):
    for sender, send in languages.items():
        header = send("send", value)
        for receiver, receive in languages.items():
            seen = receive("receive", header)
            if seen != value:
                wrong.add((sender, receiver, value, seen))
                print(f"{sender:11} {receiver:11} {value:15} {header:25} {seen}")
assert wrong == {("Go", "Python", "2.15.0+cpu", "2.15.0 cpu"), ("Go", "Python", "MTI+zQ==", "MTI zQ=="),
                 ("Python", "Go", "bulk lane", "bulk+lane"), ("Python", "JavaScript", "bulk lane", "bulk+lane")}, "changed"
print("The other 32 of 36 are right.")
END
cat <<'END'
OpenTelemetry 1.45.2 (Python). Expected: a plus is a plus. Seen: it is a space, and a space a plus. So letters, digits,
- . _ in baggage; a plus and a space between each two languages in a test.
END
