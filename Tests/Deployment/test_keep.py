"""Deploy/lib/keep: a service that ends by itself is started again, and ends with its keeper."""

import os
import signal
import subprocess
import time
from pathlib import Path

from waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
KEEP = ROOT / "Deploy" / "lib" / "keep"


def start(record: Path, *command: str) -> subprocess.Popen:
    return subprocess.Popen([KEEP, record, *command], start_new_session=True, stderr=subprocess.DEVNULL)


def test_what_never_came_up_ends_at_once_with_its_own_status(tmp_path):
    keeper = start(tmp_path / "ends", "sh", "-c", "exit 7")
    assert keeper.wait(timeout=5) == 7
    assert (tmp_path / "ends").read_text() == ""


def test_what_ends_later_is_started_again_and_recorded(tmp_path):
    pids = tmp_path / "pids"
    keeper = start(tmp_path / "ends", "sh", "-c", f"echo $$ >>{pids}; exec sleep 60")
    try:
        eventually(lambda: pids.exists() and pids.read_text(), seconds=15.0)
        # Only what was up for ten seconds is started again.
        time.sleep(10.5)
        os.kill(int(pids.read_text()), signal.SIGKILL)
        eventually(lambda: len(pids.read_text().split()) == 2, seconds=15.0)
        assert (tmp_path / "ends").read_text().endswith(" signal KILL\n")
        second = int(pids.read_text().split()[1])
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(timeout=5) == 0
        eventually(lambda: not Path(f"/proc/{second}").exists(), seconds=15.0)
    finally:
        keeper.kill()


def test_it_ends_with_its_keeper_however_that_ends(tmp_path):
    pids = tmp_path / "pids"
    keeper = start(tmp_path / "ends", "sh", "-c", f"echo $$ >>{pids}; exec sleep 60")
    eventually(lambda: pids.exists() and pids.read_text(), seconds=15.0)
    keeper.kill()
    keeper.wait()
    eventually(lambda: not Path(f"/proc/{int(pids.read_text())}").exists(), seconds=15.0)


def test_a_signal_that_comes_as_the_service_is_started_ends_both(tmp_path):
    for round in range(40):
        record, pids = tmp_path / f"ends-{round}", tmp_path / f"pids-{round}"
        keeper = start(record, "sh", "-c", f"echo $$ >{pids}; exec sleep 60")
        try:
            # The record is made just before the service is started.
            while not record.exists():
                assert keeper.poll() is None
            keeper.send_signal(signal.SIGTERM)
            assert keeper.wait(timeout=10) == 0
        finally:
            keeper.kill()
        # A service that was ended before it said its number is gone as well: the keeper waits for it.
        pid = pids.read_text().strip() if pids.exists() else ""
        assert not pid or not Path(f"/proc/{pid}").exists()
