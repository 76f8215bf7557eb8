"""Checkpoints: everything a run needs to go on exactly where it was."""

import dataclasses
import io
from pathlib import Path

import torch
from torch import nn

from trainer.config import Config
from trainer.data import same_faces
from trainer.errors import InputError
from trainer.files import write_bytes

FORMAT = 1

NEEDED = {"config", "facts", "average", "step", "steps_per_epoch", "elapsed", "history"}
"""What every command that takes a checkpoint reads of it."""


def save(path: Path, content: dict) -> None:
    """Write a checkpoint, whole or not at all.

    It is serialised in memory first: torch hides the reason (a full disk) of what fails while it writes to a file.
    """
    data = io.BytesIO()
    torch.save({"format": FORMAT} | content, data)
    write_bytes(path, data.getvalue())


def load(path: Path) -> dict:
    """Read a checkpoint of this trainer. Raises InputError when it is none."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Exception:
        # torch's unpickler runs what it takes for a program: what a foreign file makes it raise can be anything.
        raise InputError(f"{path}: not a checkpoint, or damaged") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or not NEEDED <= content.keys():
        raise InputError(f"{path}: not a checkpoint of this trainer (format {FORMAT})")
    return content


def check_same_run(
    path: Path, content: dict, config: Config, facts: dict, teachers: list[str], start: dict | None
) -> None:
    """A run goes on only with the network, seed, data, teachers, start and faces per step that it began with.

    The budget may grow, and the faces of a step may be shared out among more or fewer processes (the same recipe, but
    other random numbers from there on).
    """
    before, now = content["config"], dataclasses.asdict(config)
    for key in ("network", "seed", "train_faces"):
        then = before.get(key, getattr(Config(), key))
        if then != now[key]:
            raise InputError(f"{path}: was made with {key} = {then!r}, the configuration says {now[key]!r}")
    faces_before, faces_now = (table["batch"] * table["processes"] for table in (before, now))
    if faces_before != faces_now:
        raise InputError(f"{path}: was made with {faces_before} faces a step, the configuration says {faces_now}")
    if not same_faces(content["facts"], facts):
        raise InputError(f"{path}: was made from another data file")
    if content.get("teachers", []) != teachers:
        raise InputError(f"{path}: was made with other teachers than the configuration names")
    if _weights(content.get("start")) != _weights(start):
        raise InputError(f"{path}: was started from other weights than the configuration names")


def _weights(start: dict | None) -> dict | None:
    """What says which weights a run began with; the rest is told of them, in later versions more."""
    return start and {key: start.get(key) for key in ("name", "version", "files")}


def load_weights(path: Path, network: nn.Module, weights: dict) -> None:
    """Put a checkpoint's weights into a network; InputError when they are another architecture's."""
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise InputError(f"{path}: its weights are of another architecture than this version's network") from None
