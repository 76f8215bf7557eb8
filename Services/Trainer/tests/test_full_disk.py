"""What happens when the disk is full: one line, exit code 2, nothing half-written."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import faces, write_csv

from trainer.cli import main

CONFIG = "processes = 2\nbatch = 4\ncheckpoint_steps = 1\nvalidate_every = 100\n[budget]\nsteps = 3\n"


@dataclass
class Disk:
    """Where at most a megabyte can be written, what the system says then, and what a process must be limited by."""

    place: Path
    reason: str
    limit: Callable[[], None] | None


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of one megabyte; where none may be mounted, the kernel's limit on a file's size stands in for it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        limit = (1_000_000, 1_000_000)
        yield Disk(place, "File too large", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
        return
    yield Disk(place, "No space left on device", None)
    subprocess.run(["umount", place], check=True)


def refused(disk: Disk, *arguments: object) -> str:
    """Run the trainer, expect exit code 2 and one line; returns it. What was on the disk must be all there is."""

    def files() -> dict[Path, int]:
        return {path: path.stat().st_size for path in disk.place.rglob("*") if path.is_file()}

    before = files()
    command = [sys.executable, "-m", "trainer", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=disk.limit)
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, lines
    assert files() == before
    return lines[0]


def test_prepare_writes_no_half_data_file(disk, tmp_path):
    train = write_csv(tmp_path / "train.csv", *faces(700, 1))
    assert disk.reason in refused(disk, "prepare", "--train", train, "--out", disk.place / "data.npz")


def test_prepare_keeps_the_old_data_file(disk, tmp_path):
    small = write_csv(tmp_path / "small.csv", *faces(70, 1))
    large = write_csv(tmp_path / "large.csv", *faces(700, 1))
    assert main(["prepare", "--train", str(small), "--out", str(disk.place / "data.npz")]) == 0
    assert disk.reason in refused(disk, "prepare", "--train", large, "--out", disk.place / "data.npz")


def test_training_stops_with_one_line_from_one_process(disk, tmp_path, data_file):
    settings = tmp_path / "config.toml"
    settings.write_text(CONFIG)
    run = disk.place / "run"
    run.mkdir()
    line = refused(disk, "train", "--config", settings, "--data", data_file, "--run", run)
    assert f"checkpoint.pt: cannot be written: {disk.reason}" in line


def test_export_leaves_no_half_model(disk, tmp_path, data_file):
    settings = tmp_path / "config.toml"
    settings.write_text(CONFIG)
    run = tmp_path / "run"
    assert main(["train", "--config", str(settings), "--data", str(data_file), "--run", str(run)]) == 0
    arguments = ["--checkpoint", run / "final.pt", "--data", data_file, "--name", "x", "--model-version", "1"]
    assert "cannot be written" in refused(disk, "export", *arguments, "--out", disk.place)
    assert not list(disk.place.rglob("*.xml")) and not (disk.place / "x" / "1").exists()
