"""Deploy's scripts say what they take wherever they are called from, and end where that cannot be written."""

import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "Deploy"


@pytest.mark.parametrize("script", ["backup", "restore", "test", "local", "train"])
def test_help_is_given_from_another_folder(script: str):
    done = subprocess.run(
        [f"./{script}", "--help"], cwd=DEPLOY, capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "") and f"Deploy/{script} " in done.stdout


@pytest.mark.parametrize("arguments", [["--chek"], ["--check", "mien.proto"], [""]])
def test_contracts_are_written_anew_only_by_who_asks_for_it(arguments: list[str]):
    done = subprocess.run([DEPLOY / "generate-contracts", *arguments], capture_output=True, text=True, timeout=30)
    line = f'generate-contracts: "{" ".join(arguments)}" is none of its options: --check, or none.\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


@pytest.mark.parametrize("script", ["backup", "restore", "test"])
def test_help_that_cannot_be_written_ends_too(script: str):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            ["timeout", "20", DEPLOY / script, "--help"], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
    assert done.returncode not in (0, 124) and len(done.stderr) < 1000


def test_a_wrong_option_of_a_benchmark_ends_where_nothing_can_be_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            ["timeout", "20", DEPLOY / "bench", "containers", "--nonsense"], stdout=full, stderr=full, stdin=subprocess.DEVNULL
        )
    assert done.returncode not in (0, 124)
