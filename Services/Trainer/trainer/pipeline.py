"""`trainer all`: from CSV files to an exported, verified model in one command; started again it goes on."""

from pathlib import Path

from trainer import config as configuration
from trainer import launch, package, prepare
from trainer.evaluate import evaluate, look, table


def run(
    train: Path,
    test: Path | None,
    votes: Path | None,
    config: Path,
    work: Path,
    name: str | None,
    version: str,
    validation_share: float = 0.1,
    seed: int = 2013,
    int8: bool = False,
    start: Path | None = None,
) -> int:
    """Prepare, train, evaluate, export and verify under `work`; returns the exit code.

    work/data.npz, work/run/, work/evaluation/ and work/models/<name>/<version>/ are made. Without a test set the
    evaluation is of the validation split, and the card has no public-test figures.
    """
    settings = configuration.load(config)
    heading("prepare")
    data_path = work / "data.npz"
    data, _ = prepare.prepare(train, test, votes, validation_share, seed)
    prepare.save(data, data_path)
    heading("train")
    code = launch.train(config, data_path, work / "run", start=start)
    if code:
        return code
    checkpoint = work / "run" / "final.pt"
    heading("evaluate")
    split = "test" if len(data.test) else "validation"
    result = evaluate(checkpoint, data, split, None, work / "evaluation")
    print(table(result))
    if split == "test":
        look(data_path, result)
    heading("export")
    figures = work / "evaluation" / "evaluation.json"
    directory, card = package.make(checkpoint, data, figures, name or settings.network, version, work / "models", int8)
    print(f"written: {directory}\n{package.summary(card)}")
    heading("verify")
    report, agrees = package.check(checkpoint, data, directory)
    print(report)
    return 0 if agrees else 1


def heading(text: str) -> None:
    print(f"== {text}", flush=True)
