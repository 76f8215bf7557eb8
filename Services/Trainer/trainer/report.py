"""`trainer report`: REPORT.md from the runs' own files."""

import csv
import json
import math
from importlib.resources import files
from pathlib import Path
from string import Template

from trainer import proposals, sections
from trainer.card import published
from trainer.errors import InputError
from trainer.files import write_text
from trainer.study import differences, table_of

AVERAGED = {"flip_averaged": "flip averaged", "crops_averaged": "crops averaged"}


def write(results: Path, shipped: str, out: Path) -> None:
    """Fill the report's template from results/<run>/evaluation.json, export.json, results/studies/*.csv and looks.csv.

    A study's Markdown file beside its CSV, if there is one, says what follows from it.

    `shipped` names the run whose classes, curves and pictures are shown in full.
    """
    runs = {path.parent.name: _read(path) for path in sorted(results.glob("*/evaluation.json"))}
    if shipped not in runs:
        raise InputError(f"{results}: no {shipped}/evaluation.json (runs: {', '.join(runs) or 'none'})")
    studies = {path.stem: _read_rows(path) for path in sorted((results / "studies").glob("*.csv"))}
    chosen = runs[shipped]
    exported, history = results / shipped / "export.json", results / shipped / "metrics.csv"
    text = Template(files("trainer").joinpath("report.md").read_text(encoding="utf-8")).substitute(
        headline=_headline(chosen),
        looks=_looks(results / "looks.csv"),
        published=_published(runs),
        runs=_runs(runs),
        data=sections.data(chosen["run"]),
        augmentation=sections.augmentation(
            chosen["run"]["config"]["augmentation"], chosen["run"]["config"]["mixing_until"]
        ),
        training=sections.training(chosen["run"], _read_rows(history) if history.exists() else []),
        pictures=f"{results.name}/{shipped}",
        classes=sections.classes(chosen),
        confusions=sections.confusions(chosen),
        calibration=sections.calibration(chosen),
        exported=sections.exported(_read(exported)) if exported.exists() else "",
        weakest=sections.weakest(chosen),
        proposals=proposals.table(runs, studies, shipped),
        **{
            f"study_{name}": _study(name, studies, results / "studies" / f"{name}.md")
            for name in ("networks", "augmentation", "recipe", "distillation")
        },
    )
    write_text(out, text)


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError):
        raise InputError(f"{path}: not a JSON file") from None


def _read_rows(path: Path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _headline(result: dict) -> str:
    plain, run = result["plain"], result["run"]
    low, high = plain["interval_95"]["accuracy"]
    alone = result["without_near_copies"]
    return (
        f"`{run['network']}` ({run['parameters'] / 1e6:.2f} M parameters, {run['mmac']:.0f} million multiply-accumulates a "
        f"face) is right for **{100 * plain['accuracy']:.2f} %** of the {plain['faces']} faces of the "
        f"{sections.SETS.get(result['set'], result['set'])} (95 % interval {100 * low:.1f}–{100 * high:.1f}), without test-time "
        f"augmentation; macro-F1 {100 * plain['macro_f1']:.1f} %, expected calibration error {100 * plain['ece']:.1f} %. "
        f"Of the {alone['faces']} faces that have no near copy among the training faces it gets "
        f"{100 * alone['accuracy']:.2f} % right. It was trained for {run['minutes']:.0f} minutes ({run['epochs']:.0f} epochs)"
        f"{_before(run)}."
    )


def _before(run: dict) -> str:
    start = run.get("start")
    return f", on top of the {start['epochs']:.0f} epochs of {start['name']} {start['version']}" if start else ""


def _looks(path: Path) -> str:
    if not path.exists():
        return "The public test's looks were not counted."
    count = len(_read_rows(path))
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"The public test was looked at {times} (`{path.parent.name}/{path.name}`); all choices were made on validation."


def _published(runs: dict[str, dict]) -> str:
    lines = ["| system | public test | private test | source |", "|---|---|---|---|"]
    entries = [(row["private"] or row["public"], _published_line(row)) for row in published()]
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
        "| run | network | parameters | MMAC | epochs | minutes | set | accuracy (95 %) | flip / crops averaged | macro-F1 "
        "| ECE before, after |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, result in runs.items():
        run, plain = result["run"], result["plain"]
        low, high = plain["interval_95"]["accuracy"]
        averaged = (f"{100 * result[key]['accuracy']:.2f}" if key in result else "–" for key in AVERAGED)
        lines.append(
            f"| {name} | {run['network']} | {run['parameters'] / 1e6:.2f} M | {run['mmac']:.0f} | {run['epochs']:.0f} "
            f"| {run['minutes']:.0f} | {sections.SETS.get(result['set'], result['set'])} | {100 * plain['accuracy']:.2f} "
            f"({100 * low:.1f}–{100 * high:.1f}) | {' / '.join(averaged)} | {100 * plain['macro_f1']:.1f} "
            f"| {100 * result['uncalibrated']['ece']:.1f}, {100 * plain['ece']:.1f} |"
        )
    return "\n".join(lines)


def _study(name: str, studies: dict[str, list[dict]], remarks: Path) -> str:
    if name not in studies:
        return f"*(`configs/study/{name}.toml` has not been run yet.)*"
    rows = studies[name]
    row, share = rows[0], float(rows[0]["accuracy"])
    error = 100 * math.sqrt(share * (1 - share) / int(row["faces"]))
    # Of a difference, as if the two were measured on other faces: they are the same, which leaves room for the seeds.
    noise = 2 * math.sqrt(2) * error
    changes = differences(rows)
    clear = [f"{variant} ({change:+.1f})" for variant, change in changes.items() if abs(change) > noise]
    return (
        f"{table_of('', rows)}\n\n(`results/studies/{name}.csv`: short runs of one recipe with {row['training_faces']} "
        f"training faces, measured on {row['faces']} faces that were not trained on. An accuracy's standard error is "
        f"{error:.1f} points; what another seed changes comes on top. More than {noise:.1f} points from "
        f"{row['variant']}: {', '.join(clear) or 'none'}.)"
        + (f"\n\n{remarks.read_text(encoding='utf-8').strip()}" if remarks.exists() else "")
    )
