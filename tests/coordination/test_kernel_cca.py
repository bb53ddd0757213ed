from typing import cast

import numpy as np
import pytest
from cca_zoo.nonparametric import KCCA
from sklearn.base import clone

from consilience.coordination.cca import CCA
from consilience.coordination.kernel_cca import KernelCCA
from consilience.data import MultimodalData
from consilience.errors import ConfigurationError, ModalityError, ShapeError


def views(rows: int = 80, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 1))
    return {
        "a": np.hstack([z + 0.3 * rng.standard_normal((rows, 1)), rng.standard_normal((rows, 2))]),
        "b": np.hstack([z**2, rng.standard_normal((rows, 1))]) - 4,
    }


def test_the_linear_kernel_is_regularised_cca() -> None:
    given = views()
    kernel = KernelCCA(2, "linear", kappa=0.1).fit(given)
    linear = CCA(2, {"a": 0.3, "b": 0.2}).fit(given)
    np.testing.assert_allclose(kernel.correlations_, linear.correlations_, atol=1e-11)
    test = views(seed=5)
    for name in "ab":
        mine, theirs = kernel.transform(test)[name], linear.transform(test)[name]
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs), atol=1e-9)


def test_agrees_with_cca_zoo() -> None:
    one = views()["a"]
    other = one.copy()
    other[:40] = one[np.random.default_rng(1).permutation(40)]
    gamma, shrinkage = 0.2, 0.1
    gram = np.exp(-gamma * ((one[:, None] - one[None]) ** 2).sum(axis=-1))
    trace = np.trace(gram) - gram.mean() * 80
    peer = KCCA(n_components=1, kernel="rbf", gamma=gamma, shrinkage=shrinkage)
    theirs = peer.fit([one, other]).transform([one, other])
    kappa = shrinkage / (1 - shrinkage) * 79 / trace
    given = {"a": one, "b": other}
    mine = KernelCCA(1, "rbf", kappa, gamma=gamma).fit(given).transform(given)
    for ours, expected in zip(mine.values(), theirs, strict=True):
        assert abs(np.corrcoef(ours[:, 0], expected[:, 0])[0, 1]) > 1 - 1e-9


def test_without_regularisation_any_two_views_correlate_perfectly() -> None:
    rng = np.random.default_rng(0)
    noise = {"a": rng.standard_normal((60, 3)), "b": rng.standard_normal((60, 3))}
    fresh = {"a": rng.standard_normal((500, 3)), "b": rng.standard_normal((500, 3))}
    free = KernelCCA(1, "rbf", kappa=0.0).fit(noise)
    assert free.correlations_[0] > 1 - 1e-6
    assert abs(free.score(fresh)) < 0.15
    assert KernelCCA(1, "rbf", kappa=1.0).fit(noise).correlations_[0] < 0.5


def test_finds_what_no_line_shows() -> None:
    train, test = views(200), views(500, seed=1)
    train, test = ({n: v[:, :1] for n, v in given.items()} for given in (train, test))
    assert KernelCCA(1, "polynomial", 0.01, degree=2).fit(train).score(test) > 0.8
    assert KernelCCA(1, "rbf", 0.01).fit(train).score(test) > 0.7
    assert abs(CCA(1).fit(train).score(test)) < 0.35


def test_variates_of_the_fit_correlate_and_are_centred() -> None:
    given = views()
    model = KernelCCA(2, "rbf", 0.05).fit(given)
    out = model.transform(given)
    for name in "ab":
        np.testing.assert_allclose(out[name].mean(axis=0), 0, atol=1e-10)
    cross = out["a"].T @ out["b"] / 79
    np.testing.assert_allclose(cross, np.diag(model.correlations_), atol=1e-9)


def test_absent_samples_do_not_count() -> None:
    given = views()
    lacking = {"a": given["a"].copy(), "b": given["b"]}
    lacking["a"][:9] = np.nan
    model = KernelCCA(1).fit(lacking)
    rest = KernelCCA(1).fit({n: v[9:] for n, v in given.items()})
    np.testing.assert_allclose(model.correlations_, rest.correlations_, atol=1e-12)
    assert np.isnan(model.transform(lacking)["a"][:9]).all()
    data = MultimodalData(lacking)
    assert model.transform(data).presence[:9, 0].tolist() == [False] * 9


def test_cross_validation_takes_what_holds_on_fresh_samples() -> None:
    given, fresh = views(), views(500, seed=1)
    tried = [1e-6, 1e-2, 1.0]
    model = KernelCCA(1, kappa=tried, folds=3, random_state=0).fit(given)
    assert model.choice_ is not None
    assert model.choice_.scores.shape == (3, 3)
    assert model.kappa_ == model.choice_.best == 1e-2
    held = {kappa: KernelCCA(1, kappa=kappa).fit(given).score(fresh) for kappa in tried}
    assert max(held, key=lambda kappa: held[kappa]) == model.kappa_
    by_word = KernelCCA(1, "linear", "cv", random_state=0).fit(given)
    assert by_word.choice_ is not None
    assert len(by_word.choice_.shares) == 7
    assert KernelCCA(1, kappa=0.3).fit(given).kappa_ == 0.3


def test_the_folds_are_refitted_with_the_same_kernel() -> None:
    given = {name: view[:, :1] for name, view in views(120).items()}
    model = KernelCCA(1, "polynomial", [0.01], degree=2, folds=2, random_state=0).fit(given)
    assert model.choice_ is not None
    assert model.choice_.scores.min() > 0.6


def test_clones() -> None:
    model = KernelCCA(2, "polynomial", 0.3, gamma=0.1, degree=4, coef0=2.0)
    assert cast("KernelCCA", clone(model)).get_params() == model.get_params()


def test_faults_are_told_at_once() -> None:
    given = views()
    with pytest.raises(ConfigurationError) as caught:
        KernelCCA(0, kappa=-1.0).fit(given)
    assert caught.value.faults == (
        "n_components must be above 0, found 0",
        "kappa must be at least 0 and finite, found -1.0",
    )
    with pytest.raises(ConfigurationError, match="n_components must be at most 2, found 9"):
        KernelCCA(9, "linear").fit(given)
    with pytest.raises(ModalityError, match="takes two views, found 3"):
        KernelCCA().fit({**given, "c": given["a"]})
    with pytest.raises(ShapeError, match="view 'a' has 1 columns but was fitted with 3"):
        KernelCCA().fit(given).transform({"a": given["a"][:, :1], "b": given["b"]})
