"""The parts of REPORT.md on what the labels can mean and on faces that are harder than FER2013's."""

from trainer import CLASSES
from trainer.sections import SETS

LOSS = 0.02
"""A loss of accuracy that the report still calls none: about twice the standard error on 2,800 faces."""


def agreement(found: dict | None, result: dict) -> str:
    """The agreement of FER+ with the label beside the network's recall, class by class."""
    if not found:
        return "*(`trainer labels` has not been run on a data file with FER+ votes.)*"
    recall = {name: row["recall"] for name, row in result["plain"]["per_class"].items()}
    lines = [
        "| label | FER+ sees it too | share of the votes | seen instead, most often | recall of the shipped network, "
        f"{SETS.get(result['set'], result['set'])} |",
        "|---|---|---|---|---|",
    ]
    for name in CLASSES:
        if row := found["per_class"].get(name):
            instead = f"{row['instead']} ({100 * row['instead_share']:.0f} %)" if row["instead"] else "–"
            lines.append(
                f"| {name} | {100 * row['agreement']:.0f} % | {100 * row['votes']:.0f} % | {instead} | {100 * recall[name]:.0f} % |"
            )
    lines.append(f"| all | {100 * found['agreement']:.1f} % | – | – | {100 * result['plain']['accuracy']:.1f} % |")
    return "\n".join(lines + ["", _reading(found, recall, result["plain"]["accuracy"])])


def _reading(found: dict, recall: dict[str, float], accuracy: float) -> str:
    """What follows from the table, as far as its figures say it."""
    above = [
        (recall[name] - row["agreement"], name)
        for name, row in found["per_class"].items()
        if recall[name] > row["agreement"]
    ]
    text = (
        f"({found['faces']} training faces that have votes; a face agrees when its label has the most votes, and a tie of k "
        "classes counts 1/k. Votes for contempt, for “unknown” and for “not a face” are left out.)"
    )
    if not above:
        return text
    names = [f"{name} (by {100 * more:.0f} points)" for more, name in sorted(above, reverse=True)[:3]]
    verb = "more often than" if accuracy > found["agreement"] else "less often than"
    return (
        f"{text} The network gives FER2013's label {verb} ten people's most frequent answer does "
        f"({100 * accuracy:.1f} against {100 * found['agreement']:.1f} %), most of all for {', '.join(names)}. Most people who look "
        "at these faces do not see what the label says: what the network gets right there beyond them is the habit of the "
        "first labelling, which need not hold on other photos."
    )


def robustness(found: dict | None, picture: str) -> str:
    """The table of `trainer robustness`, how far each kind may go, and the picture."""
    if not found:
        return "*(`trainer robustness` has not been run.)*"
    lines = [
        "| faces | accuracy | mean confidence | ECE | called sure | of these right |",
        "|---|---|---|---|---|---|",
    ]
    seen = set()
    for row in found["rows"]:
        # The first row of each kind is of the unchanged faces: it stands once, at the top.
        words = _words(row) if row["kind"] in seen else "as they are"
        if words == "as they are" and seen:
            seen.add(row["kind"])
            continue
        seen.add(row["kind"])
        right = "–" if row["sure_accuracy"] is None else f"{100 * row['sure_accuracy']:.1f}"
        lines.append(
            f"| {words} | {100 * row['accuracy']:.1f} | {100 * row['confidence']:.1f} | {100 * row['ece']:.1f} "
            f"| {100 * row['sure']:.1f} | {right} |"
        )
    model = found["model"]
    return "\n".join(
        [
            *lines,
            "",
            f"({model['name']} {model['version']} on {found['faces']} faces of the {_set(found['set'])}, all in %; "
            f"sure: a confidence of {found['not_sure']:.2f} or more.)",
            "",
            _reach(found["rows"]),
            "",
            f"![accuracy and confidence on changed faces]({picture})",
        ]
    )


def _set(name: str) -> str:
    if name != "validation":
        return name
    return "validation split, which its calibration was fitted on, so the unchanged faces flatter it a little"


def _words(row: dict) -> str:
    level = row["level"]
    return {
        "size": f"{level} pixels wide, enlarged by means",
        "size, cubic": f"{level} pixels wide, enlarged by a cubic",
        "roll": f"turned by {level}°",
        "blur": f"blurred, sigma {level}",
        "darkness": f"with {level} of the light",
        "covered": f"with the {level} covered",
    }[row["kind"]]


def _reach(rows: list[dict]) -> str:
    """Per kind the first level that costs more than LOSS, and where the network is too sure."""
    least = rows[0]["accuracy"] - LOSS
    parts = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        lost = [row for row in rows if row["kind"] == kind and row["accuracy"] < least]
        if lost and kind != "covered":
            parts.append(_words(lost[0]))
    worst = max(rows, key=lambda row: row["confidence"] - row["accuracy"])
    text = f"It first loses more than {100 * LOSS:.0f} points on faces {'; '.join(parts)}. " if parts else ""
    if worst["confidence"] <= worst["accuracy"]:
        return f"{text}It is too sure on none of them."
    # The first row of each kind is of the unchanged faces.
    unchanged = not any(row["kind"] == worst["kind"] for row in rows[: rows.index(worst)])
    return (
        f"{text}It is most too sure on faces {'as they are' if unchanged else _words(worst)}: a mean confidence of {100 * worst['confidence']:.0f} % and "
        f"{100 * worst['accuracy']:.0f} % right."
    )
