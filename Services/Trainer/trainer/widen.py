"""A trained network's weights for a wider network of the same shape (Chen et al., "Net2Net", arXiv 1511.05641)."""

import torch
from torch import Tensor, nn

from trainer.model import Classifier, ConvolutionBatchNorm

Layer = tuple[Tensor, Tensor]
"""Weight [outputs, inputs, height, width] and bias [outputs] of a convolution that its batch norm is folded into."""


def is_chain(network: Classifier) -> bool:
    """Whether each convolution of the body reads nothing but the one before it, as in VGG's networks."""
    return isinstance(network.body, nn.Sequential) and all(
        isinstance(part, ConvolutionBatchNorm | nn.MaxPool2d) for part in network.body
    )


def widen(layers: list[Layer], widths: list[int], seed: int) -> list[Layer]:
    """`layers`, each feeding the next, with `widths` outputs each, so that the last one answers as before.

    Filters are repeated. What reads a filter shares its weight out among the copies at random, differently for each reader, so
    that the copies get other gradients and part ways. No layer may have more outputs than its width.
    """
    generator = torch.Generator().manual_seed(seed)
    wider, sources = [], torch.arange(layers[0][0].shape[1])
    for (weight, bias), width in zip(layers, widths, strict=True):
        filters = torch.arange(width) % len(bias)
        shares = torch.rand(width, len(sources), generator=generator) + 0.1
        sums = torch.zeros(width, weight.shape[1]).index_add_(1, sources, shares)
        shares /= sums[:, sources]
        wider.append((weight[filters][:, sources] * shares[:, :, None, None], bias[filters]))
        sources = filters
    return wider
