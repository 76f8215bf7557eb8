"""An exported model's weights, back in a network that can be trained on."""

from pathlib import Path

import numpy as np
import openvino
import torch
from torch import Tensor, nn

from trainer import CLASSES, card
from trainer.errors import InputError, reason
from trainer.starts import epochs_of, knows_another_split
from trainer.widen import is_chain, widen

PREFIX, BATCH_NORM = "__module.", "/aten::batch_norm/BatchNormInference"
"""How OpenVINO's converter names the sum that is left of a batch norm: by the module's path in PyTorch."""


def identity(directory: Path, facts: dict) -> dict:
    """Which model it is, how long and on what it was trained, below which confidence it is not sure, and the SHA-256 of the
    files that the weights come from.

    Where it, or what it went on from itself, did not learn from the split of a data file with these `facts`, that is said
    too: of the faces that it learned from some may be in this validation split, unless they are other people's altogether.
    """
    content = card.intact(directory)
    try:
        card.of_split(directory, facts)
        other = {"other_split": True} if knows_another_split(content["recipe"]) else {}
    except InputError:
        other = {"other_split": True}
    return {
        "name": content["name"],
        "version": content["version"],
        "epochs": epochs_of(content["recipe"]),
        "data": ", after ".join(filter(None, (content["data"]["name"], content["data"].get("before")))),
        "licence": content.get("licence"),
        "not_sure": content["threshold"]["not_sure"],
        "files": {name: content["files"][name] for name in card.MODEL},
    } | other


def restore(directory: Path, network: nn.Module, images: Tensor) -> None:
    """Give `network` the weights of the exported model in `directory`, so that it answers as the model does, uncalibrated.

    The export folded each batch norm into the convolution before it, and the last one and the calibration into the head.
    The calibration is on the card and is undone. A batch norm's scale and shift are not in the file: it gets the mean and
    the deviation that its convolution has on `images` (normalised, float [N, 1, H, W]), and the scale and shift that undo
    them; what undoes the last one's goes into the head. A network of VGG's shape takes a narrower one's weights, too: its
    filters are repeated. Raises InputError when the model is none of this trainer's or is another network's.
    """
    content = card.intact(directory)
    folded = _folded(graph_of(directory))
    wrong = InputError(f"{directory}: holds another network than the configuration's")
    norms = {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}
    del norms["norm"]
    head = folded.pop("maps", None)
    if head is None or folded.keys() != norms.keys():
        raise wrong
    if is_chain(network):
        widths = [norm.num_features for norm in norms.values()]
        if any(len(bias) > width for (_, bias), width in zip(folded.values(), widths)):
            raise wrong
        *layers, head = widen([*folded.values(), head], [*widths, len(CLASSES)], seed=0)
        folded = dict(zip(folded, layers))
    scale, bias = (torch.tensor(content["calibration"][key], dtype=torch.float32) for key in ("scale", "bias"))
    with torch.no_grad():
        try:
            network.head.weight.copy_(head[0][:, :, 0, 0] / scale[:, None])
            network.head.bias.copy_((head[1] - bias) / scale)
            for name, norm in norms.items():
                weight, shift = folded[name]
                # ConvolutionBatchNorm is a sequence: the convolution lies one place before its batch norm.
                path, _, place = name.rpartition(".")
                network.get_submodule(f"{path}.{int(place) - 1}").weight.copy_(weight)
                _pass_through(norm)
                norm.bias.copy_(shift)
        except RuntimeError:
            raise wrong from None
        _pass_through(network.norm)
        _spread(network, [*norms.values(), network.norm], images)
        _into_head(network)


def graph_of(directory: Path) -> openvino.Model:
    """The graph of an exported model. Raises InputError when there is none."""
    try:
        return openvino.Core().read_model(directory / "model.xml")
    except RuntimeError as error:
        raise InputError(f"{directory}: OpenVINO cannot read it: {reason(error)}") from None


def _pass_through(norm: nn.BatchNorm2d) -> None:
    """In evaluation mode it gives what it gets."""
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.fill_(1)
    norm.bias.zero_()


def _folded(graph: openvino.Model) -> dict[str, tuple[Tensor, Tensor]]:
    """Weight and bias of each convolution, by the path of the batch norm that was folded into it, or "maps" (the head)."""
    found = {}
    for node in graph.get_ordered_ops():
        name = node.get_friendly_name()
        if node.get_type_name() != "Add" or not name.startswith(PREFIX):
            continue
        convolution = node.input_value(0).get_node()
        if convolution.get_type_name() == "Convolution":
            path = name.removeprefix(PREFIX).removesuffix(BATCH_NORM).split("/")[0]
            found[path] = (_constant(convolution.input_value(1)), _constant(node.input_value(1)).flatten())
    return found


def _constant(value: openvino.Output) -> Tensor:
    """float32, through the conversion that weights compressed to FP16 have."""
    node = value.get_node()
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return torch.from_numpy(np.array(node.data, dtype=np.float32))


def _into_head(network: nn.Module) -> None:
    """Move the last batch norm's scale and shift into the head, so that the head gets features of mean 0 and deviation 1."""
    norm, head = network.norm, network.head
    head.bias.add_(head.weight @ norm.bias)
    head.weight.mul_(norm.weight)
    norm.weight.fill_(1)
    norm.bias.zero_()


def _spread(network: nn.Module, norms: list[nn.Module], images: Tensor) -> None:
    """Move what the batch norms only pass through now into statistics, scale and shift; the answers stay the same."""
    statistics: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}

    def note(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        statistics[norm].append(torch.stack([inputs[0].mean(dim=(0, 2, 3)), inputs[0].square().mean(dim=(0, 2, 3))]))

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    training = network.training
    network.eval()
    for batch in images.split(256):
        network(batch)
    network.train(training)
    for hook in hooks:
        hook.remove()
    for norm, parts in statistics.items():
        mean, square = torch.stack(parts).mean(dim=0)
        variance = (square - mean.square()).clamp_min(0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
