"""What containers may do, what they reach, and where secrets are not."""

import gzip
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterable
from typing import BinaryIO

import pytest

from commands import docker, inspect
from installation import CONFINED, Installation, can_connect, shows_no_secret
from network import Outside

SERVICES = ["gateway", "worker", "postgres", "kafka"]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("check", CONFINED, ids=lambda check: check.__name__)
def test_a_service_is_confined(installation: Installation, check: Callable[[Installation, str], None], service: str):
    check(installation, service)


# MARK: What they reach


def test_a_worker_reaches_the_broker(installation: Installation):
    assert installation.reaches("worker", "kafka", 9092)


def test_a_worker_reaches_the_gateways_internal_port(installation: Installation):
    assert installation.reaches("worker", "gateway", 8081)


def test_a_worker_does_not_reach_postgresql_by_its_name(installation: Installation):
    assert not installation.reaches("worker", "postgres", 5432)


def test_the_gateway_reaches_postgresql_by_its_address(installation: Installation):
    assert installation.reaches_an_address_of("gateway", "postgres", 5432)


def test_a_worker_does_not_reach_postgresql_by_its_address(installation: Installation):
    assert not installation.reaches_an_address_of("worker", "postgres", 5432)


def test_the_gateway_reaches_what_is_outside(installation: Installation, outside: Outside):
    assert installation.reaches("gateway", outside.address, outside.port)


def test_a_worker_does_not_reach_what_is_outside(installation: Installation, outside: Outside):
    assert not installation.reaches("worker", outside.address, outside.port)


@pytest.mark.parametrize("port", [8080, 8081, 9102, 22])
def test_a_worker_reaches_no_other_worker(installation: Installation, port: int):
    one, other = installation.containers("worker")
    for address in installation.addresses(other):
        assert not can_connect("docker", "exec", one, address=address, port=port)


def test_only_the_site_is_published_and_only_on_this_host(installation: Installation):
    template = (
        "{{range $port, $places := .NetworkSettings.Ports}}{{range $places}}{{.HostIp}}:{{.HostPort}}:{{$port}} {{end}}{{end}}"
    )
    published = [place for container in installation.containers() for place in inspect(container, template).split()]
    assert published == [f"127.0.0.1:{installation.port}:8080/tcp"]


def listening(installation: Installation, service: str) -> list[str]:
    """Sockets on addresses that others can reach; Docker's resolver and the like are on the loopback interface."""
    table = installation.inside(service, "cat", "/proc/net/tcp", "/proc/net/tcp6")
    # Number, local address, remote address, state; in hexadecimal digits, and 0A is LISTEN.
    sockets = [row[1] for row in map(str.split, table.splitlines()) if row[3] == "0A"]
    return [socket for socket in sockets if not re.search(r"7F:|^0{24}01000000:", socket)]


def test_the_gateway_listens_on_the_network(installation: Installation):
    assert listening(installation, "gateway")


def test_a_worker_does_not_listen_on_the_network(installation: Installation):
    assert listening(installation, "worker") == []


# MARK: Where secrets are not


@pytest.fixture(scope="module")
def secrets(installation: Installation) -> list[str]:
    return installation.secrets()


def test_every_secret_is_long(secrets: list[str]):
    """Short or empty ones would be found everywhere, too."""
    assert len(secrets) >= 5
    assert min(map(len, secrets)) >= 32


def test_no_container_shows_a_secret_in_its_settings(installation: Installation):
    shows_no_secret(installation, at_least=6)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_secret_in_its_environment(installation: Installation, service: str):
    for container in installation.containers(service):
        names_and_values = inspect(container, '{{join .Config.Env "\\n"}}')
        assert not re.search(r"postgres(ql)?://|^(MIEN_SECRET|POSTGRES_PASSWORD)=", names_and_values, flags=re.M)


def found_in(stream: BinaryIO, wanted: Iterable[bytes]) -> set[bytes]:
    """What of the wanted is in a stream, over the borders of its blocks."""
    wanted = list(wanted)
    found: set[bytes] = set()
    rest = b""
    while block := stream.read(1 << 24):
        window = rest + block
        found |= {each for each in wanted if each in window}
        rest = window[-max(map(len, wanted)) :]
    return found


def files_of(image: str) -> Iterable[BinaryIO]:
    """What an image was made of: its layers and its configuration."""
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
        with tarfile.open(fileobj=saving.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    file = archive.extractfile(member)
                    packed = file.peek(2)[:2] == b"\x1f\x8b"
                    yield gzip.open(file) if packed else file
    assert saving.returncode == 0


@pytest.mark.parametrize("image", ["mien-gateway", "mien-worker", "mien-admin"])
def test_an_image_has_no_secret_in_its_layers(secrets: list[str], image: str):
    """Neither in what it was made of nor in how it was made."""
    for_sure = b"mien:x:10001:"
    wanted = [for_sure, *(secret.encode() for secret in secrets)]
    made = docker("history", "--no-trunc", image) + docker("image", "inspect", image)
    found = {each for each in wanted if each in made.encode()}
    for file in files_of(image):
        found |= found_in(file, wanted)
    assert for_sure in found, "the layers were not read"
    assert len(found) == 1, f"{len(found) - 1} secrets are in it"
