import numpy as np
import pytest

from consilience.coordination.variates import pairwise_correlations, project, put_back
from consilience.coordination.views import views_of
from consilience.data import MultimodalData
from consilience.errors import ShapeError

A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]])
B = np.array([[1.0], [np.nan], [2.5]])


def test_a_view_is_centred_and_weighed() -> None:
    weights = {"a": np.array([[1.0], [-1.0]]), "b": np.array([[2.0]])}
    means = {"a": np.array([1.0, 1.0]), "b": np.array([0.5])}
    found = project(views_of({"a": A, "b": B}), weights, means)
    assert found["a"].tolist() == [[-1.0], [-1.0], [-4.0]]
    np.testing.assert_array_equal(found["b"], [[1.0], [np.nan], [4.0]])


def test_other_columns_than_fitted_are_refused() -> None:
    given = views_of({"a": A, "b": B})
    with pytest.raises(ShapeError, match="view 'a' has 2 columns but was fitted with 3"):
        project(given, {"a": np.zeros((3, 1))}, {"a": np.zeros(3)})


def test_data_come_back_as_data() -> None:
    data = MultimodalData({"a": A, "c": A, "b": B}, target=[0, 1, 0], ids=["x", "y", "z"])
    back = put_back(data, {"b": B, "a": A[:, :1]})
    assert back.schema.names == ("b", "a")
    assert back.presence.tolist() == [[True, True], [False, True], [True, True]]
    assert back.target.tolist() == [0, 1, 0]
    assert back.ids.tolist() == ["x", "y", "z"]
    assert put_back({"a": A}, {"a": B}) == {"a": B}


def test_correlations_are_the_mean_over_pairs_in_common_rows() -> None:
    rng = np.random.default_rng(0)
    one, two, three = rng.standard_normal((3, 30, 2))
    one[:5] = np.nan
    pairs = [(one[5:], two[5:]), (one[5:], three[5:]), (two, three)]
    expected = [np.mean([np.corrcoef(a[:, k], b[:, k])[0, 1] for a, b in pairs]) for k in range(2)]
    np.testing.assert_allclose(pairwise_correlations([one, two, three]), expected, atol=1e-12)


def test_what_does_not_vary_correlates_0_and_strangers_are_left_out() -> None:
    x = np.arange(4.0)[:, None]
    assert pairwise_correlations([x, np.ones((4, 1))]).tolist() == [0.0]
    early, late = x.copy(), x.copy()
    early[2:], late[:2] = np.nan, np.nan
    assert pairwise_correlations([x, early, late]).tolist() == [1.0]
