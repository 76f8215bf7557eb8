"""`trainer report`: REPORT.md from the runs' own files."""

import json
from importlib.resources import files
from pathlib import Path
from string import Template

from trainer import CLASSES
from trainer.errors import InputError
from trainer.files import write_text


def write(results: Path, shipped: str, out: Path) -> None:
    """Fill the report's template from results/<run>/evaluation.json and results/published.json.

    `shipped` names the run whose classes, curves and pictures are shown in full.
    """
    runs = {path.parent.name: _read(path) for path in sorted(results.glob("*/evaluation.json"))}
    if shipped not in runs:
        raise InputError(f"{results}: no {shipped}/evaluation.json (runs: {', '.join(runs) or 'none'})")
    published = _read(results / "published.json")["rows"]
    chosen = runs[shipped]
    text = Template(files("trainer").joinpath("report.md").read_text(encoding="utf-8")).substitute(
        headline=_headline(chosen),
        published=_published(published, runs),
        runs=_runs(runs),
        data=_data(chosen["run"]),
        pictures=f"{results.name}/{shipped}",
        classes=_classes(chosen),
        calibration=_calibration(chosen),
        weakest=_weakest(chosen),
        flip=f"{100 * (chosen['flip_averaged']['accuracy'] - chosen['plain']['accuracy']):+.2f}",
    )
    write_text(out, text)


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError):
        raise InputError(f"{path}: not a JSON file") from None


SETS = {"test": "public test", "validation": "validation split"}


def _headline(result: dict) -> str:
    plain, run = result["plain"], result["run"]
    low, high = plain["interval_95"]["accuracy"]
    alone = result["without_near_copies"]
    return (
        f"`{run['network']}` ({run['parameters'] / 1e6:.2f} M parameters, {run['mmac']:.0f} million multiply-accumulates a "
        f"face) is right for **{100 * plain['accuracy']:.2f} %** of the {plain['faces']} faces of the "
        f"{SETS.get(result['set'], result['set'])} (95 % interval {100 * low:.1f}–{100 * high:.1f}), without test-time "
        f"augmentation; macro-F1 {100 * plain['macro_f1']:.1f} %, expected calibration error {100 * plain['ece']:.1f} %. "
        f"Of the {alone['faces']} faces that have no near copy among the training faces it gets "
        f"{100 * alone['accuracy']:.2f} % right. It was trained for {run['minutes']:.0f} minutes ({run['epochs']:.0f} epochs)."
    )


def _published(rows: list[dict], runs: dict[str, dict]) -> str:
    lines = ["| system | public test | private test | source |", "|---|---|---|---|"]
    entries = [(row["private"] or row["public"], _published_line(row)) for row in rows]
    for name, result in runs.items():
        if result["set"] == "test":
            accuracy = 100 * result["plain"]["accuracy"]
            entries.append(
                (accuracy, f"| **Mien, {name}** | **{accuracy:.2f}** | – | results/{name}/evaluation.json |")
            )
    return "\n".join(lines + [line for _, line in sorted(entries, key=lambda entry: entry[0])])


def _published_line(row: dict) -> str:
    public, private = ("–" if row[key] is None else f"{row[key]:.2f}" for key in ("public", "private"))
    return f"| {row['system']} | {public} | {private} | {row['source']} |"


def _runs(runs: dict[str, dict]) -> str:
    lines = [
        "| run | network | parameters | MMAC | epochs | minutes | set | accuracy (95 %) | flip averaged | macro-F1 | ECE |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, result in runs.items():
        run, plain = result["run"], result["plain"]
        low, high = plain["interval_95"]["accuracy"]
        lines.append(
            f"| {name} | {run['network']} | {run['parameters'] / 1e6:.2f} M | {run['mmac']:.0f} | {run['epochs']:.0f} "
            f"| {run['minutes']:.0f} | {SETS.get(result['set'], result['set'])} | {100 * plain['accuracy']:.2f} "
            f"({100 * low:.1f}–{100 * high:.1f}) | {100 * result['flip_averaged']['accuracy']:.2f} "
            f"| {100 * plain['macro_f1']:.1f} | {100 * plain['ece']:.1f} |"
        )
    return "\n".join(lines)


def _data(run: dict) -> str:
    facts, votes = run["data"], run["config"]["votes_weight"]
    counts = facts["counts"]
    lines = [
        f"FER2013 (Goodfellow et al., 2013). {facts['validation_share']:.0%} of the training file is split off for "
        f"validation (stratified, seed {facts['seed']}, all copies of a picture on one side). "
        f"{facts['duplicates_of_test_removed']} training faces of which the public test has a copy were removed.",
        "",
        "| class | training | validation | public test |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | " + " | ".join(str(part[name]) for part in counts.values()) + " |" for name in CLASSES]
    if facts["ferplus"] and votes:
        lines += [
            "",
            f"**Extra labels:** the target is {1 - votes:.0%} the original label and {votes:.0%} the votes of FER+ "
            "(Barsoum et al., 2016) on the same training faces. No extra images. Measured against the original labels.",
        ]
    return "\n".join(lines)


def _classes(result: dict) -> str:
    plain = result["plain"]
    lines = ["| true class | precision | recall | F1 | faces | " + " | ".join(f"as {name}" for name in CLASSES) + " |"]
    lines.append("|---" * (5 + len(CLASSES)) + "|")
    for index, (name, row) in enumerate(plain["per_class"].items()):
        figures = " | ".join(f"{100 * row[key]:.1f}" for key in ("precision", "recall", "f1"))
        counts = " | ".join(str(count) for count in plain["confusion_matrix"][index])
        lines.append(f"| {name} | {figures} | {row['support']} | {counts} |")
    return "\n".join(lines)


def _calibration(result: dict) -> str:
    plain, sure = result["plain"], result["sure"]
    right = f", and {100 * sure['accuracy']:.1f} % of these are right" if sure["accuracy"] is not None else ""
    return (
        f"A temperature of {result['calibration']['temperature']:.3f}, fitted on the validation split, takes the expected "
        f"calibration error from {100 * plain['ece_uncalibrated']:.1f} % to {100 * plain['ece']:.1f} %. Under a confidence "
        f"of {sure['threshold']:.2f} the product says that it is not sure: just under it best guesses are more often wrong than "
        f"right. {100 * sure['coverage']:.1f} % of the faces are above it{right}."
    )


def _weakest(result: dict) -> str:
    rows = sorted(result["plain"]["per_class"].items(), key=lambda item: item[1]["recall"])[:3]
    matrix = result["plain"]["confusion_matrix"]
    parts = []
    for name, row in rows:
        index = CLASSES.index(name)
        taken = max((count, other) for other, count in zip(CLASSES, matrix[index]) if other != name)
        parts.append(f"{name} (recall {100 * row['recall']:.0f} %, most often taken for {taken[1]})")
    return f"The lowest recall is that of {', '.join(parts[:-1])} and {parts[-1]}."
