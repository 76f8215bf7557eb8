"""`trainer occlusion`: a small network that sees whether a face's mouth or eyes are covered, and how sure a classifier may be of
a face that is.

It is the same for every classifier, so it is trained once and comes with the trainer (`networks/`); `trainer export` puts it
beside the classifier and measures what covered faces cost that one.
"""

import json
import math
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import openvino
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer import SIDE, card, covers, export
from trainer.augment import Augmentation, harden, tone, warp
from trainer.covers import PARTS
from trainer.errors import InputError
from trainer.files import digest, write_bytes, write_text
from trainer.prepare import Data, Part

NAME = "occlusion"
FILES = (f"{NAME}.xml", f"{NAME}.bin")
STEPS, BATCH, RATE = 3000, 128, 3e-3
FIRST = 1 / 3
"""Share of the steps that a first network has, whose only use is to find faces that are covered as they are."""
DOUBT = 0.1
"""The second network is not told that a face shows its mouth, or its eyes, where the first answers more than this."""
FALSE = 0.02
"""So many of the validation faces, as they are, are called covered at each part. Half of them are: FER2013 has hands and
sunglasses."""
FEWEST = 50
"""Covered faces of each kind that a measured share has to rest on."""
NEVER = 1.01
"""A confidence that no answer reaches."""
AUGMENTATION = Augmentation(shift=0.06, brightness=0.15, erasing=0, mixing=0, shrinking=0.2, blurring=0.15, dimming=0.1)
MADE_OF = "hands, masks, cups, dark glasses and bands that were drawn onto FER2013's faces (trainer/covers.py)"


class Occlusion(nn.Module):
    """float [N, 1, 48, 48], 0…1 → logits [N, 2], see PARTS. The last map is not pooled: where something lies decides."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_layer(1, 16, 5, 2),
            *_layer(16, 32, 3, 2),
            *_layer(32, 48, 3, 1),
            *_layer(48, 64, 3, 2),
            *_layer(64, 16, 1, 1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(16 * (SIDE // 8) ** 2, len(PARTS)),
        )

    def forward(self, faces: Tensor) -> Tensor:
        return self.layers((faces - 0.5) / 0.25)


def _layer(inputs: int, outputs: int, size: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


class Deployed(nn.Module):
    """uint8 [N, 1, 48, 48] → probabilities that each part is covered, float [N, 2], see PARTS."""

    def __init__(self, network: Occlusion) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return torch.sigmoid(self.network(image.float() / 255))


def train(data: Data, out: Path, steps: int = STEPS, seed: int = 1) -> dict:
    """Train on the training faces of a data file and write occlusion.xml, .bin and .json into `out`; returns the JSON.

    The thresholds call FALSE of the validation faces covered as they are. A thread does it in about five minutes.
    """
    images = torch.from_numpy(data.train.images)
    known = torch.ones(len(images), len(PARTS))
    first = _fitted(images, known, max(1, round(steps * FIRST)), seed)
    with torch.no_grad():
        seen = [torch.sigmoid(first(part.unsqueeze(1).float() / 255)) for part in images.split(256)]
    known[torch.cat(seen) > DOUBT] = 0
    network = _fitted(images, known, steps, seed + 1)
    doubtful = {part: int((known[:, i] == 0).sum()) for i, part in enumerate(PARTS)}
    return _write(
        network, data, out, {"steps": steps, "batch": BATCH, "rate": RATE, "seed": seed, "doubtful": doubtful}
    )


def _fitted(images: Tensor, known: Tensor, steps: int, seed: int) -> Occlusion:
    """Trained on uint8 [N, 48, 48]; `known`, float [N, 2], is 0 where a face may be covered as it is."""
    torch.manual_seed(seed)
    generator, network = torch.Generator().manual_seed(seed), Occlusion().train()
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    for step in range(1, steps + 1):
        index = torch.randint(0, len(images), (BATCH,), generator=generator)
        faces, labels = covers.cover(images[index].float() / 255, generator)
        faces = tone(warp(faces.unsqueeze(1), SIDE, AUGMENTATION, generator), AUGMENTATION, generator)
        logits = network(harden(faces, AUGMENTATION, generator))
        weight = torch.maximum(labels, known[index])
        loss = functional.binary_cross_entropy_with_logits(logits, labels, weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == steps:
            print(f"  step {step} of {steps}: loss {loss.item():.3f}", flush=True)
    return network.eval()


def _write(network: Occlusion, data: Data, out: Path, recipe: dict) -> dict:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be made: {error.strerror}") from None
    export.save(export.graph(Deployed(network), ["covered"]), out, NAME)
    saved = export.compiled(out / f"{NAME}.xml", "f32")
    plain = answers(saved, data.validation.images)
    threshold = {part: round(float(np.quantile(plain[:, i], 1 - FALSE)), 4) for i, part in enumerate(PARTS)}
    called = {"as they are": _shares(plain, threshold)}
    for change, *_ in covers.KINDS:
        seen = answers(saved, _changed(data.validation.images, change, seed=2))
        called[change.__name__] = _shares(seen, threshold)
    facts = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_of": MADE_OF,
        "recipe": recipe,
        "parameters": sum(each.numel() for each in network.parameters()),
        "threshold": threshold,
        "called_covered": called,
        "sha256": {file: digest(out / file) for file in FILES},
        "data": card.data_of(data.facts, votes_weight=0),
    }
    write_text(out / f"{NAME}.json", json.dumps(facts, indent=1) + "\n")
    return facts


def table(facts: dict) -> str:
    """The figures for people at a terminal."""
    rows = [f"{'validation faces, %':<22}" + "".join(f"{part + ' covered':>18}" for part in PARTS)]
    for kind, shares in facts["called_covered"].items():
        rows.append(f"{kind.replace('_', ' '):<22}" + "".join(f"{100 * shares[part]:>18.1f}" for part in PARTS))
    return "\n".join(rows)


def _shares(seen: np.ndarray, threshold: dict[str, float]) -> dict[str, float]:
    """Of answers [N, 2], the share above the threshold, by part."""
    return {part: round(float((seen[:, i] > threshold[part]).mean()), 4) for i, part in enumerate(PARTS)}


def put_beside(
    directory: Path, model: export.Exported, answered: np.ndarray, not_sure: float, validation: Part
) -> dict:
    """Copy the trainer's own network beside the exported model in `directory`; returns the card's part about it.

    `answered`: what the model says of the validation faces, float [N, 7]. `sure_from` is measured: from this confidence on the model is as often right about covered faces as about those that it
    calls sure as they are; NEVER where it is not, or where too few faces are left to tell.
    """
    plain = _rights(answered, validation.labels)
    sure_from = {part: _sure_from(model, part, not_sure, validation, plain) for part in PARTS}
    try:
        with as_file(files("trainer").joinpath("networks")) as own:
            facts = json.loads((own / f"{NAME}.json").read_text(encoding="utf-8"))
            for file in FILES:
                # Not over an older one's bytes: a worker may have it open.
                write_bytes(directory / file, (own / file).read_bytes())
    except OSError as error:
        raise InputError(f"the trainer's network for covered faces cannot be read: {error.strerror}") from None
    return {
        "file": FILES[0],
        "threshold": facts["threshold"],
        "sure_from": sure_from,
        "how": f"a part is covered where the network's answer is above the threshold: of FER2013's validation faces as they are "
        f"{FALSE:.0%} at each part. From sure_from on the classifier is as often right about covered faces as about others that "
        "it is sure of, on the validation split with covers drawn onto it; above 1 where it never is, or too few faces are left "
        "to tell",
        "made_of": facts["made_of"],
        "licence": card.LICENCE,
    }


def add(directory: Path, data: Data) -> dict:
    """Put the network beside a model that was exported before there was one, and tell of it in its card; returns that part.

    Whoever changes a model that is in use gives it a new version: results name the model that made them.
    """
    content = card.of_split(directory, data.facts)
    model = export.Exported(directory)
    answered = model(data.validation.images)[0]
    content[NAME] = put_beside(directory, model, answered, content["threshold"]["not_sure"], data.validation)
    for file in FILES:
        content["files"][file] = digest(directory / file)
        content.setdefault("bytes", {})[file] = (directory / file).stat().st_size
    write_text(directory / "card.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return content[NAME]


def answers(model: openvino.CompiledModel, images: np.ndarray) -> np.ndarray:
    """Probabilities [N, 2] for uint8 images [N, 48, 48]."""
    batches = np.array_split(images[:, None], max(1, len(images) // 64))
    return np.concatenate([model({"image": batch}, share_inputs=False)["covered"].copy() for batch in batches])


def _changed(images: np.ndarray, change: object, seed: int) -> np.ndarray:
    """uint8 images [N, 48, 48], each with a cover of one kind; the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    faces = torch.from_numpy(images).float() / 255
    return (change(faces, covers.Draw(len(faces), generator)) * 255).round().to(torch.uint8).numpy()


def _sure_from(
    model: export.Exported, part: str, not_sure: float, validation: Part, plain: tuple[np.ndarray, np.ndarray]
) -> float:
    """`plain`: what `_rights` says of the faces as they are."""
    kinds = [change for change, _, parts in covers.KINDS if parts[PARTS.index(part)]]
    sure = plain[0] >= not_sure
    wanted = plain[1][sure].mean() if sure.any() else 1.0
    pairs = [_rights(model(_changed(validation.images, change, seed=3))[0], validation.labels) for change in kinds]
    confidence, right = (np.concatenate(column) for column in zip(*pairs))
    order = np.argsort(-confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    count = np.arange(1, len(order) + 1)
    # Faces of equal confidence go together.
    last = np.append(confidence[1:] < confidence[:-1], True)
    enough = np.flatnonzero(last & (right.cumsum() / count >= wanted) & (count >= FEWEST * len(kinds)))
    if not len(enough):
        return NEVER
    # Rounded up, but for what floating point adds.
    return max(not_sure, math.ceil(100 * float(confidence[enough[-1]]) - 1e-4) / 100)


def _rights(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Confidence and whether the answer is the label, of each face."""
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
