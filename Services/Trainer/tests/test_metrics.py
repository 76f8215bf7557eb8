import numpy as np
import pytest

from trainer import CLASSES, card, metrics, sections


def test_confusion_matrix_has_true_classes_as_rows():
    confusion = metrics.confusion_matrix(np.array([0, 0, 3]), np.array([1, 0, 3]))
    assert confusion[0, 1] == 1 and confusion[0, 0] == 1 and confusion[3, 3] == 1 and confusion.sum() == 3


def test_precision_recall_and_macro_f1_by_hand():
    confusion = metrics.confusion_matrix(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    rows = metrics.per_class(confusion)
    assert rows["angry"]["precision"] == 1 and rows["angry"]["recall"] == 0.5
    assert rows["disgust"]["precision"] == pytest.approx(2 / 3) and rows["disgust"]["recall"] == 1
    assert metrics.macro_f1(confusion) == pytest.approx((2 / 3 + 0.8) / 2)


def test_calibration_error_by_hand():
    probabilities = np.full((10, 7), 0.2 / 6)
    probabilities[:, 0] = 0.8
    labels = np.array([0] * 6 + [1] * 4)
    assert metrics.expected_calibration_error(probabilities, labels) == pytest.approx(0.2)


def test_with_perfect_calibration_the_not_sure_threshold_is_about_one_half():
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (5000, 7))
    probabilities = metrics.softmax(logits)
    labels = (probabilities.cumsum(axis=1) < generator.random((5000, 1))).sum(axis=1)
    threshold, judged = metrics.not_sure_threshold(probabilities, labels)
    assert judged
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    assert threshold == pytest.approx(0.55, abs=0.04)
    assert right[confidence < threshold].mean() < 0.5 < right[confidence >= threshold].mean()


@pytest.mark.parametrize("faces", [5, 30])
def test_few_calibrated_faces_leave_the_threshold_where_it_was(faces):
    generator = np.random.default_rng(faces)
    probabilities = metrics.softmax(generator.normal(0, 2, (faces, 7)))
    labels = (probabilities.cumsum(axis=1) < generator.random((faces, 1))).sum(axis=1)
    assert metrics.not_sure_threshold(probabilities, labels) == (metrics.PERFECT, False)
    assert metrics.not_sure_threshold(probabilities, labels, otherwise=0.6) == (0.6, False)


def test_a_model_that_is_never_wrong_where_it_was_judged_is_never_unsure():
    probabilities = np.full((100, 7), 0.5 / 6)
    probabilities[:, 0] = 0.5
    assert metrics.not_sure_threshold(probabilities, np.zeros(100, dtype=int)) == (0.0, True)
    # Wrong ones above where they can be judged count, whatever lies below.
    probabilities[:, 1:], probabilities[:, 0] = 0.3 / 6, 0.7
    assert metrics.not_sure_threshold(probabilities, np.ones(100, dtype=int)) == (0.79, True)


def test_the_bootstrap_interval_holds_the_accuracy():
    labels = np.arange(700) % 7
    predictions = np.where(np.arange(700) % 10 < 6, labels, (labels + 1) % 7)
    low, high = metrics.bootstrap(labels, predictions)["accuracy"]
    assert low < 0.6 < high and high - low < 0.1


def test_worst_confusions_come_in_the_order_of_their_number():
    labels = np.array([0] * 5 + [2] * 4)
    predictions = np.array([0, 0, 1, 1, 1, 4, 4, 2, 2])
    worst = metrics.worst_confusions(metrics.confusion_matrix(labels, predictions))
    assert [(row["true"], row["taken_for"], row["faces"]) for row in worst] == [
        ("angry", "disgust", 3),
        ("fear", "sad", 2),
    ]
    assert worst[0]["share"] == pytest.approx(0.6)


def test_of_classes_without_a_face_nothing_is_claimed():
    labels = np.array([0, 0, 3, 3, 3])
    confusion = metrics.confusion_matrix(labels, np.array([0, 3, 3, 3, 3]))
    figures = {"per_class": metrics.per_class(confusion), "worst_confusions": metrics.worst_confusions(confusion)}
    counts = dict.fromkeys(CLASSES, 0) | {"angry": 5, "happy": 40, "sad": 2}
    limits = card._weaknesses(figures, {"counts": {"train": counts}})
    assert limits == [
        "Its weakest classes are angry (recall 50 %), happy (recall 100 %); its most frequent mistakes are taking angry for happy.",
        "How good it is on disgust, fear, sad, surprise, neutral is not known: no such face was there to measure it on.",
        "It never saw disgust, fear, surprise, neutral in training: nothing is to be expected of it there.",
        "Sad is the rarest class, 2 of 47 training faces: its figures rest on few examples.",
    ]
    shown = {"plain": figures | {"confusion_matrix": confusion.tolist()}}
    assert sections.weakest(shown) == (
        "The lowest recall is that of angry (recall 50 %, most often taken for happy) and happy (recall 100 %)."
    )
    assert sections.confusions({"plain": {"worst_confusions": []}}) == "It made no mistake."
