"""Calibration: logits → logits whose softmax tells how often the network is right.

Three methods, each a scale and a bias per class (so it is folded into the network's linear head at export): one
temperature (Guo et al. 2017); a temperature and a bias per class (Alexandari et al. 2020); a scale and a bias per class
("vector scaling", Guo et al. 2017). The last two may change which class is on top: they also undo what soft labels and
mixing did to the classes' shares. The one of least cross-validated negative log-likelihood is used.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from trainer import CLASSES, metrics

METHODS = ("temperature", "biased_temperature", "vector")
FOLDS = 5


@dataclass(frozen=True)
class Calibration:
    """method: one of METHODS, or "none"; scale and bias: float [7], applied as logits · scale + bias."""

    method: str
    scale: np.ndarray
    bias: np.ndarray

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        return logits * self.scale + self.bias


NONE = Calibration("none", np.ones(len(CLASSES)), np.zeros(len(CLASSES)))
"""Leaves logits as they are."""


def fit(logits: np.ndarray, labels: np.ndarray, method: str) -> Calibration:
    """Least negative log-likelihood, with a standard normal prior on log scale and bias.

    The prior weighs as much as one face: it matters only where a split is so small or so well told apart that the
    likelihood has no maximum.
    """
    x, y = torch.from_numpy(logits).double(), torch.from_numpy(labels)
    classes = len(CLASSES)
    log_scale = torch.zeros(classes if method == "vector" else 1, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=method != "temperature")
    parameters = [value for value in (log_scale, bias) if value.requires_grad]
    optimizer = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def objective() -> torch.Tensor:
        optimizer.zero_grad()
        prior = sum(value.square().sum() for value in parameters) / (2 * len(y))
        value = functional.cross_entropy(x * log_scale.exp() + bias, y) + prior
        value.backward()
        return value

    optimizer.step(objective)
    scale = log_scale.detach().exp().expand(classes).numpy().copy()
    return Calibration(method, scale, bias.detach().numpy())


def out_of_fold(
    logits: np.ndarray, labels: np.ndarray, method: str, seed: int = 0, asked: np.ndarray | None = None
) -> np.ndarray:
    """Calibrated logits of faces of which the calibration knew nothing: fitted on the other four fifths. `asked` are other
    logits of the same faces, such as averaged ones, to calibrate instead."""
    asked = logits if asked is None else asked
    order = np.random.default_rng(seed).permutation(len(labels))
    result = np.empty(logits.shape, dtype=np.float64)
    for fold in range(FOLDS):
        held = np.zeros(len(labels), dtype=bool)
        held[order[fold::FOLDS]] = True
        result[held] = fit(logits[~held], labels[~held], method)(asked[held])
    return result


def choose(logits: np.ndarray, labels: np.ndarray) -> tuple[Calibration, np.ndarray, dict[str, dict[str, float]]]:
    """The best method fitted on all faces, its out-of-fold logits, and every method's cross-validated figures."""
    held = {method: out_of_fold(logits, labels, method) for method in METHODS}
    figures = {"none": _figures(logits, labels)} | {name: _figures(x, labels) for name, x in held.items()}
    best = min(METHODS, key=lambda method: figures[method]["negative_log_likelihood"])
    return fit(logits, labels, best), held[best], figures


def _figures(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return {
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "ece": metrics.expected_calibration_error(metrics.softmax(logits), labels),
        "negative_log_likelihood": metrics.negative_log_likelihood(logits, labels),
    }
