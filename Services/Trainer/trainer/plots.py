"""The pictures of an evaluation: confusion matrix, calibration curve, confidence against coverage."""

from pathlib import Path

import numpy as np

from trainer import CLASSES
from trainer.files import write_figure

PICTURES = {
    "confusion.png": "Confusion matrix: for each true class, the share of each predicted class.",
    "calibration.png": "Calibration curve: accuracy against confidence, before and after calibration.",
    "coverage.png": "Accuracy of the answers against the share of faces answered, with the chosen threshold.",
}
"""File names and what each shows, in words for those who cannot see it."""


def draw(result: dict, directory: Path) -> None:
    """Draw all pictures of an evaluation.json's content into a directory."""
    import matplotlib

    matplotlib.use("agg")
    _confusion(result, directory / "confusion.png")
    _calibration(result, directory / "calibration.png")
    _coverage(result, directory / "coverage.png")


def _confusion(result: dict, path: Path) -> None:
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
    write_figure(path, figure)


def _calibration(result: dict, path: Path) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4.6, 4.4), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7")
    for key, name, style, error in (
        ("curve_before", "before", "o:", result["uncalibrated"]["ece"]),
        ("curve", "after calibration", "o-", result["plain"]["ece"]),
    ):
        points = result[key]
        label = f"{name}: ECE {100 * error:.1f} %"
        axes.plot([p["confidence"] for p in points], [p["accuracy"] for p in points], style, label=label)
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    write_figure(path, figure)


def _coverage(result: dict, path: Path) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4.6, 4.4), layout="constrained")
    points = [p for p in result["coverage"] if p["accuracy"] is not None]
    axes.plot([p["coverage"] for p in points], [p["accuracy"] for p in points], "o-")
    sure = result["sure"]
    if sure["accuracy"] is not None:
        label = f'"not sure" below {sure["threshold"]:.2f}'
        axes.plot([sure["coverage"]], [sure["accuracy"]], "D", color="C3", markersize=9, label=label)
        axes.legend(loc="upper right")
    axes.set(xlabel="share of faces answered", ylabel="accuracy of the answers")
    write_figure(path, figure)


def robustness(result: dict, path: Path) -> None:
    """Accuracy and mean confidence against each kind's levels, from the content of `trainer robustness`."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    kinds = list(dict.fromkeys(row["kind"] for row in result["rows"]))
    figure, ((*panels,),) = pyplot.subplots(
        1, len(kinds), figsize=(2.3 * len(kinds), 2.7), sharey=True, squeeze=False, layout="constrained"
    )
    for kind, axes in zip(kinds, panels):
        rows = [row for row in result["rows"] if row["kind"] == kind]
        places = range(len(rows))
        for key, style in (("accuracy", "o-"), ("confidence", "s:")):
            axes.plot(places, [row[key] for row in rows], style, label=key)
        names = [str(row["level"]).replace(" ", "\n") for row in rows]
        axes.set_xticks(places, names, rotation=0 if len(rows) < 5 else 45, fontsize=8)
        axes.set(title=kind, xlabel=rows[0]["unit"], ylim=(0, 1))
        axes.grid(axis="y", color="0.9")
    panels[0].legend(loc="lower left", fontsize=8)
    write_figure(path, figure)
