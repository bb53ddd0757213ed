import math

import numpy as np
import pytest

from consilience.coordination.mutual_information import mutual_information
from consilience.coordination.total_correlation import total_correlation
from consilience.errors import ConfigurationError, DataError, ModalityError, ShapeError

RHO = 0.7
TRUTH = -0.5 * math.log2(np.linalg.det(np.full((3, 3), RHO) + (1 - RHO) * np.eye(3)))


def equicorrelated(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Three Gaussians, each pair of correlation RHO."""
    rng = np.random.default_rng(seed)
    z, own = rng.standard_normal(rows), rng.standard_normal((3, rows))
    mixed = math.sqrt(RHO) * z + math.sqrt(1 - RHO) * own
    return dict(zip("abc", mixed, strict=True))


def test_the_determinant_of_gaussians() -> None:
    found = total_correlation(equicorrelated(4000), "gaussian", random_state=0)
    assert found.estimate == pytest.approx(TRUTH, abs=0.05)
    assert found.low < TRUTH < found.high
    assert found.kind == "estimate"
    assert found.ceiling is None


def test_neighbours_see_what_no_pair_shows() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 1500))
    views = {
        name: v + 0.05 * rng.standard_normal(1500)
        for name, v in (("a", a), ("b", b), ("c", a ^ b))
    }
    assert abs(mutual_information(views["a"], views["c"], "ksg").estimate) < 0.1
    assert total_correlation(views, "ksg", random_state=0).estimate == pytest.approx(1.0, abs=0.15)


def test_a_sum_of_lower_bounds_is_below_and_of_upper_ones_above() -> None:
    views = equicorrelated(800)
    settings = {"max_rounds": 4, "learning_rate": 5e-3, "batch_size": 64}
    low = total_correlation(views, "infonce", random_state=0, **settings)
    high = total_correlation(views, "leave_one_out", random_state=0, **settings)
    assert low.kind == "lower"
    assert high.kind == "upper"
    assert low.estimate > 0.5 * TRUTH
    assert low.low < TRUTH < high.high
    assert low.ceiling == pytest.approx(2 * math.log2(64))
    assert high.warnings[0].startswith("a with b; a, b with c: an upper bound only so far as")


def test_two_views_are_mutual_information_and_the_terms_sum() -> None:
    views = equicorrelated(300)
    pair = {name: views[name] for name in "ab"}
    expected = mutual_information(views["a"], views["b"], "ksg").estimate
    assert total_correlation(pair, "ksg").estimate == pytest.approx(expected)
    both = np.column_stack([views["a"], views["b"]])
    rest = mutual_information(both, views["c"], "ksg").estimate
    assert total_correlation(views, "ksg").estimate == pytest.approx(expected + rest)


def test_a_seed_repeats() -> None:
    views = equicorrelated(200)
    one, two, other = (
        total_correlation(views, "nwj", max_rounds=1, random_state=seed) for seed in (3, 3, 4)
    )
    assert one == two
    assert one.estimate != other.estimate


def test_faults_are_told() -> None:
    views = equicorrelated(60)
    with pytest.raises(ModalityError, match=r"at least two views are needed, found \['a'\]"):
        total_correlation({"a": views["a"]})
    with pytest.raises(ShapeError, match=r"the views differ in samples: {'a': 60, 'b': 9}"):
        total_correlation({"a": views["a"], "b": views["b"][:9]})
    with pytest.raises(DataError, match="view 'b' must hold numbers, found <U1; embed texts"):
        total_correlation({"a": views["a"], "b": ["x"] * 60})
    with pytest.raises(DataError, match="view 'b' has values that are not finite"):
        total_correlation({"a": views["a"], "b": np.full(60, np.nan)})
    with pytest.raises(ConfigurationError, match="did you mean 'ksg'"):
        total_correlation(views, "ksgg")
    with pytest.raises(ConfigurationError, match=r"\['xa'\] are given as views"):
        total_correlation(views, xa=views["a"])
