#!/usr/bin/env bash
# FastAPI 0.165.0 and openapi-python-client 0.29.1: the client that is made from the service's own document sends a
# photo as text, written as Python prints bytes.
#
# Expected: FastAPI describes an UploadFile so that a generated client has a file there, as it always did, and whoever
#   generates for OpenAPI 3.1 knows 3.1's way to say so.
# Seen: since 0.129.1 FastAPI writes contentMediaType: application/octet-stream, which is 3.1's way, where it wrote
#   format: binary, which 3.1 has dropped. openapi-python-client looks at the format alone: the field is a str, and who
#   hands it the photo's bytes has b'\xff\xd8...' sent as text/plain, three times as long and without a file name, with
#   no complaint from the client. FastAPI refuses it (422, "received: str"), which sends one to look for the fault in
#   the service; a service that takes texts too keeps it. openapi-generator 7.24 (Python, Go, Java, Rust, Swift) and
#   @hey-api/openapi-ts 0.95 make a string of it as well. An upgrade of the service alone does it, at the next generating.
# So: format: binary beside contentMediaType in the document (a line over app.openapi()), which generators old and new
#   take for a file; a test that uploads a photo by the generated client.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  fastapi==0.165.0 starlette==1.10.0 pydantic==2.14.4 pydantic_core==2.50.5 annotated-types==0.8.0 \
  annotated-doc==0.0.7 typing-inspection==0.4.5 typing_extensions==4.16.0 python-multipart==0.0.34 anyio==4.16.0 \
  idna==3.20 opentelemetry-api==1.45.2 openapi-python-client==0.29.1 attrs==26.1.0 httpx==0.28.1 httpcore==1.0.9 \
  h11==0.16.0 certifi==2026.10.19.post1 jinja2==3.1.6 MarkupSafe==3.0.4 ruamel.yaml==0.19.1 ruff==0.17.6 \
  shellingham==1.5.4 typer==0.27.3 rich==15.0.0 markdown-it-py==4.3.0 mdurl==0.1.2 pygments==2.21.0

cd "$folder"
cat >describe.py <<'END'
"""Writes the document that FastAPI makes of a service that takes a photo, and the same one with format: binary."""
import json

from fastapi import FastAPI, UploadFile
from fastapi.testclient import TestClient

app = FastAPI()


@app.post("/photos", operation_id="send")
def send(photo: UploadFile) -> str:
    return photo.filename or ""


document = app.openapi()
field = document["components"]["schemas"]["Body_send"]["properties"]["photo"]
print("OpenAPI", document["openapi"], field)
assert document["openapi"].startswith("3.1") and field["contentMediaType"] == "application/octet-stream"
assert "format" not in field
answer = TestClient(app).post("/photos", data={"photo": str(b"\xff\xd8")})
print("FastAPI, sent a text there:", answer.status_code, answer.json()["detail"][0]["msg"])
assert answer.status_code == 422
for name in ("usual", "binary"):
    with open(f"{name}.json", "w") as file:
        json.dump(document, file)
    field["format"] = "binary"
END
cat >upload.py <<'END'
"""Uploads bytes of a JPEG by either client, and prints what a server of its own is sent."""
import http.server
import io
import threading

sent = []


class Service(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        sent.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'"taken"')


server = http.server.HTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
photo = bytes.fromhex("ffd8ffe000104a464946") + bytes(range(256)) * 40

import binary
import binary.api.default.send
import binary.models
import binary.types
import usual
import usual.api.default.send
import usual.models


def upload(package, value):
    body = package.models.BodySend(photo=value)
    answer = package.api.default.send.sync(client=package.Client(base_url=address), body=body)
    head, _, rest = sent[-1].partition(b"\r\n\r\n")
    content = rest.rsplit(b"\r\n--", 1)[0]
    print(f"{package.__name__}: answered {answer}; part {b' '.join(head.splitlines()[1:]).decode()}")
    print(f"  {len(content)} bytes of the photo's {len(photo)}: {content[:24]!r}")
    assert answer == "taken"
    return head, content


print("type of the field:", usual.models.BodySend.__annotations__["photo"])
head, content = upload(usual, photo)
assert content == str(photo).encode() and b"text/plain" in head and b"filename" not in head
head, content = upload(binary, binary.types.File(payload=io.BytesIO(photo), file_name="photo.jpg"))
assert content == photo and b'filename="photo.jpg"' in head
END
venv/bin/python -W ignore describe.py
for name in usual binary; do
  venv/bin/openapi-python-client generate --path "$name.json" --meta none --output-path "$name" >log.txt 2>&1 ||
    { cat log.txt >&2; exit 1; }
done
venv/bin/python upload.py
cat <<'END'
FastAPI 0.165.0, openapi-python-client 0.29.1. Expected: a file is a file to the generated client. Seen: it is a text,
and bytes go out as b'...'. So write format: binary beside contentMediaType.
END
