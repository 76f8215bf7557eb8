#!/usr/bin/env bash
# requests 2.34.2, urllib3 2.8.0 (Python): a photo that is sent from a generator is sent once; where the request has to
# be repeated, for a redirect, a log-in or a retry, an empty one is sent, and its 201 is the answer.
#
# Expected: a body that cannot be sent again is an error, as in httpx (StreamConsumed) and, since this year, in aiohttp;
#   requests has an exception of that name, UnrewindableBodyError, and rewinds a file.
# Seen: data=generator, the documented way to stream an upload. After a 307 (FastAPI's for a missing slash, a proxy's to
#   HTTPS by 308), after a 401 with HTTPDigestAuth, and with Retry after a 503 or a connection that breaks, the second
#   request is chunked and of 0 bytes: well formed, so that a service or a bucket that takes what it gets says 201 and
#   keeps an empty photo. The same photo as a file arrives whole. urllib3 used by itself loses a file too, on a redirect
#   alone: its retries rewind it, its redirects do not. Nothing is raised; urllib3's log may name the repetition,
#   not that it was empty.
# So: a file, bytes, or an object whose __iter__ begins anew, in place of a generator; allow_redirects=False for
#   uploads; a length or digest beside the photo, which the service compares; test with a service that says 503 once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  requests==2.34.2 urllib3==2.8.0 charset-normalizer==3.5.3 idna==3.20 certifi==2026.10.19.post1 httpx==0.28.1 \
  httpcore==1.0.9 h11==0.16.0 anyio==4.16.0 typing_extensions==4.16.0

"$folder/venv/bin/python" -W error - <<'END'
import http.server
import io
import threading

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from urllib3.util.retry import Retry

received = []
first_answers = {
    "/moved": (307, {"Location": "/moved/"}),
    "/digest": (401, {"WWW-Authenticate": 'Digest realm="photos", nonce="1", qop="auth"'}),
    "/busy": (503, {}),
}


class Service(http.server.BaseHTTPRequestHandler):
    """Keeps whatever it is sent; what it answers first is for the path to say."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def do_PUT(self):
        received.append(len(self.body()))
        self.close_connection = True
        if self.path == "/breaks" and len(received) == 1:
            return
        status, headers = first_answers[self.path] if len(received) == 1 else (201, {})
        self.send_response(status)
        for name, value in (headers | {"Content-Length": "0", "Connection": "close"}).items():
            self.send_header(name, value)
        self.end_headers()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
PHOTO = bytes(range(250)) * 400


class Again:
    def __iter__(self):
        return pieces()


def pieces():
    for begin in range(0, len(PHOTO), 10_000):
        yield PHOTO[begin:begin + 10_000]


def sent(path, send):
    """What the client ended with, and the bytes of each request that the service saw."""
    received.clear()
    try:
        return send(address + path), list(received)
    except httpx.StreamConsumed as error:
        return type(error).__name__, list(received)


plain, trying = requests.Session(), requests.Session()
trying.mount("http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[503])))
ways = {
    "/moved": lambda body: lambda url: plain.put(url, data=body).status_code,
    "/digest": lambda body: lambda url: plain.put(url, data=body, auth=HTTPDigestAuth("ada", "x")).status_code,
    "/busy": lambda body: lambda url: trying.put(url, data=body).status_code,
    "/breaks": lambda body: lambda url: trying.put(url, data=body).status_code,
}
whole = len(PHOTO)
for path, way in ways.items():
    bodies = {"generator": (pieces(), 0), "file": (io.BytesIO(PHOTO), whole), "__iter__": (Again(), whole)}
    for name, (body, second) in bodies.items():
        seen = sent(path, way(body))
        print(f"requests, {name:9} {path:8} status {seen[0]}, bytes received {seen[1]}")
        assert seen == (201, [whole, second])
for path, second in (("/moved", 0), ("/busy", whole)):
    pool = urllib3.PoolManager(retries=Retry(2, status_forcelist=[503]))
    seen = sent(path, lambda url: pool.request("PUT", url, body=io.BytesIO(PHOTO)).status)
    print(f"urllib3,  file      {path:8} status {seen[0]}, bytes received {seen[1]}")
    assert seen == (201, [whole, second])
seen = sent("/moved", lambda url: httpx.put(url, content=pieces(), follow_redirects=True).status_code)
print(f"httpx,    generator /moved   {seen[0]}, bytes received {seen[1]}")
assert seen == ("StreamConsumed", [whole])
END
cat <<'END'
requests 2.34.2, urllib3 2.8.0. Expected: what cannot be sent twice is refused. Seen: the second request is empty, and
its 201 is the answer. So send files or bytes, and a length or digest beside them.
END
