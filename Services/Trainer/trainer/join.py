"""`trainer join`: several trained networks of the same faces as one, whose logits are the mean of theirs."""

from pathlib import Path

import torch

from trainer import card, checkpoint, prepare, restore
from trainer.errors import InputError
from trainer.evaluate import run_facts
from trainer.files import sha256_of
from trainer.model import JOINT, build, join
from trainer.predict import Trained, load, normalised

STATISTICS_FACES = 2048
"""Training faces on which an exported model's batch norms take their statistics again."""


def run(paths: list[Path], weights: list[float], data: prepare.Data, out: Path) -> dict:
    """Join checkpoints and exported models' folders, and write the result as a checkpoint that has no more to train.

    `weights` are the members' shares of the mean, one each; empty for equal ones. Returns what the checkpoint says of its
    members. Raises InputError for a member that learned from another data file, or for weights that do not fit.
    """
    if len(paths) < 2:
        raise InputError("joining takes two members or more")
    weights = weights or [1.0] * len(paths)
    if len(weights) != len(paths) or not all(weight > 0 for weight in weights):
        raise InputError(f"each of the {len(paths)} members needs a weight above 0, not {weights}")
    if (kept := _made_of(out, paths, weights)) is not None:
        return kept
    members = [_exported(path, data) if path.is_dir() else load(path) for path in paths]
    for path, member in zip(paths, members):
        if member.content["facts"] != data.facts:
            raise InputError(f"{path}: was trained with another data file")
    facts = [
        {"weight": weight / sum(weights), "sha256": sha256_of(path)} | _recipe(member)
        for path, weight, member in zip(paths, weights, members)
    ]
    network = join([member.network for member in members], weights)
    name = JOINT.join(member.content["config"]["network"] for member in members)
    content = {
        "config": members[0].content["config"] | {"network": name},
        "facts": data.facts,
        "members": facts,
        "average": network.state_dict(),
        "network": network.state_dict(),
        "step": sum(member.content["step"] for member in members),
        # Their steps may be of different size: what adds up is how often they saw the faces.
        "steps_per_epoch": sum(member.content["step"] for member in members) / sum(each["epochs"] for each in facts),
        "elapsed": sum(member.content["elapsed"] for member in members),
        "history": [],
    }
    checkpoint.save(out, content)
    return content


def _made_of(out: Path, paths: list[Path], weights: list[float]) -> dict | None:
    """What lies at `out`, if it was joined from these very members: who learned from it can go on learning from it."""
    if not out.exists():
        return None
    content = checkpoint.load(out)
    wanted = [(sha256_of(path), weight / sum(weights)) for path, weight in zip(paths, weights)]
    found = [(member["sha256"], member["weight"]) for member in content.get("members", [])]
    return content if found == wanted else None


def _recipe(member: Trained) -> dict:
    """How a member was made."""
    facts = run_facts(member)
    return {key: facts[key] for key in card.RECIPE}


def _exported(directory: Path, data: prepare.Data) -> Trained:
    """An exported model's folder as a trained network."""
    recipe = card.of_split(directory, data.facts)["recipe"]
    network, facts = build(recipe["network"]), data.facts
    levels = torch.from_numpy(data.train.images[:STATISTICS_FACES]).unsqueeze(1).float()
    restore.restore(directory, network, normalised(levels, facts["mean"], facts["deviation"]))
    content = {
        "config": recipe["config"],
        "facts": facts,
        "teachers": recipe["teachers"],
        "start": recipe["start"],
        "members": recipe.get("members", []),
        "step": recipe["steps"],
        "steps_per_epoch": recipe["steps"] / recipe["epochs"],
        "elapsed": 60 * recipe["minutes"],
        "history": [],
    }
    return Trained(network.eval(), facts["mean"], facts["deviation"], content)
