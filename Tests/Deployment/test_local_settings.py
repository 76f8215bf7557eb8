"""Deploy/local starts anew what was started with other settings."""

import os
import re
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "Deploy"


def run(*command: object, **settings: object) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIEN_", "COMPOSE_"))}
    environment = kept | {name: str(value) for name, value in settings.items()}
    return subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """The folder of an instance that was started once, with secrets of its own."""
    for folder in ("state", "run", "log"):
        (tmp_path / folder).mkdir()
    (tmp_path / "state/kafka-port").write_text("9092\n")
    (tmp_path / "state/http-port").write_text("8080\n")
    (tmp_path / "state/internal-port").write_text("8081\n")
    (tmp_path / "database-url").write_text("postgres://here")
    (tmp_path / "secret").write_text("s" * 64)
    return tmp_path


def fingerprints(instance: Path, **settings: object) -> list[str]:
    script = """here=$1; . "$here/lib/common.sh"; . "$here/lib/services.sh"
        export_settings 8080 8081 2; gateway_fingerprint; worker_fingerprint"""
    answer = run("bash", "-euo", "pipefail", "-c", script, "bash", DEPLOY, MIEN_VAR=instance, **settings)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MIEN_REGISTRATION", "closed"),
        ("MIEN_PASSWORD_LOG_IN", "off"),
        ("MIEN_SECRET", "t" * 64),
        ("MIEN_MODEL", "mien-inception-s/2.0.0"),
        ("MIEN_GATEWAY_URL", "http://127.0.0.1:9"),
        ("MIEN_DATABASE_URL", "postgres://there"),
    ],
)
def test_a_changed_setting_starts_both_services_anew(instance, name, value):
    before = fingerprints(instance)
    assert before == fingerprints(instance)
    after = fingerprints(instance, **{name: value})
    assert after[0] != before[0] and after[1] != before[1]
    # What is kept of them tells no secret.
    assert all(len(text) == 64 and value not in text for text in after)


def test_what_a_file_holds_is_a_setting_too(instance):
    password = instance / "smtp-password"
    password.write_text("one")
    before = fingerprints(instance, MIEN_SMTP_PASSWORD_FILE=password)
    password.write_text("two")
    assert fingerprints(instance, MIEN_SMTP_PASSWORD_FILE=password)[0] != before[0]
    (instance / "run/worker.health").write_text("written at every moment")
    assert fingerprints(instance, MIEN_SMTP_PASSWORD_FILE=password) == fingerprints(
        instance, MIEN_SMTP_PASSWORD_FILE=password
    )


def told(instance: Path, name: str, **settings: object) -> str:
    """What Deploy/local gives the operator's command as a setting."""
    program = instance / "mien"
    program.write_text(f'#!/bin/bash\necho "${name}"\n')
    program.chmod(0o755)
    return run(DEPLOY / "local", "mien", MIEN_VAR=instance, MIEN_BIN=instance, **settings).stdout.strip()


def test_the_number_of_workers_may_be_a_setting(instance):
    name = "MIEN_WORKER_PROCESSES"
    assert told(instance, name) == "auto"
    assert told(instance, name, MIEN_WORKER_PROCESSES=7) == "7"
    # What "up --workers" was told goes before it.
    (instance / "state/workers").write_text("3\n")
    assert told(instance, name, MIEN_WORKER_PROCESSES=7) == "3"


def test_the_addresses_may_be_settings(instance):
    assert told(instance, "MIEN_GATEWAY_URL") == "http://127.0.0.1:8081"
    assert told(instance, "MIEN_GATEWAY_URL", MIEN_GATEWAY_URL="http://gateway") == "http://gateway"
    for host, address in (("0.0.0.0", "127.0.0.1"), ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]")):
        assert told(instance, "MIEN_GATEWAY_URL", MIEN_INTERNAL_HOST=host) == f"http://{address}:8081"
    local = (DEPLOY / "local").read_text()
    choose_ports = local[local.index("choose_ports() {") : local.index("down() {")]
    libraries = """here=$1; for part in common ports process; do . "$here/lib/$part.sh"; done\n"""
    for name, port, answer in (
        ("MIEN_INTERNAL_PORT", 20131, 0), ("MIEN_INTERNAL_PORT", 20131, 0), ("MIEN_INTERNAL_PORT", "x", 1),
        ("MIEN_HTTP_PORT", 20132, 0), ("MIEN_HTTP_PORT", "x", 1), ("MIEN_HTTP_PORT", "65536", 1),
    ):  # fmt: skip
        wanted = "''" if name == "MIEN_HTTP_PORT" else "20130"
        chosen = run(
            "bash", "-euo", "pipefail", "-c", f"{libraries}{choose_ports}choose_ports {wanted}", "bash", DEPLOY,
            MIEN_VAR=instance, **{name: port},
        )  # fmt: skip
        assert chosen.returncode == answer, chosen.stderr
        assert answer == 0 or (chosen.stderr.startswith(f"{name} takes a number") and chosen.stderr.count("\n") == 1)
    assert (instance / "state/internal-port").read_text() == "20131\n"
    # What is wrong is not remembered.
    assert (instance / "state/http-port").read_text() == "20132\n"


GATEWAY = """#!/usr/bin/python3
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer((os.environ["MIEN_HTTP_HOST"], int(os.environ["MIEN_HTTP_PORT"])), Handler).serve_forever()
"""


def test_a_gateway_that_listens_on_one_address_is_found_there(instance):
    program = instance / "mien-gateway"
    program.write_text(GATEWAY)
    program.chmod(0o755)
    script = """here=$1; for part in common ports process services; do . "$here/lib/$part.sh"; done
        trap 'stop_process gateway 5' EXIT
        export_settings "$(free_port)" 8081 2; up_gateway; "$here/local" status"""
    command = ["timeout", "50", "bash", "-uo", "pipefail", "-c", script, "bash", DEPLOY]
    done = run(*command, MIEN_VAR=instance, MIEN_BIN=instance, MIEN_HTTP_HOST="127.0.0.2")
    port = (instance / "state/http-port-in-use").read_text().strip()
    assert re.search(rf"gateway +started +http://127\.0\.0\.2:{port} ", done.stdout), done.stderr
    assert re.search(rf"gateway +runs +pid \d+ +http://127\.0\.0\.2:{port}\n", done.stdout), done.stderr


MOST_WORKERS = re.search(
    r"static let limit = (\d+)", (DEPLOY.parent / "Sources/WorkerCore/Supervision/ProcessCount.swift").read_text()
)[1]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["up", "--workers", str(int(MOST_WORKERS) + 1)], f"--workers takes a number from 1 to {MOST_WORKERS}, or auto; not "),
        (["up", "--workers", "0"], f"--workers takes a number from 1 to {MOST_WORKERS}, or auto; not "),
        (["up", "--workers"], "--workers needs a number."),
        (["up", "--port", "65536"], "--port takes a number from 0 to 65535; not "),
        (["up", "--port", "08080"], "--port takes a number from 0 to 65535; not "),
        (["up", "--ports", "1"], '"--ports" is no option of up.'),
        (["logs", "gateways"], '"gateways" is no service: gateway, worker, postgres, broker.'),
    ],
)
def test_a_wrong_command_is_told_and_makes_nothing(tmp_path, arguments, line):
    done = run(DEPLOY / "local", *arguments, MIEN_VAR=tmp_path / "var")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith(line) and done.stderr.count("\n") == 1
    assert not (tmp_path / "var").exists()
