"""The block elimination against the dense matrix it stands for."""

import numpy as np
import pytest

from consilience.functional.pid.blocks import Blocks
from consilience.functional.pid.newton import NewtonSystem


def dense(r: np.ndarray, c: np.ndarray, v: np.ndarray) -> np.ndarray:
    n1, n2, k = v.shape
    matrix = np.zeros((n1 + n2, k, n1 + n2, k))
    for i in range(n1):
        for j in range(n2):
            block = r[i, j] * np.diag(v[i, j]) + c[i, j] * np.outer(v[i, j], v[i, j])
            for one in (i, n1 + j):
                for two in (i, n1 + j):
                    matrix[one, :, two] += block
    return matrix.reshape((n1 + n2) * k, -1)


@pytest.mark.parametrize(("n1", "n2", "k"), [(4, 3, 2), (3, 3, 1), (9, 7, 5), (6, 13, 4)])
def test_solves_the_dense_system(n1: int, n2: int, k: int) -> None:
    rng = np.random.default_rng(n1)
    r, c = rng.random((3, n1, n2)), rng.random((3, n1, n2)) * 10
    v = rng.dirichlet(np.ones(k), (3, n1, n2))
    rows, columns = np.ones((3, n1, k), dtype=bool), np.ones((3, n2, k), dtype=bool)
    rows[1, 0, 0] = columns[1, 1, 0] = columns[2, 0] = False
    v[~rows[:, :, None] | np.zeros_like(v, dtype=bool)] = 0
    v[~columns[:, None] | np.zeros_like(v, dtype=bool)] = 0
    x = np.where(rows, rng.normal(size=rows.shape), 0)
    z = np.where(columns, rng.normal(size=columns.shape), 0)
    system = NewtonSystem(Blocks.of(r, c, v, rows, columns))
    for table in range(3):
        matrix = dense(r[table], c[table], v[table])
        rhs = matrix @ np.concatenate([x[table].ravel(), z[table].ravel()])
        fa = np.zeros_like(x)
        fb = np.zeros_like(z)
        fa[table], fb[table] = rhs[: n1 * k].reshape(n1, k), rhs[n1 * k :].reshape(n2, k)
        da, db = system.solve(fa, fb)
        assert not da[~rows].any()
        assert not db[~columns].any()
        back = matrix @ np.concatenate([da[table].ravel(), db[table].ravel()])
        np.testing.assert_allclose(back, rhs, atol=1e-9)


@pytest.mark.parametrize("n2", [2, 9])
def test_a_singular_block_is_regularised_not_fatal(n2: int) -> None:
    v = np.full((1, 3, n2, 3), 1 / 3)
    r, c = np.full((1, 3, n2), 1e-300), np.full((1, 3, n2), 1e12)
    everything = np.ones((1, 3, 3), dtype=bool), np.ones((1, n2, 3), dtype=bool)
    da, db = NewtonSystem(Blocks.of(r, c, v, *everything)).solve(
        np.ones((1, 3, 3)), np.ones((1, n2, 3))
    )
    assert np.isfinite(da).all()
    assert np.isfinite(db).all()
