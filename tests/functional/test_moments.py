import tracemalloc

import numpy as np
import pytest

from consilience.errors import ShapeError
from consilience.functional.moments import BLOCK, mirrored, moments, with_gram


def drawn(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, columns))


@pytest.mark.parametrize("rows", [2, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
def test_the_covariance_is_that_of_numpy(rows: int) -> None:
    x, y = drawn(rows, 3), drawn(rows, 2, seed=1)
    found = moments([x, y])
    np.testing.assert_allclose(found.covariance, np.cov(np.hstack([x, y]).T), atol=1e-12)
    np.testing.assert_allclose(found.mean, np.hstack([x, y]).mean(axis=0), atol=1e-12)
    assert found.count == rows
    assert [(s.start, s.stop) for s in found.slices] == [(0, 3), (3, 5)]


def test_a_large_mean_costs_no_digits() -> None:
    x = drawn(1000, 2)
    shifted = x + 2.0**30
    exact = np.cov((shifted - 2.0**30).T)
    np.testing.assert_allclose(moments([shifted]).covariance, exact, rtol=1e-12, atol=1e-12)


def test_float32_is_summed_in_float64() -> None:
    x = drawn(5000, 3).astype(np.float32)
    np.testing.assert_allclose(
        moments([x]).covariance, np.cov(x.astype(np.float64).T), rtol=1e-13, atol=1e-14
    )


def test_only_the_rows_asked_for_count() -> None:
    x, rows = drawn(50, 3), np.array([3, 3, 7, 40])
    np.testing.assert_allclose(moments([x], rows).covariance, np.cov(x[rows].T), atol=1e-13)


def test_moments_of_parts_join_to_those_of_the_whole() -> None:
    x, y = drawn(100, 3) + 5, drawn(100, 2, seed=1)
    parts = [moments([x[:30], y[:30]]), moments([x[30:], y[30:]])]
    joined, whole = parts[0].joined(parts[1]), moments([x, y])
    np.testing.assert_allclose(joined.scatter, whole.scatter, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(joined.mean, whole.mean, atol=1e-13)
    assert joined.count == 100


def test_the_data_are_not_copied() -> None:
    x, y = drawn(40_000, 20), drawn(40_000, 20, seed=1)
    tracemalloc.start()
    moments([x, y])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes / 10


def test_rounding_of_a_constant_column_is_no_variance() -> None:
    x = np.c_[np.full(999, 1e9 + 0.1), drawn(999, 1)[:, 0]]
    assert moments([x]).varies.tolist() == [False, True]


def test_a_gram_matrix_is_added_to_the_upper_triangle() -> None:
    block = drawn(6, 130)
    upper = np.zeros((130, 130), order="F")
    assert with_gram(upper, block) is upper or np.shares_memory(with_gram(upper, block), upper)
    upper = with_gram(np.zeros((130, 130), order="F"), block)
    np.testing.assert_allclose(mirrored(upper), block.T @ block, atol=1e-12)


def test_what_are_no_views_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"same rows, found \[3, 4\]"):
        moments([np.zeros((3, 1)), np.zeros((4, 1))])
    with pytest.raises(ShapeError, match=r"\(samples, columns\), found shapes \[\(3,\)\]"):
        moments([np.zeros(3)])
    with pytest.raises(ShapeError, match="at least 2 rows, found 1"):
        moments([np.zeros((1, 2))])
