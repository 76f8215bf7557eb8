import json
import tomllib
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import faces, seeded

from trainer import export, occlusion, prepare
from trainer.covers import COLUMNS, KINDS, PARTS, ROWS, Draw, cover
from trainer.files import digest

MOUTH = (ROWS > 0.70) & (ROWS < 0.78) & ((COLUMNS - 0.5).abs() < 0.08)
EYES = (ROWS > 0.38) & (ROWS < 0.42) & (((COLUMNS - 0.34).abs() < 0.03) | ((COLUMNS - 0.66).abs() < 0.03))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0].__name__)
def test_each_kind_hides_what_it_says_and_nothing_else_that_counts(kind):
    change, _, hidden = kind
    marks = torch.rand(400, 48, 48, generator=seeded(2))
    changed = change(marks, Draw(400, seeded()))
    assert changed.shape == marks.shape and changed.min() >= 0 and changed.max() <= 1
    for part, place, is_hidden in zip(PARTS, (MOUTH, EYES), hidden):
        place = place[0]
        before, after = marks[:, place], changed[:, place]
        # How much of the marks is still there, over all faces.
        left = np.corrcoef(before.ravel(), after.ravel())[0, 1]
        assert left < 0.35 if is_hidden else left > 0.8, (part, left)


def test_labels_and_shares_are_those_of_the_kinds():
    plain = torch.rand(4000, 48, 48, generator=seeded(2))
    covered, labels = cover(plain, seeded())
    touched = (covered != plain).flatten(1).any(dim=1)
    assert touched.float().mean().item() == pytest.approx(sum(share for _, share, _ in KINDS), abs=0.03)
    assert not labels[~touched].any()
    for index in range(len(PARTS)):
        expected = sum(share for _, share, hidden in KINDS if hidden[index])
        assert labels[:, index].mean().item() == pytest.approx(expected, abs=0.03)
    again, other = cover(plain, seeded())[0], cover(plain, seeded(2))[0]
    assert torch.equal(again, covered) and not torch.equal(other, covered)


def test_the_network_is_trained_written_and_answers(tmp_path, data_file):
    facts = occlusion.train(prepare.load(data_file), tmp_path / "made", steps=6)
    assert facts == json.loads((tmp_path / "made" / "occlusion.json").read_text())
    assert facts["recipe"]["steps"] == 6 and set(facts["threshold"]) == set(PARTS)
    assert "dark glasses" in occlusion.table(facts)
    images = faces(5, 3)[0]
    answers = occlusion.answers(export.compiled(tmp_path / "made" / "occlusion.xml", "f32"), images)
    assert answers.shape == (5, 2) and (answers >= 0).all() and (answers <= 1).all()


def test_faces_that_may_be_covered_teach_nothing_about_that_part():
    images = torch.from_numpy(faces(64, 3)[0])
    known = torch.zeros(64, 2)
    known[:, 0] = 1
    # Without a face that is known to show its eyes, everything looks covered there.
    network = occlusion._fitted(images, known, 60, seed=1)
    with torch.no_grad():
        answers = torch.sigmoid(network(images.unsqueeze(1).float() / 255)).mean(dim=0)
    assert answers[1] > 0.8 and answers[0] < 0.6


def test_the_trainers_own_network_sees_what_was_drawn_and_can_be_read():
    with as_file(files("trainer").joinpath("networks")) as own:
        facts = json.loads((own / "occlusion.json").read_text())
        called = facts["called_covered"]
        assert called["mask"]["mouth"] > 0.8 and called["dark_glasses"]["eyes"] > 0.8
        assert called["rims"]["eyes"] < 0.1 and called["aside"]["mouth"] < 0.1
        assert 0 < min(facts["threshold"].values()) and max(facts["threshold"].values()) < 1
        assert facts["sha256"] == {file: digest(own / file) for file in occlusion.FILES}
        flat = np.repeat(np.array([0, 128], np.uint8), 48 * 48).reshape(2, 48, 48)
        found = occlusion.answers(export.compiled(own / "occlusion.xml", "f32"), flat)
        assert found == pytest.approx(np.array([[0.509, 0.095], [0.918, 0.020]]), abs=0.02)


def test_what_belongs_to_the_package_gets_into_its_image():
    root = Path(__file__).parents[1]
    listed = (root / ".dockerignore").read_text().split()
    let_through = {path for line in listed if line.startswith("!") for path in root.glob(line[1:])}
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["trainer"]
    for pattern in [*patterns, "*.py"]:
        found = set((root / "trainer").glob(pattern))
        assert found and found <= let_through, pattern


def part(confidences, rights) -> prepare.Part:
    """Faces whose first pixel says how sure the classifier is of them, and whose second whether it is right."""
    images = np.zeros((len(rights), 48, 48), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.rint(np.array(confidences) * 255), rights
    return prepare.Part(images, np.zeros(len(rights), np.int64), np.zeros((len(rights), 7), np.float32))


def test_sure_from_is_where_covered_faces_are_right_as_often_as_the_others(monkeypatch):
    # Of the sure faces 80 % are right; among covered ones as many only from 0.9 on.
    plain = part([0.7] * 100 + [0.3] * 50, [1] * 80 + [0] * 20 + [0] * 50)
    covered = part([0.9] * 75 + [0.8] * 75, [1] * 75 + [0] * 75)
    monkeypatch.setattr(occlusion, "_changed", lambda *_arguments, **_named: covered.images)
    monkeypatch.setattr(occlusion, "_rights", lambda images, _labels: as_they_say(images))
    assert occlusion._sure_from(
        lambda images: (images, None), "mouth", 0.6, plain, as_they_say(plain.images)
    ) == pytest.approx(0.9, abs=0.011)


def as_they_say(images) -> tuple[np.ndarray, np.ndarray]:
    return images[:, 0, 0] / 255, images[:, 0, 1] > 0


@pytest.mark.parametrize("covered", [part([0.9] * 150, [0] * 150), part([0.9] * 45, [1] * 45)], ids=["wrong", "few"])
def test_where_covered_faces_are_never_as_right_none_is_sure(monkeypatch, covered):
    plain = part([0.7] * 100, [1] * 80 + [0] * 20)
    monkeypatch.setattr(occlusion, "_changed", lambda *_arguments, **_named: covered.images)
    monkeypatch.setattr(occlusion, "_rights", lambda images, _labels: as_they_say(images))
    assert (
        occlusion._sure_from(lambda images: (images, None), "mouth", 0.6, plain, as_they_say(plain.images))
        == occlusion.NEVER
    )
