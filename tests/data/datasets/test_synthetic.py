"""What is hidden among noise can be found, and only there."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from consilience.data.datasets import synthetic
from consilience.data.datasets.families import FAMILIES

NEAR = 0.035
"""Three standard errors of an accuracy over 4,000 samples, and what fitting costs."""


def sides(name: str, n: int, seed: int) -> tuple[NDArray[np.float64], ...]:
    data = synthetic.generate(name, n, np.random.default_rng(seed))
    assert data.target is not None
    a, b = (np.asarray(data.modalities[side]) for side in ("a", "b"))
    return a, b, np.hstack([a, b]), data.target


def reached(x: NDArray[np.float64], y: NDArray[np.float64], degree: int = 1) -> float:
    model = make_pipeline(
        PolynomialFeatures(degree, interaction_only=True, include_bias=False),
        StandardScaler(),
        LogisticRegression(C=0.3, max_iter=1000),
    )
    return cross_val_score(model, x, y, cv=3).mean()


@pytest.mark.parametrize("name", list(FAMILIES))
def test_linear_models_reach_the_best_additive_accuracy_and_no_more(name: str) -> None:
    a, b, both, y = sides(name, 4000, 1)
    truth = synthetic.card(name).truth
    assert reached(a, y) == pytest.approx(truth["accuracy_a"], abs=NEAR)
    assert reached(b, y) == pytest.approx(truth["accuracy_b"], abs=NEAR)
    assert reached(both, y) == pytest.approx(truth["accuracy_additive"], abs=NEAR)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_products_reach_the_best_joint_accuracy(name: str) -> None:
    _, _, both, y = sides(name, 4000, 2)
    best = synthetic.card(name).truth["accuracy_joint"]
    assert best - NEAR < reached(both, y, degree=2) < best + NEAR


@pytest.mark.parametrize("name", [n for n in FAMILIES if n != "xor"])
def test_no_column_is_the_signal(name: str) -> None:
    a, _, _, y = sides(name, 4000, 3)
    shown = [abs(np.corrcoef(column, y)[0, 1]) for column in a.T]
    assert max(shown) < 0.75
    np.testing.assert_allclose(np.cov(a.T), np.eye(10), atol=0.2)


def test_bits_of_xor_are_columns() -> None:
    a, b, _, y = sides("xor", 4000, 4)
    assert set(np.unique(a)) == {0.0, 1.0}
    assert np.mean((a[:, 0] != b[:, 0]) == y) == pytest.approx(0.9, abs=0.015)


def test_the_same_seed_gives_the_same_data_and_leaves_numpy_alone() -> None:
    before = np.random.get_state(legacy=True)  # noqa: NPY002  the global generator is the subject
    first, again = (sides("mixed", 50, 5)[2] for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, sides("mixed", 50, 6)[2])
    assert repr(before) == repr(np.random.get_state(legacy=True))  # noqa: NPY002  the global generator is what is looked at


def test_cards_say_what_the_data_are() -> None:
    for name in FAMILIES:
        card = synthetic.card(name)
        data = synthetic.generate(name, 60, np.random.default_rng(0))
        assert {m: np.asarray(v).shape[1:] for m, v in data.modalities.items()} == dict(
            card.modalities
        )


def test_another_seed_draws_new_samples_of_the_same_population() -> None:
    _, _, old, y_old = sides("additive", 4000, 1)
    _, _, new, y_new = sides("additive", 4000, 2)
    assert not np.isclose(old[:100], new[:100]).any()
    model = LogisticRegression(max_iter=1000).fit(old, y_old)
    expected = synthetic.card("additive").truth["accuracy_joint"]
    assert model.score(new, y_new) == pytest.approx(expected, abs=NEAR)
