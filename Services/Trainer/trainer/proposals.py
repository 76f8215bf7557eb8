"""What could be tried next, and what the results say about what was."""

import json
from importlib.resources import files


def table(runs: dict[str, dict], studies: dict[str, list[dict]], shipped: str) -> str:
    """The proposals as a Markdown table; "tried" is answered from the runs' and studies' files."""
    rows = json.loads(files("trainer").joinpath("proposals.json").read_text(encoding="utf-8"))
    lines = ["| proposal | expected gain | cost | tried |", "|---|---|---|---|"]
    for row in rows:
        tried = _tried(row, runs, studies, runs[shipped])
        lines.append(f"| {row['proposal']} | {row['gain']} | {row['cost']} | {tried or 'no'} |")
    return "\n".join(lines)


def _tried(row: dict, runs: dict[str, dict], studies: dict[str, list[dict]], shipped: dict) -> str | None:
    if row.get("distilled") and (found := [name for name, result in runs.items() if result["run"]["teachers"]]):
        return _named(found, runs)
    if study := row.get("study"):
        return f"yes: results/studies/{study}.csv" if study in studies else None
    if network := row.get("run_network"):
        found = [name for name, result in runs.items() if result["run"]["network"] == network]
        return _named(found, runs)
    if setting := row.get("setting"):
        return _named([name for name, result in runs.items() if result["run"]["config"].get(setting)], runs)
    if row["key"] in shipped:
        measured = shipped[row["key"]]
        if row["key"] == "calibration":
            methods = measured["cross_validated"]
            gain = methods[measured["method"]]["accuracy"] - methods["temperature"]["accuracy"]
            return f"yes: {100 * gain:+.2f} on validation against one temperature"
        return f"yes: {100 * (measured['accuracy'] - shipped['plain']['accuracy']):+.2f} on the shipped network"
    if row["key"] == "long":
        return _named([name for name, result in runs.items() if result["run"]["epochs"] >= 250], runs)
    return None


def _named(names: list[str], runs: dict[str, dict]) -> str | None:
    return "; ".join(f"yes: {name}, {100 * runs[name]['plain']['accuracy']:.2f} %" for name in names) or None
