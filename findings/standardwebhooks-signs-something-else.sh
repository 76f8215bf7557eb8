#!/usr/bin/env bash
# standardwebhooks 1.1.0 (Python): given the body as bytes, or the time with a zone, sign() signs something else than is
# sent, and no receiver in any language can verify it.
#
# Expected: sign(id, time, body) takes what its counterpart verify() takes, bytes or text, and an aware datetime is a
#   moment: 14:00 in Berlin and 13:00 in UTC are one, as for datetime.timestamp() itself. Or either is refused.
# Seen: bytes are signed as Python prints them, b'{"look": ...}' with its b and its quotation marks. Of an aware time
#   the zone is thrown away (replace, not astimezone), so that the signature is for an hour later; a naive time is taken
#   for UTC. Only text and times in UTC are right: on a server in UTC the tests pass. Receivers say "No matching
#   signature found", which sends one to look at the secret. The project's issue 251 has the zones, not the bytes.
# So: sign(id, datetime.now(timezone.utc), body.decode()), send that time's whole seconds as webhook-timestamp, and let
#   a test in another zone verify with another library; svix 2.9.1 only wraps this one.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps standardwebhooks==1.1.0
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" @stablelib/base64@1.0.1 \
  fast-sha256@1.3.0 standardwebhooks@1.1.1 >/dev/null

cat >verify.js <<'END'
// Each line of sent.json is one delivery; the answer is what the receiver says of it.
const { Webhook } = require("standardwebhooks");
for (const { secret, headers, body } of JSON.parse(require("fs").readFileSync("sent.json"))) {
  try {
    new Webhook(secret).verify(body, headers);
    console.log("verified");
  } catch (error) {
    console.log(error.message);
  }
}
END
venv/bin/python -W error - <<'END'
import base64
import json
import subprocess
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook, WebhookVerificationError

secret = "whsec_" + base64.b64encode(b"a secret of twenty-four!").decode()
webhook = Webhook(secret)
body = '{"look": "happy"}'
now = datetime.now(timezone.utc)
berlin = timezone(timedelta(hours=1))
cases = {  # time and body given to sign(), what it signs in truth
    "UTC, text": (now, body, (now, body)),
    "UTC, bytes": (now, body.encode(), (now, str(body.encode()))),
    "Berlin's winter, text": (now.astimezone(berlin), body, (now + timedelta(hours=1), body)),
}
sent, here = [], []
for time, content, (moment, text) in cases.values():
    assert int(time.timestamp()) == int(now.timestamp())
    signature = webhook.sign("msg_1", time, content)
    assert signature == webhook.sign("msg_1", moment, text)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.timestamp())), "webhook-signature": signature}
    sent.append({"secret": secret, "headers": headers, "body": body})
    try:
        assert webhook.verify(content, headers) == json.loads(body)
        here.append("verified")
    except WebhookVerificationError as error:
        here.append(str(error))
with open("sent.json", "w") as file:
    json.dump(sent, file)
there = subprocess.run(["node", "verify.js"], check=True, capture_output=True, text=True).stdout.split("\n")[:-1]
for name, python, javascript in zip(cases, here, there, strict=True):
    print(f"{name:22} Python: {python:28} JavaScript: {javascript}")
assert here == there == ["verified", "No matching signature found", "No matching signature found"]
END
cat <<'END'
standardwebhooks 1.1.0. Expected: sign() signs the body's bytes and the moment, or refuses. Seen: it signs b'…' and an
hour that is not meant. So hand it text and a time in UTC, and verify with another library in another zone.
END
