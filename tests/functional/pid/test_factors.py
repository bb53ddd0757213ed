import numpy as np

from consilience.functional.pid.factors import factored, stacked, substituted


def positive(seed: int, n: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(n, n))
    return root @ root.T + np.eye(n)


def test_a_factor_solves_and_reads_the_lower_triangle_only() -> None:
    matrix, rhs = positive(0, 6), np.arange(12.0).reshape(6, 2)
    factor = factored(np.tril(matrix), np.diag(matrix))
    np.testing.assert_allclose(np.tril(factor) @ np.tril(factor).T, matrix, atol=1e-12)
    np.testing.assert_allclose(matrix @ substituted(factor, rhs), rhs, atol=1e-10)


def test_a_singular_matrix_gets_the_least_ridge() -> None:
    ones = np.ones((3, 3))
    factor = np.tril(factored(ones - 1e-13 * np.eye(3), np.ones(3)))
    np.testing.assert_allclose(factor @ factor.T, ones, atol=1e-11)


def test_what_no_ridge_mends_is_taken_as_its_scale() -> None:
    np.testing.assert_allclose(factored(-np.eye(2), np.array([4.0, 9.0])), np.diag([2.0, 3.0]))


def test_a_stack_is_factored_whole_and_one_bad_matrix_does_no_harm() -> None:
    good, bad = positive(1, 4), np.ones((4, 4))
    lower = stacked(np.stack([good, bad]), np.ones((2, 4)))
    np.testing.assert_allclose(lower[0], np.linalg.cholesky(good), atol=1e-12)
    np.testing.assert_allclose(lower[1] @ lower[1].T, bad, atol=1e-5)
