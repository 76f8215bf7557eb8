"""Deploy/backup with a private PostgreSQL cluster, as Deploy/local keeps one."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import eventually

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


def backup(
    variables: dict[str, str], *arguments: object, cwd: Path | None = None, script: str = "backup"
) -> subprocess.CompletedProcess:
    command = ["bash", str(ROOT / "Deploy" / script), *map(str, arguments)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, cwd=cwd)


def started(variables: dict[str, str], *arguments: object) -> subprocess.Popen:
    """A backup that goes on; signals that the tests' own parent ignores are none that it ignores."""
    command = ["bash", str(ROOT / "Deploy/backup"), *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: [signal.signal(one, signal.SIG_DFL) for one in (signal.SIGHUP, signal.SIGINT)],
    )


def dumps_that_wait(variables: dict[str, str]) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
    return int(shell(variables, f'pg_psql -d mien -At -c "{query}"'))


@contextmanager
def table_locked(variables: dict[str, str]) -> Iterator[None]:
    """No dump comes to its end meanwhile."""
    mark = "holds-a-table"
    sources = "".join(f". '{ROOT}/Deploy/lib/{part}.sh'; " for part in PARTS.split())
    lock = f"BEGIN; SET application_name = '{mark}'; LOCK TABLE kept; SELECT pg_sleep(100)"
    of_ours = f"FROM pg_stat_activity WHERE application_name = '{mark}'"
    with subprocess.Popen(
        ["bash", "-c", f'{sources} open_postgres; pg_psql -d mien -c "{lock}"'],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        try:
            asleep = f"SELECT count(*) {of_ours} AND wait_event = 'PgSleep'"
            eventually(lambda: int(shell(variables, f'pg_psql -d mien -At -c "{asleep}"')))
            yield
        finally:
            shell(variables, f'pg_psql -d mien -c "SELECT pg_terminate_backend(pid) {of_ours}"')


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
        (["--keep", "0", "."], 2, '--keep takes how many backups are to stay, 1 to 9999, not "0"'),
        (["--keep", "many", "."], 2, 'not "many"'),
        (["--keep"], 2, 'not ""'),
        (["--keep", "2", "nowhere"], 1, "nowhere is no folder"),
        (["--kept", "2", "."], 2, "Deploy/backup [--compose] --keep N FOLDER"),
        ([], 2, "Deploy/backup [--compose] FILE"),
        (["-x"], 2, "There is no option -x."),
        (["--keep", "2", "-x"], 2, "There is no option -x."),
        (["--compose", "-x.backup"], 2, "There is no option -x.backup."),
    ],
)
def test_wrong_arguments_are_told(instance, tmp_path, arguments, code, reason):
    done = backup(instance, *arguments, cwd=tmp_path)
    assert done.returncode == code and reason in done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_an_answer(instance, option):
    done = backup(instance, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Deploy/backup [--compose] FILE" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["--help"], 0, ""),
        (["--yes", "-h"], 0, ""),
        (["-x"], 2, "There is no option -x.\nDeploy/restore [--yes] FILE"),
        (["--yes", "--no"], 2, "There is no option --no.\nDeploy/restore [--yes] FILE"),
        ([], 2, "Deploy/restore [--yes] FILE"),
        ([""], 2, "The name of the backup is empty.\n"),
        (["."], 1, ". is a folder: name the backup in it.\n"),
    ],
)
def test_restore_answers_wrong_arguments_alike(instance, tmp_path, arguments, code, reason):
    done = backup(instance, *arguments, cwd=tmp_path, script="restore")
    assert done.returncode == code and done.stderr.startswith(reason)
    assert ("Deploy/restore --compose [--yes] FILE" in done.stdout) == (code == 0)
    assert code != 0 or done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([""], 2, "The name of the backup is empty."),
        (["--keep", "2", ""], 2, "The name of the backup is empty."),
        (["nowhere/x.backup"], 1, "nowhere/x.backup cannot be written: the folder nowhere is not there."),
        (["nowhere/"], 1, "nowhere/ cannot be written."),
        (["--keep", "2", "nowhere"], 1, "nowhere is no folder: --keep takes the one that the backups lie in."),
        (["."], 1, ". is a folder: name a file in it, or say --keep N for one with the time in its name."),
        (["dangling"], 1, "dangling exists already: an older backup is not written over."),
    ],
)
def test_a_name_that_cannot_be_is_told_in_one_line(instance, tmp_path, arguments, code, line):
    (tmp_path / "dangling").symlink_to("nothing")
    done = backup(instance, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"{line}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["dangling"]


def test_a_link_to_the_folder_is_as_good_as_the_folder(instance, tmp_path):
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to("folder")
    old = folder / "mien-2020-01-01T000000Z.backup"
    old.write_text("old")
    done = backup(instance, "--keep", 1, link)
    assert done.returncode == 0, done.stderr
    assert not old.exists() and f"Removed {old}" in done.stdout
    assert len(list(folder.iterdir())) == 1 and link.is_symlink()


def test_what_a_killed_backup_left_goes_after_a_day(instance, tmp_path):
    names = ["mien-2020-01-01T000000Z.backup.part", "mien-2020-01-02T000000Z.backup.part.aB3xYz"]
    foreign = ["mine.backup.part.aB3xYz", "mien-2020-01-01T000000Z.backup.part.of-mine", "mien-new.part"]
    a_day_ago = time.time() - 25 * 3600
    for name in [*names, *foreign]:
        (tmp_path / name).write_text("cut")
        os.utime(tmp_path / name, (a_day_ago, a_day_ago))
    fresh = tmp_path / "mien-2020-01-03T000000Z.backup.part.aB3xYz"
    fresh.write_text("another one at work")
    assert backup(instance, tmp_path / "mine.backup").returncode == 0
    assert all((tmp_path / name).exists() for name in names)
    done = backup(instance, "--keep", 1, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any((tmp_path / name).exists() for name in names)
    assert fresh.exists() and all((tmp_path / name).exists() for name in foreign)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_backup_that_is_ended_by_a_signal_leaves_nothing(instance, tmp_path, number):
    with table_locked(instance):
        process = started(instance, "--keep", 1, tmp_path)
        eventually(lambda: dumps_that_wait(instance))
        (part,) = tmp_path.iterdir()
        assert re.fullmatch(r"mien-.*Z\.backup\.part\.\w{6}", part.name)
        assert part.stat().st_mode & 0o777 == 0o600
        process.send_signal(number)
        process.communicate(timeout=30)
        assert process.returncode == -number
        assert list(tmp_path.iterdir()) == []
        eventually(lambda: not dumps_that_wait(instance))


def test_two_backups_in_the_same_second_do_not_write_into_one_file(instance, tmp_path):
    programs, folder = tmp_path / "programs", tmp_path / "folder"
    for path in (programs, folder):
        path.mkdir()
    (programs / "date").write_text("#!/bin/sh\necho 2026-01-01T000000Z\n")
    (programs / "date").chmod(0o755)
    variables = instance | {"PATH": f"{programs}:{instance['PATH']}"}
    with table_locked(instance):
        both = [started(variables, "--keep", 2, folder) for _ in range(2)]
        eventually(lambda: dumps_that_wait(instance) == 2)
        assert len(list(folder.iterdir())) == 2
    errors = [process.communicate(timeout=60)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], errors
    file = folder / "mien-2026-01-01T000000Z.backup"
    assert f"{file} exists already: another backup was faster.\n" in errors
    assert list(folder.iterdir()) == [file]
    assert "kept" in shell(instance, f"\"$(pg_bin)/pg_restore\" --list '{file}'")


def test_a_dump_that_fails_leaves_nothing_and_says_so_once(instance, tmp_path):
    with table_locked(instance):
        process = started(instance, tmp_path / "mine.backup")
        eventually(lambda: dumps_that_wait(instance))
        of_dumps = "FROM pg_stat_activity WHERE application_name = 'pg_dump'"
        shell(instance, f'pg_psql -d mien -c "SELECT pg_terminate_backend(pid) {of_dumps}"')
        errors = process.communicate(timeout=30)[1]
    assert process.returncode == 1 and list(tmp_path.iterdir()) == []
    assert errors.endswith("pg_dump failed; nothing was saved.\n") and "(line " not in errors


@pytest.fixture
def much(instance) -> Iterator[None]:
    """Most of a dump is no table of contents."""
    rows = "SELECT gen_random_uuid() AS id FROM generate_series(1, 50000)"
    shell(instance, f'pg_psql -d mien -c "CREATE TABLE much AS {rows}"')
    yield
    shell(instance, 'pg_psql -d mien -c "DROP TABLE much"')


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def test_a_backup_that_reads_its_dump_ends_when_it_is_told_to(instance, tmp_path):
    programs, begun = tmp_path / "programs", tmp_path / "begun"
    programs.mkdir()
    program(programs / "pg_dump", "echo a dump")
    program(programs / "pg_restore", f"echo $$ >{begun}.new; mv {begun}.new {begun}; exec sleep 60")
    shutil.copytree(ROOT / "Deploy", tmp_path / "Deploy")
    with (tmp_path / "Deploy/lib/postgres.sh").open("a") as file:
        file.write(f"pg_bin() {{ echo {programs}; }}\n")
    running = subprocess.Popen(["bash", tmp_path / "Deploy/backup", tmp_path / "a.backup"], env=instance)
    eventually(begun.exists)
    running.terminate()
    assert running.wait(timeout=10) == -signal.SIGTERM
    eventually(lambda: not Path("/proc", begun.read_text().strip()).exists())
    assert not list(tmp_path.glob("a.backup*"))


@pytest.mark.parametrize("options", [[], ["--compose"]])
def test_a_dump_that_was_cut_short_removes_no_older_backup(instance, much, tmp_path, options):
    whole, old = tmp_path / "whole.backup", tmp_path / "mien-2020-01-01T000000Z.backup"
    assert backup(instance, whole).returncode == 0
    old.write_text("kept")
    programs = tmp_path / "programs"
    programs.mkdir()
    program(programs / "pg_dump", f"head -c {whole.stat().st_size // 3} {whole}")
    (programs / "pg_restore").symlink_to(shell(instance, "pg_bin").strip() + "/pg_restore")
    listed = [programs / "pg_restore", "--list"]
    cut = subprocess.run([programs / "pg_dump"], capture_output=True).stdout
    assert subprocess.run(listed, input=cut, capture_output=True).returncode == 0
    program(programs / "docker", f'[ "$2" = exec ] || exec echo running\nexec {programs}/"$5" "${{@:6}}"')
    # The instance's own programs are found by their version.
    shutil.copytree(ROOT / "Deploy", tmp_path / "Deploy")
    with (tmp_path / "Deploy/lib/postgres.sh").open("a") as file:
        file.write(f"pg_bin() {{ echo {programs}; }}\n")
    done = subprocess.run(
        ["bash", tmp_path / "Deploy/backup", *options, "--keep", "1", tmp_path],
        env=instance | {"PATH": f"{programs}:{instance['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "could not read from input file" in done.stderr and done.stderr.endswith("The dump cannot be read back.\n")
    assert sorted(path.name for path in tmp_path.glob("*.backup*")) == sorted([old.name, whole.name])


@pytest.mark.parametrize("script", ["backup", "restore"])
@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (
            "echo permission denied >&2; exit 1",
            "permission denied\nDocker Compose does not say whether the service postgres runs: see the lines above. "
            "If it is only stopped: docker compose up --detach --wait postgres\n",
        ),
        ("true", "The service postgres does not run. Start it: docker compose up --detach --wait postgres\n"),
    ],
)
def test_why_docker_does_not_answer_is_told(instance, tmp_path, script, answer, lines):
    program(tmp_path / "docker", answer)
    file = tmp_path / "a.backup"
    if script == "restore":
        file.write_text("PGDMP")
    variables = instance | {"PATH": f"{tmp_path}:{instance['PATH']}"}
    done = backup(variables, "--compose", file, script=script)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", lines)


def test_a_backup_that_is_not_on_the_disk_removes_no_older_one(instance, tmp_path):
    programs, folder = tmp_path / "programs", tmp_path / "folder"
    for path in (programs, folder):
        path.mkdir()
    program(programs / "sync", "exit 1")
    old = folder / "mien-2020-01-01T000000Z.backup"
    old.write_text("kept")
    done = backup(instance | {"PATH": f"{programs}:{instance['PATH']}"}, "--keep", 1, folder)
    assert done.returncode == 1 and done.stderr.endswith("cannot be written to the disk.\n")
    assert list(folder.iterdir()) == [old]


def databases(variables: dict[str, str]) -> set[str]:
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'mien%'"
    return set(shell(variables, f'pg_psql -d postgres -At -c "{query}"').split())


@pytest.fixture
def saved(instance, tmp_path) -> Iterator[Path]:
    """A backup, after which a table was made."""
    file = tmp_path / "mine.backup"
    assert backup(instance, file).returncode == 0
    shell(instance, 'pg_psql -d mien -c "CREATE TABLE later ()"')
    yield file
    shell(instance, 'pg_psql -d mien -c "DROP TABLE IF EXISTS later"')


def has_later(variables: dict[str, str]) -> bool:
    return shell(variables, "pg_psql -d mien -At -c \"SELECT to_regclass('later') IS NOT NULL\"").strip() == "t"


def test_a_restore_that_was_ended_on_its_way_hinders_none(instance, saved):
    for name in ("mien_restored", "mien_replaced"):
        shell(instance, f'pg_psql -d postgres -c "CREATE DATABASE {name}"')
    done = backup(instance, "--yes", saved, script="restore")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Start the site again: Deploy/local up\n")
    assert databases(instance) == {"mien"} and not has_later(instance)


def test_only_one_restore_is_at_work(instance, saved, tmp_path):
    program(tmp_path / "docker", f"touch {tmp_path}/asked; sleep 20")
    variables = instance | {"PATH": f"{tmp_path}:{instance['PATH']}"}
    command = ["bash", ROOT / "Deploy/restore", "--compose", "--yes", saved]
    with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL, start_new_session=True) as first:
        try:
            eventually((tmp_path / "asked").exists)
            second = backup(instance, "--yes", saved, script="restore")
        finally:
            os.killpg(first.pid, signal.SIGKILL)
    assert second.returncode == 1 and second.stderr == "Another Deploy/restore is at work; nothing was changed.\n"
    assert has_later(instance)


def test_what_is_no_backup_is_told_in_one_line(instance, tmp_path):
    file = tmp_path / "a.backup"
    file.write_bytes(b"\x1f\x8b\0\0\0")
    done = backup(instance, file, script="restore")
    line = f"{file} is no backup: it takes a file that Deploy/backup made.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)


def test_a_restore_that_cannot_take_the_place_says_how_to_go_on(instance, saved, tmp_path):
    shutil.copytree(ROOT / "Deploy", tmp_path / "Deploy")
    with (tmp_path / "Deploy/lib/database.sh").open("a") as file:
        file.write('eval "real_$(declare -f database)"\n')
        file.write('database() { if [[ $1 = psql && $* != *--command* ]]; then return 3; fi; real_database "$@"; }\n')
    command = ["bash", tmp_path / "Deploy/restore", "--yes", saved]
    done = subprocess.run(command, env=instance, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "nothing was changed. The site stands still: start it again (Deploy/local up)" in done.stderr
    assert databases(instance) == {"mien"} and has_later(instance)
