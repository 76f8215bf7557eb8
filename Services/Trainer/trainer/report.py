"""`trainer report`: REPORT.md from the runs' own files."""

import csv
import json
from importlib.resources import files
from pathlib import Path
from string import Template

from trainer import CLASSES, proposals
from trainer.card import published
from trainer.errors import InputError
from trainer.files import write_text
from trainer.study import table_of

SETS = {"test": "public test", "validation": "validation split"}
AVERAGED = {"flip_averaged": "flip averaged", "crops_averaged": "crops averaged"}


def write(results: Path, shipped: str, out: Path) -> None:
    """Fill the report's template from results/<run>/evaluation.json, export.json, results/studies/*.csv and looks.csv.

    `shipped` names the run whose classes, curves and pictures are shown in full.
    """
    runs = {path.parent.name: _read(path) for path in sorted(results.glob("*/evaluation.json"))}
    if shipped not in runs:
        raise InputError(f"{results}: no {shipped}/evaluation.json (runs: {', '.join(runs) or 'none'})")
    studies = {path.stem: _read_rows(path) for path in sorted((results / "studies").glob("*.csv"))}
    chosen = runs[shipped]
    exported = results / shipped / "export.json"
    text = Template(files("trainer").joinpath("report.md").read_text(encoding="utf-8")).substitute(
        headline=_headline(chosen),
        looks=_looks(results / "looks.csv"),
        published=_published(runs),
        runs=_runs(runs),
        data=_data(chosen["run"]),
        augmentation=_augmentation(chosen["run"]["config"]["augmentation"], chosen["run"]["config"]["mixing_until"]),
        training=_training(chosen["run"]),
        pictures=f"{results.name}/{shipped}",
        classes=_classes(chosen),
        confusions=_confusions(chosen),
        calibration=_calibration(chosen),
        exported=_exported(_read(exported)) if exported.exists() else "",
        weakest=_weakest(chosen),
        proposals=proposals.table(runs, studies, shipped),
        **{f"study_{name}": _study(name, studies) for name in ("networks", "augmentation", "recipe")},
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
        f"{SETS.get(result['set'], result['set'])} (95 % interval {100 * low:.1f}–{100 * high:.1f}), without test-time "
        f"augmentation; macro-F1 {100 * plain['macro_f1']:.1f} %, expected calibration error {100 * plain['ece']:.1f} %. "
        f"Of the {alone['faces']} faces that have no near copy among the training faces it gets "
        f"{100 * alone['accuracy']:.2f} % right. It was trained for {run['minutes']:.0f} minutes ({run['epochs']:.0f} epochs)."
    )


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
            f"| {run['minutes']:.0f} | {SETS.get(result['set'], result['set'])} | {100 * plain['accuracy']:.2f} "
            f"({100 * low:.1f}–{100 * high:.1f}) | {' / '.join(averaged)} | {100 * plain['macro_f1']:.1f} "
            f"| {100 * result['uncalibrated']['ece']:.1f}, {100 * plain['ece']:.1f} |"
        )
    return "\n".join(lines)


def _study(name: str, studies: dict[str, list[dict]]) -> str:
    if name not in studies:
        return f"*(`configs/study/{name}.toml` has not been run yet.)*"
    faces = int(studies[name][0]["training_faces"])
    return (
        f"{table_of('', studies[name])}\n\n(`results/studies/{name}.csv`: {faces} training faces, short runs of one recipe, "
        "the validation split, calibrated out of fold. Differences under a point are noise.)"
    )


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


def _augmentation(settings: dict, mixing_until: float) -> str:
    """The strengths that the run was made with, in words; kinds that are off are left out."""
    kinds = [
        (settings["flip"], "mirrored"),
        (settings["rotation"], f"rotated by up to {settings['rotation']:g}°"),
        (settings["shift"], f"shifted by up to {settings['shift']:.0%}"),
        (settings["scale"], f"zoomed by up to {settings['scale']:.0%} (one bilinear sampling with the others)"),
        (settings["contrast"], f"changed in contrast (±{settings['contrast']:.0%})"),
        (settings["brightness"], f"changed in brightness (±{settings['brightness']:.0%} of white)"),
        (settings["erasing"], f"robbed of a rectangle ({settings['erasing']:.0%} of the faces, 2–20 % of the area)"),
    ]
    text = "; ".join(words for strength, words in kinds if strength)
    if settings["mixing"]:
        text += (
            f". {settings['mixing']:.0%} of the batches are mixed, half by mixup, half by cutmix, until "
            f"{mixing_until:.0%} of the budget"
        )
    return f"{text}."


def _training(run: dict) -> str:
    config = run["config"]
    text = (
        f"SGD with Nesterov momentum {config['momentum']:g}, {config['processes']} processes of {config['batch']} faces, peak rate "
        f"{config['peak_rate']:g} after {config['warm_up']:.0%} warm-up, cosine to 0, weight decay {config['weight_decay']:g} (not on "
        f"batch norm), label smoothing {config['label_smoothing']:g}, dropout {config['dropout']:g}, moving average of the "
        f"weights with decay {config['average']:g} (that is what is evaluated), "
        f"{'bf16' if config['half'] else 'f32'} in forward and backward, {config['small_side']}×{config['small_side']} faces for "
        f"the first {config['small_until']:.0%} of the budget. Seed {config['seed']}; the split's seed is "
        f"{run['data']['seed']}. A run that is killed goes on from its last checkpoint to the same result."
    )
    if run["teachers"]:
        teacher = config["teacher"]
        text += (
            f" It learned from {len(run['teachers'])} trained networks (weight {teacher['weight']:g}, temperature "
            f"{teacher['temperature']:g}), which saw the same augmented faces."
        )
    return text


def _classes(result: dict) -> str:
    plain = result["plain"]
    lines = ["| true class | precision | recall | F1 | faces | " + " | ".join(f"as {name}" for name in CLASSES) + " |"]
    lines.append("|---" * (5 + len(CLASSES)) + "|")
    for index, (name, row) in enumerate(plain["per_class"].items()):
        figures = " | ".join(f"{100 * row[key]:.1f}" for key in ("precision", "recall", "f1"))
        counts = " | ".join(str(count) for count in plain["confusion_matrix"][index])
        lines.append(f"| {name} | {figures} | {row['support']} | {counts} |")
    return "\n".join(lines)


def _confusions(result: dict) -> str:
    rows = result["plain"]["worst_confusions"][:5]
    parts = [
        f"{row['true']} for {row['taken_for']} ({row['faces']}, {100 * row['share']:.0f} % of them)" for row in rows
    ]
    return f"Most frequent mistakes: taking {', '.join(parts)}."


def _calibration(result: dict) -> str:
    plain, before, sure, facts = result["plain"], result["uncalibrated"], result["sure"], result["calibration"]
    lines = [
        "| calibration | accuracy | NLL | ECE |",
        "|---|---|---|---|",
    ]
    for name, row in facts["cross_validated"].items():
        chosen = " (used)" if name == facts["method"] else ""
        lines.append(
            f"| {name.replace('_', ' ')}{chosen} | {100 * row['accuracy']:.2f} | {row['negative_log_likelihood']:.4f} "
            f"| {100 * row['ece']:.2f} |"
        )
    right = f", and {100 * sure['accuracy']:.1f} % of these are right" if sure["accuracy"] is not None else ""
    changes = " It may change which class is on top." if facts["may_change_the_top_class"] else ""
    return "\n".join(
        [
            "Ways to calibrate, each fitted on four fifths of the validation split and measured on the fifth "
            "(`evaluation.json`, `calibration`); the one of least negative log-likelihood is folded into the network's head:",
            "",
            *lines,
            "",
            f"On the {SETS.get(result['set'], result['set'])} it takes the expected calibration error from "
            f"{100 * before['ece']:.1f} % to {100 * plain['ece']:.1f} % and the accuracy from {100 * before['accuracy']:.2f} % to "
            f"{100 * plain['accuracy']:.2f} %.{changes} Under a confidence of {sure['threshold']:.2f} the product says that it is "
            f"not sure: just under it best guesses are more often wrong than right. {100 * sure['coverage']:.1f} % of the "
            f"faces are above it{right}.",
        ]
    )


def _exported(facts: dict) -> str:
    half, full = facts["exported"]["bf16"], facts["exported"]["f32"]
    text = (
        f"Exported as {facts['name']} {facts['version']}: model.bin has {facts['bytes']['model.bin'] / 1e6:.2f} MB (FP16 "
        f"weights); a face takes {half['milliseconds']:.2f} ms on one core in bf16, {full['milliseconds']:.2f} ms in f32. Against "
        f"PyTorch, probabilities differ by at most {full['probability_difference']:.5f} in f32 and "
        f"{half['probability_difference']:.3f} in bf16, and the class is the same for {100 * full['same_class']:.2f} % and "
        f"{100 * half['same_class']:.2f} % of the validation faces."
    )
    if small := facts["variants"].get("int8"):
        text += (
            f" The int8 variant (NNCF) loses {100 * small['validation_accuracy_lost']:.2f} points of validation accuracy and takes "
            f"{small['milliseconds']:.2f} ms: {'it lies beside the model' if small['kept'] else 'it was not kept'}."
        )
    return text


def _weakest(result: dict) -> str:
    rows = sorted(result["plain"]["per_class"].items(), key=lambda item: item[1]["recall"])[:3]
    matrix = result["plain"]["confusion_matrix"]
    parts = []
    for name, row in rows:
        index = CLASSES.index(name)
        taken = max((count, other) for other, count in zip(CLASSES, matrix[index]) if other != name)
        parts.append(f"{name} (recall {100 * row['recall']:.0f} %, most often taken for {taken[1]})")
    return f"The lowest recall is that of {', '.join(parts[:-1])} and {parts[-1]}."
