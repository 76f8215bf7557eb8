import json

import numpy as np
import pytest
from conftest import faces, write_csv

from trainer import labels
from trainer.cli import main
from trainer.prepare import Part


def part(truth: list[int], votes: list[list[float]]) -> Part:
    images = np.zeros((len(truth), 48, 48), dtype=np.uint8)
    shares = np.zeros((len(truth), 7), dtype=np.float32)
    for row, given in enumerate(votes):
        shares[row, : len(given)] = given
    return Part(images, np.array(truth), shares)


def test_a_face_agrees_when_its_label_has_the_most_votes_and_a_tie_counts_its_part():
    found = labels.agreement(part([0, 0, 0, 1], [[1.0], [0.5, 0.5], [0.2, 0.8], [0.0, 1.0]]))
    angry = found["per_class"]["angry"]
    assert found["faces"] == 4 and found["agreement"] == pytest.approx(2.5 / 4)
    assert angry["agreement"] == pytest.approx(0.5) and angry["votes"] == pytest.approx(1.7 / 3)
    assert angry["instead"] == "disgust" and angry["instead_share"] == pytest.approx(0.5)
    assert found["per_class"]["disgust"]["instead"] is None


def test_faces_without_votes_are_left_out():
    found = labels.agreement(part([0, 3], [[1.0], []]))
    assert found["faces"] == 1 and list(found["per_class"]) == ["angry"]
    assert labels.agreement(part([0], [[]])) is None


def test_the_command_writes_the_agreement_of_the_training_faces(capsys, tmp_path):
    images, truth = faces(70, seed=4)
    train = write_csv(tmp_path / "train.csv", images, truth)
    votes = tmp_path / "votes.csv"
    names = "anger,disgust,fear,happiness,sadness,surprise,neutral"
    rows = [f"train,{row}," + ",".join("9" if label == 3 else "1" for label in range(7)) for row in range(70)]
    votes.write_text("\n".join([f"usage,row,{names}", *rows]) + "\n")
    data, out = tmp_path / "data.npz", tmp_path / "labels.json"
    assert main(["prepare", "--train", str(train), "--votes", str(votes), "--out", str(data)]) == 0
    assert main(["labels", "--data", str(data), "--out", str(out)]) == 0
    written = json.loads(out.read_text())
    assert written["per_class"]["happy"]["agreement"] == 1 and written["per_class"]["fear"]["agreement"] == 0
    assert written["per_class"]["fear"]["instead"] == "happy" and "happy (100 %)" in capsys.readouterr().out


def test_a_data_file_without_votes_is_one_clear_line(capsys, data_file, tmp_path):
    out = tmp_path / "labels.json"
    assert main(["labels", "--data", str(data_file), "--out", str(out)]) == 2
    assert capsys.readouterr().err.strip() == f"{data_file}: holds no FER+ votes (prepare it with --votes)"
    assert not out.exists()
