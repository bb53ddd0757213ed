from dataclasses import FrozenInstanceError

import pytest

from consilience.results import History


def test_a_history_cannot_be_changed() -> None:
    history = History((2.0, 1.0), (2.5, 1.5), 2, 0.1, stopped_early=False)
    with pytest.raises(FrozenInstanceError):
        history.best_epoch = 1  # pyright: ignore[reportAttributeAccessIssue]  frozen: this must fail
    assert history == History((2.0, 1.0), (2.5, 1.5), 2, 0.1, stopped_early=False)
