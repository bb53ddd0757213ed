from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from consilience.data.splits import make_splits
from consilience.quantification.batch import batch_pid, remembering
from consilience.quantification.batch.classifiers import Judged
from consilience.quantification.batch.remembering import Asked, Remembered

RNG = np.random.default_rng(0)
N = 120
X = RNG.standard_normal((N, 2))
OTHER = RNG.standard_normal((N, 3))
Y = (X[:, 0] > 0).astype(np.int64)
SPLITS = make_splits(Y, folds=2, task="classification", random_state=0)
ASKED = Asked(Y, SPLITS, None, 3, 0, {})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The widths that classifiers were trained with, in turn."""
    done: list[tuple[int, ...]] = []
    truly = remembering.held_out

    def counted(modalities: Mapping[str, np.ndarray], *given: Any, **named: Any) -> Judged:
        done.append(tuple(x.shape[1] for x in modalities.values()))
        return truly(modalities, *given, **named)

    monkeypatch.setattr(remembering, "held_out", counted)
    return done


def test_the_same_question_is_answered_from_memory(calls: list[tuple[int, ...]]) -> None:
    asked = replace(ASKED, remembered={})
    first = asked.of(X)
    assert asked.of(X.copy()) is first
    asked.of(X, OTHER)
    asked.of(OTHER, X)
    assert calls == [(2,), (2, 3), (3, 2)]


@pytest.mark.parametrize(
    "change",
    [
        {"y": 1 - Y},
        {"splits": SPLITS[::-1]},
        {"splits": make_splits(Y, folds=3, task="classification", random_state=0)},
        {"groups": np.arange(N) // 2},
        {"max_epochs": 4},
        {"seed": 1},
    ],
    ids=["y", "order", "splits", "groups", "epochs", "seed"],
)
def test_whatever_decides_the_answer_makes_another_question(
    change: dict[str, Any], calls: list[tuple[int, ...]]
) -> None:
    asked = replace(ASKED, remembered={})
    asked.of(X)
    replace(asked, **change).of(X)
    assert len(calls) == 2


def test_another_value_is_another_question(calls: list[tuple[int, ...]]) -> None:
    asked = replace(ASKED, remembered={})
    asked.of(X)
    moved = X.copy()
    moved[-1, -1] += 1e-9
    asked.of(moved)
    assert len(calls) == 2


def test_an_estimate_is_the_same_with_memory_as_without(calls: list[tuple[int, ...]]) -> None:
    memory: Remembered = {}
    batch_pid(X, OTHER, Y, folds=2, max_epochs=5, remembered=memory, random_state=0)
    assert calls == [(2,), (3,), (2, 3)]
    known = batch_pid(OTHER, X, Y, folds=2, max_epochs=5, remembered=memory, random_state=0)
    assert calls[3:] == [(3, 2)]
    alone = batch_pid(OTHER, X, Y, folds=2, max_epochs=5, random_state=0)
    np.testing.assert_array_equal(known.judged, alone.judged)
    assert known.least == alone.least
