"""Deploy/bench takes no settings of an installation, least of all its database."""

import os
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "Deploy"
TARGETS = (
    "latency throughput containers soak chaos broker site api webhooks pipeline detection inference peers training"
).split()


def run(*command: object, **settings: object) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIEN_", "COMPOSE_"))}
    environment = kept | {name: str(value) for name, value in settings.items()}
    return subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["MIEN_DATABASE_URL", "MIEN_DATABASE_URL_FILE"])
def test_the_bench_refuses_a_database_that_the_shell_names(target, name):
    answer = run(DEPLOY / "bench", target, **{name: "postgres://x"})
    assert answer.returncode == 2 and answer.stdout == ""
    assert answer.stderr.startswith(f"{name} names a database")


@pytest.mark.parametrize(("target", "kept"), [("site", []), ("chaos", ["MIEN_KAFKA_BROKERS"])])
def test_the_bench_forgets_an_installations_settings(target, kept):
    names = ["MIEN_KAFKA_BROKERS", "MIEN_OIDC_ISSUER", "MIEN_RETENTION_DAYS", "MIEN_VAR"]
    text = (DEPLOY / "bench").read_text()
    script = text[text.index("forget_settings() {") : text.index("case ${1:-} in")]
    answer = run(
        "bash", "-euc", f'{script}\nforget_settings {target}; echo "${{!MIEN_*}}"', **dict.fromkeys(names, "x")
    )
    assert answer.stdout.split() == kept
