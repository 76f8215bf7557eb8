"""Training configuration: a TOML file, every value typed and checked before anything runs."""

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from trainer.augment import Augmentation
from trainer.errors import InputError
from trainer.ranges import RANGES


@dataclass(frozen=True)
class Budget:
    """How long to train: exactly one of the three is given. The schedule follows the used share of it."""

    minutes: float = 0
    """Wall-clock time, validation included; on a shared machine the run ends on time whatever its throughput."""
    epochs: float = 0
    steps: int = 0
    """Optimiser steps: the same on every machine, for tests and exact comparisons."""


@dataclass(frozen=True)
class Teacher:
    """Distillation (Hinton et al., arXiv 1503.02531): one or more trained networks whose averaged answers are learned too.

    The teachers see the very faces that the network sees, after augmentation and mixing (Beyer et al., arXiv 2106.05237),
    but before they are made harder to read: what is hidden from the pupil, its teachers know.
    """

    checkpoints: list[str] = field(default_factory=list)
    """Runs' final.pt, relative to the configuration's directory. All must have been trained with the same data file."""
    weight: float = 0.7
    """Share of the loss that the teachers' answers have; the labels have the rest."""
    temperature: float = 2.0
    """Softens both sides of the comparison."""


@dataclass(frozen=True)
class Config:
    network: str = "mien-inception-s"
    seed: int = 1
    processes: int = 2
    """Processes of one thread each, joined by torch.distributed; measured 1.35 times one process of two threads."""
    batch: int = 64
    """Faces per process and step."""
    peak_rate: float = 0.1
    warm_up: float = 0.06
    """Share of the budget in which the rate rises linearly; then it falls to 0 as a half cosine."""
    momentum: float = 0.9
    weight_decay: float = 5e-4
    """Not applied to batch norm and biases."""
    label_smoothing: float = 0.1
    votes_weight: float = 0.3
    """Weight of the FER+ votes in the target, where the data file has them; 0 trains on the original labels alone."""
    dropout: float = 0.3
    average: float = 0.999
    """Decay per step of the weights' moving average, which is what is evaluated and exported."""
    mixing_until: float = 0.85
    """Share of the budget after which batches are no longer mixed."""
    precise_batch_norm: bool = True
    """At the end, take batch norm's statistics anew from the faces as they are, those of training being of augmented ones
    (Wu & Johnson, arXiv 2105.07576), and keep them where the validation split's loss is the lower for it."""
    small_side: int = 40
    small_until: float = 0.4
    """Faces are small_side pixels wide until this share of the budget, then 48."""
    half: bool = True
    """bfloat16 autocast in forward and backward, on a processor that gains by it; weights and optimiser stay float32."""
    validate_every: int = 2
    """Epochs between looks at the validation split."""
    checkpoint_seconds: float = 60
    checkpoint_steps: int = 0
    """If given, checkpoints follow the step count instead of the clock."""
    train_faces: int = 0
    """If given, only so many of the training faces are used, with the split's shares of the classes: for cheap studies."""
    start: str = ""
    """Directory of an exported model whose weights the run starts with instead of random ones, relative to the
    configuration's. It must have learned from the same split, or it knows faces that this run validates on."""
    budget: Budget = field(default_factory=Budget)
    teacher: Teacher = field(default_factory=Teacher)
    augmentation: Augmentation = field(default_factory=Augmentation)


def load(path: Path, teachers: list[str] | None = None, start: str = "") -> Config:
    """Read and check a configuration. Raises InputError naming the key and what it takes.

    `teachers` are checkpoints, and `start` is a model, to take instead of those it names, relative to the working directory.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None
    config = check(parse(table, str(path)), str(path))
    named = [path.parent / name for name in config.teacher.checkpoints]
    resolved = [str(Path(name).resolve()) for name in teachers or named]
    if not start and config.start:
        start = str(path.parent / config.start)
    start = str(Path(start).resolve()) if start else ""
    return dataclasses.replace(config, start=start, teacher=dataclasses.replace(config.teacher, checkpoints=resolved))


def check(config: Config, source: str) -> Config:
    """Every value in its range. Raises InputError naming the key and what it takes."""
    if any(not 0 <= value < math.inf for value in dataclasses.astuple(config.budget)):
        raise InputError(f"{source}: [budget] takes finite numbers from 0")
    given = [name for name in ("minutes", "epochs", "steps") if getattr(config.budget, name) > 0]
    if len(given) != 1:
        raise InputError(f"{source}: [budget] takes exactly one of minutes, epochs and steps, above 0")
    for path, allowed in RANGES.items():
        *table, name = path.split(".")
        value = getattr(getattr(config, table[0]) if table else config, name)
        if not allowed.has(value):
            where = f"[{table[0]}] {name}" if table else name
            raise InputError(f"{source}: {where} must {allowed}, not {value}")
    return config


def parse(table: dict, source: str, kind: type = Config):
    """A dataclass of `kind` from a table; nested tables become nested dataclasses."""
    fields = {item.name: item for item in dataclasses.fields(kind)}
    values = {}
    for key, value in table.items():
        if key not in fields:
            raise InputError(f"{source}: unknown key {key!r} (known: {', '.join(fields)})")
        wanted = fields[key].type
        if dataclasses.is_dataclass(wanted):
            if not isinstance(value, dict):
                raise InputError(f"{source}: {key} is a table, not {value!r}")
            values[key] = parse(value, source, wanted)
        elif wanted == list[str] and isinstance(value, list) and all(isinstance(item, str) for item in value):
            values[key] = value
        elif type(value) is wanted or (wanted is float and type(value) is int):
            try:
                values[key] = wanted(value)
            except OverflowError:
                raise InputError(f"{source}: {key} must be a finite number, not {value}") from None
        else:
            raise InputError(f"{source}: {key} must be of type {getattr(wanted, '__name__', wanted)}, not {value!r}")
    return kind(**values)
