"""`trainer export` and `trainer verify`: a folder with the model, its card and its pictures, whole or not at all."""

import json
import os
import shutil
from pathlib import Path

import numpy as np

from trainer import card, export, metrics, occlusion, predict
from trainer.calibration import Calibration
from trainer.errors import InputError, note
from trainer.evaluate import Fitted, fit, run_facts
from trainer.files import digest, write_text
from trainer.plots import PICTURES
from trainer.prepare import Data, same_faces

LARGEST_DIFFERENCE = {"f32": 0.005, "bf16": 0.1}
"""Of a probability, PyTorch f32 against OpenVINO with weights rounded to FP16; bf16 has eight bits of precision."""
LARGEST_FILE = 20_000_000
"""Bytes of a model file."""
INT8_LOSS = 0.003
"""The int8 variant is shipped when it gets less than this share of the validation faces wrong that f32 gets right."""
INT8_FACES = 512


def make(
    checkpoint: Path, data: Data, evaluation: Path | None, name: str, version: str, out: Path, int8: bool = False
) -> tuple[Path, dict]:
    """Export a checkpoint as <out>/<name>/<version>/; returns that directory and the card.

    The directory gets model.xml, model.bin, occlusion.*, card.json, the evaluation's pictures, and model-int8.* where `int8` is
    asked for and loses little. `evaluation` is the evaluation.json of the same checkpoint, on the public test or, for want of
    one, on the validation split: the card then says null for the public test. What was exported is noted beside it as
    export.json. An older directory of the same name is replaced at the very end.
    """
    card.check_label("name", name)
    card.check_label("version", version)
    trained = predict.load(checkpoint)
    if not same_faces(trained.content["facts"], data.facts):
        raise InputError(f"{checkpoint}: was trained with another data file")
    public = card.public_test(evaluation, digest(checkpoint))
    fitted = fit(trained, data)
    validation = metrics.summary(fitted.held, data.validation.labels)
    content = card.compose(name, version, run_facts(trained), fitted.facts(), validation, public)
    content["calibration"]["curve"] = metrics.calibration_curve(metrics.softmax(fitted.held), data.validation.labels)
    directory = out / name / version
    with export.workplace(directory) as place:
        work = Path(place)
        content |= _fill(work, trained, fitted, data, evaluation, int8)
        write_text(work / "card.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        _put_in_place(work, directory)
    if not fitted.is_judged:
        note(f"{name} {version}: {content['threshold']['how']}")
    if evaluation:
        facts = {key: content[key] for key in ("name", "version", "created", "exported", "variants", "bytes", "files")}
        write_text(evaluation.parent / "export.json", json.dumps(facts, indent=1) + "\n")
    return directory, content


def _fill(
    work: Path, trained: predict.Trained, fitted: Fitted, data: Data, evaluation: Path | None, int8: bool
) -> dict:
    """Write models and pictures; returns the card's part about them."""
    model = export.convert(trained, fitted.calibration)
    export.save(model, work)
    content = {"exported": export.verify(trained, fitted.calibration, work, data.validation.images)}
    exported = export.Exported(work)
    answered, maps = exported(data.validation.images)
    content["variants"] = _int8(work, model, data, answered) if int8 else {}
    content["occlusion"] = occlusion.put_beside(work, exported, answered, fitted.not_sure, data.validation)
    try:
        for name, path in card.pictures(evaluation).items():
            shutil.copyfile(path, work / name)
    except OSError as error:
        raise InputError(f"{work}: cannot be written: {error.strerror}") from None
    found = sorted(path.name for path in work.iterdir())
    return content | {
        "outputs": card.outputs(list(maps.shape[2:])),
        "pictures": [{"file": name, "shows": PICTURES[name]} for name in PICTURES if name in found],
        "bytes": {name: (work / name).stat().st_size for name in found},
        "files": {name: digest(work / name) for name in found},
    }


def _int8(work: Path, model: object, data: Data, answered: np.ndarray) -> dict:
    """Make the int8 variant, measure it on the validation split, of which the model has `answered`, and keep it only if it
    loses little."""
    index = np.random.default_rng(0).permutation(len(data.train))[:INT8_FACES]
    export.save(export.quantize(model, data.train.images[index]), work, export.QUANTIZED)
    part = data.validation
    plain = answered.argmax(axis=1)
    small = export.Exported(work, name=export.QUANTIZED)
    narrow = small(part.images)[0].argmax(axis=1)
    loss = float((plain == part.labels).mean() - (narrow == part.labels).mean())
    kept = loss < INT8_LOSS
    if not kept:
        for suffix in ("xml", "bin"):
            (work / f"{export.QUANTIZED}.{suffix}").unlink()
    return {
        "int8": {
            "file": f"{export.QUANTIZED}.xml" if kept else None,
            "kept": kept,
            "validation_accuracy_lost": loss,
            "same_class": float((plain == narrow).mean()),
            "milliseconds": small.milliseconds(part.images[0]),
            "made_by": "NNCF post-training quantization",
        }
    }


def _put_in_place(work: Path, directory: Path) -> None:
    """Rename `work` to `directory`, whose older version steps aside first and is deleted after."""
    work.chmod(0o755)
    old = directory.with_name(f".{directory.name}.old.{os.getpid()}")
    replaced = directory.exists()
    try:
        if replaced:
            os.rename(directory, old)
        try:
            os.rename(work, directory)
        except OSError:
            if replaced:
                os.rename(old, directory)
            raise
    except OSError as error:
        raise InputError(f"{directory}: cannot be put in place: {error.strerror}") from None
    shutil.rmtree(old, ignore_errors=True)


def summary(content: dict) -> str:
    """What was exported, for people: size, time, and the int8 variant's fate."""
    exported, size = content["exported"], content["bytes"]["model.bin"]
    times = ", ".join(f"{row['milliseconds']:.2f} ms in {precision}" for precision, row in exported.items())
    lines = [f"model.bin {size / 1e6:.2f} MB; one face on one core: {times}"]
    if variant := content["variants"].get("int8"):
        fate = "kept" if variant["kept"] else "not kept"
        lines.append(
            f"int8: loses {100 * variant['validation_accuracy_lost']:.2f} points of validation accuracy, the same class for "
            f"{100 * variant['same_class']:.2f} %, {variant['milliseconds']:.2f} ms: {fate}"
        )
    return "\n".join(lines)


def check(checkpoint: Path, data: Data, directory: Path) -> tuple[str, bool]:
    """Compare an exported model with its checkpoint on the validation split, and its files with the card's digests."""
    content = card.read(directory)
    fitted = content["calibration"]
    calibration = Calibration(fitted["method"], np.array(fitted["scale"]), np.array(fitted["bias"]))
    lines, agrees = [], True
    for name, expected in content["files"].items():
        intact = (directory / name).is_file() and digest(directory / name) == expected
        agrees &= intact
        lines.append(
            f"{name}: {'digest as in the card' if intact else 'MISSING OR CHANGED since the card was written'}"
        )
    if not agrees:
        return "\n".join(lines), False
    compared = export.verify(predict.load(checkpoint), calibration, directory, data.validation.images)
    for precision, row in compared.items():
        lines.append(
            f"{precision}: largest difference of a probability {row['probability_difference']:.5f}, of a logit "
            f"{row['logit_difference']:.5f}; same class for {100 * row['same_class']:.2f} % of {len(data.validation)} "
            f"faces; {row['milliseconds']:.2f} ms a face on one core"
        )
    problems = []
    for precision, row in compared.items():
        if not row["probability_difference"] <= LARGEST_DIFFERENCE[precision]:
            problems.append(f"more than {LARGEST_DIFFERENCE[precision]} apart in {precision}")
    if (size := (directory / "model.bin").stat().st_size) > LARGEST_FILE:
        problems.append(f"model.bin has {size / 1e6:.1f} MB, more than {LARGEST_FILE / 1e6:.0f}")
    lines.append(f"NOT verified: {'; '.join(problems)}" if problems else "verified")
    return "\n".join(lines), not problems
