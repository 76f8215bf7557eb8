"""The part of REPORT.md that says whether long runs justify the Inception backbone."""

import math

from trainer.starts import epochs_of

LONG = 50
"""Epochs from which a run is called long here; the studies have 15 to 40 on a third of the faces."""


def verdict(validations: dict[str, dict]) -> str:
    """Inception against every other network by long runs, measured on the validation split.

    `validations` are evaluations of the validation split by run; joined networks say nothing about one. Without a long run of another network the answer is
    that nothing justifies the backbone.
    """
    alone = {name: result for name, result in validations.items() if not result["run"].get("members")}
    runs = {name: result for name, result in alone.items() if epochs_of(result["run"]) >= LONG}
    ours = {name: result for name, result in runs.items() if "inception" in result["run"]["network"]}
    others = {name: result for name, result in runs.items() if name not in ours}
    if not ours or not others:
        trained = sorted({result["run"]["network"] for result in (ours or others).values()}) or ["no network"]
        return (
            f"**Long runs do not support the choice of backbone.** Only {' and '.join(trained)} "
            f"{'have' if len(trained) > 1 else 'has'} been trained for {LONG} epochs or more on all faces. The Inception "
            "blocks are kept because their models are at hand and measured, not because they have been shown to be better."
        )
    best, rival = (max(group.items(), key=lambda item: item[1]["plain"]["accuracy"]) for group in (ours, others))
    difference = best[1]["plain"]["accuracy"] - rival[1]["plain"]["accuracy"]
    noise = 2 * math.sqrt(_variance(best[1]) + _variance(rival[1]))
    if abs(difference) <= noise:
        words = "**Long runs cannot tell the backbones apart.**"
    elif difference > 0:
        words = "**Long runs support the Inception backbone.**"
    else:
        words = "**Long runs speak against the Inception backbone.**"
    return (
        f"{words} On the validation split the best Inception run ({_words(*best)}) and the best of the others "
        f"({_words(*rival)}) differ by {100 * difference:+.2f} points; up to {100 * noise:.1f} is noise of the faces."
    )


def _variance(result: dict) -> float:
    plain = result["plain"]
    return plain["accuracy"] * (1 - plain["accuracy"]) / plain["faces"]


def _words(name: str, result: dict) -> str:
    run = result["run"]
    return f"{name}: {run['network']}, {run['mmac']:.0f} MMAC, {epochs_of(run):.0f} epochs, {100 * result['plain']['accuracy']:.2f} %"
