"""What an installation keeps: over a backup and its restore, and over a stop and a new start."""

from pathlib import Path

import pytest

from commands import ROOT, inspect, output
from installation import Installation
from person import FACE, Person, shows_a_face


@pytest.fixture(scope="module")
def face(person: Person) -> str:
    """The path of a result page; the result is there."""
    path = person.send(FACE)
    shows_a_face(person.result(path))
    return path


def contents(installation: Installation) -> dict[str, str]:
    """For each table that people's things are in, the number of its rows and a sum of all that is in them."""
    tables = ["users", "analyses", "photos", "previews", "batches", "api_tokens", "audit_log", "shares", "webhook_endpoints"]
    digest = "count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '')"
    return {table: installation.sql(f"SELECT {digest} FROM {table} t") for table in tables}


def test_a_backup_is_restored_byte_for_byte(installation: Installation, face: str, tmp_path: Path):
    before = contents(installation)
    assert int(before["photos"].split()[0]) > 0
    output(ROOT / "Deploy/backup", "--compose", tmp_path / "backup", environment=installation.environment)
    installation.sql("DELETE FROM users")
    assert installation.sql("SELECT count(*) FROM photos") == "0"
    output(ROOT / "Deploy/restore", "--compose", tmp_path / "backup", environment=installation.environment)
    assert contents(installation) == before
    installation.start(seconds=60)


@pytest.fixture(scope="module")
def stopped(installation: Installation, face: str) -> list[str]:
    """The containers that ran, of which none runs any more."""
    running = installation.containers()
    installation.compose("stop")
    return running


def test_everything_stops_within_its_grace(installation: Installation, stopped: list[str]):
    assert stopped and installation.containers() == []
    killed = [inspect(container, "{{.Name}}") for container in stopped if inspect(container, "{{.State.ExitCode}}") == "137"]
    assert not killed


def test_after_a_new_start_old_results_and_the_account_are_there(
    installation: Installation, person: Person, face: str, stopped: list[str]
):
    installation.start()
    shows_a_face(person.result(face))
