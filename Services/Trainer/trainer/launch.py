"""`trainer train`: starts the training processes with the environment they need, and ends with them."""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trainer import config as configuration
from trainer.errors import InputError
from trainer.files import hold

KEEP_MEMORY = {"hugetlb": 1, "mmap_threshold": 2**30, "trim_threshold": 2**36, "top_pad": 2**26}
"""glibc gives a step's tensors back to the kernel and faults them in again, page by page. With these settings (2.35 and
newer; the manual's "Memory Allocation Tunables") it keeps them, in huge pages: 5 to 10 % more faces a second. jemalloc does
as well, but OpenVINO 2026.4, in which teachers answer, ends the process when jemalloc is preloaded."""


def environment() -> dict[str, str]:
    """One thread per process; OpenMP threads that sleep while they wait; an allocator that keeps what it has.

    Default OpenMP waiting beside other load cut the throughput to a twentieth.
    """
    return os.environ | {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
        "GLOO_SOCKET_IFNAME": "lo",
        "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in KEEP_MEMORY.items()),
    }


PATIENCE = 10.0
"""Seconds that the others have to end by themselves when one process has failed, so that the one with a reason says it;
and that the processes of a launcher which was killed have to leave its run."""


@dataclass(frozen=True)
class Job:
    """A run to train, or to go on with where it has a checkpoint.

    `teachers` are checkpoints or exported models to learn from, and `start` is an exported model to start from, instead of
    those that the configuration names.
    """

    config: Path
    run: Path
    teachers: tuple[Path, ...] = ()
    start: Path | None = None


def train(jobs: list[Job], data: Path) -> int:
    """Train, side by side as far as there are cores, since runs of one process each get more out of two cores than one run
    of two; returns the exit code of the first process that failed, or 0. What goes on beside a failure is stopped."""
    if not data.is_file():
        raise InputError(f"{data}: no such file (make it with `trainer prepare`)")
    waiting, running = [_Run(job, data) for job in jobs], []
    try:
        while waiting or running:
            busy = sum(run.size for run in running)
            if waiting and (not running or busy + waiting[0].size <= (os.cpu_count() or 1)):
                waiting[0].begin()
                running.append(waiting.pop(0))
            for run in [run for run in running if run.has_ended()]:
                running.remove(run)
                if code := run.end():
                    return code
            time.sleep(0.2)
    finally:
        for run in running:
            run.end()
    return 0


def _cores(count: int) -> list[set[int]]:
    """The cores that each of so many processes may use: one of its own where together they have all of the machine's.

    They wait for each other at every step. Beside other work the kernel may leave two of them on one core, each waiting until
    the other has had its turn, for minutes. With fewer processes than cores a fixed core could be the one that others use.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [set()] * count
    cores = os.sched_getaffinity(0)
    return [{core} for core in sorted(cores)] if 1 < count == len(cores) else [cores] * count


@contextlib.contextmanager
def _bound_to(cores: set[int]) -> Iterator[None]:
    """Processes that are started meanwhile inherit these cores, with all threads that they will ever have."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class _Run:
    """The processes of one run."""

    def __init__(self, job: Job, data: Path) -> None:
        config = configuration.load(job.config, [str(path) for path in job.teachers], str(job.start or ""))
        self.directory, self.size, self.processes = job.run, config.processes, []
        # A file nobody has used before: a left-over of a killed run would join processes of two lives.
        self.meeting = job.run / f".meeting-{uuid.uuid4().hex}"
        given = (job.config, data, job.run, self.meeting, config.start, *job.teachers)
        self.command = [sys.executable, "-m", "trainer.worker", *map(str, given)]

    def begin(self) -> None:
        # Two lives of one run would write the same checkpoint.
        self.held = hold(self.directory, PATIENCE)
        variables = environment()
        for rank, core in enumerate(_cores(self.size)):
            with _bound_to(core):
                self.processes.append(
                    subprocess.Popen(self.command, env=variables | {"RANK": str(rank)}, pass_fds=(self.held,))
                )

    def has_ended(self) -> bool:
        """All processes have, or one failed, for whose reason the others have been waited for."""
        codes = [process.poll() for process in self.processes]
        if any(codes):
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and any(process.poll() is None for process in self.processes):
                time.sleep(0.1)
            return True
        return None not in codes

    def end(self) -> int:
        """Stop what still goes on; returns the exit code."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        codes = [process.wait() for process in self.processes]
        os.close(self.held)
        self.meeting.unlink(missing_ok=True)
        # A process that only lost its partner ends by signal; the one with a reason to show has an exit code.
        return max(codes) if max(codes) > 0 else int(any(codes))
