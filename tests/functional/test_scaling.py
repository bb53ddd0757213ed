from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from consilience.functional.scaling import centre_and_scale

CELLS = st.one_of(st.just(np.nan), st.floats(-100, 100).map(lambda v: round(v, 3)))


@settings(deadline=None)
@given(st.integers(1, 4).flatmap(lambda k: st.lists(st.tuples(*[CELLS] * k), min_size=1)))
def test_as_scikit_learn_where_a_column_varies(rows: list[tuple[float, ...]]) -> None:
    values = np.array(rows)
    values = values[:, ~np.isnan(values).all(axis=0)]
    mean, scale = centre_and_scale(values)
    varies = np.nanmax(values, axis=0, initial=-np.inf) > np.nanmin(values, axis=0, initial=np.inf)
    assert (np.isfinite(scale) == varies).all()
    if values.shape[1]:
        oracle: Any = StandardScaler().fit(values)
        np.testing.assert_allclose(mean, oracle.mean_, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(scale[varies], np.sqrt(oracle.var_)[varies], rtol=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=50).filter(lambda v: len(set(v)) > 1),
    st.sampled_from([1.0, 2.0**-40, 2.0**-900, 2.0**900]),
    st.sampled_from([0.0, 1.6e9, -(2.0**42)]),
)
def test_units_and_offsets_carry_over(steps: list[int], unit: float, offset: float) -> None:
    """Steps, units and offsets are such that floats hold the values exactly."""
    offset *= unit
    mean, scale = centre_and_scale((np.array(steps) * unit + offset)[:, None])
    assert mean[0] == pytest.approx(np.mean(steps) * unit + offset, rel=1e-12, abs=1e-12 * unit)
    assert scale[0] == pytest.approx(np.std(steps) * unit, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, -1.6e9, 1e-300, 1.7e308, np.pi * 1e12])
@pytest.mark.parametrize("rows", [1, 3, 1001])
def test_a_constant_column_has_its_value_and_no_scale(value: float, rows: int) -> None:
    mean, scale = centre_and_scale(np.full((rows, 2), value))
    assert mean.tolist() == [value, value]
    assert np.isinf(scale).all()


def test_rounding_noise_is_no_variation() -> None:
    assert np.isinf(centre_and_scale(np.array([[0.1 + 0.2], [0.3], [0.3]]))[1]).all()


def test_what_is_not_finite_has_no_say() -> None:
    noisy = np.array([[1.0, np.nan], [np.inf, np.nan], [3.0, -np.inf], [np.nan, np.inf]])
    mean, scale = centre_and_scale(noisy)
    assert mean.tolist() == [2.0, 0.0]
    assert scale.tolist() == [1.0, np.inf]


def test_the_largest_floats_do_not_overflow() -> None:
    most = np.finfo(np.float64).max
    mean, scale = centre_and_scale(np.array([[most], [-most]]))
    assert mean[0] == pytest.approx(0, abs=1e-10 * most)
    assert scale[0] == pytest.approx(most)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8])
def test_any_kind_of_number(dtype: type) -> None:
    mean, scale = centre_and_scale(np.array([[1], [2], [6]], dtype=dtype))
    assert mean.dtype == scale.dtype == np.float64
    assert mean[0] == pytest.approx(3, rel=1e-15)
    assert scale[0] == pytest.approx(np.sqrt(14 / 3), rel=1e-15)


def test_no_rows_and_no_columns() -> None:
    mean, scale = centre_and_scale(np.empty((0, 2)))
    assert mean.tolist() == [0, 0]
    assert np.isinf(scale).all()
    assert centre_and_scale(np.empty((3, 0)))[0].shape == (0,)
