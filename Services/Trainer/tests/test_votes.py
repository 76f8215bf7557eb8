"""FER+ votes find their faces, or are refused."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import faces, write_csv

from trainer import pipeline
from trainer.cli import main
from trainer.errors import InputError
from trainer.prepare import load, same_faces, save
from trainer.votes import read_votes

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
PLACES = (4, 5, 6, 1, 3, 2, 0)
"""Where in the published columns each of FER2013's classes stands."""


def published(path: Path, labels: np.ndarray, usages: list[str], named: bool = True) -> Path:
    """Votes as Microsoft publishes them: seven of ten for the label, three for a neighbour; a nameless row without any."""
    lines = [HEADER]
    for number, (label, usage) in enumerate(zip(labels, usages)):
        cells = [0] * 10
        cells[PLACES[label]] = 7
        cells[PLACES[(label + 1) % 7]] = 3
        # The published names are numbers that have fallen behind the rows' own.
        lines.append(f"{usage},fer{max(0, number - 1):07}.png," + ",".join(map(str, cells)))
    lines[3] = f"{usages[2]},,0,0,0,0,0,0,0,0,0,10"
    if not named:
        lines = [",".join(line.split(",")[:1] + line.split(",")[2:]) for line in lines]
    path.write_text("\n".join(lines))
    return path


def fer2013(path: Path, images: np.ndarray, labels: np.ndarray, usages: list[str]) -> Path:
    lines = write_csv(path, images, labels).read_text().splitlines()
    path.write_text("\n".join(f"{line},{usage}" for line, usage in zip(lines, ["Usage", *usages])))
    return path


def prepared(tmp_path: Path, *arguments: object):
    out = tmp_path / "data.npz"
    assert main(["prepare", *map(str, arguments), "--out", str(out)]) == 0
    return load(out)


def check(data, images: np.ndarray, labels: np.ndarray, without: int) -> None:
    """Every face has the votes that were given for its label, but for one row."""
    known = {image.tobytes(): number for number, image in enumerate(images)}
    for part in (data.train, data.validation, data.test):
        for image, votes in zip(part.images, part.votes):
            number = known[image.tobytes()]
            expected = np.zeros(7)
            if number != without:
                expected[labels[number]], expected[(labels[number] + 1) % 7] = 0.7, 0.3
            assert votes == pytest.approx(expected)


@pytest.mark.parametrize("order", ["as published", "mixed"])
def test_ferplus_as_published_goes_by_the_place_within_a_usage(tmp_path, order):
    images, labels = faces(350, 1)
    usages = ["Training"] * 280 + ["PublicTest"] * 35 + ["PrivateTest"] * 35
    if order == "mixed":
        usages = (["Training"] * 8 + ["PublicTest", "PrivateTest"]) * 35
    votes = published(tmp_path / "fer2013new.csv", labels, usages)
    data = prepared(tmp_path, "--train", fer2013(tmp_path / "fer2013.csv", images, labels, usages), "--votes", votes)
    assert (len(data.train) + len(data.validation), len(data.test)) == (280, 35)
    check(data, images, labels, without=2)


def test_ferplus_as_published_goes_with_a_file_for_each_usage(tmp_path):
    images, labels = faces(315, 1)
    votes = published(tmp_path / "v.csv", labels, ["Training"] * 280 + ["PublicTest"] * 35)
    train = write_csv(tmp_path / "train.csv", images[:280], labels[:280])
    test = write_csv(tmp_path / "test.csv", images[280:], labels[280:])
    check(prepared(tmp_path, "--train", train, "--test", test, "--votes", votes), images, labels, without=2)


def test_rows_that_are_left_out_do_not_move_the_votes_of_others(tmp_path):
    images, labels = faces(280, 1)
    train = write_csv(tmp_path / "train.csv", images, labels)
    lines = train.read_text().splitlines()
    lines[11] = "9" + lines[11][1:]
    lines[-1] = "9" + lines[-1][1:]
    train.write_text("\n".join(lines))
    votes = published(tmp_path / "votes.csv", labels, ["Training"] * 280)
    data = prepared(tmp_path, "--train", train, "--votes", votes, "--skip-bad")
    assert len(data.train) + len(data.validation) == 278
    check(data, images, labels, without=2)


def test_the_column_of_names_may_be_missing(tmp_path):
    _, labels = faces(70, 1)
    votes = published(tmp_path / "v.csv", labels, ["Training"] * 70, named=False)
    assert Counter(read_votes(votes, "Training", 70).sum(axis=1).round(3).tolist()) == {1.0: 69, 0.0: 1}


def refused(capsys, tmp_path, train: Path, votes: Path) -> str:
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(train), "--votes", str(votes), "--out", str(out)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and not out.exists()
    return lines[0]


def test_votes_without_row_numbers_must_be_as_many_as_the_faces(capsys, tmp_path):
    images, labels = faces(280, 1)
    votes = published(tmp_path / "votes.csv", labels, ["Training"] * 280)
    train = write_csv(tmp_path / "train.csv", images[:210], labels[:210])
    assert "280 rows of usage Training for 210 faces" in refused(capsys, tmp_path, train, votes)


def test_votes_of_other_rows_are_refused(capsys, tmp_path):
    images, labels = faces(280, 1)
    votes = published(tmp_path / "votes.csv", labels, ["Training"] * 280)
    moved = write_csv(tmp_path / "train.csv", np.roll(images, 3, axis=0), np.roll(labels, 3))
    assert "agree with 0% of the labels" in refused(capsys, tmp_path, moved, votes)


def test_a_test_file_of_other_rows_is_left_without_votes(capsys, tmp_path):
    images, labels = faces(300, 1)
    votes = published(tmp_path / "votes.csv", labels[:280], ["Training"] * 280)
    train = write_csv(tmp_path / "train.csv", images[:280], labels[:280])
    test = write_csv(tmp_path / "test.csv", images[280:], labels[280:])
    data = prepared(tmp_path, "--train", train, "--test", test, "--votes", votes)
    assert not data.test.votes.any() and data.train.votes.any()
    assert "the test faces are left without votes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("train,0,4,0,0,1,3,2,x", "whole numbers, not 'x'"),
        ("train,0,4,0,0,1,3,2,1.5", "whole numbers, not '1.5'"),
        ("train,0,4,0,0,1,3,2,-1", "whole numbers, not '-1'"),
        ("train,-1,4,0,0,1,3,2,0", "whole numbers, not '-1'"),
        ("train,70,4,0,0,1,3,2,0", "no row 70 in Training, which has 70"),
        ("train,0,4,0,0,1,3,2", "whole numbers, not ''"),
        ("train,0,4,0,0,1,3,2,0,0", "more cells than columns"),
    ],
)
def test_a_bad_row_of_votes_is_named(tmp_path, row, reason):
    votes = tmp_path / "votes.csv"
    votes.write_text(
        f"Usage, ROW,neutral,happiness,surprise,sadness,anger,disgust,fear\ntrain,1,4,0,0,1,3,2,0\n{row}\n"
    )
    with pytest.raises(InputError, match=f"votes.csv: row 2: .*{reason}"):
        read_votes(votes, "Training", 70)


def test_other_votes_under_the_same_name_are_other_data(tmp_path):
    images, labels = faces(280, 1)
    train, config = write_csv(tmp_path / "train.csv", images, labels), tmp_path / "small.toml"
    config.write_text("processes = 1\nbatch = 4\n[budget]\nsteps = 1\n")
    votes = published(tmp_path / "votes.csv", labels, ["Training"] * 280)
    before = prepared(tmp_path, "--train", train, "--votes", votes)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/checkpoint.pt").touch()
    votes.write_text(votes.read_text().replace(",7,", ",6,"))
    for facts in (before.facts, {key: value for key, value in before.facts.items() if key != "sha256"}):
        # The second as earlier versions kept them.
        save(replace(before, facts=facts), tmp_path / "data.npz")
        with pytest.raises(InputError, match="holds 1 run on other faces"):
            pipeline.run(train, None, votes, pipeline.Plan([config]), tmp_path)
    after = prepared(tmp_path, "--train", train, "--votes", votes)
    assert not same_faces(before.facts, after.facts)
    # Checkpoints of earlier versions do not tell them apart.
    assert same_faces({key: value for key, value in before.facts.items() if key != "sha256"}, after.facts)
