"""Quantisers are fitted on some samples and used on others."""

import numpy as np
import pytest

from consilience.quantification.quantising import MOST_CLUSTERS, Quantiser, clusters_for

RNG = np.random.default_rng(0)


def test_one_dimension_is_cut_into_equal_parts() -> None:
    fitted, new = RNG.exponential(size=(2, 4000, 1))
    quantise = Quantiser.fit(fitted, 5, 0)
    assert quantise.size == 5
    assert np.bincount(quantise(fitted)).tolist() == pytest.approx([800] * 5, abs=1)
    assert np.bincount(quantise(new)).tolist() == pytest.approx([800] * 5, abs=120)
    order = np.argsort(new[:, 0])
    steps = np.diff(quantise(new)[order])
    assert (steps >= 0).all() or (steps <= 0).all()


def test_clusters_far_apart_are_found_in_samples_never_seen() -> None:
    label = RNG.integers(0, 3, 600)
    points = 20 * np.eye(3)[label] + RNG.standard_normal((600, 3))
    quantise = Quantiser.fit(points[:300], 3, 0)
    table = np.zeros((3, 3))
    np.add.at(table, (quantise(points[300:]), label[300:]), 1)
    assert ((table > 0).sum(0) == 1).all()
    assert ((table > 0).sum(1) == 1).all()


def test_units_and_missing_values_do_not_matter() -> None:
    points = RNG.standard_normal((400, 4))
    same = Quantiser.fit(points, 4, 0)(points)
    scaled = points * [1, 1e6, 1e-3, 5] + 7
    other = Quantiser.fit(scaled, 4, 0)(scaled)
    assert len(set(zip(same.tolist(), other.tolist(), strict=True))) == 4
    holed = points.copy()
    holed[::7, 2] = np.nan
    codes = Quantiser.fit(holed, 4, 0)(holed)
    assert set(codes.tolist()) == {0, 1, 2, 3}


def test_fewer_distinct_rows_than_clusters() -> None:
    points = np.repeat([[0.0, 0.0], [1.0, 5.0], [4.0, 1.0]], 20, axis=0)
    quantise = Quantiser.fit(points, 8, 0)
    assert quantise.size == 3
    assert len(set(quantise(points).tolist())) == 3


def test_a_constant_or_wholly_missing_modality_has_one_symbol() -> None:
    for values in (np.full((50, 3), 2.0), np.full((50, 2), np.nan)):
        quantise = Quantiser.fit(values, 4, 0)
        assert quantise.size == 1
        assert not quantise(values).any()


def test_the_same_seed_gives_the_same_symbols() -> None:
    points = RNG.standard_normal((500, 6))
    one, two = (Quantiser.fit(points, 5, 3)(points).tolist() for _ in range(2))
    assert one == two


def test_the_rule_keeps_ten_samples_a_cell() -> None:
    for rows in (100, 500, 1000, 5000, 10**6):
        for classes in (2, 5):
            k = clusters_for(rows, classes)
            assert 2 <= k <= MOST_CLUSTERS
            assert k == 2 or rows / (k * k * classes) >= 10
            assert k == MOST_CLUSTERS or rows / ((k + 1) ** 2 * classes) < 10
    assert clusters_for(1000, 2, other=16) == 3
