"""Webhooks of a running installation at a receiver that is there: MIEN_URL and MIEN_TOKEN as for test_contract.py, and the
installation's MIEN_WEBHOOK_HOSTS names 127.0.0.1."""

import base64
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "Tests/Fixtures/astronaut.jpg"


def call(method, path, body=None):
    request = urllib.request.Request(
        os.environ["MIEN_URL"].rstrip("/") + "/api/v1" + path, None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": "Bearer " + os.environ["MIEN_TOKEN"], "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer) if answer.status != 204 else None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class Receiver:
    def __init__(self, folder):
        self.secrets, self.log = folder / "secrets", folder / "log"
        self.secrets.write_text("")
        self.log.write_text("")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("receiver.py")), str(self.secrets), str(self.log)],
            stdout=subprocess.PIPE, text=True,
            # Where the receiver is, it is another time: signatures are of moments.
            env={**os.environ, "TZ": "America/New_York"})
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def messages(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def wait(self, count):
        """As long as the test may take; what comes is shown when it is not enough."""
        end = time.monotonic() + 120
        while len(self.messages()) < count:
            assert time.monotonic() < end, self.messages()
            time.sleep(0.1)
        return self.messages()


@pytest.fixture
def receiver(tmp_path):
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.process.kill()
    receiver.process.wait()


@pytest.fixture
def webhook(receiver):
    made = []

    def make(path="/hook", events=("analysis.finished", "analysis.failed", "batch.finished")):
        status, webhook = call("POST", "/webhooks", {"url": receiver.url + path, "events": list(events)})
        assert status == 201, webhook
        made.append(webhook["id"])
        receiver.secrets.write_text(webhook["secret"])
        return webhook

    yield make
    for id in made:
        call("DELETE", f"/webhooks/{id}")


def test_results_and_batches_are_told_of_and_verified(receiver, webhook):
    hook = webhook()
    photo = {"name": "a.jpg", "data": base64.b64encode(PHOTO.read_bytes()).decode()}
    status, taken = call("POST", "/analyses", {"photos": [photo, photo]})
    assert status == 202, taken
    messages = receiver.wait(3)
    assert [message["verified"] for message in messages] == [[True]] * 3
    bodies = [json.loads(message["body"]) for message in messages]
    assert [body["type"] for body in bodies] == ["analysis.finished", "analysis.finished", "batch.finished"]
    assert {body["data"]["id"] for body in bodies[:2]} == {analysis["id"] for analysis in taken["analyses"]}
    assert bodies[0]["data"]["dominant"] == "happy"
    assert bodies[2]["data"] | {"url": ""} == {
        "id": taken["batch"], "status": "finished", "finished": 2, "failed": 0, "cancelled": 0, "url": ""}
    for body in bodies:
        assert body["data"]["url"].endswith(f"s/{body['data']['id']}".replace("batchs", "batches"))
    # The log says the same, as soon as the answers are recorded.
    end = time.monotonic() + 60
    while True:
        _, log = call("GET", f"/webhooks/{hook['id']}/deliveries")
        if all(delivery["state"] == "delivered" for delivery in log["deliveries"]) or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert {delivery["id"] for delivery in log["deliveries"]} == {m["headers"]["webhook-id"] for m in messages}
    assert {delivery["answer"]["status"] for delivery in log["deliveries"]} == {204}


def test_while_a_secret_is_changed_each_verifies(receiver, webhook):
    hook = webhook()
    _, rotated = call("POST", f"/webhooks/{hook['id']}/rotate")
    other = Webhook("whsec_" + base64.b64encode(b"x" * 32).decode())
    receiver.secrets.write_text(f"{hook['secret']}\n{rotated['secret']}")
    assert call("POST", f"/webhooks/{hook['id']}/test")[0] == 202
    message = receiver.wait(1)[0]
    assert message["verified"] == [True, True]
    with pytest.raises(WebhookVerificationError):
        other.verify(message["body"], message["headers"])
    with pytest.raises(WebhookVerificationError):
        Webhook(rotated["secret"]).verify(message["body"].replace("test.ping", "test.pong"), message["headers"])


def test_a_message_is_sent_again_under_its_id(receiver, webhook):
    hook = webhook()
    _, delivery = call("POST", f"/webhooks/{hook['id']}/test")
    receiver.wait(1)
    assert call("POST", f"/webhooks/{hook['id']}/deliveries/{delivery['id']}/resend")[0] == 202
    first, second = receiver.wait(2)
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"] == delivery["id"]
    assert first["body"] == second["body"] == delivery["request"]


def test_a_redirect_is_not_followed(receiver, webhook):
    hook = webhook("/moved")
    call("POST", f"/webhooks/{hook['id']}/test")
    # Behind it, so that it has been tried.
    receiver.wait(1)
    webhook("/hook")
    call("POST", f"/webhooks/{call('GET', '/webhooks')[1]['webhooks'][-1]['id']}/test")
    receiver.wait(2)
    assert "/elsewhere" not in [message["path"] for message in receiver.messages()]


def test_an_untrusted_certificate_is_told_apart_and_gets_nothing(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.path)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}/"
    _, hook = call("POST", "/webhooks", {"url": url, "events": ["batch.finished"]})
    try:
        assert call("POST", f"/webhooks/{hook['id']}/test")[0] == 202
        end = time.monotonic() + 60
        while True:
            _, log = call("GET", f"/webhooks/{hook['id']}/deliveries")
            [delivery] = log["deliveries"]
            if delivery["attempts"] > 0:
                break
            assert time.monotonic() < end, delivery
            time.sleep(0.1)
        assert delivery["error"] == "No trusted TLS connection came about."
        assert delivery["state"] == "waiting" and delivery["answer"] is None and got == []
    finally:
        call("DELETE", f"/webhooks/{hook['id']}")
        server.shutdown()


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/latest/", "https://2130706433/",
     "https://0x7f.1/", "https://[::ffff:10.0.0.1]/", "https://ada@example.org/", "https://127.0.0.2/"])
def test_nothing_leads_inside(url):
    status, problem = call("POST", "/webhooks", {"url": url, "events": ["batch.finished"]})
    assert status == 422 and list(problem["errors"]) == ["url"], problem
