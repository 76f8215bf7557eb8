"""What was tried and what it brought, and what could be tried next: from the results' own files and proposals.json."""

import json
import math
from importlib.resources import files

from trainer.starts import epochs_of


def tried(runs: dict[str, dict], studies: dict[str, list[dict]], shipped: str, history: list[dict]) -> str:
    """What was tried as a Markdown table with measured gains; rows whose results are missing are left out."""
    lines = ["| tried | points gained | noise | measured on | hours |", "|---|---|---|---|---|"]
    for row in _read()["tried"]:
        if found := _gain(row, runs, studies, shipped, history):
            gain, noise, where, hours = found
            spent = f"{hours:.2g}" if hours else "none"
            lines.append(f"| {row['what']} | {gain:+.2f} | {noise} | {where} | {spent} |")
    return "\n".join(lines)


def table(runs: dict[str, dict]) -> str:
    """The proposals that no run has carried out yet."""
    lines = ["| proposal | expected gain | hours | because |", "|---|---|---|---|"]
    for row in _read()["open"]:
        if not any(_carried_out(row.get("done", {}), result) for result in runs.values()):
            lines.append(f"| {row['proposal']} | {row['gain']} | {row['hours']} | {row['why']} |")
    return "\n".join(lines)


def _read() -> dict:
    return json.loads(files("trainer").joinpath("proposals.json").read_text(encoding="utf-8"))


def _gain(row: dict, runs: dict, studies: dict, shipped: str, history: list[dict]) -> tuple | None:
    """Gain in points, its noise, what it was measured on and hours; None where a file is missing."""
    if name := row.get("study"):
        return _of_study(row, name, studies.get(name, []))
    if name := row.get("run"):
        return _of_runs(name, row["against"], runs)
    chosen = runs[shipped]
    if methods := row.get("calibration"):
        new, old = (chosen["calibration"]["cross_validated"].get(method) for method in methods)
        return _between(new, old, "validation split, cross-validated", row["hours"], paired=True)
    if key := row.get("averaged"):
        return _between(chosen.get(key), chosen["plain"], _set(chosen), row["hours"], paired=True)
    if row.get("precise_batch_norm") and chosen["run"]["config"].get("precise_batch_norm") and len(history) > 1:
        old, new = ({"accuracy": float(line["validation_accuracy"])} for line in history[-2:])
        gain, noise, *rest = _between(new, old, f"validation split, {shipped}", row["hours"], paired=True)
        trained = float(history[-1]["epoch"]) - float(history[-2]["epoch"])
        return gain, f"after {trained:g} more epochs" if trained else noise, *rest
    return None


def _of_study(row: dict, name: str, rows: list[dict]) -> tuple | None:
    new, old = ([line for line in rows if line["variant"] == row[key]] for key in ("variant", "against"))
    if not new or not old:
        return None
    shares = [sum(float(line["accuracy"]) for line in lines) / len(lines) for lines in (new, old)]
    noise = 200 * math.sqrt(sum(share * (1 - share) / int(new[0]["faces"]) for share in shares))
    hours = sum(float(line["minutes"]) for line in new) / 60
    seeds = f"{len(new)} seed{'s' if len(new) > 1 else ''}"
    where = f"results/studies/{name}.csv: {new[0]['training_faces']} training faces, {seeds}"
    return 100 * (shares[0] - shares[1]), f"±{noise:.1f}", where, hours


def _of_runs(name: str, against: str, runs: dict) -> tuple | None:
    if name not in runs or against not in runs:
        return None
    new, old = runs[name], runs[against]
    if new["set"] != old["set"]:
        return None
    where = f"{_set(new)}, {name} against {against}"
    return _between(new["plain"], old["plain"], where, new["run"]["minutes"] / 60, paired=False)


def _between(new: dict | None, old: dict | None, where: str, hours: float, paired: bool) -> tuple | None:
    """`paired`: one network's answers to the same faces, whose difference has far less noise than the faces have."""
    if not new or not old:
        return None
    gain = 100 * (new["accuracy"] - old["accuracy"])
    if paired:
        return gain, "same network", where, hours
    noise = 200 * math.sqrt(sum(part["accuracy"] * (1 - part["accuracy"]) / part["faces"] for part in (new, old)))
    return gain, f"±{noise:.1f}", where, hours


def _set(result: dict) -> str:
    return {"test": "public test", "validation": "validation split"}.get(result["set"], result["set"])


def _carried_out(done: dict, result: dict) -> bool:
    """Whether a run fulfils all that `done` asks; nothing fulfils an empty one."""
    run = result["run"]
    asked = {
        "not_network": lambda value: not run["network"].startswith(value),
        "epochs": lambda value: epochs_of(run) >= value,
        "teachers": lambda value: bool(run["teachers"]) == value,
    }
    return bool(done) and all(asked[key](value) for key, value in done.items())
