"""The card that lies beside an exported model: what it is, what it was trained on, how good it is, what it cannot do."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from trainer import CLASSES, SIDE, metrics, predict
from trainer.errors import InputError
from trainer.evaluate import calibrate, run_facts
from trainer.export import Exported, digest, export, verify
from trainer.files import write_text
from trainer.prepare import Data

SCHEMA_VERSION = 1

LICENCE = (
    "Weights trained on FER2013 (Goodfellow et al., 2013), a data set for research use. The images are not included; "
    "whoever uses the model commercially must clear the data set's terms."
)

LIMITS = [
    "It names the expression that seven-class annotators would see in a face, not what the person feels.",
    "FER2013's own labels are noisy: people agree with them in about 65 % of the cases.",
    "Fear, disgust and sadness are its weakest classes; fear is often taken for sadness or neutral, sadness for neutral.",
    "Disgust has about one in seventy of the training faces: its figures rest on few examples.",
    "FER2013 was gathered by web search and is not balanced by age, sex, skin colour or culture; errors may differ "
    "between groups, and nothing here measures by how much.",
    "Some faces of the public test have near copies among the training faces; `without_near_copies` has the accuracy on "
    "the others.",
    "It sees one grey 48×48 face cropped as FER2013 crops it; another crop, strong profile, occlusion or a face of "
    "fewer pixels can lower the accuracy, which is measured on FER2013 alone.",
    "It must not decide about people: not for hiring, policing, education or health.",
]


def make(checkpoint: Path, data: Data, evaluation: Path | None, name: str, version: str, out: Path) -> Path:
    """Export a checkpoint as <out>/<name>/<version>/{model.xml, model.bin, card.json}; returns that directory.

    `evaluation` is the evaluation.json of the same checkpoint on the public test; without it the card says null there.
    """
    trained = predict.load(checkpoint)
    if trained.content["facts"] != data.facts:
        raise InputError(f"{checkpoint}: was trained with another data file")
    public = _public_test(evaluation, checkpoint)
    calibration = calibrate(trained, data)
    directory = out / name / version
    files = export(trained, calibration["temperature"], directory)
    part = data.validation
    logits = predict.logits_of(trained.network, part.images, trained.mean, trained.deviation)
    run = run_facts(trained)
    card = {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "git_commit": _git_commit(),
        "licence": LICENCE,
        "data": _data(data.facts, trained.content["config"]["votes_weight"]),
        "recipe": {key: run[key] for key in ("network", "config", "steps", "epochs", "minutes")},
        "input": {
            "name": "image",
            "shape": [None, 1, SIDE, SIDE],
            "type": "u8",
            "meaning": "grey levels 0…255 of faces cropped as FER2013's; normalisation is inside the graph",
        },
        "outputs": [
            {"name": "probabilities", "shape": [None, len(CLASSES)], "type": "f32", "meaning": "calibrated, sum 1"},
            {
                "name": "activation",
                "shape": [None, len(CLASSES), *_map_size(directory)],
                "type": "f32",
                "meaning": "class activation maps; the mean of one is its class's logit before the temperature",
            },
        ],
        "classes": list(CLASSES),
        "metrics": {
            "validation": metrics.summary(logits, part.labels, calibration["temperature"]),
            "public_test": public,
        },
        "calibration": {key: calibration[key] for key in ("temperature", "ece_before", "ece_after", "curve")},
        "threshold": {
            "not_sure": calibration["not_sure"],
            "how": "just under this confidence best guesses are more often wrong than right, on the validation split",
        },
        "parameters": run["parameters"],
        "mmac": run["mmac"],
        "limits": LIMITS,
        "files": files,
    }
    write_text(directory / "card.json", json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return directory


LARGEST_DIFFERENCE = 0.005
"""Of a probability, PyTorch f32 against OpenVINO f32 with weights rounded to FP16."""


def check(checkpoint: Path, data: Data, directory: Path) -> tuple[str, bool]:
    """Compare an exported model with its checkpoint on the validation split, and its files with the card's digests."""
    try:
        card = json.loads((directory / "card.json").read_text(encoding="utf-8"))
        temperature, files = card["calibration"]["temperature"], card["files"]
    except FileNotFoundError:
        raise InputError(f"{directory}: no card.json in it") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{directory}/card.json: not a card of this trainer") from None
    lines, agrees = [], True
    for name, expected in files.items():
        intact = (directory / name).is_file() and digest(directory / name) == expected
        agrees &= intact
        lines.append(
            f"{name}: {'digest as in the card' if intact else 'MISSING OR CHANGED since the card was written'}"
        )
    if not agrees:
        return "\n".join(lines), False
    compared = verify(predict.load(checkpoint), temperature, directory, data.validation.images)
    for precision, row in compared.items():
        lines.append(
            f"{precision}: largest difference of a probability {row['probability_difference']:.5f}, of a logit "
            f"{row['logit_difference']:.5f}; same class for {100 * row['same_class']:.2f} % of {len(data.validation)} faces"
        )
    agrees = compared["f32"]["probability_difference"] <= LARGEST_DIFFERENCE
    lines.append("verified" if agrees else f"NOT verified: more than {LARGEST_DIFFERENCE} apart in f32")
    return "\n".join(lines), agrees


def _public_test(evaluation: Path | None, checkpoint: Path) -> dict | None:
    if evaluation is None:
        return None
    try:
        content = json.loads(evaluation.read_text(encoding="utf-8"))
        same, figures = content["checkpoint"]["sha256"] == digest(checkpoint), content["plain"]
    except FileNotFoundError:
        raise InputError(f"{evaluation}: no such file") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{evaluation}: not an evaluation.json of `trainer evaluate`") from None
    if content["set"] != "test":
        raise InputError(f"{evaluation}: is of {content['set']!r}, the card needs the public test")
    if not same:
        raise InputError(f"{evaluation}: is of another checkpoint than {checkpoint}")
    return figures | {
        "accuracy_flip_averaged": content["flip_averaged"]["accuracy"],
        "without_near_copies": content["without_near_copies"],
        "sure": content["sure"],
    }


def _data(facts: dict, votes_weight: float) -> dict:
    counts = {name: sum(part.values()) for name, part in facts["counts"].items()}
    votes = facts["ferplus"] and votes_weight > 0
    return {
        "name": "FER2013 (Goodfellow et al., 2013)",
        "faces": counts,
        "split": f"{facts['validation_share']:.0%} of the training file for validation, stratified, seed {facts['seed']}, "
        "copies of a picture on one side; training faces that are also in the public test removed",
        "removed_because_in_test": facts["duplicates_of_test_removed"],
        "extra_labels": (
            f"FER+ votes (Barsoum et al., 2016) of the training faces, blended into the target with weight {votes_weight}"
            if votes
            else None
        ),
        "extra_images": None,
    }


def _map_size(directory: Path) -> list[int]:
    shape = Exported(directory).compiled.output("activation").partial_shape
    return [shape[2].get_length(), shape[3].get_length()]


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
