from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from consilience.quantification.batch.assembly import assemble
from consilience.quantification.batch.outcome import BatchEstimate, TrendPoint


def estimate() -> BatchEstimate:
    y = np.arange(64) % 2
    sure = np.log(np.where(np.eye(2)[y] > 0, 0.9, 0.1))
    return assemble(np.stack([sure, np.log(np.full((64, 2), 0.5)), sure]), y, batch_size=32)


def test_holds_plain_numbers() -> None:
    found = estimate()
    plain = (found.redundancy, *found.unique, found.synergy, *found.information, found.least)
    assert {type(value) for value in (*plain, found.gap, found.entropy)} == {float}
    assert {type(value) for value in (*found.log_losses, *found.compression)} == {float}
    assert all(isinstance(point, TrendPoint) for point in found.trend)
    assert {type(u) for point in found.trend for u in point.unique} == {float}
    assert found.log_posteriors.shape == (3, 64, 2)
    assert found.contributions.shape == (64, 3)


def test_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        estimate().synergy = 1.0  # pyright: ignore[reportAttributeAccessIssue]  frozen: this must fail
