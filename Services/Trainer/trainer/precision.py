"""Which arithmetic a processor has."""

from functools import cache

import openvino
import torch


@cache
def has_bf16(device: str = "cpu") -> bool:
    """Whether a device ("cpu" or "cuda") computes in bfloat16.

    A processor without it is not refused by PyTorch, which then emulates it at a fraction of float32's speed (2.13 on
    AVX2 alone: 14 times as long for a training step), nor by OpenVINO, which computes in float32 and does not say so.
    """
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
