"""Deploy/external-postgres.yml: a database server that is no part of the project."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands import docker, eventually, run
from installation import Installation
from network import Outside, free_port
from person import FACE, Person, shows_a_face


@pytest.fixture(scope="module")
def database_url(images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file with the address of a server on this host."""
    name, password, port = f"mien-test-{os.getpid()}-database", secrets.token_hex(16), str(free_port())
    try:
        settings = ["--network=host", f"--name={name}", f"--env=POSTGRES_PASSWORD={password}"]
        docker("run", "--detach", *settings, "postgres:17", "postgres", "-c", f"port={port}")
        eventually(lambda: docker("exec", name, "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"))
        psql = ["psql", "--no-psqlrc", f"--port={port}", "--username=postgres", "--set=ON_ERROR_STOP=1"]
        role = f"--command=CREATE ROLE mien LOGIN PASSWORD '{password}'"
        docker("exec", name, *psql, role, "--command=CREATE DATABASE mien OWNER mien")
        # The default bridge does not tell its gateway with every engine.
        told = docker("run", "--rm", "--add-host=host:host-gateway", "--entrypoint=getent", "postgres:17", "hosts", "host")
        file = tmp_path_factory.mktemp("database") / "database-url"
        file.write_text(f"postgres://mien:{password}@{told.split()[0]}:{port}/mien\n")
        file.chmod(0o444)
        yield file
    finally:
        run("docker", "rm", "--force", "--volumes", name)


@pytest.fixture(scope="module")
def installation(install: Callable[..., Installation], database_url: Path) -> Installation:
    made = install("Deploy/external-postgres.yml", MIEN_DATABASE_URL_FILE=str(database_url))
    made.start()
    return made


def test_gateway_and_workers_start(installation: Installation):
    assert len(installation.containers("gateway", "worker")) == 2


def test_compose_runs_no_postgresql(installation: Installation):
    services = installation.compose("ps", "--all", "--format", "{{.Service}}").split()
    assert "gateway" in services and "postgres" not in services


def test_a_photo_gets_its_result(person: Person):
    shows_a_face(person.finds(FACE))


def test_the_doctor_finds_nothing_wrong(installation: Installation):
    done = installation.mien("doctor")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_gateway_reaches_what_is_outside(installation: Installation, outside: Outside):
    assert installation.reaches("gateway", outside.address, outside.port)


def test_a_worker_does_not_reach_what_is_outside(installation: Installation, outside: Outside):
    assert not installation.reaches("worker", outside.address, outside.port)


def test_down_with_volumes_leaves_nothing(installation: Installation):
    assert installation.leftovers()
    installation.compose("--profile", "*", "down", "--volumes")
    assert installation.leftovers() == ""
