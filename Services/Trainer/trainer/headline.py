"""The first lines of REPORT.md."""

from trainer.sections import SETS


def text(result: dict, outside: dict | None) -> str:
    """Size, accuracy with its interval, macro-F1, calibration, copies and hours; `outside` is of the private test."""
    plain, run = result["plain"], result["run"]
    low, high = plain["interval_95"]["accuracy"]
    return (
        f"`{run['network']}` ({run['parameters'] / 1e6:.2f} M parameters, {run['mmac']:.0f} million multiply-accumulates a "
        f"face) is right for **{100 * plain['accuracy']:.2f} %** of the {plain['faces']} faces of the "
        f"{SETS.get(result['set'], result['set'])} (95 % interval {100 * low:.1f}–{100 * high:.1f}), without test-time "
        f"augmentation; macro-F1 {100 * plain['macro_f1']:.1f} %, expected calibration error {100 * plain['ece']:.1f} %. "
        f"{_copies(result)} {_elsewhere(outside)}{_effort(run)}"
    )


def _copies(result: dict) -> str:
    alone = result["without_near_copies"]
    if alone["faces"] == result["plain"]["faces"]:
        return "None of them has a copy, exact or near, among the training faces."
    return (
        f"Of the {alone['faces']} faces that have no copy, exact or near, among the training faces it gets "
        f"{100 * alone['accuracy']:.2f} % right."
    )


def _elsewhere(outside: dict | None) -> str:
    if not outside:
        return ""
    return (
        f"On the {outside['set']} it gets {100 * outside['accuracy']:.2f} % (macro-F1 {100 * outside['macro_f1']:.1f} %, "
        f"calibration error {100 * outside['ece']:.1f} %), measured outside this repository's runs: {outside['how']}. "
    )


def _effort(run: dict) -> str:
    if members := run.get("members"):
        parts = [
            f"{each['network']} for {each['minutes']:.0f} minutes ({each['epochs']:.0f} epochs){_before(each)}"
            for each in members
        ]
        return f"It is {len(members)} networks side by side, of which each was trained alone: {'; '.join(parts)}."
    return f"It was trained for {run['minutes']:.0f} minutes ({run['epochs']:.0f} epochs){_before(run)}."


def _before(run: dict) -> str:
    start = run.get("start")
    return f", on top of the {start['epochs']:.0f} epochs of {start['name']} {start['version']}" if start else ""


def looks(count: int, directory: str) -> str:
    """How often the public test was looked at, by the lines of <directory>/looks.csv."""
    if not count:
        return "The public test's looks were not counted."
    return (
        f"The public test was looked at {times(count)} (`{directory}/looks.csv`); all choices were made on validation."
    )


def times(count: int) -> str:
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
