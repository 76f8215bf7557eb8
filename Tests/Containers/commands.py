"""Commands of this host, each with a limit of time, and waiting for what takes a while."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]

Value = TypeVar("Value")


def run(
    *command: str | Path, environment: Mapping[str, str] | None = None, seconds: float = 300
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
    )


def output(*command: str | Path, environment: Mapping[str, str] | None = None, seconds: float = 300) -> str:
    """What a command says that has to succeed."""
    __tracebackhide__ = True
    done = run(*command, environment=environment, seconds=seconds)
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def docker(*arguments: str, seconds: float = 120) -> str:
    return output("docker", *arguments, seconds=seconds)


def inspect(container: str, template: str) -> str:
    """What Docker knows of a container, in the words of a Go template."""
    return docker("inspect", "--format", template, container).strip()


def eventually(check: Callable[[], Value], seconds: float = 90, pause: float = 0.5) -> Value:
    """Tries until `check` asserts nothing that is wrong; when time is up, its last words are the test's."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(pause)
