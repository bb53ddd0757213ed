from typing import cast

import numpy as np
import pytest
from cca_zoo import linear as peers
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from consilience.coordination.cca import CCA, by_name
from consilience.data import MultimodalData
from consilience.errors import ConfigurationError, ModalityError


def views(rows: int = 300, columns: int = 4, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 2))
    mixing = np.random.default_rng(9)
    mixed = (z @ mixing.standard_normal((2, columns)) for _ in range(2))
    a, b = (m + rng.standard_normal((rows, columns)) for m in mixed)
    return {"a": a + 1, "b": b}


def test_variates_are_those_of_cca_zoo() -> None:
    given = views()
    peer = peers.CCA(n_components=3).fit([*given.values()])
    theirs = peer.transform([*given.values()])
    mine = CCA(3).fit(given).transform(given)
    for one, two in zip(mine.values(), theirs, strict=True):
        corr = [abs(np.corrcoef(one[:, k], two[:, k])[0, 1]) for k in range(3)]
        np.testing.assert_allclose(corr, 1.0, atol=1e-12)


def test_scores_are_correlations_of_what_is_transformed() -> None:
    train, test = views(), views(seed=3)
    model = CCA(n_components=2).fit(train)
    np.testing.assert_allclose(model.correlations(train), model.correlations_, atol=1e-12)
    held = model.transform(test)
    expected = [np.corrcoef(held["a"][:, k], held["b"][:, k])[0, 1] for k in range(2)]
    np.testing.assert_allclose(model.correlations(test), expected, atol=1e-12)
    assert model.score(test) == pytest.approx(np.mean(expected), abs=1e-12)


def test_a_sample_that_lacks_a_view_is_left_out_and_comes_back_nan() -> None:
    given = views()
    lacking = {"a": given["a"], "b": given["b"].copy()}
    lacking["b"][:20] = np.nan
    model = CCA(2).fit(lacking)
    rest = CCA(2).fit({name: view[20:] for name, view in given.items()})
    np.testing.assert_allclose(model.correlations_, rest.correlations_, atol=1e-13)
    out = model.transform(lacking)
    assert np.isnan(out["b"][:20]).all()
    assert not np.isnan(out["a"]).any()


def test_scikit_learn_cross_validates_and_clones() -> None:
    data = MultimodalData(views())
    scores = cross_val_score(CCA(2), data, cv=3)
    assert (scores > 0.5).all()
    model = CCA(3, regularisation=0.1, random_state=1)
    assert cast("CCA", clone(model)).get_params() == model.get_params()
    out = model.fit(data).transform(data)
    assert isinstance(out, MultimodalData)
    assert out.schema["a"].width == 3


def test_the_ridge_is_a_share_of_the_mean_variance() -> None:
    given = views()
    scaled = {"a": 100 * given["a"], "b": given["b"] / 3}
    one, two = (CCA(2, 0.3).fit(v) for v in (given, scaled))
    np.testing.assert_allclose(one.correlations_, two.correlations_, atol=1e-12)
    c = np.cov(given["a"].T)
    w = one.weights_["a"]
    regular = c + 0.3 * np.trace(c) / 4 * np.eye(4)
    np.testing.assert_allclose(w.T @ regular @ w, np.eye(2), atol=1e-12)
    assert one.regularisation_ == {"a": 0.3, "b": 0.3}


def test_each_view_may_have_its_own_ridge() -> None:
    given = views()
    model = CCA(1, {"b": 0.0, "a": 0.3}).fit(given)
    other = CCA(1, 0.3).fit(given)
    assert model.regularisation_ == {"a": 0.3, "b": 0.0}
    assert model.correlations_[0] > other.correlations_[0]


def test_cross_validation_regularises_where_columns_are_many() -> None:
    given = views(60, 25)
    model = CCA(1, "cv", folds=3, random_state=0).fit(given)
    assert model.choice_ is not None
    assert model.choice_.scores.shape == (8, 3)
    assert model.regularisation_["a"] == model.choice_.best > 0
    fresh = views(2000, 25)
    assert model.score(fresh) > CCA(1).fit(given).score(fresh) + 0.05
    again = CCA(1, "cv", folds=3, random_state=0).fit(given)
    assert again.choice_ is not None
    np.testing.assert_array_equal(again.choice_.scores, model.choice_.scores)


def test_folds_keep_groups_together() -> None:
    given = views(20)
    twice = MultimodalData(
        {name: np.repeat(view, 30, axis=0) for name, view in given.items()},
        groups=np.repeat(np.arange(20), 30),
    )
    apart = MultimodalData(dict(twice.modalities))
    scores = [CCA(1, [0.01], folds=4, random_state=0).fit(data).choice_ for data in (twice, apart)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0].scores.mean() < scores[1].scores.mean() - 0.02


def test_a_seed_repeats_and_fits_touch_no_global_generator() -> None:
    state = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002  to be left alone
    CCA(1, "cv", random_state=None).fit(views())
    assert (np.random.get_state(legacy=False)["state"]["key"] == state).all()  # noqa: NPY002  the same


@pytest.mark.usefixtures("unchecked")
def test_faults_are_told() -> None:
    given = views()
    with pytest.raises(ModalityError, match=r"CCA takes two views, found 3 \(a, b, c\); use"):
        CCA().fit({**given, "c": given["a"]})
    with pytest.raises(ConfigurationError, match="must be a number, \"cv\" or a list, found 'x'"):
        CCA(regularisation="x").fit(given)  # pyright: ignore[reportArgumentType]  a fault
    with pytest.raises(ConfigurationError, match="at least 0 and finite, found -1"):
        CCA(regularisation=-1.0).fit(given)
    with pytest.raises(NotFittedError):
        CCA().transform(given)
    with pytest.raises(ConfigurationError) as caught:
        by_name({"a": 0.1, "c": 0.1}, ["a", "b"])
    assert caught.value.faults == (
        "regularisation lacks view 'b'",
        "regularisation names 'c', no view",
    )
