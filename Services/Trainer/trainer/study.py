"""`trainer study`: variants of one recipe, trained with equal budgets and compared on the validation split.

A study is a TOML file: [base] is a configuration, each table of [variants] changes some of its keys, and `seeds` says how
often each is trained. The first variant is what the others are compared with. Each run keeps its checkpoint, so a study
that was stopped goes on, and its CSV holds what is done so far. The public test is never looked at: variants are measured on
the training faces that `train_faces` leaves out, which are many more than the validation split has, or on that where
nothing is left out.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import tomli_w
import torch

from trainer import checkpoint, launch, metrics, predict, prepare
from trainer import config as configuration
from trainer.config import Config
from trainer.errors import InputError
from trainer.evaluate import fit, run_facts
from trainer.files import digest, write_rows, write_text
from trainer.ranges import SEEDS


@dataclass(frozen=True)
class Study:
    """name: the file's; question: what it is to answer; variants: by name, each a complete configuration table."""

    name: str
    question: str
    seeds: list[int]
    variants: dict[str, dict]


def load(path: Path) -> Study:
    """Read and check a study and every configuration in it. Raises InputError naming the variant and the key."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None
    if unknown := sorted(content.keys() - {"question", "seeds", "base", "variants"}):
        raise InputError(f"{path}: unknown key {', '.join(unknown)} (known: question, seeds, base, variants)")
    seeds, base, variants = content.get("seeds", [1]), content.get("base"), content.get("variants")
    if not isinstance(base, dict) or not isinstance(variants, dict) or not variants:
        raise InputError(f"{path}: needs a table [base] and at least one table [variants.NAME]")
    if not isinstance(seeds, list) or not seeds or not all(type(seed) is int and SEEDS.has(seed) for seed in seeds):
        raise InputError(f"{path}: seeds must be a list of whole numbers from 0")
    whole = {}
    for name, changes in variants.items():
        if not isinstance(changes, dict):
            raise InputError(f"{path}: [variants.{name}] must be a table")
        whole[name] = merge(base, changes)
        source = f"{path}: {name}"
        configuration.check(configuration.parse(whole[name], source), source)
    return Study(path.stem, str(content.get("question", "")), seeds, whole)


def merge(base: dict, changes: dict) -> dict:
    """`base` with `changes`; tables are merged, everything else is replaced. A new kind of budget replaces the old."""
    merged = dict(base)
    for key, value in changes.items():
        deeper = isinstance(value, dict) and isinstance(merged.get(key), dict) and key != "budget"
        merged[key] = merge(merged[key], value) if deeper else value
    return merged


def run(path: Path, data_path: Path, work: Path, results: Path) -> int:
    """Train what is not trained yet and write results/<study>.csv; returns the exit code of a run that failed, or 0."""
    study, data = load(path), prepare.load(data_path)
    # Another study may run on the other cores, beside which threads that wait for each other are slow.
    torch.set_num_threads(1)
    rows: list[dict] = []
    # Seed by seed, so that a study stopped early has compared all variants at least once.
    for seed in study.seeds:
        for name, table in study.variants.items():
            directory = work / study.name / f"{name}-{seed}"
            print(f"== {study.name}: {name}, seed {seed}", flush=True)
            if code := _train(table | {"seed": seed}, data, data_path, directory):
                return code
            rows.append(_measure(directory, data, study.name, name, seed))
            write_rows(results / f"{study.name}.csv", rows)
    print(table_of(study.question, rows))
    return 0


def _train(table: dict, data: prepare.Data, data_path: Path, directory: Path) -> int:
    """Train a variant, or go on with it; returns the exit code. InputError where another recipe's or other faces' run lies."""
    path, text, finished = directory / "config.toml", tomli_w.dumps(table), directory / "final.pt"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise InputError(
            f"{directory}: was trained by another recipe than the study's: name another --work, or remove it"
        )
    if finished.exists():
        if not prepare.same_faces(checkpoint.load(finished)["facts"], data.facts):
            raise InputError(f"{directory}: was trained with another data file: name another --work, or remove it")
        return 0
    write_text(path, text)
    return launch.train([launch.Job(path, directory)], data_path)


def _measure(directory: Path, data: prepare.Data, study: str, variant: str, seed: int) -> dict:
    """A row of the CSV; measured once and kept beside the run."""
    finished, kept = directory / "final.pt", directory / "row.json"
    sha = digest(finished)
    if kept.exists() and (row := json.loads(kept.read_text(encoding="utf-8")))["checkpoint_sha256"] == sha:
        return row
    trained = predict.load(finished)
    fitted, facts = fit(trained, data), run_facts(trained)
    faces = Config(**facts["config"]).train_faces or len(data.train)
    part = prepare.left_out(data.train, faces, data.facts["seed"])
    if len(part):
        logits = predict.logits_of(trained.network, part.images, trained.mean, trained.deviation)
        calibrated = fitted.calibration(logits)
    else:
        part, calibrated = data.validation, fitted.held
    measured = metrics.summary(calibrated, part.labels)
    row = {
        "study": study,
        "variant": variant,
        "seed": seed,
        "network": facts["network"],
        "parameters": facts["parameters"],
        "mmac": facts["mmac"],
        "training_faces": min(faces, len(data.train)),
        "epochs": facts["epochs"],
        "minutes": facts["minutes"],
        "faces": measured["faces"],
        "accuracy": round(measured["accuracy"], 5),
        "macro_f1": round(measured["macro_f1"], 5),
        "negative_log_likelihood": round(measured["negative_log_likelihood"], 5),
        "ece": round(measured["ece"], 5),
        "validation_accuracy": round(fitted.methods[fitted.calibration.method]["accuracy"], 5),
        "validation_accuracy_uncalibrated": round(fitted.methods["none"]["accuracy"], 5),
        "calibration": fitted.calibration.method,
        "checkpoint_sha256": sha,
    }
    write_text(kept, json.dumps(row) + "\n")
    return row


def table_of(question: str, rows: list[dict]) -> str:
    """The study as a Markdown table: means over the seeds, and the distance from the first variant."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    seeds = len({row["seed"] for row in rows})
    lines = [
        *([question, ""] if question else []),
        f"| variant | MMAC | epochs | minutes | accuracy ({seeds} seed{'s' if seeds > 1 else ''}) | against {variants[0]} "
        "| macro-F1 | NLL |",
        "|---|---|---|---|---|---|---|---|",
    ]
    changes = {variants[0]: 0.0} | differences(rows)
    for name in variants:
        mine = [row for row in rows if row["variant"] == name]
        values = [100 * float(row["accuracy"]) for row in mine]
        spread = f" ({min(values):.2f}–{max(values):.2f})" if len(values) > 1 else ""
        lines.append(
            f"| {name} | {float(mine[0]['mmac']):.0f} | {float(mine[0]['epochs']):.0f} | {_mean(rows, name, 'minutes'):.1f} "
            f"| {sum(values) / len(values):.2f}{spread} | {changes[name]:+.2f} | {100 * _mean(rows, name, 'macro_f1'):.1f} "
            f"| {_mean(rows, name, 'negative_log_likelihood'):.3f} |"
        )
    return "\n".join(lines)


def differences(rows: list[dict]) -> dict[str, float]:
    """By how many points of accuracy each variant but the first differs from it, means over the seeds."""
    first, *others = dict.fromkeys(row["variant"] for row in rows)
    base = _mean(rows, first, "accuracy")
    return {name: 100 * (_mean(rows, name, "accuracy") - base) for name in others}


def _mean(rows: list[dict], variant: str, key: str) -> float:
    values = [float(row[key]) for row in rows if row["variant"] == variant]
    return sum(values) / len(values)
