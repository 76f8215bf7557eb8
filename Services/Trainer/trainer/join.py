"""`trainer join`: several trained networks of the same faces, or one on both sides of them, as one with the mean logits."""

import math
from pathlib import Path

import torch

from trainer import card, checkpoint, prepare, restore
from trainer.errors import InputError
from trainer.evaluate import run_facts
from trainer.files import sha256_of
from trainer.model import JOINT, MIRROR, build, join, mirror
from trainer.predict import Trained, load, normalised

STATISTICS_FACES = 2048
"""Training faces on which an exported model's batch norms take their statistics again."""


def run(paths: list[Path], weights: list[float], data: prepare.Data, out: Path, both_sides: bool = False) -> dict:
    """Join checkpoints and exported models' folders, and write the result as a checkpoint that has no more to train.

    `weights` are the members' shares of the mean, one each; empty for equal ones. With `both_sides` the result also takes
    the mean over each face and its mirror image. Returns what the checkpoint says of its members; one that was joined from
    these very members is left as it is. Raises InputError for a member that learned from another data file, for weights
    that do not fit, and for a place where something else lies.
    """
    if len(paths) < 2 and not both_sides:
        raise InputError("joining takes two members or more, or one with --mirror")
    weights = weights or [1.0] * len(paths)
    if len(weights) != len(paths) or not all(weight > 0 for weight in weights) or not math.isfinite(sum(weights)):
        raise InputError(f"each of the {len(paths)} members needs a weight above 0, of finite sum, not {weights}")
    existing = _existing(out, paths)
    members = [_member(path, data) for path in paths]
    facts = [
        {"weight": weight / sum(weights), "sha256": sha256_of(path)} | _recipe(member)
        for path, weight, member in zip(paths, weights, members)
    ]
    names = [member.content["config"]["network"] for member in members]
    if any(name.endswith(MIRROR) for name in names):
        raise InputError("a network that sees both sides already cannot be joined: join its members")
    name = JOINT.join(names) + (MIRROR if both_sides else "")
    if existing and prepare.same_faces(existing["facts"], data.facts) and _same(existing, facts, name):
        # Who learned from it can go on learning from it.
        return existing
    network = members[0].network if len(members) == 1 else join([member.network for member in members], weights)
    if both_sides:
        network = mirror(network)
    content = {
        "config": members[0].content["config"] | {"network": name},
        "facts": data.facts,
        "members": facts,
        "average": network.state_dict(),
        "network": network.state_dict(),
        "step": sum(member.content["step"] for member in members),
        # Their steps may be of different size: what adds up is how often they saw the faces.
        "steps_per_epoch": _pace(
            sum(member.content["step"] for member in members), sum(each["epochs"] for each in facts)
        ),
        "elapsed": sum(member.content["elapsed"] for member in members),
        "history": [],
    }
    checkpoint.save(out, content)
    return content


def _existing(out: Path, paths: list[Path]) -> dict | None:
    """The joined checkpoint at `out`, None when nothing is there. InputError for what the result must not overwrite."""
    if not out.exists():
        return None
    if any(path.exists() and out.samefile(path) for path in paths):
        raise InputError(f"{out}: is one of the members, the result would overwrite it")
    try:
        content = checkpoint.load(out)
    except InputError:
        content = {}
    if not content.get("members"):
        raise InputError(f"{out}: exists and is no joined checkpoint; name another file")
    return content


def _same(before: dict, members: list[dict], network: str) -> bool:
    """Whether a joined checkpoint has the same weights in the same shares, looking at as many sides."""
    shares = [[(each["sha256"], each["weight"]) for each in all] for all in (before["members"], members)]
    return shares[0] == shares[1] and before["config"]["network"] == network


def _pace(steps: int, epochs: float) -> float:
    """Steps of an epoch. A few steps are 0.00 epochs on a card: they count as a share that is rounded to that again."""
    return max(steps, 1) / max(epochs, 0.004)


def _member(path: Path, data: prepare.Data) -> Trained:
    """A checkpoint or an exported model's folder as a trained network. InputError when it learned from other data."""
    member = _exported(path, data) if path.is_dir() else load(path)
    if not prepare.same_faces(member.content["facts"], data.facts):
        raise InputError(f"{path}: was trained with another data file")
    return member


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
        "teachers": recipe.get("teachers", []),
        "start": recipe.get("start"),
        "members": recipe.get("members", []),
        "step": recipe["steps"],
        "steps_per_epoch": _pace(recipe["steps"], recipe["epochs"]),
        "elapsed": 60 * recipe["minutes"],
        "history": [],
    }
    return Trained(network.eval(), facts["mean"], facts["deviation"], content)
