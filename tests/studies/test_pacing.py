from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import consilience as cs
from consilience.studies import pacing
from consilience.studies.pacing import paced
from consilience.studies.plan import Plan, make_plan
from consilience.studies.workspace import Workspace

CODES = np.repeat([0, 1], 50)


def _once(epochs: int | None, asked: list[int]) -> Callable[..., int | None]:
    """Says how many epochs there are time for, the first time only."""

    def say(*_: object, **__: object) -> int | None:
        assert not asked
        asked.append(1)
        return epochs

    return say


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "run")
    made.begin({"folds": 5, "record": {"fingerprint": "x"}})
    return made


def test_a_budget_decides_the_epochs_once(
    coin: cs.MultimodalData, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "affordable_epochs", _once(7, []))
    plan = make_plan(coin, methods=["additive"], budget=1.0)
    assert paced(plan, workspace, coin, CODES, workers=1).max_epochs == 7
    again = Workspace(workspace.folder)
    assert paced(plan, again, coin, CODES, workers=2).max_epochs == 7


def test_where_time_suffices_or_a_number_is_given_nothing_changes(
    coin: cs.MultimodalData,
    plan: Plan,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(pacing, "affordable_epochs", _once(None, asked))
    assert paced(plan, workspace, coin, CODES, workers=1) is plan
    given = make_plan(coin, methods=["additive"], budget=1.0, max_epochs=3)
    assert paced(given, workspace, coin, CODES, workers=1) is given
    assert asked == []
    ample = make_plan(coin, methods=["additive"], budget=1.0)
    for _ in range(2):
        assert paced(ample, workspace, coin, CODES, workers=1) is ample
    assert asked == [1]


def test_a_budget_too_short_for_one_epoch_is_told(
    coin: cs.MultimodalData,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(pacing, "affordable_epochs", _once(0, []))
    plan = make_plan(coin, methods=["additive"], budget=0.5)
    assert paced(plan, workspace, coin, CODES, workers=1).max_epochs == 1
    assert caplog.messages == [
        "the budget of 0.5 min is too short for two folds of one epoch each; "
        "these are done, and it is exceeded: raise it, or compare fewer methods"
    ]
    assert paced(plan, workspace, coin, CODES, workers=1).max_epochs == 1
