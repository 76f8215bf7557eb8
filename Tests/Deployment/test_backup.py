"""Deploy/backup with a private PostgreSQL cluster, as Deploy/local keeps one."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = "common ports process postgres database"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an instance whose database holds Mien's schema and one photo's bytes."""
    folder = tmp_path_factory.mktemp("instance")
    # PostgreSQL's own user has to get there.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    variables = {key: value for key, value in os.environ.items() if not key.startswith("MIEN_")}
    variables["MIEN_VAR"] = str(folder / "var")
    shell(variables, "open_var && up_postgres")
    for migration in sorted((ROOT / "Migrations").glob("*.up.sql")):
        shell(variables, f"pg_psql -d mien -1 -f '{migration}'")
    shell(variables, "pg_psql -d mien -c \"CREATE TABLE kept AS SELECT 'a photo'::bytea AS bytes\"")
    yield variables
    shell(variables, "down_postgres")


def shell(variables: dict[str, str], command: str) -> str:
    """What bash says to a command that has the parts of Deploy/lib at hand."""
    sources = "".join(f". '{ROOT}/Deploy/lib/{part}.sh'; " for part in PARTS.split())
    script = f"set -euo pipefail; {sources}open_postgres; {command}"
    done = subprocess.run(["bash", "-c", script], env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def backup(variables: dict[str, str], *arguments: object) -> subprocess.CompletedProcess:
    command = ["bash", str(ROOT / "Deploy/backup"), *map(str, arguments)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)


def test_a_backup_is_whole_and_only_its_owner_s_to_read(instance, tmp_path):
    file = tmp_path / "mine.backup"
    done = backup(instance, file)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    rows = shell(instance, f"\"$(pg_bin)/pg_restore\" --data-only --table=kept --file=- '{file}'")
    assert "\\\\x612070686f746f" in rows
    again = backup(instance, file)
    assert again.returncode == 1 and "exists already" in again.stderr


def test_the_newest_backups_stay_and_nothing_else_is_touched(instance, tmp_path):
    others = [tmp_path / "mien-before-update.backup", tmp_path / "mien-2020-01-01T000000Z.backup.txt"]
    old = [tmp_path / f"mien-2020-01-0{day}T030000Z.backup" for day in range(1, 5)]
    for path in [*others, *old]:
        path.write_text("kept")
    done = backup(instance, "--keep", 3, tmp_path)
    assert done.returncode == 0, done.stderr
    left = {path.name for path in tmp_path.iterdir()} - {path.name for path in [*others, *old[2:]]}
    assert len(left) == 1 and re.fullmatch(r"mien-\d{4}-\d\d-\d\dT\d{6}Z\.backup", left.pop())
    assert all(path.exists() for path in others)
    time.sleep(1.1)  # The next second has another name.
    assert backup(instance, "--keep", 1, tmp_path).returncode == 0
    assert len(list(tmp_path.glob("mien-2*Z.backup"))) == 1


def test_a_backup_that_fails_removes_no_older_one(instance, tmp_path):
    old = tmp_path / "mien-2020-01-01T000000Z.backup"
    old.write_text("kept")
    nowhere = instance | {"MIEN_VAR": str(tmp_path / "never-started")}
    done = backup(nowhere, "--keep", 1, tmp_path)
    assert done.returncode == 1 and "Nothing was ever started" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [old.name]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["--keep", "0", "."], 1, '--keep takes how many backups are to stay, 1 to 9999, not "0"'),
        (["--keep", "many", "."], 1, 'not "many"'),
        (["--keep"], 1, 'not ""'),
        (["--keep", "2", "nowhere"], 1, "nowhere is no folder"),
        (["--kept", "2", "."], 2, "Deploy/backup [--compose] --keep N FOLDER"),
        ([], 2, "Deploy/backup [--compose] FILE"),
    ],
)
def test_wrong_arguments_are_told(instance, arguments, code, reason):
    done = backup(instance, *arguments)
    assert done.returncode == code and reason in done.stderr
