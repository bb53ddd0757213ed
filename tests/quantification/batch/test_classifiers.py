from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from consilience.data.splits import make_splits
from consilience.quantification.batch import classifiers
from consilience.quantification.batch.classifiers import Classifier, held_out


def test_every_parameter_learns() -> None:
    model = Classifier({"x1": 3, "x2": 2}, 4)
    model({"x1": torch.randn(8, 3), "x2": torch.randn(8, 2)}).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


def test_no_sample_is_judged_by_a_classifier_that_saw_its_group() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 10)
    code = rng.standard_normal((30, 8))[groups]
    y = rng.permutation(np.arange(30) % 2)[groups]
    gains: list[float] = []
    for given in (groups, None):
        splits = make_splits(y, folds=4, groups=given, task="classification", random_state=0)
        found = held_out({"x": code}, y, splits, groups=given, max_epochs=60, seed=0)
        np.testing.assert_allclose(np.exp(found.log_p).sum(1), 1.0, atol=1e-12)
        gains.append(float((found.log_p.argmax(1) == y).mean()))
    assert gains[0] < 0.7
    assert gains[1] > 0.85


def test_says_when_epochs_ran_out() -> None:
    x = np.random.default_rng(0).standard_normal((80, 2))
    y = (x[:, 0] > 0).astype(np.int64)
    splits = make_splits(y, folds=2, task="classification", random_state=0)
    assert not held_out({"x": x}, y, splits, groups=None, max_epochs=2, seed=0).converged


def test_torch_generator_is_left_alone() -> None:
    x = np.random.default_rng(0).standard_normal((40, 2))
    y = np.arange(40) % 2
    splits = make_splits(y, folds=2, task="classification", random_state=0)
    before = torch.random.get_rng_state()
    held_out({"x": x}, y, splits, groups=None, max_epochs=1, seed=0)
    assert torch.equal(before, torch.random.get_rng_state())


def test_classifiers_trained_apart_judge_as_those_trained_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only what dropout draws differs: no fold or member is lost or judged twice."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    x = np.eye(3)[y] * 2 + rng.standard_normal((300, 3))
    splits = make_splits(y, folds=3, task="classification", random_state=0)
    losses: list[float] = []
    together: list[int] = []
    truly = classifiers.fit_many

    def counted(models: Sequence[torch.nn.Module], *given: Any, **named: Any) -> Any:
        together.append(len(models))
        return truly(models, *given, **named)

    monkeypatch.setattr(classifiers, "fit_many", counted)
    for most in (classifiers.VALUES_TOGETHER, 4 * x.size, 1):
        monkeypatch.setattr(classifiers, "VALUES_TOGETHER", most)
        found = held_out({"x": x}, y, splits, groups=None, max_epochs=60, seed=0)
        losses.append(-float(found.log_p[np.arange(300), y].mean()))
    assert together == [6, 4, 2, *[1] * 6]
    assert losses[0] < 0.8 * np.log(3)
    assert losses[1:] == pytest.approx([losses[0]] * 2, abs=0.03)
