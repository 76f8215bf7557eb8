"""The part of REPORT.md on the data: split, copies, balance of the classes, extra labels."""

from trainer import CLASSES


def data(run: dict) -> str:
    """The split, the balance of the classes, and extra labels."""
    facts, votes = run["data"], run["config"]["votes_weight"]
    counts = facts["counts"]
    totals = {name: sum(part.values()) for name, part in counts.items()}
    lines = [
        f"{facts['validation_share']:.0%} of the training file is split off for validation (stratified, seed {facts['seed']}), "
        "and all copies of a picture, exact or near (another crop by a pixel, another watermark), stand on one side: "
        f"{facts['duplicates_inside']} of the faces are such copies. {facts['duplicates_of_test_removed']} training faces of "
        f"which the public test has a copy were removed. Rows left out as bad: {facts['bad_rows']}.",
        "",
        "| class | training | validation | public test |",
        "|---|---|---|---|",
    ]
    for name in CLASSES:
        cells = (f"{part[name]} ({100 * part[name] / max(totals[key], 1):.1f} %)" for key, part in counts.items())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append("| all | " + " | ".join(str(total) for total in totals.values()) + " |")
    lines += ["", _balance(counts["train"])]
    if facts["ferplus"] and votes:
        lines += [
            "",
            f"**Extra labels:** the target is {1 - votes:.0%} the original label and {votes:.0%} the votes of FER+ "
            "(Barsoum et al., arXiv 1608.01041) on the same training faces. No extra images. Measured against the original "
            "labels.",
        ]
    return "\n".join(lines)


def _balance(counts: dict[str, int]) -> str:
    rare, common = min(counts, key=counts.get), max(counts, key=counts.get)
    return (
        f"The classes are far from balanced: {common} has {counts[common] / max(counts[rare], 1):.0f} times the faces of {rare}. "
        "Nothing is weighted or drawn more often: the measure is accuracy on a test of the same shares, and the scale and "
        "bias per class that calibration may choose can move the classes' shares afterwards. Macro-F1, which counts "
        "each class alike, stands beside every accuracy."
    )
