"""The parts of REPORT.md that speak of one run, as Markdown."""

from trainer import CLASSES, metrics
from trainer.starts import epochs_of

SETS = {"test": "public test", "validation": "validation split"}


def augmentation(settings: dict, mixing_until: float) -> str:
    """The strengths that the run was made with, in words; kinds that are off, or that it did not know yet, are left out."""
    kinds = [
        (settings["flip"], "mirrored"),
        (settings["rotation"], f"rotated by up to {settings['rotation']:g}°"),
        (settings["shift"], f"shifted by up to {settings['shift']:.0%}"),
        (settings["scale"], f"zoomed by up to {settings['scale']:.0%} (one bilinear sampling with the others)"),
        (settings["contrast"], f"changed in contrast (±{settings['contrast']:.0%})"),
        (settings["brightness"], f"changed in brightness (±{settings['brightness']:.0%} of white)"),
        (settings["erasing"], f"robbed of a rectangle ({settings['erasing']:.0%} of the faces, 2–20 % of the area)"),
        (settings.get("covering"), f"covered below ({settings.get('covering', 0):.0%} of the faces)"),
        (
            settings.get("shrinking"),
            f"shrunk to 12 to 40 pixels and back ({settings.get('shrinking', 0):.0%} of the faces)",
        ),
        (settings.get("blurring"), f"blurred ({settings.get('blurring', 0):.0%} of the faces, sigma 0.3 to 2 pixels)"),
        (settings.get("dimming"), f"left 0.1 to 1 of their light ({settings.get('dimming', 0):.0%} of the faces)"),
    ]
    text = "; ".join(words for strength, words in kinds if strength)
    if settings["mixing"]:
        text += (
            f". {settings['mixing']:.0%} of the batches are mixed, half by mixup, half by cutmix, until "
            f"{mixing_until:.0%} of the budget"
        )
    return f"{text}."


def hardened(settings: dict) -> bool:
    """Whether the run's faces were small, blurred, dark or covered after its teachers had seen them. Runs from before `blurring`
    showed both the same faces."""
    return "blurring" in settings and any(settings[kind] for kind in ("covering", "shrinking", "blurring", "dimming"))


def training(run: dict, history: list[dict]) -> str:
    """The recipe, from the run's own configuration and its metrics.csv; of a joined network, each member's."""
    if members := run.get("members"):
        return "\n".join(
            [
                f"Its logits are the mean of those of {len(members)} networks that were trained alone, on the same split. "
                "Since each ends in global average pooling and one linear layer, they are one such network side by side "
                "(`trainer join`), with exact activation maps.",
                "",
                *(
                    f"- **{member['network']}** ({member['weight']:.0%} of the mean; {member['epochs']:.0f} epochs, "
                    f"{member['minutes']:.0f} minutes): {training(member | {'data': run['data']}, [])}"
                    for member in members
                ),
            ]
        )
    config = run["config"]
    text = (
        f"SGD with Nesterov momentum {config['momentum']:g}, {config['processes']} processes of {config['batch']} faces, peak rate "
        f"{config['peak_rate']:g} after {config['warm_up']:.0%} warm-up, cosine to 0, weight decay {config['weight_decay']:g} (not on "
        f"batch norm), label smoothing {config['label_smoothing']:g}, dropout {config['dropout']:g}, moving average of the "
        f"weights with decay {config['average']:g} (that is what is evaluated), "
        f"{'bf16' if config['half'] else 'f32'} in forward and backward, {config['small_side']}×{config['small_side']} faces for "
        f"the first {config['small_until']:.0%} of the budget. Seed {config['seed']}; the split's seed is "
        f"{run['data']['seed']}. A run that is killed goes on from its last checkpoint to the same result."
    )
    if run["teachers"]:
        teacher = config["teacher"]
        text += (
            f" It learned from {len(run['teachers'])} trained networks (weight {teacher['weight']:g}, temperature "
            f"{teacher['temperature']:g}), which saw the same augmented faces"
            f"{', before these were made harder to read' if hardened(config['augmentation']) else ''}."
        )
    if start := run.get("start"):
        text += (
            f" It did not start from random weights but from {start['name']} {start['version']}, a network of the same "
            f"kind that had been trained for {start['epochs']:.0f} epochs on "
            f"{'another' if start.get('other_split') else 'the same'} split (`trainer train --start`)."
        )
    if config.get("precise_batch_norm"):
        text += (
            " At the end, batch norm's statistics were taken anew from the training faces as they are, since those "
            "gathered in training are of augmented and mixed faces (precise batch norm: Wu & Johnson, arXiv 2105.07576)"
            f"{_precise(history)}."
        )
    return text + _restarts(history)


def _precise(history: list[dict]) -> str:
    """What it brought: the last row of metrics.csv is with it, the one before without."""
    if len(history) < 2:
        return ""
    before, after = (100 * float(row["validation_accuracy"]) for row in history[-2:])
    old, new = (float(row["epoch"]) for row in history[-2:])
    trained = f" at epoch {new:.0f}, the training between them included" if new > old else ""
    return f"; validation went from {before:.2f} % at epoch {old:.0f} to {after:.2f} %{trained}"


def _restarts(history: list[dict]) -> str:
    """Where a finished run's budget was raised, as the used share of it shows."""
    pairs = zip(history, history[1:])
    raised = [(a, b) for a, b in pairs if float(b["budget_used"]) < float(a["budget_used"])]
    return "".join(
        f" After {float(before['epoch']):.0f} epochs the budget was raised: the rate went up to {float(after['rate']):.3f} "
        "again and fell anew, a warm restart (Loshchilov & Hutter, arXiv 1608.03983)."
        for before, after in raised
    )


def classes(result: dict) -> str:
    """Precision, recall, F1 and the confusion matrix, a row per true class."""
    plain = result["plain"]
    lines = ["| true class | precision | recall | F1 | faces | " + " | ".join(f"as {name}" for name in CLASSES) + " |"]
    lines.append("|---" * (5 + len(CLASSES)) + "|")
    for index, (name, row) in enumerate(plain["per_class"].items()):
        figures = " | ".join(f"{100 * row[key]:.1f}" for key in ("precision", "recall", "f1"))
        counts = " | ".join(str(count) for count in plain["confusion_matrix"][index])
        lines.append(f"| {name} | {figures} | {row['support']} | {counts} |")
    return "\n".join(lines)


def confusions(result: dict) -> str:
    """The five most frequent mistakes."""
    rows = result["plain"]["worst_confusions"][:5]
    if not rows:
        return "It made no mistake."
    parts = [
        f"{row['true']} for {row['taken_for']} ({row['faces']}, {100 * row['share']:.0f} % of them)" for row in rows
    ]
    return f"Most frequent mistakes: taking {', '.join(parts)}."


def calibration(result: dict) -> str:
    """What each way to calibrate brings, and the chosen threshold."""
    plain, before, sure, facts = result["plain"], result["uncalibrated"], result["sure"], result["calibration"]
    lines = [
        "| calibration | accuracy | NLL | ECE |",
        "|---|---|---|---|",
    ]
    for name, row in facts["cross_validated"].items():
        chosen = " (used)" if name == facts["method"] else ""
        lines.append(
            f"| {name.replace('_', ' ')}{chosen} | {100 * row['accuracy']:.2f} | {row['negative_log_likelihood']:.4f} "
            f"| {100 * row['ece']:.2f} |"
        )
    right = f", and {100 * sure['accuracy']:.1f} % of these are right" if sure["accuracy"] is not None else ""
    changes = " It may change which class is on top." if facts["may_change_the_top_class"] else ""
    return "\n".join(
        [
            "Ways to calibrate, each fitted on four fifths of the validation split and measured on the fifth "
            "(`evaluation.json`, `calibration`); the one of least negative log-likelihood is folded into the network's head:",
            "",
            *lines,
            "",
            f"On the {SETS.get(result['set'], result['set'])} it takes the expected calibration error from "
            f"{100 * before['ece']:.1f} % to {100 * plain['ece']:.1f} % and the accuracy from {100 * before['accuracy']:.2f} % to "
            f"{100 * plain['accuracy']:.2f} %.{changes} Under a confidence of {sure['threshold']:.2f} the product says that it is "
            f"not sure: just under it best guesses are more often wrong than right. {100 * sure['coverage']:.1f} % of the "
            f"faces are above it{right}.",
        ]
    )


def exported(facts: dict) -> str:
    """Size, time and agreement of the exported model."""
    half, full = facts["exported"].get("bf16"), facts["exported"]["f32"]
    text = f"Exported as {facts['name']} {facts['version']}: model.bin has {facts['bytes']['model.bin'] / 1e6:.2f} MB (FP16 weights); "
    if half:
        text += (
            f"a face takes {half['milliseconds']:.2f} ms on one core in bf16, {full['milliseconds']:.2f} ms in f32. Against "
            f"PyTorch, probabilities differ by at most {full['probability_difference']:.5f} in f32 and "
            f"{half['probability_difference']:.3f} in bf16, and the class is the same for {100 * full['same_class']:.2f} % and "
            f"{100 * half['same_class']:.2f} % of the validation faces."
        )
    else:
        text += (
            f"a face takes {full['milliseconds']:.2f} ms on one core in f32 (the processor had no bf16). Against PyTorch, "
            f"probabilities differ by at most {full['probability_difference']:.5f}, and the class is the same for "
            f"{100 * full['same_class']:.2f} % of the validation faces."
        )
    if small := facts["variants"].get("int8"):
        # Cards of older models do not say how often the variant agrees.
        agrees = f", agrees on {100 * small['same_class']:.1f} % of the faces" if "same_class" in small else ""
        fate = "it lies beside the model, for workers with MIEN_PRECISION=int8" if small["kept"] else "it was not kept"
        text += (
            f" The int8 variant (NNCF) loses {100 * small['validation_accuracy_lost']:.2f} points of validation accuracy{agrees} "
            f"and takes {small['milliseconds']:.2f} ms: {fate}."
        )
    return text


def weakest(result: dict) -> str:
    """The three classes of lowest recall."""
    matrix = result["plain"]["confusion_matrix"]
    parts = []
    for name, row in metrics.weakest(result["plain"]["per_class"]):
        index = CLASSES.index(name)
        count, other = max((count, other) for other, count in zip(CLASSES, matrix[index]) if other != name)
        taken = f", most often taken for {other}" if count else ""
        parts.append(f"{name} (recall {100 * row['recall']:.0f} %{taken})")
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"The lowest recall is that of {listed}."


def effort(run: dict) -> str:
    """How many faces the network, or the members that it is joined from, have been shown, for comparison with others."""
    faces = sum(run["data"]["counts"]["train"].values())
    faces = min(faces, run["config"].get("train_faces") or faces)
    epochs = epochs_of(run)
    return f"{faces * epochs / 1e6:.1f} million faces ({epochs:.0f} epochs of {faces})"
