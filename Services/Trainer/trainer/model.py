"""The networks: 48×48 grey in, seven logits out, one linear head so that class activation maps are exact."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from trainer import CLASSES
from trainer.errors import InputError

RESIDUAL_SCALE = 0.2
"""What a residual block's last batch norms multiply by at first."""


class ConvolutionBatchNorm(nn.Sequential):
    """Convolution without bias, batch norm, and (unless `activate` is false) ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, activate: bool = True) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if activate else []))


class InceptionBlock(nn.Module):
    """Four parallel branches, concatenated, plus the input (Szegedy et al., arXiv 1602.07261).

    Width o is shared out as o/8 by 1×1, o/2 by 1×1–3×3, o/4 by 1×1–3×3–3×3 and o/8 by pooling–1×1.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        eighth, stacked = width // 8, 3 * width // 16
        self.single = ConvolutionBatchNorm(inputs, eighth, 1, activate=False)
        self.three = nn.Sequential(
            ConvolutionBatchNorm(inputs, 3 * eighth, 1),
            ConvolutionBatchNorm(3 * eighth, width // 2, 3, activate=False),
        )
        self.stacked = nn.Sequential(
            ConvolutionBatchNorm(inputs, stacked, 1),
            ConvolutionBatchNorm(stacked, stacked, 3),
            ConvolutionBatchNorm(stacked, width // 4, 3, activate=False),
        )
        self.pooled = nn.Sequential(
            nn.AvgPool2d(3, 1, 1, count_include_pad=False),
            ConvolutionBatchNorm(inputs, eighth, 1, activate=False),
        )
        self.shortcut = ConvolutionBatchNorm(inputs, width, 1, activate=False) if inputs != width else nn.Identity()

    def last(self) -> list[ConvolutionBatchNorm]:
        """What the block adds to its input comes from these."""
        return [self.single, self.three[-1], self.stacked[-1], self.pooled[-1]]

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat([self.single(x), self.three(x), self.stacked(x), self.pooled(x)], dim=1)
        return torch.relu(joined + self.shortcut(x))


class Reduction(nn.Module):
    """Halves height and width and widens `inputs` to `width`: 3×3/2 ‖ 1×1–3×3–3×3/2 ‖ max pooling."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        left = (width - inputs) // 2
        right = width - inputs - left
        self.three = ConvolutionBatchNorm(inputs, left, 3, 2)
        self.stacked = nn.Sequential(
            ConvolutionBatchNorm(inputs, inputs // 2, 1),
            ConvolutionBatchNorm(inputs // 2, right, 3),
            ConvolutionBatchNorm(right, right, 3, 2),
        )
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.three(x), self.stacked(x), self.pool(x)], dim=1)


class Classifier(nn.Module):
    """Feature extractor, batch norm, global average pooling, dropout, linear head.

    `forward` maps normalised images float [N, 1, H, W] to logits [N, 7]. The sums of residual blocks are positive and far
    from 0, which makes a linear head slow to learn and its dropout loud; the last batch norm takes that away. It has no
    activation, so export folds it into the head and the deployed network does not have it.
    """

    def __init__(self, body: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.body, self.norm = body, nn.BatchNorm2d(width)
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(width, len(CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.dropout(self.norm(self.body(images)).mean(dim=(2, 3))))


def _inception(stem: int, widths: tuple[int, int, int], depths: tuple[int, int, int], dropout: float) -> Classifier:
    first = widths[0] // 2
    layers: list[nn.Module] = [ConvolutionBatchNorm(1, stem, 3), ConvolutionBatchNorm(stem, first, 3, 2)]
    channels = first
    for stage, (width, depth) in enumerate(zip(widths, depths)):
        if stage:
            layers.append(Reduction(channels, width))
            channels = width
        for _ in range(depth):
            layers.append(InceptionBlock(channels, width))
            channels = width
    return Classifier(nn.Sequential(*layers), channels, dropout)


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al., arXiv 1512.03385), for the reference network."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvolutionBatchNorm(inputs, width, 3, stride),
            ConvolutionBatchNorm(width, width, 3, activate=False),
        )
        same = inputs == width and stride == 1
        self.shortcut = nn.Identity() if same else ConvolutionBatchNorm(inputs, width, 1, stride, activate=False)

    def last(self) -> list[ConvolutionBatchNorm]:
        """What the block adds to its input comes from these."""
        return [self.body[-1]]

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def _resnet(width: int, dropout: float) -> Classifier:
    """ResNet-18's four stages of two blocks; 3×3 stem with stride 2 and no pooling, as the faces are 48 pixels wide."""
    layers: list[nn.Module] = [ConvolutionBatchNorm(1, width, 3, 2)]
    channels = width
    for stage in range(4):
        for block in range(2):
            layers.append(ResidualBlock(channels, width << stage, 2 if stage and not block else 1))
            channels = width << stage
    return Classifier(nn.Sequential(*layers), channels, dropout)


def _vgg(width: int, dropout: float) -> Classifier:
    """VGG's pairs of 3×3 convolutions with pooling between them (Simonyan & Zisserman, arXiv 1409.1556)."""
    layers: list[nn.Module] = []
    channels = 1
    for stage in range(4):
        if stage:
            layers.append(nn.MaxPool2d(2))
        for _ in range(2):
            layers.append(ConvolutionBatchNorm(channels, width << stage, 3))
            channels = width << stage
    return Classifier(nn.Sequential(*layers), channels, dropout)


REGISTRY: dict[str, Callable[[float], Classifier]] = {
    "mien-inception-s": lambda dropout: _inception(16, (64, 128, 256), (1, 2, 2), dropout),
    "mien-inception-m": lambda dropout: _inception(24, (96, 192, 384), (1, 2, 2), dropout),
    "mien-inception-l": lambda dropout: _inception(32, (128, 256, 512), (1, 2, 2), dropout),
    "reference-resnet18": lambda dropout: _resnet(44, dropout),
    "reference-vgg": lambda dropout: _vgg(36, dropout),
}


def build(name: str, dropout: float = 0.0) -> Classifier:
    """A freshly initialised network of the registry; raises InputError for an unknown name."""
    if name not in REGISTRY:
        raise InputError(f"unknown network {name!r} (known: {', '.join(REGISTRY)})")
    network = REGISTRY[name](dropout)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            # By inputs: batch norm makes a filter's length its inverse learning rate, and by outputs those of the narrow
            # 1×1 convolutions would be several times as long as the others.
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
        elif isinstance(module, (InceptionBlock, ResidualBlock)):
            # A block begins near its shortcut (after Goyal et al., arXiv 1706.02677, where it begins as that).
            for last in module.last():
                nn.init.constant_(last[1].weight, RESIDUAL_SCALE)
    return network


def cost(network: nn.Module, side: int = 48) -> tuple[int, int]:
    """Parameters, and multiply-accumulates of convolutions and linear layers for one side×side image."""
    total = 0

    def count(module: nn.Module, _: tuple, output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output[0].numel() * module.weight[0].numel()
        else:
            total += module.weight.numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 1, side, side))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return sum(parameter.numel() for parameter in network.parameters()), total
