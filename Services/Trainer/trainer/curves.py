"""Learning curves of a run, from its metrics.csv."""

import csv
from pathlib import Path

from trainer.errors import InputError
from trainer.files import write_figure

COLUMNS = ("epoch", "train_loss", "validation_loss", "validation_accuracy")


def read(metrics: Path) -> list[dict[str, float]]:
    """The rows of a metrics.csv. Raises InputError when it is none."""
    try:
        with metrics.open(newline="") as stream:
            rows = [{key: float(row[key]) for key in COLUMNS} for row in csv.DictReader(stream)]
    except FileNotFoundError:
        raise InputError(f"{metrics}: no such file") from None
    except (KeyError, ValueError, TypeError, csv.Error):
        raise InputError(f"{metrics}: not the metrics.csv of a run") from None
    return rows


def draw(rows: list[dict[str, float]], out: Path) -> None:
    """Draw loss and validation accuracy against epochs as PNG; rows are those of metrics.csv."""
    epochs, training, validation, accuracies = ([row[key] for row in rows] for key in COLUMNS)
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (losses, accuracy) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    losses.plot(epochs, training, label="training (smoothed, augmented)")
    losses.plot(epochs, validation, label="validation")
    losses.set(xlabel="epoch", ylabel="cross-entropy")
    losses.legend()
    accuracy.plot(epochs, [100 * value for value in accuracies], color="C1")
    accuracy.set(xlabel="epoch", ylabel="validation accuracy in %")
    accuracy.grid(alpha=0.3)
    write_figure(out, figure)
