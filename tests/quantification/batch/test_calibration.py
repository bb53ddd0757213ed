import numpy as np
import pytest
from scipy.special import log_softmax

from consilience.quantification.batch.calibration import calibrated


def sampled(n: int = 4000, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    log_p = log_softmax(rng.standard_normal((n, k)) * 1.5, axis=1)
    y = (np.exp(log_p).cumsum(1) < rng.random((n, 1))).sum(1).clip(max=k - 1)
    return log_p, y


def loss(log_p: np.ndarray, y: np.ndarray) -> float:
    return -float(log_p[np.arange(len(y)), y].mean())


@pytest.mark.parametrize("power", [0.3, 1.0, 4.0])
def test_a_wrong_temperature_is_undone(power: float) -> None:
    log_p, y = sampled()
    found = calibrated([log_softmax(power * log_p, axis=1)], y)
    assert loss(found, y) <= loss(log_p, y) + 1e-9
    assert np.abs(np.exp(found) - np.exp(log_p)).mean() < 0.02


@pytest.mark.parametrize("power", [0.3, 4.0])
def test_claims_just_what_labels_confirm(power: float) -> None:
    log_p, y = sampled()
    found = calibrated([power * log_p], y)
    p = np.exp(found)
    assert -(p * found).sum(1).mean() == pytest.approx(loss(found, y), abs=1e-6)
    np.testing.assert_allclose(p.mean(0), np.bincount(y) / len(y), atol=1e-6)


def test_a_misleading_source_tells_nothing() -> None:
    log_p, y = sampled()
    found = np.exp(calibrated([-log_p], y))
    np.testing.assert_allclose(found, np.tile(np.bincount(y) / len(y), (len(y), 1)), atol=1e-4)


def test_a_stack_is_never_worse_than_its_sources() -> None:
    log_p, y = sampled()
    noise = log_softmax(np.random.default_rng(1).standard_normal(log_p.shape) * 5, axis=1)
    both = loss(calibrated([noise, log_p], y), y)
    assert both <= loss(calibrated([log_p], y), y) + 1e-9
    assert both <= loss(calibrated([noise], y), y)


def test_separable_classes_stay_finite() -> None:
    y = np.arange(40) % 2
    log_p = np.log(np.where(np.eye(2)[y] > 0, 0.9, 0.1))
    found = calibrated([log_p], y)
    assert np.isfinite(found).all()
    assert loss(found, y) < 1e-6
