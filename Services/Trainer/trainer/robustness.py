"""`trainer robustness`: an exported model on faces that are smaller, turned, blurred, darker or partly covered."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from trainer import card, degrade, metrics, plots
from trainer.errors import InputError
from trainer.export import Exported
from trainer.files import digest, write_rows, write_text
from trainer.folders import read
from trainer.prepare import load


def run(model: Path, data: Path | None, source: Path | None, out: Path) -> dict:
    """Measure the model in `model` on the validation split of `data`, or on the faces of `source`.

    Writes a JSON with a PNG of the same name beside it, or a CSV of the rows, as the suffix of `out` says, and returns
    the JSON's content. The test is left alone unless it is given as `source`: these figures are made to choose by.
    """
    if out.suffix not in (".json", ".csv"):
        raise InputError(f"{out}: must end in .json or .csv")
    facts = card.read(model)
    images, labels, where = _split(facts, model, data) if data else _file(source)
    exported, threshold = Exported(model), facts["threshold"]["not_sure"]
    plain = exported(images)[0]

    def answers(kind: degrade.Kind, level: float | str) -> np.ndarray:
        return plain if level == kind.levels[0] else exported(kind.change(images, level))[0]

    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"name": facts["name"], "version": facts["version"], "sha256": digest(model / "model.bin")},
        "set": where,
        "faces": len(labels),
        "not_sure": threshold,
        "rows": [
            {"kind": name, "level": level, "unit": kind.unit}
            | _figures(answers(kind, level), labels, threshold)
            for name, kind in degrade.KINDS.items()
            for level in kind.levels
        ],
    }
    if out.suffix == ".csv":
        write_rows(out, result["rows"])
    else:
        write_text(out, json.dumps(result, indent=1) + "\n")
        plots.robustness(result, out.with_suffix(".png"))
    return result


def table(result: dict) -> str:
    """The figures for people at a terminal."""
    lines = [f"{'':<22}{'accuracy':>9}{'confidence':>11}{'ECE':>7}{'sure':>7}{'of these right':>16}"]
    for row in result["rows"]:
        right = "–" if row["sure_accuracy"] is None else f"{100 * row['sure_accuracy']:.1f}"
        lines.append(
            f"{row['kind'] + ' ' + str(row['level']):<22}{100 * row['accuracy']:>9.1f}{100 * row['confidence']:>11.1f}"
            f"{100 * row['ece']:>7.1f}{100 * row['sure']:>7.1f}{right:>16}"
        )
    return "\n".join(lines)


def _split(facts: dict, model: Path, path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    data = load(path)
    if facts["data"]["per_class"] != data.facts["counts"]:
        raise InputError(f"{model}: was trained with another data file than {path}: it may know its validation faces")
    return data.validation.images, data.validation.labels, "validation"


def _file(source: Path) -> tuple[np.ndarray, np.ndarray, str]:
    rows = read(source)
    return rows.images, rows.labels, source.name


def _figures(probabilities: np.ndarray, labels: np.ndarray, threshold: float) -> dict:
    """Shares 0…1: accuracy, mean confidence, ECE, faces that the product is sure of, and how many of these are right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    sure = confidence >= threshold
    return {
        "accuracy": round(float(right.mean()), 5),
        "confidence": round(float(confidence.mean()), 5),
        "ece": round(metrics.expected_calibration_error(probabilities, labels), 5),
        "sure": round(float(sure.mean()), 5),
        "sure_accuracy": round(float(right[sure].mean()), 5) if sure.any() else None,
    }
