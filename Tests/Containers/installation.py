"""An installation that Docker Compose runs from this checkout, under a name of its own beside whatever else runs here."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

from commands import docker, inspect, output, run
from network import free_port

CLUSTER = "Deploy/kafka-cluster.yml"
NODES = ["kafka", "kafka-2", "kafka-3"]
"""Its services."""

# A script for the inside of a container: the images have no HTTP client.
ASK = r"""exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
cat <&3"""

CONNECT = 'exec 3<>"/dev/tcp/$1/$2"'


def can_connect(*runs_in: str, address: str, port: int) -> bool:
    """Whether Bash opens a connection where the command before it runs it."""
    done = run(*runs_in, "timeout", "3", "bash", "-c", CONNECT, "-", address, str(port))
    # Refused or unknown, or nothing came in time; anything else says nothing about the network.
    assert done.returncode in (0, 1, 124), done.stderr
    return done.returncode == 0


class Installation:
    """From `with` to its end it may be there; then nothing of it is. Nothing of the caller's own instance takes part."""

    present: ClassVar[list[Self]] = []

    def __init__(self, name: str, folder: Path, files: Sequence[str] = (), **settings: str):
        self.project = f"mien-test-{os.getpid()}-{name}"
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        nothing = folder / "nothing"
        nothing.touch()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MIEN_", "COMPOSE_"))},
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": ":".join(("docker-compose.yml", *files)),
            "COMPOSE_ENV_FILES": str(nothing),
            "MIEN_PORT": str(self.port),
            **settings,
        }

    def __enter__(self) -> Self:
        self.present.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.remove()
        finally:
            self.present.remove(self)

    # MARK: Compose

    def attempt(self, *arguments: str, seconds: float = 300, **settings: str) -> subprocess.CompletedProcess[str]:
        return run("docker", "compose", *arguments, environment=self.environment | settings, seconds=seconds)

    def compose(self, *arguments: str, seconds: float = 300, **settings: str) -> str:
        return output("docker", "compose", *arguments, environment=self.environment | settings, seconds=seconds)

    def configuration(self) -> dict:
        """All files together, with every profile."""
        return json.loads(self.compose("--profile", "*", "config", "--format", "json"))

    def start(self, *services: str, workers: int = 1, gateways: int = 1, seconds: int = 180, **settings: str) -> None:
        scale = ["--scale", f"worker={workers}", "--scale", f"gateway={gateways}"]
        wait = ["--wait", "--wait-timeout", str(seconds)]
        self.compose("up", "--detach", "--no-build", *wait, *scale, *services, seconds=seconds + 120, **settings)

    def remove(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "20")

    def leftovers(self) -> str:
        """Containers, volumes and networks of this project, a line each."""
        label = f"label=com.docker.compose.project={self.project}"
        kinds = [("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q")]
        return "".join(docker(*kind, "--filter", label) for kind in kinds)

    def told(self) -> str:
        """What its services say, for somebody who looks for the reason of a failure."""
        state = self.attempt("--profile", "*", "ps", "--all").stdout
        logs = self.attempt("--profile", "*", "logs", "--no-color", "--tail", "40")
        return f"{state}\n{logs.stdout}{logs.stderr}"

    @contextmanager
    def heard(self, service: str) -> Iterator[list[str]]:
        """At the end the list holds what the service said meanwhile."""
        lines: list[str] = []
        since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield lines
        lines += self.compose("logs", "--no-log-prefix", "--no-color", "--since", since, service).splitlines()

    # MARK: Containers

    def containers(self, *services: str, ended: bool = False) -> list[str]:
        return self.compose("--profile", "*", "ps", "--quiet", *(["--all"] if ended else []), *services).split()

    def inside(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    def sql(self, statement: str) -> str:
        psql = ["psql", "--username=postgres", "--dbname=mien", "--no-psqlrc", "--set=ON_ERROR_STOP=1"]
        return self.inside("postgres", *psql, "--no-align", "--tuples-only", f"--command={statement}").strip()

    def mien(self, *arguments: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """The operator's command."""
        return self.attempt("run", "--rm", "-T", *options, "mien", *arguments)

    def volume(self, name: str) -> str:
        return f"{self.project}_{name}"

    def network(self, name: str) -> str:
        return f"{self.project}_{name}"

    def secrets(self) -> list[str]:
        """Every secret of this installation."""
        places = ("postgres", "gateway", "grafana")
        volumes = [f"--volume={self.volume(f'secrets-of-{place}')}:/s/{place}:ro" for place in places]
        return docker("run", "--rm", "--user=0", *volumes, "--entrypoint=bash", "postgres:17", "-c", "cat /s/*/*").split()

    # MARK: What reaches what

    def addresses(self, container: str) -> list[str]:
        return inspect(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}").split()

    def reaches(self, service: str, address: str, port: int) -> bool:
        container = self.containers(service)[0]
        return can_connect("docker", "exec", container, address=address, port=port)

    def reaches_an_address_of(self, service: str, other: str, port: int) -> bool:
        """By number: that a name is not known proves little."""
        addresses = self.addresses(self.containers(other)[0])
        assert addresses
        return any(self.reaches(service, address, port) for address in addresses)

    def is_reached_from(self, network: str, address: str, port: int) -> bool:
        """From a container that is in this network and in no other."""
        there = ["docker", "run", "--rm", f"--network={self.network(network)}", "--entrypoint=env", "postgres:17"]
        return can_connect(*there, address=address, port=port)

    def answer(self, container: str, port: int, path: str) -> str:
        """What a container answers to itself."""
        return docker("exec", container, "bash", "-c", ASK, "-", str(port), path)


# MARK: What a container is


def is_no_root(installation: Installation, service: str) -> None:
    assert int(installation.inside(service, "id", "-u")) > 0


def has_capabilities(installation: Installation, service: str, mask: int = 0, bound: int = 0) -> None:
    """What its first process may do, and the most that any program in it could."""
    status = installation.inside(service, "cat", "/proc/1/status")
    found = {name: int(value, 16) for name, value in re.findall(r"^Cap(Prm|Eff|Bnd):\s*(\w+)", status, flags=re.M)}
    assert found == {"Prm": mask, "Eff": mask, "Bnd": bound}


def has_read_only_root(installation: Installation, service: str) -> None:
    """For everybody: that its own user may not write there proves little."""
    mounts = installation.inside(service, "cat", "/proc/mounts")
    assert re.search(r"^\S+ / \S+ ro[, ]", mounts, flags=re.M), mounts
    installation.inside(service, "sh", "-c", "! touch /written && ! touch /etc/written")


def shows_no_secret(installation: Installation, at_least: int) -> None:
    """Environment, command, labels and mounts of every container, of those that have ended too."""
    containers = installation.containers(ended=True)
    assert len(containers) >= at_least
    settings = docker("inspect", *containers)
    shown = [number for number, secret in enumerate(installation.secrets()) if secret in settings]
    assert not shown, f"{len(shown)} secrets are shown"


CONFINED = [is_no_root, has_capabilities, has_read_only_root]


# MARK: What is done to it


@contextmanager
def slow_workers(installation: Installation) -> Iterator[list[str]]:
    """Those that run at the beginning have a fifth of a core: whatever happens meanwhile happens under load."""
    workers = installation.containers("worker")
    docker("update", "--cpus", "0.2", *workers)
    try:
        yield workers
    finally:
        present = set(installation.containers("worker", ended=True))
        if still := [worker for worker in workers if worker in present]:
            docker("update", "--cpus", str(os.cpu_count()), *still)
