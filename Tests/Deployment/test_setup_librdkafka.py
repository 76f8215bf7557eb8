"""Deploy/setup's newest librdkafka: the pinned wheel's library under the name that the executables look for."""

import ctypes
import os
import re
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "Deploy" / "setup"


class Machine:
    """A machine that lacks nothing but this library; what would need root is done in a folder."""

    def __init__(self, folder: Path):
        self.library = folder / "prefix/lib/mien/librdkafka"
        self.script = SETUP.read_text()
        # Only the step itself is looked at: the group's packages of apt are there already, or not wanted here.
        self.change(r"^prefix=/usr/local$", f"prefix={folder}/prefix")
        self.change(r"gateway-run\) echo ca-certificates.*?;;", "gateway-run) ;;")
        self.change(r"needed_apt\+=\(python3 python3-pip\)", ":")
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name, text in {"id": "echo 0", "chown": "true"}.items():
            (self.programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.programs / name).chmod(0o755)
        self.copy = folder / "setup"

    def change(self, pattern: str, replacement: str) -> None:
        self.script, count = re.subn(pattern, replacement, self.script, flags=re.MULTILINE)
        assert count == 1, pattern

    def set_up(self) -> str:
        self.copy.write_text(self.script)
        run = subprocess.run(
            ["bash", self.copy, "gateway-run"], capture_output=True, text=True, timeout=300,
            env=os.environ | {"PATH": f"{self.programs}:{os.environ['PATH']}"},
        )
        assert run.returncode == 0, run.stderr
        return run.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_library_is_of_the_version_that_its_name_says(machine: Machine):
    assert "downloading confluent-kafka==" in machine.set_up()
    library = machine.library / "librdkafka.so.1"
    version = re.search(r"^librdkafka_version=(\S+)", machine.script, flags=re.MULTILINE)[1]
    assert library.resolve() == machine.library / f"librdkafka-{version}.so"
    rdkafka = ctypes.CDLL(str(library))
    rdkafka.rd_kafka_version_str.restype = ctypes.c_char_p
    assert rdkafka.rd_kafka_version_str().decode() == version
    assert "librdkafka" in (machine.library / "LICENSE").read_text()
    assert machine.set_up() == "", "what is there is not fetched again"


def test_another_file_than_the_pinned_one_is_refused_and_debians_serves(machine: Machine):
    machine.change(r"(?s)(?<=confluent_kafka_version\n)(    --hash=sha256:)[0-9a-f]{64}\n\s+--hash=sha256:[0-9a-f]{64}", r"\g<1>" + "0" * 64)
    said = machine.set_up()
    assert "DO NOT MATCH" in said.upper() and "Debian's is used" in said
    assert not (machine.library / "librdkafka.so.1").exists()
    assert machine.set_up() == "", "it is not asked for at every run"
