"""What an operator is told when a start cannot succeed."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from commands import docker, eventually, inspect
from installation import Installation

SECRET = "/run/secrets-of-gateway/secret"


@pytest.fixture(autouse=True)
def stopped_gateway(installation: Installation) -> None:
    installation.compose("stop", "gateway")


def start(installation: Installation) -> None:
    installation.start(seconds=60)


def start_the_gateway_alone(installation: Installation) -> None:
    """Without "secrets", which makes what is missing, and "migrate", which meets the same trouble first."""
    installation.compose("up", "--detach", "--no-build", "--wait", "--wait-timeout", "20", "--no-deps", "gateway")


def refuses(installation: Installation, service: str, sentence: str, begin: Callable[[Installation], None]) -> None:
    """A start that cannot succeed ends with an error. The service has said why; it ends with an error as well, and is not
    tried again and again: Docker waits twice as long before each try, which makes ten in a minute.
    """
    with installation.heard(service) as said, pytest.raises(AssertionError):
        begin(installation)
    try:
        assert any(sentence in line for line in said), "\n".join(said)
        (container,) = installation.containers(service, ended=True)

        def ends_with_an_error() -> None:
            # Of a container that is just being tried again, the exit status is 0.
            assert inspect(container, "{{.State.ExitCode}}") != "0"

        eventually(ends_with_an_error, seconds=20, pause=0.1)
        assert int(inspect(container, "{{.RestartCount}}")) <= 10
    finally:
        installation.compose("stop", "gateway")


def test_a_taken_port_is_told(installation: Installation):
    with socket.create_server(("127.0.0.1", installation.port)), pytest.raises(AssertionError) as refusal:
        start(installation)
    assert re.search("address already in use|port is already allocated", str(refusal.value))


@contextmanager
def altered_secret(installation: Installation, change: str) -> Iterator[None]:
    """What Bash has done to the file, as $1."""
    volume = f"--volume={installation.volume('secrets-of-gateway')}:/s"
    bash = ["run", "--rm", "--user=0", volume, "--entrypoint=bash", "postgres:17", "-c"]
    docker(*bash, f'cp -p "$1" "$1.kept" && {change}', "-", "/s/secret")
    try:
        yield
    finally:
        docker(*bash, 'mv "$1.kept" "$1"', "-", "/s/secret")


def test_an_empty_secret_is_told(installation: Installation):
    with altered_secret(installation, ': >"$1"'):
        refuses(installation, "gateway", f'MIEN_SECRET_FILE names "{SECRET}", which is empty.', start)


def test_a_missing_secret_is_told(installation: Installation):
    with altered_secret(installation, 'rm "$1"'):
        sentence = f'MIEN_SECRET_FILE names "{SECRET}", which cannot be read'
        refuses(installation, "gateway", sentence, start_the_gateway_alone)


@contextmanager
def another_password(installation: Installation) -> Iterator[None]:
    volume = f"--volume={installation.volume('secrets-of-postgres')}:/s:ro"
    password = docker("run", "--rm", "--user=0", volume, "--entrypoint=cat", "postgres:17", "/s/mien").strip()
    installation.sql("ALTER ROLE mien PASSWORD 'something else'")
    try:
        yield
    finally:
        installation.sql(f"ALTER ROLE mien PASSWORD '{password}'")


@contextmanager
def schema_ahead(installation: Installation) -> Iterator[None]:
    installation.sql("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'of_the_future', 'x')")
    try:
        yield
    finally:
        installation.sql("DELETE FROM schema_migrations WHERE version = 9999")


FIRST_OR_ALONE = pytest.mark.parametrize(("service", "begin"), [("migrate", start), ("gateway", start_the_gateway_alone)])


@FIRST_OR_ALONE
def test_a_wrong_password_of_the_database_is_told(
    installation: Installation, service: str, begin: Callable[[Installation], None]
):
    with another_password(installation):
        refuses(installation, service, "The database refused the log-in: the user or its password is wrong", begin)


@FIRST_OR_ALONE
def test_a_schema_that_is_ahead_is_told(installation: Installation, service: str, begin: Callable[[Installation], None]):
    with schema_ahead(installation):
        refuses(installation, service, "The database is ahead of this build: it has 9999_of_the_future", begin)


def test_with_everything_right_again_it_starts(installation: Installation):
    start(installation)


def test_down_with_volumes_leaves_nothing(installation: Installation):
    assert installation.leftovers()
    installation.compose("--profile", "*", "down", "--volumes")
    assert installation.leftovers() == ""
