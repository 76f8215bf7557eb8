"""The card that lies beside an exported model: what it is, what it was trained on, how good it is, what it cannot do."""

import json
import math
import os
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from trainer import CLASSES, SIDE, metrics, results
from trainer.errors import InputError
from trainer.files import sha256_of
from trainer.plots import PICTURES
from trainer.starts import limits_of, starts_of

SCHEMA_VERSION = 1

RECIPE = ("network", "config", "teachers", "start", "members", "steps", "epochs", "minutes")
"""What a card tells of how the network came about; `members` are the networks that were joined into it."""

AVERAGED = ("flip_averaged", "crops_averaged")
"""What an evaluation tells of test-time augmentation, where it was asked for."""

MODEL = ("model.xml", "model.bin")
"""The files of an exported model that it cannot answer without."""

LABEL = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,99}")
"""A model's name or version, each of which is a directory too."""

FER2013 = "FER2013 (Goodfellow et al., 2013)"

LICENCE = (
    f"Weights trained on {FER2013}, a data set for research use. The images are not included; "
    "whoever uses the model commercially must clear the data set's terms."
)

OWN_LICENCE = (
    "Weights trained on a folder of pictures that the operator chose. The pictures are not included; whoever passes the model "
    "on must have cleared the rights in them, and those of the people they show."
)

LIMITS = [
    "It names the expression that seven-class annotators would see in a face, not what the person feels.",
    "FER2013's own labels are noisy: people agree with them in about 65 % of the cases.",
    "FER2013 was gathered by web search and is not balanced by age, sex, skin colour or culture; errors may differ "
    "between groups, and nothing here measures by how much.",
    "It sees one grey 48×48 face cropped as FER2013 crops it; another crop, strong profile, occlusion or a face of "
    "fewer pixels can lower the accuracy, which is measured on FER2013 alone.",
    "It must not decide about people: not for hiring, policing, education or health.",
]

OWN_LIMITS = [
    LIMITS[0],
    "The labels are those of the operator's folder; how far people agree with them was not measured.",
    "Its pictures were chosen by the operator and need not be balanced by age, sex, skin colour or culture; errors may differ "
    "between groups, and nothing here measures by how much.",
    "It sees one grey 48×48 face cropped as FER2013 crops it; another crop, strong profile, occlusion or a face of "
    "fewer pixels can lower the accuracy, which is measured on pictures of the same choice.",
    LIMITS[4],
]
"""Of a model that was trained on a folder of pictures."""


def check_label(what: str, text: str) -> None:
    """Raises InputError for a model's name or version that is no plain file name."""
    if not LABEL.fullmatch(text):
        raise InputError(
            f"{what} takes up to 100 letters, digits and . _ + -, and does not start with a dot; it is not {text!r}"
        )


def compose(name: str, version: str, run: dict, facts: dict, validation: dict, public: dict | None) -> dict:
    """All of a card but the exported files and what is measured on them."""
    starts, own = starts_of(run), run["data"].get("folder", False)
    limits = OWN_LIMITS if own else LIMITS
    judged, faces = facts["not_sure_judged"], validation["faces"]
    return {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "git_commit": _git_commit(),
        "licence": _licence(own, starts),
        "data": data_of(run["data"], run["config"]["votes_weight"], starts),
        "recipe": {key: run[key] for key in RECIPE},
        "input": {
            "name": "image",
            "shape": [None, 1, SIDE, SIDE],
            "type": "u8",
            "meaning": "grey levels 0…255 of faces cropped as FER2013's; normalisation is inside the graph",
        },
        "classes": list(CLASSES),
        "metrics": {"validation": validation, "public_test": public},
        # Accuracies on FER2013 are nothing to compare other pictures with.
        "published": [] if own else published(),
        "calibration": {key: value for key, value in facts.items() if not key.startswith("not_sure")},
        "threshold": {
            "not_sure": facts["not_sure"],
            "how": "just under this confidence best guesses are more often wrong than right, on the validation split"
            if judged
            else not_judged(faces, starts, facts["not_sure"]),
        },
        "parameters": run["parameters"],
        "mmac": run["mmac"],
        "limits": [
            *limits[:2],
            *_weaknesses(public or validation, run["data"]),
            *limits_of(starts),
            *([] if judged else [f'Where it begins to say "not sure" was not measured: {_too_few(faces)}.']),
            *limits[2:],
        ],
    }


def not_judged(faces: int, starts: list[dict], threshold: float) -> str:
    """What a "not sure" threshold rests on that the validation faces could not tell."""
    owners = [f"that of {start['name']} {start['version']}" for start in starts if start.get("not_sure") == threshold]
    taken = owners[0] if owners else "where a perfectly calibrated model is right as often as wrong"
    return f'the "not sure" threshold is {threshold:.2f}, {taken}: {_too_few(faces)}'


def _too_few(faces: int) -> str:
    return f"{faces} validation faces are too few to tell below which confidence it is more often wrong than right"


def _licence(own: bool, starts: list[dict]) -> str:
    """Of all data that the weights come from."""
    licence = OWN_LICENCE if own else LICENCE
    others = [start for start in starts if start.get("licence") not in (licence, None)]
    return " ".join(
        [licence, *(f"They began as those of {each['name']} {each['version']}: {each['licence']}" for each in others)]
    )


def outputs(map_size: list[int]) -> list[dict]:
    """What the exported graph gives."""
    return [
        {"name": "probabilities", "shape": [None, len(CLASSES)], "type": "f32", "meaning": "calibrated, sum 1"},
        {
            "name": "activation",
            "shape": [None, len(CLASSES), *map_size],
            "type": "f32",
            "meaning": "class activation maps; the mean of one is its class's calibrated logit, and the softmax of the "
            "means is the probabilities",
        },
    ]


def public_test(evaluation: Path | None, checkpoint_digest: str) -> dict | None:
    """The public test's figures from an evaluation.json, None when it is of the validation split; InputError when it is
    of yet another set or of another checkpoint."""
    if evaluation is None:
        return None
    content = results.read(evaluation)
    with results.blaming(evaluation, "`trainer evaluate`"):
        measured, same = content["set"], content["checkpoint"]["sha256"] == checkpoint_digest
        more = {key: content[key] for key in ("curve", "curve_before", "coverage", "sure", "without_near_copies")}
        more |= {f"accuracy_{kind}": content[kind]["accuracy"] for kind in AVERAGED if kind in content}
        before = content["uncalibrated"]
        more |= {"ece_uncalibrated": before["ece"], "accuracy_uncalibrated": before["accuracy"]}
        figures = content["plain"] | more
    if measured not in ("test", "validation"):
        raise InputError(f"{evaluation}: is of {measured!r}, the card takes the public test or the validation split")
    if not same:
        raise InputError(f"{evaluation}: is of another checkpoint")
    return figures if measured == "test" else None


def pictures(evaluation: Path | None) -> dict[str, Path]:
    """The pictures of an evaluation that exist, by file name."""
    directory = evaluation.parent if evaluation else None
    return {name: directory / name for name in PICTURES if directory and (directory / name).is_file()}


def published() -> list[dict]:
    """Accuracies of other systems on FER2013, with their sources."""
    return json.loads(files("trainer").joinpath("published.json").read_text(encoding="utf-8"))["rows"]


def read(directory: Path) -> dict:
    """The card of an exported model. Raises InputError when there is none of this trainer."""
    try:
        card = json.loads((directory / "card.json").read_text(encoding="utf-8"))
        whole = card["schema_version"] == SCHEMA_VERSION and _is_whole(card)
    except FileNotFoundError:
        raise InputError(f"{directory}: no card.json in it") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        whole = False
    if not whole:
        raise InputError(f"{directory}/card.json: not a card of this trainer")
    return card


def _is_whole(card: dict) -> bool:
    """Whether what the commands read of a card is there and of its kind; a missing key raises KeyError."""
    return (
        _are(str, [card["name"], card["version"]])
        and card["classes"] == list(CLASSES)
        and _is_recipe(card["recipe"])
        and _is_data(card["data"])
        and _is_calibration(card["calibration"])
        and _is_number(card["threshold"]["not_sure"], 1)
        and _are(str, [*card["files"].keys(), *card["files"].values(), *(card["files"][name] for name in MODEL)])
    )


def _is_recipe(recipe: dict) -> bool:
    """The first cards' recipes lack start, members, and their configurations the table of teachers."""
    config, members = recipe["config"], recipe.get("members", [])
    return (
        _are(str, [recipe["network"], config["network"], config.get("start", "")])
        and _are(str, list(config.get("teacher", {}).get("checkpoints", [])))
        and type(recipe["steps"]) is int
        and all(_is_number(recipe[key]) for key in ("steps", "epochs", "minutes"))
        and _are(list, [members, recipe.get("teachers", [])])
        and _are(dict, members)
        and isinstance(recipe.get("start"), dict | None)
        and all(_is_number(start.get("epochs") or 0) for start in starts_of(recipe))
    )


def _is_data(data: dict) -> bool:
    counts = [part[label] for part in data["per_class"].values() for label in CLASSES]
    return {"name", "split", "removed_because_in_test", "extra_images"} <= data.keys() and _are(int, counts)


def _is_calibration(found: dict) -> bool:
    """A class's scale is above 0: restoring the weights divides by it."""
    return (
        isinstance(found["method"], str)
        and len(found["scale"]) == len(found["bias"]) == len(CLASSES)
        and all(_is_number(abs(value)) for value in [*found["scale"], *found["bias"]])
        and min(found["scale"]) > 0
    )


def _are(kind: type, values: list) -> bool:
    return all(isinstance(value, kind) for value in values)


def _is_number(value: object, most: float = math.inf) -> bool:
    """A finite number from 0 to `most`."""
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= most


def intact(directory: Path) -> dict:
    """The card of an exported model whose graph and weights are the files that it speaks of; else InputError."""
    content = read(directory)
    for name in MODEL:
        path = directory / name
        if sha256_of(path) != content["files"][name]:
            raise InputError(f"{path}: is not the file that its card.json speaks of")
    return content


def of_split(directory: Path, facts: dict) -> dict:
    """The card of an exported model that learned from the split of a data file with these facts; else InputError.

    Models made before pictures without contrast were left out may have learned from these too: the other faces lie on the
    same sides.
    """
    content = intact(directory)
    known, now = content["data"], data_of(facts, votes_weight=0)
    # Cards of earlier versions tell of every data file as of FER2013's.
    earlier = data_of(facts | {"folder": False}, votes_weight=0)
    same = any(
        all(known[key] == told[key] for key in ("name", "split", "removed_because_in_test", "extra_images"))
        for told in (now, earlier)
    )
    if not same or not _differ_by_few(known["per_class"], now["per_class"], facts.get("without_contrast_removed", 0)):
        raise InputError(f"{directory}: was trained with another data file: it may know this run's validation faces")
    return content


def _differ_by_few(before: dict, now: dict, removed: int) -> bool:
    """Whether counts of faces by part and class are the same but for `removed` faces at most that are gone."""
    if before.keys() != now.keys():
        return False
    gone = [before[part][label] - now[part][label] for part in now for label in CLASSES]
    return min(gone) >= 0 and sum(gone) <= removed


def _weaknesses(figures: dict, facts: dict) -> list[str]:
    """Limits that follow from the figures themselves. A folder of one's own need not have faces of every class."""
    rows, counts = figures["per_class"], facts["counts"]["train"]
    weakest = ", ".join(f"{name} (recall {100 * row['recall']:.0f} %)" for name, row in metrics.weakest(rows))
    mistakes = ", ".join(f"{row['true']} for {row['taken_for']}" for row in figures["worst_confusions"][:3])
    taking = f"; its most frequent mistakes are taking {mistakes}" if mistakes else ""
    limits = [f"Its weakest classes are {weakest}{taking}."]
    if unmeasured := [name for name, row in rows.items() if not row["support"]]:
        limits.append(
            f"How good it is on {', '.join(unmeasured)} is not known: no such face was there to measure it on."
        )
    if absent := [name for name, count in counts.items() if not count]:
        limits.append(f"It never saw {', '.join(absent)} in training: nothing is to be expected of it there.")
    rare = min((name for name, count in counts.items() if count), key=counts.get)
    limits.append(
        f"{rare.capitalize()} is the rarest class, {counts[rare]} of {sum(counts.values())} training faces: its figures "
        "rest on few examples."
    )
    return limits


def data_of(facts: dict, votes_weight: float, starts: Sequence[dict] = ()) -> dict:
    """What a card tells of a data file with these facts, of whose FER+ votes the target has a share, and of the data that
    the models which it went on from were trained on."""
    counts = {name: sum(part.values()) for name, part in facts["counts"].items()}
    votes, own = facts["ferplus"] and votes_weight > 0, facts.get("folder", False)
    name = f"pictures of the operator's own ({counts['train'] + counts['validation']})" if own else FER2013
    before = list(dict.fromkeys(start["data"] for start in starts if start.get("data") not in (None, name)))
    return {
        "name": name,
        "before": " and ".join(before) or None,
        "faces": counts,
        "per_class": facts["counts"],
        "split": f"{facts['validation_share']:.0%} of the training {'folder' if own else 'file'} for validation, stratified, "
        f"seed {facts['seed']}, copies of a picture on one side; training faces that are also in the "
        f"{'' if own else 'public '}test removed",
        "removed_because_in_test": facts["duplicates_of_test_removed"],
        "extra_labels": (
            f"FER+ votes (Barsoum et al., 2016) of the training faces, blended into the target with weight {votes_weight}"
            if votes
            else None
        ),
        "extra_images": None,
    }


def _git_commit() -> str | None:
    """The commit of the trainer's source; in a container, what the image was built with; None when nobody knows."""
    if commit := os.environ.get("TRAINER_GIT_COMMIT"):
        return commit
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
