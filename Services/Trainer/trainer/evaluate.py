"""`trainer evaluate`: how good a network is on a split or a CSV, as JSON and pictures."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from trainer import CLASSES, curves, duplicates, metrics, predict, sheets
from trainer.errors import InputError
from trainer.export import digest
from trainer.files import write_rows, write_text
from trainer.model import cost
from trainer.prepare import Data
from trainer.rows import read_rows


def evaluate(checkpoint: Path, data: Data, split: str, csv: Path | None, out: Path, sheet: Path | None = None) -> dict:
    """Evaluate on `split` of the data, or on `csv`; temperature and threshold always come from the validation split.

    Writes evaluation.json, confusion.png, calibration.png, coverage.png and the run's metrics.csv and curves.png into
    `out`, and returns the JSON's content. `sheet` is a PNG of the worst confusions, for one's own eyes.
    """
    trained = predict.load(checkpoint)
    if trained.content["facts"] != data.facts:
        raise InputError(f"{checkpoint}: was trained with another data file: its validation faces may be known to it")
    calibration = calibrate(trained, data)
    if csv:
        rows = read_rows(csv)
        images, labels = rows.images, rows.labels
    else:
        part = data.part(split)
        images, labels = part.images, part.labels
    if not len(labels):
        raise InputError(f"the {split} split is empty")
    logits = predict.logits_of(trained.network, images, trained.mean, trained.deviation)
    flipped = predict.flip_averaged(trained.network, images, trained.mean, trained.deviation)
    temperature = calibration["temperature"]
    probabilities = metrics.softmax(logits, temperature)
    confidence = probabilities.max(axis=1)
    sure = confidence >= calibration["not_sure"]
    alone = ~duplicates.near(images, data.train.images)
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "checkpoint": {"file": checkpoint.name, "sha256": digest(checkpoint), "step": trained.content["step"]},
        "run": run_facts(trained),
        "set": csv.name if csv else split,
        "classes": list(CLASSES),
        "calibration": calibration,
        "plain": metrics.summary(logits, labels, temperature),
        "flip_averaged": metrics.summary(flipped, labels, temperature),
        "without_near_copies": {
            "faces": int(alone.sum()),
            "accuracy": float((logits.argmax(axis=1) == labels)[alone].mean()) if alone.any() else None,
        },
        "curve": metrics.calibration_curve(probabilities, labels),
        "coverage": metrics.coverage_curve(probabilities, labels),
        "sure": {
            "threshold": calibration["not_sure"],
            "coverage": float(sure.mean()),
            "accuracy": float((logits.argmax(axis=1) == labels)[sure].mean()) if sure.any() else None,
        },
    }
    write_text(out / "evaluation.json", json.dumps(result, indent=1) + "\n")
    if history := trained.content["history"]:
        write_rows(out / "metrics.csv", history)
        curves.draw(history, out / "curves.png")
    _draw(result, out)
    if sheet:
        sheets.confusions(images, labels, probabilities, sheet)
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
        "config": content["config"],
        "steps": content["step"],
        "epochs": round(content["step"] / content["steps_per_epoch"], 2),
        "minutes": round(content["elapsed"] / 60, 1),
        "data": content["facts"],
    }


def calibrate(trained: predict.Trained, data: Data) -> dict:
    """Temperature and "not sure" threshold, fitted on the validation split."""
    part = data.validation
    logits = predict.logits_of(trained.network, part.images, trained.mean, trained.deviation)
    temperature = metrics.fit_temperature(logits, part.labels)
    probabilities = metrics.softmax(logits, temperature)
    return {
        "temperature": temperature,
        "not_sure": metrics.not_sure_threshold(probabilities, part.labels),
        "ece_before": metrics.expected_calibration_error(metrics.softmax(logits), part.labels),
        "ece_after": metrics.expected_calibration_error(probabilities, part.labels),
        "curve": metrics.calibration_curve(probabilities, part.labels),
    }


def table(result: dict) -> str:
    """The figures for people: a line of totals, classes, and the confusion matrix with true classes as rows."""
    plain, flipped = result["plain"], result["flip_averaged"]
    low, high = plain["interval_95"]["accuracy"]
    lines = [
        f"{result['set']}: {plain['faces']} faces",
        f"accuracy {100 * plain['accuracy']:.2f} % (95 % interval {100 * low:.1f}–{100 * high:.1f}), "
        f"with flip averaging {100 * flipped['accuracy']:.2f} %",
        _alone_line(result["without_near_copies"]),
        f"macro-F1 {100 * plain['macro_f1']:.2f} %",
        f"ECE {100 * plain['ece_uncalibrated']:.2f} % before, {100 * plain['ece']:.2f} % after temperature "
        f"{result['calibration']['temperature']:.3f}",
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


def _alone_line(alone: dict) -> str:
    right = f": {100 * alone['accuracy']:.2f} % right" if alone["accuracy"] is not None else ""
    return f"{alone['faces']} faces have no copy, exact or near, among the training faces{right}"


def _sure_line(sure: dict) -> str:
    right = f", of which {100 * sure['accuracy']:.1f} % are right" if sure["accuracy"] is not None else ""
    return f'above the "not sure" threshold {sure["threshold"]:.2f}: {100 * sure["coverage"]:.1f} % of the faces{right}'


def _draw(result: dict, out: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    confusion = np.array(result["plain"]["confusion_matrix"], dtype=float)
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=(6, 5.4), layout="constrained")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*shares.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(CLASSES)), CLASSES, rotation=45, ha="right")
    axes.set_yticks(range(len(CLASSES)), CLASSES)
    axes.set(xlabel="predicted", ylabel="true", title=f"{result['set']}: share of each true class in %")
    _save(figure, out / "confusion.png")

    figure, axes = pyplot.subplots(figsize=(4.6, 4.4), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7")
    axes.plot([p["confidence"] for p in result["curve"]], [p["accuracy"] for p in result["curve"]], "o-")
    axes.set(
        xlabel="confidence",
        ylabel="accuracy",
        title=f"ECE {100 * result['plain']['ece']:.1f} %",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    _save(figure, out / "calibration.png")

    figure, axes = pyplot.subplots(figsize=(4.6, 4.4), layout="constrained")
    points = [p for p in result["coverage"] if p["accuracy"] is not None]
    axes.plot([p["coverage"] for p in points], [p["accuracy"] for p in points], "o-")
    axes.set(xlabel="share of faces answered", ylabel="accuracy of the answers", title="confidence against coverage")
    _save(figure, out / "coverage.png")


def _save(figure, path: Path) -> None:
    from matplotlib import pyplot

    figure.savefig(path, dpi=110)
    pyplot.close(figure)
