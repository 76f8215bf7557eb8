"""The `trainer` command."""

import argparse
import sys
from pathlib import Path

from trainer import __version__
from trainer.errors import InputError

DESCRIPTION = """\
Trains the facial emotion classifier of Mien on FER2013 and exports it for the workers.

  trainer all      --train train.csv.xz --test public_test.csv.xz --config configs/mien-inception-s.toml --work out

does these five steps in a row, and goes on where it was stopped:

  trainer prepare  --train train.csv.xz --test public_test.csv.xz --out data.npz
  trainer train    --config configs/mien-inception-s.toml --data data.npz --run runs/s
  trainer evaluate --checkpoint runs/s/final.pt --data data.npz --out results/s
  trainer export   --checkpoint runs/s/final.pt --data data.npz --evaluation results/s/evaluation.json
                   --name mien-inception-s --model-version 1.0.0 --out models
  trainer verify   --checkpoint runs/s/final.pt --data data.npz --model models/mien-inception-s/1.0.0

Choose between networks by the validation split (metrics.csv of the run, or evaluate --split validation), and look at
the public test only when the choice is made: each look is counted beside the data file. train goes on where a killed
run stopped when it is given the same --run. Exit code 2: the input is wrong, a line per problem says how.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 2 with a line per problem on standard error when its input is wrong."""
    options = _parser().parse_args(arguments)
    try:
        return options.action(options) or 0
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainer", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    prepare = commands.add_parser("prepare", help="check CSV files and split them into one data file")
    prepare.add_argument(
        "--train",
        type=Path,
        required=True,
        help="CSV with emotion,pixels[,Usage] (plain, .gz or .xz), or a folder of folders named by class",
    )
    prepare.add_argument("--test", type=Path, help="the public test, in the same formats")
    prepare.add_argument("--votes", type=Path, help="FER+ votes (usage,row,neutral,happiness,…) as soft labels")
    prepare.add_argument("--validation", type=float, default=0.1, help="share split off for validation (default 0.1)")
    prepare.add_argument("--seed", type=int, default=2013, help="seed of the split (default 2013)")
    prepare.add_argument("--skip-bad", action="store_true", help="leave bad rows out instead of stopping")
    prepare.add_argument("--sheets", type=Path, help="directory for a contact sheet of each class")
    prepare.add_argument("--out", type=Path, required=True, help="data file to write (.npz)")
    prepare.set_defaults(action=_prepare)

    train = commands.add_parser("train", help="train a network, or go on with a run that was stopped")
    train.add_argument("--config", type=Path, required=True, help="TOML file, see configs/")
    train.add_argument("--data", type=Path, required=True, help="data file made by prepare")
    train.add_argument(
        "--run", type=Path, required=True, help="directory of the run: checkpoint.pt, metrics.csv, final.pt"
    )
    train.set_defaults(action=_train)

    evaluate = commands.add_parser("evaluate", help="measure a network on a split or a CSV: JSON and pictures")
    evaluate.add_argument("--checkpoint", type=Path, required=True, help="final.pt or checkpoint.pt of a run")
    evaluate.add_argument("--data", type=Path, required=True, help="the data file of the run, for the calibration")
    chosen = evaluate.add_mutually_exclusive_group()
    chosen.add_argument("--split", choices=("validation", "test"), default="test", help="default: test")
    chosen.add_argument("--csv", type=Path, help="another CSV with emotion,pixels")
    evaluate.add_argument("--sheet", type=Path, help="PNG of the worst confusions to write")
    evaluate.add_argument("--out", type=Path, required=True, help="directory for evaluation.json and pictures")
    evaluate.set_defaults(action=_evaluate)

    export = commands.add_parser("export", help="write OpenVINO IR and card for the workers")
    export.add_argument("--checkpoint", type=Path, required=True)
    export.add_argument("--data", type=Path, required=True)
    export.add_argument("--evaluation", type=Path, help="evaluation.json of this checkpoint on the public test")
    export.add_argument("--name", required=True, help="name of the model, e.g. mien-inception-s")
    export.add_argument("--model-version", required=True, help="version of the model, e.g. 1.0.0")
    export.add_argument("--out", type=Path, required=True, help="directory of models; NAME/VERSION is made in it")
    export.set_defaults(action=_export)

    verify = commands.add_parser("verify", help="compare PyTorch and OpenVINO on the validation split")
    verify.add_argument("--checkpoint", type=Path, required=True)
    verify.add_argument("--data", type=Path, required=True)
    verify.add_argument("--model", type=Path, required=True, help="directory with model.xml and card.json")
    verify.set_defaults(action=_verify)

    curves = commands.add_parser("curves", help="draw the learning curves of a run as PNG")
    curves.add_argument("--run", type=Path, required=True)
    curves.add_argument("--out", type=Path, required=True)
    curves.set_defaults(action=_curves)

    report = commands.add_parser("report", help="write REPORT.md from the runs' evaluation directories")
    report.add_argument(
        "--results", type=Path, required=True, help="directory with RUN/evaluation.json and published.json"
    )
    report.add_argument("--shipped", required=True, help="the run to show in full")
    report.add_argument("--out", type=Path, required=True, help="REPORT.md")
    report.set_defaults(action=_report)

    everything = commands.add_parser("all", help="prepare, train, evaluate, export and verify in one go")
    everything.add_argument("--train", type=Path, required=True)
    everything.add_argument("--test", type=Path)
    everything.add_argument("--votes", type=Path)
    everything.add_argument("--config", type=Path, required=True)
    everything.add_argument("--work", type=Path, required=True, help="directory for data file, run, figures and model")
    everything.add_argument("--name", default="mien-inception-s")
    everything.add_argument("--model-version", default="1.0.0")
    everything.set_defaults(action=_all)
    return parser


# PyTorch takes seconds to load: each command imports what it needs, so that --help and errors answer at once.


def _prepare(options: argparse.Namespace) -> None:
    from trainer import CLASSES
    from trainer.prepare import prepare, save

    data, problems = prepare(
        options.train, options.test, options.votes, options.validation, options.seed, options.skip_bad
    )
    save(data, options.out)
    if options.sheets:
        from trainer.sheets import per_class

        per_class(data.train, options.sheets)
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)
    counts = data.facts["counts"]
    print(f"{'class':<10}" + "".join(f"{name:>12}" for name in counts))
    for label in CLASSES:
        print(f"{label:<10}" + "".join(f"{part[label]:>12}" for part in counts.values()))
    print(f"{'all':<10}" + "".join(f"{sum(part.values()):>12}" for part in counts.values()))
    print(
        f"training faces removed because the test file has a copy, exact or near: {data.facts['duplicates_of_test_removed']}"
    )
    print(f"copies among the other faces, exact or near, kept on one side: {data.facts['duplicates_inside']}")


def _train(options: argparse.Namespace) -> int:
    from trainer.launch import train

    return train(options.config, options.data, options.run)


def _evaluate(options: argparse.Namespace) -> None:
    from trainer.evaluate import evaluate, look, table
    from trainer.prepare import load

    data = load(options.data)
    result = evaluate(options.checkpoint, data, options.split, options.csv, options.out, options.sheet)
    print(table(result))
    if result["set"] == "test":
        print(f"the public test has now been looked at {look(options.data, result)} times with this data file")


def _export(options: argparse.Namespace) -> None:
    from trainer.card import make
    from trainer.prepare import load

    directory = make(
        options.checkpoint, load(options.data), options.evaluation, options.name, options.model_version, options.out
    )
    print(f"written: {directory}")


def _verify(options: argparse.Namespace) -> int:
    from trainer.card import check
    from trainer.prepare import load

    report, agrees = check(options.checkpoint, load(options.data), options.model)
    print(report)
    return 0 if agrees else 1


def _curves(options: argparse.Namespace) -> None:
    from trainer.curves import draw, read

    draw(read(options.run / "metrics.csv"), options.out)


def _report(options: argparse.Namespace) -> None:
    from trainer.report import write

    write(options.results, options.shipped, options.out)


def _all(options: argparse.Namespace) -> int:
    from trainer.pipeline import run

    return run(
        options.train, options.test, options.votes, options.config, options.work, options.name, options.model_version
    )
