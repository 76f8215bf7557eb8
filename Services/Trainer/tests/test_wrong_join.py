"""What `trainer join` refuses, on checkpoints of untrained networks."""

import dataclasses
from pathlib import Path

import pytest

from trainer import checkpoint, join, prepare
from trainer.cli import main
from trainer.config import Config
from trainer.errors import InputError
from trainer.files import sha256_of
from trainer.model import build


@pytest.fixture
def members(tmp_path: Path, data_file: Path) -> list[Path]:
    """Two checkpoints of the data file."""
    paths = []
    for name in ("mien-inception-s", "mien-vgg"):
        content = {
            "config": dataclasses.asdict(Config(network=name)),
            "facts": prepare.load(data_file).facts,
            "average": build(name).state_dict(),
            "step": 1,
            "steps_per_epoch": 1000,
            "elapsed": 1.0,
            "history": [],
        }
        paths.append(tmp_path / f"{name}.pt")
        checkpoint.save(paths[-1], content)
    return paths


def refused(capsys: pytest.CaptureFixture, members: list[Path], data: Path, out: Path, *more: str) -> str:
    """The one line that `trainer join` says."""
    named = [argument for path in members for argument in ("--member", str(path))]
    assert main(["join", *named, "--data", str(data), "--out", str(out), *more]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_members_of_a_few_steps_are_joined(members, data_file, tmp_path):
    content = join.run(members, [], prepare.load(data_file), tmp_path / "joined.pt")
    assert [member["epochs"] for member in content["members"]] == [0.0, 0.0]
    assert round(content["step"] / content["steps_per_epoch"], 2) == 0.0


def test_a_joined_checkpoint_counts_only_for_the_same_members_of_the_same_data(capsys, members, data_file, tmp_path):
    out, data = tmp_path / "joined.pt", prepare.load(data_file)
    first = join.run(members, [], data, out)
    before = sha256_of(out)
    assert join.run(members, [], data, out)["members"] == first["members"] and sha256_of(out) == before
    other = tmp_path / "other.npz"
    data.facts["seed"] = 99
    prepare.save(data, other)
    assert "was trained with another data file" in refused(capsys, members, other, out)
    assert "nowhere.pt: no such file" in refused(capsys, [members[0], tmp_path / "nowhere.pt"], data_file, out)
    # The same members, of a data file whose facts the joined checkpoint does not have.
    checkpoint.save(out, checkpoint.load(out) | {"facts": data.facts})
    facts = prepare.load(data_file).facts
    assert join.run(members, [], prepare.load(data_file), out)["facts"] == facts == checkpoint.load(out)["facts"]


def test_nothing_but_a_joined_checkpoint_is_overwritten(capsys, members, data_file, tmp_path):
    before = [path.read_bytes() for path in members]
    alias = tmp_path / "alias.pt"
    alias.symlink_to(members[0])
    for out in (members[0], alias):
        assert "is one of the members" in refused(capsys, members, data_file, out)
    run, text = tmp_path / "run.pt", tmp_path / "faces.csv"
    run.write_bytes(before[0])
    text.write_text("emotion,pixels\n")
    for out in (run, text, tmp_path):
        assert "exists and is no joined checkpoint" in refused(capsys, members, data_file, out)
    assert [path.read_bytes() for path in members] == before and text.read_text() == "emotion,pixels\n"


@pytest.mark.parametrize("weights", [("nan", "1"), ("inf", "1"), ("1e308", "1e308")])
def test_weights_without_a_finite_sum_are_refused(capsys, members, data_file, tmp_path, weights):
    more = [argument for weight in weights for argument in ("--weight", weight)]
    line = refused(capsys, members, data_file, tmp_path / "joined.pt", *more)
    assert "needs a weight above 0, of finite sum" in line and not (tmp_path / "joined.pt").exists()


def test_a_file_that_is_not_there_has_no_digest(tmp_path):
    for path in (tmp_path, tmp_path / "none.pt"):
        with pytest.raises(InputError, match="no such file"):
            sha256_of(path)


@pytest.mark.parametrize("content", [b"emotion,pixels\n0,1 2 3\n", b"", b"not a checkpoint", b"\x80\x02}q\x00.", b"PK"])
def test_what_is_no_checkpoint_is_one_clear_line(tmp_path, content):
    path = tmp_path / "wrong.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a checkpoint"):
        checkpoint.load(path)


def test_a_checkpoint_without_what_is_read_of_it_is_refused(tmp_path):
    checkpoint.save(tmp_path / "odd.pt", {"step": 1})
    with pytest.raises(InputError, match="not a checkpoint of this trainer"):
        checkpoint.load(tmp_path / "odd.pt")
