"""`trainer evaluate`: how good a network is on a split, a CSV or a folder, as JSON and pictures."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from trainer import CLASSES, calibration, curves, duplicates, labels, metrics, plots, predict, sheets
from trainer.calibration import Calibration
from trainer.errors import InputError
from trainer.files import digest, write_rows, write_text
from trainer.folders import name_of, read
from trainer.model import cost
from trainer.prepare import Data, same_faces
from trainer.rows import Rows, of_usage, usage_of
from trainer.starts import starts_of


@dataclass(frozen=True)
class Fitted:
    """What the validation split teaches beside the weights.

    held: calibrated out-of-fold logits of the validation faces, float [N, 7]: what is measured on them is honest;
    methods: cross-validated figures of every way to calibrate; not_sure: a confidence, 0…1; is_judged: whether the faces
    were enough to tell it.
    """

    calibration: Calibration
    held: np.ndarray
    methods: dict[str, dict[str, float]]
    not_sure: float
    is_judged: bool

    def facts(self) -> dict:
        """For evaluation.json and the card."""
        return {
            "method": self.calibration.method,
            "scale": self.calibration.scale.tolist(),
            "bias": self.calibration.bias.tolist(),
            "may_change_the_top_class": self.calibration.method != "temperature",
            "cross_validated": self.methods,
            "ece_before": self.methods["none"]["ece"],
            "ece_after": self.methods[self.calibration.method]["ece"],
            "not_sure": self.not_sure,
            "not_sure_judged": self.is_judged,
        }


def fit(trained: predict.Trained, data: Data) -> Fitted:
    """Calibration and "not sure" threshold, fitted on the validation split."""
    part = data.validation
    logits = predict.logits_of(trained.network, part.images, trained.mean, trained.deviation)
    chosen, held, methods = calibration.choose(logits, part.labels)
    # A start of 0 was not judged either, or its faces say so again.
    start = next((start["not_sure"] for start in starts_of(trained.content) if start.get("not_sure")), metrics.PERFECT)
    return Fitted(chosen, held, methods, *metrics.not_sure_threshold(metrics.softmax(held), part.labels, start))


def evaluate(
    checkpoint: Path,
    data: Data,
    split: str,
    source: Path | None,
    out: Path,
    averaging: tuple[str, ...] = ("flip",),
    sheet: Path | None = None,
    usage: str | None = None,
) -> dict:
    """Evaluate on `split` of the data, or on `source`; calibration and threshold always come from the validation split.

    Of a source with a column Usage only the rows of `usage` count where it is given.

    Validation faces are calibrated by what the other four fifths of them say. `averaging` names the kinds of test-time
    augmentation to measure beside the plain network, which never has any. Writes evaluation.json, the pictures, and the
    run's metrics.csv and curves.png into `out`, and returns the JSON's content. `sheet` is a PNG of the worst confusions.
    """
    trained = predict.load(checkpoint)
    if not same_faces(trained.content["facts"], data.facts):
        raise InputError(f"{checkpoint}: was trained with another data file: its validation faces may be known to it")
    fitted = fit(trained, data)
    rows = read(source) if source else _rows(data, split)
    if usage:
        rows = of_usage(source, rows, usage_of(usage))
    logits = predict.logits_of(trained.network, rows.images, trained.mean, trained.deviation)
    own = not source and split == "validation"
    calibrated = fitted.held if own else fitted.calibration(logits)
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "checkpoint": {"file": checkpoint.name, "sha256": digest(checkpoint), "step": trained.content["step"]},
        "run": run_facts(trained),
        "set": name_of(source) if source else split,
        "classes": list(CLASSES),
        "calibration": fitted.facts(),
        "plain": metrics.summary(calibrated, rows.labels),
        "uncalibrated": metrics.summary(logits, rows.labels),
    }
    for kind in averaging:
        averaged = predict.AVERAGED[kind](trained.network, rows.images, trained.mean, trained.deviation)
        if own:
            averaged = calibration.out_of_fold(logits, rows.labels, fitted.calibration.method, asked=averaged)
        else:
            averaged = fitted.calibration(averaged)
        result[f"{kind}_averaged"] = metrics.summary(averaged, rows.labels)
    probabilities = metrics.softmax(calibrated)
    right = calibrated.argmax(axis=1) == rows.labels
    alone = ~duplicates.near(rows.images, data.train.images)
    result |= {
        "without_near_copies": {"faces": int(alone.sum()), "accuracy": _share(right, alone)},
        "curve": metrics.calibration_curve(probabilities, rows.labels),
        "curve_before": metrics.calibration_curve(metrics.softmax(logits), rows.labels),
        "coverage": metrics.coverage_curve(probabilities, rows.labels),
        "sure": _sure(probabilities, right, fitted.not_sure),
        "labels": labels.agreement(data.train),
    }
    _write(result, trained.content["history"], out)
    if sheet:
        sheets.confusions(rows.images, rows.labels, probabilities, sheet)
    return result


def look(data_path: Path, result: dict) -> int:
    """Note that the public test was looked at, in <data file>.looks.csv; returns how often that has happened by now.

    Every look at a test set that leads to a choice makes its figures a little too good: the report says the number.
    """
    path = data_path.with_suffix(".looks.csv")
    lines = path.read_text().splitlines() if path.exists() else ["made,checkpoint_sha256,accuracy"]
    lines.append(f"{result['made']},{result['checkpoint']['sha256']},{result['plain']['accuracy']:.5f}")
    write_text(path, "\n".join(lines) + "\n")
    return len(lines) - 1


def run_facts(trained: predict.Trained) -> dict:
    """Network, size, recipe and effort of a run, as far as its checkpoint tells."""
    content = trained.content
    parameters, macs = cost(trained.network)
    return {
        "network": content["config"]["network"],
        "parameters": parameters,
        "mmac": round(macs / 1e6, 1),
        "config": _without_paths(content["config"]),
        "teachers": content.get("teachers", []),
        "start": content.get("start"),
        "members": content.get("members", []),
        "steps": content["step"],
        "epochs": round(content["step"] / content["steps_per_epoch"], 2),
        "minutes": round(content["elapsed"] / 60, 1),
        "data": content["facts"],
    }


def _without_paths(config: dict) -> dict:
    """A configuration as it may be shown to others: of files only the last two parts of their paths."""

    def short(path: str) -> str:
        return "/".join(Path(path).parts[-2:])

    # The first models' configurations knew no teachers.
    teacher = config.get("teacher", {})
    teacher = teacher | {"checkpoints": [short(path) for path in teacher.get("checkpoints", [])]}
    return config | {"start": short(config.get("start", "")), "teacher": teacher}


def table(result: dict) -> str:
    """The figures for people: totals, classes, and the confusion matrix with true classes as rows."""
    plain, before = result["plain"], result["uncalibrated"]
    low, high = plain["interval_95"]["accuracy"]
    lines = [
        f"{result['set']}: {plain['faces']} faces",
        f"accuracy {100 * plain['accuracy']:.2f} % (95 % interval {100 * low:.1f}–{100 * high:.1f}), "
        f"macro-F1 {100 * plain['macro_f1']:.2f} %",
    ]
    for kind in predict.AVERAGED:
        if averaged := result.get(f"{kind}_averaged"):
            lines.append(f"  with {kind} averaging at test time: {100 * averaged['accuracy']:.2f} %")
    lines += [
        f"calibration ({result['calibration']['method']}): ECE {100 * before['ece']:.2f} % before, "
        f"{100 * plain['ece']:.2f} % after; accuracy {100 * before['accuracy']:.2f} % before",
        _shared("of the faces have no copy, exact or near, among the training faces", result["without_near_copies"]),
        _sure_line(result["sure"]),
        "",
        f"{'true':<10}{'precision':>10}{'recall':>8}{'faces':>7}  " + "".join(f"{name:>9}" for name in CLASSES),
    ]
    for index, (name, row) in enumerate(plain["per_class"].items()):
        counts = "".join(f"{count:>9}" for count in plain["confusion_matrix"][index])
        lines.append(
            f"{name:<10}{100 * row['precision']:>10.1f}{100 * row['recall']:>8.1f}{row['support']:>7}  {counts}"
        )
    return "\n".join(lines)


def _rows(data: Data, split: str) -> Rows:
    part = data.part(split)
    if not len(part):
        raise InputError(f"the {split} split is empty")
    return Rows(part.images, part.labels, None, np.arange(len(part)), [])


def _share(right: np.ndarray, chosen: np.ndarray) -> float | None:
    return float(right[chosen].mean()) if chosen.any() else None


def _sure(probabilities: np.ndarray, right: np.ndarray, threshold: float) -> dict:
    sure = probabilities.max(axis=1) >= threshold
    return {"threshold": threshold, "coverage": float(sure.mean()), "accuracy": _share(right, sure)}


def _shared(text: str, figures: dict) -> str:
    right = f": {100 * figures['accuracy']:.2f} % right" if figures["accuracy"] is not None else ""
    return f"{figures['faces']} {text}{right}"


def _sure_line(sure: dict) -> str:
    right = f", of which {100 * sure['accuracy']:.1f} % are right" if sure["accuracy"] is not None else ""
    return f'above the "not sure" threshold {sure["threshold"]:.2f}: {100 * sure["coverage"]:.1f} % of the faces{right}'


def _write(result: dict, history: list[dict], out: Path) -> None:
    write_text(out / "evaluation.json", json.dumps(result, indent=1) + "\n")
    if history:
        write_rows(out / "metrics.csv", history)
        curves.draw(history, out / "curves.png")
    plots.draw(result, out)
