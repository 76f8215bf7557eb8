"""The numbers that a configuration may have."""

import dataclasses
from pathlib import Path

import pytest

from trainer import config, study
from trainer.cli import main
from trainer.errors import InputError
from trainer.ranges import RANGES

TABLES = {"": config.Config, "teacher.": config.Teacher, "augmentation.": config.Augmentation}


def test_every_number_has_a_range_that_its_default_lies_in():
    numbers = {
        prefix + item.name: item.default
        for prefix, kind in TABLES.items()
        for item in dataclasses.fields(kind)
        if item.type in (int, float)
    }
    assert numbers.keys() == RANGES.keys()
    assert all(RANGES[path].has(value) for path, value in numbers.items())
    assert not any(allowed.has(value) for allowed in RANGES.values() for value in (-1, float("inf"), float("nan")))


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "configs").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_configurations_in_the_repository_are_valid(path):
    assert config.load(path).network


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed = -1", "seed must lie in 0…"),
        (f"seed = {2**63}", "seed must lie in 0…"),
        ("processes = 65", "processes must lie in 1…64, not 65"),
        ("batch = 0", "batch must be at least 1"),
        ("peak_rate = 0", "peak_rate must lie in 0…10 (0 excluded), not 0"),
        ("peak_rate = nan", "peak_rate must lie in"),
        ("weight_decay = -0.1", "weight_decay must lie in 0…1"),
        ("momentum = 1", "momentum must lie in 0…1 (1 excluded), not 1"),
        ("mixing_until = 1.5", "mixing_until must lie in 0…1, not 1.5"),
        ("small_until = -1", "small_until must lie in"),
        ("checkpoint_seconds = inf", "checkpoint_seconds must be at least 0 and finite, not inf"),
        (f"peak_rate = {10**400}", "peak_rate must be a finite number"),
        (f"seed = {'9' * 5000}", "not a TOML file"),
        ("[teacher]\ntemperature = inf", "[teacher] temperature must lie in 0…100 (0 excluded), not inf"),
        ("[teacher]\nweight = nan", "[teacher] weight must lie in 0…1, not nan"),
        ("[augmentation]\nrotation = 181", "[augmentation] rotation must lie in 0…180, not 181"),
        ("[augmentation]\nscale = 1", "[augmentation] scale must lie in 0…1 (1 excluded), not 1"),
        ("[augmentation]\nmixing = 2", "[augmentation] mixing must lie in 0…1, not 2"),
        ("[budget]\nminutes = inf", "[budget] takes finite numbers from 0"),
        ("[budget]\nsteps = 1\nepochs = -1", "[budget] takes finite numbers from 0"),
    ],
)
def test_a_number_out_of_its_range_is_one_clear_line(tmp_path, text, reason):
    path = tmp_path / "wrong.toml"
    path.write_text(text + ("" if "[budget]" in text else "\n[budget]\nsteps = 1\n"))
    with pytest.raises(InputError) as error:
        config.load(path)
    assert reason in str(error.value) and "\n" not in str(error.value)


def test_a_seed_below_0_is_one_clear_line(capsys, tmp_path):
    assert main(["prepare", "--train", "none.csv", "--seed", "-1", "--out", str(tmp_path / "data.npz")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("the seed must lie in 0…") and line.endswith(", not -1")
    path = tmp_path / "wrong.toml"
    path.write_text("seeds = [-1]\n[base]\n[base.budget]\nsteps = 1\n[variants.a]\n")
    with pytest.raises(InputError, match="whole numbers from 0"):
        study.load(path)
