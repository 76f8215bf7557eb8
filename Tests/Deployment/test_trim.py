"""Deploy/lib/trim: what the parts of an instance print does not fill the disk, and none of it is torn from them."""

import os
import subprocess
from pathlib import Path

from waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PARTS = "common ports process postgres broker services"


def shell(instance: Path, command: str) -> str:
    sources = "".join(f'. "$here/lib/{part}.sh"; ' for part in PARTS.split())
    script = f"set -euo pipefail; here={ROOT}/Deploy; {sources}{command}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIEN_")}
    done = subprocess.run(
        ["bash", "-c", script], env=kept | {"MIEN_VAR": str(instance)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_output_is_cut_while_its_service_goes_on(tmp_path):
    shell(tmp_path, "open_var; spawn talker '' bash -c 'while sleep 0.01; do echo a line that is printed; done'")
    log = tmp_path / "log"
    small, other = log / "small.out", log / "talker.log"
    small.write_text("kept")
    other.write_text("x" * 5000)
    try:
        # As up does it, but sooner.
        shell(tmp_path, f"spawn trim '' '{ROOT}/Deploy/lib/trim' '{log}' 1000 0.2")
        output, older = log / "talker.out", log / "talker.out.1"
        eventually(older.exists)
        first = older.stat().st_mtime_ns
        assert older.read_text().startswith("a line") and older.stat().st_size < 100_000
        eventually(lambda: older.stat().st_mtime_ns != first)
        eventually(lambda: output.stat().st_size > 100)
        # Nothing but lines: what goes on does so at the new end.
        assert set(output.read_text().splitlines()[:-1]) <= {"a line that is printed"}
        assert small.read_text() == "kept" and other.stat().st_size == 5000 and not (log / "small.out.1").exists()
    finally:
        shell(tmp_path, "stop_process talker 5; stop_process trim 5")


def test_it_is_started_once_and_ends_with_the_instance(tmp_path):
    pid = shell(tmp_path, "open_var; up_trim; up_trim; recorded_pid trim")
    assert Path(f"/proc/{pid}").exists()
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert [os.fsdecode(part) for part in arguments[2:5]] == [str(tmp_path / "log"), "10485760", "60"]
    local = (ROOT / "Deploy/local").read_text()
    assert "\n  up_trim\n" in local[local.index("\nup() {") : local.index("\noffer_setup() {")]
    assert "\n  stop_process trim 5\n" in local[local.index("\ndown() {") : local.index("\nstatus() {")]
    shell(tmp_path, "stop_process trim 5")
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert shell(tmp_path, "recorded_pid trim") == ""
