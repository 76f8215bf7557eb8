"""`trainer predict`: an exported model's answers for faces that need no labels, e.g. the competition's test.csv."""

from pathlib import Path

from trainer import CLASSES, card, export
from trainer.files import write_rows
from trainer.folders import read


def label(model: Path, source: Path, out: Path) -> int:
    """Write a CSV with row, emotion (0…6), class and the seven probabilities per face, and of pictures their files; returns
    the number of faces."""
    card.intact(model)
    rows = read(source, labels_needed=False)
    probabilities, _ = export.Exported(model)(rows.images)
    write_rows(
        out,
        [
            {"row": int(number)}
            | ({"file": rows.files[place]} if rows.files else {})
            | {"emotion": int(row.argmax()), "class": CLASSES[row.argmax()]}
            | {name: round(float(value), 4) for name, value in zip(CLASSES, row)}
            for place, (number, row) in enumerate(zip(rows.numbers, probabilities))
        ],
    )
    return len(rows.images)
