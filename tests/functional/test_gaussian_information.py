import numpy as np
import pytest

from consilience.errors import DataError
from consilience.functional.canonical import canonical
from consilience.functional.gaussian_information import gaussian_total_correlation


def three(rows: int, seed: int = 0) -> tuple[list[np.ndarray], float]:
    r = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, -0.2], [0.3, -0.2, 1.0]])
    z = np.random.default_rng(seed).standard_normal((rows, 3)) @ np.linalg.cholesky(r).T
    return [z[:, k : k + 1] for k in range(3)], -0.5 * float(np.log2(np.linalg.det(r)))


def test_three_gaussians_have_their_closed_form() -> None:
    views, truth = three(100_000)
    assert gaussian_total_correlation(views) == pytest.approx(truth, abs=0.01)


def test_two_views_have_the_information_of_their_canonical_correlations() -> None:
    rng = np.random.default_rng(0)
    x, e = rng.standard_normal((2, 100, 3))
    y = x @ rng.standard_normal((3, 3)) + e
    expected = -0.5 * np.log2(1 - canonical(x, y).values ** 2).sum()
    assert gaussian_total_correlation([x, y], corrected=False) == pytest.approx(expected)


def test_the_correction_takes_off_the_bias() -> None:
    rng = np.random.default_rng(1)
    drawn = [[rng.standard_normal((25, k)) for k in (2, 3, 1)] for _ in range(300)]
    plain = np.array([gaussian_total_correlation(v, corrected=False) for v in drawn])
    fair = np.array([gaussian_total_correlation(v) for v in drawn])
    assert plain.mean() > 0.25
    assert abs(fair.mean()) < 3.5 * fair.std() / np.sqrt(300)


def test_units_do_not_matter() -> None:
    views, _ = three(500)
    other = [view * 10.0 ** (4 * k) + k for k, view in enumerate(views)]
    assert gaussian_total_correlation(other) == pytest.approx(gaussian_total_correlation(views))


def test_faults_are_told() -> None:
    views, _ = three(50)
    with pytest.raises(DataError, match="at least two views are needed, found 1"):
        gaussian_total_correlation(views[:1])
    with pytest.raises(DataError, match="3 columns need more than 4 samples, found 4"):
        gaussian_total_correlation([v[:4] for v in views])
    with pytest.raises(DataError, match="columns depend on each other"):
        gaussian_total_correlation([*views, views[0] + views[1]])
    with pytest.raises(DataError, match="column 3 does not vary"):
        gaussian_total_correlation([*views, np.ones((50, 1))])
