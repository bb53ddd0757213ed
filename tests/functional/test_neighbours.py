import numpy as np
import pytest
from scipy.special import digamma

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.neighbours import ksg_information


def by_definition(x: np.ndarray, y: np.ndarray, k: int) -> float:
    dx = np.abs(x[:, None] - x[None]).max(axis=2)
    dy = np.abs(y[:, None] - y[None]).max(axis=2)
    both = np.maximum(dx, dy)
    radius = np.sort(both, axis=1)[:, k]
    nx = (dx < radius[:, None]).sum(axis=1) - 1
    ny = (dy < radius[:, None]).sum(axis=1) - 1
    nats = digamma(k) + digamma(len(x)) - np.mean(digamma(nx + 1) + digamma(ny + 1))
    return float(nats / np.log(2))


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("columns", [1, 2])
def test_is_its_definition(k: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((150, columns))
    y = x[:, :1] + rng.standard_normal((150, 2))
    assert ksg_information(x, y, neighbours=k) == pytest.approx(by_definition(x, y, k), abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_finds_the_information_of_gaussians(rho: float) -> None:
    rng = np.random.default_rng(1)
    x, e = rng.standard_normal((2, 3000))
    found = ksg_information(x, rho * x + np.sqrt(1 - rho**2) * e)
    assert found == pytest.approx(-0.5 * np.log2(1 - rho**2), abs=0.06)


def test_sees_what_no_correlation_shows() -> None:
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, 2000)
    x, y = np.cos(angle), np.sin(angle) + 0.1 * rng.standard_normal(2000)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.1
    assert ksg_information(x, y) > 1


def test_shifts_and_scales_of_both_alike_change_nothing() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((300, 1))
    y = x + rng.standard_normal((300, 1))
    assert ksg_information(8 * x + 1, 8 * y) == pytest.approx(ksg_information(x, y), abs=1e-9)


def test_faults_are_told() -> None:
    x = np.arange(9.0)
    with pytest.raises(DataError, match=r"9 samples coincide with 3 others; .*counts"):
        ksg_information(np.zeros(9), np.zeros(9))
    with pytest.raises(ConfigurationError, match="neighbours must be between 1 and 8, found 9"):
        ksg_information(x, x, neighbours=9)
    with pytest.raises(ShapeError, match="x has 9 samples but y has 8"):
        ksg_information(x, x[:8])
    with pytest.raises(ShapeError, match=r"y must be \(samples,\) or \(samples, columns\)"):
        ksg_information(x, np.zeros((9, 1, 1)))
    with pytest.raises(DataError, match="x has values that are not finite"):
        ksg_information(np.where(x == 3, np.nan, x), x)
