"""`trainer all`: from CSV files to exported, verified models in one command; started again it goes on."""

import os
from dataclasses import dataclass
from pathlib import Path

from trainer import config as configuration
from trainer import join, launch, package, prepare
from trainer.errors import InputError
from trainer.evaluate import evaluate, look, table
from trainer.files import digest, hold
from trainer.results import blaming, read

JOINED = "mien-joined"
"""The name of a model joined from several networks, where none is given."""


@dataclass(frozen=True)
class Plan:
    """What to train.

    configs: of one network, or of several that are joined side by side; both_sides: whether the result answers with the mean
    of a face and of its mirror image; student: of a network that the result teaches; start: an exported model that a single
    network begins with; name: the first model's, if not its network's.
    """

    configs: list[Path]
    both_sides: bool = False
    student: Path | None = None
    start: Path | None = None
    name: str | None = None
    version: str = "1.0.0"
    int8: bool = False

    def check(self) -> None:
        """Raises InputError for a plan that contradicts itself, and for a configuration that is wrong."""
        paths = [*self.configs, *([self.student] if self.student else [])]
        stems = [path.stem for path in paths]
        if repeated := {stem for stem in stems if stems.count(stem) > 1}:
            raise InputError(
                f"{', '.join(sorted(repeated))}: is named twice; runs are kept by their configuration's name"
            )
        if self.start and len(self.configs) > 1:
            raise InputError("only a single network can start from a model, not several that are joined")
        networks = [configuration.load(path).network for path in paths]
        if self.student and self.first_name() == networks[-1]:
            raise InputError(f"the model and its student would both be {networks[-1]}: give the first another --name")

    def first_name(self) -> str:
        """The name of the model that is trained or joined first."""
        return self.name or (JOINED if len(self.configs) > 1 else configuration.load(self.configs[0]).network)


def run(
    train: Path,
    test: Path | None,
    votes: Path | None,
    plan: Plan,
    work: Path,
    validation_share: float = 0.1,
    seed: int = 2013,
) -> int:
    """Prepare, train, evaluate, export and verify under `work`; returns the exit code.

    work/data.npz and work/models/<name>/<version>/ are made, and for a single network work/run/ and work/evaluation/. Of
    several each has work/runs/<configuration>/, and they are joined as work/joined.pt; a student has
    work/runs/<configuration>/ too. Without a test set the evaluation is of the validation split, and the card has no
    public-test figures.
    """
    plan.check()
    heading("prepare")
    data, _ = prepare.prepare(train, test, votes, validation_share, seed)
    held = hold(work)
    try:
        return _carried_out(plan, data, work)
    finally:
        os.close(held)


def _carried_out(plan: Plan, data: prepare.Data, work: Path) -> int:
    """Everything after the reading, in a folder that nobody else writes to; returns the exit code."""
    data_path = work / "data.npz"
    kept = prepare.load(data_path) if data_path.exists() else None
    if kept and prepare.same_faces(kept.facts, data.facts):
        data = kept
    else:
        if runs := sorted(work.rglob("checkpoint.pt")):
            raise InputError(
                f"{work}: holds {len(runs)} run{'s' * (len(runs) > 1)} on other faces: choose another folder, or remove it"
            )
        prepare.save(data, data_path)
    several = len(plan.configs) > 1
    runs = {path: work / "runs" / path.stem if several else work / "run" for path in plan.configs}
    heading(f"train {', '.join(config.stem for config in runs)}")
    if code := launch.train([launch.Job(*item, start=plan.start) for item in runs.items()], data_path):
        return code
    finished = [directory / "final.pt" for directory in runs.values()]
    if several or plan.both_sides:
        heading("join")
        join.run(finished, [], data, work / "joined.pt", plan.both_sides)
        finished = [work / "joined.pt"]
    code = _deliver(finished[0], data, data_path, work / "evaluation", plan.first_name(), plan, work)
    if code or not plan.student:
        return code
    heading(f"teach {plan.student.stem}")
    directory = work / "runs" / plan.student.stem
    if code := launch.train([launch.Job(plan.student, directory, tuple(finished))], data_path):
        return code
    network = configuration.load(plan.student).network
    return _deliver(directory / "final.pt", data, data_path, work / "student-evaluation", network, plan, work)


def _deliver(
    checkpoint: Path, data: prepare.Data, data_path: Path, figures: Path, name: str, plan: Plan, work: Path
) -> int:
    """Evaluate, export and verify one network; returns the exit code."""
    heading(f"evaluate {name}")
    split, evaluation = "test" if len(data.test) else "validation", figures / "evaluation.json"
    result = _evaluated(evaluation, checkpoint)
    if result is None:
        result = evaluate(checkpoint, data, split, None, figures)
        if split == "test":
            look(data_path, result)
    print(table(result))
    heading(f"export {name}")
    directory, card = package.make(checkpoint, data, evaluation, name, plan.version, work / "models", plan.int8)
    print(f"written: {directory}\n{package.summary(card)}")
    heading(f"verify {name}")
    report, agrees = package.check(checkpoint, data, directory)
    print(report)
    return 0 if agrees else 1


def _evaluated(evaluation: Path, checkpoint: Path) -> dict | None:
    """The figures of this very checkpoint, where they were taken before: the test is looked at once."""
    if not evaluation.exists():
        return None
    result = read(evaluation)
    with blaming(evaluation, "`trainer evaluate`"):
        table(result)
        return result if result["checkpoint"]["sha256"] == digest(checkpoint) else None


def heading(text: str) -> None:
    print(f"== {text}", flush=True)
