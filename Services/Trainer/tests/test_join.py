from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import faces, write_csv

from trainer import card, checkpoint, pipeline, predict, prepare, restore
from trainer.cli import main
from trainer.config import Teacher
from trainer.errors import InputError
from trainer.files import sha256_of
from trainer.model import build, cost, join, mirror
from trainer.predict import normalised
from trainer.starts import limits_of
from trainer.teacher import Teachers

CONFIG = "network = '{network}'\nseed = {seed}\nprocesses = 1\nbatch = 4\nlabel_smoothing = {smoothing}\n[budget]\nsteps = 2\n"


def config(directory: Path, name: str, network: str = "mien-inception-s", seed: int = 1) -> Path:
    path = directory / f"{name}.toml"
    path.write_text(CONFIG.format(network=network, seed=seed, smoothing=0.1))
    return path


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Where `trainer all` has made a joined model and a student, and the command that did."""
    directory = tmp_path_factory.mktemp("all")
    train = write_csv(directory / "train.csv", *faces(140, seed=1))
    test = write_csv(directory / "test.csv", *faces(35, seed=2))
    members = [config(directory, "first"), config(directory, "second", "mien-vgg", seed=2)]
    student = config(directory, "student", "mien-inception-f", seed=3)
    command = ["all", "--train", str(train), "--test", str(test), "--work", str(directory / "work")]
    command += [argument for path in members for argument in ("--config", str(path))]
    command += ["--student", str(student), "--model-version", "0.0.1"]
    assert main(command) == 0
    return directory / "work", command


def test_a_joined_network_answers_with_the_weighted_mean_of_its_members():
    torch.manual_seed(0)
    members = [build("mien-inception-s").eval(), build("mien-vgg").eval()]
    for member in members:
        member.norm.running_mean.uniform_(-1, 1)
        member.norm.running_var.uniform_(0.5, 2)
    joined, images = join(members, [3, 1]).eval(), faces(6, 3)[0]
    first, second = (predict.logits_of(member, images, 128, 64) for member in members)
    assert np.abs(predict.logits_of(joined, images, 128, 64) - (0.75 * first + 0.25 * second)).max() < 1e-4


def test_a_network_that_sees_both_sides_answers_with_the_mean_of_a_face_and_its_mirror_image():
    torch.manual_seed(0)
    members = [build("mien-inception-s").eval(), build("mien-vgg").eval()]
    images = faces(6, 3)[0]
    joined = join(members, [1, 1]).eval()
    expected = predict.flip_averaged(joined, images, 128, 64)
    macs = cost(joined)[1]
    network = mirror(joined).eval()
    assert np.abs(predict.logits_of(network, images, 128, 64) - expected).max() < 1e-4
    # The mirror image of a face has the same answer, and its maps are the face's turned over.
    turned = np.ascontiguousarray(images[:, :, ::-1])
    assert np.abs(predict.logits_of(network, turned, 128, 64) - expected).max() < 1e-4
    # The head is paid for once.
    assert macs < cost(network)[1] < 2 * macs
    assert build("mien-inception-s+mien-vgg+mirror").state_dict().keys() == network.state_dict().keys()


def test_both_sides_are_exported_with_exact_maps_and_can_be_gone_on_from(work, tmp_path):
    directory, _ = work
    data, out = ["--data", str(directory / "data.npz")], tmp_path / "both.pt"
    member = directory / "runs" / "second" / "final.pt"
    assert main(["join", "--mirror", "--member", str(member), *data, "--out", str(out)]) == 0
    assert checkpoint.load(out)["config"]["network"] == "mien-vgg+mirror"
    # The public test is not looked at.
    plain = ["--split", "validation", "--tta", "none"]
    figures = ["--evaluation", str(tmp_path / "figures" / "evaluation.json")]
    assert main(["evaluate", "--checkpoint", str(out), *data, "--out", str(tmp_path / "figures"), *plain]) == 0
    made = ["--name", "mien-vgg", "--model-version", "0.0.1", "--out", str(tmp_path / "models")]
    assert main(["export", "--checkpoint", str(out), *data, *figures, *made]) == 0
    model = tmp_path / "models" / "mien-vgg" / "0.0.1"
    assert main(["verify", "--checkpoint", str(out), *data, "--model", str(model)]) == 0
    facts, images = prepare.load(directory / "data.npz").facts, faces(20, 9)[0]
    network = build("mien-vgg+mirror")
    levels = torch.from_numpy(images).unsqueeze(1).float()
    restore.restore(model, network, normalised(levels, facts["mean"], facts["deviation"]))
    again, before = (
        predict.logits_of(each.eval(), images, facts["mean"], facts["deviation"])
        for each in (network, predict.load(out).network)
    )
    assert np.abs(again - before).max() < 0.01


def test_what_sees_both_sides_already_is_no_member(capsys, work, tmp_path):
    directory, _ = work
    data, out = ["--data", str(directory / "data.npz")], tmp_path / "both.pt"
    member = directory / "runs" / "second" / "final.pt"
    assert main(["join", "--mirror", "--member", str(member), *data, "--out", str(out)]) == 0
    again = ["join", "--member", str(out), "--member", str(member), *data, "--out", str(tmp_path / "again.pt")]
    assert main(again) == 2
    assert "sees both sides already cannot be joined: join its members" in capsys.readouterr().err
    assert main(["join", "--member", str(member), *data, "--out", str(tmp_path / "one.pt")]) == 2
    assert "two members or more, or one with --mirror" in capsys.readouterr().err


def test_crops_of_joined_networks_whose_maps_differ_are_refused():
    joined = join([build("mien-inception-s"), build("mien-vgg")], [1, 1]).eval()
    with pytest.raises(InputError, match="of faces of 44×44 pixels these have 6×6, 5×5"):
        predict.crops_averaged(joined, faces(2, 3)[0], 128, 64)


def test_one_command_makes_a_joined_model_and_a_student_that_it_taught(work):
    directory, _ = work
    joined, student = (directory / "models" / name / "0.0.1" for name in ("mien-joined", "mien-inception-f"))
    recipe = card.read(joined)["recipe"]
    assert recipe["network"] == "mien-inception-s+mien-vgg" and recipe["steps"] == 4
    assert [member["network"] for member in recipe["members"]] == ["mien-inception-s", "mien-vgg"]
    assert [member["config"]["seed"] for member in recipe["members"]] == [1, 2]
    assert card.read(joined)["metrics"]["public_test"]["faces"] == 35
    assert card.read(student)["recipe"]["teachers"] == [sha256_of(directory / "joined.pt")]
    assert card.read(student)["recipe"]["members"] == []


def test_the_command_given_again_trains_nothing_anew(capfd, work):
    directory, command = work
    kept = [directory / "joined.pt", *sorted(directory.glob("runs/*/final.pt"))]
    before = [sha256_of(path) for path in kept]
    looks = (directory / "data.looks.csv").read_text()
    assert len(kept) == 4 and len(looks.splitlines()) == 3
    assert main(command) == 0
    assert [sha256_of(path) for path in kept] == before
    assert (directory / "data.looks.csv").read_text() == looks
    assert "done:" not in capfd.readouterr().out


def test_figures_that_are_none_are_one_clear_line(tmp_path):
    for content in ("{", "{}", '{"checkpoint": 1}', '{"plain": [], "checkpoint": {"sha256": "0"}, "curve": 1}'):
        (tmp_path / "evaluation.json").write_text(content)
        for take in (pipeline._evaluated, card.public_test):
            with pytest.raises(InputError, match="evaluation.json: not a"):
                take(tmp_path / "evaluation.json", tmp_path / "none.pt")


def test_a_folder_with_runs_on_other_faces_is_left_as_it_is(capsys, work, tmp_path):
    directory, command = work
    before = sha256_of(directory / "data.npz")
    other = write_csv(tmp_path / "other.csv", *faces(70, seed=5))
    assert main([str(other) if argument.endswith("train.csv") else argument for argument in command]) == 2
    assert "holds 3 runs on other faces: choose another folder, or remove it" in capsys.readouterr().err
    assert sha256_of(directory / "data.npz") == before


def test_going_on_from_a_model_of_another_split_is_told_and_noted_on_the_card(capfd, work, tmp_path):
    directory, _ = work
    data = prepare.load(directory / "data.npz")
    data.facts["seed"] = 99
    prepare.save(data, tmp_path / "other.npz")
    model = directory / "models" / "mien-inception-f" / "0.0.1"
    settings = config(tmp_path, "go-on", "mien-inception-f")
    command = ["--config", str(settings), "--run", str(tmp_path / "run"), "--start", str(model)]
    assert main(["train", "--data", str(tmp_path / "other.npz"), *command]) == 0
    assert "note: mien-inception-f 0.0.1 learned from another split" in capfd.readouterr().err
    content = checkpoint.load(tmp_path / "run" / "final.pt")
    assert content["start"]["other_split"] is True
    assert "flatter it" in limits_of([content["start"]])[0]
    assert limits_of([content["start"] | {"other_split": False}]) == limits_of([]) == []


def test_a_joined_model_can_be_gone_on_from(work):
    directory, _ = work
    data = prepare.load(directory / "data.npz")
    mean, deviation = data.facts["mean"], data.facts["deviation"]
    trained = predict.load(directory / "joined.pt")
    network = build("mien-inception-s+mien-vgg")
    levels = torch.from_numpy(data.train.images).unsqueeze(1).float()
    restore.restore(directory / "models" / "mien-joined" / "0.0.1", network, normalised(levels, mean, deviation))
    images = faces(20, 9)[0]
    again, before = (predict.logits_of(each.eval(), images, mean, deviation) for each in (network, trained.network))
    assert np.abs(again - before).max() < 0.01


def test_an_exported_model_is_a_member_as_its_checkpoint_is(work, tmp_path):
    directory, _ = work
    model, second = directory / "models" / "mien-joined" / "0.0.1", directory / "runs" / "second" / "final.pt"
    data = ["--data", str(directory / "data.npz")]
    for name, member in (("model", model), ("run", directory / "joined.pt")):
        members = ["--member", str(member), "--member", str(second), "--weight", "2", "--weight", "1"]
        assert main(["join", *members, *data, "--out", str(tmp_path / f"{name}.pt")]) == 0
    by_model, by_run = (predict.load(tmp_path / f"{name}.pt") for name in ("model", "run"))
    images = faces(20, 9)[0]
    one, other = (predict.logits_of(each.network, images, each.mean, each.deviation) for each in (by_model, by_run))
    assert np.abs(one - other).max() < 0.01
    facts = by_model.content["members"]
    assert [member["weight"] for member in facts] == pytest.approx([2 / 3, 1 / 3])
    assert len(facts[0]["members"]) == 2


def test_an_exported_model_teaches_as_its_checkpoint_does(work):
    directory, _ = work
    facts = prepare.load(directory / "data.npz").facts
    paths = directory / "joined.pt", directory / "models" / "mien-joined" / "0.0.1"
    run, model = (Teachers(Teacher(checkpoints=[str(path)]), facts, half=False) for path in paths)
    calibration = card.read(paths[1])["calibration"]
    for side in (48, 40):
        levels = torch.from_numpy(faces(6, 3)[0][:, :side, :side].copy()).unsqueeze(1).float()
        logits = run.answers(levels, 1.0).log() * torch.tensor(calibration["scale"]) + torch.tensor(calibration["bias"])
        # An exported model's answers are calibrated ones.
        assert torch.allclose(torch.softmax(logits, dim=1).float(), model.answers(levels, 1.0), atol=0.01)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["first"], "joining takes two members or more"),
        (["first", "second", "--weight", "1"], "each of the 2 members needs a weight above 0"),
        (["first", "second", "--weight", "1", "--weight", "0"], "each of the 2 members needs a weight above 0"),
        (["first", "nowhere"], "no such file"),
        (["first", "foreign"], "was trained with another data file"),
        (["first", "foreign-model"], "was trained with another data file"),
    ],
)
def test_members_that_cannot_be_joined_are_one_clear_line(capsys, work, tmp_path, arguments, reason):
    directory, _ = work
    content = checkpoint.load(directory / "runs" / "second" / "final.pt")
    checkpoint.save(directory / "runs" / "foreign" / "final.pt", content | {"facts": content["facts"] | {"seed": 99}})
    paths = {"foreign-model": Path(__file__).parents[2] / "Worker/Models/mien-inception-m/2.3.0"}
    command = ["join", "--data", str(directory / "data.npz"), "--out", str(tmp_path / "joined.pt")]
    for argument in arguments:
        named = argument in ("first", "second", "nowhere", "foreign", "foreign-model")
        path = paths.get(argument, directory / "runs" / argument / "final.pt")
        command += ["--member", str(path)] if named else [argument]
    assert main(command) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and reason in lines[0]
    assert not (tmp_path / "joined.pt").exists()


def test_a_model_from_before_pictures_without_contrast_were_left_out_is_of_the_same_split(work):
    directory, _ = work
    model, facts = directory / "models" / "mien-joined" / "0.0.1", prepare.load(directory / "data.npz").facts
    counts = facts["counts"]
    fewer = counts | {"train": counts["train"] | {"sad": counts["train"]["sad"] - 2}}
    assert card.of_split(model, facts | {"counts": fewer, "without_contrast_removed": 2})["name"] == "mien-joined"
    for removed in (0, 1):
        with pytest.raises(InputError, match="was trained with another data file"):
            card.of_split(model, facts | {"counts": fewer, "without_contrast_removed": removed})


def test_a_model_that_knows_the_validation_faces_is_no_teacher(capfd, work, tmp_path):
    directory, _ = work
    model = Path(__file__).parents[2] / "Worker/Models/mien-inception-m/2.3.0"
    command = ["distill", "--config", str(config(tmp_path, "student")), "--data", str(directory / "data.npz")]
    assert main([*command, "--run", str(tmp_path / "run"), "--teacher", str(model)]) == 2
    assert "it may know this run's validation faces" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--config", "first"], "first: is named twice"),
        (["--config", "second", "--start", "."], "only a single network can start from a model"),
        (["--student", "first"], "first: is named twice"),
        (
            ["--student", "second"],
            "the model and its student would both be mien-inception-s: give the first another --name",
        ),
    ],
)
def test_a_plan_that_contradicts_itself_is_one_clear_line(capsys, tmp_path, more, reason):
    for name in ("first", "second"):
        config(tmp_path, name)
    more = [str(tmp_path / f"{word}.toml") if word in ("first", "second") else word for word in more]
    command = ["all", "--train", str(tmp_path / "none.csv"), "--work", str(tmp_path / "work")]
    assert main([*command, "--config", str(tmp_path / "first.toml"), *more]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and reason in lines[0]
