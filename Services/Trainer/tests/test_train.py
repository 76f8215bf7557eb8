import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from trainer import checkpoint
from trainer.cli import main

CONFIG = """
processes = {processes}
batch = 4
checkpoint_steps = 2
validate_every = 1
half = true
[budget]
steps = {steps}
"""


def config(directory: Path, steps: int = 20, processes: int = 1) -> Path:
    path = directory / "config.toml"
    path.write_text(CONFIG.format(steps=steps, processes=processes))
    return path


def command(config_path: Path, data: Path, run: Path) -> list[str]:
    return ["train", "--config", str(config_path), "--data", str(data), "--run", str(run)]


def test_a_run_killed_and_resumed_ends_like_an_uninterrupted_one(tmp_path, data_file):
    settings = config(tmp_path)
    assert main(command(settings, data_file, tmp_path / "whole")) == 0

    broken = tmp_path / "broken"
    process = subprocess.Popen(
        [sys.executable, "-m", "trainer", *command(settings, data_file, broken)], start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not (broken / "checkpoint.pt").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (broken / "final.pt").exists()
    stopped_at = checkpoint.load(broken / "checkpoint.pt")["step"]
    assert 0 < stopped_at < 20

    assert main(command(settings, data_file, broken)) == 0
    whole, resumed = (checkpoint.load(tmp_path / name / "final.pt") for name in ("whole", "broken"))
    assert whole["step"] == resumed["step"] == 20
    for part in ("network", "average"):
        for name, value in whole[part].items():
            assert torch.equal(value, resumed[part][name]), name
    for key in ("train_loss", "validation_loss", "validation_accuracy"):
        assert [row[key] for row in whole["history"]] == [row[key] for row in resumed["history"]]


def test_two_processes_train_together_and_keep_equal_weights(tmp_path, data_file):
    assert main(command(config(tmp_path, steps=4, processes=2), data_file, tmp_path / "run")) == 0
    assert checkpoint.load(tmp_path / "run" / "final.pt")["step"] == 4
    assert (tmp_path / "run" / "metrics.csv").read_text().startswith("epoch,step,minutes")
    assert not list((tmp_path / "run").glob(".*"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[budget]\nminutes = 1\nsteps = 3\n", "exactly one of minutes, epochs and steps"),
        ("bach = 3\n[budget]\nsteps = 1\n", "unknown key 'bach'"),
        ("batch = 'many'\n[budget]\nsteps = 1\n", "batch must be of type int"),
        ("batch = 0\n[budget]\nsteps = 1\n", "batch must be at least 1"),
        ("[budget\n", "not a TOML file"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line(capsys, tmp_path, data_file, text, reason):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert main(command(path, data_file, tmp_path / "run")) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and reason in lines[0]
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_of_another_network_or_a_damaged_one_is_refused(capfd, tmp_path, data_file):
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoint.pt").write_bytes(b"not a checkpoint")
    assert main(command(config(tmp_path), data_file, run)) == 2
    assert "not a checkpoint" in capfd.readouterr().err
    assert not (run / "final.pt").exists()
