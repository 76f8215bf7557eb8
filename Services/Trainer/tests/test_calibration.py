import numpy as np
import pytest

from trainer import calibration, metrics


def sampled(scale: float, bias: np.ndarray, count: int = 20000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that a calibration of this scale and bias makes honest, and labels drawn from what it then says."""
    generator = np.random.default_rng(0)
    honest = generator.normal(0, 1.5, (count, 7))
    labels = (metrics.softmax(honest).cumsum(axis=1) < generator.random((count, 1))).sum(axis=1)
    return (honest - bias) / scale, labels


def test_a_network_twice_too_sure_gets_half_the_scale_and_loses_its_calibration_error():
    logits, labels = sampled(0.5, np.zeros(7))
    fitted = calibration.fit(logits, labels, "temperature")
    assert fitted.scale == pytest.approx(np.full(7, 0.5), abs=0.02) and not fitted.bias.any()
    before = metrics.expected_calibration_error(metrics.softmax(logits), labels)
    after = metrics.expected_calibration_error(metrics.softmax(fitted(logits)), labels)
    assert before > 0.1 and after < 0.015


def test_one_temperature_keeps_the_top_class():
    logits, labels = sampled(0.5, np.zeros(7))
    fitted = calibration.fit(logits, labels, "temperature")
    assert (fitted(logits).argmax(axis=1) == logits.argmax(axis=1)).all()


def test_shifted_classes_are_shifted_back_and_chosen_by_cross_validation():
    bias = np.array([0.5, 0, 0.5, -0.5, 0, 0, -1.0])
    logits, labels = sampled(1.0, bias)
    chosen, held, figures = calibration.choose(logits, labels)
    assert chosen.method in ("biased_temperature", "vector")
    # Adding the same to all classes changes no probability.
    assert chosen.bias - chosen.bias.mean() == pytest.approx(bias - bias.mean(), abs=0.1)
    assert figures[chosen.method]["accuracy"] > figures["none"]["accuracy"] + 0.01
    assert metrics.softmax(held).sum(axis=1) == pytest.approx(1)


def test_out_of_fold_logits_know_nothing_of_their_own_labels():
    logits, labels = sampled(1.0, np.zeros(7), 700)
    shuffled = np.random.default_rng(1).permutation(labels)
    held = calibration.out_of_fold(logits, shuffled, "vector")
    assert metrics.negative_log_likelihood(held, shuffled) > np.log(7) - 0.1


def test_averaged_logits_are_calibrated_by_what_the_other_faces_say_too():
    logits, labels = np.random.default_rng(0).normal(size=(50, 7)), np.arange(50) % 7
    held = calibration.out_of_fold(logits, labels, "vector")
    assert np.array_equal(calibration.out_of_fold(logits, labels, "vector", asked=logits), held)
    assert not np.array_equal(calibration.out_of_fold(logits, labels, "vector", asked=logits[:, ::-1]), held)


def test_a_split_without_a_mistake_or_with_a_missing_class_still_has_a_calibration():
    labels = np.array([0, 1, 2, 3] * 5)
    fitted = calibration.fit(10 * np.eye(7)[labels], labels, "vector")
    assert np.isfinite(fitted.scale).all() and np.isfinite(fitted.bias).all()
