"""Which arithmetic a processor has, and which is the faster one."""

from functools import cache
from pathlib import Path

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


@cache
def gains_by_bf16(device: str = "cpu") -> bool:
    """Whether a device ("cpu" or "cuda") is faster in bfloat16 than in float32."""
    return has_bf16(device) and (device == "cuda" or faster_in_bf16(_description()))


def faster_in_bf16(description: str) -> bool:
    """The same for a processor that has bf16, by Linux's description of it (/proc/cpuinfo).

    AMD's gain. Intel's gain by AMX alone, which many virtual machines hide: on a Xeon without it a training step takes 1.4
    times as long as in float32 (PyTorch 2.13), an answer 1.4 to 1.6 times (OpenVINO 2026.4.1). The workers choose alike.
    """
    facts = {}
    for line in description.splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.split())
    flags = facts.get("flags", [])
    return "amx_bf16" in flags or (facts.get("vendor_id") == ["AuthenticAMD"] and "avx512_bf16" in flags)


def _description() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # No Linux: nothing is known, and float32 is never slow.
        return ""
