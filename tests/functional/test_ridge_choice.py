import numpy as np
import pytest

from consilience.errors import ConfigurationError, DataError
from consilience.functional.canonical import canonical
from consilience.functional.moments import moments
from consilience.functional.ridge_choice import choose_ridge, correlations_under, ridges_of


def views(rows: int, columns: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 1))
    return [z + rng.standard_normal((rows, columns)) for _ in range(2)]


def folds(rows: int, count: int) -> list[np.ndarray]:
    return np.array_split(np.random.default_rng(9).permutation(rows), count)


def test_scores_are_held_out_correlations_of_refits() -> None:
    x, y = views(80, 5)
    parts = folds(80, 4)
    found = choose_ridge([x, y], [0.0, 0.5], parts, n_components=2)
    for j, part in enumerate(parts):
        rest = np.setdiff1d(np.arange(80), part)
        for i, share in enumerate((0.0, 0.5)):
            ridges = (
                share * float(x[rest].var(axis=0, ddof=1).mean()),
                share * float(y[rest].var(axis=0, ddof=1).mean()),
            )
            u, v = canonical(x[rest], y[rest], n_components=2, ridges=ridges).weights
            expected = sum(
                np.corrcoef(x[part] @ u[:, k], y[part] @ v[:, k])[0, 1] for k in range(2)
            )
            assert found.scores[i, j] == pytest.approx(expected, abs=1e-10)


def test_few_samples_want_a_ridge_and_many_do_not() -> None:
    few = choose_ridge(views(60, 25), [0.0, 1.0], folds(60, 3), 1)
    assert few.best == 1.0
    x, _ = views(4000, 3)
    direction = np.array([1.0, -1.0, 0.0])
    y = np.c_[x @ direction + 0.1 * np.random.default_rng(1).standard_normal(4000)]
    many = choose_ridge([x, y], [0.0, 10.0], folds(4000, 3), 1)
    assert many.best == 0.0


def test_the_choice_does_not_depend_on_units() -> None:
    x, y = views(60, 25)
    shares = [0.01, 0.1, 1.0, 10.0]
    one = choose_ridge([x, y], shares, folds(60, 3), 1)
    two = choose_ridge([1000 * x, y / 7], shares, folds(60, 3), 1)
    np.testing.assert_allclose(one.scores, two.scores, atol=1e-9)


def test_a_ridge_is_a_share_of_the_mean_variance() -> None:
    x, y = views(50, 4)
    found = ridges_of(moments([x, 3 * y]), [0.1, 0.2])
    np.testing.assert_allclose(
        found, [0.1 * x.var(axis=0, ddof=1).mean(), 1.8 * y.var(axis=0, ddof=1).mean()]
    )


def test_a_variate_that_does_not_vary_correlates_0() -> None:
    x, y = views(50, 2)
    fitted = canonical(x, y)
    assert correlations_under(fitted, moments([np.ones((9, 2)), y[:9]])).tolist() == [0.0, 0.0]


def test_singular_covariances_are_not_scored() -> None:
    x, y = views(12, 30)
    found = choose_ridge([x, y], [0.0, 1.0], folds(12, 3), 1)
    assert np.isneginf(found.scores[0]).all()
    assert found.best == 1.0
    with pytest.raises(DataError, match=r"no ridge of \[0.0\] .* try larger ones"):
        choose_ridge([x, y], [0.0], folds(12, 3), 1)


def test_nothing_to_try_is_refused() -> None:
    x, y = views(12, 2)
    with pytest.raises(ConfigurationError, match="shares to try and two folds"):
        choose_ridge([x, y], [], folds(12, 3))
    with pytest.raises(ConfigurationError, match="shares to try and two folds"):
        choose_ridge([x, y], [0.0], folds(12, 1))
