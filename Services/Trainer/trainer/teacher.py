"""The teachers of a distillation: an ensemble whose averaged answers a single network learns."""

from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from trainer import config, predict
from trainer.errors import InputError
from trainer.files import digest


class Teachers:
    """Trained networks in evaluation mode."""

    def __init__(self, settings: config.Teacher, facts: dict, device: torch.device) -> None:
        """Raises InputError for a checkpoint that is none, or that knows faces this run validates on."""
        self.settings = settings
        paths = [Path(name) for name in settings.checkpoints]
        self.members = [predict.load(path) for path in paths]
        for path, member in zip(paths, self.members):
            if member.content["facts"] != facts:
                raise InputError(f"{path}: was trained with another data file: it may know this run's validation faces")
            member.network.to(device, memory_format=torch.channels_last).requires_grad_(False)
        self.digests = [digest(path) for path in paths]

    def blend(self, loss: Tensor, logits: Tensor, levels: Tensor, half: bool) -> Tensor:
        """The loss of the labels, blended with the distance from the teachers' answers.

        logits: the network's, float [N, 7]; levels: the faces it saw, grey levels 0…255, float [N, 1, H, W]. The distance
        is the Kullback–Leibler divergence at the temperature T, times T² so that its gradients keep their size.
        """
        weight, temperature = self.settings.weight, self.settings.temperature
        taught = self.answers(levels, temperature, half)
        own = functional.log_softmax(logits / temperature, dim=1)
        distance = functional.kl_div(own, taught, reduction="batchmean") * temperature**2
        return (1 - weight) * loss + weight * distance

    @torch.no_grad()
    def answers(self, levels: Tensor, temperature: float, half: bool) -> Tensor:
        """Mean of the members' probabilities at a temperature, float [N, 7]."""
        total = 0
        for member in self.members:
            x = ((levels - member.mean) / member.deviation).contiguous(memory_format=torch.channels_last)
            with torch.autocast(levels.device.type, dtype=torch.bfloat16) if half else nullcontext():
                answer = member.network(x)
            total = total + torch.softmax(answer.float() / temperature, dim=1)
        return total / len(self.members)
