"""The parts of the report that are made from results files, on small made-up ones."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from trainer import CLASSES, backbone, curves, limits, proposals, sections, survey
from trainer.augment import Augmentation
from trainer.cli import main
from trainer.config import Config

RESULTS = Path(__file__).parents[1] / "results"


def result(network: str, accuracy: float, epochs: float = 80, faces: int = 2800, **run) -> dict:
    plain = {"accuracy": accuracy, "faces": faces, "per_class": {name: {"recall": accuracy} for name in CLASSES}}
    facts = {"network": network, "epochs": epochs, "mmac": 140.0, "minutes": 60.0, "teachers": [], "config": {}} | run
    return {"set": "test", "plain": plain, "run": facts}


def peer(name: str, accuracy: float, training: float) -> dict:
    facts = {
        "package": name,
        "version": "1.0",
        "accuracy": accuracy,
        "macro_f1": accuracy,
        "training_accuracy": training,
    }
    return facts | {"parameters": 2_000_000, "bytes": 3_000_000, "milliseconds_a_face": 1.25}


def test_without_a_long_run_of_another_network_nothing_supports_the_backbone():
    runs = {"m": result("mien-inception-m", 0.69), "v": result("reference-vgg", 0.66, epochs=30)}
    assert backbone.verdict(runs).startswith(
        "**Long runs do not support the choice of backbone.** Only mien-inception-m has"
    )
    assert "Only no network has" in backbone.verdict({})


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [(0.60, "support the Inception"), (0.70, "cannot tell"), (0.75, "speak against the Inception")],
)
def test_long_runs_decide_about_the_backbone_beyond_the_noise_of_the_faces(accuracy, words):
    runs = {
        "m": result("mien-inception-m", 0.69, epochs=40, start={"epochs": 80}),
        "v": result("reference-vgg", accuracy),
    }
    text = backbone.verdict(runs)
    assert words in text and "120 epochs, 69.00 %" in text and f"{100 * (0.69 - accuracy):+.2f} points" in text


def test_of_a_joined_network_each_member_is_told():
    def member(network: str, epochs: float, start: dict | None) -> dict:
        config = dataclasses.asdict(Config(network=network, seed=7))
        facts = {"network": network, "weight": 0.5, "epochs": epochs, "minutes": 60.0, "teachers": [], "start": start}
        return facts | {"config": config, "members": []}

    start = {"name": "mien-inception-m", "version": "2.0.0", "epochs": 80}
    members = [member("mien-inception-m", 40, start), member("mien-vgg", 60, None)]
    data = {"seed": 2013, "counts": {"train": {"happy": 25_000}}}
    run = result("mien-inception-m+mien-vgg", 0.72, epochs=100, members=members, data=data)["run"]
    text = sections.training(run, [])
    assert "mean of those of 2 networks" in text and text.count("peak rate") == text.count("Seed 7") == 2
    assert "- **mien-vgg** (50% of the mean; 60 epochs, 60 minutes)" in text and "from mien-inception-m 2.0.0" in text
    assert sections.effort(run) == "4.5 million faces (180 epochs of 25000)"
    # It is no run of one backbone.
    assert "Only no network has" in backbone.verdict({"joined": {"set": "validation", "run": run, "plain": {}}})


def test_a_start_of_another_split_is_not_called_one_of_the_same():
    config = dataclasses.asdict(Config())
    for other, words in ((False, "for 80 epochs on the same split"), (True, "for 80 epochs on another split")):
        start = {"name": "m", "version": "1", "epochs": 80, "other_split": other}
        run = result("m", 0.7, start=start, config=config, data={"seed": 2013})["run"]
        assert words in sections.training(run, [])


def test_every_kind_of_augmentation_is_told():
    kinds = {field.name: field.type for field in dataclasses.fields(Augmentation)}
    off = {name: kind() for name, kind in kinds.items()}
    for name, kind in kinds.items():
        one = off | {name: True if kind is bool else 0.25}
        assert sections.augmentation(one, 0.85) != sections.augmentation(off, 0.85), name


def test_the_faces_shown_are_those_that_the_run_took():
    data, config = {"counts": {"train": {"happy": 25_000}}}, {"train_faces": 5000}
    run = result("m", 0.7, epochs=40, data=data, config=config)["run"]
    assert sections.effort(run) == "0.2 million faces (40 epochs of 5000)"


def test_the_survey_marks_what_was_measured_here_and_what_outside():
    run = result("mien-inception-m", 0.7, parameters=1_680_000, data={"ferplus": True})
    run["run"]["config"] = {"votes_weight": 0.3}
    outside = {"m": {"accuracy": 0.71}, "fer": {"accuracy": 0.6584}}
    table = survey.table({"m": run}, [peer("fer", 0.6531, 0.75), peer("other", 0.5, 0.6)], outside)
    assert "| fer 25.10.3 (mini-Xception) | 65.31 | 65.84 † | – |" in table and table.count("fer 25.10.3") == 1
    assert "| other 1.0 | 50.00 | – | – | not stated | 2.00 M | 1.2 ms on one core | measured here |" in table
    ours = (
        "| **Mien, m** | **70.00** | 71.00 † | – | FER+ votes on the same faces | 1.68 M | 140 MMAC | measured here |"
    )
    assert ours in table
    places = [table.index(f"| {name}") for name in ("other 1.0", "fer 25.10.3", "**Mien, m**", "ResMaskingNet |")]
    assert places == sorted(places)


def test_every_row_of_the_survey_says_where_it_is_from():
    lines = survey.table({}, [], {}).splitlines()
    assert all(line.count("|") == 10 and line.split("|")[9].strip() for line in lines)
    assert all(line.count("|") == 6 for line in survey.repeated().splitlines())


def test_a_package_that_knew_the_test_is_named_and_one_that_overfits_is_not():
    found = [peer("knowing", 0.88, 0.89), peer("overfitting", 0.5, 0.95), peer("honest", 0.65, 0.66)]
    assert "**knowing 1.0 knew the test.**" in survey.leaks(found) and survey.leaks(found[1:]) == ""
    assert "its training saw the test" in survey.table({}, found, {})


def test_the_agreement_stands_beside_the_recall():
    row = {"faces": 10, "agreement": 0.13, "votes": 0.14, "instead": "neutral", "instead_share": 0.35}
    found = {"faces": 10, "agreement": 0.13, "per_class": {"fear": row}}
    text = limits.agreement(found, result("n", 0.48))
    assert "| fear | 13 % | 14 % | neutral (35 %) | 48 % |" in text and "fear (by 35 points)" in text
    assert "has not been run" in limits.agreement(None, result("n", 0.48))


def test_harder_faces_stand_below_the_unchanged_ones_which_stand_once():
    def row(kind: str, level, accuracy: float) -> dict:
        figures = {"accuracy": accuracy, "confidence": 0.7, "ece": 0.02, "sure": 0.6, "sure_accuracy": None}
        return {"kind": kind, "level": level, "unit": "x"} | figures

    rows = [
        row("size", 48, 0.7),
        row("size", 24, 0.69),
        row("size", 12, 0.4),
        row("roll", 0, 0.7),
        row("roll", 30, 0.5),
    ]
    model = {"name": "m", "version": "1"}
    found = {"model": model, "set": "validation", "faces": 2800, "not_sure": 0.5, "rows": rows}
    text = limits.robustness(found, "p.png")
    assert (
        text.count("as they are") == 1
        and "| 24 pixels wide, enlarged by means | 69.0 | 70.0 | 2.0 | 60.0 | – |" in text
    )
    assert (
        "loses more than 2 points on faces 12 pixels wide, enlarged by means; turned by 30°. It is most too sure on faces 12 pixels"
        in text
    )
    rows[0]["confidence"] = 0.99
    rows[2]["confidence"] = 0.4
    rows[4]["confidence"] = 0.4
    assert "It is most too sure on faces as they are: a mean confidence of 99 %" in limits.robustness(found, "p.png")
    found["rows"] = [row | {"confidence": 0.3} for row in rows]
    assert limits.robustness(found, "p.png").count("It is too sure on none of them.") == 1


def test_proposals_show_measured_gains_and_leave_out_what_was_carried_out():
    runs = {
        "inception-m-1": result("mien-inception-m", 0.68),
        "inception-m-3": result("mien-inception-m", 0.70) | {"crops_averaged": {"accuracy": 0.71, "faces": 2800}},
    }
    for run in runs.values():
        run["calibration"] = {"cross_validated": {"vector": {"accuracy": 0.7}, "temperature": {"accuracy": 0.69}}}
    study = [
        {"variant": name, "accuracy": share, "faces": "10000", "minutes": "30", "training_faces": "5000"}
        for name, share in (("alone", "0.52"), ("taught", "0.54"))
    ]
    tried = proposals.tried(runs, {"distillation": study}, "inception-m-3", [])
    assert "| +2.00 | ±1.4 | results/studies/distillation.csv: 5000 training faces, 1 seed | 0.5 |" in tried
    assert "| +2.00 | ±2.5 | public test, inception-m-3 against inception-m-1 | 1 |" in tried
    assert "| +1.00 | same network | validation split, cross-validated | none |" in tried
    row = {"epoch": "38", "validation_accuracy": "0.67"}
    runs["inception-m-3"]["run"]["config"] = {"precise_batch_norm": True}
    for epoch, noise in (("38", "same network"), ("40", "after 2 more epochs")):
        history = [row, {"epoch": epoch, "validation_accuracy": "0.68"}]
        brought = proposals.tried(runs, {}, "inception-m-3", history)
        assert f"| +1.00 | {noise} | validation split, inception-m-3 | 0.02 |" in brought
    assert "five crops" in tried and "mirror image's answer" not in tried
    assert "long distillation" in proposals.table(runs)
    taught = runs | {"t": result("mien-inception-m", 0.72, teachers=["a"])}
    assert "long distillation" not in proposals.table(taught)


def test_the_list_of_others_is_whole():
    from trainer.card import published

    keys = {"system", "single", "public", "private", "unstated", "extra", "parameters", "cost", "source"}
    for row in published():
        assert keys <= row.keys() and row["source"], row
    assert json.dumps(published())


def test_what_a_run_has_done_is_no_proposal_whatever_it_was_measured_on(tmp_path):
    for name, file in (("inception-m-3", "evaluation.json"), ("vgg-3", "validation.json")):
        (tmp_path / name).mkdir()
        shutil.copy(RESULTS / name / file, tmp_path / name)
    out = tmp_path / "REPORT.md"
    assert main(["report", "--results", str(tmp_path), "--shipped", "inception-m-3", "--out", str(out)]) == 0
    text = out.read_text()
    assert "Only mien-vgg has been trained" in text and "a first stage that sees the face in full size" not in text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("peers/x.json", "{}"),
        ("peers/not-measured.csv", "a,b\n1,2\n"),
        ("outside.json", '[{"name": "run"}]'),
        ("outside.json", '[{"name": "run", "accuracy": 0.7}]'),
        ("studies/networks.csv", ""),
        ("studies/other.csv", "a,b\n1,2\n"),
    ],
)
def test_a_foreign_file_beside_the_runs_is_one_clear_line(capsys, tmp_path, path, content):
    (tmp_path / "run").mkdir()
    shutil.copy(RESULTS / "inception-m-3" / "evaluation.json", tmp_path / "run")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(content)
    assert main(["report", "--results", str(tmp_path), "--shipped", "run", "--out", str(tmp_path / "REPORT.md")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{path}: not a file of" in line and not (tmp_path / "REPORT.md").exists()


def test_learning_curves_show_every_loss(monkeypatch, tmp_path):
    drawn = []
    monkeypatch.setattr(curves, "write_figure", lambda path, figure: drawn.append(figure))
    row = {"epoch": 1, "train_loss": 3.5, "validation_loss": 0.1, "validation_accuracy": 0.9}
    curves.draw([row, row | {"epoch": 2}], tmp_path / "curves.png")
    low, high = drawn[0].axes[0].get_ylim()
    assert low < 0.1 and high > 3.5


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"run": {}, "set": "test", "plain": []}'])
@pytest.mark.parametrize(
    "path",
    [
        "run/evaluation.json",
        "other/evaluation.json",
        "other/validation.json",
        "run/robustness.json",
        "run/export.json",
    ],
)
def test_an_empty_or_foreign_file_is_one_clear_line(capsys, tmp_path, path, content):
    for name in ("run", "other"):
        (tmp_path / name).mkdir()
        shutil.copy(RESULTS / "inception-m-3" / "evaluation.json", tmp_path / name)
    command = ["report", "--results", str(tmp_path), "--shipped", "run", "--out", str(tmp_path / "REPORT.md")]
    assert main(command) == 0
    (tmp_path / "REPORT.md").unlink()
    capsys.readouterr()
    (tmp_path / path).write_text(content)
    if path.endswith(("robustness.json", "export.json")) and content in ("{}", "[]", "null"):
        # Nothing was measured.
        assert main(command) == 0
        return
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{path}: not a" in line and not (tmp_path / "REPORT.md").exists()
