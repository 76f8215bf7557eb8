"""The network as OpenVINO IR with everything a worker needs inside the graph, and what the IR answers."""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino
import torch
from torch import Tensor, nn

from trainer import SIDE
from trainer.calibration import Calibration
from trainer.errors import InputError, reason
from trainer.metrics import softmax
from trainer.precision import has_bf16
from trainer.predict import Trained, logits_of, normalised

OUTPUTS = ("probabilities", "activation")
QUANTIZED = "model-int8"


class Deployed(nn.Module):
    """uint8 [N, 1, 48, 48] → calibrated probabilities [N, 7] and class activation maps [N, 7, h, w].

    The last batch norm and the calibration are folded into the head, and the head is applied as a 1×1 convolution before
    the pooling, which is the same sum in another order (Zhou et al. 2016): the mean of a map over h and w is exactly that
    class's calibrated logit, and the softmax of the seven means is the probabilities. So nobody needs the head's weights to
    explain an answer.
    """

    def __init__(self, trained: Trained, calibration: Calibration) -> None:
        super().__init__()
        self.body, self.mean, self.deviation = trained.network.body, trained.mean, trained.deviation
        head, norm = trained.network.head, trained.network.norm
        scale = torch.from_numpy(calibration.scale).float()
        self.maps = nn.Conv2d(head.in_features, head.out_features, 1)
        with torch.no_grad():
            weight = head.weight * scale[:, None]
            factor = norm.weight / (norm.running_var + norm.eps).sqrt()
            self.maps.weight.copy_((weight * factor)[:, :, None, None])
            bias = head.bias * scale + torch.from_numpy(calibration.bias).float()
            self.maps.bias.copy_(bias + weight @ (norm.bias - norm.running_mean * factor))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        activation = self.maps(self.body(normalised(image.float(), self.mean, self.deviation)))
        return torch.softmax(activation.mean(dim=(2, 3)), dim=1), activation


def convert(trained: Trained, calibration: Calibration) -> openvino.Model:
    """The deployed network as an OpenVINO model."""
    return graph(Deployed(trained, calibration), OUTPUTS)


def graph(network: nn.Module, outputs: Sequence[str]) -> openvino.Model:
    """A network that takes faces, uint8 [N, 1, 48, 48], as an OpenVINO model with the input `image`, named outputs and a free
    batch size."""
    example = torch.zeros(2, 1, SIDE, SIDE, dtype=torch.uint8)
    model = openvino.convert_model(network.eval(), example_input=example, input=[-1, 1, SIDE, SIDE])
    model.inputs[0].get_tensor().set_names({"image"})
    model.inputs[0].get_node().set_friendly_name("image")
    for output, name in zip(model.outputs, outputs):
        output.get_tensor().set_names({name})
    return model


def save(model: openvino.Model, directory: Path, name: str = "model") -> None:
    """Write <name>.xml and <name>.bin, weights in FP16. Raises InputError when they do not arrive whole."""
    path = directory / f"{name}.xml"
    try:
        openvino.save_model(model, path, compress_to_fp16=True)
        for file in (path, path.with_suffix(".bin")):
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        openvino.Core().read_model(path)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: the model cannot be written whole: {reason(error)}") from None


def quantize(model: openvino.Model, images: np.ndarray) -> openvino.Model:
    """An int8 copy of a model by NNCF's post-training quantization, tuned on some training faces uint8 [N, 48, 48]."""
    try:
        import nncf
    except ImportError:
        raise InputError("int8 needs NNCF: pip install 'mien-trainer[int8]'") from None
    faces = nncf.Dataset([image[None, None] for image in images], lambda image: {"image": image})
    return nncf.quantize(model.clone(), faces, subset_size=len(images), preset=nncf.QuantizationPreset.MIXED)


def compiled(model: openvino.Model | Path, precision: str) -> openvino.CompiledModel:
    """A model compiled for one thread of the CPU, in "f32" or "bf16"."""
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        # Pinning would bind every process that asks, such as each of a run, to the first core while it is answered.
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(model, "CPU", settings)


class Exported:
    """An exported model, compiled for the CPU with one thread."""

    def __init__(self, directory: Path, precision: str = "f32", name: str = "model") -> None:
        path = directory / f"{name}.xml"
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        try:
            self.compiled = compiled(path, precision)
        except RuntimeError as error:
            raise InputError(f"{path}: OpenVINO cannot read it: {reason(error)}") from None

    def __call__(self, images: np.ndarray, batch: int = 32) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities [N, 7] and activation maps [N, 7, h, w] of uint8 images [N, 48, 48]."""
        probabilities, activations = [], []
        for start in range(0, len(images), batch):
            # Not shared: a request that still holds the caller's memory would write later inputs into it.
            answer = self.compiled({"image": images[start : start + batch, None]}, share_inputs=False)
            probabilities.append(answer["probabilities"].copy())
            activations.append(answer["activation"].copy())
        return np.concatenate(probabilities), np.concatenate(activations)

    def milliseconds(self, image: np.ndarray, rounds: int = 300, each: int = 2) -> float:
        """Time per face, one by one on one core; the fastest of many rounds that
        are shorter than a turn of the scheduler, as others may use the machine too."""
        request, tensor = self.compiled.create_infer_request(), image[None, None]
        best = float("inf")
        for _ in range(rounds):
            began = time.perf_counter()
            for _ in range(each):
                request.infer({"image": tensor})
            best = min(best, (time.perf_counter() - began) / each)
        return round(1000 * best, 3)


def verify(trained: Trained, calibration: Calibration, directory: Path, images: np.ndarray) -> dict[str, dict]:
    """Compare PyTorch in float32 with the exported model in f32, and in bf16 where this processor has it, on uint8 images
    [N, 48, 48].

    For each precision: the largest difference of a probability, the largest of a pooled activation (calibrated logit),
    the share of faces whose class is the same, and the milliseconds a face takes.
    """
    logits = calibration(logits_of(trained.network, images, trained.mean, trained.deviation))
    expected = softmax(logits)
    result = {}
    for precision in ("f32", "bf16") if has_bf16() else ("f32",):
        model = Exported(directory, precision)
        probabilities, activation = model(images)
        result[precision] = {
            "probability_difference": float(np.abs(probabilities - expected).max()),
            "logit_difference": float(np.abs(activation.mean(axis=(2, 3)) - logits).max()),
            "same_class": float((probabilities.argmax(axis=1) == expected.argmax(axis=1)).mean()),
            "milliseconds": model.milliseconds(images[0]),
        }
    return result


def workplace(directory: Path) -> tempfile.TemporaryDirectory:
    """A hidden neighbour of `directory` to make it in, so that it appears whole or not at all."""
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(
            prefix=f".{directory.name}.", dir=directory.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise InputError(f"{directory}: cannot be made: {error.strerror}") from None
