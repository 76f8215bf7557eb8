#!/usr/bin/env bash
# hishel 2.0.0 (with httpx): the cache that followed HTTP's rules in 1.4.0 keeps everything for ever; a client that
# waits for a result gets "pending" until its cache is deleted.
#
# Expected: AsyncCacheClient() takes no-store, no-cache with an ETag, and Vary for what they say, as in 1.x ("RFC 9111
#   Compliant", says its page); the same name and the same call do so in 2.0.0.
# Seen: in 2.0.0 that is an option, rfc=True, and off. Each address is asked once, and its first answer is served from
#   then on, without an end, after a restart too (it is in .cache/hishel): "pending" though it was sent with no-store,
#   the first list though its ETag has changed, another account's answer though the service said Vary: Authorization.
#   The client sees 200 each time, the service sees one request. Name, arguments and import of the asynchronous client
#   are the same as before, so that no error leads there (the synchronous one was renamed).
# So: AsyncCacheClient(rfc=True), or stay below 2; a test in which an answer changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 1.4.0 2.0.0; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
    "hishel==$version" msgpack==1.2.4 typing_extensions==4.16.0 anyio==4.16.0 anysqlite==0.0.5 httpx==0.28.1 \
    httpcore==1.0.9 h11==0.16.0 certifi==2026.10.19.post1 idna==3.20
done

cat >"$folder/ask.py" <<'END'
"""Asks a small service of its own through AsyncCacheClient, and prints what came and what the service saw."""
import asyncio
import http.server
import json
import sys
import threading

from hishel.httpx import AsyncCacheClient

seen, state, options = [], {}, json.loads(sys.argv[1])


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        seen.append(self.path)
        account = self.headers.get("Authorization", "")
        body, headers = {
            "/job": (state["job"], {"Cache-Control": "no-store"}),
            "/list": (state["list"], {"Cache-Control": "no-cache", "ETag": f'"{state["list"]}"'}),
            "/me": (account, {"Cache-Control": "private, max-age=60", "Vary": "Authorization"}),
        }[self.path]
        unchanged = "ETag" in headers and self.headers.get("If-None-Match") == headers["ETag"]
        self.send_response(304 if unchanged else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        if not unchanged:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if unchanged else body.encode())


async def ask(address):
    answers = []
    for first in (True, False):
        # a client of its own for each, as after a restart
        state.update(job="pending" if first else "done", list="one face" if first else "two faces")
        async with AsyncCacheClient(**options) as client:
            for path in ("/job", "/list", "/me"):
                headers = {"Authorization": "Anna" if first else "Ben"}
                answers.append((await client.get(address + path, headers=headers)).text)
    return answers


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
answers = asyncio.run(ask(f"http://127.0.0.1:{server.server_port}"))
print(f"{', '.join(answers[:3])}; later, as Ben: {', '.join(answers[3:])}; requests: {len(seen)}")
END
expect() {
  mkdir "$folder/run"
  seen=$(cd "$folder/run" && "$folder/$1/bin/python" ../ask.py "$2")
  rm -r "$folder/run"
  printf 'hishel %s %-13s %s\n' "$1" "$2" "$seen"
  [ "$seen" = "pending, one face, Anna; later, as Ben: $3" ] || { echo "expected $3" >&2; exit 1; }
}
expect 1.4.0 '{}' "done, two faces, Ben; requests: 6"
expect 2.0.0 '{}' "pending, one face, Anna; requests: 3"
expect 2.0.0 '{"rfc": true}' "done, two faces, Ben; requests: 6"
cat <<'END'
hishel 2.0.0. Expected: HTTP's rules, as in 1.4.0. Seen: the first answer for ever, whatever the service says. So pass
rfc=True.
END
