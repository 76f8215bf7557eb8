"""`trainer train`: starts the training processes with the environment they need, and ends with them."""

import ctypes.util
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

from trainer import config as configuration
from trainer.errors import InputError


def environment() -> dict[str, str]:
    """One thread per process; OpenMP threads that sleep while they wait; jemalloc where it is installed.

    Default OpenMP waiting beside other load cut the throughput to a twentieth. jemalloc with transparent huge pages
    spares the page faults of tensors that glibc gives back after every step.
    """
    variables = {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    if jemalloc := ctypes.util.find_library("jemalloc"):
        variables["LD_PRELOAD"] = jemalloc
        variables["MALLOC_CONF"] = "thp:always,metadata_thp:auto,dirty_decay_ms:-1"
    return os.environ | variables


PATIENCE = 10.0
"""Seconds that the others have to end by themselves when one process has failed, so that the one with a reason says it."""


def train(
    config_path: Path, data_path: Path, run: Path, teachers: tuple[Path, ...] = (), start: Path | None = None
) -> int:
    """Train, or go on with a run that has a checkpoint; returns the exit code of the first process that failed, or 0.

    `teachers` are checkpoints to learn from, and `start` is an exported model to start from, instead of those that the
    configuration names.
    """
    config = configuration.load(config_path, [str(path) for path in teachers], str(start or ""))
    if not data_path.is_file():
        raise InputError(f"{data_path}: no such file (make it with `trainer prepare`)")
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{run}: cannot be made: {error.strerror}") from None
    # A file nobody has used before: a left-over of a killed run would join processes of two lives.
    meeting = run / f".meeting-{uuid.uuid4().hex}"
    given = (config_path, data_path, run, meeting, config.start, *teachers)
    command = [sys.executable, "-m", "trainer.worker", *map(str, given)]
    processes = [subprocess.Popen(command, env=environment() | {"RANK": str(rank)}) for rank in range(config.processes)]
    try:
        while any(process.poll() is None for process in processes):
            if any(process.poll() for process in processes):
                _wait(processes)
                break
            time.sleep(0.2)
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            process.wait()
        meeting.unlink(missing_ok=True)
    codes = [process.returncode for process in processes]
    # A process that only lost its partner ends by signal; the one with a reason to show has an exit code.
    return max(codes) if max(codes) > 0 else int(any(codes))


def _wait(processes: list[subprocess.Popen]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(0.1)
