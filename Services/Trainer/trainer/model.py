"""The networks: 48×48 grey in, seven logits out, one linear head so that class activation maps are exact."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from trainer import CLASSES, SIDE
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


class _DenseGradient(torch.autograd.Function):
    """Gives on what it gets; in the backward pass the gradient is made dense."""

    @staticmethod
    def forward(context: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(context: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        return gradient.contiguous(memory_format=torch.channels_last)


def concatenate(parts: list[Tensor], training: bool) -> Tensor:
    """The channels of `parts`, float [N, C, H, W] each, side by side.

    In training, the gradient of a concatenation is slices of one tensor, on which PyTorch's batch norm goes element by element
    (2.13, CPU: four times as slow as on dense ones, a fifth of a step). Copying them first is much cheaper.
    """
    if training:
        parts = [_DenseGradient.apply(part) for part in parts]
    return torch.cat(parts, dim=1)


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

    def begin_near_shortcut(self, scale: float) -> None:
        """Multiply what the block adds to its shortcut by `scale`."""
        for last in (self.single, self.three[-1], self.stacked[-1], self.pooled[-1]):
            nn.init.constant_(last[1].weight, scale)

    def forward(self, x: Tensor) -> Tensor:
        joined = concatenate([self.single(x), self.three(x), self.stacked(x), self.pooled(x)], self.training)
        return torch.relu(joined + self.shortcut(x))


class MergedInceptionBlock(nn.Module):
    """The Inception block with every 1×1 convolution of the input, the shortcut's too, as one: wide, and its input is read once.

    Width o is shared out as o/8 by 1×1, o/2 by 1×1–3×3, o/4 by 1×1–3×3–3×3 and o/8 by 1×1–pooling. Averaging and a 1×1
    convolution can change places, and averaging an eighth of the channels costs an eighth.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        eighth, quarter = width // 8, width // 4
        self.parts = [eighth, eighth, 3 * eighth, quarter] + ([width] if inputs != width else [])
        self.entry = ConvolutionBatchNorm(inputs, sum(self.parts), 1, activate=False)
        self.three = ConvolutionBatchNorm(3 * eighth, width // 2, 3, activate=False)
        self.stacked = nn.Sequential(
            ConvolutionBatchNorm(quarter, quarter, 3),
            ConvolutionBatchNorm(quarter, quarter, 3, activate=False),
        )
        self.pool = nn.AvgPool2d(3, 1, 1, count_include_pad=False)

    def begin_near_shortcut(self, scale: float) -> None:
        """Multiply what the block adds to its shortcut by `scale`."""
        for norm in (self.three[1], self.stacked[1][1]):
            nn.init.constant_(norm.weight, scale)
        nn.init.constant_(self.entry[1].weight[: 2 * self.parts[0]], scale)

    def forward(self, x: Tensor) -> Tensor:
        single, pooled, three, stacked, *projected = self.entry(x).split(self.parts, dim=1)
        joined = concatenate(
            [single, self.three(torch.relu(three)), self.stacked(torch.relu(stacked)), self.pool(pooled)], self.training
        )
        return torch.relu(joined + (projected[0] if projected else x))


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
        return concatenate([self.three(x), self.stacked(x), self.pool(x)], self.training)


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


def _full_size_inception(stem: int, widths: tuple[int, ...], depths: tuple[int, ...], dropout: float) -> Classifier:
    """Two 3×3 convolutions on the face in full size, as VGG begins, then stages of blocks with max pooling before each."""
    layers: list[nn.Module] = [ConvolutionBatchNorm(1, stem, 3), ConvolutionBatchNorm(stem, stem, 3)]
    channels = stem
    for width, depth in zip(widths, depths):
        layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            layers.append(MergedInceptionBlock(channels, width))
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

    def begin_near_shortcut(self, scale: float) -> None:
        """Multiply what the block adds to its shortcut by `scale`."""
        nn.init.constant_(self.body[-1][1].weight, scale)

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


class SideBySide(nn.ModuleList):
    """Feature extractors that see the same faces; their channels are concatenated."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([member(images) for member in self], dim=1)


class BothSides(nn.Module):
    """A feature extractor that sees each face and its mirror image: the mean of its maps, those of the mirror image turned
    back. The head is linear, so a network with it answers with the mean of both logits."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, images: Tensor) -> Tensor:
        straight, mirrored = self.body(torch.cat([images, images.flip(3)])).chunk(2)
        return (straight + mirrored.flip(3)) / 2


def _check_maps(bodies: list[nn.Module], side: int = SIDE) -> None:
    """Raises InputError unless the maps of all feature extractors of side×side faces have the same height and width."""
    sizes = []
    for body in bodies:
        training = body.training
        with torch.no_grad():
            sizes.append(tuple(body.eval()(torch.zeros(1, 1, side, side)).shape[2:]))
        body.train(training)
    if len(set(sizes)) > 1:
        words = ", ".join(f"{height}×{width}" for height, width in sizes)
        raise InputError(f"joined networks need maps of one size; of faces of {side}×{side} pixels these have {words}")


def check_side(network: nn.Module, side: int) -> None:
    """Raises InputError when `network` is joined of some whose maps of side×side faces differ in size."""
    for module in network.modules():
        if isinstance(module, SideBySide):
            _check_maps(list(module), side)


def join(members: list[Classifier], weights: list[float]) -> Classifier:
    """The weighted mean of the members' logits as one network of the same kind: one body, one batch norm, one linear head.

    So everything that holds for one network holds for it: it is exported, explained by its activation maps and trained on
    as one. `weights` are made to sum to 1. Raises InputError when the members' maps differ in height or width.
    """
    _check_maps([member.body for member in members])
    # What is joined already gives its parts, so that the same network comes about whatever was joined first.
    bodies = [member.body if isinstance(member.body, SideBySide) else [member.body] for member in members]
    joined = Classifier(SideBySide(sum(map(list, bodies), [])), sum(m.head.in_features for m in members), 0.0)
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(joined.norm, name).copy_(torch.cat([getattr(member.norm, name) for member in members]))
        shares = [weight / sum(weights) for weight in weights]
        heads = [(member.head, share) for member, share in zip(members, shares)]
        joined.head.weight.copy_(torch.cat([head.weight * share for head, share in heads], dim=1))
        joined.head.bias.copy_(sum(head.bias * share for head, share in heads))
    return joined


def mirror(network: Classifier) -> Classifier:
    """The network that answers with the mean of `network`'s logits of a face and of its mirror image, at twice the cost."""
    if not isinstance(network.body, BothSides):
        network.body = BothSides(network.body)
    return network


JOINT = "+"
"""Between the names of networks that are joined side by side: "mien-inception-m+mien-vgg"."""
MIRROR = JOINT + "mirror"
"""After the name of a network that sees both sides of a face: "mien-vgg+mirror"."""

REGISTRY: dict[str, Callable[[float], Classifier]] = {
    "mien-inception-s": lambda dropout: _inception(16, (64, 128, 256), (1, 2, 2), dropout),
    "mien-inception-m": lambda dropout: _inception(24, (96, 192, 384), (1, 2, 2), dropout),
    "mien-inception-l": lambda dropout: _inception(32, (128, 256, 512), (1, 2, 2), dropout),
    "mien-inception-f": lambda dropout: _full_size_inception(32, (128, 192, 384), (1, 2, 2), dropout),
    "reference-resnet18": lambda dropout: _resnet(44, dropout),
    "reference-vgg": lambda dropout: _vgg(36, dropout),
    "mien-vgg": lambda dropout: _vgg(32, dropout),
    "mien-vgg-l": lambda dropout: _vgg(64, dropout),
}


def build(name: str, dropout: float = 0.0) -> Classifier:
    """A freshly initialised network of the registry, or several of them joined; raises InputError for an unknown name."""
    if name.endswith(MIRROR):
        return mirror(build(name.removesuffix(MIRROR), dropout))
    if JOINT in name:
        members = [build(part) for part in name.split(JOINT)]
        joined = join(members, [1.0] * len(members))
        joined.dropout.p = dropout
        return joined
    if name not in REGISTRY:
        raise InputError(f"unknown network {name!r} (known: {', '.join(REGISTRY)})")
    network = REGISTRY[name](dropout)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            # By inputs: batch norm makes a filter's length its inverse learning rate, and by outputs those of the narrow
            # 1×1 convolutions would be several times as long as the others.
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
        elif isinstance(module, (InceptionBlock, MergedInceptionBlock, ResidualBlock)):
            # A block begins near its shortcut (after Goyal et al., arXiv 1706.02677, where it begins as that).
            module.begin_near_shortcut(RESIDUAL_SCALE)
    return network


def cost(network: nn.Module, side: int = 48) -> tuple[int, int]:
    """Parameters, and multiply-accumulates of convolutions and linear layers for one side×side image."""
    total = 0

    def count(module: nn.Module, _: tuple, output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            # Of both sides where the network looks at both.
            total += output.numel() * module.weight[0].numel()
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
