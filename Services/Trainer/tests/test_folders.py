"""Folders of pictures as people have them."""

import os
from pathlib import Path

import numpy as np
import pytest
from conftest import faces
from PIL import Image

from trainer import CLASSES
from trainer.cli import main
from trainer.errors import InputError
from trainer.folders import name_of, read_folder
from trainer.prepare import load


def write(folder: Path, names: tuple[str, ...] = CLASSES, each: int = 3, seed: int = 1) -> Path:
    """A folder per name, with `each` pictures of the label that its place in `names` gives."""
    images, _ = faces(7 * each, seed)
    for label, name in enumerate(names):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            Image.fromarray(images[number * 7 + label]).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    "names",
    [
        ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral"),
        ("angry", "disgusted", "fearful", "happy", "sad", "surprised", "neutral"),
        ("ANGER", "Disgusted", "FEARFUL", "Happiness", "Sadness", "Surprised", "NEUTRAL"),
        ("0", "1", "2", "3", "4", "5", "6"),
    ],
)
def test_spellings_that_go_about_are_known(capsys, tmp_path, names):
    rows, ours = read_folder(write(tmp_path / "theirs", names)), read_folder(write(tmp_path / "ours"))
    assert (rows.images == ours.images).all() and (rows.labels == ours.labels).all()
    assert rows.labels.tolist() == np.repeat(np.arange(7), 3).tolist()
    notes = capsys.readouterr().err.splitlines()
    assert ["FER2013's order: 0 angry, 1 disgust" in note for note in notes] == ([True] if names[0] == "0" else [])


def test_two_folders_of_one_class_are_joined(tmp_path):
    write(write(tmp_path), ("Anger",), each=2, seed=2)
    assert np.bincount(read_folder(tmp_path).labels).tolist() == [5, 3, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("name", ["contempt", "7", "happyish", "-1", "03", "validation"])
def test_other_names_are_refused(tmp_path, name):
    write(tmp_path, (*CLASSES[:6], name))
    with pytest.raises(InputError, match=f"unknown class {name} "):
        read_folder(tmp_path)


def test_what_systems_leave_in_folders_is_passed_over(tmp_path):
    write(tmp_path)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "ehthumbs.db", "._0.png"):
        (tmp_path / name).write_bytes(b"litter")
        (tmp_path / "sad" / name).write_bytes(b"litter")
    for name in (".ipynb_checkpoints", "__MACOSX", "@eaDir"):
        (tmp_path / name).mkdir()
        (tmp_path / "sad" / name).mkdir()
    assert len(read_folder(tmp_path).labels) == 21


def test_each_picture_is_known_by_its_file(tmp_path):
    write(tmp_path, each=1)
    os.rename(tmp_path / "sad" / "0.png", os.fsencode(tmp_path / "sad") + b"/\xff.png")
    rows = read_folder(tmp_path)
    assert rows.files[:2] == ["angry/0.png", "disgust/0.png"] and rows.files[4] == "sad/\ufffd.png"
    assert rows.take(np.array([1, 0])).files == ["disgust/0.png", "angry/0.png"]


def test_folders_inside_a_class_are_told_of(capsys, tmp_path):
    write(write(tmp_path) / "sad", ("more",))
    assert len(read_folder(tmp_path).labels) == 21
    assert "folders inside the classes are passed over (1, such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sides", "train", "test"),
    [
        (("train", "test"), "train", "test"),
        (("Training", "PublicTest"), "Training", "PublicTest"),
        (("train", "validation"), "train", "validation"),
        (("train", "val"), "train", "val"),
        (("train", "valid", "test"), "train", "test"),
    ],
)
def test_a_folder_above_train_and_test_is_gone_into(capsys, tmp_path, sides, train, test):
    for number, side in enumerate(sides):
        write(tmp_path / side, each=number + 1)
    (tmp_path / ".hidden").mkdir()
    for side, name in (("train", train), ("test", test)):
        assert len(read_folder(tmp_path, side=side).labels) == 7 * (sides.index(name) + 1)
        assert f"holds {', '.join(sorted(sides))}; the faces are read from {name} alone" in capsys.readouterr().err


@pytest.mark.parametrize("sides", [("train", "happy"), ("test",), ("validation",), ("train", "training")])
def test_a_folder_with_no_single_training_side_is_refused(tmp_path, sides):
    for side in sides:
        write(tmp_path / side)
    with pytest.raises(InputError, match="unknown class|name the folder to read"):
        read_folder(tmp_path, side="train")


def test_one_folder_serves_for_training_and_test(capsys, tmp_path):
    write(tmp_path / "set" / "train", each=30)
    write(tmp_path / "set" / "test", each=4, seed=2)
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", f"{tmp_path}/set", "--test", f"{tmp_path}/set", "--out", str(out)]) == 0
    data = load(out)
    assert (len(data.train) + len(data.validation), len(data.test)) == (210, 28)
    assert [line.rsplit(" from ")[-1] for line in capsys.readouterr().err.splitlines()[:2]] == [
        "train alone",
        "test alone",
    ]


def test_classes_without_or_with_few_pictures_are_told_of_once(capsys, tmp_path):
    write(tmp_path / "own", CLASSES[:5], each=30)
    (tmp_path / "own" / "surprise").mkdir()
    for number in range(12):
        (tmp_path / "own" / "fear" / f"{number}.png").unlink()
    assert main(["prepare", "--train", f"{tmp_path}/own", "--out", f"{tmp_path}/data.npz"]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note:")]
    assert len(notes) == 1 and notes[0].endswith("fear 18, surprise 0, neutral 0")


def test_every_picture_that_cannot_be_read_is_named_or_left_out(capsys, tmp_path):
    own = write(tmp_path / "own", each=20)
    Image.new("L", (60, 60), 128).save(own / "sad" / "flat.png")
    Image.fromarray(np.linspace(0, 1, 2304, dtype=np.float32).reshape(48, 48)).save(own / "sad" / "float.tif")
    (own / "happy" / "notes.txt").write_text("notes")
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(own), "--out", str(out)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.rsplit("/", 1)[-1].split(":")[0] for line in lines] == ["notes.txt", "flat.png", "float.tif"]
    assert main(["prepare", "--train", str(own), "--skip-bad", "--out", str(out)]) == 0
    assert load(out).facts["bad_rows"] == 3
    assert "left out: " in capsys.readouterr().err


def test_votes_do_not_go_with_a_folder(capsys, tmp_path):
    own, votes = write(tmp_path / "own", each=20), tmp_path / "votes.csv"
    votes.write_text("usage,row,neutral,happiness,surprise,sadness,anger,disgust,fear\ntrain,0,4,0,0,1,3,2,0\n")
    assert main(["prepare", "--train", str(own), "--votes", str(votes), "--out", f"{tmp_path}/data.npz"]) == 2
    assert "votes go with the rows of a CSV file" in capsys.readouterr().err


def test_somebodys_folder_test_is_not_the_public_test(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path, name in (
        ("archive/test", "archive/test"),
        ("archive/validation", "archive/validation"),
        ("archive/PrivateTest.csv", "PrivateTest.csv"),
        (".", tmp_path.name),
    ):
        assert name_of(Path(path)) == name
