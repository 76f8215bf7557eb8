"""Deploy/clients/mien.py against servers that are no Mien, or not where it was told."""

import http.server
import importlib.util
import json
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "Deploy/clients/mien.py"
spec = importlib.util.spec_from_file_location("mien", PATH)
mien = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mien)


@pytest.fixture
def server():
    """Answers POST and GET with what `answers` holds, one after the other, and notes what came."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = self.server.answers.pop(0)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.asked = [], []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def taken(id="1"):
    return (202, {}, json.dumps({"analyses": [{"id": id, "status": "queued"}]}).encode())


def test_a_site_that_moved_is_said_and_nothing_is_sent_on(server):
    server.answers = [(301, {"Location": server.url + "/api/v1/analyses"}, b""), taken("another photo's")]
    with pytest.raises(mien.MienError, match="another address"):
        mien.Mien(server.url, "t").send(("a.jpg", b"x"))
    assert server.asked == [("POST", "/api/v1/analyses")]


def test_what_is_no_mien_is_said(server):
    server.answers = [(200, {}, b"<!doctype html>")]
    with pytest.raises(mien.MienError, match="is not Mien"):
        mien.Mien(server.url, "t").send(("a.jpg", b"x"))


def test_half_an_answer_is_asked_for_again(server):
    server.answers = [(202, {"Content-Length": "900"}, b'{"analyses": ['), taken()]
    assert mien.Mien(server.url, "t").send(("a.jpg", b"x"))["id"] == "1"


def test_what_was_deleted_since_is_said(server):
    server.answers = [(202, {}, b'{"analyses": []}')]
    with pytest.raises(mien.MienError, match="deleted"):
        mien.Mien(server.url, "t").send(("a.jpg", b"x"))


def test_a_file_that_cannot_be_read_leaves_the_others(server, tmp_path):
    server.answers = [taken(), (200, {}, b'{"id": "1", "status": "finished"}')]
    (tmp_path / "a.jpg").write_bytes(b"x")
    results = list(mien.Mien(server.url, "t\n").analyse([tmp_path / "missing.jpg", tmp_path / "a.jpg"], title=None))
    assert [result["status"] for result in results] == ["refused", "finished"]


def test_what_was_sent_before_the_site_went_away_is_not_lost(server):
    server.answers = [taken("1"), taken("2"), (401, {}, b'{"title": "The API token is not valid"}')]
    with pytest.raises(mien.MienError) as ended:
        list(mien.Mien(server.url, "t").analyse([("a.jpg", b"x")] * 3))
    assert [sent["id"] for sent in ended.value.sent] == ["1", "2"]


@pytest.mark.parametrize("site", ["mien.example.org", "ftp://mien.example.org", "https://", ""])
def test_an_address_that_is_none_is_said(site):
    with pytest.raises(mien.MienError, match="no address"):
        mien.Mien(site, "t")


def test_a_certificate_that_is_not_trusted_is_no_reason_to_wait(server, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
        + ["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    begun = time.monotonic()
    with pytest.raises(mien.MienError, match="certificate"):
        mien.Mien(server.url.replace("http:", "https:"), "t", patience=30).send(("a.jpg", b"x"))
    assert time.monotonic() - begun < 10


def test_the_program_says_what_is_wrong_in_one_line(server):
    server.answers = [(301, {"Location": "https://mien.example.org/"}, b"")]
    run = subprocess.run(
        [sys.executable, PATH, server.url, __file__], env={"MIEN_TOKEN": "t"}, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr == "mien.py: The site is at another address: https://mien.example.org/.\n"
