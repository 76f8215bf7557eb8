"""Deploy/clients/mien.py against servers that are no Mien, or not where it was told."""

import http.server
import importlib.util
import json
import os
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
    """Answers with what `answers` holds, one after the other, None with nothing, and notes what came."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append((self.command, self.path))
            self.server.keys.append(self.headers.get("Idempotency-Key"))
            self.server.sent.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            answer = self.server.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.asked, server.keys, server.sent = [], [], [], []
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


def test_a_batch_whose_answer_was_lost_is_made_once(server):
    server.answers = [None, (201, {}, b'{"id": "1"}')]
    assert mien.Mien(server.url, "t").make_batch("Holidays") == {"id": "1"}
    assert server.keys[0] and server.keys == [server.keys[0]] * 2


@pytest.mark.parametrize("lost", [None, (504, {}, b"")])
def test_a_face_is_not_marked_twice_where_the_answer_was_lost(server, lost):
    server.answers = [(429, {"Retry-After": "0"}, b""), lost, (201, {}, b'{"id": "1"}')]
    with pytest.raises(mien.MienError) as ended:
        mien.Mien(server.url, "t").mark("1", 0, 0, 40, 40, "happy")
    assert ended.value.may_be_done and len(server.asked) == 2


def test_what_was_deleted_by_the_first_try_is_deleted(server):
    gone = (404, {}, b'{"title": "Not found"}')
    server.answers = [None, gone, gone]
    client = mien.Mien(server.url, "t")
    client.delete("1")
    with pytest.raises(mien.MienError, match="Not found"):
        client.delete("2")


def test_a_name_that_is_no_text_is_sent_as_far_as_it_is(server, tmp_path):
    server.answers = [taken()]
    path = os.fsencode(tmp_path) + b"/Gr\xfc\xdfe.jpg"
    with open(path, "wb") as file:
        file.write(b"x")
    assert mien.Mien(server.url, "t").send(os.fsdecode(path))["id"] == "1"
    assert b'filename="Gr??e.jpg"' in server.sent[0]


@pytest.mark.parametrize(
    "site", ["mien.example.org", "ftp://mien.example.org", "https://", "", "http://127.0.0.1:80x", "http://127.0.0.1:99999"]
)
def test_an_address_that_is_none_is_said(site):
    with pytest.raises(mien.MienError, match="no address"):
        mien.Mien(site, "t")


@pytest.mark.parametrize("token", ["mien_…", "mien_a\nb", "mien_\x00"])
def test_a_token_that_cannot_be_sent_is_said_and_not_shown(token):
    with pytest.raises(mien.MienError, match="token") as ended:
        mien.Mien("http://127.0.0.1", token)
    assert token not in str(ended.value)


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


@pytest.mark.parametrize(
    ("token", "arguments", "line"),
    [
        ("t", ["http://127.0.0.1"], "Usage: MIEN_TOKEN=mien_… mien.py SITE PHOTO…\n"),
        ("", ["http://127.0.0.1", "a.jpg"], "Usage: MIEN_TOKEN=mien_… mien.py SITE PHOTO…\n"),
        ("t", ["localhost", "a.jpg"], "mien.py: “localhost” is no address such as https://mien.example.org.\n"),
    ],
)
def test_a_wrong_call_ends_with_2(token, arguments, line):
    run = subprocess.run(
        [sys.executable, PATH, *arguments], env={"MIEN_TOKEN": token, "PYTHONUTF8": "1"}, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout, run.stderr) == (2, "", line)


def test_the_program_tells_what_was_sent_before_it_had_to_end(server):
    server.answers = [taken("1"), (401, {}, b'{"title": "The API token is not valid"}')]
    run = subprocess.run(
        [sys.executable, PATH, server.url, __file__, __file__], env={"MIEN_TOKEN": "t"}, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (1, "mien.py: The API token is not valid.\n")
    assert [json.loads(line)["id"] for line in run.stdout.splitlines()] == ["1"]
