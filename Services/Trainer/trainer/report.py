"""`trainer report`: REPORT.md from the runs' own files."""

import math
from importlib.resources import files
from pathlib import Path
from string import Template

from trainer import backbone, balance, headline, limits, proposals, sections, survey
from trainer.card import AVERAGED
from trainer.errors import InputError
from trainer.files import write_text
from trainer.results import blaming, read, rows
from trainer.study import differences, table_of


def write(results: Path, shipped: str, out: Path) -> None:
    """Fill the report's template from the files of `results`, and write it as `out`.

    Runs are RUN/evaluation.json, validation.json, export.json, robustness.json and metrics.csv; then come
    studies/*.csv, peers/*.json, labels.json, outside.json and looks.csv. Only the shipped run's evaluation.json must be
    there. A study's Markdown file beside its CSV says what follows from it. `shipped` names the run that is shown in full.
    """
    runs = _evaluations(results, "evaluation.json")
    if shipped not in runs:
        raise InputError(f"{results}: no {shipped}/evaluation.json (runs: {', '.join(runs) or 'none'})")
    studies, validations = _studies(results / "studies"), _evaluations(results, "validation.json")
    shown = _shown(results, runs[shipped], shipped)
    text = Template(files("trainer").joinpath("report.md").read_text(encoding="utf-8")).substitute(
        _comparison(results, runs, shipped),
        **shown,
        runs=_runs(runs),
        backbone=backbone.verdict(validations),
        tried=proposals.tried(runs, studies, shipped, _history(results, shipped)),
        proposals=proposals.table(validations | runs),
        **{
            f"study_{name}": _study(name, studies, results / "studies" / f"{name}.md")
            for name in ("networks", "augmentation", "recipe", "distillation")
        },
    )
    write_text(out, text)


def _studies(directory: Path) -> dict[str, list[dict]]:
    """The rows of every study by its name. Raises InputError for a file that is no study's."""
    studies = {}
    for path in sorted(directory.glob("*.csv")):
        studies[path.stem] = rows(path)
        with blaming(path, "`trainer study`"):
            _study(path.stem, studies, path.with_suffix(".md"))
    return studies


def _evaluations(results: Path, file: str) -> dict[str, dict]:
    """What `trainer evaluate` wrote, by run. Raises InputError for a file that the report's tables cannot be made of."""
    runs = {}
    for path in sorted(results.glob(f"*/{file}")):
        runs[path.parent.name] = result = read(path)
        with blaming(path, "`trainer evaluate`"):
            _runs({"": result})
            survey.table({"": result}, [], {})
            proposals.table({"": result})
            backbone.verdict({"": result})
    return runs


def _shown(results: Path, chosen: dict, shipped: str) -> dict[str, str]:
    """What shows the shipped run in full, by the template's names. Raises InputError naming the file that is foreign."""
    directory, pictures = results / shipped, f"{results.name}/{shipped}"
    with blaming(directory / "evaluation.json", "`trainer evaluate`"):
        headline.text(chosen, None)
        shown = _run(chosen, pictures)
    more = {}
    for name, path, maker in (
        ("exported", directory / "export.json", "`trainer export`"),
        ("agreement", results / "labels.json", "`trainer labels`"),
        ("harder", directory / "robustness.json", "`trainer robustness`"),
        ("history", directory / "metrics.csv", "`trainer train`"),
    ):
        if path.exists():
            more[name] = read(path) if path.suffix == ".json" else rows(path)
            with blaming(path, maker):
                shown = _run(chosen, pictures, **more)
    return shown


def _comparison(results: Path, runs: dict[str, dict], shipped: str) -> dict[str, str]:
    """What sets the networks beside others, by the template's names."""
    peers, outside = survey.peers(results), survey.outside(results)
    with blaming(results / "outside.json", "figures by name"):
        shown = headline.text(runs[shipped], outside.get(shipped))
    return {
        "headline": shown,
        "looks": headline.looks(_looks(results), results.name),
        "survey": survey.table(runs, peers, outside),
        "outside": survey.OUTSIDE,
        "repeated": survey.repeated(),
        "peers": survey.measured(peers),
        "leaked": survey.leaks(peers),
        "missing": survey.missing(results),
    }


def _run(
    chosen: dict,
    pictures: str,
    exported: dict | None = None,
    agreement: dict | None = None,
    harder: dict | None = None,
    history: list[dict] | None = None,
) -> dict[str, str]:
    """What shows one run in full, by the template's names; what was not measured is None."""
    config = chosen["run"]["config"]
    return {
        "data": balance.data(chosen["run"]),
        "augmentation": sections.augmentation(config["augmentation"], config["mixing_until"]),
        "training": sections.training(chosen["run"], history or []),
        "pictures": pictures,
        "classes": sections.classes(chosen),
        "confusions": sections.confusions(chosen),
        "calibration": sections.calibration(chosen),
        "exported": sections.exported(exported) if exported else "",
        "weakest": sections.weakest(chosen),
        "effort": sections.effort(chosen["run"]),
        "agreement": limits.agreement(chosen.get("labels") or agreement, chosen),
        "robustness": limits.robustness(harder, f"{pictures}/robustness.png"),
    }


def _history(results: Path, run: str) -> list[dict]:
    path = results / run / "metrics.csv"
    return rows(path) if path.exists() else []


def _looks(results: Path) -> int:
    path = results / "looks.csv"
    return len(rows(path)) if path.exists() else 0


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
    measured = studies[name]
    row, share = measured[0], float(measured[0]["accuracy"])
    error = 100 * math.sqrt(share * (1 - share) / int(row["faces"]))
    # Of a difference, as if the two were measured on other faces: they are the same, which leaves room for the seeds.
    noise = 2 * math.sqrt(2) * error
    changes = differences(measured)
    clear = [f"{variant} ({change:+.1f})" for variant, change in changes.items() if abs(change) > noise]
    return (
        f"{table_of('', measured)}\n\n(`results/studies/{name}.csv`: short runs of one recipe with {row['training_faces']} "
        f"training faces, measured on {row['faces']} faces that were not trained on. An accuracy's standard error is "
        f"{error:.1f} points; what another seed changes comes on top. More than {noise:.1f} points from "
        f"{row['variant']}: {', '.join(clear) or 'none'}.)"
        + (f"\n\n{remarks.read_text(encoding='utf-8').strip()}" if remarks.exists() else "")
    )
