import numpy as np

from consilience.functional.pid.blocks import Blocks, diagonal


def parts() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    v = rng.dirichlet(np.ones(4), (2, 3, 5))
    rows, columns = np.ones((2, 3, 4), dtype=bool), np.ones((2, 5, 4), dtype=bool)
    rows[0, 1, 2] = columns[1, 3, 0] = False
    v = np.where(rows[:, :, None] & columns[:, None], v, 0.0)
    return rng.random((2, 3, 5)), rng.random((2, 3, 5)) * 9, v, rows, columns


def test_blocks_are_sums_of_those_of_the_pairs() -> None:
    r, c, v, rows, columns = parts()
    pairs = r[..., None, None] * v[..., None] * np.eye(4)
    pairs += c[..., None, None] * v[..., None] * v[..., None, :]
    found = Blocks.of(r, c, v, rows, columns)
    np.testing.assert_allclose(found.coupling().swapaxes(2, 3), pairs, atol=1e-15)
    first, second = pairs.sum(2), pairs.sum(1)
    diagonal(first)[~rows] = 1
    diagonal(second)[~columns] = 1
    np.testing.assert_allclose(found.first, first, atol=1e-14)
    np.testing.assert_allclose(found.second, second, atol=1e-14)


def test_the_free_direction_has_a_weight_where_something_is_unknown() -> None:
    r, c, v, rows, columns = parts()
    gauge = Blocks.of(r, c, v, rows, columns).gauge
    assert gauge[1, 3, 0] == 0
    assert (gauge[columns] > 0).all()


def test_a_diagonal_is_a_view() -> None:
    stack = np.zeros((2, 3, 3))
    diagonal(stack)[...] += 1
    np.testing.assert_array_equal(stack, np.stack([np.eye(3)] * 2))
