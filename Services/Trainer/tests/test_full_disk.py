"""What happens when the disk is full: one line, exit code 2, nothing half-written."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import faces, write_csv

from trainer import checkpoint
from trainer.cli import main

CONFIG = "processes = 2\nbatch = 4\ncheckpoint_steps = 1\nvalidate_every = 100\n[budget]\nsteps = 3\n"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def refused(directory: Path, *arguments: object) -> str:
    """Run the trainer, expect exit code 2 and one line; returns it. What was in the directory must be all there is."""
    before = {path: path.stat().st_size for path in directory.rglob("*") if path.is_file()}
    done = subprocess.run([sys.executable, "-m", "trainer", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, lines
    assert {path: path.stat().st_size for path in directory.rglob("*") if path.is_file()} == before
    return lines[0]


def test_prepare_writes_no_half_data_file(disk, tmp_path):
    train = write_csv(tmp_path / "train.csv", *faces(700, 1))
    assert "No space left" in refused(disk, "prepare", "--train", train, "--out", disk / "data.npz")


def test_prepare_keeps_the_old_data_file(disk, tmp_path):
    small = write_csv(tmp_path / "small.csv", *faces(70, 1))
    large = write_csv(tmp_path / "large.csv", *faces(700, 1))
    assert main(["prepare", "--train", str(small), "--out", str(disk / "data.npz")]) == 0
    assert "No space left" in refused(disk, "prepare", "--train", large, "--out", disk / "data.npz")


def test_training_stops_with_one_line_from_one_process(disk, tmp_path, data_file):
    settings = tmp_path / "config.toml"
    settings.write_text(CONFIG)
    run = disk / "run"
    run.mkdir()
    line = refused(disk, "train", "--config", settings, "--data", data_file, "--run", run)
    assert "checkpoint.pt: cannot be written: No space left" in line


def test_export_leaves_no_half_model(disk, tmp_path, data_file):
    settings = tmp_path / "config.toml"
    settings.write_text(CONFIG)
    run = tmp_path / "run"
    assert main(["train", "--config", str(settings), "--data", str(data_file), "--run", str(run)]) == 0
    arguments = ["--checkpoint", run / "final.pt", "--data", data_file, "--name", "x", "--model-version", "1"]
    assert "cannot be written" in refused(disk, "export", *arguments, "--out", disk)
    assert not list(disk.rglob("*.xml")) and not (disk / "x" / "1").exists()


def test_a_file_larger_than_allowed_is_refused_in_the_same_way(tmp_path):
    """Needs no rights: the kernel's limit on a file's size stands in for the full disk."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "from pathlib import Path; from trainer import checkpoint; from trainer.errors import InputError\n"
        "import sys, torch\n"
        "try: checkpoint.save(Path(sys.argv[1]), {'weights': torch.zeros(100_000)})\n"
        "except InputError as error: print(error); raise SystemExit(2)"
    )
    path = tmp_path / "checkpoint.pt"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 2 and "checkpoint.pt: cannot be written: File too large" in done.stdout
    assert not list(tmp_path.iterdir())
    checkpoint.save(path, {"weights": 1})
    assert checkpoint.load(path)["weights"] == 1
