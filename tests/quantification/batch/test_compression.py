import numpy as np
import pytest
from scipy.special import log_softmax

from consilience.quantification.batch.compression import Side, matched


def posteriors(n: int, k: int, seed: int = 0) -> np.ndarray:
    return log_softmax(np.random.default_rng(seed).standard_normal((n, k)) * 2, axis=1)


def test_information_is_that_of_the_table() -> None:
    assert Side(np.eye(4) / 4).information() == pytest.approx(2.0)
    assert Side(np.full((3, 2), 1 / 6)).information() == pytest.approx(0.0, abs=1e-15)


def test_merging_equal_posteriors_is_free() -> None:
    side = Side.of(np.repeat(posteriors(5, 3), 20, axis=0))
    few = side.compressed(5, 0)
    assert few.table.shape == (5, 3)
    assert few.information() == pytest.approx(side.information(), abs=1e-12)


def test_each_point_knows_what_it_was_merged_into() -> None:
    side = Side.of(posteriors(300, 3))
    where = side.merged(20, 0)
    assert where.shape == (300,)
    assert sorted(set(where.tolist())) == list(range(20))
    merged = np.stack([np.bincount(where, column) for column in side.table.T], axis=1)
    np.testing.assert_allclose(merged, side.compressed(20, 0).table)


@pytest.mark.parametrize("k", [2, 5])
def test_merging_loses_little_and_keeps_the_classes(k: int) -> None:
    side = Side.of(posteriors(1500, k))
    losses: list[float] = []
    for points in (4, 16, 64):
        few = side.compressed(points, 0)
        assert len(few.table) <= points
        np.testing.assert_allclose(few.table.sum(0), side.table.sum(0), atol=1e-12)
        losses.append(side.information() - few.information())
    assert min(losses) > 0
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < (1e-3 if k == 2 else 0.1)


def test_matched_sides_agree_about_the_classes() -> None:
    first, second = Side.of(posteriors(30, 3)), Side.of(posteriors(20, 3, seed=1))
    one, two = matched(first, second)
    middle = (first.table.sum(0) + second.table.sum(0)) / 2
    np.testing.assert_allclose(one.table.sum(0), middle)
    np.testing.assert_allclose(two.table.sum(0), middle)
