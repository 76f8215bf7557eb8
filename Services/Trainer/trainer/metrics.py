"""Figures of a classifier from its logits and the labels. Shapes: logits and probabilities [N, 7], labels [N]."""

import numpy as np

from trainer import CLASSES

BINS = 15
"""Confidence bins of ECE, the usual number (Guo et al. 2017)."""


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray) -> float:
    chosen = softmax(logits)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """int64 [7, 7]: rows are true classes, columns predictions."""
    size = len(CLASSES)
    return np.bincount(labels * size + predictions, minlength=size * size).reshape(size, size)


def per_class(confusion: np.ndarray) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support; 0 where nothing was predicted or nothing is there."""
    hits, predicted, support = np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    return {
        name: {
            "precision": _ratio(hits[index], predicted[index]),
            "recall": _ratio(hits[index], support[index]),
            "f1": _ratio(2 * hits[index], predicted[index] + support[index]),
            "support": int(support[index]),
        }
        for index, name in enumerate(CLASSES)
    }


def weakest(rows: dict[str, dict]) -> list[tuple[str, dict]]:
    """The three classes of lowest recall, lowest first, with what `per_class` says of them; of those that occur in the labels."""
    return sorted(((name, row) for name, row in rows.items() if row["support"]), key=lambda item: item[1]["recall"])[:3]


def macro_f1(confusion: np.ndarray) -> float:
    """Mean F1 of the classes that occur in the labels."""
    present = [row["f1"] for row in per_class(confusion).values() if row["support"]]
    return float(np.mean(present))


def calibration_curve(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """Bins of equal width in confidence: mean confidence, accuracy and share of the faces. Empty bins are left out."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {
            "confidence": float(confidence[bins == index].mean()),
            "accuracy": float(right[bins == index].mean()),
            "share": float((bins == index).mean()),
        }
        for index in range(BINS)
        if (bins == index).any()
    ]


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """ECE: mean distance of confidence and accuracy over the bins, weighted by their faces (Naeini et al. 2015)."""
    curve = calibration_curve(probabilities, labels)
    return sum(point["share"] * abs(point["confidence"] - point["accuracy"]) for point in curve)


def coverage_curve(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """For confidence thresholds 0, 0.05 … 0.95: the share of faces answered and how many of these are right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    curve = []
    for threshold in np.arange(0, 1, 0.05):
        answered = confidence >= threshold
        curve.append(
            {
                "threshold": round(float(threshold), 2),
                "coverage": float(answered.mean()),
                "accuracy": float(right[answered].mean()) if answered.any() else None,
            }
        )
    return curve


PERFECT = 0.55
"""The "not sure" threshold of a perfectly calibrated model: the window just under it has its middle at one half."""


def not_sure_threshold(
    probabilities: np.ndarray,
    labels: np.ndarray,
    otherwise: float = PERFECT,
    width: float = 0.1,
    least: int = 20,
) -> tuple[float, bool]:
    """The highest confidence (in hundredths) just under which best guesses are more often wrong than right, and whether
    the faces could tell it.

    "Just under" t is the confidences t − width … t; windows with fewer than `least` faces are not judged. 0 when they
    are right wherever it was judged. Where faces just under `otherwise` are too few to judge, and nothing above is more
    often wrong than right, nobody knows: then it is `otherwise`, and not told by the faces.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels

    def under(threshold: float) -> np.ndarray:
        return right[(confidence >= threshold - width) & (confidence < threshold)]

    chosen = 0.0
    for threshold in np.arange(0.15, 1.0, 0.01):
        window = under(threshold)
        if len(window) >= least and window.mean() < 0.5:
            chosen = round(float(threshold), 2)
    if chosen < otherwise and len(under(otherwise)) < least:
        return otherwise, False
    return chosen, True


def bootstrap(labels: np.ndarray, predictions: np.ndarray, rounds: int = 1000, seed: int = 0) -> dict[str, list[float]]:
    """95 % percentile intervals of accuracy and macro-F1 over resampled faces (Efron 1979)."""
    generator = np.random.default_rng(seed)
    accuracies, scores = [], []
    for _ in range(rounds):
        index = generator.integers(0, len(labels), len(labels))
        confusion = confusion_matrix(labels[index], predictions[index])
        accuracies.append(np.trace(confusion) / len(labels))
        scores.append(macro_f1(confusion))
    return {
        "accuracy": [float(value) for value in np.percentile(accuracies, [2.5, 97.5])],
        "macro_f1": [float(value) for value in np.percentile(scores, [2.5, 97.5])],
    }


def worst_confusions(confusion: np.ndarray, count: int = 10) -> list[dict]:
    """The most frequent mistakes: true class, the class it was taken for, how many, and their share of the true class."""
    wrong = confusion * (1 - np.eye(len(CLASSES), dtype=np.int64))
    pairs = [np.unravel_index(index, wrong.shape) for index in np.argsort(-wrong, axis=None)[:count]]
    return [
        {
            "true": CLASSES[row],
            "taken_for": CLASSES[column],
            "faces": int(wrong[row, column]),
            "share": _ratio(wrong[row, column], confusion[row].sum()),
        }
        for row, column in pairs
        if wrong[row, column]
    ]


def summary(logits: np.ndarray, labels: np.ndarray) -> dict:
    """Everything the card and the report say about one set of faces and their calibrated logits; shares are 0…1."""
    probabilities = softmax(logits)
    predictions = logits.argmax(axis=1)
    confusion = confusion_matrix(labels, predictions)
    return {
        "faces": len(labels),
        "accuracy": float(np.trace(confusion) / len(labels)),
        "macro_f1": macro_f1(confusion),
        "interval_95": bootstrap(labels, predictions),
        "ece": expected_calibration_error(probabilities, labels),
        "negative_log_likelihood": negative_log_likelihood(logits, labels),
        "per_class": per_class(confusion),
        "confusion_matrix": confusion.tolist(),
        "worst_confusions": worst_confusions(confusion),
    }


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
