"""Deploy/containers/Caddyfile as it runs: a real Caddy, with certificates of its own authority."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CADDY = Path("/usr/local/lib/mien/test-tools/caddy")
HEALTH_PORT = "2080"


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def answer(name: str, port: int, scheme: str = "https") -> str:
    """Status line and headers for a request to `name`; no gateway is behind this Caddy."""
    address = f"{scheme}://{name}:{port}/"
    command = ["curl", "-sSik", "--noproxy", "*", "-m", "20", "--resolve", f"{name}:{port}:127.0.0.1", address]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.lower()


@pytest.fixture(params=["mien.local", "localhost"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int, int]]:
    """The name that Caddy serves, its port for HTTPS and its port for HTTP."""
    https, http, health = free_ports(3)
    config = tmp_path / "Caddyfile"
    text = (ROOT / "Deploy/containers/Caddyfile").read_text()
    assert HEALTH_PORT in text
    config.write_text(text.replace(HEALTH_PORT, str(health)))
    variables = {"MIEN_DOMAIN": request.param, "MIEN_TLS_PORT": str(https), "MIEN_TLS_HTTP_PORT": str(http)}
    places = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [CADDY, "run", "--adapter", "caddyfile", "--config", str(config)],
            env=os.environ | variables | places, stdout=log, stderr=log,
        )  # fmt: skip
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", https)) == 0 and list(tmp_path.rglob(f"{request.param}.crt")):
                break
        time.sleep(0.05)
    yield request.param, https, http
    process.terminate()
    process.wait(timeout=20)


def test_a_browser_is_told_to_stay_with_https_where_the_name_is_the_site_s_alone(site):
    name, https, http = site
    told = "strict-transport-security: max-age=31536000" in answer(name, https)
    assert told == (name != "localhost")
    plain = answer(name, http, "http")
    assert plain.startswith("http/1.1 308") and "strict-transport-security" not in plain
