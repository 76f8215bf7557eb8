"""`trainer export` and `trainer verify`: the network as OpenVINO IR with everything a worker needs inside the graph."""

import hashlib
from pathlib import Path

import numpy as np
import openvino
import torch
from torch import Tensor, nn

from trainer import SIDE
from trainer.errors import InputError
from trainer.files import write_bytes
from trainer.metrics import softmax
from trainer.predict import Trained, logits_of

OUTPUTS = ("probabilities", "activation")


class Deployed(nn.Module):
    """uint8 [N, 1, 48, 48] → calibrated probabilities [N, 7] and class activation maps [N, 7, h, w].

    The head is applied as a 1×1 convolution before the pooling, which is the same sum in another order (Zhou et al.
    2016): the mean of a map over h and w is exactly that class's logit before the temperature.
    """

    def __init__(self, trained: Trained, temperature: float) -> None:
        super().__init__()
        self.network, self.mean, self.deviation, self.temperature = (
            trained.network,
            trained.mean,
            trained.deviation,
            temperature,
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features((image.float() - self.mean) / self.deviation)
        head = self.network.head
        activation = nn.functional.conv2d(features, head.weight[:, :, None, None], head.bias)
        return torch.softmax(activation.mean(dim=(2, 3)) / self.temperature, dim=1), activation


def export(trained: Trained, temperature: float, directory: Path) -> dict[str, str]:
    """Write model.xml and model.bin (weights in FP16) into `directory`; returns the SHA-256 of each."""
    example = torch.zeros(2, 1, SIDE, SIDE, dtype=torch.uint8)
    model = openvino.convert_model(
        Deployed(trained, temperature).eval(), example_input=example, input=[-1, 1, SIDE, SIDE]
    )
    model.inputs[0].get_tensor().set_names({"image"})
    model.inputs[0].get_node().set_friendly_name("image")
    for output, name in zip(model.outputs, OUTPUTS):
        output.get_tensor().set_names({name})
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{directory}: cannot be made: {error.strerror}") from None
    # OpenVINO writes two files by name; they are written aside and moved, so that no half model is ever in place.
    temporary = directory / ".exporting.xml"
    try:
        openvino.save_model(model, temporary, compress_to_fp16=True)
        for suffix in ("bin", "xml"):
            data = temporary.with_suffix(f".{suffix}").read_bytes()
            write_bytes(directory / f"model.{suffix}", data)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{directory}: the model cannot be written: {error}") from None
    finally:
        for suffix in ("bin", "xml"):
            temporary.with_suffix(f".{suffix}").unlink(missing_ok=True)
    return {name: digest(directory / name) for name in ("model.xml", "model.bin")}


def digest(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Exported:
    """An exported model, compiled for the CPU with one thread."""

    def __init__(self, directory: Path, precision: str = "f32") -> None:
        path = directory / "model.xml"
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
        try:
            self.compiled = openvino.Core().compile_model(path, "CPU", settings)
        except RuntimeError as error:
            raise InputError(f"{path}: OpenVINO cannot read it: {str(error).splitlines()[0]}") from None

    def __call__(self, images: np.ndarray, batch: int = 32) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities [N, 7] and activation maps [N, 7, h, w] of uint8 images [N, 48, 48]."""
        probabilities, activations = [], []
        for start in range(0, len(images), batch):
            answer = self.compiled({"image": images[start : start + batch, None]})
            probabilities.append(answer["probabilities"].copy())
            activations.append(answer["activation"].copy())
        return np.concatenate(probabilities), np.concatenate(activations)


def verify(trained: Trained, temperature: float, directory: Path, images: np.ndarray) -> dict[str, dict[str, float]]:
    """Compare PyTorch in float32 with the exported model in f32 and bf16 on uint8 images [N, 48, 48].

    For each precision: the largest difference of a probability, the largest of a pooled activation (logit), and the
    share of faces whose class is the same.
    """
    logits = logits_of(trained.network, images, trained.mean, trained.deviation)
    expected = softmax(logits, temperature)
    result = {}
    for precision in ("f32", "bf16"):
        probabilities, activation = Exported(directory, precision)(images)
        result[precision] = {
            "probability_difference": float(np.abs(probabilities - expected).max()),
            "logit_difference": float(np.abs(activation.mean(axis=(2, 3)) - logits).max()),
            "same_class": float((probabilities.argmax(axis=1) == expected.argmax(axis=1)).mean()),
        }
    return result
