"""The teachers of a distillation: an ensemble whose averaged answers a single network learns."""

from pathlib import Path

import openvino
import torch
from torch import Tensor
from torch.nn import functional

from trainer import card, config, export, predict, restore
from trainer.calibration import NONE
from trainer.data import same_faces
from trainer.errors import InputError
from trainer.files import sha256_of


class Teachers:
    """Trained networks that only answer: runs' checkpoints or exported models.

    They run in OpenVINO, which takes half of PyTorch's time on a CPU and a fixed amount of memory.
    """

    def __init__(self, settings: config.Teacher, facts: dict, half: bool) -> None:
        """`half`: in bfloat16 instead of float32. Raises InputError for a path that is neither a checkpoint nor a model,
        or whose network knows faces that this run validates on."""
        self.settings, self.precision = settings, "bf16" if half else "f32"
        paths = [Path(name) for name in settings.checkpoints]
        self.models = [_model(path, facts) for path in paths]
        self.digests = [sha256_of(path) for path in paths]
        self.compiled: dict[tuple[int, ...], list[openvino.CompiledModel]] = {}

    def blend(self, loss: Tensor, logits: Tensor, levels: Tensor) -> Tensor:
        """The loss of the labels, blended with the distance from the teachers' answers.

        logits: the network's, float [N, 7]; levels: the faces that it saw, before they were made harder to read, grey levels
        0…255, float [N, 1, H, W]. The distance is the Kullback–Leibler divergence at the temperature T, times T² so that its
        gradients keep their size.
        """
        weight, temperature = self.settings.weight, self.settings.temperature
        taught = self.answers(levels, temperature)
        own = functional.log_softmax(logits / temperature, dim=1)
        distance = functional.kl_div(own, taught, reduction="batchmean") * temperature**2
        return (1 - weight) * loss + weight * distance

    def answers(self, levels: Tensor, temperature: float) -> Tensor:
        """Mean of the members' probabilities at a temperature, float [N, 7]."""
        faces = levels.round().clamp(0, 255).to("cpu", torch.uint8).numpy()
        total = 0
        for model in self._for_shape(faces.shape):
            logits = torch.from_numpy(model({"image": faces})["activation"]).mean(dim=(2, 3))
            total = total + torch.softmax(logits / temperature, dim=1)
        return (total / len(self.models)).to(levels.device)

    def _for_shape(self, shape: tuple[int, ...]) -> list[openvino.CompiledModel]:
        """Compiled once for each size of a batch: a fixed shape is quicker, and memory does not grow."""
        if shape not in self.compiled:
            models = [model.clone() for model in self.models]
            try:
                for model in models:
                    model.reshape(list(shape))
            except RuntimeError:
                # Joined networks whose maps of such faces differ in size.
                raise InputError(f"a teacher cannot be asked about faces of {shape[2]}×{shape[3]} pixels") from None
            self.compiled[shape] = [export.compiled(model, self.precision) for model in models]
        return self.compiled[shape]


def _model(path: Path, facts: dict) -> openvino.Model:
    """The graph of an exported model's folder, or of a checkpoint's averaged weights."""
    if path.is_dir():
        card.of_split(path, facts)
        return restore.graph_of(path)
    trained = predict.load(path)
    if not same_faces(trained.content["facts"], facts):
        raise InputError(f"{path}: was trained with another data file: it may know this run's validation faces")
    return export.convert(trained, NONE)
