"""The profile "tls": people come by HTTPS, through Caddy, to two gateways, and believe Caddy's own authority alone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import docker, eventually, inspect
from conftest import need_image
from installation import Installation, has_capabilities, has_read_only_root, is_no_root
from network import free_port
from person import FACE, Person, shows_a_face

EMAIL = "tls@example.org"
OPENS_PORTS = 1 << 10  # CAP_NET_BIND_SERVICE


@pytest.fixture(scope="module")
def installation(install: Callable[..., Installation]) -> Installation:
    """With Caddy before two gateways, each of which has a free port of this host's."""
    ports = {name: str(free_port()) for name in ("MIEN_TLS_PORT", "MIEN_TLS_HTTP_PORT")}
    made = install(**ports, MIEN_DOMAIN="localhost", MIEN_TRUST_PROXY="yes", MIEN_PORT="0")
    need_image(made.configuration()["services"]["caddy"]["image"])
    made.start("gateway", "worker", "caddy", workers=2, gateways=2)
    return made


@pytest.fixture(scope="module")
def base(installation: Installation) -> str:
    return f"https://localhost:{installation.environment['MIEN_TLS_PORT']}"


@pytest.fixture(scope="module")
def authority(installation: Installation, base: str) -> Path:
    """The certificate of Caddy's own authority, which it makes at its first start, as the site's."""
    file = installation.folder / "authority.crt"
    made = eventually(lambda: installation.inside("caddy", "cat", "/data/caddy/pki/authorities/local/root.crt"), seconds=30)
    file.write_text(made)
    eventually(lambda: Person(base, authority=file).get("/login"))
    return file


@pytest.fixture(scope="module")
def person(base: str, authority: Path) -> Person:
    somebody = Person(base, EMAIL, authority)
    somebody.register()
    return somebody


# MARK: What Caddy is


def test_caddy_becomes_healthy_before_two_gateways(installation: Installation):
    assert inspect(installation.containers("caddy")[0], "{{.State.Health.Status}}") == "healthy"
    assert len(installation.containers("gateway")) == 2


def test_caddy_is_no_root(installation: Installation):
    is_no_root(installation, "caddy")


def test_caddy_has_no_capability_and_none_is_to_be_had_but_to_open_ports(installation: Installation):
    has_capabilities(installation, "caddy", bound=OPENS_PORTS)


def test_caddy_has_a_read_only_root(installation: Installation):
    has_read_only_root(installation, "caddy")


# MARK: What people see


def test_https_answers_with_the_site(base: str, authority: Path):
    assert 'name="csrf_token"' in Person(base, authority=authority).get("/login").text


def test_http_leads_to_https(installation: Installation, base: str):
    plain = Person(f"http://localhost:{installation.environment['MIEN_TLS_HTTP_PORT']}").get("/login")
    assert (plain.status_code, plain.headers["Location"]) == (308, f"{base}/login")


def test_every_cookie_is_for_https_and_this_host_alone(person: Person):
    cookies = list(person.browser.cookies)
    assert cookies
    for cookie in cookies:
        assert cookie.secure and cookie.name.startswith("__Host-mien_"), cookie


def the_gateway_has_seen_the_host(installation: Installation) -> None:
    """A published port shows its clients as the host: the network's gateway."""
    seen = installation.sql("SELECT address FROM sessions ORDER BY created_at DESC LIMIT 1")
    host = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", installation.network("front"))
    assert seen == host.strip(), f"Caddy has {installation.addresses(installation.containers('caddy')[0])}"


def test_the_gateway_sees_the_clients_address_and_not_caddys(installation: Installation, person: Person):
    person.log_in()
    the_gateway_has_seen_the_host(installation)


def test_a_forged_address_is_not_believed(installation: Installation, person: Person):
    forged = "203.0.113.7"
    person.log_in(headers={"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": f"for={forged}"})
    the_gateway_has_seen_the_host(installation)


def test_a_photo_sent_by_https_gets_its_result(person: Person):
    shows_a_face(person.finds(FACE))


@pytest.fixture(scope="module")
def face(person: Person) -> str:
    """The path of a result page; the result is there."""
    path = person.send(FACE)
    shows_a_face(person.result(path))
    return path


def test_the_annotated_photo_is_a_jpeg(person: Person, face: str):
    assert person.get(f"{face}/annotated.jpg").content.startswith(b"\xff\xd8\xff")


def test_what_has_not_changed_is_not_sent_again(person: Person, face: str):
    """Compression must not lose what a waiting page asks by."""
    tag = person.get(f"{face}.json", headers={"Accept-Encoding": "gzip, zstd"}).headers["ETag"]
    again = person.get(f"{face}.json", headers={"Accept-Encoding": "gzip, zstd", "If-None-Match": tag})
    assert again.status_code == 304


def test_http_3_is_offered_on_the_port_that_is_published(installation: Installation, person: Person):
    port = installation.environment["MIEN_TLS_PORT"]
    assert person.get("/login").headers["Alt-Svc"].startswith(f'h3=":{port}"')
    assert installation.compose("port", "--protocol", "udp", "caddy", port).strip().endswith(f":{port}")


def test_figures_are_not_to_be_had_by_https(person: Person):
    assert person.ask("GET", "/metrics").status_code >= 400


# MARK: Two gateways


def test_both_gateways_are_asked(installation: Installation, person: Person):
    def asked() -> None:
        person.get("/login")
        for gateway in installation.containers("gateway"):
            figures = installation.answer(gateway, 8081, "/metrics")
            assert re.search(r'^hb_requests_total\{.*http_route="/login"', figures, flags=re.M)

    eventually(asked, seconds=30)


def test_a_killed_gateway_is_passed_over(installation: Installation, person: Person):
    docker("kill", installation.containers("gateway")[0])
    for _ in range(10):
        person.get("/")


def test_down_with_volumes_leaves_nothing_of_the_profile(installation: Installation):
    assert installation.leftovers()
    installation.compose("--profile", "*", "down", "--volumes")
    assert installation.leftovers() == ""
