"""Deploy/test --kafka: a folder without Kafka in it is refused before anything runs."""

import subprocess
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "Deploy"


def test_a_folder_without_kafka_is_named(tmp_path: Path):
    (tmp_path / "kafka-server-4.3.1.jar").touch()
    run = subprocess.run([DEPLOY / "test", "--kafka", tmp_path], capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert run.stderr == f'There are no jars of Kafka in {tmp_path}: it has to be the folder "libs" of a release.\n'
    assert run.stdout == ""
