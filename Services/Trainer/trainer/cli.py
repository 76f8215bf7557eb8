"""The `trainer` command."""

import argparse
import os
import resource
import sys
import time
from pathlib import Path

from trainer import __version__
from trainer.errors import InputError
from trainer.progress import used_memory

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

With --config given several times, `all` joins the networks as one, and with --student it teaches another one by them.

Then, to get further: `train --start` goes on from an exported model, on the same faces or on your own, `trainer join`
makes one network of several, `trainer distill` trains one network on the answers of others, `trainer study` compares
variants of a recipe at equal budgets, `trainer report` writes the report from the files that all this leaves, and
`trainer predict` labels faces with an exported model.
`trainer labels` says how far FER+ agrees with the labels, `trainer robustness` how an exported model does on harder faces.
"""


FACES = (
    "CSV with emotion, pixels and perhaps Usage in any order (plain, gzip or xz), or a folder of folders named by class, or "
    "one that holds such a folder as train/"
)
TEST = "the public test, in the same formats; a CSV with pixels alone only keeps its faces out of training"
VOTES = "FER+ votes as published (Usage,Image name,neutral,…) or as usage,row,neutral,…: soft labels"
DATA = "data file made by prepare"
START = "directory of an exported model (model.xml, card.json) whose weights to start with instead of random ones"
MIRRORED = "answer with the mean of a face and of its mirror image: a little more accurate, at twice the cost"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 2 with a line per problem on standard error when its input is wrong."""
    # Before PyTorch is imported: threads that wait busily beside other load cut its speed to a fraction.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    options = _parser().parse_args(arguments)
    began = time.monotonic()
    try:
        code = options.action(options) or 0
        if not code:
            _say_cost(time.monotonic() - began)
        return code
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _say_cost(seconds: float) -> None:
    children = used_memory(resource.RUSAGE_CHILDREN)
    print(f"({seconds:.1f} s; {used_memory()} of memory, {children} in the largest process started)", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainer", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    prepare = commands.add_parser(
        "prepare", help="check CSV files or folders of pictures and split them into one data file"
    )
    prepare.add_argument("--train", type=Path, required=True, help=FACES)
    prepare.add_argument("--test", type=Path, help=TEST)
    prepare.add_argument("--votes", type=Path, help=VOTES)
    prepare.add_argument("--validation", type=float, default=0.1, help="share split off for validation (default 0.1)")
    prepare.add_argument("--seed", type=int, default=2013, help="seed of the split (default 2013)")
    prepare.add_argument("--skip-bad", action="store_true", help="leave bad rows and pictures out instead of stopping")
    prepare.add_argument("--sheets", type=Path, help="directory for a contact sheet of each class")
    prepare.add_argument("--out", type=Path, required=True, help="data file to write (.npz)")
    prepare.set_defaults(action=_prepare)

    train = commands.add_parser("train", help="train a network, or go on with a run that was stopped")
    train.add_argument("--config", type=Path, required=True, help="TOML file, see configs/")
    train.add_argument("--data", type=Path, required=True, help=DATA)
    train.add_argument(
        "--run", type=Path, required=True, help="directory of the run: checkpoint.pt, metrics.csv, curves.png, final.pt"
    )
    train.add_argument("--start", type=Path, help=START)
    train.set_defaults(action=_train, teacher=[])

    distill = commands.add_parser("distill", help="train a network on the averaged answers of others")
    distill.add_argument(
        "--teacher",
        type=Path,
        action="append",
        required=True,
        help="final.pt of a run, or an exported model's directory; give it once per teacher",
    )
    distill.add_argument("--config", type=Path, required=True, help="the network to train, and [teacher] weight …")
    distill.add_argument("--data", type=Path, required=True, help="the data file that the teachers were trained with")
    distill.add_argument("--run", type=Path, required=True, help="directory of the run")
    distill.add_argument("--start", type=Path, help=START)
    distill.set_defaults(action=_train)

    join = commands.add_parser("join", help="make one network of several, whose logits are the mean of theirs")
    join.add_argument(
        "--member",
        type=Path,
        action="append",
        required=True,
        help="final.pt of a run, or an exported model's directory; give it once per member",
    )
    join.add_argument("--weight", type=float, action="append", default=[], help="a member's share (default: equal)")
    join.add_argument("--mirror", action="store_true", help=MIRRORED)
    join.add_argument("--data", type=Path, required=True, help="the data file that the members were trained with")
    join.add_argument("--out", type=Path, required=True, help="checkpoint to write (.pt): evaluate and export it")
    join.set_defaults(action=_join)

    study = commands.add_parser("study", help="train variants of a recipe with equal budgets and compare them")
    study.add_argument("--study", type=Path, required=True, help="TOML file, see configs/study/")
    study.add_argument("--data", type=Path, required=True, help=DATA)
    study.add_argument(
        "--work", type=Path, required=True, help="directory for the runs; given again, the study goes on"
    )
    study.add_argument("--results", type=Path, required=True, help="directory for the study's CSV")
    study.set_defaults(action=_study)

    evaluate = commands.add_parser("evaluate", help="measure a network on a split or a CSV: JSON and pictures")
    evaluate.add_argument(
        "--checkpoint", type=Path, required=True, help="final.pt or checkpoint.pt of a run, or what join wrote"
    )
    evaluate.add_argument("--data", type=Path, required=True, help="the data file of the run, for the calibration")
    chosen = evaluate.add_mutually_exclusive_group()
    chosen.add_argument("--split", choices=("validation", "test"), default="test", help="default: test")
    chosen.add_argument("--csv", type=Path, help="another CSV with emotion,pixels, or a folder per class")
    evaluate.add_argument("--usage", help="only the rows of that CSV with this usage, such as PrivateTest")
    evaluate.add_argument(
        "--tta",
        choices=("none", "flip", "crops", "all"),
        default="flip",
        help="test-time augmentation to measure beside the plain network: its mirror image (flip, the default), five crops and "
        "theirs, or both (all)",
    )
    evaluate.add_argument("--sheet", type=Path, help="PNG of the worst confusions to write")
    evaluate.add_argument("--out", type=Path, required=True, help="directory for evaluation.json and pictures")
    evaluate.set_defaults(action=_evaluate)

    export = commands.add_parser("export", help="write OpenVINO IR and card for the workers")
    export.add_argument("--checkpoint", type=Path, required=True, help="final.pt of a run, or what join wrote")
    export.add_argument("--data", type=Path, required=True, help="the data file of the run, for the calibration")
    export.add_argument("--evaluation", type=Path, help="evaluation.json of this checkpoint: figures and pictures")
    export.add_argument(
        "--int8", action="store_true", help="also make an int8 variant, kept where it loses < 0.3 points"
    )
    export.add_argument("--name", required=True, help="name of the model, e.g. mien-inception-s")
    export.add_argument("--model-version", required=True, help="version of the model, e.g. 1.0.0")
    export.add_argument("--out", type=Path, required=True, help="directory of models; NAME/VERSION is made in it")
    export.set_defaults(action=_export)

    verify = commands.add_parser("verify", help="compare PyTorch and OpenVINO on the validation split")
    verify.add_argument("--checkpoint", type=Path, required=True, help="what the model was exported from")
    verify.add_argument("--data", type=Path, required=True, help="the data file of the run")
    verify.add_argument("--model", type=Path, required=True, help="directory with model.xml and card.json")
    verify.set_defaults(action=_verify)

    labels = commands.add_parser("labels", help="how far FER+'s votes agree with FER2013's labels, by class")
    labels.add_argument("--data", type=Path, required=True, help="data file made by prepare with --votes")
    labels.add_argument("--out", type=Path, required=True, help="JSON to write")
    labels.set_defaults(action=_labels)

    robustness = commands.add_parser(
        "robustness", help="measure an exported model on smaller, turned, blurred, darker and covered faces"
    )
    robustness.add_argument("--model", type=Path, required=True, help="directory with model.xml and card.json")
    measured = robustness.add_mutually_exclusive_group(required=True)
    measured.add_argument("--data", type=Path, help="the model's data file: its validation split is measured")
    measured.add_argument("--csv", type=Path, help="another CSV with emotion,pixels, or a folder per class")
    robustness.add_argument(
        "--kind",
        action="append",
        default=[],
        choices=("size", "size, cubic", "roll", "blur", "darkness", "covered"),
        help="measure this kind alone and keep the other rows of OUT, a JSON of the same model and faces; give it once per kind",
    )
    robustness.add_argument("--out", type=Path, required=True, help="JSON (with a PNG beside it) or CSV to write")
    robustness.set_defaults(action=_robustness)

    occlusion = commands.add_parser(
        "occlusion", help="train the network that sees covered mouths and eyes, or put the trainer's own beside a model"
    )
    occlusion.add_argument("--data", type=Path, required=True, help=DATA)
    purpose = occlusion.add_mutually_exclusive_group(required=True)
    purpose.add_argument("--out", type=Path, help="directory to write occlusion.xml, .bin and .json into")
    purpose.add_argument(
        "--model", type=Path, help="directory of a model that was exported without it; its data file is --data"
    )
    occlusion.set_defaults(action=_occlusion)

    predict = commands.add_parser("predict", help="label faces with an exported model; they need no labels")
    predict.add_argument("--model", type=Path, required=True, help="directory with model.xml and card.json")
    predict.add_argument("--csv", type=Path, required=True, help="CSV with pixels, or a folder per class")
    predict.add_argument("--out", type=Path, required=True, help="CSV to write")
    predict.set_defaults(action=_predict)

    curves = commands.add_parser("curves", help="draw the learning curves of a run as PNG")
    curves.add_argument("--run", type=Path, required=True, help="directory of the run")
    curves.add_argument("--out", type=Path, required=True, help="PNG to write")
    curves.set_defaults(action=_curves)

    report = commands.add_parser("report", help="write REPORT.md from the runs' evaluation directories")
    report.add_argument(
        "--results", type=Path, required=True, help="directory with RUN/evaluation.json and studies/*.csv"
    )
    report.add_argument("--shipped", required=True, help="the run to show in full")
    report.add_argument("--out", type=Path, required=True, help="REPORT.md")
    report.set_defaults(action=_report)

    everything = commands.add_parser("all", help="prepare, train, evaluate, export and verify in one go")
    everything.add_argument("--train", type=Path, required=True, help=FACES)
    everything.add_argument("--test", type=Path, help=TEST)
    everything.add_argument("--votes", type=Path, help=VOTES)
    everything.add_argument(
        "--config",
        type=Path,
        action="append",
        required=True,
        help="TOML file, see configs/; given several times, the networks are joined as one",
    )
    everything.add_argument("--mirror", action="store_true", help=MIRRORED)
    everything.add_argument("--student", type=Path, help="configuration of a network that the result teaches")
    everything.add_argument("--work", type=Path, required=True, help="directory for data file, run, figures and model")
    everything.add_argument("--start", type=Path, help=START)
    everything.add_argument("--name", help="name of the first model (default: its network's, or mien-joined)")
    everything.add_argument("--model-version", default="1.0.0", help="of the exported models (default 1.0.0)")
    everything.add_argument("--int8", action="store_true", help="also make an int8 variant")
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
    totals = {name: sum(part.values()) for name, part in counts.items()}
    print(f"{'class':<10}" + "".join(f"{name:>20}" for name in counts))
    for label in CLASSES:
        cells = (_count(part[label], totals[name]) for name, part in counts.items())
        print(f"{label:<10}" + "".join(f"{cell:>20}" for cell in cells))
    print(f"{'all':<10}" + "".join(f"{_count(total, total):>20}" for total in totals.values()))
    print(
        f"training faces removed because the test file has a copy, exact or near: {data.facts['duplicates_of_test_removed']}"
    )
    print(f"copies among the other faces, exact or near, kept on one side: {data.facts['duplicates_inside']}")


def _count(faces: int, total: int) -> str:
    return f"{faces} ({100 * faces / total:4.1f} %)" if total else "0"


def _train(options: argparse.Namespace) -> int:
    from trainer.launch import Job, train

    return train([Job(options.config, options.run, tuple(options.teacher), options.start)], options.data)


def _join(options: argparse.Namespace) -> None:
    from trainer.join import run
    from trainer.prepare import load

    content = run(options.member, options.weight, load(options.data), options.out, options.mirror)
    for member in content["members"]:
        print(f"{100 * member['weight']:.0f} % {member['network']}, {member['epochs']:g} epochs")
    print(f"written: {options.out}")


def _study(options: argparse.Namespace) -> int:
    from trainer.study import run

    return run(options.study, options.data, options.work, options.results)


def _evaluate(options: argparse.Namespace) -> None:
    from trainer.evaluate import evaluate, look, table
    from trainer.headline import times
    from trainer.prepare import load

    if options.usage and not options.csv:
        raise InputError("--usage goes with --csv: it chooses among the rows of that file")
    data = load(options.data)
    averaging = {"none": (), "all": ("flip", "crops")}.get(options.tta, (options.tta,))
    result = evaluate(
        options.checkpoint, data, options.split, options.csv, options.out, averaging, options.sheet, options.usage
    )
    print(table(result))
    if result["set"] == "test":
        print(f"the public test has now been looked at {times(look(options.data, result))} with this data file")


def _export(options: argparse.Namespace) -> None:
    _check_labels(options)
    from trainer.package import make, summary
    from trainer.prepare import load

    name = (options.name, options.model_version)
    data = load(options.data)
    directory, card = make(options.checkpoint, data, options.evaluation, *name, options.out, options.int8)
    print(f"written: {directory}\n{summary(card)}")


def _check_labels(options: argparse.Namespace) -> None:
    """A model's name and version become directories: what is wrong with them is told before anything runs."""
    from trainer.card import check_label

    if options.name is not None:
        check_label("--name", options.name)
    check_label("--model-version", options.model_version)


def _verify(options: argparse.Namespace) -> int:
    from trainer.package import check
    from trainer.prepare import load

    report, agrees = check(options.checkpoint, load(options.data), options.model)
    print(report)
    return 0 if agrees else 1


def _labels(options: argparse.Namespace) -> None:
    from trainer.labels import table, write

    print(table(write(options.data, options.out)))


def _occlusion(options: argparse.Namespace) -> None:
    from trainer.occlusion import add, table, train
    from trainer.prepare import load

    data = load(options.data)
    if options.out:
        print(table(train(data, options.out)))
        return
    for part, confidence in add(options.model, data)["sure_from"].items():
        print(f"{part} covered: " + (f"sure from {confidence:.2f}" if confidence <= 1 else "never sure"))


def _robustness(options: argparse.Namespace) -> None:
    from trainer.robustness import run, table

    print(table(run(options.model, options.data, options.csv, options.out, tuple(options.kind))))


def _predict(options: argparse.Namespace) -> None:
    from trainer.label import label

    print(f"{label(options.model, options.csv, options.out)} faces labelled: {options.out}")


def _curves(options: argparse.Namespace) -> None:
    from trainer.curves import draw, read

    draw(read(options.run / "metrics.csv"), options.out)


def _report(options: argparse.Namespace) -> None:
    from trainer.report import write

    write(options.results, options.shipped, options.out)


def _all(options: argparse.Namespace) -> int:
    _check_labels(options)
    from trainer.pipeline import Plan, run

    plan = Plan(
        configs=options.config,
        both_sides=options.mirror,
        student=options.student,
        start=options.start,
        name=options.name,
        version=options.model_version,
        int8=options.int8,
    )
    return run(options.train, options.test, options.votes, plan, options.work)
