"""Deploy/train says what is wrong with a call before it installs anything, and installs no more than it has to."""

import fcntl
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLATION = "train: Python 3.11 or newer is needed (set PYTHON)\n"
"""What a right call comes to with a Python that can do nothing."""

PYTHON = """#!/bin/sh
[ "$1" = -m ] || exit 0
echo "venv" >>"$LOG"
mkdir -p "$3/bin"
printf '#!/bin/sh\\nfor last; do :; done; echo "pip $last" >>"$LOG"; exit "${PIP_FAILS:-0}"\\n' >"$3/bin/pip"
printf '#!/bin/sh\\necho "trainer $*" >>"$LOG"\\n' >"$3/bin/trainer"
chmod +x "$3/bin/pip" "$3/bin/trainer"
"""
"""A Python whose environments only note what they are asked to do."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout of what Deploy/train needs, so that no environment of the real one is used or removed."""
    checkout = tmp_path / "checkout"
    trainer = checkout / "Services/Trainer"
    (checkout / "Deploy").mkdir(parents=True)
    trainer.mkdir(parents=True)
    shutil.copy(ROOT / "Deploy/train", checkout / "Deploy")
    shutil.copy(ROOT / "Services/Trainer/pyproject.toml", trainer)
    shutil.copytree(ROOT / "Services/Trainer/configs", trainer / "configs")
    for name in ("train.csv", "test.csv", "votes.csv"):
        (tmp_path / name).write_text("emotion,pixels\n")
    (tmp_path / "model").mkdir()
    for name in ("card.json", "model.xml", "model.bin"):
        (tmp_path / "model" / name).write_text("")
    (tmp_path / "no-model").mkdir()
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def train(place: Path, *arguments: str, python: str = "/bin/false", **variables: str) -> subprocess.CompletedProcess:
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": python, "LOG": str(place / "log"), **variables}
    command = ["bash", str(place / "checkout/Deploy/train"), *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("", "which CSV or folder?"),
        ("nowhere.csv", "nowhere.csv: no such file"),
        ("train.csv test.csv", "one CSV or folder to train on, not two: test.csv"),
        ("train.csv --tset test.csv", "unknown option --tset"),
        ("train.csv --config small --config small", "small is named twice"),
        ("train.csv --config small --config mien-vgg --config small", "small is named twice"),
        ("train.csv --config small --student small", "small is named twice"),
        ("train.csv --student mien-inception-s", "mien-inception-s is named twice"),
        ("train.csv --student student-f --student small", "one --student, not two"),
        ("train.csv --config nothing", "no configuration nothing"),
        ("train.csv --config study/recipe", "study/recipe is no configuration's name"),
        ("train.csv --config ../configs/small", "is no configuration's name"),
        ("train.csv --student ./small", "./small is no configuration's name"),
        ("train.csv --student ..", ".. is no configuration's name"),
        ("train.csv --config", "--config needs a value"),
        ("train.csv --config small --config mien-vgg --start model", "only a single network can start"),
        ("train.csv --start model --config small --config mien-vgg", "only a single network can start"),
        ("train.csv --start nowhere", "--start nowhere: no exported model"),
        ("train.csv --start no-model", "--start no-model: no exported model, it holds no card.json"),
        ("train.csv --start train.csv", "--start train.csv: no exported model"),
        ("train.csv --test nowhere.csv", "--test nowhere.csv: no such file"),
        ("train.csv --votes nowhere.csv", "--votes nowhere.csv: no such file"),
        ("train.csv --votes --int8", "--votes needs a value, not --int8"),
        ("train.csv --model-version ..", "--model-version ..: takes letters"),
        ("train.csv --model-version 1/2", "--model-version 1/2: takes letters"),
        ("train.csv --model-version 1ä", "--model-version 1ä: takes letters"),
        ("train.csv --model-version -1", "--model-version needs a value"),
        ("train.csv --name a/b", "--name a/b: takes letters"),
        ("train.csv --name", "--name needs a value"),
        ("train.csv --work", "--work needs a value"),
        ("train.csv --work test.csv", "test.csv is no folder"),
    ],
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_wrong_call_is_told_before_anything_is_installed(place, arguments, reason, locale):
    told(train(place, *arguments.split(), LC_ALL=locale), reason)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([""], "an empty name is no CSV"),
        (["train.csv", "--config", ""], "--config needs a value"),
        (["train.csv", "--work", ""], "--work needs a value"),
        (["train.csv", "--model-version", ""], "--model-version needs a value"),
        (["train.csv", "--model-version", "1 0"], "--model-version 1 0: takes letters"),
        (["train.csv", "--model-version", "1\n0"], "--model-version 1 0: takes letters"),
    ],
)
def test_empty_values_and_blanks_are_told_too(place, arguments, reason):
    told(train(place, *arguments), reason)


def told(done: subprocess.CompletedProcess, reason: str) -> None:
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("train: ") and reason in done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr != INSTALLATION


@pytest.mark.parametrize(
    "arguments",
    [
        "train.csv",
        "train.csv --test test.csv --votes votes.csv --config continue-m --start model --model-version 2.2.0-rc_1+x",
        "--int8 train.csv --config small --config mien-vgg --mirror --student student-f",
        "train.csv --config small --start model --student student-f --name first --work new/folder",
        "model --work .",
    ],
)
def test_a_right_call_reaches_the_installation(place, arguments):
    done = train(place, *arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", INSTALLATION)


def test_help_tells_every_option(place):
    done = train(place, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in "test votes start name model-version int8 config mirror student work".split():
        assert f"\n  --{option} " in done.stdout


def test_runs_lie_where_work_says(place):
    by_default = train(place, "train.csv", "--config", "small", "--config", "mien-vgg", python=str(place / "python"))
    assert by_default.returncode == 0, by_default.stderr
    assert log(place)[-1].endswith(f" --work {place}/checkout/var/trainer/small+mien-vgg")
    elsewhere = train(place, "train.csv", "--work", "my runs", python=str(place / "python"))
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert log(place)[-1].endswith(" --work my runs")


def test_int8_comes_on_top_of_the_environment(place):
    source = place / "checkout/Services/Trainer"
    python = str(place / "python")
    made, added = ["venv", f"pip {source}"], [f"pip {source}[int8]"]

    def steps(*options: str, **variables: str) -> list[str]:
        (place / "log").unlink(missing_ok=True)
        train(place, "train.csv", *options, python=python, **variables)
        return [line for line in log(place) if not line.startswith("trainer ")]

    assert steps() == made
    assert steps() == []
    assert steps("--int8", PIP_FAILS="1") == added
    assert steps("--int8") == added
    assert "--int8" in log(place)[-1].split()
    assert steps("--int8") == steps() == []
    # Other pinned versions: everything anew.
    with (source / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert steps() == made
    assert steps("--int8") == added


def test_two_calls_at_once_install_one_after_the_other(place):
    home = place / "checkout/var/trainer"
    home.mkdir(parents=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with ThreadPoolExecutor() as pool:
            calls = [pool.submit(train, place, "train.csv", python=str(place / "python")) for _ in range(2)]
            time.sleep(0.5)
            assert not (place / "log").exists()
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert [call.result().returncode for call in calls] == [0, 0]
    assert sorted(line.split()[0] for line in log(place)) == ["pip", "trainer", "trainer", "venv"]


def log(place: Path) -> list[str]:
    return (place / "log").read_text().splitlines()
