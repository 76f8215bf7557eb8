import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import faces, write_csv
from torch.nn import functional

from trainer import checkpoint, files, launch, precision, prepare, progress, training
from trainer import config as configuration
from trainer.augment import Augmentation
from trainer.cli import main
from trainer.config import Budget, Config, Teacher
from trainer.errors import InputError
from trainer.model import build
from trainer.teacher import Teachers
from trainer.training import targets_of

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


@pytest.mark.parametrize(
    ("maker", "flags", "faster"),
    [
        ("AuthenticAMD", "sse2 avx512f avx512_bf16", True),
        ("GenuineIntel", "sse2 avx512f avx512_bf16 amx_bf16 amx_tile", True),
        ("GenuineIntel", "sse2 avx512f avx512_bf16", False),
        ("AuthenticAMD", "sse2 avx2", False),
    ],
)
def test_bf16_is_taken_where_the_processor_gains_by_it(maker, flags, faster):
    core = f"processor\t: 0\nvendor_id\t: {maker}\nmodel name\t: A: B\nflags\t\t: {flags}\nbugs\t\t: avx512_bf16\n\n"
    assert precision.faster_in_bf16(core * 2) == faster


@pytest.mark.parametrize("description", ["", "processor\t: 0\nFeatures\t: fp asimd bf16\n", "flags", "vendor_id :\n"])
def test_a_processor_of_which_nothing_is_known_computes_in_f32(description):
    assert not precision.faster_in_bf16(description)


def test_a_processor_that_loses_by_bf16_trains_in_f32_and_says_so(tmp_path, data_file, monkeypatch, capsys):
    settings, run = configuration.load(config(tmp_path, steps=1)), tmp_path / "run"
    run.mkdir()
    monkeypatch.setattr(training, "gains_by_bf16", lambda device: False)
    monkeypatch.setattr(torch, "autocast", None)
    training.Training(settings, prepare.load(data_file), run, rank=0).fit()
    assert "in f32, since this processor is not faster in bf16" in capsys.readouterr().out
    assert settings.half and not checkpoint.load(run / "final.pt")["config"]["half"]


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
        ("processes = 65\n[budget]\nsteps = 1\n", "processes must lie in 1…64, not 65"),
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


@pytest.mark.parametrize("processes", [1, 2])
def test_a_damaged_checkpoint_is_one_clear_line(capfd, tmp_path, data_file, processes):
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoint.pt").write_bytes(b"not a checkpoint")
    assert main(command(config(tmp_path, processes=processes), data_file, run)) == 2
    assert refusal(capfd).endswith("checkpoint.pt: not a checkpoint, or damaged")
    assert not (run / "final.pt").exists()


def test_a_checkpoint_of_another_architecture_is_refused(capfd, tmp_path, data_file):
    run = tmp_path / "run"
    settings = config(tmp_path, steps=2)
    assert main(command(settings, data_file, run)) == 0
    assert (run / "curves.png").exists()
    capfd.readouterr()
    other = tmp_path / "other.toml"
    other.write_text('network = "reference-vgg"\n' + settings.read_text())
    assert main(command(other, data_file, run)) == 2
    assert "was made with network = 'mien-inception-s', the configuration says 'reference-vgg'" in refusal(capfd)
    # The same name, but the weights of another version of the network.
    content = checkpoint.load(run / "final.pt")
    content["average"] = {name: value[..., :1] if value.ndim else value for name, value in content["average"].items()}
    checkpoint.save(tmp_path / "odd.pt", content)
    out = ["--data", str(data_file), "--out", str(tmp_path / "out")]
    assert main(["evaluate", "--checkpoint", str(tmp_path / "odd.pt"), *out]) == 2
    assert "odd.pt: its weights are of another architecture" in refusal(capfd)
    assert not (tmp_path / "out").exists()


def test_copies_with_several_labels_have_the_mean_of_them_as_target():
    images = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    images[2] = images[0]
    votes = np.zeros((4, 7), dtype=np.float32)
    votes[1, 3] = 1
    part = prepare.Part(images, np.array([2, 1, 4, 4]), votes)
    targets = targets_of(part, votes_weight=0.3, smoothing=0)
    assert torch.equal(targets[0], targets[2]) and targets[0, [2, 4]].tolist() == [0.5, 0.5]
    assert targets[1, [1, 3]].tolist() == pytest.approx([0.7, 0.3]) and targets[3, 4] == 1


def train_with_losses(monkeypatch, settings: Path, data_file: Path, run: Path, before: float, after: float) -> None:
    """A run whose validation loss is `before` as trained and `after` with batch norm's statistics of faces as they are."""
    losses = iter([before, after])
    run.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(training.Training, "_validated", lambda _: (next(losses), 0.5))
        training.Training(configuration.load(settings), prepare.load(data_file), run, rank=0).fit()


def test_batch_norm_ends_with_the_statistics_of_faces_as_they_are(tmp_path, data_file, monkeypatch):
    settings = config(tmp_path, steps=4)
    train_with_losses(monkeypatch, settings, data_file, tmp_path / "precise", 2.0, 1.0)
    settings.write_text("precise_batch_norm = false\n" + settings.read_text())
    train_with_losses(monkeypatch, settings, data_file, tmp_path / "trained", 2.0, 2.0)
    precise, trained = (checkpoint.load(tmp_path / name / "final.pt") for name in ("precise", "trained"))
    for name, value in precise["average"].items():
        assert torch.equal(value, trained["average"][name]) == (not name.endswith(("_mean", "_var", "_tracked"))), name

    data = prepare.load(data_file)
    images = (torch.from_numpy(data.train.images).unsqueeze(1) - data.facts["mean"]) / data.facts["deviation"]
    stem = functional.conv2d(images, precise["average"]["body.0.0.weight"], padding=1)
    assert torch.allclose(precise["average"]["body.0.1.running_mean"], stem.mean(dim=(0, 2, 3)), atol=1e-4)
    assert torch.allclose(precise["average"]["body.0.1.running_var"], stem.var(dim=(0, 2, 3)), rtol=1e-3)
    # The checkpoint stays as trained: a raised budget goes on from there.
    kept = checkpoint.load(tmp_path / "precise" / "checkpoint.pt")["average"]
    assert all(torch.equal(value, trained["average"][name]) for name, value in kept.items())
    assert len(precise["history"]) == 1 and precise["history"][0]["train_loss"] > 0


def test_batch_norm_keeps_what_training_gathered_where_the_other_is_worse(tmp_path, data_file, monkeypatch, capfd):
    train_with_losses(monkeypatch, config(tmp_path, steps=4), data_file, tmp_path / "run", 1.0, 2.0)
    assert "the validation loss would be 2.0000 in place of 1.0000" in capfd.readouterr().out
    final, kept = (checkpoint.load(tmp_path / "run" / name) for name in ("final.pt", "checkpoint.pt"))
    assert all(torch.equal(value, kept["average"][name]) for name, value in final["average"].items())
    # The run could go on as it was meant, and the report says what was done.
    assert kept["config"]["precise_batch_norm"] and not final["config"]["precise_batch_norm"]


def refusal(captured: pytest.CaptureFixture) -> str:
    """The one line on standard error."""
    lines = captured.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_time_and_memory_are_printed(capfd, tmp_path, data_file):
    assert main(command(config(tmp_path, steps=2), data_file, tmp_path / "run")) == 0
    captured = capfd.readouterr()
    assert re.search(r"done: 2 steps in [\d.]+ min, validation [\d.]+ %; \d+ MB in each process", captured.out)
    assert re.search(r"\([\d.]+ s; \d+ MB of memory, \d+ MB in the largest process started\)", captured.err)
    # Given again, it says why nothing happens.
    assert main(command(config(tmp_path, steps=2), data_file, tmp_path / "run")) == 0
    assert capfd.readouterr().out.splitlines() == [
        f"{tmp_path / 'run'}: is finished already, after 2 steps: a larger budget would go on from there"
    ]


def test_a_student_learns_from_teachers_and_resumes_only_with_them(capfd, tmp_path, data_file):
    teachers = []
    for seed in (1, 2):
        settings = config(tmp_path, steps=2)
        settings.write_text(f"seed = {seed}\n" + settings.read_text())
        assert main(command(settings, data_file, tmp_path / f"teacher-{seed}")) == 0
        teachers.append(tmp_path / f"teacher-{seed}" / "final.pt")
    student = config(tmp_path, steps=2)
    named = [argument for path in teachers for argument in ("--teacher", str(path))]
    arguments = ["distill", *command(student, data_file, tmp_path / "student")[1:], *named]
    assert main(arguments) == 0
    content = checkpoint.load(tmp_path / "student" / "final.pt")
    assert len(content["teachers"]) == 2
    alone = tmp_path / "alone"
    assert main(command(student, data_file, alone)) == 0
    weights = (checkpoint.load(path / "final.pt")["network"]["head.weight"] for path in (tmp_path / "student", alone))
    assert not torch.equal(*weights)
    capfd.readouterr()
    assert main(arguments[:-2]) == 2
    assert "was made with other teachers" in refusal(capfd)


def test_a_teacher_that_knows_the_validation_faces_is_refused(capfd, tmp_path, data_file):
    assert main(command(config(tmp_path, steps=2), data_file, tmp_path / "run")) == 0
    content = checkpoint.load(tmp_path / "run" / "final.pt")
    content["facts"] = content["facts"] | {"seed": 99}
    checkpoint.save(tmp_path / "foreign.pt", content)
    capfd.readouterr()
    arguments = command(config(tmp_path, steps=2), data_file, tmp_path / "student")[1:]
    assert main(["distill", *arguments, "--teacher", str(tmp_path / "foreign.pt")]) == 2
    assert "it may know this run's validation faces" in refusal(capfd)


def test_teachers_are_matched_where_the_answers_agree():
    teachers = Teachers.__new__(Teachers)
    teachers.settings = Teacher(weight=1.0, temperature=2.0)
    logits = torch.randn(8, 7, generator=torch.Generator().manual_seed(0))
    teachers.answers = lambda levels, temperature: torch.softmax(logits / temperature, dim=1)
    loss = torch.tensor(5.0)
    assert teachers.blend(loss, logits, torch.zeros(8, 1, 48, 48)).item() == pytest.approx(0, abs=1e-5)
    assert teachers.blend(loss, logits.roll(1, 1), torch.zeros(8, 1, 48, 48)).item() > 0.1


def test_teachers_see_the_faces_before_they_are_made_harder_to_read(tmp_path, data_file):
    settings = Config(
        network="mien-inception-s",
        processes=1,
        batch=8,
        small_until=0,
        budget=Budget(steps=1),
        augmentation=Augmentation(mixing=0, contrast=0, brightness=0, erasing=0, dimming=1),
    )
    seen = {}

    class Watching(Teachers):
        def __init__(self) -> None:
            self.settings = Teacher(weight=0.5)

        def answers(self, levels, temperature):
            seen["teacher"] = levels
            return torch.full((len(levels), 7), 1 / 7)

    run = training.Training(settings, prepare.load(data_file), tmp_path, rank=0)
    run.teacher, run.progress = Watching(), progress.Progress(0, 0, 8, 1)
    run.network.register_forward_pre_hook(lambda _, given: seen.update(pupil=given[0]))
    run._train_step(0.5)
    facts = run.data.facts
    pupil = seen["pupil"] * facts["deviation"] + facts["mean"]
    light = pupil.mean(dim=(1, 2, 3)) / seen["teacher"].mean(dim=(1, 2, 3))
    assert light.max() < 1.001 and light.median() < 0.8


def test_a_run_goes_on_by_what_the_configuration_says_now(tmp_path, data_file):
    settings, run, data = config(tmp_path, steps=1), tmp_path / "run", prepare.load(data_file)
    run.mkdir()
    training.Training(configuration.load(settings), data, run, rank=0).fit()
    settings.write_text("momentum = 0.5\nweight_decay = 0.01\n" + config(tmp_path, steps=2).read_text())
    resumed = training.Training(configuration.load(settings), data, run, rank=0)
    assert resumed.step == 1 and resumed.optimizer.state
    assert [(group["weight_decay"], group["momentum"]) for group in resumed.optimizer.param_groups] == [
        (0.01, 0.5),
        (0, 0.5),
    ]


def test_joined_networks_are_not_asked_about_faces_for_which_their_maps_differ(tmp_path, data_file):
    data, path = prepare.load(data_file), tmp_path / "joined.pt"
    joined = Config(network="mien-inception-s+mien-vgg", small_side=44, processes=1, batch=4)
    with pytest.raises(InputError, match="of faces of 44×44 pixels these have 6×6, 5×5"):
        training.Training(joined, data, tmp_path, rank=0)
    content = {"config": dataclasses.asdict(joined), "facts": data.facts, "average": build(joined.network).state_dict()}
    checkpoint.save(path, content | {"step": 1, "steps_per_epoch": 1, "elapsed": 1.0, "history": []})
    teachers = Teachers(Teacher(checkpoints=[str(path)]), data.facts, half=False)
    with pytest.raises(InputError, match="a teacher cannot be asked about faces of 44×44 pixels"):
        teachers.answers(torch.zeros(2, 1, 44, 44), 1.0)


def test_two_trainings_in_one_folder_are_one_and_a_clear_line(capfd, monkeypatch, tmp_path, data_file):
    monkeypatch.setattr(launch, "PATIENCE", 0.3)
    settings, run = config(tmp_path, steps=2), tmp_path / "run"
    held = files.hold(run)
    # The processes of a launcher that was killed hold the folder until they have noticed.
    left = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(held,))
    os.close(held)
    try:
        assert main(command(settings, data_file, run)) == 2
        assert f"{run}: another training is going on in this folder" in refusal(capfd)
        with pytest.raises(InputError, match="another training is going on"):
            files.hold(run)
        assert not list(run.iterdir())
        # `trainer all` holds its whole folder: data file, figures and models are of one training too.
        train = write_csv(tmp_path / "train.csv", *faces(140, 1))
        whole = ["all", "--train", str(train), "--config", str(settings), "--work", str(run)]
        assert main(whole) == 2
        assert "another training is going on in this folder" in capfd.readouterr().err and not list(run.iterdir())
    finally:
        left.communicate(b"\n")
    os.close(files.hold(run))


def test_processes_that_fill_the_machine_have_a_core_each(tmp_path, data_file, monkeypatch):
    cores, allowed = sorted(os.sched_getaffinity(0)), []
    start = subprocess.Popen

    def tell(_, **settings):
        program = "import os; print(*sorted(os.sched_getaffinity(0)))"
        child = start([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, **settings)
        allowed.append([int(core) for core in child.communicate()[0].split()])
        return child

    monkeypatch.setattr(launch.subprocess, "Popen", tell)
    for count in (1, len(cores), len(cores) + 1):
        allowed.clear()
        job = launch.Job(config(tmp_path, processes=count), tmp_path / f"run-{count}")
        assert launch.train([job], data_file) == 0
        assert allowed == ([[core] for core in cores] if count == len(cores) > 1 else [cores] * count)
        assert sorted(os.sched_getaffinity(0)) == cores
