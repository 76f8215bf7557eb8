"""Deploy/local builds when something has changed, and only then; with a `swift` that only makes the files."""

import os
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SWIFT = """#!/bin/bash
echo "$*" >>"$LOG"
[ -z "$FAILS" ] || exit 1
mkdir -p .build/release
for name in mien-gateway mien-worker mien; do
  touch ".build/release/$name"
  chmod +x ".build/release/$name"
done
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the scripts and a few sources, all of them older than now."""
    root = tmp_path / "mien"
    for folder in ("Sources/Kafka", "Services/Gateway/Sources", "Services/Worker/Sources", "Services/Admin/Sources"):
        (root / folder).mkdir(parents=True)
        (root / folder / "File.swift").write_text("")
    (root / "Package.swift").write_text("")
    (root / "Deploy").mkdir()
    (root / "Deploy" / "setup").write_text("")
    subprocess.run(["cp", "-r", ROOT / "Deploy" / "lib", root / "Deploy" / "lib"], check=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "swift").write_text(SWIFT)
    (tools / "swift").chmod(0o755)
    earlier = time.time() - 60
    for path in [*root.rglob("*"), root]:
        os.utime(path, (earlier, earlier))
    return root


def build(checkout: Path, **environment: str) -> subprocess.CompletedProcess:
    script = 'here=$1; . "$here/lib/common.sh"; . "$here/lib/services.sh"; build'
    tools = checkout.parent / "tools"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script, "bash", checkout / "Deploy"],
        env={"PATH": f"{tools}:{os.environ['PATH']}", "LOG": str(checkout.parent / "log"), "FAILS": "", **environment},
        capture_output=True,
        text=True,
    )


def builds(checkout: Path) -> int:
    """How often `swift` has been called."""
    log = checkout.parent / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_nothing_is_built_where_nothing_has_changed(checkout):
    assert build(checkout).returncode == 0 and builds(checkout) == 1
    again = build(checkout)
    assert again.returncode == 0 and "nothing has changed" in again.stdout and builds(checkout) == 1


@pytest.mark.parametrize(
    "path", ["Package.swift", "Sources/Kafka/File.swift", "Services/Admin/Sources/New.swift", "Deploy/setup"]
)
def test_what_is_new_or_has_changed_is_built(checkout, path):
    build(checkout)
    (checkout / path).write_text("changed")
    later = time.time() + 1
    os.utime(checkout / path, (later, later))
    build(checkout)
    assert builds(checkout) == 2


def test_a_file_that_was_deleted_is_a_change(checkout):
    build(checkout)
    (checkout / "Sources/Kafka/File.swift").unlink()
    later = time.time() + 1
    os.utime(checkout / "Sources/Kafka", (later, later))
    build(checkout)
    assert builds(checkout) == 2


def test_a_build_that_failed_or_lost_an_executable_is_made_again(checkout):
    failed = build(checkout, FAILS="yes")
    assert failed.returncode == 1 and "The build failed" in failed.stderr
    build(checkout)
    assert builds(checkout) == 2
    (checkout / ".build/release/mien-worker").unlink()
    build(checkout)
    assert builds(checkout) == 3


def test_another_compiler_builds_anew(checkout):
    build(checkout)
    swift = checkout.parent / "tools" / "swift"
    swift.write_text(SWIFT + "# newer\n")
    build(checkout)
    assert builds(checkout) == 2
