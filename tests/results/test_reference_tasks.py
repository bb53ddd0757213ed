"""Shares of information and the measured task that is most alike."""

import pytest

from consilience.results.reference_tasks import (
    REFERENCE_TASKS,
    ReferenceTask,
    distance,
    most_alike,
    shares_of,
)


@pytest.mark.parametrize("task", REFERENCE_TASKS, ids=lambda task: task.name)
def test_each_task_is_most_like_itself_whichever_side_is_first(task: ReferenceTask) -> None:
    r, u1, u2, s = task.shares
    assert r + u1 + u2 + s == pytest.approx(1)
    assert most_alike(task.shares) is most_alike((r, u2, u1, s)) is task


def test_distance_is_the_sum_of_differences() -> None:
    assert distance((0.1, 0.2, 0.3, 0.4), (0.4, 0.3, 0.2, 0.1)) == pytest.approx(0.6)
    assert distance((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)) == 2


def test_negative_estimates_have_no_share() -> None:
    atoms = {"redundancy": 0.2, "unique_1": -0.1, "unique_2": 0.1, "synergy": 0.1}
    assert shares_of(atoms) == pytest.approx((0.5, 0.0, 0.25, 0.25))
    assert shares_of(dict.fromkeys(atoms, -0.1)) is None
