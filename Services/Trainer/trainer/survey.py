"""The part of REPORT.md that sets other systems beside ours: published, repeated by others, measured here."""

import json
from importlib.resources import files
from pathlib import Path

from trainer.card import published
from trainer.results import blaming, optional, read, rows

NOT_STATED = "not stated"
OUTSIDE = "†"
"""Marks a figure that was not measured in this repository's runs but with the same commands elsewhere."""


def table(runs: dict[str, dict], peers: list[dict], outside: dict[str, dict]) -> str:
    """All systems by accuracy, ours and the measured packages among them.

    `outside` has figures of the private test by run or package, which nobody who trains here can see.
    """
    entries = [_published(row, {peer["package"]: peer for peer in peers}, outside) for row in published()]
    named = {row.get("peer") for row in published()}
    entries += [_peer(peer) for peer in peers if peer["package"] not in named]
    entries += [_ours(name, run, outside.get(name)) for name, run in runs.items() if run["set"] == "test"]
    lines = [
        "| system | public test | private test | test not stated | extra data | parameters | cost of a face | how | source |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [line for _, line in sorted(entries, key=lambda entry: entry[0])])


def repeated() -> str:
    """What others got with the authors' weights and code."""
    text = files("trainer").joinpath("published.json").read_text(encoding="utf-8")
    lines = ["| system | published | others got | how | source |", "|---|---|---|---|---|"]
    for row in json.loads(text)["repeated"]:
        lines.append(f"| {row['system']} | {row['published']:.2f} | {row['got']} | {row['how']} | {row['source']} |")
    return "\n".join(lines)


def peers(results: Path) -> list[dict]:
    """The packages that were measured here: results/peers/*.json, written by peers/measure.py."""
    found = []
    for path in sorted((results / "peers").glob("*.json")):
        found.append(read(path))
        with blaming(path, "`peers/measure.py`"):
            measured(found[-1:]), table({}, found[-1:], {})
    return found


def outside(results: Path) -> dict[str, dict]:
    """results/outside.json by the name of a run or a package; empty where there is none."""
    path = results / "outside.json"
    with blaming(path, "figures by name"):
        return {row["name"]: row | {"accuracy": float(row["accuracy"])} for row in optional(path) or []}


def measured(found: list[dict]) -> str:
    """The measured packages in full, with the check for a test that was trained on."""
    if not found:
        return "*(No package has been measured: `peers/measure.py`.)*"
    lines = [
        "| package | accuracy | macro-F1 | on as many training faces | weights in the package | ms a face |",
        "|---|---|---|---|---|---|",
    ]
    for peer in sorted(found, key=lambda peer: peer["accuracy"]):
        lines.append(
            f"| {peer['package']} {peer['version']} | {100 * peer['accuracy']:.2f} | {100 * peer['macro_f1']:.1f} "
            f"| {100 * peer['training_accuracy']:.2f} | {peer['bytes'] / 1e6:.1f} MB | {peer['milliseconds_a_face']:.2f} |"
        )
    return "\n".join(lines)


def leaks(found: list[dict]) -> str:
    """Which measured package knew the test, and why that is said of it."""
    parts = [
        f"**{peer['package']} {peer['version']} knew the test.** It is right for {100 * peer['accuracy']:.1f} % of the public test's "
        f"faces and for {100 * peer['training_accuracy']:.1f} % of as many training faces. A network that had not seen the test would be "
        "worse on it than on what it was trained with, and no figure above that names its test comes near. It compares with "
        "nothing."
        for peer in found
        if leaked(peer)
    ]
    return "\n\n".join(parts)


def missing(results: Path) -> str:
    """The packages that could not be measured, from results/peers/not-measured.csv."""
    path = results / "peers" / "not-measured.csv"
    if not path.exists():
        return ""
    with blaming(path, "packages with the columns package, version and why"):
        lines = [f"- **{row['package']} {row['version']}**: {row['why']}" for row in rows(path)]
    return "\n".join(["Looked at and not measured:", "", *lines])


def _published(row: dict, measured: dict[str, dict], outside: dict[str, dict]) -> tuple[float, str]:
    if peer := measured.get(row.get("peer", "")):
        elsewhere = outside.get(peer["package"])
        return 100 * peer["accuracy"], _line(
            row["system"],
            (_cell(100 * peer["accuracy"]), _private(elsewhere), "–"),
            row["extra"],
            peer["parameters"] and peer["parameters"] / 1e6,
            _milliseconds(peer),
            ("measured here", f"results/peers/{peer['package']}.json"),
        )
    accuracy = row["private"] or row["public"] or row["unstated"]
    how = "measured outside" if row.get("peer") else "published"
    cells = tuple(_cell(row[key]) for key in ("public", "private", "unstated"))
    system = row["system"] if row["single"] is not False else f"{row['system']} (several networks)"
    if row["single"] is None:
        return accuracy or 0.0, f"| {' | '.join((system, *cells, '–', '–', '–', how, row['source']))} |"
    line = _line(system, cells, row["extra"], row["parameters"], row["cost"], (how, row["source"]))
    return accuracy or 0.0, line


def _peer(peer: dict) -> tuple[float, str]:
    system = f"{peer['package']} {peer['version']}"
    if leaked(peer):
        system += " (its training saw the test, see below)"
    cells = (_cell(100 * peer["accuracy"]), "–", "–")
    parameters = peer["parameters"] and peer["parameters"] / 1e6
    how = ("measured here", f"results/peers/{peer['package']}.json")
    return 100 * peer["accuracy"], _line(system, cells, None, parameters, _milliseconds(peer), how)


def leaked(peer: dict) -> bool:
    """Whether a package is about as good on the test as on training faces, and better than a person: it knew the test."""
    return peer["accuracy"] > 0.8 and abs(peer["accuracy"] - peer["training_accuracy"]) < 0.03


def _ours(name: str, result: dict, elsewhere: dict | None) -> tuple[float, str]:
    run, accuracy = result["run"], 100 * result["plain"]["accuracy"]
    extra = "FER+ votes on the same faces" if run["data"]["ferplus"] and run["config"]["votes_weight"] else "none"
    cells = (f"**{accuracy:.2f}**", _private(elsewhere), "–")
    how = ("measured here", f"results/{name}/evaluation.json")
    line = _line(f"**Mien, {name}**", cells, extra, run["parameters"] / 1e6, f"{run['mmac']:.0f} MMAC", how)
    return accuracy, line


def _line(system: str, cells: tuple, extra: str | None, parameters: float | None, cost: str | None, how: tuple) -> str:
    size = f"{parameters:.2f} M" if parameters else NOT_STATED
    values = [system, *cells, extra or NOT_STATED, size, cost or NOT_STATED, *how]
    return f"| {' | '.join(values)} |"


def _private(elsewhere: dict | None) -> str:
    return f"{100 * elsewhere['accuracy']:.2f} {OUTSIDE}" if elsewhere else "–"


def _milliseconds(peer: dict) -> str:
    return f"{peer['milliseconds_a_face']:.1f} ms on one core"


def _cell(accuracy: float | None) -> str:
    return "–" if accuracy is None else f"{accuracy:.2f}"
