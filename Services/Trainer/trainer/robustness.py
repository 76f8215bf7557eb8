"""`trainer robustness`: an exported model on faces that are smaller, turned, blurred, darker or partly covered."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from trainer import card, degrade, metrics, plots
from trainer.errors import InputError
from trainer.export import Exported
from trainer.files import write_rows, write_text
from trainer.folders import name_of, read
from trainer.prepare import load


@dataclass(frozen=True)
class Faces:
    """What is measured: uint8 [N, 48, 48], labels int64 [N] 0…6, and the set's name."""

    images: np.ndarray
    labels: np.ndarray
    name: str


def run(model: Path, data: Path | None, source: Path | None, out: Path, kinds: tuple[str, ...] = ()) -> dict:
    """Measure the model in `model` on the validation split of `data`, or on the faces of `source`.

    Writes a JSON with a PNG of the same name beside it, or a CSV of the rows, as the suffix of `out` says, and returns
    the JSON's content. The test is left alone unless it is given as `source`: these figures are made to choose by.
    `kinds` names those to measure alone; rows of the others are taken over from `out` where it is a JSON of the same model,
    file and faces. InputError where it is a CSV, in which they would be lost.
    """
    if out.suffix not in (".json", ".csv"):
        raise InputError(f"{out}: must end in .json or .csv")
    if kinds and out.suffix == ".csv" and out.exists():
        raise InputError(
            f"{out}: exists, and a CSV does not say what its other rows are of: name a new file, or a .json"
        )
    facts = card.intact(model)
    faces = _split(model, data) if data else _file(source)
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"name": facts["name"], "version": facts["version"], "sha256": facts["files"]["model.bin"]},
        "set": faces.name,
        "faces": len(faces.labels),
        "not_sure": facts["threshold"]["not_sure"],
    }
    kept = _kept(out, result) if kinds else {}
    measured = _measured(Exported(model), faces, result["not_sure"], kinds or tuple(degrade.KINDS))
    result["rows"] = [row for kind in degrade.KINDS for row in measured.get(kind) or kept.get(kind, [])]
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


def _measured(exported: Exported, faces: Faces, threshold: float, kinds: tuple[str, ...]) -> dict[str, list[dict]]:
    """Rows by kind. The unchanged faces, the first level of every kind, are looked at once."""
    plain = exported(faces.images)[0]
    rows = {}
    for name in kinds:
        kind = degrade.KINDS[name]
        rows[name] = []
        for level in kind.levels:
            answers = plain if level == kind.levels[0] else exported(kind.change(faces.images, level))[0]
            row = {"kind": name, "level": level, "unit": kind.unit}
            rows[name].append(row | _figures(answers, faces.labels, threshold))
    return rows


def _kept(out: Path, result: dict) -> dict[str, list[dict]]:
    """By kind the rows of an earlier JSON that say the same of model, set, faces and threshold; empty otherwise."""
    try:
        earlier = json.loads(out.read_text(encoding="utf-8"))
        rows = earlier["rows"]
        if any(earlier[key] != result[key] for key in ("model", "set", "faces", "not_sure")):
            return {}
        return {kind: [row for row in rows if row["kind"] == kind] for kind in degrade.KINDS}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _split(model: Path, path: Path) -> Faces:
    data = load(path)
    card.of_split(model, data.facts)
    return Faces(data.validation.images, data.validation.labels, "validation")


def _file(source: Path) -> Faces:
    rows = read(source)
    return Faces(rows.images, rows.labels, name_of(source))


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
