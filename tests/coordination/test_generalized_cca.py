from typing import cast

import numpy as np
import pytest
from cca_zoo.linear import GCCA
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from consilience.coordination.cca import CCA
from consilience.coordination.generalized_cca import GeneralizedCCA
from consilience.data import MultimodalData
from consilience.errors import ConfigurationError


def views(rows: int = 200, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 2))
    return {
        name: z @ np.random.default_rng(k).standard_normal((2, k)) * 2
        + rng.standard_normal((rows, k))
        for name, k in (("a", 3), ("b", 4), ("c", 5))
    }


def test_agrees_with_cca_zoo() -> None:
    given = views()
    peer = GCCA(n_components=2).fit([*given.values()])
    model = GeneralizedCCA(2).fit(given)
    for w, expected in zip(model.weights_.values(), peer.weights_, strict=True):
        np.testing.assert_allclose(np.abs(w), np.abs(expected), atol=1e-9)


def test_two_views_are_canonical_correlation() -> None:
    given = {name: view for name, view in views().items() if name != "c"}
    both = GeneralizedCCA(3, 0.2).fit(given), CCA(3, 0.2).fit(given)
    np.testing.assert_allclose(both[0].eigenvalues_[0] > 1 + 0.5 * both[1].correlations_[0], True)
    plain = GeneralizedCCA(3).fit(given), CCA(3).fit(given)
    np.testing.assert_allclose(plain[0].eigenvalues_, 1 + plain[1].correlations_, atol=1e-12)


def test_shared_scores_are_orthonormal_and_best_predicted() -> None:
    given = views()
    model = GeneralizedCCA(2).fit(given)
    g = model.shared(given)
    np.testing.assert_allclose(g.T @ g / 199, np.eye(2), atol=1e-11)
    for name, view in given.items():
        centred = view - view.mean(axis=0)
        fitted = centred @ np.linalg.lstsq(centred, g, rcond=None)[0]
        np.testing.assert_allclose(model.transform(given)[name], fitted, atol=1e-10)


def test_samples_with_lacking_views_help_and_get_scores() -> None:
    full = views(60, seed=1)
    rng = np.random.default_rng(2)
    given = {name: view.copy() for name, view in full.items()}
    hide = rng.integers(0, 3, 60)
    for k, name in enumerate(given):
        given[name][hide == k] = np.nan
    model = GeneralizedCCA(2).fit(given)
    shared = model.shared(given)
    assert not np.isnan(shared).any()
    whole = GeneralizedCCA(2).fit(full).shared(full)
    explained = np.linalg.lstsq(np.c_[whole, np.ones(60)], shared, rcond=None)[1] / 60
    assert (explained < 0.15).all()


def test_a_sample_without_any_view_gets_nothing() -> None:
    given = views()
    for view in given.values():
        view[7] = np.nan
    model = GeneralizedCCA(2).fit(given)
    assert np.isnan(model.shared(given)[7]).all()
    rest = GeneralizedCCA(2).fit({n: np.delete(v, 7, axis=0) for n, v in given.items()})
    np.testing.assert_allclose(model.eigenvalues_, rest.eigenvalues_, atol=1e-12)


def test_scikit_learn_cross_validates_and_clones() -> None:
    data = MultimodalData(views())
    assert (cross_val_score(GeneralizedCCA(2), data, cv=3) > 0.5).all()
    model = GeneralizedCCA(2, {"a": 0.1, "b": 0.2, "c": 0.3})
    assert cast("GeneralizedCCA", clone(model)).get_params() == model.get_params()
    assert model.fit(data).transform(data).schema["c"].width == 2


def test_a_ridge_does_not_depend_on_units() -> None:
    given = views()
    scaled = {name: view * 10.0**k for k, (name, view) in enumerate(given.items())}
    one, two = (GeneralizedCCA(2, 0.5).fit(v).eigenvalues_ for v in (given, scaled))
    np.testing.assert_allclose(one, two, atol=1e-11)
    assert (one < GeneralizedCCA(2).fit(given).eigenvalues_).all()


def many_columns(rows: int, seed: int, lacking: float = 0.0) -> MultimodalData:
    """Three views of 25 columns that share one number; some rows lack a view."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 1))
    given: dict[str, np.ndarray] = {}
    for k, name in enumerate("abc"):
        direction = np.random.default_rng(k).standard_normal((1, 25)) / 5
        given[name] = 2 * z @ direction + rng.standard_normal((rows, 25))
        given[name][rng.random(rows) < lacking] = np.nan
    return MultimodalData(given)


@pytest.mark.parametrize("lacking", [0.0, 0.2])
def test_cross_validation_regularises_where_columns_are_many(lacking: float) -> None:
    train, fresh = many_columns(90, 0, lacking), many_columns(2000, 1)
    model = GeneralizedCCA(1, "cv", folds=3, random_state=0).fit(train)
    assert model.choice_ is not None
    assert model.choice_.scores.shape == (8, 3)
    assert model.choice_.best > 0
    assert model.regularisation_ == dict.fromkeys("abc", model.choice_.best)
    assert model.score(fresh) > GeneralizedCCA(1).fit(train).score(fresh) + 0.05
    plain = GeneralizedCCA(1, model.choice_.best).fit(train)
    np.testing.assert_array_equal(plain.eigenvalues_, model.eigenvalues_)
    assert plain.choice_ is None


def test_faults_are_told() -> None:
    with pytest.raises(ConfigurationError, match="regularisation lacks view 'c'"):
        GeneralizedCCA(1, {"a": 0.1, "b": 0.2}).fit(views())
    with pytest.raises(ConfigurationError, match="at least 0 and finite, found -1"):
        GeneralizedCCA(1, -1.0).fit(views())
