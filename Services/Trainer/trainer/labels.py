"""`trainer labels`: how far the ten people of FER+ agree with the labels of FER2013, class by class.

FER+ (Barsoum et al., arXiv 1608.01041) had ten people label FER2013's faces anew. Where they rarely see what the label
says, no classifier can be right often unless it learns habits of the first labelling.
"""

import json
from pathlib import Path

import numpy as np

from trainer import CLASSES
from trainer.errors import InputError
from trainer.files import write_text
from trainer.prepare import Part, load


def agreement(part: Part) -> dict | None:
    """Agreement of the votes with the labels, over the faces that have votes; None where no face has any.

    A face agrees when its label has the most votes; where k classes share the most, it counts 1/k. Shares are 0…1;
    `votes` is the mean share of a face's votes that its label has; `instead` is the class that has the most votes most
    often among the faces that disagree, and `instead_share` how many of the class's faces that are.
    """
    voted = part.votes.sum(axis=1) > 0
    if not voted.any():
        return None
    labels, votes = part.labels[voted], part.votes[voted]
    # float32 shares of the same number of votes are the same float, so equality is exact.
    most = votes == votes.max(axis=1, keepdims=True)
    weight = most / most.sum(axis=1, keepdims=True)
    matrix = np.stack([weight[labels == index].sum(axis=0) for index in range(len(CLASSES))])
    own = votes[np.arange(len(labels)), labels]
    return {
        "faces": len(labels),
        "agreement": float(np.trace(matrix) / len(labels)),
        "per_class": {
            name: _class(matrix[index], index, own[labels == index])
            for index, name in enumerate(CLASSES)
            if (labels == index).any()
        },
    }


def _class(row: np.ndarray, index: int, own: np.ndarray) -> dict:
    others = row.copy()
    others[index] = 0
    instead = int(others.argmax())
    return {
        "faces": len(own),
        "agreement": float(row[index] / row.sum()),
        "votes": float(own.mean()),
        "instead": CLASSES[instead] if others[instead] else None,
        "instead_share": float(others[instead] / row.sum()),
    }


def write(data_path: Path, out: Path) -> dict:
    """Write the agreement of a data file's training faces as JSON. Raises InputError when it was prepared without votes."""
    data = load(data_path)
    found = agreement(data.train)
    if found is None:
        raise InputError(f"{data_path}: holds no FER+ votes (prepare it with --votes)")
    result = {"sources": data.facts["sources"], "set": "training faces"} | found
    write_text(out, json.dumps(result, indent=1) + "\n")
    return result


def table(result: dict) -> str:
    """The agreement for people at a terminal."""
    lines = [f"{'class':<10}{'faces':>7}{'agree %':>9}{'votes %':>9}  instead"]
    for name, row in result["per_class"].items():
        instead = f"{row['instead']} ({100 * row['instead_share']:.0f} %)" if row["instead"] else "–"
        lines.append(f"{name:<10}{row['faces']:>7}{100 * row['agreement']:>9.1f}{100 * row['votes']:>9.1f}  {instead}")
    lines.append(f"{'all':<10}{result['faces']:>7}{100 * result['agreement']:>9.1f}")
    return "\n".join(lines)
