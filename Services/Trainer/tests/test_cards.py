"""What the commands that take an exported model, or make one, refuse."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import faces, write_csv
from test_folders import write

from trainer import card, checkpoint, export, join, prepare, restore
from trainer.cli import main
from trainer.config import Config, Teacher
from trainer.errors import InputError
from trainer.model import build
from trainer.model import join as join_networks
from trainer.teacher import Teachers


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, data_file: Path) -> Path:
    """The model of a network of one step, 0.00 epochs; its checkpoint lies beside as final.pt."""
    directory = tmp_path_factory.mktemp("exported")
    network = build("mien-inception-s")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            # A shift of 0 would vanish at export.
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
    content = {
        "config": dataclasses.asdict(Config()),
        "facts": prepare.load(data_file).facts,
        "average": network.state_dict(),
        "step": 1,
        "steps_per_epoch": 1000,
        "elapsed": 1.0,
        "history": [],
    }
    checkpoint.save(directory / "final.pt", content)
    arguments = ["--checkpoint", str(directory / "final.pt"), "--data", str(data_file), "--out", str(directory)]
    assert main(["export", *arguments, "--name", "some+name", "--model-version", "0.1"]) == 0
    return directory / "some+name" / "0.1"


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "model"))


def refused(capfd: pytest.CaptureFixture, *arguments: object) -> str:
    """The one line of a command that says no."""
    capfd.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    return line


def test_a_model_of_a_few_steps_is_a_member(exported, data_file, tmp_path):
    assert card.read(exported)["recipe"]["epochs"] == 0.0
    final = exported.parents[1] / "final.pt"
    content = join.run([exported, final], [], prepare.load(data_file), tmp_path / "joined.pt")
    assert [member["epochs"] for member in content["members"]] == [0.0, 0.0]


@pytest.mark.parametrize("name", card.MODEL)
def test_a_model_that_is_not_the_cards_is_refused_by_whatever_takes_one(capfd, copy, data_file, tmp_path, name):
    test, settings, out = write_csv(tmp_path / "test.csv", *faces(7, 6)), tmp_path / "c.toml", tmp_path / "out.json"
    settings.write_text("processes = 1\nbatch = 4\n[budget]\nsteps = 1\n")
    data = prepare.load(data_file)
    with (copy / name).open("ab") as stream:
        stream.write(b" ")
    words = f"{name}: is not the file that its card.json speaks of"
    assert words in refused(capfd, "predict", "--model", copy, "--csv", test, "--out", out)
    assert words in refused(capfd, "robustness", "--model", copy, "--csv", test, "--out", out)
    assert words in refused(capfd, "join", "--member", copy, "--member", copy, "--data", data_file, "--out", out)
    for take in (
        lambda: restore.identity(copy, {}),
        lambda: restore.restore(copy, build("mien-inception-s"), None),
        lambda: Teachers(Teacher(checkpoints=[str(copy)]), data.facts, half=False),
    ):
        with pytest.raises(InputError, match="is not the file that its card.json speaks of"):
            take()
    (copy / name).unlink()
    assert f"{name}: no such file" in refused(capfd, "predict", "--model", copy, "--csv", test, "--out", out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("recipe", []),
        ("recipe.network", None),
        ("recipe.config", "x"),
        ("recipe.config.teacher", {"checkpoints": [1]}),
        ("recipe.steps", "many"),
        ("recipe.epochs", -1),
        ("recipe.minutes", 10**400),
        ("recipe.members", [1]),
        ("recipe.start", "x"),
        ("recipe.start", {"epochs": "many"}),
        ("data", None),
        ("data.per_class", {"train": {}}),
        ("calibration.method", 1),
        ("calibration.scale", [1.0] * 6),
        ("calibration.scale", [0.0] * 7),
        ("calibration.bias", [float("nan")] * 7),
        ("calibration.bias", 3),
        ("threshold", {}),
        ("threshold.not_sure", 2),
        ("files", []),
        ("files", {"model.xml": "0"}),
        ("classes", ["a"]),
        ("version", 1),
    ],
)
def test_a_card_that_lacks_what_is_read_of_it_is_one_clear_line(copy, path, value):
    content = json.loads((copy / "card.json").read_text())
    *tables, key = path.split(".")
    table = content
    for name in tables:
        table = table[name]
    table[key] = value
    (copy / "card.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="card.json: not a card of this trainer"):
        card.read(copy)


def test_the_cards_of_the_models_that_are_shipped_are_whole():
    for path in sorted((Path(__file__).parents[2] / "Worker/Models").glob("*/*/card.json")):
        assert card.intact(path.parent)["name"] == path.parts[-3]


def test_the_card_of_a_folders_model_says_what_it_was_trained_on(capfd, copy, exported, tmp_path):
    data_file, final = tmp_path / "data.npz", tmp_path / "final.pt"
    folder = write(tmp_path / "corrections", each=6)
    assert main(["prepare", "--train", str(folder), "--validation", "0.3", "--out", str(data_file)]) == 0
    content = json.loads((copy / "card.json").read_text())
    content["threshold"]["not_sure"] = 0.61
    (copy / "card.json").write_text(json.dumps(content))
    facts = prepare.load(data_file).facts
    made = checkpoint.load(exported.parents[1] / "final.pt") | {"facts": facts}

    def card_of(start: Path | None) -> dict:
        checkpoint.save(final, made | {"start": restore.identity(start, facts) if start else None})
        arguments = ["--checkpoint", str(final), "--data", str(data_file), "--out", str(tmp_path)]
        assert main(["export", *arguments, "--name", "own", "--model-version", "1"]) == 0
        return card.read(tmp_path / "own/1")

    alone = card_of(None)
    assert alone["data"]["name"] == "pictures of the operator's own (42)" and alone["data"]["before"] is None
    told = [alone["licence"], alone["data"]["split"], *alone["limits"][:2], *alone["limits"][4:]]
    assert not any("FER2013" in text.replace("as FER2013 crops it", "") or "public" in text for text in told)
    assert alone["published"] == [] and alone["threshold"]["not_sure"] == 0.55
    capfd.readouterr()
    after = card_of(copy)
    assert after["data"]["name"] == alone["data"]["name"] and after["data"]["before"].startswith("FER2013")
    assert card.OWN_LICENCE in after["licence"] and card.LICENCE in after["licence"]
    assert any("what that one learned from (FER2013" in limit for limit in after["limits"])
    # Of the same pictures, but what it went on from was not.
    path = tmp_path / "own/1/card.json"
    assert card.of_split(path.parent, facts) and restore.identity(path.parent, facts)["other_split"]
    # Earlier versions told of every data file as of FER2013's.
    earlier = {"data": card.data_of(facts | {"folder": False}, votes_weight=0), "recipe": alone["recipe"]}
    path.write_text(json.dumps(after | earlier))
    assert card.of_split(path.parent, facts) and "other_split" not in restore.identity(path.parent, facts)
    # Too few faces to tell another threshold than the one that it had.
    assert after["threshold"]["not_sure"] == 0.61 and "that of some+name 0.1" in after["threshold"]["how"]
    assert '"not sure" threshold is 0.61' in capfd.readouterr().err


def test_what_a_model_went_on_from_itself_is_passed_on(copy, data_file):
    facts = prepare.load(data_file).facts
    alone = restore.identity(copy, facts)
    assert alone["epochs"] == 0 and "other_split" not in alone
    content = json.loads((copy / "card.json").read_text())
    for other in (False, True):
        content["recipe"] |= {
            "epochs": 20.5,
            "start": {"name": "m", "version": "1", "epochs": 80, "other_split": other},
        }
        (copy / "card.json").write_text(json.dumps(content))
        after = restore.identity(copy, facts)
        assert after["epochs"] == 100.5 and after.get("other_split", False) == other
        # A run goes on whether or not its checkpoint says so.
        checkpoint.check_same_run(
            copy, {"config": dataclasses.asdict(Config()), "facts": facts, "start": alone}, Config(), facts, [], after
        )


def test_one_kind_of_harder_faces_is_drawn_alone(exported, tmp_path):
    test, out = write_csv(tmp_path / "test.csv", *faces(7, 6)), tmp_path / "new.json"
    arguments = ["--model", str(exported), "--csv", str(test), "--kind", "roll", "--out", str(out)]
    assert main(["robustness", *arguments]) == 0
    assert out.with_suffix(".png").stat().st_size > 0 and len(json.loads(out.read_text())["rows"]) > 1


@pytest.mark.parametrize("label", ["../x", "a/b", ".hidden", "", "a b", "ä", "a\n"])
def test_a_name_that_is_no_plain_one_is_told_before_anything_runs(capfd, tmp_path, label):
    files = ("--checkpoint", "none.pt", "--data", "none.npz", "--out", tmp_path / "out")
    plan = ("all", "--train", "none.csv", "--config", "none.toml", "--work", tmp_path / "out")
    for command in (("export", *files), plan):
        assert "--name takes" in refused(capfd, *command, "--name", label, "--model-version", "1")
        assert "--model-version takes" in refused(capfd, *command, "--name", "x", "--model-version", label)
    assert not (tmp_path / "out").exists()


def test_what_openvino_says_is_told_without_the_places_in_its_source(copy):
    (copy / "model.xml").write_bytes((copy / "model.xml").read_bytes()[:3000])
    for take in (lambda: restore.graph_of(copy), lambda: export.Exported(copy)):
        with pytest.raises(InputError, match="OpenVINO cannot read it: Error parsing"):
            take()


def test_threads_wait_passively_from_before_pytorch_is_loaded(monkeypatch):
    code = "import sys, trainer.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    for given, wanted in ((None, "passive"), ("active", "active")):
        # Set first, so that what main sets is undone too.
        monkeypatch.setenv("OMP_WAIT_POLICY", given or "")
        if not given:
            monkeypatch.delenv("OMP_WAIT_POLICY")
        with pytest.raises(SystemExit):
            main(["--version"])
        assert os.environ["OMP_WAIT_POLICY"] == wanted


def test_networks_whose_maps_differ_in_size_are_not_joined():
    small, large = build("mien-inception-s"), build("mien-vgg")
    before = small.body[0][1].running_mean.clone()
    large.body.append(torch.nn.MaxPool2d(2))
    with pytest.raises(InputError, match="need maps of one size; of faces of 48×48 pixels these have 6×6, 3×3"):
        join_networks([small, large], [1, 1])
    # Looking at the sizes leaves a network as it was.
    assert (small.body[0][1].running_mean == before).all() and small.body.training
