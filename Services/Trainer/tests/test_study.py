import csv
from pathlib import Path

import pytest

from trainer import prepare, study
from trainer.cli import main
from trainer.errors import InputError

CONFIGS = Path(__file__).parents[1] / "configs"


def test_a_study_trains_every_variant_once_and_goes_on_where_it_stopped(capsys, tmp_path, data_file):
    work, results = tmp_path / "work", tmp_path / "results"
    arguments = ["--data", str(data_file), "--work", str(work), "--results", str(results)]
    command = ["study", "--study", str(CONFIGS / "study" / "small.toml"), *arguments]
    assert main(command) == 0
    with (results / "small.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["variant"] for row in rows] == ["with-flip", "without-flip"]
    assert all(row["training_faces"] == "40" and 0 <= float(row["accuracy"]) <= 1 for row in rows)
    data = prepare.load(data_file)
    assert all(int(row["faces"]) == len(prepare.left_out(data.train, 40, data.facts["seed"])) > 0 for row in rows)
    made = {path: path.stat().st_mtime_ns for path in work.rglob("final.pt")}
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in work.rglob("final.pt")} == made

    # What lies there counts for nothing but this recipe and these faces.
    capsys.readouterr()
    before, data.facts["seed"] = (results / "small.csv").read_bytes(), 99
    prepare.save(data, tmp_path / "other.npz")
    assert main([str(tmp_path / "other.npz") if part == str(data_file) else part for part in command]) == 2
    assert "with-flip-1: was trained with another data file: name another --work" in capsys.readouterr().err
    changed = tmp_path / "small.toml"
    changed.write_text(
        (CONFIGS / "study" / "small.toml").read_text().replace("batch = 4", "batch = 4\npeak_rate = 0.2")
    )
    assert main([str(changed) if part.endswith("small.toml") else part for part in command]) == 2
    assert "with-flip-1: was trained by another recipe than the study's: name another" in capsys.readouterr().err
    assert (results / "small.csv").read_bytes() == before


def test_where_no_faces_are_left_out_a_study_is_measured_on_the_validation_split(tmp_path, data_file):
    path, results = tmp_path / "whole.toml", tmp_path / "results"
    path.write_text("[base]\nprocesses = 1\nbatch = 4\n[base.budget]\nsteps = 1\n[variants.a]\n")
    arguments = ["--data", str(data_file), "--work", str(tmp_path / "work"), "--results", str(results)]
    assert main(["study", "--study", str(path), *arguments]) == 0
    with (results / "whole.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    data = prepare.load(data_file)
    assert int(row["faces"]) == len(data.validation) and int(row["training_faces"]) == len(data.train)
    assert row["accuracy"] == row["validation_accuracy"]


@pytest.mark.parametrize("path", sorted((CONFIGS / "study").glob("*.toml")), ids=lambda path: path.stem)
def test_every_study_in_the_repository_is_valid_and_changes_something(path):
    loaded = study.load(path)
    tables = [str(sorted(table.items(), key=str)) for table in loaded.variants.values()]
    assert len(set(tables)) == len(tables) > 1 and loaded.question


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seeds = [1]\n", r"needs a table \[base\]"),
        ("[base]\n[base.budget]\nsteps = 1\n[variants.a]\nbach = 1\n", "a: unknown key 'bach'"),
        ("[base]\n[variants.a]\n", "exactly one of minutes, epochs and steps"),
        ("tests = 1\n", "unknown key tests"),
        ('seeds = ["x"]\n[base]\n[variants.a]\n', "whole numbers"),
    ],
)
def test_a_wrong_study_is_one_clear_line(tmp_path, text, reason):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=reason) as caught:
        study.load(path)
    assert "\n" not in str(caught.value)


def test_the_table_compares_with_the_first_variant_over_the_seeds():
    row = {"mmac": 60, "epochs": 2, "minutes": 1.5, "macro_f1": 0.5, "negative_log_likelihood": 1.0}
    scores = [("a", 1, 0.50), ("b", 1, 0.53), ("a", 2, 0.52), ("b", 2, 0.57)]
    rows = [row | {"variant": name, "seed": seed, "accuracy": accuracy} for name, seed, accuracy in scores]
    table = study.table_of("Which?", rows)
    assert "| a | 60 | 2 | 1.5 | 51.00 (50.00–52.00) | +0.00 |" in table
    assert "| b | 60 | 2 | 1.5 | 55.00 (53.00–57.00) | +4.00 |" in table
