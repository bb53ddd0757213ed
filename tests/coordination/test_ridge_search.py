from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from consilience.coordination.ridge_search import choose_share, folds_of, shares_to_try
from consilience.coordination.views import views_of
from consilience.data import MultimodalData
from consilience.errors import ConfigurationError, DataError

Arrays = Mapping[str, np.ndarray]


def test_a_word_stands_for_ten_thousandth_to_hundred() -> None:
    assert shares_to_try("kappa", "cv") == pytest.approx([10.0**k for k in range(-4, 3)])
    assert shares_to_try("kappa", "cv", [0.0])[:2] == [0.0, 1e-4]
    assert shares_to_try("kappa", (1.0, 2.0)) == [1.0, 2.0]


def test_words_and_numbers_that_cannot_be() -> None:
    with pytest.raises(ConfigurationError, match='kappa must be a number, "cv" or a list, found'):
        shares_to_try("kappa", "auto")
    with pytest.raises(ConfigurationError, match="kappa lists nothing to try"):
        shares_to_try("kappa", [])
    with pytest.raises(ConfigurationError, match="at least 0 and finite, found -1"):
        shares_to_try("kappa", [-1.0])


def test_every_chosen_sample_is_held_out_once() -> None:
    given = views_of({"a": np.arange(20.0), "b": np.arange(20.0)})
    rows = np.arange(3, 17)
    folds = folds_of(given, rows, 4, 0)
    assert sorted(np.concatenate(folds)) == list(range(14))
    again = folds_of(given, rows, 4, 0)
    assert [f.tolist() for f in folds] == [f.tolist() for f in again]


def test_a_group_is_never_on_both_sides() -> None:
    groups = np.repeat(np.arange(5), 4)
    given = views_of(MultimodalData({"a": np.arange(20.0), "b": np.ones(20)}, groups=groups))
    for fold in folds_of(given, np.arange(20), 3, 0):
        assert not set(groups[fold]) & set(np.delete(groups, fold))
    with pytest.raises(ConfigurationError, match="folds must be from 2 to the 5 groups, found 6"):
        folds_of(given, np.arange(20), 6, 0)


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_cannot_be(folds: int) -> None:
    given = views_of({"a": np.arange(3.0), "b": np.arange(3.0)})
    with pytest.raises(
        ConfigurationError, match=f"folds must be from 2 to the 3 samples, found {folds}"
    ):
        folds_of(given, np.arange(3), folds, 0)


def test_the_best_mean_over_folds_wins_and_sides_do_not_mix() -> None:
    one = np.arange(6.0)
    one[5] = np.nan
    given = views_of({"a": one, "b": np.arange(6.0)})
    seen: list[tuple[list[float], list[float]]] = []

    def scored(share: float, train: Arrays, test: Arrays) -> Any:
        seen.append((train["b"][:, 0].tolist(), test["b"][:, 0].tolist()))
        if share == 2.0:
            raise DataError("cannot be fitted")
        return np.array([share, test["b"].max() / 10])

    folds = [np.array([0, 1]), np.array([2, 3])]
    found = choose_share(scored, given, np.array([1, 2, 4, 5]), [0.5, 1.0, 2.0], folds)
    assert found.best == 1.0
    np.testing.assert_allclose(found.scores[:2], [[0.7, 1.0], [1.2, 1.5]])
    assert np.isneginf(found.scores[2]).all()
    assert seen[0] == ([4.0, 5.0], [1.0, 2.0])
    assert seen[-1] == ([1.0, 2.0], [4.0, 5.0])


def test_absent_rows_stay_absent_whatever_they_hold() -> None:
    held = np.arange(12.0).reshape(6, 2)
    presence = np.ones((6, 2), dtype=bool)
    presence[2, 0] = False
    given = views_of(MultimodalData({"a": held, "b": held}, presence=presence))

    def scored(share: float, train: Arrays, test: Arrays) -> Any:
        joined = np.concatenate([train["a"], test["a"]])
        assert np.isnan(joined).all(axis=1).sum() == 1
        assert not np.isnan(train["b"]).any()
        return np.array([share])

    folds = [np.array([0, 1, 2]), np.array([3, 4, 5])]
    assert choose_share(scored, given, np.arange(6), [1.0], folds).best == 1.0


def test_nothing_that_can_be_scored_is_told() -> None:
    given = views_of({"a": np.arange(4.0), "b": np.arange(4.0)})
    folds = [np.array([0, 1]), np.array([2, 3])]

    def unscored(share: float, train: Arrays, test: Arrays) -> Any:  # noqa: ARG001  one signature
        return np.array([np.nan])

    with pytest.raises(DataError, match=r"no share of \[1.0\] could be scored in every fold"):
        choose_share(unscored, given, np.arange(4), [1.0], folds)
